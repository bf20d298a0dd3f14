"""Telephone numbers and mail addresses as people write and speak them.

Both readers give a form of the text (plain signs, lower case, as long as `plain(text)`) and what was found in it, by
position. A value of None is a number or an address that is begun but not certain: incomplete, corrected in part, or of
no known country. Nothing here raises, whatever the text; what cannot be decided is asked back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import plain

_LONGEST = 1000  # signs of an answer that are read


def _cased(text: str) -> str:
    """Plain signs and digits, case as given."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain(text)[:_LONGEST])


def _lower(cased: str) -> str:
    """Lower case of the same length: a letter that would become two stays."""
    return "".join(low if len(low := c.lower()) == 1 else c for c in cased)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What is said about a number or an address, and which of several is meant.

_CORRECTION = re.compile(
    r"\b(?:no|nope|nah|wait|hang on|hold on|i mean|i meant|sorry|pardon|mistake|scratch that|correction|oops|"
    r"whoops|actually|"
    r"rather|make it|make that|wrong|instead|stop|strike that|typo)\b"
)
_STALE = re.compile(
    r"\b(?:old|former|previous|dead|fax|broken|disconnected|switched off|turned off|out of order|out of service|"
    r"used to|"
    r"was|outdated|obsolete|expired|invalid|bounces|hacked|closed|shut down|never|not|no longer|ex|stop using|"
    r"lost|i (?:called|rang|tried|phoned|dialled)|don't|doesn't|isn't|won't|can't)\b"
)
_STILL = re.compile(
    r"\b(?:still|same|not (?:before|after|on|at|during|until|between|in|too|later|earlier)|"
    r"don't (?:call|ring|text|send|share|pass|give|worry|judge|mind|leave|forget|be))\b"
)
_CONDITION = re.compile(r"\b(?:if|when|unless|in case|otherwise|else|whenever)\b")
_USE = re.compile(
    r"\b(?:but|so|please|pls|just|rather|best|better|only)\b[^.;!?]{0,30}\b(?:use|take|ring|call|text|try|write|"
    r"mail|send|"
    r"note|prefer)\b[^.;!?]{0,40}$"
)
_IS_THE_ONE = re.compile(
    r"[^.;,]*\b(?:is|are) (?:the )?(?:best|better|right|correct|preferred|one (?:to|you should))\b"
)
_SPECIAL = re.compile(
    r"\b(?:or|and also|both|either|mornings?|afternoons?|evenings?|nights?|weekends?|weekdays?|before|after|"
    r"until|during|"
    r"emergenc\w+|urgent|depends)\b"
)
_CLAUSE = re.compile(r"[,.;!?\n()]|\b(?:but|and|because|so|(?<!don't )(?<!not )(?:use|take)|new|now)\b|\s-\s")
_GOES_ON = re.compile(r"[,.;]\s*(?:that|it|this|which|that's|it's)\b[^,.;!?\n]*")


def meant_of(form: str, found: Sequence[Found]) -> list[str]:
    """The values that `meant` leaves, with what holds for contacts alone.

    The signs and words inside of a value are no part of the sentence, a number named as old or dead is none to use, and
    the first of two is not the answer only because it came first: hence the word set before the text.
    """
    told, lead = list(form.replace("no:", "no,").replace(":", " ")), "reach "
    for one in found:
        told[one.begin : one.end] = "v" * (one.end - one.begin)
    text = lead + "".join(told)
    moved = [Found(one.begin + len(lead), one.end + len(lead), one.value) for one in found]
    gaps = [text[one.end : other.begin] for one, other in pairwise(moved) if one.value != other.value]
    if any(_CONDITION.search(gap) for gap in gaps):
        return list(dict.fromkeys(one.value for one in found if one.value))
    kept = [one for one in moved if one.value is None or not _stale(text, one, moved)]
    return meant(text, _named(text, kept) or kept)


def _named(text: str, found: Sequence[Found]) -> list[Found]:
    """The one that a text says to use, when it says so of one only and of no special case."""
    named = []
    for at, one in enumerate(found):
        begin = found[at - 1].end if at else 0
        end = found[at + 1].begin if at + 1 < len(found) else len(text)
        use = _USE.search(text, begin, one.begin)
        if (use and not _STALE.search(use[0])) or _IS_THE_ONE.match(text[one.end : end]):
            named.append(one)
    return named if len(named) == 1 < len(found) and not _SPECIAL.search(text) else []


