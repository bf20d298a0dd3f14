"""Worlds: a fresh one for every trial, made from schema.sql and seed.sql, or a lasting one by its URL.

A trial gets an SQLite database in memory, copied from an image in milliseconds; or, by the URL of a PostgreSQL server,
a schema of its own that is dropped when it is closed. SQLite lets one call at a time into a file: a call takes the lock
when it begins, so that what it read still holds when it writes. In PostgreSQL, the tables' own constraints keep two
calls apart.
"""

from __future__ import annotations

import functools
import re
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import DBAPIError

from demeanor.errors import ConfigError
from demeanor.runtime.tools.connections import MEMORY, connect, connect_memory, engine_of, said_by
from demeanor.runtime.tools.world import OWN_TABLES, Caller, World

_BEFORE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
KEPT_CALLS = "CREATE TABLE IF NOT EXISTS demeanor_calls (call_key TEXT PRIMARY KEY, tool TEXT, result TEXT)"


def fresh_world(
    schema: Path, seed: Path, extra_sql: str, today: date, url: str = MEMORY, session: Caller | None = None
) -> World:
    """A new world: the schema, the seed, then `extra_sql` (a scenario's own changes).

    In memory, schema and seed run once per content and are copied after that, so hundreds of worlds are cheap. A
    project without either has an empty database.

    Args:
        url: SQLite in memory, or a PostgreSQL server.

    Raises:
        ConfigError: with file and line of the statement that fails, or because the URL is of another kind.
    """
    texts = _read_scripts(schema, seed)
    caller = session or Caller()
    if url == MEMORY:
        db = connect_memory(_image(tuple(texts)))
        dispose = _nothing
    else:
        db, dispose = _trial_schema(engine_of(url), texts)
    try:
        _execute(db, extra_sql, None, "extra_sql")
        db.commit()
    except BaseException:
        db.close()
        dispose()
        raise
    return World(db, today, caller, dispose=dispose)


def lasting_world(schema: Path, seed: Path, url: str, today: date, session: Caller | None = None) -> World:
    """The database of a URL, as it stands; one without tables is first made from schema and seed.

    Raises:
        ConfigError: there is no such database or driver, or a statement fails, with its file and line.
    """
    engine = engine_of(url)
    db = connect(engine)
    try:
        if all(name.startswith(OWN_TABLES) for name in inspect(db).get_table_names()):
            for text, file in _read_scripts(schema, seed):
                _execute(db, text, file, None)
        db.exec_driver_sql(KEPT_CALLS)
        db.commit()
    except BaseException:
        db.close()
        raise
    return World(db, today, session or Caller(), lasting=True)


def _trial_schema(engine: Engine, texts: list[tuple[str, str]]) -> tuple[Connection, Any]:
    if engine.dialect.name != "postgresql":
        fix = "leave the URL out (SQLite in memory), or name a PostgreSQL server"
        raise ConfigError("trials cannot be kept apart in this database", found=str(engine.url), fix=fix)
    db = connect(engine)
    name = f"{OWN_TABLES}trial_{uuid4().hex[:16]}"

    def drop() -> None:
        with engine.begin() as other:
            other.exec_driver_sql(f"DROP SCHEMA IF EXISTS {name} CASCADE")

    db.exec_driver_sql(f"CREATE SCHEMA {name}")
    db.exec_driver_sql(f"SET search_path TO {name}")
    db.commit()
    try:
        for text, file in texts:
            _execute(db, text, file, None)
        db.exec_driver_sql(KEPT_CALLS)
    except BaseException:
        db.close()
        drop()
        raise
    return db, drop


def _nothing() -> None:
    """What is left to do when a database in memory is closed."""


# ---------------------------------------------------------------------- scripts


def _read_scripts(schema: Path, seed: Path) -> list[tuple[str, str]]:
    """(text, file) of those that are there."""
    for path, other in ((schema, seed), (seed, schema)):
        if other.exists() and not path.exists():
            raise ConfigError(f"{other.name} has no {path.name} beside it", file=path, fix="an empty file will do")
    found = []
    for path in (schema, seed):
        try:
            if path.exists():
                text = path.read_text(encoding="utf-8-sig")
                if "\0" in text:
                    raise ConfigError("there is a null byte in the script", file=path, fix="save it as plain text")
                found.append((text, str(path)))
        except (OSError, UnicodeDecodeError) as fault:
            raise ConfigError(f"cannot read the world: {fault}", file=path) from None
    return found


@functools.lru_cache(maxsize=16)
def _image(texts: tuple[tuple[str, str], ...]) -> bytes:
    """The database file that the scripts make. Keyed by their text: an edited file is never stale."""
    with engine_of(MEMORY).connect() as db:
        for text, file in texts:
            _execute(db, text, file, None)
        db.exec_driver_sql(KEPT_CALLS)
        db.commit()
        raw: Any = db.connection.dbapi_connection
        image: bytes = raw.serialize()
        return image


def _execute(db: Connection, script: str, file: str | None, name: str | None) -> None:
    """Run a script; where one of its statements fails, its line is named."""
    for line, statement in _statements(script):
        try:
            db.execution_options(no_parameters=True).exec_driver_sql(statement)
        except (DBAPIError, sqlite3.Error) as fault:
            shown = " ".join(statement.split())
            raise ConfigError(said_by(fault), file=file, line=line, field=name, found=shown[:120]) from None


def _statements(script: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line on which it starts (comments and blank lines before it skipped)."""
    start = 0
    for end in (*(hit.end() for hit in re.finditer(";", script)), len(script)):
        part = script[start:end]
        whole = sqlite3.complete_statement(part) and part.count("$$") % 2 == 0
        if end < len(script) and not whole:
            continue  # a sign inside a text, a comment, a trigger or a function
        opening = _BEFORE.match(part)
        skipped = opening.end() if opening else 0
        if part[skipped:].strip():
            yield script.count("\n", 0, start + skipped) + 1, part[skipped:]
        start = end
