"""What there is to know of every slot type, in one place: a type is a row of this table.

A new type is a row here, its reader, and how its values are said (`saying`); nothing else in the project asks which
types there are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from demeanor.agent.slots.addresses import resolve_address
from demeanor.agent.slots.choices import resolve_choice
from demeanor.agent.slots.clock import resolve_time, times_found
from demeanor.agent.slots.codes import resolve_code, resolve_option, resolve_text
from demeanor.agent.slots.counts import counts_found, resolve_int
from demeanor.agent.slots.dates import resolve_date
from demeanor.agent.slots.emails import emails, resolve_email
from demeanor.agent.slots.meant import Found
from demeanor.agent.slots.measures import measures_found, resolve_number
from demeanor.agent.slots.money import money_found, resolve_money
from demeanor.agent.slots.names import resolve_name
from demeanor.agent.slots.numbers import resolve_people
from demeanor.agent.slots.phones import phones, resolve_phone
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.yes_no import resolve_yes_no

Reader = Callable[[Slot, object], Resolved | Unresolved]
Finder = Callable[[Slot, str], tuple[str, list[Found]]]


@dataclass(frozen=True)
class Kind:
    """A slot type.

    Args:
        read: what a text means; None for days, whose reading needs the clock (`read_slot`).
        hint: the Python type that a tool receives.
        fields: what a slot of this type may say in agent.yaml, beside what every slot may.
        found: all values of the type in a text, where they can be told apart from its other words.
        literal: its values are copied letter by letter, so they may also be quoted from what a tool returned.
        open: a text may leave the choice between values of it ("2 or 3").
    """

    read: Reader | None
    hint: str
    fields: tuple[str, ...] = ()
    found: Finder | None = None
    literal: bool = False
    open: bool = False


KINDS: Mapping[str, Kind] = {
    "date": Kind(None, "date", ("after", "past"), open=True),
    "time": Kind(resolve_time, "time", ("min", "max"), times_found),
    "int": Kind(resolve_int, "int", ("min", "max"), counts_found),
    "number": Kind(resolve_number, "float", ("min", "max", "unit"), measures_found),
    "people": Kind(resolve_people, "int", ("min", "max"), open=True),
    "money": Kind(resolve_money, "float", ("min", "max", "unit"), money_found),
    "phone": Kind(resolve_phone, "str", (), phones, literal=True),
    "email": Kind(resolve_email, "str", (), emails, literal=True),
    "name": Kind(resolve_name, "str", literal=True),
    "address": Kind(resolve_address, "str", literal=True),
    "yes_no": Kind(resolve_yes_no, "bool"),
    "choice": Kind(resolve_choice, "str", ("choices",), open=True),
    "text": Kind(resolve_text, "str", literal=True),
    "code": Kind(resolve_code, "str", ("pattern",), literal=True),
    "option": Kind(resolve_option, "str", ("of",)),
}


def read_slot(slot: Slot, text: object, today: date, known: Mapping[str, Any]) -> Resolved | Unresolved:
    """What a text means for a slot, choices that it leaves open aside."""
    read = KINDS[slot.type].read
    return resolve_date(slot, text, today, known) if read is None else read(slot, text)
