"""Yes or no, where the agent has asked for just that ("Do you need a parking space?").

Only what an answer says outright counts. It is read clause by clause: words and phrases that agree or refuse; the
question's auxiliary ("I do", "she isn't"); and the question's own words, taken up or negated by a clause that has
nothing else in it ("that we don't need any more"). A doubt, a condition or a counter-question leaves the answer open,
and so do a yes and a no without a correction between them. What follows only by knowledge of the world is no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from demeanor.agent.slots.meant import Found
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import key


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# What a clause says: "mild" agrees only where nothing else is said, "open" is a doubt, and "" is nothing.
_Says = Literal["yes", "no", "mild", "open", ""]

_DIGITS_FOR_LETTERS = str.maketrans("013457", "oieast")
_MIXED = re.compile(r"\b(?=[a-z]+\d|\d[a-z])(?!\d+(?:st|nd|rd|th|am|pm|cm|mm|km|kg|m|x|h|l|g|p)\b)[a-z\d]+[a-z]\b")
# "It's" stays where no "not" follows, since by itself it is no yes.
_FULL = {"m": "am", "s": "is", "re": "are", "ve": "have", "d": "would", "ll": "will"}
_SPELLED_OUT = {
    "[\U0001f44d✅]": " yes. ", "[\U0001f44e❌]": " no. ", r"([a-z])\1{2,}": r"\1", r"\ball right\b": "alright",
    r"\bcan(?:'?t|not)\b": "can not", r"\bwon'?t\b": "will not", r"\bain't\b": "is not",
    r"\b(is|are|was|were|do|does|did|have|has|had|would|should|could|need)n'?t\b": r"\1 not",
}  # fmt: skip

_CLAUSE = re.compile(
    r"\s*(?:[.,;:!?()\n]+|\s-+\s|\b(?=(?:but|though|although|because|cause|cos|cuz|and|while|whereas|if|unless|otherwise"
    r"|else)\b|(?<!be )so (?:i|we|it|that|there|he|she|they|you|no|yes|not|please)\b))\s*"
)
# What may stand before and behind the words that answer.
_LEADING = (
    r"(?:(?:oh|ah|well|um+|hm+|and|so|but|ok|okay|then|honestly|actually|sorry|hi|hello|thanks|thank you|now|god|hell|tbh|"
    r"unfortunately|sadly|luckily|i'm afraid|thank (?:god|goodness|heavens)|please) )*"
)
_TRAILING = (
    r"(?: (?:danke|bitte|merci|please|thanks?|thank you|cheers|very|much|so|then|mate|sir|ma'am|indeed|really|again|actually|"
    r"for (?:me|us|now)|this time|today|too|as well|of course|at all|now|though|sorry|any ?more|here|to that|i'm afraid))*"
)

# What leaves it open, whatever stands beside it.
_OPEN = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|presumably|mostly|depends?|depending|unsure|dunno|idk|whether|either|might|"
    r"guess|suppose|supposed|assume|hope|hopefully|reckon|i (?:\w+ )?(?:think|believe)|think so|later|whatever|unless|if|only|"
    r"half|partly|sometimes|(?:kind|sort) of(?! you)|in (?:principle|theory)|hard to say|as (?:far|long) as|not all|"
    r"should (?:be|have)|no (?:idea|clue|preference)|(?:up|talk|speak) to (?:you|my|our)|ask (?:me|my|our|him|her|them)|"
    r"not (?:\w+ )?(?:sure|certain|decided|know|say|tell|remember|understand|decide|care|mind)|"
    r"(?:let me|will|would|\w+'ll|\w+'d|to|must|should) (?:first )?(?:think|check|ask|see|look|decide|find out))\b"
)
# No condition but good manners.
_POLITE_IF = re.compile(
    r"if (?:(?:i may|possible)|you (?:please|(?:do|would) not mind|(?:will|would|could|can)(?: be so (?:kind|good))?)|"
    r"(?:it|that)(?:'s| is) (?:ok|okay|fine|alright|possible|no(?:t too much)? (?:trouble|bother)))"
)
_ASKS_PRICE = re.compile(r"\b(?:how much|costs?|price|charged?|extra|free|fee|expensive|included?|pay)\b")

# A clause that begins or ends with one of these has said it, whatever else is in the clause.
_YES_WORD = r"(?:yes+|yep+|yup|yeah+|yea|ya|ye|ja|si|oui|aye|uh-?huh|absolutely|definitely|of course|ofc|certainly)"
_NO_WORD = r"(?:no(?: no)*|nope|nah|nay|nein|non|no way|no chance)"
_SAYS_YES = re.compile(
    rf"^{_LEADING}{_YES_WORD}(?! not\b| never\b| no\b)\b|(?<!not )(?<!say )(?<!says )(?<!said )\b{_YES_WORD}{_TRAILING}$"
)
_SAYS_NO = re.compile(
    rf"^{_LEADING}(?:nope|nah|nein|non)\b|^{_LEADING}{_NO_WORD}(?=$| (?:i|we|he|she|it|they|there|that|this|you|my|our|not|do|"
    rf"thanks?|please|never|sir|madam|mate)\b)|(?<!say )(?<!says )(?<!said )(?<!or )\b{_NO_WORD}{_TRAILING}$"
)
# A clause that is nothing else has said it.
_NICE = r"(?:very |really |most )?(?:great|nice|lovely|good|helpful|perfect|wonderful|brilliant|kind|fine|appreciated)"
_ALL_YES = re.compile(
    rf"^{_LEADING}(?:y|sure(?: thing)?|indeed|very much(?: so)?|do|go (?:ahead|for it)|feel free|by all means|gladly|naturally|"
    rf"obviously|with pleasure|why not|i (?:do|can) not see why not|exactly|correct|true|agreed|i accept|sounds {_NICE}|"
    rf"(?:that|it)(?:'s| is) (?:right|correct|true)|(?:that|it|which)(?:'d| would| will|'ll) be {_NICE}|"
    rf"(?:i|we)(?:'d| would) be (?:very )?(?:happy|glad|grateful|delighted)(?: to)?){_TRAILING}$"
)
_ALL_NO = re.compile(
    rf"^{_LEADING}(?:n|not (?:really|interested|likely|yet|ever|at all|now|today|any ?more|for (?:me|us|now)|this time)|"
    rf"never(?: ever)?|nobody|no one|(?:none|neither)(?: of us| of them)?|(?:none|not|nothing) that i (?:know of|remember)|"
    rf"no (?:longer|more|need|interest|thanks?|thank you)|(?:god|heavens?) forbid|do not(?: bother| worry)?|"
    rf"(?:(?:it|that|this|one) )?(?:(?:is|will|would) )?not (?:be )?(?:needed|necessary|required)|"
    rf"(?:absolutely|certainly|definitely|of course|surely|better|rather|unfortunately|sadly|luckily|i'm afraid) not|"
    rf"(?:i|we)(?:'d| would) (?:much )?(?:rather|prefer) not(?: to)?){_TRAILING}$"
)
# These agree only where nothing else is said: "ok" also opens a refusal.
_MILD = _set("go fine ok okay k alright great good perfect lovely wonderful brilliant super cool please pls plz")
_BESIDE_MILD = _set("oh ah well then just very thank you thanks that's it's on with by me us")
_OFFER_YES = re.compile(rf"^{_LEADING}(?:no (?:problem|worries|objections?|doubt)|not a problem){_TRAILING}$")
_OFFER_NO = re.compile(rf"^{_LEADING}(?:i'm|we're|im|all) (?:good|fine|alright|ok|okay|sorted|set){_TRAILING}$")

# A correction leaves only what follows it.
_CORRECTS = re.compile(
    r"\b(?:no,? )?(?:wait|hang on|actually|i mean|i meant|scratch that|correction|on second thoughts?|changed my mind)\b|"
    r"(?<=, )(?:ah|eh|er|um+|uh)\b(?=,? (?:no|yes|yeah|nope)\b)"
)
_NEGATIONS = _set("not no never none nobody neither without")
_PRONOUNS = _set("i we you he she it they there that this")
_NUMBERS = frozenset(CARDINAL) | {str(number) for number in CARDINAL.values()} - {"1"}
_OBJECTS = _set("it one ones that this them some any") | _NUMBERS
_FUNCTION = (_PRONOUNS | _OBJECTS | _NEGATIONS - {"without"}) | _set("""
    me us my our your his her their own these those a an the do does did am is are was were be been being have has will
    would shall should can got to of for on in at with by please pls thanks thank very much indeed really certainly
    definitely absolutely actually most too as well also then now today still longer always already more anymore all both
    just surely truly oh well sorry and so of course""")  # fmt: skip
_NO_CONTENT = _FUNCTION | _set("""
    if or what which when where who how like anyone anybody someone anything something everyone everybody let may could
    might yes ok okay ever before yet want need require prefer wish care""")  # fmt: skip
_EMPHASIS = _set("most certainly definitely really absolutely very indeed always all both")
_WANTING, _HAVING = _set("want need like love take require appreciate"), _set("have has got")
_TAKES = {
    "is": "is are am", "are": "is are am", "am": "are", "was": "was were", "were": "was were", "did": "did",
    "do": "do does will would", "does": "do does will would", "have": "have has", "has": "have has", "will": "will",
    "would": "would do", "can": "can", "could": "can", "may": "may can", "shall": "should do", "should": "should do can",
}  # fmt: skip


@dataclass(frozen=True)
class _Question:
    """What an answer can take up of the sentence that asks."""

    content: list[str]  # the stems of its own words, without a noun as subject and the verbs of wanting and having
    subjects: frozenset[str]  # the pronouns that an answer may have as its subject
    takes: frozenset[str]  # the auxiliaries that can answer it by themselves
    light: frozenset[str]  # the verbs that take it up with a pronoun: "I need one", "I have two"
    action: bool  # it asks whether to do something: "I want it" does not answer "Do you want to cancel it?"
    minds: bool  # it asks for objections
    turned: bool  # a bare yes can mean either: it is negated, or about minding
    offers: bool  # it offers something, or asks for leave to do it


@lru_cache(maxsize=512)
def _question(ask: str) -> _Question:
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", key(ask)) if s.endswith("?")]
    text = _prepared(sentences[-1] if sentences else ask)
    content = [_stem(word) for word in _words(text) if word not in _NO_CONTENT]
    asked = re.search(rf"\b(?:{'|'.join(_TAKES)}) (?:not )?({'|'.join(_PRONOUNS)})\b", text)
    subject = asked[1] if asked else ""
    others = _PRONOUNS - _set("you" if re.search(r"\bany ?(?:one|body)\b", text) else "i you")
    takes = next((_set(_TAKES[word]) for word in _words(text) if word in _TAKES), _set(""))
    wants = re.search(r"\b(?:would you (?:like|care|prefer)|wish|interested|want|need|require)\b", text)
    has = re.search(r"\b(?:do|does) .*\bhave\b|\bhave (?:you|we) got\b", text)
    minds = bool(re.search(r"\b(?:mind|objections?|object)\b", text))
    return _Question(
        content if subject or len(content) == 1 else content[1:],
        {"you": _set("i we"), "i": _set("you"), "we": _set("you")}.get(subject, others),
        takes | _set("have has") if has else takes,
        _WANTING if wants else _HAVING if has else _set(""),
        action=bool(re.search(r"\b(?:want|like|wish|need|care|prefer|have) (?:(?:me|us) )?to\b", text)),
        minds=minds,
        turned=minds or _negated(text),
        offers=bool(wants or re.match(r"(?:\w+ )?(?:shall|should|can|could|may|is it (?:ok|okay|fine))\b", text)),
    )


def resolve_yes_no(slot: Slot, text: object) -> Resolved | Unresolved:
    """True or False, as `text` answers the slot's question."""
    if isinstance(text, bool):
        return Resolved(text, str(text))
    given = " ".join(str(text).split())[:400]
    if key(given) in ("true", "false"):
        return Resolved(key(given) == "true", given)
    read, found = yes_no_found(slot, given)
    values = {one.value for one in _after_correction(read, found)}
    if len(values) == 1 and None not in values:
        return Resolved(values.pop(), given)
    return Unresolved(f"{given[:60]!r} does not say whether yes or no is meant ({slot.label}); ask for one of them.")


