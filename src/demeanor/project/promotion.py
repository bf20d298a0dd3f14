"""Which agent is promoted: a record for every promotion, and one pointer that is moved whole or not at all.

`promotions/0003.json` says what was promoted, from what, with all hashes; it is written once and never changed.
`promotions/current.json` names the record in force. A promotion writes its record, then moves the pointer by a rename:
killed before that, the old agent stands and the record was never in force; killed after it, the new one stands. Records
name the one before them, so the history is what the pointer leads to.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demeanor.errors import RunError
from demeanor.project.files import cannot_write, write_atomic

try:
    import fcntl
except ImportError:  # Windows: two promotions at the same moment are not kept apart there
    fcntl = None  # type: ignore[assignment]

FOLDER = "promotions"
POINTER = "current.json"


@dataclass(frozen=True)
class Record:
    """One promotion.

    Attributes:
        number: counts the records of a project.
        run: the training run that was promoted.
        at: when, in UTC.
        before: the record that was in force before; None for the first.
        restores: the record whose agent a rollback brought back; None for a promotion.
        lineage: name -> hash or id of all that the agent is made of.
        verdict: what the gate said.
    """

    number: int
    run: str
    at: str
    before: int | None = None
    restores: int | None = None
    lineage: Mapping[str, Any] = field(default_factory=dict)
    verdict: Mapping[str, Any] = field(default_factory=dict)


class Promotions:
    """The promotions of one project."""

    def __init__(self, root: Path) -> None:
        self.path = root / FOLDER

    def current(self) -> Record | None:
        """The record in force; None where nothing was ever promoted.

        Raises:
            RunError: pointer or record cannot be read.
        """
        pointer = self.path / POINTER
        if not pointer.is_file():
            return None
        return self.record(int(_read(pointer)["number"]))

    def record(self, number: int) -> Record:
        """One record.

        Raises:
            RunError: there is none of this number, or it cannot be read.
        """
        try:
            return Record(**_read(self._file(number)))
        except TypeError as error:
            raise RunError(f"not a promotion: {error}", file=self._file(number)) from error

    def history(self) -> list[Record]:
        """The records that were in force, the present one first."""
        found: list[Record] = []
        record = self.current()
        while record is not None:
            found.append(record)
            record = self.record(record.before) if record.before is not None else None
        return found

    def promote(self, run: str, lineage: Mapping[str, Any], verdict: Mapping[str, Any]) -> Record:
        """Put a run in force.

        Raises:
            RunError: it cannot be written; the agent before stays.
        """
        with self._alone():
            return self._put(run, lineage, verdict)

    def before(self) -> Record:
        """The promotion that `rollback` would bring back.

        Raises:
            RunError: there is none before.
        """
        now = self._meant(self.current())
        if now is None or now.before is None:
            fix = "demeanor promote RUN puts another agent in force"
            raise RunError("there is no promoted agent before this one", file=self.path, fix=fix)
        old = self._meant(self.record(now.before))
        assert old is not None
        return old

    def rollback(self) -> Record:
        """Put the agent before in force again; a second time, the one before that.

        Raises:
            RunError: there is none before, or it cannot be written.
        """
        with self._alone():
            old = self.before()
            return self._put(old.run, old.lineage, old.verdict, restores=old.number)

    def _meant(self, record: Record | None) -> Record | None:
        """A rollback stands for the promotion that it brought back."""
        return record if record is None or record.restores is None else self.record(record.restores)

    def _put(
        self, run: str, lineage: Mapping[str, Any], verdict: Mapping[str, Any], restores: int | None = None
    ) -> Record:
        now = self.current()
        numbers = [int(file.stem) for file in self.path.glob("[0-9]*.json")]
        at = datetime.now(UTC).isoformat(timespec="seconds")
        before = now.number if now is not None else None
        record = Record(max(numbers, default=0) + 1, run, at, before, restores, dict(lineage), dict(verdict))
        write_atomic(self._file(record.number), json.dumps(asdict(record), ensure_ascii=False, indent=1) + "\n")
        _sync(self.path)  # the record must be there before anything names it
        write_atomic(self.path / POINTER, json.dumps({"number": record.number, "run": run}) + "\n")
        _sync(self.path)
        return record

    def _file(self, number: int) -> Path:
        return self.path / f"{number:04d}.json"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Only one process promotes; what a killed one left half written is swept away."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with (self.path / ".lock").open("ab") as stream:
                if fcntl is not None:
                    fcntl.flock(stream, fcntl.LOCK_EX)
                for left in self.path.glob(".*.json.*"):
                    left.unlink(missing_ok=True)
                yield
        except OSError as error:
            raise cannot_write(self.path, error) from error


def _sync(folder: Path) -> None:
    """A rename is safe from a power cut once its folder is on disk."""
    if os.name != "posix":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError("this promotion is not there", file=path) from error
    except (OSError, ValueError) as error:
        raise RunError(f"cannot be read: {error}", file=path) from error
    if not isinstance(raw, dict):
        raise RunError("a promotion is an object", file=path, found=type(raw).__name__)
    return raw
