"""Values that stand in a text: all of one slot's, and what of an answer only repeats values that were asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time
from functools import partial
from typing import Any, NamedTuple

from demeanor.agent.slots.choices import named_choices
from demeanor.agent.slots.clock import Clock, clocks_in, ways_to_say_time, without
from demeanor.agent.slots.dates import dates_in
from demeanor.agent.slots.emails import cut_email
from demeanor.agent.slots.figures import prepared, stem
from demeanor.agent.slots.kinds import KINDS
from demeanor.agent.slots.mentions import Mention, read, shift
from demeanor.agent.slots.money import ways_to_say_amount
from demeanor.agent.slots.numbers import numbers_in, without_pronouns
from demeanor.agent.slots.phones import cut_phone
from demeanor.agent.slots.types import Slot
from demeanor.text import key, plain, stands_in, words

_LEADS = r"(?:\b(?:on|at|from|for|until|till|to|under|in|by|with|of|the|a|an)\s+)*"
_DIGIT = re.compile(r"\d")
_HALVES = re.compile(r"\b(?:half|quarter|noon|midday|midnight)\b")
_THE_ONE = re.compile(
    r"\b(?:the|that|this|an? \w+|early|right) one\b(?:\s+(?P<noun>[a-z']{3,})\b(?!-))?", re.IGNORECASE
)
_AT = re.compile(r"\bat\s+$")
_DECIMAL = re.compile(r"(?<![\d.,])\d+\.\d{1,2}(?![\d.,]*\d)")
_WITHOUT = re.compile(r"\b(?:no|not|without|never|minus|skip|nor|leave out|\w+n't)\b(?:\s+\w+){0,3}\s*$")
_THE = re.compile(r"\bthe\s+$")
_REPLACED = re.compile(r"\b(?:instead of|rather than|in place of|not) (?:\S+ ){0,2}?\S*\d\S*", re.IGNORECASE)
_EACH = re.compile(r"\b(?:each|apiece|a head|per \w+)\b", re.IGNORECASE)
_LETTERED = re.compile(r"\b\d+[a-f]\b")
SMALL = 30  # a number below it may be a count of people, things or days


class Restated(NamedTuple):
    """An answer without what only repeats agreed values, and the slots of which it says another value."""

    left: str
    other: tuple[str, ...]


def values_in(slot: Slot, text: str, today: date) -> list[Any]:
    """Every value of a slot's type that stands in a text, in order; for types whose values can be told apart."""
    if slot.type == "date":
        return list(dates_in(text, today, slot.past))
    if slot.counts:
        return list(numbers_in(text))
    if slot.type == "choice":
        return list(named_choices(slot, text))
    found = KINDS[slot.type].found
    return [one.value for one in found(slot, text)[1] if one.value is not None] if found else []


def named_in(slot: Slot, value: Any, text: str, today: date) -> bool:
    """Whether a text names a value of a slot, however it is written there; of a list every item."""
    if isinstance(value, tuple | list):
        return all(named_in(replace(slot, many=False), item, text, today) for item in value)
    if isinstance(value, str) and (slot.counts or slot.type in ("time", "number", "money", "date")):
        return stands_in(value, text)  # words that mean no value of the type
    if slot.type == "time":
        return any(_one_time(clock, value) for clock in clocks_in(text, bare=True))
    if slot.type == "money" and re.search(rf"(?<![\d.,]){re.escape(f'{value:,.2f}')}(?![\d]|[.,]\d)", text):
        return True
    if slot.type in ("number", "money"):
        return value in values_in(slot, text, today) or value in numbers_in(text)
    if slot.type in ("phone", "email"):
        cut = cut_phone if slot.type == "phone" else cut_email
        return words(cut(str(value), text)) != words(text)
    if slot.type == "yes_no":  # the thing has to be named; whether it is wanted is what the user agrees to
        return any(stands_in(word, text) for word in words(slot.label).split() if len(word) > 2)
    if slot.type == "code":
        return _joined(str(value)) in _joined(text)
    if slot.counts or slot.type in ("date", "choice"):
        return value in values_in(slot, text, today)
    return stands_in(str(value), text)


def _joined(text: str) -> str:
    """Letters and digits alone: a code with or without its dashes and spaces."""
    return words(text).replace(" ", "")


