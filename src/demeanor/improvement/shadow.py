"""A candidate in the shadow of the agent that spoke: what it would have said and called at every point of conversations
that were recorded.

At each recorded message of the agent's the candidate reads the conversation exactly as it was up to there, and writes
one message. Nothing it writes is carried out: no world is opened and no tool is loaded, so that no write can happen.
Where it calls what was called then, the recorded result stands behind it, and the conversation goes on as it went.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from demeanor.agent import Agent
from demeanor.dialogue import Dialogue, Message, ToolCall
from demeanor.evaluation.scorecard import Figure, Measure, rate
from demeanor.models.model import Completion, Model, Request, converse
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.reader import Reader
from demeanor.runtime.prompt import Renderer, parse_note, parse_reply
from demeanor.runtime.session import REPLY_TOKENS

SAME = (
    Measure("same_step", "Says or calls as was done then", "higher", "messages"),
    Measure("same_tool", "Calls the same tool", "higher", "calls"),
    Measure("same_arguments", "With the same details", "higher", "calls of the same tool"),
    Measure("same_acts", "Does the same with its words", "higher", "messages in words"),
    Measure("defers", "Defers where an answer was given", "lower", "messages in words"),
    Measure("answers", "Answers where it was deferred", "higher", "messages that deferred"),
    Measure("cut", "Cut off at the limit", "lower", "messages"),
)


@dataclass(frozen=True)
class Shadowed:
    """One message of the agent's, as it was and as the candidate would have it. `acts`: then, now."""

    dialogue: str
    index: int
    was: Message
    would: Message
    acts: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())

    @property
    def same_step(self) -> bool:
        """Whether both call or both only speak."""
        return bool(self.was.calls) == bool(self.would.calls)

    @property
    def differs(self) -> bool:
        """Whether it would have done something else, as against saying the same in other words."""
        if not self.same_step or self.would.cut:
            return True
        if self.was.calls:
            return _called(self.was) != _called(self.would)
        return set(self.acts[0]) != set(self.acts[1])

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        plain = {"dialogue": self.dialogue, "message": self.index, "differs": self.differs}
        return {**plain, "was": self.was.to_json(), "would": self.would.to_json(), "acts": [list(a) for a in self.acts]}


@dataclass
class Comparison:
    """What a candidate and the recordings have in common, counted under the conversation. `lost`: messages before which
    the conversation no longer fits the candidate's window."""

    dialogues: int = 0
    messages: int = 0
    differing: int = 0
    lost: int = 0
    seconds: float = 0.0
    counted: dict[str, dict[str, list[bool]]] = field(default_factory=lambda: {m.name: {} for m in SAME})

    def add(self, one: Shadowed) -> None:
        """Count one message."""
        self.messages += 1
        self.differing += one.differs
        self._count("same_step", one, one.same_step)
        self._count("cut", one, one.would.cut)
        if one.was.calls and one.would.calls:
            same = one.was.calls[0].name == one.would.calls[0].name
            self._count("same_tool", one, same)
            if same:
                self._count("same_arguments", one, _called(one.was) == _called(one.would))
        elif not one.was.calls and not one.would.calls:
            then, now = map(set, one.acts)
            self._count("same_acts", one, then == now)
            self._count("defers", one, "defer" in now and "defer" not in then)
            if "defer" in then:
                self._count("answers", one, "defer" not in now)

    def _count(self, name: str, one: Shadowed, outcome: bool) -> None:
        self.counted[name].setdefault(one.dialogue, []).append(outcome)

    @property
    def figures(self) -> Mapping[str, Figure]:
        """Each measure with n and interval, clustered under the conversation."""
        return {m.name: rate(m, self.counted[m.name]) for m in SAME}


def shadow(
    agent: Agent,
    reader: Reader,
    dialogues: Iterable[Dialogue],
    model: Model,
    renderer: Renderer,
    *,
    at_once: int = 32,
    on_message: Callable[[Shadowed], None] = lambda one: None,
) -> Comparison:
    """Let a candidate answer recorded conversations, `at_once` messages side by side."""
    found = Comparison()
    places: dict[str, tuple[Dialogue, int]] = {}
    waiting = enumerate(_places(dialogues, found))
    started = time.monotonic()

    def begin(count: int) -> list[Request]:
        out = []
        for number, (dialogue, index) in islice(waiting, count):
            key = f"shadow-{number}"
            places[key] = dialogue, index
            out.append(Request(renderer.render(dialogue.messages[:index]).ids, key))
        return out

    def answer(request: Request, completion: Completion) -> Request | None:
        dialogue, index = places.pop(request.conversation)
        if completion.lost is not None:
            found.lost += 1
        else:
            one = _shadowed(agent, reader, dialogue, index, completion)
            found.add(one)
            on_message(one)
        model.forget([request.conversation])
        return next(iter(begin(1)), None)

    converse(model, begin(at_once), answer, max_new_tokens=REPLY_TOKENS)
    found.seconds += time.monotonic() - started
    return found


def _places(dialogues: Iterable[Dialogue], found: Comparison) -> Iterator[tuple[Dialogue, int]]:
    """Every message that a model wrote in them."""
    for dialogue in dialogues:
        found.dialogues += 1
        for index, message in enumerate(dialogue.messages):
            if message.role == "assistant" and not message.by_code and index:
                yield dialogue, index


def _shadowed(agent: Agent, reader: Reader, dialogue: Dialogue, index: int, completion: Completion) -> Shadowed:
    note, rest = parse_note(completion.text)
    text, calls, broken = parse_reply(rest)
    unreadable = [ToolCall("unreadable_call", {"text": piece}) for piece in broken]
    would = Message("assistant", text, tuple([*calls, *unreadable][:1]), note=note, cut=completion.cut)
    was = dialogue.messages[index]
    turn = Turn(next((m.content for m in reversed(dialogue.messages[:index]) if m.role == "user"), ""))
    acts = (acts_of(agent, reader, was.content, turn), acts_of(agent, reader, would.content, turn))
    return Shadowed(dialogue.id, index, was, would, acts)


def _called(message: Message) -> list[tuple[str, dict[str, Any]]]:
    return [(call.name, call.arguments) for call in message.calls]
