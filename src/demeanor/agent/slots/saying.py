"""How values are said and written: by an agent, by users in many ways, in JSON; and values that a user might want."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

from demeanor.agent.slots.dates import format_day
from demeanor.agent.slots.figures import stem
from demeanor.agent.slots.money import sign_of
from demeanor.agent.slots.types import Slot
from demeanor.agent.slots.words import CARDINAL

ADVANCE_DAYS = 75
_WORDS = {number: word for word, number in CARDINAL.items() if number <= 20}


def number_word(n: int) -> str:
    """7 -> "seven"; figures above twenty."""
    return _WORDS.get(n, str(n))


def plain(value: Any) -> Any:
    """A value as JSON and SQL can have it: days and times in ISO form."""
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, time):
        return value.isoformat("minutes")
    return value.isoformat() if isinstance(value, date) else value


def listed(items: Sequence[str]) -> str:
    """ "a, b and c"."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def shown(slot: Slot, value: Any) -> str:
    """A value as an agent says it: "Friday 12 June" ("Friday, June 12" in a country that says so), "19:30", "3 boxes", "2.5 kg", "yes"."""
    if isinstance(value, tuple | list):
        return listed([shown(replace(slot, many=False), item) for item in value])
    if isinstance(value, bool):
        return slot.label if value else f"no {slot.label}"
    if isinstance(value, date):
        year = f"{',' if slot.month_first else ''} {value.year}" if slot.past else ""
        return format_day(value, bool(slot.month_first)) + year
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if slot.type == "money":
        return f"{value:,.2f} {slot.unit}".strip()
    if slot.type == "number" or slot.counts:
        return f"{value:g} {_counted(slot.unit or slot.label, value)}"
    return str(value)


def _counted(noun: str, value: float) -> str:
    """What a number counts, of one without its plural."""
    return stem(noun) if value == 1 and not noun.endswith("ss") else noun


def ways(slot: Slot, value: Any) -> list[str]:
    """Ways in which users say a value, the plain one first; those that could mean another value are for the caller to
    leave out (it asks the slot's reader).
    """
    if isinstance(value, bool):
        return ["yes"] if value else ["no"]
    if isinstance(value, time):
        return _times(value)
    if slot.type == "money":
        whole, cents = divmod(round(value * 100), 100)
        named = [f"{whole}.{cents:02d}", f"{whole} {slot.unit} {cents:02d}"] if cents else [f"{whole}"]
        named += [] if cents else [f"{whole} {slot.unit}"]
        return [*named, f"{sign_of(slot.unit)}{whole}.{cents:02d}"] if slot.unit else named[:1]
    if slot.type in ("number", "int"):
        noun = _counted(slot.unit if slot.type == "number" else slot.label, value)
        word = number_word(int(value)) if value == int(value) else f"{value:g}"
        half = [f"{number_word(int(value))} and a half {noun}"] if value % 1 == 0.5 and value > 1 else []
        return [f"{value:g} {noun}".strip(), f"{value:g}", f"{word} {noun}".strip(), word, *half]
    if slot.type == "phone":
        return _telephones(str(value), slot.country)
    if slot.type == "email":
        return [str(value), str(value).replace("@", " at ").replace(".", " dot ")]
    return [str(value)]


def _telephones(number: str, country: str) -> list[str]:
    """A number as it is kept, as its country groups it, and as it is dialled there."""
    import phonenumbers  # late: its tables take a while

    try:
        read = phonenumbers.parse(number, country.upper() or None)
    except phonenumbers.NumberParseException:
        return [number]
    forms = [phonenumbers.PhoneNumberFormat.INTERNATIONAL]
    forms += [phonenumbers.PhoneNumberFormat.NATIONAL] if _dialled(country) == read.country_code else []
    return [number, *(phonenumbers.format_number(read, form) for form in forms)]


def _dialled(country: str) -> int:
    """The country's calling code; 0 where none is known."""
    import phonenumbers

    return int(phonenumbers.country_code_for_region(country.upper()))


def _times(at: time) -> list[str]:
    half = "in the morning" if at.hour < 12 else "in the afternoon" if at.hour < 18 else "in the evening"
    hour, following = at.hour % 12 or 12, (at.hour + 1) % 12 or 12
    spoken = {
        0: f"{hour} o'clock {half}",
        15: f"quarter past {number_word(hour)} {half}",
        30: f"half past {number_word(hour)} {half}",
        45: f"quarter to {number_word(following)} {half}",
    }
    short = f"{hour}{at:%p}".lower() if at.minute == 0 else f"{hour}:{at:%M%p}".lower()
    return [f"{at:%H:%M}", short, *([spoken[at.minute]] if at.minute in spoken else ())]


CODES = 12  # codes drawn for one


def draw_code(slot: Slot, rng: random.Random) -> str:
    """A code of the slot's form, as far as its pattern tells; where that sets no length, a short one."""
    from rstr import Rstr

    assert slot.pattern is not None
    made = [Rstr(rng).xeger(slot.pattern) for _ in range(CODES)]
    return min(made, key=len)


def draw(slot: Slot, rng: random.Random, today: date, begun: date | None = None) -> Any:
    """A value that a user might want; None for types whose values only a project knows (names, texts, codes).

    Args:
        begun: the day that begins the range which the slot ends.
    """
    if slot.type == "date":
        if begun is not None:
            return begun + timedelta(days=rng.choice((1, 2, 2, 3, 3, 3, 4, 5, 6, 7)))
        days = rng.randint(1, ADVANCE_DAYS)
        return today - timedelta(days=days) if slot.past else today + timedelta(days=days)
    if slot.type == "time":
        low, high = slot.min or time(8), slot.max or time(20)
        quarters = range(-(-(low.hour * 60 + low.minute) // 15), (high.hour * 60 + high.minute) // 15 + 1)
        minutes = rng.choice(list(quarters) or [low.hour * 4]) * 15
        return time(minutes // 60, minutes % 60)
    if slot.counts:
        return rng.randint(slot.min if slot.min is not None else 1, slot.max if slot.max is not None else 9)
    if slot.type in ("number", "money"):
        low, high = (
            slot.min if slot.min is not None else 1,
            slot.max if slot.max is not None else 9 + 90 * (slot.type == "money"),
        )
        step = 0.5 if high - low < 50 else 1
        value = low + step * rng.randint(0, int((high - low) / step))
        return int(value) if value == int(value) else value
    if slot.type == "yes_no":
        return rng.random() < 0.5
    return rng.choice(list(slot.choices)) if slot.type == "choice" else None
