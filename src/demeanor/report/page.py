"""Scorecards and comparisons as one HTML page that stands alone.

Everything is inside: styles, plots (SVG), transcripts. No script, no font, no request; a content policy in
the page forbids them, so that a transcript can not bring any either. Templates escape by default and nothing
is marked safe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.evaluation.compare import Comparison
from demeanor.evaluation.scorecard import Scorecard
from demeanor.report import views
from demeanor.report.words import cell

if TYPE_CHECKING:
    from jinja2 import Template


def page(
    cards: Sequence[Scorecard],
    comparisons: Sequence[Comparison] = (),
    title: str = "Evaluation",
    extra: Mapping[str, Any] | None = None,
) -> str:
    """The page's HTML.

    `extra`: heading -> text, list of texts, or mapping of names to values; each becomes a section before the
    transcripts.
    """
    labels = views.arm_labels(cards)
    named = list(zip(cards, labels, strict=True))
    arms = [views.transcripts(card, i, label) for i, (card, label) in enumerate(named)]
    pairs = views.side_by_side(arms)
    together = [trial for group in pairs for trial in group]
    return template("page.html.j2").render(
        title=title,
        sentences=_sentences(named, comparisons),
        arms=labels,
        measures=views.measure_rows(cards),
        comparisons=[_comparison(comparison) for comparison in comparisons],
        breakdowns=views.breakdowns(cards),
        memory=views.memory_rows(cards),
        long=views.long_rows(cards),
        passes=views.pass_rows(cards),
        manners=[(label, card.manner, card.manner.sentences()) for card, label in named if card.manner],
        confusions=views.confusions(cards, labels),
        broken_down=next((m.label for m in views.measures_of(cards) if m.name == views.MAIN), "Task done"),
        references=views.reference_rows(cards),
        failures=views.reasons(arms, "fail"),
        ungraded=views.reasons(arms, "ungraded"),
        pairs=pairs,
        rest=[views.worst_first(trials, together) for trials in arms],
        runs=[_run(card, label) for card, label in named],
        extra=[(heading, _section(body)) for heading, body in (extra or {}).items()],
    )


@cache
def template(name: str) -> Template:
    """A page's template: all that is put in is escaped, and what is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _sentences(named: Sequence[tuple[Scorecard, str]], comparisons: Sequence[Comparison]) -> list[str]:
    """The verdict on top: the comparisons' own sentences, else each arm's first measure in words."""
    found = [comparison.sentence for comparison in comparisons]
    for card, label in () if found else named:
        for figure in list(card.measures.values())[:1]:
            found.append(f"{label}: {figure.measure.label}: {cell(figure).sentence}.")
    return found or ["Nothing was evaluated."]


def _comparison(comparison: Comparison) -> dict[str, Any]:
    rows = views.changes(comparison)
    about = [f"{comparison.pool} pool"] if comparison.pool else []
    about += [f"{comparison.n} scenarios in both"]
    return {
        "a": comparison.a,
        "b": comparison.b,
        "about": ", ".join(about),
        "rows": rows,
        "tally": views.tally(rows),
    }


def _run(card: Scorecard, label: str) -> dict[str, str]:
    """Where the numbers come from; what a card does not say is left blank."""
    seconds = card.seconds
    plain = ("run", "pool", "words", "model", "engine", "scenarios", "trials", "created")
    return {
        "arm": label,
        **{key: str(getattr(card, key)) for key in plain},
        "time": "" if seconds is None else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min",
    }


def _section(body: object) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return {"pairs": [(str(key), str(value)) for key, value in body.items()], "texts": []}
    texts = [body] if isinstance(body, str) or not isinstance(body, Sequence) else body
    return {"pairs": [], "texts": [str(text) for text in texts]}
