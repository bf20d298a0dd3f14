"""The figures of a loop as Markdown: python bench/figures.py PROJECT > bench/results/proof.md

Reads what `make proof` (or `make demo`) left in PROJECT: loop.json, the scorecards and the comparisons of its runs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from demeanor import Figure, Project

ARMS = ("base", "tuned", "tuned-2")


def cell(figure: Figure | None) -> str:
    """Share with its interval and count; the mean where a measure is no share."""
    if figure is None or figure.point is None:
        return "none"
    if figure.k is None:
        return f"{figure.point:.1f} (n {figure.n})"
    share, low, high = (f"{100 * (part or 0):.0f}" for part in (figure.point, figure.low, figure.high))
    ungraded = f", {figure.ungraded} ungraded" if figure.ungraded else ""
    return f"{figure.k} of {figure.n}, {share}% ({low} to {high}){ungraded}"


def main(folder: str) -> None:
    """Print the tables of the project in `folder`."""
    project = Project.open(Path(folder))
    state = json.loads((project.path / "loop.json").read_text(encoding="utf-8"))
    cards = [project.run(state[arm]).scorecard for arm in ARMS if arm in state]
    print("| measure | " + " | ".join(card.arm for card in cards) + " |")
    print("|---" * (len(cards) + 1) + "|")
    for name, figure in cards[0].measures.items():
        print(f"| {figure.measure.label} | " + " | ".join(cell(card.measures.get(name)) for card in cards) + " |")
    print("| Seconds | " + " | ".join(f"{card.seconds or 0:.0f}" for card in cards) + " |")
    for name, dummy in cards[0].reference_agents.items():
        print(f"\n{name.capitalize()} on the same scenarios: {cell(dummy['task_success'])} tasks.")
    for step in ("compare", "compare-2"):
        if step in state:
            print(f"\n{project.run(state[step]).comparison.sentence}")
    print("\n| training | dialogues | updates | seconds | estimated | held-back loss | general text |")
    print("|---|---|---|---|---|---|---|")
    for step in ("train", "train-2"):
        if step not in state:
            continue
        run = project.run(state[step]).folder
        done, read = run.read_json("summary.json"), run.manifest["dialogues"]["trained"]
        ends = [f"{curve[0][1]:.3f} -> {curve[-1][1]:.3f}" for curve in done["watched"].values()]
        row = [run.manifest["label"], read, done["steps"], f"{done['seconds']:.0f}", f"{done['estimated_seconds']:.0f}"]
        print(f"| {' | '.join(map(str, [*row, *ends]))} |")


if __name__ == "__main__":
    main(sys.argv[1])
