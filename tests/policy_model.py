"""The flow as a model: it answers behind the contract of every model, so its replies are read like a model's.

The policy knows what the simulated user meant; all else (parsing, consent, calls, acts) is the real thing. A `spoil`
changes its replies: that is how agents with one planted fault are made.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from demeanor.agent.flow import Tracker
from demeanor.agent.moves import Move
from demeanor.dialogue import Message, ToolCall
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.trial import Trial
from demeanor.models.model import Completion, Request
from demeanor.models.scripted import ByteTokenizer
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.prompt import reply_text
from demeanor.simulation.play import Episode, due_note, needed, play_model, play_policy
from demeanor.simulation.scenario import Scenario
from demeanor.simulation.wording.compose import Composer
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.questions import Question


@dataclass(frozen=True)
class Turn:
    """What the policy is about to say. `said` are the acts that it will believe to have done; `old` is what the user
    has corrected, in the words of before; `ago`: how many messages of the user ago a detail was last said.
    `planted`: it answers an instruction that nobody may give.
    """

    tracker: Tracker
    composer: Composer
    move: Move
    text: str
    call: ToolCall | None
    said: tuple[str, ...]
    question: Question | None = None
    note: str = ""
    old: Mapping[str, str] = field(default_factory=dict)
    ago: Mapping[str, int] = field(default_factory=dict)
    conversation: str = ""
    planted: bool = False


Spoil = Callable[[Turn], Turn | None]


class Player:
    """The policy in one episode. `strikes` counts the replies that were spoiled; at most one is, if not `always`."""

    def __init__(
        self, evaluator: Evaluator, episode: Episode, seed: int, spoil: Spoil | None, always: bool = False
    ) -> None:
        session = episode.session
        self.episode = episode
        self.tracker = Tracker(session.agent, evaluator.space.parameters)
        bank = Wording(evaluator.space).agent
        self.composer = Composer(bank, self.tracker, session.world.today, random.Random(seed))
        self.spoil = spoil
        self.always = always
        self.strikes = 0

    def reply(self) -> str:
        session = self.episode.session
        last = len(session.messages) - 1
        if session.messages[last].role == "user":
            self.tracker.user(self.episode.moves[last])
        else:
            self._see_result()
        turn = self._turn()
        if self.spoil is not None and (self.always or not self.strikes) and (spoiled := self.spoil(turn)) is not None:
            turn = spoiled
            self.strikes += 1
        self.tracker.agent_said(turn.said)
        calls = (turn.call,) if turn.call else ()
        return reply_text(Message("assistant", turn.text, calls, note=turn.note))

    def _see_result(self) -> None:
        """What really happened counts, whatever was meant: a refused call has done nothing."""
        record = self.episode.session.calls[-1]
        if record.unconfirmed:
            self.tracker.not_agreed(record.call.name)
        elif not record.refused:
            self.tracker.called(record.call.name, record.call.arguments, record.result)

    def _turn(self) -> Turn:
        move = self.tracker.next()
        question = self.episode.user.questions.get(self.tracker.last.question or "")
        text = self.composer.say(move, question)
        call = ToolCall(move.call[0], dict(move.call[1])) if move.call else None
        note = due_note(self.tracker, self.episode.session.messages)
        session = self.episode.session
        return Turn(
            *(self.tracker, self.composer, move, text, call, move.acts, question, note, self._corrected(), self._ago()),
            conversation=session.id,
            planted=self.episode.answers_planted(len(session.messages)),
        )

    def _ago(self) -> dict[str, int]:
        moves = [move for _, move in sorted(self.episode.moves.items())]
        return {name: len(moves) - 1 - k for k, move in enumerate(moves) for name in move.mentions}

    def _corrected(self) -> dict[str, str]:
        said: dict[str, str] = {}
        old: dict[str, str] = {}
        for move in self.episode.moves.values():
            old |= {n: said[n] for n in move.mentions if f"correct:{n}" in move.acts and n in said}
            said |= move.mentions
        return old


class PolicyModel:
    """Answers for the episodes it was given, by conversation id."""

    name = "policy"
    fingerprint: dict[str, str] = {}  # noqa: RUF012  (the contract's shape)
    stop_ids: tuple[int, ...] = (257,)
    window = 1_000_000

    def __init__(self) -> None:
        self.tokenizer: Any = ByteTokenizer()
        self.players: dict[str, Player] = {}

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        texts = [self.players[request.conversation].reply() for request in requests]
        return [Completion(tuple(self.tokenizer.encode(text)), text, False) for text in texts]

    def forget(self, conversations: Iterable[str]) -> None:
        """Nothing is kept but the players, and those end with their episodes."""


def play_flow(evaluator: Evaluator, scenarios: Sequence[Scenario]) -> list[Trial]:
    """All scenarios with the flow as the agent; its acts are those it meant."""
    passages = {passage.id: passage for passage in evaluator.space.passages}
    space, trials = evaluator.space, []
    for scenario in scenarios:
        episode = evaluator.episode(scenario, space.renderer(ByteTokenizer()))
        rng = random.Random(scenario.seed)
        for _tracker in play_policy(episode, Wording(space).agent, space.parameters, passages, rng):
            pass
        trials.append(Trial(scenario, episode, evaluator.judge(scenario, episode)))
        episode.session.world.close()
    return trials


def play(
    evaluator: Evaluator, scenarios: Sequence[Scenario], spoil: Spoil | None = None, always: bool = False
) -> tuple[list[Trial], dict[str, Player]]:
    """All scenarios with the policy as the model, judged as an evaluation judges; each with its player."""
    model = PolicyModel()
    renderer = evaluator.space.renderer(model.tokenizer)
    passages = {p.id: p for p in evaluator.space.passages}
    by_id = {s.id: s for s in scenarios}
    trials: dict[str, Trial] = {}
    asks = {a: q for q in Wording(evaluator.space).questions().values() for ways in q.asks.values() for a in ways}

    def search(texts: Sequence[str]) -> list[list[Hit]]:
        return [needed(asks.get(text), passages) for text in texts]

    episodes = []
    for scenario in scenarios:
        episode = evaluator.episode(scenario, renderer, search)
        model.players[scenario.id] = Player(evaluator, episode, scenario.seed, spoil, always)
        episodes.append(episode)

    def done(episode: Episode) -> None:
        scenario = by_id[episode.session.id]
        trials[scenario.id] = Trial(scenario, episode, evaluator.judge(scenario, episode))
        episode.session.world.close()

    play_model(episodes, model, on_done=done)
    return [trials[s.id] for s in scenarios], model.players


def changed(turn: Turn, **what: Any) -> Turn:
    """The turn with something else in it."""
    return replace(turn, **what)
