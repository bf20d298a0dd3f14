"""What only all dialogues together show: one that stands twice, and notes in some alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from demeanor.data.checks.problem import Known, Placed, Problem, trained
from demeanor.dialogue import Dialogue


def same_id(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """An id that an earlier dialogue has."""
    first: dict[str, Placed] = {}
    for item in placed:
        other = first.setdefault(item.dialogue.id, item)
        if other is not item:
            text = f"the id {item.dialogue.id!r} stands at {other.where.file}:{other.where.line} already"
            yield Problem("error", item.where, text, "give every dialogue its own id", "same_id")


def same_text(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """The same messages as an earlier dialogue, apart from case and spacing."""
    first: dict[str, Placed] = {}
    for item in placed:
        other = first.setdefault(text_hash(item.dialogue), item)
        if other is not item:
            text = f"says the same as {other.dialogue.id!r} ({other.where.file}:{other.where.line})"
            yield Problem("warning", item.where, text, "remove one of the two", "same_text")


def mixed_notes(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """Dialogues without a note beside others with notes: an agent learns to write them sometimes."""
    taught = [item for item in placed if any(True for _ in trained(item.dialogue))]
    bare = [item for item in taught if not any(message.note for message in item.dialogue.messages)]
    if len(bare) < len(taught):
        for item in bare:
            text = "has no notes, and other dialogues have: the agent learns to write them sometimes"
            fix = "write them (docs/dialogues.md), or keep such dialogues for a project of their own"
            yield Problem("warning", item.where, text, fix, "mixed_notes")


def text_hash(dialogue: Dialogue) -> str:
    """Of what is said, called and trained: one history with two trained replies makes two dialogues."""
    digest = hashlib.sha256()
    for message in dialogue.messages:
        calls = "".join(f"{call.name}{sorted(call.arguments.items())}" for call in message.calls)
        said = " ".join(message.content.casefold().split())
        digest.update(f"{message.role}\0{message.weight}\0{said}\0{calls}\n".encode(errors="replace"))
    return digest.hexdigest()
