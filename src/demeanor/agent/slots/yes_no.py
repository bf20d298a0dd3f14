"""Yes or no, where the agent has asked for just that ("Do you need a parking space?").

Only what an answer says outright counts. It is read clause by clause: words and phrases that agree or refuse; the
question's auxiliary ("I do", "she isn't"); and the question's own words, taken up or negated by a clause that has
nothing else in it ("that we don't need any more"). A doubt, a condition or a counter-question leaves the answer open,
and so do a yes and a no without a correction between them. What follows only by knowledge of the world is no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache

from demeanor.agent.slots.meant import Found
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import key

_PLAIN = {"yes": True, "true": True, "y": True, "no": False, "false": False, "n": False}
_SIGNS = {"\U0001f44d": " yes. ", "✅": " yes. ", "\U0001f44e": " no. ", "❌": " no. "}
_DIGITS_FOR_LETTERS = str.maketrans("013457", "oieast")
_MIXED = re.compile(r"\b(?=[a-z]+\d|\d[a-z])(?!\d+(?:st|nd|rd|th|am|pm|cm|mm|km|kg|m|x|h|l|g|p)\b)[a-z\d]+[a-z]\b")
_SPELLED_OUT = (
    (re.compile(r"\b(?:ca|can)(?:'?t|not)\b"), "can not"),
    (re.compile(r"\bwon'?t\b"), "will not"),
    (re.compile(r"\bain'?t\b"), "is not"),
    (re.compile(r"\b(is|are|was|were|do|does|did|have|has|had|would|should|could|need)n'?t\b"), r"\1 not"),
    (re.compile(r"\ball right\b"), "alright"),
    (re.compile(r"'(m|s|re|ve|d|ll) not\b"), lambda m: f" {_CUT_OFF[m[1]]} not"),
)
_CUT_OFF = {"m": "am", "s": "is", "re": "are", "ve": "have", "d": "would", "ll": "will"}

_CLAUSE = re.compile(
    r"\s*(?:[.,;:!?()\n]+|\s-+\s|\b(?=(?:but|though|although|because|cause|cos|cuz|and|while|whereas|if|unless|otherwise"
    r"|else)\b|(?<!be )so (?:i|we|it|that|there|he|she|they|you|no|yes|not|please)\b))\s*"
)
_LEADING = (
    r"(?:(?:oh|ah|well|um+|uh|hm+|and|so|but|ok|okay|then|honestly|actually|sorry|hi|hello|thanks|thank you|now|god|hell|"
    r"unfortunately|sadly|luckily|thankfully|i'm afraid|to be honest|tbh|thank (?:god|goodness|heavens)|please) )*"
)
_TRAILING = (
    r"(?: (?:danke|bitte|merci|please|pls|plz|thanks?|thank you|thx|cheers|very|much|so|then|mate|sir|madam|ma'am|lol|"
    r"indeed|really|actually|again|for (?:me|us|now)|this time|today|too|as well|of course|at all|either|now|though|sorry|"
    r"any ?more|here|always|both|already|to (?:that|it|this)|by me|with (?:me|that)|i'm afraid))*"
)

# What leaves it open, whatever stands beside it.
_OPEN = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|presumably|mostly|depends?|depending|unsure|dunno|idk|whether|either|might|"
    r"guess|suppose|supposed|assume|hope|hopefully|reckon|i (?:\w+ )?(?:think|believe)|think so|later|whatever|unless|"
    r"provided|as long as|if|only|half|partly|sometimes|kinda|(?:kind|sort) of|in (?:principle|theory)|hard to say|"
    r"difficult|hold on|as far as|should (?:be|have)|not all|no (?:idea|clue|preference)|(?:up|talk|speak) to (?:you|my|our)|"
    r"not (?:\w+ )?(?:sure|certain|decided|know|say|tell|remember|understand|decide|care|mind)|ask (?:me|my|our|him|her|them)|"
    r"(?:let me|lemme|will|would|\w+'ll|\w+'d|to|must|should|gotta) (?:first )?(?:think|check|ask|see|look|decide|find out))\b"
)
# No condition but good manners.
_POLITE_IF = re.compile(
    r"if (?:(?:i may|possible)|you (?:please|(?:do|would) not mind|(?:will|would|could|can)(?: be so (?:kind|good))?)|"
    r"(?:it|that)(?:'s| is) (?:ok|okay|fine|alright|possible|no(?:t too much)? (?:trouble|bother)))"
)
_ASKS_PRICE = re.compile(r"\b(?:how much|costs?|price|charged?|extra|free|fee|expensive|included?|pay)\b")

# A clause that begins or ends with one of these has said it, whatever else is in the clause.
_YES_WORD = (
    r"(?:yes+|yep+|yup|yeah+|yea|ya|ye|yh|ja|si|oui|aye|mm-?hm+|uh-?huh|absolutely|definitely|of course|ofc|certainly)"
)
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
    rf"obviously|with pleasure|why not|i (?:do|can) not see why not|i see no reason why not|exactly|correct|true|agreed|"
    rf"(?:that|it)(?:'s| is) (?:right|correct|true)|(?:that|it|which)(?:'d| would| will|'ll) be {_NICE}|sounds {_NICE}|"
    rf"(?:i|we)(?:'d| would) be {_NICE[:-1]}|happy|glad|grateful|delighted)(?: to)?|(?:can|could|would) not say no|i accept)"
    rf"{_TRAILING}$"
)
_ALL_NO = re.compile(
    rf"^{_LEADING}(?:not (?:really|interested|likely|yet|ever|at all|now|today|necessary|any ?more|for (?:me|us|now)|"
    rf"this time|so far|in the (?:least|slightest))|never(?: ever)?|nobody|no one|(?:none|neither)(?: of us| of them)?|"
    rf"(?:none|not|nothing) that i (?:know of|remember|recall)|no (?:longer|more|need|interest|thanks?|thank you)|"
    rf"(?:(?:it|that|this|one)(?:'s)? )?(?:(?:is|will|would) )?not (?:be )?(?:needed|necessary|required)|"
    rf"(?:god|heavens?) forbid|(?:absolutely|certainly|definitely|of course|surely|better|rather|prefer) not|"
    rf"(?:i|we)(?:'d| would) (?:much )?(?:rather|prefer) not(?: to)?|do not(?: bother| worry)?|not(?= i'm afraid))"
    rf"{_TRAILING}$"
)
# These agree only where nothing else is said: "ok" also opens a refusal.
_MILD = frozenset(
    "go fine ok okay k alright great good perfect lovely wonderful brilliant super cool please pls plz".split()
)
_BESIDE_MILD = frozenset("oh ah well then just very thank you thanks that's it's on with by me us".split())
_OFFER_YES = re.compile(rf"^{_LEADING}(?:no (?:problem|worries|objections?|doubt)|not a problem){_TRAILING}$")
_OFFER_NO = re.compile(rf"^{_LEADING}(?:i'm|we're|im|all) (?:good|fine|alright|ok|okay|sorted|set){_TRAILING}$")

# A correction leaves only what follows it.
_CORRECTS = re.compile(
    r"\b(?:no,? )?(?:wait|hang on|actually|i mean|i meant|scratch that|correction|on second thoughts?|changed my mind)\b|"
    r"(?<=, )(?:ah|eh|er|um+|uh)\b(?=,? (?:no|yes|yeah|nope)\b)"
)
_BUT = re.compile(r"[\s,]*(?:but|though)\b")

_NEGATIONS = frozenset("not no never none nobody neither without".split())
_PRONOUNS = frozenset("i we you he she it they there that this".split())
_OBJECTS = frozenset("it one ones that this them some any".split()) | set(CARDINAL)
_FUNCTION = _PRONOUNS | _OBJECTS | _NEGATIONS - {"without"} | frozenset(
    "me us my our your his her their own these those a an the do does did am is are was were be been being has will "
    "would shall should can got to of for on in at with by please pls thanks thank very much indeed really certainly "
    "definitely absolutely actually most too as well also then now today still longer always already more anymore at "
    "all both just surely truly oh well sorry and so of course".split()
)  # fmt: skip
_NO_CONTENT = _FUNCTION | frozenset(
    "if or what which when where who how like anyone anybody someone anything something everyone everybody let may "
    "could might yes ok okay ever before yet have want need want prefer wish care".split()
)
_EMPHASIS = frozenset("most certainly definitely really absolutely very indeed always all both".split())
_WANTING = frozenset("want need like love take require appreciate".split())
_HAVING = frozenset("have has got".split())
_TAKES = {
    asked: frozenset(answers.split())
    for group, answers in (
        ("is are am", "is are am"), ("was were", "was were"), ("do does", "do does will would"), ("did", "did"),
        ("have has", "have has"), ("will", "will"), ("would", "would do"), ("can could", "can"), ("may", "may can"),
        ("shall should", "shall should do may can"),
    )
    for asked in group.split()
}  # fmt: skip


class _Says(Enum):
    """What a clause says: `MILD` agrees only where nothing else is said, `OPEN` is a doubt."""

    YES = "yes"
    NO = "no"
    MILD = "mild"
    OPEN = "open"
    NOTHING = "nothing"


@dataclass(frozen=True)
class _Question:
    """The sentence that asks, in the form of `_prepared`."""

    text: str

    @cached_property
    def subject(self) -> str:
        """Whom it asks about: "you", "i" or "we"; "" for anybody or anything else."""
        asked = re.search(rf"\b(?:{'|'.join(_TAKES)}) (?:not )?(you|i|we)\b", self.text)
        return asked[1] if asked else ""

    @cached_property
    def answerers(self) -> frozenset[str]:
        """The subjects that an answer in a few words may have."""
        if self.subject:
            return frozenset(("i", "we") if self.subject == "you" else ("you",))
        return _PRONOUNS - ({"you"} if re.search(r"\bany ?(?:one|body)\b|\byour\b", self.text) else {"i", "you"})

    @cached_property
    def takes(self) -> frozenset[str]:
        """The auxiliaries that can answer it by themselves."""
        takes = next((_TAKES[word] for word in _words(self.text) if word in _TAKES), frozenset[str]())
        return takes | {"have", "has"} if "do" in takes and self.light is _HAVING else takes

    @cached_property
    def content(self) -> list[str]:
        """The stems of its own words, without the verbs of wanting and having."""
        return [_stem(word) for word in _words(self.text) if word not in _NO_CONTENT]

    @cached_property
    def light(self) -> frozenset[str]:
        """The verbs that take it up with a pronoun ("I need one", "I have two"), unless it asks about an action."""
        if self.wants:
            return _WANTING
        has = re.search(r"\b(?:do|does|did) .*\bhave\b|\bhave (?:you|we) got\b", self.text)
        return _HAVING if has else frozenset()

    @cached_property
    def action(self) -> bool:
        """Whether what is wanted is to do something: "I want it" does not answer "Do you want to cancel it?"."""
        return bool(re.search(r"\b(?:want|like|wish|need|care|prefer|have) (?:(?:me|us) )?to\b", self.text))

    @cached_property
    def head(self) -> frozenset[str]:
        """What has to be taken up: the first of its own words, behind its subject."""
        return frozenset(self.content[:1] if self.subject else self.content[:2])

    @cached_property
    def minds(self) -> bool:
        """Whether it asks for objections."""
        return bool(re.search(r"\b(?:mind|objections?|object)\b", self.text))

    @cached_property
    def turned(self) -> bool:
        """Whether a bare yes can mean either: a negated question, or one about minding."""
        return self.minds or bool(_NEGATIONS & set(_words(self.text)))

    @cached_property
    def wants(self) -> bool:
        """Whether it asks what one would like to have."""
        return bool(re.search(r"\b(?:would you (?:like|care|prefer)|wish|interested|want|need|require)\b", self.text))

    @cached_property
    def offers(self) -> bool:
        """Whether it asks for leave to do something, or offers it."""
        return self.wants or bool(
            re.match(r"(?:\w+ )?(?:shall|should|can|could|may|is it (?:ok|okay|fine))\b", self.text)
        )


def resolve_yes_no(slot: Slot, text: object) -> Resolved | Unresolved:
    """True or False, as `text` answers the slot's question."""
    if isinstance(text, bool):
        return Resolved(text, str(text))
    given = " ".join(str(text).split())[:400]
    bare = key(given).strip(" .!")
    if bare in _PLAIN and (bare in ("true", "false") or not _question(slot.ask).turned):
        return Resolved(_PLAIN[bare], given)
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
        stop = re.search(r"[.!?;]", read[end:])
        asks = stop is not None and stop[0] == "?" and (stop.start() == 0 or says is _Says.NOTHING)
        if asks and not _ALL_YES.match(read[begin:end]):
            # Behind a clear answer a question changes nothing, unless it is about the price.
            clear = any(one is not _Says.NOTHING for *_, one in said) and not _ASKS_PRICE.search(read, begin, end)
            says = _Says.NOTHING if clear else _Says.OPEN
        said.append((begin, end, says))
    return read, _answers_in(read, said)


