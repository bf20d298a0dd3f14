"""How many people, counted the way people count themselves; and all the numbers of a text.

A total ("a party of three", "four of us") wins over its parts ("two adults and two kids"), parts are added
up, and only when nobody is counted does a lone number count. Lengths of time, days and money are taken out
first. Two numbers that do not add up to anything ("2 or 3") are asked back.
"""

from __future__ import annotations

import re
from datetime import date

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.mentions import read
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import normalise

_PLURAL = (
    r"(?:adults|grown[- ]?ups|kids|children|childs|little ones|babies|infants|toddlers|teens|teenagers"
    r"|people|persons|ppl|peeps|pax|guests"
    r"|friends|mates|colleagues|co-?workers|sons|daughters|brothers|sisters|men|women|guys|girls|boys"
    r"|ladies|travell?ers|visitors"
    r"|grandchildren|grandkids|cousins|others)"
)
_SINGULAR = (
    r"(?:adult|grown[- ]?up|kid|child|little 1|baby|infant|toddler|teen|teenager|person|guest|friend|mate"
    r"|colleague|co-?worker|boss|wife|husband"
    r"|partner|spouse|girlfriend|boyfriend|fianc[eé]e?|missus|mrs|mum|mom|mother|dad|father|son|daughter"
    r"|brother|sister|aunt|uncle|cousin"
    r"|nephew|niece|grandma|grandpa|grandmother|grandfather|granddaughter|grandson|man|woman|guy|girl"
    r"|boy|lady|nanny|traveller|visitor|gf|bf|hubby|nan|nana|gran|granny|grandad|granddad)"
)
_PAIRED = r"(?:parents|grandparents|twins|in-laws)"
_ADJECTIVE = (
    r"(?:(?:small|young|little|grown|old|older|younger|other|dear|lovely|more|best|good|x"
    r"|of (?:my|our))\s+)*"
)

