"""What stands in front of the model: guards read every message of the user, and one that stands answers it.

A message is read behind what the agent said before it, and once more joined to the user's message before, since people
say one thing in two messages; what a guard has answered already is not said again with the next. Whatever reads
gives, for every guard, a probability and the limit from which on it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Protocol

from demeanor.agent import Agent
from demeanor.agent.description import Guard
from demeanor.dialogue import Message
from demeanor.errors import ModelError

if TYPE_CHECKING:
    from demeanor.reading.learned import LearnedReader, Weights
    from demeanor.reading.signs import Head

Pairs = Sequence[tuple[str, str]]
"""(what the agent said before, what the user says)."""


@dataclass(frozen=True)
class Heard:
    """How likely a message is one of a guard's, and from which probability on the guard stands."""

    probability: float
    limit: float

    @property
    def stands(self) -> bool:
        return self.probability >= self.limit

    @property
    def above(self) -> float:
        """How far it lies above its limit, from -1 to 1: by this, readings with different limits are compared."""
        room = 1 - self.limit if self.stands else self.limit
        return (self.probability - self.limit) / room if room else float(self.stands)


Messages = Mapping[int, Mapping[str, Heard]]
"""User message -> guard -> how it was heard."""


def heard_to_json(messages: Messages) -> dict[str, dict[str, list[float]]]:
    """As plain data, for transcripts: [probability, limit]."""
    return {
        str(index): {name: [one.probability, one.limit] for name, one in heard.items()}
        for index, heard in messages.items()
    }


def heard_from_json(raw: Mapping[str, Mapping[str, Sequence[float]]]) -> dict[int, dict[str, Heard]]:
    """The inverse of `heard_to_json`."""
    return {int(index): {name: Heard(*two) for name, two in heard.items()} for index, heard in raw.items()}


class GuardReader(Protocol):
    """Reads messages for the guards of one agent."""

    def read(self, pairs: Pairs) -> Sequence[Mapping[str, Heard]]:
        """For every message: guard -> how it was heard."""
        ...


class Guards:
    """The guards of one agent with what reads for them; shared by its sessions."""

    def __init__(self, guards: Mapping[str, Guard], reader: GuardReader) -> None:
        self._guards, self._reader = guards, reader

    def hear(self, messages: Sequence[Message], text: str) -> dict[str, Heard]:
        """Guard -> how a new message of the user is heard behind a conversation: alone, or joined to the user's message
        before where no guard has answered that, whichever is clearer.
        """
        pairs = [(_said_last(messages), text)]
        last = next((k for k in range(len(messages) - 1, -1, -1) if messages[k].role == "user"), None)
        if last is not None and not any(message.guard for message in messages[last:]):
            pairs.append((_said_last(messages[:last]), f"{messages[last].content}\n{text}"))
        rows = self._reader.read(pairs)
        return {name: max((row[name] for row in rows), key=lambda heard: heard.above) for name in self._guards}

    def standing(self, heard: Mapping[str, Heard], messages: Sequence[Message]) -> Guard | None:
        """The guard that answers a message: of several the first that hands over, else the first; one that speaks
        `every_time: false` only while it has not spoken.
        """
        spoken = {message.guard for message in messages}
        standing = [
            guard
            for name, guard in self._guards.items()
            if heard[name].stands and (guard.every_time or name not in spoken)
        ]
        return min(standing, key=lambda guard: not guard.handoff, default=None)


def _said_last(messages: Sequence[Message]) -> str:
    """What the agent said last in words."""
    return next((m.content for m in reversed(messages) if m.role == "assistant" and m.content), "")


class LearnedGuards:
    """Reads with the learned reader: topics by its own columns, signs by a head that is learned here.

    Raises:
        ModelError: the reader, or what runs it, is missing: an agent is not served without its guards.
    """

    def __init__(self, agent: Agent, learned: Weights | None = None) -> None:
        self._guards = agent.guards
        self._reader, known = reader_of(agent, "guards", learned)
        self._limits = {g.name: _topic_limit(agent, g, known) for g in agent.guards.values() if g.topic}
        self._heads = self._learned_heads()

    def read(self, pairs: Pairs) -> list[dict[str, Heard]]:
        """See `GuardReader`; where a guard has a topic and signs, the clearer one counts."""
        found: list[dict[str, list[Heard]]] = [{name: [] for name in self._guards} for _ in pairs]
        topics = list(dict.fromkeys(self._guards[name].topic for name in self._limits))
        if topics:
            for row, said in zip(found, self._reader.columns(pairs, [f"topic.{t}" for t in topics]), strict=True):
                for name, limit in self._limits.items():
                    row[name].append(Heard(float(said[topics.index(self._guards[name].topic)]), limit))
        if self._heads:
            states = self._states(pairs)
            for name, head in self._heads.items():
                for row, p in zip(found, head.read(states), strict=True):
                    row[name].append(Heard(p, head.limit))
        return [{name: max(heard, key=lambda one: one.above) for name, heard in row.items()} for row in found]

    def _learned_heads(self) -> dict[str, Head]:
        """Guard -> what was learned from its signs."""
        own = {name: guard for name, guard in self._guards.items() if guard.signs}
        if not own:
            return {}
        import numpy as np

        from demeanor.reading.signs import learned, sample

        others, heads = self._states(sample()), {}
        for name, guard in own.items():
            signs, not_signs = (
                self._states([("", text) for text in texts]) for texts in (guard.signs, guard.not_signs)
            )
            heads[name] = learned(signs, np.concatenate([others, not_signs]), guard.avoids)
        return heads

    def _states(self, pairs: Pairs) -> Any:
        """(messages, width): what the reader makes of messages, where it looks for topics."""
        import numpy as np

        from demeanor.agent.topics import TOPICS
        from demeanor.reading.labels import COLUMNS
        from demeanor.reading.reader import Spoken

        if not pairs:
            return np.zeros((0, self._reader.width))
        states = self._reader.features([Spoken("user", text, before) for before, text in pairs])
        about = [COLUMNS.index(f"topic.{topic}") for topic in TOPICS]
        return states[:, about].mean(1).astype(np.float64)


def reader_of(agent: Agent, field: str, learned: Weights | None = None) -> tuple[LearnedReader, Weights]:
    """The reader for what stands in a field of agent.yaml, which needs no slots and tools.

    Raises:
        ModelError: it is missing, or what runs it.
    """
    missing = [name for name in ("numpy", "onnxruntime", "tokenizers") if find_spec(name) is None]
    where: dict[str, Any] = {"file": agent.file, "field": field}
    if missing:
        text, fix = f"{field} is read with {', '.join(missing)}", f"pip install {' '.join(missing)}"
        raise ModelError(text, **where, found="not installed", fix=fix)
    from demeanor.reading.learned import LearnedReader, weights

    try:
        known = learned or weights()
    except ModelError as error:
        text = f"{field}: the reader that this needs is missing: {error.message}"
        raise ModelError(text, **where, found=error.file, fix=error.fix) from None
    return LearnedReader({}, {}, known), known


def _topic_limit(agent: Agent, guard: Guard, learned: Weights) -> float:
    name = f"topic.{guard.topic}.{guard.avoids}"
    if name not in learned.limits:
        text, fix = "the reader has no limit for this topic", "python -m demeanor.reading.learn"
        raise ModelError(text, file=agent.file, field=f"guards.{guard.name}.topic", found=name, fix=fix)
    return learned.limits[name]
