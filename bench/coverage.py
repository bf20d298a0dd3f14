"""How often the intervals hold the truth: python bench/coverage.py [rates paired shares clustered same] [--rounds 1000]

    rates      one trial a scenario; exact, by the binomial distribution, at 481 rates; Wilson's beside it
    paired     pass and fail of two arms on the same scenarios; exact, by the trinomial distribution
    clustered  several trials a scenario, more or less alike; simulated
    shares     differences of shares (messages in order), most of them none; simulated
    same       two evaluations of one agent: how often a difference is cried (A/A); simulated

One JSON object a line, with the worst case found and where it lies.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from scipy import stats

from demeanor.evaluation.compare import compare
from demeanor.evaluation.scorecard import Measure, Scorecard, rate
from demeanor.evaluation.statistics import clustered_rate, paired_difference, rate_interval

SIZES = (20, 30, 50, 75, 100, 137, 200)


def rates(rounds: int) -> Iterator[dict[str, Any]]:
    for n in SIZES:
        kinds: dict[str, Callable[[int], Any]] = {
            "used": lambda k, n=n: rate_interval(k, n),  # type: ignore[misc]
            "wilson": lambda k, n=n: stats.binomtest(k, n).proportion_ci(0.95, method="wilson"),  # type: ignore[misc]
        }
        for kind, interval in kinds.items():
            found = [interval(k) for k in range(n + 1)]
            held = [
                (
                    sum(
                        q
                        for q, i in zip(stats.binom.pmf(range(n + 1), n, p), found, strict=True)
                        if i.low <= p <= i.high
                    ),
                    p,
                )
                for p in (i / 500 for i in range(10, 491))
            ]
            width = sum(i.high - i.low for i in found) / len(found)
            yield {
                "interval": kind,
                "n": n,
                "worst": round(min(held)[0], 4),
                "at": min(held)[1],
                "width": round(width, 4),
            }


def paired(rounds: int) -> Iterator[dict[str, Any]]:
    for n in (20, 50, 100, 200):
        cells = [(b, c) for b in range(n + 1) for c in range(n + 1 - b)]
        intervals = {}
        for b, c in cells:
            a = [1] * b + [0] * (n - b)
            intervals[b, c] = paired_difference(a, [0] * b + [1] * c + [0] * (n - b - c), 0)
        worst: tuple[float, Any] = (1.0, None)
        for only_a in (0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8):
            for only_b in (p for p in (0.01, 0.02, 0.05, 0.1, 0.2) if only_a + p <= 1):
                truth = only_a - only_b
                chance = stats.multinomial(n, [only_a, only_b, 1 - only_a - only_b])
                held = sum(
                    float(chance.pmf([b, c, n - b - c]))
                    for (b, c), found in intervals.items()
                    if found.low is not None and found.high is not None and found.low <= truth <= found.high
                )
                worst = min(worst, (held, [only_a, only_b]))
        yield {"interval": "paired", "n": n, "worst": round(worst[0], 4), "at": worst[1]}


def clustered(rounds: int) -> Iterator[dict[str, Any]]:
    for scenarios in (20, 50, 137, 200):
        for truth in (0.02, 0.05, 0.2, 0.5, 0.8, 0.95, 0.98):
            for alike in (0.05, 0.3, 0.7):
                rng = random.Random(f"{scenarios}/{truth}/{alike}")
                concentration, held = (1 - alike) / alike, 0
                for _ in range(rounds):
                    trials = {}
                    for s in range(scenarios):
                        own = rng.betavariate(truth * concentration, (1 - truth) * concentration)
                        trials[s] = [rng.random() < own for _ in range(rng.randint(2, 12))]
                    found = clustered_rate(trials)
                    held += found.low is not None and found.high is not None and found.low <= truth <= found.high
                yield {
                    "interval": "clustered", "n": scenarios, "rate": truth, "alike": alike,
                    "held": round(held / rounds, 4), "rounds": rounds,
                }  # fmt: skip


def shares(rounds: int) -> Iterator[dict[str, Any]]:
    for n in (20, 60, 137, 200):
        for changed, mean in ((0.1, 0.0), (0.3, 0.1), (0.8, 0.2)):
            rng = random.Random(f"{n}/{changed}/{mean}")
            held = graded = 0
            for _ in range(rounds):
                differences = [
                    max(-1.0, min(1.0, rng.gauss(mean, 0.3))) if rng.random() < changed else 0.0 for _ in range(n)
                ]
                found = paired_difference(differences, [0.0] * n, 0)
                if found.low is not None and found.high is not None:
                    graded += 1
                    held += found.low <= changed * mean <= found.high
            yield {
                "interval": "shares", "n": n, "changed": changed, "mean": mean,
                "held": round(held / max(graded, 1), 4), "rounds": graded,
            }  # fmt: skip


def same(rounds: int) -> Iterator[dict[str, Any]]:
    """Two evaluations of one agent, whose chance differs from scenario to scenario, through the `compare` of users."""
    for n in (20, 50, 100, 137):
        for truth, alike in ((0.1, 0.5), (0.5, 0.2), (0.5, 0.8), (0.9, 0.5), (0.95, 0.2)):
            rng = random.Random(f"{n}/{truth}/{alike}")
            concentration = (1 - alike) / alike
            cried = dict.fromkeys(("task_success", "flow_order"), 0)
            for _ in range(rounds):
                chances = [rng.betavariate(truth * concentration, (1 - truth) * concentration) for _ in range(n)]
                lengths = [rng.randint(3, 14) for _ in range(n)]
                a, b = (_card(rng, chances, lengths) for _ in "ab")
                for name, row in compare(a, b).measures.items():
                    cried[name] += row.conclusion in ("better", "worse")
            yield {
                "same": "A/A", "n": n, "rate": truth, "alike": alike,
                **{name: round(k / rounds, 4) for name, k in cried.items()}, "rounds": rounds,
            }  # fmt: skip


def _card(rng: random.Random, chances: Sequence[float], lengths: Sequence[int]) -> Scorecard:
    """A scorecard with two measures: one trial a scenario, and one observation a message."""
    found = {
        "task_success": {f"s{k}": [rng.random() < chance] for k, chance in enumerate(chances)},
        "flow_order": {
            f"s{k}": [rng.random() < chance for _ in range(length)]
            for k, (chance, length) in enumerate(zip(chances, lengths, strict=True))
        },
    }
    shares = {s: {name: sum(of[s]) / len(of[s]) for name, of in found.items()} for s in found["task_success"]}
    measures = {name: rate(Measure(name, name), outcomes) for name, outcomes in found.items()}
    return Scorecard("the same", measures, by_scenario=shares)


PARTS = {"rates": rates, "paired": paired, "clustered": clustered, "shares": shares, "same": same}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", default=list(PARTS), choices=list(PARTS))
    parser.add_argument("--rounds", type=int, default=1000)
    arguments = parser.parse_args()
    for part in arguments.parts:
        for line in PARTS[part](arguments.rounds):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
