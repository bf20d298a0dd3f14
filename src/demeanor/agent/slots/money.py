"""Amounts of money, to the cent, in the slot's currency; and all the ways to say one again."""

from __future__ import annotations

import re

from demeanor.agent.slots.figures import (
    AFTER_NUMBER,
    OFF,
    THEREFORE,
    amounts_in,
    numbers_with_nouns,
    prepared,
    standing_as_answers,
    vague_amounts,
    without_other_figures,
    without_pronoun_one,
)
from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved


def resolve_money(slot: Slot, text: object) -> Resolved | Unresolved:
    """The amount of money that `text` means, to the cent."""
    given = " ".join(str(text).split())[:400]
    if isinstance(text, bool) or not given:
        return Unresolved(f"No {slot.label} was given.")
    values = [float(given)] if re.fullmatch(r"\d{1,12}(?:\.\d{1,2})?", given) else meant(*money_found(slot, given))
    if len(values) != 1:
        return Unresolved(f"No single amount was found in {given[:60]!r} for {slot.label}; give one such as 42.50.")
    value = round(values[0], 2)
    if (slot.min is not None and value < slot.min) or (slot.max is not None and value > slot.max):
        return Unresolved(f"{value:g} is not possible for {slot.label}; the limits are {slot.min} and {slot.max}.")
    return Resolved(int(value) if value == int(value) else value, given)


def money_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """(the text that positions count in, the amounts of money in it); bare numbers only where no amount is."""
    norm = without_pronoun_one(prepared(text))
    rest = without_other_figures(norm, money=False, units=True, clocks=False)
    found = [_in_currency(one, rest, slot) for one in amounts_in(rest)]
    taken = rest
    for one in found:
        taken = f"{taken[: one.begin]}{'~' * (one.end - one.begin)}{taken[one.end :]}"
    pairs = [m for m in _SPOKEN.finditer(taken) if int(m[1]) < 1000]
    found += [Found(*m.span(), float(m[1]) + int(m[2]) / 100) for m in pairs]
    taken = _SPOKEN.sub(lambda m: "~" * len(m[0]), taken)
    bare = [one for one, noun in numbers_with_nouns(taken) if not noun.endswith("s") or noun in AFTER_NUMBER]
    bare = [Found(one.begin, one.end, None) if OFF.match(taken[one.end :]) else one for one in bare]
    behind = any(re.match(r"\s*\d{1,2}\b(?!\d)", taken[one.end :]) for one in found)
    found += (
        [one for one in bare if THEREFORE.search(taken[: one.begin])]
        if found
        else standing_as_answers(taken, bare, slot)
    )
    if behind:  # "4 euros 5": fifty cents, or five?
        found = [Found(one.begin, one.end, None) for one in found]
    return rest, sorted(found + vague_amounts(rest, found), key=lambda one: one.begin)


_SPOKEN = re.compile(r"(?<![\w.,/:-])(\d+) (\d{2})(?![\w]|[.,]\d)")


def _in_currency(one: Found, text: str, slot: Slot) -> Found:
    """An amount, open where it is of another currency than the slot's."""
    said, wanted = (_currency(words) for words in (text[one.begin : one.end], slot.unit.lower()))
    return Found(one.begin, one.end, None) if said and wanted and said != wanted else one


def _currency(words: str) -> str:
    """The code of a currency that some words name; "" without one."""
    return next((code for code, names in _CURRENCIES if re.search(names, words)), "")


def sign_of(unit: str) -> str:
    """The sign of the currency that a unit names; the unit itself, and a space, where it has none."""
    return {"eur": "€", "gbp": "£", "usd": "$", "jpy": "¥"}.get(_currency(unit.lower()), f"{unit} ")


_CURRENCIES = (
    ("eur", r"€|\beuros?\b|\beur\b"),
    ("gbp", r"£|\bpounds?\b|\bquid\b|\bgbp\b"),
    ("usd", r"\$|\bdollars?\b|\bbucks?\b|\busd\b"),
    ("chf", r"\bchf\b|\bfrancs?\b"),
    ("jpy", r"¥|\byen\b"),
)
_NAMED = "|".join(names for _, names in _CURRENCIES)
_TAIL_MONEY = rf"(?:\s*(?:{_NAMED}|in total|all in|a month|monthly|per month|each))*"


def ways_to_say_amount(amount: float) -> list[str]:
    """Regular expressions of an amount or a measure in normalised text."""
    whole, cents = divmod(round(amount * 100), 100)
    grouped = f"{whole:,}".replace(",", "[.,' ]?")
    ways = []
    if cents:
        ways += [rf"{grouped}\s*(?:[.,]|(?:{_NAMED})(?: and)?| )\s*{cents:02d}"]
        ways += [rf"{grouped}[.,]{cents // 10}"] if cents % 10 == 0 else []
        ways += [rf"{grouped} and (?:a |1 )?half"] if cents == 50 else []
    else:
        ways += [rf"{grouped}(?:[.,]00|,-)?"]
    return [rf"(?:[€£$¥]\s*)?(?<![\d.,])(?:{way}){_TAIL_MONEY}(?![\d])" for way in ways]
