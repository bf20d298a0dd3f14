"""The lists of words beside the learned reader, on the same lines: python bench/baseline.py FOLDER

FOLDER as for bench/reading.py. The agent's acts by `acts.detect`, deeds by `done.done_claims`, the slots of questions
by `asking` (with the cues that agent.yaml may name, and these have none); of the user's acts only yes and no.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from demeanor.agent import Agent, Flow
from demeanor.agent.description import Step
from demeanor.reading.labels import LABELS
from demeanor.reading.learn.lines import Line, Trade, read_lines, read_trades
from demeanor.text import sentences
from lists.acts import detect
from lists.consent import consent
from lists.done import done_claims
from reading import rate

NAMES = {"anything_else": "more"}


def agent_of(trade: Trade) -> Agent:
    """An agent that has the trade's slots, and confirms each of its tools."""
    steps = tuple(Step(kind, (tool,)) for tool in trade.tools for kind in ("confirm", "call"))
    return Agent("An agent", "You are an agent.", slots=trade.slots, flows={"all": Flow("all", "always", steps)})


def read(line: Line, agent: Agent) -> tuple[set[str], set[str]]:
    """Labels, and slots asked for."""
    if line.kind == "user":
        return {{"yes": "affirm", "no": "deny"}.get(consent(line.text, line.before), "")} - {""}, set()
    acts = detect(agent, line.text).acts
    found = {NAMES.get(act.partition(":")[0], act.partition(":")[0]) for act in acts}
    found |= {"done"} if any(done_claims(sentence) for sentence in sentences(line.text)) else set()
    return found, {act.partition(":")[2] for act in acts if act.startswith("ask:")}


def main() -> None:
    """Print one JSON object."""
    folder = Path(sys.argv[1])
    trades = read_trades(sorted(folder.glob("*trades.yaml")))
    lines = read_lines(sorted(folder.glob("*-*.jsonl")), trades)
    agents = {name: agent_of(trade) for name, trade in trades.items()}
    said, right, owed, asked = Counter[str](), Counter[str](), Counter[str](), [0, 0, 0]
    for line in lines:
        found, slots = read(line, agents[line.trade])
        said.update(f"{line.kind}.{label}" for label in found)
        right.update(name for name in (f"{line.kind}.{label}" for label in found) if name in line.acts)
        owed.update(line.acts)
        wanted = line.slots - {"other"} if line.kind == "agent" else frozenset()
        asked = [asked[0] + len(wanted & slots), asked[1] + len(slots), asked[2] + len(wanted)]
    rows = {
        f"{speaker}.{label}": {
            "right": rate(right[f"{speaker}.{label}"], said[f"{speaker}.{label}"]),
            "found": rate(right[f"{speaker}.{label}"], owed[f"{speaker}.{label}"]),
        }
        for speaker, labels in LABELS.items()
        for label in labels
    }
    both = {name: sum(n for key, n in counts.items() if key.startswith("agent.")) for name, counts in
            (("said", said), ("right", right), ("owed", owed))}  # fmt: skip
    whole = {"right": rate(both["right"], both["said"]), "found": rate(both["right"], both["owed"])}
    slots_found = {"right": rate(asked[0], asked[1]), "found": rate(asked[0], asked[2])}
    print(json.dumps({**rows, "agent, all": whole, "asked": slots_found}, indent=1))


if __name__ == "__main__":
    main()
