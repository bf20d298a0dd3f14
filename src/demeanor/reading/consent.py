"""Does a message agree? Yes, no, or unsure.

A write needs a clear yes to exactly what was offered, so this reader is strict in one direction: a yes with a doubt,
a question, a condition or a change in it is not a yes. What a refusal governs ("don't go ahead", "certainly not") is
taken away before anything is looked for that agrees. It reads general English; nothing here knows the product.
"""

from __future__ import annotations

import re
from typing import Literal

Consent = Literal["yes", "no", "unsure"]

_BOOK_IT = r"(?:it|that|this|them|the room|us in|me in|away|now)"
_YES = re.compile(
    r"\b(y|ye|yes|yep|yup|yeah|yea|yess+|yah|ya|aye|yass|ok|okay|okey|oki|k|kk|sure|certainly|absolutely|"
    r"definitely|"
    r"indeed|of course|please do|go ahead|go for it|do it|do that|do so|proceed|confirm(?:ed|s)?|i agree|"
    r"agreed?|affirmative|"
    r"correct(?! (?:the|my|me)\b)|(?:that'?s?|it'?s|is) (?:is )?(?:right|correct|fine|good|great|perfect|"
    r"it|the one|all right)|"
    r"(?:sounds?|looks?|seems?) (?:just |about |all )?(?:good|great|perfect|lovely|fine|right|correct|wonderful|awesome|ok|okay)|"
    r"all (?:is |was |looks )?(?:good|correct|right|fine)|"
    r"(?:i|we) (?:consent|approve)|you have (?:my|our) (?:consent|approval|permission|blessing|go-ahead)|"
    r"(?:exactly |just )?what (?:i|we) (?:want|wanted|need|needed|asked for|had in mind)(?=[\s.!]*$|,)|"
    r"you(?:'ve| have)? got (?:it|everything|all of it)(?: all)?(?: right| correct)?(?=[\s.!]*$|,)|"
    r"(?:that|it|this) (?:suits (?:me|us)|will do|does it)|i like (?:it|that|this)(?=[\s.!]*$|,)|"
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
        "everything whole way booking reservation room name behalf ahead details are as described say says "
        "dokey friend make making obviously go ooh ah uh um plan side sake god god's lol haha heaven's here get on ",
    )
)
_NO = re.compile(
    r"\b(no|nope|nah|never mind|nevermind|stop|wrong|incorrect|disagree|decline|refuse|forget|leave it|"
    r"keep (?:it|the|my)|changed my mind|under no circumstances)\b"
)
# A refusal takes all that it governs with it: "don't go ahead", "I can't agree to that", "absolutely not".
_REFUSED = re.compile(
    r"(?:\b(?:of course|absolutely|certainly|definitely|sure|please do|do) )?"
    r"\b(?:not|never|cannot|rather you|(?:do|does|did|wo|would|could|should|must|need|ca|is|are|"
    r"was)n'?t)\b[^.,;:!?]*"
)
# Phrases in which a word of refusal agrees: "why not", "no problem", "do not hesitate", "don't wait".
_NO_THAT_AGREES = re.compile(
    r"\b(why not|no (?:problem|objections?|issues?|doubt|complaints?|changes?|need to (?:wait|change))|"
    r"not a problem|(?:do not|don'?t) (?:wait|hesitate)|can'?t wait|nothing wrong|"
    r"(?:would|wouldn'?t|couldn'?t) (?:change|ask for) (?:a thing|better|anything)|couldn'?t be better|"
    r"no more questions|stop asking|(?:do not|don'?t) (?:make me (?:wait|ask|repeat)|ask me again)[\w ]*)\b"
)
_DOUBT = re.compile(
    r"\b(maybe|perhaps|hmm*|umm*|not (?:so |quite |entirely )?sure|unsure|i think so|think (?:about|"
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


def consent(text: str) -> Consent:
    """Whether `text`, as an answer to "shall I do it?", is a clear yes, a clear no, or neither.

    "Cancel it" alone is neither: after "shall I book it?" it refuses, after "shall I cancel it?" it agrees.
    """
    plain = re.sub(r"[’`]", "'", text.lower())
    plain = re.sub(r"(.)\1{2,}", r"\1", plain)
    plain = _REQUEST.sub(r" please \1. ", _RHETORICAL.sub(_answer, _POLITE.sub(" ", plain)))
    without = _NO_THAT_AGREES.sub(" yes ", plain)
    rest = _REFUSED.sub(" ", without)
    refuses = rest != without or bool(_NO.search(rest))
    agrees = any(_agrees(clause) for clause in _CLAUSES.split(rest))
    changes = bool(_CHANGE.search(rest)) and not (refuses and not agrees)
    asks = rest.strip().endswith("?") or ("?" in rest and not refuses)
    if _DOUBT.search(without) or changes or asks or agrees == refuses:
        return "unsure"
    return "yes" if agrees else "no"


def _agrees(clause: str) -> bool:
    """Whether a clause says something that agrees, and nothing of its own beside it."""
    left, found = _YES.subn(" ", clause)
    return bool(found) and all(word in _BESIDE for word in re.findall(r"[\w']+", left))


def _answer(match: re.Match[str]) -> str:
    return " yes. " if match[0].startswith("why not") else ". "
