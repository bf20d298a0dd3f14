"""What an agent's message does, in the terms of its flows (design/contract.md, 11): labels that the reader hears, told
apart by what the agent has (its slots, its writing tools) and by what a result is repeated exactly.

A label counts where the reader is sure of it. A message of which it is sure of none has no act, and whoever counts
leaves it ungraded rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.moves import brought_something, rows_of
from demeanor.reading.reader import Reader, Reading, Spoken
from demeanor.text import key, stands_in

# Code and data say nothing to the user, nor does a context block that a model writes for itself.
_CODE = re.compile(
    r"```.*?(?:```|\Z)|<context>.*?(?:</context>|\Z)|\{[^{}]*[\"'][\w ]+[\"']\s*:[^{}]*(?:\}|\Z)", re.DOTALL
)


@dataclass(frozen=True)
class Turn:
    """What stands around an agent's message.

    `before`: the user's message. `calls`: the tools called in the same message. `result`: the newest tool result that
    the agent had seen, `tool` gave it. `said`: words of the user that only a confirmation repeats (a name, a code):
    they tell "shall I book it?" behind an offer from the same question behind a summary.
    """

    before: str = ""
    calls: Sequence[str] = ()
    result: Mapping[str, Any] | None = None
    tool: str = ""
    said: Sequence[str] = ()


ALONE = Turn()
MAYBE = 0.1  # the probability from which a question with its cue asks for a slot


def acts_of(agent: Agent, reader: Reader, text: str, turn: Turn = ALONE) -> tuple[str, ...]:
    """The acts of an agent message, in no order; `reader` knows the agent's slots and tools. What stands in front of a
    call announces it, and what only says again what it answers does nothing."""
    if turn.calls:
        return tuple(dict.fromkeys(f"call:{name}" for name in turn.calls))
    words = _CODE.sub(" ", text).strip()
    if not words or words in turn.before:
        return ()
    reading = reader.read([Spoken("agent", words, turn.before)])[0]
    acts = [*_manners(agent, reading, words, turn), *_questions(agent, reading, text, turn)]
    if "close" in reading.surely and not any(act.startswith(("ask", "confirm", "invite")) for act in acts):
        acts.append("close")
    return tuple(dict.fromkeys(acts))


def _manners(agent: Agent, reading: Reading, text: str, turn: Turn) -> Iterator[str]:
    """Apologies, deferrals, refusals, and what was looked up."""
    said = reading.surely
    if "apologise" in said:
        yield "apologise"
    own = bool(agent.when_unsure) and key(agent.when_unsure) in key(text)
    if own or "defer" in said:
        yield "defer"
    elif "refuse" in said:
        yield "refuse"
    if own or "handoff" in said:
        yield "handoff"
    if _presents(reading, text, turn):
        yield f"present:{turn.tool}"


def _presents(reading: Reading, text: str, turn: Turn) -> bool:
    """Whether a message tells a result that brought something: by repeating it, or by the reader's ear."""
    if not turn.tool or turn.result is None or "error" in turn.result:
        return False
    if rows := rows_of(turn.result):
        return any(mentions_row(text, row) for row in rows)
    lists = any(isinstance(value, list) for value in turn.result.values())
    if not lists and mentions_row(text, turn.result):
        return True
    return brought_something(turn.result) and bool(reading.surely & {"present", "done"})


def mentions_row(text: str, row: Mapping[str, Any], key: str = "") -> bool:
    """Whether a text repeats a row of a tool result: at least two of its values, or its only one."""
    values = {str(v) for k, v in row.items() if k != key and v not in (None, "")}
    found = sum(1 for value in values if stands_in(value, text))
    return found >= min(2, len(values))


def _questions(agent: Agent, reading: Reading, text: str, turn: Turn) -> Iterator[str]:
    """What the message wants of the user."""
    said, options = reading.surely, [name for name, slot in agent.slots.items() if slot.type == "option"]
    wanted = _wanted(agent, reading, text)
    yield from (f"ask:{name}" for name in wanted if "ask" in said and name not in options)
    picked = next((name for name in wanted if name in options), "")
    offered = _offered(agent, turn) or (options[0] if options else "")
    if "confirm" in said:
        summary = any(word and stands_in(word, text) for word in turn.said)
        summary = summary or "confirm" in reading.certain or reading.acts.get("invite", 0.0) < MAYBE
        behind_an_offer = bool(options) and _presents(reading, text, turn) and not summary
        yield f"invite:{picked or offered}" if behind_an_offer else f"confirm:{_confirmed(agent, reading)}"
    elif options and ("invite" in said or ("ask" in said and picked)):
        yield f"invite:{picked or offered}"
    if "more" in said and "greet" not in said:
        yield "anything_else"


def _wanted(agent: Agent, reading: Reading, text: str) -> list[str]:
    """The slots that are asked for. Where a message has the cue of one that it may ask for, cues tell those that have
    some apart.
    """
    cued = {
        name
        for name, slot in agent.slots.items()
        if reading.slots.get(name, 0.0) >= MAYBE and any(re.search(rf"\b{c}", text, re.IGNORECASE) for c in slot.cues)
    }
    heard = {name for name in reading.wanted if not (cued and agent.slots[name].cues)}
    return [name for name in agent.slots if name in heard | cued]


def _offered(agent: Agent, turn: Turn) -> str:
    """The option slot whose rows the newest result has."""
    return next((name for name, s in agent.slots.items() if s.source and s.source[0] == turn.tool), "")


def _confirmed(agent: Agent, reading: Reading) -> str:
    """The writing tool that a question for a yes is about."""
    writes = sorted(agent.writes())
    return max(writes, key=lambda tool: reading.tools.get(tool, 0.0), default="")
