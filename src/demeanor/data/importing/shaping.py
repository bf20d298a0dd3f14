"""Conversations as dialogues that can be learned from: cleaned, one message a turn, from the customer to an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from demeanor.data.importing.clean import clean, line_keys
from demeanor.data.importing.columns import AGENT, SYSTEM, words
from demeanor.data.importing.language import language_of
from demeanor.data.importing.pieces import LeftOut, Piece, Place, Thread
from demeanor.data.private import People, people_of
from demeanor.dialogue import Dialogue, Message
from demeanor.dialogue.openai import BY_INDEX

BEFORE = "before the customer says anything"
UNANSWERED = "nobody answers it"
NO_EXCHANGE = "no question with an answer in the conversation"


@dataclass(frozen=True)
class Taken:
    """A dialogue on its way into the project.

    Args:
        people: how those who speak are called.
        customer: a text that is the same for this customer alone.
        places: what it was made from.
        cut: what was cut from its messages, by name.
    """

    dialogue: Dialogue
    people: People
    customer: str
    places: tuple[Place, ...]
    cut: Counter[str] = field(default_factory=Counter)


def shaped(threads: Iterable[Thread | LeftOut]) -> Iterator[Taken | LeftOut]:
    """Each conversation as a dialogue, with what of it is left out; what was left out before passes through."""
    for thread in threads:
        if isinstance(thread, LeftOut):
            yield thread
        else:
            yield from _shaped(thread)


def _shaped(thread: Thread) -> Iterator[Taken | LeftOut]:
    if any(name in thread.metadata for name in BY_INDEX):
        yield _as_it_is(thread)
        return
    cut: Counter[str] = Counter()
    signed: dict[str, list[str]] = {"user": [], "assistant": []}
    pieces: list[Piece] = []
    earlier: set[str] = set()
    for piece in thread.pieces:
        if piece.speaker == "tool":
            pieces.append(piece)
            continue
        cleaned = clean(piece.text, earlier, agent=piece.speaker == "assistant")
        cut.update(cleaned.cut)
        signed[piece.speaker] += [*cleaned.signed, *([piece.name] if piece.name else [])]
        earlier |= line_keys(cleaned.text)
        called = piece.message is not None and piece.message.calls
        if cleaned.text or called:
            pieces.append(replace(piece, text=cleaned.text))
        else:
            yield LeftOut(piece.place, f"says nothing else: {', '.join(cleaned.cut) or 'empty'}", thread.id)
    kept, left = _ends(pieces)
    for place, reason in left:
        yield LeftOut(place, reason, thread.id)
    if kept:
        yield _taken(thread, kept, signed, cut)


def _as_it_is(thread: Thread) -> Taken:
    """A dialogue whose labels hold on to the places of its messages."""
    messages = tuple(piece.message or Message(piece.speaker, piece.text) for piece in thread.pieces)
    return _told(thread, messages, People(thread.customer), thread.pieces, Counter())


def _ends(pieces: Sequence[Piece]) -> tuple[list[Piece], list[tuple[Place, str]]]:
    """From the first message of the customer to the last answer: (kept, left out)."""
    begin = next((k for k, piece in enumerate(pieces) if piece.speaker == "user"), len(pieces))
    end = next((k for k in range(len(pieces), begin, -1) if pieces[k - 1].speaker != "user"), begin)
    if end <= begin:
        return [], [(piece.place, NO_EXCHANGE) for piece in pieces]
    left = [(p.place, BEFORE) for p in pieces[:begin]] + [(p.place, UNANSWERED) for p in pieces[end:]]
    return list(pieces[begin:end]), left


def _taken(thread: Thread, pieces: Sequence[Piece], signed: dict[str, list[str]], cut: Counter[str]) -> Taken:
    messages: list[Message] = []
    for _, group in groupby(pieces, key=_joinable(pieces)):
        said = list(group)
        first = said[0].message or Message(said[0].speaker)
        last = said[-1].message or first
        text = "\n".join(piece.text for piece in said if piece.text)
        messages.append(replace(first, content=text, calls=last.calls, cut=last.cut))
    customers = [*thread.customer, *signed["user"]]
    agents = [name for name in signed["assistant"] if not (AGENT | SYSTEM) & set(words(name))]
    dialogue = Dialogue(thread.id, tuple(messages))
    return _told(thread, tuple(messages), people_of(dialogue, customers, agents), pieces, cut)


def _joinable(pieces: Sequence[Piece]) -> Any:
    """A key that is the same for messages of one speaker in a row, as far as they may become one."""
    number, last = 0, None
    keys: dict[Place, int] = {}
    for piece in pieces:
        said, before = piece.message, None if last is None else last.message
        own = said is not None and (said.context or said.note or said.by_code or said.role == "tool")
        weight = (1 if said is None else said.weight) == (1 if before is None else before.weight)
        same = last is not None and last.speaker == piece.speaker and weight and not own
        ends = before is not None and (before.calls or before.by_code or before.role == "tool")
        number += not (same and not ends)
        keys[piece.place], last = number, piece
    return lambda piece: keys[piece.place]


def _told(
    thread: Thread, messages: tuple[Message, ...], people: People, pieces: Sequence[Piece], cut: Counter[str]
) -> Taken:
    places = tuple(piece.place for piece in pieces)
    language = language_of("\n".join(m.content for m in messages if m.role != "tool"))
    more: dict[str, Any] = {"lineage": lineage(places)}
    if thread.metadata.get("lineage") is not None:
        more["imported_lineage"] = thread.metadata["lineage"]
    if thread.metadata.get("source") is not None:
        more["imported_source"] = thread.metadata["source"]
    if language:
        more["language"] = language
    metadata = {**thread.metadata, "source": f"import:{places[0].file}", **more}
    customer = next(iter(sorted(thread.customer)), thread.id)
    return Taken(Dialogue(thread.id, messages, metadata), people, customer, places, cut)


def lineage(places: Iterable[Place]) -> list[str]:
    """Places as few words: "tickets.csv:2-4", "tickets.csv:9"."""
    out: list[str] = []
    rows = sorted({(place.file, place.row) for place in places})
    for file, group in groupby(rows, key=lambda one: one[0]):
        numbers = [row for _, row in group]
        for _, run in groupby(enumerate(numbers), key=lambda one: one[1] - one[0]):
            found = [row for _, row in run]
            out.append(f"{file}:{found[0]}" + (f"-{found[-1]}" if len(found) > 1 else ""))
    return out
