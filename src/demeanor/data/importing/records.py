"""Rows of help desks as pieces of conversations: a message a row, a record with its messages in it, or a pair a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from demeanor.data.importing.columns import NO_TEXT, TEXT, Columns, each, flat, of_customer, read_time, side_of, words
from demeanor.data.importing.pieces import LeftOut, Piece, Place, Row, Speaker

LISTS = each(
    "messages comments parts threads notes conversations conversation entries events history transcript turns chat "
    "dialogue dialog items replies"
)
HEADS = ("source", "description", "first_message", "initial_message", "opening")
"""Where a record keeps the message that opened it, beside the list of those that followed."""
EMPTY = "says nothing"
NOTED = "an internal note"
EVENT = "a line of the system"
TOO_FEW = "no messages in it"


class Said(NamedTuple):
    """A piece with the conversation it belongs to, the one that this is merged into, and the customer's names."""

    conversation: str
    piece: Piece
    merged: str = ""
    customer: tuple[str, ...] = ()


def messages_of(record: Mapping[str, Any]) -> tuple[str, list[Mapping[str, Any]]]:
    """(dotted name, messages) of the list in a record that holds them; ("", []) where none does."""
    best: tuple[int, str, list[Mapping[str, Any]]] = (0, "", [])
    for name, listed in _lists(record):
        if listed and all(isinstance(one, Mapping) for one in listed) and LISTS & set(words(name.split(".")[-1])):
            size = sum(len(v) for one in listed for v in flat(one).values() if isinstance(v, str))
            best = max(best, (size, name, listed), key=lambda one: one[0])
    return best[1], best[2]


def _lists(record: Mapping[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    for key, value in record.items():
        if isinstance(value, list):
            yield f"{before}{key}", value
        elif isinstance(value, Mapping) and depth < 3:
            yield from _lists(value, f"{before}{key}.", depth + 1)


def opened(record: Mapping[str, Any], columns: Columns) -> Mapping[str, Any] | None:
    """The message that opened a conversation, where it stands beside the list; None where the list begins with it."""
    _, listed = messages_of(record)
    for name in HEADS:
        head = record.get(name)
        head = {columns.text: head} if isinstance(head, str) else head
        if isinstance(head, Mapping) and str(flat(head).get(columns.text) or "").strip():
            text = " ".join(str(flat(head)[columns.text]).split())
            if not any(" ".join(str(flat(one).get(columns.text)).split()) == text for one in listed):
                return head
    return None


def of_record(row: Row, columns: Columns) -> Iterator[Said | LeftOut]:
    """The messages of a record."""
    record = flat(row.value)
    id = str(record.get("id") or record.get("ticket_id") or record.get("number") or row.place.row)
    _, listed = messages_of(row.value)
    head = opened(row.value, columns)
    if not listed and head is None:
        yield LeftOut(row.place, TOO_FEW, id)
        return
    customer = tuple(str(v) for k, v in record.items() if v and of_customer(k))
    part = 0
    if head is not None:
        known = flat(head)
        side = side_of(known.get(columns.speaker), columns.speaker) if columns.speaker in known else "user"
        yield from _said(Place(row.place.file, row.place.row, part), id, known, columns, customer, {}, side)
        part += 1
    for number, one in enumerate(listed, part):
        yield from _said(Place(row.place.file, row.place.row, number), id, flat(one), columns, customer, record)


def of_row(row: Row, columns: Columns) -> Iterator[Said | LeftOut]:
    """The message, or the two messages, of a table's row."""
    record = flat(row.value)
    id = str(record.get(columns.conversation) or "").strip() if columns.conversation else f"row-{row.place.row}"
    if not id:
        yield LeftOut(row.place, f"no {columns.conversation}")
        return
    customer = tuple(str(record[name]) for name in columns.customer if record.get(name))
    if not columns.wide:
        merged = str(record.get(columns.merged) or "").strip() if columns.merged else ""
        for said in _said(row.place, id, record, columns, customer, record):
            yield said._replace(merged=merged) if isinstance(said, Said) else said
        return
    sides: tuple[tuple[Speaker, str], ...] = (("user", columns.user[0]), ("assistant", columns.agent[0]))
    for part, (speaker, name) in enumerate(sides):
        place, text = Place(row.place.file, row.place.row, part), str(record.get(name) or "")
        if text.strip():
            yield Said(id, Piece(place, speaker, text), customer=customer)
        else:
            yield LeftOut(place, EMPTY, id)


def _said(
    place: Place,
    id: str,
    known: Mapping[str, Any],
    columns: Columns,
    customer: tuple[str, ...],
    record: Mapping[str, Any],
    side: str = "",
) -> Iterator[Said | LeftOut]:
    noted = any(str(known.get(name, "")).strip().lower() == value for name, value in columns.notes.items())
    kinds = [side_of(known.get(name), name) for name in columns.kinds]
    text = str(known.get(columns.text) or _other_text(known))
    side = side or _side(known, columns, record)
    if noted or "note" in (*kinds, side):
        yield LeftOut(place, NOTED, id)
    elif "system" in (*kinds, side):
        yield LeftOut(place, EVENT, id)
    elif not text.strip():
        yield LeftOut(place, EMPTY, id)
    elif side not in ("user", "agent"):
        yield LeftOut(place, f"nobody knows who speaks: {known.get(columns.speaker)!r}", id)
    else:
        at = read_time(known.get(columns.time), columns.time_form) if columns.time else None
        name = str(known.get(columns.name) or "") if columns.name else ""
        speaker: Speaker = "user" if side == "user" else "assistant"
        yield Said(id, Piece(place, speaker, text, at, name), customer=customer)


def _other_text(known: Mapping[str, Any]) -> str:
    """A message that stands there in its other form alone, as HTML."""
    texts = (n for n, v in known.items() if isinstance(v, str) and TEXT & set(words(n)) and not NO_TEXT & set(words(n)))
    return str(known[name]) if (name := next(texts, "")) else ""


def _side(known: Mapping[str, Any], columns: Columns, record: Mapping[str, Any]) -> str:
    value = known.get(columns.speaker)
    if columns.owner:
        return "" if value in (None, "") else "user" if str(value) == str(record.get(columns.owner)) else "agent"
    said = str(value) if value is not None else ""
    if said in columns.user:
        return "user"
    if said in columns.agent:
        return "agent"
    if "anybody else" in columns.user and said:
        return "system" if side_of(said) == "system" else "user"
    if "anybody else" in columns.agent and said:
        return "system" if side_of(said) == "system" else "agent"
    return side_of(value, columns.speaker)
