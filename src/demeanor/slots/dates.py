"""Dates as people say them, against a given `today`.

Rules run in order over the normalised text; what one takes, the next does not see. Each gives *mentions*: days that may lack
their month or year. A pair of mentions is a range and lends each other what is missing ("12 to 15 June"); a duration
("three nights") stands in for the end. Partial dates roll forward to the next day that fits.

Decisions where English is not of one mind:
- a bare or "this" weekday is the next one, today included; "next Friday" is the Friday of next calendar week (from Monday);
- a weekend is Friday to Sunday: arrive on Friday, leave on Sunday. "This weekend" on a Saturday begins that day; "next
  weekend" is the weekend of next calendar week. The first weekend of a month holds the month's first Saturday;
- start, middle and end of a month are the 1st, the 15th and the last day;
- "a week from Friday" is a day (that Friday + 7); "a week from 12 June" and "5 days from Monday" are stays;
- a weekday that contradicts its date ("Monday 12 June"), alternatives ("the 12th or the 13th") and a month alone are asked back.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from demeanor.slots.types import Resolved, Slot, Unresolved
from demeanor.slots.words import MONTHS, WEEKDAYS, normalise

_M = f"({'|'.join(MONTHS)})"
_W = f"({'|'.join(WEEKDAYS)})"
_N = r"(\d{1,2})(?:st|nd|rd|th)?"
_TO = r"(?:-|to|until|through|and)"
_UNIT = r"(?:nights?|days?|weeks?|months?|people|persons?|adults?|guests?|kids?|child\w*|ppl|pax|rooms?|of us|euros?|am\b|pm\b|:|%|o'clock)"
_PERIOD = rf"({'|'.join(MONTHS)}|next month|this month|the month|month)"


class DateClash(ValueError):
    """The parts of one date contradict each other, or no such day exists; the text is a sentence for the user."""


@dataclass(frozen=True)
class Mention:
    """A day spoken of at `begin:end` of the normalised text; `exact` is set when nothing has to be rolled forward."""

    begin: int
    end: int
    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    exact: date | None = None
    nights: int = 0  # a weekend brings its own end
    bound: bool = False  # "next Friday": a weekday tied to a week

    def place(self, floor: date) -> date:
        """The next day not before `floor` that fits; explicit years and relative days stay where they are."""
        if self.exact is not None:
            if self.exact < floor and self.bound and self.weekday is not None:
                return _next_weekday(floor, self.weekday)
            return self.exact
        if self.day is None:
            assert self.weekday is not None
            return _next_weekday(floor, self.weekday)
        found = _roll(self.day, self.month, self.year, floor)
        if self.weekday is not None and found.weekday() != self.weekday:
            raise DateClash(f"{found.day} {MONTHS[found.month - 1].title()} is a {WEEKDAYS[found.weekday()].title()}, "
                            f"not a {WEEKDAYS[self.weekday].title()}; which day is meant?")  # fmt: skip
        return found


def _next_weekday(floor: date, weekday: int) -> date:
    return floor + timedelta((weekday - floor.weekday()) % 7)


def _roll(day: int, month: int | None, year: int | None, floor: date) -> date:
    for ahead in range(12 * 9):
        y, m = divmod(floor.month - 1 + ahead, 12)
        y, m = floor.year + y, m + 1
        if year is not None:
            y = year
        if (month is None or m == month) and day <= monthrange(y, m)[1]:
            found = date(y, m, day)
            if year is not None or found >= floor:
                return found
    name = f" {MONTHS[month - 1].title()}" if month else "th"
    raise DateClash(f"There is no {day}{name}; which day is meant?")


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, or that month's last day."""
    y, m = divmod(day.month - 1 + months, 12)
    y, m = day.year + y, m + 1
    return date(y, m, min(day.day, monthrange(y, m)[1]))


def _month(name: str) -> int:
    return MONTHS.index(name) + 1


def _period(name: str, today: date) -> tuple[int, int]:
    """(year, month) that "june", "next month", "the month" mean; a month that is over is next year's."""
    if name in MONTHS:
        month = _month(name)
        return today.year + (month < today.month), month
    ahead = add_months(today.replace(day=1), 1 if name.startswith("next") else 0)
    return ahead.year, ahead.month


