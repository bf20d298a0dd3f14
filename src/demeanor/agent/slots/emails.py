"""Mail addresses as people write and speak them: a name, an "at", a domain with its dots, by one grammar.

What is found is given as in `phones`: by position in a form of the text, None where an address is not certain. A written
"name@domain" is taken as it stands; a spoken one has to be led in, so that no half of a name is taken for the whole.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from demeanor.agent.slots.meant import Found
from demeanor.agent.slots.names import common, resolve_name
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
_NO_NAME = r"(?:me|us|him|her|them|you|it|is|are|was|e?-?mail|address|here|home|works?|there|i|i'm|we|one|this|that|or|and|someone|anything|everything|name|just|only)"
_ADDRESS = re.compile(
    rf"(?P<written>[^\s,;:!?<>\"'()@.][^\s,;:!?<>\"()@]*)@(?P<domain>{_DOMAIN})|(?<![\w'.+@-])(?!{_NO_NAME}{_AT})(?P<spoken>{_PIECE}(?:{_SIGN}{_PIECE})*){_AT}(?P<said>{_DOMAIN})"
)
_IN_BRACKETS = re.compile(r"[(\[{<](dot|at|@)[)\]}>]", re.IGNORECASE)
_DOUBLED = re.compile(r"\b(?:double|(triple)) ([a-z0-9])\b(?!')", re.IGNORECASE)
_ASIDE = re.compile(
    r"(?:,\s*)?\b(?:(?:all|everything|and|in|as|it's|that's)\s+)*(?:one word|lower ?case(?: letters)?|small letters|(?:written )?together|(?:no|without(?: an?y?)?) spaces?)\b\s*,?|(?<=\b[^\W_] )(?:as in|for|like) [^\W_]+"
)
_ONE_WORD = re.compile(r"\b(?:one word|together|(?:no|without(?: an?y?)?) spaces?)\b")
_PAUSED = re.compile(
    rf"[,.]\s+(?:(?:and|then|an?)\s+)*(?:{'|'.join(_SIGNS)}|at)[,.]\s+(?:then\s+)?|(?<=\b\w)\.(?=\s\w\.)", re.I
)
_REPEATED = re.compile(
    r"(?<![^\W_])([^\W\d_]{2,})(, (?:that'?s |spelled )?((?:[a-z][ .-]+){1,}[a-z])(?=,|\s+at\b),?)", re.IGNORECASE
)
_WITH = re.compile(r"(?<![^\W_])([^\W\d_]{2,})( with an? ([a-z])(?:,|(?=\s+(?:dot|at)\b)))", re.IGNORECASE)
_BARE_END = re.compile(r"(?<=\bat )([a-z0-9]{3,}) (com|org|net|de|eu|info)(?=\s*(?:$|[,;!?]|\.\s|\.$))", re.IGNORECASE)
_ROLES = re.compile(r"\b(?:(?:my|the) )?(?:(first|given)|(?:last|family|sur) ?-?)\s?names?\b", re.IGNORECASE)
_LEADS_IN = re.compile(
    r"(?:is|it'?s|that'?s|be|to|under|use|(?:e-?mail|mail|address)(?:'s)?|so|and|try|now|write|was|at|it|via|please|on|by|as|my|not|of)"
)
_OPENER = re.compile(
    r"(?:um+|uh+|slowly|sure|yes|yeah|yep|ok|okay|oh|well|hi|hello|thanks|please|right|so|no|e?-?mail|address)"
)
_PLACEHOLDER = {"something", "somewhat", "whatever", "what", "wherever", "somewhere", "blah"}


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _unpaused(match: re.Match[str]) -> str:
    """ "family, then a dash, then weber": of the pauses around a sign nothing is written."""
    return re.sub(r"[,.]|\b(?:and|then|an?)\b", _blank, match[0])


def _addresses(text: str) -> list[Found]:
    """Every address in a text, before what is said about it."""
    text = _PAUSED.sub(_unpaused, _IN_BRACKETS.sub(lambda m: f" {m[1]} ", text))
    text = _REPEATED.sub(lambda m: m[1] + " " * len(m[2]) if _letters(m[3]) == m[1].lower() else m[0], text)
    text = _BARE_END.sub(
        r"\1.\2" if re.search(r"(?i)\bdot\b", text) else r"\1 \2",
        _WITH.sub(lambda m: m[1] + " " * len(m[2]) if m[3] in m[1] else m[0], text),
    )
    text = _DOUBLED.sub(lambda m: " ".join(m[2] * (3 if m[1] else 2)).rjust(len(m[0])), text)
    low = text.lower()
    bare, one_word, found = _ASIDE.sub(_blank, low), bool(_ONE_WORD.search(low)), list[Found]()
    for match in _ADDRESS.finditer(bare):
        if match["written"]:
            begin, name = match.start(), text[match.start() : match.end("written")]
            whole = not bare[:begin].endswith("@") and not _unknown_before(bare[:begin], name.lower())
            name = (
                ""
                if not whole
                else name.lower()
                if _SMALL.search(low, match.end()) or text[begin : match.end()].isupper()
                else name
            )
        else:
            begin = _leftmost(bare, match.start(), found[-1].end if found else 0) if one_word else match.start()
            name = _name(bare[begin : match.end("spoken")])
            name = name if _ordinary(name, low) and _led_in(bare[:begin]) else ""
        domain = re.sub(_DASH, "-", re.sub(_DOT, ".", match["domain"] or match["said"]))
        address = f"{name}@{domain}"
        good = name and not _PLACEHOLDER & set(re.split(r"[.@]", address)) and _accepted(address)
        found.append(Found(begin, match.end(), address if good else None))
    return found


def _letters(spelled: str) -> str:
    return re.sub(r"[\W_]", "", spelled).lower()


def _unknown_before(before: str, name: str) -> bool:
    """Whether a word that nobody expects stands at once before a written address: it may be a part of it."""
    word = re.search(r"(?<![^\s,;:.!?])([^\W\d_]{2,})\s+$", before)
    known = not word or common(word[1]) or _LEADS_IN.fullmatch(word[1]) or _OPENER.fullmatch(word[1]) or word[1] in name
    return not known


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


def _ordinary(name: str, told: str) -> bool:
    """Whether what was said can be a name: no sign is left over, and it is no number unless it is `told` to be one."""
    parts = set(re.split(r"[.+_-]", name))
    return (
        name.isascii()
        and not parts & {"", *_SIGNS}
        and name not in CARDINAL
        and (not name.isdigit() or bool(re.search(r"\b(?:digits?|figures?)\b", told)))
    )


def _led_in(before: str) -> bool:
    """Whether a spoken address can begin here: behind a word that leads to it, or behind a pause.

    One word and a pause may be the first half of the name: "jo, burns at ...", "jo, dot, burns at ...".
    """
    words = re.findall(r"[^\s,.;:!?<>\"()]+", before)
    if not words or _LEADS_IN.fullmatch(words[-1]):
        return True
    clause = re.split(r"[,.;:!?]\s", before.rstrip(' ,.;:!?<>"()'))[-1].split()
    return (
        bool(re.search(r"[,.;:!?<\"(]\s*$", before))
        and not set(clause) & set(_SIGNS)
        and (len(clause) > 1 or bool(_OPENER.fullmatch(words[-1])))
    )


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
_REMARK = re.compile(r"\b(without|with|no|two|double)\s+(?:an? |the |one )?((?!a \w)[a-z])(?:'?s)?\b(?!')")
_SMALL = re.compile(r"\ball (?:in )?small\b|\bsmall (?:letters?|[a-z])\b|\blower ?case\b")
_ENDS = re.compile(rf"^\W*(?:\b{CORRECTS}\b\W*)+(?:dot |\.)([a-z]{{2,4}})\b(?=\s*(?:$|[,.;!?]|of course|please))")


def _doubtful(one: Found, after: str) -> bool:
    """Whether what follows an address takes back a part of it, or a remark on its letters does not agree with it."""
    if not one.value or _TAKES_BACK.search(after):
        return True
    count = one.value.split("@")[0].lower().count
    return any(
        count(letter) > 0 if how in ("without", "no") else count(letter) < (1 if how == "with" else 2)
        for how, letter in _REMARK.findall(after)
    )


def _with_name(slot: Slot, text: str) -> str:
    """A text with the speaker's name in the place of "first name dot last name"."""
    roles = list(_ROLES.finditer(text))
    told = resolve_name(replace(slot, type="name", ask=""), text[: roles[0].start()]) if roles else None
    names = told.value.lower().split() if isinstance(told, Resolved) else []
    return _ROLES.sub(lambda m: names[0 if m[1] else 1], text) if len(names) == 2 and "@" not in text else text


def emails(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The form of a text that positions count in, and its mail addresses, None where one is not certain."""
    text = _with_name(slot, cased(text))
    found, form = _addresses(text), text.lower()
    ends = [*(one.begin for one in found[1:]), len(form)]
    for at, (one, end) in enumerate(zip(found, ends, strict=False)):
        last = at == len(found) - 1
        if one.value and (other := _ENDS.search(form[one.end : end])):  # "oops, .org"
            found[at] = Found(one.begin, one.end + other.end(), f"{one.value.rpartition('.')[0]}.{other[1]}")
        elif _doubtful(one, _ASIDE.sub(_blank, form[one.end : end]) if last else ""):
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
