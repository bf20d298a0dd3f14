"""The user's tools.py: run, and every tool in it described by its hints and its Google docstring."""

from __future__ import annotations

import functools
import inspect
import re
import sys
import traceback
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Literal

from demeanor.agent.slots import KINDS, Slot
from demeanor.errors import ConfigError
from demeanor.runtime.tools.tool import JSON_TYPES, Parameter, Tool, World


def load_tools(path: Path, slots: Mapping[str, Slot] | None) -> dict[str, Tool]:
    """Read the user's tools.py and describe its tools, in the order in which they stand.

    The file runs in a module of its own, leaves no bytecode behind, and is read anew at every call.
    Raises ConfigError (file, line, field) when it cannot run or when a tool is not fully described.
    """
    module = _run_file(path)
    tools: dict[str, Tool] = {}
    for name, function in vars(module).items():
        if name.startswith("_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
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
    module = _run_file(path)
    own = {n: f for n, f in vars(module).items() if inspect.isfunction(f) and f.__module__ == module.__name__}
    return {name: function for name, function in own.items() if not name.startswith("_")}


def _run_file(path: Path) -> types.ModuleType:
    """Compiled here, not imported: no __pycache__ in the user's folder, no stale copy after a quick edit."""
    try:
        source = path.read_text(encoding="utf-8")
        code = compile(source, str(path), "exec")
    except OSError as fault:
        raise ConfigError(f"cannot read the tools: {fault.strerror}", file=path) from None
    except (SyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", None)
        raise ConfigError(f"not valid Python: {getattr(fault, 'msg', fault)}", file=path, line=line) from None
    module = types.ModuleType(f"_demeanor_tools_{abs(hash(str(path.resolve()))):x}")
    module.__file__ = str(path)
    sys.modules[module.__name__] = module  # dataclasses and type hints look their module up there
    try:
        exec(code, module.__dict__)
    except Exception as fault:
        lines = [row.lineno for row in traceback.extract_tb(fault.__traceback__) if row.filename == str(path)]
        problem = f"the file fails when it is loaded: {type(fault).__name__}: {fault}"
        moved = isinstance(fault, ModuleNotFoundError) and fault.name == "demeanor.tools"
        fix = "from demeanor import ToolRefused, World" if moved else None
        raise ConfigError(problem, file=path, line=lines[-1] if lines else None, fix=fix) from fault
    finally:
        del sys.modules[module.__name__]
    return module


def _describe(path: Path, name: str, function: Callable[..., Any], slots: Mapping[str, Slot] | None) -> Tool:
    line = function.__code__.co_firstlineno
    wrong = functools.partial(ConfigError, file=path, line=line)
    text = inspect.getdoc(function)
    if not text:
        raise wrong("the tool has no docstring", field=name, fix="say in one line what the tool does")
    if inspect.iscoroutinefunction(function) or inspect.isgeneratorfunction(function):
        raise wrong("a tool is a plain function", field=name, fix="drop async or yield")
    try:
        hints = typing.get_type_hints(function)
    except Exception as fault:
        raise wrong(f"the type hints cannot be read: {fault}", field=name) from None
    notes = _argument_notes(text)
    formal = list(inspect.signature(function).parameters.values())[1:]
    extra = sorted(set(notes) - {p.name for p in formal} - {"world"})
    if extra:
        names = [p.name for p in formal]
        raise wrong("Args: names no parameter", field=f"{name}.{extra[0]}", found=extra[0], allowed=names)
    parameters = {p.name: _parameter(name, p, hints, notes.get(p.name, ""), slots, wrong) for p in formal}
    return Tool(name, text.splitlines()[0].strip(), parameters, function)


def _parameter(
    tool: str,
    formal: inspect.Parameter,
    hints: Mapping[str, Any],
    note: str,
    slots: Mapping[str, Slot] | None,
    wrong: Callable[..., ConfigError],
) -> Parameter:
    where = f"{tool}.{formal.name}"
    if formal.kind in (formal.VAR_POSITIONAL, formal.VAR_KEYWORD, formal.POSITIONAL_ONLY):
        raise wrong("a tool names each of its parameters", field=where, found=str(formal))
    if formal.name not in hints:
        raise wrong("the parameter has no type hint", field=where, allowed=JSON_TYPES)
    kind, allowed = _read_hint(hints[formal.name])
    slot = slots.get(formal.name) if slots is not None else None
    # Without slots nobody knows which parameters are lists.
    listed = kind.startswith("list[") and (slots is None or (slot is not None and slot.many))
    if kind not in JSON_TYPES and not listed:
        raise wrong("unsupported type", field=where, found=kind, allowed=[*JSON_TYPES, "Literal of words"])
    expected = kind
    if slot:
        expected = f"list[{KINDS[slot.type].hint}]" if slot.many else KINDS[slot.type].hint
    if slot and kind != expected:
        reason = f"the slot {formal.name} is of type {slot.type}: the tool receives {expected}"
        raise wrong(reason, field=where, found=kind, allowed=[expected])
    required = formal.default is formal.empty
    return Parameter(formal.name, kind, note, required, slot=formal.name if slot else None, allowed=allowed)


def _read_hint(hint: Any) -> tuple[str, tuple[str, ...]]:
    """`int | None` -> ("int", ()); `Literal["a", "b"]` -> ("str", ("a", "b")); else its own name."""
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        inner = [part for part in typing.get_args(hint) if part is not type(None)]
        return _read_hint(inner[0]) if len(inner) == 1 else (str(hint), ())
    if origin is Literal:
        words = typing.get_args(hint)
        return ("str" if all(isinstance(word, str) for word in words) else str(hint)), words
    if origin is list and typing.get_args(hint):
        return f"list[{_read_hint(typing.get_args(hint)[0])[0]}]", ()
    return (hint.__name__ if hint in (str, int, float, bool, date, time) else str(hint)), ()


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