_TIME = re.compile(
    r"(?:\b\d+(?:st|nd|rd|th)\b"
    r"|\b(?:\d+|a|couple of)[ -]*(?:or so )?(?:nights?|days?|weeks?|months?|years?|hours?|rooms?|beds?"
    r"|bedrooms?|euros?|am|pm|o'clock|stars?)\b"
    r"|[€$£]\s?\d+(?:[.,]\d+)*|\b\d+(?:[.,]\d+)*\s?[€$£%]|\b\d{1,2}:\d{2}\b)"
)
_ANY_DAY = date(2000, 1, 1)  # where dates stand in a text does not depend on the clock
_REJECTED = re.compile(r"\b(?:instead of|not|rather than)\s+\d+\b")
_OF = re.compile(r"\b(?:party|group|family|team|bunch|crowd|total|table|household) (?:of|is|with)? ?(\d+)\b")
_US = re.compile(
    rf"\b(?:(\d+) of us|(\d+)(?: \w+)? (?:in total|altogether|in all|total)|(?:we are|we're|we'll be"
    rf"|we will be|us|were|theyre|they are|they're)(?: only| just)? (\d+)(?! ?{_PLURAL})(?! (?:and \d+ )?(?:years|yrs|months)))\b"
)
_OLD = re.compile(r"\b(a|an|\d+) \d+[ -](?:years?|yrs?|yo|months?)[ -]?(?:olds?)?\b")
_AGED = re.compile(r"\b(?:aged?|ages)\s+\d+(?:(?:,| and|,? &)\s*\d+)*")
_OF_THEM = re.compile(
    rf"\b\d+ of (?:them|whom|which)\b(?: (?:are|is|being))?(?: an?)?(?: (?:{_PLURAL}|{_SINGULAR})\b)?"
)
_INCLUDING = re.compile(r"[,(]?\s*\b(?:including|incl|counting|of which)\b")
_COUPLES = re.compile(r"\b(\d) couples\b")
_HEADCOUNT = re.compile(r"^\D{0,30}?(\d+)\s*(?:people|persons?|guests?|pax|ppl|travell?ers|visitors)\s*(?:[:,(-]|$)")
_MORE = re.compile(r"^\s*(?:\+|plus\b|and\b|with\b|as well as\b)")
_ALONE = re.compile(
    r"\b(?:just|only|for)(?: (?:little|lil|old|poor))* (?:me|myself)\b|\bmyself\b|\bsolo\b|\balone\b|\b(?:on (?:my|her|his) own|by (?:my|her|him)self|nobody but me|me only|only me|no one but me)\b"
    r"|^(?:it's |its )?me$|\bsingle\b(?! (?:room|bed))"
)
_BOTH = re.compile(r"\b(?:both of us|both$|a couple|the couple|couple|a pair|pair$|a duo|us 2)\b")
_COUNTED = re.compile(rf"(\d+)\s*x?\s*{_ADJECTIVE}(?:{_PLURAL}|{_SINGULAR}|{_PAIRED})\b")
_NONE = re.compile(rf"\b(?:no|without|without any|zero)\s+{_ADJECTIVE}(?:{_PLURAL}|{_SINGULAR})\b")
_ONE = re.compile(
    rf"(?:\b(?:my|our|the|his|her|their|a|an|and|with|plus)\s+|^|[,+]\s*){_ADJECTIVE}{_SINGULAR}\b(?!'s \w+day|'s (?:\d|name|birth|wedding))"
)
_TWO = re.compile(rf"\b(?:{_PAIRED})\b")
_VAGUE = re.compile(
    rf"\b(?:my|our|the|his|her|their|your|some|few|several|many|lots|with)\s+(?:of\s+)?{_ADJECTIVE}(?:{_PLURAL})\b|"
    r"\b(?:my|our|the|his|her|their|whole|entire|all)\s+(?:(?:whole|entire|\w+'?s?)\s+)?"
    r"(?:family|families|class|team|gang|crew|group|lot|crowd|bunch|rest)\b"
)
# A person told by a word that is not known to be one: "my client, her interpreter and I".
_UNKNOWN = re.compile(
    rf"(?:^|[,+]|\band|\bplus)\s*(?:my|our|his|her|their|the|an?)\s+{_ADJECTIVE}(?!{_SINGULAR}\b|{_PLURAL}\b|{_PAIRED}\b)[a-z]+"
)
_LISTED = re.compile(r"\b(?:and|&)\s+(?:me|i|myself)\b|^\W*(?:me|i|myself)\b\s*(?:,|and)")
# What sums up what was said before: "..., so we're ten", "making 23".
_SUMMED = re.compile(
    rf"(?<=\S)\s+(?:so|making|makes(?: it| that)?|altogether|in total|in all|all in all|total of|totals?|now)\b[\s,:]*"
    rf"(?:\w+'?\w*\s+){{0,3}}?(\d+)(?:\s*(?:{_PLURAL}|{_SINGULAR}|of us))?(?=\s*(?:$|[,.;!?)]))"
)
_KIDS = re.compile(
    r"\b(?:kids?|child\w*|sons?|daughters?|boys?|girls?|twins)\b[^.;!?]* \d+ and \d+ (?:years|yrs|months)"
)
_AGE = re.compile(r"\b(?:he|she|i)(?:'s|'m| is| am| are| turns| will be|'ll be)(?: turning)? \d+\b(?! of)")
_DOUBTED = re.compile(
    r"\b(?:might|maybe|perhaps|possibly|not sure|percent|but only|or (?:with|without|even))\b|%|\d ?-? ?ish\b|\b(?:no one|no 1|nobody|none)\b(?! (?:but|except))"
)
_SPAN = re.compile(
    r"\d+\s*(?:-|to|or)\s*(?:maybe |perhaps )?\d+(?!\d*[/.:-]\d)|\bbetween\b|\b(?:about|around|roughly|approximately|nearly|almost|at least|up to|"
    r"more than|less than|over|under) \d|\d+ ?(?:ish|\+|or more|odd)\b|\d+ and (?:a )?half\b|\d\.\d"
)
_LABELLED = re.compile(r"\b(?:room|table|cabin|gate|number|no\.|flat|floor|seat) \d+\b|\+?\d[\d /()-]{7,}\d\b")
_FOR_WITH = re.compile(r"\bfor (\d+)(?: people| persons| guests)?,? with (?:a|an|1|some|the|my|our)\b")
_THINGS = re.compile(rf"\b\d+\s+(?!{_PLURAL}\b)(?:[a-z]+\s+)?[a-z]{{3,}}(?<!ss)s\b(?!\s*(?:total|altogether))")
_SELF = re.compile(r"\b(?:me|myself)\b|\band i\b|^i and\b|\bi\b(?=\s*(?:,|and|plus|\+))")
_COMING_WITH = re.compile(
    r"\b(?:i'm|i am|i'll|i will|im|me|coming|travell?ing|staying) .*\bwith (?:my|a|our|\d)|^with (?:my|a"
    r"|our)\b"
)
_NUMBER = re.compile(r"(?<![\w.,-])-?\d+(?:[.,]\d+)?(?![\w]|[.,]\d)")


