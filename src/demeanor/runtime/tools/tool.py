"""What a tool is: a described function, its parameters, how long it may take, and what it gave back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, overload

Function = TypeVar("Function", bound=Callable[..., Any])
OPTIONS = "__demeanor_tool__"


class ToolRefused(Exception):
    """Raised by a tool to say no on purpose. Its sentence becomes the result `{"error": sentence}`."""


@dataclass(frozen=True)
class Options:
    """How a tool is run. `timeout`: seconds. `retries`: further tries of a read that failed for a cause that passes."""

    timeout: float = 30.0
    retries: int = 1


@overload
def tool(function: Function, /) -> Function: ...


@overload
def tool(*, timeout: float = 30.0, retries: int = 1) -> Callable[[Function], Function]: ...


def tool(
    function: Function | None = None, /, *, timeout: float = 30.0, retries: int = 1
) -> Function | Callable[[Function], Function]:
    """Say how a function of tools.py is run; one without this takes the defaults.

    Args:
        timeout: seconds until a call counts as failed and what it wrote is undone.
        retries: how often a read is tried again when it ran out of time or lost a connection. A tool that some flow
            confirms is a write and is never tried again.
    """
    if timeout <= 0 or retries < 0:
        raise ValueError(f"timeout is above 0 and retries at least 0, not {timeout} and {retries}")

    def mark(function: Function) -> Function:
        setattr(function, OPTIONS, Options(timeout, retries))
        return function

    return mark if function is None else mark(function)


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool.

    Args:
        shape: JSON schema of what the model passes: words for a slot, a value otherwise.
        type: the shape in a few words, such as `int` or `list of {sku: str, quantity: int}`.
        slot: the slot behind it, whose resolver reads the words.
        read: an argument of the model's -> the value that the function receives; raises ValueError.
    """

    name: str
    shape: Mapping[str, Any]
    type: str
    description: str
    required: bool
    slot: str | None = None
    read: Callable[[Any], Any] = lambda value: value

    def schema(self) -> dict[str, Any]:
        """The JSON schema of what the model passes."""
        words = {"description": self.description} if self.description else {}
        kind = {"type": self.shape["type"]} if "type" in self.shape else {}
        return {**kind, **words, **{key: value for key, value in self.shape.items() if key not in kind}}

    def understood(self, value: Any) -> Any:
        """What the function would receive; the value itself where it cannot be read."""
        try:
            return self.read(value)
        except ValueError:
            return value

    def short(self) -> str:
        """A few words for the system text, such as `day of arrival` or `view of the room, optional`."""
        text = self.description.rstrip(".")
        if not text or self.type.startswith(("list of {", "{")):
            text = f"{text}, {self.type}" if text else self.type
        return text if self.required else f"{text}, optional"


@dataclass(frozen=True)
class Tool:
    """A function that the model may call. `description` is the first line of its docstring.

    `types` are the JSON schemas that those of the parameters refer to, by name; `shape_result` makes of what the
    function returned the object that the model reads.
    """

    name: str
    description: str
    parameters: dict[str, Parameter]
    function: Callable[..., Any]
    options: Options = Options()
    types: Mapping[str, Any] = field(default_factory=dict)
    shape_result: Callable[[Any], dict[str, Any]] = dict

    def schema(self) -> dict[str, Any]:
        """The tool in OpenAI's function-calling form."""
        shape = {
            "type": "object",
            "properties": {name: parameter.schema() for name, parameter in self.parameters.items()},
            "required": [name for name, parameter in self.parameters.items() if parameter.required],
            **({"$defs": dict(self.types)} if self.types else {}),
        }
        function = {"name": self.name, "description": self.description, "parameters": shape}
        return {"type": "function", "function": function}

    def compact_schema(self) -> dict[str, Any]:
        """The short form for a system text: every token of it is read at every turn."""
        words = {name: parameter.short() for name, parameter in self.parameters.items()}
        return {"name": self.name, "description": self.description, "parameters": words}


@dataclass(frozen=True)
class ToolResult:
    """What a call gave back.

    `content` is what the model reads. `failed` is True only when the tool itself broke or ran out of time (never for a
    refusal or a wrong argument); `trace` then holds the Python traceback for the person who mends it, `where` its last
    line in the user's file. `arguments` are the resolved values as JSON (dates in ISO form); an argument that could
    not be resolved is absent. `passes`: it failed for a cause that may be gone at the next try.
    """

    content: dict[str, Any]
    failed: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    trace: str = ""
    where: str = ""
    passes: bool = False

    @property
    def ok(self) -> bool:
        """True when the tool did what was asked."""
        return "error" not in self.content
