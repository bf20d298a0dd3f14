"""A person's name inside what somebody says: found where it is introduced or where it is the whole answer.

A name can be any word of any language, so a word proves nothing: what stands around it does. Three ways lead to a name,
and the first that gives one decides:

1. a directive says what to write ("put it under Ines Fox", "it must say Birgit Salomon");
2. an answer opens with nothing but a name, or with a relation and its name ("Sauerland, like the hills");
3. a description names somebody ("I'm Gesa", "his name's Thankmar Ihde", "our caretaker Thankmar Ihde").

Refused and former names are out, only what follows a correction counts (`meant`), and two names are asked back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import mend
from demeanor.text import key, plain

# Everyday English that is no name. Words that many people bear (Will, May, Mark, Rose, Hill, Young, King) are left out.
_COMMON_WORDS = """
    a about above account accounts across actually address after afternoon again against ago ah ahnung ahornholz
    aint airport all almost already also although always am an and anonymous another any anybody anymore anyone
    anything anyway apart apartment are arent around as ask asked asking at aucune available avec away back bad
    bakery bank bar bathroom be because bed bedroom been before behind being bell below beside besides best better
    between beyond big bike bill blue boat bonjour both bottom bought box break breakfast bring bringing broke
    broken brought brown building bus business but by bye cafe café cake call called calling came can can't cannot
    cant car card care cash certainly change cheap check checking cheers child children christmas ciao city class
    clean clear clinic close cold colour come comes coming company completely complicated confidential confirm
    contact contract corner correct cost could couldn't couldnt couple course current currently customer daily
    damn danke dark das dass date day days dead dear definitely deliver delivery dem deposit der desk detail
    details did didn't didnt die different dinner discount do does doesn't doesnt dog doing don't done dont door
    dot double down drink drive due dunno during each early easter easy eight ein eine either eleven else email
    empty enough euro euros even evening event ever every everybody everyone everything exactly excuse expensive
    extra family far fast fault few fill final finally find fine firm firma first five flat flight floor food for
    forget forgot forgotten form four fourth free fri friday from front full further garden gate gave get gets
    getting give given gives gmbh go goes going gone gonna good got gotta gracias grazie great green grey group
    guess guest guests guys habe haben had half hallo hand happy hard has hasn't hasnt hate have haven't havent
    having he he'd he'll hear heard hello help hence her here hers herself hes hey hi hier high him himself his hm
    hmm hola hold hope hopefully hospital hot hotel hour hours house how how's however hurry i i'd i'll i'm i've
    ich idea idiot idk if ill im important in inc indeed info information inside instead insurance into invoice
    irrelevant is isn't isnt ist it it'd it'll it's its itself ive je job just keep kein keine key kid kids kind
    kindly kitchen know knows large last late later latter least leave left less let let's lets letter letters
    lift light like likely limited list listen little live lol long look looking lost lot lots low lower ltd
    luggage lunch machine mail main make makes making man many mate matter maybe me mean meant meet mein meine men
    menu merci merry message mhm mid middle might mind mine minus minute minutes mit mobile moi moin moment mon
    monday money month months more morning most move much must my myself name name's named names near need needed
    needs nein neither never new next nice nicht nichts night nights nine no nobody noise nom nombre nome non none
    noon nope nor normal not note nothing now number numbers nursery nö obviously odd of off office often oh ok
    okay old omg on once one one's ones only onto open opposite or order other others otherwise ought oui our ours
    ourselves out outside over overnight own pack paid pain paper parcel pardon parking part party pas pay payment
    people per perhaps person pet pets pharmacy phone pink pizza place plain plan platform please pls plus plz
    point pool possible possibly post prefer pregnant pretty price private probably problem proper properly put
    question questions quick quickly quiet quite rain rather ready real really reason received red repair reply
    reservation restaurant right ring room rooms round said sais same sat saturday saw say says school sea seat
    seats second secret see seen send sent service seven several shall she she'd she'll she's shes shop should
    shouldn't shouldnt show shower sick side sign signed simply since sind single six size skip slot small so sofa
    solo some somebody someone something sometimes somewhere soon sorry space speak speaking spell spelled
    spelling spelt spoken stairs stand standard standing start started station still stop store street stuff
    stupid such suite sunday super suppose sure surname table take taken taking talk team tell ten test text than
    thank thanks that that'll that's thats the their theirs them themselves then there there's therefore these
    they they'd they'll they're they've theyre thing things think third this those though thought three through
    thu thurs thursday thus ticket time times tired tja tmrw to today together told tomorrow tonight too took top
    total totally tour towards town train transfer tree trip trouble truck true try trying tue tues tuesday turn
    twelve twenty twice twin two u u'll ugh uh um und under unfortunately university unless until up upon upset ur
    urgent us use used usual usually van's vegan vegetarian very view village visit vous wait waiting wall wanna
    want wanted wants was wasn't wasnt water way we we'd we'll we're we've wed wednesday weds week weekend weeks
    weiss weiß well went were weren't what what's whatever when where where's whether which while white who who's
    whoever whole whom whose why wife wifi window wir with within without woman women won't wont word words work
    working worry would wouldn't wouldnt write writing written wrong wtf xmas yard yeah year years yellow yep yes
    yesterday yet yo you you'd you'll you're you've your yours yourself yup
