"""`corrections`: what reviewers of transcripts said should have been said, into corrections/reviewed.jsonl, each
once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from demeanor.dialogue import Dialogue, read_dialogues, read_recorded, recorded_files
from demeanor.errors import DialogueError
from demeanor.improvement.correction import REVIEWED, corrections_of, identity, keep
from demeanor.project import ProjectFolder, RunFolder
from demeanor.runtime.workspace import Workspace


@dataclass
class Reviewed:
    """What was found: transcripts read, corrections taken and known already, all that are there, those that the newest
    agent was not trained on, and in words what could not be taken.
    """

    read: int = 0
    added: int = 0
    known: int = 0
    there: int = 0
    waiting: int = 0
    problems: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def review(space: Workspace, places: Sequence[Path]) -> Reviewed:
    """Take the corrections of some files and folders of transcripts; without any, only count what is there."""
    project, found = space.folder, Reviewed()
    taken = {identity(d) for d in kept(project)}
    new: list[Dialogue] = []

    def unreadable(error: DialogueError) -> None:
        found.problems.append(str(error))

    for dialogue in read_recorded(recorded_files(places), unreadable):
        found.read += 1
        try:
            said = list(corrections_of(dialogue))
        except DialogueError as error:
            unreadable(error)
            continue
        for one in said:
            if identity(one) in taken:
                found.known += 1
            else:
                taken.add(identity(one))
                new.append(one)
    if new:
        keep(project.corrections_path / REVIEWED, new)
    found.added = len(new)
    trained = project.runs("train")
    done = next((run for run in reversed(trained) if run.status == "done"), None)
    found.there, found.waiting = len(taken), len(taken - trained_on(project, done))
    return found


def kept(project: ProjectFolder) -> list[Dialogue]:
    """All corrections of a project."""
    return [d for file in project.correction_files() for d in read_dialogues(file)]


def trained_on(project: ProjectFolder, run: RunFolder | None) -> set[str]:
    """The corrections (by `identity`) that a training run, or one that it goes on from, has learned from."""
    if run is None:
        return set()
    start = run.manifest.get("inputs", {}).get("from")
    return set(run.manifest.get("corrected", ())) | trained_on(project, project.run(start) if start else None)