def _answers_in(text: str, said: list[tuple[int, int, _Says]]) -> list[Found]:
    values = {_Says.YES: True, _Says.NO: False, _Says.OPEN: None}
    found = [Found(begin, end, values[says]) for begin, end, says in said if says in values]
    if not found and not any(_negated(text[begin:end]) for begin, end, says in said if says is _Says.NOTHING):
        found = [Found(begin, end, True) for begin, end, says in said if says is _Says.MILD]
    if len(found) == 1 and found[0].value and _BUT.match(text, found[0].end):
        found.append(Found(len(text), len(text), None))
    return found


def _prepared(text: str) -> str:
    low = key(text)
    for sign, word in _SIGNS.items():
        low = low.replace(sign, word)
    low = re.sub(r"([a-z])\1{2,}", r"\1", low)
    low = _MIXED.sub(lambda m: m[0].translate(_DIGITS_FOR_LETTERS), low)
    for pattern, instead in _SPELLED_OUT:
        low = pattern.sub(instead, low)
    return " ".join(low.split())


@lru_cache(maxsize=512)
def _question(ask: str) -> _Question:
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", key(ask)) if s.endswith("?")]
    return _Question(_prepared(sentences[-1] if sentences else ask))


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a text begin and end."""
    spans, begin = [], 0
    for gap in _CLAUSE.finditer(text):
        if gap.start() > begin:
            spans.append((begin, gap.start()))
        begin = gap.end()
    return spans + ([(begin, len(text))] if begin < len(text) else [])


def _said(clause: str, question: _Question) -> _Says:
    """What one clause says."""
    if question.turned:
        if question.minds and (_SAYS_NO.search(clause) or _ALL_NO.match(clause)):
            return _Says.NO
        if any(one.search(clause) for one in (_SAYS_YES, _SAYS_NO, _ALL_YES, _OFFER_YES)) or _mild(clause):
            return _Says.OPEN
    elif question.offers and _POLITE_IF.fullmatch(clause):
        return _Says.MILD
    if _OPEN.search(clause) and not _POLITE_IF.fullmatch(clause):
        return _Says.OPEN
    if not question.turned and (said := _outright(clause, question)) is not _Says.NOTHING:
        return said
    return _taken_up(clause, question)


def _outright(clause: str, question: _Question) -> _Says:
    """What is said in so many words, whatever was asked."""
    if _ALL_YES.match(clause) or (question.offers and _OFFER_YES.match(clause)):
        return _Says.YES
    if _ALL_NO.match(clause) or (question.offers and _OFFER_NO.match(clause)):
        return _Says.NO
    if _mild(clause):
        return _Says.MILD
    word = _SAYS_NO.search(clause) or _SAYS_YES.search(clause)
    if not word:
        return _Says.NOTHING
    says = _Says.NO if _SAYS_NO.search(clause) else _Says.YES
    rest = clause[: word.start()] + clause[word.end() :].strip()
    # "Yes I don't" and "no it does" say neither.
    denied = says is _Says.YES and _negated(rest) and not _OFFER_YES.match(rest)
    against = _SAYS_YES.search(clause) if says is _Says.NO else None
    return _Says.OPEN if denied or against or _taken_up(rest, question) not in (says, _Says.NOTHING) else says


def _mild(clause: str) -> bool:
    said = set(clause.split())
    return bool(said & _MILD) and said <= _MILD | _BESIDE_MILD


def _taken_up(clause: str, question: _Question) -> _Says:
    said = _by_auxiliary(clause, question)
    return said if said is not _Says.NOTHING else _echo(_words(clause), question)


def _by_auxiliary(clause: str, question: _Question) -> _Says:
    """A subject and the question's auxiliary: "I do", "she isn't", "haven't"."""
    said = re.sub(rf"^{_LEADING}", "", re.sub(rf"(?: any| one| some)?{_TRAILING}$", "", clause)).split()
    said = [word for word in said if word not in _EMPHASIS]
    refused = bool(said) and said[-1] in ("not", "none")
    said = said[:-1] if refused else said
    if not said or said[-1] not in question.takes or len(said) > 2:
        return _Says.NOTHING
    if said[:-1] and said[0] not in question.answerers:
        return _Says.NOTHING
    if refused:
        return _Says.NO
    return _Says.YES if said[:-1] else _Says.NOTHING


