"""Tools: plain typed Python functions, described to the model and called safely.

A tool is a public function in the user's `tools.py` whose first parameter is `world` (a database connection
and a date, never the wall clock). Its hints and Google docstring are its whole description. An argument named
like a slot carries the user's own words; the slot's resolver turns them into a value before the function
runs.

Whatever the model did wrong, `call_tool` answers with a sentence that the model and a person can act on; it
never raises for it. One call is one transaction: kept when the tool returns, undone when it refuses or
breaks. Only `load_tools` and `fresh_world` raise, and only ConfigError: there the user's files are wrong.
"""

from __future__ import annotations

import functools
import inspect
import json
import re
import sqlite3
import sys
import traceback
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from demeanor.errors import ConfigError
from demeanor.slots import Slot, Unresolved, resolve

JSON_TYPES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean", "date": "string"}
SLOT_HINTS = {"date": "date", "int": "int", "choice": "str", "text": "str", "code": "str", "option": "str"}


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


# --- calling ------------------------------------------------------------------------------------------------


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
            values[name] = answer.value
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
        "str": str, "int": int, "float": float, "date": date.fromisoformat, "bool": _read_bool,
    }  # fmt: skip
    if isinstance(value, (list, dict)):
        raise _BadArgument(f"{parameter.name}: one value is needed, not a list or an object")
    try:
        read = readers[parameter.kind](str(value).strip())
    except ValueError:
        wanted = {"date": "a date such as 2026-06-12", "int": "a whole number", "float": "a number"}
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
    return value is None or (isinstance(value, str) and not value.strip())


def _join(names: Any) -> str:
    words = list(names)
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else "no arguments"


def _jsonable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


# --- loading ------------------------------------------------------------------------------------------------


def load_tools(path: Path, slots: Mapping[str, Slot]) -> dict[str, Tool]:
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
        raise ConfigError(problem, file=path, line=lines[-1] if lines else None) from fault
    finally:
        del sys.modules[module.__name__]
    return module


def _describe(path: Path, name: str, function: Callable[..., Any], slots: Mapping[str, Slot]) -> Tool:
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
    slots: Mapping[str, Slot],
    wrong: Callable[..., ConfigError],
) -> Parameter:
    where = f"{tool}.{formal.name}"
    if formal.kind in (formal.VAR_POSITIONAL, formal.VAR_KEYWORD, formal.POSITIONAL_ONLY):
        raise wrong("a tool names each of its parameters", field=where, found=str(formal))
    if formal.name not in hints:
        raise wrong("the parameter has no type hint", field=where, allowed=JSON_TYPES)
    kind, allowed = _read_hint(hints[formal.name])
    if kind not in JSON_TYPES:
        raise wrong("unsupported type", field=where, found=kind, allowed=[*JSON_TYPES, "Literal of words"])
    slot = slots.get(formal.name)
    expected = SLOT_HINTS.get(slot.type, kind) if slot else kind
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
    return (hint.__name__ if hint in (str, int, float, bool, date) else str(hint)), ()


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


# --- worlds -------------------------------------------------------------------------------------------------


def fresh_world(schema: Path, seed: Path, extra_sql: str, today: date, path: str | Path = ":memory:") -> World:
    """A new world: the schema, the seed, then `extra_sql` (a scenario's own changes).

    Schema and seed run once per content and are copied after that, so hundreds of worlds are cheap. `path` is
    a new file, or ":memory:". Raises ConfigError with file and line of the statement that fails.
    """
    image = _template(_read(schema), str(schema), _read(seed), str(seed))
    if str(path) == ":memory:":
        db = sqlite3.connect(":memory:", check_same_thread=False)
        db.deserialize(image)
    else:
        if Path(path).exists():
            raise ConfigError("the world's file is already there", file=path, fix="name a new file")
        Path(path).write_bytes(image)
        db = sqlite3.connect(str(path), check_same_thread=False)
    db.execute("PRAGMA foreign_keys = ON")
    try:
        _execute(db, extra_sql, None, "extra_sql")
    except ConfigError:
        db.close()
        raise
    return World(db, today)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"cannot read the world: {fault}", file=path) from None


@functools.lru_cache(maxsize=16)
def _template(schema: str, schema_file: str, seed: str, seed_file: str) -> bytes:
    """The database file that schema and seed make. Keyed by their text: an edited file is never stale."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("PRAGMA foreign_keys = ON")
        _execute(db, schema, schema_file, None)
        _execute(db, seed, seed_file, None)
        return db.serialize()
    finally:
        db.close()


def _execute(db: sqlite3.Connection, script: str, file: str | None, name: str | None) -> None:
    for line, statement in _statements(script):
        try:
            db.executescript(statement)
        except sqlite3.Error as fault:
            shown = " ".join(statement.split())
            raise ConfigError(str(fault), file=file, line=line, field=name, found=shown[:120]) from None
    db.commit()


def _statements(script: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line on which it starts (comments and blank lines before it skipped)."""
    buffer, start = "", 0
    for number, row in enumerate(script.splitlines(keepends=True), 1):
        if not buffer and (not row.strip() or row.lstrip().startswith("--")):
            continue
        start = start if buffer else number
        buffer += row
        if sqlite3.complete_statement(buffer):
            yield start, buffer
            buffer = ""
    if buffer.strip():
        yield start, buffer