def yes_no_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The text as it is read, and each clause in it that says yes, says no, or (None) leaves it open."""
    read, question = _prepared(text), _question(slot.ask)
    said: list[tuple[int, int, _Says]] = []
    for begin, end in _clauses(read):
        says = _said(read[begin:end], question)
        stop = re.search(r"[.!?;]", read[end:] if says == "" else read[end : end + 1])
        if stop and stop[0] == "?" and not _ALL_YES.match(read[begin:end]):
            # Behind a clear answer a question changes nothing, unless it is about the price.
            says = "open" if _ASKS_PRICE.search(read, begin, end) or not any(one for *_, one in said) else ""
        said.append((begin, end, says))
    return read, _answers_in(read, said)


def _answers_in(text: str, said: list[tuple[int, int, _Says]]) -> list[Found]:
    values = {"yes": True, "no": False, "open": None}
    found = [Found(begin, end, values[says]) for begin, end, says in said if says in values]
    if not found and not any(_negated(text[begin:end]) for begin, end, says in said if says == ""):
        found = [Found(begin, end, True) for begin, end, says in said if says == "mild"]
    if len(found) == 1 and found[0].value and re.match(r"[\s,]*(?:but|though)\b", text[found[0].end :]):
        found.append(Found(len(text), len(text), None))
    return found


def _prepared(text: str) -> str:
    low = _MIXED.sub(lambda m: m[0].translate(_DIGITS_FOR_LETTERS), key(text))
    for pattern, instead in _SPELLED_OUT.items():
        low = re.sub(pattern, instead, low)
    low = re.sub(r"'(m|s|re|ve|d|ll) (?=not\b)", lambda m: f" {_FULL[m[1]]} ", low)
    return " ".join(low.split())


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a text begin and end."""
    gaps = [gap.span() for gap in _CLAUSE.finditer(text)]
    spans = zip([0, *(end for _, end in gaps)], [*(begin for begin, _ in gaps), len(text)], strict=True)
    return [(begin, end) for begin, end in spans if begin < end]


