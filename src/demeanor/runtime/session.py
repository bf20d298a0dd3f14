"""One conversation in progress, and its turn: guards, look pages up, render, generate, pass the gate, call, answer.

A `Session` does everything but generating. Alone it lets its model answer (`say`); many go side by side over one engine
(`serve`). The sandbox, the evaluation and self-play take the same turn with the same limits.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice, takewhile
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.description import HAND_OVER, Guard, Withheld
from demeanor.dialogue import Message, ToolCall
from demeanor.errors import ModelError
from demeanor.models.model import Completion, Model, Request, converse, speak
from demeanor.reading.reader import Reader
from demeanor.runtime.calls import CallRecord
from demeanor.runtime.gate import Gate
from demeanor.runtime.guards import Guards, Heard
from demeanor.runtime.handover import STUCK, Handover
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.prompt import Renderer, context_block, parse_note, parse_reply, reply_text, shown_text, undecided
from demeanor.runtime.secrets import Secrets, may_ask_for
from demeanor.runtime.tools import Tool, World, call_tool, resolved_arguments
from demeanor.runtime.withheld import Withholding

REPLY_TOKENS = 180  # of one completion; one that is longer is cut, and marked so
MAX_CALLS = 4  # in one turn
KEPT = (
    0.75  # of what fits, when turns have to be left out: it is not done again at once, and caches stay good for a while
)
MAX_FRUITLESS = 3  # calls in a row that bring nothing; no conversation that did its task had more than one

Search = Callable[[Sequence[str]], list[list[Hit]]]
"""Texts -> the passages that are found for each."""


def no_pages(texts: Sequence[str]) -> list[list[Hit]]:
    """A search that finds nothing."""
    return [[] for _ in texts]


@dataclass(frozen=True)
class Reply:
    """What the agent says in one turn.

    `text` is what the user reads. `messages` are all that the turn added behind the user's message: the agent's, with
    notes and calls, and the tools' results. `handover`: a person goes on, and what they need to know. `guard`: which of
    the agent's guards has answered in the model's place, '' for none. `cut`: some completion hit the limit.
    `left_out`: how many of the conversation's oldest messages the model no longer read, because its window is full.
    """

    text: str
    messages: tuple[Message, ...] = ()
    calls: tuple[CallRecord, ...] = ()
    passages: tuple[Hit, ...] = ()
    handover: Handover | None = None
    left_out: int = 0

    @property
    def handed_over(self) -> bool:
        """Whether a person has to go on."""
        return self.handover is not None

    @property
    def guard(self) -> str:
        return next((message.guard for message in self.messages if message.guard), "")

    @property
    def cut(self) -> bool:
        return any(message.cut for message in self.messages)


@dataclass
class Session:
    """One conversation in progress.

    Args:
        agent, renderer, tools, world, reader: what the turn needs; `world` is private to this session in evaluation.
        id: names the session's cache in the model, and its writes: a session that is taken up again under its id, with
            its messages, does nothing twice.
        model: who answers in `say`; `serve` brings its own.
        search: how pages are looked up for a message.
        nudge: told beside the agent's own nudges, with the user's message number `nudge_at`.
        reply_tokens: limit of one completion.
        max_calls: calls in one turn before the turn is ended; the user then sees the last text.
        handovers: where the conversation was given to a person; after the last of them it is theirs.
        orders: nudges that wait for the user's next message (`tell`).
        dropped: calls that were not run, because a message makes one.
        secrets: what users said for slots with `secret: true`; in `messages` and `calls` a placeholder stands for it.
        guards: what reads every message of the user before the model is asked; None for nothing.
        heard: user message -> guard -> how it was heard.
        withholding: what the agent keeps to itself, and who sees that it does; None for nothing.
        orders_told: user message -> the nudges that stood in it beside the agent's own.
        left_out: how many of the oldest messages the model no longer reads (`request`).
    """

    agent: Agent
    renderer: Renderer
    tools: Mapping[str, Tool]
    world: World
    reader: Reader
    id: str = "session"
    model: Model | None = None
    search: Search = no_pages
    nudge: str = ""
    nudge_at: int = 1
    reply_tokens: int = REPLY_TOKENS
    max_calls: int = MAX_CALLS
    messages: list[Message] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    hits: dict[int, tuple[Hit, ...]] = field(default_factory=dict)
    dropped: list[ToolCall] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    secrets: Secrets = field(default_factory=Secrets)
    guards: Guards | None = None
    heard: dict[int, Mapping[str, Heard]] = field(default_factory=dict)
    withholding: Withholding | None = None
    orders_told: dict[int, str] = field(default_factory=dict)
    left_out: int = 0

    def __post_init__(self) -> None:
        self.world.session.id = self.id

    # ------------------------------------------------------------------ one session alone

    def say(self, text: str, on_text: Callable[[str], None] | None = None) -> Reply:
        """One turn: the user says `text`, the agent answers.

        Args:
            on_text: told the reply's text piece by piece while it is written, or at once where something is
                withheld. What a later call replaces was told, too.

        Raises:
            ModelError: there is no model, or it can go no further. The turn is taken back, unless a tool ran in it:
                what was done must not be forgotten.
        """
        self.hear(text)
        start = len(self.messages)
        try:
            return self.answer(on_text)
        except BaseException:
            if not any(call.message >= start and not call.refused for call in self.calls):
                self.undo()
            raise

    def answer(self, on_text: Callable[[str], None] | None = None) -> Reply:
        """Let the model go on until the turn is over; it is over where a guard has answered."""
        if self.guarded:
            return self._told_at_once(on_text)
        if self.model is None:
            raise ModelError("this session has no model", fix="give it one: Session(..., model=...)")
        over = False
        while not over:
            shown = Visible(on_text if self.withholding is None else None)
            over = self.receive(
                speak(self.model, self.request(self.model.window), shown.hear, max_new_tokens=self.reply_tokens)
            )
            shown.end()
        return self.reply() if self.withholding is None else self._told_at_once(on_text)

    def _told_at_once(self, on_text: Callable[[str], None] | None) -> Reply:
        reply = self.reply()
        if on_text is not None:
            on_text(reply.text)
        return reply

    def reply(self) -> Reply:
        """The last turn, as the user sees it."""
        start = self._last_user() + 1
        turn = tuple(self.messages[start:])
        said = (shown_text(m.content) for m in turn if m.role == "assistant")
        text = "\n".join(filter(None, said))
        calls = tuple(call for call in self.calls if call.message >= start)
        return Reply(text, turn, calls, self.hits.get(start - 1, ()), self.handover, self.left_out)

    def undo(self) -> bool:
        """Take back the last turn (not what tools wrote). False when there is none."""
        last = self._last_user()
        if last < 0:
            return False
        del self.messages[last:]
        self.hits = {k: v for k, v in self.hits.items() if k < last}
        self.heard = {k: v for k, v in self.heard.items() if k < last}
        self.calls = [c for c in self.calls if c.message < last]
        self.handovers = [handover for handover in self.handovers if handover.message < last]
        self.left_out = self.left_out if self.left_out < last else 0
        return True

    # ------------------------------------------------------------------ the parts of a turn

    def look_up(self, text: str) -> list[Hit]:
        """The passages that are found for a text."""
        return self.search([text])[0]

    def tell(self, nudge: str) -> None:
        """Give the agent an order of the day, which it reads with the user's next message: "The lift is broken." """
        self.orders.append(nudge)

    def hear(self, text: str, hits: Sequence[Hit] | None = None) -> None:
        """The user speaks. Adds the message with its context block: nudges, then passages.
        Secrets are covered before anything else reads it. Where a guard stands, it answers, and the turn is over.

        Args:
            hits: what is found for it; None looks it up.
        """
        asked = next((m.content for m in reversed(self.messages) if m.role == "assistant"), "")
        if any(slot.secret for slot in self.agent.slots.values()):
            text = self.secrets.hear(self.agent, text, asked, may_ask_for(self.reader, asked), self.world.today)
        guard = self._standing(text)
        hits = () if guard is not None else self.look_up(text) if hits is None else hits
        hits = hits if self.withholding is None else self.withholding.found(hits, self._withheld())
        first, shown = not self.messages, {h.passage.id for k, h in self._found() if k >= self.left_out}
        self.hits[len(self.messages)] = tuple(hits)
        number = 1 + sum(message.role == "user" for message in self.messages)
        more = "\n".join([*([self.nudge] if number == self.nudge_at else []), *self.orders])
        self.orders.clear()
        self.orders_told[len(self.messages)] = more
        self.messages.append(user_message(self.agent, self.world.today, text, hits, first, shown, more))
        if guard is not None:
            self._guard_answers(guard)

    def _standing(self, text: str) -> Guard | None:
        """The guard that stands at a new message of the user."""
        if self.guards is None:
            return None
        heard = self.guards.hear(self.messages, text)
        self.heard[len(self.messages)] = heard
        return self.guards.standing(heard, self.messages)

    def _guard_answers(self, guard: Guard) -> None:
        """Its words in the model's place, never to be learned; and the conversation to whom it hands over."""
        self.messages.append(Message("assistant", guard.say, weight=0, guard=guard.name))
        if guard.handoff:
            self._hand_over(guard.handoff, guard.when)

    @property
    def guarded(self) -> bool:
        """Whether a guard has answered the last message of the user."""
        return bool(self.messages) and bool(self.messages[-1].guard)

    def repeat(self, message: Message) -> None:
        """Take in a message of the agent that was recorded: a guard's by that guard, any other as the model's."""
        if message.withheld:
            self.messages.append(message)
        elif not message.guard:
            self.receive(Completion((), reply_text(message), message.cut))
        elif (guard := self.agent.guards.get(message.guard)) is not None:
            self._guard_answers(guard)
        else:
            self.messages.append(message)

    def request(self, window: int | None = None) -> Request:
        """What the model is to continue.

        Args:
            window: of the model, in tokens; None for one without end. Where a reply of full length has no room in it
                any more, the oldest turns are left out, whole ones, and `left_out` says how many messages. The last
                turn stays, whatever its length: an engine refuses what does not fit.
        """
        ids = self.renderer.render(self.still_read()).ids
        if window is None or len(ids) + self.reply_tokens <= window:
            return Request(ids, self.id)
        starts = [k for k, m in enumerate(self.messages) if m.role == "user" and k > self.left_out]
        for self.left_out in starts:
            ids = self.renderer.render(self.still_read()).ids
            if len(ids) <= KEPT * (window - self.reply_tokens):
                break
        return Request(ids, self.id)

    def still_read(self) -> list[Message]:
        """The messages that the model reads: what was left out apart all of them, as a conversation that begins there
        would have them.
        """
        if self.left_out == 0:
            return list(self.messages)
        shown, out = set[str](), list[Message]()
        for k, message in enumerate(self.messages[self.left_out :], self.left_out):
            if message.role == "user" and (k in self.hits or not out):
                hits, more = self.hits.get(k, ()), self.orders_told.get(k, "")
                new = user_message(self.agent, self.world.today, message.content, hits, not out, shown, more)
                message = replace(message, context=new.context)
                shown |= {hit.passage.id for hit in hits}
            out.append(message)
        return out

    def _found(self) -> Iterable[tuple[int, Hit]]:
        """Every hit, with the message that found it."""
        return ((k, hit) for k, hits in self.hits.items() for hit in hits)

    def receive(self, completion: Completion) -> bool:
        """Take in what the model wrote, run its call. True when the turn is over and the user speaks next.

        One call a message: what the result says may change the next one. Further calls are kept in `dropped`. A
        conversation whose calls keep bringing nothing is handed to a person, in the words of `when_unsure`; one whose
        last try has failed goes to whom its flow names, whatever the model says. Words that tell what is withheld are
        nobody's to read: others stand in their place, what was to be called with them is not, and the turn is over.
        """
        note, rest = parse_note(completion.text)
        text, calls, broken = parse_reply(rest)
        if (kept := self._tells(text)) is not None:
            self.messages.append(Message("assistant", kept.say, weight=0, withheld=kept.name))
            return True
        start = len(self.calls)
        self.dropped += calls[1:]
        named = tuple(replace(call, id=f"call-{start + k}") for k, call in enumerate(calls[:1]))
        if broken and not named:
            named = (ToolCall("unreadable_call", {"text": broken[0][:200]}, f"call-{start}"),)
        self.messages.append(Message("assistant", text, named, cut=completion.cut, note=note))
        for call in named:
            record = self._run(call)
            self.calls.append(record)
            content = json.dumps(record.result, ensure_ascii=False)
            self.messages.append(Message("tool", content, call_id=call.id))
        if named and self.calls[-1].ok and named[0].name == HAND_OVER:
            self._hand_over(**self.calls[-1].values, by_code=False)
            return True
        target = self._after_the_last_try()
        if named and target is None and self.fruitless() >= MAX_FRUITLESS:
            self.messages.append(Message("assistant", self.agent.when_unsure))
            self._hand_over("", STUCK)
            return True
        over = not named or self._calls_this_turn() >= self.max_calls
        if over and target is not None:
            self._hand_over(*target)
        return over

    def _withheld(self) -> list[Withheld]:
        """What is withheld now."""
        return [] if self.withholding is None else self.withholding.closed(self.gate.requirements, self.world)

    def _tells(self, text: str) -> Withheld | None:
        """What words of the model tell, behind those that it has said in this turn, though it is withheld."""
        if self.withholding is None:
            return None
        said = [m.content for m in self.messages[self._last_user() + 1 :] if m.role == "assistant"]
        return self.withholding.told(self._withheld(), "\n".join(filter(None, (*said, text))), self.messages)

    def _hand_over(self, to: str, reason: str, by_code: bool = True) -> None:
        gate, writes = self.gate, self.agent.writes()
        done = tuple((c.call.name, c.values) for c in self.calls if c.ok and c.call.name in writes)
        at = max(k for k, m in enumerate(self.messages) if m.role == "assistant")
        self.handovers.append(Handover(to, reason, gate.noted(), done, at, by_code))

    def _after_the_last_try(self) -> tuple[str, str] | None:
        """To whom the conversation goes, and why, where a call has failed as often as it may."""
        tried = [record for record in reversed(self.calls) if self.agent.retries(record.call.name)]
        for record in tried:
            then = self.gate.requirements.last_try(record.call.name)
            if then is not None and then.kind == "handoff":
                return then.of[0], then.text or f"{record.call.name} failed too often"
        return None

    def fruitless(self) -> int:
        """How many calls in a row, up to now, were refused or failed."""
        since = self.handovers[-1].message if self.handovers else -1
        return sum(1 for _ in takewhile(lambda c: not c.ok and c.message > since, reversed(self.calls)))

    @property
    def handover(self) -> Handover | None:
        """How the last turn gave the conversation to a person; None where it did not."""
        last = self.handovers[-1] if self.handovers else None
        return last if last is not None and last.message > self._last_user() else None

    @property
    def handed_over(self) -> bool:
        """Whether a person has to go on."""
        return self.handover is not None

    @property
    def gate(self) -> Gate:
        """The gate as it stands now."""
        return Gate(self.agent, self.tools, self.messages, self.calls, self.world.today, self.reader, self.secrets.kept)

    def _run(self, call: ToolCall) -> CallRecord:
        at = len(self.messages) - 1
        if call.name == "unreadable_call":
            unreadable = "the call could not be read; write name and arguments as JSON"
            return CallRecord(at, call, {"error": unreadable}, {}, refused=True)
        admitted = self.gate.examine(call)
        if admitted.refusal:
            return CallRecord(at, call, {"error": admitted.refusal}, {}, refused=True)
        arguments = self.secrets.reveal(admitted.arguments)
        self.world.session.secrets = {mark: words for mark, (_, words) in self.secrets.kept.items()}
        key = self._key(call, arguments) if call.name in self.agent.writes() else ""
        outcome = call_tool(self.tools[call.name], arguments, self.world, self.agent.slots, key)
        ignored = {"ignored": list(admitted.ignored)} if admitted.ignored else {}
        result, values = (self._covered(told) for told in (outcome.content, outcome.arguments))
        return CallRecord(
            at, call, {**result, **ignored}, values, outcome.failed, trace=outcome.trace, where=outcome.where
        )

    def _key(self, call: ToolCall, arguments: Mapping[str, Any]) -> str:
        """Of a write: the same for every try of it, whether the one before was killed or lost its answer; another one
        once it has been done.
        """
        tool = self.tools[call.name]
        meant = self._covered(resolved_arguments(tool, arguments, self.world.today, self.agent.slots))
        done = sum(c.ok and c.call.name == call.name and c.values == meant for c in self.calls)
        return f"{self.id}/{call.name}/{done}"

    def _covered(self, told: dict[str, Any]) -> dict[str, Any]:
        covered: dict[str, Any] = self.secrets.cover_all(self.agent, told, self.world.today)
        return covered

    def _calls_this_turn(self) -> int:
        return sum(len(message.calls) for message in self.messages[self._last_user() + 1 :])

    def _last_user(self) -> int:
        """The index of the user's last message; -1 before there is one."""
        return next((k for k in range(len(self.messages) - 1, -1, -1) if self.messages[k].role == "user"), -1)


