"""Failures of practice scenarios -> dialogues in which the wrong reply is put right.

In a simulated conversation the state is known, so at every message where the agent went wrong the flow says what
the right one was: the labels of DAgger (Ross, Gordon and Bagnell 2011), for dialogue. The conversation is kept as
it went up to that message, untrained, and only the corrected reply is trained. A scenario of another pool is
refused.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from demeanor.agent.flow import Tracker
from demeanor.agent.moves import Move, misheard
from demeanor.dialogue import Dialogue, Message
from demeanor.errors import ConfigError
from demeanor.evaluation.record import Record
from demeanor.models.model import Completion
from demeanor.models.scripted import ByteTokenizer
from demeanor.runtime.prompt import reply_text
from demeanor.runtime.session import Session
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.play import advance, due_note, policy_message
from demeanor.simulation.scenario import Scenario, origin_of
from demeanor.simulation.wording.compose import Composer
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.questions import Question

MOST_PER_TRIAL = 3


@dataclass(frozen=True)
class Dropped:
    """A failure from which nothing could be learned, and why."""

    scenario: str
    reason: str


class Harvester:
    """Makes corrections from records of one workspace.

    Args:
        source: id of the evaluation run, for the lineage.
    """

    def __init__(self, workspace: Workspace, scenarios: Sequence[Scenario], source: str, seed: int = 0) -> None:
        self.space, self.wording = workspace, Wording(workspace)
        self.scenarios = {s.id: s for s in scenarios}
        self.source = source
        self.seed = seed
        self.renderer = workspace.renderer(ByteTokenizer())

    def harvest(self, records: Sequence[Record]) -> Iterator[Dialogue | Dropped]:
        """Corrections of all failures, or the reason why there is none.

        Raises:
            ConfigError: a record belongs to no practice scenario.
        """
        for record in records:
            if origin_of(record.scenario) not in self.scenarios:
                raise ConfigError(
                    "only practice scenarios may be learned from",
                    field="scenario",
                    found=record.scenario,
                    fix="harvest an evaluation of the practice pool",
                )
            if not record.faults:
                continue
            scenario = self.scenarios[origin_of(record.scenario)]
            if scenario.lines or scenario.told:
                yield Dropped(record.scenario, "what its user means is not known, so neither is the right reply")
                continue
            made = list(self._corrections(record))
            yield from made
            if not made:
                yield Dropped(record.scenario, "no message could be named where the flow knows better")

    def _corrections(self, record: Record) -> Iterator[Dialogue]:
        scenario = self.scenarios[origin_of(record.scenario)]
        world = self.space.new_world(scenario.goal.today, scenario.given, scenario.goal.facts)
        session = self.space.unguarded(self.renderer, world, record.scenario)
        tracker = Tracker(self.space.agent, self.space.parameters)
        made = 0
        try:
            for index, message in enumerate(record.messages):
                if index < len(session.messages):
                    continue  # a tool's result, or the runtime's own words: they are made again by the replay
                if message.role == "user":
                    tracker.user(record.moves[index])
                    session.messages.append(replace(message, context=""))
                    continue
                expected = tracker.next()
                why = _lessons(record, index, due_note(tracker, record.messages[:index]))
                if why and made < MOST_PER_TRIAL:
                    dialogue = self._correct(record, scenario, tracker, session, expected, index, why)
                    if dialogue is not None:
                        made += 1
                        yield dialogue
                session.repeat(message)
                calls = [c for c in session.calls if c.message == index]
                advance(tracker, record.acts.get(index, ()), expected, calls)
        finally:
            world.close()

    def _correct(
        self,
        record: Record,
        scenario: Scenario,
        tracker: Tracker,
        session: Session,
        expected: Move,
        index: int,
        why: list[str],
    ) -> Dialogue | None:
        """The conversation up to message `index` with the right reply in its place."""
        rng = random.Random(f"{self.seed}/{record.scenario}/{index}")
        composer = Composer(self.wording.agent, tracker, scenario.goal.today, rng)
        question = scenario.asked(self.wording.questions(scenario.wording)).get(tracker.last.question or "")
        if self._unsayable(scenario, session, expected, question):
            return None
        text = composer.say(expected, question)
        if not text and expected.call is None:
            return None
        right = policy_message(expected, text, due_note(tracker, record.messages[:index]))
        before = [replace(m, weight=0) if m.role == "assistant" else m for m in session.messages]
        after = self._right(scenario, record, right, index)
        if after is None:
            return None
        labels: dict[str, Any] = {
            str(k): {"acts": list(m.acts), "mentions": dict(m.mentions)} for k, m in record.moves.items() if k < index
        }
        labels[str(index)] = {"acts": list(expected.acts)}
        metadata: dict[str, Any] = {
            "flow": scenario.goal.flow,
            "outcome": "done",
            "register": scenario.goal.register,
            "today": scenario.goal.today.isoformat(),
            "source": f"harvest:{self.source}",
            "labels": labels,
            "passages": self._passages(record, tracker, question, index),
            "lineage": {
                "run": self.source,
                "scenario": record.scenario,
                "message": index,
                "said": record.messages[index].content[:400],
                "why": why,
            },
        }
        metadata |= {"pages": scenario.pages.to_dict()} if scenario.pages.to_dict() else {}
        metadata |= {"nudge": scenario.nudge} if scenario.nudge else {}
        metadata |= {"nudge_at": scenario.nudge_at} if scenario.nudge and scenario.nudge_at > 1 else {}
        return Dialogue(f"harvest-{record.scenario}-{index:02d}", (*before, *after), metadata)

    def _unsayable(self, scenario: Scenario, session: Session, expected: Move, question: Question | None) -> bool:
        """Whether the bank has no right words: for an answer from a page that has changed, and for the reply that has
        to obey a nudge."""
        changed = question is not None and bool(scenario.answers.get(question.id))
        told = [k for k, m in enumerate(session.messages) if m.role == "user"]
        since = told[scenario.nudge_at - 1] if len(told) >= scenario.nudge_at else len(session.messages)
        said = any(m.role == "assistant" and m.content for m in session.messages[since:])
        due = bool(scenario.nudge) and len(told) >= scenario.nudge_at and not said
        return (changed and "inform:knowledge" in expected.acts) or due

    def _right(self, scenario: Scenario, record: Record, right: Message, index: int) -> list[Message] | None:
        """The right message; a call is run on a world brought to the same state, so that its result is true.

        None when that call is refused there: the agent had asked for a yes to something else, and to call now would be
        wrong, too.
        """
        if not right.calls:
            return [right]
        world = self.space.new_world(scenario.goal.today, scenario.given, scenario.goal.facts)
        twin = self.space.unguarded(self.renderer, world, "twin")
        try:
            for message in record.messages[:index]:
                if message.role == "user":
                    twin.messages.append(replace(message, context=""))
                elif message.role == "assistant":
                    twin.repeat(message)
            twin.receive(Completion((), reply_text(right), False))
        finally:
            world.close()
        return None if twin.calls[-1].refused else twin.messages[index:]

    def _passages(self, record: Record, tracker: Tracker, question: Any, index: int) -> dict[str, Any]:
        """The passage that the corrected answer needs, at the user message that asked."""
        if question is None or question.passage is None:
            return {}
        asked = max((k for k in record.moves if k < index), default=None)
        passage = next((p for p in self.space.passages if p.id == question.passage), None)
        if asked is None or passage is None:
            return {}
        return {str(asked): [{"id": passage.id, "sha256": passage.sha256}]}


def _lessons(record: Record, index: int, right_note: str) -> list[str]:
    """The faults of a message that say something about this message; a task left undone speaks of the whole.

    A wrong note is one, too: it is often where a later fault began.
    """
    found = [f for f in record.faults.get(index, ()) if not f.startswith("task not done")]
    if wrong := misheard(record.messages[index].note, right_note):
        found.append(f"misheard: {', '.join(wrong)}")
    return found