def _stale(text: str, one: Found, found: Sequence[Found]) -> bool:
    begin = max((f.end for f in found if f.end <= one.begin), default=0)
    end = min((f.begin for f in found if f.begin >= one.end), default=len(text))
    begin = max((m.end() for m in _CLAUSE.finditer(text, begin, one.begin)), default=begin)
    stop = _CLAUSE.search(text, one.end, end)
    before, after = text[begin : one.begin], text[one.end : stop.start() if stop else end]
    more = _GOES_ON.match(text, one.end + len(after), end)
    after += more[0] if more else ""
    return any(_STALE.search(side) and not _STILL.search(side) for side in (before, after))


def _resolve(slot: Slot, text: object, form: str, found: list[Found], how: str) -> Resolved | Unresolved:
    given = " ".join(str(text).split())[:400]
    values = meant_of(form, found)
    if len(values) == 1:
        return Resolved(values[0], given)
    if len(values) > 1:
        return Unresolved(f"More than one {slot.label} was given ({', '.join(values[:3])}); which one is meant?")
    if found:
        return Unresolved(f"The {slot.label} in {given[:60]!r} is not certain; ask for it once more, {how}.")
    return Unresolved(f"No {slot.label} was found in {given[:60]!r}; it is given {how}.")


def _cut(cased: str, spans: Sequence[tuple[int, int]]) -> str:
    for begin, end in sorted(spans, reverse=True):
        cased = f"{cased[:begin]} {cased[end:]}"
    return " ".join(cased.split())


# Telephone numbers: runs of figures and number words.

