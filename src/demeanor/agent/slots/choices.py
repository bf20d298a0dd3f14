"""Words that name one of a few things, names, codes, and options taken as they are.

A choice is found as whole words, the longest first ("old town" before "town"), then by close spelling. What
is negated ("not the suite") or replaced ("instead of standard", "from standard to deluxe") does not count;
two that remain are asked back.
"""

from __future__ import annotations

import difflib
import re
from functools import lru_cache

from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL

_CLOSE, _CLOSER = 0.84, 0.8  # the lower one where the first letter agrees
_FILL = r"(?:(?:the|a|an|any|in|want|need|like|to|have|take|of|my|your|that|this|anything)\s+){0,3}"
_NEGATED = re.compile(
    r"\b(?:not|no|don't|dont|without|instead of|rather than|than|never mind|forget"
    rf"|anything but|except|but not|never|nor"
    rf"|isn't|cancel)\s+{_FILL}$"
)
_REPLACED = re.compile(r"\b(?:from|change|switch|swap)\s+(?:the |a |my )?$")


def plain(text: str) -> str:
    """Lower case words with single spaces; every other sign is a space."""
    return " ".join(re.sub(r"[^\w']+", " ", text.lower().replace("’", "'").replace("_", " ")).split())


def _phrases(slot: Slot) -> tuple[tuple[str, str], ...]:
    """(phrase, value) of a choice slot, longest phrase first."""
    return _ordered(tuple((value, *words) for value, words in slot.choices.items()))


@lru_cache(maxsize=256)
def _ordered(choices: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, str], ...]:
    pairs = {(plain(word), words[0]) for words in choices for word in words}
    return tuple(sorted((p for p in pairs if p[0]), key=lambda p: (-len(p[0]), p)))


@lru_cache(maxsize=4096)
def _whole_words(phrase: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w']){re.escape(phrase)}(?:s|es)?(?![\w'])")


