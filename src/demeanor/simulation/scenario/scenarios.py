"""Scenarios: what an agent must be able to do. YAML lists in scenarios/{practice,selection,exam}/.

A scenario is a user's goal (what they want, how they behave, in which register), a clock, a wording bank and a
seed; with the agent's description and world it plays the same way each time. Or it is written by hand: the lines that a
user says, whatever the agent answers. Either may name what must hold in the end (`expect`). It pins the hash of
agent.yaml it was written for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import yaml

from demeanor.agent import Agent
from demeanor.agent.slots import plain
from demeanor.runtime.knowledge import AlteredPages
from demeanor.simulation.scenario.expectations import Expectation
from demeanor.simulation.scenario.injection import Injection
from demeanor.simulation.users.goal import Goal
from demeanor.simulation.wording.questions import Question

AGAIN = "#"
"""Between the id of a scenario and the number of a further trial of it."""
POOLS = ("practice", "selection", "exam")
# What says how a simulated user behaves; a user with lines has none of it.
SIMULATED = (
    "flow",
    "habit",
    "register",
    "style",
    "goal",
    "first",
    "tries",
    "when",
    "say",
    "pick",
    "pick_by",
    "questions",
)


@dataclass(frozen=True)
class Scenario:
    """One thing to try.

    Args:
        wording: the bank's name ('' for the project's own).
        given: SQL run on the fresh world.
        lines: what the user says, in a row, in place of a goal.
        expect: what must hold in the end, beside the goal.
        played_by, told: the endpoint that plays the user, and what it is told that the user wants.
        need: names the need that this scenario shares with others, which only word it otherwise; '' for its own.
        inject: an instruction that is planted where the agent reads.
        about: what it is there to show, in words; scenarios of the same words are counted together.
        nudge: what the runtime tells the agent beside agent.yaml's own nudges, for this conversation only; with the
            user's message number `nudge_at`.
        pages: how the pages differ from the real ones.
        guard: the guard that ought to answer the last of `lines`, where none ought to answer another; "none" where
            none ought to answer any; '' where nothing is said of it.
        answers: question -> what a right answer holds here, in place of the bank's facts; nothing where the pages are
            silent.
    """

    id: str
    goal: Goal
    seed: int = 0
    wording: str = ""
    given: str = ""
    agent: str = ""
    lines: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    need: str = ""
    played_by: str = ""
    told: str = ""
    inject: Injection | None = None
    about: str = ""
    nudge: str = ""
    nudge_at: int = 1
    guard: str = ""
    pages: AlteredPages = field(default_factory=AlteredPages)
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The id under which it stands in its pool, also of a further trial."""
        return origin_of(self.id)

    def asked(self, questions: Mapping[str, Question]) -> dict[str, Question]:
        """The bank's questions, with the answers that they have here."""
        here = dict(questions)
        for name, facts in self.answers.items():
            if name in here:
                here[name] = replace(here[name], expects=facts, passage=here[name].passage if facts else None)
        return here

    def worded(self, bank: str, questions: Collection[str]) -> Scenario | None:
        """The same need in the words of another bank, which has these questions; None where nothing of it is left."""
        asked = tuple(name for name in self.goal.questions if name in questions)
        lost = set(self.goal.questions) - set(asked)
        if self.lines or self.told or (self.goal.flow is None and not asked) or lost & set(self.answers):
            return None
        return replace(self, wording=bank, goal=replace(self.goal, say={}, questions=asked))

    def trials(self, count: int) -> list[Scenario]:
        """So many trials: the same need in other draws of its user's words. Written lines are said once."""
        if self.lines:
            return [self]
        return [self] + [
            replace(self, id=f"{self.id}{AGAIN}{k}", seed=self.seed + k * 7919) for k in range(2, count + 1)
        ]

    @property
    def graded(self) -> bool:
        """Whether something must have been done or must hold in the end."""
        return self.goal.has_task or bool(self.expect)

    def to_yaml(self) -> dict[str, Any]:
        goal = self.goal
        if self.lines or self.told:
            return {
                "id": self.id,
                "today": goal.today,
                **({"given": self.given} if self.given else {}),
                **({"facts": dict(goal.facts)} if goal.facts else {}),
                "user": list(self.lines) or {"played_by": self.played_by, "told": self.told},
                **({"expect": [e.to_yaml() for e in self.expect]} if self.expect else {}),
                **({"need": self.need} if self.need else {}),
                **({"inject": self.inject.to_yaml()} if self.inject else {}),
                **self._more(),
                **({"agent": self.agent} if self.agent else {}),
            }
        out: dict[str, Any] = {
            "id": self.id,
            "flow": goal.flow,
            "habit": goal.habit,
            "register": goal.register,
            "style": goal.style,
            "today": goal.today,
            "goal": {name: _written(value) for name, value in goal.values.items()},
            "first": {name: _written(value) for name, value in goal.first.items()},
            "tries": [{name: _written(value) for name, value in again.items()} for again in goal.tries],
            "when": goal.when,
            "say": dict(goal.say),
            "pick": dict(goal.pick),
            "pick_by": goal.pick_by,
            "questions": list(goal.questions),
            "gives_up": goal.gives_up,
            "comes_to": goal.comes_to,
            "seed": self.seed,
            "wording": self.wording,
            "given": self.given,
            "facts": dict(goal.facts),
            "expect": [e.to_yaml() for e in self.expect],
            "need": self.need,
            "inject": self.inject.to_yaml() if self.inject else {},
            **self._more(),
            "agent": self.agent,
        }
        always = ("id", "flow", "habit", "register", "today", "seed", "agent")
        return {k: v for k, v in out.items() if k in always or v not in ("", {}, [], False, "plain")}

    def _more(self) -> dict[str, Any]:
        """What simulated and written users may both have, where it is said."""
        answers = {name: list(facts) for name, facts in self.answers.items()}
        more = {
            "about": self.about,
            "nudge": self.nudge,
            "nudge_at": self.nudge_at if self.nudge_at > 1 else 0,
            "guard": self.guard,
            "pages": self.pages.to_dict(),
            "answers": answers,
        }
        return {name: value for name, value in more.items() if value}


def origin_of(trial: str) -> str:
    """The scenario's id behind a trial's: "late-guest#3" is of "late-guest"."""
    return trial.partition(AGAIN)[0]


def _written(value: Any) -> Any:
    """A value as YAML has it: it knows days, but no times of day, and a list is a list."""
    return value if isinstance(value, date) else plain(value)


def dump_scenarios(scenarios: Iterable[Scenario]) -> str:
    """YAML text of a pool."""
    written = [s.to_yaml() for s in scenarios]
    return yaml.dump(written, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """Without anchors: a value that stands in two scenarios is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: _Plain, text: str) -> yaml.ScalarNode:
    """A text; one of figures in quotes, or YAML 1.2 reads "0868" as a number."""
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="'" if _FIGURES.fullmatch(text) else None)


_FIGURES = re.compile(r"[-+]?[\d.][\d._eE+-]*")
_Plain.add_representer(str, _text)


def drifted(scenarios: Iterable[Scenario], agent: Agent) -> list[str]:
    """Ids of scenarios that were written for another agent.yaml."""
    return [s.id for s in scenarios if s.agent and s.agent != agent.sha256[:12]]
