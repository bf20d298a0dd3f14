"""One turn: retrieve, prompt, generate, call tools, answer. The only such loop.

A `Conversation` holds the messages and does everything but generating; `run_turn` drives any number of them through a
model in lockstep, so that the sandbox (one) and the evaluation (many) run the same code. A write tool runs only after a
clear yes to exactly its arguments; this is enforced here, whatever the model believes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from itertools import takewhile
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.flow import rows_of
from demeanor.agent.slots import Resolved, Slot, Unresolved, resolve
from demeanor.dialogue import Message, ToolCall
from demeanor.models.model import Model, Reply, Request
from demeanor.reading.consent import consent
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.prompt import Renderer, context_block, note_entries, parse_note, parse_reply
from demeanor.runtime.tools import Tool, ToolResult, World, call_tool, lacking_details

MAX_CALLS = 4
MAX_FRUITLESS = 3  # calls in a row that bring nothing; no conversation that did its task had more than one
ALMOST = 0.75  # difflib's ratio: one or two letters of a name
NOT_AGREED = "not done: the user has not clearly agreed to exactly this; ask for a clear yes first"


@dataclass(frozen=True)
class CallRecord:
    """A call with what came of it. `values` are the resolved arguments; `refused` says that it never reached the tool:
    there is no such tool, the user has not agreed, or a detail was made up.
    """

    message: int
    call: ToolCall
    result: dict[str, Any]
    values: dict[str, Any]
    failed: bool = False
    refused: bool = False

    @property
    def ok(self) -> bool:
        return not self.failed and not self.refused and "error" not in self.result

    @property
    def unconfirmed(self) -> bool:
        """Whether it was refused for want of a clear yes, so that the question has to be asked (again)."""
        return self.refused and self.result.get("error") == NOT_AGREED


@dataclass
class Conversation:
    """One conversation in progress.

    Args:
        agent, renderer, tools, world: what the turn needs; `world` is private to this conversation in evaluation.
        id: names the conversation's cache in the model.
        max_calls: calls in one turn before the turn is ended; the user then sees the last text.
        handovers: the messages (by index) in which the runtime handed a conversation that was stuck to a person.
        nudge: told at the first turn, beside the agent's own nudges.
    """

    agent: Agent
    renderer: Renderer
    tools: Mapping[str, Tool]
    world: World
    id: str = "conversation"
    messages: list[Message] = field(default_factory=list)
    calls: list[CallRecord] = field(default_factory=list)
    hits: dict[int, tuple[Hit, ...]] = field(default_factory=dict)
    max_calls: int = MAX_CALLS
    dropped: list[ToolCall] = field(default_factory=list)
    handovers: list[int] = field(default_factory=list)
    nudge: str = ""

    def user(self, text: str, hits: Sequence[Hit] = ()) -> None:
        """Add a user message with its context block: the nudge at the first turn, then the retrieved passages."""
        first, shown = not self.messages, {h.passage.id for seen in self.hits.values() for h in seen}
        self.hits[len(self.messages)] = tuple(hits)
        self.messages.append(user_message(self.agent, self.world.today, text, hits, first, shown, self.nudge))

    def request(self) -> Request:
        """What the model is to continue."""
        return Request(self.renderer.render(self.messages).ids, self.id)

    def receive(self, reply: Reply) -> bool:
        """Take in a reply, run its call. True when the turn is over and the user speaks next.

        One call a message: what the result says may change the next one. Further calls are kept in `dropped`. A
        conversation whose calls keep bringing nothing is handed to a person, in the words of `when_unsure`.
        """
        note, rest = parse_note(reply.text)
        text, calls, broken = parse_reply(rest)
        start = len(self.calls)
        self.dropped += calls[1:]
        named = tuple(replace(call, id=f"call-{start + k}") for k, call in enumerate(calls[:1]))
        if broken and not named:
            named = (ToolCall("unreadable_call", {"text": broken[0][:200]}, f"call-{start}"),)
        self.messages.append(Message("assistant", text, named, cut=reply.cut, note=note))
        for call in named:
            record = self._run(call)
            self.calls.append(record)
            content = json.dumps(record.result, ensure_ascii=False)
            self.messages.append(Message("tool", content, call_id=call.id))
        if named and self.fruitless() >= MAX_FRUITLESS:
            self.handovers.append(len(self.messages))
            self.messages.append(Message("assistant", self.agent.when_unsure))
            return True
        return not named or self._calls_this_turn() >= self.max_calls

    def fruitless(self) -> int:
        """How many calls in a row, up to now, were refused or failed."""
        since = self.handovers[-1] if self.handovers else -1
        return sum(1 for _ in takewhile(lambda c: not c.ok and c.message > since, reversed(self.calls)))

    @property
    def handed_over(self) -> bool:
        """Whether the last message handed the conversation to a person, because it went round in circles."""
        return bool(self.handovers) and self.handovers[-1] == len(self.messages) - 1

    def undo(self) -> bool:
        """Take back the last turn (not what tools wrote). False when there is none."""
        users = [k for k, m in enumerate(self.messages) if m.role == "user"]
        if not users:
            return False
        del self.messages[users[-1] :]
        self.hits = {k: v for k, v in self.hits.items() if k < users[-1]}
        self.calls = [c for c in self.calls if c.message < users[-1]]
        self.handovers = [k for k in self.handovers if k < users[-1]]
        return True

    def _run(self, call: ToolCall) -> CallRecord:
        at = len(self.messages) - 1

        def refusal(why: str) -> CallRecord:
            return CallRecord(at, call, {"error": why}, {}, refused=True)

        if call.name == "unreadable_call":
            return refusal("the call could not be read; write name and arguments as JSON")
        tool = self.tools.get(call.name)
        if tool is None:
            known = ", ".join(self.tools)
            return refusal(f"there is no tool {call.name!r}; there are: {known}")
        said = {k: self._as_said(k, v) for k, v in call.arguments.items()}
        meant = replace(call, arguments={**said, **self._left_out(tool, call)})
        arguments, unsaid, ignored = self._read_quotes(meant)
        unconfirmed = call.name in self.agent.writes() and not self.agreed(meant)
        left_out = [n for n, p in tool.parameters.items() if p.required and arguments.get(n) in (None, "")]
        # What is missing comes first: nobody can agree to a booking without a name.
        if unsaid or (unconfirmed and left_out):
            return refusal(lacking_details(tool, {*unsaid, *left_out}))
        if unconfirmed:
            return refusal(NOT_AGREED)
        outcome: ToolResult = call_tool(tool, arguments, self.world, self.agent.slots)
        result = {**outcome.content, "ignored": ignored} if ignored else outcome.content
        return CallRecord(at, call, result, outcome.arguments, failed=outcome.failed)

    def _as_said(self, name: str, value: Any) -> Any:
        """A name or code that nobody said, as the user did say it: "Bidi Santoso" points at "Budi Santoso".

        A model that copies a rare name letter by letter slips. What it wrote down when it heard the name counts
        ("guest_name: Budi Santoso"), or else words that are almost the same. Either way, what is taken instead stands
        in the user's words, and a write still needs a yes to exactly that.
        """
        slot = self.agent.slots.get(name)
        if slot is None or slot.type not in ("text", "code") or not isinstance(value, str):
            return value
        if not value.strip() or self._quoted(slot, value):
            return value
        heard = [m.content for m in reversed(self.messages) if m.role == "user"]
        return self._noted(name) or nearest_quote(value, heard) or value

    def _left_out(self, tool: Tool, call: ToolCall) -> dict[str, str]:
        """Details that the tool takes, that the agent wrote down when it heard them, and that its call leaves out."""
        names = [n for n in tool.parameters if n in self.agent.slots and call.arguments.get(n) in (None, "")]
        noted = {name: self._noted(name) for name in names if self.agent.slots[name].type != "option"}
        return {name: words for name, words in noted.items() if words}

    def _noted(self, name: str) -> str:
        """The newest note on a slot whose words the user did say; '' without one."""
        heard = [m.content for m in self.messages if m.role == "user"]
        for message in reversed(self.messages):
            for names, words in note_entries(message.note):
                if name in names and any(is_quote(words, text) for text in heard):
                    return words
        return ""

    def _quoted(self, slot: Slot, value: Any) -> list[str]:
        return [text for text in self._sources(slot) if is_quote(str(value), text)]

    def _sources(self, slot: Slot) -> list[str]:
        """The texts that a value of a slot may be quoted from: the user's messages; for names and codes also what tools
        returned ("cancel the one that we just booked").
        """
        roles = ("user", "tool") if slot.type in ("text", "code") else ("user",)
        return [m.content for m in self.messages if m.role in roles]

    def unsaid(self, call: ToolCall) -> list[str]:
        """The details of a call that the user never said, for which it would be refused."""
        return self._read_quotes(call)[1]

    def _read_quotes(self, call: ToolCall) -> tuple[dict[str, Any], list[str], list[str]]:
        """The arguments to run a call with, the details that the user never said, and what was left out.

        An argument is a quote: the model points at the user's words, code reads them. A quote that says too little
        ("from 28 July" of "a week from 28 July") is read in its whole message; one that nobody said is what the agent
        noted, or else an invention.
        An optional detail that nobody said, or that means nothing, is left out and named in the result: it must not
        keep the user from an answer.
        """
        arguments = dict(call.arguments)
        today, known, unsaid, ignored = self.world.today, dict[str, Any](), list[str](), list[str]()
        slots = self.agent.slots
        for name in sorted(arguments, key=lambda n: n in slots and slots[n].after is not None):
            slot = slots.get(name)
            if slot is None or slot.type == "option" or arguments[name] in (None, ""):
                continue
            sources = self._quoted(slot, arguments[name])
            got = resolve(slot, arguments[name], today, known)
            if not sources and not self._meant(slot, got, known) and (noted := self._noted(name)):
                arguments[name] = noted
                sources, got = self._quoted(slot, noted), resolve(slot, noted, today, known)
            if not sources and not self._meant(slot, got, known):
                if not slot.optional:
                    unsaid.append(name)
                    continue
                ignored.append(f"{slot.label}: the user has not said it")
                del arguments[name]
                continue
            wider = [resolve(slot, text, today, known) for text in reversed(sources)]
            if not isinstance(got, Resolved) and (found := next((w for w in wider if isinstance(w, Resolved)), None)):
                got = found
                arguments[name] = found.value.isoformat() if isinstance(found.value, date) else found.value
            if isinstance(got, Resolved):
                known[name] = got.value
            elif slot.optional:
                ignored.append(str(got.reason))
                del arguments[name]
        return arguments, unsaid, ignored

    def _meant(self, slot: Slot, got: Resolved | Unresolved, known: Mapping[str, Any]) -> bool:
        """Whether a plain value (2 for "the two of us") is what some message of the user means."""
        if not isinstance(got, Resolved):
            return False
        said = (resolve(slot, m.content, self.world.today, known) for m in self.messages if m.role == "user")
        return any(isinstance(s, Resolved) and s.value == got.value for s in said)

    def agreed(self, call: ToolCall) -> bool:
        """Whether the user's last message is a clear yes to a question that named exactly these arguments."""
        users = [k for k, m in enumerate(self.messages) if m.role == "user"]
        if not users or users[-1] == 0 or consent(self.messages[users[-1]].content) != "yes":
            return False
        question = self.messages[users[-1] - 1].content.lower()
        return "?" in question and all(self._named(name, value, question) for name, value in call.arguments.items())

    def _named(self, name: str, value: Any, question: str) -> bool:
        slot = self.agent.slots.get(name)
        if slot is not None and slot.type == "option" and slot.source is not None:
            row = self._offered(slot.source, str(value))
            # Two of three shown values must be repeated: enough to tell the rows apart, free in the wording.
            shown = [str(v).lower() for k, v in (row or {}).items() if slot.source and k != slot.source[1]]
            return bool(shown) and 3 * sum(v in question for v in shown) >= 2 * len(shown)
        if slot is not None and slot.type in ("text", "code"):
            got = resolve(slot, value, self.world.today)
            return isinstance(got, Resolved) and str(got.value).lower() in question
        return str(value).lower() in question

    def _offered(self, source: tuple[str, str], value: str) -> dict[str, Any] | None:
        for record in reversed(self.calls):
            if record.call.name == source[0] and record.ok:
                return next((row for row in rows_of(record.result) if str(row.get(source[1])) == value), None)
        return None

    def _calls_this_turn(self) -> int:
        count = 0
        for message in reversed(self.messages):
            if message.role == "user":
                break
            count += len(message.calls)
        return count