"""
COMMON = frozenset(_COMMON_WORDS.split())
# As a single word these are a day, a language or a brand of answer; within a longer name they may stand.
_ALONE_NONE_WORDS = """
    january february march april may june july august september october november december german english french
    dutch spanish italian polish british american irish scottish turkish greek swiss austrian danish swedish
    norwegian finnish russian chinese japanese indian muslim christian catholic jewish visa mastercard paypal
    google
"""
_ALONE_NONE = frozenset(_ALONE_NONE_WORDS.split())
_DERIVED = re.compile(r"\w{2,}(?:ing|ly|ed|tion|ness|able|ible|ful|less|ous|ment|ated|ish|ical)$")

_PARTICLES_WORDS = """
    van de von da di du del della der den des do dos la le bin ibn al el ter ten zu zum zur y e af av 't d' vom op
    het
"""
PARTICLES = frozenset(_PARTICLES_WORDS.split())
_TITLE = (
    r"(?:mr|mrs|ms|mx|miss|dr|doctor|prof|doktor|professor|sir|madam|madame|mme|monsieur|rev|reverend|herr|frau|"
    r"se[nñ]ora?|sra|"
    r"signora?|ing|dipl|mag)"
)
_TITLES = re.compile(rf"(?:{_TITLE}\b\.?\s+)+", re.IGNORECASE)

# Marks of the scripts that write vowels as signs of their own; NFKC joins those of the others.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0981-\u0983\u09bc-\u09cd"
)
_MARKS += "\u0a3c-\u0a4d\u0abc-\u0acd\u0b3c-\u0b4d\u0bbe-\u0bcd\u0c3e-\u0c4d\u0cbc-\u0ccd\u0d3b-\u0d4d\u0dca-\u0ddf"
_MARKS += "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e"
_SIGN = rf"(?:[^\W\d_]|[{_MARKS}])"
_WORD = re.compile(
    rf"(?:(?:jr|sr|st|{_TITLE}|{_SIGN})\.(?={_SIGN}|[\s,]|$)|{_SIGN}+(?:['\-·・]{_SIGN}+)*'?)", re.IGNORECASE
)
_ENDS_CLAUSE = re.compile(r"\s*(?:$|[,.;:!?()\n]|- )")

_ROLE = (
    r"(?:mother|father|mum|mom|mummy|dad|daddy|parent|son|daughter|brother|sister|wife|husband|partner|"
    r"fianc[eé]e?|girlfriend|"
    r"boyfriend|friend|mate|aunt|auntie|uncle|nephew|niece|cousin|gran|granny|nan|nana|grandma|grandpa|grandad|"
    r"grand\w+|"
    r"(?:step|god)?(?:mother|father|son|daughter)(?:-in-law)?|(?:brother|sister)-in-law|boss|colleague|neighbou?r|"
    r"child|kid|"
    r"baby|boy|girl|person|driver|owner|man|woman|lady|guy|bloke|guest|client|patient|host|bride|groom|widow|"
    r"chief|head|tenant|nurse|"
    r"[a-z]{2,}(?:mate|man|woman|keeper|taker|holder|maker|ist)|(?!flower|number|paper|letter|offer|water|summer|"
    r"winter|"
    r"dinner|tower|order|computer|power|corner|weather|center|other|another|rather|never|either|after|under|ever|"
    r"over|her|"
    r"floor|door|motor|colou?r|parlor|mirror|error|event|accident|apartment|moment|present|rent|restaurant|plant|"
    r"tent|"
    r"[a-z]*ment\b)[a-z]{3,}(?:er|or|ant|ent|ian|ee))"
)
_OWN = r"(?:my|our|his|her|their|your|the|a|an|this)"
_ADJ = r"(?:[a-z]+ ){0,2}?"
_PERSON = rf"(?:{_OWN} {_ADJ}{_ROLE}|(?<!tell )(?<!give )(?<!let )(?<!for )me|myself|the [a-z]+ one(?:'s turn)?)"
_OBJECT = (
    r"(?: (?:it|that|this|me|us|her|him|them|down|out|everything|(?:the|my|our) (?:booking|room|reservation|table|"
    r"order|"
    r"invoice|contract|ticket|appointment)))*"
)
_NAME = (
    r"(?:(?:the |my |his |her |our )?(?:full |whole |proper |last |first |family |lead |"
    r"booking )*names?(?: of| is)?[:,]?)"
)
_VERB = (
    r"(?:put|write|note|enter|register|reserve|book|list|record|use|stick|pop|chuck|bung|make|keep|have|place|"
    r"go with|"
    r"slap|jot|address|ask for|ring for|ring at|change|take)"
)
_DIRECT = [
    rf"\b{_VERB}{_OBJECT}(?: (?:under|for|to|as|in|on|with|at))? {_NAME} *",
    rf"\b(?<!i )(?<!we )(?:put|write|note|enter|register|reserve|book|use|stick|pop|chuck|bung|slap|jot|list|"
    rf"record|make|go with|call it|(?:must|should|shall|has to|have to|needs? to|let it|just) (?:say|read)|"
    rf"ask for|ring for|ring at|place|keep){_OBJECT}(?: (?:under|for|to|as|at))?:? +",
    rf"\b(?:under|in|on|with) {_NAME} *",
    r"\bunder:? +",
    r"(?:^|[,.;:!?] *|(?:\b(?:is|be|it|booking|reservation|room|table|order|ticket|appointment)|'s|\bits) )for:? +",
    r"^(?:at|on) +",
]
_COPULA = r"(?:'s| is| was|s| will be| would be| should be| must be| it's|'ll be| reads| says)"
_DESCRIBES = [
    rf"(?:\b|\bsur)names?(?:{_COPULA})?(?: called)?\s*[:,?-]*\s+",
    r"(?:\b(?:now|goes to|go to|sent to|addressed to|made out to|belongs to)|\bnot [^,.;]*,? but(?: under| for)?) +",
    r"\b(?:i'm|i am|im|this is|it's|its|it is|it'll be|it will be|it would be|it should be|it was|that's|that is|"
    r"thats|that'll "
    r"be|that will be|that would be|that was|am call|mine(?: is)?|call(?:s|ed)? me|am called|is called|are called|"
    r"'s called|was called|go by|goes "
    r"by|known as|i'd be|let's say|you(?:'re| are) speaking (?:to|with)|speaking is)(?: called| named| just)?:? +",
    rf"\b{_ROLE}{_COPULA}(?: called)? +",
    r"\b(?:says?|reads)(?: just)? +",
    r"\bnames? (?:on|for|in) (?:[\w-]+ ){1,3}is +",
    rf"\b{_PERSON}\s*[,.:?-]?\s+",
]
_APPOSED = re.compile(rf"\b(?:{_PERSON})\b[^,.;:!?]{{0,40}}, +", re.IGNORECASE)
_INTROS = [(re.compile(one, re.IGNORECASE), "directive") for one in _DIRECT]
_INTROS += [(re.compile(one, re.IGNORECASE), "description") for one in _DESCRIBES]
# A single word in lower case counts behind these alone: "I'm pregnant", "my wife is late", "use plastic".
_STRONG = re.compile(
    r"name(?:s|\b[^\w]*(?:s|is|of|was|be|called|it's|reads|says|will|would|should|must| )*)[:,-]? +$|name: +$|"
    r"\bcall(?:ed|s me| me) +$|\b(?:known as|go by|goes by):? +$",
    re.IGNORECASE,
)
_OWNER = re.compile(
    rf"\b(?:{_OWN}|that) (?:[\w-]+ )*?([\w-]+?)(?:(?:'s|s') (?:full |own |first |last )*name|(?:'s| is| was|"
    rf" are) called|"
    rf"(?<=company) name|(?<=business) name|(?<=hotel) name)[^\w']*(?:(?:{_COPULA})[ :]*(?:called )?)?$",
    re.IGNORECASE,
)
_FORMER = re.compile(
    r"\b(?:maiden|birth|old|former|previous|earlier|nee|née|born|formerly|previously|once|used to be|name was|"
    r"i was)\b[^,.;]*$",
    re.I,
)
_AFTER_FORMER = re.compile(r"^\W*(?:that |it )?(?:was\b|used to\b|before\b|until\b)", re.IGNORECASE)
_THAT_WAS = re.compile(r"\b(?:that|it) was(?=\s*(?:$|[,.;!?]))", re.IGNORECASE)
_UNSURE = re.compile(
    r"\b(?:(?:can't|cannot|cant|don't|dont|didn't|couldn't)\b[^.;!?]{0,30}\b(?:think|remember|recall|know|catch|"
    r"recollect|tell you)|"
    r"forgot|forgotten|not sure|unsure|no idea|dunno|something like|or something|in that direction|sounds like|"
    r"was it|"
    r"(?:might|could) be|i (?:think|believe|guess|suppose)|toss|haven't decided|not decided|undecided)\b",
    re.IGNORECASE,
)
_CORRECTS = re.compile(
    r"(?:\b(?:wait|hang on|hold on|i mean|i meant|sorry|pardon|scratch that|correction|oops|or rather|my mistake|"
    r"no,? (?:make it|it's|its|actually|rather))\b|(?<=[,.;!?] )no(?=[,.;!?]))[\s,.;:!-]*(?:(?:no|it's|its|"
    r"make it|i meant?)[\s,]+)?",
    re.IGNORECASE,
)
_OR = re.compile(r"[\s,]*\bor\b(?! (?:else|otherwise)\b)", re.IGNORECASE)
_AND = re.compile(r"\s*(?:\band\b|&|\+)\s+(?:also )?", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:[\s,.;:-]+|(?:sure|ok|okay|yes|yeah|yep|hi|hello|hey|thanks|thank you|of course|certainly|please|"
    r"actually|good "
    r"(?:morning|day|evening|afternoon))\b[\s,.!:-]*|(?:oh|well|right|great|perfect|um+|uh+|ah|so|"
    r"just)\s*[,.!:-]+\s*)",
    re.IGNORECASE,
)
_GREETS = re.compile(
    r"\b(?:hi|hello|hey|"
    r"good \w+)[\s,!]*$",
    re.IGNORECASE,
)  # whom an answer greets is not who answers
_TAIL = re.compile(
    r"(?:[\s,.;:!?'\"()-]|\b(?:please|pls|plz|(?:many )?thanks(?: a lot)?|thank you(?: (?:very|so) much)?|thx|"
    r"cheers|lol|"
    r"if possible|then|here|speaking|instead|will do|checking in|that's me|that's all|(?:is|'s) (?:my|the|his|her|"
    r"our) "
    r"(?:full |last |first )?(?:name|surname)|is fine|that's (?:my|his|her|the|our) (?:\w+ )?name)\b)*",
    re.IGNORECASE,
)
_EXPLAINS = re.compile(
    r"(?:like|as in|as|with|without|spelt|spelled|spelling|for|and|small|capital|double|one word|two|just|that's|"
    r"please|"
    r"exactly|from|it's spelled|it's spelt|the)\b",
    re.IGNORECASE,
)
_SPELLED = re.compile(
    r"\b(?:[^\W\d_][-. ]){3,}[^\W\d_]\b|\b(?:(?:double )?[^\W\d_][,-] ?){2,}(?:double )?[^\W\d_]\b\.?", re.IGNORECASE
)
_PART = r"(?:{}) ?names?(?:'s| is|s| was|:|,| -)?\s*"
_LAST = re.compile(_PART.format("sur|last|family|second"), re.IGNORECASE)
_FIRST = re.compile(_PART.format("first|given|fore|christian"), re.IGNORECASE)


@dataclass(frozen=True)
class _Name:
    """A name at `begin:end` of the text, and what it was found by."""

    begin: int
    end: int
    value: str
    by: str


def resolve_name(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one name that a text introduces or consists of; its spelling stays, all lower case gets capitals.

    Never raises. Unresolved where no name is introduced, where two are, and where one is in doubt.
    """
    given = " ".join(str(text).split())[:400]
    said = " ".join(plain(given).split()).strip('"` ')
    blank = _SPELLED.sub(lambda m: "," * len(m[0]), said)
    values = _meant(blank)
    if len(values) == 1:
        return Resolved(values[0], given)
    if values:
        return Unresolved(f"{given[:60]!r} names {' and '.join(values[:3])}; ask which {slot.label} is meant.")
    return Unresolved(f"No {slot.label} was found in {given[:60]!r}; give it in full.")


