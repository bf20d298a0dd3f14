"""A street address inside what somebody says: a street with its house number, and the post code and town behind it.

Streets are written in two orders, "Birkenweg 12" and "12 Castle Street", and the town follows either: "34117 Kassel",
"in Bamberg", "York", "Leeds LS1 4AB". What follows the town is talk. A house number tells a street from a place, a post
code or town tells one street from all of its name; without them the answer is asked back. Of two addresses the goal of
a movement is meant ("it stands in X and has to get to Y"); else the one that nothing refuses or corrects (`meant`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.names import COMMON, PARTICLES
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import plain

_WORD = (
    r"(?:(?:[Ss]t\.-)?(?:[^\W\d_]+-)*[^\W\d_]*[Ss]tr\.|(?:[Ss]t|[Dd]r|[Rr]d|[Aa]ve|[Ll]n|[Bb]lvd|[Uu]l|[Pp]l|"
    r"[Aa]v|[A-Z])\.|[^\W\d_]+(?:['-][^\W\d_]+)*\.?(?<!\.))"
)
_WORDS = re.compile(_WORD)
_TYPED = re.compile(
    r".*(?:straße|strasse|str\.?|weg|allee|platz|gasse|gässchen|damm|ufer|steig|stieg|chaussee|graben|wall|pfad|"
    r"kamp|twiete|"
    r"promenade|brücke|siedlung|ring|straat|laan|plein|gracht|kade|dijk|gade|vej|gatan|vägen|katu|utca)$",
    re.IGNORECASE,
)
_LAST_WORDS = """
    street st st. road rd rd. lane ln avenue ave ave. drive dr dr. close court ct crescent place pl square sq
    terrace way walk row hill gardens grove mews parade quay wharf boulevard blvd highway parkway circle green
    rise view yard gate broadway esplanade loop trail vale park promenade arcade
"""
_LAST = frozenset(_LAST_WORDS.split())
_FIRST_WORDS = """
    rue avenue boulevard quai place via viale piazza corso calle avenida plaza paseo carrer rua praça ulica
"""
_FIRST = frozenset(_FIRST_WORDS.split())
_JOINS_WORDS = """
    of the and upon am an on in der den dem im zur zum bei vor sur sous lès les aux au d l' & delle dei
"""
_JOINS = PARTICLES | frozenset(_JOINS_WORDS.split())
_BARE = frozenset(("straße", "strasse", "weg", "platz", "allee", "gasse", "ring"))
# Everyday words that streets are named by.
_IN_STREETS = frozenset(("blue", "park", "station", "green", "high", "main", "church", "old", "new", "north", "south"))
_COUNTRIES_WORDS = """
    germany deutschland uk england scotland wales ireland austria france italy spain switzerland usa us netherlands
    belgium poland denmark sweden norway canada australia
"""
_COUNTRIES = frozenset(_COUNTRIES_WORDS.split())
_TOWN_JOINS = _JOINS - {"and", "the", "&"}
_NO_STREET_WORDS = """
    apartment apt flat unit suite room table floor level zimmer wohnung etage stock hinterhaus haus house block
    terminal gate platform gleis line linie bus tram order number nummer no nr box postfach phone tel fax id
    invoice customer ticket january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday i
