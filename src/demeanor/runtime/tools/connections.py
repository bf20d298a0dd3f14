"""Connections: one engine a URL, and what SQLite has to be told."""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import NullPool

from demeanor.errors import ConfigError

MEMORY = "sqlite://"
"""The URL of an SQLite database in memory."""
LOCK_SECONDS = 30.0  # how long a call waits for an SQLite file that another call holds


def connect_memory(image: bytes) -> Connection:
    """A new SQLite database in memory that holds what the image holds."""
    db = engine_of(MEMORY).connect()
    raw: Any = db.connection.dbapi_connection
    raw.deserialize(image)
    return db


@functools.lru_cache(maxsize=16)
def engine_of(url: str) -> Engine:
    try:
        parts = make_url(url)
        more = {"check_same_thread": False, "timeout": LOCK_SECONDS} if parts.get_backend_name() == "sqlite" else {}
        engine = create_engine(parts, poolclass=NullPool, connect_args=more)
    except (ArgumentError, NoSuchModuleError) as error:
        fix = "postgresql://user@host/name, or sqlite:///file.db"
        raise ConfigError(f"not the URL of a database: {error}", found=url, fix=fix) from None
    except ModuleNotFoundError as error:
        extra = "pip install 'demeanor[postgres]'" if "psycopg" in str(error.name) else f"pip install {error.name}"
        raise ConfigError(f"the driver of this database is not installed: {error.name}", found=url, fix=extra) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(raw: Any, record: object) -> None:
    raw.isolation_level = None  # sqlite3 would begin by itself, and too late: `_begin_sqlite` does
    raw.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(db: Connection) -> None:
    db.exec_driver_sql("BEGIN IMMEDIATE")


def connect(engine: Engine) -> Connection:
    try:
        return engine.connect()
    except DBAPIError as error:
        shown = engine.url.render_as_string(hide_password=True)
        raise ConfigError(f"cannot connect to the database: {said_by(error)}", found=shown) from None


def said_by(fault: Exception) -> str:
    """What the database said, without what SQLAlchemy adds."""
    said = str(getattr(fault, "orig", None) or fault).strip()
    return said.splitlines()[0] if said else type(fault).__name__
