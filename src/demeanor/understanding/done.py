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
    r"(?:made|did|done|finished|placed|put|taken|took|closed|held|removed|dropped|sorted|arranged|released|submitted|processed|completed|confirmed|saved|"
    r"entered|registered|received your|got your|grabbed|claimed|freed|wiped|pulled|cleared|struck|erased|marked|created|issued|filed|logged|ended|stopped|"
    r"carried out|gone through with|let go(?: of)?|handled|recorded|wrapped up|blocked|assigned|allocated|set aside|sent)"
)
_THING = r"(?:booking|reservation|room|stay|suite|cancell?ation|visit|trip|nights?|place|order|appointment|arrangements?|[A-Z]{2,4}-\d{3,})"
_ADVERB = (
    r"(?: \w+ly| now| all| just| already| then| also| gone ahead(?: and)?| went ahead(?: and)?| here| safe and sound)*"
)
_STATE = (
    rf"(?:{_DONE}|confirmed|completed?|made|placed|processed|sorted(?: out)?|arranged|settled|submitted|removed|released|registered|recorded|"
    r"wrapped up|closed|dropped|freed(?: up)?|cleared|handled|held for you|set aside|entered|void|blocked|taken (?:off|out|care of|for you|by you)|through|waiting for you|"
    r"(?:in|on|off)(?=\W*$)|under (?-i:[A-Z])\w+|in order|done(?: and dusted)?|in place|set in stone|"
    r"in (?:the|our) (?:system|books|diary|calendar)|on (?:the|our) (?:books|list)|yours|all yours|good to go|history|over|official|successful|"
    r"under your name|in your name|waiting for you|no longer (?:active|valid|booked|reserved|in|on|there|exists?)|off (?:the|our) (?:books|system|list|records?))"
)
_SHAPES = re.compile(
    # Who did it.
    rf"\b(?:i|we)(?:'ve|’ve| have| had| did)?{_ADVERB} {_DONE}\b|"
    rf"\b(?:i|we)(?:'ve|’ve| have| had| did)?{_ADVERB} {_WITH_THING}\b[^.?!;]{{0,40}}?\b(?:{_THING})\b(?! (?:search|request|question|options?|type))|"
    rf"\b(?:i|we)(?:'ve|’ve| have)(?: got)? (?:you|your \w+|that|it|everything)(?: all| both)? (?:down (?:for|as|in)|in\b|{_DONE}|confirmed|sorted|set|noted as {_DONE})|"
    rf"\b(?:i|we)(?:'ve|’ve| have)?{_ADVERB} {_WITH_THING} (?:it|that|this|you|everything|the whole thing)(?: all)? (?:through|off|out|in|up|for you|from|under|aside)\b|"
    rf"\b(?:i|we)(?:'ve|’ve| have)?(?: been| was| were)? (?:able|managed) to (?:book|secure|reserve|cancel|grab|remove|arrange|get you)\b|"
    rf"\b(?:i|we)(?:'m|'re|’m|’re| am| are){_ADVERB} holding (?:a|the|your|this|that) (?:{_THING})\b|\blet (?:the|your|that) (?:{_THING}) go\b|"
    # What became of it.
    rf"\b(?:{_THING}|it|that|this|everything|you|guests?|all)\b[^.?!;]{{0,45}}?(?:\b(?:is|are|was|were|has|have|has been|have been|been|got|gets?|stands)|'s|’s|'re|’re){_ADVERB} (?:been{_ADVERB} )?{_STATE}(?!\w)|"
    rf"\b(?:booking|reservation|stay|trip|visit) (?:is|has){_ADVERB} gone\b|\b(?:{_THING}|name) (?:is|goes){_ADVERB} on (?:the|our) (?:list|books)\b|"
    rf"\b(?:{_THING})\b[^.?!;]{{0,30}}? (?:belongs to you|awaits you|(?:has|with) your name on it)\b|"
    r"\byou(?:'ve|’ve| have)? now (?:have|got) (?:a|the|your)\b|\byou(?:'ve|’ve| have) got the (?:room|suite|booking)\b|\byou have (?:a|the) (?:room|booking|reservation)\b[^.?!]* now\b|"
    rf"\b(?:you|i) (?:no longer have|don'?t have) (?:a|any|the) (?:booking|reservation)\b[^.?!]*(?:any ?more|with us)|\b(?:booking|reservation|stay) (?:doesn'?t exist|won'?t take place|does not exist)\b|"
    rf"(?:\b(?:is|are|has been|have been)|'s|’s|'re|’re){_ADVERB} (?:booked|reserved|cancell?ed)\b|"
    rf"\byou(?:'re|’re| are){_ADVERB} (?:set|in|confirmed|good to go|down for|off the hook|checked in|expected|free of)\b|"
    # What went well.
    rf"\b(?:{_THING}|it|that|this|everything|all)\b[^.?!;]{{0,30}}? (?:went|came|has gone|have gone|has come|gone) through\b|"
    rf"\b(?:booking|reservation|cancell?ation)(?: is|:)?{_ADVERB} (?:complete|completed|confirmed|successful|done|made|processed|sorted)\b|"
    rf"\bsuccessfully {_DONE}\b|\b(?:booking|reservation|stay|room|trip) (?:no longer exists|has gone|is no more)\b|"
    rf"\b(?:won'?t|will not|no longer|not) (?:be )?(?:expected|expecting you)\b|"
    rf"\bnothing (?:is |will be )?(?:left|booked) (?:to (?:do|cancel)|in your name|under your name|anymore|any more)\b|"
    r"\bthank(?:s| you)(?: so much| very much)? for (?:booking|reserving|(?:making )?your (?:booking|reservation))\b|"
    r"\bconfirmation(?: e-?mail| mail| message| letter)? (?:has been|was|is) (?:sent|on its way|in your inbox)|\bdone deal\b|\bthat'?s you\b|"
    rf"\b(?:delighted|happy|pleased|glad|this is|able) to confirm (?:that )?(?:your|the|a|an|it|you)\b|\bhaving {_DONE} (?:your|the|a|it)\b|\bstatus(?: of \w+)?: (?:{_DONE}|confirmed)\b|"
    rf"\b(?:i|we|system|team) (?:have|has|'ve) (?:book|cancel|reserve|make|processed) (?:your|the|a|it)\b|\bthat'?s (?:your|the|one|a) [^.?!,]{{0,30}}(?:{_DONE}|sorted|taken care of)\b|"
    rf"\b(?:{_THING})s? (?:is|are|now)(?: now| all)* (?:book|cancel|reserve)\b|\b(?:{_THING})s? got {_DONE}\b|\b(?:room|suite|stay|booking|reservation) {_DONE}\W*$|"
    rf"\bnew (?:booking|reservation) as confirmed\b|\b(?:{_THING})s? (?:\w+ ){{0,4}}now exists?\b|\b(?:{_THING})s? (?:is|are|has been)(?: now)* (?:guaranteed|held|allocated)\b|"
    # The plain cry.
    rf"^\W*(?:(?:great|perfect|okay|ok|wonderful)\W+)?(?:the |your )?(?:\w+ )?(?:{_THING}) (?:{_DONE}|made|confirmed|completed?|done)\b\W*$|"
    rf"^\W*(?:just|now|already|successfully) {_DONE}\b|"
    rf"^\W*(?:(?:okay|ok|right|great|perfect|and|there|that'?s|it'?s|wonderful|alright|good news|consider it|yes)\b\W*)*(?:all |now )*"
    rf"(?:done(?: and dusted)?|sorted|{_DONE}|confirmed|all set)\b(?! (?:out|up|is|are|the|by|with|in writing))|"
    rf"\bconsider (?:it|that|this|your \w+|the \w+|everything|yourself) (?:all )?(?:{_DONE}|done|sorted|gone|confirmed)\b|"
    r"\b(?:that|it|all|everything|this)(?:'s|’s| is)(?: now| all| already)* (?:done|sorted|taken care of|settled|wrapped up|arranged|(?:all )?set(?! out))\b",
    re.IGNORECASE,
)
# In front of a claim these take it back: a condition, a promise, a wish, a denial.
_NOT_YET = re.compile(
    r"\b(?:if|once|when(?:ever)?|as soon as|unless|until|till|after|before|should|would|could|can|may|might|must|shall|will|"
    r"like|want(?:ed|s)?|going|let'?s|nothing|none|no|not|never|cannot|whether|how|to (?:be|have|get)|be|suppose|assume|only|any(?: \w+)?|hasn|haven|isn|aren|wasn)\b"
    r"|n['’]t\b|'ll\b|’ll\b|'d\b",
    re.IGNORECASE,
)
# Rules ("the room is yours until 11:00") and what is to happen first are no deeds.
_LATER = re.compile(
    r"\b(?:until|till|once you|as soon as you|if you (?:say|confirm|agree|like|want)|when you (?:say|confirm))\b",
    re.IGNORECASE,
)

