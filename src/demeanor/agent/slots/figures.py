"""Figures in a text as people say them, and what each counts: a noun, a unit, a currency, nothing.

A number is told from its neighbours by what it counts. Days, times, codes and ordinals count nothing. A bare number is an
answer only where it stands as one: in a clause of small words, of answering and of the question. All work on the text of
`words.normalise`, in which "two and a half" is "2.5".
"""

from __future__ import annotations

import re
from functools import lru_cache

from demeanor.agent.slots.clock import clocks_in
from demeanor.agent.slots.meant import Found, beside
from demeanor.agent.slots.mentions import without_verb
from demeanor.agent.slots.numbers import without_dates
from demeanor.agent.slots.types import Slot
from demeanor.agent.slots.words import normalise

# Every family holds units of one kind in terms of its first.
UNITS: tuple[dict[str, float], ...] = (
    {"minute": 1, "min": 1, "second": 1 / 60, "sec": 1 / 60, "hour": 60, "hr": 60, "h": 60, "day": 1440, "night": 1440,
     "week": 10080, "fortnight": 20160},
    {"month": 1, "quarter": 3, "year": 12, "yr": 12},
    {"m": 1, "metre": 1, "meter": 1, "mm": 0.001, "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01, "millimetre": 0.001,
     "km": 1000, "kilometre": 1000, "kilometer": 1000, "mile": 1609.344, "foot": 0.3048, "ft": 0.3048, "feet": 0.3048, "inch": 0.0254, "yard": 0.9144},
    {"kg": 1, "kilo": 1, "kilogram": 1, "kilogramme": 1, "g": 0.001, "gr": 0.001, "gram": 0.001, "gramme": 0.001, "mg": 0.000001, "t": 1000,
     "ton": 1000, "tonne": 1000, "lb": 0.45359237, "stone": 6.35029318, "pound": 0.45359237, "ounce": 0.028349523, "oz": 0.028349523},
    {"l": 1, "litre": 1, "liter": 1, "ml": 0.001, "millilitre": 0.001, "milliliter": 0.001, "cl": 0.01, "dl": 0.1},
    {"m2": 1, "sqm": 1, "qm": 1, "m²": 1, "square metre": 1, "square meter": 1, "hectare": 10000, "ha": 10000, "square foot": 0.09290304},
    {"kwh": 1, "kilowatt hour": 1, "mwh": 1000, "wh": 0.001},
    {"°c": 1, "degree": 1, "celsius": 1, "degree celsius": 1, "c": 1},
    {"gb": 1, "gigabyte": 1, "gig": 1, "mb": 0.001, "megabyte": 0.001, "tb": 1000},
)  # fmt: skip
_FIGURE = r"\d{1,3}(?:[ ']\d{3})+(?:[.,]\d{1,2})?|\d[\d.,]*\d|\d"
NUMBER = re.compile(rf"(?<![\w.,/:^-])(?P<sign>minus |-)?(?P<figure>{_FIGURE})(?![\w]|/\d|:\d)")
_CURRENCY = r"(?:€|\$|£|¥|euros?\b|eur\b|quid\b|pounds?\b|dollars?\b|bucks?\b|usd\b|gbp\b|chf\b|francs?\b|yen\b|kr\b|crowns?\b|rupees?\b|zloty\b)"
_CENTS = r"(?:cents?\b|pence\b|p\b|ct\b)"
_MONEY_FORMS = [
    re.compile(rf"(?P<whole>{_FIGURE}) ?(?P<k>k|grand|thousand|millions?)\b(?: ?{_CURRENCY})?"),
    re.compile(
        rf"(?P<whole>{_FIGURE}) ?{_CURRENCY} ?(?:and )?(?P<cents>\d{{1,2}} ?{_CENTS}|\d{{2}}\b(?! ?(?:[a-z]+s\b|people|%|percent|x\b)))"
    ),
    re.compile(rf"(?P<whole>{_FIGURE})(?:,-)? ?{_CURRENCY}"),
    re.compile(rf"(?:€|\$|£|¥|\b(?:eur|usd|gbp|chf)\b) ?(?P<whole>{_FIGURE})(?:,-)?"),
    re.compile(rf"(?P<onlycents>\d{{1,2}}) ?{_CENTS}"),
]
_CODE = re.compile(
    r"\b(?!(?:eur|usd|gbp|chf)\b)[a-z]{1,4}-?\d{3,}\b|#\s?\d+|\b(?:no\.|nr|number|size|room|floor|gate|line|page|form|aged?)\.? \d+[a-z]?\b"
)
_ORDINAL = re.compile(r"\b\d+(?:st|nd|rd|th)\b")
_VAGUE = re.compile(
    r"\b(?:a few|few|several|a couple(?: of)?|many|lots|loads|plenty|a lot|(?:not |so )?much|enough|some)\b(?! of (?:us|you))|\bas (?:many|much)\b|"
    r"\b(?:half|double|twice|triple|(?:2|3) times) (?:of )?(?:that|them|it|this|what|as|the|my|your|his|her|last)\b"
)
_VAGUER = re.compile(
    r"\b(?:enough|as (?:many|much)|(?:half|twice|double) (?:of )?(?:that|what|as|the|my|your|last)|a good lot)\b"
)
_WE_ARE = re.compile(
    r"\b(?:we are|we're|we'll be|there are|there's|they are|they're|i am|i'm|he is|he's|she is|she's|turns|turning|aged?|age of|will be|'ll be) (?:only |just )?$"
)
_ROUGH = re.compile(
    r"(?:\b(?:about|around|roughly|approximately|approx|nearly|almost|at least|at most|up to|more than|less than|fewer than|under|over|ca)\.? $)"
)
BOUNDED = re.compile(r"\b(?:at least|at most|up to|more than|less than|fewer than|under|over) $")
_ROUGH_AFTER = re.compile(r"^\s*(?:ish\b|-ish|\+|odd\b|or (?:so|more|less|thereabouts)\b)")
_EACH = re.compile(r"\b(?:for every\w*|for each|each|apiece|per|a piece|in every)\b")
_FRACTIONS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"\b(?:a|1) grand\b"), "1000"),
    (re.compile(r"\b(?:a |1 )?half (?:of )?(?:an? )(?=[a-z])"), "0.5 "),
    (re.compile(r"\b(?:(?:a|1) )?quarter of an? (?=[a-z])"), "0.25 "),
    (re.compile(r"\b3 quarters of an? (?=[a-z])"), "0.75 "),
    (re.compile(r"\b3 quarters (?=of\b)"), "0.75 "),
    (re.compile(r"\b(?:an|a|1) ([a-z]+) and (?:a |1 )?half\b"), r"1.5 \1"),
    (re.compile(r"\b(\d+) ([a-z]+) and (?:a |1 )?half\b"), r"\1.5 \2"),
    (re.compile(r"\b(\d+) (?:and )?(?:a |1 )half\b|\b(\d+) 1/2\b|\b(\d+) ?½"), r"\1\2\3.5"),
    (re.compile(r"\b(\d+) and (?:a |1 )?quarter\b"), r"\1.25"),
    (re.compile(r"\b(\d+) and 3 quarters\b"), r"\1.75"),
    (re.compile(r"\b(\d+) point (\d+)(?: (\d))?\b"), r"\1.\2\3"),
]  # fmt: skip
_SIZE = re.compile(r"\b(?![xX])[a-zA-Z]\d{1,2}\b|\b[a-zA-Z]+\d+[a-zA-Z]\w*")  # of paper, of a screw; or "m8"


