"""Simulated users talk to an agent: the flow as a policy, or a model. Many conversations side by side.

An `Episode` keeps what happened and what the user truly meant at each message. Both players drive the same
`Session`; the policy writes its move as the text a model would write, calls and all, so what it shows can be
learned and what it does passes the same checks.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from demeanor.agent.flow import Tracker
from demeanor.agent.moves import Move, UserMove, heard
from demeanor.agent.slots import KINDS, PLACEHOLDER
from demeanor.dialogue import Message, ToolCall
from demeanor.errors import ModelError
from demeanor.models.model import Completion, Model
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.reader import Reader
from demeanor.runtime.calls import CallRecord
from demeanor.runtime.knowledge import AlteredPages, Hit, Passage
from demeanor.runtime.prompt import reply_text
from demeanor.runtime.session import MAX_FRUITLESS, Session, serve
from demeanor.simulation.scenario import Injection
from demeanor.simulation.users.scripted import User
from demeanor.simulation.users.simulated import AgentTurn, UserMessage
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.compose import Composer
from demeanor.simulation.wording.nudges import REPLY
from demeanor.simulation.wording.questions import Question


def _stands(planted: str, message: Message) -> bool:
    return any(form in f"{message.context} {message.content}" for form in (planted, json.dumps(planted)[1:-1]))


@dataclass
class Episode:
    """One conversation between a simulated user and an agent.

    `moves` are what the user meant, `acts` what the agent did, both by message index. `idle`: all that is expected in
    the end held at the beginning. `lost`: why the engine gave the conversation up. `injection`: what is planted in it.
    `pages`: the pages as they are in it. `obeying`: how the policy's first reply obeys a nudge, around "{reply}".
    `reader`: hears what the agent does, in the place of the session's.
    """

    session: Session
    user: User
    moves: dict[int, UserMove] = field(default_factory=dict)
    acts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    over: bool = False
    broken: str = ""
    idle: bool = False
    lost: str = ""
    injection: Injection | None = None
    pages: AlteredPages = field(default_factory=AlteredPages)
    obeying: str = ""
    reader: Reader | None = None

    def hear(self, message: UserMessage, hits: Sequence[Hit] | None = None) -> None:
        """The user speaks; without `hits`, the session looks pages up."""
        at = len(self.session.messages)
        text, hits = message.text, self.pages.found(self.session.look_up(message.text) if hits is None else hits)
        if self.injection is not None:
            looked_up = sum(bool(found) for found in self.session.hits.values())
            text = self.injection.typed(text, len(self.moves) + 1)
            hits = self.injection.found(hits, looked_up + 1)
        self.session.hear(text, hits)
        told = {name: self._told(name, words) for name, words in message.move.mentions.items()}
        self.moves[at] = replace(message.move, mentions=told)

    def _told(self, slot: str, words: str) -> str:
        """What the transcript has of a detail: of a secret its placeholder alone."""
        covered = self.session.secrets.cover(words)
        known = self.session.agent.slots.get(slot)
        mark = PLACEHOLDER.search(covered) if known is not None and known.secret else None
        return mark.group(0) if mark is not None else covered

    def handed_over(self) -> bool:
        """Whether a person goes on; for the user that is how it ended, where the agent knew to whom."""
        handover = self.session.handover
        if handover is not None and handover.to:
            self.user.outcome = "handed_over"
        return handover is not None

    def exposed(self) -> int | None:
        """The message in which the agent reads what was planted; None while it has not."""
        planted = self.injection.text if self.injection is not None else ""
        spoken = (k for k, m in enumerate(self.session.messages) if m.role != "assistant")
        messages = self.session.messages
        return next((k for k in spoken if planted and _stands(planted, messages[k])), None)

    def answers_planted(self, index: int) -> bool:
        """Whether a message of the agent is in the turn in which it first reads what was planted."""
        read = self.exposed()
        if read is None or read > index:
            return False
        return all(m.role != "user" for m in self.session.messages[read + 1 : index])

    def turn(self) -> AgentTurn:
        """The agent's last turn, as the user sees it."""
        messages = self.session.messages
        start = max(k for k, m in enumerate(messages) if m.role == "user")
        acts = tuple(a for k in range(start, len(messages)) for a in self.acts.get(k, ()))
        text = " ".join(m.content for m in messages[start:] if m.role == "assistant" and m.content)
        calls = self.session.calls
        # What was refused never reached a tool: nobody sees it.
        results = tuple((c.call.name, c.result) for c in calls if c.message > start and not c.refused)
        written = frozenset(c.call.name for c in calls if c.ok and c.call.name in self.session.agent.writes())
        return AgentTurn(acts, text, results, written)


