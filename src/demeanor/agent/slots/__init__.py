"""The slot resolver: what a guest said -> a value, against a clock.

One place for tools, checks and evaluation. `resolve` is pure: the same slot, text, `today` and known values
give the same answer, and no text makes it raise. Values that are already plain (ISO dates, numbers,
canonical choices) pass through. `dates`, `numbers` and `choices` hold the rules by type; `words` brings
sloppy English into the form that they read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from demeanor.agent.slots.choices import resolve_choice, resolve_code, resolve_option, resolve_text
from demeanor.agent.slots.dates import dates_in, format_day, format_stay, resolve_date
from demeanor.agent.slots.numbers import numbers_in, resolve_people
from demeanor.agent.slots.restating import Restated, restated, values_in
from demeanor.agent.slots.things import resolve_int
from demeanor.agent.slots.types import Resolved, Slot, SlotType, Unresolved

__all__ = [
    "Resolved",
    "Restated",
    "Slot",
    "SlotType",
    "Unresolved",
    "dates_in",
    "format_day",
    "format_stay",
    "numbers_in",
    "resolve",
    "restated",
    "values_in",
]

_NOTHING: Mapping[str, object] = {}
_OR = re.compile(r"\bor(?: (?:else|maybe|perhaps|possibly|even))?\b", re.IGNORECASE)
_DAYS = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?,? or (?:maybe |perhaps |on )?(?:the )?(\d{1,2})\b", re.IGNORECASE)
_BY_TYPE = {
    "int": resolve_int,
    "people": resolve_people,
    "choice": resolve_choice,
    "text": resolve_text,
    "code": resolve_code,
    "option": resolve_option,
}


def resolve(slot: Slot, text: object, today: date, known: Mapping[str, object] = _NOTHING) -> Resolved | Unresolved:
    """The value that `text` gives for `slot` when today is `today`.

    `known` holds values of other slots (a `check_in` for a `check_out` slot with `after="check_in"`). A
    range phrase gives its start, or its end for a slot with `after`; there a length ("three nights") counts
    from the known start or from the start in the phrase. Never raises: what is not understood comes back as
    `Unresolved` with a sentence.
    """
    if text is None:
        return Unresolved(f"No {slot.label} was given.")
    if isinstance(text, str) and len(_either(slot, text, today, known)) > 1:
        return Unresolved(f"{text!r} leaves open which {slot.label} is meant; ask for one.")
    return _resolve(slot, text, today, known)


def _resolve(slot: Slot, text: object, today: date, known: Mapping[str, object]) -> Resolved | Unresolved:
    if slot.type == "date":
        return resolve_date(slot, text, today, known)
    return _BY_TYPE[slot.type](slot, text)


def _either(slot: Slot, text: str, today: date, known: Mapping[str, object]) -> set[object]:
    """The different values between which a text leaves the choice: "5 or 12 June", "two of us, or maybe three"."""
    if not (slot.counts or slot.type in ("date", "choice")) or not _OR.search(text):
        return set()
    if any(text.strip().lower() in (name.lower(), *map(str.lower, others)) for name, others in slot.choices.items()):
        return set()  # a choice whose own name has an "or"
    parts = _OR.split(text)
    if slot.type == "date" and (days := _DAYS.search(text)):
        parts += [f"{text[: days.start()]}{day}{text[days.end() :]}" for day in days.groups()]
    found = (_resolve(slot, part, today, known) for part in parts)
    return {one.value for one in found if isinstance(one, Resolved)}