"""
_NO_STREET = frozenset(_NO_STREET_WORDS.split())
_SPOKEN = "|".join(sorted((w for w in CARDINAL if w != "zero"), key=len, reverse=True))
_TENS = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
_DIGITS = r"\d{1,4}(?:[a-z](?![\w'])| [a-z](?=[,.;]|$))?(?: ?[-/] ?\d{1,4}(?:[a-z](?!\w))?)?(?![\w.]\w|\w|:\d)"
_MARK = r"(?:(?:house )?number |no\.? |nr\.? |nº |n° |# ?)"
_NUMBER = re.compile(rf"{_MARK}?({_DIGITS}|(?:{_TENS}[ -])?(?:{_SPOKEN})\b)", re.IGNORECASE)
_FIX = re.compile(
    rf"[\s,.;:–-]*\b(?:no|nope|sorry|wait|i mean|i meant|make that|correction|rather|oops|hang on|pardon)\b"
    rf"(?:[\s,.;:-]+(?:no|sorry|wait|it's|its|number|i mean|make that|not \d+\w?|actually|rather|"
    rf"or))*[\s,.;:-]+{_NUMBER.pattern}",
    re.IGNORECASE,
)
_FIX_BEHIND = re.compile(r"[\s,]+(?:no|sorry|wait)\b[\s,]+(?:[a-z']+[\s,]+){0,2}(?=\d)", re.IGNORECASE)
_CODE_BEFORE = re.compile(
    r"((?:[A-Z]{1,2}-)?(?:\d{5}|\d{4} ?[A-Z]{2}\b|\d{4}-\d{3}|\d{4}|\d{3} \d{2}|\d{2}-\d{3})(?![\w-]|[.,]\d))(?=$|"
    r"\W)",
    re.IGNORECASE,
)
# What stands between a house number and a post code is neither: "Ringstraße 5, Krause, 34117 Kassel".
_SKIPPED = re.compile(r"(?:,| c/o)\s[^,;.!?\d]{1,40}(?=, \d{5} [^\W\d_])")
_CODE_AFTER = re.compile(
    r",? ((?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2})|(?-i:[A-Z]{2,3},? )\d{4,6}(?:-\d{4})?|\d{5,6}|"
    r"(?<=[^\W\d_] )\d{1,2}(?=\s*(?:$|[,.;])))(?![\w-]|[.,:]\d|"
    r" ?\d|\s+[a-z])",
    re.IGNORECASE,
)
_BRITISH = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b", re.IGNORECASE)
_TO_TOWN = re.compile(
    r"\s*,?\s*(?:(?:that's|that is|thats|it's|which is|and it's)\s+)?(in|near|at)?\b\s*", re.IGNORECASE
)
_TOWN_BEFORE = re.compile(
    r"(?:\b[Ii]n (\d{4,5} )?|(?<![\w-])(\d{5} ))([A-Z][\w'-]*(?: (?:[A-Z][\w'-]*|am|an|der|upon))*),? (?:at |in )?$"
)
_TOWNISH = re.compile(
    r"(?:bad|new|st\.?|saint|sankt|san|santa|são|los|las|la|le|el|north|south|east|west|upper|lower|great|little|port|"
    r"den|mount|fort|lake|groß|klein|ober|unter|alt|neu|royal)\Z",
    re.IGNORECASE,
)
_GOAL = re.compile(
    r"\b(?:to|into|onto|towards?)\s+(?:the |my |our |a |new |place |flat |house |office |at |in |on |,)*$",
    re.IGNORECASE,
)
_ORIGIN = re.compile(
    r"\b(?:from|out of|stands?|standing|is|are|currently|now|at the moment|stored|sits?|parked|live|living|leaving)\b"
    r"[^.;!?]{0,20}$",
    re.IGNORECASE,
)
_OTHER_THING = re.compile(r"\b(?:and|but|while|whereas)\s+(?:the|my|our|his|her|their|a|an)\s", re.IGNORECASE)
_ASKS_ORIGIN = re.compile(
    r"\b(?:pick|picked|pickup|collect|collected|collection|from|origin|old|start|departure)", re.IGNORECASE
)
_CORRECTS = re.compile(
    r"^[^A-Z\d]{0,30}\b(?:no|nope|sorry|wait|i mean|i meant|correction|make that|oops|"
    r"rather)\b[\s,.;:-]+(?:\w+[\s,]+){0,2}(?:\d|[A-Z])"
)
_FORMER = re.compile(
    r"\b(?:mov(?:ed|e|ing) (?:away |out |over )?(?:from|of)|old address|lived|used to|was|were|formerly|"
    r"previously|no longer)\b[^.;!?,]*$",
    re.IGNORECASE,
)
_OR = re.compile(r"^[^.;!?]{0,20}\bor\b(?! (?:else|otherwise))", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:not sure|unsure|don't know (?:the|which|what)|can't remember|don't remember|forgot|forgotten|maybe|"
    r"perhaps|probably|"
    r"i think|or so|something like|not certain)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Address:
    """An address at `begin:end`; `town` is "" where none was said, `value` "" where it cannot be pinned down."""

    begin: int
    end: int
    value: str
    town: str


def resolve_address(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one address of a text as "STREET NUMBER, POSTCODE TOWN" or "NUMBER STREET, TOWN POSTCODE", as it was said.

    Never raises. Unresolved without a house number, without a town (unless the slot's examples have none), and where
    two addresses remain.
    """
    given = " ".join(str(text).split())[:400]
    said = " ".join(plain(given).split())
    kept = _meant(slot, said)
    if len(kept) > 1:
        return Unresolved(f"{given[:60]!r} names more than one address; ask which {slot.label} is meant.")
    if not kept or not kept[0].value:
        return Unresolved(f"No {slot.label} was found in {given[:60]!r}; it needs a street, a house number and a town.")
    if not kept[0].town and not _short(slot):
        return Unresolved(f"{kept[0].value!r} lacks the town; ask for it.")
    return Resolved(kept[0].value, given)


