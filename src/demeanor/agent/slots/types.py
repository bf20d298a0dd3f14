"""What a slot is, and what resolving a text for it can give: a value, or one sentence that says why not.

These three classes are plain and frozen, so that they may be shared, compared and used as cache keys.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

SlotType = Literal["date", "int", "people", "choice", "text", "code", "option"]


@dataclass(frozen=True)
class Slot:
    """One thing the agent needs to know; `after` names the slot that begins the range that this date ends."""

    name: str
    type: SlotType
    optional: bool = False
    after: str | None = None
    min: int | None = None
    max: int | None = None
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    pattern: str | None = None
    ask: str = ""
    examples: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    source: tuple[str, str] | None = None

    @property
    def counts(self) -> bool:
        """Whether its value is a whole number, of things or of people."""
        return self.type in ("int", "people")

    @property
    def label(self) -> str:
        """The name as a person reads it."""
        return self.name.replace("_", " ")


@dataclass(frozen=True)
class Resolved:
    """A value (date, int, or str by the slot's type) and the text that it was read from."""

    value: date | int | str
    text: str


@dataclass(frozen=True)
class Unresolved:
    """`reason` is one sentence for the model or the user: what was not understood, and what is allowed."""

    reason: str