def names_in(text: str) -> list[str]:
    """Runs of capitalised words that may be names, in order: no everyday words, none with a number behind."""
    said = " ".join(plain(str(text)).split())
    found, at = [], 0
    for match in _WORD.finditer(said):
        if match.start() >= at and (one := _name_at(said, match.start(), "")) is not None:
            found.append(one.value)
            at = one.end
    return found


def _meant(text: str) -> list[str]:
    """The different names that a text leaves."""
    whole = _whole(text)
    if whole:
        return [whole.value]
    if _UNSURE.search(text):
        return []
    if (both := _first_and_last(text)) is not None:
        return [both]
    found = sorted(set(_found(text)), key=lambda one: (one.begin, -one.end))
    if any(_OR.match(text, one.end) for one in found) or _THAT_WAS.search(text):
        return []
    alive = [one for one in found if _stands(text, one)]
    alive = _corrected(text, alive)
    kept = _decisive(alive)
    return _with_surname(text, _different([one.value for one in kept]))


def _with_surname(text: str, values: list[str]) -> list[str]:
    """The first name joined with a surname that is called one: "Lina, and the surname is Braun"."""
    last = _called(text, _LAST)
    if len(last) != 1 or values in ([], last) or any(_repeats(last[0], value) for value in values):
        return values
    others = [value for value in values if value != last[0]]
    return [f"{others[0]} {last[0]}"] if len(others) == 1 and " " not in others[0] else [*others, last[0]]


