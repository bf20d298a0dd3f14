"""What tuning changed, as lines for a terminal and as a page with replies coloured token by token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from demeanor.report.page import template

LEVELS = (0.5, 2.0, 5.0)  # nats from which a token is coloured, and coloured more


def explanation_rows(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """The findings in words; what has no interval says so."""
    rows = []
    for finding in found["findings"]:
        gap = finding["difference"]
        interval = "no interval" if gap["low"] is None else f"{gap['low']:+.2f} to {gap['high']:+.2f}"
        rows.append(
            {
                "label": finding["label"],
                "unit": finding["unit"],
                "n": str(gap["n"]),
                "base": _number(finding["base"]),
                "tuned": _number(finding["tuned"]),
                "difference": "-" if gap["delta"] is None else f"{gap['delta']:+.2f}",
                "interval": interval,
            }
        )
    return rows


def explanation_sentences(found: Mapping[str, Any]) -> list[str]:
    """The first figure, and what the others mean for the agent."""
    by = {f["name"]: f for f in found["findings"]}
    out = []
    if right := by.get("right"):
        out.append(
            f"A token of the right reply has {_times(right)} the probability that it has for the base model "
            f"({right['difference']['n']} replies nobody trained on)."
        )
    for name, words in (("last_message", "the user's last message"), ("detail", "one detail said earlier")):
        if (finding := by.get(name)) and finding["tuned"] is not None:
            out.append(
                f"Without {words} the right reply loses {finding['tuned']:.1f} nats; "
                f"for the base model it loses {finding['base']:.1f}."
            )
    for name, words in (("general", "Ordinary prose is"), ("questions", "Answers to general questions are")):
        if (finding := by.get(name)) and finding["base"]:
            worse = finding["tuned"] / finding["base"] - 1
            out.append(f"{words} {abs(worse):.0%} {'harder' if worse > 0 else 'easier'} to predict than before.")
    return out


def explanation_page(found: Mapping[str, Any], title: str) -> str:
    """The page's HTML, alone and without scripts like every page here."""
    replies = [
        {**{k: shown[k] for k in ("name", "user", "own")}, "tokens": [_token(*t) for t in shown["tokens"]]}
        for shown in found["shown"]
    ]
    return template("explain.html.j2").render(
        title=title, sentences=explanation_sentences(found), rows=explanation_rows(found), replies=replies
    )


def _token(text: str, base: float, tuned: float) -> dict[str, str]:
    level = sum(abs(tuned - base) >= bound for bound in LEVELS)
    shade = f"{'up' if tuned > base else 'down'}-{level}" if level else ""
    return {"text": text, "shade": shade, "title": f"base {base:.2f}, tuned {tuned:.2f}"}


def _times(finding: Mapping[str, Any]) -> str:
    from math import exp

    factor = exp(finding["difference"]["delta"] or 0.0)
    return f"{factor:.1f} times" if factor >= 1 else f"{factor:.2f} of"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def explanation_table(found: Mapping[str, Any]) -> Sequence[str]:
    """Lines for a terminal: label, base, tuned, difference with its interval."""
    rows = explanation_rows(found)
    width = max(len(r["label"]) for r in rows)
    head = f"{'':{width}}  {'base':>7} {'tuned':>7}  difference"
    return [head] + [
        f"{r['label']:{width}}  {r['base']:>7} {r['tuned']:>7}  {r['difference']} ({r['interval']}) "
        f"{r['unit']}, n {r['n']}"
        for r in rows
    ]
