"""The slot resolver: what a guest said -> a value, against a clock.

One place for tools, checks and evaluation. `resolve` is pure: the same slot, text, `today` and known values
give the same answer, and no text makes it raise. Values that are already plain (ISO dates, numbers,
canonical choices) pass through. `dates`, `numbers` and `choices` hold the rules by type; `words` brings
sloppy English into the form that they read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from demeanor.slots.choices import resolve_choice, resolve_code, resolve_option, resolve_text
from demeanor.slots.dates import dates_in, format_day, format_stay, resolve_date
from demeanor.slots.numbers import numbers_in, resolve_int
from demeanor.slots.types import Resolved, Slot, SlotType, Unresolved

__all__ = [
    "Resolved",
    "Slot",
    "SlotType",
    "Unresolved",
    "dates_in",
    "format_day",
    "format_stay",
    "numbers_in",
    "resolve",
]

_NOTHING: Mapping[str, object] = {}
_BY_TYPE = {
    "int": resolve_int,
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
    if slot.type == "date":
        return resolve_date(slot, text, today, known)
    return _BY_TYPE[slot.type](slot, text)
