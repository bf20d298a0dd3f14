"""agent.yaml -> Agent: the one description of who the agent is.

Every field is checked with file and line; a field that nothing reads is refused, because a user who writes it expects it
to do something. Nothing here knows what the agent is about: slots, flows and tools come from the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

import yaml

from demeanor.errors import ConfigError
from demeanor.slots import Slot

StepKind = Literal["acknowledge", "ask", "call", "present", "invite", "confirm", "inform", "handoff"]
STEP_KINDS = ("acknowledge", "ask", "call", "present", "invite", "confirm", "inform", "handoff")
SLOT_TYPES = ("date", "int", "choice", "text", "code", "option")


@dataclass(frozen=True)
class Voice:
    """How the agent sounds. `avoid` and `max_words` are checked in every reply; `traits` reach the system text."""

    traits: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    max_words: int = 60


@dataclass(frozen=True)
class Step:
    """One step of a flow: what to do (`kind`), about which slots or tool (`of`), under which condition (`when`)."""

    kind: StepKind
    of: tuple[str, ...] = ()
    when: str = ""
    otherwise: tuple[str, ...] = ()  # slots asked again when a call brought nothing


@dataclass(frozen=True)
class Flow:
    """A task of the agent, as steps over slots.

    `done` is SQL that is true in the database once the task is done (parameters: the goal's values); `goals` is SQL
    whose rows are values a simulated user may ask for (parameter: today).
    """

    name: str
    when: str
    steps: tuple[Step, ...]
    done: str = ""
    goals: str = ""

    def slots(self) -> tuple[str, ...]:
        """The slots that the flow asks for or lets the user choose, in order."""
        seen = [name for step in self.steps if step.kind in ("ask", "invite") for name in step.of]
        return tuple(dict.fromkeys(seen))

    def tools(self) -> tuple[str, ...]:
        return tuple(step.of[0] for step in self.steps if step.kind == "call")

    def writes(self) -> tuple[str, ...]:
        """Tools that change something and need the user's clear yes."""
        return tuple(step.of[0] for step in self.steps if step.kind == "confirm")


@dataclass(frozen=True)
class Agent:
    """The whole description. `sha256` is of the file's bytes: scenarios pin it, runs freeze it."""

    name: str
    persona: str
    base_model: str = "smollm2-135m-instruct"
    voice: Voice = field(default_factory=Voice)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    when_unsure: str = "I need to check that for you; a colleague will confirm it shortly."
    knowledge: str = "knowledge"
    tools: str = "tools.py"
    nudges: tuple[str, ...] = ()
    file: Path = Path("agent.yaml")
    sha256: str = ""

    def writes(self) -> frozenset[str]:
        """Tools that need consent, over all flows."""
        return frozenset(tool for flow in self.flows.values() for tool in flow.writes())

    def nudge_text(self, today: date) -> str:
        """The runtime nudges for a clock, e.g. 'Today is Monday 8 June 2026.'"""
        spoken = f"{today:%A} {today.day} {today:%B} {today.year}"
        return " ".join(nudge.replace("{today}", spoken) for nudge in self.nudges)


# ---------------------------------------------------------------------------------------------------- reading


class _Reader:
    """Walks the YAML tree with positions, so that every complaint names a line."""

    def __init__(self, file: Path, lines: Mapping[tuple[str, ...], int]) -> None:
        self.file = file
        self.lines = lines

    def error(self, message: str, path: tuple[str, ...], **more: Any) -> ConfigError:
        line = next((self.lines[path[:k]] for k in range(len(path), -1, -1) if path[:k] in self.lines), None)
        return ConfigError(message, file=self.file, line=line, field=".".join(path) or None, **more)

    def mapping(self, raw: Any, path: tuple[str, ...], allowed: tuple[str, ...] | None = None) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise self.error("expected a mapping (name: value)", path, found=raw)
        for key in raw:
            if allowed is not None and key not in allowed:
                raise self.error("unknown field", (*path, str(key)), found=str(key), allowed=allowed)
        return {str(key): value for key, value in raw.items()}

    def text(self, raw: Any, path: tuple[str, ...]) -> str:
        if not isinstance(raw, str) or not raw.strip():
            raise self.error("expected text", path, found=raw)
        return raw.strip()

    def texts(self, raw: Any, path: tuple[str, ...]) -> tuple[str, ...]:
        values = raw if isinstance(raw, list) else [raw]
        return tuple(self.text(value, path) for value in values)

    def integer(self, raw: Any, path: tuple[str, ...]) -> int:
        if not isinstance(raw, int) or isinstance(raw, bool):
            raise self.error("expected a whole number", path, found=raw)
        return raw


# The C parser where PyYAML was built with it: ten times faster on a wording bank.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _line_numbers(root: yaml.Node | None) -> dict[tuple[str, ...], int]:
    """Path of every YAML node -> its line (1-based)."""
    lines: dict[tuple[str, ...], int] = {}

    def walk(node: yaml.Node | None, path: tuple[str, ...]) -> None:
        if node is None:
            return
        lines[path] = node.start_mark.line + 1
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                walk(value, (*path, str(key.value)))
                lines[(*path, str(key.value))] = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                walk(value, (*path, str(index)))

    walk(root, ())
    return lines


def read_yaml(file: Path) -> tuple[Any, dict[tuple[str, ...], int]]:
    """Parsed YAML and the line of every node.

    Raises:
        ConfigError: the file is missing, not UTF-8 or not YAML (with the line).
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError("no such file", file=file, fix="demeanor init NAME writes a project") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=file) from error
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
        return (loader.construct_document(root) if root is not None else None), _line_numbers(root)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise ConfigError(
            f"not YAML: {getattr(error, 'problem', None) or error}",
            file=file,
            line=mark.line + 1 if mark else None,
            fix="check indentation, and quote text that holds ': ' or '#'",
        ) from error


def load_agent(file: Path) -> Agent:
    """Read and check agent.yaml.

    Raises:
        ConfigError: naming file, line, field, what was found and what is allowed.
    """
    raw, lines = read_yaml(file)
    reader = _Reader(file, lines)
    known = tuple(f.name for f in fields(Agent) if f.name not in ("file", "sha256"))
    top = reader.mapping(raw, (), known)
    for needed in ("name", "persona", "flows"):
        if needed not in top:
            raise reader.error(f"missing field {needed!r}", (), fix=f"add `{needed}:`")
    slots = {
        name: _slot(reader, name, spec, ("slots", name))
        for name, spec in reader.mapping(top.get("slots", {}), ("slots",)).items()
    }
    _check_slot_references(reader, slots)
    flows = {
        name: _flow(reader, name, spec, slots)
        for name, spec in reader.mapping(top["flows"], ("flows",)).items()
    }
    plain = {
        key: reader.text(top[key], (key,))
        for key in ("name", "persona", "base_model", "when_unsure", "knowledge", "tools")
        if key in top
    }
    return Agent(
        **plain,
        voice=_voice(reader, top.get("voice", {})),
        slots=slots,
        flows=flows,
        nudges=reader.texts(top["nudges"], ("nudges",)) if top.get("nudges") else (),
        file=file,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )


def _voice(reader: _Reader, raw: Any) -> Voice:
    spec = reader.mapping(raw, ("voice",), tuple(f.name for f in fields(Voice)))
    lists = {k: reader.texts(spec[k], ("voice", k)) for k in ("traits", "avoid", "prefer") if spec.get(k)}
    if "max_words" in spec:
        words = reader.integer(spec["max_words"], ("voice", "max_words"))
        if words < 1:
            raise reader.error("must be at least 1", ("voice", "max_words"), found=words)
        return Voice(**lists, max_words=words)
    return Voice(**lists)


SLOT_FIELDS = ("type", "optional", "after", "min", "max", "choices", "pattern", "ask", "examples", "cues", "of")


def _slot(reader: _Reader, name: str, raw: Any, path: tuple[str, ...]) -> Slot:
    spec = reader.mapping(raw, path, SLOT_FIELDS)
    kind = spec.get("type")
    if kind not in SLOT_TYPES:
        raise reader.error("unknown slot type", (*path, "type"), found=kind, allowed=SLOT_TYPES)
    options: dict[str, Any] = {"optional": bool(spec.get("optional", False))}
    for key in ("after", "pattern", "ask"):
        if key in spec:
            options[key] = reader.text(spec[key], (*path, key))
    for key in ("min", "max"):
        if key in spec:
            options[key] = reader.integer(spec[key], (*path, key))
    for key in ("examples", "cues"):
        if key in spec:
            options[key] = reader.texts(spec[key], (*path, key))
    if kind == "choice":
        options["choices"] = _choices(reader, spec.get("choices"), (*path, "choices"))
    if kind == "code" and "pattern" not in spec:
        raise reader.error("a code needs a pattern", path, fix="pattern: 'AB-[0-9]{4}'")
    if "pattern" in options:
        try:
            re.compile(options["pattern"])
        except re.error as error:
            raise reader.error(f"not a regular expression: {error}", (*path, "pattern"), found=options["pattern"]) from error
    if kind == "option":
        tool, _, key = reader.text(spec.get("of"), (*path, "of")).partition(".")
        if not key:
            raise reader.error("expected tool.field", (*path, "of"), found=spec.get("of"), fix="of: search_rooms.offer")
        options["source"] = (tool, key)
    return Slot(name=name, type=cast(Any, kind), **options)


def _choices(reader: _Reader, raw: Any, path: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    if isinstance(raw, list) and raw:
        return {reader.text(value, path): () for value in raw}
    if isinstance(raw, dict) and raw:
        return {str(k): reader.texts(v, (*path, str(k))) if v else () for k, v in raw.items()}
    raise reader.error("a choice needs choices", path, found=raw, fix="choices: [standard, deluxe]")


def _check_slot_references(reader: _Reader, slots: Mapping[str, Slot]) -> None:
    for name, slot in slots.items():
        if slot.after is not None and (slot.after not in slots or slots[slot.after].type != "date"):
            dates = [n for n, s in slots.items() if s.type == "date" and n != name]
            raise reader.error("must name a date slot", ("slots", name, "after"), found=slot.after, allowed=dates)


def _flow(reader: _Reader, name: str, raw: Any, slots: Mapping[str, Slot]) -> Flow:
    path = ("flows", name)
    spec = reader.mapping(raw, path, ("when", "steps", "done", "goals"))
    if not isinstance(spec.get("steps"), list) or not spec["steps"]:
        raise reader.error("a flow needs steps", (*path, "steps"), found=spec.get("steps"))
    steps = tuple(
        _step(reader, step, (*path, "steps", str(index)), slots) for index, step in enumerate(spec["steps"])
    )
    done = reader.text(spec["done"], (*path, "done")) if "done" in spec else ""
    goals = reader.text(spec["goals"], (*path, "goals")) if "goals" in spec else ""
    flow = Flow(name, reader.text(spec.get("when"), (*path, "when")), steps, done, goals)
    _check_consent(reader, flow, path)
    return flow


def _step(reader: _Reader, raw: Any, path: tuple[str, ...], slots: Mapping[str, Slot]) -> Step:
    spec = {raw: None} if isinstance(raw, str) else reader.mapping(raw, path, (*STEP_KINDS, "when", "otherwise"))
    kinds = [key for key in spec if key in STEP_KINDS]
    if len(kinds) != 1:
        raise reader.error("a step does exactly one thing", path, found=raw, allowed=STEP_KINDS)
    kind = kinds[0]
    of = reader.texts(spec[kind], (*path, kind)) if spec[kind] is not None else ()
    if kind not in ("acknowledge", "handoff") and not of:
        raise reader.error(f"{kind} needs a name", path, fix=f"{kind}: NAME")
    otherwise = reader.texts(spec["otherwise"], (*path, "otherwise")) if "otherwise" in spec else ()
    for slot in (*(of if kind in ("ask", "invite") else ()), *otherwise):
        if slot not in slots:
            raise reader.error("unknown slot", (*path, kind), found=slot, allowed=list(slots))
    when = reader.text(spec["when"], (*path, "when")) if "when" in spec else ""
    if when:
        _check_condition(reader, when, path, slots)
    return Step(cast(StepKind, kind), of, when, otherwise)


CONDITION = re.compile(r"(?P<slot>\w+) (?:(?P<state>known|unknown)|is (?P<value>.+))")


def _check_condition(reader: _Reader, when: str, path: tuple[str, ...], slots: Mapping[str, Slot]) -> None:
    match = CONDITION.fullmatch(when)
    if match is None:
        raise reader.error(
            "cannot read the condition", (*path, "when"), found=when, allowed="SLOT known | SLOT unknown | SLOT is VALUE"
        )
    if match["slot"] not in slots:
        raise reader.error("unknown slot", (*path, "when"), found=match["slot"], allowed=list(slots))


def _check_consent(reader: _Reader, flow: Flow, path: tuple[str, ...]) -> None:
    """A confirmed tool must be called afterwards, or the yes leads nowhere."""
    for index, step in enumerate(flow.steps):
        later = [s.of[0] for s in flow.steps[index + 1 :] if s.kind == "call"]
        if step.kind == "confirm" and step.of[0] not in later:
            raise reader.error(
                f"{step.of[0]!r} is confirmed but never called afterwards",
                (*path, "steps", str(index)),
                fix=f"add `- call: {step.of[0]}` after it",
            )
