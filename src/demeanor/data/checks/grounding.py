"""Numbers and codes in replies come from somewhere: the user, a tool, a passage, the clock, agent.yaml.

An agent that is trained on a price from nowhere learns to invent prices. Digits are compared first, which
settles nearly every reply; only what is left is read the careful way, where "three" counts as 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import Any

from demeanor.agent.slots import numbers_in
from demeanor.data.checks.problem import Finding, Known
from demeanor.dialogue import Dialogue
from demeanor.runtime.knowledge import AlteredPages

_CODE = re.compile(r"\b[A-Za-z]{1,4}-?\d{3,}\b")
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_TELEPHONE = re.compile(r"\+?\d(?:[ ()./-]{0,2}\d){6,}")
SUBSCRIBER = 6
"""So many figures at its end are the same however a telephone number is written, with or without its country."""
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]
_ORDINAL_WORDS = {word: str(n) for n, word in enumerate(_ORDINALS, 1)}
_ORDINAL = re.compile(rf"\b({'|'.join(_ORDINALS)})\b", re.IGNORECASE)


def unsupported_numbers(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply names a number or a code that nothing before it has shown."""
    seen = _Seen()
    changed = AlteredPages.of(dialogue).changed
    nudges = f"{_clock(dialogue, known)} {dialogue.metadata.get('nudge') or ''}"
    own = (known.agent.persona, nudges, *known.agent.sayings(), *known.agent.handoffs.values())
    seen.add("\n".join(own))
    for index, message in enumerate(dialogue.messages):
        if message.role != "assistant":
            seen.add(message.content)
            seen.add(message.context)
            for name, _ in shown_passages(dialogue, index):
                seen.add(changed.get(name) or known.passages.get(name, ("", ""))[1])
        elif message.weight == 1:
            for found in seen.lacks(message.content):
                text = f"{found!r} stands in no user message, tool result or passage before"
                yield Finding("warning", index, text, "take it from a tool or a page, or leave it out")


class _Seen:
    """What has been shown so far."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.figures: set[float] = set()
        self.squeezed = ""
        self.telephones: set[str] = set()

    def add(self, text: str) -> None:
        if text:
            self.texts.append(text)
            self.figures |= _figures(text)
            self.squeezed += re.sub(r"[\W_]", "", text).lower() + " "
            self.telephones |= {_subscriber(n) for n in _TELEPHONE.findall(text)}

    def lacks(self, reply: str) -> list[str]:
        """The codes and numbers of a reply that were not shown, as they are written there."""
        codes = [c for c in _CODE.findall(reply) if re.sub(r"\W", "", c).lower() not in self.squeezed]
        rest = _CODE.sub(" ", _TELEPHONE.sub(lambda m: " " if _subscriber(m[0]) in self.telephones else m[0], reply))
        numbers = [n for n in _FIGURE.findall(rest) if _value(n) not in self.figures]
        if numbers:
            spoken = {float(n) for text in self.texts for n in _spoken(text)}
            numbers = [n for n in numbers if _value(n) not in spoken]
        return list(dict.fromkeys(codes + numbers))


def _subscriber(number: str) -> str:
    return re.sub(r"\D", "", number)[-SUBSCRIBER:]


@lru_cache(maxsize=16384)
def _figures(text: str) -> frozenset[float]:
    return frozenset(_value(n) for n in _FIGURE.findall(text))


@lru_cache(maxsize=16384)
def _spoken(text: str) -> tuple[float, ...]:
    return tuple(numbers_in(_ORDINAL.sub(lambda m: _ORDINAL_WORDS[m[0].lower()], text)))


def _value(figure: str) -> float:
    """'1,250.50' -> 1250.5: a mark before exactly three digits groups thousands."""
    plain = re.sub(r"[.,](?=\d{3}(?:\D|$))", "", figure).replace(",", ".")
    head, _, tail = plain.rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}" if head else plain)


def _clock(dialogue: Dialogue, known: Known) -> str:
    """The nudge that the model read at the first turn."""
    try:
        return known.agent.nudge_text(date.fromisoformat(str(dialogue.metadata.get("today"))))
    except ValueError:
        return ""


def shown_passages(dialogue: Dialogue, index: int) -> Iterator[tuple[str, str]]:
    """(id, sha256) of the passages shown with a user message."""
    passages: Any = dialogue.metadata.get("passages")
    found = passages.get(str(index)) if isinstance(passages, dict) else None
    for entry in found if isinstance(found, list) else ():
        if isinstance(entry, dict):
            yield str(entry.get("id")), str(entry.get("sha256", ""))
        elif isinstance(entry, str):
            yield entry, ""


def changed_passages(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A passage that the dialogue leans on has changed since, or is gone."""
    for index in range(len(dialogue.messages)):
        for name, sha256 in shown_passages(dialogue, index):
            now = known.passages.get(name)
            fix = "hold the reply against the page, or synthesize anew"
            if now is None:
                yield Finding("warning", index, f"passage gone: {name!r}", fix)
            elif sha256 and sha256 != now[0]:
                yield Finding("warning", index, f"passage changed: {name!r}", fix)