def is_quote(words: str, text: str) -> bool:
    """Whether `words` stand in `text` as whole words, whatever the case, spaces and punctuation: "2" is not in "12"."""
    return bool(_bare(words)) and f" {_bare(words)} " in f" {_bare(text)} "


def nearest_quote(words: str, texts: Iterable[str]) -> str:
    """The words of some text that are almost `words`, from the first text that has such; '' when there are none."""
    count = len(words.split())
    for text in texts:
        said = [w.strip(".,!?;:\"'") for w in text.split()]
        spans = [" ".join(said[k : k + count]) for k in range(len(said) - count + 1)]
        close = get_close_matches(_bare(words), [_bare(s) for s in spans], n=1, cutoff=ALMOST)
        if close:
            return next(s for s in spans if _bare(s) == close[0])
    return ""


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())


def user_message(
    agent: Agent,
    today: date,
    text: str,
    hits: Sequence[Hit],
    first: bool,
    shown: Collection[str],
    more: str = "",
) -> Message:
    """A user message with its context block (design/contract.md, 4), for training and for conversation alike.

    Args:
        first: whether it opens the conversation; then the nudges stand in it.
        shown: ids of passages that stand in earlier messages already; they are not repeated.
        more: a nudge beside the agent's own.
    """
    nudge = "\n".join(filter(None, (agent.nudge_text(today), more))) if first else ""
    new = [(h.passage.id, h.passage.text) for h in hits if h.passage.id not in shown]
    return Message("user", text, context=context_block(nudge, new))


def run_turn(
    conversations: Sequence[Conversation],
    model: Model,
    *,
    max_new_tokens: int = 200,
    on_step: Callable[[int], None] | None = None,
) -> None:
    """Let the model answer in all conversations, each until its turn is over.

    Args:
        max_new_tokens: limit of one reply; a reply that hits it is marked `cut`.
        on_step: told how many conversations are still waiting, before each generation.
    """
    waiting = list(conversations)
    while waiting:
        if on_step is not None:
            on_step(len(waiting))
        replies = model.generate([c.request() for c in waiting], max_new_tokens=max_new_tokens)
        waiting = [c for c, reply in zip(waiting, replies, strict=True) if not c.receive(reply)]
