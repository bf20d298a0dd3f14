"""The day a slot asks for, out of what a text says: the start or the end of a stay.

Two mentions are a range and lend each other what is missing ("12 to 15 June"); a length ("three nights")
stands in for the end. Partial dates roll forward to the next day that fits, an end to the next one after
its start. Asked back, never guessed: a weekday that contradicts its date ("Monday 12 June"), a length that
contradicts its days ("5 nights, Monday 8 to Friday 12 June"), alternatives ("the 12th or the 13th", "3 or 4
nights"), a month or a week alone, and for an end a lone small number ("3": nights, or the 3rd?).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.mentions import MONTH, WEEKDAY, DateClash, Mention, Reading, read, shift, try_place
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import MONTHS, WEEKDAYS, normalise, suffix

_SHORT = 60  # signs: in a longer text a bare number is no day
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
# A day told by its distance to another one.
_BESIDE = re.compile(
    r"\b(?:(?:the )?day (?:right |just |directly |immediately |straight )?(?:before|after)(?: (?P<that>that|this|it))?|"
    r"a day (?:before|after|earlier|later)|(?:the )?(?:one|1|week|weekend|\w+day) (?:right |just |straight )?(?:after|before)(?: that)?|"
    r"(?:days?|weeks?|months?) (?:before|after|earlier|later)(?! (?:noon|lunch|dinner|work))|the (?:following|next|previous) \w+|"
    r"of the following month)\b(?! (?:tomorrow|yesterday|last|next))"
)
_BIRTH = re.compile(r"\b(?:born|birth)", re.IGNORECASE)
_PERIOD = re.compile(r"\b(?:calendar )?week \d+\b|\bkw ?\d+\b|\bquarter\b|\bgive or take\b")
_BOUND = re.compile(r"\b(?:before|after|since|except|around)(?: the| about| on)?\s+$")
_ANY = re.compile(r"\b(?:an?|any|some|every|each|most|all)\s+$")
_EVERY = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days\b", re.IGNORECASE)
_THE_DAY = re.compile(r"(?:\b(?:the|on|of)\s+|^)$")
_ONLY_UNTIL = re.compile(r"\b(?:until|till?)(?: the)?\s+$")
_ONE_DAY = re.compile(r"\b(?:same day|(?:only|just) (?:the )?(?:1|a single) day)\b")
_ABOUT = re.compile(
    rf"\b(?:about|around|roughly|approximately|somewhere|sometime|some time|or thereabouts)\b(?: (?:in|on|at|of|the|about|end|start|beginning|middle|mid|{WEEKDAY})*)*"
    rf" ?(?:\d{{1,2}}(?:st|nd|rd|th)\b|\d{{1,2}} {MONTH}|{MONTH}|{WEEKDAY}|(?:a |the )?(?:end|start|beginning|middle|week|month)\b)"
)
_NIGHTS_OF = re.compile(r"\bnights? (?:of|on)\b")
_LATER = re.compile(r"\b(?:next day|day after|following day|next morning|following morning|overnight)\b")
_LEAVE = re.compile(
    r"\b(?:leav\w*|depart\w*|check\w*[ -]?out|until|head\w* (?:home|off|back)|go\w* (?:home|back)|out on)\b"
)
_ARRIVE = re.compile(r"\b(?:arriv\w*|check\w*[ -]?in|get\w* (?:in|there)|com(?:e|ing)|from|start\w*|begin\w*|since)\b")
_RANGE = re.compile(r"(?:^\s*-\s*$|\b(?:to|until|through|and|-|leav\w*|depart\w*|out)\b|- *$)")


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
    lent = bool(first.day and not first.month and second.month and not second.year and first.day >= (second.day or 0))
    first, second = _lend(first, second)
    if reading.before(1).strip() == "and" and _by_night(reading):
        second_day = second.place(first.place(today) + timedelta(1))
        return first.place(today), second_day + timedelta(1)
    in_week = second.month or (second.exact and second.weekday is not None and not second.bound)
    if first.day is None and first.exact is None and first.weekday is not None and in_week:
        end = second.place(today)
        start = end - timedelta((end.weekday() - first.weekday) % 7 or 7)
        return (start if start >= today else first.place(today)), end
    start = first.place(today)
    if lent and (start - today).days > 183:
        raise DateClash("The last day is not after the first one; which days are meant?")
    if second.nights and second.exact and second.exact <= start <= second.exact + timedelta(2):
        return start, second.exact + timedelta(2)  # "Saturday of next weekend"
    return start, second.place(start + timedelta(1))


def _by_night(reading: Reading) -> bool:
    """Whether nights are named: "Friday and Saturday night", "the nights of the 12th and 13th"."""
    after = reading.text[reading.mentions[-1].end :]
    if len(reading.mentions) == 1 and "tonight" in reading.text:
        return True
    return bool(_NIGHTS_OF.search(reading.before(0)) or re.match(r"\s*nights?\b", after))


def span(reading: Reading, today: date) -> tuple[date | None, date | None]:
    """(start, end) of what was said, either None when it was not; DateClash when it makes no sense."""
    count = len(reading.mentions)
    if reading.unsure and count < 2:
        raise DateClash("The length is not clear; how many nights exactly?")
    if count > 2:
        raise DateClash("More than two dates were given; say the first and the last day.")
    if count == 2:
        start, end = _pair(reading, today)
        if end <= start:
            raise DateClash(f"{format_day(end)} is not after {format_day(start)}; which days are meant?")
        _check_length(reading, start, end)
        return start, end
    if count == 0:
        return None, None
    mention = reading.mentions[0]
    day = mention.place(today)
    if reading.lengths:
        if _LEAVE.search(reading.before(0)):
            return _stretch(day, reading.lengths, -1), day
        return day, _stretch(day, reading.lengths)
    return day, day + timedelta(mention.nights) if mention.nights else None


def _check_length(reading: Reading, start: date, end: date) -> None:
    """A length said beside both days has to be theirs; one in days or weeks may count the last day as well."""
    if len(reading.lengths) != 1 or reading.lengths[0][0] < 2:  # "the week of the 12th", "90 a night" say no length
        return
    count, unit = reading.lengths[0]
    meant = _stretch(start, reading.lengths)
    if end != meant and (unit.startswith("night") or end != meant - timedelta(1)):
        raise DateClash(f"{format_stay(start, end)}: that is not {count} {unit}; which is meant?")


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
    start = begun.date() if isinstance(begun, datetime) else begun if isinstance(begun, date) else None
    try:
        if value is None and not (slot.after or slot.begins) and not _ISO.fullmatch(given):
            value = _single(slot, given, today)
        elif value is None:
            value = _end(slot, given, today, start) if slot.after else _start(slot, given, today)
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
    found = f"No day was found in {given[:60]!r} for the {slot.label}"
    return f"{found}; say one such as '12 June' or 'next Friday'{also}."


def _ordered(slot: Slot, reading: Reading) -> Reading:
    """A reading whose days in figures are read the way of the slot, or of another of them that has only one way.

    Raises:
        DateClash: a day has two readings, and nothing says which.
    """
    known = {m.order for m in reading.mentions if m.order in ("day", "month")}
    order = known.pop() if len(known) == 1 else {True: "month", False: "day", None: ""}[slot.month_first]
    if order == "day" or all(m.order != "either" for m in reading.mentions):
        return reading
    if not order:
        day = next(m for m in reading.mentions if m.order == "either")
        other = replace(day, day=day.month, month=day.day)
        ways = " or ".join(f"{m.day} {MONTHS[(m.month or 1) - 1].title()}" for m in (day, other))
        raise DateClash(f"{reading.text[day.begin : day.end]} may be {ways}; which day is meant?")
    turned = [replace(m, day=m.month, month=m.day) if m.order == "either" else m for m in reading.mentions]
    return replace(reading, mentions=tuple(turned))


def _single(slot: Slot, given: str, today: date) -> date | None:
    """The one day that is meant, where the slot neither begins nor ends a range."""
    reading = read(given, today, len(given) < _SHORT)
    if re.fullmatch(r"\d{1,2}-\d{1,2}", reading.text.strip(" .!?")):
        raise DateClash(f"{given[:20]!r} can be read in several ways; which day is meant?")
    if _ABOUT.search(reading.text):
        raise DateClash(f"{given[:60]!r} gives only about when; which day exactly is the {slot.label}?")
    reading = _in_one_month(given, reading)
    named = [m for m in reading.mentions if not (m.weekday is not None and _ANY.search(reading.text[: m.begin]))]
    reading = replace(reading, mentions=tuple(named or reading.mentions))  # "he always liked a Wednesday"
    found = [Found(m.begin, m.end, _told(slot, m, reading.text, given, today)) for m in reading.mentions]
    aside = _BESIDE.search(reading.text)
    if aside and found and found[0].begin < aside.start():
        shifts = aside["that"] and len(found) == 1 and isinstance(found[0].value, date)
        return found[0].value + timedelta(_shifted(aside[0])) if shifts else None
    values = meant(reading.text, found)
    if any(m.order == "either" for m in reading.mentions) and len(values) == 1:
        read_alike = _ordered(slot, reading)  # asked back where it has two readings
        found = [Found(m.begin, m.end, _told(slot, m, reading.text, given, today)) for m in read_alike.mentions]
        values = meant(reading.text, found)
    if len(values) > 1:
        raise DateClash(f"More than one day was given for the {slot.label}; which one is meant?")
    if values and isinstance(values[0], DateClash):
        raise values[0]
    if not found and not slot.past and len(given) < _SHORT and not reading.lengths:
        return _last_resort(given, today)
    return values[0] if values else None


def _told(slot: Slot, mention: Mention, text: str, given: str, today: date) -> date | DateClash | None:
    """The day of a mention, or why it is none: "before Christmas", "a Monday"."""
    bound = _BOUND.search(text[: mention.begin])
    if (bound and not (slot.past and "since" in bound[0])) or (
        mention.weekday is not None and _ANY.search(text[: mention.begin])
    ):
        return None
    if mention.weekday is not None and mention.day is None and _EVERY.search(given):
        return None
    return _placed(slot, mention, today)


def _in_one_month(given: str, reading: Reading) -> Reading:
    """A reading without ordinals that count something else ("how much is it first"), and with the month that was said once
    for all of its days: "April, the 17th, no, the 18th".
    """
    kept, month = list[Mention](), None
    for mention in reading.mentions:
        if _orders(mention, reading, given):
            continue
        lends = month and mention.day and not mention.month and mention.exact is None
        kept.append(replace(mention, month=month) if lends else mention)
        month = mention.month or month
    return replace(reading, mentions=tuple(kept))


def _orders(mention: Mention, reading: Reading, given: str) -> bool:
    """Whether a day is an ordinal in words that counts something else: "my first visit"."""
    said = reading.text[mention.begin : mention.end]
    the_day = _THE_DAY.search(reading.text[: mention.begin])
    return bool(re.fullmatch(r"[123](?:st|nd|rd)", said)) and not the_day and said not in given


def _without_orders(given: str, reading: Reading) -> Reading:
    """A reading without ordinals that count something else: neither end of a range, and no month of their own."""
    count = len(reading.mentions)
    ranged = [bool(_RANGE.search(reading.before(i))) for i in range(1, count)]
    kept = [
        mention
        for i, mention in enumerate(reading.mentions)
        if mention.month or any(ranged[max(i - 1, 0) : i + 1]) or not _orders(mention, reading, given)
    ]
    return replace(reading, mentions=tuple(kept))


def _shifted(words: str) -> int:
    return -1 if "before" in words or "earlier" in words else 1


def _placed(slot: Slot, mention: Mention, today: date) -> date | DateClash | None:
    """The day that a mention means for a slot, or why it means none."""
    if mention.nights:
        return DateClash(f"Which day of that weekend is the {slot.label}?")
    if mention.weekday is not None and mention.bound and mention.exact and mention.exact - today < timedelta(14):
        nearer = today + timedelta((mention.weekday - today.weekday()) % 7)
        if today < nearer < mention.exact:
            either = f"{format_day(nearer)} or {format_day(mention.exact)}"
            return DateClash(f"Which day is meant for the {slot.label}: {either}?")
    try:
        if not slot.past:
            return _ahead(slot, mention, mention.place(today), today)
        day = mention.place_past(today)
    except DateClash as clash:
        return clash
    if day > today:
        return DateClash(f"{format_day(day)} is still to come; the {slot.label} is a day that has been.")
    born = bool(_BIRTH.search(f"{slot.label} {slot.ask}"))  # nobody who books for himself was born this spring
    if mention.month and not mention.year and mention.exact is None and (born or (today - day).days > 183):
        return DateClash(f"{day.day} {MONTHS[day.month - 1].title()} of which year is the {slot.label}?")
    return day


def _ahead(slot: Slot, mention: Mention, day: date, today: date) -> date | DateClash:
    """A day without its year that has just passed is hardly the one of next year; "the 8th" said on the 8th is open."""
    if mention.year is None and mention.exact is None and mention.month and (day - today).days > 300:
        return DateClash(f"{day.day} {MONTHS[day.month - 1].title()} has passed; which day is the {slot.label}?")
    if mention.day and not mention.month and mention.weekday is None and mention.exact is None and day == today:
        return DateClash(f"Is that today, or the {day.day}{suffix(day.day)} of next month?")
    return day


def _exact(given: str, reading: Reading) -> Reading:
    """A reading of a range; DateClash where its days or its length are only about right, or both ends one day."""
    if re.fullmatch(r"\d{1,2}-\d{1,2}", reading.text.strip(" .!?")):
        raise DateClash(f"{given[:20]!r} may be one day or the first and the last; which days are meant?")
    if _PERIOD.search(reading.text) or _BESIDE.search(reading.text):
        raise DateClash(f"{given[:60]!r} gives no two days; which are the first and the last?")
    if _ONE_DAY.search(reading.text):
        raise DateClash("The first and the last day are one; which days are meant?")
    if _ABOUT.search(reading.text):
        raise DateClash(f"{given[:60]!r} gives only about when; which days exactly?")
    return reading


def _start(slot: Slot, given: str, today: date) -> date | None:
    reading = _exact(given, _ordered(slot, read(given, today, True)))
    start, _ = span(reading, today)
    if len(reading.mentions) == 1 and not reading.lengths and _ONLY_UNTIL.search(reading.before(0)):
        raise DateClash(f"Only the last day was given in {given[:60]!r}; from when?")
    return start or (None if reading.lengths else _last_resort(given, today))


def _end(slot: Slot, given: str, today: date, begun: date | None) -> date | None:
    reading = _exact(given, _ordered(slot, read(given, today, True)))
    if not reading.mentions:
        return _end_by_length(reading, given, today, begun)
    if len(reading.mentions) > 1 or reading.lengths or reading.mentions[0].nights:
        end = span(reading, today)[1]
        if begun and end and end <= begun and reading.mentions[0].nights:
            return span(read(given, begun, True), begun)[1]  # "until the end of the weekend", of a later week
        return end
    if _ARRIVE.search(reading.before(0)) and not _LEAVE.search(reading.before(0)):
        raise DateClash(f"Only the first day was given in {given[:60]!r}; until when, or for how long?")
    return _single_end(reading, given, today, begun)


def _end_by_length(reading: Reading, given: str, today: date, begun: date | None) -> date | None:
    if begun is None:
        return None
    if _LATER.search(reading.text):
        return begun + timedelta(1)
    span(reading, today)  # an unclear length is asked back
    return _stretch(begun, reading.lengths) if reading.lengths else _last_resort(given, today)


def _single_end(reading: Reading, given: str, today: date, begun: date | None) -> date:
    """One day, said for the end of a range that begins on `begun` when that is known."""
    mention, first = reading.mentions[0], reading.mentions[0].place(today)
    if _by_night(reading) and begun in (None, first):
        return first + timedelta(1)  # "Friday night" said for both ends
    if begun and first <= begun and re.search(r"\b(?:end|day) of (?:the|this) month\b", reading.text):
        mention = read(given, begun, True).mentions[0]
    day = mention.place(begun + timedelta(1) if begun else today)
    if begun and re.fullmatch(r"\d{1,2}", given) and int(given) <= 14 < (day - begun).days:
        raise DateClash(f"Does {given} mean {given} nights, or the {given}{suffix(int(given))} of the month?")
    if begun and mention.month and not mention.year and (day - begun).days > 183:
        raise DateClash(f"That day is not after {format_day(begun)}; which later day is meant?")
    return day


def _last_resort(given: str, today: date) -> date | None:
    """dateparser, for odd spellings that name a day and a month in full."""
    norm = normalise(given)
    if len(given) > 60 or not re.search(r"\b(?:[1-9]|[12]\d|3[01])\b", norm) or not re.search(rf"\b{MONTH}\b", norm):
        return None
    if re.search(r"[a-z]", re.sub(rf"\b(?:{MONTH}|{WEEKDAY}|st|nd|rd|th|on|the|of)\b", "", norm)):
        return None  # other words: a guess, not a date
    import dateparser

    base = datetime(today.year, today.month, today.day)
    found = dateparser.parse(
        norm,
        languages=["en"],
        settings={
            "RELATIVE_BASE": base,
            "PREFER_DATES_FROM": "future",
            "DATE_ORDER": "DMY",  # only where the month is named
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return found.date() if found else None


def _later(day: date, days: int) -> date:
    """`day` moved on, at most to the last day of the calendar."""
    return date.fromordinal(min(day.toordinal() + days, date.max.toordinal()))


def dates_in(text: str, today: date, past: bool = False) -> list[date]:
    """Every day that `text` names, in order, with both ends of ranges and weekends; no-days are left out.

    A wrong weekday does not hide its date: "Monday 12 June" counts as 12 June. With `past` days without their year lie
    behind today.
    """
    reading = _without_orders(text, read(text, today, False))
    if past:
        placed = [_placed_past(mention, today) for mention in reading.mentions]
        return [day for day in placed if day is not None]
    days: list[date] = []
    mentions = list(reading.mentions)
    for i, mention in enumerate(mentions):
        ranged = i > 0 and bool(_RANGE.search(reading.before(i)))
        if i + 1 < len(mentions) and _RANGE.search(reading.before(i + 1)):
            mention = _lend(mention, mentions[i + 1])[0]
        floor = _later(days[-1], 1) if ranged and days else today
        day = (
            try_place(mention, floor) or try_place(replace(mention, weekday=None), floor)
            if mention.day
            else try_place(mention, floor)
        )
        if day is not None:
            days += [day, _later(day, mention.nights)] if mention.nights else [day]
    return days


def _placed_past(mention: Mention, today: date) -> date | None:
    for one in (mention, replace(mention, weekday=None)):
        try:
            return one.place_past(today)
        except (DateClash, AssertionError):
            continue
    return None


def format_day(day: date, month_first: bool = False) -> str:
    """`Friday 12 June`, or `Friday, June 12` where the month stands first."""
    weekday, month = WEEKDAYS[day.weekday()].title(), MONTHS[day.month - 1].title()
    return f"{weekday}, {month} {day.day}" if month_first else f"{weekday} {day.day} {month}"


def format_stay(start: date, end: date) -> str:
    """`Friday 12 June to Monday 15 June, 3 nights`."""
    nights = (end - start).days
    return f"{format_day(start)} to {format_day(end)}, {nights} night{'' if nights == 1 else 's'}"
