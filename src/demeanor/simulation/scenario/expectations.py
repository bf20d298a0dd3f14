"""Expectations: what must hold when a scenario is over, each of one kind, checked on what was observed.

A kind stands in one table with everything about it: how it is written, what it says, its check, and samples that must
pass and must fail. `self_test` runs the samples; an evaluation does so before it asks any model. A check answers None
where the acts of a message could not be read: nothing passes, and nothing fails, for want of evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from demeanor.agent import Agent
from demeanor.project.yamlfile import YamlReader
from demeanor.text import key


@dataclass(frozen=True)
class Replied:
    """An agent message with text. `acts` are () where they could not be read; `repeats`: it gives back the block that
    it was shown, which says nothing of its own."""

    text: str
    acts: tuple[str, ...] = ()
    repeats: bool = False


@dataclass(frozen=True)
class Called:
    """A tool call, with its arguments as they were understood. `ok`: it was run and did not fail."""

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    ok: bool = True


@dataclass(frozen=True)
class Observed:
    """What expectations look at.

    Args:
        query: one value from the world's database by SQL.
        check: a function of checks.py by name, on the world.
        invented: claims that stand in no page, result or user message.
        off_voice: replies that are too long or use a phrase to avoid.
        handover: to whom the conversation was given, and at which message of the user; None where it was not.
    """

    replies: tuple[Replied, ...] = ()
    calls: tuple[Called, ...] = ()
    query: Callable[[str], Any] = lambda sql: None
    check: Callable[[str], Any] = lambda name: None
    invented: tuple[str, ...] = ()
    off_voice: int = 0
    handover: tuple[str, int] | None = None

    @property
    def acts(self) -> list[str]:
        return [act for reply in self.replies for act in reply.acts]

    @property
    def unread(self) -> bool:
        """Whether some reply's acts could not be read."""
        return any(not reply.acts for reply in self.replies)

    def asked(self) -> list[str]:
        """The slots that were asked for, in order, with repeats."""
        return [n for act in self.acts if act.startswith("ask:") for n in act.removeprefix("ask:").split("+")]


@dataclass(frozen=True)
class Expectation:
    """One thing that must hold: `kind` is a key of KINDS, `value` what was read for it."""

    kind: str
    value: Any

    def holds(self, observed: Observed) -> bool | None:
        """Whether it holds; None where that cannot be said."""
        return KINDS[self.kind].check(self.value, observed)

    def __str__(self) -> str:
        return f"{self.kind} {_shown(self.value)}"

    def tools(self) -> list[str]:
        """The tools that it names."""
        if self.kind == "calls":
            return [call["tool"] for call in self.value]
        return list(self.value) if self.kind == "never_calls" else []

    def arguments(self) -> list[tuple[str, str]]:
        """The arguments that it names, each with its tool."""
        calls = self.value if self.kind == "calls" else ()
        return [(call["tool"], name) for call in calls for name in call.get("arguments", {})]

    def to_yaml(self) -> dict[str, Any]:
        return {self.kind: self.value}


@dataclass(frozen=True)
class Kind:
    """One kind of expectation.

    Args:
        read: (reader, raw, path, agent) -> the value; raises ConfigError with file and line.
        schema: of the written value, as JSON Schema.
        passing, failing: (value, observed) that the check must pass and must not.
    """

    says: str
    read: Callable[[YamlReader, Any, tuple[str, ...], Agent], Any]
    schema: Mapping[str, Any]
    check: Callable[[Any, Observed], bool | None]
    passing: Sequence[tuple[Any, Observed]]
    failing: Sequence[tuple[Any, Observed]]


# ---------------------------------------------------------------------------------------------------- reading


