"""The reference agent beside today's code: python bench/reference.py INTO [--limit N] [--database URL] [--ids FILE]

bench/reference/ holds the adapter of a BookEase agent (first round of `make proof`, in bf16) and its exam's
transcripts. Here the template of today is copied to INTO, the adapter put beside it as a finished training run, and
the exam sat in fp32 by OpenVINO, so that nothing but the code differs from the kept run. What is printed, as one JSON
object: tasks done then and now with the paired difference, the scenarios whose verdict changed, and how many
conversations are the same word for word. With --ids every prompt and reply is kept in token ids, for a `diff` of two
runs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from demeanor.commands.evaluating import evaluate
from demeanor.evaluation.statistics import paired_difference
from demeanor.models.model import Answer, Completion, Model, Request, converse
from demeanor.models.openvino import load_openvino
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.arm import load_arm
from demeanor.runtime.workspace import Workspace

KEPT = Path(__file__).parent / "reference"


def make_project(into: Path) -> tuple[ProjectFolder, str]:
    """BookEase with the reference adapter as its only run; the run's id."""
    copy_template("hotel", into)
    project = ProjectFolder.find(into)
    with project.new_run("train", {"from": "bench/reference"}) as run:
        shutil.copytree(KEPT / "adapter", run.path / "adapter")
        shutil.copytree(KEPT / "frozen", run.path / "frozen")
        run.note("label", "reference")
    return project, run.id


def transcripts(file: Path) -> dict[str, dict[str, Any]]:
    """Scenario -> trial."""
    data = file.read_bytes()
    lines = (gzip.decompress(data) if file.suffix == ".gz" else data).decode().splitlines()
    return {trial["scenario"]: trial for trial in map(json.loads, lines)}


class Recorded:
    """A model whose prompts and replies are written down, one JSON line each, by conversation and turn."""

    def __init__(self, model: Model, to: Path) -> None:
        self._model, self._to, self._lines = model, to, list[tuple[str, int, str]]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def converse(self, requests: Sequence[Request], answer: Answer, **how: Any) -> None:
        def heard(request: Request, reply: Completion) -> Request | None:
            ids = {"conversation": request.conversation, "prompt": [*request.ids], "reply": [*reply.ids]}
            self._lines.append((request.conversation, len(request.ids), json.dumps(ids)))
            return answer(request, reply)

        converse(self._model, requests, heard, **how)
        self._to.write_text("".join(f"{line}\n" for *_, line in sorted(self._lines)), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("into", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--database", help="URL of a server on which the worlds are made; SQLite in memory without it")
    parser.add_argument("--ids", type=Path, help="where the token ids of every prompt and reply are written")
    asked = parser.parse_args()
    project, run = make_project(asked.into)
    space = Workspace.load(project)
    space = replace(space, database=asked.database) if asked.database else space
    arm = load_arm(space, run, engine="openvino")
    model = load_openvino(space.agent.base_model, adapter=project.run(run).path / "adapter", precision="fp32")

    def told(done: int, of: int, words: str) -> None:
        if done % 25 == 0:
            sys.stderr.write(f"{done} of {of}, {words}\n")

    arm = replace(arm, model=Recorded(model, asked.ids) if asked.ids else model)
    found = evaluate(space, run, "exam", arm=arm, limit=asked.limit, on_progress=told)
    print(json.dumps(compared(transcripts(found.run.path / "trials.jsonl")), indent=1))


def compared(now: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Today's trials beside the kept ones."""
    kept = transcripts(KEPT / "exam.jsonl.gz")
    both = [name for name in now if name in kept]
    graded = [n for n in both if now[n]["task"] is not None and kept[n]["task"] is not None]
    then, today = ([float(bool(trials[n]["task"])) for n in graded] for trials in (kept, now))
    found = paired_difference(today, then, seed=0)
    said = {name: [m["content"] for m in now[name]["messages"]] for name in both}
    return {
        "scenarios": len(both),
        "tasks": {"then": sum(then), "now": sum(today), "of": len(graded)},
        "difference": [None if x is None else round(x, 4) for x in (found.delta, found.low, found.high)],
        "verdicts that changed": [n for n in both if now[n]["task"] != kept[n]["task"]],
        "word for word": sum(said[n] == [m["content"] for m in kept[n]["messages"]] for n in both),
    }


if __name__ == "__main__":
    main()
