"""Two evaluations over the scenarios that both have: python bench/pairs.py PROJECT RUN RUN

`demeanor compare` wants both on the same scenarios. Here a pool may have grown between them: measures are paired over
what is common (second minus first), and the transcripts that are the same, word for word, are counted.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from demeanor import Project, Run
from demeanor.evaluation.statistics import paired_difference


def said(run: Run) -> dict[str, Any]:
    """Scenario -> everything that was said and called in its conversation."""
    wanted = ("role", "content", "tool_calls")
    return {
        record["scenario"]: [[message.get(part) for part in wanted] for message in record["messages"]]
        for record in run.folder.read_jsonl("trials.jsonl")
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("project", "first", "second"):
        parser.add_argument(name)
    given = parser.parse_args()
    project = Project.open(Path(given.project))
    runs = [project.run(name) for name in (given.first, given.second)]
    first, second = (run.scorecard.by_scenario for run in runs)
    for measure in sorted({name for shares in first.values() for name in shares}):
        both = [s for s in sorted(first) if measure in first[s] and measure in second.get(s, {})]
        if both:
            found = paired_difference([second[s][measure] for s in both], [first[s][measure] for s in both], 0)
            print(json.dumps({"measure": measure, **found._asdict()}))
    before, after = map(said, runs)
    common = [s for s in before if s in after]
    print(json.dumps({"same_transcripts": sum(before[s] == after[s] for s in common), "of": len(common)}))


if __name__ == "__main__":
    main()
