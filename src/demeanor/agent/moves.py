"""What a message of the user means, what the agent should do next, and what a tool's result brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class UserMove:
    """What a user message means: its acts (design/contract.md, 11), the slots in its own words, its question.

    `question` names a knowledge question; `flow` the task it requests.
    """

    acts: tuple[str, ...]
    mentions: Mapping[str, str] = field(default_factory=dict)
    flow: str | None = None
    question: str | None = None
    answerable: bool = True


def heard(move: UserMove) -> str:
    """What a user message says, as the agent notes it before it answers: acts, then details in the user's own words.

    "book_a_room; check_in, check_out: 12 to 15 June; guests: the two of us". A model that writes this down reads each
    message once, where it stands, and later finds the details under their names instead of all over the conversation.
    """
    parts = [move.flow] if move.flow else []
    if move.question is not None:
        parts.append("question" if move.answerable else "question: not in the pages")
    implied = ("request", "digress") if parts else ()
    parts += [a for a in move.acts if a.partition(":")[0] not in ("inform", "correct") and a not in implied]
    names: dict[str, list[str]] = {}
    for name, words in move.mentions.items():
        names.setdefault(words, []).append(name)
    parts += [f"{', '.join(slots)}: {words}" for words, slots in names.items()]
    return "; ".join(parts)


def misheard(note: str, right: str) -> list[str]:
    """What a note has too many or too few: acts, slots, needs, by name. Where a quote begins and ends is left open."""
    return sorted(_note_names(note) ^ _note_names(right))


def _note_names(note: str) -> set[str]:
    names: set[str] = set()
    for part in filter(None, note.split("; ")):
        head, _, words = part.partition(": ")
        names |= {f"need {n}" for n in words.split(", ")} if head == "need" else set(head.split(", "))
    return names


@dataclass(frozen=True)
class Move:
    """What the agent should do next: say these acts, in this order, and possibly make one call.

    `ends` says that the user is to speak next (a move with a call continues after its result).
    """

    acts: tuple[str, ...]
    call: tuple[str, Mapping[str, str]] | None = None

    @property
    def ends(self) -> bool:
        return self.call is None


def rows_of(result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a tool result: its first list of objects; empty when there is none."""
    for value in result.values():
        if isinstance(value, list):
            return [row for row in value if isinstance(row, dict)]
    return []


def brought_something(result: Mapping[str, Any]) -> bool:
    """Whether a result holds something to present: no error, and rows if it is about rows."""
    if "error" in result:
        return False
    return not any(isinstance(v, list) for v in result.values()) or bool(rows_of(result))
