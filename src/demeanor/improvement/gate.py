"""Whether a candidate may take the promoted agent's place: yes only where all evidence is there and says so.

Better on one named goal by the paired test, no category worse than its margin (non-inferiority: the whole interval lies
above it), scenarios enough to tell, trained, evaluated and stored fingerprints equal, the served engine in parity. What
is missing holds, and every reason is named. One goal that must be better and many categories that must all hold need no
correction for their number: each further condition only makes a wrong promotion rarer.

The unit is the need: scenarios that only reword one another are averaged before they are compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean, pvariance
from typing import Any, Literal

from demeanor.evaluation.compare import FEWEST, SIGNIFICANT
from demeanor.evaluation.measures import MEASURES, TASK
from demeanor.evaluation.scorecard import Scorecard
from demeanor.evaluation.statistics import Difference, paired_difference, pairs_for_margin, pairs_needed
from demeanor.improvement.rules import Rules

HARD = ("weights", "tokenizer", "template", "stop_ids", "renderer", "adapter")
"""What must be the same in the training, in the evaluation and on disk."""
CHANCE_CHANGES = 0.10
"""Of the pairs that two equal agents decide differently by chance: what sizes are planned with."""
LOWER = frozenset(measure.name for measure in MEASURES if measure.better == "lower")
LABELS = {measure.name: measure.label for measure in MEASURES}

CATEGORY_POWER = 0.95
"""The chance with which a category that is no worse shows it, in planning: many must, all at once."""
DEVIATION = 0.06
"""Of the logits of an export from those of the tuned model, as a share of their own spread; above this it is refused.
Rounding costs up to 0.023 (SmolLM2 135M: bf16 0.018, q8_0 0.022, f16 0.001), one matrix of one layer in a wrong layout
0.17 or more. Equal next tokens would tell less: where words are nearly as likely, rounding alone turns them."""

Outcome = Literal["better", "no worse", "worse", "too few", "not shown"]


@dataclass(frozen=True)
class Reason:
    """Why a candidate is held: which evidence (`what`), in words, and what to do about it."""

    what: str
    says: str
    fix: str = ""


@dataclass(frozen=True)
class Row:
    """One category. `delta`, `low` and `high`: candidate minus promoted, positive where the candidate is the better
    one; `needed`: pairs that it takes to tell."""

    category: str
    label: str
    n: int
    needed: int
    margin: float
    outcome: Outcome
    delta: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None


@dataclass(frozen=True)
class Verdict:
    """What the gate says: `reasons` for holding, none where the candidate may be promoted."""

    goal: str
    rows: tuple[Row, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def promoted(self) -> bool:
        return not self.reasons

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "goal": self.goal,
            "promoted": self.promoted,
            "reasons": [asdict(reason) for reason in self.reasons],
            "rows": [asdict(row) for row in self.rows],
        }


@dataclass(frozen=True)
class Side:
    """The evidence on one agent.

    Args:
        name: its run, or "base".
        card: what it came to on the pool; None where it was not evaluated.
        trained: the fingerprint that its training froze; empty for an untrained model.
        evaluated: the fingerprint of what was evaluated.
        stored: sha256 of the adapter as it lies on disk; '' for none.
        saw: part of the project -> its hash in the evaluation.
        lost: conversations that the engine gave up.
    """

    name: str
    card: Scorecard | None = None
    trained: Mapping[str, str] = field(default_factory=dict)
    evaluated: Mapping[str, str] = field(default_factory=dict)
    stored: str = ""
    saw: Mapping[str, str] = field(default_factory=dict)
    lost: int = 0


@dataclass(frozen=True)
class Served:
    """What will serve the candidate. `engine`: '' for the one that was evaluated. `parity`: what an export found of
    itself against the tuned model ("run", "adapter", "deviation", "scenarios", "verdicts"); None for no export."""

    engine: str = ""
    parity: Mapping[str, Any] | None = None


def judge(
    candidate: Side,
    promoted: Side,
    rules: Rules,
    pool: Sequence[str],
    now: Mapping[str, str],
    served: Served | None = None,
) -> Verdict:
    """Whether the candidate may take the promoted agent's place.

    Args:
        pool: ids of the scenarios on which agents are examined, as they are today.
        now: part of the project -> its hash today.
    """
    reasons = [*_cards(candidate, promoted), *_fingerprints(candidate, promoted), *_project(candidate, promoted, now)]
    reasons += _engine(candidate, served or Served())
    if candidate.card is None or promoted.card is None:
        return Verdict(rules.goal, (), tuple(reasons))
    reasons += _scenarios(candidate, promoted, candidate.card, promoted.card, pool)
    rows = [_goal_row(candidate.card, promoted.card, rules), *_category_rows(candidate.card, promoted.card, rules)]
    return Verdict(rules.goal, tuple(rows), (*reasons, *_rows(rows, rules)))


# ------------------------------------------------------------------------------------------------ is the evidence
# whole?


def _cards(candidate: Side, promoted: Side) -> Iterator[Reason]:
    for side in (candidate, promoted):
        if side.card is None:
            yield Reason("scorecard", f"{side.name} has no scorecard on this pool", f"demeanor evaluate {side.name}")
        if side.lost:
            text = f"the engine gave up {side.lost} conversations of {side.name}"
            yield Reason("scorecard", text, f"demeanor evaluate {side.name}")


def _scenarios(a: Side, b: Side, ours: Scorecard, theirs: Scorecard, pool: Sequence[str]) -> Iterator[Reason]:
    for side, card in ((a, ours), (b, theirs)):
        there, seen = set(pool), set(card.by_scenario)
        if there - seen:
            text = f"{side.name} sat {len(there & seen)} of the pool's {len(there)} scenarios"
            yield Reason("scenarios", text, f"demeanor evaluate {side.name}, without --limit")
        if gone := seen - there:
            text = f"{side.name} sat {len(gone)} scenarios that the pool no longer has"
            yield Reason("scenarios", text, f"demeanor evaluate {side.name}")
        if not card.flows:
            text = f"the scorecard of {side.name} does not say of which flow its scenarios are"
            yield Reason("scorecard", text, f"demeanor judge {card.run or 'RUN'}, or evaluate it again")
    if ours.wording != theirs.wording or ours.pool != theirs.pool:
        said = [f"{card.pool} in {card.wording or 'its own'} wording" for card in (theirs, ours)]
        yield Reason("scenarios", f"they were not asked the same: {said[0]}, {said[1]}", "evaluate both alike")


def _fingerprints(candidate: Side, promoted: Side) -> Iterator[Reason]:
    for side in (candidate, promoted):
        for key in HARD if side.trained and side.card is not None else ():
            if side.trained.get(key, "") != side.evaluated.get(key, ""):
                text = f"{side.name} was evaluated with another {key} than it was trained with"
                yield Reason(key, text, "evaluate the run as it was trained, or train again")
        if side.trained and side.stored != side.trained.get("adapter", ""):
            text = f"the adapter of {side.name} on disk is not the one that its training left"
            yield Reason("adapter", text, "restore the run's folder, or train again")
    both = candidate.evaluated, promoted.evaluated
    if all(both) and both[0].get("weights") == both[1].get("weights"):
        for key in ("tokenizer", "template"):
            if both[0].get(key) != both[1].get(key):
                text = f"candidate and promoted agent share their weights, but not the {key}"
                yield Reason(key, text, "train the candidate with the base's own files")


def _project(candidate: Side, promoted: Side, now: Mapping[str, str]) -> Iterator[Reason]:
    """Both sat the exam of the project as it is now; a part that an evaluation does not name is missing evidence."""
    for side in (candidate, promoted):
        if side.card is not None and (old := [part for part in now if side.saw.get(part) != now[part]]):
            text = f"{side.name} was evaluated with another {', '.join(old)} than there is now"
            yield Reason("project", text, f"demeanor evaluate {side.name}")


def _engine(candidate: Side, served: Served) -> Iterator[Reason]:
    evaluated = candidate.evaluated.get("engine", "")
    if served.parity is not None:
        yield from _export(candidate, served.parity)
    elif served.engine and candidate.card is not None and served.engine != evaluated:
        text = f"it will be served by {served.engine}, and was evaluated with {evaluated or 'an unknown engine'}"
        yield Reason("engine", text, f"demeanor evaluate {candidate.name} with the engine that serves")


def _export(candidate: Side, parity: Mapping[str, Any]) -> Iterator[Reason]:
    fix = f"demeanor export {candidate.name} into a new folder, with --scenarios"
    if parity.get("run") != candidate.name or parity.get("adapter") != candidate.trained.get("adapter"):
        yield Reason("engine", f"what is served is an export of {parity.get('run')}, not of {candidate.name}", fix)
    deviation, played = parity.get("deviation"), int(parity.get("scenarios") or 0)
    if deviation is None or not played:
        yield Reason("engine", "nothing says whether the export answers as what was evaluated", fix)
        return
    if float(deviation) > DEVIATION:
        text = f"the export deviates by {float(deviation):.3f} from what was evaluated; {DEVIATION} is the most"
        yield Reason("engine", text, fix)
    if (alike := int(parity.get("verdicts") or 0)) < played:
        yield Reason("engine", f"the export ends {alike} of {played} scenarios as what was evaluated", fix)


# ------------------------------------------------------------------------------------------------ what does it say?


def values(card: Scorecard, measure: str, flow: str | None = None) -> dict[str, float]:
    """need -> the measure's share, as a mean over the scenarios of the need, counted so that more is better."""
    found: dict[str, list[float]] = {}
    for scenario, shares in card.by_scenario.items():
        if measure in shares and (flow is None or card.flows.get(scenario) == flow):
            share = 1 - shares[measure] if measure in LOWER else shares[measure]
            found.setdefault(card.needs.get(scenario, scenario), []).append(share)
    return {need: sum(shares) / len(shares) for need, shares in found.items()}


