"""Personal data in texts: e-mail addresses, phone and card numbers.

Patterns only, no names: a name in a booking is what the dialogue is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from demeanor.data.checks.problem import Known, Placed, Problem

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_RESERVED = re.compile(r"@(?:[\w-]+\.)*(?:example\.(?:com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.,-])(?:\+|00|\(?0)[1-9](?:[ ()./-]{0,2}\d){7,13}(?!\w)"
    r"|(?<![\w-])\d{3}[-. ]\d{3}[-. ]\d{4}(?![\w-])"
)
# Kept for fiction: in North America, and in Britain (Ofcom); what other countries keep is in no plan of theirs.
_FICTION = re.compile(
    r"^1?\d{3}55501\d\d$|^(?:44|0)(?:2079460|1(?:1[3-8]|[2-6]1)4960|1914980|2920180|2896496|1632960)\d{3}$"
)
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}")
_HINT = re.compile(r"@|\d[\d ()./-]{7,}")


SHARED = 0.25
"""Where so large a share of a field's numbers is told in several conversations, the field holds a business's own."""
REPLY = ("", "reply")


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
        for text in filter(_HINT.search, (message.content, *passed)):
            for kind, found in _private(text):
                if _RESERVED.search(found) or (kind == "a phone number" and _nobodys(found, country)):
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


def _private(text: str) -> Iterator[tuple[str, str]]:
    for match in _EMAIL.finditer(text):
        yield "an e-mail address", match[0]
    for match in _CARD.finditer(text):
        if _passes_luhn(re.sub(r"\D", "", match[0])):
            yield "a card number", match[0]
            text = text.replace(match[0], " ")
    for match in _PHONE.finditer(text):
        if not _DATE.match(match[0]):
            yield "a phone number", match[0].strip()


def _nobodys(number: str, country: str) -> bool:
    """Whether a telephone number rings nowhere: none of its country's, or kept for fiction. Without one it may."""
    import phonenumbers  # late: only what looks like a number needs the tables

    if _FICTION.search(re.sub(r"\D", "", number)):
        return True
    try:
        read = phonenumbers.parse(number, country.upper() or None)
    except phonenumbers.NumberParseException:
        return False
    return not phonenumbers.is_valid_number(read)


def _passes_luhn(digits: str) -> bool:
    """The check digit that every payment card carries (ISO/IEC 7812)."""
    doubled = [int(d) * (2 if k % 2 else 1) for k, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _masked(text: str) -> str:
    """The first and last two characters: reports are passed around."""
    return f"{text[:2]}...{text[-2:]}"
