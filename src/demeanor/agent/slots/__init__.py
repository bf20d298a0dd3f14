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

from demeanor.agent.slots.dates import dates_in, format_day, format_stay
from demeanor.agent.slots.figures import stem
from demeanor.agent.slots.kinds import KINDS, Kind, read_slot
from demeanor.agent.slots.lists import resolve_list, split_items
from demeanor.agent.slots.numbers import numbers_in
from demeanor.agent.slots.restating import Restated, named_in, restated, values_in, without_contacts
from demeanor.agent.slots.saying import draw, draw_code, listed, number_word, plain, shown, ways
from demeanor.agent.slots.types import PLACEHOLDER, Resolved, Slot, SlotType, Unresolved

__all__ = [
    "KINDS",
    "PLACEHOLDER",
    "Kind",
    "Resolved",
    "Restated",
    "Slot",
    "SlotType",
    "Unresolved",
    "dates_in",
    "draw",
    "draw_code",
    "format_day",
    "format_stay",
    "listed",
    "named_in",
    "number_word",
    "numbers_in",
    "plain",
    "resolve",
    "restated",
    "shown",
    "split_items",
    "stem",
    "values_in",
    "ways",
    "without_contacts",
]

_NOTHING: Mapping[str, object] = {}
_OR = re.compile(r"\bor(?: (?:else|maybe|perhaps|possibly|even))?\b", re.IGNORECASE)
_DAYS = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?,? or (?:maybe |perhaps |on )?(?:the )?(\d{1,2})\b", re.IGNORECASE)


def resolve(slot: Slot, text: object, today: date, known: Mapping[str, object] = _NOTHING) -> Resolved | Unresolved:
    """The value that `text` gives for `slot` when today is `today`.

    `known` holds values of other slots (a `check_in` for a `check_out` slot with `after="check_in"`). A
    range phrase gives its start, or its end for a slot with `after`; there a length ("three nights") counts
    from the known start or from the start in the phrase. Never raises: what is not understood comes back as
    `Unresolved` with a sentence.
    """
    if text is None:
        return Unresolved(f"No {slot.label} was given.")
    if isinstance(text, str) and not slot.secret:
        text = PLACEHOLDER.sub(" ", text)  # its number counts nothing
    if slot.many:
        return resolve_list(slot, text, lambda one, item: resolve(one, item, today, known))
    if isinstance(text, str) and len(_either(slot, text, today, known)) > 1:
        return Unresolved(f"{text!r} leaves open which {slot.label} is meant; ask for one.")
    return read_slot(slot, text, today, known)


def _either(slot: Slot, text: str, today: date, known: Mapping[str, object]) -> set[object]:
    """The different values between which a text leaves the choice: "5 or 12 June", "two of us, or maybe three"."""
    if not KINDS[slot.type].open or not _OR.search(text):
        return set()
    if any(text.strip().lower() in (name.lower(), *map(str.lower, others)) for name, others in slot.choices.items()):
        return set()  # a choice whose own name has an "or"
    parts = _OR.split(text)
    if slot.type == "date" and (days := _DAYS.search(text)):
        parts += [f"{text[: days.start()]}{day}{text[days.end() :]}" for day in days.groups()]
    found = (read_slot(slot, part, today, known) for part in parts)
    return {one.value for one in found if isinstance(one, Resolved)}