# --- the rules: each takes a match and today and gives the mentions in it, or None to pass -------------------------

Made = list[Mention] | None
Rule = tuple[re.Pattern[str], Callable[[re.Match[str], date], Made]]


def _weekday(name: str | None) -> int | None:
    return WEEKDAYS.index(name) if name else None


def _full_year(text: str | None) -> int | None:
    return None if not text else int(text) if len(text) > 2 else 2000 + int(text)


def _iso(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), day=int(m[3]), month=int(m[2]), year=int(m[1]))] if 1 <= int(m[2]) <= 12 else None


def _left_of_range(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), day=int(m[2]), weekday=_weekday(m[1]))]


def _month_first_range(m: re.Match[str], today: date) -> Made:
    month, year = _month(m[1]), _full_year(m[4])
    first = Mention(m.start(), m.end(2), day=int(m[2]), month=month, year=year)
    return [first, Mention(m.start(3), m.end(), day=int(m[3]), month=month if int(m[3]) > int(m[2]) else None, year=year)]


def _numeric(m: re.Match[str], today: date) -> Made:
    day, month = int(m[1]), int(m[3])
    if month > 12 and m[2] == "/":
        day, month = month, day
    dotted = m[2] == "." and not m[4] and len(m[3]) < 2
    dashed = m[2] == "-" and not m[4]
    if not 1 <= month <= 12 or not 1 <= day <= 31 or dotted or dashed or m[0] == "24/7":
        return None
    return [Mention(*m.span(), day=day, month=month, year=_full_year(m[4]))]


def _day_month(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), weekday=_weekday(m[1]), day=int(m[2]), month=_month(m[3]), year=_full_year(m[4]))]


def _month_day(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), weekday=_weekday(m[1]), month=_month(m[2]), day=int(m[3]), year=_full_year(m[4]))]


_HOLIDAYS = {
    "christmas eve": (24, 12), "christmas day": (25, 12), "christmas": (25, 12), "boxing day": (26, 12),
    "new years eve": (31, 12), "new year eve": (31, 12), "nye": (31, 12), "new years day": (1, 1), "new year": (1, 1),
    "new years": (1, 1), "valentines day": (14, 2), "valentines": (14, 2), "halloween": (31, 10),
}  # fmt: skip


def _holiday(m: re.Match[str], today: date) -> Made:
    day, month = _HOLIDAYS[m[1]]
    return [Mention(*m.span(), day=day, month=month, year=_full_year(m[2]))]


def _nth_weekday(m: re.Match[str], today: date) -> Made:
    weekend = m[2] == "weekend"
    wanted = 5 if weekend else WEEKDAYS.index(m[2])
    year, month = _period(m[3], today)
    for _ in range(2):  # this year's, or next year's when that is over
        last = monthrange(year, month)[1]
        days = [date(year, month, d) for d in range(1, last + 1) if date(year, month, d).weekday() == wanted]
        index = -1 if m[1] == "last" else int(m[1][0]) - 1
        if index >= len(days):
            return None
        found = days[index] - timedelta(weekend)
        if found >= today:
            break
        year += 1
    return [Mention(*m.span(), exact=found, nights=2 if weekend else 0)]


def _edge(m: re.Match[str], today: date) -> Made:
    year, month = _period(m[2], today)
    for _ in range(2):
        day = {"end": monthrange(year, month)[1], "middle": 15, "mid": 15}.get(m[1], 1)
        if date(year, month, day) >= today:
            break
        year += 1
    return [Mention(*m.span(), exact=date(year, month, day))]


def _of_period(m: re.Match[str], today: date) -> Made:
    day, name = (m[1], m[2]) if m[1] else (m[4], m[3])
    year, month = _period(name, today)
    return [Mention(*m.span(), day=int(day), month=month, year=year)]


def _weekend_of(m: re.Match[str], today: date) -> Made:
    day, month = (m[1], m[2]) if m[1] else (m[4], m[3])
    found = _roll(int(day), _month(month) if month else None, None, today)
    friday = found - timedelta(found.weekday() - 4) if found.weekday() >= 4 else _next_weekday(found, 4)
    return [Mention(*m.span(), exact=friday, nights=2)]