def resolve_choice(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one choice that `text` names."""
    given = " ".join(str(text).split())[:400]
    if given in slot.choices:
        return Resolved(given, given)
    norm = plain(given)
    found = _contained(slot, norm)
    if not found and not any(_whole_words(phrase).search(norm) for phrase, _ in _phrases(slot)):
        found = _similar(slot, norm)
    allowed = ", ".join(slot.choices)
    if len(found) == 1:
        return Resolved(found[0], given)
    if found:
        return Unresolved(f"{given[:60]!r} names {' and '.join(found)}; the {slot.label} must be one of {allowed}.")
    return Unresolved(f"{given[:60]!r} is not a {slot.label}; it must be one of {allowed}.")


def named_choices(slot: Slot, text: str) -> list[str]:
    """Every choice that a text names, in order, without those that it negates."""
    return _contained(slot, plain(text))


def _contained(slot: Slot, norm: str) -> list[str]:
    hits: list[tuple[int, int, str]] = []
    rest = norm
    for phrase, value in _phrases(slot):
        for match in list(_whole_words(phrase).finditer(rest)):
            hits.append((*match.span(), value))
            rest = rest[: match.start()] + "~" * (match.end() - match.start()) + rest[match.end() :]
    hits.sort()
    wanted = [(b, e, v) for b, e, v in hits if not _NEGATED.search(norm[:b])]
    if len({v for *_, v in wanted}) == 2 and _REPLACED.search(norm[: wanted[0][0]]):
        wanted = [hit for hit in wanted if hit[2] != wanted[0][2]]
    return list(dict.fromkeys(v for *_, v in wanted))


def _similar(slot: Slot, norm: str) -> list[str]:
    """The choice whose spelling is nearest to some run of words, when it is near enough."""
    words = norm.split()[:40]
    best: dict[str, float] = {}
    for phrase, value in _phrases(slot):
        if len(phrase) < 4:
            continue
        size = len(phrase.split())
        for n in {size, max(1, size - 1), size + 1}:
            for i in range(len(words) - n + 1):
                run = " ".join(words[i : i + n])
                if len(run) < 4 or abs(len(run) - len(phrase)) > 2 or _NEGATED.search(" ".join(words[:i]) + " "):
                    continue
                ratio = difflib.SequenceMatcher(None, phrase, run).ratio()
                if ratio >= (_CLOSER if len(phrase) > 4 and run[0] == phrase[0] else _CLOSE):
                    best[value] = max(best.get(value, 0.0), ratio)
    top = max(best.values(), default=0.0)
    return [value for value, ratio in best.items() if ratio > top - 0.03]


# Names: the words around them go, their spelling stays.

_LEAD = re.compile(
    r"^(?:(?:sure|ok|okay|yes|yeah|yep|hi|hello|hey|thanks|thank you|of course|certainly|please"
    r"|actually)\b[\s,.!:-]*"
    r"|(?:oh|well|right|great|perfect|um|uh)\s*[,.!:-]+\s*)",
    re.IGNORECASE,
)
_OF_NAME = r"(?:(?:the|my)\s+(?:full\s+)?name(?:\s+of)?\s*[:,]?\s*)"
_INTRO = re.compile(
    r"^(?:(?:my|the|full|guest's|guest|last|first|booking|reservation)\s+)*name(?:\s+it)?(?:'s"
    r"|\s+is|\s+would be"
    r"|\s+should be)?\s*[:,?-]?\s+"
    r"|^(?:(?:you can|you may|can you|could you|would you|just|please)\s+)*"
    r"(?:(?:put|book|make|reserve|register|place|keep|have|write|do)\s+(?:it|that|this"
    r"|(?:the\s+)?(?:booking|room|reservation))\s+(?:out\s+)?"
    rf"(?:(?:under|for|to|as|in|on)\s+)?{_OF_NAME}?"
    rf"|(?:book|reserve|register|put|write)\s+(?:under|for)\s+{_OF_NAME}?|(?:use|put)\s+{_OF_NAME}?(?:as\s+)?)"
    r"|^(?:it\s+(?:is|will be|would be|should be)|it's|its|it'll be|that's|that is|that would be|this is"
    r"|i'd like it|i'm|i am|call me|they call me"
    r"|the (?:booking|reservation|room) (?:is|should be|will be))\s+"
    rf"(?:called\s+)?(?:(?:under|for)\s+{_OF_NAME}?|(?:in|on|under)\s+{_OF_NAME})?"
    rf"|^(?:(?:under|for)\s+{_OF_NAME}?|(?:in|on)\s+{_OF_NAME})"
    r"|^(?:the|a)\s+name\s+of\s+",
    re.IGNORECASE,
)
_OUTRO = re.compile(
    r"\s+(?:is (?:my|the) (?:full )?name|is fine|will do|instead|here|speaking)$"
    r"|,?\s+that's\s.*$|\s*\([^()]*\)$"
)
_RELATION = re.compile(r"^(?:my|our) \w+,\s+")
_TRAIL = re.compile(
    r"[\s,.;:!?-]*(?:\b(?:please|pls|plz|(?:many )?thanks(?: a lot)?|thank you(?: (?:very"
    r"|so) much)?|thx|cheers|if possible|then"
    r"|that's me)\b)?[\s,;:!?-]*$",
    re.IGNORECASE,
)
_PARTICLES = {
    "van", "de", "von", "da", "di", "du", "del", "della", "der", "den", "des", "dos", "la", "le", "bin",
    "ibn", "al", "el", "ter", "ten", "zu", "y", "e",
}  # fmt: skip
_ABBREVIATED = re.compile(r"\b(?:jr|sr|dr|mr|mrs|ms|prof|st|[A-Za-z])\.$", re.IGNORECASE)


def resolve_text(slot: Slot, text: object) -> Resolved | Unresolved:
    """A name or other free text without the words around it; spelling stays, all lower case gets capitals."""
    given = " ".join(str(text).replace("’", "'").split())[:400]
    value = given.strip("\"'“”` ")
    for _ in range(4):
        before = value
        value = _INTRO.sub("", _LEAD.sub("", value, count=1), count=1).strip("\"'“”` ,:;!?-")
        value = _RELATION.sub("", _OUTRO.sub("", _tail(value)))
        if value == before:
            break
    if not re.search(r"\w", value) or not re.search(r"[^\W_]", value):
        return Unresolved(f"No {slot.label} was found in {given[:60]!r}; give it in full.")
    return Resolved(_titled(value) if value == value.lower() else value, given)


def _tail(value: str) -> str:
    stripped = _TRAIL.sub("", value)
    if stripped.endswith(".") and not _ABBREVIATED.search(stripped):
        stripped = stripped.rstrip(". ")
    if value.endswith(".") and _ABBREVIATED.search(value):
        return value
    return stripped.strip("\"'“”` ")


def _titled(value: str) -> str:
    words = value.split(" ")
    return " ".join(
        word if word in _PARTICLES and 0 < i < len(words) - 1 else _capital(word) for i, word in enumerate(words)
    )


def _capital(word: str) -> str:
    """`jean-luc` -> `Jean-Luc`, `o'neill` -> `O'Neill`, `al-farsi` -> `al-Farsi`."""
    parts = word.split("-")
    return "-".join(
        part
        if part in {"al", "el", "bin"} and len(parts) > 1
        else "'".join(p[:1].upper() + p[1:] for p in part.split("'"))
        for part in parts
    )


# Codes: fished out of the text whatever their case and spacing.

_ATOM = re.compile(r"(\[[^\]]+\]|\\[dwDW]|\\.|[^\\(){}\[\]|?*+^$.])(\{(\d+)(?:,(\d+))?\})?")
_GAP = r"[\s_./#‐‑‒–—−-]*"
_DIGIT_WORD = re.compile(rf"\b({'|'.join(w for w, n in CARDINAL.items() if n < 10)})\b", re.IGNORECASE)


def _literal(atom: str) -> str:
    """The sign that an atom of a pattern stands for, "" for a class."""
    return atom[-1] if len(atom) == 1 or (atom[0] == "\\" and atom[1] not in "dwDW") else ""


@lru_cache(maxsize=256)
def _code_finder(pattern: str) -> tuple[re.Pattern[str], re.Pattern[str], tuple[str, ...]] | None:
    """(loosely spaced code, the same without its literals, its shape); None for a pattern too complex.

    The shape holds per atom a literal sign as it is (`-`), `=X` for a literal letter, "" for what is given.
    """
    full, bare, shape, position = [], [], [], 0
    body = pattern.removeprefix("^").removesuffix("$")
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
    found = _codes(pattern, given) or _codes(pattern, _DIGIT_WORD.sub(lambda m: str(CARDINAL[m[1].lower()]), given))
    if len(found) == 1:
        return Resolved(found[0], given)
    example = (
        f" such as {slot.examples[0]}" if slot.examples else f" of the form {slot.pattern}" if slot.pattern else ""
    )
    if found:
        return Unresolved(f"More than one {slot.label} was given ({', '.join(found[:3])}); which one is meant?")
    return Unresolved(f"No {slot.label} was found in {given[:60]!r}; it is a code{example}.")


def _codes(pattern: str, given: str) -> list[str]:
    finder = _code_finder(pattern)
    if finder is None:
        return list(dict.fromkeys(m[0] for m in re.finditer(pattern, given, re.IGNORECASE) if m[0]))
    full, tail, shape = finder
    for regex, with_literals in ((full, True), (tail, False)):
        codes = [_written(m.groups(), shape, pattern, with_literals) for m in regex.finditer(given)]
        kept = list(dict.fromkeys(code for code in codes if code))
        if kept:
            return kept
    return []


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


def resolve_option(slot: Slot, text: object) -> Resolved | Unresolved:
    """An option's key as given; which options exist is known where the results are."""
    given = " ".join(str(text).split())[:400]
    return Resolved(given, given) if given else Unresolved(f"No {slot.label} was chosen; name one of those offered.")
