"""Where a probability is sure: thresholds for each label, on lines of a hand that taught nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from demeanor.reading.labels import LABELS
from demeanor.reading.learn.lines import NO_TRADE, OTHER, Line, Trade
from demeanor.reading.learned import LearnedReader, Limits, Weights
from demeanor.reading.reader import Reading, Spoken

RIGHT = 0.97  # of what is said to be there with certainty
CLOSED = 0.998  # likewise of agreement, after which something is written
MISSED = 0.10  # of what is there, at most so much is said to be absent with certainty
OPEN = Limits(absent=0.0, found=0.5, there=1.0)


def read_all(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> list[Reading]:
    """Every message read by the reader of its trade, in order; only lines of agents, users and answers."""
    readings: dict[int, Reading] = {}
    for name in dict.fromkeys(line.trade for line in lines):
        rows = [k for k, line in enumerate(lines) if line.trade == name]
        trade = trades.get(name, NO_TRADE)
        reader = LearnedReader(trade.slots, trade.tools, learned)
        said = [Spoken("agent" if lines[k].kind == "agent" else "user", lines[k].text, lines[k].before) for k in rows]
        readings.update(zip(rows, reader.read(said), strict=True))
    return [readings[k] for k in range(len(lines))]


def limits(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> dict[str, dict[str, float]]:
    """Thresholds by column and by role, as `limits.json` has them."""
    lines = [line for line in lines if line.kind in ("agent", "user", "answer")]
    pairs = list(zip(lines, read_all(learned, lines, trades), strict=True))
    out = {}
    for kind, role in (("agent", "asked"), ("user", "corrected")):
        own = [(line, reading) for line, reading in pairs if line.kind == kind]
        for label in LABELS["agent" if kind == "agent" else "user"]:
            column = f"{kind}.{label}"
            scored = [(reading.acts[label], column in line.acts) for line, reading in own if column in line.judged]
            out[column] = asdict(thresholds(scored))
        out[role] = asdict(thresholds([(p, slot in line.slots) for line, r in own for slot, p in r.slots.items()]))
    about = [(line, reading) for line, reading in pairs if line.tool]
    out["tool"] = asdict(thresholds([(p, tool == line.tool) for line, r in about for tool, p in r.tools.items()]))
    answers = [(r.agreement, "user.agrees" in line.acts) for line, r in pairs if "user.agrees" in line.judged]
    out["user.agrees"] = asdict(thresholds(answers, CLOSED))
    out["told"] = asdict(told_limit(learned, [line for line in lines if line.kind == "user"], trades))
    return out


def told_limit(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> Limits:
    """Where most spans are found as they stand and fewest others (F1)."""
    scores = {}
    for found in (0.2, 0.3, 0.4, 0.5, 0.6):
        learned.limits["told"] = Limits(0.0, found, 1.0)
        said = [{(t.slot, t.start, t.end) for t in reading.told} for reading in read_all(learned, lines, trades)]
        owed = [{span for span in line.spans if span[0] != OTHER} for line in lines]
        right = sum(len(a & b) for a, b in zip(said, owed, strict=True))
        scores[found] = 2 * right / max(1, sum(map(len, said)) + sum(map(len, owed)))
    return Limits(0.0, max(scores, key=lambda found: scores[found]), 1.0)


def thresholds(scored: Sequence[tuple[float, bool]], right: float = RIGHT) -> Limits:
    """From (probability, whether it is there): found where precision and recall balance best (F1), sure beyond."""
    there = sum(owed for _, owed in scored)
    if not there:
        return OPEN
    falling = sorted(scored, reverse=True)
    hits, best, found, sure = 0, 0.0, OPEN.found, OPEN.there
    for rank, (p, owed) in enumerate(falling, 1):
        hits += owed
        f1 = 2 * hits / (rank + there)
        if f1 > best:
            best, found = f1, p
        if hits >= right * rank:
            sure = p
    missed, absent = 0, OPEN.absent
    for rank, (p, owed) in enumerate(sorted(scored), 1):
        missed += owed
        if missed > min(MISSED * there, (1 - right) * max(rank, len(scored) - there)):
            break
        absent = p
    return Limits(min(absent, found), found, max(sure, found))
