"""Whether a reply says that something has been done: booked, cancelled, sent.

Five shapes of English say so: who did it ("I've gone ahead and booked it"), what became of it ("your stay is now
confirmed"), what is no more ("there is no longer any stay"), what went well ("the reservation went through") and the
plain cry ("All done!", "consider it cancelled"). Any verb counts but a short list of harmless deeds ("I've found", "it
has been noted"). Conditions, promises and denials in front ("once you say yes", "nothing has been") take it back.
"""

from __future__ import annotations

import re

# What a deed is done to: by name, by its code, and in other words that count only beside a verb that tells.
_THING = r"(?:bookings?|reservations?|rooms?|suites?|cancell?ations?|cancell?ing|stays?|visit|trip|nights?|place|order|appointment|arrangements?|[A-Z]{2,4}-\d{3,})"
_MORE_THINGS = (
    r"(?:deluxe|standard|twin|double|single|slot|spot|accommodation|holiday|getaway|break|weekend|request|formalities|paperwork|contract|deal|file|name|calendar|list|"
    r"table|ticket|seat|system|dates)"
)
_ANY_THING = rf"(?:{_THING}|{_MORE_THINGS})"
# A determined one: "a booking is cancelled free of charge" is a rule.
_THIS_THING = rf"(?:(?:your|the|this|that|those|these|both|all|of)\b(?:[ -][\w'&-]+){{0,4}}? (?:{_THING}|slot|spot|contract|file|place|name)|[A-Z]{{2,4}}-\d{{3,}})\b"
_THIS_BOOKING = r"(?:(?:your|the|this|that|those|these|both)\b(?:[ -][\w'&-]+){0,4}? (?:bookings?|reservations?|cancell?ation|stays?|trip|visit|slot|spot|contract|file|name)|[A-Z]{2,4}-\d{3,})\b"
_ADVERB = r"(?: \w+ly| now| all| both| just| already| then| also| since| hereby| duly| gone ahead(?: and)?| went ahead(?: and)?| gone and| went and| ready and| here| safe and sound| as of \w+)*"

