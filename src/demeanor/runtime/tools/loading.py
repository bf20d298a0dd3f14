"""The user's tools.py: run, and every tool in it described by its hints and its Google docstring."""

from __future__ import annotations

import functools
import inspect
import re
import sys
import traceback
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from demeanor.agent.slots import KINDS, Slot
from demeanor.errors import ConfigError
from demeanor.runtime.tools.signature import Unsupported, adapter, reader, result_shaper, schema_of, shape_text
from demeanor.runtime.tools.statements import refuse_bare_sql
from demeanor.runtime.tools.tool import OPTIONS, Options, Parameter, Tool
from demeanor.runtime.tools.world import World


def load_tools(path: Path, slots: Mapping[str, Slot] | None) -> dict[str, Tool]:
    """Read the user's tools.py and describe its tools, in the order in which they stand.

    The file runs in a module of its own, leaves no bytecode behind, and is read anew at every call.
    Raises ConfigError (file, line, field) when it cannot run or when a tool is not fully described.
    """
    tools: dict[str, Tool] = {}
    with _run_file(path) as module:
        refuse_bare_sql(path)
        for name, function in _functions(module).items():
            names = list(inspect.signature(function).parameters)
            if names and names[0] == "world":
                tools[name] = _describe(path, name, function, slots)
    if not tools:
        raise ConfigError("no tool found in the file", file=path, fix="name a tool's first parameter world")
    return tools


def load_checks(path: Path) -> dict[str, Callable[[World], object]]:
    """The functions of the user's checks.py by name: each takes a world and says whether it is as it should be.

    Raises ConfigError (file, line) when the file cannot run.
    """
    with _run_file(path) as module:
        refuse_bare_sql(path)
        return _functions(module)


def _functions(module: types.ModuleType) -> dict[str, Callable[..., Any]]:
    """The public functions that the file itself defines."""
    own = {n: f for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}
    return {name: function for name, function in own.items() if not name.startswith("_")}


