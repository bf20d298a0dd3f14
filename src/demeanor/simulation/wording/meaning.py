"""What acts of a flow mean in the reader's labels, and a reader that need not hear the agent's own wording.

Each line of a project's wording was written for an act. Where it stands in a reply whole, with no sentence in its
places, it does what its key says, however it sounds to a reader that knows other trades; only what is left of the reply
has to be heard.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from demeanor.agent import Agent
from demeanor.reading.labels import LABELS
from demeanor.reading.reader import Reader, Reading, Spoken
from demeanor.reading.tokens import BEFORE
from demeanor.text import plain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# What is not here says nothing that a label means.
_AGENT: Mapping[str, tuple[str, ...]] = {
    "apologise": ("apologise", "present"),
    "otherwise": ("apologise", "present"),
    "defer": ("defer", "handoff"),  # by contract a deferral says who will answer
    "anything_else": ("more",),
    "reconfirm": ("confirm",),
    "clarify": ("confirm",),
    **{label: (label,) for label in ("ask", "confirm", "invite", "present", "handoff", "refuse", "greet", "close")},
}
_TO_THE_END = r"\s*(?:[^.!?\n]|\.(?=\w)){1,200}[.!?]*"
_OF_TOOLS = ("confirm", "present", "inform", "apologise", "otherwise")
_PLACE = re.compile(r"\{[^{}]*\}")
_IN_A_PLACE = r"\s*(?:[^.!?\n]|\.(?=\w)){1,160}?\s*"


@dataclass(frozen=True)
class Meaning:
    """Labels of an agent's message, the slots that it asks for, the tools that it speaks of."""

    labels: frozenset[str] = frozenset()
    slots: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


def meaning_of(agent: Agent, act: str) -> Meaning:
    """What an act of the flow, or a key of the agent's wording ("ask.day+time", "present.find_times.many"), means."""
    kind, _, of = act.replace(".", ":", 1).partition(":")
    labels = {*_AGENT.get(kind, ())}
    if kind == "inform":
        labels = {"apologise"} if of == "refused" else {"inform"} if of == "knowledge" else {_told(agent, of)}
    slots = tuple(name for name in of.split("+") if name in agent.slots) if kind in ("ask", "invite", "more") else ()
    if kind == "more":
        labels = {"ask"}
    if slots and kind == "ask" and all(agent.slots[name].type == "option" for name in slots):
        labels = {"invite"}
    tool = of.split(".")[0]
    named = kind in _OF_TOOLS and tool not in ("", "knowledge", "error", "refused")
    return Meaning(frozenset(labels), slots, (tool,) if named else ())


def _told(agent: Agent, tool: str) -> str:
    return "done" if tool in agent.writes() else "present"


