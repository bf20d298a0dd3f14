"""Values that stand in a text: all of one slot's, and what of an answer only repeats values that were asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from demeanor.agent.slots.choices import named_choices
from demeanor.agent.slots.dates import dates_in
from demeanor.agent.slots.figures import Clock, clocks_in, ways_to_say_amount, ways_to_say_time, without
from demeanor.agent.slots.mentions import Mention, read
from demeanor.agent.slots.numbers import numbers_in, without_pronouns
from demeanor.agent.slots.types import Slot
from demeanor.agent.slots.words import normalise
from demeanor.text import plain, words

_LEADS = r"(?:\b(?:on|at|from|for|until|till|to|under|in|by|with|of|the|a|an)\s+)*"
_DIGIT = re.compile(r"\d")
_HALVES = re.compile(r"\b(?:half|quarter|noon|midday|midnight)\b")
_THE_ONE = re.compile(r"\b(?:the|that|this|an? \w+|early|right) one\b", re.IGNORECASE)
SMALL = 30  # a number below it may be a count of people, things or days


class Restated(NamedTuple):
    """An answer without what only repeats agreed values, and the slots of which it says another value."""

    left: str
    other: tuple[str, ...]


def values_in(slot: Slot, text: str, today: date) -> list[Any]:
    """Every value of a slot's type that stands in a text, in order; for types whose values can be told apart."""
    if slot.type == "date":
        return list(dates_in(text, today))
    if slot.counts:
        return list(numbers_in(text))
    return list(named_choices(slot, text)) if slot.type == "choice" else []


def restated(
    answer: str,
    values: Mapping[str, Any],
    slots: Mapping[str, Slot],
    question: str,
    shown: Sequence[str],
    today: date,
) -> Restated:
    """What is left of an answer to a question for a yes once its restatements are taken out.

    Args:
        values: argument -> the value that was asked about.
        shown: further texts that were asked about, such as the columns of an offered row.
    """
    typed = {name: slots[name] for name in values if name in slots}
    other: list[str] = []
    texts = [v for v in values.values() if isinstance(v, str)]
    names = [part for n, s in typed.items() if s.type == "text" for part in str(values[n]).split() if len(part) > 2]
    left = _without_texts(_THE_ONE.sub(" ", answer), [*texts, *shown, *names])
    for code in (str(values[n]) for n, s in typed.items() if s.type == "code"):
        signs = r"\W*".join(re.escape(sign) for sign in words(code).replace(" ", ""))
        left = re.sub(rf"{_LEADS}(?<!\w){signs}(?!\w)", " ", left, flags=re.IGNORECASE)
    for name, slot in typed.items():
        if slot.type == "choice":
            said = named_choices(slot, left)
            other += [name] if set(said) - {values[name]} else []
            left = _without_texts(left, [values[name], *slot.choices.get(values[name], ())])
    days = [value for name, value in values.items() if name in typed and typed[name].type == "date"]
    left, odd = _without_days(left, days or dates_in(question, today), today)
    other += [next((n for n, s in typed.items() if s.type == "date"), "day")] if odd else []
    counts = {name: value for name, value in values.items() if name in typed and typed[name].counts}
    left, odd = _without_figures(left, set(counts.values()), question)
    other += [next(iter(counts), "number")] if odd else []
    return Restated(left, tuple(other))


def _without_texts(text: str, parts: Iterable[str]) -> str:
    """A text without these words, wherever they stand together; whatever their spelling."""
    text = plain(text)
    for part in sorted(filter(words, map(plain, parts)), key=len, reverse=True):
        spelled = r"\W+".join(map(re.escape, part.split()))
        text = re.sub(rf"{_LEADS}(?<!\w){spelled}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text


def _without_days(text: str, agreed: Sequence[date], today: date) -> tuple[str, bool]:
    """A text without the days that were agreed, and whether it names another one."""
    reading = read(text, today, False)
    if not reading.mentions:
        return text, False
    left, odd = reading.text, False
    for mention in reversed(reading.mentions):
        if any(_fits(mention, day) for day in agreed):
            left = re.sub(rf"{_LEADS}$", "", left[: mention.begin]) + " " + left[mention.end :]
        else:
            odd = True
    return left, odd


def _fits(mention: Mention, day: date) -> bool:
    """Whether all that is said of a day is true of this one: "Saturday", "the 20th", "20 June"."""
    if mention.exact is not None:
        return mention.exact == day
    said = (mention.day, mention.month, mention.year, mention.weekday)
    return all(s is None or s == d for s, d in zip(said, (day.day, day.month, day.year, day.weekday()), strict=True))


def _without_figures(text: str, agreed: set[Any], question: str) -> tuple[str, bool]:
    """A text without the figures of the question, in whatever way they are said again; and whether others stand in it.

    Where counts were asked about (`agreed`), a bare small number has to be one of them: of "3 nights for 2 guests", a
    "yes, for 3" is no restatement. Where several were, each has to stand with its own word: "3 bikes and 1 seat".
    """
    norm = normalise(without_pronouns(text))
    if not _DIGIT.search(norm) and not _HALVES.search(norm):
        return text, False
    times = [way for clock in clocks_in(question) for way in _ways(clock)]
    left = without(norm, times, _LEADS)
    asked = f" {words(normalise(question))} "
    for number in sorted(set(numbers_in(question)), reverse=True):
        bare = not agreed or number in agreed or number != int(number) or number >= SMALL
        for way in ways_to_say_amount(float(number)):
            left = re.sub(
                rf"{_LEADS}{way}(?P<noun>\s+[a-z']+)?",
                partial(_again, bare=bare, asked=asked, several=len(agreed) > 1),
                left,
            )
    left = without(left, _phones(question), _LEADS)
    return left, bool(_DIGIT.search(left))


def _ways(clock: Clock) -> list[str]:
    """Both halves of the day where it was not said which."""
    hours = [clock.at] if clock.sure else [clock.at, clock.at.replace(hour=(clock.at.hour + 12) % 24)]
    return [way for at in hours for way in ways_to_say_time(at)]


def _again(match: re.Match[str], bare: bool, asked: str, several: bool) -> str:
    """What stays of a number that is said again: nothing, with the word behind it where the question has both; all of
    it where it is no restatement.
    """
    noun, number = (match["noun"] or "").strip(), words(match[0].removesuffix(match["noun"] or ""))
    if noun and f" {number} {words(noun)} " in asked:
        return " "
    known = bool(noun) and f" {words(noun)} " in asked
    if not bare or (known and several):
        return match[0]
    return " " if known else f" {noun}"


def _phones(question: str) -> list[str]:
    """Regular expressions of the long numbers of a question, however they are grouped."""
    found = re.findall(r"(?:\+?\d[\s/()-]*){6,}", normalise(question))
    return [r"\W*".join(re.findall(r"\d", number)) for number in found]
