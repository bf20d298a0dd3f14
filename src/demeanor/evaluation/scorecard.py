"""What an evaluation found, with n and interval for every figure; written to and read from scorecard.json.

A `Measure` says what is counted and which way is good, a `Figure` is its value for one agent, a `Scorecard` all that
one evaluation found.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, Self

from demeanor.dialogue import Message
from demeanor.errors import RunError
from demeanor.evaluation.manner import Manner
from demeanor.evaluation.statistics import clustered_rate

Verdict = Literal["pass", "fail", "ungraded"]


@dataclass(frozen=True)
class Measure:
    """One thing that is measured. `unit`: what one observation is. `counted`: how it is judged, in words.

    `sometimes`: only some scenarios show it; without an observation it stands on no scorecard. These two are no part of
    what is written.
    """

    name: str
    label: str
    better: Literal["higher", "lower"] = "higher"
    unit: str = ""
    counted: str = field(default="", compare=False)
    sometimes: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Figure:
    """The value of a measure.

    A rate is `k` of `n`, clustered under `clusters` scenarios; a mean has no `k`, and reads as a percentage where it is
    one of shares (`share`). `point` is None where nothing could be judged; `ungraded` observations are not in `n`.
    """

    measure: Measure
    n: int = 0
    point: float | None = None
    low: float | None = None
    high: float | None = None
    k: int | None = None
    clusters: int | None = None
    ungraded: int = 0
    share: bool = False

    @property
    def is_rate(self) -> bool:
        """A share of n, or a mean of shares, as against a mean in some unit."""
        return self.k is not None or self.share

    def __str__(self) -> str:
        """`92% (86 to 96), n = 137`; a rate in percent with its 95% interval."""
        if self.point is None:
            return f"ungraded, n = {self.n}"
        scale, digits, sign = (100, 0, "%") if self.is_rate else (1, 1, "")
        between = "" if self.low is None or self.high is None else f" ({scale * self.low:.{digits}f} to "
        between += "" if self.low is None or self.high is None else f"{scale * self.high:.{digits}f})"
        return f"{scale * self.point:.{digits}f}{sign}{between}, n = {self.n}"

    def to_json(self) -> dict[str, Any]:
        """Flat, with the measure's name, label, direction and unit."""
        numbers = {key: value for key, value in asdict(self).items() if key != "measure" and value is not None}
        about = {"measure": self.measure.name, "label": self.measure.label}
        about |= {"better": self.measure.better, "unit": self.measure.unit}
        return {**about, **numbers, "point": self.point, "low": self.low, "high": self.high}

    @classmethod
    def from_json(cls, name: str, raw: Mapping[str, Any]) -> Figure:
        """The inverse of `to_json`. `name`: the key under which it stands, and its measure's where it has none.

        Raises:
            RunError: it is not a figure.
        """
        if not isinstance(raw, Mapping):
            raise RunError("this is not a figure", field=name, found=raw, allowed="n, point, low, high")
        better: Literal["higher", "lower"] = "lower" if raw.get("better") == "lower" else "higher"
        own = str(raw.get("measure") or name)
        measure = Measure(own, str(raw.get("label") or own.replace("_", " ")), better, str(raw.get("unit") or ""))
        numbers: dict[str, Any] = {key: raw.get(key) for key in ("point", "low", "high", "k", "clusters")}
        counts: dict[str, Any] = {key: int(raw.get(key) or 0) for key in ("n", "ungraded")}
        return cls(measure, **numbers, **counts, share=bool(raw.get("share")))


def rate(measure: Measure, outcomes: Mapping[Any, Sequence[bool]], ungraded: int = 0) -> Figure:
    """The share of true outcomes, clustered under their scenarios (see `statistics.clustered_rate`)."""
    found = clustered_rate(outcomes)
    return Figure(measure, found.n, found.point, found.low, found.high, found.k, found.clusters, ungraded)


