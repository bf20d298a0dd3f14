"""How many: the number that counts a slot's things, by the noun that the slot knows ("3 pizzas for my two kids")."""

from __future__ import annotations

import re

from demeanor.agent.slots.figures import (
    AFTER_NUMBER,
    UNITS,
    nouns_of,
    numbers_with_nouns,
    open_where_vague,
    per_other,
    prepared,
    standing_as_answers,
    stands_as_answer,
    stem,
    vague_amounts,
    without_other_figures,
    without_pronoun_one,
)
from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.numbers import which, within
from demeanor.agent.slots.types import Resolved, Slot, Unresolved

_THOUSANDS = re.compile(r"(?<![\d.,])\b(\d{1,3}) ?k\b")
_OF_THE = re.compile(r"\b(?:of|out of|from) (?:the|my|our|those|these|all|all the)\s+$")


def resolve_int(slot: Slot, text: object) -> Resolved | Unresolved:
    """The whole number that counts the slot's things in `text`, within the slot's bounds."""
    given = " ".join(str(text).split())[:400]
    if isinstance(text, bool) or not given:
        return Unresolved(which(slot))
    values = [float(given)] if re.fullmatch(r"-?\d{1,9}(?:\.0+)?", given) else meant(*counts_found(slot, given))
    one = values[0] if len(values) == 1 and values[0] == int(values[0]) and abs(values[0]) < 1e9 else None
    return within(slot, None if one is None else int(one), given)


def counts_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """(the text that positions count in, the numbers that can count the slot's things)."""
    norm = without_pronoun_one(_THOUSANDS.sub(r"\g<1>000", prepared(text)))
    rest = without_other_figures(norm, money=True, units=not _is_unit(slot))
    numbers = numbers_with_nouns(rest)
    parts = [pair for pair in numbers if _OF_THE.search(rest[: pair[0].begin])]  # "of the 36 plates five were broken"
    numbers = [pair for pair in numbers if pair not in parts] or numbers
    known = nouns_of(slot)
    own = [(one, noun) for one, noun in numbers if noun and _is_known(noun, known)]
    found = [per_other(one, numbers, rest) for one, _ in own]
    bare = [one for one, noun in numbers if not noun or noun in AFTER_NUMBER]
    found += [one for one in bare if own and stands_as_answer(rest, one, slot)]
    if not own:
        others = [_foreign(rest, one, noun, slot) for one, noun in numbers]
        found = [per_other(one, [], rest) for one in standing_as_answers(rest, bare, slot)] if bare else others
        found += [
            Found(m.start(1), m.end(1), 1.0)
            for m in re.finditer(r"\b(an?|a single) ([a-z']+)", rest)
            if stem(m[2]) in known
        ]
        found += [
            Found(*m.span(), 0.0)
            for m in re.finditer(r"\b(?:none|no ([a-z]+)|nothing)\b", rest)
            if not m[1] or stem(m[1]) in known
        ]
        found = open_where_vague(rest, found)
    found += vague_amounts(rest, found)
    return rest, sorted(found, key=lambda one: one.begin)


def _foreign(rest: str, one: Found, noun: str, slot: Slot) -> Found:
    """A number of things that the slot does not know: its answer where it is a clause with them, else open."""
    begin = rest.find(noun, one.end) if noun else -1
    whole = Found(one.begin, begin + len(noun), one.value) if begin >= 0 else one
    stands = noun != "us" and stands_as_answer(rest, whole, slot)
    return per_other(one, [], rest) if stands else Found(one.begin, one.end, None)


def _is_known(noun: str, known: frozenset[str]) -> bool:
    """Whether a noun names the slot's things: itself, or as the end of a longer one ("hives" of "beehives")."""
    short = stem(noun)
    return short in known or (len(short) > 3 and any(word.endswith(short) for word in known))


def _is_unit(slot: Slot) -> bool:
    """Whether the things of a slot are themselves a measure: "nights"."""
    return bool(nouns_of(slot) & {name for family in UNITS for name in family})
