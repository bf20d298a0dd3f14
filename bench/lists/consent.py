"""Does a message agree? Yes, no, or unsure.

A write needs an answer that is nothing but agreement, so this reader is closed in one direction: every clause has to
agree, or to be one of the few things that say nothing of their own (thanks, politeness, impatience). A word that is
neither is no yes, whatever it is: a doubt, a condition, an addition and a change need not be known to be refused. What a
refusal governs ("don't go ahead", "certainly not") is taken away before anything is looked for that agrees. It reads
general English; what the question was about comes with the question.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from demeanor.text import plain

Consent = Literal["yes", "no", "unsure"]


@dataclass(frozen=True)
class Answer:
    """What an answer says, and the first clause in it that is no agreement ('' where all of it is)."""

    says: Consent
    beside: str = ""


_BOOK_IT = r"(?:it|that|this|them|the room|us in|me in|away|now)"
_YES = re.compile(
    r"\b(y|ye|yes|yep|yup|yeah|yea|yh|yess+|yah|ya|ja|si|s[ií]|oui|jep|mhm|claro|passt|hai|aye|yass|mm-?hm+|uh-?huh|bet|ok|okay|okey|oki|k|kk|sure|certainly|"
    r"absolutely|"
    r"definitely|"
    r"(?<!much )indeed|of course|please do|go ahead|go for it|go on|carry on|you may|i do|count (?:me|us) in|i accept|accepted|"
    r"(?:put|pop|get|sign) (?:me|us) (?:in|down|up|on)|fair enough|understood|suits (?:me|us)|put (?:it|that) (?:on|in|through|down)|is fair|is understood|genau|"
    r"don'?t see why not|not going to say no(?: to (?:that|it|this))?|sounds like a plan|do it|do that|do so|proceed|confirm(?:ed|s)?|i agree|"
    r"agreed?|affirmative|"
    r"correct(?! (?:the|my|me)\b)|(?:that'?s?|it'?s|is) (?:is )?(?:right|correct|fine|good|great|perfect|"
    r"it|the one|all right)|"
    r"(?:sounds?|looks?|seems?) (?:just |about |all )?(?:good|great|perfect|lovely|fine|right|correct|wonderful|awesome|ok|okay)|"
    r"all (?:is |was |looks )?(?:good|correct|right|fine)|"
    r"(?:i|we) (?:consent|approve)|you have (?:my|our) (?:consent|approval|permission|blessing|go-ahead)|"
    r"(?:exactly |just )?what (?:i|we) (?:want|wanted|need|needed|asked for|had in mind)(?=[\s.!]*$|,)|"
    r"you(?:'ve| have)? got (?:it|everything|all of it)(?: all)?(?: right| correct)?(?=[\s.!]*$|,)|"
    r"(?:that|it|this) (?:suits (?:me|us)|will do|does it)|fire away|(?:that|it|this)(?:'?d|'?ll| will| would) (?:work|do)(?: (?:perfectly|great|well|nicely|just fine))?|"
    r"(?:the|those|these|this|all|your|my) (?:the |of the )?(?:details?|information|info)(?: (?:you have|found|above))?(?: (?:is|are))? (?:correct|right|accurate|fine|good)|"
    r"you(?:'?re| are) (?:right|correct)|you(?:'ve| have)? (?:got(?:ten)? )?(?:it|everything) (?:exactly|correct|right)|(?:i am|i'?m|we'?re) looking for|(?:that'?s|this is) what i(?:'?d| would) like|i like (?:it|that|this)(?=[\s.!]*$|,)|"
    r"approved|no prob|right you are|too right|be my guest|(?:would be |is |be )?just the (?:job|ticket)|"
    r"awesome(?=[\s,.!]*$|[\s,.!]+(?:please|thanks?|thank|yes))|"
    rf"perfect|exactly|spot on|deal(?! with)|book {_BOOK_IT}|lock it in|sign me up|make it so|alright|"
    r"hell (?:yes|yeah)|"
    r"works for (?:me|us)|fine (?:by|with) (?:me|us)|happy (?:with that|to (?:go ahead|proceed|confirm))|"
    r"(?:i|we)(?:'?ll| will| shall) (?:take|have) (?:it|that|this)|that works|"
    r"i want it(?=[\s.!]*$|,)|let'?s (?:do|book) (?:it|this|that)|"
    r"let'?s go(?= ahead| with (?:it|that|this)\b|[\s.!]*$|,)|"
    r"you (?:may|can) (?:go|proceed|book|confirm|do)|please (?:go|proceed|confirm|do|finali[sz]e|complete|"
    r"continue)|"
    rf"please book(?= {_BOOK_IT}\b|[\s.!]*$|,)|"
    r"(?:great|good|lovely|wonderful|fine|right|brilliant|excellent|super|cool)"
    r"(?=[\s,.!]*$|[\s,.!]+(?:please|thanks?|thank|yes|book|do|go|let|cheers|then|confirm|proceed)\b)|"
    r"by all means|very well|without (?:a )?doubt|nothing to (?:change|add)|finali[sz]e|continue)\b"
)
# "Sure" agrees and "sure is expensive" does not, nor "yes for the suite": beside a phrase that agrees only these words may stand.
_CLAUSES = re.compile(r"[.,;:!?]+|\s-+\s|\band\b")
_BESIDE = frozenset(
    re.findall(
        r"\S+",
        "please pls plz thanks thank thx ty you u very much so then now already just all it that that's thats "
        "this one is it's its i i'm i'd am we we'd my me us for to with by the a in of on do would will can "
        "be and well oh hey mate man dear sir madam love cheers indeed quite really most entirely perfectly "
        "fully totally hereby kindly gladly thing fine good great right ok okay correct happy said want what "
        "everything whole way booking reservation appointment order name behalf ahead details are as described say "
        "says dokey friend make making obviously go ooh ah uh plan side sake god god's lol haha heaven's here get on "
        "wonderful lovely perfect brilliant excellent super awesome fantastic amazing such nice splendid delightful superb ideal believe whatever ta danke merci "
        "gracias grazie tak cheers agree agrees agreement accurate true above sure were doke deffo duh bang im id thats "
        "your was times em hun xx xxx mhm claro passt jep da hai grand super hoping from every point points respect friendly help worries all at ugh um erm mm course perfectly persons people person upon por favor bitte prego should proceed like we're we'd i've we've they're bro girl legend sadly both away sweet hun honey pal lad lass ma'am ",
    )
)
# What may stand in a clause of its own beside a yes, because it asks for nothing and changes nothing.
_NEUTRAL = re.compile(
    r"\b(?:hurry up|the sooner the better|as soon as (?:possible|you can)|asap|at last|about time|finally|"
    r"how many times do (?:i|we) have to (?:say|repeat|ask)(?: it| that| for it)?|"
    r"(?:i|we)(?:'d| would| will|'ll) be (?:so |very |most |really )?(?:grateful|delighted|happy|glad|pleased)|"
    r"(?:most|very|so|really) (?:grateful|kind|helpful|good)(?: of you)?|(?:many|a thousand) thanks|thanks a (?:lot|million|bunch)|"
    r"(?:i|we) (?:really )?appreciate (?:it|that|your help)|(?:for|of) (?:your|the|all your) (?:help|time|patience)|"
    r"(?:i'm|i am|we're|we are)? ?(?:so |very |really )?(?:looking forward(?: to (?:it|that))?|excited|relieved|all set)|"
    r"you(?:'re| are|'ve been| have been) (?:a |an |the |so |very )*(?:star|angel|legend|lifesaver|best|great|kind|helpful|brilliant|saint)|"
    r"come on|chop chop|get (?:on with it|moving)|do your job|(?:and )?(?:quit|stop) asking|took you long enough|(?:for )?(?:god|heaven|christ|pity|goodness)'?s? sake|"
    r"(?:i'?m|i am|we'?re|we are) (?:falling asleep|waiting|dying)(?: here)?|(?:god)?damn ?(?:it)?|bloody hell|jesus|duh|"
    r"(?:my|our|the) \w+ (?:agrees?|is happy|says (?:yes|so))(?: too| as well)?|(?:all |everything )?is as it should be|"
    r"(?:i|we)(?:'ll| will| shall) be (?:at home|home|in|there|here|ready|waiting|around|at the phone)|"
    r"(?:i|we|he|she|they|(?:my|our|the) \w+)(?:'m|'re|'s|'ll be| will be| am| are| is) (?:so |very |really |absolutely )?(?:thrilled|chuffed|delighted|"
    r"over the moon|excited|overjoyed|happy|pleased|grateful)|"
    r"(?:many )?(?:thanks|thank you|thx|cheers|ta)(?: (?:so|very) much| a (?:lot|bunch|million))? for [^,.;!?\d]*|much (?:appreciated|obliged)|"
    r"(?:i|we)(?:'d| would) be (?:much |most )?obliged if you (?:would|did|could)(?: do (?:it|that))?|if you(?:'d| would) be so kind|"
    r"what a relief|bless you|(?:kind|best|many|warm) regards|how (?:wonderful|lovely|nice|exciting|kind)|that'?s a (?:weight|load) off my mind|"
    r"over the moon|(?:exactly )?what (?:we|i) (?:agreed|discussed|said)(?: upon| on)?|(?:it|that) was my (?:own )?fault|sorry about that|good (?:morning|afternoon|evening|day)|100 ?%|one hundred percent|no rush|"
    r"(?:all good|good) from (?:my|our) side|that'd be (?:great|lovely|good|perfect|wonderful)|like that)\b"
)
_DEED = re.compile(
    r"\W*(?:please |do |then |well |just |you may )*(?P<deed>\w+) (?:it|that|this|them|'?em|me|us|him|her)\b"
    r"(?: (?:up|in|on|down|off|away|through|for me|for us|like that|then|please|pls|now|thanks?|thank you))*\W*$"
)
# A closing formula takes the name under it along; small pictures say nothing of their own.
_SIGNED = re.compile(
    r"\b(?:(?:kind|best|many|warm|with kind) (?:regards|wishes)|yours (?:sincerely|faithfully|truly)|sincerely|cheers),?\s+(?:\w\.?\s+)?\w+\W*$"
)
_PICTURES = re.compile(r"[\U0001F300-\U0001FAFF\u2600-\u27BF\uFE0F]|[:;]-?[)D]")
_BEGINS = re.compile(
    r"\W*(?:yes|yeah|yep|yup|sure|ok|okay|certainly|absolutely|definitely|of course|agreed|indeed|by all means)\b"
)
_NO = re.compile(
    r"\b(no|nope|nah|never mind|nevermind|stop|wrong|incorrect|disagree|decline|refuse|forget|leave it|"
    r"(?:i'?m|we'?re) (?:good|fine|ok|okay|all ?right)(?! with| for)|keep (?:it|the|my)|changed my mind|under no circumstances)\b"
)
# A refusal takes all that it governs with it: "don't go ahead", "I can't agree to that", "absolutely not".
_REFUSED = re.compile(
    r"(?:\b(?:of course|absolutely|certainly|definitely|sure|please do|do) )?"
    r"\b(?:not|never|cannot|rather you|(?:do|does|did|wo|would|could|should|must|need|ca|is|are|"
    r"was)n'?t)\b[^.,;:!?]*"
)
# Phrases in which a word of refusal agrees: "why not", "no problem", "do not hesitate", "don't wait".
_NO_THAT_AGREES = re.compile(
    r"\b(why not|(?:i )?(?:don'?t|do not) see why not|not going to say no(?: to (?:that|it|this))?|no (?:problem|worries|objections?|issues?|doubt|complaints?|changes|need to (?:wait|change))|"
    r"not a problem|(?:do not|don'?t) (?:wait|hesitate)|can'?t wait|nothing wrong|can'?t say no(?: to (?:that|it|this))?|"
    r"(?:would|wouldn'?t|couldn'?t) (?:change|ask for) (?:a thing|better|anything)|couldn'?t be better|"
    r"stop asking|(?:do not|don'?t) (?:make me (?:wait|ask|repeat)|ask me again)[\w ]*)\b"
)
_DOUBT = re.compile(
    r"\b(just (?:the|a|an|one|my) (?!job|ticket|thing|same)|(?:thanks|thank you|thx|cheers|ta) for (?:explaining|the info\w*|"
    r"letting|telling|asking|checking|clarifying)|maybe|perhaps|(?<!-)hmm*|umm*|not (?:so |quite |entirely )?sure|unsure|i think so|think (?:about|"
    r"it over|more)|"
    r"(?:let me|lemme) (?:think|check|ask|see)|dunno|idk|(?:don'?t|do not) (?:know|understand|get it)|possibly|depends?|"
    r"might|(?:need|have|must) (?:to |speak |i )?(?:think|ask|check|speak|talk)|later|tomorrow|first|"
    r"again|only|yea[h]? (?:right|nah)|question|in principle|i heard|"
    r"(?:once|after|when) (?:i|we|you)|tell me|show me|how do|what (?:about|else|is)|how about|why would|"
    r"but|before (?:i|we|you)|except|unless|i thought|if|wait|hold on|hang on|(?:one|a) (?:moment|sec|"
    r"second|minute)|"
    r"yes and no|can'?t decide)\b"
)
# Something else is wanted than what was offered: a new proposal, not an answer.
_CHANGE = re.compile(
    r"\b(instead|though|cheaper|different|another|the other|(?:want|'d like) (?:a|an|the) (?!room\b|"
    r"booking|reservation)\w+|change (?:it|that|this|the|my|to)|actually|"
    r"make (?:the|my|our) (?!booking|reservation)\w+|"
    r"make (?:it|that) (?!so\b|quick|snappy|happen|official|please\b)\w+|"
    r"(?:book|do|take|want|confirm|reserve) (?:it|that|this|them) (?:for|on|from|with|under|at) "
    r"(?!me\b|us\b|my (?:behalf|name)|our behalf|now\b|once\b|god|the name|that name|pleasure|heaven|"
    r"christ|pity))"
)
_POLITE = re.compile(r"\bif you (?:would|could|please|don'?t mind|wouldn'?t mind)(?=[\s.!]*$|,| please| kindly)")
# Questions that nobody wants answered, and requests in the form of a question.
_RHETORICAL = re.compile(
    r"\b(?:what (?:did you think|are you waiting for|else)|didn'?t i|how many times [^?]*|did i stutter|"
    r"are you (?:slow|deaf|blind|stupid)|do i (?:have|need) to (?:beg|repeat|say)[^?]*|why not)\s*\?+"
)
_REQUEST = re.compile(
    rf"\b(?:can|could|would|will) you (?:please )?(go ahead|proceed|confirm (?:it|that)|do (?:it|that)|"
    rf"book {_BOOK_IT})"
    r"(?: please| now| then|,)*\s*\?+"
)


def consent(text: str, question: str = "") -> Consent:
    """Whether `text`, as an answer to a question such as "shall I do it?", is a clear yes, a clear no, or neither."""
    return read_answer(text, question).says


def read_answer(text: str, question: str = "") -> Answer:
    """What `text` says to `question`.

    The words of the question's last sentence may be taken up ("shall I send it?", "yes, send it"). "Cancel it"
    alone is neither yes nor no: after "shall I book it?" it refuses.
    """
    low = _SIGNED.sub(".", _PICTURES.sub(" ", re.sub(r"(.)\1{2,}", r"\1", plain(text).lower())))
    low = _REQUEST.sub(r" please \1. ", _RHETORICAL.sub(_answer, _POLITE.sub(" ", low)))
    without = _NO_THAT_AGREES.sub(" yes ", low)
    rest = _REFUSED.sub(" ", without)
    refuses = rest != without or bool(_NO.search(rest))
    clauses = [clause for clause in _CLAUSES.split(rest) if clause.strip()]
    agrees = any(_YES.search(clause) and not _own_words(clause, "") for clause in clauses)
    agrees = agrees or any(_YES.search(clause) and not _own_words(clause, question) for clause in clauses)
    agrees = agrees or any(_BEGINS.match(clause) or _takes_up(clause, question) for clause in clauses)
    asks = rest.strip().endswith("?") or ("?" in rest and not refuses)
    beside = next((clause.strip() for clause in clauses if _own_words(clause, question, agrees)), "")
    changes = bool(_CHANGE.search(rest)) and (refuses or beside) and not (refuses and not agrees)
    agrees = agrees and not refuses if any(_takes_up(clause, question) for clause in clauses) else agrees
    if _DOUBT.search(without) or changes or asks or agrees == refuses or (agrees and beside):
        return Answer("unsure", beside or text.strip())
    return Answer("yes") if agrees else Answer("no", text.strip())


def _takes_up(clause: str, question: str) -> bool:
    """Whether a clause asks for the very deed of the question, with a pronoun for its things: "extend them please".

    Not where the question offers two deeds ("shall I cancel it or keep it?").
    """
    asked = {_stem(word) for word in _words(plain(question).lower())}
    told = _DEED.match(clause)
    return (
        told is not None
        and "or" not in asked
        and _stem(told["deed"]) in asked
        and not _own_words(clause, question, True)
    )


def _own_words(clause: str, question: str, agrees: bool = False) -> list[str]:
    """The words of a clause that neither agree, nor are neutral, nor stand in the sentence that asked.

    Beside a yes of its own (`agrees`) a clause may take up any word of the question, in any form: "hold the audiobook"
    of "I'd hold the audiobook". Without one, who names one thing of several may mean that one alone.
    """
    asked = {_stem(word) for word in _words(plain(question).lower() if agrees else _last_sentence(question))}
    left = _words(_NEUTRAL.sub(" ", _YES.sub(" ", _NEUTRAL.sub(" ", clause))))
    return [word for word in left if word not in _BESIDE and not _among(_stem(word), asked)]


def _among(stem: str, asked: Collection[str]) -> bool:
    """Whether a word is one of these, or the beginning or the end of a longer one: "audio" of "audiobook"."""
    return stem in asked or (len(stem) > 3 and any(word.startswith(stem) or word.endswith(stem) for word in asked))


def _stem(word: str) -> str:
    """A word without its ending: "cancelled" and "cancel" are one."""
    bare = re.sub(r"(?:'s|ing|ed|es|s|e)$", "", word) if len(word) > 4 else word
    return bare[:-1] if len(bare) > 3 and bare[-1] == bare[-2] else bare


def _last_sentence(question: str) -> str:
    """The sentence that asks."""
    asking = [sentence for sentence in re.split(r"(?<=[.!?])\s+", plain(question).lower()) if sentence.endswith("?")]
    return asking[-1] if asking else ""


def _words(text: str) -> list[str]:
    return re.findall(r"[\w']+", text)


def _answer(match: re.Match[str]) -> str:
    return " yes. " if match[0].startswith("why not") else ". "