def _stands(text: str, one: _Name) -> bool:
    """Whether nothing refuses a name, leaves it open or calls it a former one."""
    before = text[: one.begin]
    if (
        _inverted(text, one)
        or _FORMER.search(re.split(r"[,.;:!?]|\bnow\b", before)[-1])
        or _AFTER_FORMER.match(text[one.end :])
    ):
        return False
    masked = before + "x" * (one.end - one.begin) + text[one.end :]
    return bool(meant(_lower(masked), [Found(one.begin, one.end, one.value)]))


def _inverted(text: str, one: _Name) -> bool:
    """Whether a lone word may be the surname of the lone word behind it: "Okafor, Chidi"."""
    other = (
        _name_at(text, one.end + 2, one.by) if text[one.end : one.end + 2] == ", " and " " not in one.value else None
    )
    return bool(other and " " not in other.value and _TAIL.match(text, other.end).end() == len(text))  # type: ignore[union-attr]


def _decisive(found: list[_Name]) -> list[_Name]:
    directives = [one for one in found if one.by == "directive"]
    opening = [one for one in found if one.by == "opening"]
    return directives + opening or found


def _corrected(text: str, found: list[_Name]) -> list[_Name]:
    """What follows the last correction; none where that may correct only a part of the name before it."""
    for mark in reversed(list(_CORRECTS.finditer(text))):
        before = [one for one in found if one.begin < mark.start()]
        after = [one for one in found if one.begin >= mark.end()]
        if before and mark[0].lower().startswith(("sorry", "pardon")) and not after:
            continue
        if before and after:
            partial = max(len(one.value.split()) for one in after) < max(len(one.value.split()) for one in before)
            return [] if partial else after
    return found


