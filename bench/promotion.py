"""How often the gate is wrong: python bench/promotion.py [same better held sizes] [--rounds 20]

    same    A/A: so many evaluations of one agent on the same needs in other words, every pair of them; how often one of
            two equal agents is promoted
    better  an agent that does more tasks against one that does fewer, on so many draws of scenarios
    held    worse on purpose, or evidence missing: whether it is held, and with which reason
    sizes   how often a better agent is promoted by the number of scenarios

Scorecards are simulated, nothing is trained: each need has a difficulty of its own, on which the outcomes of all agents
hang, and an evaluation in other words draws anew. The rates are those of the reference agent
(bench/results/reference.md). One JSON object a line.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from typing import Any

from demeanor.evaluation.scorecard import Scorecard
from demeanor.evaluation.statistics import rate_interval
from demeanor.improvement.gate import Served, Side, Verdict, judge
from demeanor.improvement.rules import Rules

FLOWS = {"book": 0.45, "cancel": 0.20, "change": 0.20, "ask": 0.15}
RATES: Mapping[str, tuple[float, float, int]] = {
    "task_success": (0.89, 1.0, 1),
    "flow_order": (0.92, 1.0, 8),
    "asked_again": (0.01, 1.0, 8),
    "right_arguments": (0.90, 0.9, 2),
    "invented": (0.01, 1.0, 8),
    "answers": (0.71, 0.3, 1),
    "deferral": (0.60, 0.18, 1),
    "voice": (0.995, 1.0, 8),
}
"""Measure -> its rate, the share of scenarios that show it, and observations in each."""
PRINTS = {"weights": "w", "tokenizer": "t", "template": "c", "stop_ids": "2", "renderer": "r", "adapter": "a"}
SAW = {"agent.yaml": "1", "tools.py": "2", "knowledge": "3", "scenarios/exam": "4"}
SCENARIOS = 250


@dataclass(frozen=True, eq=False)
class Exam:
    """Needs with their flow, and how hard each is: added to an agent's chances, as a logit."""

    flows: tuple[str, ...]
    hard: tuple[float, ...]
    shown: tuple[tuple[str, ...], ...]

    @classmethod
    def draw(cls, count: int, rng: random.Random, spread: float = 2.0) -> Exam:
        flows = tuple(rng.choices(list(FLOWS), list(FLOWS.values()), k=count))
        hard = tuple(rng.gauss(0, spread) for _ in range(count))
        shown = tuple(tuple(m for m, (_, share, _) in RATES.items() if rng.random() < share) for _ in range(count))
        return cls(flows, hard, shown)

    @property
    def ids(self) -> list[str]:
        return [f"exam-{k:03d}" for k in range(len(self.flows))]


def chance(rate: float, hard: float, good: bool) -> float:
    """A rate, shifted by how hard a need is; where the measure counts faults, the other way."""
    odds = rate / (1 - rate) * 2.718281828 ** (-hard if good else hard)
    return odds / (1 + odds)


@cache
def level(rate: float, exam: Exam, good: bool) -> float:
    """The rate to put in so that the mean over the exam's needs comes out as wanted."""
    low, high = 1e-6, 1 - 1e-6
    for _ in range(20):
        middle = (low + high) / 2
        mean = sum(chance(middle, hard, good) for hard in exam.hard) / len(exam.hard)
        low, high = (middle, high) if mean < rate else (low, middle)
    return (low + high) / 2


def sit(exam: Exam, rng: random.Random, **rates: float) -> Scorecard:
    """One evaluation of an agent with the reference's rates, but for `rates`; `broken`: a flow that it never does."""
    broken = rates.pop("broken", None)
    asked = {name: rates.get(name, usual[0]) for name, usual in RATES.items()}
    levels = {name: level(rate, exam, name not in ("asked_again", "invented")) for name, rate in asked.items()}
    shares: dict[str, dict[str, float]] = {}
    for name, flow, hard, shown in zip(exam.ids, exam.flows, exam.hard, exam.shown, strict=True):
        shares[name] = {}
        for measure in shown:
            p = chance(levels[measure], hard, measure not in ("asked_again", "invented"))
            if measure == "task_success" and broken is not None and flow == list(FLOWS)[int(broken)]:
                p = 0.0
            n = RATES[measure][2]
            shares[name][measure] = sum(rng.random() < p for _ in range(n)) / n
    flows = dict(zip(exam.ids, exam.flows, strict=True))
    return Scorecard("simulated", {}, pool="exam", by_scenario=shares, flows=flows)


def side(name: str, card: Scorecard | None) -> Side:
    return Side(name, card, PRINTS, {**PRINTS, "engine": "one"}, PRINTS["adapter"], SAW)


def gate(candidate: Side, promoted: Side, exam: Exam, **more: Any) -> Verdict:
    return judge(candidate, promoted, more.pop("rules", Rules()), exam.ids, SAW, more.pop("served", None))