# What only a deed of the agent's brings about, and what does so only with a thing to do it to.
_DONE = (
    r"(?:re-?)?(?:booked|reserved|cancell?ed|secured|finali[sz]ed|scheduled|voided|refunded|unbooked|revoked|annulled|deleted|terminated|"
    r"called (?:(?:it|that|this|everything|(?:your|the) \w+) )?off|locked (?:it |that |this )?(?:in|away)|put through|taken care of|took care of|snapped up|signed up|ordered|withdrawn|scrapped|undone|rescinded)"
)
_WITH_THING = (
    r"(?:made|did(?! (?:not|find|see|check|look|note|ask|mention|get|have))|done|finished|placed|put|taken|took|closed|held|removed|dropped|sorted|arranged|released|submitted|processed|completed|confirmed|saved|"
    r"entered|registered|(?:received|got) your(?! (?:request|message|question|e-?mail|details|dates))|grabbed|claimed|freed|wiped|pulled(?! up)|cleared|struck|erased|marked|created|issued|filed|logged|ended|stopped|"
    r"carried out|dealt with|put a stop to|(?:gone|went) (?:through|ahead) with|let go(?: of)?|handled|recorded|wrapped up|blocked|assigned|allocated|set aside|sent)"
)
# Other words for the same two deeds: to secure, and to undo.
_SECURED = (
    r"(?:snagged|nabbed|bagged|clinched|nailed down|locked (?:in|down|away|up)|pencill?ed in|slotted in|squeezed in|organi[sz]ed|fixed|settled|allott?ed|allocated|earmarked|"
    r"(?:set|put) aside|enrolled|accomplished|signed(?:,)? (?:and )?sealed|guaranteed|formali[sz]ed)"
)
_UNDONE = (
    r"(?:binned|wiped|axed|nixed|quashed|dissolved|erased|reversed|unwound|vanished|ended|dropped|removed|crossed (?:off|out)|struck|rolled back|closed out|taken (?:down|off|out)|"
    r"lifted|cleared|freed|released|surrendered|(?:handed|given) (?:back|on|up)|discontinued|unpicked|nullified|invalidated|purged|torn up|called off|shelved|pulled|deactivated|inactive)"
)
# Deeds that change nothing for the guest: to look, to talk, to think, to try, to note, to pass a question on.
_HARMLESS = (
    r"(?:found|noted|noticed|check\w*|changed|updated|adjusted|corrected|search\w*|look\w*|review\w*|compar\w+|verified|consult\w+|scann\w+|identified|located|spotted|seen|listed|"
    r"told|asked|mention\w*|suggest\w*|recommend\w*|offer\w*|described|explained|quoted|promis\w+|answer\w*|repli\w+|repeated|summari[sz]ed|outlined|stated|"
    r"liked|loved|hoped|want\w*|need\w*|assum\w+|remember\w*|believed|wish\w*|wonder\w*|consider\w*|decided|expect\w*|enjoy\w*|appreciat\w+|intend\w*|plann\w+|guess\w*|"
    r"tried|attempt\w*|start\w*|fail\w*|miss\w*|mix\w*|confus\w+|receiv\w+|pick\w*|select\w*|narrow\w*|includ\w+|gather\w*|collect\w*|count\w*|calculat\w+|prepar\w+|provid\w+|rated|"
    r"moved|kept|ignored|help\w*|assist\w*|welcom\w+|stay\w*|visit\w*|used|show\w*|pass\w*|forward\w*|handed|referr\w+|turned|agreed|talked|learn\w*|pull\w* up|brought|open\w*|"
    r"renovat\w+|refurbish\w+|redecorat\w+|design\w*|built|equipp\w+|furnish\w*|locat\w+|situat\w+|based|call(?:ed)?(?! (?:\w+ )?off)|priced|requir\w+|request\w*|taken(?! (?:off|out|down|care))|left|"
    r"paid|charged|affected|touched|limited|dated|given(?! (?:back|on|up|away))|known|meant|indeed|need|feed|breed|speed|red|bed|wed|led)"
)
_IRREGULAR = r"(?:put|took|taken|made|did(?! \w+n't| (?:not|find|see|check|look|note|ask|mention|get|have))|done|struck|stricken|undid|undone|unwound|withdrew|withdrawn|gave|given|let|cut|shut|threw|thrown|tore|torn|got rid of|held|freed|wrote off|backed)"
_PAST = rf"(?!(?:{_HARMLESS}|added)\b)(?:\w{{2,}}ed|{_IRREGULAR})"
_PARTICIPLE = rf"(?!{_HARMLESS}\b)(?:\w{{2,}}ed|taken|made|done|struck|undone|unwound|withdrawn|given|let go|cut|shut|thrown|torn|held|put)"
_STATE = (
    rf"(?:{_DONE}|confirmed|completed?|made(?! (?:up|of))|placed|processed|sorted(?: out)?|arranged|settled|submitted|removed|released|registered|recorded|"
    r"wrapped up|closed|dropped|freed(?: up)?|cleared|handled|held for you|set aside|entered|void|blocked|taken (?:off|out|care of|for you|by you)|through|waiting for (?:you|(?:nobody|no one) but you)|"
    r"(?:in|on)(?=\W*$)|off(?=\W*$|,)|under (?-i:[A-Z])\w+|in order|done(?: and dusted)?|in place|set in stone|"
    r"in (?:the|our) (?:system|books|diary|calendar)|on (?:the|our) (?:books|list)|on file|in the bag|dead(?: and buried)?|yours|all yours|good to go|history|over|official|successful|a success|effective|now active|live|certain|"
    r"under your name|in your name|no longer (?:active|valid|booked|reserved|held|kept|in|on|there|exists?)|(?:off|out of) (?:the|our) (?:books|system|list|records?|calendar|market)|"
    rf"down to you|all set|inactive|finished|{_SECURED}|{_UNDONE})"
)
# "That" by itself, not "that change".
_BARE = r"(?=\W*$|[,;:]| (?:for|on|in|up|off|out|now|just|already|as|with|right|straight|at|so|and|before|while)\b)"

