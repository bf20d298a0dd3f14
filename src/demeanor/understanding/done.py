"""Whether a reply says that something has been done: booked, cancelled, sent.

Four shapes of English say so: who did it ("I've gone ahead and booked it"), what became of it ("your stay is now
confirmed"), what went well ("the reservation went through") and the plain cry ("All done!", "consider it
cancelled"). Conditions, promises and denials in front ("once you say yes", "nothing has been") take it back.
"""

from __future__ import annotations

import re

# What only a deed of the agent's brings about, and what does so only with a thing to do it to.
_DONE = (
    r"(?:re-?)?(?:booked|reserved|cancell?ed|secured|finali[sz]ed|scheduled|voided|refunded|unbooked|revoked|annulled|deleted|terminated|"
    r"called off|locked in|put through|taken care of|snapped up|signed up|ordered|withdrawn|scrapped|undone|rescinded)"
)
_WITH_THING = (
    r"(?:made|placed|put|taken|took|closed|held|removed|dropped|sorted|arranged|released|submitted|processed|completed|confirmed|set|saved|"
    r"entered|registered|got|grabbed|claimed|freed|wiped|pulled|cleared|struck|erased|marked|created|issued|filed|logged|ended|stopped|"
    r"carried out|gone through with|let go(?: of)?|handled|recorded|wrapped up|blocked|assigned|allocated|set aside|sent)"
)
_THING = (
    r"(?:booking|reservation|room|stay|suite|cancell?ation|visit|trip|nights?|place|order|appointment|name|standard|deluxe|double|view|"
    r"arrangements?|dates|[A-Z]{2,4}-\d{3,})"
)
_ADVERB = (
    r"(?: \w+ly| now| all| just| already| then| also| gone ahead(?: and)?| went ahead(?: and)?| here| safe and sound)*"
)
_STATE = (
    rf"(?:{_DONE}|confirmed|completed?|made|placed|processed|sorted(?: out)?|arranged|settled|submitted|removed|released|registered|recorded|"
    r"wrapped up|closed|dropped|freed(?: up)?|cleared|handled|held for you|blocked|taken (?:off|out)|done(?: and dusted)?|in place|set in stone|"
    r"in (?:the|our) (?:system|books|diary|calendar)|on (?:the|our) books|yours|all yours|good to go|history|gone|over|official|successful|"
    r"under your name|in your name|waiting for you|no longer (?:active|valid|booked|reserved|in|on|there|exists?)|off (?:the|our) (?:books|system|list|records?))"
)
_SHAPES = re.compile(
    # Who did it.
    rf"\b(?:i|we)(?:'ve|’ve| have| had| did)?{_ADVERB} {_DONE}\b|"
    rf"\b(?:i|we)(?:'ve|’ve| have| had| did)?{_ADVERB} {_WITH_THING}\b[^.?!;]{{0,40}}?\b(?:{_THING})\b(?! (?:search|request|question|options?|type))|"
    rf"\b(?:i|we)(?:'ve|’ve| have)(?: got)? (?:you|your \w+|that|it|everything)(?: all| both)? (?:down|in\b|{_DONE}|confirmed|sorted|set|noted as {_DONE})|"
    rf"\b(?:i|we)(?:'ve|’ve| have)?{_ADVERB} {_WITH_THING} (?:it|that|this|you|everything|the whole thing)(?: all)? (?:through|off|out|in|up|down|for you|from|under|aside)\b|"
    # What became of it.
    rf"\b(?:{_THING}|it|that|this|everything|you|guests?|all)\b[^.?!;]{{0,45}}?(?:\b(?:is|are|was|were|has been|have been|been|got|gets?|stands)|'s|’s|'re|’re){_ADVERB} (?:been )?{_STATE}\b|"
    rf"(?:\b(?:is|are|has been|have been)|'s|’s|'re|’re){_ADVERB} (?:booked|reserved|cancell?ed)\b|"
    rf"\byou(?:'re|’re| are){_ADVERB} (?:set|in|confirmed|good to go|down for|off the hook|checked in|expected|free of)\b|"
    # What went well.
    rf"\b(?:{_THING}|it|that|this|everything|all)\b[^.?!;]{{0,30}}? (?:went|came|has gone|have gone|has come|gone) through\b|"
    rf"\b(?:booking|reservation|cancell?ation)(?: is|:)?{_ADVERB} (?:complete|completed|confirmed|successful|done|made|processed|sorted)\b|"
    rf"\bsuccessfully {_DONE}\b|\b(?:booking|reservation|stay|room|trip) (?:no longer exists|has gone|is no more)\b|"
    rf"\b(?:won'?t|will not|no longer|not) (?:be )?(?:expected|expecting you)\b|"
    rf"\bnothing (?:is |will be )?(?:left|booked) (?:to (?:do|cancel)|in your name|under your name|anymore|any more)\b|"
    # The plain cry.
    rf"^\W*(?:(?:okay|ok|right|great|perfect|and|there|that'?s|it'?s|wonderful|alright|good news|consider it|yes)\b\W*)*(?:all |now )*"
    rf"(?:done(?: and dusted)?|sorted|{_DONE}|confirmed|all set)\b(?! (?:is|are|the|by|with|in writing))|"
    rf"\bconsider (?:it|that|this|your \w+|the \w+|everything) (?:all )?(?:{_DONE}|done|sorted|gone|confirmed)\b|"
    r"\b(?:that|it|all|everything|this)(?:'s|’s| is)(?: now| all| already)* (?:done|sorted|taken care of|settled|wrapped up|arranged|gone|set)\b",
    re.IGNORECASE,
)
# Rules ("the room is yours until 11:00") and what is to happen first are no deeds.
# In front of a claim these take it back: a condition, a promise, a wish, a denial.
_NOT_YET = re.compile(
    r"\b(?:if|once|when(?:ever)?|as soon as|unless|until|till|after|before|should|would|could|can|may|might|must|shall|will|"
    r"like|want(?:ed|s)?|going|let'?s|nothing|none|no|not|never|cannot|whether|how|to (?:be|have|get)|be|suppose|assume|only|any(?: \w+)?|hasn|haven|isn|aren|wasn)\b"
    r"|n['’]t\b|'ll\b|’ll\b|'d\b",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(?:until|till|once you|as soon as you|if you (?:say|confirm|agree|like|want)|when you (?:say|confirm))\b",
    re.IGNORECASE,
)


def done_claims(sentence: str) -> list[str]:
    """What a sentence claims to have been done, in its own words; nothing for a question."""
    if sentence.endswith("?") or _LATER.search(sentence):
        return []
    found = []
    for match in _SHAPES.finditer(sentence):
        before = re.split(r"[,;:–—]|\bbut\b|\band\b|\bso\b", sentence[: match.start()])[-1]
        inside = _NOT_YET.search(match.group(0))
        if not _NOT_YET.search(before) and not (inside and not _ENDING.search(match.group(0))):
            found.append(match.group(0).strip())
    return found


# "No longer", "won't be expected": where the negation is the claim.
_ENDING = re.compile(r"no longer|won'?t be|will not be|nothing|not be", re.IGNORECASE)