def _echo(said: list[str], question: _Question) -> _Says:
    """The question's own words taken up, and nothing beside them: "I need one", "no helmet", "cancel it please"."""
    own = {_stem(word) for word in said} & set(question.content)
    light = not question.action and bool(question.light & set(said))
    if any(word.split("'")[0] not in _FUNCTION | question.light and _stem(word) not in own for word in said):
        return _Says.NOTHING
    spoken = said[0].split("'")[0] if said else ""
    if spoken in _PRONOUNS and spoken not in question.answerers | _OBJECTS:
        return _Says.NOTHING
    named = bool(own & question.head) or (light and bool(_OBJECTS & set(said)))
    wished = question.action and question.wants and bool(said) and said[-1] == "to" and bool(_WANTING & set(said))
    negations = sum(word in _NEGATIONS for word in said)
    if negations or not (named or wished):
        return _Says.NO if negations == 1 and (named or wished) else _Says.NOTHING
    asks_for = question.offers and ("please" in said or said[-1] in _OBJECTS)
    whole = wished or set(question.content[not question.subject :]) <= own or bool(_OBJECTS & set(said[1:]))
    return _Says.YES if whole and (asks_for or spoken in question.answerers) else _Says.NOTHING


def _negated(clause: str) -> bool:
    return bool(_NEGATIONS & set(_words(clause)))


def _after_correction(text: str, found: list[Found]) -> list[Found]:
    for mark in reversed(list(_CORRECTS.finditer(text))):
        later = [one for one in found if one.end > mark.end()] or [one for one in found if one.begin >= mark.start()]
        if later and len(later) < len(found):
            return later
    return found


def _words(text: str) -> list[str]:
    return [word for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", text) if len(word) > 1 or word in "ia"]


def _stem(word: str) -> str:
    for ending in ("'s", "ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
