"""What probabilities mean, and from where on they are sure: settled on lines of hands that taught nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from demeanor.agent.topics import TOPICS
from demeanor.reading.labels import COLUMNS, Speaker
from demeanor.reading.learn.lines import NO_TRADE, OTHER, Line, Trade
from demeanor.reading.learned import WANTS, LearnedReader, Weights
from demeanor.reading.logistic import fitted
from demeanor.reading.reader import Reading, Spoken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Scored = Sequence[tuple[float, bool]]
"""(probability, whether it is there)."""
RIGHT = 0.955  # of the labels that sure messages are said to carry
CLOSED = 0.998  # of what is said to be nothing but agreement, after which something is written
LEAST = 0.95  # the probability of agreement that is asked for, however well calibration goes
APART = ("irony", "value")
"""Answers that count for no limit: hands differ on irony, and another value is compared, not heard
(`runtime/agreement.py`)."""
AGREES = "user.agrees"
HELD = 0.1  # how strongly a probability is held to what was learned: the precision of the prior
MISSED = 0.02  # of what touches a topic, where misses are to be rare
ALARMED = 0.02  # of what does not touch it, where false alarms are
OPEN = {"agent": 0.5, "user": 0.5, "agrees": 1.0, "asked": 0.5, "corrected": 0.5, "tool": 0.5, "told": 0.5}
"""The limits of weights that nobody has calibrated."""


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


def calibrated(learned: Weights, lines: Sequence[Line]) -> dict[str, Floats]:
    """The heads of the labels, by which a label that is heard with 0.8 is there eight times in ten (Platt's
    scaling)."""
    lines = [line for line in lines if line.near not in APART]
    heard = _heard(learned, lines)
    judge, bias = learned.heads["acts.judge"].copy(), learned.heads["acts.bias"].copy()
    for column, name in enumerate(COLUMNS):
        judged = [k for k, line in enumerate(lines) if name in line.judged]
        if judged:
            slope, shift = scale([(float(heard[k, column]), name in lines[k].acts) for k in judged])
            judge[column], bias[column] = slope * judge[column], slope * bias[column] + shift
    return {"acts.judge": judge, "acts.bias": bias}


def _messages(lines: Sequence[Line]) -> list[Line]:
    return [line for line in lines if line.kind in ("agent", "user", "answer")]


def _heard(learned: Weights, lines: Sequence[Line]) -> Floats:
    """(lines, columns): probabilities."""
    return LearnedReader({}, {}, learned).columns([(line.before, line.text) for line in lines], COLUMNS)


def scale(scored: Scored) -> tuple[float, float]:
    """Slope and shift of the logits that make probabilities out of scores: maximum a posteriori around (1, 0)."""
    p = np.clip(np.array([p for p, _ in scored], dtype=np.float64), 1e-6, 1 - 1e-6)
    logits, owed = np.log(p / (1 - p)), np.array([float(there) for _, there in scored])
    given = np.stack([logits, np.ones_like(logits)], axis=1)
    slope, shift = fitted(given, owed, np.array([1.0, 0.0]), HELD)
    return float(slope), float(shift)


def limits(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> dict[str, float]:
    """`limits.json`: from which confidence the labels of a speaker are sure, and which probability suffices
    elsewhere."""
    every, lines = lines, _messages(lines)
    pairs = list(zip(lines, read_all(learned, lines, trades), strict=True))
    agent, user = ([(line, r) for line, r in pairs if line.kind == kind] for kind in ("agent", "user"))
    about = [(line, r) for line, r in agent if line.tool]
    answers = [(line, r) for line, r in pairs if AGREES in line.judged and line.near not in APART]
    return {
        "agent": confidence(agent, "agent"),
        "user": confidence(user, "user"),
        "agrees": max(LEAST, closed([(r.agreement, AGREES in line.acts) for line, r in answers])),
        "asked": best_split(_named(agent, WANTS["asked"])),
        "corrected": best_split(_named(user, WANTS["corrected"])),
        "tool": best_split([(p, tool == line.tool) for line, r in about for tool, p in r.tools.items()]),
        "told": told_limit(learned, [line for line in lines if line.kind == "user"], trades),
        **topic_limits(learned, [line for line in every if line.kind == "topic"]),
    }


def _named(pairs: Sequence[tuple[Line, Reading]], by: frozenset[str]) -> list[tuple[float, bool]]:
    """Every slot of the messages that may name some."""
    return [(p, slot in line.slots) for line, r in pairs if by & r.found for slot, p in r.slots.items()]


def topic_limits(learned: Weights, lines: Sequence[Line]) -> dict[str, float]:
    """Of every topic the limits of guards that shall rarely miss, and of those that shall rarely raise a false
    alarm."""
    heard, found = _heard(learned, lines), dict[str, float]()
    for topic in TOPICS if lines else ():
        name = f"topic.{topic}"
        column = COLUMNS.index(name)
        touched = sorted(float(heard[k, column]) for k, line in enumerate(lines) if name in line.acts)
        others = sorted(float(heard[k, column]) for k, line in enumerate(lines) if name not in line.acts)
        found[f"{name}.miss"] = touched[int(MISSED * len(touched))]
        found[f"{name}.false_alarm"] = others[-1 - int(ALARMED * len(others))] + 1e-6
    return found


def confidence(pairs: Sequence[tuple[Line, Reading]], speaker: Speaker) -> float:
    """The least confidence at which messages all of whose labels have it are right in what they are said to carry."""
    for level in np.arange(0.5, 0.99, 0.01):
        sure = [(line, r) for line, r in pairs if all(p >= level or p <= 1 - level for p in r.acts.values())]
        said = [f"{speaker}.{label}" in line.acts for line, r in sure for label in r.found]
        if said and sum(said) >= RIGHT * len(said):
            return round(float(level), 2)
    return 0.99


def closed(scored: Scored) -> float:
    """The least probability from which on nearly all are there."""
    hits, limit = 0, 1.0
    for rank, (p, owed) in enumerate(sorted(scored, reverse=True), 1):
        hits += owed
        if owed and hits >= CLOSED * rank:
            limit = p
    return limit


def best_split(scored: Scored) -> float:
    """The probability from which on precision and recall balance best (F1)."""
    there, hits, best, found = sum(owed for _, owed in scored), 0, 0.0, 0.5
    for rank, (p, owed) in enumerate(sorted(scored, reverse=True), 1):
        hits += owed
        if (f1 := 2 * hits / (rank + there)) > best:
            best, found = f1, p
    return found


def told_limit(learned: Weights, lines: Sequence[Line], trades: Mapping[str, Trade]) -> float:
    """Where most spans are found as they stand and fewest others (F1)."""
    scores = {}
    for found in (0.2, 0.3, 0.4, 0.5, 0.6):
        learned.limits["told"] = found
        said = [{(t.slot, t.start, t.end) for t in reading.told} for reading in read_all(learned, lines, trades)]
        owed = [{span for span in line.spans if span[0] != OTHER} for line in lines]
        right = sum(len(a & b) for a, b in zip(said, owed, strict=True))
        scores[found] = 2 * right / max(1, sum(map(len, said)) + sum(map(len, owed)))
    return max(scores, key=lambda found: scores[found])
