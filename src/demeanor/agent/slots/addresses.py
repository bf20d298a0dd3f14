"""A street address inside what somebody says: a street with its house number, and the post code and town behind it.

Streets are written in two orders, "Birkenweg 12" and "12 Castle Street", and the town follows either: "34117 Kassel",
"in Bamberg", "York", "Leeds LS1 4AB". Without a house number or a town the answer is asked back. Of two addresses the
goal of a movement is meant ("from X to Y"); else the one that nothing refuses or corrects (`meant`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.names import COMMON, FUNCTION, PARTICLES, common
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL, MONTHS, WEEKDAYS
from demeanor.text import plain

_WORD = re.compile(
    r"(?:[^\W\d_]+-)*[^\W\d_]*[Ss]tr\.|(?:[Ss]t|[Dd]r|[Rr]d|[Aa]ve|[Ll]n|[Bb]lvd|[Uu]l|[Pp]l|[Aa]v|[A-Z])\.|[^\W\d_]+(?:['-][^\W\d_]+)*"
)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LAST = _set("""street st st. road rd rd. lane ln avenue ave ave. drive dr dr. close court ct crescent place pl square sq
    terrace way walk row hill gardens grove mews parade quay wharf boulevard blvd highway circle green rise gate park""")
_FIRST = _set("rue avenue boulevard quai place via viale piazza corso calle avenida plaza paseo rua praça")
_ABROAD = re.compile(  # such a street is all that stands up to its number, in whatever case
    r"(?i)(?<![\w.])(?:(?:ul|al|os|str|av|c|bd)\.|c/|ulica|ulice|ulitsa|rua|calle|carrer|via|viale|corso|piazza|rue|odos|avenida|plaza|rruga|strada|bulevardul|jalan) [^,;:!?\d]{2,40}$"
)
_LOWER = re.compile(r"(?:^|[,;:] ?)([a-zß-ž]+(?: [a-zß-ž]+){0,2})$")
_MIXED = re.compile(r"(?:^|[\s,;:])([A-ZÀ-Ž]\w+ [a-zß-ž]{4,})$")
_SQUARE = re.compile(r"\b[A-Z]\d{1,2},? \d{1,3}[a-z]?(?=, ?\d{5} )")
_FLOOR = r"(?:ground|top|first|second|third|fourth|fifth|\d{1,2}(?:st|nd|rd|th)) floor"
_INSIDE = r"(?:flat|apt\.?|apartment|unit|suite)\s?(?=[\w/-]*\d|[a-h]\b)[\w/-]{1,5}"
_UNIT = re.compile(
    rf"(?i)(?:,\s*|\s+)({_INSIDE}|(?:ap\.?|lgh\.?|daire|interno|int\.|bus|bte|bâtiment|bât\.?|building|block|top|stiege|staircase|door)\s?[\w/-]{{1,5}}|(?:hinter|vorder|garten)haus|seitenflügel|{_FLOOR}|\d{{1,2}}(?:er|ème|e|\.?[º°ª]|\.)\s?[\w.]{{1,6}}(?:\s\w{{1,5}})?)"
    r"(?=\s*(?:[,;]|$|\.(?:\s|$)))"
)
_KIND = re.compile(
    r"(?i)(?:.*(?:straße|strasse|str\.?|weg|allee|platz|gasse|damm|ufer|bogen|hain|winkel|hof|twiete|brink|redder|markt|brücke|anger|stigen|bakken|vei|veien|steig|stieg|chaussee|graben|wall|pfad|kamp|promenade|"
    rf"siedlung|ring|straat|laan|plein|gracht|kade|dijk|gade|vej|gatan|vägen|katu|polku|utca|stezka|sokak|\w{3}g\.)|{'|'.join(map(re.escape, _LAST))})$"
)
_BARE = _LAST | _FIRST | _set("straße strasse str str. weg platz allee gasse ring")
_JOINS = PARTICLES | _set("of the and upon am an on in im bei vor sur sous lès les aux au d l' & dei")
_TOWN_JOINS = _JOINS - {"and", "the", "&"}
_GERMAN = re.compile(r"(?:Am|Im|Zum|Zur|Unter|Hinter|Vor|Auf|Beim|(?:An|In|Bei) (?:de[rnm]|die|das)) [^\W\d_]")
_NO_STREET = frozenset(
    [*MONTHS, *WEEKDAYS, *_set("apartment apt flat unit suite room table floor level etage stock haus house")]
)
_NO_STREET |= _set(
    "plot sector block terminal platform gleis line linie bus tram order number no nr box postfach phone id ticket i"
)
_SPOKEN = "|".join(sorted((w for w in CARDINAL if w != "zero"), key=len, reverse=True))
_DIGITS = r"\d{1,4}(?:[a-z](?![\w'])| [a-z](?=[,.;]|$)| [a-z] \d{1,3}(?=,))?(?:-[IVX]+\b|/[a-z]\b|(?: ?[-/] ?\d{1,4}(?:[a-z](?!\w))?)+)?(?![\w.]\w|\w|:\d)"
_NUMBER = re.compile(
    rf"(?i)(?:(?:house )?number |no[.:]? ?|nr\.? |nº |n° |# ?)?({_DIGITS}|(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty[ -])?(?:{_SPOKEN})\b(?: [b-h]\b)?)"
)
_BRITISH = r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|(?:[A-Z]{2} )?[A-Z]\d[A-Z] ?\d[A-Z]\d)\b"
_CODE_BEFORE = re.compile(
    rf"(?i)({_BRITISH}|(?:[A-Z]{{1,2}}-)?(?:\d{{4}} ?[A-Z]{{2}}\b|\d{{4}}-\d{{3}}|\d{{3}} \d{{2}}|\d{{4,5}}|\d\d-\d{{3}})(?![\w-]|[.,]\d))(?=$|\W)"
)
_CODE_AFTER = re.compile(
    rf"(?i),? ({_BRITISH}|(?-i:[A-Z]{{2,3}},? )\d{{4,6}}(?:-\d{{4}})?|\d{{3}} \d{{2}}|\d{{5,6}}|\d{{4}}(?=\s*(?:$|[,.;]))|\d{{1,2}}(?=\s*(?:$|[,.;])))"
    r"(?![\w-]|[.,:]\d| ?\d|\s+[a-z])"
)
_TO_TOWN = re.compile(r"(?i)\s*+,?\s*+(?:- )?(?:(?:that's|that is|it's|which is|then|and)\s+)*(in|near|at)?\b\s*")
_TOWNISH = re.compile(
    r"(?i)(?:bad|new|st\.?|sankt|san|são|los|las|la|le|el|den|north|south|east|west|great|little|upper|lower|market|port)\Z"
)
_MORE = re.compile(r", ([A-Z][\w'-]*)(?: [A-Z][\w'-]*)*\s*(?:[,.;!?]|$)")
_COUNTRIES = _set("germany deutschland uk england scotland wales ireland austria france italy spain usa")
_GOAL = re.compile(r"(?i)\b(?:to|into|onto|towards?)\s+(?:the |my |our |a |new |place |flat |house |at |in |,)*$")
_ORIGIN = re.compile(r"(?i)\b(?:from|out of|stands?|standing|now|stored|sits?|live|living|leaving)\b[^.;!?]{0,20}$")
_ASKS_ORIGIN = re.compile(r"(?i)\b(?:pick|picked|pickup|collect|collected|collection|from|origin|old|start|departure)")
_CORRECTS = re.compile(r"^[^A-Z\d]{0,30}\b(?:no|sorry|wait|i mean|make that|oops|rather)\b\W+(?:\w+\W+){0,2}[\dA-Z]")
_FORMER = re.compile(r"(?i)\b(?:mov(?:ed?|ing) (?:from|of)|old address|lived|used to|was|were|no longer)\b[^.;!?,]*$")
_OR = re.compile(r"(?i)^[^.;!?]{0,20}\bor\b(?! (?:else|otherwise))")
_UNSURE = re.compile(
    r"(?i)\b(?:not sure|(?:don't|can't) (?:know|remember)|forgot|maybe|perhaps|i (?:think|guess)(?= (?:it|that)\b|\W*(?:$|\d))|or so)\b"
)
_PURPOSES = [
    re.compile(rf"(?i)\b(?:{words})")
    for words in ("bill|invoice", "parcel|deliver|ship", "live|home", "meter", "collect|pick")
]
_NO_TOWN = re.compile(r"(?i)\bin town\b|street and (?:house )?number(?! and|, and)|house number(?! and)")
_HUNDRED = re.compile(rf"(?i)\b(?:a|(one|two|three)) hundred(?: (?:and )?(?:(\w+ty)[ -]?)?({_SPOKEN})?)?\b")
_DIGIT = "zero|oh|" + "|".join(word for word, n in CARDINAL.items() if 0 < n < 10)
_MENDS = [  # how people put what is written otherwise
    (r",? or (?:with|at|to|leave|give)\b[^.;!?]*\bneighbou?rs?\b", ","),
    (r",? (?:in |all )?one word\b", ""),
    (r"\b(\d+[ -]?[a-z]?)[,.]*(?: (?:no|sorry|wait|oh|oops|i mean|stop)\b[,.!]*)+ (\d+[a-z]?)(?=[,;]|$)", r"\2"),
    (r"\b(\d+[ -]?[a-z]?), not \d[^,;.]*(?=,)", r"\1"),
    (r",? (?:so )?(?:that's|as in|spelled) (?:[a-z][ -]){2,}[a-z](?=,)", ""),
    (r"\b(\d+) ?([a-z])\b(?:, \2 (?:as in|like|for) \w+)?,? (?:and )?the street(?: is|'s) ([^,;\d]+)", r"\3 \1\2"),
    (r" (?:is|as) the street,? (?:(?:and|then) )*(?:the number(?: is|'s) )?", " "),
    (r"\bin ([^,;\d]+),? (?:and )?(?:the |with )*(?:post|zip) ?code(?: is|'s)? (\d{4,5})\b", r", \2 \1"),
    (r",? if you (?:need|want) it\b| (?=,)", ""),
]


def resolve_address(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one address of a text as "STREET NUMBER, POSTCODE TOWN" or "NUMBER STREET, TOWN POSTCODE", as it was said.

    Never raises. Unresolved without a house number, without a town (unless the slot's examples or question have none),
    or with two.
    """
    given = " ".join(str(text).split())[:400]
    # The signs of ordinals would be plain letters.
    said = plain(given.replace("º", "\ue000").replace("ª", "\ue001")).replace("\ue000", "º").replace("\ue001", "ª")
    values = _meant(slot, _prepared(" ".join(said.split())))
    if len(values) > 1:
        return Unresolved(f"{given[:60]!r} names more than one address; ask which {slot.label} is meant.")
    if values in ([], [""]):
        street = any(_KIND.match(word) and word.lower() not in _BARE for word in re.findall(r"[^\W\d_]+\.?", said))
        lacks = "the house number" if street and not re.search(r"\d", said) else "a street, a house number and a town"
        return Unresolved(f"No {slot.label} was found in {given[:60]!r}; ask for {lacks}.")
    value = values[0].removesuffix("~")
    if value != values[0] and not _town_known(slot):
        return Unresolved(f"{value!r} lacks the town; ask for it.")
    return Resolved(value, given)