# Who did it.
_BY_ME = (
    rf"\b(?:i|we)(?:'ve| have| had| did)?{_ADVERB} {_DONE}\b",
    rf"\b(?:i|we)(?:'ve| have| had| did)?{_ADVERB} {_WITH_THING}\b[^.?!;]{{0,40}}?\b(?:{_THING})\b(?! (?:search|request|question|options?|type))",
    # Any other verb, in the past, to the booking or to "it".
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} {_PAST}\b[^.?!;,]{{0,25}}?\b(?:your|the|this|that|both|all|a)\b[^.?!;,]{{0,25}}?\b(?!request)(?:{_ANY_THING}|{_THING}s)\b(?! (?:search|question|options?|type))",
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} {_PAST}(?: (?:up|off|out|down|back|away|in))? (?:(?:that|this){_BARE}|(?:it|you|everything|both|things|yours|your name)\b)",
    rf"\b(?:i|we|team|hotel)(?:'ve| have| has)?{_ADVERB} (?:put|set) (?:your|the|this|that) (?:\w+ )?{_ANY_THING} (?:aside|through|by)\b",
    rf"\b{_THING}\b[^.?!;,]{{0,15}}?,? i have{_ADVERB} (?:{_PARTICIPLE})",
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} let (?:yours|it|that) go\b|\b(?:i|we)(?:'ve| have){_ADVERB} seen to (?:it|that|everything)\b",
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} (?:told|informed|notified|alerted) (?:the (?:hotel|house|reception|front desk|team|staff)|them)\b",
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} (?:press|hit|click|push|tick)(?:ed)? (?:the |it )?(?:\w+ )?(?:button|box|away|confirm|book|cancel|send)\b",
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} (?:taken|took) the liberty of \w+ing\b",
    rf"\b(?:i|we)(?:'ve| have)(?: got)? (?:you|your \w+|that|it|everything)(?: all| both)? (?:down (?:for|as|in)|in\b|{_DONE}|confirmed|sorted|set|made|arranged|noted as {_DONE})",
    rf"\b(?:i|we)(?:'ve| have)?{_ADVERB} {_WITH_THING} (?:it|that|this|you|everything|the whole thing)(?: all)? (?:through|off|out|in|up|for you|from|under|aside)\b",
    r"\b(?:i|we)(?:'ve| have)?(?: been| was| were)? (?:able|managed) to(?: \w+ly)? (?:book|secure|reserve|cancel|grab|remove|arrange|complete|finali[sz]e|make (?:your|the|that|this|a)|get you)\b",
    rf"\b(?:i|we)(?:'m|'re| am| are){_ADVERB} holding (?:a|the|your|this|that) (?:{_THING})\b|\blet (?:the|your|that) (?:{_THING}) go\b",
    r"\b(?:i|we|system|team) (?:have|has|'ve) (?:book|cancel|reserve|make|processed) (?:your|the|a|it)\b",
    rf"\b(?:system|hotel|team|colleagues?|reception|front desk)(?: has| have)?{_ADVERB} {_PARTICIPLE} (?:your|the|this|that)\b[^.?!;,]{{0,25}}?\b{_THING}\b",
)
# What became of it.
_OF_IT = (
    rf"\b(?:{_THING}|it|that|this|everything|you|guests?|all)\b[^.?!;]{{0,45}}?(?:\b(?:is|are|was|were|has|have|has been|have been|been|got|gets?|stands)|'s|'re){_ADVERB} (?:been{_ADVERB} )?{_STATE}(?!\w)",
    rf"\b(?:{_MORE_THINGS})\b[^.?!;]{{0,30}}?(?:\b(?:is|are|was|were|has been|have been|been|got|stands)|'s|'s been){_ADVERB} (?:{_DONE}|{_SECURED}|{_UNDONE}|made|completed?|processed|confirmed|arranged|carried out|down to you|off the market|waiting for (?:nobody but )?you)(?!\w)",
    # Any other verb in the passive, of the booking itself.
    rf"{_THIS_THING}[^.?!;,]{{0,30}}?(?:\b(?:has|have)|'s|'ve)(?! not| never)(?:\s[\w-]+){{0,2}}? been{_ADVERB} (?:{_PARTICIPLE})\b",
    rf"{_THIS_BOOKING}[^.?!;,]{{0,25}}?\b(?:is|are|was|were|got|gets){_ADVERB} (?:{_PARTICIPLE})\b",
    rf"(?:^|[,;:]|\band)\W*(?:it|that|everything|it all)(?:'s| has)(?: all)? been{_ADVERB} (?:{_PARTICIPLE})\b|\b(?:everything|it all)(?:'s| is){_ADVERB} (?:{_PARTICIPLE})\b|\bit's{_ADVERB} vanished\b",
    rf"\b(?:booking|reservation|stay|trip|visit) (?:is|has){_ADVERB} gone\b|\b(?:{_THING}|name) (?:is|goes){_ADVERB} on (?:the|our) (?:list|books)\b",
    rf"\b(?:{_THING})\b[^.?!;]{{0,30}}?\b(?:now )?(?:shows?|appears?|stands) as {_STATE}(?!\w)|\b(?:system|records?) shows? your new (?:booking|reservation)\b",
    rf"\b(?:{_ANY_THING}|bed|dates?)\b[^.?!;]{{0,25}}?\b(?:is|are|'s|has gone)(?: now)? (?:up for grabs|free|open|available|back|on sale)(?: on \w+| in the pool)? again\b|\b(?:{_ANY_THING}) (?:has gone|have gone|went|goes|is) back (?:in|on|into|to)\b",
    # Whose it is.
    rf"\b(?:{_ANY_THING})\b[^.?!;]{{0,45}}? (?:(?:now )?belongs to you|awaits you\b|(?:now )?(?:carries|bears|has) your name|with your name on it)\b",
    r"\byou(?:'ve| have)? now (?:have|got|hold|own) (?:a|the|your)\b|\byou have now (?:a|the|your)\b|\byou(?:'ve| have) got the (?:room|suite|booking)\b|\byou have (?:a|the) (?:room|booking|reservation)\b[^.?!]* now\b",
    r"\bmakes you our guest\b|\byou(?:'re| are) (?:now|officially) our guest\b|\byou(?:'ve| have) got yourself (?:a|the)\b|\byou(?:'ve| have)? (?:got|have) (?:a|your) successful\b",
    rf"(?:\b(?:is|are|has been|have been)|'s|'re){_ADVERB} (?:booked|reserved|cancell?ed)\b",
    rf"\byou(?:'re| are){_ADVERB} (?:set|in(?=\W*$|[,!])|confirmed|good to go|down for|off the hook|checked in|expected|free of)\b",
)
# What is no more.
_NO_MORE = (
    r"\b(?:you|i) (?:no longer have|don't have) (?:a|any|the) (?:booking|reservation)\b[^.?!]*(?:any ?more|with us)|\b(?:booking|reservation|stay) (?:doesn't exist|(?:won't|will not) take place|does not exist)\b",
    rf"\bno longer (?:any|an?) (?:\w+ )?{_THING}\b|\b(?:there's|there is|there are|you have|you've) no (?:more )?(?:upcoming |further |other )?{_THING}\b[^.?!]*\b(?:any ?more|any longer|now)\b",
    rf"\b(?:{_ANY_THING}|it|that)\b[^.?!;]{{0,25}}?\b(?:is|are)(?:n't| not) (?:yours|active|valid|booked|reserved|there|in (?:our|the) \w+|on (?:our|the) \w+)[^.?!;,]*\b(?:any ?more|any longer)\b",
    r"\byou(?:'re| are) not (?:booked|expected|on our list)[^.?!;,]*\b(?:any ?more|any longer)\b",
    rf"\bnothing (?:stands|remains|is left|is|will be)\b[^.?!;,]*\b(?:in|under) your name (?:any ?more|any longer)\b|^\W*no more {_THING}\b",
    r"\b(?:booking|reservation|stay|room|trip) (?:no longer (?:exists|stands|holds|applies)|has gone|is no more|(?:has )?(?:ended|lapsed|expired|vanished))\b",
    r"\b(?:won't|will not|no longer|not) (?:be )?(?:expected|expecting you)\b",
    r"\b(?:nothing|no booking|no reservation|no stay)(?:'s| is)? left\b[^.?!]*\bname\b",
    r"\bnothing (?:is |will be )?(?:left|booked) (?:to (?:do|cancel)|in your name|under your name|anymore|any more)\b",
)
# What went well, and what is on its way.
_WENT_WELL = (
    rf"\b(?:{_THING}|it|that|this|everything|all)\b[^.?!;]{{0,30}}? (?:went|came|has gone|have gone|has come|gone) through\b",
    rf"\b(?:booking|reservation|cancell?ation)(?: is|:)?{_ADVERB} (?:complete|completed|confirmed|successful|done|made|processed|sorted)\b",
    rf"\b(?:that|this) (?:now )?(?:concludes|completes|finali[sz]es|wraps up|ends) (?:your|the) \w*\s?{_THING}\b",
    rf"\bsuccessfully {_DONE}\b|\bsuccessfully (?:made|completed|processed|placed|submitted)\b",
    r"\bthank(?:s| you)(?: so much| very much)? for (?:booking|reserving|(?:making )?your (?:booking|reservation))\b",
    r"\b(?:confirmation|cancell?ation|booking)(?: \w+)?(?: e-?mail| mail| message| letter| notice)?(?: for [\w-]+)? (?:has been (?:e-?mailed|sent)|was sent|is (?:sent|on (?:its|the) way|under way|in your inbox))",
    r"\bdone deal\b|\ball (?:arranged|booked|set|sorted|settled|done|cancell?ed) for you\b|\bthat's you\b",
    rf"\b(?:delighted|happy|pleased|glad|this is|able) to confirm (?:that )?(?:your|it|you|(?:the|a|an)\b[^.?!]{{0,50}}\b(?:{_THING}|{_DONE}))\b|\bhaving {_DONE} (?:your|the|a|it)\b|\bstatus(?: of \w+)?: (?:{_DONE}|confirmed)\b",
    rf"\bthat's (?:your|the|one|a) [^.?!,]{{0,30}}(?:{_DONE}|{_SECURED}|{_UNDONE}|sorted|taken care of)\b",
    rf"\b(?:{_THING})s? (?:is|are|now)(?: now| all)* (?:book|cancel|reserve)\b|\b(?:{_THING})s? got {_DONE}\b|\b(?:room|suite|stay|booking|reservation) {_DONE}\W*$",
    rf"\band (?:the |your )?(?:{_THING}) (?:{_DONE}|{_SECURED}|returned) (?:to|for|by)\b",
    rf"\bnew (?:booking|reservation) as confirmed\b|\b(?:{_THING})s? (?:\w+ ){{0,4}}(?:now exists?\b|exists? (?:now |already )?(?:under|in) )|\b(?:{_THING})s? (?:is|are|has been)(?: now)* (?:guaranteed|held|allocated)\b",
    rf"\byour (?:\w+ )?{_THING}, {_DONE} [^.?!]*, (?:awaits|is)\b",
)
# The plain cry.
_CRY = (
    rf"^\W*(?:(?:great|perfect|okay|ok|wonderful)\W+)?(?:the |your )?(?:\w+ )?(?:{_THING}) (?:{_DONE}|made|confirmed|completed?|done)\b\W*$",
    rf"^\W*(?:just|now|already|successfully) {_DONE}\b",
    rf"^\W*(?:(?:okay|ok|right|great|perfect|and|there|that's|it's|wonderful|alright|good news|consider it|yes|too easy|grand|bingo|poof|voil\w)\b\W*)*(?:all |now |job )*"
    rf"(?:done(?: and dusted)?|sorted|{_DONE}|{_SECURED}|{_UNDONE}|confirmed|all set|gone(?=\W*$))\b(?! (?:out|up|is|are|the|by|with|in writing|at|room|suite|stay))",
    r"^\W*(?:success|mission accomplished|good to go|in the bag|signed and sealed)\b(?!\W*\?)",
    rf"\bconsider (?:it|that|this|your \w+|the \w+|everything|yourself) (?:all )?(?:{_DONE}|done|sorted|gone|confirmed|yours)\b",
    rf"\b(?:that|it|all|everything|this)(?:'s| is)(?: now| all| already)* (?:done|sorted|taken care of|settled|wrapped up|arranged|accomplished|{_UNDONE}|(?:all )?set(?! out))\b",
    rf"\b(?:{_THING}) is (?:all )?set(?=\W*$|,| and\b)",
)
_SHAPES = re.compile("|".join((*_BY_ME, *_OF_IT, *_NO_MORE, *_WENT_WELL, *_CRY)), re.IGNORECASE)