class Visible:
    """Passes on what a user may read of a completion that is being written (`shown_text`).

    Text that may yet turn out to be the beginning of a tag waits.
    """

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self._on_text = on_text
        self._whole = ""
        self._told = ""

    def hear(self, piece: str) -> None:
        """The next piece of the completion."""
        self._whole += piece
        self._tell(self._shown(self._whole[: undecided(self._whole)]).rstrip())

    def end(self) -> None:
        """The completion is whole."""
        self._tell(self._shown(self._whole))

    def _shown(self, text: str) -> str:
        return shown_text(parse_reply(parse_note(text)[1])[0])

    def _tell(self, text: str) -> None:
        if self._on_text is not None and len(text) > len(self._told) and text.startswith(self._told):
            self._on_text(text[len(self._told) :])
            self._told = text


Next = Callable[[Session, ModelError | None], bool]
"""Told that the turn of a session is over, or why the engine gave it up. True when it has heard its user again."""


def serve(sessions: Iterable[Session], model: Model, turn_over: Next, *, at_once: int = 32) -> None:
    """Many sessions over one engine, `at_once` side by side; a place that becomes free is taken by the next.

    Args:
        sessions: each has heard its user; they are taken from the iterator when there is a place. They share one
            `reply_tokens`.
        turn_over: see `Next`. Not asked again for a session once it has said False.
    """
    waiting = iter(sessions)
    active: dict[str, Session] = {}

    def begin(number: int) -> list[Request]:
        new = list(islice(filter(goes_on, waiting), number))
        active.update((session.id, session) for session in new)
        return [session.request(model.window) for session in new]

    def goes_on(session: Session) -> bool:
        """Whether the model is asked next; a turn that a guard has answered is over at once."""
        while session.guarded:
            if not turn_over(session, None):
                return False
        return True

    def answer(request: Request, completion: Completion) -> Request | None:
        session = active[request.conversation]
        over = completion.lost is not None or session.receive(completion)
        if not over or (turn_over(session, completion.lost) and goes_on(session)):
            return session.request(model.window)
        model.forget([session.id])
        del active[session.id]
        return next(iter(begin(1)), None)

    first = begin(at_once)
    if len(limits := {session.reply_tokens for session in active.values()}) > 1:
        raise ValueError(f"sessions that are served together share one reply_tokens, not {sorted(limits)}")
    converse(model, first, answer, max_new_tokens=next(iter(limits), REPLY_TOKENS))


def user_message(
    agent: Agent,
    today: date,
    text: str,
    hits: Sequence[Hit],
    first: bool,
    shown: Collection[str],
    more: str = "",
) -> Message:
    """A user message with its context block (design/contract.md, 4), for training and for sessions alike.

    Args:
        first: whether it opens the conversation; then the agent's nudges stand in it.
        shown: ids of passages that stand in earlier messages already; they are not repeated.
        more: a nudge beside these.
    """
    nudge = "\n".join(filter(None, (agent.nudge_text(today) if first else "", more)))
    new = [(h.passage.id, h.passage.text) for h in hits if h.passage.id not in shown]
    return Message("user", text, context=context_block(nudge, new))