def _different(values: list[str]) -> list[str]:
    """The values without those that a fuller one repeats: "Dani" beside "Daniela Roth"."""
    kept: list[str] = []
    for value in dict.fromkeys(values):
        if not any(other != value and _repeats(value, other) for other in values):
            kept.append(value)
    unique = {key(value): value for value in reversed(kept)}
    return list(unique.values())[::-1]


def _repeats(short: str, full: str) -> bool:
    words, others = key(short).split(), key(full).split()
    if len(words) >= len(others):
        return False
    return all(any(other.startswith(word) for other in others) for word in words)


def _found(text: str) -> Iterator[_Name]:
    yield from _opening(text)
    for pattern, by in _INTROS:
        at = 0
        while match := pattern.search(text, at):
            yield from _introduced(text, match, by)
            at = max(match.start() + 1, match.end() - 1)
    for match in _CORRECTS.finditer(text):
        if (one := _name_at(text, match.end(), "directive")) is not None:
            yield one
    yield from _apposed(text)


def _introduced(text: str, match: re.Match[str], by: str) -> Iterator[_Name]:
    intro = text[: match.end()]
    if re.search(r"\bnames?\b|\bcalled\b", match[0], re.IGNORECASE) and not _personal(intro):
        return
    small = 1 if _STRONG.search(match[0]) else 2
    one = _name_at(text, match.end(), by, small)
    if one is None and (kin := re.compile(rf"(?:{_OWN} )?{_ADJ}{_ROLE},? ", re.IGNORECASE).match(text, match.end())):
        one = _name_at(text, kin.end(), by, small)
    kin_alone = re.fullmatch(rf"{_PERSON}\W+", match[0], re.IGNORECASE)
    if one is None or (kin_alone and _kind(text[one.begin]) == "small" and not _apart(text, match, one)):
        return
    yield one
    yield from _listed(text, one)


