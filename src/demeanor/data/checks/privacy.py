"""Personal data in texts: e-mail addresses, phone and card numbers, bank accounts.

By form only (data/private.py), no names: a name in a booking is what the dialogue is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from demeanor.data.checks.problem import Known, Placed, Problem
from demeanor.data.private import FICTION, RESERVED, by_form

SHARED = 0.25
"""Where so large a share of a field's numbers is told in several conversations, the field holds a business's own."""
REPLY = ("", "reply")
SAID = {"email": "an e-mail address", "iban": "a bank account", "card": "a card number", "phone": "a phone number"}


def personal_data(placed: Sequence[Placed], known: Known) -> Iterator[Problem]:
    """Addresses and numbers of persons, in any message.

    What stands in the pages or in agent.yaml is public, and a number that no network gives out is nobody's. What only
    tools and replies tell is the business's own where its field (a tool's `phone_number`) tells the same to several
    people, as a directory does and a customer's file does not. What a user tells is always personal.
    """
    examples = (example for slot in known.agent.slots.values() for example in slot.examples)
    public = "\n".join((known.pages, known.agent.persona, *known.agent.sayings(), *examples))
    uses = [use for item in placed for use in _uses(item, known.agent.country) if use.found not in public]
    told = {use.found for use in uses if use.field is None}
    tellers: dict[str, set[tuple[str, str]]] = {}
    for use in uses:
        if use.field not in (None, REPLY):
            tellers.setdefault(use.found, set()).add(use.field)
    directories = _directories(uses, tellers)
    for use in uses:
        if use.found in told or not tellers.get(use.found, {REPLY}) & directories:
            text, fix = f"{use.kind} in the text: {_masked(use.found)}", "replace it by an invented one"
            yield Problem("warning", replace(use.item.where, message=use.at), text, fix, "personal_data")


class _Use(NamedTuple):
    """Where an address or a number stands. `field`: tool and key of the result that tells it; None for a user."""

    item: Placed
    at: int
    kind: str
    found: str
    field: tuple[str, str] | None


def _uses(item: Placed, country: str) -> Iterator[_Use]:
    names = {call.id: call.name for message in item.dialogue.messages for call in message.calls}
    for index, message in enumerate(item.dialogue.messages):
        passed = (str(value) for call in message.calls for value in call.arguments.values())
        for text in (message.content, *passed):
            for kind, found in private_in(text):
                if RESERVED.search(found) or (kind == "a phone number" and _nobodys(found, country)):
                    continue
                field: tuple[str, str] | None = REPLY
                if message.role == "tool":
                    field = (names.get(message.call_id, ""), _key_of(found, text))
                yield _Use(item, index, kind, found, None if message.role == "user" else field)


def _key_of(found: str, text: str) -> str:
    """The key of a result, in JSON, under which a text stands."""
    keys = re.findall(r'"(\w+)":', text[: text.find(found)])
    return keys[-1] if keys else ""


def _directories(uses: Sequence[_Use], tellers: Mapping[str, set[tuple[str, str]]]) -> set[tuple[str, str]]:
    """The fields that tell several people the same, or what such a field tells. Replies are a field of what no tool
    tells.
    """
    where: dict[tuple[str, str], dict[str, set[str]]] = {}
    for use in uses:
        if use.field is not None and not (use.field == REPLY and use.found in tellers):
            where.setdefault(use.field, {}).setdefault(use.found, set()).add(use.item.dialogue.id)
    public = {field for field, numbers in where.items() if _share(numbers.values()) >= SHARED}
    listed = {number for field in public for number in where[field]}
    return public | {field for field, numbers in where.items() if len(numbers.keys() & listed) >= SHARED * len(numbers)}


def _share(seen: Collection[set[str]]) -> float:
    return sum(len(dialogues) > 1 for dialogues in seen) / len(seen)


def private_in(text: str) -> Iterator[tuple[str, str]]:
    yield from ((SAID[found.kind], found.value) for found in by_form(text))


def _nobodys(number: str, country: str) -> bool:
    """Whether a telephone number rings nowhere: none of its country's, or kept for fiction. Without one it may."""
    import phonenumbers  # late: only what looks like a number needs the tables

    if FICTION.search(re.sub(r"\D", "", number)):
        return True
    try:
        read = phonenumbers.parse(number, country.upper() or None)
    except phonenumbers.NumberParseException:
        return False
    return not phonenumbers.is_valid_number(read)


def _masked(text: str) -> str:
    """The first and last two characters: reports are passed around."""
    return f"{text[:2]}...{text[-2:]}"
