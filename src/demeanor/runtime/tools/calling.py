"""Calls by a model: words become values, the tool runs in a transaction, the result is what the model reads.

Whatever the model did wrong, `call_tool` answers with a sentence that the model and a person can act on; it never
raises for it. One call is one transaction: kept when the tool returns, undone when it refuses, breaks or takes too
long.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import date
from typing import Any

from pydantic_core import to_jsonable_python

from demeanor.agent.slots import Slot, Unresolved, plain, resolve
from demeanor.runtime.tools.running import run_tool
from demeanor.runtime.tools.tool import Parameter, Tool, ToolResult
from demeanor.runtime.tools.world import World


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
    key: str = "",
) -> ToolResult:
    """Resolve the arguments, run the tool in a transaction and in its time, return what the model shall read.

    Args:
        key: names a call that writes: the same key and arguments again give the same result, and nothing is done twice.

    Raises:
        ConfigError: the tool uses the database in a way that cannot work. Nothing else that the model did or the tool
            broke is raised.
    """
    values: dict[str, Any] = {}
    try:
        _resolve_arguments(tool, arguments, world.today, slots, values)
    except _BadArgument as problem:
        return ToolResult(problem.content, arguments=_jsonable(values))
    return run_tool(tool, values, _jsonable(values), world, key)


def resolved_arguments(
    tool: Tool, arguments: Mapping[str, Any], today: date, slots: Mapping[str, Slot]
) -> dict[str, Any]:
    """What the arguments of a call mean, as JSON, as far as they can be read."""
    values: dict[str, Any] = {}
    with suppress(_BadArgument):
        _resolve_arguments(tool, arguments, today, slots, values)
    return _jsonable(values)


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
            values[name] = _read(parameter, given[name])
            continue
        answer = resolve(slot, given[name], today, values)
        if isinstance(answer, Unresolved):
            lacking[name] = answer.reason
        else:
            values[name] = parameter.read(list(answer.value) if slot.many else answer.value)
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


def _read(parameter: Parameter, value: object) -> object:
    """A value for a parameter that is no slot, from JSON or from the text of it."""
    try:
        return parameter.read(value)
    except ValueError as problem:
        raise _BadArgument(f"{parameter.name}: {problem}") from None


def _is_empty(value: object) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _join(names: Any) -> str:
    words = list(names)
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "no arguments"


def _jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = to_jsonable_python({name: plain(value) for name, value in values.items()}, fallback=str)
    return shown