def _listed(text: str, one: _Name) -> Iterator[_Name]:
    """A second name that is told in one breath with a first: "Tom and Ines Fox", "Lena Voss, Ole Voss"."""
    more = _AND.match(text, one.end) or re.compile(r", (?:and )?").match(text, one.end)
    listed = more is not None and "," in more[0]
    other = _name_at(text, more.end(), one.by, 0 if listed else 2) if more else None
    if other and (" " in other.value or not listed):
        yield other


def _personal(intro: str) -> bool:
    """Whether what is named is a person: not so in "the dog is called ", "our company's name is "."""
    owner = _OWNER.search(intro)
    return owner is None or bool(re.fullmatch(rf"{_ROLE}|party|family|booking|couple|one", owner[1], re.IGNORECASE))


def _apart(text: str, match: re.Match[str], one: _Name) -> bool:
    """Whether a name stands between punctuation: "my mother, hannelore brandt" and not "my wife loves it"."""
    return bool(re.search(r"[,.:?-]\s+$", match[0]) and _ENDS_CLAUSE.match(text, one.end))


def _apposed(text: str) -> Iterator[_Name]:
    """A clause of nothing but a capitalised name, where the clause before it speaks of a person."""
    for match in _APPOSED.finditer(text):
        one = _name_at(text, match.end(), "description")
        if one is not None and _ENDS_CLAUSE.match(text, one.end):
            yield one
    for match in re.finditer(r"(?<=, )", text):
        one = _name_at(text, match.end(), "description")
        if one is None or " " not in one.value:
            continue
        earlier = names_in(text[: match.start()])
        if earlier and _repeats(earlier[-1], one.value):
            yield one
    yield from _closing(text)


