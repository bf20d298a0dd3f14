"""What tuning changed, as lines for a terminal and as a page with replies coloured token by token."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from demeanor.evaluation.explanation import Effect, Explanation
from demeanor.report.page import template

LEVELS = (0.5, 2.0, 5.0)  # nats from which a token is coloured, and coloured more


def explanation_rows(found: Explanation) -> list[dict[str, str]]:
    """The effects in words; what has no interval says so."""
    rows = []
    for effect in found.effects:
        gap = effect.difference
        rows.append(
            {
                "label": effect.label,
                "unit": effect.unit,
                "n": str(gap.n),
                "base": _number(effect.base),
                "tuned": _number(effect.tuned),
                "difference": "-" if gap.delta is None else f"{gap.delta:+.2f}",
                "interval": "no interval" if gap.low is None else f"{gap.low:+.2f} to {gap.high:+.2f}",
            }
        )
    return rows


def explanation_sentences(found: Explanation) -> list[str]:
    """The first figure, and what the others mean for the agent."""
    by = {effect.name: effect for effect in found.effects}
    out = []
    if right := by.get("right"):
        out.append(
            f"A token of the right reply has {_times(right)} the probability that it has for the base model "
            f"({right.difference.n} replies nobody trained on)."
        )
    for name, words in (("last_message", "the user's last message"), ("detail", "one detail said earlier")):
        if (effect := by.get(name)) and effect.tuned is not None:
            out.append(
                f"Without {words} the right reply loses {effect.tuned:.1f} nats; "
                f"for the base model it loses {effect.base:.1f}."
            )
    for name, words in (("general", "Ordinary prose is"), ("questions", "Answers to general questions are")):
        if (effect := by.get(name)) and effect.base and effect.tuned is not None:
            worse = effect.tuned / effect.base - 1
            out.append(f"{words} {abs(worse):.0%} {'harder' if worse > 0 else 'easier'} to predict than before.")
    return out


def explanation_page(found: Explanation, title: str) -> str:
    """The page's HTML, alone and without scripts like every page here."""
    replies = [
        {"name": view.name, "user": view.user, "own": view.own, "tokens": [_token(*t) for t in view.tokens]}
        for view in found.shown
    ]
    return template("explain.html.j2").render(
        title=title, sentences=explanation_sentences(found), rows=explanation_rows(found), replies=replies
    )


def _token(text: str, base: float, tuned: float) -> dict[str, str]:
    level = sum(abs(tuned - base) >= bound for bound in LEVELS)
    shade = f"{'up' if tuned > base else 'down'}-{level}" if level else ""
    return {"text": text, "shade": shade, "title": f"base {base:.2f}, tuned {tuned:.2f}"}


def _times(effect: Effect) -> str:
    factor = exp(effect.difference.delta or 0.0)
    return f"{factor:.1f} times" if factor >= 1 else f"{factor:.2f} of"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def explanation_table(found: Explanation) -> Sequence[str]:
    """Lines for a terminal: label, base, tuned, difference with its interval."""
    rows = explanation_rows(found)
    width = max(len(r["label"]) for r in rows)
    head = f"{'':{width}}  {'base':>7} {'tuned':>7}  difference"
    return [head] + [
        f"{r['label']:{width}}  {r['base']:>7} {r['tuned']:>7}  {r['difference']} ({r['interval']}) "
        f"{r['unit']}, n {r['n']}"
        for r in rows
    ]