def prepared(text: str) -> str:
    """A text as its numbers are read: figures for words, fractions as decimals."""
    norm = normalise(without_verb(_SIZE.sub(lambda m: "~" * len(m[0]), text))).replace("½", " 1/2")
    for pattern, figure in _FRACTIONS:
        norm = pattern.sub(lambda m, figure=figure: m.expand(figure).replace("None", ""), norm)  # type: ignore[misc]
    return norm


def figure(text: str, grouped: bool = True) -> float | None:
    """The value of a figure: "1,250.50", "1.250,50", "2,5"; None for "1.250" where it may be either (not `grouped`)."""
    plain = re.sub(r"[ ']", "", text)
    if re.fullmatch(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*", plain):
        sure = grouped or len(plain) > 5  # 1.250 may be one and a quarter, 87,500 hardly
        return float(re.sub(r"[.,]", "", plain)) if sure else None
    if not re.fullmatch(r"\d+|\d+[.,]\d+|\d{1,3}(?:([.,])\d{3})+[.,]\d{1,2}", plain):
        return None
    head, _, tail = plain.replace(",", ".").rpartition(".")
    return float(f"{head.replace('.', '')}.{tail}") if head else float(plain)


def stands_as_answer(rest: str, one: Found, slot: Slot) -> bool:
    """Whether a bare number stands as an answer: in a clause of small words, of answering and of the question."""
    asked = _known_words(" ".join((slot.label, slot.ask, slot.unit)))
    return all(
        word in _ANSWERING or stem(word) in asked or not word.strip("~") or word.isdigit() for word in beside(rest, one)
    )


def standing_as_answers(rest: str, bare: list[Found], slot: Slot) -> list[Found]:
    """The bare numbers that stand as answers; where none does, all of them, as open ones."""
    concluded = [one for one in bare if THEREFORE.search(rest[: one.begin])]
    standing = [one for one in bare if one in concluded or stands_as_answer(rest, one, slot)]
    if slot.type == "money":  # a figure with two decimals is an amount wherever it stands
        standing += [one for one in bare if one not in standing and _CENTS_BEHIND.fullmatch(rest[one.begin : one.end])]
    return standing or [Found(one.begin, one.end, None) for one in bare]


_CENTS_BEHIND = re.compile(r"\d+[.,]\d\d")
THEREFORE = re.compile(r"\b(?:so(?! that)|makes?|making|together|total|now)\b[\s,:]*(?:(?!for\b)[\w']+\s+){0,3}$")
_ANSWERING = frozenset(re.findall(r"\S+", """
    party give make take put down reckon send get bring do does paid pay cost costs charged was were should
    total all together altogether pieces piece pcs pc units unit items item each them those these ones same
    again still even let go can could may must need needed got has have had will ll think say said about roughly
    around exactly now today this time here there thank you thanks dear love mate sir madam guys i'll we'll
    can't not less no n and or x normally usually up a per month monthly week weekly year yearly day night net
    gross cash"""))  # fmt: skip


def open_where_vague(rest: str, found: list[Found]) -> list[Found]:
    """Numbers that stand for themselves, or for something else where the amount is told otherwise: "enough for 8"."""
    return [Found(one.begin, one.end, None) for one in found] if _VAGUER.search(rest) else found


def numbers_with_nouns(rest: str, roughly: bool = False) -> list[tuple[Found, str]]:
    """The numbers of a text with the noun behind each; rough ones have no value, unless they are taken `roughly`."""
    found = []
    for match in NUMBER.finditer(rest):
        value = figure(match["figure"])
        if value is None:
            continue
        before = rest[: match.start()]
        rough = (BOUNDED if roughly else _ROUGH).search(before)
        rough = rough or (None if roughly else _ROUGH_AFTER.match(rest[match.end() :]))
        spans = re.match(r"\s*(?:-|to|or|bis)\s*(?:maybe |perhaps |even )?\d", rest[match.end() :]) or re.search(
            r"\d\s*(?:-|to|or|bis)\s*(?:maybe |perhaps |even )?$", rest[: match.start()]
        )
        noun = re.match(
            r"\s*(?:x\s*|more\s+|of (?:the|my|our|those|these)\s+|new\s+|extra\s+|additional\s+)?([a-z']+)",
            rest[match.end() :],
        )
        value = -value if match["sign"] else value
        noun = None if noun and noun[1].endswith("'s") else noun  # "nine lisa's back": the word of another clause
        counted = "us" if _WE_ARE.search(rest[: match.start()]) else noun[1] if noun else ""
        found.append((Found(*match.span(), None if rough or spans else value), counted))
    return found


def per_other(one: Found, numbers: list[tuple[Found, str]], text: str) -> Found:
    """ "two cartons with six bottles each" holds twelve bottles."""
    before = [other for other, _ in numbers if other.end <= one.begin]
    ends = re.search(r"[,.;!?]|\band\b", text[one.end :])
    clause = text[one.end : one.end + ends.start()] if ends else text[one.end :]
    if not _EACH.search(clause):
        return one
    if not before or before[-1].value is None or one.value is None:
        return Found(one.begin, one.end, None)
    return Found(before[-1].begin, one.end, one.value * before[-1].value)


def vague_amounts(text: str, found: list[Found]) -> list[Found]:
    """What is no number, where no other number is: "a few"."""
    if any(one.value is not None for one in found):
        return []
    return [Found(*match.span(), None) for match in _VAGUE.finditer(text)]


_ONE_THING = re.compile(
    r"(?<!\bjust )(?<!\bonly )\b(?:the|this|that|which|another|each|every|other|same|no|\w+est) 1\b|\b1 (?:of (?:them|these|those)|another)\b|\b1(?='s\b)|\b1 (?:didn't|did not|is|was|has)\b"
)


def without_pronoun_one(norm: str) -> str:
    """A text without "one" where it stands for a thing: "that one" names no number."""
    return _ONE_THING.sub(lambda m: m[0].replace("1", "~"), norm)


def without_other_figures(norm: str, money: bool, units: bool, clocks: bool = True) -> str:
    """A text without what is no count: days, times, codes, ordinals; amounts of money and measures where told so."""
    text = without_dates(norm, calendar_only=True)
    for pattern in (_CODE, _ORDINAL):
        text = pattern.sub(lambda m: "~" * len(m[0]), text)
    for clock in clocks_in(text):
        if not clocks and re.fullmatch(r"[\d .]+h?", text[clock.begin : clock.end]):
            continue
        text = f"{text[: clock.begin]}{'~' * (clock.end - clock.begin)}{text[clock.end :]}"
    if money:
        for one in amounts_in(text):
            text = f"{text[: one.begin]}{'~' * (one.end - one.begin)}{text[one.end :]}"
    if units:  # pounds are a measure only where no money is looked for
        text = _MEASURE.sub(lambda m: m[0] if not money and "pound" in m[0] else "~" * len(m[0]), text)
    return text


UNIT_NAMES = sorted(
    {name for family in UNITS for name in family if name not in ("c", "quarter", "degree")}, key=len, reverse=True
)
_MEASURE = re.compile(
    rf"(?<![\w.,])(?:{_FIGURE})[ -]?(?:{'|'.join(map(re.escape, UNIT_NAMES))})s?(?:[ -]?olds?)?\b|\b\d+ ?x ?\d+(?: ?x ?\d+)?\b(?! ?(?:k?g|m?l|litres?|kilos?)\b)"
)


@lru_cache(maxsize=512)
def _known_words(words: str) -> frozenset[str]:
    known = re.findall(r"[a-z']+", words.lower())
    return frozenset(stem(word) for word in known if len(word) > 2 and word not in _NO_NOUNS)


_NO_NOUNS = frozenset("how many much you would like the are there what will and for your need long far".split())  # noqa: SIM905


def nouns_of(slot: Slot) -> frozenset[str]:
    """The nouns by which a slot's things are known: words of its name, question, unit and examples, without plural."""
    label = "" if slot.label == "detail" else slot.label
    return _known_words(" ".join((label, slot.ask, slot.unit, *slot.examples)))


def stem(word: str) -> str:
    """A noun without its plural."""
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("xes", "ches", "shes")) else word.rstrip("s")