def _difference(
    ours: Mapping[str, float], theirs: Mapping[str, float], test: bool = False
) -> tuple[Difference, list[float]]:
    """Candidate minus promoted over the needs of both; and the single differences."""
    common = sorted(set(ours) & set(theirs))
    a, b = [ours[need] for need in common], [theirs[need] for need in common]
    return paired_difference(a, b, 0, test=test), [x - y for x, y in zip(a, b, strict=True)]


def planned(rules: Rules, margin: float | None = None, seen: Sequence[float] = ()) -> int:
    """Pairs that it takes, before any is run: to see the rules' effect on the goal, or to show that a category keeps
    within its margin.

    Args:
        seen: the category's shares in an earlier evaluation. Two agents that are alike by half differ by as much as
            one varies from need to need.
    """
    if margin is None:
        return max(FEWEST, pairs_needed(min(1.0, rules.effect + CHANCE_CHANGES), rules.effect, rules.power))
    spread = _spread([share - fmean(seen) for share in seen]) if seen else CHANCE_CHANGES
    return max(FEWEST, pairs_for_margin(spread, margin, CATEGORY_POWER))


def _spread(differences: Sequence[float]) -> float:
    """Their variance, with two pretended pairs as in the interval: where nothing differs yet, something may."""
    return pvariance([*differences, 0.5, -0.5])


