"""What an import is made of: rows as they are read, pieces of conversations, and what was left out.

Every stage takes an iterator of these and gives one, and holds no more than one conversation at a time, so that a
file of any size can be imported, and parts of it on several machines. What a stage cannot use it hands on as
`LeftOut`: nothing falls out of the stream.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from demeanor.dialogue import Message

Speaker = Literal["user", "assistant", "tool"]


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: a file, a row in it from 1 (a table's head is row 1), and a message in that row from 0;
    -1 is the whole row.
    """

    file: str
    row: int
    part: int = -1

    def __str__(self) -> str:
        return f"{self.file}:{self.row}" + (f"[{self.part}]" if self.part >= 0 else "")


@dataclass(frozen=True)
class Row:
    """A record of a file: an object of JSON, or a table's row by its head."""

    place: Place
    value: Mapping[str, Any]


@dataclass(frozen=True)
class LeftOut:
    """What is not in the result, and why. `reason` is the same text for the same cause, so that it can be counted."""

    place: Place
    reason: str
    conversation: str = ""


@dataclass(frozen=True)
class Piece:
    """One message as it was exported.

    Args:
        at: seconds since 1970; None where nothing says when.
        name: how the speaker is called.
        message: the message, where it was read in a form of its own, with calls and weight.
    """

    place: Place
    speaker: Speaker
    text: str
    at: float | None = None
    name: str = ""
    message: Message | None = None


@dataclass(frozen=True)
class Thread:
    """A conversation: its pieces in order, what its fields say of the customer, and metadata that goes with it."""

    id: str
    pieces: tuple[Piece, ...]
    customer: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