AFTER_NUMBER = frozenset(re.findall(r"\S+", """
    please pls plz thanks and or but if on at in by for from to with would will is it as then so exactly
    altogether total i we you he she they that this the a an my our because since should sounds each"""))  # fmt: skip
OFF = re.compile(r"\s*(?:more|less|off|extra|each|apiece)\b")


def amounts_in(text: str) -> list[Found]:
    """Amounts with a currency."""
    found = list[Found]()
    for pattern in _MONEY_FORMS:
        for match in list(pattern.finditer(text)):
            if (
                text[max(0, match.start() - 1) : match.start()] in ("-", ".", ",", "/", ":")
                and not text[match.start()].isalpha()
            ):
                continue
            found.append(Found(*match.span(), _amount(match, text)))
            text = f"{text[: match.start()]}{'~' * (match.end() - match.start())}{text[match.end() :]}"
    return found


def _amount(match: re.Match[str], text: str) -> float | None:
    said = match.groupdict()
    rough = (
        _ROUGH.search(text[: match.start()])
        or _ROUGH_AFTER.match(text[match.end() :])
        or OFF.match(text[match.end() :])
    )
    rough = rough or re.search(r"\bbetween [^.;!?]*$", text[: match.start()])
    if said.get("onlycents"):
        value: float | None = int(said["onlycents"]) / 100
    else:
        value = figure(said["whole"])
        cents = said.get("cents")
        if value is not None and cents:
            value += int(re.sub(r"\D", "", cents)) / 100
        if value is not None and said.get("k"):
            value *= 1000000 if said["k"].startswith("mill") else 1000
    spans = re.match(r"\s*(?:-|to|or|bis)\s*(?:maybe |perhaps |even )?\d", text[match.end() :]) or re.search(
        r"\d\s*(?:-|to|or|bis)\s*(?:maybe |perhaps |even )?$", text[: match.start()]
    )
    return None if rough or spans or value is None else round(value, 2)
