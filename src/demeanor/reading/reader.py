"""The one contract of reading: a message with what it answers -> what it does and says, each with a probability.

Whoever needs to know what a message does asks a `Reader`. The learned one (`learned.py`) hears wording of any trade;
what can be looked up exactly (figures, days, codes, rows of a result) is read by rules beside it and never learned. A
reading says where it is not sure, and whoever counts leaves that ungraded rather than guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from demeanor.reading.labels import Speaker
from demeanor.reading.tokens import BEFORE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Spoken:
    """A message and the message of the other side that it answers ('' at the beginning)."""

    speaker: Speaker
    text: str
    before: str = ""


@dataclass(frozen=True)
class Told:
    """Words that tell a slot: `text` stands in the message from `start` to `end`, in characters."""

    slot: str
    start: int
    end: int
    text: str
    probability: float


@dataclass(frozen=True)
class Reading:
    """What a message does and says.

    `acts`: label -> probability, for every label of who speaks. `slots`: slot -> probability that the agent wants it
    told, or that the user corrects it. `tools`: tool -> probability that the agent speaks of it. `told`: in the order
    of the text. `unsure`: labels whose probability lies between no and yes. `found`: labels that the message carries,
    sure or not. `wanted`: slots that the agent asks for, or that the user corrects, in the agent's order. `agreement`:
    the probability that an answer is nothing but agreement, 0 where it has words that are not everybody's nor the
    question's; `agrees`: surely so; `firmly`: in words that say hardly anything else. `certain`: labels that need not
    be heard, since the agent's own wording carries them.
    """

    acts: Mapping[str, float]
    slots: Mapping[str, float] = field(default_factory=dict)
    tools: Mapping[str, float] = field(default_factory=dict)
    told: tuple[Told, ...] = ()
    found: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    wanted: tuple[str, ...] = ()
    agreement: float = 0.0
    agrees: bool = False
    firmly: bool = False
    certain: frozenset[str] = frozenset()

    @property
    def sure(self) -> bool:
        """Whether every label is beyond its threshold."""
        return not self.unsure

    @property
    def surely(self) -> frozenset[str]:
        """The labels that the message carries, each beyond its threshold."""
        return self.found - self.unsure


class Reader(Protocol):
    """Reads for one agent, whose slots and tools it knows."""

    def read(self, messages: Sequence[Spoken]) -> list[Reading]:
        """One reading a message; many at once are cheaper."""
        ...

    def columns(
        self, pairs: Sequence[tuple[str, str]], names: Sequence[str], head: int = BEFORE
    ) -> NDArray[np.float32]:
        """(what was said before, text) -> (texts, names): probabilities of columns (`labels.COLUMNS`) that belong to no
        one agent: manners, topics, claims. `head`: most tokens of what was said before.
        """
        ...
