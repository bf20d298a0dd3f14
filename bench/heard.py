"""What an agent's message does, by the lists that were, and by the reader: python bench/heard.py FOLDER

FOLDER as for bench/reading.py. On the nine labels that flows know: how many of those found are there, and how many of
those owed are found.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from baseline import agent_of
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.learn.lines import read_lines, read_trades
from demeanor.reading.learned import LearnedReader
from lists.acts import detect
from reading import rate

KNOWN = {"ask", "confirm", "invite", "defer", "handoff", "refuse", "apologise", "close", "more"}


def labels(acts: tuple[str, ...]) -> set[str]:
    """The acts of a flow as labels of lines."""
    kinds = {act.partition(":")[0] for act in acts}
    return {"more" if kind == "anything_else" else kind for kind in kinds} & KNOWN


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    trades = read_trades(sorted(folder.glob("*trades.yaml")))
    known = {name: (agent_of(trade), LearnedReader(trade.slots, trade.tools)) for name, trade in trades.items()}
    said, right, owed = Counter[str](), Counter[str](), 0
    for line in read_lines(sorted(folder.glob("*-agent.jsonl")), trades):
        agent, reader = known[line.trade]
        turn, wanted = Turn(line.before), {act.partition(".")[2] for act in line.acts} & KNOWN
        found = {
            "lists": labels(detect(agent, line.text).acts),
            "reader": labels(acts_of(agent, reader, line.text, turn)),
        }
        said.update({name: len(acts) for name, acts in found.items()})
        right.update({name: len(acts & wanted) for name, acts in found.items()})
        owed += len(wanted)
    rows = {name: {"right": rate(right[name], said[name]), "found": rate(right[name], owed)} for name in said}
    print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