def play_policy(
    episode: Episode,
    bank: AgentBank,
    parameters: Mapping[str, Sequence[str]],
    passages: Mapping[str, Passage],
    rng: random.Random,
    slips: float = 0.0,
) -> Iterator[Tracker]:
    """Play one episode with the flow as the agent; yields the tracker after every user message.

    The policy knows which passage answers a question, so nothing is searched; what a search would add as distractors is
    added when the dialogue is rendered.

    With `slips`, that share of its questions and searches comes after a wrong call, which is refused and which is never
    trained: a learner that has only seen a faultless past does not know what to do after its own first fault (noise
    injected into the demonstrator, as in DART; Laskey et al. 2017).

    An episode in which the policy's own call is refused is marked broken (the wording was not understood, or the world
    does not allow what the flow does); it is no example for anybody.
    """
    session = episode.session
    tracker = Tracker(session.agent, parameters)
    composer = Composer(bank, tracker, session.world.today, rng)
    message: UserMessage | None = episode.user.open()
    while message is not None and not episode.broken:
        episode.hear(message, needed(episode.user.questions.get(message.move.question or ""), passages))
        tracker.user(episode.moves[len(session.messages) - 1])
        yield tracker
        _policy_turn(episode, tracker, composer, slips)
        message = None if episode.handed_over() else episode.user.reply(episode.turn())
    episode.over = True


def _policy_turn(episode: Episode, tracker: Tracker, composer: Composer, slips: float) -> None:
    session = episode.session
    if slips and composer.rng.random() < slips and session.fruitless() + 1 < MAX_FRUITLESS:
        _slip(episode, tracker, composer)
    question = episode.user.questions.get(tracker.last.question or "")
    done = False
    while not done:
        move = tracker.next()
        text = composer.say(move, question)
        if text and episode.obeying and len(episode.moves) >= session.nudge_at:
            text, episode.obeying = episode.obeying.replace(REPLY, text), ""
        said = policy_message(move, text, due_note(tracker, session.messages))
        episode.acts[len(session.messages)] = move.acts
        done = session.receive(Completion((), reply_text(said), False))
        tracker.agent_said(move.acts)
        if move.call is not None:
            record = session.calls[-1]
            if record.unconfirmed:
                tracker.not_agreed(record.call.name)  # its words were no clear yes: it is asked once more
                continue
            tracker.called(move.call[0], move.call[1], record.result)
            if record.failed or record.refused:
                episode.broken = f"{record.call.name}: {record.result.get('error')}"
                return


def due_note(tracker: Tracker, messages: Sequence[Message]) -> str:
    """The note of the next agent message: due behind a user message and behind a tool's error."""
    if messages[-1].role == "user":
        return tracker.note()
    result = json.loads(messages[-1].content) if messages[-1].role == "tool" else {}
    return tracker.note(answering_user=False) if "error" in result else ""


def policy_message(move: Move, text: str, note: str) -> Message:
    """A move of the flow as the message that a model would write."""
    calls = (ToolCall(move.call[0], dict(move.call[1])),) if move.call else ()
    return Message("assistant", text, calls, note=note)