def _short(slot: Slot) -> bool:
    """Whether the slot's examples are streets alone."""
    return bool(slot.examples) and not any("," in one for one in slot.examples)


def _meant(slot: Slot, text: str) -> list[_Address]:
    found = list(_found(text))
    if len(found) > 1 and (goal := _movement(slot, text, found)):
        return [goal]
    if any(_OR.match(text[one.end :]) and len(found) > 1 for one in found) or (found and _UNSURE.search(text)):
        return []
    found = [one for one in found if not _FORMER.search(text[: one.begin])]
    values = meant(_masked(text, found), [Found(one.begin, one.end, one.value) for one in found])
    kept = [next(one for one in found if one.value == value) for value in values]
    if len(kept) == 1 and _CORRECTS.match(text[kept[0].end :]):
        return []
    return kept


def _movement(slot: Slot, text: str, found: list[_Address]) -> _Address | None:
    """The end of a movement, or its start where the slot asks for that; None where no movement is told."""
    near = [0, *(one.end for one in found)]
    befores = [text[end : one.begin] for end, one in zip(near, found, strict=False)]
    goals = [one for one, before in zip(found, befores, strict=True) if _GOAL.search(before)]
    origins = [one for one, before in zip(found, befores, strict=True) if one not in goals and _ORIGIN.search(before)]
    between = text[found[0].end : found[1].begin] if len(found) == 2 else ""
    if _OTHER_THING.search(between):
        return None
    if len(found) != 2 or len(goals) != 1 or len(origins) != 1 or re.search(r"\bnot\b|n't\b|\bor\b", text):
        return None
    return origins[0] if _ASKS_ORIGIN.search(f"{slot.label} {slot.ask}") else goals[0]


def _found(text: str) -> Iterator[_Address]:
    """The addresses of a text by position, without overlaps."""
    at = 0
    for match in _NUMBER.finditer(text):
        if match.start() < at or re.search(r"[\w.,/:-]$", text[: match.start()]):
            continue
        one = _number_last(text, match, at) or _number_first(text, match)
        if one is not None:
            yield one
            at = one.end


def _town_before(text: str, begin: int) -> str:
    """The town that stands before a street, behind a post code or "in": "34117 Kassel, Birkenweg 12"."""
    match = _TOWN_BEFORE.search(text[:begin])
    return "" if not match or match[3].lower() in COMMON else f"{match[1] or match[2] or ''}{match[3]}"


def _masked(text: str, found: list[_Address]) -> str:
    """The text in lower case and of the same length, without the words of the addresses: "4, no, 14" is one number."""
    for one in found:
        text = text[: one.begin] + "x" * (one.end - one.begin) + text[one.end :]
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)


def _digits(spoken: str) -> str:
    """A house number as it is written: "twenty-one" -> "21"; digits stay."""
    parts = re.split(r"[ -]", spoken.lower())
    if all(part in CARDINAL for part in parts):
        return str(sum(CARDINAL[part] for part in parts))
    return re.sub(r"(?<=\d) (?=[a-zA-Z]\b)| (?=[-/])|(?<=[-/]) ", "", spoken)


def _corrected(text: str, number: str, end: int) -> tuple[str, int]:
    """A house number and its end, after "4, no, 14"."""
    while fix := _FIX.match(text, end):
        number, end = _digits(fix[1]), fix.end()
    return number, end


def _number_last(text: str, match: re.Match[str], least: int) -> _Address | None:
    """ "Birkenweg 12, 34117 Kassel" by its number."""
    gap = re.search(r",? ?$", text[: match.start()])
    stop = gap.start() if gap else match.start()
    # A comma stands between street and number only where the number is called one: "Rosengasse, number seven".
    if stop == match.start() or ("," in text[stop : match.start()] and match[0] == match[1]):
        return None
    begin, typed = _street_before(text, least, stop)
    if begin is None:
        return None
    number, end = _corrected(text, _digits(match[1]), match.end())
    town = _town(text, end)
    street = text[begin:stop]
    if town is None and (before := _town_before(text, begin)):
        return _Address(begin, end, f"{street} {number}, {before}", before)
    if town is None:
        follows = re.match(r"\s+([^\W\d_]+)", text[end:])
        unknown = follows and follows[1].lower() not in COMMON | _JOINS
        return _Address(begin, end, _titled(f"{street} {number}"), "") if typed and not unknown else None
    where, town_end, _ = town
    if not typed and " " not in street and not any(sign.isdigit() for sign in where):
        return None
    return _Address(begin, town_end, _titled(f"{street} {number}, {where}") if where else "", where)


