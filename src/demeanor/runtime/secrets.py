"""Secrets of a conversation: what is told for a slot with `secret: true` is kept for the tools and nowhere else.

A message is heard with a placeholder in place of the value ("my code is [otp-1]"), before the model, the transcript, a
log or a page search sees it. The model passes the placeholder on; a tool receives the value; what a tool returns is
covered again. So there is nothing to forget: where text is kept, the value never was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.slots import PLACEHOLDER, Resolved, Slot, dates_in, plain, resolve
from demeanor.reading.reader import Reader, Reading, Spoken
from demeanor.text import stands_in

_WORDS = re.compile(r"\S+")
_MOST_WORDS = 12  # a spoken number is long, a secret is no story
_LONG_AGO = 5 * 365  # days: a day of birth, and no day of a purchase
ALONE = ("code", "phone", "email")
"""Types whose values are told from all other words; those of others are a secret where the agent has asked for one."""
FORMED = ("code", "time", "phone", "date")
"""Types whose values have a form of their own: figures that belong to one are no secret code ("at 1300 hours")."""


MAYBE = 0.1  # the probability from which a message of the agent's may have asked for a slot,
SHARE = 0.5  # unless it has far more surely asked for another


def may_ask_for(reader: Reader, asked: str) -> list[str]:
    """The slots that a message of the agent's may ask for: to cover a secret that was only named costs less than to
    keep one that was asked for."""
    reading = reader.read([Spoken("agent", asked)])[0] if asked else Reading({})
    surest = max(reading.slots.values(), default=0.0)
    return [name for name, p in reading.slots.items() if p >= max(MAYBE, surest * SHARE)]


@dataclass
class Secrets:
    """What one conversation keeps: placeholder -> (slot, the words that were said for it)."""

    kept: dict[str, tuple[str, str]] = field(default_factory=dict)

    def hear(self, agent: Agent, text: str, asked: str, wanted: Collection[str], today: date) -> str:
        """A user's message with placeholders in place of secrets.

        A value is one where the agent has asked for it, or has asked for nothing else; else where it stands by itself
        in the slot's very form: a code as one word, a day years ago. What answers the question for another slot is
        that slot's.

        Args:
            asked: what the agent said before it; `wanted` are the slots that it may have asked for (`may_ask_for`).
        """
        wanted = {*wanted} | {name for name, slot in agent.slots.items() if slot.ask and stands_in(slot.ask, asked)}
        open_slots = [slot for slot in agent.slots.values() if not slot.secret]
        others = [slot for slot in open_slots if slot.name in wanted or slot.type in FORMED]
        for slot in (slot for slot in agent.slots.values() if slot.secret):
            if slot.name in wanted:
                text = self._answer(slot, text, today)
            # An answer may tell more than its resolver reads; and who asked for nothing may be told it in any form.
            text = self._by_itself(slot, text, today, others, _MOST_WORDS if not wanted else 1)
        return text

    def _answer(self, slot: Slot, text: str, today: date) -> str:
        """An answer to the question for the slot: runs of words that are a value, or mean what the answer means."""
        whole = resolve(slot, text, today)
        if slot.type in ALONE:
            return self._each(slot, text, today, _MOST_WORDS, lambda said, value: True)
        if not isinstance(whole, Resolved) or (slot.type == "text" and text.rstrip().endswith("?")):
            return text  # nothing was told, or a question was put
        return self._each(slot, text, today, _MOST_WORDS, lambda said, value: bool(value == whole.value))

    def _by_itself(self, slot: Slot, text: str, today: date, others: Sequence[Slot], most: int) -> str:
        """Values that nobody asked for, and that are no part of what the message tells of another slot."""

        def is_secret(said: str, value: Any) -> bool:
            if slot.type == "date":
                return slot.past and (today - value).days > _LONG_AGO
            # What belongs to another slot's value is missed there when it is gone, or is read otherwise there.
            figure = next(iter(re.findall(r"\d+", said)), said)
            without, otherwise = text.replace(said, " ", 1), text.replace(figure, str(wrong(figure)), 1)
            if dates_in(otherwise, today) != dates_in(text, today):
                return False  # the year of a day
            for other in others:
                before = _value(other, text, today)
                if before is not None and any(_value(other, t, today) != before for t in (without, otherwise)):
                    return False
            return True

        if slot.type in ALONE:
            return self._each(slot, text, today, most if slot.type == "code" else _MOST_WORDS, is_secret)
        return self._each(slot, text, today, 4, is_secret) if slot.type == "date" else text

    def _each(self, slot: Slot, text: str, today: date, longest: int, counts: Callable[[str, Any], bool]) -> str:
        """Every run of words that is a value of the slot and `counts`, the shortest first."""
        words = list(_WORDS.finditer(text))
        for size in range(1, min(longest, len(words)) + 1):
            for first, last in zip(words, words[size - 1 :], strict=False):
                said = text[first.start() : last.end()]
                goes_on = slot.type != "date" and _goes_on(text, first.start(), last.end())
                if PLACEHOLDER.search(said) or goes_on:
                    continue
                got = resolve(slot, said, today)
                if isinstance(got, Resolved) and counts(said, got.value):
                    inside = _least(slot, said, got.value, today)
                    covered = text.replace(inside, self._keep(slot, inside, got.value, today))
                    return self._each(slot, covered, today, longest, counts)
        return text

    def _keep(self, slot: Slot, said: str, value: Any, today: date) -> str:
        """The placeholder of a value; the same for the same value."""
        mine = {name: words for name, (of, words) in self.kept.items() if of == slot.name}
        for name, words in mine.items():
            got = resolve(slot, words, today)
            if words == said or (isinstance(got, Resolved) and got.value == value):
                return name
        name = f"[{slot.name}-{len(mine) + 1}]"
        self.kept[name] = (slot.name, said)
        return name

    def reveal(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments for a tool: the words that were said in place of placeholders."""
        return {
            name: self.kept[value][1] if isinstance(value, str) and value in self.kept else value
            for name, value in arguments.items()
        }

    def cover(self, text: str) -> str:
        """A text without the values that are kept, in the words in which they were said or as they are written."""
        for name, (_, said) in self.kept.items():
            text = re.sub(rf"(?<!\w){re.escape(said)}(?!\w)", name, text, flags=re.IGNORECASE)
        return text

    def cover_all(self, agent: Agent, result: Any, today: date) -> Any:
        """A tool's result, or resolved arguments, without the values that are kept."""
        if isinstance(result, Mapping):
            return {key: self.cover_all(agent, value, today) for key, value in result.items()}
        if isinstance(result, list):
            return [self.cover_all(agent, value, today) for value in result]
        for name, (of, said) in self.kept.items():
            got = resolve(agent.slots[of], said, today)
            value = plain(got.value) if isinstance(got, Resolved) else said
            if result == value:
                return name
            if isinstance(result, str) and isinstance(value, str):
                result = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", name, result, flags=re.IGNORECASE)
        return self.cover(result) if isinstance(result, str) else result

    def right(self, agent: Agent, values: Mapping[str, Any], today: date) -> dict[str, bool]:
        """Placeholder -> whether its value is the world's, as a goal has it."""
        found = {}
        for name, (of, said) in self.kept.items():
            got = resolve(agent.slots[of], said, today)
            found[name] = isinstance(got, Resolved) and of in values and plain(got.value) == plain(values[of])
        return found

    def restore(self, agent: Agent, right: Mapping[str, bool], values: Mapping[str, Any]) -> None:
        """Keep for every placeholder of a record the world's value, or a wrong one where it was wrong."""
        for name, equal in right.items():
            of = PLACEHOLDER.fullmatch(name)
            if of is not None and of[1] in agent.slots:
                value = values.get(of[1], "0")
                self.kept[name] = (of[1], str(plain(value if equal else wrong(value))))