def _texts(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> list[str]:
    return list(reader.texts(raw, path))


def _pattern(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> str:
    return reader.regex(reader.text(raw, path), path)


def _flag(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> bool:
    return reader.boolean(raw, path)


def _slots(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> list[str]:
    names = list(reader.texts(raw, path))
    for name in names:
        if name not in agent.slots:
            raise reader.error("unknown slot", path, found=name, allowed=list(agent.slots))
    return names


def _slot_values(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> dict[str, Any]:
    return reader.mapping(raw, path, tuple(agent.slots))


def _calls(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> list[dict[str, Any]]:
    """A name, a mapping with tool, arguments and times, or a list of such."""
    out = []
    for item in raw if isinstance(raw, list) else [raw]:
        call = {"tool": item} if isinstance(item, str) else reader.mapping(item, path, ("tool", "arguments", "times"))
        reader.text(call.get("tool"), (*path, "tool"))
        reader.mapping(call.get("arguments", {}), (*path, "arguments"))
        if not isinstance(call.get("times", 1), int):
            raise reader.error("expected a number of calls", (*path, "times"), found=call["times"])
        out.append(call)
    return out


def _handover(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> dict[str, Any] | bool:
    """true, false, a name, or a mapping with to, turn and from."""
    if isinstance(raw, bool):
        return raw
    found = {"to": raw} if isinstance(raw, str) else reader.mapping(raw, path, ("to", "turn", "from"))
    if "to" in found and found["to"] not in agent.handoffs:
        allowed = list(agent.handoffs)
        raise reader.error("nobody of that name takes over", (*path, "to"), found=found["to"], allowed=allowed)
    for name in ("turn", "from"):
        if not isinstance(found.get(name, 1), int):
            raise reader.error("expected the number of a message of the user", (*path, name), found=found[name])
    return found


def _world(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> dict[str, Any]:
    world = {"sql": raw} if isinstance(raw, str) else reader.mapping(raw, path, ("sql", "is"))
    reader.text(world.get("sql"), (*path, "sql"))
    return world


# ---------------------------------------------------------------------------------------------------- checks


def _says(texts: Sequence[str], observed: Observed) -> bool:
    return all(any(_plain(t) in _plain(r.text) for r in observed.replies if not r.repeats) for t in texts)


def _never_says(texts: Sequence[str], observed: Observed) -> bool:
    return not any(_plain(t) in _plain(r.text) for t in texts for r in observed.replies)


def _matches(pattern: str, observed: Observed) -> bool:
    return any(re.search(pattern, r.text, re.IGNORECASE) for r in observed.replies if not r.repeats)


def _calls_hold(calls: Sequence[Mapping[str, Any]], observed: Observed) -> bool:
    for call in calls:
        wanted = call.get("arguments", {})
        found = [c for c in observed.calls if c.ok and c.tool == call["tool"] and _has(c.arguments, wanted)]
        if len(found) != call["times"] if "times" in call else not found:
            return False
    return True


def _never_calls(tools: Sequence[str], observed: Observed) -> bool:
    """An attempt that was refused is an attempt."""
    return not any(c.tool in tools for c in observed.calls)


def _remembers(values: Mapping[str, Any], observed: Observed) -> bool:
    """The last call that was run and takes the detail has it as the user meant it."""
    for name, value in values.items():
        given = [c.arguments for c in observed.calls if c.ok and name in c.arguments]
        if not given or not _has(given[-1], {name: value}):
            return False
    return True


def _in_world(world: Mapping[str, Any], observed: Observed) -> bool:
    found = observed.query(world["sql"])
    return _same(found, world["is"]) if "is" in world else bool(found)


def _holds(name: str, observed: Observed) -> bool:
    return bool(observed.check(name))


def _asks(slots: Sequence[str], observed: Observed) -> bool | None:
    return True if set(slots) <= set(observed.asked()) else None if observed.unread else False


def _never_asks(slots: Sequence[str], observed: Observed) -> bool | None:
    return False if set(slots) & set(observed.asked()) else None if observed.unread else True


def _asks_once(slots: Sequence[str], observed: Observed) -> bool | None:
    asked = observed.asked()
    return False if any(asked.count(n) > 1 for n in slots) else None if observed.unread else True


def _order(acts: Sequence[str], observed: Observed) -> bool | None:
    """The acts stand in this order, with anything between; the questions of one message are one act each."""
    said = iter(part for act in observed.acts for part in _parts(act))
    if all(any(act == other for other in said) for act in acts):
        return True
    return None if observed.unread else False


def _parts(act: str) -> list[str]:
    kind, _, of = act.partition(":")
    return [f"{kind}:{name}" for name in of.split("+")] if of else [act]


def _grounded(wanted: bool, observed: Observed) -> bool:
    return bool(observed.invented) != wanted


def _defers(wanted: bool, observed: Observed) -> bool | None:
    if "defer" in observed.acts:
        return wanted
    return None if observed.unread else not wanted


def _hands_over(wanted: Mapping[str, Any] | bool, observed: Observed) -> bool:
    """To this one, or to anybody; at this message of the user, not before it, or at any. False: to nobody."""
    if isinstance(wanted, bool) or observed.handover is None:
        return wanted is (observed.handover is not None)
    to, turn = observed.handover
    return bool(wanted.get("to", to) == to and wanted.get("turn", turn) == turn and wanted.get("from", turn) <= turn)


def _in_voice(wanted: bool, observed: Observed) -> bool:
    return bool(observed.off_voice) != wanted


def _has(arguments: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(name in arguments and _same(arguments[name], value) for name, value in wanted.items())


def _same(found: Any, wanted: Any) -> bool:
    """Values from SQL, JSON and YAML: dates by their ISO form, texts whatever the case."""
    return _comparable(found) == _comparable(wanted)


def _comparable(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return (
        value.isoformat() if isinstance(value, date) else str(int(value) if value in (True, False) else value).lower()
    )


def _plain(text: str) -> str:
    return key(text)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_shown(v)}" for k, v in value.items())
    return ", ".join(map(_shown, value)) if isinstance(value, list) else str(value)


# ---------------------------------------------------------------------------------------------------- the table

_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_CALL = {
    "type": "object",
    "properties": {
        "tool": {"type": "string"},
        "arguments": {"type": "object", "description": "Of these; others may stand beside them."},
        "times": {"type": "integer", "minimum": 0, "description": "Exactly so often. Without it: at least once."},
    },
    "required": ["tool"],
    "additionalProperties": False,
}
_ONE_CALL = {"anyOf": [{"type": "string"}, _CALL]}
_WORLD = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"sql": {"type": "string"}, "is": {}},
            "required": ["sql"],
            "additionalProperties": False,
        },
    ]
}
_FLAG = {"type": "boolean"}
_HANDOVER = {
    "type": "object",
    "properties": {
        "to": {"type": "string"},
        "turn": {"type": "integer", "minimum": 1},
        "from": {"type": "integer", "minimum": 1},
    },
    "additionalProperties": False,
}

_HELLO = Observed((Replied("Hello! How many nights?", ("ask:nights",)),))
_TWICE = Observed((Replied("For how many?", ("ask:guests",)), Replied("How many guests?", ("ask:guests+nights",))))
_BOOKED = Observed(
    (Replied("Shall I book it?", ("confirm:book",)), Replied("It is booked.", ("call:book",))),
    (Called("find", {"day": "2026-06-12", "guests": 2}), Called("book", {"name": "Anna Berg"})),
    lambda sql: 1,
)
_REFUSED = Observed(calls=(Called("book", {"name": "Anna Berg"}, ok=False),), query=lambda sql: 0)
_REPEATED = Observed((Replied("<context> The pool is closed. </context>", repeats=True),))
_VAGUE = Observed((Replied("Hmm."),))
_HANDED = Observed((Replied("Sam takes over.", ("handoff",)),), handover=("desk", 2))
_DEFERRED = Observed((Replied("A colleague will tell you.", ("defer", "handoff")),))

KINDS: dict[str, Kind] = {
    "says": Kind(
        "Each of these texts stands in a reply, whatever the case.",
        _texts,
        _TEXTS,
        _says,
        [(["how many NIGHTS"], _HELLO)],
        [(["hello", "goodbye"], _HELLO), (["hello"], Observed()), (["closed"], _REPEATED)],
    ),
    "never_says": Kind(
        "None of these texts stands in a reply.",
        _texts,
        _TEXTS,
        _never_says,
        [(["goodbye"], _HELLO), (["hello"], Observed())],
        [(["goodbye", "hello"], _HELLO), (["closed"], _REPEATED)],
    ),
    "matches": Kind(
        "A reply matches this regular expression, whatever the case.",
        _pattern,
        {"type": "string", "format": "regex"},
        _matches,
        [(r"how many \w+\?", _HELLO)],
        [(r"^nights", _HELLO), (r"closed", _REPEATED)],
    ),
    "calls": Kind(
        "These calls were run and did not fail, with these arguments as they were understood.",
        _calls,
        {"anyOf": [*_ONE_CALL["anyOf"], {"type": "array", "items": _ONE_CALL, "minItems": 1}]},
        _calls_hold,
        [
            ([{"tool": "find", "arguments": {"guests": 2, "day": date(2026, 6, 12)}}], _BOOKED),
            ([{"tool": "find", "times": 1}, {"tool": "cancel", "times": 0}], _BOOKED),
        ],
        [
            ([{"tool": "find", "arguments": {"guests": 3}}], _BOOKED),
            ([{"tool": "book"}], _REFUSED),
            ([{"tool": "find", "times": 2}], _BOOKED),
        ],
    ),
    "never_calls": Kind(
        "None of these tools was called, not even in a call that was refused.",
        _texts,
        _TEXTS,
        _never_calls,
        [(["cancel"], _BOOKED)],
        [(["cancel", "book"], _BOOKED), (["book"], _REFUSED)],
    ),
    "remembers": Kind(
        "The last call that takes these details has them as the user meant them.",
        _slot_values,
        {"type": "object", "minProperties": 1},
        _remembers,
        [({"guests": 2}, _BOOKED), ({"name": "anna berg"}, _BOOKED)],
        [({"guests": 3}, _BOOKED), ({"guests": 2}, _HELLO), ({"name": "Anna Berg"}, _REFUSED)],
    ),
    "world": Kind(
        "The database gives this for this SQL; without `is`, something that is true.",
        _world,
        _WORLD,
        _in_world,
        [({"sql": "SELECT count(*) FROM bookings", "is": 1}, _BOOKED), ({"sql": "SELECT 1"}, _BOOKED)],
        [({"sql": "SELECT count(*) FROM bookings", "is": 1}, _REFUSED), ({"sql": "SELECT 1"}, _REFUSED)],
    ),
    "holds": Kind(
        "This function of checks.py says yes; it is given the world (db and today).",
        lambda reader, raw, path, agent: reader.text(raw, path),
        {"type": "string"},
        _holds,
        [("paid", Observed(check=lambda name: name == "paid"))],
        [("paid", Observed(check=lambda name: False)), ("paid", Observed())],
    ),
    "asks": Kind(
        "Each of these slots is asked for.",
        _slots,
        _TEXTS,
        _asks,
        [(["nights"], _HELLO), (["guests", "nights"], _TWICE)],
        [(["guests"], _HELLO), (["nights"], Observed())],
    ),
    "never_asks": Kind(
        "None of these slots is asked for.",
        _slots,
        _TEXTS,
        _never_asks,
        [(["guests"], _HELLO)],
        [(["nights"], _HELLO)],
    ),
    "asks_once": Kind(
        "None of these slots is asked for again.",
        _slots,
        _TEXTS,
        _asks_once,
        [(["nights"], _TWICE), (["guests"], _HELLO)],
        [(["guests"], _TWICE)],
    ),
    "order": Kind(
        "These acts of the agent come in this order, with anything between (ask:SLOT, confirm:TOOL, call:TOOL, defer).",
        _texts,
        {"type": "array", "items": {"type": "string"}, "minItems": 1},
        _order,
        [(["confirm:book", "call:book"], _BOOKED), (["ask:guests", "ask:nights"], _TWICE)],
        [(["call:book", "confirm:book"], _BOOKED), (["ask:nights", "ask:guests"], _TWICE)],
    ),
    "grounded": Kind(
        "Nothing is invented: every number, date, name and condition stands in a page, a result or the user's words.",
        _flag,
        _FLAG,
        _grounded,
        [(True, _HELLO), (False, Observed(invented=("number 10",)))],
        [(True, Observed(invented=("number 10",))), (False, _HELLO)],
    ),
    "defers": Kind(
        "It says that it does not know and hands the question on (true), or never does so (false).",
        _flag,
        _FLAG,
        _defers,
        [(True, _DEFERRED), (False, _HELLO)],
        [(False, _DEFERRED), (True, _HELLO)],
    ),
    "hands_over": Kind(
        "The conversation is given to a person: to this one (`to`), at this message of the user (`turn`), or not "
        "before it (`from`).",
        _handover,
        {"anyOf": [_FLAG, {"type": "string"}, _HANDOVER]},
        _hands_over,
        [
            ({"to": "desk"}, _HANDED),
            ({"to": "desk", "turn": 2}, _HANDED),
            ({"from": 2}, _HANDED),
            (True, _HANDED),
            (False, _HELLO),
        ],
        [
            ({"to": "boss"}, _HANDED),
            ({"turn": 1}, _HANDED),
            ({"from": 3}, _HANDED),
            (False, _HANDED),
            (True, _HELLO),
            ({"to": "desk"}, _HELLO),
        ],
    ),
    "in_voice": Kind(
        "Every reply is short enough and without the phrases to avoid.",
        _flag,
        _FLAG,
        _in_voice,
        [(True, _HELLO), (False, Observed(off_voice=1))],
        [(True, Observed(off_voice=1)), (False, _HELLO)],
    ),
}


def self_test(kinds: Mapping[str, Kind] = KINDS) -> list[str]:
    """Kinds whose check is wrong on one of its samples, in words; empty when all are right."""
    wrong = []
    for name, kind in kinds.items():
        for samples, right in ((kind.passing, True), (kind.failing, False)):
            for value, observed in samples:
                found = kind.check(value, observed)
                if found is not right:
                    wrong.append(f"{name} {_shown(value)}: {found} instead of {right}")
    return wrong


def read_expectations(reader: YamlReader, raw: Any, path: tuple[str, ...], agent: Agent) -> tuple[Expectation, ...]:
    """A list of mappings with one kind each (or several, read in order).

    Raises:
        ConfigError: no list, an unknown kind, or a value of the wrong shape; with file, line and field.
    """
    if not isinstance(raw, list) or not raw:
        raise reader.error("expected a list of expectations", path, found=raw, fix="expect: [{says: goodbye}]")
    out = []
    for index, item in enumerate(raw):
        here = (*path, str(index))
        for name, value in reader.mapping(item, here, tuple(KINDS)).items():
            out.append(Expectation(name, KINDS[name].read(reader, value, (*here, name), agent)))
    return tuple(out)
