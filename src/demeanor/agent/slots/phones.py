"""Telephone numbers as people write and speak them: runs of figures and number words, read by the plan of the country.

None is a number that is begun but not certain: it is asked back. What stands first here holds for mail addresses too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import plain

CORRECTS = r"(?:no(?! [a-z])|wait|hold on|i mean(?! it\b)|i meant|sorry|pardon|mistake|scratch that|oops|actually|rather|make it|wrong|stop)"
_STALE = re.compile(
    r"(?:\b(?:is|was|are) )?(?:\b(?:my|the|an?|our) )?\b(?:old|former|previous|dead|fax|broken|lost|disconnected|expired|invalid|(?:switched|turned|shut) (?:off|down)|out of \w+|bounces|hacked|closed|no longer|was my)\b"
)


def cased(text: str) -> str:
    """Plain signs and digits, case as given; as long in lower case as it is here."""
    signs = plain(text)[:1000].replace("İ", "I")
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in signs)


def resolve_contact(slot: Slot, text: object, form: str, found: list[Found], how: str) -> Resolved | Unresolved:
    """The one number or address that is meant of those found; `how` says how it is to be given."""
    given = " ".join(str(text).split())[:400]
    values = _meant(form, found)
    if len(values) == 1:
        return Resolved(values[0], given)
    if len(values) > 1:
        return Unresolved(f"More than one {slot.label} was given ({', '.join(values[:3])}); which one is meant?")
    return Unresolved(f"No {slot.label} {'is certain' if found else 'was found'} in {given[:60]!r}; it is given {how}.")


def _meant(form: str, found: Sequence[Found]) -> list[str]:
    """The values that `meant` leaves, with what holds for contacts alone.

    One that is called old or dead is none to use; the first of two is no answer only because it came first ("reach").
    """
    told, lead = form.replace(":", " "), "reach "
    for one in found:
        told = told[: one.begin] + "v" * (one.end - one.begin) + told[one.end :]
    text = lead + _STALE.sub(lambda m: "not".ljust(len(m[0])), told.replace(" no v", " no,v"))
    moved = [Found(one.begin + len(lead), one.end + len(lead), one.value) for one in found]
    if found and re.search(r"\b(?:if|when|unless|in case|otherwise|else)\b", text[moved[0].end : moved[-1].begin]):
        return list(dict.fromkeys(one.value for one in found)) if all(one.value for one in found) else []
    return meant(text, moved)


def cut(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """A text without these parts of it."""
    for begin, end in sorted(spans, reverse=True):
        text = f"{text[:begin]} {text[end:]}"
    return " ".join(text.split())


DIGITS = {word: str(n) for word, n in CARDINAL.items() if n < 10} | {str(n): str(n) for n in range(10)}
DIGITS |= dict.fromkeys(("oh", "o", "null", "nought", "naught", "nil"), "0")
_TIMES = {"double": 2, "triple": 3, "treble": 3, "two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}
_TENS = "|".join(word for word, n in CARDINAL.items() if n >= 20)
_DIGIT = rf"(?:{'|'.join(DIGITS)})"
_TOKEN = re.compile(
    rf"(?<![^\W_])(?:(?P<times>(?:double|triple|treble)(?=[ -]?{_DIGIT}\b)|(?:two|three|four|[2-4])(?= {_DIGIT}'?e?s\b))[ -]?(?P<what>{_DIGIT})(?:'?e?s)?|(?P<hundreds>{_DIGIT}) hundred|(?:{_TENS})[ -](?:{'|'.join(list(CARDINAL)[1:10])})|{'|'.join([*CARDINAL, *DIGITS])}|[0-9]+)(?![^\W_]|')"
)
_JOINED = re.compile(
    r"(?:[ ,/()\-_.?!]|\b(?:got (?:it|that)|so far|next|then|and|dash|minus|space|slash|dot|comma|er+m*|uh+m*|um+|hm+|again)\b)*"
)
_SOFT = re.compile(r"[,/]|\.\s| - |[a-z]")
_PLUS = re.compile(r"(?:\+|\bplus\b)[ (]*$")
_DATE = re.compile(  # behind another figure it may be a group of the number: "0302 1-2-34"
    r"(?<![0-9./-])(?<![0-9-] )(?:[0-9]{1,2}(?:([./-])[0-9]{1,2}\1(?:19|20)[0-9]{2}|\.[0-9]{1,2}\.(?! ?[0-9]))|(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9])(?![./-]?[0-9])"
)
_OTHER_LABEL = re.compile(
    r"(?<!for )(?<!for the )(?<!for my )\b(?:order|customer|client|member(?:ship)?|booking|reservation|invoice|account|case|ticket|contract|licen[cs]e|permit|file|meter|voucher|registration|ref(?:erence)?|policy|insurance|patient|parcel|tracking|serial|tax|room|post ?code|zip|pin|iban|id|passport|born)(?: ?(?:number|no|nr|code|id)\b\.?)?(?: is| was| on| in)?(?: the)?(?: (?:number|no|nr)\b)?[ :=#.]*$"
)
_COUNTED = re.compile(
    r"[ -]?(?:people|persons?|adults?|kids?|child(?:ren)?|guests?|nights?|days?|weeks?|hours?|min(?:ute)?s?|[ap]\.?m|o'?clock|of)\b"
)


class _Token(NamedTuple):
    begin: int
    end: int
    digits: str
    joint: str  # what stands between the token before and this one
    plus: bool


def _figures(match: re.Match[str]) -> str:
    """The digits that one token stands for: "double five" is 55, "nine hundred" 900, "twenty one" 21."""
    said, times, what, hundreds = match[0], match["times"], match["what"], match["hundreds"]
    if times:
        return DIGITS[what] * _TIMES[times]
    if hundreds:
        return DIGITS[hundreds] + "00"
    return said if said.isdigit() else DIGITS.get(said) or str(sum(CARDINAL[word] for word in re.split("[ -]", said)))


def _runs(form: str) -> list[list[_Token]]:
    """Tokens that stand in a row, with nothing but signs, pauses and "then" between them."""
    masked = _DATE.sub(lambda m: "~" * len(m[0]), form)
    runs, last = list[list[_Token]](), 0
    for match in _TOKEN.finditer(masked):
        plus = _PLUS.search(masked, last, match.start())
        begin = plus.start() if plus else match.start()
        token = _Token(begin, match.end(), _figures(match), masked[last:begin], plus is not None)
        if not runs or not _JOINED.fullmatch(token.joint):
            runs.append([])
        runs[-1].append(token)
        last = match.end()
    return runs


@lru_cache(maxsize=4096)
def _number(digits: str, plus: bool, country: str, alone: bool = False) -> str | None:
    """E.164 of digits as dialled in `country` ("" for none); None when no such number can be, or it is not whole."""
    import phonenumbers

    region = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else None
    if not plus and digits.startswith("00"):
        region = region or "DE"  # any country that dials 00 before a country code
    elif not plus and region and phonenumbers.ndd_prefix_for_region(region, True) == "0" != digits[0]:
        # Many leave out the plus of their own country: "49 170 ...".
        plus, alone = digits.startswith(str(phonenumbers.country_code_for_region(region))), False
        region = region if plus else None
    try:
        number = phonenumbers.parse(f"+{digits}" if plus else digits, region)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if _whole(number, alone) else None


def _whole(number: Any, alone: bool) -> bool:
    """Whether a number has all its digits; one of no known range by its country's one length, or where it is `alone`."""
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(number.country_code)
    examples = filter(None, (phonenumbers.example_number_for_type(region, kind) for kind in (0, 1)))  # fixed, mobile
    length, *usual = (len(phonenumbers.national_significant_number(one)) for one in (number, *examples))
    least, most = min(usual, default=8), max(usual, default=8)
    if re.fullmatch(r"491[567]\d{,7}", f"{number.country_code}{number.national_number}"):
        return False  # of a German mobile number figures are missing
    if phonenumbers.is_valid_number(number):
        return min(8, least) <= length <= most + 1
    known = bool(usual) and (length == most if least == most else alone and 9 <= length <= most)
    return known and bool(phonenumbers.is_possible_number(number))


