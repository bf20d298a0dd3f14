"""Personal data in texts: e-mail addresses, phone and card numbers. What stands in the pages is public.

Patterns only, no names: a name in a booking is what the dialogue is about.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from demeanor.data.checks.problem import Finding, Known
from demeanor.dialogue import Dialogue

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_RESERVED = re.compile(r"@(?:[\w-]+\.)*(?:example\.(?:com|net|org)|example|test|invalid|localhost)$", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_PHONE = re.compile(
    r"(?<![\w.,-])(?:\+|00|\(?0)[1-9](?:[ ()./-]{0,2}\d){7,13}(?!\w)"
    r"|(?<![\w-])\d{3}[-. ]\d{3}[-. ]\d{4}(?![\w-])"
)
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}")
_HINT = re.compile(r"@|\d[\d ()./-]{7,}")


def personal_data(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """An address or number of a person, in any message."""
    for index, message in enumerate(dialogue.messages):
        passed = (str(value) for call in message.calls for value in call.arguments.values())
        for text in filter(_HINT.search, (message.content, *passed)):
            for kind, found in _private(text):
                if found not in known.pages and not _RESERVED.search(found):
                    fix = "replace it by an invented one"
                    yield Finding("warning", index, f"{kind} in the text: {_masked(found)}", fix)


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


def _passes_luhn(digits: str) -> bool:
    """The check digit that every payment card carries (ISO/IEC 7812)."""
    doubled = [int(d) * (2 if k % 2 else 1) for k, d in enumerate(reversed(digits))]
    return sum(n - 9 if n > 9 else n for n in doubled) % 10 == 0


def _masked(text: str) -> str:
    """The first and last two characters: reports are passed around."""
    return f"{text[:2]}...{text[-2:]}"