def _street_before(text: str, least: int, stop: int) -> tuple[int | None, bool]:
    """Where the street that ends at `stop` begins, and whether its words say that it is one."""
    kept: list[re.Match[str]] = []
    for word in reversed(list(re.finditer(r"[^\s(\"]+", text[least:stop]))):
        if not _of_street(word[0], kept):
            break
        kept.insert(0, word)
    while kept and kept[0][0].lower() in _JOINS | {"to", "at"} and not _german(kept[0][0], kept[1:]):
        kept.pop(0)
    names = [word[0].lower() for word in kept]
    if not 0 < len(names) < 7 or names[-1] in _JOINS or (len(names) == 1 and names[0] in _LAST | _FIRST | _BARE):
        return None, False
    typed = _ends_street(names[-1]) or names[0] in _FIRST or _ends_street(names[0]) or _german(kept[0][0], kept[1:])
    return least + kept[0].start(), typed


def _of_street(word: str, behind: list[re.Match[str]]) -> bool:
    """Whether a word belongs to the street whose other words stand behind it."""
    if not _WORDS.fullmatch(word) or _common(word, behind):
        return False
    joins = word.lower() in _JOINS if behind else _ends_street(word)
    # All lower case: only the word before one that is a street's kind.
    before_kind = len(behind) == 1 and behind[0][0].lower() in _LAST and word.isalpha()
    return word[0].isupper() or joins or before_kind


def _common(word: str, behind: list[re.Match[str]]) -> bool:
    """Whether a word before those of a street is none of its own."""
    if behind and ((word.lower() in _JOINS and word.islower()) or _german(word, behind)):
        return False
    return word.lower() in (COMMON | _NO_STREET) - _LAST


def _ends_street(word: str) -> bool:
    return bool(_TYPED.match(word)) or word.lower() in _LAST


def _german(word: str, behind: list[re.Match[str]]) -> bool:
    """Whether a street begins so: "An der Werft", "In den Wiesen", "Am Alten Hafen"."""
    if word in ("Am", "Im", "Zum", "Zur", "Unter", "Hinter", "Vor", "Auf", "Beim"):
        return bool(behind)
    return word in ("An", "In", "Bei") and bool(behind) and behind[0][0].lower() in ("der", "den", "dem", "die", "das")


def _number_first(text: str, match: re.Match[str]) -> _Address | None:
    """ "17b Castle Street, Dundee" by its number."""
    number, end = _corrected(text, _digits(match[1]), match.end())
    gap = re.compile(r"\s*,?\s+").match(text, end)
    street = _street_behind(text, gap.end()) if gap else None
    if gap is None or street is None:
        return None
    fix = _FIX_BEHIND.match(text, street)
    again = fix and _NUMBER.match(text, fix.end())
    if fix and not (again and _number_first(text, again)):
        return _Address(match.start(), fix.end(), "", "")
    town, name = _town(text, street), text[gap.end() : street]
    if town is None:
        return _Address(match.start(), street, _titled(f"{number} {name}"), "")
    where, town_end, _ = town
    return _Address(match.start(), town_end, _titled(f"{number} {name}, {where}") if where else "", where)


def _street_behind(text: str, at: int) -> int | None:
    """Where the street from `at` ends: at its last word that is a street's kind, or behind a kind and its name."""
    words: list[str] = []
    end, best = at, None
    while len(words) < 6 and (match := _WORDS.match(text, end)):
        if not _continues(match[0], words):
            break
        words.append(match[0])
        end = match.end()
        if len(words) > 1 and (_ends_street(words[-1].lower()) or _foreign(words)):
            best = end
        if text[end : end + 1] != " ":
            break
        end += 1
    return best


def _foreign(words: list[str]) -> bool:
    """Whether words are a street whose kind stands first: "rue de Rivoli"."""
    return words[0].lower() in _FIRST and words[-1].lower() not in _JOINS


