"""What a sentence of the agent asks for: whether it asks at all, for a yes, or for which details.

Cue words of the slots in agent.yaml decide which detail it is; where an agent has one first day, or one day that follows
another (`after`), general words for beginnings and ends help. A detail that a sentence only mentions beside what
it asks for ("how many of you will be arriving?") is not asked for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from demeanor.agent import Agent
from demeanor.agent.slots import Slot, dates_in

ANY_DAY = date(2000, 1, 1)  # only whether a day is named counts, not which
_BEFORE = r"(?:^|:)\W*(?:(?:and|so|then|now|just|first|also|okay|ok|great|perfect|lovely|sure|fine|thanks?|thank you|well|hi|hello|but|wonderful)\b\W*)*"
_GIVING = r"(?:tell (?:me|us)|give|send|share|provide|state|enter|type|write|name|specify|indicate|confirm|add|say|mention|pick|choose|put|drop (?:me|us|in)|supply|remind|fill (?:me|us) in|advise|let (?:me|us) (?:know|have))"
_LEARN = r"(?:know|learn|hear|find out|be told|see)"
_TELLING = r"(?:tell|give|send|share|let|name|provide|state|specify|supply|mention|indicate)"
# How often it was said already, and how small it is: "I still just need", "one more little thing".
_STILL = r"(?: (?:will|would|do|still|just|only|also|first|really|then|now|as yet))*"
_DETAIL = r"(?:thing|question|detail|bit|piece|item|point|blank|gap|part)"
# A detail that is wanted, said as a statement; "I need to check that" is something else.
_WANTED = (
    rf"\b(?:i|we)(?:'ll|'d)?{_STILL} (?:need|require|want|lack|(?:have|like|love|want|need) to {_LEARN}|be (?:glad|happy|grateful) to {_LEARN}|be (?:grateful|thankful) for|wonder)\b(?! to (?!{_LEARN}|have))",
    r"\b(?:i|we)(?: still| just)*(?:'m|'re| am| are)(?: still| just| only)* (?:missing|lacking|waiting for|wondering|short of|after)\b|\bi(?:'m| am) needing\b|\bi only miss\b",
    r"\b(?:system|form|search|computer|calendar|desk) (?:asks|needs|requires|wants|lacks)\b",
    rf"\b(?:once|as soon as|when|if|until) (?:i|we) (?:have|had|know|knew)\b|\b(?:if|once|as soon as|when) you(?:'d| would| could| can)?(?: just| kindly| please)* {_TELLING}\b",
    rf"\b(?:help|great|good|helpful|lovely|nice|handy)(?: me| us)? (?:to (?:have|{_LEARN})|if (?:i|we|you))\b|\bhelp(?:ful)? to {_LEARN}\b",
    rf"\b(?:one|only|last|next|first) (?:(?:more|other|last|final|small|little|tiny|single|open|other) )*{_DETAIL}\b|\bwhat i need\b|\bwaiting (?:for|on) (?:your|the)\b",
    r"\blet's (?:start|begin) with\b|\blet's (?:pin down|settle|fix|agree on) (?:the|your)\b",
)
# A detail that is not there.
_LACK = (
    r"\byou (?:haven't|have not|didn't|did not)[^.?!]* (?:mention|say|said|tell|told|give|given|write|written|state)\w*|\b(?:forgot(?:ten)?|omitted|neglected) to (?:say|tell|write|mention|add|give|state)\b",
    r"\b(?:is|are|be|seems?)(?: still| also| all| only| just)* (?:missing|needed|required|lacking|outstanding|unclear|blank|empty)\b|\b(?:remains?|is|are|still) (?:still )?(?:open|unknown|unanswered|to be (?:filled|settled|fixed))\b(?=\W*$|:)",
    r"\b(?:i|we) (?:still |just |really )*(?:don't|do not|didn't|haven't)(?: seem to| yet| quite| actually| got| still)* (?:have|know|see|catch|get|got|hear|heard|anything|been told)\b",
    r"\b(?:all|what|the only thing)(?: that)?(?:'s| is| i'm| i am)?(?: still)? (?:left|missing|needed|open|after|lacking)\b|\b(?:isn't|is not|aren't) (?:in (?:my|our|the|your) (?:notes?|message|system|request|form)|given|clear|known|here|there)\b",
    r"\b(?:can't|cannot|can not|unable to) (?:\w+ ){1,3}(?:without|until i (?:have|know))\b|\bwithout (?:knowing|having|your)\b",
    r"\b(?:i|we)(?: still)?(?:'ve| have)(?: got)? no (?:[\w-]+ )?(?:dates?|day|name|number)\b|\b(?:no|not) (?:the (?:least|faintest) )?(?:idea|clue|notion)\b|\b(?:can't|cannot) (?:guess|tell|see|make out)\b",
    r"\b(?:doesn't|does not|didn't|did not|hasn't) (?:seem to )?(?:have )?(?:made? it|arrived?|come through|reached?|appear|mentioned)\b|\bbut not(?: yet)? (?:when|which|what)\b",
)
# A question without its mark, known by its first words or its last.
_BARE = (
    r"^\W*(?:(?:okay|ok|sure|and|so|then|well|thanks?)\b\W*)*(?:(?:do|would|could|can|will) you|(?:is|are) there|(?:shall|should|may|can) i|"
    r"(?:which|what) (?:\w+ ){0,2}(?:is|are|do|does|would|will|should|can)|how (?:many|long|much)|(?:when|where|what (?:day|date)|which (?:day|date|night))\b)",
    r"^\W*(?:any|some)thing (?:else|more)\b",
    # A bare wish: "Arrival date, please."; a sentence left open: "You'd be staying as of..."
    r"^\W*(?:[\w'-]+[, ]+){1,6}please\W*$|\b(?:on|from|as of|until|for|starting)\s*(?:…|\.\.\.)\W*$",
)
# Without a question mark too.
_ASKING = re.compile(
    rf"\?|{_BEFORE}(?:could you|can you|may i (?:have|ask|take)|would you|{_GIVING}\b|all i need)|,\W*(?:just|please|now|simply) {_GIVING}\b|"
    rf"\b(?:please|kindly|go ahead and|do|whenever you're ready,)(?: to)?(?: just| also| first| quickly)* {_GIVING}\b|\blet (?:me|us) (?:know|have)\b|(?<!you )\b(?:tell|give|remind) me\b|"
    rf"{'|'.join((*_WANTED, *_LACK, *_BARE))}",
    re.IGNORECASE,
)
_LACKING = re.compile(r"\b(?:don't|do not|didn't|haven't|no idea|can't|cannot|lack|without)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:–—]|\band\b|\bbut\b", re.IGNORECASE)
_SUGGESTING = re.compile(r"\b(?:what|how) about (?:this|that|one|an?)\b(?! (?:\w+ )?(?:date|day|name))", re.IGNORECASE)
_CHECKING = re.compile(r"\bchecking (in|out)\b", re.IGNORECASE)
_HEAD = re.compile(r"\b(?:what|which|when|where|who|how)\b", re.IGNORECASE)
_DAY = r"(?:day|date|night|morning|evening|weekday)"
_FIRST_OF = r"(?:beginning|start|first (?:day|night|evening)|opening) of (?:your|the|my) (?:stay|visit|trip|holiday|booking|reservation|break)"
_WHEN = re.compile(
    rf"\b(?:when|how soon|from when|(?:which|what) (?:[\w-]+ )?{_DAY}s?|which (?:\w+ ){{1,8}}your first|where on the calendar|"
    rf"(?:the|an?|your|some|any|particular|preferred|exact|first|starting?|calendar) (?:[\w-]+ )?(?:day|date|night)|{_FIRST_OF})\b",
    re.IGNORECASE,
)
_WHICH_DAY = re.compile(
    rf"\b(?:(?:for|from|on|about|of|as of|narrow down|pin down|exactly) when|when(?:'s)?(?= (?:do|does|did|will|would|are|is|should|shall|can|could|might|may)\b)|(?:which|what) (?:[\w-]+ )?{_DAY}s?|is there (?:an?|any)|(?:other|another|different|new) (?:dates?|days?))\b",
    re.IGNORECASE,
)
# A question for a day in itself: where an agent has one first day, and nothing speaks of an end, that day is meant.
_WHICH = re.compile(
    "|".join(
        (
            r"\bwhen(?:'s)? (?:do|does|did|will|would|are|is|was|were|have|should|shall|can|could|might|may)\b|\bwhen(?:'s)? (?:you|your|we|i|to)\b(?!'ve)",
            r"\bwhen(?:'s)? the (?:stay|visit|trip|holiday|journey|booking|reservation|room)\b|\bwhen(?:'s)? it (?:is|was|all|starts|begins|would|will|should)\b",
            r"\bwhen(?: exactly| precisely| roughly)?\W*\?|\bwhen for\b|\bhow soon\b|\bwhere on the calendar\b|\bonly the when\b",
            # "For which night", "what's the date", "the day on which you come".
            rf"\b(?:for|from|on|as of|since|starting|counting) (?:when|(?:which|what) {_DAY})\b|\bwhat's (?:the|your) (?:\w+ )?{_DAY}s?\b",
            rf"\b(?:which|what|what's|which is|what is) (?:is )?(?:the |your )?(?:[\w-]+ )?{_DAY}\b|\bwhich (?:\w+ ){{1,8}}your first\b",
            rf"\b(?:the|a|what|which) {_DAY} (?:on which|that|when|you|of (?:entry|coming)|we)\b|\b{_FIRST_OF}\b",
            # "Your date", "a date to start from", "no date yet".
            r"\byour (?:\w+ )?(?:date|day)\b|\b(?:a|any) (?:start|beginning|day|date) in mind\b|\bno (?:[\w-]+ )?(?:date|day)s? (?:for|from|of|yet|here)\b",
            r"\b(?:a|an|some|any|the) (?:[\w-]+ )?(?:date|day)(?: to (?:start|begin|go|work|search)\b| from you\b|,? please\b|\W*\?)",
            # A sentence that breaks off where a day would stand.
            r"\b(?:from|starting|starts|as of|beginning|counting from)(?: on)?\s*(?:\?|…|\.\.\.)\W*$",
        )
    ),
    re.IGNORECASE,
)
# "When" of a condition ("let me know when you're ready"), and of events of their own.
_ONCE = re.compile(
    r"\bwhen(?:ever)? (?:(?:you(?:'re| are|'ve| have) (?:\w+ly )?(?:ready|done|finished|decided|chosen|sure|certain|made|had|a moment|time|any)|"
    r"you (?:know|have|feel|decide|find|can|need (?:me|help)|want me)|i (?:can|should|may)|it suits|that|they|he|she)\b(?:(?!\band\b)[^,.?!])*|ready|possible|convenient)",
    re.IGNORECASE,
)
_OTHER_EVENT = re.compile(
    r"\b(?:breakfast|lunch|dinner|massage|table|(?:a|the|your) call|call (?:you|back)|phone|pay(?:ment)?|refund|booked|was (?:it|this|that) (?:made|booked)|cancel\w*|born|birthday|deliver\w*)\b",
    re.IGNORECASE,
)
# Days that are told: "you already told me when you arrive", "your arrival date is noted", "you needn't give it again".
_TOLD = re.compile(
    r"\b(?:(?<!\bdo )you(?:'ve| have)?(?: already| just)? (?:told|said|gave|given|named|mentioned|wrote|chose|know)|(?:is|are|was)(?: all| now| already| duly)* (?:noted|clear|known|in order|received|fixed|marked|set|down)|"
    r"noted|needn't|(?:don't|do not) (?:need|have) to (?:give|tell|say|repeat)|no need (?:to|for)|thanks for (?:the|your)|thank you for (?:the|your))\b",
    re.IGNORECASE,
)
# Asks for something to be told, whatever its form.
_REQUEST = re.compile(
    r"\b(?:tell|let (?:me|us) (?:know|have)|share|give|provide|state|enter|say(?:ing)?|specify|indicate|remind|mention(?:ed)?|name|type|write|confirm (?:as (?:of|from) )?(?:from )?(?:which|when|what)|know(?:ing)?|learn|hear|"
    r"narrow down|pin down|fill (?:me|us) in|(?:i|we)[^.?!]{0,20} (?:need(?:ing)?|lack)|missing|asks|blank|thing|detail|not when|unclear|(?:isn't|not) (?:\w+ )?clear|advise|"
    r"(?:could|can|may|might) (?:i|we) (?:please )?(?:have|get|ask|take|know)|wonder(?:ing)?|don't have|haven't|didn't (?:get|catch)|please|mind|idea|in mind)\b",
    re.IGNORECASE,
)
_VERBS = r"(?:do|does|did|will|would|could|can|shall|should|is|are|may|have|has)\b"
# Small words and whole phrases may stand before the verb. No way back into them: a ramble has very many commas.
_YES_OR_NO = re.compile(
    rf"^\W*+(?:(?:and|so|then|okay|ok|great|lovely|perfect|but|thanks?|well|as (?:(?!\b{_VERBS})[^,])++)\b\W*+|"
    rf"(?!{_VERBS})[^,]{{1,40}}+(?=,)\W*+)*+{_VERBS}",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:when|as|once|after|before) (?:you|your|we|the|they)(?:'re)?\b[^,.?!;]*", re.IGNORECASE)
# "On arrival, simply mention SV-1188."
_LEADING = re.compile(
    r"^\W*(?:on|upon|at|after|before|when) (?:the day (?:you|of)\b|your|you|arrival|departure|check-?(?:in|out))[^,.?!;]*,|"
    rf"^\W*if (?!(?:i|we)\b|you[^,]*\b{_TELLING}\b)[^,.?!;]*,",
    re.IGNORECASE,
)
# A deadline: "please tell us at least 2 days before you arrive".
_DEADLINE = re.compile(
    r"\b(?:at least |up to |no later than )?(?:\w+ )?(?:days?|hours?|weeks?|nights?|shortly|well|right|just) (?:before|after) (?:you|your|the|they)\b[^,.?!;]*",
    re.IGNORECASE,
)
# "Which room would you like on the day of arrival?"
_ADVERBIAL = re.compile(
    r"((?:what|which|who|how)\b(?! (?:[\w-]+ )?(?:days?|dates?|nights?)\b)[^?]*)\b(?:on|upon|at|before|after|know about) (?:the (?:day|date) of )?(?:your |the )?(?:arrival|departure|check-?in|check-?out)\b",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"\b(?:until|till) (?:when|which|what)\b|\bwhen (?:will|would|do|are|should|shall|must|can) (?:you|we) (?:\w+ )?(?:be )?(?:leav|depart|check.?out|go\b(?! (?:there|to|for|with|by))|head|return)\w*",
    re.IGNORECASE,
)
# "This Friday or next?", "from the 3rd or from the 4th?": a choice of days for the arrival.
_EITHER_DAY = re.compile(
    r"\b(?:is|would|will|was)\b[^?]*\bor (?:the )?(?:next|following|one after|week after|from|on|\d)[^?]*\?",
    re.IGNORECASE,
)
_ARRIVAL = re.compile(
    r"\b(?:arriv\w*|check.?in|com(?:e|ing)|start\w*|begin\w*|first (?:day|night|date))\b", re.IGNORECASE
)
_BEGIN = re.compile(
    r"\b(?:arriv\w*|check(?:ing)?.?in|com(?:e|ing)|start\w*|begin\w*|entry|get(?:ting)? (?:here|there|in|to us)|turn(?:ing)? up|join\w*|expect|visit\w*|"
    r"first (?:day|night|date)|be (?:with us|here)|show(?:ing)? up|welcom\w*|see(?:ing)? you|hav(?:e|ing) you|travel\w*|reach\w*|move in(?:to)?|see you|set foot|land(?:ing)?|roll(?:ing)? in|"
    r"kick(?:s|ing)? off|from|pulling up|stay|here)\b",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(?:leav\w*|depart\w*|check(?:ing)?.?out|until|till|last (?:day|night|date|morning)|go(?:ing)? home|return\w*|head(?:ing)? (?:off|home|back)|"
    r"end(?:s|ing)?|go(?:ing)? again|you(?:'ll)? go\b(?! (?:there|to|for|with|by|ahead))|how (?:long|many nights))\b",
    re.IGNORECASE,
)


def asks(sentence: str) -> bool:
    """Whether a sentence wants an answer."""
    return bool(_ASKING.search(plain(sentence)))


def plain(sentence: str) -> str:
    """With straight apostrophes."""
    return sentence.replace("’", "'")


def slots_asked(agent: Agent, sentence: str) -> list[str]:
    """The details that a sentence which `asks` is asking for, in the order of agent.yaml."""
    sentence = _own_names(agent, plain(sentence))
    if _SUGGESTING.search(sentence):
        return []
    sentence = _without_asides(sentence)
    found: set[str] = set()
    request = bool(_REQUEST.search(sentence))
    if not request:  # "a sea view when you come?"
        sentence = _ASIDE.sub("", sentence)
    strict = not request and bool(_YES_OR_NO.search(sentence))
    sentence = _CHECKING.sub(r"check-\1", sentence)  # whose cue is "check.?in" does not mean "checking out"
    clauses = _CLAUSE.split(sentence)
    told = [bool(_TOLD.search(clause)) for clause in clauses]
    if len(clauses) > 1 or not sentence.endswith("?"):
        clauses = [clause for clause, is_told in zip(clauses, told, strict=True) if not is_told]
    for clause in clauses:
        found |= _in_clause(agent, clause, strict)
    found |= _days(agent, sentence if not any(told) else ", ".join(clauses), found, strict)
    if _UNTIL.search(sentence) and not _ARRIVAL.search(sentence):  # one cue may stand for both ends
        found = {name for name in found if agent.slots[name].type != "date" or agent.slots[name].after is not None}
    return [name for name in agent.slots if name in found]


def _without_asides(sentence: str) -> str:
    """Without what only says when something is to be done."""
    for aside in (_LEADING, _ONCE, _DEADLINE):
        sentence = aside.sub("", sentence)
    return _ADVERBIAL.sub(r"\1", sentence)


def _own_names(agent: Agent, sentence: str) -> str:
    """ "The hotel's name" asks for the hotel, not for the name of whoever comes."""
    for name, slot in agent.slots.items():
        if slot.type != "option" and "name" not in name:
            words = re.escape(name.replace("_", " "))
            sentence = re.sub(
                rf"\b{words}(?:'s)? name\b(?! (?:is )?(?-i:[A-Z]))|\bname of (?:the|your) {words}\b",
                f"which {words}",
                sentence,
            )
    return sentence


def lacks(agent: Agent, sentence: str) -> bool:
    """Whether a sentence asks by saying what it has not got: "I don't have your arrival date yet"."""
    return bool(_LACKING.search(sentence)) and asks(sentence) and bool(slots_asked(agent, sentence))


def _in_clause(agent: Agent, clause: str, strict: bool) -> set[str]:
    """Slots with a cue here; where cues are questions in themselves ("how many"), only theirs. `strict`: in a question
    for yes or no a day is only asked for by "when" or "which day".
    """
    when = _WHICH_DAY if strict else _WHEN
    cued: dict[str, bool] = {}
    for name, matches in _matches(agent, clause).items():
        dated = agent.slots[name].type == "date" and bool(when.search(clause))
        if agent.slots[name].type == "date" and strict and not dated:
            continue
        cued[name] = dated or any(_HEAD.match(match) for match in matches)
    if any(cued.values()):
        return {name for name, question in cued.items() if question}
    named = bool(dates_in(clause, ANY_DAY))  # a day that is told is not asked for
    return {name for name in cued if not (named and agent.slots[name].type == "date")}


def _matches(agent: Agent, clause: str) -> dict[str, list[str]]:
    """What the cues of each slot match; within the words of another slot's longer cue nothing ("how many" of guests, in
    "how many nights").
    """
    found = [
        (name, m)
        for name, slot in agent.slots.items()
        if slot.type != "option"
        for cue in _cues(slot)
        for m in re.finditer(rf"\b{cue}", clause, re.IGNORECASE)
    ]
    matches: dict[str, list[str]] = {}
    for name, m in found:
        longer = (o for other, o in found if other != name and len(o[0]) > len(m[0]))
        if not any(o.start() <= m.start() and m.end() <= o.end() for o in longer):
            matches.setdefault(name, []).append(m[0])
    return matches


def _cues(slot: Slot) -> Sequence[str]:
    name = re.escape(slot.name.replace("_", " "))
    asked = rf"(?:your|preferred|particular|specific|desired|(?:what|which) is the) (?:\w+ )?{name}\b"
    return (*slot.cues, asked) if slot.cues else (name,)


def _days(agent: Agent, sentence: str, found: set[str], strict: bool) -> set[str]:
    """Days that are asked for in general words, where no cue of a slot has told."""
    days = {name: slot for name, slot in agent.slots.items() if slot.type == "date"}
    first = [name for name, slot in days.items() if slot.after is None]
    later = [name for name, slot in days.items() if slot.after is not None]
    if found & set(days):
        return set()
    either = _EITHER_DAY.search(sentence) and dates_in(sentence, ANY_DAY)
    asked = (_WHICH_DAY if strict else _WHEN).search(sentence) or _WHICH.search(sentence) or either
    if not asked or _OTHER_EVENT.search(sentence):
        return set()
    end = _END.search(_without_told(sentence))
    begin = (_ARRIVAL if end else _BEGIN).search(sentence) or (not end and not either and _WHICH.search(sentence))
    out: set[str] = set()
    if len(first) == 1 and begin:
        out |= {*first}
    if len(later) == 1 and end:
        out |= {*later}
    return out


def _without_told(sentence: str) -> str:
    """Without the clauses that name a day: "you mentioned leaving on the 14th, but not when you come"."""
    clauses = _CLAUSE.split(sentence)
    return (
        ", ".join(c for c in clauses if _HEAD.search(c) or not dates_in(c, ANY_DAY)) if len(clauses) > 1 else sentence
    )
