"""Made-up scorecards for the report's tests: an invented florist, no measured number."""

from __future__ import annotations

import json
import random
from typing import Any

from demeanor.dialogue import Message, ToolCall
from demeanor.evaluation.compare import Compared, Comparison
from demeanor.evaluation.scorecard import Figure, Judged, Measure, Scorecard, Verdict
from demeanor.evaluation.statistics import Difference, paired_difference, rate_interval

REGISTERS = ("formal", "colloquial", "terse", "broken", "rude")
FLOWS = ("order_a_bouquet", "cancel_an_order")
TASK = Measure("task_success", "Task done (read from the database)", unit="scenarios")
DEFERRAL = Measure("deferral", "Admits what it does not know", unit="questions")
MEASURES = (
    TASK,
    Measure("flow_order", "Steps in the right order", unit="scenarios"),
    Measure("asked_again", "Asked again for what was known", "lower", "scenarios"),
    Measure("right_arguments", "Calls with the right arguments", unit="scenarios"),
    Measure("invented", "Said something no source supports", "lower", "scenarios"),
    Measure("voice", "Sounds like the house", unit="scenarios"),
    Measure("length", "Within the word limit", unit="scenarios"),
    DEFERRAL,
)
PLAIN = Measure("plain", "Plain")


def figure(k: int, n: int, measure: Measure = PLAIN, **more: Any) -> Figure:
    """One figure as the evaluation makes it."""
    interval = rate_interval(k, n)
    low, high = interval if interval else (None, None)
    return Figure(measure, n, k / n if n else None, low, high, k, **more)


def trial(number: int, verdict: Verdict, rng: random.Random) -> Judged:
    """A short conversation; a failing one carries its fault on the last message."""
    price = rng.choice([24, 31, 45])
    why = {
        "pass": (),
        "fail": (
            rng.choice([f"asked for the date again in message {rng.choice([4, 6])}", f"invented: {price + 3} euros"]),
        ),
        "ungraded": ("no source to compare with",),
    }[verdict]
    call = ToolCall("search_bouquets", {"day": "Friday", "budget": "about 30 euros"}, "call-0")
    found = {"day": "Friday 12 June", "bouquets": [{"name": "Meadow", "total": price}]}
    messages = (
        Message(
            "user", "Hi, flowers for Friday please, about 30 euros", context="<context>\nToday is Tuesday.\n</context>"
        ),
        Message("assistant", "With pleasure! Let me see what we can tie for Friday.", (call,)),
        Message("tool", json.dumps(found), call_id="call-0"),
        Message("assistant", f"For Friday 12 June I can offer Meadow at {price} euros. Shall I order it?"),
        Message("user", "yes, that one"),
        Message("assistant", "Lovely, it is ordered." if verdict == "pass" else "Which day was it?"),
    )
    return Judged(f"order-{number:03d}", verdict, "", why, messages, {5: why} if why else {})


def scorecard(arm: str, skill: float, seed: int = 1, n: int = 60, pool: str = "exam") -> Scorecard:
    """A scorecard in which about `skill` of the scenarios pass."""
    rng = random.Random(f"{seed} {arm}")
    trials = [
        trial(i, "ungraded" if i % 29 == 28 else "pass" if rng.random() < skill else "fail", rng) for i in range(n)
    ]
    graded = [t for t in trials if t.verdict != "ungraded"]
    measures = {}
    for measure in MEASURES:
        share = skill if measure.better == "higher" else 1 - skill
        k = sum(rng.random() < share for _ in graded)
        if measure is TASK:
            k = sum(t.verdict == "pass" for t in graded)
        measures[measure.name] = figure(k, len(graded), measure, ungraded=n - len(graded))
    measures["deferral"] = figure(0, 0, DEFERRAL) if arm == "base" else figure(9, 9, DEFERRAL, ungraded=1)
    by_register = {r: figure(round(12 * skill) - i % 2 if skill > 0.5 else 0, 12) for i, r in enumerate(REGISTERS)}
    return Scorecard(
        arm,
        measures,
        pool,
        model="small-florist",
        engine="local",
        run=f"20250612T101500-evaluate-{seed:04x}",
        created="2025-06-12 10:15 UTC",
        seconds=300.1,
        scenarios=n,
        trials=n,
        reference_agents={
            "silent": {"task_success": figure(0, len(graded), TASK)},
            "echo": {"task_success": figure(1, len(graded), TASK)},
        },
        by={"register": by_register, "flow": {f: figure(round(30 * skill), 30) for f in FLOWS}},
        memory={
            "in the last message": figure(round(40 * skill), 40),
            "2 or 3 before": figure(round(30 * skill), 40),
        },
        transcripts=tuple(trials),
    )


def comparison(a: Scorecard, b: Scorecard) -> Comparison:
    """Both cards' measures (of b against a), with the difference in their task success computed from the trials."""
    both = [
        (x.verdict == "pass", y.verdict == "pass")
        for x, y in zip(a.transcripts, b.transcripts, strict=True)
        if "ungraded" not in (x.verdict, y.verdict)
    ]
    found = paired_difference([y for _, y in both], [x for x, _ in both], seed=1)
    none = Difference(0.02, -0.06, 0.1, 0.6, found.n)
    rows = {m.name: Compared(a[m.name], b[m.name], none, "no clear difference") for m in MEASURES}
    rows["task_success"] = Compared(a["task_success"], b["task_success"], found, "better")
    rows["deferral"] = Compared(a["deferral"], b["deferral"], None, "too few")
    return Comparison(a.arm, b.arm, rows, a.pool, found.n, runs=(a.run, b.run))