def _split(tokens: Sequence[_Token], country: str) -> list[tuple[Found, ...]]:
    """All ways to read tokens as whole numbers; another one begins at a plus, a 0, or behind a pause."""
    ways: list[tuple[Found, ...]] = [] if tokens else [()]
    for end, after in enumerate([*tokens[1:], None], 1) if tokens else ():
        ends = not after or after.plus or (after.joint and after.digits[0] == "0") or _SOFT.search(after.joint)
        digits, plus = "".join(token.digits for token in tokens[:end]), any(token.plus for token in tokens[1:end])
        value = _number(digits, tokens[0].plus, country) if ends and not plus else None
        if value:
            first = Found(tokens[0].begin, tokens[end - 1].end, value)
            ways += [(first, *rest) for rest in _split(tokens[end:], country)]
    return ways


def _read_run(form: str, run: Sequence[_Token], country: str) -> Sequence[Found]:
    """The numbers in a run; one Found with None for what looks like a number and is not one for certain."""
    if len(run[-1].digits) <= 2 and _COUNTED.match(form, run[-1].end):
        run = run[:-1]
    begins = [at for at, one in enumerate(run) if at and (one.plus or one.digits[0] == "0") and _SOFT.search(one.joint)]
    if run and _OTHER_LABEL.search(form[max(0, run[0].begin - 40) : run[0].begin]):
        run = run[begins[0] :] if begins else ()  # "order 4421077, 0170 ..."
    at = next((at for at, token in enumerate(run) if token.plus or at in begins), 0)
    few = run[:1] and run[0].digits[0] != "0" and sum(len(token.digits) for token in run[:at]) < 6
    if at and few and _split(run[at:], country):
        run = run[at:]  # "175, 01632 ...": so few figures are another thing
    digits = "".join(token.digits for token in run)
    if 6 <= len(digits) <= 40:
        ways = _split(run, country)
        odd = re.search(rf"\+|plus|{_TENS}", form[run[0].begin + 1 : run[-1].end])  # "seventy five" may be 70 5
        if not ways and not odd:
            return [Found(run[0].begin, run[-1].end, _number(digits, run[0].plus, country, alone=True))]
        if len(ways) == 1:
            return ways[0]
    return [Found(run[0].begin, run[-1].end, None)] if len(digits) >= 6 else ()


