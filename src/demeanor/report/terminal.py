"""Scorecards and comparisons as rich tables.

rich is imported inside the functions: a stage that prints nothing does not pay for it. Cells are `Text`, not
markup, so a label with square brackets stays what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from demeanor.evaluation.compare import Comparison
from demeanor.evaluation.scorecard import Figure, Measure, Scorecard
from demeanor.report.views import arm_labels, measures_of, whose_words
from demeanor.report.words import CONCLUSIONS, Cell, cell, difference_words, direction

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

COLOURS = {"better": "green", "worse": "red", "too few": "yellow"}


def table(cards: Sequence[Scorecard]) -> Table:
    """Measures down, arms across."""
    result = _empty_table("Scorecard")
    result.add_column("Measure")
    for label in arm_labels(cards):
        result.add_column(_text(label), justify="right")
    for measure in measures_of(cards):
        figures = [card.measures.get(measure.name) for card in cards]
        result.add_row(_measure(measure), *(_cell(cell(figure)) for figure in figures))
    for label, measure, figures in _long(cards):
        result.add_row(_text(label).append(f"\n{direction(measure)}", "dim"), *(_cell(cell(one)) for one in figures))
    caption = "95% intervals in brackets. Ungraded trials count neither as passed nor as failed."
    result.caption = _text(" ".join([caption, *whose_words(cards)]))
    return result


def _long(cards: Sequence[Scorecard]) -> list[tuple[str, Measure, list[Figure | None]]]:
    """What conversations of 20 messages and more show, where there were any."""
    found = {name: figure.measure for card in cards for name, figure in card.long.items()}
    return [
        (f"20 messages and more: {m.label}", m, [card.long.get(name) for card in cards]) for name, m in found.items()
    ]


def beside(card: Scorecard) -> list[str]:
    """What a scorecard says beside its table: what scenarios were about, and how the agent sounds."""
    about = [f"{what}: {cell(figure).sentence}" for what, figure in card.by.get("about", {}).items()]
    return about + (card.manner.sentences() if card.manner else [])


def compare_table(comparison: Comparison) -> Table:
    """One comparison: both arms, the difference b - a with its interval, and what follows."""
    pool = f", {comparison.pool} pool" if comparison.pool else ""
    result = _empty_table(f"{comparison.b} against {comparison.a}{pool}")
    result.add_column("Measure")
    result.add_column(_text(comparison.a), justify="right")
    result.add_column(_text(comparison.b), justify="right")
    result.add_column("Difference", justify="right")
    result.add_column("Conclusion")
    for row in comparison.measures.values():
        value, details = difference_words(row.difference, row.b.is_rate)
        result.add_row(
            _measure(row.b.measure),
            _cell(cell(row.a)),
            _cell(cell(row.b)),
            _text(value, "bold").append("\n" + details, "dim"),
            _text(CONCLUSIONS[row.conclusion], COLOURS.get(row.conclusion, "")),
        )
    result.caption = _text(comparison.sentence)
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


def _measure(measure: Measure) -> Text:
    return _text(measure.label).append(f"\n{direction(measure)}", "dim")


def _cell(value: Cell) -> Text:
    head = _text(value.value, "bold" if value.graded else "yellow")
    if value.interval:
        head.append(f" ({value.interval})")
    below = ", ".join(part for part in (value.counted, value.ungraded) if part)
    return head.append(f"\n{below}", "dim") if below else head


def _text(value: object, style: str = "") -> Text:
    from rich.text import Text

    return Text(str(value), style=style)