# In front of a claim these take it back: a condition, a promise, a wish, a denial.
_NOT_YET = re.compile(
    r"\b(?:if|once|when(?:ever)?|as soon as|unless|until|till|after|before|should|would|could|can(?! (?:now |gladly |happily )?confirm)|may|might|must|shall|will|"
    r"like|(?<!you )wanted|wants?|going|let's|nothing|none|no|not|never|cannot|whether|how|(?<!able )(?<!managed )to (?:be|have|get)|be|suppose|assume|only|any(?: \w+)?|hasn|haven|isn|aren|wasn)\b"
    r"|n't\b|'ll\b|'d\b",
    re.IGNORECASE,
)
# Rules ("the room is yours until 11:00") and what is to happen first ("say the word and") are no deeds; a stay until a day is.
_LATER = re.compile(
    r"\b(?:until|till)\b(?! (?:the )?\d{1,2}(?:st|nd|rd|th)?(?: of)? (?-i:[A-Z])| (?-i:[A-Z])\w+| the \d)|"
    r"\b(?:once you|as soon as (?:you|i|we)|if you (?:say|confirm|agree|like|want)|when you (?:say|confirm))\b|"
    r"(?:^|[,:;])\W*(?:(?:just|please|simply|only) )*(?:say|give|tell|confirm|reply|answer|nod)\b[^.?!]*\band\b",
    re.IGNORECASE,
)
# Where the negation is the claim.
_ENDING = re.compile(
    r"no longer|won't|will not be|nothing|not be\b|(?:doesn't|does not) exist|don't have|any ?more|any longer|no more|have no\b",
    re.IGNORECASE,
)
# What is taken by others, and what stands in the books already.
_OTHERS = re.compile(
    r"(?<!now )\bfully booked\b|\breserved (?:only |exclusively )?for (?:guests|families|adults|children|people|those|members|wheelchair)|\b(?:taken|took|made) (?:a note|note|your (?:name|details|number|wish\w*))\b|\bin front of me\b|"
    r"\byou (?:told me|said|wrote|mentioned) (?:that )?(?:the|your|it|you)\b|\b(?:someone|somebody|anyone) else\b(?! could)|\b(?:by|to) (?:other|another) guests?\b|\b(?:was|were) (?:made|placed) (?:on|in|back|last|by)\b|\b(?<!your )(?:rooms|suites|hotels|houses|views|deluxes|standards|doubles|everything|nothing|we)\b[^.?!]{0,30}"
    r"(?:\b(?:is|are|was|were)|'re|'s)(?: all| already| sadly| unfortunately)* (?:booked|reserved|taken|gone)\b|"
    # What becomes of money is a rule of the house, in the present tense.
    r"\b(?:is|are) (?:charged|payable|refunded)\b|"
    r"\b(?:is|was|stays|remains|been) (?:kept|left alone|untouched|unchanged)\b|\b(?:i|we) (?:can )?(?:see|found|find)\b|\b(?:it|system|records?) (?:says|shows?)\b(?! your new)|\baccording to\b",
    re.IGNORECASE,
)


