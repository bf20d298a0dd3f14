"""Lines that hands wrote, with the trades that they are about: read and checked.

A folder of lines holds, by the end of their names: `-agent.jsonl` and `-user.jsonl` (what a message does,
`lines/LABELS.md`), `-answer.jsonl` (whether an answer is nothing but agreement), `-claim.jsonl` (whether a passage
supports a reply), `-manner.jsonl` (which manners a reply shows, `lines/MANNERS.md`), `-topic.jsonl` (what a guard must
know of a user's message, `lines/TOPICS.md`), the trades in `*-trades.yaml` and `trades.yaml`,
and in `*-said.yaml` their slots and tools as others would describe them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from demeanor.agent.slots import KINDS, Slot
from demeanor.agent.topics import TOPICS
from demeanor.errors import ConfigError
from demeanor.reading.labels import COLUMNS, LABELS, Speaker
from demeanor.text import neighbours, said_units

FOLDER = Path(__file__).parent.parent / "lines"
# Small words in front of a value, which one hand tells with it and another does not; part of it in titles, names and
# streets.
BEFORE_VALUES = re.compile(r"(?:(?:the|my|our|on|at|in|for|from|by|to|of)\s+)+(?=\S)", re.IGNORECASE)
FIRM = 0.2  # the share of agreement from which a word that is said often says hardly anything else
SELDOM = 0.05  # the share of agreement below which two words side by side do not agree
SEVERAL, OFTEN, MANY = 2, 12, 25  # answers that agree with a word
MOSTLY, HARDLY, HALF = (
    0.25,
    0.2,
    0.5,
)  # its share of all answers with it; of what users say with it, how much is a detail
AS_WRITTEN = ("text", "name", "address")
OWN = "own"  # the trade of lines that name none: a project's own
OTHER = "other"  # a detail that is none of the trade's slots
KEYS = {
    "agent": {"trade", "before", "text", "acts", "slots", "tool", "near"},
    "user": {"trade", "before", "text", "acts", "told", "corrects", "near"},
    "answer": {"trade", "before", "text", "agrees", "kind"},
    "claim": {"trade", "passage", "reply", "label"},
    "manner": {"trade", "text", "shows", "lacks"},
    "topic": {"before", "text", "shows", "near"},
}
# Beside these an answer may be nothing but agreement; where it tells a detail, nobody knows whether it repeats one.
MANNERLY = {"affirm", "thank", "bye", "abuse"}


SIMULATED = "sim"
UNPLANNED = frozenset(
    f"{speaker}.{label}"
    for speaker, labels in (
        ("agent", ("present", "inform", "promise", "handoff", "apologise", "greet", "close")),
        ("user", ("inform", "hesitate", "question", "thank", "abuse", "insist")),
    )
    for label in labels
)
"""Labels that simulated messages carry without an act that says so."""
OFFERS = frozenset({"agent.invite", "agent.confirm"})
"""A simulated offer of one thing may ask for a yes to it, one of several for a choice: its act does not tell which."""


@dataclass(frozen=True)
class Trade:
    """What a trade's agent has to know and can do: tool name -> its first line.

    `slots_said`, `tools_said`: the same as others would describe them (name and first line of a tool).
    """

    slots: Mapping[str, Slot]
    tools: Mapping[str, str]
    slots_said: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict)
    tools_said: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


NO_TRADE = Trade({}, {})


@dataclass(frozen=True)
class Line:
    """One text behind another, and what it does. `spans`: slot, first and behind the last character, in the order of
    the text.

    `acts`: of the columns that are `judged` ("agent.ask", "user.agrees", "manner.warm") those that it carries. `slots`:
    those asked for, by the agent; those corrected, by the user. `near`: the label that it looks like and does not
    carry; of an answer that is no mere agreement, why.
    """

    kind: str
    trade: str
    before: str
    text: str
    acts: frozenset[str]
    judged: frozenset[str]
    slots: frozenset[str] = frozenset()
    tool: str = ""
    spans: tuple[tuple[str, int, int], ...] = ()
    near: str = ""
    hand: str = field(default="", compare=False)


def read_trades(files: Iterable[Path]) -> dict[str, Trade]:
    """The trades of some files; a later file may not say a trade again."""
    trades: dict[str, Trade] = {}
    for file in files:
        for name, told in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            if name in trades:
                raise ConfigError("a trade stands twice", file=file, field=name)
            slots = {slot: _slot(slot, fields, file) for slot, fields in (told.get("slots") or {}).items()}
            trades[name] = Trade(slots, {str(k): str(v) for k, v in (told.get("tools") or {}).items()})
    return trades


def with_said(trades: Mapping[str, Trade], files: Iterable[Path]) -> dict[str, Trade]:
    """The trades with other descriptions of their slots and tools, from some files; types and choices stay.

    Raises:
        ConfigError: a description of a trade, slot or tool that is not there, or that has no name.
    """
    out = dict(trades)
    for file in files:
        for name, told in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).items():
            if name not in out:
                raise ConfigError("no such trade", file=file, field=name)
            trade, slots, tools = out[name], told.get("slots") or {}, told.get("tools") or {}
            if strange := [*(slots.keys() - trade.slots.keys()), *(tools.keys() - trade.tools.keys())]:
                raise ConfigError("the trade has no such slot or tool", file=file, field=name, found=strange)
            try:
                out[name] = replace(
                    trade,
                    slots_said={
                        slot: tuple(_otherwise(trade.slots[slot], o) for o in said) for slot, said in slots.items()
                    },
                    tools_said={
                        tool: tuple((str(o["name"]), str(o.get("says") or "")) for o in said)
                        for tool, said in tools.items()
                    },
                )
            except KeyError as error:
                raise ConfigError(f"a description without its {error}", file=file, field=name) from error
    return out


def _otherwise(slot: Slot, told: Mapping[str, Any]) -> Slot:
    examples = tuple(map(str, told.get("examples") or ()))
    return replace(slot, name=str(told["name"]), ask=str(told.get("ask") or ""), examples=examples)


def _slot(name: str, told: Mapping[str, Any], file: Path) -> Slot:
    if told.get("type") not in KINDS:
        raise ConfigError("unknown slot type", file=file, field=name, found=told.get("type"), allowed=list(KINDS))
    examples = told.get("examples") or ()
    return Slot(
        name,
        told["type"],
        ask=str(told.get("ask", "")),
        examples=tuple(str(e) for e in ([examples] if isinstance(examples, str) else examples)),
        choices={str(c): () for c in told.get("choices") or ()},
        unit=str(told.get("unit", "")),
        many=bool(told.get("list")),
    )


def read_lines(files: Iterable[Path], trades: Mapping[str, Trade]) -> list[Line]:
    """All lines of some files, whose names begin with the hand and end with the kind: `a-agent.jsonl`.

    Raises:
        ConfigError: a line that the labels page or its trade does not allow, with its place.
    """
    return [line for file in files for line in _lines(file, trades)]


def _lines(file: Path, trades: Mapping[str, Trade]) -> Iterator[Line]:
    hand, _, kind = file.stem.rpartition("-")
    if kind not in KEYS:
        raise ConfigError("the name of a file of lines ends with its kind", file=file, found=kind, allowed=list(KEYS))
    for number, row in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if row.strip():
            try:
                line = line_from(json.loads(row), kind, trades)
                yield replace(line, hand=hand, judged=_known(line) if hand == SIMULATED else line.judged)
            except (ValueError, KeyError) as error:
                raise ConfigError(f"no line: {error}", file=file, line=number) from error


def _known(line: Line) -> frozenset[str]:
    """Where a simulated message is judged: what it carries is known; beside it it may say sorry, thank or promise
    unplanned."""
    judged = line.judged - UNPLANNED | line.acts
    return judged - OFFERS if "agent.invite" in line.acts else judged


def everyday(lines: Sequence[Line], trades: Mapping[str, Trade]) -> dict[str, bool]:
    """The words and pictures of which plain agreement is made: said in several answers that agree and not in their
    question, often or in a good share of all answers with them, and hardly ever to tell a detail. Each with whether it
    is firm: often and in a good share.
    """
    agreeing, others, told, used = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for line in lines:
        units = {*said_units(line.text)}
        if "user.agrees" in line.judged and (line.kind == "answer" or "user.agrees" in line.acts):
            own = units - {*said_units(line.before)}
            (agreeing if "user.agrees" in line.acts else others).update(own)
        if line.kind == "user":
            slots = trades[line.trade].slots if line.trade in trades else {}
            values = [line.text[a:b] for name, a, b in line.spans if name not in slots or slots[name].type != "yes_no"]
            told.update({unit for value in values for unit in said_units(value)})
            used.update(units)
    found = dict[str, bool]()
    for unit, times in agreeing.items():
        share, detail = times / (times + others[unit]), told[unit] / (used[unit] + 1)
        agrees = times >= SEVERAL and (share >= MOSTLY or times >= OFTEN)
        tells = detail > (HALF if times >= MANY and share >= MOSTLY else HARDLY)
        if agrees and not tells and not any(map(str.isdigit, unit)):
            found[unit] = share >= FIRM and times >= OFTEN
    return found


def doubtful(lines: Sequence[Line], words: Collection[str]) -> set[tuple[str, str]]:
    """What stands side by side in answers that do not agree, though made of such words alone, and hardly ever in those
    that do: "yeah right", "got it"; whatever each word says elsewhere.

    Args:
        words: those of which agreement is made (`everyday`); answers with others need no pair to be refused.
    """
    agreeing, others = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    known = {*words}
    for line in lines:
        if (
            line.kind == "answer"
            and "?" not in line.text
            and known.union(said_units(line.before)) >= {*said_units(line.text)}
        ):
            (agreeing if "user.agrees" in line.acts else others).update(neighbours(line.text))
    found = {pair for pair, times in others.items() if agreeing[pair] < SELDOM * (agreeing[pair] + times)}
    return {pair for pair in found if known.union(".").issuperset(pair)}


def line_from(row: Mapping[str, Any], kind: str, trades: Mapping[str, Trade]) -> Line:
    """One line from its row of JSON. Raises ValueError or KeyError, whose text says what is wrong."""
    if row.keys() - KEYS[kind]:
        raise ValueError(f"unknown keys {sorted(row.keys() - KEYS[kind])}")
    if kind == "answer":
        agrees = frozenset(["user.agrees"] if row["agrees"] else [])
        return Line(
            kind, "", row["before"], row["text"], agrees, frozenset(["user.agrees"]), near=row.get("kind") or ""
        )
    if kind == "claim":
        return _claim(row)
    if kind == "manner":
        shows, lacks = ({f"manner.{name}" for name in row[key]} for key in ("shows", "lacks"))
        if strange := (shows | lacks) - {*COLUMNS}:
            raise ValueError(f"unknown manners {sorted(strange)}")
        return Line(kind, "", "", row["text"], frozenset(shows), frozenset(shows | lacks))
    return _topic(row) if kind == "topic" else _message(row, kind, trades[row.get("trade", OWN)])


def _topic(row: Mapping[str, Any]) -> Line:
    every, near = {f"topic.{name}" for name in TOPICS}, row.get("near") or ""
    shows = {f"topic.{name}" for name in row["shows"]}
    if strange := (shows | ({f"topic.{near}"} if near else set())) - every:
        raise ValueError(f"unknown topics {sorted(strange)}")
    if near in row["shows"]:
        raise ValueError(f"{near!r} is touched, so it is no near miss")
    return Line("topic", "", row["before"], row["text"], frozenset(shows), frozenset(every), near=near)


def _claim(row: Mapping[str, Any]) -> Line:
    if row["label"] not in ("supported", "invented", "no claim"):
        raise ValueError(f"unknown label {row['label']!r}")
    acts = {"supported": {"claim.made", "claim.supported"}, "invented": {"claim.made"}}.get(row["label"], set())
    judged = {"claim.made", "claim.supported"} if acts else {"claim.made"}
    return Line("claim", "", row["passage"], row["reply"], frozenset(acts), frozenset(judged))


def _message(row: Mapping[str, Any], kind: str, trade: Trade) -> Line:
    speaker: Speaker = "agent" if kind == "agent" else "user"
    acts, named, told = {*row["acts"]}, row.get("slots" if kind == "agent" else "corrects", ()), row.get("told", {})
    if acts - {*LABELS[speaker]}:
        raise ValueError(f"unknown labels {sorted(acts - {*LABELS[speaker]})}")
    if strange := {*named, *told} - {*trade.slots, OTHER}:
        raise ValueError(f"{row.get('trade', OWN)} has no slots {sorted(strange)}")
    if row.get("near") in acts:
        raise ValueError(f"{row['near']!r} is carried, so it is no near miss")
    if row.get("tool") and row["tool"] not in trade.tools:
        raise ValueError(f"{row.get('trade', OWN)} has no tool {row['tool']!r}")
    judged = {f"{kind}.{label}" for label in LABELS[speaker]}
    carried = {f"{kind}.{label}" for label in acts}
    if any(trade.slots[name].type == "yes_no" for name in told if name != OTHER):
        judged -= {"user.affirm", "user.deny"}  # hands differ on whether such a yes agrees to anything
        acts.add("inform")
    if kind == "user" and not ("affirm" in acts and "inform" in acts and acts <= {*MANNERLY, "inform"}):
        judged.add("user.agrees")
        carried |= {"user.agrees"} if "affirm" in acts and acts <= MANNERLY else set()
    spans = tuple(sorted(_spans(row["text"], told, trade), key=lambda span: span[1]))
    return Line(
        kind,
        row.get("trade", OWN),
        row["before"],
        row["text"],
        frozenset(carried),
        frozenset(judged),
        frozenset(named),
        row.get("tool") or "",
        spans,
        near=row.get("near", ""),
    )


def _spans(text: str, told: Mapping[str, str | list[str]], trade: Trade) -> Iterator[tuple[str, int, int]]:
    """Where the told words stand; a word that is told twice stands at two places."""
    used: dict[str, int] = {}
    for slot, said in told.items():
        for word in [said] if isinstance(said, str) else said:
            start = text.find(word, used.get(word, 0))
            start = text.find(word) if start < 0 else start
            if start < 0:
                raise ValueError(f"{word!r} does not stand in the text")
            used[word] = start + len(word)
            before = BEFORE_VALUES.match(word) if slot != OTHER and trade.slots[slot].type not in AS_WRITTEN else None
            yield slot, start + (before.end() if before else 0), start + len(word)
