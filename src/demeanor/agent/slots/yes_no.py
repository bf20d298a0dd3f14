"""Yes or no, where the agent has asked for just that ("Do you need a parking space?").

Only what an answer says outright counts. It is read clause by clause: words and phrases that agree or refuse wherever
they stand; the question's auxiliary ("I do", "she isn't"); and the question's own words, taken up or negated by a
clause that has nothing else in it ("that we don't need any more"). A doubt, a condition or a counter-question leaves
the answer open, and so do a yes and a no without a correction between them. What follows only by knowledge of the world
is no answer.
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

_CLAUSE = re.compile(
    r"\s*(?:[.,;:!?()\n]+|\s-+\s|\b(?=(?:but|though|although|because|cause|coz|cos|cuz|and|while|whereas|if|unless|"
    r"provided|as long as|otherwise|else)\b|(?<!be )so (?:i|we|it|that|there|he|she|they|you|no|yes|don't|not|"
    r"please)\b))\s*"
)
_LEADING = (
    r"(?:(?:oh|ah|well|um+|uh|hm+|er|and|so|but|ok|okay|then|honestly|actually|sorry|hi|hello|thanks|thank you|now|"
    r"god|hell|heck|oof|man|mate|dear|unfortunately|sadly|luckily|thankfully|i'm afraid|to be honest|tbh|"
    r"thank (?:god|goodness|heavens)|i said|i say) )*"
)
_TRAILING = (
    r"(?: (?:danke|bitte|merci|gracias|grazie|por favor|please|pls|plz|thanks?|thank you|thx|ta|cheers|very|much|so|"
    r"then|mate|dear|love|sir|madam|ma'am|lol|haha|indeed|really|actually|again|for (?:me|us|now|today)|this time|"
    r"today|too|as well|of course|at all|either|now|though|sorry|any ?more|kindly|here|always|both|already|all|"
    r"to (?:that|it|this)|by me|with (?:me|that)|i'm afraid))*"
)

# What leaves it open, whatever stands beside it.
_OPEN = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|presumably|mostly|depends?|depending|not (?:\w+ )?(?:sure|certain|decided)|"
    r"unsure|dunno|idk|(?:don't|dont|do not|can't|cannot|couldn't|wouldn't) (?:really |actually |yet )?(?:know|"
    r"say yet|tell|remember|understand|decide|care|mind)|no (?:idea|clue|preference)|whether|either|might|"
    r"i (?:guess|suppose|assume|hope|reckon|think|believe)|hope so|hopefully|"
    r"(?:let me|lemme|i'll|i will|i'd|we'll|(?:have|need|got|want) to|must|should|gotta) (?:first )?(?:think|check|"
    r"ask|see|look|decide|find out|get back)|(?:ask|check with|up to|talk to|speak to) (?:me|my|our|him|her|you|them|"
    r"us)\b|yes and no|hard to say|we(?:'ll| will) see|whatever|unless|provided|as long as|what(?:ever)? do you|"
    r"hold on|one moment|later|yet to|kind of(?! you)|kinda|sort of|sometimes|in principle|in theory|"
    r"(?:yeah|yes|yep),? (?:no|nah)|(?:no|nah),? (?:yes|yeah)|difficult|half|only (?:if|when|one|some|on|in|for)|"
    r"not all|partly|if|supposed to|should (?:be|have)|as far as|can(?:no|')t (?:say|decide))\b(?! no\b| yes\b)"
)
_NO_CONDITION = re.compile(
    r",? ?\b(?:if (?:i may|i might|possible|that's (?:ok|okay|all right|alright|possible)|"
    r"(?:it is|it's|that is|that's) no(?:t too much)? (?:trouble|bother)|"
    r"(?:it's|it is) not too much (?:trouble|bother)|you(?:'d| would| could| can)? (?:please|don't mind|wouldn't mind|"
    r"be so kind|so kind)?)|when you(?:'re| are) ready|only when (?:asked))(?=[\s.!,]*$|[.!,])"
)
_KINDLY = re.compile(
    r"^if (?:i may|you (?:please|will|would|could|can|don't mind|wouldn't mind|"
    r"(?:would|could|'d) be so (?:kind|good)))$"
)
_ASKS_PRICE = re.compile(r"\b(?:how much|costs?|price|charged?|extra|free|fee|expensive|included?|pay)\b")

# A clause that begins or ends with one of these has said it, whatever follows in the clause.
_YES_WORD = (
    r"(?:yes+|yep+|yup|yeah+|yea|yessir|yh|ya|yas+|ye|ja|si|oui|aye|mm-?hm+|uh-?huh|affirmative|absolutely|definitely|"
    r"of course|ofc|certainly)"
)
_NO_WORD = r"(?:no|nope|nah|naw|nay|nein|non|nuh-uh|uh-uh|no way|no chance|never ever)"
_SUBJECT = (
    r"(?:i|we|he|she|it|they|there|that|this|you|my|our|not|don't|thank|thanks|thx|ta|please|need|sir|madam|mate|dear|"
    r"love|never)"
)
_SAYS_YES = re.compile(
    rf"^{_LEADING}{_YES_WORD}(?! not\b| never\b| no\b)(?:\b|$)|(?<!not )\b{_YES_WORD}{_TRAILING}$|"
    rf"\b(?:it's|that's|it is|that is) a (?:\w+ )?yes\b"
)
_SAYS_NO = re.compile(
    rf"^{_LEADING}(?:nope|nah|naw|nein|non)\b|^{_LEADING}{_NO_WORD}(?=$| {_SUBJECT}\b)(?! (?:need|thank\w*) to\b)|"
    rf"(?<!say )(?<!says )(?<!said )(?<!or )\b(?:no|nope){_TRAILING}$|"
    rf"\b(?:it's|is) (?:a )?(?:\w+ )?{_NO_WORD}{_TRAILING}$|"
    r"\b(?:it's|that's|it is|that is) a (?:\w+ )?no\b(?! problem)"
)
# A clause that is nothing else has said it.
_NICE = (
    r"(?:great|nice|lovely|good|helpful|perfect|wonderful|ideal|fantastic|brilliant|super|awesome|useful|appreciated|"
    r"welcome|kind|fine)"
)
_AGREES = (
    rf"(?:y|sure(?: thing)?|indeed|very much(?: so)?|please do(?: so)?|go (?:ahead|for it)|go on|do (?:it|so|that)|"
    rf"by all means|(?:very )?gladly|naturally|obviously|with pleasure|my pleasure|absolutely|you bet|bet|too right|"
    rf"you (?:may|can|should)|be my guest|feel free|why not|i (?:see no reason|don't see|can't see) why not|"
    rf"(?:that|it)(?:'s| is) (?:right|correct|true|the case|so)|exactly|correct|true|spot on|"
    rf"(?:that|it|which)(?:'d| would| will|'ll) (?:really |certainly |indeed )?be (?:very |really |so |most |"
    rf"just )?{_NICE}|would be (?:very |really )?{_NICE}|(?:that |it )?(?:sounds|looks) (?:very )?{_NICE}|"
    rf"count (?:me|us) in|(?:that |it )?(?:works|suits) (?:for )?(?:me|us)|"
    r"fine (?:by|with) (?:me|us)|(?:i|we)(?:'d| would) (?:really |dearly |very much )?(?:love|like|appreciate|"
    r"be (?:(?:very|so|most|really) )?(?:happy|glad|delighted|grateful))(?: (?:to|that|it|one|this|some|a few))*|"
    r"(?:love|happy|glad) to|(?:i|we)(?:'ll| will) (?:have|take) (?:it|that|one|two|some)|"
    r"(?:(?:i|we) )?(?:can't|cannot|couldn't|wouldn't|won't|i'd never|we'd never) say no|"
    r"(?:would|could|can) (?:not|never) say no|(?:don't|dont) mind if (?:i|we) do|(?:i'm|we're) afraid so|afraid so|"
    r"(?:i|we) insist|needless to say|(?:is )?that even a question|without (?:a )?(?:doubt|question|fail)|"
    r"no doubt(?: about it)?|every (?:time|one of (?:us|them))|all of (?:us|them)|(?:i|we) accept|agreed|accepted|"
    r"granted|permission granted)"
)
_REFUSES = (
    r"(?:n|not? (?:really|necessary|needed|required|needing it|likely|ever|interested|wanted|"
    r"in the (?:slightest|least)|a (?:chance|hope|bit(?: of it)?)|a single one|a soul|any ?more|any longer|anymore|"
    r"this time|today|tonight|right now|now|yet|for (?:me|us|now|today)|so far|one(?: of (?:us|them))?|at all|"
    r"(?:on|in) (?:your|my) (?:life|nelly))|never(?: (?:in my life|once|again))?|none|"
    r"none of (?:us|them|the \w+|my \w+|our \w+)|nobody|no ?one|nothing|neither(?: of (?:us|them))?|"
    r"no (?:more|longer|need|use|interest|such thing)|(?:there's |there is )?no need(?: (?:for (?:it|that|one)|to))?|"
    r"(?:you )?(?:just )?(?:don't|dont|do not|needn't|not to) (?:you )?(?:bother|trouble(?: yourself)?|"
    r"worry(?: about (?:it|that))?)|(?:that|it|one)?(?: ?won't| ?will not| ?wouldn't| ?isn't| ?is not| ?ain't|"
    r"'s not) (?:be )?(?:needed|necessary|required|called for)|no (?:thanks?|ta|cheers|thank you|thx|ty)|"
    r"(?:god|heavens?|lord) (?:forbid|no)|(?:absolutely|certainly|definitely|of course|surely|sure|please|clearly|"
    r"obviously|thankfully|afraid|better|rather|prefer(?:ably)?|luckily) not|"
    r"(?:i'd|we'd) (?:rather|prefer it if) you didn't|(?:i'd |i would |we'd |we would )?(?:really |much )?(?:rather|"
    r"prefer|better) not(?: to)?|i'll pass|we'll pass|i pass|pass|leave (?:it|that)|skip (?:it|that)|"
    r"(?:i|we)(?:'ll| will| can|'d| would)? (?:happily |gladly )?(?:do|manage|live|"
    r"go) without(?: (?:it|one|that|them))?|on no account|under no circumstances?|out of the question|"
    r"(?:unfortunately|sadly|luckily|i'm afraid|we're afraid) not|"
    r"(?:can't|cannot) say (?:that )?(?:i|we|he|she|they) (?:do|does|have|has|am|are|is|did)|hell no|hardly|"
    r"(?:please )?(?:don't|dont|do not)|count (?:me|us) out|thanks? but no(?: thanks)?|forget (?:it|that)|fat chance|"
    r"no fear|not on your nelly|(?:i|we) decline|declined|refused|not that (?:i|we) (?:know(?: of)?|remember|recall)|"
    r"nothing of the (?:kind|sort))"
)
_ALL_YES = re.compile(rf"^{_LEADING}{_AGREES}{_TRAILING}$")
_ALL_NO = re.compile(rf"^{_LEADING}{_REFUSES}{_TRAILING}$")
# These agree only where nothing else is said: "ok" also opens a refusal.
_MILD_WORDS = frozenset(
    re.findall(
        r"\S+",
        "go on oh ah well fine that's it's that is it all sounds just very then ok okay okey oki k kk alright great good "
        "right perfect lovely excellent wonderful brilliant super cool please pls plz thanks thank you with me by us",
    )
)
_MILD = re.compile(
    r"\b(?:fine|ok|okay|okey|oki|k|kk|alright|all right|great|good|perfect|lovely|excellent|wonderful|brilliant|super|"
    r"cool|please|pls|plz|go on)\b"
)
_OFFER_YES = re.compile(
    rf"^{_LEADING}(?:no (?:problem|worries|objections?|bother)|"
    rf"not a problem)(?: (?:at all|with (?:that|it|me)|from (?:me|us)))*{_TRAILING}$"
)
_OFFER_NO = re.compile(
    rf"^{_LEADING}(?:(?:i'm|we're|i am|we are|im|all) (?:good|fine|all right|alright|ok|okay|sorted|all set|covered)|"
    rf"(?:i|we) (?:don't|dont|do not) think so){_TRAILING}$"
)
_WANTS = re.compile(
    rf"^{_LEADING}(?:i|we)(?:'d have|(?:'d| would|'ll| will| do|'d really| would really| really|"
    rf" definitely)? ?(?:like|love|want|need|take|appreciate|require)) (?:it|that|this|them|one|some|two|three|\d+|"
    rf"a few)?{_TRAILING}$"
)
_WANTS_NOT = re.compile(
    rf"^{_LEADING}(?:(?:it|that|this|them|one) )?(?:i|we)?(?:'d| would| do)? ?(?:really |actually )?(?:don't|dont|"
    rf"do not|won't|wouldn't|will not|would not|not|no longer|never) (?:really |actually |even )?(?:like|want|need|"
    rf"require|care for|be needing|wish)(?: (?:it|that|this|them|one|any|to))?{_TRAILING}$"
)

# A correction leaves only what follows it.
_CORRECTS = re.compile(
    r"\b(?:no,? )?(?:wait|sorry|hang on|actually|i mean|i meant|scratch that|correction|on second thoughts?|let's say|"
    r"lets say|make (?:it|that)|changed my mind|come to think of it|oh well)\b|"
    r"(?<=, )(?:ah|eh|er|erm|um+|uh|argh)\b(?=,? (?:no|yes|yeah|nope)\b)"
)

_RESERVED = re.compile(r"[\s,]*(?:but|though)\b")

_NEGATION = re.compile(
    r"^(?:\w+n't|not|no|never|none|nobody|neither|without|dont|doesnt|didnt|wont|isnt|arent|cant|havent|hasnt|cannot|"
    r"longer)$"
)
_FUNCTION = frozenset(
    re.findall(
        r"\S+",
        "i we you he she it they me us them my our your his her their its that this these those there one ones any "
        "some a an the "
        "i'm i'd i'll i've we're we'd we'll we've you're you'd you'll he's she's it's that's there's they're "
        "they've they'll she'd he'd that'd it'd it'll that'll "
        "do does did am is are was were be been being have has will would shall should can got to of for on in at "
        "with by "
        "don't doesn't didn't isn't aren't wasn't weren't haven't hasn't won't wouldn't shan't shouldn't can't "
        "ain't needn't not no never none nobody "
        "neither without dont doesnt didnt wont isnt arent cant havent hasnt cannot longer "
        "please pls thanks thank very much indeed really certainly definitely absolutely actually honestly most too "
        "as well also then now today "
        "still own always already more anymore all at either both just surely truly oh well sorry and so of course "
        "gladly",
    )
) | frozenset(CARDINAL)
_SUBJECTS = frozenset(
    re.findall(
        r"\S+",
        "he's she's it's they're there's i we i'm i'd i'll i've we're we'd we'll we've he she it they there that "
        "this you",
    )
)
_SPEAKERS = _SUBJECTS - {"you", "that", "this"}
_OBJECTS = frozenset(re.findall(r"\S+", "it one ones that this them some any two three four five six"))
_AFTER_ECHO = frozenset(
    re.findall(r"\S+", "for with in at on and from by because as every who which that near to this please thanks")
)
_NO_CONTENT = _FUNCTION | frozenset(
    re.findall(
        r"\S+",
        "if or what which when where who how like anyone anybody someone somebody anything something everyone "
        "everybody "
        "all both us let may could might yes ok okay ever before yet",
    )
)
_EMPHASIS = frozenset(
    re.findall(r"\S+", "most certainly definitely really absolutely very sure indeed always all both")
)
_VERBS = frozenset(re.findall(r"\S+", "do does did am is are was were have has will would shall should can"))
_COUNTED = rf"(?:at least |only |just )?(?:\d+|{'|'.join(CARDINAL)}|a few|some|several|both|all|most)\b"
_DO, _BE = frozenset(("do", "does")), frozenset(("is", "are", "am"))
_PAST_BE, _HAVE = frozenset(("was", "were")), frozenset(("have", "has"))
_OTHERS_TAKE: dict[str, frozenset[str]] = {
    **{word: _DO | {"will", "would"} for word in _DO},
    **dict.fromkeys(_BE, _BE),
    **dict.fromkeys(_PAST_BE, _PAST_BE),
    **dict.fromkeys(_HAVE, _HAVE),
    **{word: _DO | {"shall", "should", "may", "can"} for word in ("shall", "should")},
    **{
        word: frozenset(
            (
                "can",
                "may",
                "could",
            )
        )
        for word in ("can", "could", "may")
    },
    "did": frozenset({"did"}),
    "will": frozenset({"will"}),
    "would": frozenset(
        (
            "would",
            "do",
        )
    ),
}
_SHORT = {
    "i'm": "am",
    "we're": "are",
    "they're": "are",
    "you're": "are",
    "ain't": "is",
    "cannot": "can",
    "won't": "will",
    "can't": "can",
}
_SHORT |= {
    "shan't": "shall",
    "cant": "can",
    "wont": "will",
    "i've": "have",
    "we've": "have",
    "she's": "is",
    "he's": "is",
    "it's": "is",
    "there's": "is",
}
_SHORT |= {
    "that's": "is",
    "isnt": "is",
    "arent": "are",
    "dont": "do",
    "doesnt": "does",
    "didnt": "did",
    "havent": "have",
    "hasnt": "has",
}


class _Says(Enum):
    """What a clause says: `MILD` agrees only where nothing else is said, `OPEN` is a doubt."""

    YES = "yes"
    NO = "no"
    MILD = "mild"
    OPEN = "open"
    NOTHING = "nothing"


def _yes(agrees: bool) -> _Says:
    return _Says.YES if agrees else _Says.NO


@dataclass(frozen=True)
class _Question:
    """The sentence that asks, in the form of `text.key`."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        return _words(self.text)

    @cached_property
    def takes(self) -> frozenset[str]:
        """The auxiliaries that can answer it by themselves."""
        words = (_auxiliary(word) for word in self.words)
        takes = next((_OTHERS_TAKE[word] for word in words if word in _OTHERS_TAKE), frozenset())
        return takes | (_HAVE if "have" in self.content and takes & _DO else frozenset())

    @cached_property
    def content(self) -> frozenset[str]:
        """The stems of its own words; "have" where it is no auxiliary."""
        own = {_stem(word) for word in self.words if word not in _NO_CONTENT and len(word) > 1}
        if re.search(r"\b(?:do|does|did) .*\bhave\b|\bhave (?:you|we) got\b", self.text):
            own |= {"have", "got"}
        return frozenset(own)

    @cached_property
    def main(self) -> frozenset[str]:
        """The stems of its verb, where it asks what you, I or we do; none where it asks about something else."""
        if not re.search(r"^(?:\w+ )?\w+(?:n't)? (?:you|i|we)\b", self.text):
            return frozenset()
        own = [_stem(word) for word in self.words if _stem(word) in self.content]
        return frozenset(own[: 2 if own[:1] == ["want"] else 1]) | (self.content & {"have", "got"})

    @cached_property
    def minds(self) -> bool:
        """Whether it asks for objections."""
        return bool(re.search(r"\b(?:mind|objections?|object)\b", self.text))

    @cached_property
    def turned(self) -> bool:
        """Whether a bare yes can mean either: a negated question, or one about minding."""
        return any(_NEGATION.match(word) for word in self.words) or self.minds

    @cached_property
    def wants(self) -> bool:
        """Whether it asks what one would like to have."""
        return bool(
            re.search(
                r"\b(?:would you (?:like|care|prefer)|you(?:'d)? (?:\w+ )?(?:want|need|require|wish|like|fancy)|"
                r"interested|want|need)\b",
                self.text,
            )
        )

    @cached_property
    def offers(self) -> bool:
        """Whether it asks for leave to do something, or offers it."""
        return self.wants or bool(
            re.match(r"(?:\w+ )?(?:shall|should|can|could|may|is it (?:ok|okay|all right|fine))\b", self.text)
        )

    @cached_property
    def any_of(self) -> bool:
        """Whether one of several is enough for a yes."""
        return bool(
            re.search(
                r"\b(?:any ?one|any ?body|some ?one|some ?body|any|one) (?:of|in|with|from|else|at|here)\b|"
                r"\b(?:anyone|anybody)\b",
                self.text,
            )
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
        if _asks(read, end) and (read[end] == "?" or says is _Says.NOTHING) and not _ALL_YES.match(read[begin:end]):
            # Behind a clear answer a question changes nothing, unless it is about the price.
            clear = any(one is not _Says.NOTHING for *_, one in said) and not _ASKS_PRICE.search(read, begin, end)
            says = _Says.NOTHING if clear else _Says.OPEN
        said.append((begin, end, says))
    return read, _answers_in(read, said)


def _answers_in(text: str, said: list[tuple[int, int, _Says]]) -> list[Found]:
    values = {_Says.YES: True, _Says.NO: False, _Says.OPEN: None}
    found = [Found(begin, end, values[says]) for begin, end, says in said if says in values]
    if not found and not any(map(_NEGATION.match, _words(text))):
        found = [Found(begin, end, True) for begin, end, says in said if says is _Says.MILD]
    if len(found) == 1 and found[0].value and _RESERVED.match(text, found[0].end):
        found.append(Found(len(text), len(text), None))
    return found


def _prepared(text: str) -> str:
    low = key(text)
    for sign, word in _SIGNS.items():
        low = low.replace(sign, word)
    low = re.sub(r"([a-z])\1{2,}", r"\1", low)
    low = _MIXED.sub(lambda m: m[0].translate(_DIGITS_FOR_LETTERS), low)
    return " ".join(low.split())


@lru_cache(maxsize=512)
def _question(ask: str) -> _Question:
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", key(ask)) if s.endswith("?")]
    return _Question(sentences[-1] if sentences else key(ask))


def _clauses(text: str) -> list[tuple[int, int]]:
    """Where the clauses of a text begin and end."""
    spans, begin = [], 0
    for gap in _CLAUSE.finditer(text):
        if gap.start() > begin:
            spans.append((begin, gap.start()))
        begin = gap.end()
    return spans + ([(begin, len(text))] if begin < len(text) else [])


def _asks(text: str, end: int) -> bool:
    """Whether the sentence in which a clause ends is a question."""
    stop = re.search(r"[.!?;]", text[end:])
    return bool(stop) and stop is not None and stop[0] == "?"


def _said(clause: str, question: _Question) -> _Says:
    """What one clause says."""
    if _KINDLY.match(clause) and question.offers and not question.turned:
        return _Says.YES
    asked = _turned(clause, question) if question.turned else _idiom(clause, question)
    if asked is not _Says.NOTHING:
        return asked
    if _OPEN.search(_NO_CONDITION.sub(" ", clause)):
        return _Says.OPEN
    return _taken_up(clause, question)


def _turned(clause: str, question: _Question) -> _Says:
    """ "Don't you need one?", "Do you mind?": a bare yes can mean either, and a no is clear only about minding."""
    if question.minds and (_SAYS_NO.search(clause) or _ALL_NO.match(clause)):
        return _Says.NO
    said = (_SAYS_YES, _SAYS_NO, _ALL_YES, _OFFER_YES, _MILD)
    return _Says.OPEN if any(one.search(clause) for one in said) else _Says.NOTHING


def _idiom(clause: str, question: _Question) -> _Says:
    """What is said in so many words."""
    if question.content & set(clause.split()) & {"leave", "skip", "pass", "forget"}:
        return _Says.NOTHING
    if question.offers and _OFFER_YES.match(clause):
        return _Says.YES
    if question.offers and _OFFER_NO.match(clause):
        return _Says.NO
    if _ALL_YES.match(clause):
        return _Says.YES
    if _ALL_NO.match(clause) or (question.wants and _WANTS_NOT.match(clause)):
        return _Says.NO
    if question.wants and _WANTS.match(clause):
        return _Says.YES
    if set(clause.split()) <= _MILD_WORDS and _MILD.search(clause):
        return _Says.MILD
    return _word(clause, question)


def _word(clause: str, question: _Question) -> _Says:
    """A yes or no word, and what stands beside it in its clause: "yes I don't" is neither."""
    if _OPEN.search(_NO_CONDITION.sub(" ", clause)):
        return _Says.NOTHING
    says_no = bool(_SAYS_NO.search(clause))
    word = (_SAYS_NO if says_no else _SAYS_YES).search(clause)
    if not word:
        return _Says.NOTHING
    rest = clause[word.end() :].strip()
    denied = not says_no and any(map(_NEGATION.match, _words(rest))) and not _OFFER_YES.match(rest)
    return _Says.OPEN if denied or _taken_up(rest, question) is _yes(says_no) else _yes(not says_no)


def _taken_up(clause: str, question: _Question) -> _Says:
    said = _by_auxiliary(clause, question)
    return said if said is not _Says.NOTHING else _echo(clause, question)


def _by_auxiliary(clause: str, question: _Question) -> _Says:
    """A subject and the question's auxiliary: "I do", "she isn't", "two of the girls are"."""
    said = re.sub(rf"^{_LEADING}", "", re.sub(rf"(?: any| one| some)?{_TRAILING}$", "", clause)).split()
    said = [word for word in said if word not in _EMPHASIS]
    refused = bool(said) and bool(_NEGATION.match(said[-1]))
    if said and said[-1] in ("not", "none"):
        said = said[:-1]
    if not said or not _answers(said[-1], question):
        return _Says.NOTHING
    # "It's" ends with its auxiliary, and a yes by it alone is cut off: "it's", "we've".
    joined = said[-1] in _SHORT and not refused
    if said[:-1] and not (len(said) == 2 and said[0] in _SUBJECTS):
        return _some_of_them(said[:-1], refused, question)
    if refused:
        return _Says.NO
    return _Says.YES if said[:-1] and not joined else _Says.NOTHING


def _answers(word: str, question: _Question) -> bool:
    return _auxiliary(word) in question.takes


def _auxiliary(word: str) -> str:
    return _SHORT.get(word, word.removesuffix("n't"))


def _some_of_them(subject: list[str], refused: bool, question: _Question) -> _Says:
    """Of several, one is enough for a yes and none is a no; the question's own subject may be named again."""
    named = " ".join(subject)
    if re.fullmatch(r"(?:none|nobody|no one|neither|not one)(?: of (?:us|them|\w+ \w+))?", named):
        return _Says.NOTHING if refused else _Says.NO
    own = {_stem(word) for word in subject if word not in _FUNCTION}
    if own and own <= question.content:
        return _yes(not refused)
    counted = re.match(rf"(?:{_COUNTED}(?: of\b.*)?|my \w+)$", named)
    return _Says.YES if counted and question.any_of and not refused else _Says.NOTHING


def _echo(clause: str, question: _Question) -> _Says:
    """The question's words taken up: nothing beside them, or, where they agree, all of them and more behind."""
    if question.any_of:
        clause = re.sub(rf"^{_LEADING}{_COUNTED} of (?:us|them|(?:the|my|our) \w+)\b", "they", clause)
    clause = re.sub(r"(?:'d| would) (?:really |very much )?(?:like|love) to\b|\bwant to\b", " will", clause)
    said = _words(re.sub(rf" would be (?:very |really |most )?{_NICE}$", " please", clause))
    own = [i for i, word in enumerate(said) if _is_own(said, i, question)]
    if not own or not question.content:
        return _Says.NOTHING
    negations = sum(bool(_NEGATION.match(word)) for word in said) - ("no" in said and "longer" in said)
    only = all(word in _FUNCTION or i in own or word.isdigit() for i, word in enumerate(said))
    if not _same_verb(said, own, question):
        return _Says.NOTHING
    if only and negations == 1:
        return _Says.NO
    if negations or said[0] in {"my", "his", "her", "their"}:
        return _Says.NOTHING
    asked_for = question.offers and ("please" in said or said[-1] in {"thanks", *_OBJECTS})
    if (
        only
        and (asked_for or said[0] in _SPEAKERS)
        and (len(said) > len(own))
        and _names_the_thing(said, own, question)
    ):
        return _Says.YES
    return _all_and_more(said, own, question)


def _same_verb(said: list[str], own: list[int], question: _Question) -> bool:
    """Whether a clause with a verb has that of the question: "I can't carry it" does not say that no help is needed."""
    acts = any(_auxiliary(word) in _VERBS for word in said) or said[0] in ("i", "we")
    return not acts or not question.main or bool(question.main & {_stem(said[i]) for i in own})


def _names_the_thing(said: list[str], own: list[int], question: _Question) -> bool:
    """Whether a clause names what was asked about: by its last word, or "one", "it" behind a word of the question."""
    last = {_stem(said[i]) for i in own}
    is_so = any(_auxiliary(word) in (*_BE, *_PAST_BE) for word in said)
    if len(last) > 1 or question.takes & {"is", "was"}:
        return True
    if not is_so and _stem(question.words[-1]) in last:
        return True  # the verb itself: "does the roof leak?", "it leaks"
    return (
        question.content <= last
        or any(word in _OBJECTS or word.isdigit() or word == "please" for word in said[own[0] :])
        or "will" in said
    )


def _all_and_more(said: list[str], own: list[int], question: _Question) -> _Says:
    """ "We need a parking space for a van": all of the question, and behind it what only adds."""
    if not question.content <= {_stem(said[i]) for i in own} | {"got"} or said[0] not in _SPEAKERS:
        return _Says.NOTHING
    if any(word not in _FUNCTION for i, word in enumerate(said[: own[-1]]) if i not in own):
        return _Says.NOTHING
    after = said[own[-1] + 1 :]
    return _Says.YES if len(own) >= 2 and (not after or after[0] in _AFTER_ECHO) else _Says.NOTHING


def _is_own(said: list[str], i: int, question: _Question) -> bool:
    """A past form takes up nothing by itself ("we needed one"), but does behind "be" ("won't be needed")."""
    word = said[i]
    if word in ("have", "got", "has"):
        return "have" in question.content
    if word in _FUNCTION or _stem(word) not in question.content:
        return False
    passive = bool({"be", "been", "is", "are", "isn't", "aren't", "not", "it's"} & set(said[:i]))
    return word in question.words or not word.endswith("ed") or passive


def _after_correction(text: str, found: list[Found]) -> list[Found]:
    for mark in reversed(list(_CORRECTS.finditer(text))):
        # "No, sorry" refuses as often as it corrects.
        later = [] if re.match("no.*sorry", mark[0]) else [one for one in found if one.end > mark.end()]
        later = later or [one for one in found if one.begin >= mark.start()]
        if later and len(later) < len(found):
            return later
    return found


def _words(text: str) -> list[str]:
    return [
        word for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", text) if len(word) > 1 or word in "ia" or word.isdigit()
    ]


def _stem(word: str) -> str:
    for ending in ("'s", "ing", "ed", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