# A condition in the clause before.
_CONDITION = re.compile(
    r"^\W*(?:(?:and|so|but|then) )?(?:if|once|when(?:ever)?|as soon as|after|before|unless|should)\b", re.IGNORECASE
)
_BREAK = re.compile(r"[,;:–—]|\bbut\b|\band\b|\bso\b")


def done_claims(sentence: str) -> list[str]:
    """What a sentence claims to have been done, in its own words; nothing for a question."""
    sentence = sentence.replace("’", "'")
    if sentence.endswith("?"):  # "It is booked - anything else?"
        sentence = " - ".join(re.split(r"\s[-–—]\s|;", sentence)[:-1])
    if _LATER.search(sentence) or _OTHERS.search(sentence):
        return []
    found: list[str] = []
    match = _SHAPES.search(sentence)
    while match:
        stands = _stands(sentence, match)
        found += [match.group(0).strip()] if stands else []
        # Behind a shape that is taken back another may begin: "you may rest easy, the suite is reserved".
        match = _SHAPES.search(sentence, match.end() if stands else match.start() + 1)
    return found


def _stands(sentence: str, match: re.Match[str]) -> bool:
    """Whether nothing in front of a claim or inside it takes it back."""
    clauses = _BREAK.split(sentence[: match.start()])
    inside = _NOT_YET.search(match.group(0))
    conditioned = len(clauses) > 1 and _CONDITION.search(clauses[-2])
    return not (_NOT_YET.search(clauses[-1]) or conditioned or (inside and not _ENDING.search(match.group(0))))