def _closing(text: str) -> Iterator[_Name]:
    """A last clause of nothing but a full name, in a text that has no other: "Do I have to spell it? Lars Nilsson."."""
    for match in re.finditer(r"(?<=[,.:;!?] )", text):
        one = _name_at(text, match.end(), "description")
        if one is None or " " not in one.value or _TAIL.match(text, one.end).end() < len(text):  # type: ignore[union-attr]
            continue
        if all(_repeats(name, one.value) for name in names_in(text[: match.start()])):
            yield one


def _start(text: str) -> int:
    """Where an answer begins behind its greetings."""
    at = 0
    while match := _LEAD.match(text, at):
        at = match.end()
    return at


def _whole(text: str) -> _Name | None:
    """The name that the whole answer is, whatever words it is of: "In Soo Kim"."""
    for at in dict.fromkeys((0, _start(text))):
        if _GREETS.search(text[:at]):
            return None
        one = _name_at(text, at, "opening", 1) or _odd(text, at)
        tail = one and _TAIL.match(text, one.end)
        if one and tail and " " not in one.value and "?" in tail[0]:
            return None
        if one and tail and tail.end() == len(text):
            return one
    return None


_CAPITALS = re.compile(r"[^\W\d_a-z][\w'’-]*(?: (?:(?:v[ao]n|de[rn]?|la|al|bin|di|da) )*[^\W\d_a-z][\w'’-]*){1,3}(?![\w'])")


def _odd(text: str, at: int) -> _Name | None:
    """A name whose first word is an everyday one: all its words are capitals', and too many for a heading."""
    if capitals := _CAPITALS.match(text, at):
        said = capitals[0].split()
        tail = _TAIL.match(text, capitals.end())
        if tail and tail.end() == len(text) and any(word.lower() not in COMMON for word in said):
            return _Name(at, capitals.end(), capitals[0], "opening")  # "Can Ozturk", "Michael Brown"
    match = re.compile(r"(?:In|Oh|An|So|Do|My|You|He|She|Ho|No|Me|Is) (?=\w)").match(text, at)
    rest = match and _name_at(text, match.end(), "opening")
    if not match or rest is None:
        return None
    hyphened = "-" in rest.value
    return _Name(at, rest.end, text[at : rest.end], "opening") if " " in rest.value or hyphened else None


def _opening(text: str) -> Iterator[_Name]:
    """A name that is the first clause of an answer, alone or behind a relation."""
    at = _start(text)
    match = re.compile(rf"(?:{_PERSON}[,.:?!-]+ |at |for |under )", re.IGNORECASE).match(text, at)
    begin = match.end() if match else at
    one = _name_at(text, begin, "opening", 2)
    if one is None or _GREETS.search(text[:begin]):
        return
    tail = _TAIL.match(text, one.end)
    rest = text[tail.end() :] if tail else ""
    spelt = re.compile(r" (?:with an?|as in|like the)\b" + (r"| (?:from|at)\b" if " " in one.value else "")).match(
        text, one.end
    )
    if not _ENDS_CLAUSE.match(text, one.end) and not (tail and tail[0].strip()) and not spelt:
        return
    # A single word with a capital may be any word that begins a sentence.
    if match or " " in one.value or not rest or _EXPLAINS.match(rest):
        yield one
        yield from _listed(text, one)


def _first_and_last(text: str) -> str | None:
    """First name and surname where both are told apart."""
    first, last = _called(text, _FIRST), _called(text, _LAST)
    return f"{first[0]} {last[0]}" if len(first) == len(last) == 1 else None


def _called(text: str, part: re.Pattern[str]) -> list[str]:
    """The different values that are called a first name or a surname."""
    names = [one for m in part.finditer(text) if (one := _name_at(text, m.end(), "description", 1)) is not None]
    return list(dict.fromkeys(one.value for one in names if _stands(text, one)))


def _lower(text: str) -> str:
    """Lower case of the same length."""
    return "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in text)


def _kind(word: str) -> str:
    """ "capital", "none" (a script without case), or "small"."""
    letter = next((sign for sign in word if sign.isalpha()), "")
    if letter.isupper() or letter.istitle():
        return "capital"
    return "small" if letter.islower() else "none"


