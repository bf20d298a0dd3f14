"""Made-up scorecards for the report's tests: an invented florist, no measured number."""

from __future__ import annotations

import json
import random
from typing import Any

from demeanor.evaluation.statistics import paired_difference, rate_interval

REGISTERS = ("formal", "colloquial", "terse", "broken", "rude")
FLOWS = ("order_a_bouquet", "cancel_an_order")
LABELS = {
    "task_success": ("Task done (read from the database)", "higher"),
    "flow_order": ("Steps in the right order", "higher"),
    "asked_again": ("Asked again for what was known", "lower"),
    "right_arguments": ("Calls with the right arguments", "higher"),
    "invented": ("Said something no source supports", "lower"),
    "voice": ("Sounds like the house", "higher"),
    "length": ("Within the word limit", "higher"),
    "deferral": ("Admits what it does not know", "higher"),
}


def measure(k: int, n: int, **more: Any) -> dict[str, Any]:
    """One measure as the evaluation writes it."""
    interval = rate_interval(k, n)
    low, high = interval if interval else (None, None)
    return {"k": k, "n": n, "point": k / n if n else None, "low": low, "high": high, **more}


def message(role: str, content: str, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def trial(number: int, verdict: str, rng: random.Random) -> dict[str, Any]:
    """A short conversation; a failing one carries its fault on the last message."""
    price = rng.choice([24, 31, 45])
    why = {
        "pass": [],
        "fail": [
            rng.choice([f"asked for the date again in message {rng.choice([4, 6])}", f"invented: {price + 3} euros"])
        ],
        "ungraded": ["no source to compare with"],
    }[verdict]
    messages = [
        message(
            "user",
            "Hi, flowers for Friday please, about 30 euros",
            context="<context>\nToday is Tuesday.\n</context>",
        ),
        message(
            "assistant",
            "With pleasure! Let me see what we can tie for Friday.",
            calls=[{"name": "search_bouquets", "arguments": {"day": "Friday", "budget": "about 30 euros"}}],
        ),
        message(
            "tool",
            json.dumps({"day": "Friday 12 June", "bouquets": [{"name": "Meadow", "total": price}]}),
        ),
        message("assistant", f"For Friday 12 June I can offer Meadow at {price} euros. Shall I order it?"),
        message("user", "yes, that one"),
        message("assistant", "Lovely, it is ordered." if verdict == "pass" else "Which day was it?", faults=why),
    ]
    return {"scenario": f"order-{number:03d}", "verdict": verdict, "why": why, "messages": messages}


def scorecard(arm: str, skill: float, seed: int = 1, n: int = 60, pool: str = "exam") -> dict[str, Any]:
    """A scorecard in which about `skill` of the scenarios pass."""
    rng = random.Random(f"{seed} {arm}")
    trials = [
        trial(i, "ungraded" if i % 29 == 28 else "pass" if rng.random() < skill else "fail", rng) for i in range(n)
    ]
    graded = [t for t in trials if t["verdict"] != "ungraded"]
    measures = {}
    for name, (label, better) in LABELS.items():
        share = skill if better == "higher" else 1 - skill
        k = sum(rng.random() < share for _ in graded)
        if name == "task_success":
            k = sum(t["verdict"] == "pass" for t in graded)
        measures[name] = measure(k, len(graded), label=label, better=better, unit="scenarios", ungraded=n - len(graded))
    measures["deferral"] = (
        measure(0, 0, label=LABELS["deferral"][0], better="higher", unit="questions", ungraded=0)
        if arm == "base"
        else measure(9, 9, label=LABELS["deferral"][0], better="higher", unit="questions", ungraded=1)
    )
    return {
        "run": f"20250612T101500-evaluate-{seed:04x}",
        "arm": arm,
        "pool": pool,
        "scenarios": n,
        "trials": n,
        "engine": "local",
        "model": "small-florist",
        "created": "2025-06-12 10:15 UTC",
        "seconds": 300.1,
        "gap": None,
        "measures": measures,
        "by": {
            "register": {
                r: measure(round(12 * skill) - i % 2 if skill > 0.5 else 0, 12) for i, r in enumerate(REGISTERS)
            },
            "flow": {f: measure(round(30 * skill), 30) for f in FLOWS},
        },
        "memory": {
            "in the last message": measure(round(40 * skill), 40),
            "2 or 3 before": measure(round(30 * skill), 40),
        },
        "reference_agents": {
            "silent": {"task_success": measure(0, len(graded))},
            "echo": {"task_success": measure(1, len(graded))},
        },
        "trials_detail": trials,
    }


def comparison(a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Both cards' measures, with the difference in their task success computed from the trials."""
    both = [
        (x["verdict"] == "pass", y["verdict"] == "pass")
        for x, y in zip(a["trials_detail"], b["trials_detail"], strict=True)
        if "ungraded" not in (x["verdict"], y["verdict"])
    ]
    found = paired_difference([x for x, _ in both], [y for _, y in both], seed=1)
    rows = {}
    for name, (label, _) in LABELS.items():
        row: dict[str, Any] = {"label": label, "a": a["measures"][name], "b": b["measures"][name]}
        row |= (
            {"difference": None, "verdict": "too few"}
            if name == "deferral"
            else {
                "difference": found._asdict()
                if name == "task_success"
                else {"delta": 0.02, "low": -0.06, "high": 0.1, "p": 0.6, "n": found.n},
                "verdict": "better" if name == "task_success" else "no clear difference",
            }
        )
        rows[name] = row
    done, other = a["measures"]["task_success"], b["measures"]["task_success"]
    return {
        "a": a["arm"],
        "b": b["arm"],
        "pool": a["pool"],
        "n": found.n,
        "measures": rows,
        "sentence": f"Tuned did {done['k']} of {done['n']} tasks, base {other['k']} of {other['n']}.",
    }
