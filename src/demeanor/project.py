"""The user's folder and what commands leave in it.

A project is a folder with an agent.yaml; every other place in it has one fixed name. Every command that
produces something makes one run, `runs/<UTC time>-<command>-<hash of inputs>/`, whose manifest.json says
what was asked, from what, with which versions, how it ended and what was dropped. Files appear whole or not
at all: they are written beside their place and renamed into it.

A run that was killed cannot write how it ended. So a running run holds a lock that the system lets go with
the process: a manifest that says "running" while nobody holds the lock is an interrupted run, which can be
taken up again.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.metadata
import importlib.resources
import json
import os
import platform
import re
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from demeanor import __version__
from demeanor.errors import ConfigError, RunError
from demeanor.packages import hash_file as hash_file

try:
    import fcntl
except ImportError:  # Windows: a killed run keeps saying "running" there
    fcntl = None  # type: ignore[assignment]

AGENT_FILE = "agent.yaml"
MANIFEST = "manifest.json"
STATUSES = ("running", "done", "failed", "interrupted")


# --- files
# ----------------------------------------------------------------------------------------------------------


def write_atomic(path: Path, text: str | bytes) -> None:
    """Write a file so that it is there whole or, on any failure, stays as it was. Missing parents are made.

    Raises:
        RunError: the disk is full, or the place cannot be written; names the path and what to do.
    """
    data = text.encode("utf-8") if isinstance(text, str) else text
    beside = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with beside.open("xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with suppress(OSError):  # only still there when something failed, Ctrl-C included
            beside.unlink(missing_ok=True)


def _cannot_write(path: Path, error: OSError) -> RunError:
    full = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    fix = "check that the folder exists and may be written to"
    if error.errno in full:
        fix = f"free space on the disk that holds {path.parent}, then run the same command again"
    return RunError(f"cannot write: {error.strerror or error}", file=path, fix=fix)


def hash_tree(folder: Path) -> str:
    """One sha256 (hex) over the names and contents of all files below `folder`; hidden and cached files
    left out.

    Raises:
        RunError: there is no such folder.
    """
    if not folder.is_dir():
        raise RunError("no such folder", file=folder)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(_is_byproduct(part) for part in name.parts):
            digest.update(f"{name.as_posix()}\0{hash_file(path)}\n".encode())
    return digest.hexdigest()


def _is_byproduct(name: str) -> bool:
    return name.startswith(".") or name == "__pycache__" or name.endswith(".pyc")


# --- the project's folder
# --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Project:
    """The user's folder. `root` is absolute."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """The nearest folder with an agent.yaml, from `start` (default: here) upwards.

        Raises:
            ConfigError: there is none.
        """
        here = (start or Path.cwd()).absolute()
        for folder in (here, *here.parents):
            if (folder / AGENT_FILE).is_file():
                return cls(folder)
        raise ConfigError(
            f"no {AGENT_FILE} here or in any folder above",
            file=here,
            fix="demeanor init <folder>, or change to your project's folder",
        )

    @property
    def agent_path(self) -> Path:
        return self.root / AGENT_FILE

    @property
    def tools_path(self) -> Path:
        return self.root / "tools.py"

    @property
    def schema_path(self) -> Path:
        return self.root / "world" / "schema.sql"

    @property
    def seed_path(self) -> Path:
        return self.root / "world" / "seed.sql"

    @property
    def knowledge_path(self) -> Path:
        return self.root / "knowledge"

    @property
    def dialogues_path(self) -> Path:
        return self.root / "dialogues"

    @property
    def wording_path(self) -> Path:
        return self.root / "wording"

    @property
    def scenarios_path(self) -> Path:
        return self.root / "scenarios"

    @property
    def runs_path(self) -> Path:
        return self.root / "runs"

    def hash_inputs(self, *paths: Path) -> dict[str, str]:
        """Name in the project -> sha256, for files and folders; what is not there is named as "absent"."""
        found: dict[str, str] = {}
        for path in paths:
            name = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
            if path.is_dir():
                found[name] = hash_tree(path)
            else:
                found[name] = hash_file(path) if path.is_file() else "absent"
        return found

    def new_run(
        self,
        command: str,
        inputs: Mapping[str, str],
        *,
        parents: Sequence[str] = (),
        seeds: Mapping[str, int] | None = None,
        now: datetime | None = None,
    ) -> Run:
        """A fresh run folder, to be used as `with project.new_run(...) as run:`.

        `inputs` is what the result depends on, name -> hash or value; `parents` are ids of the runs it
        builds on.

        Raises:
            RunError: the folder cannot be made.
        """
        at = now or datetime.now(UTC)
        digest = hash_inputs(inputs)
        stem = f"{at.astimezone(UTC):%Y%m%d-%H%M%S}-{command}-{digest}"
        path = _make_folder(self.runs_path, stem)
        manifest: dict[str, Any] = {"id": path.name, "command": command, "inputs": dict(inputs)}
        manifest |= {"inputs_hash": digest, "parents": list(parents), "seeds": dict(seeds or {})}
        return Run(path, manifest)

    def runs(self, command: str | None = None) -> list[Run]:
        """All runs, oldest first; of one command if named."""
        if not self.runs_path.is_dir():
            return []
        folders = sorted(path.parent for path in self.runs_path.glob(f"*/{MANIFEST}"))
        found = [Run.open(path) for path in folders]
        return [run for run in found if command in (None, run.manifest.get("command"))]

    def run(self, name: str) -> Run:
        """One run: by id, by a prefix that only one id has, "latest", or "latest:<command>".

        "latest" is the newest run that is done: an unfinished one is named by its id.

        Raises:
            RunError: none or several are meant; near ids are suggested.
        """
        if name == "latest" or name.startswith("latest:"):
            return self._latest(name.partition(":")[2] or None)
        found = self.runs()
        for run in found:
            if run.id == name:
                return run
        meant = [run for run in found if name and run.id.startswith(name)]
        if len(meant) == 1:
            return meant[0]
        if meant:
            raise RunError("several runs begin so", found=name, allowed=[run.id for run in meant])
        raise RunError("no such run", file=self.runs_path, found=name, allowed=[run.id for run in found[-10:]])

    def _latest(self, command: str | None) -> Run:
        what = f"{command} run" if command else "run"
        found = self.runs(command)
        done = [run for run in found if run.status == "done"]
        if done:
            return done[-1]
        if found:
            last = found[-1]
            raise RunError(f"no {what} is done yet", file=last.path, found=f"{last.id}: {last.status}")
        commands = sorted({str(run.manifest.get("command")) for run in self.runs()})
        raise RunError(
            f"there is no {what} yet",
            file=self.runs_path,
            found=command,
            allowed=commands or None,
            fix=f"demeanor {command}" if command and not commands else None,
        )

    def find_unfinished(self, command: str, inputs_hash: str) -> Run | None:
        """The newest run of this command on the same inputs that was interrupted or failed: enter it to go
        on.
        """
        for run in reversed(self.runs(command)):
            if run.manifest.get("inputs_hash") == inputs_hash and run.status in ("interrupted", "failed"):
                return run
        return None


def hash_inputs(inputs: Mapping[str, str]) -> str:
    """The short hash (8 hex) of a run's inputs that stands in its id; the order of the names does not
    matter.
    """
    return hashlib.sha256(json.dumps(dict(inputs), sort_keys=True).encode()).hexdigest()[:8]


def _make_folder(parent: Path, stem: str) -> Path:
    """A new folder `stem` in `parent`; `stem-2` and so on when two runs start within a second."""
    for name in (stem, *(f"{stem}-{k}" for k in range(2, 1000))):
        try:
            (parent / name).mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise _cannot_write(parent / name, error) from error
        return parent / name
    raise RunError("too many runs within one second", file=parent / stem)


# --- one run
# ---------------------------------------------------------------------------------------------------------


class Run:
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
    def open(cls, path: Path) -> Run:
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
                _cut_half_line(path)
                self._mended.add(path)
            with path.open("ab", buffering=0) as stream:
                _append_whole(stream, line)
        except OSError as error:
            raise _cannot_write(path, error) from error

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
            raise _cannot_write(self.path / ".lock", error) from error
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


def _cut_half_line(path: Path) -> None:
    """A process that was killed may have left half a last line: cut it off before a new one is joined to
    it.
    """
    if not path.is_file():
        return
    data = path.read_bytes()
    if data and not data.endswith(b"\n"):
        os.truncate(path, data.rfind(b"\n") + 1)


def _append_whole(stream: IO[bytes], line: bytes) -> None:
    """Append all of `line` or, when the disk fills up in its middle, take back what was written."""
    before = os.fstat(stream.fileno()).st_size
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(stream.fileno(), rest) :]
    except BaseException:
        os.ftruncate(stream.fileno(), before)
        raise


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


# --- templates
# -------------------------------------------------------------------------------------------------------


def templates() -> list[str]:
    """Names of the project templates that come with the package."""
    folder = importlib.resources.files("demeanor") / "templates"
    if not folder.is_dir():
        return []
    return sorted(child.name for child in folder.iterdir() if child.is_dir() and not _is_byproduct(child.name))


def copy_template(template: str, target: Path) -> None:
    """Copy a template to `target`, which must be new, or empty but for hidden files.

    Everything is copied beside its place first, so a failure leaves nothing behind.

    Raises:
        ConfigError: no such template, or the target is in use.
        RunError: the target cannot be written.
    """
    if template not in templates():
        raise ConfigError("no such template", field="template", found=template, allowed=templates())
    source = importlib.resources.files("demeanor") / "templates" / template
    _refuse_if_used(target, source)
    beside = (target if target.is_dir() else target.absolute().parent) / f".new-{secrets.token_hex(4)}"
    try:
        beside.parent.mkdir(parents=True, exist_ok=True)
        _copy_tree(source, beside)
        if target.is_dir():  # may be the shell's own folder, so it is filled and not replaced
            for child in sorted(beside.iterdir()):
                child.rename(target / child.name)
        else:
            beside.rename(target)
    except OSError as error:
        raise _cannot_write(target, error) from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _refuse_if_used(target: Path, source: Traversable) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise ConfigError("there is a file of this name", file=target, fix="choose another folder")
    coming = {child.name for child in source.iterdir()}
    used = sorted(c.name for c in target.iterdir() if not c.name.startswith(".") or c.name in coming)
    if used:
        raise ConfigError(
            "the folder is not empty",
            file=target,
            found=", ".join(used[:5]) + (", ..." if len(used) > 5 else ""),
            fix="choose a new folder; nothing was changed",
        )


def _copy_tree(source: Traversable, target: Path) -> None:
    """Copy what may lie in a folder or inside an archive."""
    target.mkdir()
    for child in source.iterdir():
        if child.name == "__pycache__" or child.name.endswith(".pyc"):
            continue
        if child.is_dir():
            _copy_tree(child, target / child.name)
        else:
            (target / child.name).write_bytes(child.read_bytes())
