"""One run of a scenario, and what was found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from demeanor.simulation.play import Episode
from demeanor.simulation.scenario import Scenario


class Owed(NamedTuple):
    """A question that the agent has to answer, or (None) to defer, since message `since`."""

    since: int
    question: str | None


@dataclass
class Verdicts:
    """What was found in one trial. Lists hold one entry a thing that was judged; None in them is ungraded.

    `has_task`: whether there was something to do, so that an agent that does nothing fails. `memory`: for every detail
    that a call has to give, how many messages of the user ago it was last said, and whether the call has it right.
    `acts`: for every message of the agent, the chief act that was due and the one that was done. `owed`: while judging,
    the question over which the agent has made calls and which it has not answered yet. `guard_missed`: of the messages
    at which a guard ought to stand, `false_alarm`: of those at which none ought.
    """

    scenario: str
    task: bool | None = None
    has_task: bool = True
    expected: list[bool | None] = field(default_factory=list)
    order: list[bool | None] = field(default_factory=list)
    asked_again: list[bool] = field(default_factory=list)
    arguments: list[bool] = field(default_factory=list)
    invented: list[bool] = field(default_factory=list)
    answers: list[bool] = field(default_factory=list)
    deferrals: list[bool] = field(default_factory=list)
    handoffs: list[bool] = field(default_factory=list)
    memory: list[tuple[int, bool]] = field(default_factory=list)
    voice: list[bool] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    recaps: list[bool] = field(default_factory=list)
    guard_missed: list[bool | None] = field(default_factory=list)
    false_alarm: list[bool] = field(default_factory=list)
    words: list[int] = field(default_factory=list)
    acts: list[tuple[str, str]] = field(default_factory=list)
    faults: dict[int, list[str]] = field(default_factory=dict)
    first_wrong: int | None = None
    owed: Owed | None = None

    def fault(self, index: int, text: str) -> None:
        self.faults.setdefault(index, []).append(text)


@dataclass
class Trial:
    """One run of a scenario."""

    scenario: Scenario
    episode: Episode
    verdicts: Verdicts