def _name_at(text: str, at: int, by: str, small: int = 0) -> _Name | None:
    """The name that begins at `at`; `small`: how many words in lower case make one, 0 for none."""
    title = _TITLES.match(text, at)
    begin = title.end() if title else at
    words, end = _run(text, begin, bool(small))
    if not words and title:
        begin, (words, end) = at, _run(text, at, bool(small))
    if not words or not _plausible(words, text[end:], small, bool(title)):
        return None
    value = text[begin:end]
    return _Name(begin, end, titled(value) if value == value.lower() and _kind(words[0]) == "small" else value, by)


def _run(text: str, at: int, small: bool) -> tuple[list[str], int]:
    """The words of a name from `at`, and where they end."""
    words: list[str] = []
    end = at
    while match := _WORD.match(text, at):
        word = match[0]
        low = word.lower().rstrip("'")
        kind = _kind(word)
        particle = low in PARTICLES or re.match(r"[a-z]{1,2}['-][A-Z]", word)
        if (low in COMMON and not particle) or not (kind != "small" or particle or (small and not _cased(words))):
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


def _cased(words: list[str]) -> bool:
    return any(_kind(word) == "capital" for word in words)


def _plausible(words: list[str], rest: str, small: int, titled_: bool) -> bool:
    """Whether a run of words can be a person's name, by its own signs and by what follows at once."""
    lows = [word.lower().strip("'.") for word in words]
    if len(words) > 6 or re.match(r"[\w@#%&*/+=<>{_]|\s+\d{1,4}\b(?![\s-]?\d)|\.\w", rest):
        return False
    if re.match(
        r" (?:gmbh|inc|ltd|limited|llc|ag|kg|plc|ohg|company)\b|\s*& (?:co|sons?|söhne)\b", rest, re.IGNORECASE
    ):
        return False
    if lows[-1].endswith("'s") or all(low in PARTICLES for low in lows) or all(w.endswith(".") for w in words):
        return False
    if len(words) == 1 and not titled_ and _worldly(lows[0], _kind(words[0])):
        return False
    if re.fullmatch(rf"(?:{_ROLE}|{_TITLE})", lows[0], re.IGNORECASE) and (not _cased(words) or len(words) == 1):
        return bool(titled_) or (_kind(words[0]) == "capital" and not re.fullmatch(_TITLE, lows[0]))
    if _cased(words) or _kind(words[0]) == "none":
        return _capital_run(words, lows, rest)
    return len(words) >= small and not any(_DERIVED.match(low) for low in lows) and lows[0].isascii() | _latin(lows[0])


def _worldly(low: str, kind: str) -> bool:
    """Whether a lone word is a day, a language, a street or a letter rather than somebody."""
    if kind == "small" and mend(low) in COMMON | _ALONE_NONE:
        return True
    parts = low.split("-")
    plain_words = all(part in COMMON | _ALONE_NONE for part in parts)
    return plain_words or low.endswith(("straße", "strasse")) or (len(low) < 2 and kind != "none")


def _capital_run(words: list[str], lows: list[str], rest: str) -> bool:
    if _kind(words[0]) == "none":
        han = re.fullmatch(r"[\u3400-\u9fff]+", "".join(words))
        return len(words) <= 4 and not (han and (len(han[0]) > 5 or han[0][0] in "我你他她不没沒是为為什对對"))
    follows = re.match(r"\s+([^\W\d_][\w']*)", rest)
    unknown = follows and follows[1].islower() and follows[1] not in COMMON and not _TAIL.match(rest.strip())[0]  # type: ignore[index]
    # "Anna berg", "Walnut bench": one capital and an unknown word say nothing.
    return not (unknown and len(words) == 1)


def _latin(word: str) -> bool:
    return all(sign < "\u0250" or "\u1e00" <= sign < "\u1f00" for sign in word)


def titled(value: str) -> str:
    """`ludwig van beethoven` -> `Ludwig van Beethoven`; particles inside a name stay small."""
    words = value.split(" ")
    return " ".join(
        word if word in PARTICLES and 0 < i < len(words) - 1 else _capital(word) for i, word in enumerate(words)
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
