"""Messages that lie apart in a file, put together as conversations.

The rows of a conversation may stand anywhere, so they are sorted: by a database on disk, whose memory does not grow
with the file. On several machines the same is a group-by over `conversation`.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any

from demeanor.data.importing.pieces import LeftOut, Piece, Place, Thread
from demeanor.data.importing.records import Said

TWICE = "stands twice in its conversation"
AT_ONCE = 5000


def threads(said: Iterable[Said | LeftOut]) -> Iterator[Thread | LeftOut]:
    """Conversations in the order in which they begin in the file; what was left out passes through.

    A conversation that was merged into another is told there, and messages that the merger copied are told once.
    """
    with tempfile.TemporaryDirectory(prefix="demeanor-import-") as folder:
        base = sqlite3.connect(Path(folder) / "pieces.db", isolation_level=None)
        try:
            base.executescript(
                "pragma journal_mode=off; pragma synchronous=off;"
                "create table piece (talk text, number integer, value text);"
                "create table merged (source text primary key, target text);"
            )
            base.execute("begin")
            yield from _stored(base, said)
            base.execute("create index by_talk on piece (talk, number)")
            _merge(base)
            order = (
                "select piece.talk, piece.value from piece join "
                "(select talk, min(number) as first from piece group by talk) as talks on talks.talk = piece.talk "
                "order by talks.first, piece.number"
            )
            for id, found in groupby(base.execute(order), key=lambda one: str(one[0])):
                yield from _thread(id, [json.loads(value) for _, value in found])
        finally:
            base.close()


def _stored(base: sqlite3.Connection, said: Iterable[Said | LeftOut]) -> Iterator[LeftOut]:
    waiting: list[tuple[str, int, str]] = []
    number = 0
    for one in said:
        if isinstance(one, LeftOut):
            yield one
            continue
        number += 1
        waiting.append((one.conversation, number, json.dumps(_row_of(one))))
        if one.merged and one.merged != one.conversation:
            base.execute("insert or replace into merged values (?, ?)", (one.conversation, one.merged))
        if len(waiting) >= AT_ONCE:
            base.executemany("insert into piece values (?, ?, ?)", waiting)
            waiting.clear()
    base.executemany("insert into piece values (?, ?, ?)", waiting)


def _merge(base: sqlite3.Connection) -> None:
    """Pieces of merged conversations go to the last of a chain; a ring of mergers stays as it is."""
    targets = dict(base.execute("select source, target from merged"))
    for source in targets:
        last, seen = source, {source}
        while targets.get(last, last) not in seen:
            last = targets[last]
            seen.add(last)
        base.execute("update piece set talk = ? where talk = ?", (last, source))


def _row_of(said: Said) -> list[Any]:
    piece = said.piece
    place = [piece.place.file, piece.place.row, piece.place.part]
    return [place, piece.speaker, piece.text, piece.at, piece.name, list(said.customer)]


def _thread(id: str, raw: list[list[Any]]) -> Iterator[Thread | LeftOut]:
    pieces = [Piece(Place(*place), speaker, text, at, name) for place, speaker, text, at, name, _ in raw]
    if all(piece.at is not None for piece in pieces):
        pieces.sort(key=lambda piece: piece.at or 0.0)  # stable: what was said in one second stays in order
    seen: set[tuple[Any, ...]] = set()
    kept: list[Piece] = []
    for piece in pieces:
        same = (piece.speaker, piece.text, piece.at)
        if piece.at is not None and same in seen:
            yield LeftOut(piece.place, TWICE, id)
        else:
            seen.add(same)
            kept.append(replace(piece, name=piece.name.strip()))
    customer = dict.fromkeys(name for one in raw for name in one[5])
    yield Thread(id, tuple(kept), tuple(customer))