def count_people(norm: str) -> int | None:
    """People in normalised text; None when nobody is counted or a group has no number ("my kids")."""
    norm = _AGED.sub(" ", _OF_THEM.sub(" ", norm))
    norm = _COUPLES.sub(lambda m: f"{2 * int(m[1])} adults", norm)
    total = _OF.search(norm) or _US.search(norm)
    if total:
        said = int(next(g for g in total.groups() if g))
        rest = norm[total.end() :]
        return said + (_parts(rest) or 0) if _MORE.match(rest) else said
    if _BOTH.search(norm):
        both = _BOTH.search(norm)
        assert both
        rest = norm[both.end() :]
        return 2 + (_parts(rest) or 0) if _MORE.match(rest) else 2
    return _itemised(norm) or _parts(norm)


def _itemised(norm: str) -> int | None:
    """ "4 people: 2 adults and 2 kids" is 4, said once as a whole and once in parts."""
    head = _HEADCOUNT.match(norm)
    if not head:
        return None
    return int(head[1]) if _parts(norm[head.end() :]) == int(head[1]) else None


def _parts(norm: str) -> int | None:
    """The sum of "2 adults", "a friend", "my parents", "me"; None when there is nothing to add."""
    rest, total, seen = norm, 0, False
    for pattern, worth in ((_NONE, 0), (_COUNTED, None), (_TWO, 2), (_ONE, 1)):
        for match in list(pattern.finditer(rest)):
            total += int(match[1]) if worth is None else worth
            seen = True
            rest = rest.replace(match[0], " ~ " if match[0][:1] not in ",+" else " , ~ ", 1)
    if _VAGUE.search(rest):
        return None
    alone = _ALONE.search(rest)
    if _SELF.search(norm) or alone or (seen and _COMING_WITH.search(norm)):
        total, seen = total + 1, seen or bool(alone) or bool(re.search(r"(?:\bplus|\band|\+)\s*\d+\b", rest))
        plus = re.search(r"(?:\bplus|\band|\+)\s*(\d+)\b(?! [a-z]+s\b)", rest)
        total += int(plus[1]) if plus else 0
    return total if seen else None


def resolve_people(slot: Slot, text: object) -> Resolved | Unresolved:
    """How many people `text` means, within the slot's bounds."""
    given = " ".join(str(text).split())[:400]
    if isinstance(text, bool) or not given:
        return Unresolved(which(slot))
    norm = _REJECTED.sub(" ", normalise(given)).strip(" .!?")
    plain = re.fullmatch(r"(-?\d+)(?:\.0+)?", norm)
    return within(slot, whole(plain[1]) if plain else _spoken(norm), given)


def within(slot: Slot, value: int | None, given: str) -> Resolved | Unresolved:
    """A number that was found, if the slot can have it."""
    if value is None:
        return Unresolved(f"No single number was found in {given[:60]!r} for {slot.label}; {_range(slot)}.")
    low, high = slot.min, slot.max
    if (low is not None and value < low) or (high is not None and value > high):
        return Unresolved(f"{value} is not possible for {slot.label}; {_range(slot)}.")
    return Resolved(value, given)


