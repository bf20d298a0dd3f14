"""Fresh worlds: the schema, the seed, and what a scenario changes."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from demeanor.errors import ConfigError
from demeanor.runtime.tools.tool import World


def fresh_world(schema: Path, seed: Path, extra_sql: str, today: date, path: str | Path = ":memory:") -> World:
    """A new world: the schema, the seed, then `extra_sql` (a scenario's own changes).

    Schema and seed run once per content and are copied after that, so hundreds of worlds are cheap. `path` is
    a new file, or ":memory:". Raises ConfigError with file and line of the statement that fails.
    """
    image = _template(_read(schema), str(schema), _read(seed), str(seed))
    if str(path) == ":memory:":
        db = sqlite3.connect(":memory:", check_same_thread=False)
        db.deserialize(image)
    else:
        if Path(path).exists():
            raise ConfigError("the world's file is already there", file=path, fix="name a new file")
        Path(path).write_bytes(image)
        db = sqlite3.connect(str(path), check_same_thread=False)
    db.execute("PRAGMA foreign_keys = ON")
    try:
        _execute(db, extra_sql, None, "extra_sql")
    except ConfigError:
        db.close()
        raise
    return World(db, today)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"cannot read the world: {fault}", file=path) from None


@functools.lru_cache(maxsize=16)
def _template(schema: str, schema_file: str, seed: str, seed_file: str) -> bytes:
    """The database file that schema and seed make. Keyed by their text: an edited file is never stale."""
    db = sqlite3.connect(":memory:")
    try:
        db.execute("PRAGMA foreign_keys = ON")
        _execute(db, schema, schema_file, None)
        _execute(db, seed, seed_file, None)
        return db.serialize()
    finally:
        db.close()


def _execute(db: sqlite3.Connection, script: str, file: str | None, name: str | None) -> None:
    for line, statement in _statements(script):
        try:
            db.executescript(statement)
        except sqlite3.Error as fault:
            shown = " ".join(statement.split())
            raise ConfigError(str(fault), file=file, line=line, field=name, found=shown[:120]) from None
    db.commit()


def _statements(script: str) -> Iterator[tuple[int, str]]:
    """Each statement with the line on which it starts (comments and blank lines before it skipped)."""
    buffer, start = "", 0
    for number, row in enumerate(script.splitlines(keepends=True), 1):
        if not buffer and (not row.strip() or row.lstrip().startswith("--")):
            continue
        start = start if buffer else number
        buffer += row
        if sqlite3.complete_statement(buffer):
            yield start, buffer
            buffer = ""
    if buffer.strip():
        yield start, buffer
