"""A person's name inside what somebody says: found where it is introduced or where it is the whole answer.

A name can be any word of any language, so a word proves nothing: what stands around it does. An answer that is nothing
but capitalised words is a name whatever words they are ("Can Ozturk"); else, by rank:

1. a directive says what to write ("put it under Ines Fox"), or the answer opens with a name ("Sauerland, like the hills");
2. a description names somebody ("I'm Gesa", "our caretaker Thankmar Ihde"), or a clause is nothing but a full name;
3. the one full name of a short sentence.

Refused and former names are out, only what follows a correction counts (`meant`), and two names are asked back.
Titles stay.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import WEEKDAYS, mend
from demeanor.text import key, plain

# Words that are no name, even with a capital: those of grammar, of greeting and of the calendar.
_FUNCTION = frozenset(
    """
    a about after afternoon again against ah aint all almost already also although always am an and another any
    anybody anyone anything anyway apart are as at aucune avec away back be because been before behind being
    below beside besides between beyond both but by bye came can cannot certainly christmas come could danke das
    day days dear definitely der did die do does doing done down dunno during each easter eight either eleven
    else enough even evening ever every everybody everyone everything except few first five for forget forgot
    four fourth from further gave get gets getting give given go goes going gone gonna got gotta had half hallo
    has have having he hello help hence her here hers herself hey hi him himself his hm hmm how however i ich
    idk if im in indeed inside instead into irrelevant is it its itself ive just keep kein keine kindly know
    knows last late later least let lets like likely look looking lot lots made make makes making many maybe me
    mean meant mein meine merci mhm might mind mine minute minutes moment mon month more morning most much must
    my myself need needed needs nein neither never next nice nichts night nine no nobody non none noon nope nor
    normal not nothing now obviously of off oh ok okay on once one ones only onto or other others otherwise
    ought oui our ours out outside over own pardon per perhaps please pls plus plz possible possibly previously
    probably put quick quickly quite rather really right said same say says second see send sent seven several
    shall she should simply since six so some somebody someone something sometimes soon sorry speak speaking
    still stop such sure take taken ten than thank thanks that the their theirs them themselves then there
    therefore these they theyre thing things think third this those though three through thus to today together
    told tomorrow tonight too totally towards try trying twelve twenty two u ugh uh um und under unfortunately
    unless until up upon ur us use used using usual usually very visit want wanted wants was way we week weekend
    weil well went were what whatever when where whether which while who whoever whom whose why with within
    without would wrong wtf xmas yeah year yep yes yesterday yet yo you your yours yourself yup
""".split()
)
# Everyday English; with a capital it may end a name ("Gwen Price"). First names (Will, Hope, Bill) are left out.
_EVERYDAY = frozenset(
    """
    above account address ago airport alone anonymous apartment around ask asked asking available bad bakery
    bank bar bathroom bed bedroom better big bike blue boat booked booking bottom box break breakfast bring
    broken brown building bus business cafe cake call called calling car card care cash change cheap check
    children city class clean clear clinic close cold colour coming company confidential confirm contact
    contract correct cost couple course current customer cut daily damn dark date dead deliver delivery deposit
    desk detail details different dinner discount dog door double drink drive due early easy email empty euro
    euros event exactly excuse expensive extra family far fast fault fill final find fine firm flat flight floor
    food forgotten form free front full garden gate glad good great green group guess guest guests guys hand
    happy hard hate hear heard hold hospital hot hotel hour hours house hungry hurry idea idiot important info
    information insurance invoice job key kid kids kind kitchen large left less letter letters lift light
    limited list listen little live lol long lost low luggage lunch machine mail main man matter men menu
    message mid middle minus mit mobile moi money name named names near new nights noise nom nombre nome number
    numbers nursery odd office often old open opposite order paid pain paper parcel parking part party pay
    payment people person pet pets pharmacy phone pink pizza place plan platform point pool post prefer pregnant
    pretty price private problem proper properly question questions quiet rain reading ready real reason
    received red repair reply reservation restaurant ring room rooms round saw school sea seat seats secret seen
    service shop shower sick side sign signed single size skip slot small sofa space spell spelled spelling
    spelt spoken stairs stand standard start station store street stuff stupid suite super suppose surname table
    talk tall team tell test text ticket time times tired top total tour town train transfer tree trip trouble
    truck true twice twin university upset urgent vegan vegetarian view village wait waiting wall water white
    whole wife wifi window woman women word words work working worry write writing written yard yellow