def _one_time(clock: Clock, at: time) -> bool:
    """Whether a time that was said can be this one: "at 8" can be 20:00."""
    return clock.at == at or (not clock.sure and clock.at.replace(hour=(clock.at.hour + 12) % 24) == at)


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
    other = _some_items(answer, values, slots, today) + _lettered(answer, question)
    question = _REPLACED.sub(" ", question)  # "at 8 instead of 7": the 7 is not what was asked about
    slots, values = _items_apart(slots, values)
    typed = {name: slots[name] for name in values if name in slots}
    texts = [v for v in values.values() if isinstance(v, str)]
    names = [
        part
        for n, s in typed.items()
        if s.type in ("text", "name", "address")
        for part in str(values[n]).split()
        if len(part) > 2
    ]
    left = _without_texts(without_contacts(_without_the_one(answer, question), typed, values), [*texts, *shown, *names])
    for code in (str(values[n]) for n, s in typed.items() if s.type == "code"):
        signs = r"\W*".join(re.escape(sign) for sign in words(code).replace(" ", ""))
        left = re.sub(rf"{_LEADS}(?<!\w){signs}(?!\w)", " ", left, flags=re.IGNORECASE)
    for name, slot in typed.items():
        if slot.type == "yes_no":
            other += [name] if _turned(slot, values[name], left) else []
            left = re.sub(
                rf"\b(?:(?:and|with|without|no|not|an?|the)\s+)*{re.escape(slot.label)}\b", " ", left, flags=re.I
            )
        if slot.type == "choice":
            said = named_choices(slot, left)
            other += [name] if set(said) - {values[name]} else []
            left = _without_texts(left, [values[name], *slot.choices.get(values[name], ())])
    days = [value for name, value in values.items() if name in typed and typed[name].type == "date"]
    asked = dates_in(question, today) + dates_in(question, today, past=True) + _ends(question, days, today)
    left, odd = _without_days(left, days or asked, asked, today)
    other += [next((n for n, s in typed.items() if s.type == "date"), "day")] if odd else []
    amounts = [name for name, slot in typed.items() if slot.type in ("money", "number")]
    other += amounts[:1] if _EACH.search(left) and not _EACH.search(question) else []  # "240 each" of 240 in all
    left, others = _without_measures(left, typed, values, question)
    other += others + (["email"] if "@" in left else [])
    counts = {name: value for name, value in values.items() if name in typed and typed[name].counts}
    counted = [name for name, slot in slots.items() if slot.counts]
    other += counted[:1] if len(counted) > 1 and _some_alone(left, question) else []
    left, odd = _without_figures(left, set(counts.values()), question)
    other += [next(iter(counts), "number")] if odd else []
    left = re.sub(r"\b(you|we) might\b", r"\1 may", left)  # the month was taken for a verb, rightly (`without_verb`)
    return Restated(left, tuple(other))


def _items_apart(slots: Mapping[str, Slot], values: Mapping[str, Any]) -> tuple[dict[str, Slot], dict[str, Any]]:
    """Lists as so many slots of one value each."""
    one: dict[str, Slot] = {name: slot for name, slot in slots.items() if not slot.many}
    single = {name: value for name, value in values.items() if not isinstance(value, tuple | list)}
    for name, value in values.items():
        if isinstance(value, tuple | list) and name in slots:
            single |= {f"{name} {k}": item for k, item in enumerate(value, 1)}
            one |= {f"{name} {k}": replace(slots[name], many=False) for k in range(1, len(value) + 1)}
    return one, single


def _lettered(answer: str, question: str) -> list[str]:
    """Numbers with a letter behind them, of which the question has not the same: "22a" for 22."""
    said = {m[0] for m in _LETTERED.finditer(answer.lower())} - {m[0] for m in _LETTERED.finditer(question.lower())}
    return ["number"] if said else []


def _some_items(answer: str, values: Mapping[str, Any], slots: Mapping[str, Slot], today: date) -> list[str]:
    """The lists of which an answer names some items and leaves others out."""
    found = []
    for name, value in values.items():
        if isinstance(value, tuple | list) and name in slots and len(value) > 1:
            said = [named_in(replace(slots[name], many=False), item, answer, today) for item in value]
            found += [name] if any(said) and not all(said) else []
    return found


def without_contacts(text: str, slots: Mapping[str, Slot], values: Mapping[str, Any]) -> str:
    """A text without the numbers of telephones and the mail addresses that were agreed, spoken or written."""
    for name, slot in slots.items():
        text = cut_phone(values[name], text) if slot.type == "phone" else text
        text = cut_email(values[name], text) if slot.type == "email" else text
    return text


def _ends(question: str, days: Sequence[date], today: date) -> list[date]:
    """The days on which what was asked about ends: "from 17 July for 3 nights" ends on the 20th."""
    return [shift(day, count, unit) for day in days for count, unit in read(question, today, False).lengths]


def _turned(slot: Slot, wanted: bool, text: str) -> bool:
    """Whether a text names a thing the other way round: "with parking" where it was to be without."""
    low = key(text).replace("-", " ")
    for match in re.finditer(rf"\b{re.escape(words(slot.label))}\b", low):
        if bool(_WITHOUT.search(low[: match.start()])) == wanted:
            return True
    return False


