"""Numbers as people read them.

A measure (`point, low, high, k, n, ungraded, unit`) becomes a `Shown`: words, and positions for a plot in
percent of its axis. With `k`, or as a mean of shares (`share`), it reads as a percentage; else it is a mean in its
own unit. Rounding never turns "almost all" into 100% or "hardly any" into 0%. No n or no point: ungraded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demeanor.errors import RunError

VERDICTS = {
    "better": "▲ better",
    "worse": "▼ worse",
    "no clear difference": "= no clear difference",
    "too few": "? too few to tell",
}
"""A comparison's verdict with a sign that does not need colour."""


@dataclass(frozen=True)
class Shown:
    """One measure of one arm, ready to be laid out. `at`, `low`, `high`: percent of the axis, or None."""

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


def shown(measure: Mapping[str, Any] | None, top: float = 1.0) -> Shown:
    """`top` is the value at the right end of the axis: 1 for rates, the largest seen for means."""
    if measure is None:
        return Shown(False, "not measured", "", "", "")
    skipped = int(measure.get("ungraded") or 0)
    n, point = int(measure.get("n") or 0), measure.get("point")
    if n == 0 or point is None:
        return Shown(False, "ungraded", "", f"n = {n}", f"{skipped} ungraded" if skipped else "")
    low, high = measure.get("low"), measure.get("high")
    return Shown(
        True,
        _value(measure, point),
        _interval(measure, low, high),
        _count(measure, n),
        f"{skipped} ungraded" if skipped else "",
        str(measure.get("unit") or "").strip(),
        *(None if value is None else _place(float(value), top) for value in (point, low, high)),
    )


def is_rate(measure: Mapping[str, Any]) -> bool:
    """A share of n, or a mean of shares, as against a mean in some unit."""
    return measure.get("k") is not None or bool(measure.get("share"))


def axis_top(measures: Iterable[Mapping[str, Any] | None]) -> float:
    """Where the axis of one plot ends: 1 for rates, else the largest value or interval end."""
    found = [m for m in measures if m is not None and m.get("point") is not None]
    if all(is_rate(m) for m in found):
        return 1.0
    return max((float(m[key]) for m in found for key in ("point", "high") if m.get(key) is not None), default=1.0)


def difference_words(difference: Mapping[str, Any] | None, rate: bool) -> tuple[str, str]:
    """(+89 points, "83 to 94; p < 0.001; n = 110"), or (ungraded, why)."""
    if not difference or difference.get("delta") is None:
        return "ungraded", f"n = {int((difference or {}).get('n') or 0)}"
    scale, unit = (100.0, " points") if rate else (1.0, "")
    digits = 0 if rate else 1
    low, high = difference.get("low"), difference.get("high")
    spread = (
        "no interval: too little to go on"
        if low is None or high is None
        else f"{_signed(low * scale, digits)} to {_signed(high * scale, digits)}"
    )
    parts = [spread, _p(difference.get("p")), f"n = {int(difference.get('n') or 0)}"]
    return _signed(difference["delta"] * scale, digits) + unit, "; ".join(part for part in parts if part)


def direction(measure: Mapping[str, Any]) -> str:
    """Which way is good."""
    return "lower is better" if measure.get("better") == "lower" else "higher is better"


def need(card: Mapping[str, Any], what: str, fields: Sequence[str]) -> None:
    """Raise RunError when a scorecard or comparison lacks what no report can do without."""
    for field in fields:
        if field not in card:
            raise RunError(
                f"this is not a {what}",
                field=field,
                found=sorted(map(str, card)),
                allowed="the field must be there",
            )


def percent(value: float, exact: bool = False) -> str:
    """A share as a whole percentage. Unless `exact`, 0% and 100% are kept for none and all."""
    if not exact and 0 < value < 0.005:
        return "<1%"
    if not exact and 0.995 <= value < 1:
        return ">99%"
    return f"{100 * value:.0f}%"


def _value(measure: Mapping[str, Any], point: float) -> str:
    return percent(point) if is_rate(measure) else f"{point:.1f}"


def _interval(measure: Mapping[str, Any], low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "no interval"
    if not is_rate(measure):
        return f"{low:.1f} to {high:.1f}"
    return f"{percent(low, exact=True).rstrip('%')} to {percent(high, exact=True)}"


def _count(measure: Mapping[str, Any], n: int) -> str:
    return f"n = {n}" if measure.get("k") is None else f"{measure['k']} of {n}"


def _place(value: float, top: float) -> float:
    return round(100 * min(1.0, max(0.0, value / top if top else 0.0)), 2)


def _signed(value: float, digits: int) -> str:
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}".replace("-", "−") if rounded else f"{0:.{digits}f}"


def _p(p: float | None) -> str:
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"
