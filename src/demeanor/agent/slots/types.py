"""What a slot is, and what resolving a text for it can give: a value, or one sentence that says why not.

These three classes are plain and frozen, so that they may be shared, compared and used as cache keys.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

SlotType = Literal[
    "date", "time", "int", "number", "people", "money", "phone", "email", "name", "address", "yes_no", "choice", "text",
    "code", "option",
]  # fmt: skip


PLACEHOLDER = re.compile(r"\[([a-z_]\w*)-(\d{1,2})\]")
"""What stands in a message for a secret: [otp-1]."""


@dataclass(frozen=True)
class Slot:
    """One thing the agent needs to know.

    `after` names the slot that begins the range that this date ends, which `begins` it; `past`: a day that has been; `unit`: what a number
    counts ("nights", "kg"). `min` and `max` are of the slot's own type. `country`: whose telephone numbers are written
    without a prefix, as two letters ("DE"). `month_first`: 6/7 is 7 June. `many`: it holds several
    values of its type (`list: true`), as a tuple.
    """

    name: str
    type: SlotType
    optional: bool = False
    after: str | None = None
    min: Any = None
    max: Any = None
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    pattern: str | None = None
    ask: str = ""
    examples: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    source: tuple[str, str] | None = None
    begins: bool = False
    past: bool = False
    unit: str = ""
    country: str = ""
    month_first: bool | None = None
    secret: bool = False
    many: bool = False

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
    """A value (by the slot's type: `kinds`) and the text that it was read from."""

    value: Any
    text: str


@dataclass(frozen=True)
class Unresolved:
    """`reason` is one sentence for the model or the user: what was not understood, and what is allowed."""

    reason: str