def _without_texts(text: str, parts: Iterable[str]) -> str:
    """A text without these words, wherever they stand together; whatever their spelling."""
    text = plain(text).replace("ß", "ss")
    for part in sorted(filter(words, (plain(part).replace("ß", "ss") for part in parts)), key=len, reverse=True):
        spelled = r"\W+".join(map(re.escape, part.split()))
        text = re.sub(rf"{_LEADS}(?<!\w){spelled}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text


def _without_days(text: str, agreed: Sequence[date], asked: Sequence[date], today: date) -> tuple[str, bool]:
    """A text without the days that were agreed, and whether it names another one.

    Beside an agreed day others of the question may stand ("17 to 20 July"); one of them alone is another day.
    """
    reading = read(text, today, False)
    if not reading.mentions:
        return text, False
    left, odd = reading.text, False
    if all(any(_fits(m, day) for m in reading.mentions) for day in agreed):
        agreed = [*agreed, *asked]
    for mention in reversed(reading.mentions):
        if re.fullmatch(r"[123](?:st|nd|rd)", left[mention.begin : mention.end]) and not _THE.search(
            left[: mention.begin]
        ):
            continue  # "ring me first"
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


def _without_the_one(answer: str, question: str) -> str:
    """An answer without "the one" that stands for a thing: of "the one pair", where pairs were asked about, it is a
    number."""
    things = {stem(word) for word in words(question).split()}

    def left(match: re.Match[str]) -> str:
        noun = match["noun"] or ""
        return match[0] if noun and stem(noun.lower()) in things else f" {noun}"

    return _THE_ONE.sub(left, answer)


def _without_measures(
    text: str, slots: Mapping[str, Slot], values: Mapping[str, Any], question: str
) -> tuple[str, list[str]]:
    """A text without the times, measures and amounts that were agreed, and the slots of which it says another one.

    Only what names its kind is one: a time by its form, a measure by its unit, an amount by its currency. Other figures
    are for `_without_figures`.
    """
    norm, other = prepared(without_pronouns(text)), list[str]()
    if not _DIGIT.search(norm) and not _HALVES.search(norm):
        return text, other
    asked = [clock.at for clock in clocks_in(question, bare=True)]
    asked += [
        _later(at, f"{v:g}", s.unit)
        for at in asked
        for n, s in slots.items()
        if s.type == "number"
        for v in [values[n]]
    ]
    for name, slot in slots.items():
        if slot.type == "time":
            said = [*clocks_in(norm), *(c for c in clocks_in(norm, bare=True) if _AT.search(norm[: c.begin]))]
            spans = {(c.begin, c.end): any(_one_time(c, at) for at in [values[name], *asked]) for c in said}
            cut = sorted(spans.items())
        elif slot.type in ("number", "money"):
            found = KINDS[slot.type].found
            assert found is not None
            form, named = found(slot, norm)
            if len(form) != len(norm):
                continue
            known = {values[name], *(values_in(slot, question, date.max))}
            cut = [
                ((f.begin, f.end), f.value in known)
                for f in named
                if re.search(r"[^\W\d_]|[€$£]", norm[f.begin : f.end])
            ]
        else:
            continue
        for (begin, end), agreed in reversed(cut):
            if agreed:
                norm = re.sub(rf"{_LEADS}$", "", norm[:begin]) + " " + norm[end:]
            else:
                other.append(name)
    return norm, other


def _later(at: time, count: str, unit: str) -> time:
    """The time of day when a length of hours or minutes from `at` is over."""
    minutes = float(count) * {"h": 60, "m": 1}.get(unit[:1].lower(), 0)
    total = (at.hour * 60 + at.minute + int(minutes)) % (24 * 60)
    return time(total // 60, total % 60)


def _without_figures(text: str, agreed: set[Any], question: str) -> tuple[str, bool]:
    """A text without the figures of the question, in whatever way they are said again; and whether others stand in it.

    Where counts were asked about (`agreed`), a bare small number has to be one of them: of "3 nights for 2 guests", a
    "yes, for 3" is no restatement. Where several were, each has to stand with its own word: "3 bikes and 1 seat".
    """
    norm = prepared(without_pronouns(text))
    if not _DIGIT.search(norm) and not _HALVES.search(norm):
        return text, False
    times = [way for clock in clocks_in(question) for way in _ways(clock)]
    left = without(norm, times, _LEADS)
    asked = f" {words(prepared(question))} "
    numbers = {float(n) for n in numbers_in(question)} | {float(m[0]) for m in _DECIMAL.finditer(prepared(question))}
    for number in sorted(numbers, reverse=True):
        bare = not agreed or number in agreed or number != int(number) or number >= SMALL
        for way in ways_to_say_amount(number):
            left = re.sub(
                rf"{_LEADS}{way}(?P<noun>\s+[a-z']+)?",
                partial(_again, bare=bare, asked=asked, several=len(agreed) > 1),
                left,
            )
    left = re.sub(r"(?<!\bthe )\b[123](?:st|nd|rd)\b", " ", left)  # "ring me first"
    return left, bool(_DIGIT.search(left))


def _some_alone(text: str, question: str) -> bool:
    """Whether of several things that were counted a text names some and leaves others out."""
    nouns = {stem(m[1]) for m in re.finditer(r"\d\s+(?:of )?([a-z']{3,})", prepared(question))}
    named = nouns & {stem(word) for word in words(text).split()}
    return bool(named) and named != nouns


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
