"""Figures as people say them: times of day, amounts and counts in a text, and all the ways to say one of them again.

Everything works on the normalised text of `words.normalise`, in which number words are digits: "half past seven" reads
"half past 7", "eighteen forty" reads "18 40".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from demeanor.agent.slots.words import normalise

_HOUR = r"(\d{1,2})"
_MEANT = r"(?:\s*(?P<half>a\.?m\.?|p\.?m\.?|in the (?:morning|afternoon|evening)|at night|tonight)(?!\w))?"
_CLOCK = re.compile(rf"(?<![\d.,:]){_HOUR}[:.h](\d{{2}})(?!\d|[.,]\d)(?:\s*o'?clock)?{_MEANT}")
_FULL = re.compile(
    rf"(?<![\d.,:]){_HOUR}\s*(?:o'?clock|uhr|(?=[ap]\.?m\b)|(?=in the (?:morning|afternoon|evening)\b)){_MEANT}"
)
_PAST = re.compile(rf"\b(half|quarter|\d{{1,2}})(?: minutes)?\s+(past|after|to|before)\s+{_HOUR}(?!\d|[.,:]\d){_MEANT}")
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_PARTS = r"in the (?:morning|afternoon|evening)|at night|tonight"
_TAIL = rf"(?:\s*(?:o'?clock|uhr|h|hours?|a\.?m\.?|p\.?m\.?|sharp|{_PARTS})(?!\w))*"
_MONEY = r"(?:\s*(?:€|euros?|eur|bucks|in total|all in|a month|monthly|per month|each))*"


@dataclass(frozen=True)
class Clock:
    """A time of day as it was said. `sure`: morning or afternoon was said, or cannot be mistaken."""

    at: time
    sure: bool


def clocks_in(text: str) -> list[Clock]:
    """The times of day that a text names, in order."""
    norm = normalise(text)
    found: list[tuple[int, Clock]] = []
    for match in _PAST.finditer(norm):
        minutes = {"half": 30, "quarter": 15}.get(match[1]) or int(match[1])
        hour = int(match[3])
        back = match[2] in ("to", "before")
        if minutes < 60 and hour < 25:
            found.append((match.start(), _clock(hour - 1 if back else hour, 60 - minutes if back else minutes, match)))
    taken = _PAST.sub(lambda m: " " * len(m[0]), norm)
    for pattern in (_CLOCK, _FULL):
        for match in pattern.finditer(taken):
            hour, minute = int(match[1]), int(match[2]) if pattern is _CLOCK else 0
            if hour < 25 and minute < 60:
                found.append((match.start(), _clock(hour, minute, match)))
    found += [(m.start(), Clock(_NAMED[m[0]], True)) for m in re.finditer(r"\b(?:noon|midday|midnight)\b", norm)]
    return [clock for _, clock in sorted(found, key=lambda pair: pair[0])]


def _clock(hour: int, minute: int, match: re.Match[str]) -> Clock:
    half = match["half"] or ""
    if half and hour <= 12:
        late = half.startswith("p") or "after" in half or "even" in half or "night" in half
        hour = hour % 12 + (12 if late else 0)
    return Clock(time(hour % 24, minute), bool(half) or hour > 12 or hour == 0)


def ways_to_say_time(at: time) -> list[str]:
    """Regular expressions of a time of day in normalised text, the longest first."""
    hours = sorted({str(at.hour), str(at.hour % 12 or 12), f"{at.hour:02d}"}, key=len, reverse=True)
    following = sorted({str((at.hour + 1) % 24), str((at.hour + 1) % 12 or 12)}, key=len, reverse=True)
    here, next_hour = f"(?:{'|'.join(hours)})", f"(?:{'|'.join(following)})"
    minute = at.minute
    ways = [rf"{here}\s*[:.h ]\s*{minute:02d}"]
    if minute == 0:
        ways += [here]
    if minute in (15, 45):
        ways += [
            rf"(?:a )?quarter (?:past|after) {here}" if minute == 15 else rf"(?:a )?quarter (?:to|before) {next_hour}"
        ]
    if minute == 30:
        ways += [rf"half(?: past)? {here}"]
    ways += [rf"{minute}(?: minutes)? (?:past|after) {here}"] if 0 < minute <= 30 else []
    ways += [rf"{60 - minute}(?: minutes)? (?:to|before) {next_hour}"] if minute >= 30 else []
    names = [name for name, named in _NAMED.items() if named == at]
    return [rf"(?<![\d.,:])(?:{way}){_TAIL}(?![\d:])" for way in [*ways, *names]]


def ways_to_say_amount(amount: float) -> list[str]:
    """Regular expressions of an amount or a measure in normalised text."""
    whole, cents = divmod(round(amount * 100), 100)
    grouped = f"{whole:,}".replace(",", "[.,' ]?")
    ways = []
    if cents:
        ways += [rf"{grouped}\s*(?:[.,]|euros?(?: and)?|€| )\s*{cents:02d}"]
        ways += [rf"{grouped}[.,]{cents // 10}"] if cents % 10 == 0 else []
        ways += [rf"{grouped} and (?:a |1 )?half"] if cents == 50 else []
    else:
        ways += [rf"{grouped}(?:[.,]00|,-)?"]
    return [rf"(?:€\s*)?(?<![\d.,])(?:{way}){_MONEY}(?![\d])" for way in ways]


def without(norm: str, ways: Iterable[str], leads: str = "") -> str:
    """A normalised text without what these expressions match, and the small words that lead to it."""
    for way in sorted(ways, key=len, reverse=True):
        norm = re.sub(rf"{leads}{way}", " ", norm)
    return norm
