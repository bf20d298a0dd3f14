"""How an agent sounds over a conversation and over all of them: whether its voice drifts, and what it says too often.

Drift is paired by conversation: the last third of its replies against the first, where there are enough of both. What a
reply opens with is a habit of the voice until one opening stands in front of a large share of all replies; and a phrase
that the voice is to prefer colours it until it stands in as many.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, stdev
from typing import Any

from demeanor.evaluation.statistics import Difference, paired_difference
from demeanor.text import stands_in

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


@dataclass(frozen=True)
class Drift:
    """A mean in the first and in the last third of long conversations, and their paired difference (last - first)."""

    label: str
    first: float
    last: float
    difference: Difference


@dataclass(frozen=True)
class Opening:
    """What replies open with, or say: in how many, and in which share of all."""

    text: str
    count: int
    share: float


@dataclass(frozen=True)
class Manner:
    """How an agent sounds.

    `conversations`: how many are long. `drift`: by measure, over these. `mean`, `deviation`: words a reply. `openings`:
    the most frequent ones; `tics`: those that stand too often. `preferred`: the phrases of `voice.prefer`.
    """

    conversations: int = 0
    drift: Mapping[str, Drift] = field(default_factory=dict)
    mean: float | None = None
    deviation: float | None = None
    openings: tuple[Opening, ...] = ()
    tics: tuple[Opening, ...] = ()
    preferred: tuple[Opening, ...] = ()

    def to_json(self) -> dict[str, Any]:
        drift = {name: {**asdict(d), "difference": d.difference._asdict()} for name, d in self.drift.items()}
        return {**asdict(self), "drift": drift}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Manner:
        """The inverse of `to_json`."""
        drift = {
            name: Drift(d["label"], d["first"], d["last"], Difference(**d["difference"]))
            for name, d in (raw.get("drift") or {}).items()
        }
        listed = {name: tuple(Opening(**o) for o in raw.get(name) or ()) for name in ("openings", "tics", "preferred")}
        return cls(int(raw.get("conversations") or 0), drift, raw.get("mean"), raw.get("deviation"), **listed)

    def sentences(self) -> list[str]:
        """What was found, in words; nothing where there is nothing to say."""
        out = []
        for drift in self.drift.values():
            gap = drift.difference
            interval = "" if gap.low is None else f" ({gap.low:+.2f} to {gap.high:+.2f})"
            ends = f"{drift.first:.2f} in the first third, {drift.last:.2f} in the last"
            head = f"Over {self.conversations} long conversations: {drift.label} {ends}"
            out.append(f"{head}: {gap.delta:+.2f}{interval}.")
        out += [f"{tic.share:.0%} of all replies open with '{tic.text}'." for tic in self.tics]
        return out + [said for phrase in self.preferred if (said := _preference(phrase))]


def manner(spoken: Sequence[Spoken], nearness: Nearness | None = None, prefer: Sequence[str] = ()) -> Manner:
    """How the agent of these conversations sounds; its nearness to the voice's lines where that can be measured, and
    how often it says what it is to `prefer`."""
    long = [s for s in spoken if len(s.texts) >= LONG]
    measures: dict[str, tuple[str, Callable[[Spoken], Sequence[float]]]] = {
        "voice": ("in voice", lambda s: [float(v) for v in s.in_voice]),
        "words": ("words a reply", lambda s: [len(t.split()) for t in s.texts]),
    }
    if nearness is not None:
        near = nearness
        measures["nearness"] = ("nearness to the voice's lines", lambda s: near(s.texts))
    texts = [text for s in spoken for text in s.texts]
    lengths, openings = [len(t.split()) for t in texts], frequent(texts)
    return Manner(
        len(long),
        {name: _drift(label, long, of) for name, (label, of) in measures.items()} if long else {},
        fmean(lengths) if lengths else None,
        stdev(lengths) if len(lengths) > 1 else None,
        tuple(openings[:SHOWN]),
        tuple(o for o in openings if o.share >= TIC) if len(texts) >= FEWEST else (),
        tuple(_said(phrase, texts) for phrase in prefer) if len(texts) >= FEWEST else (),
    )


def _said(phrase: str, texts: Sequence[str]) -> Opening:
    count = sum(stands_in(phrase, text) for text in texts)
    return Opening(phrase, count, count / len(texts))


def _preference(phrase: Opening) -> str:
    if not phrase.count:
        return f"'{phrase.text}', which the voice is to prefer, is never said."
    return f"{phrase.share:.0%} of all replies say '{phrase.text}': too often." if phrase.share >= TIC else ""


def _drift(label: str, long: Sequence[Spoken], of: Callable[[Spoken], Sequence[float]]) -> Drift:
    ends: dict[str, list[tuple[float, float]]] = {}
    for conversation in long:
        values = of(conversation)
        third = len(values) // 3
        ends.setdefault(conversation.scenario, []).append((fmean(values[:third]), fmean(values[-third:])))
    # The scenario is the unit: several trials of one count as their mean.
    first, last = ([fmean(pair[side] for pair in pairs) for pairs in ends.values()] for side in (0, 1))
    return Drift(label, fmean(first), fmean(last), paired_difference(last, first, seed=0))


def frequent(texts: Sequence[str]) -> list[Opening]:
    """Openings of replies, the most frequent first."""
    counted = Counter(filter(None, map(opening, texts)))
    total = sum(counted.values())
    return [Opening(text, n, n / total) for text, n in counted.most_common() if n > 1]


def opening(text: str) -> str:
    """The first words, up to the first stop: "Lovely!" of "Lovely! How many guests?"."""
    head = re.split(r"[,.!?;:–—]", text.strip(), maxsplit=1)[0]
    return " ".join(head.split()[:OPENING]).lower()