def _said(clause: str, question: _Question) -> _Says:
    """What one clause says."""
    polite = _POLITE_IF.fullmatch(clause)
    if polite and question.offers and not question.turned:
        return "mild"
    if question.minds and (_SAYS_NO.search(clause) or _ALL_NO.match(clause)):
        return "no"
    if _OPEN.search(clause) and not polite:
        return "open"
    said = _outright(clause, question)
    return "open" if said and question.turned else said or _by_auxiliary(clause, question) or _echo(clause, question)


def _outright(clause: str, question: _Question) -> _Says:
    """What is said in so many words, whatever was asked."""
    if _ALL_YES.match(clause) or (question.offers and _OFFER_YES.match(clause)):
        return "yes"
    if _ALL_NO.match(clause) or (question.offers and _OFFER_NO.match(clause)):
        return "no"
    if (words := set(clause.split())) & _MILD and words <= _MILD | _BESIDE_MILD:
        return "mild"
    no, yes = _SAYS_NO.search(clause), _SAYS_YES.search(clause)
    if not (word := no or yes):
        return ""
    rest = clause[: word.start()] + clause[word.end() :].strip()
    then = _by_auxiliary(rest, question) or _echo(rest, question)
    # "Yes I don't" and "no it does" say neither.
    if (no and (yes or then == "yes")) or (not no and (then == "no" or _negated(rest)) and not _OFFER_YES.match(rest)):
        return "open"
    return "no" if no else "yes"


