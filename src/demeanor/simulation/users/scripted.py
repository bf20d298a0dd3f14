"""A user who says the same lines whatever the agent answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from demeanor.agent.moves import UserMove
from demeanor.simulation.users.goal import Goal
from demeanor.simulation.users.simulated import AgentTurn, UserMessage
from demeanor.simulation.wording.questions import Question


class User(Protocol):
    """Who talks to the agent. `understood`: the moves of its messages say what they mean; else only texts, calls and
    the world can be judged. `fault`: what it did wrong itself, so that the trial says nothing; '' for nothing."""

    goal: Goal
    outcome: str
    understood: bool
    fault: str

    @property
    def questions(self) -> Mapping[str, Question]: ...

    def open(self) -> UserMessage: ...

    def reply(self, turn: AgentTurn) -> UserMessage | None: ...


@dataclass
class ScriptedUser:
    """Says its lines in a row, then leaves."""

    goal: Goal
    lines: Sequence[str]
    outcome: str = "abandoned"
    understood: bool = False
    fault: str = ""
    questions: Mapping[str, Question] = field(default_factory=dict)
    _said: int = 0

    def open(self) -> UserMessage:
        self._said = 1
        return UserMessage(self.lines[0], UserMove(()))

    def reply(self, turn: AgentTurn) -> UserMessage | None:
        if self._said == len(self.lines):
            self.outcome = "done"
            return None
        self._said += 1
        return UserMessage(self.lines[self._said - 1], UserMove(()))
