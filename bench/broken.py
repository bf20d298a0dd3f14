"""Broken agents through the judge: python bench/broken.py [--times 3] [--words FILE]

Each agent is the flow with one planted fault a conversation (tests/broken_agents.py, worded in
tests/data/broken.yaml). For each: in how many struck trials its own measure shows it (wanted: 95% at least), and
the unrelated measure that blames it most often (5% at most). The honest agent comes last. One JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import yaml

from broken_agents import CAUGHT, PLANTED, WORDS, Planted, caught, drawn, shown
from conftest import load_hotel
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.statistics import rate_interval
from policy_model import play


def figures(evaluator: Evaluator, planted: Planted, times: int) -> dict[str, Any]:
    """What the measures say of one broken agent."""
    struck = shown(evaluator, planted, times)
    own = sum(planted.own in names for names in struck)
    low, high = rate_interval(own, len(struck))
    blame = {n: sum(n in names for names in struck) for n in CAUGHT if n not in (planted.own, *planted.related)}
    worst = max(blame, key=lambda n: blame[n])
    return {
        "agent": planted.spoil.__name__,
        "measure": planted.own,
        "caught": own,
        "struck": len(struck),
        "interval": [round(low, 3), round(high, 3)],
        "unrelated": {"measure": worst, "blamed": blame[worst]},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=3, help="as many scenarios as the test has")
    parser.add_argument("--words", type=Path, help="other wordings, such as tests/data/broken-unseen.yaml")
    given = parser.parse_args()
    times: int = given.times
    if given.words:
        WORDS.update(yaml.safe_load(given.words.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        evaluator = Evaluator(load_hotel(Path(folder) / "hotel"))
        for planted in PLANTED:
            print(json.dumps(figures(evaluator, planted, times)), flush=True)
        habits = sorted({h for planted in PLANTED for h in planted.habits})
        trials, _ = play(evaluator, drawn(evaluator.space, habits, 80 * times))
        blamed = [t.scenario.id for t in trials if caught(t.verdicts)]
        print(json.dumps({"agent": "honest", "trials": len(trials), "blamed": len(blamed), "scenarios": blamed[:10]}))


if __name__ == "__main__":
    main()