def _town_known(slot: Slot) -> bool:
    return bool(_NO_TOWN.search(slot.ask)) or bool(slot.examples and not any("," in one for one in slot.examples))


def _prepared(text: str) -> str:
    """A text with figures for spoken numbers, and without what is said about the way to write it."""
    text = re.sub(rf"(?i)\bdouble ({_DIGIT})\b", r"\1 \1", text)
    spoken = rf"(?i)\b(?:{_DIGIT})(?:[ ,-]+(?:{_DIGIT}))+\b"
    text = re.sub(spoken, lambda m: "".join(str(CARDINAL.get(w, 0)) for w in re.findall(r"[a-z]+", m[0].lower())), text)
    text = _HUNDRED.sub(
        lambda m: str(
            CARDINAL[(m[1] or "one").lower()] * 100 + sum(CARDINAL.get((w or "").lower(), 0) for w in m.groups()[1:])
        ),
        text,
    )
    for pattern, instead in _MENDS:
        text = re.sub(f"(?i){pattern}", instead, text)
    return re.sub(r"[^\W\d_]{3,}", lambda m: m[0].capitalize(), text) if text.isupper() else text


def _meant(slot: Slot, text: str) -> list[str]:
    """The different addresses that a text leaves; "" is one that cannot be pinned down."""
    found = list(_found(text, _town_known(slot)))
    if len(found) == 2 and (asked := _asked_for(slot, text, found)):
        return asked
    if len(found) == 2 and (moved := _movement(slot, text, found)):
        return moved
    if any(_OR.match(text[one.end :]) and len(found) > 1 for one in found) or _UNSURE.search(text):
        return []
    found = [one for one in found if not _FORMER.search(text[: one.begin])]
    masked = text
    for one in found:  # "4, no, 14" is one number
        masked = masked[: one.begin] + "x" * (one.end - one.begin) + masked[one.end :]
    values = meant("".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in masked), found)
    return [] if any(values == [one.value] and _CORRECTS.match(text[one.end :]) for one in found) else values