class KnownWording:
    """Reads for one agent as `reader` does, but for the agent's own lines, whose meaning is known.

    Args:
        lines: key of the agent's wording -> its lines.
    """

    def __init__(self, reader: Reader, agent: Agent, lines: Mapping[str, Iterable[str]]) -> None:
        self._reader = reader
        known = [(line, _of_line(agent, key, line)) for key, said in lines.items() for line in said if _whole(key)]
        self._summaries = [
            (_pattern(line, ""), key.partition(".")[2])
            for key, said in lines.items()
            for line in said
            if key.startswith("summary.") and re.search(r"\w{3}", _longest(line))
        ]
        known += [(slot.ask, meaning_of(agent, f"ask:{name}")) for name, slot in agent.slots.items() if slot.ask]
        known += [(agent.when_unsure, Meaning(frozenset({"defer", "handoff"})))] if agent.when_unsure else []
        known.sort(key=lambda pair: -len(_PLACE.sub("", pair[0])))  # the longest first: others may stand in it
        self._known = [
            (_longest(line), _pattern(line), said) for line, said in known if re.search(r"\w", _longest(line))
        ]

    def read(self, messages: Sequence[Spoken]) -> list[Reading]:
        """One reading a message."""
        taken = [self._taken(message) for message in messages]
        left = [k for k, (_, rest) in enumerate(taken) if rest is not None]
        said = [rest for _, rest in taken if rest is not None]
        heard = dict(zip(left, self._reader.read(said), strict=True)) if said else {}
        return [self._joined(meanings, heard.get(k)) for k, (meanings, _) in enumerate(taken)]

    def columns(
        self, pairs: Sequence[tuple[str, str]], names: Sequence[str], head: int = BEFORE
    ) -> NDArray[np.float32]:
        """As the reader has them."""
        return self._reader.columns(pairs, names, head)

    def beside(self, text: str) -> str:
        """What is left of the agent's message without its own lines."""
        meanings, rest = self._taken(Spoken("agent", text))
        return (rest.text if rest is not None else "") if meanings else text

    def _taken(self, message: Spoken) -> tuple[list[Meaning], Spoken | None]:
        """What a message says in the agent's own lines, and what is left of it to be heard."""
        if message.speaker != "agent":
            return [], message
        rest, meanings = plain(message.text), list[Meaning]()
        for piece, pattern, meaning in self._known:
            if piece in rest and (match := pattern.search(rest)):
                rest = f"{rest[: match.start()]} {rest[match.end() :]}"
                meanings.append(self._about(match[0], meaning) if "confirm" in meaning.labels else meaning)
        if not meanings:
            return [], message
        return meanings, replace(message, text=rest.strip()) if re.search(r"\w", rest) else None

    def _about(self, text: str, meaning: Meaning) -> Meaning:
        """With the tool whose summary stands in the text, or of which it is heard to speak, where the line's key names
        none."""
        if meaning.tools:
            return meaning
        summed = [tool for pattern, tool in self._summaries if pattern.search(text)]
        heard = {} if summed else self._reader.read([Spoken("agent", text)])[0].tools
        likeliest = sorted(heard, key=lambda tool: -heard[tool])
        return replace(meaning, tools=(*summed, *likeliest)[:1])

    def _joined(self, meanings: Sequence[Meaning], heard: Reading | None) -> Reading:
        """What the own lines say for certain, beside what was heard of the rest."""
        if heard is not None and not meanings:
            return heard
        heard = heard or Reading(dict.fromkeys(LABELS["agent"], 0.0))
        return reduce(_with, meanings, heard)


def _with(heard: Reading, known: Meaning) -> Reading:
    wanted = dict.fromkeys([*heard.wanted, *known.slots])
    return replace(
        heard,
        acts={**heard.acts, **dict.fromkeys(known.labels, 1.0)},
        slots={**heard.slots, **dict.fromkeys(known.slots, 1.0)},
        tools={**heard.tools, **dict.fromkeys(known.tools, 1.0)},
        found=heard.found | known.labels,
        unsure=heard.unsure - known.labels,
        wanted=tuple(wanted),
        certain=heard.certain | known.labels,
    )


def _of_line(agent: Agent, key: str, line: str) -> Meaning:
    """A line that presents rows and asks invites to one of them."""
    meaning = meaning_of(agent, key)
    picks = [name for name, slot in agent.slots.items() if slot.source and slot.source[0] in meaning.tools]
    if "present" in meaning.labels and key.startswith("present") and picks and line.rstrip().endswith("?"):
        return replace(meaning, labels=meaning.labels | {"invite"}, slots=(picks[0],))
    return meaning


def _whole(key: str) -> bool:
    """Whether a key's lines are no pieces of others."""
    return key.partition(".")[0] not in ("row", "summary")


def _longest(line: str) -> str:
    """The longest piece of a line between its places: where it does not stand the line does not."""
    return max(_PLACE.split(plain(line)), key=len)


def _pattern(line: str, begins: str = r"(?:^|(?<=[.!?:\n]\s))\s*") -> re.Pattern[str]:
    """The line as a whole sentence or more, whatever stands in its places but the end of a sentence."""
    *pieces, last = _PLACE.split(plain(line).strip())
    said = _IN_A_PLACE.join(re.escape(piece.strip()) for piece in (*pieces, last))
    if pieces and not last.strip():  # a place at the end goes on to the end of its sentence
        said = said.removesuffix(_IN_A_PLACE) + _TO_THE_END
    return re.compile(rf"{begins}{said}(?=\W|$)", re.MULTILINE)