def same(rounds: int) -> Iterator[dict[str, Any]]:
    """`rounds` evaluations of one agent, every pair in one direction and the other half in the other."""
    rng = random.Random(26)
    for scenarios in (160, SCENARIOS, 500):
        exam = Exam.draw(scenarios, rng)
        cards = [sit(exam, rng) for _ in range(rounds)]
        pairs = list(combinations(range(rounds), 2))
        turned = [pair if k % 2 else pair[::-1] for k, pair in enumerate(pairs)]
        told = [gate(side("candidate", cards[a]), side("promoted", cards[b]), exam) for a, b in turned]
        wrongly = sum(verdict.promoted for verdict in told)
        better = sum(verdict.rows[0].outcome == "better" for verdict in told)
        yield {
            "kind": "same",
            "scenarios": scenarios,
            "pairs": len(pairs),
            "promoted": wrongly,
            "share": wrongly / len(pairs),
            "better_on_the_goal": better,
        }


def better(rounds: int) -> Iterator[dict[str, Any]]:
    """The reference against agents that do fewer tasks, with less order and fewer exact calls."""
    for weaker in ({"task_success": 0.70}, {"task_success": 0.70, "flow_order": 0.84, "right_arguments": 0.75},
                   {"task_success": 0.79, "flow_order": 0.88, "right_arguments": 0.83}):  # fmt: skip
        for scenarios in (SCENARIOS, 400):
            rng, won = random.Random(260), 0
            held: dict[str, int] = {}
            for _ in range(rounds):
                exam = Exam.draw(scenarios, rng)
                verdict = gate(side("candidate", sit(exam, rng)), side("promoted", sit(exam, rng, **weaker)), exam)
                won += verdict.promoted
                for reason in verdict.reasons:
                    held[reason.what] = held.get(reason.what, 0) + 1
            counts = {"scenarios": scenarios, "draws": rounds, "promoted": won, "held_for": held}
            yield {"kind": "better", "against": weaker, **counts}


def sizes(rounds: int) -> Iterator[dict[str, Any]]:
    """An agent that does ten points more, all else alike."""
    for scenarios in (100, 160, 250, 400, 600):
        rng, won = random.Random(scenarios), 0
        for _ in range(rounds):
            exam = Exam.draw(scenarios, rng)
            verdict = gate(side("a", sit(exam, rng)), side("b", sit(exam, rng, task_success=0.79)), exam)
            won += verdict.promoted
        low, high = rate_interval(won, rounds) or (0.0, 1.0)
        yield {"kind": "sizes", "scenarios": scenarios, "draws": rounds, "promoted": won, "interval": [low, high]}


Spoiled = Callable[[Side, Scorecard, Exam, random.Random], tuple[Side, dict[str, Any]]]


def _rates(**rates: float) -> Spoiled:
    return lambda whole, card, exam, rng: (side("candidate", sit(exam, rng, task_success=0.97, **rates)), {})


def _fewer(whole: Side, card: Scorecard, exam: Exam, rng: random.Random) -> tuple[Side, dict[str, Any]]:
    kept = dict(list(card.by_scenario.items())[: len(exam.ids) // 2])
    return replace(whole, card=replace(card, by_scenario=kept)), {}


PARITY = {"run": "candidate", "adapter": "a", "deviation": 0.02, "scenarios": 4, "verdicts": 4}
WORSE: dict[str, tuple[Spoiled, str]] = {
    "voice lost": (_rates(voice=0.80), "voice"),
    "one flow broken": (_rates(broken=2), "flow change"),
    "a policy invented": (_rates(invented=0.06), "invented"),
    "fewer scenarios": (_fewer, "scenarios"),
    "scorecard missing": (lambda whole, *_: (replace(whole, card=None), {}), "scorecard"),
    "other template": (lambda w, *_: (replace(w, evaluated={**w.evaluated, "template": "x"}), {}), "template"),
    "other pages": (lambda w, *_: (replace(w, saw={**SAW, "knowledge": "x"}), {}), "project"),
    "adapter changed on disk": (lambda w, *_: (replace(w, stored="x"), {}), "adapter"),
    "engine out of parity": (
        lambda w, *_: (w, {"served": Served(parity={**PARITY, "deviation": 0.2, "verdicts": 3})}),
        "engine",
    ),
    "another engine": (lambda w, *_: (w, {"served": Served("two")}), "engine"),
    "nothing wrong": (lambda w, *_: (w, {"served": Served(parity=PARITY)}), ""),
}
"""What is wrong with a candidate that does clearly more tasks -> how it is made, and the reason that must be named."""


def held(rounds: int) -> Iterator[dict[str, Any]]:
    for name, (spoil, reason) in WORSE.items():
        rng, stopped, named = random.Random(name), 0, 0
        for _ in range(rounds):
            exam = Exam.draw(SCENARIOS, rng)
            old = side("promoted", sit(exam, rng, task_success=0.79))
            card = sit(exam, rng, task_success=0.97)
            candidate, more = spoil(side("candidate", card), card, exam, rng)
            verdict = gate(candidate, old, exam, **more)
            stopped += not verdict.promoted
            named += reason in [one.what for one in verdict.reasons]
        yield {"kind": "held", "what": name, "draws": rounds, "held": stopped, "reason": reason, "named": named}


KINDS: dict[str, Callable[[int], Iterator[dict[str, Any]]]] = {
    "same": same,
    "better": better,
    "held": held,
    "sizes": sizes,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("kinds", nargs="*", default=list(KINDS))
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    for kind in chosen.kinds:
        for row in KINDS[kind](chosen.rounds):
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