def _weekend(m: re.Match[str], today: date) -> Made:
    monday = today - timedelta(today.weekday())
    if m[1] == "next" or m[2]:
        friday = monday + timedelta(18 if m[2] else 11)
    elif today.weekday() == 5:  # Saturday: what is left of it
        return [Mention(*m.span(), exact=today, nights=1)]
    else:
        friday = _next_weekday(today, 4)
    return [Mention(*m.span(), exact=friday, nights=2)]


def _near(m: re.Match[str], today: date) -> Made:
    ahead = {"day after tomorrow": 2, "tomorrow": 1, "yesterday": -1}.get(m[1], 0)
    return [Mention(*m.span(), exact=today + timedelta(ahead))]


def _count(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 2 if text and "couple" in text else 1


def shift(start: date, count: int, unit: str) -> date:
    """`start` moved by `count` nights, days, weeks, fortnights or months."""
    if unit.startswith("month"):
        return add_months(start, min(count, 1200))
    days = {"w": 7, "f": 14}.get(unit[0], 1) * count
    return start + timedelta(min(days, 36500))


def _ahead(m: re.Match[str], today: date) -> Made:
    count, unit = (m[1], m[2]) if m[2] else (m[3], m[4])
    return [Mention(*m.span(), exact=shift(today, _count(count), unit))]


def _ahead_of(m: re.Match[str], today: date) -> Made:
    anchor = m[3]
    base = today + timedelta(anchor == "tomorrow")
    if anchor in WEEKDAYS:
        base = _next_weekday(today, WEEKDAYS.index(anchor))
    return [Mention(*m.span(), exact=shift(base, _count(m[1]), m[2]))]


def _weekday_week(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), exact=_next_weekday(today, WEEKDAYS.index(m[1])) + timedelta(7))]


def _in_week(today: date, weekday: int, weeks: int) -> date:
    return today - timedelta(today.weekday()) + timedelta(7 * weeks + weekday)


def _next_week_day(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), exact=_in_week(today, WEEKDAYS.index(m[1] or m[2]), 1))]


def _weekday_after_next(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), exact=_in_week(today, WEEKDAYS.index(m[1]), 2))]


def _some_weekday(m: re.Match[str], today: date) -> Made:
    weekday = WEEKDAYS.index(m[2])
    exact = _in_week(today, weekday, 1) if m[1] == "next" else None
    return [Mention(*m.span(), weekday=weekday, exact=exact, bound=exact is not None)]


def _weekday_ordinal(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), weekday=_weekday(m[1]), day=int(m[2]))]


def _bare_number(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(1), day=int(m[1]))]


def _rule(pattern: str, make: Callable[[re.Match[str], date], Made]) -> Rule:
    return re.compile(pattern), make