@dataclass(frozen=True)
class Judged:
    """One trial with its verdict: why it failed, what was said (`messages`), and what was wrong with which message."""

    scenario: str
    verdict: Verdict
    outcome: str = ""
    why: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()
    faults: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        messages = [_message_to_json(m, self.faults.get(k, ())) for k, m in enumerate(self.messages)]
        head = {"scenario": self.scenario, "verdict": self.verdict, "outcome": self.outcome, "why": list(self.why)}
        return {**head, "messages": messages}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`; a verdict that is neither pass nor fail is ungraded."""
        verdict: Verdict = raw["verdict"] if raw.get("verdict") in ("pass", "fail") else "ungraded"
        rows = raw.get("messages") or []
        return cls(
            str(raw.get("scenario", "")),
            verdict,
            str(raw.get("outcome", "")),
            tuple(map(str, raw.get("why") or ())),
            tuple(Message.from_json(m) for m in rows),
            {k: tuple(map(str, m["faults"])) for k, m in enumerate(rows) if m.get("faults")},
        )


def _message_to_json(message: Message, faults: Sequence[str]) -> dict[str, Any]:
    return {**message.to_json(), **({"faults": list(faults)} if faults else {})}


Figures = Mapping[str, Figure]


@dataclass(frozen=True)
class Scorecard:
    """All that one evaluation found. `card["task_success"]` is the figure of a measure.

    Attributes:
        arm, pool, wording, model, engine, retrieval: what was evaluated, on which scenarios, in which other bank.
        words: whose wording simulated users spoke there: the project's "own", "general", or both; '' where none did.
        run, created, seconds, judged: which run found it, when, in how long; the run whose conversations were judged
            again.
        drift: what has changed in the project since the adapter was trained.
        scenarios, trials: how many.
        measures: measure -> figure, in the order of tables.
        reference_agents: agents that can do nothing -> their figures on the same scenarios.
        pass_hat: "2 of 2 trials" -> the chance that all do the task; empty with one trial each.
        by: register, habit, flow, style, about -> value -> tasks done.
        memory: how long ago a detail was said -> how often calls have it right.
        long: measure -> figure over conversations of 20 messages and more; empty where there was none.
        manner: how the agent sounds.
        acts: the act that was due -> the act that was done -> in how many messages.
        by_scenario: scenario -> measure -> share: what a paired comparison compares.
        flows, needs: scenario -> its flow ('' for none); scenario -> the need that it shares with others, where it
        does. transcripts: every trial with its verdict.
    """

    arm: str
    measures: Figures
    pool: str = ""
    wording: str = ""
    words: str = ""
    model: str = ""
    engine: str = ""
    retrieval: str = ""
    run: str = ""
    created: str = ""
    seconds: float | None = None
    judged: str = ""
    drift: tuple[str, ...] = ()
    scenarios: int = 0
    trials: int = 0
    reference_agents: Mapping[str, Figures] = field(default_factory=dict)
    pass_hat: Figures = field(default_factory=dict)
    by: Mapping[str, Figures] = field(default_factory=dict)
    memory: Figures = field(default_factory=dict)
    long: Figures = field(default_factory=dict)
    manner: Manner | None = None
    acts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    by_scenario: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    flows: Mapping[str, str] = field(default_factory=dict)
    needs: Mapping[str, str] = field(default_factory=dict)
    transcripts: tuple[Judged, ...] = ()

    def __getitem__(self, measure: str) -> Figure:
        """The figure of a measure.

        Raises:
            RunError: it was not measured; naming what was.
        """
        if measure not in self.measures:
            raise RunError("not measured", field="measure", found=measure, allowed=list(self.measures))
        return self.measures[measure]

    def named(self, arm: str) -> Scorecard:
        """The same under another name of the arm."""
        return replace(self, arm=arm)

    def to_json(self, details: bool = True) -> dict[str, Any]:
        """Plain data; without `details`, neither transcripts nor the shares of single scenarios."""
        plain = (
            "arm",
            "pool",
            "wording",
            "words",
            "model",
            "engine",
            "retrieval",
            "run",
            "created",
            "seconds",
            "judged",
        )
        out: dict[str, Any] = {name: getattr(self, name) for name in plain}
        out |= {"drift": list(self.drift), "scenarios": self.scenarios, "trials": self.trials}
        out |= {name: _figures_to_json(getattr(self, name)) for name in ("measures", "pass_hat", "memory", "long")}
        for name in ("reference_agents", "by"):
            out[name] = {key: _figures_to_json(figures) for key, figures in getattr(self, name).items()}
        out |= {"manner": self.manner.to_json() if self.manner else None, "acts": dict(self.acts)}
        if details:
            out |= {"by_scenario": dict(self.by_scenario), "flows": dict(self.flows), "needs": dict(self.needs)}
            out |= {"transcripts": [t.to_json() for t in self.transcripts]}
        return out

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Scorecard:
        """The inverse of `to_json`.

        Raises:
            RunError: a field is missing that no report can do without.
        """
        for name in ("arm", "measures"):
            if name not in raw:
                found = sorted(map(str, raw))
                raise RunError("this is not a scorecard", field=name, found=found, allowed="the field must be there")
        words = ("pool", "wording", "words", "model", "engine", "retrieval", "run", "created", "judged")
        return cls(
            str(raw["arm"]),
            _figures(raw["measures"]),
            **{name: str(raw.get(name) or "") for name in words},
            seconds=raw.get("seconds"),
            drift=tuple(raw.get("drift") or ()),
            scenarios=int(raw.get("scenarios") or 0),
            trials=int(raw.get("trials") or 0),
            reference_agents={k: _figures(v) for k, v in (raw.get("reference_agents") or {}).items()},
            pass_hat=_figures(raw.get("pass_hat")),
            by={k: _figures(v) for k, v in (raw.get("by") or {}).items()},
            memory=_figures(raw.get("memory")),
            long=_figures(raw.get("long")),
            manner=Manner.from_json(raw["manner"]) if raw.get("manner") else None,
            acts=raw.get("acts") or {},
            by_scenario=raw.get("by_scenario") or {},
            flows=raw.get("flows") or {},
            needs=raw.get("needs") or {},
            transcripts=tuple(map(Judged.from_json, raw.get("transcripts") or ())),
        )


def _figures_to_json(figures: Figures) -> dict[str, Any]:
    return {name: figure.to_json() for name, figure in figures.items()}


def _figures(raw: Mapping[str, Any] | None) -> dict[str, Figure]:
    return {str(name): Figure.from_json(str(name), figure) for name, figure in (raw or {}).items()}
