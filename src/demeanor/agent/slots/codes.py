"""What is taken as it is: codes in their pattern, free texts, options.

A code is fished out of a text whatever its case and spacing, spoken letter by letter as well: "double-u ess slash oh
three nine", "K as in kilo, P as in papa, 0447". Which of several codes is meant is for `meant`.
"""

from __future__ import annotations

import re
from functools import lru_cache

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import plain

_ATOM = re.compile(r"(\[[^\]]+\]|\\[dwDW]|\\.|[^\\(){}\[\]|?*+^$.])(\{(\d+)(?:,(\d+))?\})?")
_GAP = r"[\s_./#‐‑‒–—−-]*"
_DIGITS = {w: str(n) for w, n in CARDINAL.items() if n < 10} | {"oh": "0", "null": "0", "nought": "0", "nil": "0"}
_DIGIT_WORD = re.compile(rf"\b({'|'.join(_DIGITS)})\b", re.IGNORECASE)
_TIMES = re.compile(r"\b(double|triple|treble)[ -](\w)\b(?!-)", re.IGNORECASE)
_AS_IN = re.compile(r"\b([a-z]),? (?:(?:as|like) in|as|like|for|wie) (?:the |a )?(?!\d)\w+", re.IGNORECASE)
_SIGNS = {
    "slash": "/",
    "stroke": "/",
    "dash": "-",
    "hyphen": "-",
    "minus": "-",
    "dot": ".",
    "point": ".",
    "underscore": "_",
}
_SIGN_WORD = re.compile(rf"\b({'|'.join(_SIGNS)})\b", re.IGNORECASE)
_LETTERS = {
    "double-u": "w", "double u": "w", "ess": "s", "aitch": "h", "haitch": "h", "kay": "k", "jay": "j", "tee": "t", "vee": "v", "zed": "z", "zee": "z",
    "eff": "f", "ell": "l", "em": "m", "en": "n", "pee": "p", "cue": "q", "queue": "q", "ar": "r", "bee": "b", "cee": "c", "dee": "d", "gee": "g", "ex": "x",
}  # fmt: skip
_LETTERS |= {
    word: word[0]
    for word in re.findall(
        r"\S+",
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliett juliet kilo lima mike "
        "november oscar papa quebec romeo sierra tango uniform victor whiskey whisky x-ray xray yankee zulu",
    )
} | {"niner": "9", "ay": "a"}
_MISREAD = str.maketrans("oOiIlL", "001111")  # a letter where the form has a figure
_LETTER = re.compile(rf"\b({'|'.join(_LETTERS)})\b", re.IGNORECASE)


def _literal(atom: str) -> str:
    """The sign that an atom of a pattern stands for, "" for a class."""
    if len(atom) == 3 and atom[0] == "[" and not atom[1].isalnum():
        return atom[1]  # "[.]"
    return atom[-1] if len(atom) == 1 or (atom[0] == "\\" and atom[1] not in "dwDW") else ""


@lru_cache(maxsize=256)
def _code_finder(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]] | None:
    """(loosely spaced code, the same without its literals, its shape); None for a pattern too complex.

    The shape holds per atom a literal sign as it is (`-`), `=X` for a literal letter, "" for what is given.
    """
    full, bare, shape, position = [], [], [], 0
    body = pattern.removeprefix("^").removesuffix("$").replace(r"\b", "")
    for match in _ATOM.finditer(body):
        if match.start() != position:
            return None
        position = match.end()
        atom, low, high = match[1], int(match[3] or 1), int(match[4] or match[3] or 1)
        sign = _literal(atom)
        shape.append(f"={sign}" * low if sign.isalnum() else sign * low)
        if sign and not sign.isalnum():
            continue
        spaced = f"({atom}(?:{_GAP}{atom}){{{low - 1},{high - 1}}})" if high > 1 else f"({atom})"
        full.append(spaced)
        bare += [] if sign else [spaced]
    if position != len(body) or not full or not bare:
        return None
    loose = [rf"(?<![^\W_]){_GAP.join(parts)}(?![^\W_])" for parts in (full, bare)]
    return re.compile(loose[0], re.I), re.compile(loose[1], re.I), tuple(shape)


