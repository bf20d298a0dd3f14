"""Calls by a model: words become values, the tool runs in a transaction, the result is what the model reads.

Whatever the model did wrong, `call_tool` answers with a sentence that the model and a person can act on; it never
raises for it. One call is one transaction: kept when the tool returns, undone when it refuses or breaks.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Collection, Mapping
from datetime import date, time
from typing import Any

from demeanor.agent.slots import Slot, Unresolved, plain, resolve
from demeanor.runtime.tools.tool import Parameter, Tool, ToolRefused, ToolResult, World


class _BadArgument(Exception):
    """An argument of the model's cannot be used. `reason`: words that can be said to the user, where there are such."""

    def __init__(self, error: str, reason: str = "") -> None:
        super().__init__(error)
        self.content = {"error": error, "reason": reason} if reason else {"error": error}


def call_tool(
    tool: Tool,
    arguments: Mapping[str, Any],
    world: World,
    slots: Mapping[str, Slot],
) -> ToolResult:
    """Resolve the arguments, run the tool in a transaction, return what the model shall read.

    Never raises for anything that the model did or the tool broke.
    """
    values: dict[str, Any] = {}
    try:
        _resolve_arguments(tool, arguments, world.today, slots, values)
    except _BadArgument as problem:
        return ToolResult(problem.content, arguments=_jsonable(values))
    return _run(tool, values, world)


def _run(tool: Tool, values: dict[str, Any], world: World) -> ToolResult:
    shown = _jsonable(values)
    try:
        content = tool.function(world, **values)
        if not isinstance(content, dict):
            raise TypeError(f"{tool.name} returned {type(content).__name__}; a tool returns a dict")
        content = json.loads(json.dumps(content, ensure_ascii=False))  # a fault here must still be undone
        world.db.commit()
    except ToolRefused as refusal:
        world.db.rollback()
        return ToolResult({"error": str(refusal)}, arguments=shown)
    except Exception as fault:
        world.db.rollback()
        # The exception's own text may hold paths or passwords: it goes to the trace, not to the model.
        sentence = f"the tool is down: {tool.name} did not answer ({type(fault).__name__})"
        return ToolResult({"error": sentence}, failed=True, arguments=shown, trace=traceback.format_exc())
    except BaseException:
        world.db.rollback()
        raise
    return ToolResult(content, arguments=shown)


def _resolve_arguments(
    tool: Tool,
    arguments: object,
    today: date,
    slots: Mapping[str, Slot],
    values: dict[str, Any],
) -> None:
    """Fill `values` in place, so that what was understood before a fault can still be shown."""
    if not isinstance(arguments, Mapping):
        raise _BadArgument(f"{tool.name}: the arguments must be an object of names and values")
    unknown = [str(name) for name in arguments if name not in tool.parameters]
    if unknown:
        raise _BadArgument(f"{tool.name} does not take {_join(unknown)}; it takes {_join(tool.parameters)}")
    given = {name: value for name, value in arguments.items() if not _is_empty(value)}
    lacking = {name: "" for name, p in tool.parameters.items() if p.required and name not in given}
    for name in _in_order(given, slots):
        parameter = tool.parameters[name]
        slot = slots.get(parameter.slot) if parameter.slot else None
        if slot is None:
            values[name] = _plain(parameter, given[name])
            continue
        answer = resolve(slot, given[name], today, values)
        if isinstance(answer, Unresolved):
            lacking[name] = answer.reason
        else:
            values[name] = list(answer.value) if slot.many else answer.value
    if lacking:
        reasons = [lacking[name].removeprefix(f"{name}: ") for name in tool.parameters if lacking.get(name)]
        raise _BadArgument(lacking_details(tool, lacking), " ".join(reasons))


def lacking_details(tool: Tool, names: Collection[str]) -> str:
    """What a call's result says when details are missing, unclear, or were never said: one sentence for all of these,
    with the details in the tool's own order. An agent learns from it what to ask for, whatever was wrong.
    """
    return f"{tool.name} needs {_join([n for n in tool.parameters if n in names])}; ask the user for it and call again"


def _in_order(names: Mapping[str, Any], slots: Mapping[str, Slot]) -> list[str]:
    """The names with every `after` target before the slot that leans on it; otherwise as given."""
    ordered: list[str] = []

    def place(name: str, trail: tuple[str, ...]) -> None:
        if name in ordered or name in trail or name not in names:
            return
        slot = slots.get(name)
        if slot is not None and slot.after:
            place(slot.after, (*trail, name))
        ordered.append(name)

    for name in names:
        place(name, ())
    return ordered


def _plain(parameter: Parameter, value: object) -> object:
    """A value for a parameter that is no slot, from JSON or from the text of it."""
    readers: dict[str, Callable[[str], object]] = {
        "str": str, "int": int, "float": float, "date": date.fromisoformat, "time": time.fromisoformat,
        "bool": _read_bool,
    }  # fmt: skip
    if isinstance(value, (list, dict)):
        raise _BadArgument(f"{parameter.name}: one value is needed, not a list or an object")
    try:
        read = readers[parameter.kind](str(value).strip())
    except ValueError:
        wanted = {
            "date": "a date such as 2026-06-12",
            "time": "a time such as 19:30",
            "int": "a whole number",
            "float": "a number",
        }
        reason = wanted.get(parameter.kind, "yes or no")
        raise _BadArgument(f"{parameter.name}: '{value}' is not {reason}") from None
    if parameter.allowed and read not in parameter.allowed:
        raise _BadArgument(f"{parameter.name}: '{value}' is not one of {_join(parameter.allowed)}")
    return read


def _read_bool(text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise ValueError(text)
    return words[text.lower()]


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _join(names: Any) -> str:
    words = list(names)
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "no arguments"


def _jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in values.items()}
