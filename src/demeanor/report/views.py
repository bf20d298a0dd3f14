"""What the page shows, worked out from scorecards: no HTML here, and no arithmetic in the templates.

Arms keep the order they are given in, and with it their colour. A reason for failing is grouped without its
particulars ("asked for guests again in message 6" -> "asked for guests again"; "invented: 99 euros" ->
"invented") and counted once a scenario. A verdict that is neither pass nor fail is ungraded.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demeanor.evaluation.statistics import rate_interval
from demeanor.report.words import (
    VERDICTS,
    Shown,
    axis_top,
    difference_words,
    direction,
    is_rate,
    percent,
    shown,
)

Card = Mapping[str, Any]
MAIN = "task_success"
"""The measure that `by` breaks down."""

SIDE_BY_SIDE = 4
"""Scenarios whose transcripts stand next to each other; the first ones, not the most flattering ones."""
EXAMPLES = 4
"""Links to transcripts for each reason."""


@dataclass(frozen=True)
class Row:
    """One line of a table or one plot: a label and a value for each arm."""

    label: str
    note: str
    cells: list[Shown]
    ticks: list[str]

    @property
    def unit(self) -> str:
        """What n counts, where the arms say."""
        return next((cell.unit for cell in self.cells if cell.unit), "")


@dataclass(frozen=True)
class Change:
    """One measure of a comparison."""

    label: str
    a: Shown
    b: Shown
    value: str
    details: str
    verdict: str
    kind: str


@dataclass(frozen=True)
class Part:
    """One message of a transcript. `calls` and a tool's `body` are ready for monospace."""

    role: str
    body: str
    calls: list[str]
    context: str
    note: str
    faults: list[str]


@dataclass(frozen=True)
class Transcript:
    """One trial. `anchor` is unique on the page; `arm` is the arm's position."""

    anchor: str
    arm: int
    label: str
    scenario: str
    verdict: str
    why: list[str]
    parts: list[Part]


@dataclass(frozen=True)
class Reason:
    """Why scenarios failed (or were not graded): how many of each arm, and where to look."""

    text: str
    counts: list[tuple[str, str]]
    total: int
    examples: list[Transcript]


# -- arms and measures -------------------------------------------------------------------------------------


def arm_labels(scorecards: Sequence[Card]) -> list[str]:
    """The arm's name, with the pool, and if need be the run, where the name alone is ambiguous."""
    for keys in (("arm",), ("arm", "pool"), ("arm", "pool", "run")):
        labels = [", ".join(str(card[key]) for key in keys if card.get(key)) for card in scorecards]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{label} ({i})" for i, label in enumerate(labels, 1)]


def measure_names(scorecards: Iterable[Card]) -> list[str]:
    """Every measure of any card, in order of first appearance."""
    return list(dict.fromkeys(name for card in scorecards for name in card["measures"]))


def measure_of(name: str, scorecards: Iterable[Card]) -> Card:
    """The first card's measure of this name, for its label and direction."""
    return next((card["measures"][name] for card in scorecards if name in card["measures"]), {})


def measure_rows(scorecards: Sequence[Card]) -> list[Row]:
    """One row a measure."""
    rows = []
    for name in measure_names(scorecards):
        measure = measure_of(name, scorecards)
        label = str(measure.get("label") or name.replace("_", " "))
        rows.append(_row(label, direction(measure), [card["measures"].get(name) for card in scorecards]))
    return rows


def breakdowns(scorecards: Sequence[Card]) -> list[tuple[str, list[Row]]]:
    """(dimension, one row a value) for everything under `by`."""
    found: list[tuple[str, list[Row]]] = []
    for dimension in dict.fromkeys(d for card in scorecards for d in card.get("by") or {}):
        groups = [(card.get("by") or {}).get(dimension) or {} for card in scorecards]
        found.append((str(dimension).replace("_", " "), _group_rows(groups)))
    return found


def memory_rows(scorecards: Sequence[Card]) -> list[Row]:
    """The share of details that calls have right, one row for each time since they were said."""
    return _group_rows([card.get("memory") or {} for card in scorecards])