def _continues(word: str, before: list[str]) -> bool:
    """Whether a word may belong to the street whose other words stand before it."""
    low, first = word.lower(), before[0] if before else word
    foreign = first.lower() in _FIRST
    if low in _JOINS and before:
        return True
    if low in COMMON - _LAST - _IN_STREETS and not (foreign and before and word[0].isupper()) and word != "The":
        return False
    return word[0].isupper() if first[0].isupper() else foreign or len(before) < 3


def _town(text: str, at: int) -> tuple[str, int, bool] | None:
    """The post code and town from `at`, as said: (text, its end, whether a post code or "in" says that it is a town).

    None where no town follows; an empty text where there may be one that cannot be told from other words.
    """
    if skipped := _SKIPPED.match(text, at):
        at = skipped.end()
    link = _TO_TOWN.match(text, at)
    begin = link.end() if link else at
    if link and link[1] and link[1].lower() != "in":
        return None
    if british := _BRITISH.match(text, begin):
        return british[0], british.end(), True
    code = _CODE_BEFORE.match(text, begin)
    if code and not text[at:begin].strip() and len(code[1]) < 5:
        return None  # "Birkenweg 12 2000 Kassel": two numbers in a row
    start = re.compile(r",?\s*(?:in )?").match(text, code.end()).end() if code else begin  # type: ignore[union-attr]
    sure = bool(code or (link and link[1]))
    end = _place(text, start, sure)
    if end is None:
        return (code[1], code.end(), True) if code and len(code[1]) > 4 else None
    name = text[start:end]
    if not code and (behind := _CODE_AFTER.match(text, end)):
        return f"{name} {behind[1]}", behind.end(), True
    if not sure and (_unlike(name) or _second(text, end)):
        return "", end, False
    return (f"{code[1]} {name}" if code else name), end, sure


def _unlike(name: str) -> bool:
    """Whether words behind a comma may as well be a person's name: two of them, without a sign of a town."""
    words = name.split()
    return len(words) > 1 and not _TOWNISH.match(words[0]) and not any(word.lower() in _JOINS for word in words)


def _second(text: str, end: int) -> bool:
    """Whether another capitalised clause follows: "4 Mill Lane, Heworth, York"."""
    more = re.compile(r", ((?:[A-Z][\w'-]*)(?: [A-Z][\w'-]*)*)\s*(?:[,.;!?]|$)").match(text, end)
    return more is not None and more[1].lower() not in _COUNTRIES and more[1].split()[0].lower() not in COMMON


def _place(text: str, at: int, sure: bool) -> int | None:
    """The end of the town's name that begins at `at`."""
    words: list[str] = []
    end = at
    while match := _WORDS.match(text, end + bool(words)):
        if not _of_town(match[0], words) or text[match.end() : match.end() + 1].isdigit():  # "NW1"
            break
        words.append(match[0])
        end = match.end()
        if text[end : end + 1] != " ":
            break
    while words and (words[-1].lower() in _TOWN_JOINS or (len(words) == 1 and words[0].lower() in COMMON)):
        end -= len(words.pop()) + 1
    return end if words and _is_place(words, text[max(end, at) :], words[0][0].isupper(), sure) else None


def _of_town(word: str, before: list[str]) -> bool:
    """Whether a word belongs to the town whose other words stand before it."""
    low = word.lower()
    joined = bool(before) and (low in _TOWN_JOINS or before[-1] in _TOWN_JOINS)
    if low in COMMON | _NO_STREET and not joined and not _TOWNISH.match(low):
        return False
    cased = (before[0] if before else word)[0].isupper()
    return not cased or word[0].isupper() or joined


def _is_place(words: list[str], rest: str, cased: bool, sure: bool) -> bool:
    """In lower case a town reaches to the end of its clause, and is one word behind a mere comma."""
    if len(words) > 5 or re.match(r"[\w@]|'s\b", rest):
        return False
    if cased:
        return True
    closed = re.match(r"\s*(?:$|[,.;:!?()]|\d)", rest) or rest.split()[0].strip(",.") in COMMON
    joined = any(word in _TOWN_JOINS for word in words)
    return bool(closed) and (len(words) == 1 or bool(_TOWNISH.match(words[0])) or joined or (sure and len(words) < 4))


def _titled(value: str) -> str:
    """The address with capitals, if it has none; what joins words stays small."""
    if value != value.lower():
        return value
    return re.sub(
        r"(?<![\w'])[^\W\d_][^\W_]*",
        lambda m: m[0] if m[0] in _JOINS and m.start() else m[0][:1].upper() + m[0][1:],
        value,
    )
