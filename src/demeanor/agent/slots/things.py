"""How many things: the number that counts them, whatever stands beside it.

Days, times, amounts of money and codes count nothing. Of several numbers the one counts whose noun the slot's name,
question or examples know ("3 pizzas for my two kids"). A span ("2 or 3", "about 20") is asked back.
"""

from __future__ import annotations

import re

from demeanor.agent.slots.numbers import which, whole, within, without_dates
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import normalise

_ABOUT = (
    r"about|around|roughly|approximately|nearly|almost|some|at least|at most|up to|more than|less than|under|over|"
    r"min(?:imum)?|max(?:imum)?|ca\.?"
)
_SPAN = re.compile(
    rf"\d+\s*(?:-|to|or|bis)\s*(?:maybe |perhaps )?\d+|\bbetween\b|\b(?:{_ABOUT})\s+\d+|"
    r"\d+\s*(?:ish\b|-ish|\+|odd\b|or so\b)|\bhalf (?:of )?(?:that|them|it)\b|"
    r"\b(?:a few|several|a couple|some|many|lots)\b(?! of (?:us|you))"
)
_COIN = r"(?:[€$£]|euros?\b|eur\b|quid\b|pounds?\b|dollars?\b|cents?\b|%|percent\b)"
_PRICE = re.compile(rf"[€$£]\s*\d[\d.,]*|\d[\d.,]*\s*{_COIN}")
_TIME = re.compile(
    r"\b\d{1,2}[:.]\d{2}\b|\b\d{1,2}\s*(?:am|pm|o'?clock)\b|\b(?:half|quarter|\d{1,2}) (?:past|to) \d{1,2}\b"
)
_CODE = re.compile(r"\b[a-z]{1,4}-?\d{3,}\b")
_REJECTED = re.compile(r"\b(?:instead of|not|rather than)\s+\d+\b")
_THING = re.compile(
    r"(?<![\w.,-])(-?\d{1,3}(?:[.,]\d{3})+|-?\d+)(?![\w]|[.,]\d)\s*"
    r"(?:x\s*|more\s+|of (?:the|my|our|those|these)\s+)?([a-z']*)"
)
# A number that answers by itself, first of all or as the sum of what was said before.
_HEAD = re.compile(
    r"^(?:well|um+|uh|hm+|just|only|yes|yeah|ok|okay|oh|sure|right|\W)*"
    r"(\d+)\s*(?:[;!?]|[,.](?!\d)|$|please|pls|plz|thanks)"
)
_SUM = re.compile(
    r"\b(?:so|makes?|making|altogether|in total|total of|now it's|that's|that is)\s+(\d+)(?=\s*(?:$|[;!?]|[,.](?!\d)))"
    r"|\b(\d+),? then\b"
)
_A_THING = re.compile(r"\b(?:a|an)\s+(?:single\s+)?([a-z']+)")
_CORRECTED = re.compile(
    r"^.*\b(?:no,? (?:wait|sorry)|wait|sorry|i mean|make (?:it|that)|rather|actually|scratch that)\b"
)
_THAT_ONE = re.compile(r"\b(?:the|this|that|which|another|each|every|other|same|no) one\b", re.IGNORECASE)
_NO_NOUNS = frozenset("how many much you would like the are there what will and for your need".split())  # noqa: SIM905


def resolve_int(slot: Slot, text: object) -> Resolved | Unresolved:
    """The whole number that counts the slot's things in `text`, within the slot's bounds."""
    given = " ".join(str(text).split())[:400]
    if isinstance(text, bool) or not given:
        return Unresolved(which(slot))
    return within(slot, _counted(slot, given), given)


def _counted(slot: Slot, given: str) -> int | None:
    norm = normalise(_THAT_ONE.sub(" ", given))
    plain = re.fullmatch(r"(-?\d+)(?:\.0+)?", norm.strip(" .!?"))
    if plain:
        return whole(plain[1])
    rest = _REJECTED.sub(" ", _CODE.sub(" ", norm))
    later = _CORRECTED.sub(" ", rest)
    rest = later if _THING.search(later) else rest
    rest = _PRICE.sub(" ~ ", _TIME.sub(" ~ ", without_dates(rest, calendar_only=True)))
    if _SPAN.search(rest):
        return None
    if alone := _SUM.search(rest) or _HEAD.search(rest.strip()):
        return whole(next(filter(None, alone.groups())))
    found = [(int(re.sub(r"[.,]", "", m[1])), m[2]) for m in _THING.finditer(rest) if len(m[1]) <= 9]
    known = _nouns(slot)
    own = {n for n, noun in found if noun and _stem(noun) in known}
    own = own or {1 for m in _A_THING.finditer(rest) if _stem(m[1]) in known}
    numbers = own or {n for n, _ in found}
    return numbers.pop() if len(numbers) == 1 else None


def _nouns(slot: Slot) -> set[str]:
    """The nouns by which a slot's things are known: words of its name, question and examples, without their plural."""
    known = re.findall(r"[a-z']+", " ".join((slot.label, slot.ask, *slot.examples)).lower())
    return {_stem(word) for word in known if len(word) > 2 and word not in _NO_NOUNS}


def _stem(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("xes", "ches", "shes")) else word.rstrip("s")
