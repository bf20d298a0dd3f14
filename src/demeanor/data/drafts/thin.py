"""Where a project's own wording is thin: by flow, by choice and by act, in each register, and what to write next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from demeanor.agent import Agent
from demeanor.data.drafts.draft import VALUES
from demeanor.simulation.wording.user import REGISTERS, SMALLEST_SPLIT

WAYS = 4
"""Ways to name a choice, from which its words are heard as a word and not as a sign."""
EXAMPLES = {"name": 8, "address": 5, "text": 5}
"""Types whose values only examples know, and from how many on they vary."""
CASES = 3
NEXT = 5
HOW = {
    "neutral": "plainly",
    "formal": "politely, in whole sentences",
    "colloquial": "as to a friend",
    "terse": "in as few words as will do",
    "broken": "in English learned late",
    "rude": "crossly",
}


@dataclass(frozen=True)
class Row:
    """The own lines of a key by register. `wanted`: from how many on a register is not thin; `registers`: those that
    count for it.
    """

    key: str
    lines: Mapping[str, int]
    wanted: int
    registers: tuple[str, ...]

    @property
    def missing(self) -> dict[str, int]:
        """Register -> lines that it lacks."""
        lacks = {register: self.wanted - self.lines.get(register, 0) for register in self.registers}
        return {register: count for register, count in lacks.items() if count > 0}


@dataclass(frozen=True)
class Thin:
    """What there is, and what to write next, most needed first."""

    rows: tuple[Row, ...]
    next: tuple[str, ...]


def thin(
    agent: Agent,
    own: Mapping[str, Mapping[str, list[str]]],
    phrases: Mapping[str, list[str]],
    beside: bool,
    unasked: int = 0,
) -> Thin:
    """Where the wording of one bank is thin.

    Args:
        own: the lines of its file, by key and register; `phrases`: its ways to say values.
        beside: whether general lines are said beside them.
        unasked: pages' passages about which no question is written.
    """
    rows = [Row(f"open.{name}", _counts(own, f"open.{name}"), SMALLEST_SPLIT, REGISTERS) for name in agent.tasks()]
    for slot in agent.slots.values():
        if slot.type == "choice":
            rows += [_ways(slot.name, value, [value, *ways], phrases) for value, ways in slot.choices.items()]
        if slot.type == "yes_no" and not slot.many:
            keys = (f"inform.{slot.name}.yes", f"inform.{slot.name}.no")
            rows += [Row(key, _counts(own, key), CASES, ("neutral",)) for key in keys]
    shown = {row.key for row in rows}
    others = [key for key in own if key not in shown]
    rows += [Row(key, _counts(own, key), 0 if beside else SMALLEST_SPLIT, tuple(own[key])) for key in others]
    advice = [
        *_openings(agent, rows),
        *_alone(rows, others, beside),
        *_choices(rows),
        *_examples(agent),
        *_cases(agent, rows),
    ]
    if unasked:
        advice.append(
            f"questions about {unasked} passages of the pages that nobody asks about (wording/questions.yaml)"
        )
    return Thin(tuple(rows), tuple(advice))


def _counts(own: Mapping[str, Mapping[str, list[str]]], key: str) -> dict[str, int]:
    return {register: len(lines) for register, lines in own.get(key, {}).items()}


def _ways(slot: str, value: str, known: list[str], phrases: Mapping[str, list[str]]) -> Row:
    key = f"{slot}={value}"
    return Row(f"{VALUES}.{key}", {"": len({*known, *phrases.get(key, ())})}, WAYS, ("",))


def _openings(agent: Agent, rows: list[Row]) -> Iterator[str]:
    """A flow at a time: first those that have nothing, then their registers one by one."""
    flows = [row for row in rows if row.key.startswith("open.") and row.missing]
    for row in sorted(flows, key=lambda row: sum(row.lines.values())):
        flow = agent.flows[row.key.partition(".")[2]]
        register, count = max(row.missing.items(), key=lambda item: item[1])
        yield f"{row.key}, {register}: {count} first messages as one types {HOW[register]}, where {flow.when}"


def _alone(rows: list[Row], others: list[str], beside: bool) -> Iterator[str]:
    """Own lines that stand in place of many general ones."""
    for row in () if beside else rows:
        if row.key in others and row.missing:
            counts = ", ".join(f"{register} {row.lines[register]}" for register in row.missing)
            yield f"{row.key}: {counts} in place of all general ones; more, or `general: beside` at the top of the file"


def _choices(rows: list[Row]) -> Iterator[str]:
    poor = [row for row in rows if row.key.startswith(f"{VALUES}.") and row.missing]
    for row in sorted(poor, key=lambda row: row.lines[""]):
        slot, _, value = row.key.removeprefix(f"{VALUES}.").partition("=")
        yield f"{row.key}: {row.missing['']} more ways in which customers name {value!r} of {slot.replace('_', ' ')}"


def _examples(agent: Agent) -> Iterator[str]:
    for slot in agent.slots.values():
        lacks = EXAMPLES.get(slot.type, 0) - len(slot.examples)
        if lacks > 0:
            yield f"agent.yaml, slots.{slot.name}.examples: {lacks} more, of every kind that customers have"


def _cases(agent: Agent, rows: list[Row]) -> Iterator[str]:
    for row in rows:
        if row.key.endswith((".yes", ".no")) and row.missing:
            name, _, which = row.key.removeprefix("inform.").rpartition(".")
            lacks, ask = row.missing["neutral"], agent.slots[name].ask
            yield f"{row.key}: {lacks} ways to say {which} to {ask!r} in words of the case"
