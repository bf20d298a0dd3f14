"""What a tool may touch: the database in the call's transaction, the clock, and who is speaking."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

OWN_TABLES = "demeanor_"
"""What names of our own tables in a world begin with; they are not shown."""


@dataclass
class Caller:
    """Who is speaking. `facts` are verified: by the application that began the session, or by a tool that wrote them
    here (kept when the call is kept). `secrets` are what the user said in secret, by placeholder.
    """

    id: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)


@dataclass
class World:
    """What a tool may touch.

    Args:
        db: a SQLAlchemy connection; the call's transaction is begun, kept and undone around the tool.
        today: the clock's day.
        session: who is speaking.
        call_key: of the present call, when it writes: the same at every repetition of it, for systems that take an
            idempotency key.
        lasting: it outlives the session; nothing puts it back.
    """

    db: Connection
    today: date
    session: Caller = field(default_factory=Caller)
    call_key: str = ""
    lasting: bool = False
    dispose: Callable[[], None] = lambda: None
    running: threading.Thread | None = None

    def sql(self, statement: str, /, *rows: Mapping[str, Any], **values: Any) -> CursorResult[Any]:
        """Run SQL with named parameters: `world.sql("SELECT price FROM services WHERE service = :name", name=service)`.

        Args:
            rows: parameters of many runs of the statement, one mapping each.
        """
        from sqlalchemy import text

        sets = [self._stored(row) for row in rows] or self._stored(values)
        return self.db.execute(text(statement), sets)

    def _stored(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """SQLite knows neither days nor decimals: there they are text, which a column of numbers reads as a number."""
        if self.db.dialect.name != "sqlite":
            return dict(values)
        return {name: _as_text(value) for name, value in values.items()}

    def close(self) -> None:
        """Let the database go; one that was made for a trial is gone then."""
        self.settle()
        self.db.close()
        self.dispose()

    def settle(self, seconds: float | None = None) -> bool:
        """Wait until a call that ran out of time has let go of the database. False when it still holds it."""
        if self.running is not None:
            self.running.join(seconds)
            if self.running.is_alive():
                return False
            self.running = None
        return True

    # ------------------------------------------------------------------ looking in, and going back

    def tables(self) -> dict[str, list[tuple[tuple[str, Any], ...]]]:
        """Every table with its rows as (column, value) pairs, ours left out."""
        from sqlalchemy import inspect

        found = {}
        names = [name for name in inspect(self.db).get_table_names() if not name.startswith(OWN_TABLES)]
        for name in names:
            rows = self.db.exec_driver_sql(f"SELECT * FROM {self.db.dialect.identifier_preparer.quote(name)}")
            found[name] = [tuple((str(column), value) for column, value in row._mapping.items()) for row in rows]
        self.db.rollback()
        return found

    @property
    def can_go_back(self) -> bool:
        """Whether it is an SQLite database in memory."""
        return not self.lasting and self.db.dialect.name == "sqlite"

    def image(self) -> bytes:
        """A copy of an SQLite database in memory, for `go_back`."""
        self.settle()
        raw: Any = self.db.connection.dbapi_connection
        image: bytes = raw.serialize()
        return image

    def go_back(self, image: bytes) -> None:
        """Make the database what it was when the image was taken.

        A new connection takes the old one's place: filling the old one anew crashes where a cursor was left open.
        """
        from demeanor.runtime.tools.connections import connect_memory

        self.settle()
        old, self.db = self.db, connect_memory(image)
        old.close()


def _as_text(value: Any) -> Any:
    if isinstance(value, time):  # as a goal's time stands in SQL: 12:00
        return value.isoformat("auto" if value.second or value.microsecond else "minutes")
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def parameters_of(statement: str) -> list[str]:
    """The names of the parameters that a statement takes."""
    from sqlalchemy import text

    return list(text(statement).compile().params)
