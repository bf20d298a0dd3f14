"""Sloppy English to a small regular language, before any rule looks at it.

Lower case, plain dashes and quotes, months and weekdays in full, common misspellings mended, spelled
numbers as digits ("the twenty-first" -> "the 21st", "four" -> "4"). The rules in `dates` and `numbers` see
only this form.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache, partial

from demeanor.text import plain

MONTHS = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
    "november", "december",
]  # fmt: skip
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen",
]  # fmt: skip
_UNITS += ["seventeen", "eighteen", "nineteen"]
_TENS = {
    w: 10 * i for i, w in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_ORDINALS = [
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth",
    "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth",
    "eighteenth", "nineteenth",
]  # fmt: skip
CARDINAL = {w: i for i, w in enumerate(_UNITS)} | _TENS
ORDINAL = {w: i for i, w in enumerate(_ORDINALS, 1)} | {"twentieth": 20, "thirtieth": 30}

_ALIASES = {m[:3]: m for m in MONTHS if m != "may"} | {"sept": "september"}
_ALIASES |= {w[:3]: w for w in WEEKDAYS if w != "sunday"}
_ALIASES |= {
    "tues": "tuesday", "weds": "wednesday", "wensday": "wednesday", "thur": "thursday", "thurs": "thursday",
    "tmrw": "tomorrow", "tmr": "tomorrow", "tomoz": "tomorrow", "tomoro": "tomorrow", "tomorow": "tomorrow",
    "tonite": "tonight", "nite": "night", "nites": "nights", "nt": "night", "nts": "nights", "nigth": "night",
    "nigths": "nights", "nxt": "next", "til": "until", "till": "until", "untill": "until", "'til": "until",
    "thru": "through", "wk": "week", "wks": "weeks", "week's": "weeks", "weeks'": "weeks", "days'": "days",
    "year's": "years", "years'": "years", "valentine's": "valentines", "xmas": "christmas", "fourty": "forty",
    "twelth": "twelfth", "wkend": "weekend", "jully": "july", "juin": "june", "juni": "june",
    "junee": "june", "jly": "july", "juli": "july", "weekned": "weekend",
}  # fmt: skip
_FUZZY = [
    w for w in [*MONTHS, *WEEKDAYS, *CARDINAL, *ORDINAL, "tomorrow", "tonight", "weekend", "christmas"] if len(w) > 4
]
_KNOWN = {*_ALIASES, *MONTHS, *WEEKDAYS, *CARDINAL, *ORDINAL, "weekend", "tomorrow", "tonight", "christmas"}
_LEAVE_ALONE = {
    "there", "these", "three", "where", "guests", "weekday", "weekdays", "weekends", "thirsty", "monthly",
    "nights", "sevens", "matched", "marched",
}  # fmt: skip

_DASHES = re.compile(r"\s*[‐‑‒–—−]\s*")
_SUN = re.compile(
    r"\bsun\b(?!\s+(?!to\b|until|till?\b|thru|through|and\b|the\b|for\b|please|jan|feb|mar|apr|may|ju"
    r"|aug|sep|oct|nov|dec)[a-z])"
)
_WORD = re.compile(r"[a-z'][a-z']*")
_ABBREVIATION = re.compile(rf"\b({'|'.join(a for a in _ALIASES if len(a) < 6)}|sun)\.(?=[\s,-]|$)")
_SWAPPED = re.compile(r"(?<=\d)(?:ht|ts|dn|dr)\b")
_SPLIT = re.compile(r"(?<=\d)(?!(?:st|nd|rd|th)\b)(?=[a-z])|(?<=[a-z])(?=\d)")
_CARD = "|".join(sorted(CARDINAL, key=len, reverse=True))
_ORD = "|".join(sorted(ORDINAL, key=len, reverse=True))
_COMPOUND = re.compile(rf"\b({'|'.join(_TENS)})[ -]?({'|'.join(_UNITS[1:10])}|{'|'.join(_ORDINALS[:9])})\b")
_SIMPLE = re.compile(rf"\b(?:({_CARD})|({_ORD}))\b")
_HUNDRED = re.compile(r"(?:\b(\d{1,2}|a)\s+|(?<!\d )(?<![a-z]-)\b)hundred(?:\s+(?:and\s+)?(\d{1,2}))?\b")
_THOUSAND = re.compile(r"(?<![.,\d])\b(\d{1,3}|a)\s+thousand(?:\s+(?:and\s+)?(\d{1,3}))?\b")
_DIGIT_SPELLED = re.compile(r"\b2(?=moro|day\b|nite\b)")
_HALF_DOZEN = re.compile(r"\bhalf (?:a |of a )?dozen\b")
_DOZENS = re.compile(r"\b([2-9]|\d\d) dozen\b")
_DOZEN = re.compile(r"(?<!\d )\b(?:a |1 )?dozen\b")


@lru_cache(maxsize=8192)
def mend(word: str) -> str:
    """One lower-case word with abbreviations written out and near misses of a date or number word mended."""
    if word in _ALIASES:
        return _ALIASES[word]
    if len(word) < 5 or word in _KNOWN or word in _LEAVE_ALONE:
        return word
    close = [
        w
        for w in difflib.get_close_matches(word, _FUZZY, n=3, cutoff=0.8 if len(word) > 7 else 0.83)
        if w[0] == word[0]
    ]
    return close[0] if close else word


def suffix(number: int) -> str:
    """'st', 'nd', 'rd' or 'th' as `number` takes it."""
    return "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")


def _ordinal(number: int) -> str:
    return f"{number}{suffix(number)}"


def _compound(match: re.Match[str]) -> str:
    tens, unit = _TENS[match[1]], match[2]
    return str(tens + CARDINAL[unit]) if unit in CARDINAL else _ordinal(tens + ORDINAL[unit])


def _simple(match: re.Match[str]) -> str:
    return str(CARDINAL[match[1]]) if match[1] else _ordinal(ORDINAL[match[2]])


def _times(unit: int, match: re.Match[str]) -> str:
    return str((int(match[1]) if match[1] and match[1] != "a" else 1) * unit + int(match[2] or 0))


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """`text` in the regular form that the rules of `dates` and `numbers` read."""
    low = plain(_DASHES.sub("-", text)).lower().replace("&", " and ")
    low = _DIGIT_SPELLED.sub("to", low)
    low = _SWAPPED.sub("th", _ABBREVIATION.sub(r"\1", low))
    low = _SPLIT.sub(" ", _SUN.sub("sunday", low))
    low = _WORD.sub(lambda m: mend(m[0]), low)
    low = _SIMPLE.sub(_simple, _COMPOUND.sub(_compound, low))
    low = _THOUSAND.sub(partial(_times, 1000), _HUNDRED.sub(partial(_times, 100), low))
    low = _DOZENS.sub(lambda m: str(12 * int(m[1])), _DOZEN.sub("12", _HALF_DOZEN.sub("6", low)))
    return " ".join(low.split())
