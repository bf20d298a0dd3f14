"""What the page shows, worked out from scorecards: no HTML here, and no arithmetic in the templates.

Arms keep the order they are given in, and with it their colour. A reason for failing is grouped without its
particulars ("asked for guests again in message 6" -> "asked for guests again"; "invented: 99 euros" ->
"invented") and counted once a scenario. A verdict that is neither pass nor fail is ungraded.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from demeanor.dialogue import Message, ToolCall
from demeanor.evaluation.compare import Comparison
from demeanor.evaluation.scorecard import Figure, Figures, Measure, Scorecard
from demeanor.evaluation.statistics import rate_interval
from demeanor.report.words import CONCLUSIONS, Cell, axis_top, cell, difference_words, direction, percent

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
    cells: list[Cell]
    ticks: list[str]

    @property
    def unit(self) -> str:
        """What n counts, where the arms say."""
        return next((cell.unit for cell in self.cells if cell.unit), "")


@dataclass(frozen=True)
class Change:
    """One measure of a comparison; `kind` names the conclusion's colour."""

    label: str
    a: Cell
    b: Cell
    value: str
    details: str
    conclusion: str
    kind: str


@dataclass(frozen=True)
class Part:
    """One message of a transcript. `calls` and a tool's `body` are ready for monospace; `by_code`: who wrote it in
    the model's place."""

    role: str
    body: str
    calls: list[str]
    context: str
    note: str
    faults: list[str]
    by_code: str = ""


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


def arm_labels(cards: Sequence[Scorecard]) -> list[str]:
    """The arm's name, with the pool, and if need be the run, where the name alone is ambiguous."""
    for keys in (("arm",), ("arm", "pool"), ("arm", "pool", "run")):
        labels = [", ".join(getattr(card, key) for key in keys if getattr(card, key)) for card in cards]
        if len(set(labels)) == len(labels):
            return labels
    return [f"{label} ({i})" for i, label in enumerate(labels, 1)]


def whose_words(cards: Sequence[Scorecard]) -> list[str]:
    """A sentence on whose wording simulated users spoke: one for all arms where it was the same."""
    if len({card.words for card in cards}) == 1:
        return [f"Users spoke {cards[0].words} wording."] if cards[0].words else []
    named = zip(arm_labels(cards), cards, strict=True)
    return [f"{label}: users spoke {card.words} wording." for label, card in named if card.words]


def measures_of(cards: Iterable[Scorecard]) -> list[Measure]:
    """Every measure of any card, in order of first appearance."""
    found: dict[str, Measure] = {}
    for card in cards:
        for name, figure in card.measures.items():
            found.setdefault(name, figure.measure)
    return list(found.values())


def measure_rows(cards: Sequence[Scorecard]) -> list[Row]:
    """One row a measure."""
    return [_row(m.label, direction(m), [card.measures.get(m.name) for card in cards]) for m in measures_of(cards)]


def long_rows(cards: Sequence[Scorecard]) -> list[Row]:
    """One row a measure, over long conversations alone."""
    found = {name: figure.measure for card in cards for name, figure in card.long.items()}
    return [_row(m.label, direction(m), [card.long.get(name) for card in cards]) for name, m in found.items()]


def breakdowns(cards: Sequence[Scorecard]) -> list[tuple[str, list[Row]]]:
    """(dimension, one row a value) for everything under `by`."""
    dimensions = dict.fromkeys(dimension for card in cards for dimension in card.by)
    return [(d.replace("_", " "), _group_rows([card.by.get(d, {}) for card in cards])) for d in dimensions]


def memory_rows(cards: Sequence[Scorecard]) -> list[Row]:
    """The share of details that calls have right, one row for each time since they were said."""
    return _group_rows([card.memory for card in cards])


def pass_rows(cards: Sequence[Scorecard]) -> list[Row]:
    """The chance that all of k trials of a scenario do its task, one row a k."""
    return _group_rows([card.pass_hat for card in cards])