# What speaks of parts of a number: it lacks some, or others are to be put in.
_PARTS = re.compile(
    r"\b(?:something|whatever|(?<!press )(?<!dial )(?<!ask for )ext(?:ension)?\b(?! (?:is )?(?:already|included))|etc|digits?|figures?|numbers are|end(?:s|ing|ed)? (?:in|on|with)|instead|missing|forgot|(?:n't|not) (?:remember|recall)|(?:the|my) (?:rest|(?:last|first|middle) (?:bit|part|two|three|four))|swap\w*|after that|"
    r"(?:at|in|on) the (?:end|back|beginning|start|front|middle)|mix\w* up|other way a?round|but with|not (?:the |an? )?[0-9]|"
    r"(?:minus|plus|without|except) (?:the|an?))\b|~(?! x+$)\s*(?:[*_]|x+[0-9]*\b)|\b(?:like|almost|similar to|same as) ~"
)


def _doubtful(form: str, one: Found, around: tuple[int, int], others: Sequence[list[_Token]]) -> bool:
    """Whether what stands around a number says that it is not whole, or mends some figures."""
    (begin, end), ends, mends = around, r"[;!?\n]|\.(?:\s|$)", rf"\b(?:{CORRECTS}|or|maybe|perhaps)\b"
    if _PARTS.search(re.split(ends, form[begin : one.begin])[-1] + "~" + re.split(ends, form[one.end : end])[0]):
        return True
    loose = [run for run in others if one.end <= run[0].begin < end and not _COUNTED.match(form, run[-1].end)]
    return any(re.search(mends, form[one.end : run[0].begin][-40:]) for run in loose)


_LANDS = {"GB": "british|scottish|(?-i:UK)|england|london", "US": "american|(?-i:USA?)|new york", "IE": "irish|dublin"}
_LANDS |= {"AT": "austrian?|vienna|wien", "CH": "swiss|switzerland|z[uü]rich|basel", "DE": "german|germany|berlin"}
_LANDS |= {"FR": "french|france|paris", "IT": "italian|italy|rome|milan", "ES": "spanish|spain|madrid"}
_LANDS |= {
    "NL": "dutch|holland|amsterdam",
    "PL": "polish|poland|warsaw",
    "DK": "danish|denmark",
    "BE": "belgian|belgium",
}
_LAND = re.compile(rf"\b(?:{'|'.join(f'(?P<{land}>{said})' for land, said in _LANDS.items())})\b", re.IGNORECASE)
_ITS = re.compile(
    r"[ -]*(?:sim|number|mobile|phone|cell|line|landline)\b(?: card| phone)?(?: is|'s)?\W*", re.IGNORECASE
)