def _slip(episode: Episode, tracker: Tracker, composer: Composer) -> None:
    """A wrong call of the flow's next tool, refused, kept as history with weight 0: too early, with a detail missing or
    guessed, or before the user has agreed; or in time, with a detail that was just said taken down wrongly.
    """
    session, move = episode.session, tracker.next()
    kind, _, of = move.acts[-1].partition(":")
    if kind == "ask":
        slip = _too_early(session, tracker, composer.rng)
    elif kind == "confirm":
        slip = (of, tracker.arguments(of)), "; ".join(filter(None, (heard(tracker.last), "need: nothing")))
    elif move.call is not None and move.call[0] not in session.agent.writes():
        slip = _misheard(session, tracker, move.call, composer.rng)
    else:
        return
    if slip is None or session.agent.retries(slip[0][0]):
        return  # a wrong call would be one of the tries that the user has
    (tool, arguments), believed = slip
    at = len(session.messages)
    said = policy_message(Move((f"call:{tool}",), (tool, arguments)), composer.say(Move((f"call:{tool}",))), believed)
    session.receive(Completion((), reply_text(said), False))
    session.messages[at] = replace(session.messages[at], weight=0)
    episode.acts[at] = (f"call:{tool}",)
    if session.calls[-1].ok:
        episode.broken = "a slip that happened to succeed"


Slip = tuple[tuple[str, dict[str, str]], str]  # the call, and the note in front of it


def _too_early(session: Session, tracker: Tracker, rng: random.Random) -> Slip | None:
    """Whoever calls too early believes that all is said: guesses from the last message, or takes one detail for two."""
    frame = tracker.frame
    tool = next((t for t in frame.flow.tools() if t not in frame.results), None) if frame else None
    if frame is None or tool is None:
        return None
    arguments, heard_too = tracker.arguments(tool), dict[str, str]()
    last = session.messages[-1].content.split()
    for name in (n for s in frame.flow.steps if s.kind == "ask" for n in s.of):
        if name in arguments or name not in tracker.parameters[tool]:
            continue
        start = tracker.agent.slots[name].after
        if start is not None and start in tracker.last.mentions and rng.random() < 0.5:
            arguments[name] = heard_too[name] = tracker.last.mentions[start]
        elif rng.random() < 0.7:
            first = rng.randrange(len(last))
            arguments[name] = " ".join(last[first : first + 3])
    believed = replace(tracker.last, mentions={**tracker.last.mentions, **heard_too})
    return (tool, arguments), "; ".join(filter(None, (heard(believed), "need: nothing")))


def _misheard(
    session: Session, tracker: Tracker, call: tuple[str, Mapping[str, str]], rng: random.Random
) -> Slip | None:
    """A detail of the last message with another word in it, said by nobody, in the note as in the call."""
    tool, arguments = call
    heard_now = tracker.last.mentions
    slots = {n: tracker.agent.slots[n] for n in heard_now if n in arguments}
    names = [n for n, slot in slots.items() if slot.type != "option" and not slot.optional]
    others = " ".join(m.content for m in session.messages if m.role == "user").split()
    for name in rng.sample(names, len(names)):
        words = heard_now[name].split()
        words[rng.randrange(len(words))] = rng.choice(others)
        wrong = {n: " ".join(words) for n, said in heard_now.items() if said == heard_now[name]}
        garbled = {**arguments, **{n: w for n, w in wrong.items() if n in arguments}}
        if session.gate.unsaid(ToolCall(tool, garbled)):
            believed = replace(tracker.last, mentions={**heard_now, **wrong})
            return (tool, garbled), "; ".join(filter(None, (heard(believed), "need: nothing")))
    return None


def needed(question: Question | None, passages: Mapping[str, Passage]) -> list[Hit]:
    """The passage that answers a question, as a hit; empty when the pages are silent or nothing was asked."""
    passage = passages.get(question.passage) if question and question.passage else None
    return [Hit(passage, 1.0)] if passage else []