def _value(slot: Slot, text: str, today: date) -> Any:
    """What a text tells of a slot; None where it tells nothing. A code stands there whole, letters and all."""
    got = resolve(slot, text, today)
    if not isinstance(got, Resolved):
        return None
    items = got.value if isinstance(got.value, tuple) else (got.value,)
    whole = slot.type != "code" or all(_bare(str(item)) in _bare(text) for item in items)
    return got.value if whole else None


def _bare(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def _goes_on(text: str, begin: int, end: int) -> bool:
    """Whether figures stand next to some words: the middle of a longer number is no code."""
    before, after = re.search(r"(\S+)\s+$", text[:begin]), re.match(r"\s+(\S+)", text[end:])
    ahead = before is not None and re.fullmatch(r"\+?[\d()/-]+", before[1])
    behind = after is not None and text[end - 1].isdigit() and re.fullmatch(r"[\d()/-]+\W*", after[1])
    return bool(ahead or behind)


def _least(slot: Slot, said: str, value: Any, today: date) -> str:
    """Words without the signs around them that still mean the value: "4711." is 4711."""
    bare = said.strip(".,!?;:()\"'")
    got = resolve(slot, bare, today)
    return bare if bare and isinstance(got, Resolved) and got.value == value else said


def wrong(value: Any) -> Any:
    """Another value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, date):
        return value - timedelta(days=1)
    if isinstance(value, int | float):
        return value + 1
    return re.sub(
        r"(\w)(\W*)$", lambda m: ("1" if m[1] != "1" else "2") + m[2] if m[1].isdigit() else "x" + m[2], str(value)
    )