def _spoken(norm: str) -> int | None:
    norm = (
        re.sub(r"\b\d+(?:,? (?:and )?\d+)* (?:years|yrs|months)(?: old)?\b", " ", norm) if _KIDS.search(norm) else norm
    )
    norm = re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", re.sub(r"(?<=\w) n (?=\w)", " and ", norm))
    norm = re.sub(r"\bm 8\b", "mate", _AGE.sub(" ", re.sub(r"\(\d+(?: \w+)?\)", " ", norm)))
    if _DOUBTED.search(norm):
        return None
    norm = _LABELLED.sub(" ", _OLD.sub(r"\1 child", norm))
    if _SPAN.search(without_dates(norm, calendar_only=True)):
        return None
    blank = re.sub(r"\bat \d{1,2}\b", " ", _TIME.sub(" ", without_dates(norm)))
    summed = list(_SUMMED.finditer(blank))
    if summed:
        return whole(summed[-1][1])
    rest = " ".join(_INCLUDING.split(blank)[0].split())
    if len({m[0] for m in _US.finditer(rest)} | {m[0] for m in _OF.finditer(rest)}) > 1:
        return None  # two totals: of two groups, or one after the other
    if only := _ONLY_US.search(rest):
        rest = only[1]
    totals = _by_themselves(rest)
    if totals:
        return whole(totals[0]) if len(totals) == 1 else None
    if whole_of := _FOR_WITH.search(rest):
        return whole(whole_of[1])
    if (told := _told_in_figures(rest)) is not None:
        return told if told >= 0 else None
    if _ABSENT.search(rest):
        return None  # somebody who is told of does not come
    people = count_people(rest)
    if people is not None:
        return people if _accounted(rest, people) else None
    return None if _VAGUE.search(rest) else _bare(rest)


def _told_in_figures(rest: str) -> int | None:
    """The number that is told beside all else: "for 8, the birthday of my boss"; -1 where several are, None where none
    is. Whoever is added to it in one breath counts as well: "4 plus a baby".
    """
    numbers = [m for m in _NUMBER.finditer(rest) if not re.search(r"(?:\bplus|\band|\+)\s*$", rest[: m.start()])]
    found = [Found(m.start(), m.end(), m[0]) for m in numbers if _STANDS.match(rest[m.end() :])]
    if not found or _KIDS.search(rest) or _COUNTED.search(rest) or _OF.search(rest) or _US.search(rest):
        return None
    values = meant(rest, found) if len({one.value for one in found}) > 1 else [found[0].value]
    if len(values) != 1 or not values[0].isdigit():
        return -1
    added = _ADDED.match(rest[next(one for one in found if one.value == values[0]).end :])
    return int(values[0]) + (_parts(added[1]) or 0 if added else 0)


_STANDS = re.compile(
    r"\s*(?:$|[,.;!?)]|(?:seats?|places?|tickets?|spots?|slots?|beds?|heads?|come|coming|in|at|on|for|to|please|pls|with|and|plus|"
    r"from|then|altogether|total|today|tomorrow|tonight|this|next|the|of)\b(?! (?:them|whom|which|us)\b)|\+)"
)
_ADDED = re.compile(r"\s*(?:plus|\+|and|with)\s+((?:an?|my|our|the|1) [a-z ]+)")
_ABSENT = re.compile(
    r"\b(?:not coming|isn't coming|can't come|doesn't come|won't come|not (?:travelling|going)|stays? (?:at )?home|staying (?:at )?home|"
    r"stopping home|dropped out|drops? them off|has (?:a )?holiday|only book|other place|seasick)\b|\b\d families\b"
)


def _by_themselves(rest: str) -> list[str]:
    """Numbers that sum up: each a clause of its own behind or before those that tell who they are."""
    clauses = list(re.finditer(r"[^,.;!?:-]+", rest))
    own = [(c, m) for c in clauses if (m := _OWN_CLAUSE.fullmatch(c[0].strip()))]
    found = [Found(c.start(), c.end(), m[1]) for c, m in own]
    if len(clauses) < 2 or not found:
        return []
    return meant(rest, found) or list(dict.fromkeys(m[1] for _, m in own))


_ONLY_US = re.compile(r"\b(?:only|just) ((?:my|our|the|us) [^.;!?]*?\b(?:me|myself)\b)")
_OWN_CLAUSE = re.compile(
    r"(?:so |just |all |in all |well |no |sorry )?(\d{1,4})(?: (?:then|in all|of us|people|guests|persons|mouths|heads))?"
)


