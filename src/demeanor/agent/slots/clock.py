"""Times of day: what a text names, which is meant, and all the ways to say one again.

Everything works on the text of `words.normalise`, in which number words are digits: "half past seven" reads "half past
7", "eighteen forty" reads "18 40". Morning or evening is what was said beside it, what the question was about, or the
only one of the two within the slot's bounds; else it is asked back, as are "half eight", which is 7:30 or 8:30, and a
bound ("after 5", "between 4 and 6").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import time

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import normalise

_HOUR = r"(?P<hour>\d{1,2})"
_PART = r"(?:in the |this |tomorrow |at )?(?:morning|afternoon|evening|night)|tonight"
_HALF_DAY = rf"(?:[\s,]*(?P<half>a\.?m\b\.?|p\.?m\b\.?|(?:{_PART})\b))?"
_NOT_MORE = r"(?![\d]|[.,:/]\d|\s*(?:%|€|euros?|kg|km))"
_FORMS = [
    re.compile(rf"\b(?P<named>noon|midday|midnight|midnite){_HALF_DAY}"),
    re.compile(
        rf"\b(?P<minutes>half|quarter|\d{{1,2}})(?: minutes?| mins?)? (?P<way>past|after|to|before|til|of) {_HOUR}{_NOT_MORE}"
        rf"(?: ?o'?clock)?{_HALF_DAY}"
    ),
    re.compile(rf"\b(?P<halfeight>half) {_HOUR}{_NOT_MORE}{_HALF_DAY}"),
    re.compile(
        rf"(?<![\d.,:/-])(?P<zero>0|oh )?{_HOUR}\s?(?:[:.h]|[-,](?=\d\d ?(?:uhr|h\b|o'?clock|$)))\s?(?P<minute>[0-5]\d){_NOT_MORE}(?: ?o'?clock| ?uhr| ?h\b)?{_HALF_DAY}"
    ),
    re.compile(
        rf"(?<![\d.,:/-])(?P<zero>0|oh )(?P<hour>\d)(?: ?(?P<minute>[0-5]\d)| hundred)?\b{_NOT_MORE}(?: ?hours| ?hrs)?{_HALF_DAY}"
    ),
    re.compile(rf"(?<![\d.,:/-]){_HOUR}(?P<minute>[0-5]\d) ?(?:hours|hrs|h)\b(?P<half>)"),
    re.compile(
        rf"(?<![\d.,:/-]){_HOUR} ?(?:o'?clock|uhr|sharp|h\b|(?=[ap]\.?m\b)|(?=,? ?(?:in the|this) (?:morning|afternoon|evening)\b)"
        rf"|(?=,? ?(?:at night|tonight)\b)){_HALF_DAY}"
    ),
    re.compile(
        rf"(?<![\d.,:/-])(?P<hour>1[3-9]|2[0-3]) (?P<minute>[0-5]\d)\b{_NOT_MORE}(?! ?(?:people|guests|[a-z]+s\b)){_HALF_DAY}"
    ),
]
# "seven thirty": two numbers in words, where nothing else can follow.
_SPOKEN = re.compile(
    rf"(?<![\d.,:/-])(?P<hour>\d|1[0-2]) (?P<minute>[0-5]\d)\b(?=,? ?(?:[ap]\.?m\b|{_PART})|\s*(?:$|[,.;!?]|sharp|please|pls|on the dot)){_HALF_DAY}"
)
_DIGITS = re.compile(
    r"(?:^|\b(?:at|around|about|by|from) )(?P<hour>[01]\d|2[0-3])(?P<minute>[0-5]\d)(?P<zero>)(?P<half>)(?=\s*(?:$|[,.;!?]|please|pls|sharp|hours|hrs))"
)
# A bare number is an hour where it stands as one: after its preposition, or as the whole of a clause.
_BARE = re.compile(
    rf"(?:\b(?:at|around|about|by|say|til|till|until|from|before|after|like|rather|better|make it|come|let's say)\s+|^|[,.;!?]\s*)"
    rf"{_HOUR}(?!\d|[.,:/]\d|\s*(?:%|€|st\b|nd\b|rd\b|th\b)){_HALF_DAY}(?=\s*(?:$|[,.;!?]|please|pls|if|or|and|then|on|would|works|is|too|for|that|suits|to|-|at|with|sharp|because|tonight|tomorrow|today|as)\b|\s*$|\s*[,.;!?-])"
)
_BOUND = re.compile(
    r"\b(?:before|after|until|till?|by|from|since|past|between|earliest|latest|later than|earlier than|no later than)\s+$"
)
_TO_ANOTHER = re.compile(r"^\s*(?:-|to|and|until|till?)\s*\d")
_FOOD = re.compile(r"\b(?:breakfast|dinner|supper|lunch|tea|coffee)\b")  # in an answer these are also things
_ALL_DAY = re.compile(r"\b(?:day and night|night and day)\b")
_WAKING = (time(6, 30), time(21, 59))  # of 3 and 15 o'clock the latter, where nothing else decides
_NAMED = {"noon": time(12), "midday": time(12), "midnight": time(0), "midnite": time(0)}
_MORNING = re.compile(r"\b(?:morning|breakfast|a\.?m|wake|dawn|sunrise|before noon)\b")
_LATE = re.compile(r"\b(?:afternoon|evening|tonight|night|dinner|supper|p\.?m|lunch|midday|sunset|dusk)\b")
_PARTS = r"in the (?:morning|afternoon|evening)|at night|tonight"
_TAIL = rf"(?:\s*(?:o'?clock|uhr|h|hours?|a\.?m\.?|p\.?m\.?|sharp|{_PARTS})(?!\w))*"
_AROUND = re.compile(
    r"\bin (?:about |around )?(?:\d|half|a|an) |\b(?:hours?|minutes?) (?:from now|later|earlier|before|after)\b"
)


@dataclass(frozen=True)
class Clock:
    """A time of day as it was said at `begin:end`. `sure`: which half of the day cannot be mistaken; `open_`: it is
    no time but a bound, or has two readings.
    """

    at: time
    sure: bool
    begin: int = 0
    end: int = 0
    open_: bool = False


def clocks_in(text: str, bare: bool = False) -> list[Clock]:
    """The times of day that a text names, in order; with `bare` also "at 8"."""
    rest, found = normalise(text), list[Clock]()
    for form in [*_FORMS, *([_DIGITS, _SPOKEN, _BARE] if bare else [])]:
        for match in list(form.finditer(rest)):
            begin = match.start("hour") if form in (_BARE, _DIGITS) else match.start()
            clock = _clock(match, begin, rest)
            if clock is not None:
                found.append(clock)
                rest = f"{rest[:begin]}{'~' * (match.end() - begin)}{rest[match.end() :]}"
    return sorted(found, key=lambda clock: clock.begin)


def _clock(match: re.Match[str], begin: int, text: str) -> Clock | None:
    said = match.groupdict()
    half = (said.get("half") or "").strip(" ,")
    span = (begin, match.end())
    spoken = (
        (said.get("minutes") or "") in ("5", "10") and said.get("way") == "to" and "minute" not in match[0] and not half
    )
    open_ = bool(
        spoken or said.get("halfeight") or _BOUND.search(text[:begin]) or _TO_ANOTHER.match(text[match.end() :])
    )
    if said.get("named"):
        return Clock(_NAMED[said["named"]], True, *span, open_)
    hour, minute = int(said["hour"]), int(said.get("minute") or 0)
    if said.get("minutes"):
        minute = {"half": 30, "quarter": 15}.get(said["minutes"]) or int(said["minutes"])
        if said["way"] in ("to", "before", "til", "of"):
            hour, minute = hour - 1, 60 - minute
    elif said.get("halfeight"):
        minute = 30
    if not (0 <= hour < 25 and 0 <= minute < 60):
        return None
    if half and hour <= 12:
        hour = hour % 12 + (
            12 if not re.match(r"a\.?m", half) and "morning" not in half and not _small_hours(half, hour) else 0
        )
    sure = bool(half) or hour > 12 or hour == 0 or bool(said.get("zero")) or (len(said["hour"]) == 2 and hour < 10)
    return Clock(time(hour % 24, minute), sure, *span, open_)


def _small_hours(half: str, hour: int) -> bool:
    """ "3 at night" is early in the morning, "9 at night" is not."""
    return "night" in half and half != "tonight" and (hour < 6 or hour == 12)


def times_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """(the text that positions count in, the times in it)."""
    norm = normalise(text)
    return norm, [Found(c.begin, c.end, _which_half(c, slot, norm)) for c in clocks_in(text, bare=True)]


def _which_half(clock: Clock, slot: Slot, text: str) -> time | None:
    """The time that a clock means for a slot; None when it is left open."""
    if clock.open_:
        return None
    if clock.sure:
        return clock.at
    both = [clock.at.replace(hour=clock.at.hour % 12), clock.at.replace(hour=clock.at.hour % 12 + 12)]
    within = [at for at in both if (slot.min or time.min) <= at <= (slot.max or time.max)]
    if len(within) == 1 and (slot.min or slot.max):
        return within[0]
    for about in (_FOOD.sub(" ", text), _ALL_DAY.sub(" ", f"{slot.ask} {slot.label}".lower())):
        early, late = bool(_MORNING.search(about)), bool(_LATE.search(about))
        if early != late:
            return both[0 if early else 1]
    waking = [at for at in within if _WAKING[0] <= at <= _WAKING[1]]
    return waking[0] if len(waking) == 1 else None


def resolve_time(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one time of day that `text` means, within the slot's bounds."""
    given = text.isoformat("minutes") if isinstance(text, time) else " ".join(str(text).split())[:400]
    if re.fullmatch(r"(?:[01]\d|2[0-3]):[0-5]\d(?::00)?", given):
        return _bounded(slot, time.fromisoformat(given), given)
    norm, found = times_found(slot, given)
    if _AROUND.search(norm) and not found:
        return Unresolved(f"{given[:60]!r} gives no time of the clock for {slot.label}; which time is that?")
    values = meant(norm, found)
    if len(values) == 1:
        return _bounded(slot, values[0], given)
    if found:
        return Unresolved(f"{given[:60]!r} leaves the {slot.label} open; give one time such as '7:30 in the morning'.")
    return Unresolved(f"No time was found in {given[:60]!r} for the {slot.label}; say one such as '19:30'.")


def _bounded(slot: Slot, at: time, given: str) -> Resolved | Unresolved:
    low, high = slot.min or time.min, slot.max or time.max
    if low <= at <= high:
        return Resolved(at, given)
    return Unresolved(f"{at:%H:%M} is not possible for {slot.label}; it must be from {low:%H:%M} to {high:%H:%M}.")


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


def without(norm: str, ways: Iterable[str], leads: str = "") -> str:
    """A normalised text without what these expressions match, and the small words that lead to it."""
    for way in sorted(ways, key=len, reverse=True):
        norm = re.sub(rf"{leads}{way}", " ", norm)
    return norm