def _by_auxiliary(clause: str, question: _Question) -> _Says:
    """A subject and the question's auxiliary: "I do", "she isn't", "haven't"."""
    bare = re.sub(rf"^{_LEADING}|(?: any| one| some)?{_TRAILING}$", "", clause)
    *subject, auxiliary = [word for word in bare.split() if word not in _EMPHASIS] or [""]
    refused = auxiliary in ("not", "none")
    if refused and subject:
        auxiliary = subject.pop()
    if auxiliary not in question.takes or len(subject) > 1 or not question.subjects.issuperset(subject):
        return ""
    return "no" if refused else "yes" if subject else ""


def _echo(clause: str, question: _Question) -> _Says:
    """The question's own words taken up, and nothing beside them: "I need one", "no helmet", "cancel it please"."""
    said = _words(re.sub(rf" would be {_NICE}$", " please", clause))
    if "for" in said and not _negated(clause):
        said = said[: said.index("for")]  # "a parking space for a van"
    own = {_stem(word) for word in said} & set(question.content)
    light = any(_stem(word) in question.light for word in said)
    beside = [word.split("'")[0] for word in said if _stem(word) not in own | question.light]
    if not said or not (_FUNCTION - (_PRONOUNS - question.subjects - _OBJECTS)).issuperset(beside):
        return ""
    objects = bool(_OBJECTS & set(said[1:]))
    head = bool(own & set(question.content[:1]))
    if _negated(clause):
        once = sum(word in _NEGATIONS for word in said) == 1 and not _NUMBERS & set(said) - {"one"}
        return "no" if once and (head or (light and (said[-1] == "to" or not question.action))) else ""
    wished = light and (said[-1] == "to" if question.action else objects)
    asks_for = question.offers and ("please" in said or said[-1] in _OBJECTS)
    taken = wished or (head and (objects or own.issuperset(question.content)))
    return "yes" if taken and (asks_for or said[0].split("'")[0] in question.subjects) else ""


def _negated(clause: str) -> bool:
    return bool(_NEGATIONS & set(_words(clause)))


def _after_correction(text: str, found: list[Found]) -> list[Found]:
    for mark in reversed(list(_CORRECTS.finditer(text))):
        later = [one for one in found if one.end > mark.end()] or [one for one in found if one.begin >= mark.start()]
        if later and len(later) < len(found):
            return later
    return found


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_](?:[^\W_]|'(?=[^\W_]))+|\d+[^\W_]*|\b[ia]\b", text)


def _stem(word: str) -> str:
    return re.sub(r"(?<=\w{3})(?:'s|ing|(?<!s)s)$", "", word)
