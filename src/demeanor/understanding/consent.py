"""Does a message agree? Yes, no, or unsure.

A write needs a clear yes to exactly what was offered, so this reader is strict in one direction: a yes with a doubt, a
condition or a change in it is not a yes. It reads general English; nothing here knows the product.
"""

from __future__ import annotations

import re
from typing import Literal

Consent = Literal["yes", "no", "unsure"]

_YES = re.compile(
    r"\b(y|ye|yes|yep|yup|yeah|yea|yess+|yah|ya|aye|yass|ok|okay|okey|oki|k|kk|sure|certainly|absolutely|definitely|indeed|"
    r"of course|please do|go ahead|go for it|do it|do that|do so|proceed|confirm(?:ed|s)?|i agree|agreed?|affirmative|correct|"
    r"that'?s? (?:is )?(?:right|correct|fine|good|great|perfect|it|the one|all right)|sounds? (?:good|great|perfect|lovely|fine|right|about right)|"
    r"looks? (?:good|great|right|fine|perfect|correct)|all (?:good|correct|right|fine)|"
    r"perfect|exactly|spot on|deal|book (?:it|that|this|them|the room|us in|me in|away|now)|cancel (?:it|that|this|the|my|now)|"
    r"lock it in|sign me up|make it so|works for (?:me|us)|fine (?:by|with) (?:me|us)|happy (?:with that|to (?:go ahead|proceed|confirm))|"
    r"i'?ll take it|we'?ll take it|i want it|let'?s (?:do|go|book)|you (?:may|can) (?:go|proceed|book|cancel|confirm|do)|"
    r"please (?:book|go|proceed|confirm|cancel|do|finali[sz]e|complete|continue)|(?:great|good|lovely|wonderful|fine|right|brilliant|excellent|super|cool)"
    r"(?=[\s,.!]*$|[\s,.!]+(?:please|thanks?|thank|yes|book|do|go|let|cheers|then|confirm|proceed)\b)|"
    r"by all means|very well|without (?:a )?doubt|no (?:problem|objections?)|nothing to (?:change|add)|finali[sz]e|continue)\b"
)
_NO = re.compile(
    r"\b(no|nope|nah|not|don'?t|do not|never mind|nevermind|cancel that|stop|wait|hold on|wrong|incorrect|isn'?t|instead|rather not|"
    r"changed my mind|forget it|leave it|keep (?:it|the|my)|actually)\b"
)
# Phrases in which a word of refusal agrees: "why not", "no problem", "do not hesitate", "don't wait".
_NO_THAT_AGREES = re.compile(
    r"\b(why not|no (?:problem|worries|objections?|issues?|doubt|complaints?|changes?|need to (?:wait|change))|not a problem|don'?t wait|"
    r"do not hesitate|don'?t hesitate|can'?t wait|nothing wrong|no,? (?:that'?s|it'?s) (?:all|perfect|fine|right|correct)|"
    r"(?:would|wouldn'?t|couldn'?t) (?:change|ask for) (?:a thing|better|anything)|couldn'?t be better|no more questions|"
    r"cancel (?:it|that|this|the|my|booking|reservation)|please cancel|stop asking|what are you waiting for|don'?t make me (?:wait|ask|repeat)[\w ]*)\b"
)
_DOUBT = re.compile(
    r"\b(maybe|perhaps|hmm+|umm*|not sure|unsure|i think so|think (?:about|it over)|let me (?:think|check|ask|see)|dunno|don'?t know|possibly|"
    r"might|need to (?:think|ask|check)|have to (?:think|ask|check)|later|depends?|if (?:it|you|the|there|we|i)|what about|how about|but|before (?:i|we|you)|except)\b"
)


def consent(text: str) -> Consent:
    """Whether `text`, as an answer to "shall I do it?", is a clear yes, a clear no, or neither."""
    plain = re.sub(r"[’`]", "'", text.lower())
    plain = re.sub(r"(.)\1{2,}", r"\1", plain)
    without = _NO_THAT_AGREES.sub(" yes ", plain)
    refuses = bool(_NO.search(without))
    agrees = bool(_YES.search(without))
    if _DOUBT.search(without) or (without.strip().endswith("?") and not agrees):
        return "unsure"
    if agrees and not refuses:
        return "yes"
    if refuses and not agrees:
        return "no"
    return "unsure"
