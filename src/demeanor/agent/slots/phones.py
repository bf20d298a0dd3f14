"""Telephone numbers as people write and speak them: runs of figures and number words, read by the plan of the country.

A reader gives a form of the text (plain signs, lower case, as long as `plain(text)`) and what was found in it, by
position. A value of None is a number that is begun but not certain. Nothing here raises, whatever the text; what cannot
be decided is asked back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import plain

_LONGEST = 1000  # signs of an answer that are read

# What holds for mail addresses too.

CORRECTS = (
    r"(?:no(?! [a-z])|nope|wait|hang on|hold on|i mean|i meant|sorry|pardon|mistake|scratch that|correction|oops|actually|"
    r"rather|make (?:it|that)|wrong|stop|typo)"
)
_STALE = re.compile(
    r"\b(?:old|ex|former|previous|dead|fax|broken|lost|disconnected|(?:switched|turned|shut) (?:off|down)|out of \w+|was|"
    r"expired|invalid|bounces|hacked|closed|not|no longer|stop)\b(?! (?:before|after|on|at|until|between|in|too)\b)"
)
_CLAUSE = re.compile(r"[,.;!?\n()]|\b(?:but|and|because|so|(?<!not )(?:use|take)|new|now)\b|\s-\s")
_CONDITION = re.compile(r"\b(?:if|when|unless|in case|otherwise|else)\b")


def cased(text: str) -> str:
    """Plain signs and digits, case as given."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain(text)[:_LONGEST])


def lower(text: str) -> str:
    """Lower case of the same length: a letter that would become two stays."""
    return "".join(low if len(low := c.lower()) == 1 else c for c in text)


def resolve_contact(slot: Slot, text: object, form: str, found: list[Found], how: str) -> Resolved | Unresolved:
    """The one number or address that is meant of those found; `how` says how it is to be given."""
    given = " ".join(str(text).split())[:400]
    values = _meant(form, found)
    if len(values) == 1:
        return Resolved(values[0], given)
    if len(values) > 1:
        return Unresolved(f"More than one {slot.label} was given ({', '.join(values[:3])}); which one is meant?")
    if found:
        return Unresolved(f"The {slot.label} in {given[:60]!r} is not certain; ask for it once more, {how}.")
    return Unresolved(f"No {slot.label} was found in {given[:60]!r}; it is given {how}.")


def _meant(form: str, found: Sequence[Found]) -> list[str]:
    """The values that `meant` leaves, with what holds for contacts alone.

    The signs inside of a value are no part of the sentence, one that is called old or dead is none to use, and the first
    of two is not the answer only because it came first: hence the word set before the text.
    """
    told, lead = list(form.replace(":", " ")), "reach "
    for one in found:
        told[one.begin : one.end] = "v" * (one.end - one.begin)
    text = lead + "".join(told)
    moved = [Found(one.begin + len(lead), one.end + len(lead), one.value) for one in found]
    if any(_CONDITION.search(text, one.end, other.begin) for one, other in pairwise(moved)):
        return list(dict.fromkeys(one.value for one in found if one.value))
    return meant(text, [one for one in moved if one.value is None or not _stale(text, one, moved)])


def _stale(text: str, one: Found, found: Sequence[Found]) -> bool:
    """Whether the clause of a value calls it old, dead, or the wrong one."""
    begin = max((f.end for f in found if f.end <= one.begin), default=0)
    end = min((f.begin for f in found if f.begin >= one.end), default=len(text))
    begin = max((m.end() for m in _CLAUSE.finditer(text, begin, one.begin)), default=begin)
    stop = _CLAUSE.search(text, one.end, end)
    return bool(_STALE.search(text, begin, one.begin) or _STALE.search(text, one.end, stop.start() if stop else end))


def cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text without these parts of it."""
    for begin, end in sorted(spans, reverse=True):
        text = f"{text[:begin]} {text[end:]}"
    return " ".join(text.split())


# Telephone numbers.

DIGITS = {word: str(n) for word, n in CARDINAL.items() if n < 10}
DIGITS |= dict.fromkeys(("oh", "o", "null", "nought", "naught", "nil"), "0")
_TIMES = {"double": 2, "triple": 3, "treble": 3, "two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
_TENS = "|".join(word for word, n in CARDINAL.items() if n >= 20)
_DIGIT = rf"(?:{'|'.join(DIGITS)}|[0-9])"
_TOKEN = re.compile(
    rf"(?<![^\W_])(?:(?P<times>(?:double|triple|treble)(?=[ -]?{_DIGIT}\b)|(?:two|three|four|[2-4])(?= {_DIGIT}'?e?s\b))"
    rf"[ -]?(?P<what>{_DIGIT})(?:'?e?s)?|(?P<hundreds>{_DIGIT}) hundred|(?P<tens>{_TENS})(?:[ -](?P<unit>{_DIGIT}))?"
    rf"|(?P<word>{'|'.join(sorted(CARDINAL.keys() | DIGITS.keys(), key=len, reverse=True))})|(?P<figures>[0-9]+))(?![^\W_]|')"
)
_JOINED = re.compile(
    r"(?:[ ,/()\-_.]|\b(?:then|and|dash|minus|space|slash|dot|comma|er+m*|uh+m*|um+|hm+|again|next)\b)*"
)
_SOFT = re.compile(r"[,/]|\.\s| - |[a-z]")
_PLUS = re.compile(r"(?:\+|\bplus\b)[ (]*$")
_DATE_TIME_MONEY = re.compile(
    # Behind another figure it may be a group of the number: "0302 1-2-34".
    r"(?<![0-9./-])(?<![0-9-] )(?:[0-9]{1,2}(?:([./-])[0-9]{1,2}\1(?:19|20)[0-9]{2}|\.[0-9]{1,2}\.(?! ?[0-9]))|"
    r"[0-9]{4}-[0-9]{2}-[0-9]{2})(?![./-]?[0-9])|\b[0-9]{1,2}:[0-9]{2}\b|[€$£] ?[0-9][0-9.,]*|"
    r"\b[0-9][0-9.,]* ?(?:€|\$|£|eur\b|euros?\b|pounds?\b|dollars?\b|%)"
)
_OTHER_LABEL = re.compile(
    r"(?<!for )(?<!for the )(?<!for my )\b(?:order|customer|client|member(?:ship)?|booking|reservation|invoice|account|"
    r"case|ticket|contract|ref(?:erence)?|policy|insurance|patient|parcel|tracking|serial|tax|room|post ?code|zip|pin|iban|id|"
    r"passport|born)(?: ?(?:number|no|nr|code|id)\b\.?)?(?: is| was| on| in)?(?: the)?[ :=#.]*$"
)
_COUNTED = re.compile(
    r"[ -]?(?:people|persons?|adults?|kids?|child(?:ren)?|guests?|nights?|days?|weeks?|hours?|min(?:ute)?s?|[ap]\.?m|o'?clock|"
    r"times|rings?|floors?|rooms?|pieces?|more|of)\b"
)


class _Token(NamedTuple):
    begin: int
    end: int
    digits: str
    joint: str  # what stands between the token before and this one
    plus: bool


def _figures(match: re.Match[str]) -> str:
    """The digits that one token stands for: "double five" is 55, "nine hundred" 900, "twenty one" 21."""
    part = match.groupdict()
    if part["times"]:
        return DIGITS.get(part["what"], part["what"]) * _TIMES[part["times"]]
    if part["hundreds"]:
        return DIGITS.get(part["hundreds"], part["hundreds"]) + "00"
    if part["tens"]:
        return str(CARDINAL[part["tens"]] + int(DIGITS.get(part["unit"], part["unit"] or "0")))
    return part["figures"] or DIGITS.get(part["word"]) or str(CARDINAL[part["word"]])


def _runs(form: str) -> list[list[_Token]]:
    """Tokens that stand in a row, with nothing but signs, pauses and "then" between them."""
    masked = _DATE_TIME_MONEY.sub(lambda m: "~" * len(m[0]), form)
    runs: list[list[_Token]] = []
    last = 0
    for match in _TOKEN.finditer(masked):
        plus = _PLUS.search(masked, last, match.start())
        begin = plus.start() if plus else match.start()
        gap = masked[last:begin]
        token = _Token(begin, match.end(), _figures(match), gap, plus is not None)
        if runs and _JOINED.fullmatch(gap):
            runs[-1].append(token)
        else:
            runs.append([token])
        last = match.end()
    return runs


@lru_cache(maxsize=4096)
def _number(digits: str, plus: bool, country: str, alone: bool) -> str | None:
    """E.164 of digits as dialled in `country` ("" for none); None when no such number can be, or it lacks its end.

    Numbers are invented that are in no known range. They count where all numbers of their country have one length, and
    elsewhere when they stand `alone`, so that it is clear where they end.
    """
    import phonenumbers

    country = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else ""
    code = phonenumbers.country_code_for_region(country) if country else 0
    abroad = "011" if code == 1 else "00"
    if not plus and digits.startswith(abroad):
        plus, digits = True, digits.removeprefix(abroad)
    if not plus and country and phonenumbers.ndd_prefix_for_region(country, True) == "0" and digits[0] != "0":
        plus, alone = digits.startswith(str(code)), False  # many leave out the plus of their own country: "49 170 ..."
        country = ""
    if not plus and not country:
        return None
    try:
        number = phonenumbers.parse(f"+{digits}" if plus else digits, None if plus else country)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_country_code(number.country_code)
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    usual = {len(phonenumbers.national_significant_number(one)) for one in examples if one is not None} or {8}
    length = len(phonenumbers.national_significant_number(number))
    if phonenumbers.is_valid_number(number):
        whole = min(8, *usual) <= length <= max(usual) + 1
    else:
        whole = usual == {length} or (alone and len(usual) > 1 and 9 <= length <= max(usual))
    whole = whole and phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if whole else None


def _split(tokens: Sequence[_Token], country: str) -> list[tuple[Found, ...]]:
    """All ways to read tokens as whole numbers; another one begins at a plus, a 0, or behind a pause."""
    ways: list[tuple[Found, ...]] = [] if tokens else [()]
    for end in range(1, len(tokens) + 1):
        if end < len(tokens) and not _may_begin(tokens[end]):
            continue
        value = _value(tokens[:end], country)
        if value:
            first = Found(tokens[0].begin, tokens[end - 1].end, value)
            ways += [(first, *rest) for rest in _split(tokens[end:], country)]
    return ways


def _value(tokens: Sequence[_Token], country: str, alone: bool = False) -> str | None:
    if any(token.plus for token in tokens[1:]):
        return None
    return _number("".join(token.digits for token in tokens), tokens[0].plus, country, alone)


def _may_begin(token: _Token) -> bool:
    return token.plus or (token.digits[0] == "0" and bool(token.joint)) or bool(_SOFT.search(token.joint))


def _readings(form: str, tokens: list[_Token]) -> Iterator[list[_Token]]:
    """The tokens of a run without what is counted behind it, and the same without a short figure before a pause."""
    if len(tokens[-1].digits) <= 2 and _COUNTED.match(form, tokens[-1].end):
        tokens = tokens[:-1]
    yield tokens
    if len(tokens) > 1 and len(tokens[0].digits) <= 2 and not tokens[0].plus and _SOFT.search(tokens[1].joint):
        yield tokens[1:]


def _read_run(form: str, tokens: list[_Token], country: str) -> list[Found]:
    """The numbers in a run; one Found with None for what looks like a number and is not one for certain."""
    if _OTHER_LABEL.search(form[max(0, tokens[0].begin - 40) : tokens[0].begin]):
        # "order 4421077, 0170 ...": the number begins behind the comma.
        begins = (at for at, one in enumerate(tokens) if "," in one.joint and (one.plus or one.digits[0] == "0"))
        tokens = tokens[next((at for at in begins if at), len(tokens)) :]
    if not tokens:
        return []
    readings = [one for one in _readings(form, tokens[:60]) if one]
    sure = {way for one in readings for way in _split(one, country)}
    if len(sure) == 1:
        return list(sure.pop())
    value = _value(readings[0], country, alone=True) if readings and not sure else None
    digits = sum(len(token.digits) for token in tokens)
    return (
        [Found(tokens[0].begin, readings[0][-1].end if value else tokens[-1].end, value)]
        if value or digits >= 6
        else []
    )


# What speaks of parts of a number: it lacks some, or others are to be put in.
_PARTS = re.compile(
    r"\b(?:something|whatever|ext|extension|etc|digits?|figures?|numbers are|end(?:s|ing|ed)? (?:in|on|with)|instead|missing|"
    r"forgot|(?:n't|not) (?:remember|recall)|(?:the|my) (?:rest|(?:last|first|middle) (?:bit|part|two|three|four))|but with|"
    r"(?:at|in|on) the (?:end|back|beginning|start|front|middle)|swap\w*|mix\w* up|other way (?:a)?round|after that|"
    rf"(?:minus|plus|without|except|apart from) (?:the|an?)|not (?:the |an? )?{_DIGIT})\b|^\s*[?*_]|^\s*x+\b"
)
_LIKE = re.compile(r"\b(?:like|than|almost|nearly|similar to|same as|except for) $")
_CORRECTS_OR = re.compile(rf"\b(?:{CORRECTS}|or|maybe|perhaps)\b")


def _doubtful(form: str, one: Found, begin: int, end: int, others: Sequence[list[_Token]]) -> bool:
    """Whether what stands around a number, from `begin` to `end`, says that it is not whole, or mends some figures."""
    before, after = re.split(r"[;!?\n]|\.\s", form[begin : one.begin])[-1], form[one.end : end]
    sentence = re.split(r"[;!?\n]|\.(?:\s|$)", after, maxsplit=1)[0]
    if _LIKE.search(before) or _PARTS.search(before) or _PARTS.search(sentence):
        return True
    loose = [run for run in others if one.end <= run[0].begin < end and not _COUNTED.match(form, run[-1].end)]
    return any(_CORRECTS_OR.search(form[one.end : run[0].begin][-40:]) for run in loose)


def phones(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The form of a text that positions count in, and its telephone numbers as E.164, None where one is not certain."""
    form = lower(cased(text))
    read = [(run, _read_run(form, run, slot.country)) for run in _runs(form)]
    found, others = [one for _, numbers in read for one in numbers], [run for run, numbers in read if not numbers]
    begins, ends = [0, *(one.end for one in found)], [*(one.begin for one in found[1:]), len(form)]
    return form, [
        replace(one, value=None) if _doubtful(form, one, begin, end, others) else one
        for one, begin, end in zip(found, begins, ends, strict=False)
    ]


def resolve_phone(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one telephone number that a text gives, as E.164."""
    form, found = phones(slot, str(text))
    how = "with its area code" if slot.country else "with its country code, such as +44"
    return resolve_contact(slot, text, form, found, f"in full and {how}")


def cut_phone(value: str, text: str) -> str:
    """`text` without the number `value`, however it is grouped, said or prefixed."""
    import phonenumbers

    text = cased(text)
    try:
        code = phonenumbers.parse(value, None).country_code or 0
    except phonenumbers.NumberParseException:
        return text
    form, country = lower(text), phonenumbers.region_code_for_country_code(code)
    same = [one for run in _runs(form) for one in _read_run(form, run, country) if one.value == value]
    if not same:  # figure by figure: an invented number may be no number to the reader
        signs = r"[\s/().-]*".join(value.removeprefix(f"+{code}"))
        return re.sub(rf"(?:(?:\+|00){code}[\s/().-]*(?:\(0\))?|\b0)?[\s/().-]*{signs}(?!\d)", " ", text)
    opened = [one.begin - (text[: one.begin].endswith("(") and ")" in text[one.begin : one.end]) for one in same]
    return cut(text, [(begin, one.end) for begin, one in zip(opened, same, strict=True)])