def resolve_code(slot: Slot, text: object) -> Resolved | Unresolved:
    """The code in `text` in its normal form; case, spaces, dashes and a missing prefix do not matter."""
    given = " ".join(str(text).split())[:400]
    pattern = slot.pattern or r"\S+"
    found = list[Found]()
    for said in (given, _figures(given), _spelled_out(given), _with_figures(given)):
        found = _codes(pattern, said)
        if found:
            break
    if "0-9" in pattern or "\\d" in pattern:  # a word of the sentence is no code where codes may have figures
        found = [one for one in found if not one.value.isalpha() or one.value.lower() == given.strip(" .!?").lower()]
    codes = list(dict.fromkeys(one.value for one in found))
    if len(codes) > 1:
        codes = meant(plain(said).lower(), found) or codes
    if len(codes) == 1:
        return Resolved(codes[0], given)
    example = (
        f" such as {slot.examples[0]}" if slot.examples else f" of the form {slot.pattern}" if slot.pattern else ""
    )
    if found:
        return Unresolved(f"More than one {slot.label} was given ({', '.join(codes[:3])}); which one is meant?")
    return Unresolved(f"No {slot.label} was found in {given[:60]!r}; it is a code{example}.")


def _figures(text: str) -> str:
    """A text with words for digits as digits."""
    return _DIGIT_WORD.sub(lambda m: _DIGITS[m[1].lower()], text)


def _with_figures(text: str) -> str:
    """A text in whose words with figures the letters O and I are figures, too: "KFO-1O9"."""
    return re.sub(r"(?<=\d)[oOiIlL]+|[oOiIlL]+(?=\d)", lambda m: m[0].translate(_MISREAD), text)


def _spelled_out(text: str) -> str:
    """A text as it is meant where a code is spelled: letters by their names, signs, "double five"."""
    text = _AS_IN.sub(r"\1", text)
    text = _LETTER.sub(lambda m: _LETTERS[m[1].lower()], text)
    text = _SIGN_WORD.sub(lambda m: _SIGNS[m[1].lower()], _figures(text))
    text = _TIMES.sub(lambda m: m[2] * (2 if m[1].lower() == "double" else 3), text)
    return re.sub(
        r"(?<=\b\w),? (?:and |then |and then |then an? )?(?=\w\b|[/.-])|(?<=[/.-]),? (?=\w)|(?<=\w) (?=[/-])", "", text
    )


def _codes(pattern: str, given: str) -> list[Found]:
    finder = _code_finder(pattern)
    if finder is None:
        return [Found(*m.span(), _cased(pattern, given, m)) for m in re.finditer(pattern, given, re.IGNORECASE) if m[0]]
    full, tail, shape = finder
    for regex, with_literals in ((full, True), (tail, False)):
        written = [(m, _written(m.groups(), shape, pattern, with_literals)) for m in regex.finditer(given)]
        kept = [Found(*m.span(), code) for m, code in written if code and not _of_words(m[0], code)]
        if kept:
            return kept
    return []


def _cased(pattern: str, given: str, found: re.Match[str]) -> str:
    """A code in the case in which its pattern has it, where that is one for all its letters."""
    for text in (given, given.upper(), given.lower()):
        kept = re.compile(pattern).match(text, found.start()) if len(text) == len(given) else None
        if kept is not None and kept.end() == found.end():
            return kept[0]
    return found[0]


def _of_words(text: str, code: str) -> bool:
    """Whether a code of letters alone is but words of the sentence side by side: "in Lima"."""
    parts = text.split()
    return code.isalpha() and len(parts) > 1 and any(len(re.sub(r"\W", "", part)) > 1 for part in parts)


def _written(groups: tuple[str, ...], shape: tuple[str, ...], pattern: str, with_literals: bool) -> str | None:
    """Groups of the text put into the shape; None when that is not the normal form."""
    parts, rest = "", iter(groups)
    for sign in shape:
        if sign.startswith("="):
            parts += sign.replace("=", "")
            if with_literals:
                next(rest)
        else:
            parts += sign or re.sub(r"[\W_]", "", next(rest))
    for code in (parts, parts.upper(), parts.lower()):
        if re.fullmatch(pattern, code):
            return code
    return None


def resolve_text(slot: Slot, text: object) -> Resolved | Unresolved:
    """A free text as it was said, without the quotes around it."""
    given = " ".join(str(text).split())[:400]
    value = given.strip("\"'“”‘’` ")
    if not re.search(r"[^\W_]", value):
        return Unresolved(f"No {slot.label} was found in {given[:60]!r}.")
    return Resolved(value, given)


def resolve_option(slot: Slot, text: object) -> Resolved | Unresolved:
    """An option's key as given; which options exist is known where the results are."""
    given = " ".join(str(text).split())[:400]
    return Resolved(given, given) if given else Unresolved(f"No {slot.label} was chosen; name one of those offered.")