# "No longer", "won't be expected": where the negation is the claim.
_ENDING = re.compile(
    r"no longer|won'?t|will not be|nothing|not be\b|(?:doesn'?t|does not) exist|don'?t have", re.IGNORECASE
)
# What is taken by others, and what stands in the books already.
_OTHERS = re.compile(
    r"\bfully booked\b|\b(?:someone|somebody|anyone) else\b|\b(?:other|another) guests?\b|\b(?:rooms|suites|hotels|houses|everything|nothing|we)\b[^.?!]{0,30}"
    r"(?:\b(?:is|are)|'re|’re)(?: all| already| sadly| unfortunately)* (?:booked|reserved|taken|gone)\b|"
    r"\b(?:i|we) (?:can )?(?:see|found|find)\b|\b(?:it|system|records?) (?:says|shows?)\b|\baccording to\b",
    re.IGNORECASE,
)


def done_claims(sentence: str) -> list[str]:
    """What a sentence claims to have been done, in its own words; nothing for a question."""
    if sentence.endswith("?") or _LATER.search(sentence) or _OTHERS.search(sentence):
        return []
    found = []
    for match in _SHAPES.finditer(sentence):
        before = re.split(r"[,;:–—]|\bbut\b|\band\b|\bso\b", sentence[: match.start()])[-1]
        inside = _NOT_YET.search(match.group(0))
        if not _NOT_YET.search(before) and not (inside and not _ENDING.search(match.group(0))):
            found.append(match.group(0).strip())
    return found