def _asked_for(slot: Slot, text: str, found: list[Found]) -> list[str]:
    """The one of two addresses that is told for the purpose of which the question speaks: "bill it to ..."."""
    told = [text[: found[0].begin], text[found[0].end : found[1].begin]]
    for purpose in _PURPOSES if not _OR.match(text[found[0].end :]) else ():
        fits = [one.value for one, before in zip(found, told, strict=True) if purpose.search(before)]
        if purpose.search(f"{slot.label} {slot.ask}") and len(fits) == 1:
            return fits
    return []


def _movement(slot: Slot, text: str, found: list[Found]) -> list[str]:
    """The end of a movement, or its start where the slot asks for that; none where no movement is told."""
    befores = {found[0].value: text[: found[0].begin], found[1].value: text[found[0].end : found[1].begin]}
    goals = [value for value, before in befores.items() if _GOAL.search(before)]
    origins = [value for value, before in befores.items() if value not in goals and _ORIGIN.search(before)]
    if len(goals) != 1 or len(origins) != 1 or re.search(r"\bnot\b|n't\b|\bor\b", text):
        return []
    return origins if _ASKS_ORIGIN.search(f"{slot.label} {slot.ask}") else goals


def _found(text: str, short: bool) -> Iterator[Found]:
    """The addresses of a text by position, without overlaps."""
    at = 0
    for square in _SQUARE.finditer(text):
        where, at = _where(text, square.end())
        yield _address(square.start(), at, square[0], "", where)
    for match in _NUMBER.finditer(text):
        if match.start() < at or re.search(r"[\w.,/:-]$", text[: match.start()]):
            continue
        one = _number_last(text, match, at, short) or _number_first(text, match)
        if one is not None:
            yield one
            at = one.end


