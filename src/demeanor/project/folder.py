"""The user's folder: agent.yaml, every other place by its one fixed name, and the runs that commands leave there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demeanor.errors import ConfigError, RunError
from demeanor.project.files import hash_tree, make_folder
from demeanor.project.packages import hash_file
from demeanor.project.promotion import Promotions
from demeanor.project.run import MANIFEST, RunFolder

AGENT_FILE = "agent.yaml"
READ = (".jsonl", ".md")
"""Files of dialogues end so."""


@dataclass(frozen=True)
class ProjectFolder:
    """The user's folder. `root` is absolute."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> ProjectFolder:
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

    def dialogue_files(self) -> list[Path]:
        """The files of dialogues, in order, those in sub-folders too: JSONL, and pages that people write."""
        return [path for path in self._in_dialogues() if path.suffix in READ]

    @property
    def corrections_path(self) -> Path:
        """What people said should have been said."""
        return self.root / "corrections"

    def correction_files(self) -> list[Path]:
        """The files of corrections, in order."""
        return sorted(self.corrections_path.glob("*.jsonl"))

    def unread_files(self) -> list[Path]:
        """What else lies there, and nobody reads."""
        return [path for path in self._in_dialogues() if path.suffix not in READ]

    def _in_dialogues(self) -> Iterator[Path]:
        for path in sorted(self.dialogues_path.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(self.dialogues_path).parts)
            if path.is_file() and not hidden:
                yield path

    @property
    def wording_path(self) -> Path:
        return self.root / "wording"

    @property
    def reading_path(self) -> Path:
        """Lines of the project's own, from which the reader learns what it hears wrongly."""
        return self.root / "reading"

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
    ) -> RunFolder:
        """A fresh run folder, to be used as `with project.new_run(...) as run:`.

        `inputs` is what the result depends on, name -> hash or value; `parents` are ids of the runs it
        builds on.

        Raises:
            RunError: the folder cannot be made.
        """
        at = now or datetime.now(UTC)
        digest = hash_inputs(inputs)
        stem = f"{at.astimezone(UTC):%Y%m%d-%H%M%S}-{command}-{digest}"
        path = make_folder(self.runs_path, stem)
        manifest: dict[str, Any] = {"id": path.name, "command": command, "inputs": dict(inputs)}
        manifest |= {"inputs_hash": digest, "parents": list(parents), "seeds": dict(seeds or {})}
        return RunFolder(path, manifest)

    def runs(self, command: str | None = None) -> list[RunFolder]:
        """All runs, oldest first; of one command if named."""
        if not self.runs_path.is_dir():
            return []
        folders = sorted(path.parent for path in self.runs_path.glob(f"*/{MANIFEST}"))
        found = [RunFolder.open(path) for path in folders]
        return [run for run in found if command in (None, run.manifest.get("command"))]

    def run(self, name: str) -> RunFolder:
        """One run: by id, by a prefix that only one id has, "latest", "latest:<command>", or "promoted".

        "latest" is the newest run that is done: an unfinished one is named by its id.

        Raises:
            RunError: none or several are meant; near ids are suggested.
        """
        if name == "latest" or name.startswith("latest:"):
            return self._latest(name.partition(":")[2] or None)
        if name == "promoted":
            return self._promoted()
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

    def _promoted(self) -> RunFolder:
        record = Promotions(self.root).current()
        if record is None:
            raise RunError("no agent is promoted yet", file=self.root, fix="demeanor promote latest")
        return RunFolder.open(self.runs_path / record.run)

    def _latest(self, command: str | None) -> RunFolder:
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

    def find_unfinished(self, command: str, inputs_hash: str) -> RunFolder | None:
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
