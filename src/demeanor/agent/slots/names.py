"""A person's name inside what somebody says: found where it is introduced or where it is the whole answer.

A name can be any word of any language, so a word proves nothing: what stands around it does. Capitalised words that
fill a clause are a name whatever words they are ("Can Ozturk"). Two ways lead to a name, and the first decides:

1. a directive says what to write ("put it under Ines Fox"), or the answer opens with a name;
2. a description names somebody ("I'm Gesa", "our caretaker Thankmar Ihde"), or a later clause is a full name.

Refused and former names are out, only what follows a correction counts (`meant`), and two names are asked back.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL, MONTHS, WEEKDAYS, mend
from demeanor.text import key, plain

# Words that are no name, even with a capital: those of grammar, of greeting and of the calendar.
_FUNCTION_WORDS = """a about after afternoon again against ah all almost already also although always am an and another any anyone are as at away back be because been before being between both but by came can
    cannot certainly christmas come could day days definitely did do does doing done down dunno during each either else enough even evening ever every everybody everyone everything few first for
    from get gets give go goes going good got had half has have having he hello her here hers hey hi him himself his how however hundred i if im in instead into is it its itself ive just keep
    kindly know knows last late let lets like look lot make making many maybe me mean meant might mine minute minutes month more morning most much must my myself need needed needs neither never
    next nice night no nobody none noon nope nor not nothing now of off oh ok okay on once ones only or other others otherwise ought our ours out over perhaps please pls possible probably put
    quick quickly quite rather really right said same say says second see send sent shall she should since so some somebody someone something sometimes soon sorry speak still such sure take
    taken than thank thanks that the their them themselves then there these they thing think this those though through to today tomorrow tonight too try uh um under unless until up upon us use
    used using usual usually very want wants was way we week weekend well went were what whatever when where whether which while who why with without would wrong yeah year yep yes yesterday yet
    you your yours yourself"""
# Everyday English; with a capital it may end a name ("Gwen Price"). First names (Will, Hope, Bill) are left out.
_EVERYDAY_WORDS = """above account address airport apartment around ask asked asking available bad bathroom bed bedroom better big book booked booking breakfast bring brown call called calling car card cash
    change check clean close coming company confirm contact contract correct cost customer date deliver delivery detail different dinner dog door dot double due early easy email empty euro extra
    family fast flat floor food forget forgot free friend front full green group guess guest haha happy hate hear hot hotel hour house hurry idea important information insurance invoice job kid
    kitchen large left letter light little lol long man mind minus money name named near new number office open order paid paper parcel parking part party pay payment people person phone pink
    price problem proper properly question ready real reason red reply reservation restaurant ring room sea service shower spell spelled spelling spelt spoken standard start street stupid
    surname table talk ticket time town twice underscore urgent view wait waiting white whole wife woman word work working write writing"""
FUNCTION = frozenset([*_FUNCTION_WORDS.split(), *WEEKDAYS, *CARDINAL])
COMMON = FUNCTION | frozenset(_EVERYDAY_WORDS.split())
_SHORT_FORM = re.compile(r"\w+n't|\w+'(?:d|ll|re|ve|m)|(?:ca|do|wo|did|does|is|are|was|ha[sd]|have|c?w?sh?ould)nt")
# As a single word these are a month, a language or a way to pay; within a longer name they may stand.
_ALONE_NONE = frozenset([*MONTHS, "english", "french", "german", "spanish", "italian", "visa", "mastercard", "paypal"])
_DERIVED = re.compile(r"\w{2,}(?:ing|ly|ed|tion|ness|able|ible|ful|less|ous|ment|ated|ish|ical)$")
_PARTICLES_WORDS = """van de von da di du del della der den des do dos la le bin binti ibn al el ter ten zu zum zur y e af av ap 't d' vom op het"""
PARTICLES = frozenset(_PARTICLES_WORDS.split())
_TITLE = r"(?:mr|mrs|ms|mx|miss|dr|doctor|prof|professor|sir|madam|mme|mlle|monsieur|madame|rev|reverend|herr|frau|se[nñ]ora?|signora?|capt|captain|colonel|lieutenant|sergeant|sgt|rabbi|pastor)"
# With the marks of the scripts that write vowels as marks, from Hebrew to Burmese; NFKC joins those of the others.
_SIGN = r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u065f\u0670\u0900-\u0dff\u0e31-\u0ecd\u102b-\u103e])"
_WORD = rf"(?:(?:(?:jr|sr|st|{_TITLE}|{_SIGN})\.)+(?=[\s,]|$)|'t\b|{_SIGN}+(?:['\-·・]{_SIGN}+)*'?)"
_RUN = re.compile(rf"{_WORD}(?: {_WORD})*", re.IGNORECASE)
_GLUED = re.compile(r"(?:[a-z]{1,2}|dell|dall|nell)['-][A-Z]")  # "d'Arcy", "dell'Acqua"

_ROLE = (
    r"(?:(?:step|god|grand)?(?:mother|father|son|daughter)(?:-in-law)?|mum|mom|dad|parent|brother|sister|wife|husband|fianc[eé]e?|girlfriend|boyfriend|friend|mate|aunt|uncle|nephew|niece|cousin|gran(?:ny|ma|pa|dad)|nan|boss|colleague|neighbou?r|child|kid|baby|boy|girl|person|man|woman|lady|guy|guest|client|traveller|bride|chief|nurse|"
    r"(?-i:[a-z]{2,}(?:mate|man|woman|keeper|ist)|(?!\w*(?:[mtb]er|oor|lor|ment|aurant)\b)[a-z]{3,}(?:er|or|ant|ent|ian|ee)))"
)
_PERSON = rf"(?:(?:my|our|his|her|their|your|the|an?|this) (?-i:[a-z]+ ){{0,2}}?{_ROLE})"
_THING = r"(?: (?:it|that|this|me|us|her|him|them|down|out|everything|(?:the|my|our) [a-z]+))*"
_NAMED = r"(?:(?:the |my |his |her |our )?(?:full |whole |last |first |family |booking )*names?(?: of| is)?)"
_COPULA = r"(?:'s| is|s| was|'ll be| (?:will|would|should|must|may) be| it is| it's|'d be)"
_VERB = r"(?<!i )(?<!we )(?:put|write|note|enter|register|reserve|book|use|stick|pop|chuck|bung|whack|slap|jot|make|mark(?= it)|go with|call it|ask for|ring (?:for|at)|(?:must|should|shall|has to|have to|needs? to|just) (?:say|read))"
_DIRECTIVES = rf"""
    {_VERB}{_THING}(?: (?:under|for|to|as|(?-i:in)|on|at|with|down))?(?: {_NAMED})?(?: {_PERSON},?)?
    under(?: {_NAMED})?
    (?:in|on|with) {_NAMED}
    (?:(?<=is )|(?<=be )|(?<=it )|(?<=[gmn] )|(?<=room )|(?<=table )|(?<=order )|(?<=its )|(?<='s ))for
    (?:(?<=^)|(?<=[,.;:!?] ))(?:for|at|on|booker|guest|traveller|(?!his|her|their){_PERSON}(?=[,.:?!-]))
"""
_ORDERS = r"""
    (?:use|under|take|put|in) mine
    (?:in|on|for|as per) (?:the|my|his|her|your) (?:passport|id(?: card)?|papers?|paperwork|documents?|form|certificate)(?:,? (?:(?:i|it|he|she)(?:'m|'s| am| is| says)|is|says|write|put))?
"""
_DESCRIPTIONS = rf"""
    names? (?:of|on|for|in) [\w ]{{1,20}}? is|(?:sur)?names?(?: and first)?{_COPULA}?(?: called)?
    (?:goes|go|sent|addressed|made out|belongs) to|now
    not [^,.;]*,? but(?: under| for)?
    (?:i'm|i am|im)(?: call(?:ed)?)?|(?:it|that|this|he|she){_COPULA}(?: called)?|mine(?: is)?|i'd be|let's say|speaking is|says?|reads?
    (?:is|are|was) called|call(?:s|ed)? me|go(?:es)? by|known as|speaking (?:to|with)
    {_ROLE}(?: \w+)?{_COPULA}(?: called)?|the one (?:[a-z]+ ){{1,3}}is
    {_PERSON}
    soy (?:la|el)|soy|me llamo|ich bin|ich hei(?:ß|ss)e|mein name ist|je suis|je m'appelle|sono|mi chiamo
"""


def _introductions(phrases: str) -> re.Pattern[str]:
    """Where a phrase of the lines given ends and a name may begin; phrases may overlap."""
    either = "|".join(line.strip() for line in phrases.strip().splitlines())
    return re.compile(rf"(?i)(?<![\w'])(?=((?:{either})[,.:?-]* +(?:{_TITLE}\.? +)?))")


_INTROS = ((_introductions(_ORDERS), 0), (_introductions(_DIRECTIVES), 1), (_introductions(_DESCRIPTIONS), 2))
# A single word in lower case counts behind these alone: "I'm pregnant", "my wife is late", "use plastic".
_STRONG = re.compile(rf"(?i)names?(?:{_COPULA})?(?: of| called)?\W*$|\bcall(?:ed|s me| me) $|\bgo(?:es)? by $")
_OWNER = re.compile(
    rf"(?i)\b(?:my|our|his|her|their|the|an?|that) (?:[\w-]+ )*?([\w-]+?)(?:(?:'s|s') (?:\w+ )?names?|(?:'s| is| was| are) called|(?<=company) name){_COPULA}?\W*$"
)
_FORMER = re.compile(r"(?i)\b(?:maiden|old|former\w*|previous\w*|n[eé]e|born|once|used to be|name was|i was)\b")
_AFTER_FORMER = re.compile(r"(?i)^\W*(?:that |it )?(?:was|used to|before|until)\b")
_UNSURE = re.compile(
    r"(?i)\b(?:(?:can't|cannot|don't|didn't)\b[^.;!?]{0,30}\b(?:think|remember|recall|know)|forgot|dunno|not sure|no idea|(?:something|sounds) like|or something|was it|might be|i (?:think|believe|guess)|that was(?=\s*(?:$|[,.;!?])))\b"
)
_CORRECTS = re.compile(
    r"(?i)(?:\b(?:wait|hang on|hold on|i mean|i meant|sorry|pardon|scratch that|correction|oops|or rather|no,? (?:make it|it's|its|actually|rather))\b|(?<=[,.;!?] )no(?=[,.;!?]))[\s,.;:!-]*(?:(?:no|it's|its|make it|i meant?)[\s,]+)?"
)
_OR = re.compile(r"[\s,]*\bor\b(?! (?:else|otherwise)\b)", re.IGNORECASE)
_AND = re.compile(r",? (?:and|&) (?:also )?", re.IGNORECASE)
_LEAD = re.compile(
    r"(?i)(?:[\s,.;:-]+|(?:sure|ok|okay|yes|yeah|yep|hi|hello|hey|thanks|thank you|of course|certainly|please|actually|good (?:morning|day|evening|afternoon))\b[\s,.!:-]*|(?:oh|well|right|great|perfect|um+|uh+|ah|so|just)[,.!:-]+\s*)*"
)
_GREETS = re.compile(r"\b(?:hi|hello|hey|good \w+) $", re.IGNORECASE)  # whom an answer greets is not who answers
_CLOSES = re.compile(r"\s*(?:$|[,.;:!?()\n]|- )")
_TAIL = re.compile(
    r"(?i)(?:[\s,.;:!?'\"()-]|\b(?:please|pls|(?:many )?thanks|thank you(?: (?:very|so) much)?|cheers|lol|then|here|speaking|this side|on the (?:line|phone)|checking in|that's (?:me|all)|is fine|(?:that's|is|'s) (?:my|the|his|her|our) (?:\w+ )?(?:sur)?name)\b)*"
)
_ACTS = re.compile(r" (?:will|signs?|is the one|and (?:i|I|me))\b")
_EXPLAINS = re.compile(
    r"(?i)(?:but with|like|as|with|without|spel\w+|for|and|small|capital|double|just|that's|exactly|from)\b"
)
_SIGN_TOLD = r"(?:(?:(?:double|capital|big|small) )*[^\W\d_](?![\w'])|apostrophe|hyphen)"
_SPELLED = re.compile(
    rf"(?i)(?<![\w']){_SIGN_TOLD}(?P<by>-|,? |\. (?=\w\. \w\. \w))(?:{_SIGN_TOLD}(?P=by))+{_SIGN_TOLD}"
)
_RESPELLED = re.compile(
    rf"(?i)\W+(?:no|oh|wait|hang on|sorry)\b[^;]*\b(?:way|spel\w+|writes?|written)\b\W*(?={_SPELLED.pattern[4:]})"
)
_INITIALS = re.compile(r"\b([a-z]) dot\b,?", re.IGNORECASE)
_IS = r"(?:'s| is|:|,)? "
_FIRST = re.compile(rf"(?i)(?:(?:first|given|christian) |fore)name{_IS}|initials (?:are )?(?=[A-Z]\.)")
_LAST = re.compile(rf"(?i)(?:sur|(?:last|family|second) )name{_IS}")
_IS_LAST = re.compile(r"(?i)[\s,]*(?:'s|is|that's|that is|is)? (?:the|my|his|her) (?:sur|(?:last|family) )name\b")
_OWN = re.compile(
    rf"(?i)\b(?P<own>(?:i'm|i am|im)(?: only| just)? {_PERSON}|i'm|i am|im|my (?:own |full )*name|call me|this is|mine)\b|{_PERSON}|\b(?:he|she|they)(?:'s| is)|\b(?:his|her|their) name|\bthat's"
)
_OWN_AFTER = re.compile(r"(?i),? (?:here|speaking|this side|on the (?:line|phone))\b")
_ASKS_OWN = re.compile(
    r"(?i)\byour (?:[a-z]+ )*(?:sur)?names?\b|\bwhom? (?:am i|do i|are you|is (?:this|calling|speaking))|\bcall(?:ing)? you|you are"
)
_ASKS_OTHER = re.compile(
    rf"(?i)\b(?:who|whose|he|she|his|her|their|{_ROLE})\b|[a-z]'s (?:[a-z]+ )*name|name of (?:the|a) (?!booking|order)|(?:second|new) [a-z]+"
)
_ASKS_FULL = re.compile(
    r"(?i)\bfull name|\b(?:first|last) (?:name )?and (?:last|first|sur|family|both)|name and (?:sur|last|family)"
)
_ONLY_ONE = re.compile(r"(?i)\bonly (?:have |got )?(?:the |a )?(?:one|single) name|\bno (?:sur|last |family )name")
_HERS = re.compile(r"(?i)\b(?:under|in|on|for|use|take) (?:hers|his\b(?! \w)|theirs|(?:his|her|their) name)")
_GROUP = re.compile(
    r"(?:[Ww]e're|[Ww]e are|[Ff]or|[Ii]t's|[Uu]nder) the (?=[^\W\d_a-z][\w'-]+ (?:party|family|group|wedding|couple)\b)"
)
_SO = re.compile(r",? so (?=[a-z]{2,} [a-z]{2,}(?: for you| please)?\W*$)")


@dataclass(frozen=True)
class _Name:
    """A name at `begin:end` of the text; the lowest rank decides."""

    begin: int
    end: int
    value: str
    rank: int


def resolve_name(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one name that a text introduces or consists of, without titles; all lower or upper case gets capitals.

    Never raises. Unresolved where no name is introduced, where two are, where one is in doubt, and where a part of it
    is missing of which the slot's question speaks.
    """
    given = " ".join(str(text).split())[:400]
    said = _INITIALS.sub(lambda m: f"{m[1].upper()}.", " ".join(plain(given).split()).strip('"` '))
    said = re.sub(r"(?i)\b(mr|herr)\.? (?:and|&|und) (?=(?:mrs|ms|frau)\b)", "", said)
    bare, full = _SPELLED.sub(lambda m: "," * len(m[0]), _RESPELLED.sub(", ", said)), bool(_ASKS_FULL.search(slot.ask))
    swapped = re.fullmatch(rf"((?:(?:{'|'.join(PARTICLES)}) )*{_WORD}), ({_WORD})\W*", said, re.IGNORECASE)
    swapped = swapped if swapped and _kind(swapped[2]) == "capital" and not common(swapped[2].lower()) else None
    values = _meant(slot, f"{swapped[2]} {swapped[1]}" if swapped else bare) if full or not swapped else []
    values = [value for one in values if (value := _bare(one))]
    if len(values) < 2:
        values = _written(values, said)
    if len(values) > 1:
        return Unresolved(f"{given[:60]!r} names {' and '.join(values[:3])}; ask which {slot.label} is meant.")
    if not values:
        return Unresolved(f"No {slot.label} was found in {given[:60]!r}; give it in full.")
    first, *more = values[0].split()
    if full and (not more or len(first.strip(".")) == 1) and _kind(first) != "none" and not _ONLY_ONE.search(said):
        return Unresolved(f"{values[0]!r} is not the full name; ask for first name and surname.")
    return Resolved(values[0], given)


def _bare(value: str) -> str:
    """A name without its titles; all capitals are a way to type, as all small letters are."""
    words = re.sub(rf"(?i)^(?:la|el|il|the) (?={_TITLE}\b)", "", value).split()
    while words and re.fullmatch(rf"{_TITLE}\.?", words[0], re.IGNORECASE):
        words.pop(0)
    value = " ".join(words)
    return _titled(value.lower()) if value.isupper() and re.search(r"[^\W\d_]{3}", value) else value


def _spelled(told: str) -> str:
    """ "o apostrophe k double e" -> "O'Kee"."""
    signs = re.findall(rf"(?i){_SIGN_TOLD}", told)
    marks = {"apostrophe": "'", "hyphen": "-"}
    return _titled("".join(marks.get(s := sign.lower(), s[-1] * (2 if "double" in s else 1)) for sign in signs))


def _written(values: list[str], said: str) -> list[str]:
    """The name as it is spelled, or with the accents that another of its words has; none where the two disagree."""
    parts, free = values[0].split() if values else [], list[str]()
    for match in _SPELLED.finditer(said):
        if match["by"] != "-" and all(map(common, re.findall(r"\w+", match[0].lower()))):
            continue  # "a a a"
        spelled = _spelled(match[0])
        letters = [re.sub(r"\W", "", key(part)) for part in parts]
        spans = [(i, j) for i in range(len(parts)) for j in range(i + 1, len(parts) + 1)]
        same = [span for span in spans if "".join(letters[slice(*span)]) == re.sub(r"\W", "", key(spelled))]
        close = difflib.get_close_matches(key(spelled), letters, 1, 0.6)
        if same:
            begin, end = same[0]
            parts[begin:end] = [spelled] if end - begin > 1 or "'" in spelled else parts[begin:end]
        elif close and not re.search(rf"{_CORRECTS.pattern}|(?:wrong|other) way", said[: match.start()]):
            return []
        elif close:
            parts[letters.index(close[0])] = spelled
        elif _IS_LAST.match(said, match.end()) or not (_FIRST.search(said) or free):
            free.append(spelled)
        else:
            free.insert(0 if _FIRST.search(said[: match.start()]) else len(free), spelled)
    for word in re.findall(r"[^\W\d_]+", said):
        parts = [
            _titled(word) if key(word) == key(part) and not word.isascii() and part.isascii() else part
            for part in parts
        ]
    if free and parts and (len(parts) > 1 or not _FIRST.search(said)):
        return [] if len(parts) == 1 else values
    return [" ".join([*parts, *free])] if parts or free else []


def common(word: str, words: frozenset[str] = COMMON) -> bool:
    """Whether a word is everyday English, its short forms included: "it's", "don't"."""
    said = [
        part if part in words or words is FUNCTION else part.removesuffix("s")
        for part in word.removesuffix("'s").split("-")
    ]
    return words.issuperset(said) or bool(_SHORT_FORM.fullmatch(word))


def _meant(slot: Slot, text: str) -> list[str]:
    """The different names that a text leaves."""
    lead = _LEAD.match(text).end()  # type: ignore[union-attr]
    greeted, text = bool(_GREETS.search(text[:lead])), text[lead:]
    text = re.sub(
        r"(?i)[\s,]+or (?=with)[^,.;]*,? but (?=the first (?:way|one|spelling) is (?:right|correct))", ", ", text
    )
    if _UNSURE.search(re.split(r"(?i)\bbut (?=i'm|it's|i am|the)", text)[-1]):
        return []
    found = sorted(set(_found(text, greeted)), key=lambda one: (one.begin, -one.end))
    if any(_OR.match(text, one.end) for one in found):
        return []
    alive = _corrected(text, [one for one in found if _stands(text, one)])
    least = min((one.rank for one in alive), default=0)
    chosen = [one for one in alive if one.rank == least]
    own = {one.value for one in alive if _own(text, one)}
    others = [one.value for one in alive if one.value not in own]
    if own and least and len(_different([one.value for one in alive])) > 1:
        if _HERS.search(text) and others:
            return _joined(text, _different(others))
        if _ASKS_OWN.search(slot.ask):
            return _joined(text, _different([one.value for one in alive if one.value in own]))
        if _ASKS_OTHER.search(slot.ask) and others:
            return _joined(text, _different(others))
        if all(one.value in own for one in chosen):
            chosen = alive
    return _joined(text, _different([one.value for one in chosen]))


def _own(text: str, one: _Name) -> bool:
    """Whether a name is the speaker's own, by what leads to it in its sentence."""
    told = list(_OWN.finditer(re.split(r"[.;!?] |\b(?:but|and|put)\b", text[: one.begin])[-1]))
    return bool(told and told[-1]["own"]) or bool(_OWN_AFTER.match(text, one.end))


def _found(text: str, greeted: bool) -> Iterator[_Name]:
    """The names that clauses are or introduce, and those that are told in one breath with them: "Tom and Ines Fox"."""
    found = [_clause(text, at.end()) for at in re.finditer(r"^|(?<=[,.:;!?] )", text) if at.end() or not greeted]
    found += [_introduced(text, match, rank) for pattern, rank in _INTROS for match in pattern.finditer(text)]
    found += [_name_at(text, match.end(), 1) for match in _CORRECTS.finditer(text)]
    found += [_name_at(text, match.end(), 2, 2) for pattern in (_GROUP, _SO) for match in pattern.finditer(text)]
    for one in filter(None, found):
        yield one
        if (more := _AND.match(text, one.end)) and (other := _name_at(text, more.end(), one.rank, 2)):
            yield other


def _clause(text: str, at: int) -> _Name | None:
    """A name that is a clause by itself; a single word only where it opens the answer and nothing else is told."""
    one = _name_at(text, at, 2 if at else 1, 0 if at else 1)
    if one is None or any(pattern.match(text, at) for pattern, _ in _INTROS):
        return None
    tail = _TAIL.match(text, one.end)[0]  # type: ignore[index]
    rest = text[one.end + len(tail) :]
    if " " in one.value:
        if (acts := _ACTS.match(text, one.end)) and ("and" in acts[0] or _kind(text[at]) == "capital"):
            return replace(one, rank=2)
        return one if _CLOSES.match(text, one.end) or tail.strip() or _EXPLAINS.match(rest) else None
    opens = (
        not rest
        or re.search(r"^\. .*\bcalled that", text[one.end :])
        or (_EXPLAINS.match(rest) and _kind(one.value) == _kind(text[at]))
    )
    return one if at == 0 and opens and "?" not in tail else None


def _introduced(text: str, match: re.Match[str], rank: int) -> _Name | None:
    """The name behind an introduction; in lower case it stands behind punctuation where only a person leads to it."""
    intro, end = match[1], match.end(1)
    owner = _OWNER.search(text[:end])
    if owner and not re.fullmatch(rf"{_ROLE}|party|family|booking|couple|one", owner[1], re.IGNORECASE):
        return None  # "the dog is called", "our company's name is"
    small = 0 if re.fullmatch(rf"{_PERSON} +", intro, re.I) else 1 if _STRONG.search(intro) else 2
    return _name_at(text, end, rank, small)


def _stands(text: str, one: _Name) -> bool:
    """Whether nothing refuses a name, leaves it open or calls it a former one."""
    before, after = text[: one.begin], text[one.end :]
    if _FORMER.search(re.split(r"[,.;:!?]|\bnow\b", before)[-1]) or _AFTER_FORMER.match(after):
        return False
    if after.startswith("...") and " " not in one.value:
        return False  # broken off
    masked = before + "x" * (one.end - one.begin) + after
    low = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in masked)
    return bool(meant(low, [Found(one.begin, one.end, one.value)]))


def _corrected(text: str, found: list[_Name]) -> list[_Name]:
    """What follows the last correction; none where that may correct only a part of the name before it."""
    for mark in reversed(list(_CORRECTS.finditer(text))):
        before = [one.value.count(" ") for one in found if one.begin < mark.start()]
        after = [one for one in found if one.begin >= mark.end()]
        if before and after:
            return after if max(one.value.count(" ") for one in after) >= max(before) else []
    return found


def _joined(text: str, values: list[str]) -> list[str]:
    """First name and surname in one where they are told apart: "Lina, and the surname is Braun"."""
    firsts, lasts = (
        list(dict.fromkeys(one.value for m in label.finditer(text) if (one := _name_at(text, m.end(), 2, 1))))
        for label in (_FIRST, _LAST)
    )
    rest = [
        value for value in values if value not in (*firsts, *lasts) and not any(value.startswith(one) for one in firsts)
    ]
    if (
        not rest
        and len(firsts) + len(lasts) == 1
        and (opens := _name_at(text, 0, 1, 1))
        and text[opens.end : opens.end + 1] == ","
    ):
        rest = [opens.value]  # "Braun, and the first name is Lina"
    if len(firsts) <= 1 and len(lasts) <= 1 and len(rest) == 1 - len(firsts) * len(lasts) and (firsts or lasts):
        whole = [*(firsts or rest), *(lasts or rest)]
        if all(" " not in _bare(part) for part in (whole[0], *rest)) or (firsts and "." in firsts[0]):
            return [" ".join(map(_bare, whole))]
    return values


def _different(values: list[str]) -> list[str]:
    """The values without those that a fuller one repeats: "Dani" beside "Daniela Roth"."""
    unique = {key(value): value for value in reversed(values)}

    def repeated(one: str) -> bool:
        longer = (f" {other}" for other in unique if other.count(" ") > one.count(" "))
        return any(all(f" {word}" in other for word in one.split()) for other in longer)

    return [unique[one] for one in reversed(unique) if not repeated(one)]


def _kind(word: str) -> str:
    """ "capital", "none" (a script without case), or "small"."""
    letter = next(filter(str.isalpha, word), "")
    return "capital" if letter.isupper() or letter.istitle() else "small" if letter.islower() else "none"


def _name_at(text: str, at: int, rank: int, small: int = 0) -> _Name | None:
    """The name that begins at `at`; `small`: how many words in lower case make one, 0 for none."""
    run = _RUN.match(text, at)
    words = run[0].split() if run else []
    whole = list(takewhile(lambda word: _kind(word) == "capital" or _particle(word), words))
    if not _any_words(whole, text[at + len(" ".join(whole)) :]):
        whole = _words(words, bool(small), text.isupper())
        if not whole or not _plausible(whole, text[at + len(" ".join(whole)) :], small):
            return None
    value = " ".join(whole)
    titled = _titled(value) if value == value.lower() and _kind(value) == "small" else value
    return _Name(at, at + len(value), titled, rank)


def _any_words(words: list[str], rest: str) -> bool:
    """Whether 2 to 5 capitalised words that end their clause are a name: at least one of them is no everyday word."""
    lows = [word.lower() for word in words]
    follows = (word := re.match(r" ([a-z']+)\b", rest)) and common(word[1])
    closed = follows or _CLOSES.match(rest) or _TAIL.match(rest)[0] == rest  # type: ignore[index]
    if not 2 <= len(words) <= 5 or not closed or " ".join(words).isupper() or re.match(r"\W*\d|[@\w]", rest):
        return False
    grammar = sum(common(low, FUNCTION) for low in lows)
    if lows[0] in {"the", "a", "i", "not"} or grammar > 1:
        return False
    none = _ALONE_NONE if grammar else ()  # "In April", but "April May"
    told = [low for low in lows if not common(low) and low not in none and not re.fullmatch(rf"{_TITLE}\.?", low)]
    return bool(told) and _kind(words[0]) == "capital" and not _particle(words[-1]) and not lows[-1].endswith("'s")


def _particle(word: str) -> bool:
    return word in PARTICLES or bool(_GLUED.match(word))


def _words(said: list[str], small: bool, shouted: bool) -> list[str]:
    """The words of a name that begins a run of words."""
    kept: list[str] = []
    for word in said:
        kind, low, cased = _kind(word), word.lower().rstrip("'"), any(_kind(one) == "capital" for one in kept)
        none = common(low, FUNCTION) or (common(low) and (kind == "small" or not cased or shouted))
        if not (_particle(word) or (shouted and kept and low in PARTICLES)) and (
            none or (kind == "small" and (not small or cased))
        ):
            break
        kept.append(word)
    while kept and kept[-1] in PARTICLES:
        kept.pop()
    return kept


def _plausible(words: list[str], rest: str, small: int) -> bool:
    """Whether a run of words can be a person's name, by its own signs and by what follows at once."""
    lows, first = [word.lower().strip("'.") for word in words], _kind(words[0])
    if re.match(r"(?i)[\w@#%&*/+=<>{_]|\s+\d{1,4}\b(?![\s-]?\d)|\.\w| (?:gmbh|inc|ltd|llc|ag|kg|plc)\b|\s*& ", rest):
        return False
    if lows[-1].endswith("'s") or all(low in PARTICLES or re.fullmatch(_TITLE, low) for low in lows):
        return False
    if first == "none":
        return len(words) <= 4 and not re.match(r"[我你他她不没]|[\u3400-\u9fff]{6}", words[0])
    if len(words) == 1 and (len(lows[0]) < 2 or common(lows[0], COMMON | _ALONE_NONE)):
        return False
    if any(_kind(word) == "capital" for word in words):
        follows = re.match(r"\s+([a-z][\w']*)", rest)  # "Anna berg", "Walnut bench" say nothing
        known = len(words) > 1 or not follows or common(follows[1]) or bool(_TAIL.match(rest.strip())[0])  # type: ignore[index]
        return known and (first == "capital" or _particle(words[0]))
    latin = all(sign < "\u0250" or "\u1e00" <= sign < "\u1f00" for sign in "".join(words))
    talk = (
        re.fullmatch(_ROLE, lows[0])
        or any(_DERIVED.match(low) for low in lows)
        or mend(lows[0]) in COMMON | (_ALONE_NONE if len(words) == 1 else set())
    )
    return len(words) >= small > 0 and latin and not talk


def _titled(value: str) -> str:
    """`ludwig van beethoven` -> `Ludwig van Beethoven`; particles inside a name stay small, as in `al-Farsi`."""

    def raised(word: re.Match[str]) -> str:
        inside = word.start() > 0 and word.end() < len(value)
        return word[0] if inside and word[0] in PARTICLES else word[0][0].upper() + word[0][1:]

    return re.sub(r"[^\W_]+", raised, value)
