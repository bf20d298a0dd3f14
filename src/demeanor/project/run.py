"""One run: the folder `runs/<UTC time>-<command>-<hash of inputs>/` that a command makes, with its manifest.json.

The manifest says what was asked, from what, with which versions, how it ended and what was dropped. A run that was
killed cannot write how it ended. So a running run holds a lock that the system lets go with the process: a manifest
that says "running" while nobody holds the lock is an interrupted run, which can be taken up again.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from demeanor.errors import RunError
from demeanor.project.files import append_whole, cannot_write, cut_half_line, write_atomic
from demeanor.version import __version__

try:
    import fcntl
except ImportError:  # Windows: a killed run keeps saying "running" there
    fcntl = None  # type: ignore[assignment]

MANIFEST = "manifest.json"


class RunFolder:
    """One command's folder, and the context in which the command works.

    Entering writes the manifest (status "running"); leaving writes how it ended: done, failed with the
    error's text, or interrupted (Ctrl-C). An unfinished run may be entered again; its durations add up.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._lock: IO[bytes] | None = None
        self._began = 0.0
        self._mended: set[Path] = set()

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """A run that is on disk.

        Raises:
            RunError: it has no manifest, or one that cannot be read.
        """
        run = cls(path, {})
        manifest = run.read_json(MANIFEST)
        if not isinstance(manifest, dict):
            raise RunError("a manifest is an object", file=path / MANIFEST, found=type(manifest).__name__)
        run.manifest = manifest
        return run

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def status(self) -> str:
        """running | done | failed | interrupted; a run whose process has gone is interrupted."""
        said = str(self.manifest.get("status", "running"))
        if said == "running" and self._lock is None and fcntl is not None and not self._is_locked():
            return "interrupted"
        return said

    # --- the context

    def __enter__(self) -> Self:
        self._take_lock()
        now = _utc()
        if "started" in self.manifest:
            self.manifest.setdefault("resumed", []).append(now)
        else:
            self.manifest["started"] = now
        self.manifest.pop("error", None)
        self.manifest |= {
            "status": "running",
            "command_line": list(sys.argv),
            "versions": package_versions(),
            "host": {
                "cpus": os.cpu_count(),
                "platform": platform.platform(),
                "python": platform.python_version(),
            },
        }
        for name, empty in (("durations", {}), ("dropped", [])):
            self.manifest.setdefault(name, empty)
        self._dropped = {tuple(sorted(entry.items())) for entry in self.manifest["dropped"]}
        self._began = time.monotonic()
        try:
            self._save()
        except BaseException:
            self._release_lock()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.manifest["status"] = _ending(error)
        if self.manifest["status"] == "failed":
            self.manifest["error"] = f"{type(error).__name__}: {error}"
        self._add_duration("total", time.monotonic() - self._began)
        self.manifest["ended"] = _utc()
        try:
            self._save()
        except RunError as unsaved:
            if error is None:
                raise
            error.add_note(f"(and the manifest could not be written: {unsaved.message})")
        finally:
            self._release_lock()

    # --- what a command writes

    def write_json(self, name: str, obj: Any) -> Path:
        """Write `obj` as JSON; returns the path. Paths and dates become text."""
        return self.write_text(name, json.dumps(obj, ensure_ascii=False, indent=1, default=str) + "\n")

    def write_text(self, name: str, text: str) -> Path:
        write_atomic(self.path / name, text)
        return self.path / name

    def append_jsonl(self, name: str, obj: Any) -> None:
        """Add one line to a JSONL file: the whole line, or (disk full) nothing of it.

        Raises:
            RunError: it cannot be written.
        """
        path = self.path / name
        line = json.dumps(obj, ensure_ascii=False, default=str).encode() + b"\n"
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path not in self._mended:
                cut_half_line(path)
                self._mended.add(path)
            with path.open("ab", buffering=0) as stream:
                append_whole(stream, line)
        except OSError as error:
            raise cannot_write(path, error) from error

    def read_json(self, name: str) -> Any:
        """A JSON file of this run.

        Raises:
            RunError: it is missing or not JSON.
        """
        path = self.path / name
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise RunError(f"this run has no {name}", file=self.path) from error
        except (OSError, ValueError) as error:
            raise RunError(f"cannot be read: {error}", file=path, fix="run the command again") from error

    def read_jsonl(self, name: str) -> Iterator[Any]:
        """The whole lines of a JSONL file of this run, in order; a half line that a killed process left is
        not one.

        Raises:
            RunError: a whole line is not JSON.
        """
        path = self.path / name
        if not path.is_file():
            return
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.endswith(b"\n"):
                    try:
                        yield json.loads(line)
                    except ValueError as error:
                        raise RunError(f"not JSON: {error}", file=path, line=number) from error

    def note(self, name: str, value: Any) -> None:
        """Put one more fact into the manifest (a device, a count), at once."""
        self.manifest[name] = value
        self._save()

    def note_dropped(self, what: str, id: str, reason: str) -> None:
        """Remember that something was left out; the manifest lists each thing once, when the run ends.

        A killed run loses the list, but it is unfinished then and notes them again when it is taken up.
        """
        entry = {"what": what, "id": id, "reason": reason}
        key = tuple(sorted(entry.items()))
        if key not in self._dropped:
            self._dropped.add(key)
            self.manifest["dropped"].append(entry)

    @contextmanager
    def timed(self, name: str) -> Iterator[None]:
        """Adds the seconds that the block takes to the manifest's durations, under `name`."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._add_duration(name, time.monotonic() - began)

    # --- inside

    def _add_duration(self, name: str, seconds: float) -> None:
        durations = self.manifest.setdefault("durations", {})
        durations[name] = round(durations.get(name, 0.0) + seconds, 3)

    def _save(self) -> None:
        self.write_json(MANIFEST, self.manifest)

    def _take_lock(self) -> None:
        """Hold the run's lock while the process lives.

        Raises:
            RunError: another process works on this run.
        """
        if self._lock is not None:
            raise RunError("this run is already entered", file=self.path)
        try:
            stream = (self.path / ".lock").open("ab")
        except OSError as error:
            raise cannot_write(self.path / ".lock", error) from error
        if fcntl is not None:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                stream.close()
                raise RunError(
                    "another process is working on this run", file=self.path, fix="wait for it, or stop it"
                ) from error
        self._lock = stream

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _is_locked(self) -> bool:
        try:
            with (self.path / ".lock").open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False


def _ending(error: BaseException | None) -> str:
    if error is None or (isinstance(error, SystemExit) and not error.code):
        return "done"
    return "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"


def _utc() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def package_versions() -> dict[str, str]:
    """Versions of this package and of everything it names as a requirement, as far as installed; imports
    nothing.
    """
    found = {"demeanor": __version__}
    try:
        required = importlib.metadata.requires("demeanor") or []
    except importlib.metadata.PackageNotFoundError:
        required = []
    for line in required:
        name = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
