"""What a tool is: a described function, its parameters, the world that it works in, and what it gave back."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "date": "string",
              "time": "string"}  # fmt: skip


class ToolRefused(Exception):
    """Raised by a tool to say no on purpose. Its sentence becomes the result `{"error": sentence}`."""


@dataclass
class World:
    """What a tool may touch: a DB-API connection (sqlite3, or what behaves like it) and today's date."""

    db: sqlite3.Connection
    today: date


@dataclass(frozen=True)
class Parameter:
    """One argument of a tool. `kind` is the type that the function receives; `slot` the slot behind it."""

    name: str
    kind: str
    description: str
    required: bool
    slot: str | None = None
    allowed: tuple[str, ...] = ()

    def schema(self) -> dict[str, Any]:
        """The JSON schema of what the model passes: words for a slot, a plain value otherwise."""
        shape: dict[str, Any] = {"type": "string" if self.slot else JSON_TYPES[self.kind]}
        if self.description:
            shape["description"] = self.description
        if self.allowed:
            shape["enum"] = list(self.allowed)
        return shape

    def short(self) -> str:
        """A few words for the system text, such as `day of arrival` or `view of the room, optional`."""
        text = self.description.rstrip(".") or ("|".join(self.allowed) or self.kind)
        return text if self.required else f"{text}, optional"


@dataclass(frozen=True)
class Tool:
    """A function that the model may call. `description` is the first line of its docstring."""

    name: str
    description: str
    parameters: dict[str, Parameter]
    function: Callable[..., Any]

    def schema(self) -> dict[str, Any]:
        """The tool in OpenAI's function-calling form."""
        shape = {
            "type": "object",
            "properties": {name: parameter.schema() for name, parameter in self.parameters.items()},
            "required": [name for name, parameter in self.parameters.items() if parameter.required],
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

    `content` is what the model reads. `failed` is True only when the tool itself broke (never for a refusal
    or a wrong argument); `trace` then holds the Python traceback for the person who mends it. `arguments` are
    the resolved values as JSON (dates in ISO form); an argument that could not be resolved is absent.
    """

    content: dict[str, Any]
    failed: bool = False
    arguments: dict[str, Any] = field(default_factory=dict)
    trace: str = ""

    @property
    def ok(self) -> bool:
        """True when the tool did what was asked."""
        return "error" not in self.content
