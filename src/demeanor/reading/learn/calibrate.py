"""Where a probability is sure: thresholds for each label, on lines of a hand that taught nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from demeanor.reading.labels import COLUMNS
from demeanor.reading.learn.lines import Line, Trade
from demeanor.reading.learned import LearnedReader, Limits, Weights
from demeanor.reading.reader import Reading, Spoken

RIGHT = 0.97  # of what is said to be there with certainty
MISSED = 0.03  # of what is there, at most so much is said to be absent with certainty
OPEN = Limits(absent=0.0, found=0.5, there=1.0)


def read_all(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> list[Reading]:
    """Every message read by the reader of its trade, in order; only lines of agents and users."""
    readings: dict[int, Reading] = {}
    for name, trade in trades.items():
        rows = [k for k, line in enumerate(lines) if line.trade == name]
        if rows:
            reader = LearnedReader(trade.slots, trade.tools, learned)
            said = [
                Spoken("agent" if lines[k].kind == "agent" else "user", lines[k].text, lines[k].before) for k in rows
            ]
            readings.update(zip(rows, reader.read(said), strict=True))
    return [readings[k] for k in range(len(lines))]


def limits(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> dict[str, dict[str, float]]:
    """Thresholds by column and by role, as `limits.json` has them."""
    lines = [line for line in lines if line.kind in ("agent", "user")]
    pairs = list(zip(lines, read_all(learned, lines, trades), strict=True))
    out = {}
    for kind, role in (("agent", "asked"), ("user", "corrected")):
        own = [(line, reading) for line, reading in pairs if line.kind == kind]
        for column in (column for column in COLUMNS if column.startswith(f"{kind}.")):
            label = column.partition(".")[2]
            out[column] = asdict(
                thresholds([(r.acts[label], column in line.acts) for line, r in own if column in line.judged])
            )
        out[role] = asdict(thresholds([(p, slot in line.slots) for line, r in own for slot, p in r.slots.items()]))
    about = [(line, r) for line, r in pairs if line.tool]
    out["tool"] = asdict(thresholds([(p, tool == line.tool) for line, r in about for tool, p in r.tools.items()]))
    return out


def thresholds(scored: Sequence[tuple[float, bool]]) -> Limits:
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
        if hits >= RIGHT * rank:
            sure = p
    missed, absent = 0, OPEN.absent
    for p, owed in sorted(scored):
        missed += owed
        if missed > MISSED * there:
            break
        absent = p
    return Limits(min(absent, found), found, max(sure, found))
