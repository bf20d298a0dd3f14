"""Two evaluations of the same scenarios, paired: what differs, by how much, and whether the difference is real.

The scenario is the pair. For rates over messages the scenario's own share is compared; for task success pass or fail. A
difference counts as one only if its interval excludes zero and its exact test agrees.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from demeanor.errors import RunError
from demeanor.evaluation.scorecard import Figure, Scorecard
from demeanor.evaluation.statistics import Difference, paired_difference, rate_interval

SIGNIFICANT = 0.05
FEWEST = 10

Conclusion = Literal["better", "worse", "no clear difference", "too few"]


@dataclass(frozen=True)
class Compared:
    """One measure of two arms; `difference` is b - a, None where too few scenarios have it."""

    a: Figure
    b: Figure
    difference: Difference | None
    conclusion: Conclusion

    def to_json(self) -> dict[str, Any]:
        gap = self.difference._asdict() if self.difference is not None else None
        return {"a": self.a.to_json(), "b": self.b.to_json(), "difference": gap, "conclusion": self.conclusion}

    @classmethod
    def from_json(cls, name: str, raw: Mapping[str, Any]) -> Compared:
        """The inverse of `to_json`.

        Raises:
            RunError: a side is missing, or it concludes nothing that a comparison can.
        """
        if missing := [side for side in ("a", "b") if side not in raw]:
            raise RunError("a side is missing", field=f"{name}.{missing[0]}", found=sorted(map(str, raw)))
        allowed = get_args(Conclusion)
        if (found := raw.get("conclusion")) not in allowed:
            raise RunError("no such conclusion", field=f"{name}.conclusion", found=found, allowed=allowed)
        a, b = (Figure.from_json(name, raw[side]) for side in ("a", "b"))
        gap = Difference(**raw["difference"]) if raw.get("difference") else None
        return cls(a, b, gap, raw["conclusion"])


@dataclass(frozen=True)
class Comparison:
    """What two evaluations of the same scenarios say of each other; differences are b - a.

    `n`: scenarios in both. `left_out`: scenarios that could not be said in the words of both.
    """

    a: str
    b: str
    measures: Mapping[str, Compared]
    pool: str = ""
    n: int = 0
    left_out: int = 0
    runs: tuple[str, ...] = field(default=())

    def __getitem__(self, measure: str) -> Compared:
        """One measure of both.

        Raises:
            RunError: they do not both have it.
        """
        if measure not in self.measures:
            raise RunError("not compared", field="measure", found=measure, allowed=list(self.measures))
        return self.measures[measure]

    @property
    def sentence(self) -> str:
        """The comparison in words, task success first."""
        task = self.measures.get("task_success")
        if task is None or not task.b.n:
            return f"{self.b} against {self.a}: no scenario with a task."
        done = [f"{s.k} of {s.n}" if s.k is not None else f"{s.point:.0%}" for s in (task.b, task.a)]
        text = f"{self.b} did {done[0]} tasks, {self.a} {done[1]}: {task.conclusion}"
        if (gap := task.difference) is not None and gap.delta is not None:
            # "worse by 12 points", and a sign only where no word says which way.
            points = 100 * gap.delta
            text += (
                f" by {abs(points):.0f} points" if task.conclusion in ("better", "worse") else f": {points:+.0f} points"
            )
            if gap.low is not None and gap.high is not None:
                text += f" (95% interval {100 * gap.low:+.0f} to {100 * gap.high:+.0f}, p {_p(gap.p)}, n {gap.n})"
        return text + (f"; {self.left_out} scenarios could not be said in both." if self.left_out else ".")

    def to_json(self) -> dict[str, Any]:
        """Plain data, with the sentence."""
        plain = {name: getattr(self, name) for name in ("a", "b", "pool", "n", "left_out")}
        measures = {name: row.to_json() for name, row in self.measures.items()}
        return {**plain, "runs": list(self.runs), "measures": measures, "sentence": self.sentence}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Comparison:
        """The inverse of `to_json`.

        Raises:
            RunError: it is no comparison.
        """
        for name in ("a", "b", "measures"):
            if name not in raw:
                found = sorted(map(str, raw))
                raise RunError("this is not a comparison", field=name, found=found, allowed="the field must be there")
        measures = {name: Compared.from_json(name, row) for name, row in raw["measures"].items()}
        counts = {name: int(raw.get(name) or 0) for name in ("n", "left_out")}
        return cls(str(raw["a"]), str(raw["b"]), measures, str(raw.get("pool") or ""), **counts,
                   runs=tuple(map(str, raw.get("runs") or ())))  # fmt: skip


def compare(a: Scorecard, b: Scorecard, seed: int = 0) -> Comparison:
    """Compare scorecards; differences are b - a.

    Where users spoke another bank's words in one of them, only scenarios that could be said in both count, and both
    sides are counted anew over these.

    Raises:
        RunError: the two were not run on the same scenarios.
    """
    ours, theirs = a.by_scenario, b.by_scenario
    other_words = a.wording != b.wording
    common = sorted(set(ours) & set(theirs))
    odd = sorted(set(ours) ^ set(theirs))
    if (odd and not other_words) or not common or a.pool != b.pool:
        raise RunError(
            "the two evaluations ran different scenarios",
            found=odd[:3] or [a.pool, b.pool],
            fix="evaluate both on the same pool, with the same --limit",
        )
    measures: dict[str, Compared] = {}
    for name, figure in b.measures.items():
        if figure.k is None or name not in a.measures:
            continue
        pairs = [(ours[s][name], theirs[s][name]) for s in common if name in ours[s] and name in theirs[s]]
        sides = a.measures[name], figure
        if other_words:
            sides = _over([x for x, _ in pairs], sides[0]), _over([y for _, y in pairs], sides[1])
        measures[name] = _compared(*sides, pairs, seed)
    runs = tuple(filter(None, (a.run, b.run)))
    return Comparison(a.arm, b.arm, measures, b.pool, len(common), len(odd), runs)


def _over(shares: Sequence[float], figure: Figure) -> Figure:
    """A figure counted over some of its scenarios, by their shares; only passes and fails have an interval."""
    whole = all(share in (0, 1) for share in shares)
    interval = rate_interval(round(sum(shares)), len(shares)) if whole else None
    return replace(
        figure,
        measure=replace(figure.measure, unit="scenarios"),
        n=len(shares),
        point=sum(shares) / len(shares) if shares else None,
        low=interval.low if interval else None,
        high=interval.high if interval else None,
        k=round(sum(shares)) if whole else None,
        share=True,
    )


def _compared(a: Figure, b: Figure, pairs: Sequence[tuple[float, float]], seed: int) -> Compared:
    if len(pairs) < FEWEST:
        return Compared(a, b, None, "too few")
    gap = paired_difference([y for _, y in pairs], [x for x, _ in pairs], seed)
    return Compared(a, b, gap, _conclusion(gap, b.measure.better))


def _conclusion(gap: Difference, better: str) -> Conclusion:
    if gap.delta is None or gap.low is None or gap.high is None or gap.p is None:
        return "no clear difference"
    if gap.p >= SIGNIFICANT or gap.low <= 0 <= gap.high:
        return "no clear difference"
    return "better" if (gap.delta > 0) == (better == "higher") else "worse"


def _p(value: float | None) -> str:
    if value is None:
        return "unknown"
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"
