"""The reference agent's transcripts, judged by today's code: python bench/rejudge.py INTO.json

Acts, faults and verdicts of every scenario of bench/reference/exam.jsonl.gz, or why it cannot be replayed.
Run it at two commits (`PYTHONPATH=src` in a worktree of each) and compare the files.
"""

from __future__ import annotations

import gzip
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.record import from_json
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario.scenariofile import load_scenarios

KEPT = Path(__file__).parent / "reference" / "exam.jsonl.gz"


def main() -> None:
    """Write one JSON object: scenario -> what it comes to."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder, gzip.open(KEPT, "rt", encoding="utf-8") as kept:
        hotel = Path(folder) / "hotel"
        copy_template("hotel", hotel)
        space = Workspace.load(ProjectFolder.find(hotel))
        evaluator = Evaluator(space)
        scenarios = {s.id: s for s in load_scenarios(hotel / "scenarios" / "exam", space.agent)}
        for raw in map(json.loads, kept):
            trial, why = judge_again(evaluator, scenarios[raw["scenario"]], from_json(raw))
            if trial is None:
                found[raw["scenario"]] = why
                continue
            v = trial.verdicts
            verdicts = [v.task, v.order, v.asked_again, v.invented, v.voice, v.arguments, v.answers]
            acts = {str(index): list(acts) for index, acts in trial.episode.acts.items()}
            found[raw["scenario"]] = [verdicts, acts, {str(index): faults for index, faults in v.faults.items()}]
    Path(sys.argv[1]).write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
