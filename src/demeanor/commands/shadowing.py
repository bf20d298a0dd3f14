"""`shadow`: shadow.jsonl, shadow.json."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from demeanor.commands.common import OnProgress, quiet
from demeanor.dialogue import read_recorded, recorded_files
from demeanor.errors import ConfigError
from demeanor.improvement.shadow import Comparison, Shadowed, shadow
from demeanor.project import ProjectFolder, RunFolder
from demeanor.reading.own import project_reader
from demeanor.reading.reader import Reader
from demeanor.runtime.arm import Arm
from demeanor.runtime.workspace import Workspace

CHAT = "*-chat-*/transcripts.jsonl"


def transcripts(project: ProjectFolder, places: Sequence[Path]) -> list[Path]:
    """The files of transcripts: those of some folders, or those that the project's own chats left.

    Raises:
        ConfigError: there are none.
    """
    files = recorded_files(places) if places else sorted(project.runs_path.glob(CHAT))
    if not files:
        fix = "name a folder of JSONL files, or talk to the agent: demeanor chat latest"
        raise ConfigError("no transcripts", file=places[0] if places else project.runs_path, fix=fix)
    return files


def shadow_run(
    space: Workspace,
    arm: Arm,
    places: Sequence[Path],
    *,
    limit: int | None = None,
    on_progress: OnProgress = quiet,
) -> tuple[RunFolder, Comparison, list[Shadowed]]:
    """Let an arm answer recorded conversations in the shadow: nothing it writes is carried out.

    Returns:
        The run, the counts, and the first messages that differ.
    """
    files = transcripts(space.folder, places)
    inputs = {**space.folder.hash_inputs(*files), **{f"arm.{k}": v for k, v in arm.fingerprint.items()}}
    with space.folder.new_run("shadow", inputs, parents=[arm.run] if arm.run else []) as run:
        examples: list[Shadowed] = []
        done = 0

        def on_message(one: Shadowed) -> None:
            nonlocal done
            done += 1
            run.append_jsonl("shadow.jsonl", one.to_json())
            if one.differs and len(examples) < EXAMPLES:
                examples.append(one)
            on_progress(done, done, f"{one.dialogue}")

        read = read_recorded(files, lambda error: run.note_dropped("transcript", str(error.file), error.message))
        found = shadow(space.agent, _reader(space), islice(read, limit), arm.model, arm.renderer, on_message=on_message)
        counts = {"dialogues": found.dialogues, "messages": found.messages, "differing": found.differing}
        figures = {name: figure.to_json() for name, figure in found.figures.items()}
        run.write_json("shadow.json", {**counts, "lost": found.lost, "seconds": found.seconds, "figures": figures})
    return run, found, examples


def _reader(space: Workspace) -> Reader:
    """Knows the tools by their names alone: what describes them is not loaded."""
    tools = {tool: "" for flow in space.agent.flows.values() for tool in flow.tools()}
    return project_reader(space.agent.slots, tools, space.folder.reading_path)


EXAMPLES = 5
