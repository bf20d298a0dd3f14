"""How an agent sounds over a conversation and over all of them: whether its voice drifts, and what it says too often.

Drift is paired by conversation: the last third of its replies against the first, where there are enough of both. What a
reply opens with is a habit of the voice until one opening stands in front of a large share of all replies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Any

from demeanor.evaluation.statistics import paired_difference

LONG = 15
"""Replies from which a conversation counts as long."""
OPENING = 3
"""Words that an opening has at most."""
TIC = 0.15
"""Share of replies from which an opening is a tic."""
FEWEST = 50
"""Replies from which a share of them is worth a word."""
SHOWN = 5

Nearness = Callable[[Sequence[str]], list[float]]
"""Texts -> how near each comes to the voice's own lines: 1 the same, 0 unlike."""


@dataclass(frozen=True)
class Spoken:
    """The replies in words of one conversation, in order, and whether each is in voice; `scenario`: whose it is."""

    scenario: str
    texts: tuple[str, ...]
    in_voice: tuple[bool, ...]


def manner(spoken: Sequence[Spoken], nearness: Nearness | None = None) -> dict[str, Any]:
    """`drift`: measure -> its mean in the first and in the last third of long conversations, and the paired difference.
    `spread`: how much replies differ in length, in words. `openings`: the most frequent ones, with their share of
    replies; `tics`: those that stand too often.
    """
    long = [s for s in spoken if len(s.texts) >= LONG]
    measures: dict[str, tuple[str, Callable[[Spoken], Sequence[float]]]] = {
        "voice": ("in voice", lambda s: [float(v) for v in s.in_voice]),
        "words": ("words a reply", lambda s: [len(t.split()) for t in s.texts]),
    }
    if nearness is not None:
        near = nearness
        measures["nearness"] = ("nearness to the voice's lines", lambda s: near(s.texts))
    texts = [text for s in spoken for text in s.texts]
    openings = frequent(texts)
    return {
        "conversations": len(long),
        "drift": {name: {"label": label, **_drift(long, of)} for name, (label, of) in measures.items()} if long else {},
        "spread": _spread([len(t.split()) for t in texts]),
        "openings": openings[:SHOWN],
        "tics": [o for o in openings if o["share"] >= TIC] if len(texts) >= FEWEST else [],
    }


def _drift(long: Sequence[Spoken], of: Callable[[Spoken], Sequence[float]]) -> dict[str, Any]:
    ends: dict[str, list[tuple[float, float]]] = {}
    for conversation in long:
        values = of(conversation)
        third = len(values) // 3
        ends.setdefault(conversation.scenario, []).append((fmean(values[:third]), fmean(values[-third:])))
    # The scenario is the unit: several trials of one count as their mean.
    first, last = ([fmean(pair[side] for pair in pairs) for pairs in ends.values()] for side in (0, 1))
    return {"first": fmean(first), "last": fmean(last), "difference": paired_difference(last, first, seed=0)._asdict()}


def _spread(values: Sequence[int]) -> dict[str, float | None]:
    return {"mean": fmean(values) if values else None, "deviation": stdev(values) if len(values) > 1 else None}


def frequent(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Openings of replies, the most frequent first."""
    counted = Counter(filter(None, map(opening, texts)))
    total = sum(counted.values())
    return [{"text": text, "count": n, "share": n / total} for text, n in counted.most_common() if n > 1]


def opening(text: str) -> str:
    """The first words, up to the first stop: "Lovely!" of "Lovely! How many guests?"."""
    head = re.split(r"[,.!?;:–—]", text.strip(), maxsplit=1)[0]
    return " ".join(head.split()[:OPENING]).lower()


def sentences_of(found: Mapping[str, Any]) -> list[str]:
    """What was found, in words; nothing where there is nothing to say."""
    out = []
    for drift in found.get("drift", {}).values():
        gap = drift["difference"]
        interval = "" if gap["low"] is None else f" ({gap['low']:+.2f} to {gap['high']:+.2f})"
        ends = f"{drift['first']:.2f} in the first third, {drift['last']:.2f} in the last"
        out.append(
            f"Over {found['conversations']} long conversations: {drift['label']} {ends}: {gap['delta']:+.2f}{interval}."
        )
    for tic in found.get("tics", []):
        out.append(f"{tic['share']:.0%} of all replies open with '{tic['text']}'.")
    return out