def _units(text: str, at: int) -> tuple[str, int]:
    """The flat, floor or house behind that follow at `at`, and their end."""
    units = ""
    while match := _UNIT.match(text, at):
        units += (", " if "," in match[0] else " ") + match[1]
        at = match.end()
    return units, at


def _where(text: str, at: int, english: bool = False) -> tuple[str | None, int]:
    """The town that follows at once, or behind a remark: "in YORK", or a post code with its town."""
    got = _town(text, at, english)
    ends = re.search(r"[.;!?]\s", text[at:])
    for match in (
        ()
        if got and got[0]
        else re.finditer(
            r",\s(?=(?:then |and )*(?:\d{4,5} |\d{3} \d\d |in )[^\W\d_])", text[at:][: ends.start() if ends else None]
        )
    ):
        if re.search(r"\d", text[at : at + match.start()]):
            break
        if (later := _town(text, at + match.start(), english)) and later[0]:
            return later
    return got or (None, at)


def _digits(spoken: str) -> str:
    """A house number as it is written: "twenty-one" -> "21", "seven b" -> "7b"; digits stay."""
    parts = re.split(r"[ -]", spoken.lower())
    letter = parts.pop() if len(parts) > 1 and len(parts[-1]) == 1 and parts[0] in CARDINAL else ""
    if all(part in CARDINAL for part in parts):
        return str(sum(CARDINAL[part] for part in parts)) + letter
    return re.sub(r"(?<=\d) (?=[a-zA-Z]$)| (?=[-/])|(?<=[-/]) ", "", spoken)


