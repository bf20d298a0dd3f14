"""Scorecards and comparisons as rich tables.

rich is imported inside the functions: a stage that prints nothing does not pay for it. Cells are `Text`, not
markup, so a label with square brackets stays what it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from demeanor.evaluation.manner import sentences_of
from demeanor.report.views import arm_labels, measure_names, measure_of
from demeanor.report.words import VERDICTS, Shown, difference_words, direction, is_rate, need, shown

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

COLOURS = {"better": "green", "worse": "red", "too few": "yellow"}


def table(scorecards: Sequence[Mapping[str, Any]]) -> Table:
    """Measures down, arms across. Raises RunError when something is not a scorecard."""
    for card in scorecards:
        need(card, "scorecard", ("arm", "measures"))
    result = _empty_table("Scorecard")
    result.add_column("Measure")
    for label in arm_labels(scorecards):
        result.add_column(_text(label), justify="right")
    for name in measure_names(scorecards):
        cells = [card["measures"].get(name) for card in scorecards]
        result.add_row(_measure(name, measure_of(name, scorecards)), *(_cell(shown(cell)) for cell in cells))
    result.caption = _text("95% intervals in brackets. Ungraded trials count neither as passed nor as failed.")
    return result


def beside(card: Mapping[str, Any]) -> list[str]:
    """What a scorecard says beside its table: what scenarios were about, and how the agent sounds."""
    about = (card.get("by") or {}).get("about") or {}
    return [
        *(f"{what}: {shown(rate).sentence}" for what, rate in about.items()),
        *sentences_of(card.get("manner") or {}),
    ]


def compare_table(comparison: Mapping[str, Any]) -> Table:
    """One comparison: both arms, the difference b - a with its interval, and the verdict."""
    need(comparison, "comparison", ("a", "b", "measures"))
    pool = f", {comparison['pool']} pool" if comparison.get("pool") else ""
    result = _empty_table(f"{comparison['a']} against {comparison['b']}{pool}")
    result.add_column("Measure")
    result.add_column(_text(comparison["a"]), justify="right")
    result.add_column(_text(comparison["b"]), justify="right")
    result.add_column("Difference", justify="right")
    result.add_column("Verdict")
    for name, row in comparison["measures"].items():
        value, details = difference_words(row.get("difference"), is_rate(row.get("a") or row.get("b") or {}))
        verdict = str(row.get("verdict") or "ungraded")
        result.add_row(
            _measure(name, row),
            _cell(shown(row.get("a"))),
            _cell(shown(row.get("b"))),
            _text(value, "bold").append("\n" + details, "dim"),
            _text(VERDICTS.get(verdict, verdict), COLOURS.get(verdict, "")),
        )
    if comparison.get("sentence"):
        result.caption = _text(comparison["sentence"])
    return result


def text(renderable: RenderableType, width: int = 100) -> str:
    """The same table as plain text, for a log or a file."""
    from rich.console import Console

    console = Console(width=width, color_system=None, force_terminal=False)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def _empty_table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(title=_text(title), box=box.SIMPLE_HEAD, title_justify="left", caption_justify="left", pad_edge=False)


def _measure(name: str, measure: Mapping[str, Any]) -> Text:
    label = _text(measure.get("label") or name)
    return label.append(f"\n{direction(measure)}", "dim") if "better" in measure else label


def _cell(value: Shown) -> Text:
    head = _text(value.value, "bold" if value.graded else "yellow")
    if value.interval:
        head.append(f" ({value.interval})")
    below = ", ".join(part for part in (value.counted, value.ungraded) if part)
    return head.append(f"\n{below}", "dim") if below else head


def _text(value: object, style: str = "") -> Text:
    from rich.text import Text

    return Text(str(value), style=style)