def _read_in(said: str, run: Sequence[_Token], country: str) -> Sequence[Found]:
    """The numbers of a run by the plan of `country`, or of another one that is named: "my British SIM, 07700 900339"."""
    form = _form(said)
    own, lands = _read_run(form, run, country), list(_LAND.finditer(said, 0, run[0].begin))
    if not own or not lands or lands[-1].lastgroup == country or run[0].plus or run[0].digits.startswith("00"):
        return own
    other = _read_run(form, run, str(lands[-1].lastgroup))
    whole, foreign = (all(one.value for one in found) for found in (own, other))
    its = _ITS.fullmatch(said, lands[-1].end(), run[0].begin)
    if foreign and (its or not whole):
        return other
    sure = not foreign or all(re.match(r"\+491[567]", one.value or "") for one in own)
    return own if sure and not its else [Found(run[0].begin, run[-1].end, None)]


def _form(said: str) -> str:
    """Lower case, the letter O within figures as a zero."""
    return re.sub(r"\b[0-9o]*[0-9][0-9o]*\b", lambda m: m[0].replace("o", "0"), said.lower())


def _mended(form: str, one: Found, others: Sequence[list[_Token]]) -> Found:
    """A number with its last figures as they are told after it: "no, 03 at the end", "the same but it ends in 31"."""
    for run in others:
        between, digits = form[one.end : run[0].begin], "".join(token.digits for token in run)
        ends = re.match(r" at the end\b", form[run[-1].end :]) or re.search(
            r"\bend(?:s|ing)? (?:in|on|with) $", between
        )
        told = ends and (re.search(rf"\b(?:{CORRECTS}|same)\b", between) or (one.value or "").endswith(digits))
        if told and ends and one.value and 2 <= len(digits) <= 4 and not re.search(r"\bor\b", between):
            behind = run[-1].end + (11 if ends[0].startswith(" at") else 0)
            return Found(one.begin, behind, one.value[: -len(digits)] + digits)
    return one


def phones(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The form of a text that positions count in, and its telephone numbers as E.164, None where one is not certain."""
    said = cased(text)
    form, read = _form(said), [(run, _read_in(said, run, slot.country)) for run in _runs(_form(said))]
    others, found = [run for run, numbers in read if not numbers], [one for _, numbers in read for one in numbers]
    ends = [*(one.begin for one in found[1:]), len(form)]
    loose = [[run for run in others if one.end < run[0].begin < end] for one, end in zip(found, ends, strict=False)]
    found = [_mended(form, one, runs) for one, runs in zip(found, loose, strict=True)]
    edges = zip([0, *(one.end for one in found)], ends, strict=False)
    doubtful = [_doubtful(form, one, around, others) for one, around in zip(found, edges, strict=False)]
    return form, [replace(one, value=None) if odd else one for one, odd in zip(found, doubtful, strict=True)]


def resolve_phone(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one telephone number that a text gives, as E.164."""
    how = "with its area code" if slot.country else "with its country code, such as +44"
    return resolve_contact(slot, text, *phones(slot, str(text)), f"in full and {how}")


def cut_phone(value: str, text: str) -> str:
    """`text` without the number `value`, however it is grouped, said or prefixed."""
    import phonenumbers

    text, code, spans = cased(text), "", [(0, 0)]
    with suppress(phonenumbers.NumberParseException):
        code = str(phonenumbers.parse(value, None).country_code)
    ways = {begin + value.removeprefix(f"+{code}") for begin in (f"00{code}", f"{code}0", code, "0", "")}
    for run in _runs(_form(text)):
        for at, first in enumerate(run):
            said = accumulate(one.digits for one in run[at:])
            end = max((one.end for one, digits in zip(run[at:], said, strict=True) if digits in ways), default=0)
            if end > spans[-1][1]:
                spans.append((first.begin, end))
    return cut(text, spans)