def pass_rows(scorecards: Sequence[Card]) -> list[Row]:
    """The chance that all of k trials of a scenario do its task, one row a k."""
    return _group_rows([card.get("pass_hat") or {} for card in scorecards])


@dataclass(frozen=True)
class Confusion:
    """The acts that were due (rows) and done (columns) by one arm: counts, shades from 0 to 4 by share of the row, and
    "same", "other", or "open" where what was due cannot be read back (answers, small words)."""

    label: str
    done: list[str]
    rows: list[tuple[str, int, list[tuple[str, int, str]]]]


OPEN = ("inform", "small words")


def confusions(scorecards: Sequence[Card], labels: Sequence[str]) -> list[Confusion]:
    """One table an arm, of those that recorded acts."""
    out = []
    for card, label in zip(scorecards, labels, strict=True):
        acts: Mapping[str, Mapping[str, int]] = card.get("acts") or {}
        totals: Counter[str] = Counter()
        for row in acts.values():
            totals.update(row)
        done = [*(due for due in acts if due in totals), *(d for d, _ in totals.most_common() if d not in acts)]
        rows = []
        for due, row in acts.items():
            whole = sum(row.values())
            kinds = ["open" if due in OPEN else "same" if d == due else "other" for d in done]
            cells = [
                (str(row.get(d) or ""), -(-4 * row.get(d, 0) // whole), kind)
                for d, kind in zip(done, kinds, strict=True)
            ]
            rows.append((due, whole, cells))
        out += [Confusion(label, done, rows)] if rows else []
    return out


def _group_rows(groups: Sequence[Mapping[str, Card]]) -> list[Row]:
    """One row for each value that some arm has."""
    values = dict.fromkeys(value for group in groups for value in group)
    return [_row(str(v).replace("_", " "), "", [group.get(v) for group in groups]) for v in values]


def reference_rows(scorecards: Sequence[Card]) -> list[Row]:
    """What agents that do nothing useful reach, on each card's scenarios: one row an agent and measure."""
    agents = dict.fromkeys(agent for card in scorecards for agent in card.get("reference_agents") or {})
    rows = []
    for agent in agents:
        measures = [(card.get("reference_agents") or {}).get(agent) or {} for card in scorecards]
        for name in dict.fromkeys(name for found in measures for name in found):
            label = next((m[name].get("label") for m in measures if name in m), None)
            label = label or measure_of(name, scorecards).get("label") or name
            rows.append(_row(str(agent), str(label), [found.get(name) for found in measures]))
    return rows


def changes(comparison: Card) -> list[Change]:
    """One line a measure of a comparison."""
    rows = []
    for name, measure in comparison["measures"].items():
        value, details = difference_words(
            measure.get("difference"), is_rate(measure.get("a") or measure.get("b") or {})
        )
        verdict = str(measure.get("verdict") or "ungraded")
        kind = verdict.split()[0] if verdict in VERDICTS else "other"
        label = str(measure.get("label") or name.replace("_", " "))
        shown_verdict = VERDICTS.get(verdict, verdict)
        both = shown(measure.get("a")), shown(measure.get("b"))
        rows.append(Change(label, *both, value, details, shown_verdict, kind))
    return rows


def tally(rows: Sequence[Change]) -> list[tuple[int, str, str]]:
    """(how many, verdict, kind) over a comparison's measures: better, worse, and the rest."""
    counted = Counter((row.verdict, row.kind) for row in rows)
    order = [*VERDICTS.values(), *(verdict for verdict, _ in counted)]
    by_verdict = sorted(counted.items(), key=lambda item: order.index(item[0][0]))
    return [(count, verdict, kind) for (verdict, kind), count in by_verdict]


def _row(label: str, note: str, measures: Sequence[Card | None]) -> Row:
    top = axis_top(measures)
    rate = all(is_rate(m) for m in measures if m is not None and m.get("point") is not None)
    ends = [0.0, top / 2, top]
    ticks = [percent(end) if rate else f"{end:.0f}" if top >= 10 else f"{end:.1f}" for end in ends]
    return Row(label, note, [shown(measure, top) for measure in measures], ticks)


# -- transcripts -------------------------------------------------------------------------------------------


def transcripts(card: Card, arm: int, label: str) -> list[Transcript]:
    """Every trial of one card, in its order."""
    found = []
    for i, trial in enumerate(card.get("trials_detail") or []):
        verdict = trial.get("verdict")
        found.append(
            Transcript(
                anchor=f"trial-{arm}-{i}",
                arm=arm,
                label=label,
                scenario=str(trial.get("scenario", f"trial {i + 1}")),
                verdict=verdict if verdict in ("pass", "fail") else "ungraded",
                why=[str(reason) for reason in trial.get("why") or []],
                parts=[_part(message) for message in trial.get("messages") or []],
            )
        )
    return found


def side_by_side(arms: Sequence[Sequence[Transcript]], limit: int = SIDE_BY_SIDE) -> list[list[Transcript]]:
    """The first trial of each arm on the first few scenarios that at least two arms have."""
    firsts = [{t.scenario: t for t in reversed(trials)} for trials in arms]
    scenarios = dict.fromkeys(t.scenario for trials in arms for t in trials)
    shared = [[first[s] for first in firsts if s in first] for s in scenarios]
    return [group for group in shared if len(group) > 1][:limit]


def worst_first(trials: Iterable[Transcript], without: Iterable[Transcript]) -> list[Transcript]:
    """The other transcripts: failures, then ungraded, then passes; each in its old order."""
    left_out = {t.anchor for t in without}
    order = {"fail": 0, "ungraded": 1, "pass": 2}
    return sorted((t for t in trials if t.anchor not in left_out), key=lambda t: order[t.verdict])


def reasons(arms: Sequence[Sequence[Transcript]], verdict: str) -> list[Reason]:
    """Reasons behind trials of this verdict, most frequent first; a scenario counts once for each reason."""
    found: dict[str, list[dict[str, Transcript]]] = {}
    for i, trials in enumerate(arms):
        for trial in trials:
            if trial.verdict == verdict:
                for text in {general(reason) for reason in trial.why} or {"no reason recorded"}:
                    found.setdefault(text, [{} for _ in arms])[i].setdefault(trial.scenario, trial)
    totals = [len({t.scenario for t in trials}) for trials in arms]
    rows = []
    for text, hits in found.items():
        counts = [_share(len(hit), n) for hit, n in zip(hits, totals, strict=True)]
        examples = [t for hit in hits for t in list(hit.values())[:EXAMPLES]]
        rows.append(Reason(text, counts, sum(map(len, hits)), examples))
    return sorted(rows, key=lambda row: (-row.total, row.text))


def general(reason: str) -> str:
    """A reason without its particulars: the message number and what follows a colon."""
    head = reason.split(": ", 1)[0]
    return re.sub(r",?\s*\b(?:in|at|on)?\s*(?:message|turn)s?\s+#?\d+\b", "", head).strip() or reason


def _share(k: int, n: int) -> tuple[str, str]:
    """("12 of 110", "6 to 18%"); an arm without transcripts has nothing to count."""
    interval = rate_interval(k, n)
    if interval is None:
        return "no transcripts", ""
    return f"{k} of {n}", f"{percent(interval.low, True).rstrip('%')} to {percent(interval.high, True)}"


def _part(message: Card) -> Part:
    role, content = str(message.get("role", "")), message.get("content")
    return Part(
        role=role,
        body=_readable(content) if role == "tool" else str(content or ""),
        calls=[_call(call) for call in message.get("calls") or []],
        context=str(message.get("context") or ""),
        note=str(message.get("note") or ""),
        faults=[str(fault) for fault in message.get("faults") or []],
    )


def _call(call: Card) -> str:
    arguments = call.get("arguments")
    if not isinstance(arguments, Mapping):
        return f"{call.get('name')}({arguments or ''})"
    inside = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    return f"{call.get('name')}({inside})"


def _readable(content: object) -> str:
    """A tool's result: JSON indented once it no longer fits a few lines."""
    value = content
    if isinstance(content, str):
        try:
            value = json.loads(content)
        except ValueError:
            return content
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= 200 else json.dumps(value, ensure_ascii=False, default=str, indent=1)