_DIGITS = {word: str(n) for word, n in CARDINAL.items() if n < 10}
_DIGITS |= dict.fromkeys(("oh", "o", "null", "nought", "naught", "nil"), "0")
_TENS = {word: n for word, n in CARDINAL.items() if n >= 20}
_TEENS = {word: n for word, n in CARDINAL.items() if 10 <= n < 20}
_TIMES = {"double": 2, "twice": 2, "triple": 3, "treble": 3, "quadruple": 4, "two": 2, "three": 3, "four": 4, "five": 5}
_TIMES |= {str(n): n for n in range(2, 6)}
_ONE = rf"(?:{'|'.join(_DIGITS)}|[0-9])"
_TOKEN = re.compile(
    rf"(?<![^\W_])(?:(?P<times>double|twice|triple|treble|quadruple)[ -]?(?P<what>{_ONE})"
    rf"|(?P<many>two|three|four|five|[2-5]) (?P<ones>(?:{'|'.join(_DIGITS)}|[0-9])'?(?:e?s))"
    rf"|(?P<often>two|three|four|five|[2-5]) times (?:the |a |an )?(?P<it>{_ONE})"
    rf"|(?P<round>(?:(?:{'|'.join(_TENS)})[ -])?(?:{'|'.join([*_DIGITS, *_TEENS])})) (?P<power>hundred|thousand)"
    rf"|(?P<tens>{'|'.join(_TENS)})(?:[ -](?P<unit>{'|'.join(list(_DIGITS)[1:10])}))?"
    rf"|(?P<word>{'|'.join([*_TEENS, *_DIGITS])})|(?P<figures>[0-9]+))(?![^\W_])(?!')"
)
_JOINED = re.compile(
    r"(?:[ ,/()\-_.]|\b(?:then|and|dash|hyphen|minus|space|slash|dot|point|comma|er+m*|uh+m*|um+|eh+m*|hm+|again|"
    r"followed by|next)\b)*"
)
_SOFT = re.compile(r"[,/]|\.\s| - |[a-z]")
_PLUS = re.compile(r"(?:\+|\bplus\b)[ (]*$")
_DATE_TIME_MONEY = re.compile(
    # Behind another figure it may be a group of the number: "0302 1-2-34".
    r"(?<![0-9./-])(?<![0-9-] )(?:[0-9]{1,2}(?:([./-])[0-9]{1,2}\1(?:(?:19|20)[0-9]{2}(?![./-]?[0-9])|"
    r"[0-9]{2}(?![./ -]{0,3}[0-9]))|\.[0-9]{1,2}\.(?! ?[0-9]))|[0-9]{4}-[0-9]{2}-[0-9]{2}(?![./-]?[0-9]))"
    r"|\b[0-9]{1,2}:[0-9]{2}\b|[€$£] ?[0-9][0-9.,]*|\b[0-9][0-9.,]* ?(?:€|\$|£|eur\b|euros?\b|pounds?\b|dollars?\b|%)"
)
_OTHER_LABEL = re.compile(
    r"(?<!for )(?<!for the )(?<!for my )(?<!for our )(?<!on the )(?<!on my )(?<!in the )(?<!in my )\b(?:order|"
    r"customer|client|member(?:ship)?|booking|reservation|invoice|bill|receipt|account|case|ticket|contract|"
    r"reference|ref|policy|insurance|patient|parcel|tracking|serial|tax|vat|room|post ?code|zip|pin|iban|id|passport|"
    r"registration|article|item|model|birth ?day|born)"
    r"(?: ?(?:number|no|nr|code|id|ref|reference)\b\.?)?(?:'s| is| was| reads| on| in)?(?: the)?[ :=#.]*$"
)
_UNITS = (
    r"(?:people|persons?|adults?|kids?|child(?:ren)?|guests?|nights?|days?|weeks?|hours?|hrs?|minutes?|mins?|am|"
    r"pm|a\.m|p\.m|"
    r"o'clock|oclock|euros?|times|rings?|floors?|rooms?|tables?|pieces?|boxes|more|of|thing|moment|sec(?:ond)?s?)\b"
)
_COUNTED = re.compile(rf"[ -]?{_UNITS}")
_NEW_PART = re.compile(
    r" (?!please|pls|thanks|thank|thx|cheers|and\b|is\b|that|or\b|but\b|on\b|for\b|my\b|i\b|it|at\b|if\b|so\b|"
    r"as\b|ok|yes|no\b)[a-z]"
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
    for times, what in (("times", "what"), ("many", "ones"), ("often", "it")):
        if part[times]:
            return _digit(part[what]) * _TIMES[part[times]]
    if part["round"]:
        number = sum(CARDINAL.get(word, 0) for word in re.split("[ -]", part["round"]))
        return f"{number}{'00' if part['power'] == 'hundred' else '000'}"
    if part["tens"]:
        return str(_TENS[part["tens"]] + int(_DIGITS.get(part["unit"] or "", "0")))
    return part["figures"] or _DIGITS.get(part["word"]) or str(_TEENS[part["word"]])


def _digit(word: str) -> str:
    """One digit, said in the plural or not: "fives", "sixes", "5s", "zero"."""
    for end in ("", "s", "es", "'s"):
        bare = word.removesuffix(end) if end else word
        if bare in _DIGITS or (len(bare) == 1 and bare.isdigit()):
            return _DIGITS.get(bare, bare)
    return ""


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
def _number(digits: str, plus: bool, country: str) -> str | None:
    """E.164 of digits as dialled in `country` ("" for none); None when no such number can be."""
    import phonenumbers

    country = country.upper() if country.upper() in phonenumbers.SUPPORTED_REGIONS else ""
    code = phonenumbers.country_code_for_region(country) if country else 0
    abroad = "011" if code == 1 else "00"
    if not plus and digits.startswith(abroad):
        plus, digits = True, digits.removeprefix(abroad)
    if not plus and not (country and _dialled(digits, country)):
        # Many leave out the plus of their own country: "49 170 ...".
        plus = bool(code) and code != 1 and digits.startswith(str(code))
        if not plus:
            return None
    try:
        number = phonenumbers.parse(f"+{digits}" if plus else digits, None if plus else country)
    except phonenumbers.NumberParseException:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if _complete(number) else None


def _dialled(digits: str, country: str) -> bool:
    """Whether digits begin as national numbers do that are dialled in full: with the 0, where there is one."""
    import phonenumbers

    prefix = phonenumbers.ndd_prefix_for_region(country, True)
    example = phonenumbers.example_number(country)
    if not prefix or example is None:
        return True
    written = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
    return digits.startswith(prefix) or not re.sub(r"\D", "", written).startswith(prefix)


def _complete(number: Any) -> bool:
    """Whether a number has all its digits.

    Invented numbers of a country count where all of its numbers have one length (01632 960123); elsewhere only the
    known ranges tell a whole number from the beginning of one.
    """
    import phonenumbers

    region = phonenumbers.region_code_for_country_code(number.country_code)
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    examples = [phonenumbers.example_number_for_type(region, kind) for kind in kinds]
    usual = [len(phonenumbers.national_significant_number(one)) for one in examples if one is not None]
    length = len(phonenumbers.national_significant_number(number))
    if not usual:
        return bool(phonenumbers.is_valid_number(number))
    if phonenumbers.is_valid_number(number):
        return min(8, *usual) <= length <= max(usual) + 1
    return set(usual) == {length} and bool(phonenumbers.is_possible_number(number))


def _value(tokens: Sequence[_Token], country: str) -> str | None:
    if any(token.plus for token in tokens[1:]):
        return None
    return _number("".join(token.digits for token in tokens), tokens[0].plus, country)


def _split(tokens: Sequence[_Token], country: str) -> list[Found]:
    """The one way to read tokens as whole numbers, [] when there is none or more than one."""
    ways: list[list[Found]] = []

    def go_on(at: int, before: list[Found]) -> None:
        if at == len(tokens):
            ways.append(before)
        for end in range(at + 1, len(tokens) + 1):
            if end < len(tokens) and not _may_begin(tokens[end]):
                continue
            value = _value(tokens[at:end], country)
            if value:
                go_on(end, [*before, Found(tokens[at].begin, tokens[end - 1].end, value)])

    go_on(0, [])
    return ways[0] if len(ways) == 1 else []


def _may_begin(token: _Token) -> bool:
    return token.plus or (token.digits.startswith("0") and bool(token.joint)) or bool(_SOFT.search(token.joint))


def _readings(form: str, tokens: list[_Token]) -> Iterator[list[_Token]]:
    """The tokens of a run, and the same without a word at its edge that may be none of its figures."""
    first, last = tokens[0], tokens[-1]
    counted = len(last.digits) <= 2 and bool(_COUNTED.match(form, last.end))
    apart = len(last.digits) <= 2 and bool(_SOFT.search(last.joint)) and bool(_NEW_PART.match(form, last.end))
    if not counted:
        yield tokens
    if len(tokens) > 1 and (counted or apart):
        yield tokens[:-1]
    if len(tokens) > 1 and len(first.digits) <= 2 and not first.plus and _SOFT.search(tokens[1].joint):
        yield tokens[1:]
    elif len(tokens) > 1 and form[first.begin : first.end] in ("oh", "one", "o"):
        following = tokens[1]
        if following.plus or (form[following.begin : following.end].isdigit() and following.digits[0] == "0"):
            yield tokens[1:]


def _read_run(form: str, tokens: list[_Token], country: str) -> list[Found]:
    """The numbers in a run; one Found with None for what looks like a number and is not one for certain."""
    if _OTHER_LABEL.search(form[max(0, tokens[0].begin - 40) : tokens[0].begin]):
        # "order 4421077, 0170 ...": the number begins behind the comma.
        begins = (at for at, one in enumerate(tokens) if "," in one.joint and (one.plus or one.digits[0] == "0"))
        tokens = tokens[next((at for at in begins if at), len(tokens)) :]
    if not tokens:
        return []
    readings = [(tuple(_split(one, country)), one) for one in _readings(form, tokens[:60])]
    sure = {found for found, _ in readings if found}
    if len(sure) == 1:
        return list(sure.pop())
    digits = sum(len(token.digits) for token in tokens)
    return [Found(tokens[0].begin, tokens[-1].end, None)] if 6 <= digits <= 32 else []


_UNFINISHED = re.compile(
    r"^[\s,.-]*(?:something|some thing|whatever|x+\b|\?|\*|_|and (?:then )?(?:something|so on|i\b)|etc|blah|"
    r"ext\b|extension|extn\b|and (?:then )?after that|plus\b)"
)
_FORGOT = (
    r"(?:forg[eo]t\w*|remember|recall|don't know|dont know|not sure|unsure|"
    r"no idea|might be|could be|missing|look up|can't read|guess)"
)
_FIGURE = r"(?:rest|last|end|digits?|figures?|part|middle|it all|all of it|numbers? (?:is|are))"
_LACKS = re.compile(rf"\b{_FORGOT}\b[^.;!?]{{0,30}}\b{_FIGURE}\b|\b{_FIGURE}\b[^.;!?]{{0,30}}\b{_FORGOT}\b")
_TAIL = re.compile(
    r"\b(?:(?:at|in|on) the (?:end|back|beginning|start|front|middle)|end(?:s|ing|ed)? (?:in|on|with)|"
    r"(?:the|my) (?:last|final|first|second|third|fourth|middle) (?:\w+ )?(?:digits?|figures?|numbers?|ones?|"
    r"two|three|four|bit|part)|"
    r"(?:other way (?:a)?round|swap|switch|twisted|swapped|mixed up)|but with|"
    rf"(?:instead of|not) (?:the |an? )?{_ONE}|should be (?:an? )?{_ONE}|(?:minus|plus|without|except|"
    rf"apart from) (?:the|a|one)\b)\b"
)
_PARTLY = re.compile(
    r"\b(?:like|as|than|almost|nearly|similar to|same as|except for)\s+$|"
    r"\bsame\b[^.;!?]*\b(?:except|but|only|just|apart from)\b[^.;!?]*$"
)
_DIRECTLY = re.compile(
    r"(?:\W|\b(?:no|it's|its|it|is|the|a|make|that|i|mean|meant|sorry|wait|should|be|of|course|actually|rather|"
    r"not|wrong|stop|"
    r"hang|hold|on|pardon|my|mistake|correction|scratch|oops|with|was|typo|one|ends|end|last|in)\b)*"
)
_OR_THEN = re.compile(r"^\W*(?:or|maybe|perhaps|possibly)\b(?:\W+\w+){0,3}\W*$")


def _doubtful(form: str, one: Found, runs: Sequence[list[_Token]], end: int) -> bool:
    """Whether what follows a number, up to `end`, says that it is not whole, or mends only some of its figures."""
    after = form[one.end : end]
    if _PARTLY.search(form[: one.begin]):
        return True
    if _UNFINISHED.search(after) or _LACKS.search(after):
        return True
    sentence = re.split(r"[;!?\n]|\.(?:\s|$)", after, maxsplit=1)[0]
    mended = _CORRECTION.search(after)
    if _TAIL.search(sentence) or (mended and _TAIL.search(after, mended.end())):
        return True
    for run in runs:
        gap = form[one.end : run[0].begin]
        if not one.end <= run[0].begin < end or _COUNTED.match(form, run[-1].end):
            continue
        if _OR_THEN.search(gap) or (_CORRECTION.search(gap) and _DIRECTLY.fullmatch(gap)):
            return True
    return False


def _numbers(form: str, country: str) -> tuple[list[Found], list[list[_Token]]]:
    """What the runs hold, before what is said about it; and the runs that hold nothing."""
    found, rest = [], []
    for run in _runs(form):
        read = _read_run(form, run, country)
        found += read
        rest += [] if read else [run]
    return found, rest


def phones(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The form of a text that positions count in, and its telephone numbers as E.164, None where one is not certain."""
    form = _lower(_cased(text))
    found, rest = _numbers(form, slot.country)
    ends = [one.begin for one in found[1:]] + [len(form)]
    sure = [
        replace(one, value=None) if one.value and _doubtful(form, one, rest, end) else one
        for one, end in zip(found, ends, strict=False)
    ]
    if not sure:
        sure = [Found(run[0].begin, run[-1].end, None) for run in rest if _begun(form, run)]
    return form, sure


def _begun(form: str, run: list[_Token]) -> bool:
    """Whether figures too few for a number are named as a part of one."""
    digits = "".join(token.digits for token in run)
    return len(digits) >= 3 and bool(_TAIL.search(form[: run[0].begin]) or digits[0] == "0" or run[0].plus)


def resolve_phone(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one telephone number that a text gives, as E.164."""
    form, found = phones(slot, str(text))
    how = "with its area code" if slot.country else "with its country code, such as +44"
    return _resolve(slot, text, form, found, f"in full and {how}")


def phone_in_words(value: str, country: str) -> str:
    """An E.164 number as it is told in `country`: without the country code where it is of that country."""
    import phonenumbers

    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return value
    if number.country_code == phonenumbers.country_code_for_region(country.upper()):
        told = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        # A number of no known range would be written without its 0.
        if _number(re.sub(r"\D", "", told), False, country) == value:
            return str(told)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def cut_phone(value: str, text: str) -> str:
    """`text` without the number `value`, however it is grouped, said or prefixed."""
    import phonenumbers

    cased = _cased(text)
    try:
        code = phonenumbers.parse(value, None).country_code or 0
    except phonenumbers.NumberParseException:
        return cased
    country = phonenumbers.region_code_for_country_code(code)
    found, _ = _numbers(_lower(cased), country)
    same = [one for one in found if one.value == value]
    if not same:  # figure by figure: an invented number is no number to the reader
        national = value.removeprefix(f"+{code}")
        signs = r"[\s/().-]*".join(national)
        return re.sub(rf"(?:(?:\+|00){code}[\s/().-]*(?:\(0\))?|\b0)?[\s/().-]*{signs}(?!\d)", " ", cased)
    opened = [one.begin - (cased[: one.begin].endswith("(") and ")" in cased[one.begin : one.end]) for one in same]
    return _cut(cased, [(begin, one.end) for begin, one in zip(opened, same, strict=True)])


# Mail addresses: from the "at" to its right as far as the domain goes, to its left chunk by chunk.

_SIGNS = {"dot": ".", "punkt": ".", "point": ".", "period": ".", "underscore": "_", "underline": "_"}
_SIGNS |= {"dash": "-", "hyphen": "-", "minus": "-", "plus": "+", "[dot]": ".", "(dot)": "."}
_LABEL = r"[^\W_]+(?:-+[^\W_]+)*"
_SPACED_DASH = r"\s+(?:dash|hyphen|minus)\s+"
_DOT = r"(?:\.|\s*(?:\(dot\)|\[dot\])\s*|\s+(?:dot|punkt|point|period)\s+)"
_AT = re.compile(
    r"(?P<at>\s*(?:@|[(\[{<]\s?(?:at|@)\s?[)\]}>])\s*|[\s,]+(?:and )?(?:then )?(?:that |it |"
    r"all that )?(?:the )?at(?:[ -]sign)?[\s,]+)"
    rf"(?P<domain>{_LABEL}(?:{_SPACED_DASH}{_LABEL})*(?:{_DOT}{_LABEL}(?:{_SPACED_DASH}{_LABEL})*)+)"
)
_ASIDE = re.compile(
    r"(?:,\s*)?\b(?:(?:all|everything|and|in|as|it's|its|that's)\s+)*(?:one word|lower ?case(?: letters)?|"
    r"small letters|small caps|"
    r"lower ?cased|(?:written )?together|no spaces?|without (?:any )?spaces?)\b\s*,?"
)
_ONE_WORD = re.compile(r"\b(?:one word|together|no spaces?|without (?:any )?spaces?)\b")
_LEADS_IN = _set(
    "is it's its that's thats be to under use address mail email e-mail so and try now write was at it "
    "that mail's address's would via with please on by as: my: not than of"
)
_NO_LOCAL = _set(
    "me us him her them you it is are was mail email e-mail address here home work works there i we one "
    "this that or and something someone somebody any anything everything name what"
)
_OPENERS = _set(
    "sure yes yeah yep ok okay oh well hi hello thanks please right fine certainly so no mail email e-mail address"
)
_PLACEHOLDER = {"something", "somewhat", "whatever", "what", "wherever", "somewhere", "blah"}
_MARKS = {"figure", "digit", "number", "numeral", "the", "then", "a", "letter", "letters", "small", "capital"}
_DOUBLED = re.compile(r"\b(double|triple)[ -]([a-z0-9])\b(?!')", re.IGNORECASE)
_SPELLED = re.compile(r"[^\W_](?:[-.][^\W_]){2,}")
_SPELLING = re.compile(r"(?<=\b[^\W_] )(?:as in|like in|for|like) [^\W_]+")


class _Local(NamedTuple):
    begin: int
    text: str  # "" where it is not certain
    spoken: bool


def _chunks(cased: str, low: str) -> list[tuple[int, str, bool]]:
    """(begin, chunk, whether a pause follows) of what stands before an "at", without signs around it."""
    chunks = []
    for match in re.finditer(r"[^\s,;:!?<>\"]+", low):
        begin, chunk = match.start(), cased[match.start() : match.end()]
        if chunk.lower() not in _SIGNS:
            bare = chunk.lstrip("('.")
            begin, chunk = begin + len(chunk) - len(bare), bare
        pause = bool(re.match(r"[,;:!?]", low[match.end() :])) or (chunk.endswith(".") and match.end() < len(low))
        if chunk:
            chunks.append((begin, chunk, pause))
    return chunks


def _single(chunk: str) -> bool:
    """Whether a chunk is one letter, some figures, or a letter doubled ("double l" is "ll" here)."""
    return chunk.isdigit() or (chunk.isalnum() and len(set(chunk.lower())) == 1 and len(chunk) < 4)


def _local(cased: str, low: str, attached: bool, one_word: bool) -> _Local:
    """The part before the "at", read from its end; `attached`: written right before an "@"."""
    chunks = _chunks(cased, low)
    if not chunks or (attached and low[-1:].isspace()):
        return _Local(len(low), "", False)
    at = len(chunks) - 1
    begin, text, spoken = _piece(chunks, at)
    while at > 0:
        before = chunks[at - 1][1].lower()
        pause = chunks[at - 1][2]
        if before in _SIGNS and (pause or (at > 1 and chunks[at - 2][2])):
            return _Local(begin, "", True)
        if before in _SIGNS and at > 1:
            at -= 2
            begin, part, _ = _piece(chunks, at)
            text, spoken = part + _SIGNS[before] + text, True
        elif chunks[at][1].lower() in _DIGITS and before in ("figure", "digit", "number", "numeral") and at > 1:
            at, text = _over_marks(chunks, at), text
            begin, part, _ = _piece(chunks, at)
            text, spoken = part + text, True
        elif _joins(chunks, at, pause) or (one_word and not pause and before not in _LEADS_IN):
            at -= 1
            begin, part, _ = _piece(chunks, at)
            text, spoken = part + text, True
        else:
            break
    certain = (attached and not spoken) or _led_in(chunks, at, attached)
    return _Local(begin, text if certain and _ordinary(text, attached) else "", spoken)


def _piece(chunks: Sequence[tuple[int, str, bool]], at: int) -> tuple[int, str, bool]:
    """(begin, text, whether it was spelled) of one chunk: letters with dashes between them are spelled."""
    begin, chunk, _ = chunks[at]
    chunk = re.sub(r"[(\[]dot[)\]]", ".", chunk, flags=re.IGNORECASE)
    if _SPELLED.fullmatch(chunk):
        return begin, re.sub(r"[-.]", "", chunk).lower(), True
    marked = at > 0 and chunks[at - 1][1].lower() in ("figure", "digit", "number", "numeral")
    near = [chunks[i][1] for i in (at - 1, at + 1) if 0 <= i < len(chunks)]
    if chunk.lower() in _DIGITS and len(chunk) > 1 and (marked or any(_single(one) for one in near)):
        return begin, _DIGITS[chunk.lower()], True
    return begin, chunk, False


def _over_marks(chunks: Sequence[tuple[int, str, bool]], at: int) -> int:
    """The chunk that stands before "then the figure" and the like."""
    at -= 1
    while at > 0 and chunks[at][1].lower() in _MARKS:
        at -= 1
    return at


def _joins(chunks: Sequence[tuple[int, str, bool]], at: int, pause: bool) -> bool:
    """Whether a chunk is spelled on to the one before it: single letters and figures in a row."""
    this, before = chunks[at][1], chunks[at - 1][1]
    if before.lower() in ("a", "i") and not (at > 1 and _single(chunks[at - 2][1])) and len(this) > 1:
        return False
    if this.isdigit() and not pause:
        return before.isalnum() and before.lower() not in _LEADS_IN | _NO_LOCAL
    spelled = _single(this) or (this.lower() in _DIGITS and _single(before))
    return spelled and (_single(before) or before.lower() in _DIGITS)


def _led_in(chunks: Sequence[tuple[int, str, bool]], at: int, attached: bool) -> bool:
    """Whether an address can begin at a chunk: after a pause, or a word that leads to one."""
    if at == 0:
        return True
    _, before, pause = chunks[at - 1]
    if pause and (at == 1 or chunks[at - 2][2]) and not attached:
        # One word and a pause may be the first half of the name: "jo, burns at ...".
        return before.lower() in _OPENERS
    return pause or before.lower() in _LEADS_IN


def _ordinary(text: str, attached: bool) -> bool:
    if not re.search(r"\w", text) or (not attached and set(re.split(r"[.+_-]", text.lower())) & {"", *_SIGNS}):
        return False
    return attached or (text.lower() not in _NO_LOCAL | set(CARDINAL) and text.isascii() and not text.isdigit())


def _domain(spoken: str) -> str:
    written = re.sub(r"[\s()\[\]]*\b(?:dot|punkt|point|period)\b[\s()\[\]]*(?=\S)", ".", f" {spoken}")
    return re.sub(_SPACED_DASH, "-", written).strip()


@lru_cache(maxsize=4096)
def _accepted(address: str) -> bool:
    """Whether an address can be one, by its form alone."""
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(address, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError):
        # Reserved domains (example, test, invalid) are refused by name, not by form.
        return bool(re.search(r"\.(?:example|test|invalid)$", address)) and _accepted(f"{address}.org")
    return True


def _addresses(cased: str) -> list[Found]:
    """Every address in a text, before what is said about it."""
    cased = _DOUBLED.sub(lambda m: (m[2] * (3 if m[1][0] in "tT" else 2)).rjust(len(m[0])), cased)
    low = _lower(cased)
    small = bool(re.search(r"\b(?:lower ?case|small)\b", low))
    one_word = bool(_ONE_WORD.search(low))
    bare = _SPELLING.sub(lambda m: " " * len(m[0]), _ASIDE.sub(lambda m: " " * len(m[0]), low))
    found: list[Found] = []
    for match in _AT.finditer(bare):
        last = found[-1].end if found else 0
        if match.start() < last:
            continue
        sign = match["at"].strip()
        local = _local(cased[last : match.start()], bare[last : match.start()], sign == "@" == match["at"], one_word)
        domain, spoken = _domain(match["domain"]), local.spoken or sign.strip(", ")[:1].isalpha()
        name = local.text.lower() if spoken or small else local.text
        address = f"{name}@{domain}"
        good = name and not _PLACEHOLDER & set(re.split(r"[.@]", address)) and _accepted(address)
        if name or sign != "at":
            found.append(Found(min(last + local.begin, match.start()), match.end(), address if good else None))
    return found


_FRAGMENT = re.compile(
    r"\b(?:dot|underscore|dash|hyphen|minus|without|with|letters?|double|spelled|spelt|digit|figure|instead of|end|"
    r"com|org|net|de|co|uk)\b|(?:^|\s)\.[a-z]{2,}|[a-z]\.[a-z]{2,}|\bnot\b"
)
_REMARK = re.compile(r"\b(with|without|no|two|double|not)\s+(?:a |an |the |one )?([a-z])(?:'?s)?\b(?!')")
_OR_ENDING = re.compile(r"^\W*or\s+(?:(?:dot|point)\s+|\.)?(?:[a-z]{2,4}\b|with|without|maybe|something)")


_UNSURE = re.compile(
    r"\b(?:not (?:\w+ )?sure|unsure|might be|could be|maybe|perhaps|or was|or is it|i guess|"
    r"i think)\b(?! (?:when|if|whether)\b)"
)


def _misses(form: str, one: Found, end: int) -> bool:
    """Whether what follows an address, up to `end`, takes back a part of it or does not agree with it."""
    after = form[one.end : end]
    mended = _CORRECTION.search(after)
    if _OR_ENDING.search(after) or (mended and _FRAGMENT.search(after, mended.end())) or _LACKS.search(after):
        return True
    if _UNSURE.search(after) or (mended and _said_again(one.value, after[mended.end() :])):
        return True
    if "@" in form[one.begin : one.end].replace("(@)", ""):
        return False
    local = one.value.split("@")[0]
    for how, letter in _REMARK.findall(after):
        needed = {"with": 1, "two": 2, "double": 2}.get(how)
        if (letter in local) if needed is None else local.count(letter) < needed:
            return True
    return False


def _said_again(address: str, rest: str) -> bool:
    """Whether a word begins as a part of the address does: the part is corrected."""
    parts = [part[:3] for part in re.split(r"[\W_]", address) if len(part) > 2]
    return any(word[:3] in parts for word in re.findall(r"[^\W_]{3,}", rest))


def emails(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The form of a text that positions count in, and its mail addresses, None where one is not certain."""
    cased = _cased(text)
    form, found = _lower(cased), _addresses(cased)
    for at, one in enumerate(found):
        end = found[at + 1].begin if at + 1 < len(found) else len(form)
        if one.value and _misses(form, one, end):
            found[at] = replace(one, value=None)
    return form, found


def resolve_email(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one mail address that a text gives."""
    form, found = emails(slot, str(text))
    return _resolve(slot, text, form, found, "in full, such as name@example.org")


def cut_email(value: str, text: str) -> str:
    """`text` without the address `value`, written or spoken."""
    cased = _cased(text)
    same = [one for one in _addresses(cased) if one.value and one.value.lower() == value.lower()]
    return _cut(cased, [(one.begin, one.end) for one in same])
