"""Numbers as people read them.

A figure becomes a `Cell`: words, and positions for a plot in percent of its axis. A rate, or a mean of shares, reads as
a percentage; any other mean in its own unit. Rounding never turns "almost all" into 100% or "hardly any" into 0%.
No n or no point: ungraded.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from demeanor.evaluation.scorecard import Figure, Measure
from demeanor.evaluation.statistics import Difference

CONCLUSIONS = {
    "better": "▲ better",
    "worse": "▼ worse",
    "no clear difference": "= no clear difference",
    "too few": "? too few to tell",
}
"""A comparison's conclusion with a sign that does not need colour."""


@dataclass(frozen=True)
class Cell:
    """One figure of one arm, ready to be laid out. `at`, `low`, `high`: percent of the axis, or None."""

    graded: bool
    value: str
    interval: str
    count: str
    ungraded: str
    unit: str = ""
    at: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def counted(self) -> str:
        """The count with what was counted: `98 of 110 scenarios`."""
        return f"{self.count} {self.unit}".strip() if self.graded else self.count

    @property
    def sentence(self) -> str:
        """Everything in one line; what a screen reader reads for a plot."""
        spread = f" ({self.interval})" if self.interval else ""
        return ", ".join(part for part in (self.value + spread, self.counted, self.ungraded) if part)


def cell(figure: Figure | None, top: float = 1.0) -> Cell:
    """`top` is the value at the right end of the axis: 1 for rates, the largest seen for means."""
    if figure is None:
        return Cell(False, "not measured", "", "", "")
    skipped = f"{figure.ungraded} ungraded" if figure.ungraded else ""
    if figure.n == 0 or figure.point is None:
        return Cell(False, "ungraded", "", f"n = {figure.n}", skipped)
    ends = (figure.point, figure.low, figure.high)
    return Cell(
        True,
        percent(figure.point) if figure.is_rate else f"{figure.point:.1f}",
        _interval(figure),
        f"n = {figure.n}" if figure.k is None else f"{figure.k} of {figure.n}",
        skipped,
        figure.measure.unit,
        *(None if value is None else _place(value, top) for value in ends),
    )


def axis_top(figures: Iterable[Figure | None]) -> float:
    """Where the axis of one plot ends: 1 for rates, else the largest value or interval end."""
    found = [f for f in figures if f is not None and f.point is not None]
    if all(f.is_rate for f in found):
        return 1.0
    return max((end for f in found for end in (f.point, f.high) if end is not None), default=1.0)


def difference_words(difference: Difference | None, rate: bool) -> tuple[str, str]:
    """(+89 points, "83 to 94; p < 0.001; n = 110"), or (ungraded, why)."""
    if difference is None or difference.delta is None:
        return "ungraded", f"n = {difference.n if difference else 0}"
    scale, unit = (100.0, " points") if rate else (1.0, "")
    digits = 0 if rate else 1
    low, high = difference.low, difference.high
    spread = (
        "no interval: too little to go on"
        if low is None or high is None
        else f"{_signed(low * scale, digits)} to {_signed(high * scale, digits)}"
    )
    parts = [spread, _p(difference.p), f"n = {difference.n}"]
    return _signed(difference.delta * scale, digits) + unit, "; ".join(part for part in parts if part)


def direction(measure: Measure) -> str:
    """Which way is good."""
    return f"{measure.better} is better"


def percent(value: float, exact: bool = False) -> str:
    """A share as a whole percentage. Unless `exact`, 0% and 100% are kept for none and all."""
    if not exact and 0 < value < 0.005:
        return "<1%"
    if not exact and 0.995 <= value < 1:
        return ">99%"
    return f"{100 * value:.0f}%"


def _interval(figure: Figure) -> str:
    if figure.low is None or figure.high is None:
        return "no interval"
    if not figure.is_rate:
        return f"{figure.low:.1f} to {figure.high:.1f}"
    return f"{percent(figure.low, exact=True).rstrip('%')} to {percent(figure.high, exact=True)}"


def _place(value: float, top: float) -> float:
    return round(100 * min(1.0, max(0.0, value / top if top else 0.0)), 2)


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def _p(p: float | None) -> str:
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
