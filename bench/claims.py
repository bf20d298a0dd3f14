"""Invented statements of rules on replies to passages: python bench/claims.py FILE [--weights FOLDER]

FILE holds passages with replies that they support, that invent, and that say nothing of rules
(bench/material/reading/claims). For the reader, and for the list of words that it is measured against: how many
supported replies are kept, and how many invented ones caught.
"""

from __future__ import annotations

import argparse
import json
from datetime import date
from pathlib import Path

from demeanor.agent import Agent
from demeanor.evaluation.statistics import rate_interval
from demeanor.reading.claims import Evidence, invented, unsupported, vocabulary
from demeanor.reading.learn.lines import Line, read_lines
from demeanor.reading.learned import WEIGHTS, LearnedReader, Weights


def rate(hits: int, of: int) -> str:
    """ "93% (88 to 96) of 140"."""
    low, high = rate_interval(hits, of)
    return f"{100 * hits / of:.0f}% ({100 * low:.0f} to {100 * high:.0f}) of {of}"


def figures(lines: list[Line], caught: list[bool]) -> dict[str, str]:
    """Of each kind of reply how many are read rightly."""
    kinds = {
        "supported, kept": (frozenset({"claim.made", "claim.supported"}), False),
        "no claim, kept": (frozenset(), False),
        "invented, caught": (frozenset({"claim.made"}), True),
    }
    rows = {}
    for name, (acts, wanted) in kinds.items():
        kind = [c is wanted for line, c in zip(lines, caught, strict=True) if line.acts == acts]
        rows[name] = rate(sum(kind), len(kind)) if kind else "none"
    return rows


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    lines = read_lines([asked.file], {})
    reader = LearnedReader({}, {}, Weights(asked.weights))
    agent, today = Agent("An agent", "You are an agent."), date(2026, 6, 8)
    pages = {line.before for line in lines}
    lexicon = vocabulary(pages)
    listed = [bool(invented(agent, line.text, Evidence((line.before,), True, today), lexicon)) for line in lines]
    heard = [bool(unsupported(reader, line.text, [line.before])) for line in lines]
    both = [a or b for a, b in zip(listed, heard, strict=True)]
    rows = {"rules and lists": listed, "reader": heard, "both": both}
    print(json.dumps({name: figures(lines, caught) for name, caught in rows.items()}, indent=1))


if __name__ == "__main__":
    main()
