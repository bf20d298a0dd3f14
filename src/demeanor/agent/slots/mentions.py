"""Days that a text speaks of: ordered rules over the normalised text.

What one rule takes, the next does not see. Each gives *mentions*: days that may lack their month or year
until they are placed at or after a floor. Which mention begins and which ends a stay is for `dates`. Where
English is not of one mind:

- a bare or "this" weekday is the next one, today included; "next Friday" is the Friday of next calendar
  week (from Monday);
- a weekend is Friday to Sunday: arrive on Friday, leave on Sunday (a long one on Monday). "This weekend" on
  a Saturday begins that day; "next weekend" is that of next calendar week; the first weekend of a month
  holds its first Saturday;
- start, middle and end of a month are the 1st, the 15th and the last day;
- "two weeks from Friday" is a day (that Friday + 14); "two weeks from 12 June" and "5 days from Monday" are
  stays.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from demeanor.agent.slots.words import MONTHS, WEEKDAYS, normalise, suffix

MONTH = f"({'|'.join(MONTHS)})"
WEEKDAY = f"({'|'.join(WEEKDAYS)})"
_N = r"(\d{1,2})(?:st|nd|rd|th)?"
_TO = r"(?:-|to|until|through|and)"
_UNIT = (
    r"(?:nights?|days?|weeks?|months?|people|persons?|adults?|guests?|kids?|child\w*|ppl|pax|rooms?|of us"
    r"|euros?|am\b|pm\b|:|%|o'clock)"
)
_PERIOD = rf"({'|'.join(MONTHS)}|next month|this month|the month|month)"


class DateClash(ValueError):
    """The parts of a date contradict each other, or there is no such day; a sentence for the user."""


@dataclass(frozen=True)
class Mention:
    """A day spoken of at `begin:end` of the normalised text; an `exact` one is never rolled forward."""

    begin: int
    end: int
    day: int | None = None
    month: int | None = None
    year: int | None = None
    weekday: int | None = None
    exact: date | None = None
    nights: int = 0  # a weekend brings its own end
    bound: bool = False  # "next Friday", "the weekend": tied to a week, but a date beside it counts for more
    order: str = ""  # of a day in figures: "day" or "month" first, or "either"

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
            said, true = WEEKDAYS[self.weekday].title(), WEEKDAYS[found.weekday()].title()
            month = MONTHS[found.month - 1].title()
            raise DateClash(f"{found.day} {month} is a {true}, not a {said}; which day is meant?")
        return found

    def place_past(self, today: date) -> date:
        """The last day not after `today` that fits."""
        if self.exact is not None:
            if self.exact > today and self.weekday is None and (self.exact - today).days > 31:
                return add_months(self.exact, -12)  # "the last day of February", of the one that has been
            late = self.exact > today and self.bound and self.weekday is not None
            return self.exact - timedelta(7) if late else self.exact
        if self.day is None:
            assert self.weekday is not None
            return today - timedelta((today.weekday() - self.weekday) % 7)
        if self.year is not None:
            century = self.year > today.year and self.year >= 2000
            return replace(self, year=self.year - 100 if century else self.year).place(today)
        for back in range(12 * 9):
            y, m = divmod(today.year * 12 + today.month - 1 - back, 12)
            fits = (self.month is None or m + 1 == self.month) and 1 <= self.day <= monthrange(y, m + 1)[1]
            if fits and date(y, m + 1, self.day) <= today:
                return replace(self, month=m + 1, year=y).place(today)
        raise DateClash(f"There is no {self.day}{suffix(self.day)} of that month; which day is meant?")


def _next_weekday(floor: date, weekday: int) -> date:
    return floor + timedelta((weekday - floor.weekday()) % 7)


def _roll(day: int, month: int | None, year: int | None, floor: date) -> date:
    for ahead in range(12 * 9):
        y, m = divmod(floor.month - 1 + ahead, 12)
        y, m = floor.year + y, m + 1
        if year is not None:
            y = year
        if (month is None or m == month) and 1 <= day <= monthrange(y, m)[1]:
            found = date(y, m, day)
            if year is not None or found >= floor:
                return found
    name = f" {MONTHS[month - 1].title()}" if month else suffix(day)
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


# The rules: each takes a match and today and gives the mentions in it, or None to pass.

Made = list[Mention] | None
Rule = tuple[re.Pattern[str], Callable[[re.Match[str], date], Made]]


def _weekday(name: str | None) -> int | None:
    return WEEKDAYS.index(name) if name else None


_FARTHEST = 20  # years: "84" lies behind us


def _full_year(text: str | None, today: date | None = None) -> int | None:
    """The year that a date names: "2027", "27", "this year"."""
    if not text:
        return None
    if text.endswith("year"):
        assert today is not None
        return today.year + {"last": -1, "next": 1}.get(text.split()[-2], 0)
    digits = text.lstrip("'").replace(" ", "")
    if len(digits) > 2:
        return int(digits)
    ahead = today is not None and 2000 + int(digits) > today.year + _FARTHEST
    return (1900 if ahead else 2000) + int(digits)


def _iso(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), day=int(m[3]), month=int(m[2]), year=int(m[1]))] if 1 <= int(m[2]) <= 12 else None


def _left_of_range(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), day=int(m[2]), weekday=_weekday(m[1]))]


def _month_first_range(m: re.Match[str], today: date) -> Made:
    month, year = _month(m[1]), _full_year(m[4])
    first = Mention(m.start(), m.end(2), day=int(m[2]), month=month, year=year)
    return [
        first,
        Mention(m.start(3), m.end(), day=int(m[3]), month=month if int(m[3]) > int(m[2]) else None, year=year),
    ]


def _numeric(m: re.Match[str], today: date) -> Made:
    day, month = int(m[1]), int(m[3])
    order = "day" if day > 12 or m[2] == "." else "month" if month > 12 else "" if day == month else "either"
    if order == "month":
        day, month = month, day
    dotted = m[2] == "." and not m[4] and len(m[3]) < 2 and not _is_dotted_day(m)
    dashed = m[2] == "-" and not m[4]
    if not 1 <= month <= 12 or not 1 <= day <= 31 or dotted or dashed or _is_always(m):
        return None
    return [Mention(*m.span(), day=day, month=month, year=_full_year(m[4], today), order=order)]


def _dotted(m: re.Match[str], today: date) -> Made:
    """ "15.9." in an answer about a day."""
    day, month = int(m[1]), int(m[3])
    return [Mention(*m.span(), day=day, month=month, order="day")] if 1 <= month <= 12 and 1 <= day <= 31 else None


def _is_always(m: re.Match[str]) -> bool:
    """Whether "24/7" means at all hours, as it does unless it stands alone or after "on", "from", "to"."""
    before, after = m.string[: m.start()], m.string[m.end() :]
    dated = not (before + after).strip() or re.search(r"(?:-|\b(?:on|from|to|until|in|out))\s*$", before)
    return m[0].rstrip(".") == "24/7" and not dated


def _is_dotted_day(m: re.Match[str]) -> bool:
    """Whether "3.7." is a day and not a figure: it ends in a dot and stands in a range or alone."""
    before, after = m.string[: m.start()], m.string[m.end() :]
    ranged = re.match(r"\s*(?:-|to\b|until\b)", after) or re.search(r"(?:-|\b(?:to|until|from|on))\s*$", before)
    return m[0].endswith(".") and bool(ranged or not (before.strip() or after.strip()))


def _day_month(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), weekday=_weekday(m[1]), day=int(m[2]), month=_month(m[3]), year=_full_year(m[4], today))]


def _month_day(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), weekday=_weekday(m[1]), month=_month(m[2]), day=int(m[3]), year=_full_year(m[4], today))]


_HOLIDAYS = {
    "christmas eve": (24, 12), "christmas day": (25, 12), "christmas": (25, 12), "boxing day": (26, 12),
    "new years eve": (31, 12), "new year eve": (31, 12),
    "nye": (31, 12), "new years day": (1, 1), "new year": (1, 1),
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
        last = monthrange(year, month)[1]
        day = {"end": last, "last day": last, "middle": 15, "mid": 15}.get(m[1], 1)
        if date(year, month, day) >= today:
            break
        year += 1
    return [Mention(*m.span(), exact=date(year, month, day))]


def _whole_month(m: re.Match[str], today: date) -> Made:
    year, month = _period(m[1], today)
    middle = (m.start() + m.end()) // 2
    first = Mention(m.start(), middle, exact=date(year, month, 1))
    return [first, Mention(middle, m.end(), exact=date(year, month, monthrange(year, month)[1]))]


def _of_period(m: re.Match[str], today: date) -> Made:
    day, name = (m[1], m[2]) if m[1] else (m[4], m[3])
    if name.endswith("the month") or name == "month":
        return [Mention(*m.span(), day=int(day))]
    year, month = _period(name, today)
    return [Mention(*m.span(), day=int(day), month=month, year=year)]


def _weekend_of(m: re.Match[str], today: date) -> Made:
    day, month = (m[1], m[2]) if m[1] else (m[4], m[3])
    found = _roll(int(day), _month(month) if month else None, None, today)
    friday = found - timedelta(found.weekday() - 4) if found.weekday() >= 4 else _next_weekday(found, 4)
    return [Mention(*m.span(), exact=friday, nights=2)]


def _weekend(m: re.Match[str], today: date) -> Made:
    monday, extra = today - timedelta(today.weekday()), int(bool(m[2]))
    if m[1] == "next" or m[3]:
        friday = monday + timedelta(18 if m[3] else 11)
    elif today.weekday() == 5:  # Saturday: what is left of it
        return [Mention(*m.span(), exact=today, nights=1 + extra, bound=True)]
    else:
        friday = _next_weekday(today, 4)
    return [Mention(*m.span(), exact=friday, nights=2 + extra, bound=True)]


def _near(m: re.Match[str], today: date) -> Made:
    ahead = {"day after tomorrow": 2, "tomorrow": 1, "yesterday": -1, "last night": -1, "day before yesterday": -2}.get(
        m[1], 0
    )
    return [Mention(*m.span(), exact=today + timedelta(ahead))]


def _count(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 2 if text and "couple" in text else 1


def shift(start: date, count: int, unit: str) -> date:
    """`start` moved by `count` nights, days, weeks, fortnights or months."""
    if unit.startswith(("month", "year")):
        return add_months(start, max(-1200, min(count * (12 if unit[0] == "y" else 1), 1200)))
    days = {"w": 7, "f": 14}.get(unit[0], 1) * count
    return start + timedelta(max(-36500, min(days, 36500)))


def _ahead(m: re.Match[str], today: date) -> Made:
    count, unit = (m[1], m[2]) if m[2] else (m[3], m[4])
    return [Mention(*m.span(), exact=shift(today, _count(count), unit))]


def _ago(m: re.Match[str], today: date) -> Made:
    loosely = m[2].startswith(("month", "year")) and "day" not in m[0]
    if "couple" in m[1] or loosely:
        return None  # two, or some; and two years ago is no day
    return [Mention(*m.span(), exact=shift(today, -_count(m[1]), m[2]))]


def _ahead_of(m: re.Match[str], today: date) -> Made:
    anchor = m[3]
    base = today + timedelta(anchor == "tomorrow")
    if anchor in WEEKDAYS:
        base = _next_weekday(today, WEEKDAYS.index(anchor))
    return [Mention(*m.span(), exact=shift(base, _count(m[1]), m[2]))]


def _weekday_week(m: re.Match[str], today: date) -> Made:
    base = _next_weekday(today, WEEKDAYS.index(m[1])) if m[1] in WEEKDAYS else today + timedelta(m[1] == "tomorrow")
    return [Mention(*m.span(), exact=base + timedelta(14 if m[2] == "fortnight" else 7))]


def _in_week(today: date, weekday: int, weeks: int) -> date:
    return today - timedelta(today.weekday()) + timedelta(7 * weeks + weekday)


def _next_week_day(m: re.Match[str], today: date) -> Made:
    weekday = WEEKDAYS.index(m[1] or m[2])
    return [Mention(*m.span(), weekday=weekday, exact=_in_week(today, weekday, 1))]


def _last_weekday(m: re.Match[str], today: date) -> Made:
    weekday = WEEKDAYS.index(next(name for name in m.groups() if name))
    if "week" in m[0].replace("weekend", ""):
        return [Mention(*m.span(), weekday=weekday, exact=_in_week(today, weekday, -1))]
    back = (today.weekday() - weekday) % 7 or 7
    return [Mention(*m.span(), weekday=weekday, exact=today - timedelta(back + 7 * ("before last" in m[0])))]


def _weekday_in_weeks(m: re.Match[str], today: date) -> Made:
    weekday, count = (m[1], m[2]) if m[1] else (m[4], m[3])
    return [Mention(*m.span(), exact=_in_week(today, WEEKDAYS.index(weekday), _count(count)))]


def _nth_from_now(m: re.Match[str], today: date) -> Made:
    first = _next_weekday(today + timedelta(1), WEEKDAYS.index(m[2]))
    return [Mention(*m.span(), exact=first + timedelta(7 * (int(m[1]) - 1)))]


def _weekday_after_next(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(), exact=_in_week(today, WEEKDAYS.index(m[1]), 2))]


def _some_weekday(m: re.Match[str], today: date) -> Made:
    weekday = WEEKDAYS.index(m[2])
    exact = _in_week(today, weekday, 1) if m[1] == "next" else None
    return [Mention(*m.span(), weekday=weekday, exact=exact, bound=exact is not None)]


def _weekday_ordinal(m: re.Match[str], today: date) -> Made:
    if not 1 <= int(m[2]) <= 31:
        return None
    return [Mention(*m.span(), weekday=_weekday(m[1]), day=int(m[2]))]


def _day_of_month_number(m: re.Match[str], today: date) -> Made:
    """ "the ninth of the ninth ninety-nine"."""
    if not 1 <= int(m[2]) <= 12:
        return None
    return [Mention(*m.span(), day=int(m[1]), month=int(m[2]), year=_full_year(m[3], today))]


def _bare_number(m: re.Match[str], today: date) -> Made:
    return [Mention(*m.span(1), day=int(m[1]))]


def _rule(pattern: str, make: Callable[[re.Match[str], date], Made]) -> Rule:
    return re.compile(pattern), make


_YEAR = r"(\d{4}|(?:19|20) \d\d|'?[4-9]\d(?! ?(?:%|€|euros?|people|guests|[a-z]*s\b))|(?:of )?(?:this|last|next) year)"
_COUNTED = r"(a|an|1|\d{1,3}|couple of|a couple of)"
RULES: list[Rule] = [
    _rule(r"\b(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\b(?!\.\d)", _iso),
    _rule(r"\b((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\b", _iso),
    _rule(r"(?<![\d.,/:])\b(\d{1,2})( )(\d{1,2}) ((?:19|20)\d\d)\b", _numeric),
    _rule(rf"\b(?:whole|all|entire)(?: of)?(?: the)? {_PERIOD}\b", _whole_month),
    _rule(rf"\bweekend of (?:the )?(?:{_N}\b(?: (?:of )?{MONTH})?|{MONTH} {_N}\b)", _weekend_of),
    _rule(
        rf"\b(1st|2nd|3rd|4th|5th|last) ({'|'.join(WEEKDAYS)}|weekend) (?:of|in) {_PERIOD}\b",
        _nth_weekday,
    ),
    _rule(
        rf"\b(start|beginning|1st day|middle|mid|end|last day)(?: of |-| )(?:the )?{_PERIOD}\b(?! \d)",
        _edge,
    ),
    _rule(
        rf"(?<![\d.,/:])\b(?:{WEEKDAY},? (?:the )?)?{_N}\b"
        rf"(?=\s*{_TO}\s*(?:the )?(?:{WEEKDAY},? (?:the )?)?{_N}[ -]?(?:of )?{MONTH}\b)",
        _left_of_range,
    ),
    _rule(
        rf"\b{MONTH},? (?:the )?{_N}\s*{_TO}\s*(?:the )?{_N}\b(?![\d/.:]*\d|[ -]?(?:of )?{MONTH}"
        rf"|[ -]*{_UNIT})(?:,? (\d{{4}})\b)?",
        _month_first_range,
    ),
    _rule(
        r"(?<![\d.,€$£/-])(\d{1,2})([/.-])(\d{1,2})(?:\2(\d{4}|\d{2}))?\b(?![/.]?\d|\s?[%€$£]"
        r"|\s*euros?\b)\.?",
        _numeric,
    ),
    _rule(r"(?<=-)(\d{1,2})([/.])(\d{1,2})(?:\2(\d{4}|\d{2}))?\b(?![/.]?\d|\s?[%€$£])\.?", _numeric),
    _rule(rf"\b(?:{WEEKDAY},? )?{MONTH},? (?:the )?{_N}(?=\s*{_TO}\s*(?:{WEEKDAY},? )?{MONTH}\b)()", _month_day),
    _rule(rf"\b(?:{WEEKDAY},? (?:the )?)?{_N}\.?[ -]?(?:day )?(?:of )?{MONTH}\b(?:[ ,-]+{_YEAR}\b)?", _day_month),
    _rule(
        rf"\b(?:{WEEKDAY},? )?{MONTH},?[ -]*(?:the )?{_N}\b(?!:|[ -]*{_UNIT})(?:,? {_YEAR}\b)?",
        _month_day,
    ),
    _rule(rf"\b({'|'.join(_HOLIDAYS)})\b(?: (\d{{4}})\b)?", _holiday),
    _rule(rf"\b(?:{_N} of {_PERIOD}|(next month|this month),? (?:on )?(?:the )?{_N})\b", _of_period),
    _rule(
        rf"\b(?:{WEEKDAY} in {_COUNTED} weeks?\b(?: time)?"
        rf"|in {_COUNTED} weeks?(?: time)?,? (?:on )?{WEEKDAY}\b)",
        _weekday_in_weeks,
    ),
    _rule(rf"\b(\d{{1,2}}) {WEEKDAY}s? from (?:now|today)\b", _nth_from_now),
    _rule(
        rf"\b{_COUNTED} (weeks?|fortnights?) (?:from |on |after )?(today|now|tomorrow"
        rf"|{'|'.join(WEEKDAYS)})\b",
        _ahead_of,
    ),
    _rule(rf"\b()(weeks?|fortnights?) (?:from|on|after) (today|now|tomorrow|{'|'.join(WEEKDAYS)})\b", _ahead_of),
    _rule(rf"\b(today|tomorrow|{'|'.join(WEEKDAYS)}) (week|fortnight)\b", _weekday_week),
    _rule(rf"\b{_COUNTED} (days?|months?) (?:from |after )(today|now|tomorrow)\b", _ahead_of),
    _rule(rf"\b(?:today )?in {_COUNTED} (days?|weeks?|fortnights?|months?)\b(?: time)?", _ahead),
    _rule(rf"\b{_COUNTED} (days?|weeks?|fortnights?|months?|years?) (?:ago|back)\b(?:,? (?:today|to the day))?", _ago),
    _rule(rf"\b{WEEKDAY},? (?:of |in )?last week\b|\blast week,? (?:on )?{WEEKDAY}\b", _last_weekday),
    _rule(rf"\b{WEEKDAY} (?:just )?(?:gone|past)\b", _last_weekday),
    _rule(rf"\b{WEEKDAY} before last\b|\b(?:last|past) {WEEKDAY}\b(?! (?:of|in)\b)", _last_weekday),
    _rule(
        r"\b(day before yesterday|day after tomorrow|tomorrow|today|tonight|yesterday|last night|this (?:morning|afternoon|evening))\b",
        _near,
    ),
    _rule(rf"\b(?:{WEEKDAY} (?:of )?next week(?:end)?|next week,? (?:on )?{WEEKDAY})\b", _next_week_day),
    _rule(r"\b(?:(this coming|this|next|coming|following|the) )?(long )?weekend\b( after next)?", _weekend),
    _rule(rf"\b{WEEKDAY} after next\b", _weekday_after_next),
    _rule(rf"\b{_N} of the (\d{{1,2}})(?:st|nd|rd|th)\b(?:,? (?:of )?{_YEAR})?", _day_of_month_number),
    _rule(rf"\b{WEEKDAY},? (?:the )?(\d{{1,2}})(?:st|nd|rd|th)\b", _weekday_ordinal),
    _rule(
        rf"(?<!whit )(?<!easter )(?<!good )(?<!ash )(?<!shrove )(?<!palm )(?<!black )(?<!pentecost )"
        rf"\b(?:(this coming|this|next|coming|following) )?{WEEKDAY}\b",
        _some_weekday,
    ),
    _rule(
        r"\b()(\d{1,2})(?:st|nd|rd|th)\b"
        r"(?! (?:star|floor|one|1(?! (?:night|day|week|month))|room|time"
        r"|birthday|anniversary|person|option|offer|guest|week|half|part|day))",
        _weekday_ordinal,
    ),
]
BARE_RULES: list[Rule] = [
    _rule(r"(?<![\d.,€$£])\b(\d{1,2})(\.)(\d{1,2})\.()(?=\s|$|,)", _dotted),
    _rule(
        rf"(?:^|\b(?:on|the|from|to|until|through|between|and|arriv\w+|leav\w+|depart\w+) (?:the )?"
        rf"|(?<=~-)|(?<=~ - ))(\d{{1,2}})\b(?![\d/.:]*\d)(?![ -]*{_UNIT})"
        r"(?=\s*(?:$|[,.;!?]|-|to\b|until\b|through\b|and\b|for\b|please\b|thanks\b|then\b|with\b))",
        _bare_number,
    ),
]

_DURATION = re.compile(
    r"(?:\b(\d{1,3}|an?|the|just|whole|single|couple of|couple)(?: more| whole| full| extra| single)?[ -]+)"
    r"(nights?|days?|weeks?|fortnights?|months?)\b"
)
_UNSURE_LENGTH = re.compile(
    r"\b\d{1,3} ?(?:or|to|-) ?\d{1,3}[ -]+(?:nights?|days?|weeks?)\b"
    r"|\bcouple of (?:days|weeks|months)\b|\b(?:weeks?|nights?|days?) (?:and a half|or (?:so|2|3)\b)"
)
_REPLACED = re.compile(r"\b(?:instead of|not|rather than) \d+(?: nights?| days?| weeks?)?\b")
_NOT = re.compile(r"\b(?:not|instead of|rather than)(?: on| from| the| for)*\s*$")
_SAME = re.compile(r"^[\s,(:]*(?:which is|that is|thats|i mean|so|ie|for|on|the|it is|is|over)?[\s,(]*(?:the )?$")


# "One may I book": the verb, not the month. Digits, "of" and the larger ordinals before it make it a month all the same
# ("12 may we arrive"); so does a preposition before a number in words ("from the ten may we stay").
_SPELLED = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|first|second|third)"
)
_VERB_MAY = re.compile(
    rf"(?P<month>\d(?:st|nd|rd|th)?[ .-]*|\b(?:of|day|[a-z]+th|(?:twenty|thirty)[ -]\w+|twenty|thirty) "
    rf"|\b(?:on|from|to|until|til|till) (?:the )?{_SPELLED} )?"
    r"(?:(?:(?<=\byou )|(?<=\bYou )|(?<=\bwe )|(?<=\bthey ))may\b|\bmay(?= (?i:i|we|you|he|she|they|it|there|one|be|not|also|only|just|still|even|have|need|want|like|bring|book"
    r"|ask|pay|stay|come|arrive|leave|get|take|use|keep|change|cancel|go|do|know|see|make|add|work|suit|cost|seem|well)\b))"
)


def without_verb(text: str) -> str:
    """`text` with the verb "may" as "might". Only lower case: whoever writes "May" means the month."""
    return _VERB_MAY.sub(lambda m: m[0] if m["month"] else "might", text)


@dataclass(frozen=True)
class Reading:
    """What a text says about dates: mentions in order, the text before each, and a duration (count, unit)."""

    text: str
    mentions: tuple[Mention, ...]
    lengths: tuple[tuple[int, str], ...]
    unsure: bool  # "3 or 4 nights", "a week and a half"

    def before(self, index: int) -> str:
        """The words between the mention before and mention `index`."""
        begin = self.mentions[index - 1].end if index else 0
        return self.text[begin : self.mentions[index].begin]


@lru_cache(maxsize=4096)
def read(text: str, today: date, bare: bool) -> Reading:
    """All mentions in `text`; `bare` also takes plain numbers after "on", "from", "until" as days."""
    norm = normalise(without_verb(text))
    rest, found = norm, []
    for pattern, make in RULES + (BARE_RULES if bare else []):
        for match in list(pattern.finditer(rest)):
            try:
                made = make(match, today)
            except (ValueError, OverflowError):  # no such day: nothing is mentioned
                made = None
            if made:
                found += made
                rest = rest[: match.start()] + "~" * (match.end() - match.start()) + rest[match.end() :]
    found.sort(key=lambda m: m.begin)
    kept = [m for m in found if not _NOT.search(norm[: m.begin])]
    lengths = tuple((_count(m[1]), m[2]) for m in _DURATION.finditer(_REPLACED.sub(" ", rest)))
    return Reading(norm, tuple(_merge(kept, norm, today)), lengths, bool(_UNSURE_LENGTH.search(rest)))


def _merge(mentions: list[Mention], norm: str, today: date) -> list[Mention]:
    """Mentions without repeats: "tomorrow, Thursday the 21st" is one day said twice."""
    merged: list[Mention] = []
    for mention in mentions:
        last = merged[-1] if merged else None
        joined = _with_weekday(last, mention, norm) if last else None
        if joined:
            merged[-1] = joined
        elif (
            last and _SAME.match(norm[last.end : mention.begin]) and try_place(last, today) == try_place(mention, today)
        ):
            merged[-1] = replace(last, end=mention.end, nights=max(last.nights, mention.nights))
        else:
            merged.append(mention)
    return _without_weekend(merged, today)


def _without_weekend(mentions: list[Mention], today: date) -> list[Mention]:
    """A weekend beside a date only says how long: "12 June for the weekend", "the weekend 12-14 June"."""
    dated = [m for m in mentions if m.day]
    if not dated or not any(m.nights and m.bound for m in mentions):
        return mentions
    day = try_place(dated[0], today)
    if len(dated) == 1 and day is not None and 3 <= day.weekday() < 6:
        return [replace(dated[0], nights=6 - day.weekday())]
    return [m for m in mentions if not (m.nights and m.bound)]


def _with_weekday(first: Mention, second: Mention, norm: str) -> Mention | None:
    """One date that names its weekday, for "15 June, Monday" and "Monday (15 June)"; else None."""
    between = norm[first.end : second.begin]
    for dated, named in ((first, second), (second, first)):
        bare = named.weekday is not None and named.day is None and named.exact is None
        if bare and dated.day and dated.weekday is None and re.fullmatch(r"[\s,(]*(?:a |the )?", between):
            return replace(dated, begin=first.begin, end=second.end, weekday=named.weekday)
    return None


def try_place(mention: Mention, floor: date) -> date | None:
    """`mention.place(floor)`, or None when there is no such day."""
    try:
        return mention.place(floor)
    except (DateClash, ValueError, OverflowError):
        return None