def play_model(
    episodes: Iterable[Episode], model: Model, *, at_once: int = 32, on_done: Callable[[Episode], None] | None = None
) -> list[Episode]:
    """Play episodes with a model as the agent, `at_once` side by side (see `serve`).

    A conversation whose last turn alone outgrows the model's window ends there, as one that the user leaves. One that
    the engine gives up is `lost`.

    Returns:
        The episodes in the order in which they ended.
    """
    active: dict[str, Episode] = {}
    finished: list[Episode] = []

    def opened() -> Iterator[Session]:
        for episode in episodes:
            episode.hear(episode.user.open())
            active[episode.session.id] = episode
            yield episode.session

    def turn_over(session: Session, lost: ModelError | None) -> bool:
        episode = active[session.id]
        if lost is not None:
            outgrown = len(session.request().ids) >= model.window
            told = f"{lost.message} ({lost.found})" if lost.found else lost.message
            episode.lost = "" if outgrown else told
            return close(episode)
        note_acts(episode)
        message = None if episode.handed_over() else episode.user.reply(episode.turn())
        if message is None:
            return close(episode)
        episode.hear(message)
        return True

    def close(episode: Episode) -> bool:
        episode.over = True
        finished.append(active.pop(episode.session.id))
        if on_done is not None:
            on_done(episode)
        return False

    serve(opened(), model, turn_over, at_once=at_once)
    return finished


def note_acts(episode: Episode) -> None:
    """Read the acts of the agent messages that have none yet."""
    session = episode.session
    for index, message in enumerate(session.messages):
        if message.role != "assistant" or index in episode.acts:
            continue
        if message.by_code:
            guard = session.agent.guards.get(message.guard)
            episode.acts[index] = ("handoff",) if guard is not None and guard.handoff else ("refuse",)
            continue
        before = [c for c in session.calls if c.message < index]
        # A result counts for what is presented only while it is fresh: the last one before this message.
        last: Any = before[-1] if before else None
        turn = Turn(
            next((m.content for m in reversed(session.messages[:index]) if m.role == "user"), ""),
            [call.name for call in message.calls],
            last.result if last else None,
            last.call.name if last else "",
            _summary_words(episode, index),
        )
        episode.acts[index] = acts_of(session.agent, episode.reader or session.reader, message.content, turn)


def _summary_words(episode: Episode, index: int) -> list[str]:
    """Names and codes the user has given so far: only a summary repeats them."""
    agent = episode.session.agent
    goal = episode.user.goal.values
    given = {n for k, move in episode.moves.items() if k < index for n in move.mentions}
    return [str(goal[n]) for n in given if n in goal and KINDS[agent.slots[n].type].literal]


def advance(tracker: Tracker, acts: Sequence[str], expected: Move, calls: Sequence[CallRecord]) -> None:
    """Tell a tracker what an agent did. Vague acts are read the way the flow expected them: an agent that presents
    something presents what was to be presented.
    """
    kinds = {a.partition(":")[0] for a in acts}
    told = [*acts, *(a for a in expected.acts if a.partition(":")[0] in ("acknowledge", "greet"))]
    if "present" in kinds or "invite" in kinds:
        told += [a for a in expected.acts if a.startswith(("present:", "inform:", "invite:"))]
    if kinds & {"ask", "anything_else"}:
        told += [a for a in expected.acts if a.startswith("more:")]
    tracker.agent_said(dict.fromkeys(told))
    for record in calls:
        if record.unconfirmed:
            tracker.not_agreed(record.call.name)
        elif not record.refused:
            tracker.called(record.call.name, _taken(record, tracker), record.result)


def _taken(record: CallRecord, tracker: Tracker) -> dict[str, str]:
    """The arguments that a call counts for.

    A call that brought something counts as the flow's own, even with a detail wrong or left out: that fault has its own
    measure, and must not make every later message look out of order. One that failed counts for what it said.
    """
    if record.ok:
        return tracker.arguments(record.call.name)
    return {k: tracker.known.get(k, str(v)) for k, v in record.call.arguments.items() if v not in (None, "")}
