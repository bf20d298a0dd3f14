"""Which drafts may be shown to a person: those that mean what their key says, every detail of it and nothing else.

A line is filled with values that a user might want, on several days, and read by the slots' resolvers whole, as a tool
would read it. A draft that is read as anything else, or as something more, is refused with the reason.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.slots import Resolved, Slot, resolve, shown, values_in
from demeanor.data.checks.privacy import private_in
from demeanor.data.drafts.draft import VALUES, Draft
from demeanor.reading.reader import Reader
from demeanor.runtime.agreement import agrees
from demeanor.simulation.users.goal import another
from demeanor.simulation.wording.user import UserBank, placeholders
from demeanor.text import words

FIRST_DAY, DAYS = date(2026, 5, 4), 140
DRAWN = 4
MOST_WORDS = 60
UNREAD = ("option", "text")
"""Types of which no text can be told to be one: whatever is told is the value."""
LETTERS = ("name", "address", "email")
QUESTION = "Shall I go ahead?"
AGREES = {"affirm": "yes", "plainly": "yes"}
"""Keys that have to be heard as a yes; no other line that answers a question for one may be."""
_PLACE = re.compile(r"\{[^{}]*\}")
_NOTHING = "…"


class Acceptance:
    """Reads drafts of one agent.

    Args:
        bank: in whose words details are said.
        said: lines that are there already, in this bank or in another: nothing is drafted twice.
    """

    def __init__(self, agent: Agent, reader: Reader, bank: UserBank, said: Iterable[str] = ()) -> None:
        self.agent = agent
        self.reader = reader
        self.bank = bank
        self.said = {_alike(line) for line in said}

    def accept(self, drafts: Iterable[Draft]) -> Iterator[tuple[Draft, str]]:
        """Each draft, and why it is refused; '' where it is accepted, and no later one may say the same."""
        for draft in drafts:
            reason = self.refused(draft)
            if not reason:
                self.said.add(_alike(draft.text))
            yield draft, reason

    def refused(self, draft: Draft) -> str:
        """Why a draft may not be said; '' where it may."""
        if _alike(draft.text) in self.said:
            return "said already, in this bank or the other, or dropped"
        if len(draft.text.split()) > MOST_WORDS or "\n" in draft.text:
            return f"it is no message of at most {MOST_WORDS} words"
        if told := [found for _, found in private_in(draft.text)]:
            return f"it tells somebody's own data: {told[0][:2]}..."
        head, _, of = draft.key.partition(".")
        return self._phrase(of, draft.text) if head == VALUES else self._message(head, of, draft.text)

    # ------------------------------------------------------------------ a way to say one value

    def _phrase(self, key: str, text: str) -> str:
        name, _, value = key.partition("=")
        slot = self.agent.slots.get(name)
        if slot is None or slot.type == "option" or not value:
            return f"phrases are drafted for values of choices, not for {key!r}"
        got = resolve(replace(slot, many=False), text, FIRST_DAY)
        if not isinstance(got, Resolved) or str(got.value) != value:
            return f"{text!r} is read as {got.value if isinstance(got, Resolved) else 'nothing'}, not as {value}"
        return self._more(text, leave=(name,))

    # ------------------------------------------------------------------ a message

    def _message(self, head: str, of: str, text: str) -> str:
        places = [name for place in placeholders(text) for name in place.split("+")]
        if unknown := [name for name in places if name not in self.agent.slots]:
            return f"no slot is called {unknown[0]!r}"
        if _PLACE.sub("", text).count("{") or len(places) != len(set(places)):
            return "a place stands there twice, or is not closed"
        if head in ("inform", "correct", "labelled") and (wrong := self._other_places(of, places)):
            return wrong
        if head == "open" and of not in self.agent.flows:
            return f"no flow is called {of!r}"
        if any(self.agent.slots[name].type == "option" for name in places) and head == "open":
            return "it chooses what nobody has offered yet"
        if head in ("affirm", "deny") and agrees(self.reader, QUESTION, text) != (head in AGREES):
            return f"it is {'not ' * (head in AGREES)}heard as a yes"
        if not placeholders(text) and head == "inform" and of.endswith((".yes", ".no")):
            return self._own_case(of, text)
        return self._more(_PLACE.sub(_NOTHING, text)) or self._read_back(text, places)

    def _other_places(self, of: str, places: list[str]) -> str:
        owed = [] if of.endswith((".yes", ".no")) else of.split("+")
        missing = [name for name in owed if name not in places]
        more = [name for name in places if name not in owed]
        if missing:
            return f"it does not tell {missing[0]}"
        return f"it tells {more[0]}, too" if more else ""

    def _own_case(self, of: str, text: str) -> str:
        """A yes or a no in words of the case, which the slot has to read as that."""
        name, _, which = of.rpartition(".")
        slot = self.agent.slots.get(name)
        got = resolve(slot, text, FIRST_DAY) if slot is not None else None
        if not isinstance(got, Resolved) or got.value != (which == "yes"):
            return f"it is not read as a {which} to {name}"
        return self._more(text, leave=(name,))

    def _more(self, text: str, leave: tuple[str, ...] = ()) -> str:
        """What a text tells beside its places: "half an hour", "today", a choice by its name."""
        for name, slot in self.agent.slots.items():
            if name in leave or slot.type in (*UNREAD, *LETTERS, "yes_no"):
                continue
            found = values_in(replace(slot, many=False), text, FIRST_DAY)
            if found and not (slot.type == "code" and not re.search(r"\d", text)):
                return f"it tells a {slot.label} beside its places: {_told(slot, found[0])}"
        return ""

    def _read_back(self, text: str, places: list[str]) -> str:
        """Whether the resolvers read, of the whole message, the values that were put in."""
        if any(self.agent.slots[name].type == "option" for name in places):
            return ""  # which of them is taken, a conversation has to tell
        rng, unread = random.Random(text), 0
        for _ in range(DRAWN if places else 0):
            today = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
            values = self._values(rng, places, today)
            if lacking := [name for name in places if name not in values]:
                return f"{lacking[0]} has no examples to read it back with"
            said = self.bank.say(text, values, today, rng)
            for name in places:
                slot, known = self.agent.slots[name], {n: v for n, v in values.items() if n != name}
                if slot.type in UNREAD:
                    continue
                got = resolve(slot, said.text, today, known)
                if isinstance(got, Resolved) and not _same(slot, got.value, values[name]):
                    return f"{said.text!r} is read as {name} {_told(slot, got.value)}, not {_told(slot, values[name])}"
                unread += not isinstance(got, Resolved) and slot.type not in LETTERS
        return "what it tells is not read out of it" if unread > DRAWN * len(places) // 2 else ""

    def _values(self, rng: random.Random, names: list[str], today: date) -> dict[str, Any]:
        """Values for the slots of a line; the beginning of a range before its end."""
        values: dict[str, Any] = {}
        begins = [slot.after for name in names if (slot := self.agent.slots[name]).after and slot.after not in names]
        for name in sorted([*filter(None, begins), *names], key=lambda n: bool(self.agent.slots[n].after)):
            value = self._value(rng, self.agent.slots[name], today, values)
            if value is not None:
                values[name] = value
        return values

    def _value(self, rng: random.Random, slot: Slot, today: date, beside: Mapping[str, Any]) -> Any:
        if (value := another(slot, rng, today, beside)) is not None:
            return value
        if slot.type == "text":
            return rng.choice(slot.examples or ("as always",))
        said = [phrase for phrase in (*slot.examples, *self.bank.values.get(slot.name, ())) if not placeholders(phrase)]
        got = resolve(replace(slot, many=False), rng.choice(said), today) if said else None
        if not isinstance(got, Resolved):
            return None
        return (got.value,) if slot.many else got.value

    def example(self, draft: Draft) -> str:
        """A draft with values, as a user would say it; the line itself where nothing is to be filled."""
        rng = random.Random(draft.text)
        places = [name for place in placeholders(draft.text) for name in place.split("+")]
        values = self._values(rng, places, FIRST_DAY)
        return self.bank.say(draft.text, values, FIRST_DAY, rng).text if places and values else draft.text


def _same(slot: Slot, one: Any, other: Any) -> bool:
    return bool(one == other or (slot.type in LETTERS and str(one).lower() == str(other).lower()))


def _told(slot: Slot, value: Any) -> str:
    return shown(slot, value)


def _alike(text: str) -> str:
    """Two lines of one form are one line, whatever their case and signs; places count."""
    return words(text.replace("{", " xplace").replace("}", " "))
