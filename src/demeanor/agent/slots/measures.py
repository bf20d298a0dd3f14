"""How much: a number in the slot's unit, whatever unit of its kind was said ("750 grams" for a slot in kg)."""

from __future__ import annotations

import re

from demeanor.agent.slots.figures import (
    AFTER_NUMBER,
    BOUNDED,
    NUMBER,
    THEREFORE,
    UNIT_NAMES,
    UNITS,
    figure,
    nouns_of,
    open_where_vague,
    per_other,
    prepared,
    standing_as_answers,
    stem,
    vague_amounts,
    without_other_figures,
    without_pronoun_one,
)
from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved

_HOURS = re.compile(r"\b(\d{1,2}) ?h ?(\d{2})\b")
_METRES = re.compile(r"\b(\d+|a) ?(?:m|metres?|meters?) (\d{2})\b")


def resolve_number(slot: Slot, text: object) -> Resolved | Unresolved:
    """The number that `text` gives in the slot's unit, within the slot's bounds."""
    given = " ".join(str(text).split())[:400]
    if isinstance(text, bool) or not given:
        return Unresolved(f"No {slot.label} was given.")
    values = [float(given)] if re.fullmatch(r"-?\d{1,12}(?:\.\d{1,6})?", given) else meant(*measures_found(slot, given))
    unit = f" in {slot.unit}" if slot.unit else ""
    if len(values) != 1:
        return Unresolved(f"No single number was found in {given[:60]!r} for {slot.label}; give one{unit}.")
    value = round(values[0], 6)
    if (slot.min is not None and value < slot.min) or (slot.max is not None and value > slot.max):
        low, high = slot.min, slot.max
        bounds = (
            f"from {low} to {high}"
            if None not in (low, high)
            else f"at least {low}"
            if high is None
            else f"at most {high}"
        )
        return Unresolved(f"{value:g} is not possible for {slot.label}; it must be {bounds}{unit}.")
    return Resolved(int(value) if value == int(value) else value, given)


def measures_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """(the text that positions count in, the numbers that can be meant in the slot's unit)."""
    text = _HOURS.sub(r"\1 hours \2 minutes", text)
    norm = without_pronoun_one(_METRES.sub(lambda m: f"{m[1].replace('a', '1')}.{m[2]} m", prepared(text)))
    rest = without_other_figures(norm, money=True, units=False, clocks=False)
    own, bare = list[Found](), list[Found]()
    for match in NUMBER.finditer(rest):
        value = figure(match["figure"], grouped=False)
        unit, end = _unit_behind(rest, match.end())
        factor = _factor(unit, slot)
        open_ = value is None or BOUNDED.search(rest[: match.start()])
        span = re.match(r"\s*(?:-|to|or|bis)\s*(?:maybe |perhaps |even )?\d", rest[match.end() :]) or re.search(
            r"\d\s*(?:-|to|or|bis)\s*(?:maybe |perhaps |even )?$", rest[: match.start()]
        )
        signed = None if value is None or open_ or span else -value if match["sign"] else value
        if factor is not None:
            own.append(Found(match.start(), end, None if signed is None else signed * factor))
        elif not unit:
            bare.append(Found(*match.span(), signed))
    own += _counted_unit(rest, slot)
    found = (
        _together(rest, [_per(rest, one, bare + own) for one in sorted(own, key=lambda one: one.begin)])
        if own
        else open_where_vague(rest, standing_as_answers(rest, bare, slot))
    )
    found = found + _of_the_same(rest, own, [one for one in bare if not THEREFORE.search(rest[: one.begin])])
    # A bare number that concludes stands above the measures that led to it: "12 metres and 8 metres, together 20".
    found = found + [
        one
        for one in bare
        if own
        and re.search(r"\b(?:so|together|total|all|makes?|then|make (?:it|that)|rather|=)\s*$", rest[: one.begin])
    ]
    return rest, sorted(found + vague_amounts(rest, found), key=lambda one: one.begin)


_LOOSELY = 24  # "a day" is no 24 hours, and "a month" no 720


def _of_the_same(rest: str, own: list[Found], bare: list[Found]) -> list[Found]:
    """Bare numbers that are of the unit as well ("12 and 15 kilos", "4.2 metres, with the rack 4.8"): they leave it open."""
    found = []
    for one in bare:
        joined = any(re.fullmatch(r"\s*(?:and|or|to|-|,)\s*", rest[one.end : other.begin]) for other in own)
        if joined or re.search(r"\bwith [^.;!?\d]*$", rest[: one.begin]):
            found.append(Found(one.begin, one.end, None))
    return found


def _counted_unit(rest: str, slot: Slot) -> list[Found]:
    """ "a week", "an hour": one of a unit."""
    found = []
    for match in re.finditer(r"\b(?:an?|a whole|a full) (?=[a-z])", rest):
        unit, end = _unit_behind(rest, match.end() - 1)
        factor = _factor(unit, slot)
        if factor is not None and not re.match(r"\s*(?:or (?:so|2)|and\b)", rest[end:]):
            found.append(Found(match.start(), end, None if factor >= _LOOSELY else factor))
    per = re.compile(r"(?:\d|every|each|once|twice|times|per)\s*[a-z]*\s*$")
    return [one for one in found if not per.search(rest[: one.begin])]


def _unit_behind(rest: str, at: int) -> tuple[str, int]:
    """The unit, or the noun, behind a number."""
    for name in UNIT_NAMES:
        match = re.match(rf"[ -]?{re.escape(name)}(?:s|es)?\b", rest[at:])
        if match:
            return name, at + match.end()
    noun = re.match(r"[ -]?(?:more |extra |full |whole |of )?([a-z°²]+)", rest[at:])
    if noun is None or noun[1] in AFTER_NUMBER:
        return "", at
    return noun[1], at + noun.end()


def _factor(unit: str, slot: Slot) -> float | None:
    """How many of the slot's units one of these is; None when they are not of one kind."""
    wanted = slot.unit.lower()
    if not unit:
        return None
    if stem(unit) == stem(wanted) or (not wanted and stem(unit) in nouns_of(slot)):
        return 1.0
    for family in UNITS:
        own, other = (family.get(name) or family.get(stem(name)) for name in (wanted, unit))
        if own and other:
            return other / own
    return None


def _together(rest: str, found: list[Found]) -> list[Found]:
    """Two measures that stand side by side are one: "2 hours 30 minutes", "1 hour and 15 minutes"."""
    out: list[Found] = []
    for one in found:
        last = out[-1] if out else None
        if (
            last
            and None not in (last.value, one.value)
            and last.value > one.value
            and re.fullmatch(r" ?(?:and )?", rest[last.end : one.begin])
        ):
            out[-1] = Found(last.begin, one.end, last.value + one.value)
        else:
            out.append(one)
    return out


def _per(rest: str, one: Found, numbers: list[Found]) -> Found:
    return per_other(one, [(other, "") for other in sorted(numbers, key=lambda n: n.begin) if other != one], rest)