@dataclass(frozen=True)
class Confusion:
    """The acts that were due (rows) and done (columns) by one arm: counts, shades from 0 to 4 by share of the row, and
    "same", "other", or "open" where what was due cannot be read back (answers, small words)."""

    label: str
    done: list[str]
    rows: list[tuple[str, int, list[tuple[str, int, str]]]]


OPEN = ("inform", "small words")


def confusions(cards: Sequence[Scorecard], labels: Sequence[str]) -> list[Confusion]:
    """One table an arm, of those that recorded acts."""
    out = []
    for card, label in zip(cards, labels, strict=True):
        acts = card.acts
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


def _group_rows(groups: Sequence[Figures]) -> list[Row]:
    """One row for each value that some arm has."""
    values = dict.fromkeys(value for group in groups for value in group)
    return [_row(value.replace("_", " "), "", [group.get(value) for group in groups]) for value in values]


def reference_rows(cards: Sequence[Scorecard]) -> list[Row]:
    """What agents that do nothing useful reach, on each card's scenarios: one row an agent and measure."""
    rows = []
    for agent in dict.fromkeys(agent for card in cards for agent in card.reference_agents):
        reached = [card.reference_agents.get(agent, {}) for card in cards]
        measures = {name: figure.measure for found in reached for name, figure in found.items()}
        rows += [_row(agent, m.label, [found.get(name) for found in reached]) for name, m in measures.items()]
    return rows


def changes(comparison: Comparison) -> list[Change]:
    """One line a measure of a comparison."""
    rows = []
    for row in comparison.measures.values():
        words = difference_words(row.difference, row.b.is_rate)
        kind = row.conclusion.split()[0]
        rows.append(Change(row.b.measure.label, cell(row.a), cell(row.b), *words, CONCLUSIONS[row.conclusion], kind))
    return rows


def tally(rows: Sequence[Change]) -> list[tuple[int, str, str]]:
    """(how many, conclusion, kind) over a comparison's measures: better, worse, and the rest."""
    counted = Counter((row.conclusion, row.kind) for row in rows)
    order = list(CONCLUSIONS.values())
    found = sorted(counted.items(), key=lambda item: order.index(item[0][0]))
    return [(count, conclusion, kind) for (conclusion, kind), count in found]


def _row(label: str, note: str, figures: Sequence[Figure | None]) -> Row:
    top = axis_top(figures)
    rate = all(f.is_rate for f in figures if f is not None and f.point is not None)
    ends = [0.0, top / 2, top]
    ticks = [percent(end) if rate else f"{end:.0f}" if top >= 10 else f"{end:.1f}" for end in ends]
    return Row(label, note, [cell(figure, top) for figure in figures], ticks)


# -- transcripts -------------------------------------------------------------------------------------------


def transcripts(card: Scorecard, arm: int, label: str) -> list[Transcript]:
    """Every trial of one card, in its order."""
    found = []
    for i, trial in enumerate(card.transcripts):
        parts = [_part(message, trial.faults.get(k, ())) for k, message in enumerate(trial.messages)]
        anchor = f"trial-{arm}-{i}"
        found.append(Transcript(anchor, arm, label, trial.scenario, trial.verdict, list(trial.why), parts))
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


def _part(message: Message, faults: Sequence[str]) -> Part:
    body = _readable(message.content) if message.role == "tool" else message.content
    return Part(
        message.role, body, [*map(_call, message.calls)], message.context, message.note, list(faults), _by_code(message)
    )


def _by_code(message: Message) -> str:
    """Who wrote a message that the model did not."""
    return f"guard {message.guard}" if message.guard else f"withheld {message.withheld}" if message.withheld else ""


def _call(call: ToolCall) -> str:
    inside = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in call.arguments.items())
    return f"{call.name}({inside})"


def _readable(content: str) -> str:
    """A tool's result: JSON indented once it no longer fits a few lines."""
    try:
        value = json.loads(content)
    except ValueError:
        return content
    line = json.dumps(value, ensure_ascii=False, default=str)
    return line if len(line) <= 200 else json.dumps(value, ensure_ascii=False, default=str, indent=1)
