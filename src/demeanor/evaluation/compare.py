"""Two evaluations of the same scenarios, paired: what differs, by how much, and whether the difference is real.

The scenario is the pair. For rates over messages the scenario's own share is compared; for task success pass or fail. A
difference counts as one only if its interval excludes zero and its exact test agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from demeanor.errors import RunError
from demeanor.evaluation.statistics import paired_difference, rate_interval

SIGNIFICANT = 0.05
FEWEST = 10


def compare(a: Mapping[str, Any], b: Mapping[str, Any], seed: int = 0) -> dict[str, Any]:
    """Compare scorecards `a` and `b`; differences are b - a.

    Where users spoke another bank's words in one of them, only scenarios that could be said in both count, and both
    sides are counted anew over these (`left_out`: how many others there are).

    Raises:
        RunError: the two were not run on the same scenarios.
    """
    ours, theirs = _shares(a), _shares(b)
    gap = a.get("wording", "") != b.get("wording", "")
    common = set(ours) & set(theirs)
    odd = sorted(set(ours) ^ set(theirs))
    if (odd and not gap) or not common or a.get("pool") != b.get("pool"):
        raise RunError(
            "the two evaluations ran different scenarios",
            found=odd[:3] or [a.get("pool"), b.get("pool")],
            fix="evaluate both on the same pool, with the same --limit",
        )
    out: dict[str, Any] = {}
    for name, measure in b["measures"].items():
        if "k" not in measure or name not in a["measures"]:
            continue
        pairs = [(ours[s][name], theirs[s][name]) for s in sorted(common) if name in ours[s] and name in theirs[s]]
        sides = a["measures"][name], measure
        if gap:
            sides = _over([x for x, _ in pairs], sides[0]), _over([y for _, y in pairs], sides[1])
        out[name] = _measure(*sides, pairs, seed)
    result = {
        "a": a["arm"],
        "b": b["arm"],
        "runs": [a.get("run"), b.get("run")],
        "pool": b.get("pool"),
        "n": len(common),
        "left_out": len(odd),
        "measures": out,
    }
    return {**result, "sentence": sentence(result)}


def _over(shares: Sequence[float], measure: Mapping[str, Any]) -> dict[str, Any]:
    """A measure counted over some of its scenarios, by their shares; only passes and fails have an interval."""
    whole = all(share in (0, 1) for share in shares)
    interval = rate_interval(round(sum(shares)), len(shares)) if whole else None
    return {
        **measure,
        "k": round(sum(shares)) if whole else None,
        "share": True,
        "n": len(shares),
        "point": sum(shares) / len(shares) if shares else None,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "unit": "scenarios",
    }


def _shares(card: Mapping[str, Any]) -> dict[str, dict[str, float]]:
    """scenario -> measure -> its share in that scenario."""
    return {s: {m: float(v) for m, v in shares.items()} for s, shares in card["by_scenario"].items()}


def _measure(
    a: Mapping[str, Any], b: Mapping[str, Any], pairs: Sequence[tuple[float, float]], seed: int
) -> dict[str, Any]:
    fields = ("k", "n", "point", "low", "high", "share")
    out: dict[str, Any] = {
        "label": b["label"],
        "better": b["better"],
        "a": {f: a.get(f) for f in fields},
        "b": {f: b.get(f) for f in fields},
    }
    if len(pairs) < FEWEST:
        return {**out, "difference": None, "verdict": "too few"}
    found = paired_difference([y for _, y in pairs], [x for x, _ in pairs], seed)
    difference = dict(found._asdict())
    return {**out, "difference": difference, "verdict": _verdict(difference, b["better"])}


def _verdict(difference: Mapping[str, Any], better: str) -> str:
    low, high, p = difference["low"], difference["high"], difference["p"]
    if low is None or high is None or p is None or p >= SIGNIFICANT or low <= 0 <= high:
        return "no clear difference"
    return "better" if (difference["delta"] > 0) == (better == "higher") else "worse"


def sentence(result: Mapping[str, Any]) -> str:
    """The comparison in words, task success first."""
    task = result["measures"].get("task_success")
    if task is None or not task["b"]["n"]:
        return f"{result['b']} against {result['a']}: no scenario with a task."
    a, b = task["a"], task["b"]
    done = [f"{side['k']} of {side['n']}" if side["k"] is not None else f"{side['point']:.0%}" for side in (b, a)]
    text = f"{result['b']} did {done[0]} tasks, {result['a']} {done[1]}: {task['verdict']}"
    if task["difference"] is not None:
        d = task["difference"]
        # "worse by 12 points", and a sign only where no word says which way.
        points = 100 * d["delta"]
        text += f" by {abs(points):.0f} points" if task["verdict"] in ("better", "worse") else f": {points:+.0f} points"
        if d["low"] is not None:
            text += f" (95% interval {100 * d['low']:+.0f} to {100 * d['high']:+.0f}, p {_p(d['p'])}, n {d['n']})"
    left_out = result.get("left_out")
    return text + (f"; {left_out} scenarios could not be said in both." if left_out else ".")


def _p(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