def _accounted(rest: str, people: int) -> bool:
    """Whether nothing in a text stands against a sum of people: another number, or somebody who was not counted."""
    if (
        _THINGS.search(rest)
        and _COUNTED.search(rest)
        and not (_OF.search(rest) or _US.search(rest) or _HEADCOUNT.match(rest))
    ):
        return False
    if people > 1 and _ALONE.search(rest):
        return False
    listed = _LISTED.search(rest)
    told = len(re.findall(rf"\b{_SINGULAR}\b", rest))
    if listed and not _COUNTED.search(rest) and told + 1 > people:
        return False  # "mum dad and me"
    return not (listed and not _COUNTED.search(rest) and _UNKNOWN.search(re.split(r"[.;!?]", rest)[0]))


def _bare(rest: str) -> int | None:
    """A number that stands for itself."""
    numbers = _NUMBER.findall(rest)
    if len(numbers) > 1 and re.fullmatch(r"[\d\s+]+|\d+(?: (?:and|plus) \d+)+", rest) and re.search(r"[+ap]", rest):
        return sum(int(n) for n in re.findall(r"\d+", rest))
    if not numbers or not all(re.fullmatch(r"-?\d+", n) for n in numbers):
        return None
    found = [Found(*m.span(), m[0]) for m in _NUMBER.finditer(rest)]
    values = meant(rest, found) if len(set(numbers)) > 1 else numbers[:1]
    return whole(values[0]) if len(values) == 1 else None


def whole(digits: str) -> int | None:
    """The number, or None for one too long to be a count of anything."""
    return int(digits) if len(digits) <= 9 else None


def without_dates(norm: str, calendar_only: bool = False) -> str:
    """Days are no counts: "2 adults from 12 to 15 june". ("In 2 weeks" is no calendar day.)"""
    reading = read(norm, _ANY_DAY, False)
    text = list(reading.text)
    for mention in reading.mentions:
        if calendar_only and mention.day is None:
            continue
        text[mention.begin : mention.end] = " " * (mention.end - mention.begin)
    return "".join(text)


def _range(slot: Slot) -> str:
    if slot.min is not None and slot.max is not None:
        return f"it must be a number from {slot.min} to {slot.max}"
    if slot.min is not None:
        return f"it must be at least {slot.min}"
    return f"it must be at most {slot.max}" if slot.max is not None else "give one number"


def which(slot: Slot) -> str:
    return f"No number was given for {slot.label}; {_range(slot)}."


_FIGURE = re.compile(r"(?<![\w.,])(?<![a-z]-)\d+(?:[.,]\d+)*(?!\w)")
_CODE = re.compile(r"\b(?!(?:eur|usd|gbp|chf)\d)[a-z]{1,4}-?\d{3,}\b", re.IGNORECASE)
_COUPLE = re.compile(r"\ba couple of\s+", re.IGNORECASE)
_PRONOUN = re.compile(
    r"(?<!\bfor )(?<!\bjust )(?<!\bonly )\b(?P<det>(?:the|this|that|which|another|each|every|either|no"
    r"|any|first|second|third|last|next|other|same|\w+est|\w+er)\s+)?"
    r"one\b(?=\s*(?:$|[.,;:!?)]|is\b|was\b|at\b|with\b|that\b|in\b|on\b|for\b|of\b|you\b|we\b|i\b"
    r"|please\b|instead\b|moment\b|second\b|minute\b))",
    re.IGNORECASE,
)


def without_pronouns(text: str) -> str:
    """A text without "one" where it stands for a thing: "that one" names no number."""
    return _PRONOUN.sub(" ", text)


def numbers_in(text: str) -> list[int | float]:
    """The numbers that `text` mentions, in order: "1,250.50" is 1250.5, "10:30" is 10 and 30.

    Calendar days, ordinals and codes ("SV-1042") are left out, as is "one" where it stands for a thing.
    """
    norm = normalise(_COUPLE.sub("2 ", _CODE.sub(" ", without_pronouns(text))))
    return [_figure(match[0]) for match in _FIGURE.finditer(without_dates(norm, calendar_only=True))]


def _figure(text: str) -> int | float:
    """A separator before three digits groups thousands; one before fewer or more is the decimal point."""
    whole = re.fullmatch(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*", text)
    if whole or text.isdigit():
        return int(re.sub(r"[.,]", "", text))
    head, _, tail = text.replace(",", ".").rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}")