""".split()
)
_FUNCTION |= frozenset(WEEKDAYS)
COMMON = _FUNCTION | _EVERYDAY
_SHORT_FORM = re.compile(r"\w+n't|\w+'(?:d|ll|re|ve|m)|(?:ca|do|wo|did|does|is|are|was|ha[sd]|have|c?w?sh?ould)nt")
# As a single word these are a month, a language or a way to pay; within a longer name they may stand.
_ALONE_NONE = frozenset(
    """january february march april may june july august september october november december english french
    german dutch spanish italian polish british american turkish russian chinese visa mastercard paypal""".split()
)
_DERIVED = re.compile(r"\w{2,}(?:ing|ly|ed|tion|ness|able|ible|ful|less|ous|ment|ated|ish|ical)$")
PARTICLES = frozenset(
    """van de von da di du del della der den des do dos la le bin binti ibn al el ter ten zu zum zur y e af av ap
    't d' vom op het""".split()
)
_TITLE = (
    r"(?:mr|mrs|ms|mx|miss|dr|doctor|prof|doktor|professor|sir|madam|madame|mme|monsieur|rev|reverend|herr|frau|"
    r"se[nñ]ora?|signora?)"
)
# Signs of the scripts that write vowels as marks, from Hebrew to Burmese; NFKC joins those of the others.
_SIGN = (
    "(?:[^\\W\\d_]|[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0ecd\u102b-\u103e])"
)
_WORD = re.compile(
    rf"(?:(?:jr|sr|st|{_TITLE}|{_SIGN})\.(?={_SIGN}|[\s,]|$)|'t\b|{_SIGN}+(?:['\-·・]{_SIGN}+)*'?)", re.IGNORECASE
)
_GLUED = re.compile(r"(?:[a-z]{1,2}|dell|dall|nell)['-][A-Z]")  # "d'Arcy", "dell'Acqua"

_ROLE = (
    r"(?:(?:step|god|grand)?(?:mother|father|son|daughter)(?:-in-law)?|mum|mom|dad|parent|brother|sister|wife|husband|"
    r"fianc[eé]e?|girlfriend|boyfriend|friend|mate|aunt|auntie|uncle|nephew|niece|cousin|gran\w*|nana?|boss|colleague|"
    r"neighbou?r|child|kid|baby|boy|girl|person|man|woman|lady|guy|guest|bride|groom|chief|head|nurse|"
    r"[a-z]{2,}(?:mate|man|woman|keeper|ist)|"
    r"(?!(?:flow|numb|pap|lett|off|wat|summ|wint|dinn|tow|ord|comput|pow|corn|weath|cent|oth|anoth|rath|nev|eith|aft|"
    r"und|ov)er|(?:fl|d|m|col|err)\w*or|\w*ment|\w*rant|event|accident|present|rent|plant|tent)"
    r"[a-z]{3,}(?:er|or|ant|ent|ian|ee))"
)
_PERSON = rf"(?:(?:my|our|his|her|their|your|the|an?|this) (?:[a-z]+ ){{0,2}}?{_ROLE})"
_THING = r"(?: (?:it|that|this|me|us|her|him|them|down|out|everything|(?:the|my|our) [a-z]+))*"
_NAMED = r"(?:(?:the |my |his |her |our )?(?:full |whole |last |first |family |booking )*names?(?: of| is)?)"
_COPULA = r"(?:'s| is|s| was|'ll be| (?:will|would|should|must|may) be| it is| it's|'d be)"
_VERB = (
    r"(?<!i )(?<!we )(?:put|write|note|enter|register|reserve|book|use|stick|pop|chuck|bung|whack|slap|jot|list|"
    r"record|make|go with|call it|place|keep|ask for|ring (?:for|at)|(?:must|should|shall|has to|have to|needs? to|"
    r"let it|just) (?:say|read))"
)
_DIRECTIVES = rf"""
    {_VERB}{_THING}(?: (?:under|for|to|as|in|on|at|with|down))?(?: {_NAMED})?(?: {_PERSON},?)?
    under(?: {_NAMED})?
    (?:in|on|with) {_NAMED}
    (?:(?<=is )|(?<=be )|(?<=it )|(?<=[gmn] )|(?<=room )|(?<=table )|(?<=order )|(?<=its )|(?<='s ))for
    (?:(?<=^)|(?<=[,.;:!?] ))(?:for|at|on|booker|guest|traveller|{_PERSON}(?=[,.:?!-]))
"""
_DESCRIPTIONS = rf"""
    (?:sur)?names?(?: (?:of|on|for|in) (?:[\w-]+ ?){{1,3}}?)?{_COPULA}?(?: called)?
    (?:goes|go|sent|addressed|made out|belongs) to|now
    not [^,.;]*,? but(?: under| for)?
    i'm|i am|im|(?:it|that|this|he|she){_COPULA}|mine(?: is)?|i'd be|let's say|speaking is|says?|reads?
    (?:am|is|are|was|'s) call(?:ed)?|call(?:s|ed)? me|go(?:es)? by|known as|speaking (?:to|with)
    {_ROLE}(?: \w+)?{_COPULA}(?: called)?
    {_PERSON}
"""
_INTROS = [
    (
        re.compile(
            rf"(?<![\w'])(?=((?:{'|'.join(filter(None, map(str.strip, lines.splitlines())))})[,.:?-]* +))", re.I
        ),
        rank,
    )
    for rank, lines in ((1, _DIRECTIVES), (2, _DESCRIPTIONS))
]
# A single word in lower case counts behind these alone: "I'm pregnant", "my wife is late", "use plastic".
_STRONG = re.compile(
    rf"names?(?:{_COPULA})?(?: of| called)?\W*$|\bcall(?:ed|s me| me) $|\b(?:known as|go(?:es)? by) $", re.I
)
_OWNER = re.compile(
    rf"\b(?:my|our|his|her|their|the|an?|that) (?:[\w-]+ )*?([\w-]+?)(?:(?:'s|s') (?:\w+ )?names?|(?:'s| is| was| are) "
    rf"called|(?<=company) name|(?<=hotel) name){_COPULA}?\W*$",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:maiden|birth|old|former\w*|previous\w*|earlier|n[eé]e|born|once|used to be|name was|i was)\b", re.I
)
_AFTER_FORMER = re.compile(r"^\W*(?:that |it )?(?:was\b|used to\b|before\b|until\b)", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:(?:can't|cannot|cant|don't|dont|didn't|couldn't)\b[^.;!?]{0,30}\b(?:think|remember|recall|know|catch)|"
    r"forgot|forgotten|(?:not|un) ?sure|no idea|dunno|something (?:like|in)|or something|sounds like|was it|"
    r"(?:might|could) be|i (?:think|believe|guess|suppose)|toss|(?:not|n't|un) ?decided|"
    r"(?:that|it) was(?=\s*(?:$|[,.;!?])))\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"(?:\b(?:wait|hang on|hold on|i mean|i meant|sorry|pardon|scratch that|correction|oops|or rather|my mistake|"
    r"no,? (?:make it|it's|its|actually|rather))\b|(?<=[,.;!?] )no(?=[,.;!?]))[\s,.;:!-]*"
    r"(?:(?:no|it's|its|make it|i meant?)[\s,]+)?",
    re.IGNORECASE,
)
_OR = re.compile(r"[\s,]*\bor\b(?! (?:else|otherwise)\b)", re.IGNORECASE)
_AND = re.compile(r"\s*(?:\band\b|&|\+)\s+(?:also )?|, (?:and )?", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:[\s,.;:-]+|(?:sure|ok|okay|yes|yeah|yep|hi|hello|hey|thanks|thank you|of course|certainly|please|actually|"
    r"good (?:morning|day|evening|afternoon))\b[\s,.!:-]*|(?:oh|well|right|great|perfect|um+|uh+|ah|so|just)[,.!:-]+\s*)*",
    re.IGNORECASE,
)
_GREETS = re.compile(r"\b(?:hi|hello|hey|good \w+) $", re.IGNORECASE)  # whom an answer greets is not who answers
_CLOSES = re.compile(r"\s*(?:$|[,.;:!?()\n]|- )")
_TAIL = re.compile(
    r"(?:[\s,.;:!?'\"()-]|\b(?:please|pls|plz|(?:many )?thanks(?: a lot)?|thank you(?: (?:very|so) much)?|thx|cheers|lol|"
    r"if possible|then|here|speaking|instead|will do|checking in|that's (?:me|all)|is fine|"
    r"(?:that's|is|'s) (?:my|the|his|her|our) (?:\w+ )?(?:sur)?name)\b)*",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"(?:like|as|with|without|spel\w+|for|and|small|capital|double|just|that's|exactly|from)\b", re.I
)
_OUTSIDE = re.compile(
    r"\b(?:the|from|to|by|with|of|near|at|in|ask|told|not|or|and|called) $|[\w']+(?:\W+[\w']+){6}\W*$", re.I
)
_SPELLED = re.compile(
    r"\b(?:[^\W\d_][-. ]){3,}[^\W\d_]\b|\b(?:(?:double )?[^\W\d_][,-] ?){2,}(?:double )?[^\W\d_]\b\.?", re.IGNORECASE
)
_FIRST, _LAST = (
    re.compile(rf"(?:{kind}) ?names?(?:'s| is|s| was|:|,| -)?\s*", re.IGNORECASE)
    for kind in ("first|given|fore|christian", "sur|last|family|second")
)


@dataclass(frozen=True)
class _Name:
    """A name at `begin:end` of the text; the lowest rank decides."""

    begin: int
    end: int
    value: str
    rank: int

    @property
    def full(self) -> bool:
        return " " in self.value


def resolve_name(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one name that a text introduces or consists of; its spelling stays, all lower case gets capitals.

    Never raises. Unresolved where no name is introduced, where two are, and where one is in doubt.
    """
    given = " ".join(str(text).split())[:400]
    said = " ".join(plain(given).split()).strip('"` ')
    values = _meant(_SPELLED.sub(lambda m: "," * len(m[0]), said))
    if len(values) == 1:
        return Resolved(values[0], given)
    if values:
        return Unresolved(f"{given[:60]!r} names {' and '.join(values[:3])}; ask which {slot.label} is meant.")
    return Unresolved(f"No {slot.label} was found in {given[:60]!r}; give it in full.")


def names_in(text: str) -> list[str]:
    """Runs of capitalised words that may be names, in order: no everyday words, none with a number behind."""
    return [one.value for one in _runs(" ".join(plain(str(text)).split()))]


def common(word: str) -> bool:
    """Whether a word is everyday English, its short forms included: "it's", "don't"."""
    return word in COMMON or word.removesuffix("'s") in COMMON or bool(_SHORT_FORM.fullmatch(word))


def _function(word: str) -> bool:
    return word.removesuffix("'s") in _FUNCTION or bool(_SHORT_FORM.fullmatch(word))


def _runs(text: str) -> Iterator[_Name]:
    at = 0
    for match in _WORD.finditer(text):
        if match.start() >= at and (one := _name_at(text, match.start(), 3)) is not None:
            yield one
            at = one.end


def _meant(text: str) -> list[str]:
    """The different names that a text leaves."""
    lead = _LEAD.match(text).end()  # type: ignore[union-attr]
    greeted, text = bool(_GREETS.search(text[:lead])), text[lead:]
    if not greeted and (whole := _whole(text)):
        return [whole]
    if _UNSURE.search(text):
        return []
    found = sorted(set(_found(text, greeted)), key=lambda one: (one.begin, -one.end))
    if not found and "?" not in text:
        found = [one for one in _runs(text) if one.full and not _OUTSIDE.search(text[: one.begin])]
    if any(_OR.match(text, one.end) for one in found):
        return []
    alive = _corrected(text, [one for one in found if _stands(text, one)])
    least = min((one.rank for one in alive), default=0)
    return _joined(text, _different([one.value for one in alive if one.rank == least]))


def _whole(text: str) -> str | None:
    """The name that the whole answer is."""
    one = _name_at(text, 0, 1, 1)
    tail = one and _TAIL.match(text, one.end)
    if not one or not tail or tail.end() < len(text) or (not one.full and "?" in tail[0]):
        return None
    return None if any(pattern.match(text) for pattern, _ in _INTROS) else one.value


def _found(text: str, greeted: bool) -> Iterator[_Name]:
    if not greeted:
        yield from _listed(text, _clause(text, 0))
    for pattern, rank in _INTROS:
        for match in pattern.finditer(text):
            yield from _listed(text, _introduced(text, match, rank))
    for match in _CORRECTS.finditer(text):
        yield from filter(None, [_name_at(text, match.end(), 1)])
    for match in re.finditer(r"(?<=[,.:;!?] )", text):
        yield from filter(None, [_clause(text, match.end())])


def _clause(text: str, at: int) -> _Name | None:
    """A name that is a clause by itself; a single word only where it opens the answer and nothing else is told."""
    one = _name_at(text, at, 2 if at else 1, 0 if at else 2)
    if one is None:
        return None
    rest = text[_TAIL.match(text, one.end).end() :]  # type: ignore[union-attr]
    closed = _CLOSES.match(text, one.end) or len(rest) < len(text[one.end :].strip()) or _EXPLAINS.match(rest)
    return one if closed and (one.full or (not at and (not rest or _EXPLAINS.match(rest)))) else None


def _introduced(text: str, match: re.Match[str], rank: int) -> _Name | None:
    """The name behind an introduction; in lower case it stands between punctuation where only a person leads to it."""
    intro, end = match[1], match.end(1)
    owner = _OWNER.search(text[:end])
    if owner and not re.fullmatch(rf"{_ROLE}|party|family|booking|couple|one", owner[1], re.IGNORECASE):
        return None  # "the dog is called", "our company's name is"
    one = _name_at(text, end, rank, 1 if _STRONG.search(intro) else 2)
    small = one and re.fullmatch(rf"{_PERSON}\W+", intro, re.I) and not _kind(text[one.begin]) == "capital"
    apart = re.search(r"[,.:?-] +$", intro) and one and _CLOSES.match(text, one.end)
    return None if small and not apart else one


def _listed(text: str, one: _Name | None) -> Iterator[_Name]:
    """A name, and one that is told in one breath with it: "Tom and Ines Fox", "Lena Voss, Ole Voss"."""
    if one is None:
        return
    yield one
    if more := _AND.match(text, one.end):
        listed = "," in more[0]
        other = _name_at(text, more.end(), one.rank, 0 if listed else 2)
        if other and (other.full or not listed):
            yield other


def _stands(text: str, one: _Name) -> bool:
    """Whether nothing refuses a name, leaves it open, calls it a former one or may turn it round: "Okafor, Chidi"."""
    before, after = text[: one.begin], text[one.end :]
    if _FORMER.search(re.split(r"[,.;:!?]|\bnow\b", before)[-1]) or _AFTER_FORMER.match(after):
        return False
    other = _name_at(text, one.end + 2, 1) if after.startswith(", ") and not one.full else None
    if other and not other.full and _TAIL.match(text, other.end).end() == len(text):  # type: ignore[union-attr]
        return False
    masked = before + "x" * (one.end - one.begin) + after
    low = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in masked)
    return bool(meant(low, [Found(one.begin, one.end, one.value)]))


def _corrected(text: str, found: list[_Name]) -> list[_Name]:
    """What follows the last correction; none where that may correct only a part of the name before it."""
    for mark in reversed(list(_CORRECTS.finditer(text))):
        before = [one for one in found if one.begin < mark.start()]
        after = [one for one in found if one.begin >= mark.end()]
        if before and after:
            longest = [max(len(one.value.split()) for one in side) for side in (before, after)]
            return [] if longest[1] < longest[0] else after
    return found


def _joined(text: str, values: list[str]) -> list[str]:
    """First name and surname in one where they are told apart: "Lina, and the surname is Braun"."""
    first, last = _called(text, _FIRST), _called(text, _LAST)
    first = first or [value for value in values if value not in last]
    if len(first) == len(last) == 1 and " " not in first[0]:
        return [f"{first[0]} {last[0]}"]
    return values


def _called(text: str, part: re.Pattern[str]) -> list[str]:
    """The different values that are called a first name or a surname."""
    names = [one for m in part.finditer(text) if (one := _name_at(text, m.end(), 2, 1)) is not None]
    return list(dict.fromkeys(one.value for one in names if _stands(text, one)))


def _different(values: list[str]) -> list[str]:
    """The values without those that a fuller one repeats: "Dani" beside "Daniela Roth"."""
    unique = {key(value): value for value in reversed(values)}
    return [value for value in reversed(unique.values()) if not any(_repeats(value, other) for other in values)]


def _repeats(short: str, full: str) -> bool:
    words, others = key(short).split(), key(full).split()
    return len(words) < len(others) and all(any(other.startswith(word) for other in others) for word in words)


def _kind(word: str) -> str:
    """ "capital", "none" (a script without case), or "small"."""
    letter = next((sign for sign in word if sign.isalpha()), "")
    return "capital" if letter.isupper() or letter.istitle() else "small" if letter.islower() else "none"


def _cased(words: list[str]) -> bool:
    return any(_kind(word) == "capital" for word in words)


def _name_at(text: str, at: int, rank: int, small: int = 0) -> _Name | None:
    """The name that begins at `at`; `small`: how many words in lower case make one, 0 for none."""
    if rank < 3 and (end := _capitals(text, at)):
        return _Name(at, end, text[at:end], rank)
    words, end = _run(text, at, bool(small))
    if not words or not _plausible(words, text[end:], small):
        return None
    value = text[at:end]
    return _Name(at, end, _titled(value) if value == value.lower() and _kind(value) == "small" else value, rank)


def _capitals(text: str, at: int) -> int | None:
    """Where a clause of nothing but 2 to 5 capitalised words ends: a name if one of them is no everyday word."""
    words, end = [], at
    while (match := _WORD.match(text, end + bool(words))) and (_kind(match[0]) == "capital" or _particle(match[0])):
        words.append(match[0].lower())
        end = match.end()
        if text[end : end + 1] != " ":
            break
    tail = _TAIL.match(text, end)
    if not 2 <= len(words) <= 5 or not tail or not (_CLOSES.match(text, end) or tail.end() == len(text)):
        return None
    grammar = sum(map(_function, words))
    if (
        text[at:end].isupper()
        or grammar > 1
        or words[0] in {"the", "a", "i", "not"}
        or re.match(r"\W*\d|[@\w]", text[end:])
    ):
        return None
    told = [word for word in words if not common(word) and not re.fullmatch(rf"{_TITLE}\.?", word)]
    return end if told and _kind(text[at]) == "capital" and not _particle(words[-1]) else None


def _particle(word: str) -> bool:
    return word in PARTICLES or bool(_GLUED.match(word))


def _run(text: str, at: int, small: bool) -> tuple[list[str], int]:
    """The words of a name from `at`, and where they end."""
    words: list[str] = []
    end = at
    while match := _WORD.match(text, at):
        word = match[0]
        kind, low = _kind(word), word.lower().rstrip("'")
        none = _function(low) or (common(low) and (kind == "small" or not _cased(words) or text.isupper()))
        if not _particle(word) and (none or (kind == "small" and (not small or _cased(words)))):
            break
        words.append(word)
        end = at = match.end()
        if text[at : at + 1] == " ":
            at += 1
        elif not word.endswith("."):
            break
    while words and words[-1] in PARTICLES:
        end = text.rindex(words.pop(), 0, end)
    return words, len(text[:end].rstrip())


def _plausible(words: list[str], rest: str, small: int) -> bool:
    """Whether a run of words can be a person's name, by its own signs and by what follows at once."""
    lows = [word.lower().strip("'.") for word in words]
    if len(words) > 6 or re.match(r"[\w@#%&*/+=<>{_]|\s+\d{1,4}\b(?![\s-]?\d)|\.\w", rest):
        return False
    if re.match(r" (?:gmbh|inc|ltd|llc|ag|kg|plc)\b|\s*& (?:co|sons?|söhne)\b", rest, re.IGNORECASE):
        return False
    if lows[-1].endswith("'s") or all(low in PARTICLES or re.fullmatch(_TITLE, low) for low in lows):
        return False
    if len(words) == 1 and (_worldly(lows[0], words[0]) or re.match(r"\s+(?!is\b|here\b)[a-z]+ng\b", rest)):
        return False
    if _kind(words[0]) == "none":
        return len(words) <= 4 and not re.match(r"[我你他她不没]|[\u3400-\u9fff]{6}", words[0])
    if _cased(words):
        follows = re.match(r"\s+([a-z][\w']*)", rest)  # "Anna berg", "Walnut bench" say nothing
        return len(words) > 1 or not follows or common(follows[1]) or bool(_TAIL.match(rest.strip())[0])  # type: ignore[index]
    latin = all(sign < "\u0250" or "\u1e00" <= sign < "\u1f00" for sign in "".join(words))
    role = re.fullmatch(_ROLE, lows[0])
    return len(words) >= small > 0 and latin and not role and not any(_DERIVED.match(low) for low in lows)


def _worldly(low: str, word: str) -> bool:
    """Whether a lone word is a day, a language, a person's role or a letter rather than somebody."""
    if _kind(word) == "small" and mend(low) in COMMON | _ALONE_NONE:
        return True
    parts = low.split("-")
    alone = all(common(part) or part in _ALONE_NONE for part in parts) or re.fullmatch(_ROLE, low)
    return bool(alone) and low not in {"baker", "mason"} or (len(low) < 2 and _kind(word) != "none")


def _titled(value: str) -> str:
    """`ludwig van beethoven` -> `Ludwig van Beethoven`; particles inside a name stay small, as in `al-Farsi`."""
    words = value.split(" ")
    inside = range(1, len(words) - 1)
    return " ".join(
        word
        if i in inside and word in PARTICLES
        else re.sub(r"(?<![^\W_])(?!(?:al|el|bin)-)\w", lambda m: m[0].upper(), word)
        for i, word in enumerate(words)
    )