def _number_last(text: str, match: re.Match[str], least: int, short: bool) -> Found | None:
    """ "Birkenweg 12, 34117 Kassel" by its number."""
    stop = len(text[: match.start()].rstrip(", "))
    units, end = _units(text, match.end())
    where, end = _where(text, end)
    coded = bool(re.search(r"\d", where or ""))
    abroad = _ABROAD.search(text, least, stop)
    begin = abroad.start() if abroad else _street_before(text, least, stop)
    for loose in (_LOWER, _MIXED) if (coded or (short and where is None)) and begin is None else ():
        clause = loose.search(text[least:stop])
        if (
            clause
            and re.search(r"\w{5}", clause[1])
            and not any(common(w) or w in _NO_STREET for w in clause[1].lower().split() if w not in _JOINS)
        ):
            begin, abroad = least + clause.start(1), clause
    # A comma stands between street and number only where the number is called one, or spoken: "Rosengasse, number seven".
    if begin is None or ("," in text[stop : match.start()] and match[0] == match[1]):
        return None
    names = text[begin:stop].lower().split()
    typed = (
        abroad or _KIND.match(names[-1]) or _KIND.match(names[0]) or names[0] in _FIRST or _GERMAN.match(text, begin)
    )
    follows = re.match(r"\s+([^\W\d_]+)", text[end:])
    unknown = follows and not common(follows[1].lower()) and follows[1].lower() not in _JOINS
    if not (typed and not unknown if where is None else typed or len(names) > 1 or coded):
        return None
    shown = match[0].strip() if re.match(r"(?i)no[.:] ?\d", match[0]) else _digits(match[1])
    return _address(begin, end, f"{text[begin:stop]} {shown}", units, where)


def _number_first(text: str, match: re.Match[str]) -> Found | None:
    """ "17b Castle Street, Dundee" by its number, with the flat that may stand before it."""
    start = len(text) - len(text[match.end() :].lstrip(", "))
    stop, named = _street_behind(text, start) if start > match.end() else None, False
    if stop is None and start > match.end():
        words = re.match(r"(?:[A-ZÀ-Ž][\w'-]+ ){1,3}[A-ZÀ-Ž][\w'-]+(?=, )", text[start:])
        named = bool(words and not any(common(w.lower()) or w.lower() in _NO_STREET for w in words[0].split()))
        stop = start + words.end() if words and named else None
    if stop is None:
        return None
    units, end = _units(text, stop)
    where, end = _where(text, end, english=True)
    if named and (not where or (text[stop - 1] == "s" and not re.search(r"\d", where))):  # "2 Retrievers, Kassel"
        return None
    before = re.search(rf"(?i)(?<!\w)({_INSIDE}),? $", text[: match.start()])
    begin = before.start() if before else match.start()
    return _address(
        begin, end, f"{_digits(match[1])} {text[start:stop]}", units + (f", {before[1]}" if before else ""), where
    )


def _address(begin: int, end: int, street: str, units: str, where: str | None) -> Found:
    """The address with capitals, if it has none, and a "~" where its town is not told; what joins words stays small."""
    value = street + units + (f", {where}" if where else "") if where != "" else ""
    if (small := re.sub(rf"(?i)\b{_BRITISH}$", "", value)) == small.lower():
        words = re.split(r"( )", value)
        value = "".join(word if word in _JOINS and i else word[:1].upper() + word[1:] for i, word in enumerate(words))
        value = re.sub(rf"(?i)\b{_BRITISH}$", lambda m: m[0].upper(), value)
    return Found(begin, end, f"{value}~" if where is None else value)


def _street_before(text: str, least: int, stop: int) -> int | None:
    """Where the street that ends at `stop` begins."""
    kept: list[re.Match[str]] = []
    for word in reversed(list(re.compile(r"[^\s(\"]+").finditer(text, least, stop))):
        low, german = word[0].lower(), _GERMAN.match(text, word.start())
        joins = low in _JOINS if kept else bool(_KIND.match(low))
        # All lower case: only the word before one that is a street's kind.
        kind = len(kept) == 1 and kept[0][0].lower() in _BARE and word[0].isalpha()
        none = (common(low) or low in _NO_STREET) and low not in _LAST and not (kept and joins and word[0].islower())
        if (
            not (_WORD.fullmatch(word[0]) or re.fullmatch(r"\w{4,}g\.", word[0]))
            or (none and not german)
            or not (word[0][0].isupper() or joins or kind)
        ):
            break
        kept.insert(0, word)
    while kept and kept[0][0].lower() in _JOINS | {"to", "at"} and not _GERMAN.match(text, kept[0].start()):
        kept.pop(0)
    names = [word[0].lower() for word in kept]
    told = 0 < len(names) < 7 and names[-1] not in _JOINS and (len(names) > 1 or names[0] not in _BARE)
    return kept[0].start() if told else None


