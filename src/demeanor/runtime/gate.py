"""What decides in code whether a call may run, and with which arguments.

An argument is a quote: the model points at the user's words, code reads them. What nobody said is not passed on, and a
tool that some flow confirms runs only after a clear yes to exactly its arguments, whatever the model believes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.description import HAND_OVER
from demeanor.agent.moves import rows_of
from demeanor.agent.slots import KINDS, PLACEHOLDER, Resolved, Slot, Unresolved, named_in, plain, resolve, split_items
from demeanor.dialogue import Message, ToolCall
from demeanor.reading.reader import Reader
from demeanor.runtime.agreement import Exchange, agrees
from demeanor.runtime.calls import NOT_AGREED, CallRecord
from demeanor.runtime.prompt import note_entries
from demeanor.runtime.requirements import Requirements
from demeanor.runtime.tools import Tool, lacking_details
from demeanor.text import stands_in
from demeanor.text import words as same_words

ALMOST = 0.75  # difflib's ratio: one or two letters of a name


@dataclass(frozen=True)
class Admission:
    """What the gate says of a call: the arguments to run it with and what of them was left out, or why it may not
    run."""

    arguments: dict[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True)
class Gate:
    """The gate at one point of a conversation.

    Args:
        messages: all that was said, the message with the call included.
        calls: what was called before.
        reader: hears whether an answer agrees.
        secrets: the placeholders that stand for what users said in secret.
    """

    agent: Agent
    tools: Mapping[str, Tool]
    messages: Sequence[Message]
    calls: Sequence[CallRecord]
    today: date
    reader: Reader
    secrets: Collection[str] = ()

    def examine(self, call: ToolCall) -> Admission:
        """Whether a call may run."""
        tool = self.tools.get(call.name)
        if tool is None:
            return Admission(refusal=f"there is no tool {call.name!r}; there are: {', '.join(self.tools)}")
        if refusal := self._out_of_turn(call.name):
            return Admission(refusal=refusal)
        if call.name == HAND_OVER:
            return Admission(dict(call.arguments))  # its arguments are its own, whatever slots are called
        said = {k: self._as_said(k, v) for k, v in call.arguments.items()}
        meant = replace(call, arguments={**said, **self._left_out(tool, call)})
        arguments, unsaid, ignored = self._read_quotes(meant)
        unconfirmed = self.lacks(meant) if call.name in self.agent.writes() else ""
        left_out = [n for n, p in tool.parameters.items() if p.required and arguments.get(n) in (None, "")]
        # What is missing comes first: nobody can agree to a booking without a name.
        if unsaid or (unconfirmed and left_out):
            return Admission(refusal=lacking_details(tool, {*unsaid, *left_out}))
        if unconfirmed:
            return Admission(refusal=f"{NOT_AGREED} ({unconfirmed})")
        return Admission(arguments, tuple(ignored))

    @property
    def requirements(self) -> Requirements:
        """What flows have to be through before others, as far as it can be seen in calls and notes."""
        return Requirements(self.agent, self.noted(), self.calls, self.today)

    def noted(self) -> dict[str, str]:
        """Slot -> what the agent wrote down of it, where the user did say so."""
        return {name: words for name in self.agent.slots if (words := self._noted(name))}

    def _out_of_turn(self, tool: str) -> str:
        """Why a tool may not run now, whatever is said: something comes first, or it was tried too often."""
        if not self.agent.required_for(tool) and not self.agent.retries(tool):
            return ""
        if missing := self.requirements.lacking(tool):
            return f"not yet: {missing.replace('_', ' ')} comes first"
        return "that was the last try" if self.requirements.last_try(tool) else ""

    def _as_said(self, name: str, value: Any) -> Any:
        """A name or code that nobody said, as the user did say it: "Bidi Santoso" points at "Budi Santoso".

        A model that copies a rare name letter by letter slips. What it wrote down when it heard the name counts
        ("guest_name: Budi Santoso"), or else words that are almost the same. Either way, what is taken instead stands
        in the user's words, and a write still needs a yes to exactly that.
        """
        slot = self.agent.slots.get(name)
        if slot is None or not KINDS[slot.type].literal or not isinstance(value, str):
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
                if name in names and any(stands_in(words, text) for text in heard):
                    return words
        return ""

    def _quoted(self, slot: Slot, value: Any) -> list[str]:
        """The texts that hold a quote; of a list, whose items may have been told one by one, a text for each."""
        if slot.many:
            items = value if isinstance(value, list) else split_items(str(value))
            held = [[text for text in self._sources(slot) if stands_in(str(item), text)] for item in items]
            return [texts[-1] for texts in held] if held and all(held) else []
        return [text for text in self._sources(slot) if stands_in(str(value), text)]

    def _accepted(self, slot: Slot, value: Any) -> list[str]:
        """A value that the agent has offered and to which the user has plainly said yes."""
        offer, answer = self._last_exchange()
        return [str(value)] if self._is_offered(slot, value) and agrees(self.reader, offer, answer) else []

    def _is_offered(self, slot: Slot, value: Any) -> bool:
        """Whether the agent's last question names a value."""
        offer, got = self._last_exchange()[0], resolve(slot, value, self.today)
        return isinstance(got, Resolved) and "?" in offer and named_in(slot, got.value, offer, self.today)

    def _last_exchange(self) -> tuple[str, str]:
        """What the agent said last, and what the user said to it; empty where nothing was said before."""
        users = [k for k, m in enumerate(self.messages) if m.role == "user"]
        return (
            (self.messages[users[-1] - 1].content, self.messages[users[-1]].content)
            if users and users[-1]
            else ("", "")
        )

    def _sources(self, slot: Slot) -> list[str]:
        """The texts that a value of a slot may be quoted from: the user's messages; for names, codes and the like also
        what tools returned ("cancel the one that we just booked").
        """
        roles = ("user", "tool") if KINDS[slot.type].literal else ("user",)
        return [m.content for m in self.messages if m.role in roles]

    def unsaid(self, call: ToolCall) -> list[str]:
        """The details of a call that the user never said, for which it would be refused."""
        return self._read_quotes(call)[1]

    def _read_quotes(self, call: ToolCall) -> tuple[dict[str, Any], list[str], list[str]]:
        """The arguments to run a call with, the details that the user never said, and what was left out.

        An argument is a quote: the model points at the user's words, code reads them. A quote that says too little
        ("from 28 July" of "a week from 28 July") is read in its whole message; one that nobody said is what the agent
        noted, or else an invention; what the agent has offered is neither, and waits for a yes.
        An optional detail that nobody said, or that means nothing, is left out and named in the result: it must not
        keep the user from an answer.
        """
        arguments = dict(call.arguments)
        today, known, unsaid, ignored = self.today, dict[str, Any](), list[str](), list[str]()
        slots = self.agent.slots
        for name in sorted(arguments, key=lambda n: n in slots and slots[n].after is not None):
            slot = slots.get(name)
            if slot is None or slot.type == "option" or arguments[name] in (None, ""):
                continue
            if slot.secret:
                marks = [m.group(0) for m in PLACEHOLDER.finditer(str(arguments[name])) if m.group(0) in self.secrets]
                arguments[name] = marks[0] if len(marks) == 1 else arguments[name]
                unsaid += [] if arguments[name] in self.secrets else [name]
                continue
            sources = self._quoted(slot, arguments[name]) or self._accepted(slot, arguments[name])
            got = resolve(slot, arguments[name], today, known)
            said = sources or self._meant(slot, got, known) or self._is_offered(slot, arguments[name])
            if not said and (noted := self._noted(name)):
                arguments[name] = noted
                sources, got = self._quoted(slot, noted), resolve(slot, noted, today, known)
            if not sources and not self._meant(slot, got, known):
                if not slot.optional:
                    unsaid.append(name)
                    continue
                ignored.append(f"{slot.label}: the user has not said it")
                del arguments[name]
                continue
            wider = [] if slot.many else [resolve(slot, text, today, known) for text in reversed(sources)]
            if not isinstance(got, Resolved) and (found := next((w for w in wider if isinstance(w, Resolved)), None)):
                got = found
                arguments[name] = plain(found.value)
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
        said = (resolve(slot, m.content, self.today, known) for m in self.messages if m.role == "user")
        return any(isinstance(s, Resolved) and s.value == got.value for s in said)

    def agreed(self, call: ToolCall) -> bool:
        """Whether the user's last message is nothing but a yes to a question that named exactly these arguments."""
        return not self.lacks(call)

    def lacks(self, call: ToolCall) -> str:
        """What is missing for the user's agreement to exactly this call; '' when nothing is."""
        users = [k for k, m in enumerate(self.messages) if m.role == "user"]
        if not users or users[-1] == 0:
            return "nothing was asked"
        slots, values, rows = self.agent.slots, dict[str, Any](), dict[str, dict[str, Any]]()
        for name in sorted(call.arguments, key=lambda n: n in slots and slots[n].after is not None):
            slot, value = slots.get(name), call.arguments[name]
            if slot is not None and slot.secret:
                continue  # nobody reads it out to have it confirmed
            if slot is not None and slot.type == "option" and slot.source is not None:
                row = self._offered(slot.source, str(value)) or {}
                rows[name] = {k: v for k, v in row.items() if k != slot.source[1]}
            elif slot is not None:
                got = resolve(slot, value, self.today, values)
                value = got.value if isinstance(got, Resolved) else value
            elif name in self.tools[call.name].parameters:
                value = self.tools[call.name].parameters[name].understood(value)
            values[name] = value
        question, answer = self.messages[users[-1] - 1].content, self.messages[users[-1]].content
        return Exchange(question, answer, self.today, self.reader).lacks(values, slots, rows)

    def _offered(self, source: tuple[str, str], value: str) -> dict[str, Any] | None:
        for record in reversed(self.calls):
            if record.call.name == source[0] and record.ok:
                return next((row for row in rows_of(record.result) if str(row.get(source[1])) == value), None)
        return None


def nearest_quote(words: str, texts: Iterable[str]) -> str:
    """The words of some text that are almost `words`, from the first text that has such; '' when there are none."""
    count = len(words.split())
    for text in texts:
        said = [w.strip(".,!?;:\"'") for w in text.split()]
        spans = [" ".join(said[k : k + count]) for k in range(len(said) - count + 1)]
        close = get_close_matches(same_words(words), [same_words(s) for s in spans], n=1, cutoff=ALMOST)
        if close:
            return next(s for s in spans if same_words(s) == close[0])
    return ""
