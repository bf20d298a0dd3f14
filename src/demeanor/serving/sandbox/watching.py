"""Tools that tell where they broke, and worlds that can be copied, put back and shown."""

from __future__ import annotations

import json
import sqlite3
import traceback
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any

from demeanor.runtime.tools import Tool, ToolRefused, World


@dataclass
class Fault:
    """Where a tool broke: `where` in a line, `trace` the whole Python traceback."""

    where: str
    trace: str


def watched(tool: Tool, faults: list[Fault]) -> Tool:
    """The same tool; where it breaks, the place is noted, which the model must not read and a person must."""

    @wraps(tool.function)
    def function(*args: Any, **values: Any) -> Any:
        try:
            content = tool.function(*args, **values)
            if not isinstance(content, dict):
                raise TypeError(f"it returned {type(content).__name__}; a tool returns a dict")
            json.dumps(content)
            return content
        except ToolRefused:
            raise
        except Exception as error:
            faults.append(Fault(place(tool, error), traceback.format_exc()))
            raise

    return replace(tool, function=function)


def place(tool: Tool, error: Exception) -> str:
    """The last line of the user's own file that took part: there the mending begins."""
    file = tool.function.__code__.co_filename
    lines = [row.lineno for row in traceback.extract_tb(error.__traceback__) if row.filename == file]
    line = lines[-1] if lines else tool.function.__code__.co_firstlineno
    return f"{Path(file).name}:{line}: {type(error).__name__}: {error}"


def restore(world: World, image: bytes) -> None:
    """Give the world the database of `image`.

    A new connection takes the old one's place: filling the old one anew crashes where a cursor was left open.
    """
    old = world.db
    db = open_copy(image)
    db.execute(f"PRAGMA foreign_keys = {old.execute('PRAGMA foreign_keys').fetchone()[0]}")
    db.row_factory = old.row_factory
    world.db = db
    old.close()


def open_copy(image: bytes) -> sqlite3.Connection:
    db = sqlite3.connect(":memory:", check_same_thread=False)
    db.deserialize(image)
    return db


def tables(image: bytes) -> dict[str, list[tuple[tuple[str, Any], ...]]]:
    """Every table with its rows as (column, value) pairs, read from a copy: no tool's settings interfere."""
    db = open_copy(image)
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    found = {}
    for (name,) in db.execute(named).fetchall():
        quoted = name.replace('"', '""')
        cursor = db.execute(f'SELECT * FROM "{quoted}"')
        columns = [column[0] for column in cursor.description]
        found[name] = [tuple(zip(columns, row, strict=True)) for row in cursor]
    db.close()
    return found