def _goal_row(ours: Scorecard, theirs: Scorecard, rules: Rules) -> Row:
    """What the candidate left ungraded and the promoted agent did not counts as nothing reached."""
    a, b = values(ours, rules.goal), values(theirs, rules.goal)
    if rules.goal == TASK.name:
        a = {**dict.fromkeys(b, 0.0), **a}
    gap, _ = _difference(a, b, test=True)
    needed, label = planned(rules), LABELS[rules.goal]
    outcome: Outcome = "too few"
    if gap.n >= needed and gap.delta is not None and gap.low is not None and gap.p is not None:
        clear = gap.p < SIGNIFICANT and (gap.low > 0 or (gap.high or 0) < 0)
        outcome = "no worse" if not clear else "better" if gap.delta > 0 else "worse"
    return Row(rules.goal, label, gap.n, needed, 0.0, outcome, gap.delta, gap.low, gap.high, gap.p)


def _category_rows(ours: Scorecard, theirs: Scorecard, rules: Rules) -> Iterator[Row]:
    for measure, margin in rules.margins.items():
        if measure != rules.goal:
            yield _category(measure, LABELS[measure], values(ours, measure), values(theirs, measure), margin)
    if rules.flow_margin is None:
        return
    for flow in sorted({name for name in theirs.flows.values() if name}):
        a, b = (values(card, TASK.name, flow) for card in (ours, theirs))
        if b:
            a = {**dict.fromkeys(b, 0.0), **a}
            yield _category(f"flow {flow}", f"Task done in {flow}", a, b, rules.flow_margin)


def _category(name: str, label: str, ours: Mapping[str, float], theirs: Mapping[str, float], margin: float) -> Row:
    if not theirs and not ours:
        return Row(name, label, 0, planned(Rules(), margin), margin, "not shown")
    gap, singles = _difference(ours, theirs)
    if gap.n < FEWEST or gap.delta is None or gap.low is None or gap.high is None:
        return Row(name, label, gap.n, planned(Rules(), margin), margin, "too few", gap.delta)
    needed = max(FEWEST, pairs_for_margin(_spread(singles), margin, CATEGORY_POWER))
    # What rounding of binary fractions adds must not decide at the margin itself.
    if gap.low >= -margin - 1e-9:
        outcome: Outcome = "no worse"
    else:
        outcome = "worse" if gap.delta <= -margin or gap.high < 0 else "too few"
    return Row(name, label, gap.n, needed, margin, outcome, gap.delta, gap.low, gap.high, gap.p)


def _rows(rows: Sequence[Row], rules: Rules) -> Iterator[Reason]:
    goal, *categories = rows
    if goal.outcome == "too few":
        text = f"{goal.label}: {goal.n} pairs; to see {100 * rules.effect:.0f} points takes {goal.needed}"
        yield Reason(goal.category, text, "draw more scenarios, or say a larger `effect:` in gate.yaml")
    elif goal.outcome != "better":
        said = "worse" if goal.outcome == "worse" else "not clearly better"
        yield Reason(goal.category, f"{goal.label}: {said}, {between(goal)}")
    for row in categories:
        points = f"{100 * row.margin:.0f} points"
        if row.outcome == "worse":
            yield Reason(row.category, f"{row.label}: worse, {between(row)}; {points} below is the margin")
        elif row.outcome == "too few":
            text = f"{row.label}: {between(row)}; to show a loss below {points} takes about {row.needed}"
            yield Reason(row.category, text, "draw more scenarios that show it, or widen its margin in gate.yaml")


def between(row: Row) -> str:
    """`+4 points (-1 to +9), n 137`."""
    if row.delta is None or row.low is None or row.high is None:
        return f"n {row.n}"
    return f"{100 * row.delta:+.0f} points ({100 * row.low:+.0f} to {100 * row.high:+.0f}), n {row.n}"
