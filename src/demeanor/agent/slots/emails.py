"""Mail addresses as people write and speak them: a name, an "at", a domain with its dots, by one grammar.

What is found is given as in `phones`: by position in a form of the text, None where an address is not certain. A written
"name@domain" is taken as it stands; a spoken one has to be led in, so that no half of a name is taken for the whole.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from demeanor.agent.slots.meant import Found
from demeanor.agent.slots.phones import CORRECTS, DIGITS, cased, cut, resolve_contact
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL

_SIGNS = {"dot": ".", "punkt": ".", "point": ".", "period": ".", "underscore": "_", "underline": "_"}
_SIGNS |= {"dash": "-", "hyphen": "-", "minus": "-", "plus": "+"}
_SIGN = rf"\s+(?:{'|'.join(_SIGNS)})\s+"
_DOT, _DASH = r"(?:\.|\s+(?:dot|punkt|point|period)\s+)", r"(?:-+|\s+(?:dash|hyphen|minus)\s+)"
_LABEL = rf"[^\W_]+(?:{_DASH}[^\W_]+)*"
_DOMAIN = rf"{_LABEL}(?:{_DOT}{_LABEL})+(?![^\s,;]*@)"
_AT = r"(?:\s*@\s*|[\s,]+(?:and )?(?:then )?(?:that )?(?:the )?at(?: sign)?[\s,]+)"
_SINGLE = rf"(?:[a-z]|\d+|{'|'.join(word for word in DIGITS if len(word) > 1)})(?![^\W_])"
_THEN = r"[\s,-]+(?:(?:then|and|the|figure|digit|number)\s+)*"
_SPELLED = rf"{_SINGLE}(?:{_THEN}{_SINGLE})+"
_PIECE = rf"(?:{_SPELLED}|[^\W_](?:[\w.+-]*[^\W_])?(?:\s\d+)?)"
_NO_NAME = (
    r"(?:me|us|him|her|them|you|it|is|are|was|e?-?mail|address|here|home|works?|there|i|i'm|we|one|this|that|or|and|someone|"
    r"anything|everything|name)"
)
_ADDRESS = re.compile(
    rf"(?P<written>[^\s,;:!?<>\"'()@.][^\s,;:!?<>\"()@]*)@(?P<domain>{_DOMAIN})"
    rf"|(?<![\w'.+@-])(?!{_NO_NAME}{_AT})(?P<spoken>{_PIECE}(?:{_SIGN}{_PIECE})*){_AT}(?P<said>{_DOMAIN})"
)
_IN_BRACKETS = re.compile(r"[(\[{<](dot|at|@)[)\]}>]", re.IGNORECASE)
_DOUBLED = re.compile(r"\b(?:double|(triple)) ([a-z0-9])\b(?!')", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:,\s*)?\b(?:(?:all|everything|and|in|as|it's|that's)\s+)*(?:one word|lower ?case(?: letters)?|small letters|"
    r"(?:written )?together|(?:no|without(?: any)?) spaces?)\b\s*,?|(?<=\b[^\W_] )(?:as in|for|like) [^\W_]+"
)
_ONE_WORD = re.compile(r"\b(?:one word|together|(?:no|without(?: any)?) spaces?)\b")
_LEADS_IN = re.compile(
    r"(?:is|it'?s|that'?s|be|to|under|use|(?:e-?mail|mail|address)(?:'s)?|so|and|try|now|write|was|at|it|via|please|on|by|"
    r"as|my|not|of)"
)
_OPENER = re.compile(r"(?:sure|yes|yeah|yep|ok|okay|oh|well|hi|hello|thanks|please|right|so|no|e?-?mail|address)")
_PLACEHOLDER = {"something", "somewhat", "whatever", "what", "wherever", "somewhere", "blah"}


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _addresses(text: str) -> list[Found]:
    """Every address in a text, before what is said about it."""
    text = _IN_BRACKETS.sub(lambda m: f" {m[1]} ", text)
    text = _DOUBLED.sub(lambda m: " ".join(m[2] * (3 if m[1] else 2)).rjust(len(m[0])), text)
    low = text.lower()
    bare, one_word, found = _ASIDE.sub(_blank, low), bool(_ONE_WORD.search(low)), list[Found]()
    for match in _ADDRESS.finditer(bare):
        if match["written"]:
            begin, name = match.start(), text[match.start() : match.end("written")]
        else:
            begin = _leftmost(bare, match.start(), found[-1].end if found else 0) if one_word else match.start()
            name = _name(bare[begin : match.end("spoken")])
            name = name if _ordinary(name) and _led_in(bare[:begin]) else ""
        domain = re.sub(_DASH, "-", re.sub(_DOT, ".", match["domain"] or match["said"]))
        address = f"{name}@{domain}"
        good = name and not _PLACEHOLDER & set(re.split(r"[.@]", address)) and _accepted(address)
        found.append(Found(begin, match.end(), address if good else None))
    return found


def _leftmost(bare: str, begin: int, least: int) -> int:
    """Where a name of several words begins that are to be written together."""
    word = re.search(r"(?<![^\s,])[^\W_]+\s+$", bare[least:begin])
    while word and not _LEADS_IN.fullmatch(word[0].strip()):
        begin = least + word.start()
        word = re.search(r"(?<![^\s,])[^\W_]+\s+$", bare[least:begin])
    return begin


def _name(spoken: str) -> str:
    """What stands before the "at", as it is written: "j o dot burns 99" is jo.burns99."""
    pieces = re.split(rf"\s+({'|'.join(_SIGNS)})\s+", spoken)
    return "".join(_SIGNS[piece] if at % 2 else _piece(piece) for at, piece in enumerate(pieces))


def _piece(piece: str) -> str:
    if not re.fullmatch(_SPELLED, piece):
        return re.sub(r"\s+", "", piece)
    singles = re.findall(rf"\b{_SINGLE}", re.sub(r"\b(?:then|and|the|figure|digit|number)\b", "", piece))
    return "".join(one if len(one) == 1 else DIGITS.get(one, one) for one in singles)


def _ordinary(name: str) -> bool:
    """Whether what was said can be a name: no sign is left over, and it is no mere number."""
    parts = set(re.split(r"[.+_-]", name))
    return name.isascii() and not parts & {"", *_SIGNS} and not name.isdigit() and name not in CARDINAL


def _led_in(before: str) -> bool:
    """Whether a spoken address can begin here: behind a word that leads to it, or behind a pause.

    One word and a pause may be the first half of the name: "jo, burns at ...", "jo, dot, burns at ...".
    """
    words = re.findall(r"[^\s,.;:!?<>\"()]+", before)
    if not words or _LEADS_IN.fullmatch(words[-1]):
        return True
    clause = re.split(r"[,.;:!?]\s", before.rstrip(' ,.;:!?<>"()'))[-1].split()
    return bool(re.search(r"[,.;:!?<\"(]\s*$", before)) and (len(clause) > 1 or bool(_OPENER.fullmatch(words[-1])))


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


_TAKES_BACK = re.compile(
    rf"\b{CORRECTS}\b(?! (?:for|about|to)\b)\W*\w|\b(?:not (?:\w+ )?sure|unsure|(?:might|could) be|or (?:was|is) it|i think|missing|forgot)\b"
)
_REMARK = re.compile(r"\b(without|with|no|two|double)\s+(?:an? |the |one )?([a-z])(?:'?s)?\b(?!')")


def _doubtful(one: Found, after: str) -> bool:
    """Whether what follows an address takes back a part of it, or a remark on its letters does not agree with it."""
    if not one.value or _TAKES_BACK.search(after):
        return True
    count = one.value.split("@")[0].lower().count
    return any(
        count(letter) > 0 if how in ("without", "no") else count(letter) < (1 if how == "with" else 2)
        for how, letter in _REMARK.findall(after)
    )


def emails(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The form of a text that positions count in, and its mail addresses, None where one is not certain."""
    found, form = _addresses(cased(text)), cased(text).lower()
    ends = [*(one.begin for one in found[1:]), len(form)]
    for at, (one, end) in enumerate(zip(found, ends, strict=False)):
        last = at == len(found) - 1
        if _doubtful(one, _ASIDE.sub(_blank, form[one.end : end]) if last else ""):
            found[at] = replace(one, value=None)
    return form, found


def resolve_email(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one mail address that a text gives."""
    return resolve_contact(slot, text, *emails(slot, str(text)), "in full, such as name@example.org")


def cut_email(value: str, text: str) -> str:
    """`text` without the address `value`, written or spoken."""
    text = cased(text)
    same = [one for one in _addresses(text) if one.value and one.value.lower() == value.lower()]
    return cut(text, [(one.begin, one.end) for one in same])
