"""What an agent's message does where rules find nothing: the learned reader's labels, in the terms of the agent's
flows.

Rules (`acts.py`) are exact in the wording that they were written for, and silent in most other: on 960 lines of trades
that neither has seen they find one act in five, the reader nearly nine in ten (bench/results/reading.md). So rules go
first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.moves import brought_something, rows_of
from demeanor.reading.acts import CODE, detect, mentions_row
from demeanor.reading.reader import Reader, Reading, Spoken
from demeanor.text import key, stands_in

SILENT = {"apologise", "close", "call"}
"""What rules find beside which a message may still do something that they do not know."""


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


def acts_of(agent: Agent, reader: Reader | None, text: str, turn: Turn) -> tuple[str, ...]:
    """The acts of an agent message, by rules, and where these are silent by the reader; without one, by rules alone."""
    found = detect(agent, text, turn.calls, turn.result, turn.tool, turn.said).acts
    if reader is None or turn.calls or {act.partition(":")[0] for act in found} - SILENT:
        return found
    return tuple(dict.fromkeys([*found, *heard(agent, reader, text, turn)]))


def heard(agent: Agent, reader: Reader, text: str, turn: Turn) -> tuple[str, ...]:
    """The acts of an agent message by the reader, which knows the agent's slots and tools; none where it is not sure,
    nor where a message only says again what it answers."""
    words = CODE.sub(" ", text).strip()
    reading = reader.read([Spoken("agent", words, turn.before)])[0] if words not in turn.before else Reading({})
    if not reading.sure:
        return ()
    acts = [*_manners(agent, reading, words, turn), *_questions(agent, reading, text, turn)]
    if "close" in reading.found and not any(act.startswith(("ask", "confirm", "invite")) for act in acts):
        acts.append("close")
    return tuple(dict.fromkeys(acts))


def _manners(agent: Agent, reading: Reading, text: str, turn: Turn) -> Iterator[str]:
    """Apologies, deferrals, refusals, and what was looked up."""
    found = reading.found
    if "apologise" in found:
        yield "apologise"
    own = bool(agent.when_unsure) and key(agent.when_unsure) in key(text)
    if not turn.calls and (own or "defer" in found):
        yield "defer"
    elif "refuse" in found:
        yield "refuse"
    if not turn.calls and (own or "handoff" in found):
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
    return brought_something(turn.result) and bool(reading.found & {"present", "done"})


def _questions(agent: Agent, reading: Reading, text: str, turn: Turn) -> Iterator[str]:
    """What the message wants of the user."""
    found, options = reading.found, [name for name, slot in agent.slots.items() if slot.type == "option"]
    yield from (f"ask:{name}" for name in reading.wanted if "ask" in found and name not in options)
    picked = next((name for name in reading.wanted if name in options), "")
    offered = _offered(agent, turn) or (options[0] if options else "")
    if "confirm" in found:
        summary = any(word and stands_in(word, text) for word in turn.said)
        behind_an_offer = bool(options) and _presents(reading, text, turn) and not summary
        yield f"invite:{picked or offered}" if behind_an_offer else f"confirm:{_confirmed(agent, reading)}"
    elif options and ("invite" in found or picked):
        yield f"invite:{picked or offered}"
    if "more" in found and "greet" not in found:
        yield "anything_else"


def _offered(agent: Agent, turn: Turn) -> str:
    """The option slot whose rows the newest result has."""
    return next((name for name, s in agent.slots.items() if s.source and s.source[0] == turn.tool), "")


def _confirmed(agent: Agent, reading: Reading) -> str:
    """The writing tool that a question for a yes is about."""
    writes = sorted(agent.writes())
    return max(writes, key=lambda tool: reading.tools.get(tool, 0.0), default="")