def _street_behind(text: str, at: int) -> int | None:
    """Where the street from `at` ends: at its last word that is a street's kind, or behind a kind and its name."""
    words: list[str] = []
    end, best = at, None
    while len(words) < 6 and (match := _WORD.match(text, end)):
        word, low = match[0], match[0].lower()
        words.append(word)
        foreign, joins = words[0].lower() in _FIRST, low in _JOINS and len(words) > 1
        plain_word = common(low, FUNCTION if word[0].isupper() else COMMON) and low not in _LAST and not foreign
        cased = word[0].isupper() if words[0][0].isupper() else foreign or len(words) < 4
        if not joins and (not cased or (plain_word and word != "The")):
            break
        end = match.end()
        if len(words) > 1 and (_KIND.match(low) or (foreign and not joins)):
            best = end
        if text[end : end + 1] != " ":
            break
        end += 1
    return best


def _town(text: str, at: int, english: bool = False) -> tuple[str, int] | None:
    """The post code and town from `at`, and their end; "" for words that may be no town, None where none follows."""
    link = _TO_TOWN.match(text, at)
    begin = link.end() if link else at
    if link and link[1] and link[1].lower() != "in":
        return None
    code = _CODE_BEFORE.match(text, begin)
    if code and not text[at:begin].strip() and len(code[1]) < 5:
        return None  # "Birkenweg 12 2000 Kassel": two numbers in a row
    start = re.compile(r",?\s*(?:in )?").match(text, code.end()).end() if code else begin  # type: ignore[union-attr]
    sure = bool(code or (link and link[1]))
    end = None if code and re.fullmatch(_BRITISH, code[1], re.IGNORECASE) else _place(text, start, sure)
    if end is None:
        return (code[1], code.end()) if code and len(code[1]) > 4 else None
    name, rest = text[start:end], text[end:]
    if not code and (behind := _CODE_AFTER.match(text, end)):
        return text[start : behind.end()], behind.end()
    return ("", end) if not sure and _doubtful(name, rest, english) else (f"{code[1]} {name}" if code else name, end)


def _doubtful(name: str, rest: str, english: bool) -> bool:
    """Whether words behind a comma may be a person's name, or a part of the town that follows them."""
    words, more = name.split(), _MORE.match(rest)
    if re.match(r", \d{4,5} ", rest) or (more and more[1].lower() not in _COUNTRIES and not common(more[1].lower())):
        return True
    return (
        len(words) > (2 if english else 1)
        and not _TOWNISH.match(words[0])
        and not any(word.lower() in _JOINS for word in words)
    )


def _place(text: str, at: int, sure: bool) -> int | None:
    """The end of the town's name that begins at `at`; in lower case it reaches to the end of its clause."""
    words: list[str] = []
    end = at
    while match := _WORD.match(text, end + bool(words)):
        low = match[0].lower()
        joined = bool(words) and (low in _TOWN_JOINS or words[-1] in _TOWN_JOINS)
        none = (common(low) or low in _NO_STREET) and not joined and not _TOWNISH.match(low)
        small = words and words[0][0].isupper() and not match[0][0].isupper() and not joined
        if none or small or text[match.end() : match.end() + 1].isdigit():  # "NW1"
            break
        words.append(match[0])
        end = match.end()
        if text[end : end + 1] != " ":
            break
    while words and (words[-1].lower() in _TOWN_JOINS or (len(words) == 1 and common(words[0].lower()))):
        end -= len(words.pop()) + 1
    rest = text[max(end, at) :]
    if not 0 < len(words) < 6 or re.match(r"[\w@]|'s\b", rest):
        return None
    closed = (
        re.match(r"\s*(?:$|[,.;:!?()]|\d)", rest)
        or _CODE_AFTER.match(rest)
        or (not re.match(r" (?:like|as)\b", rest) and common(rest.split()[0].strip(",.")))
    )
    parts = sure or len(words) == 1 or _TOWNISH.match(words[0]) or any(word in _TOWN_JOINS for word in words)
    return end if words[0][0].isupper() or (closed and parts) else None
