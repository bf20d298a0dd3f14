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

from demeanor.evaluation.manner import sentences_of
from demeanor.report import views
from demeanor.report.words import need, shown

if TYPE_CHECKING:
    from jinja2 import Template


def page(
    scorecards: Sequence[Mapping[str, Any]],
    comparisons: Sequence[Mapping[str, Any]] = (),
    title: str = "Evaluation",
    extra: Mapping[str, Any] | None = None,
) -> str:
    """The page's HTML.

    `extra`: heading -> text, list of texts, or mapping of names to values; each becomes a section before the
    transcripts. Raises RunError when something is not a scorecard or a comparison.
    """
    for card in scorecards:
        need(card, "scorecard", ("arm", "measures"))
    for comparison in comparisons:
        need(comparison, "comparison", ("a", "b", "measures"))
    labels = views.arm_labels(scorecards)
    arms = [views.transcripts(card, i, label) for i, (card, label) in enumerate(zip(scorecards, labels, strict=True))]
    pairs = views.side_by_side(arms)
    together = [trial for group in pairs for trial in group]
    return template("page.html.j2").render(
        title=title,
        sentences=_sentences(scorecards, comparisons, labels),
        arms=labels,
        measures=views.measure_rows(scorecards),
        comparisons=[_comparison(comparison) for comparison in comparisons],
        breakdowns=views.breakdowns(scorecards),
        memory=views.memory_rows(scorecards),
        passes=views.pass_rows(scorecards),
        manners=[
            (label, card["manner"], sentences_of(card["manner"]))
            for card, label in zip(scorecards, labels, strict=True)
            if card.get("manner")
        ],
        confusions=views.confusions(scorecards, labels),
        broken_down=views.measure_of(views.MAIN, scorecards).get("label") or "Task done",
        references=views.reference_rows(scorecards),
        failures=views.reasons(arms, "fail"),
        ungraded=views.reasons(arms, "ungraded"),
        pairs=pairs,
        rest=[views.worst_first(trials, together) for trials in arms],
        runs=[_run(card, label) for card, label in zip(scorecards, labels, strict=True)],
        gaps=[(label, card["gap"]) for card, label in zip(scorecards, labels, strict=True) if card.get("gap")],
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


def _sentences(
    scorecards: Sequence[Mapping[str, Any]], comparisons: Sequence[Mapping[str, Any]], labels: Sequence[str]
) -> list[str]:
    """The verdict on top: the comparisons' own sentences, else each arm's first measure in words."""
    found = [str(comparison["sentence"]) for comparison in comparisons if comparison.get("sentence")]
    if found:
        return found
    for card, label in zip(scorecards, labels, strict=True):
        for name, measure in list(card["measures"].items())[:1]:
            found.append(f"{label}: {measure.get('label') or name}: {shown(measure).sentence}.")
    return found or ["Nothing was evaluated."]


def _comparison(comparison: Mapping[str, Any]) -> dict[str, Any]:
    rows = views.changes(comparison)
    about = [f"{comparison['pool']} pool"] if comparison.get("pool") else []
    about += [f"{comparison['n']} scenarios in both"] if comparison.get("n") is not None else []
    return {
        "a": comparison["a"],
        "b": comparison["b"],
        "about": ", ".join(about),
        "rows": rows,
        "tally": views.tally(rows),
    }


def _run(card: Mapping[str, Any], label: str) -> dict[str, str]:
    """Where the numbers come from; what a card does not say is left blank."""
    seconds = card.get("seconds")
    plain = ("run", "pool", "model", "engine", "scenarios", "trials", "created")
    return {
        "arm": label,
        **{key: str(card.get(key) if card.get(key) is not None else "") for key in plain},
        "time": "" if seconds is None else f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min",
    }


def _section(body: object) -> dict[str, Any]:
    if isinstance(body, Mapping):
        return {"pairs": [(str(key), str(value)) for key, value in body.items()], "texts": []}
    texts = [body] if isinstance(body, str) or not isinstance(body, Sequence) else body
    return {"pairs": [], "texts": [str(text) for text in texts]}