_COUNTED = r"(a|an|1|\d{1,3}|couple of|a couple of)"
RULES: list[Rule] = [
    _rule(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b(?!\.\d)", _iso),
    _rule(rf"\bweekend of (?:the )?(?:{_N}\b(?: (?:of )?{_M})?|{_M} {_N}\b)", _weekend_of),
    _rule(rf"\b(1st|2nd|3rd|4th|5th|last) ({'|'.join(WEEKDAYS)}|weekend) (?:of|in) {_PERIOD}\b", _nth_weekday),
    _rule(rf"\b(start|beginning|middle|mid|end)(?: of |-| )(?:the )?{_PERIOD}\b(?! \d)", _edge),
    _rule(rf"(?<![\d.,/:])\b(?:{_W},? (?:the )?)?{_N}\b(?=\s*{_TO}\s*(?:the )?(?:{_W},? (?:the )?)?\d{{1,2}}(?:st|nd|rd|th)?[ -]?(?:of )?{_M}\b)",
          _left_of_range),
    _rule(rf"\b{_M},? (?:the )?{_N}\s*{_TO}\s*(?:the )?{_N}\b(?![\d/.:]*\d|[ -]?(?:of )?{_M}|[ -]*{_UNIT})(?:,? (\d{{4}})\b)?",
          _month_first_range),
    _rule(r"(?<![\d.,€$£/-])(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?\b(?![/.]?\d|\s?[%€$£]|\s*euros?\b)\.?", _numeric),
    _rule(r"(?<=-)(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}|\d{2}))?\b(?![/.]?\d|\s?[%€$£])\.?", _numeric),
    _rule(rf"\b(?:{_W},? (?:the )?)?{_N}[ -]?(?:day )?(?:of )?{_M}\b(?:[ ,-]+(\d{{4}})\b)?", _day_month),
    _rule(rf"\b(?:{_W},? )?{_M},?[ -]*(?:the )?{_N}\b(?!:|[ -]*{_UNIT})(?:,? (\d{{4}})\b)?", _month_day),
    _rule(rf"\b({'|'.join(_HOLIDAYS)})\b(?: (\d{{4}})\b)?", _holiday),
    _rule(rf"\b(?:{_N} of {_PERIOD}|(next month|this month),? (?:on )?(?:the )?{_N})\b", _of_period),
    _rule(r"\b(?:(this coming|this|next|coming|following|the) )?weekend\b( after next)?", _weekend),
    _rule(rf"\b{_COUNTED} (weeks?|fortnights?) (?:from |on |after )?(today|now|tomorrow|{'|'.join(WEEKDAYS)})\b", _ahead_of),
    _rule(rf"\b{_COUNTED} (days?|months?) (?:from |after )(today|now|tomorrow)\b", _ahead_of),
    _rule(rf"\b(?:in|within) {_COUNTED} (days?|weeks?|fortnights?|months?)\b(?: time)?", _ahead),
    _rule(r"\b(day after tomorrow|tomorrow|today|tonight|yesterday)\b", _near),
    _rule(rf"\b{_W} week\b", _weekday_week),
    _rule(rf"\b(?:{_W} (?:of )?next week|next week,? (?:on )?{_W})\b", _next_week_day),
    _rule(rf"\b{_W} after next\b", _weekday_after_next),
    _rule(rf"\b{_W},? (?:the )?(\d{{1,2}})(?:st|nd|rd|th)\b", _weekday_ordinal),
    _rule(rf"\b(?:(this coming|this|next|coming|following) )?{_W}\b", _some_weekday),
    _rule(r"\b()(\d{1,2})(?:st|nd|rd|th)\b(?! (?:floor|one|room|time|birthday|anniversary|person|option|offer|guest))",
          _weekday_ordinal),
]  # fmt: skip
_BARE: list[Rule] = [
    _rule(rf"(?:^|\b(?:on|the|from|to|until|through|between|and|arriv\w+|leav\w+|depart\w+) (?:the )?|(?<=~-)|(?<=~ - ))(\d{{1,2}})\b(?![\d/.:]*\d)(?![ -]*{_UNIT})"
          r"(?=\s*(?:$|[,.;!?]|-|to\b|until\b|through\b|and\b|for\b|please\b|thanks\b|then\b|with\b))", _bare_number),
]  # fmt: skip

_DURATION = re.compile(
    r"(?:\b(\d{1,3}|an?|the|just|whole|single|couple of|couple)(?: more| whole| full| extra| single)?[ -]+)(nights?|days?|weeks?|fortnights?|months?)\b"
)
_LATER = re.compile(r"\b(?:next day|day after|following day|next morning|following morning|overnight)\b")
_LEAVE = re.compile(r"\b(?:leav\w*|depart\w*|check\w*[ -]?out|until|head\w* (?:home|off|back)|go\w* (?:home|back)|out on)\b")
_ARRIVE = re.compile(r"\b(?:arriv\w*|check\w*[ -]?in|get\w* (?:in|there)|com(?:e|ing)|from|start\w*|begin\w*|since)\b")
_NOT = re.compile(r"\b(?:not|instead of|rather than)(?: on| from| the| for)*\s*$")
_RANGE = re.compile(r"(?:^\s*-\s*$|\b(?:to|until|through|and|-|leav\w*|depart\w*|out)\b|- *$)")
_SAME = re.compile(r"^[\s,(:]*(?:which is|that is|thats|i mean|so|ie|for|on|the|it is|is|over)?[\s,(]*(?:the )?$")


@dataclass(frozen=True)
class Reading:
    """What a text says about dates: mentions in order, the text before each, and a duration (count, unit)."""

    text: str
    mentions: tuple[Mention, ...]
    lengths: tuple[tuple[int, str], ...]

    def before(self, index: int) -> str:
        """The words between the mention before and mention `index`."""
        begin = self.mentions[index - 1].end if index else 0
        return self.text[begin : self.mentions[index].begin]


@lru_cache(maxsize=4096)
def read(text: str, today: date, bare: bool) -> Reading:
    """All mentions in `text`; `bare` also takes plain numbers after "on", "from", "until" as days."""
    norm = normalise(text)
    rest, found = norm, []
    for pattern, make in RULES + (_BARE if bare else []):
        for match in list(pattern.finditer(rest)):
            try:
                made = make(match, today)
            except (ValueError, OverflowError):  # no such day: nothing is mentioned
                made = None
            if made:
                found += made
                rest = rest[: match.start()] + "~" * (match.end() - match.start()) + rest[match.end() :]
    found.sort(key=lambda m: m.begin)
    kept = [m for m in found if not _NOT.search(norm[: m.begin])] or found
    lengths = tuple((_count(m[1]), m[2]) for m in _DURATION.finditer(rest))
    return Reading(norm, tuple(_merge(kept, norm, today)), lengths)


def _merge(mentions: list[Mention], norm: str, today: date) -> list[Mention]:
    """"tomorrow, Thursday the 21st" is one day said twice."""
    merged: list[Mention] = []
    for mention in mentions:
        last = merged[-1] if merged else None
        if last and _SAME.match(norm[last.end : mention.begin]) and _try(last, today) == _try(mention, today):
            merged[-1] = replace(last, end=mention.end, nights=max(last.nights, mention.nights))
        else:
            merged.append(mention)
    return merged


def _try(mention: Mention, floor: date) -> date | None:
    try:
        return mention.place(floor)
    except (DateClash, ValueError, OverflowError):
        return None


def _lend(first: Mention, second: Mention) -> tuple[Mention, Mention]:
    """Month and year of one end for the other: "12 to 15 June", "28 to 2 July", "12 June to 15 July 2027"."""
    if first.day and not first.month and second.month and second.day:
        same = first.day < second.day
        month = second.month if same else (second.month - 2) % 12 + 1
        first = replace(first, month=month)
    if first.month and not first.year and second.year and second.month:
        first = replace(first, year=second.year - (first.month > second.month))
    return first, second


def _pair(reading: Reading, today: date) -> tuple[date, date]:
    first, second = reading.mentions
    if re.search(r"\bor\b", reading.before(1)):
        raise DateClash("Two different dates were given; which one is meant?")
    if _LEAVE.search(reading.before(0)) and _ARRIVE.search(reading.before(1)):
        first, second = second, first
    first, second = _lend(first, second)
    if first.day is None and first.exact is None and second.month and first.weekday is not None:
        end = second.place(today)
        start = end - timedelta((end.weekday() - first.weekday) % 7 or 7)
        return (start if start >= today else first.place(today)), end
    start = first.place(today)
    if second.nights and second.exact and second.exact <= start <= second.exact + timedelta(2):
        return start, second.exact + timedelta(2)  # "Saturday of next weekend"
    return start, second.place(start + timedelta(1))


def span(reading: Reading, today: date) -> tuple[date | None, date | None]:
    """(start, end) of what was said, either None when it was not; DateClash when it makes no sense."""
    count = len(reading.mentions)
    if count > 2:
        raise DateClash("More than two dates were given; say the first and the last day.")
    if count == 2:
        return _pair(reading, today)
    if count == 0:
        return None, None
    mention = reading.mentions[0]
    day = mention.place(today)
    if reading.lengths:
        if _LEAVE.search(reading.before(0)):
            return _stretch(day, reading.lengths, -1), day
        return day, _stretch(day, reading.lengths)
    return day, day + timedelta(mention.nights) if mention.nights else None


def _stretch(start: date, lengths: tuple[tuple[int, str], ...], sign: int = 1) -> date:
    return shift(start, sign * lengths[0][0], lengths[0][1])


def resolve_date(slot: Slot, text: object, today: date, known: Mapping[str, object]) -> Resolved | Unresolved:
    """The day that `text` gives for `slot`: the start of a range, or its end when the slot has `after`."""
    if isinstance(text, date):
        value: date | None = text.date() if isinstance(text, datetime) else text
        given = value.isoformat() if value else ""
    else:
        given, value = " ".join(str(text).split())[:400], None
    begun = known.get(slot.after) if slot.after else None
    start = begun if isinstance(begun, date) else None
    try:
        if value is None:
            value = _end(given, today, start) if slot.after else _start(given, today)
    except DateClash as clash:
        return Unresolved(str(clash))
    except (ValueError, OverflowError):
        value = None
    if value is None:
        return Unresolved(_not_found(slot, given))
    if start is not None and value <= start:
        return Unresolved(f"The {slot.label} must be later than {format_day(start)}, and {format_day(value)} is not.")
    return Resolved(value, given)


def _not_found(slot: Slot, given: str) -> str:
    norm = normalise(given)
    vague = re.search(rf"\b(?:{'|'.join(MONTHS)}|next week|next month|this month)\b", norm)
    if vague:
        return f"Which day of {vague[0].title() if vague[0] in MONTHS else vague[0]} is the {slot.label}?"
    also = " or a length such as 'three nights'" if slot.after else ""
    return f"No day was found in {given[:60]!r} for the {slot.label}; say one such as '12 June' or 'next Friday'{also}."


def _start(given: str, today: date) -> date | None:
    reading = read(given, today, True)
    start, _ = span(reading, today)
    return start or (None if reading.lengths else _last_resort(given, today))


def _end(given: str, today: date, begun: date | None) -> date | None:
    reading = read(given, today, True)
    if not reading.mentions:
        if begun is None:
            return None
        if _LATER.search(reading.text):
            return begun + timedelta(1)
        return _stretch(begun, reading.lengths) if reading.lengths else _last_resort(given, today)
    if len(reading.mentions) > 1 or reading.lengths or reading.mentions[0].nights:
        return span(reading, today)[1]
    if _ARRIVE.search(reading.before(0)) and not _LEAVE.search(reading.before(0)):
        raise DateClash(f"Only the first day was given in {given[:60]!r}; until when, or for how long?")
    floor = begun + timedelta(1) if begun else today
    mention = reading.mentions[0]
    day = mention.place(floor)
    if begun and mention.month and not mention.year and (day - begun).days > 183:
        raise DateClash(f"That day is not after {format_day(begun)}; which later day is meant?")
    return day


def _last_resort(given: str, today: date) -> date | None:
    """dateparser, for odd spellings that name a day and a month in full."""
    norm = normalise(given)
    if len(given) > 60 or not re.search(r"\d", norm) or not re.search(rf"\b{_M}\b", norm):
        return None
    if re.search(r"[a-z]", re.sub(rf"\b(?:{_M}|{_W}|st|nd|rd|th|on|the|of)\b", "", norm)):
        return None  # other words: a guess, not a date
    import dateparser

    base = datetime(today.year, today.month, today.day)
    found = dateparser.parse(
        norm,
        languages=["en"],
        settings={
            "RELATIVE_BASE": base,
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "DMY",
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return found.date() if found else None


def dates_in(text: str, today: date) -> list[date]:
    """Every day that `text` names, in order; both ends of ranges and weekends; parts that contradict are left out."""
    reading = read(text, today, False)
    days: list[date] = []
    mentions = list(reading.mentions)
    for i, mention in enumerate(mentions):
        ranged = i > 0 and bool(_RANGE.search(reading.before(i)))
        if i + 1 < len(mentions) and _RANGE.search(reading.before(i + 1)):
            mention = _lend(mention, mentions[i + 1])[0]
        floor = days[-1] + timedelta(1) if ranged and days else today
        day = _try(mention, floor) or _try(replace(mention, weekday=None), floor) if mention.day else _try(mention, floor)
        if day is not None:
            days += [day, day + timedelta(mention.nights)] if mention.nights else [day]
    return days


def format_day(day: date) -> str:
    """`Friday 12 June`."""
    return f"{WEEKDAYS[day.weekday()].title()} {day.day} {MONTHS[day.month - 1].title()}"


def format_stay(start: date, end: date) -> str:
    """`Friday 12 June to Monday 15 June, 3 nights`."""
    nights = (end - start).days
    return f"{format_day(start)} to {format_day(end)}, {nights} night{'' if nights == 1 else 's'}"
