"""The figures of a loop as Markdown: python bench/figures.py PROJECT > bench/results/proof.md

Reads what `make proof` (or `make demo`) left in PROJECT: loop.json, the scorecards and the comparisons of its runs.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from demeanor.project import Project

ARMS = ("base", "tuned", "tuned-2")


def cell(measure: Mapping[str, Any] | None) -> str:
    """Share with its interval and count; the mean where a measure is no share."""
    if not measure or measure.get("point") is None:
        return "none"
    if measure.get("k") is None:
        return f"{measure['point']:.1f} (n {measure['n']})"
    share, low, high = (f"{100 * measure[k]:.0f}" for k in ("point", "low", "high"))
    ungraded = f", {measure['ungraded']} ungraded" if measure.get("ungraded") else ""
    return f"{measure['k']} of {measure['n']}, {share}% ({low} to {high}){ungraded}"


def main(folder: str) -> None:
    """Print the tables of the project in `folder`."""
    project = Project.find(Path(folder))
    state = json.loads((project.root / "loop.json").read_text(encoding="utf-8"))
    cards = [project.run(state[arm]).read_json("scorecard.json") for arm in ARMS if arm in state]
    print("| measure | " + " | ".join(card["arm"] for card in cards) + " |")
    print("|---" * (len(cards) + 1) + "|")
    for name, measure in cards[0]["measures"].items():
        print(f"| {measure['label']} | " + " | ".join(cell(card["measures"].get(name)) for card in cards) + " |")
    print("| Seconds | " + " | ".join(f"{card['seconds']:.0f}" for card in cards) + " |")
    for name, dummy in cards[0]["reference_agents"].items():
        print(f"\n{name.capitalize()} on the same scenarios: {cell(dummy['task_success'])} tasks.")
    for step in ("compare", "compare-2"):
        if step in state:
            print(f"\n{project.run(state[step]).read_json('comparison.json')['sentence']}")
    print("\n| training | dialogues | updates | seconds | estimated | held-back loss | general text |")
    print("|---|---|---|---|---|---|---|")
    for step in ("train", "train-2"):
        if step not in state:
            continue
        run = project.run(state[step])
        done, read = run.read_json("summary.json"), run.manifest["dialogues"]["trained"]
        ends = [f"{curve[0][1]:.3f} -> {curve[-1][1]:.3f}" for curve in done["watched"].values()]
        row = [run.manifest["label"], read, done["steps"], f"{done['seconds']:.0f}", f"{done['estimated_seconds']:.0f}"]
        print(f"| {' | '.join(map(str, [*row, *ends]))} |")


if __name__ == "__main__":
    main(sys.argv[1])