@contextmanager
def _run_file(path: Path) -> Iterator[types.ModuleType]:
    """The file's module. Compiled here, not imported: no __pycache__ in the user's folder, no stale copy after a quick
    edit. Dataclasses and type hints look it up by its name for as long as the context lasts.
    """
    try:
        source = path.read_text(encoding="utf-8-sig")
        code = compile(source, str(path), "exec")
    except OSError as fault:
        raise ConfigError(f"cannot read the tools: {fault.strerror}", file=path) from None
    except (SyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", None)
        raise ConfigError(f"not valid Python: {getattr(fault, 'msg', fault)}", file=path, line=line) from None
    module = types.ModuleType(f"_demeanor_tools_{abs(hash(str(path.resolve()))):x}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    try:
        _execute(path, code, module)
        yield module
    finally:
        del sys.modules[module.__name__]


def _execute(path: Path, code: types.CodeType, module: types.ModuleType) -> None:
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as fault:
        lines = [row.lineno for row in traceback.extract_tb(fault.__traceback__) if row.filename == str(path)]
        problem = f"the file fails when it is loaded: {type(fault).__name__}: {fault}"
        moved = isinstance(fault, ModuleNotFoundError) and fault.name == "demeanor.tools"
        fix = "from demeanor import ToolRefused, World" if moved else None
        raise ConfigError(problem, file=path, line=lines[-1] if lines else None, fix=fix) from fault


def _describe(path: Path, name: str, function: Callable[..., Any], slots: Mapping[str, Slot] | None) -> Tool:
    line = function.__code__.co_firstlineno
    wrong = functools.partial(ConfigError, file=path, line=line)
    text = inspect.getdoc(function)
    if not text:
        raise wrong("the tool has no docstring", field=name, fix="say in one line what the tool does")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise wrong("a tool returns its result", field=name, fix="drop yield")
    try:
        hints = typing.get_type_hints(function, include_extras=True)
    except Exception as fault:
        raise wrong(f"the type hints cannot be read: {fault}", field=name) from None
    notes = _argument_notes(text)
    formal = list(inspect.signature(function).parameters.values())[1:]
    extra = sorted(set(notes) - {p.name for p in formal} - {"world"})
    if extra:
        names = [p.name for p in formal]
        raise wrong("Args: names no parameter", field=f"{name}.{extra[0]}", found=extra[0], allowed=names)
    types_used: dict[str, Any] = {}
    parameters = {p.name: _parameter(name, p, hints, notes.get(p.name, ""), slots, types_used, wrong) for p in formal}
    options = getattr(function, OPTIONS, Options())
    shaper = result_shaper(name, hints.get("return"))
    return Tool(name, text.splitlines()[0].strip(), parameters, function, options, types_used, shaper)


def _parameter(
    tool: str,
    formal: inspect.Parameter,
    hints: Mapping[str, Any],
    note: str,
    slots: Mapping[str, Slot] | None,
    types_used: dict[str, Any],
    wrong: Callable[..., ConfigError],
) -> Parameter:
    """One parameter; the types that its schema refers to are added to `types_used`."""
    where = f"{tool}.{formal.name}"
    if formal.kind in (formal.VAR_POSITIONAL, formal.VAR_KEYWORD, formal.POSITIONAL_ONLY):
        raise wrong("a tool names each of its parameters", field=where, found=str(formal))
    if formal.name not in hints:
        raise wrong("the parameter has no type hint", field=where, fix=f"{formal.name}: str")
    hint, required = _without_none(hints[formal.name]), formal.default is formal.empty
    slot = slots.get(formal.name) if slots is not None else None
    try:
        kind = adapter(hint)
        shape, used = schema_of(kind)
    except Unsupported as fault:
        raise wrong(f"unsupported type: {fault}", field=where, found=str(hint)) from None
    said = shape_text(shape, used)
    if slot is None:
        types_used |= used
        return Parameter(formal.name, shape, said, note, required, read=reader(kind, _wanted(said)))
    _check_hint(slot, hint, where, wrong)
    words = {"type": "string"} | ({"enum": shape["enum"]} if "enum" in shape else {})
    decimal = hint is Decimal
    return Parameter(
        formal.name, words, said, note, required, slot.name, read=_exactly if decimal else lambda value: value
    )


def _check_hint(slot: Slot, hint: Any, where: str, wrong: Callable[..., ConfigError]) -> None:
    """A tool receives a slot's value in the Python type of the slot; amounts also as Decimal, words as Literal."""
    one = KINDS[slot.type].hint
    expected = f"list[{one}]" if slot.many else one
    if _hint_name(hint) != expected and not (hint is Decimal and expected == "float"):
        reason = f"the slot {slot.name} is of type {slot.type}: the tool receives {expected}"
        raise wrong(reason, field=where, found=_hint_name(hint), allowed=[expected])


def _exactly(value: Any) -> Any:
    return Decimal(str(value))


def _wanted(said: str) -> str:
    """A shape in words that can be said to whoever wrote something else."""
    words = {
        "date": "a date such as 2026-06-12",
        "time": "a time such as 19:30",
        "int": "a whole number",
        "float": "a number",
        "bool": "yes or no",
        "str": "text",
    }
    if "|" in said and "{" not in said:
        return f"one of {', '.join(said.split('|'))}"
    return words.get(said, said)


def _without_none(hint: Any) -> Any:
    """`int | None` -> `int`: an argument that is not given stays away."""
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        return inner[0] if len(inner) == 1 else hint
    return hint


def _hint_name(hint: Any) -> str:
    """`Literal["a", "b"]` -> "str", `list[date]` -> "list[date]"; else its own name."""
    origin = typing.get_origin(hint)
    if origin is Literal and all(isinstance(word, str) for word in typing.get_args(hint)):
        return "str"
    if origin is list and typing.get_args(hint):
        return f"list[{_hint_name(typing.get_args(hint)[0])}]"
    if origin is typing.Annotated:
        return _hint_name(typing.get_args(hint)[0])
    if isinstance(hint, type) and issubclass(hint, str):
        return "str"
    return hint.__name__ if isinstance(hint, type) else str(hint)


def _argument_notes(text: str) -> dict[str, str]:
    """The `Args:` section of a Google docstring: name -> its description on one line."""
    section = re.search(r"^Args:[ \t]*\n((?:[ \t]+.*\n?|[ \t]*\n)*)", text, re.MULTILINE)
    notes: dict[str, str] = {}
    current, margin = "", None
    for row in section.group(1).splitlines() if section else []:
        entry = re.match(r"(\s+)(\w+)\s*(?:\([^)]*\))?\s*:\s*(.*)", row)
        if entry and (margin is None or len(entry.group(1)) <= margin):
            margin, current = len(entry.group(1)), entry.group(2)
            notes[current] = entry.group(3).strip()
        elif row.strip() and current:
            notes[current] = f"{notes[current]} {row.strip()}".strip()
    return notes
