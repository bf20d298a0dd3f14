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
from demeanor.slots import Slot, dates_in

ANY_DAY = date(2000, 1, 1)  # only whether a day is named counts, not which
_BEFORE = r"(?:^|:)\W*(?:(?:and|so|then|now|just|first|also|okay|ok|great|perfect|lovely|sure|fine|thanks?|thank you|well|hi|hello|but|wonderful)\b\W*)*"
_GIVING = r"(?:tell (?:me|us)|give|send|share|provide|state|enter|type|write|name|specify|indicate|confirm|add|say|mention|pick|choose|put|drop|supply|remind|let (?:me|us) (?:know|have))"
# Without a question mark too.
_ASKING = re.compile(
    rf"\?|{_BEFORE}(?:could you|can you|may i (?:have|ask|take)|would you|{_GIVING}\b|all i need)|"
    rf"\b(?:please|kindly|go ahead and)(?: just| also| first| quickly)* {_GIVING}\b|\blet (?:me|us) (?:know|have)\b|(?<!you )\b(?:tell|give|remind) me\b|"
    # What is wanted, said as a statement; "I need to check that" is something else.
    r"\b(?:i|we)(?:'ll|'d)?(?: (?:will|would|do|still|just|only|also|first|really|then|now|do))* "
    r"(?:need|require|want|(?:have|like|love|want|need) to know|be glad to know)\b(?! to (?!know|have|hear))|"
    r"\b(?:i|we)(?: still| just)*(?:'m|'re| am| are)(?: still| just| only)* (?:missing|waiting for|wondering)\b|"
    r"\bi(?:'m| am) needing\b|\byou (?:haven'?t|have not|didn'?t|did not)[^.?!]* (?:mention|say|said|tell|told|give|given)\w*|"
    r"\b(?:is|are|be) (?:still |also |all )?(?:missing|needed|required)\b|\bwhat i need\b|\bwaiting (?:for|on) (?:your|the)\b|"
    r"\b(?:i|we) (?:still |just |really )*(?:don'?t|do not|didn'?t|haven'?t)(?: seem to| yet| quite| actually| got| still)* (?:have|know|see|catch|get|got|hear)\b|"
    r"\b(?:once|as soon as|when|if) i (?:have|know)\b|\b(?:help|great|good|helpful|lovely|nice|handy)(?: me| us)? (?:to (?:know|have)|if (?:i|we|you))\b|"
    r"\b(?:one|only|last|next|first) (?:more |other |last |final )?(?:thing|question|detail|bit)\b|"
    # A question without its mark, known by its first words.
    r"^\W*(?:(?:okay|ok|sure|and|so|then|well|thanks?)\b\W*)*(?:(?:do|would|could|can|will) you|(?:is|are) there|(?:shall|should|may|can) i|"
    r"(?:which|what) (?:\w+ ){0,2}(?:is|are|do|does|would|will|should|can)|how (?:many|long|much)|(?:when|where|what (?:day|date)|which (?:day|date|night))\b)|"
    r"^\W*(?:any|some)thing (?:else|more)\b|"
    # A bare wish: "Arrival date, please."
    r"^\W*(?:[\w'’-]+[, ]+){1,6}please\W*$",
    re.IGNORECASE,
)
_LACKING = re.compile(r"\b(?:don'?t|do not|didn'?t|haven'?t)\b", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:–—]|\band\b|\bbut\b", re.IGNORECASE)
_SUGGESTING = re.compile(r"\b(?:what|how) about (?:this|that|one|an?)\b", re.IGNORECASE)
_CHECKING = re.compile(r"\bchecking (in|out)\b", re.IGNORECASE)
_HEAD = re.compile(r"\b(?:what|which|when|where|who|how)\b", re.IGNORECASE)
_WHEN = re.compile(
    r"\b(?:when|how soon|from when|(?:which|what) (?:[\w-]+ )?(?:days?|dates?|nights?|mornings?|evenings?|weekdays?)|"
    r"(?:the|an?|your|some|any|particular|preferred|exact|first|starting?|calendar) (?:[\w-]+ )?(?:day|date|night))\b",
    re.IGNORECASE,
)
_WHICH_DAY = re.compile(
    r"\b(?:when(?= (?:do|does|did|will|would|are|is|should|shall|can|could|might|may)\b)|(?:which|what) (?:[\w-]+ )?(?:days?|dates?|nights?|weekdays?)|is there (?:an?|any)|(?:other|another|different|new) (?:dates?|days?))\b",
    re.IGNORECASE,
)
# Asks for something to be told, whatever its form.
_REQUEST = re.compile(
    r"\b(?:tell|let (?:me|us) (?:know|have)|share|give|provide|state|enter|say|specify|indicate|remind|mention(?:ed)?|confirm which|confirm when|know|(?:i|we)[^.?!]{0,20} need(?:ing)?|missing|"
    r"(?:could|can|may|might) (?:i|we) (?:please )?(?:have|get|ask|take|know)|wonder(?:ing)?|don'?t have|haven'?t|didn'?t (?:get|catch)|please|mind|idea|in mind)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(?:(?:and|so|then|okay|ok|great|lovely|perfect|but|thanks?|well|as [^,]+|[^,]{1,40}(?=,))\b\W*)*(?:do|does|did|will|would|could|can|shall|should|is|are|may|have|has)\b",
    re.IGNORECASE,
)
_ASIDE = re.compile(r"\b(?:when|as|once|after|before) (?:you|your|we|the|they)(?:'re|’re)?\b[^,.?!;]*", re.IGNORECASE)
_UNTIL = re.compile(r"\b(?:until|till) (?:when|which|what)\b", re.IGNORECASE)
_ARRIVAL = re.compile(
    r"\b(?:arriv\w*|check.?in|com(?:e|ing)|start\w*|begin\w*|first (?:day|night|date))\b", re.IGNORECASE
)
_BEGIN = re.compile(
    r"\b(?:arriv\w*|check(?:ing)?.?in|com(?:e|ing)|start\w*|begin\w*|get(?:ting)? (?:here|there|in|to us)|turn(?:ing)? up|join\w*|expect|visit\w*|"
    r"first (?:day|night|date)|be (?:with us|here)|show(?:ing)? up|welcom\w*|see(?:ing)? you|hav(?:e|ing) you|travel\w*|reach\w*|move in|see you|set foot|land(?:ing)?|roll(?:ing)? in|"
    r"kick(?:s|ing)? off|from|pulling up|stay|here)\b",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(?:leav\w*|depart\w*|check(?:ing)?.?out|until|till|last (?:day|night|date)|go(?:ing)? home|return\w*|head(?:ing)? (?:off|home|back)|"
    r"end(?:s|ing)?|go(?:ing)? again|how (?:long|many nights))\b",
    re.IGNORECASE,
)


def asks(sentence: str) -> bool:
    """Whether a sentence wants an answer."""
    return bool(_ASKING.search(sentence))


def slots_asked(agent: Agent, sentence: str) -> list[str]:
    """The details that a sentence which `asks` is asking for, in the order of agent.yaml."""
    if _SUGGESTING.search(sentence):
        return []
    found: set[str] = set()
    request = bool(_REQUEST.search(sentence))
    if not request:  # "a sea view when you come?"
        sentence = _ASIDE.sub("", sentence)
    strict = not request and bool(_YES_OR_NO.search(sentence))
    sentence = _CHECKING.sub(r"check-\1", sentence)  # whose cue is "check.?in" does not mean "checking out"
    for clause in _CLAUSE.split(sentence):
        found |= _in_clause(agent, clause, strict)
    found |= _days(agent, sentence, found, strict)
    if _UNTIL.search(sentence) and not _ARRIVAL.search(sentence):  # one cue may stand for both ends
        found = {name for name in found if agent.slots[name].type != "date" or agent.slots[name].after is not None}
    return [name for name in agent.slots if name in found]


def lacks(agent: Agent, sentence: str) -> bool:
    """Whether a sentence asks by saying what it has not got: "I don't have your arrival date yet"."""
    return bool(_LACKING.search(sentence)) and asks(sentence) and bool(slots_asked(agent, sentence))


def _in_clause(agent: Agent, clause: str, strict: bool) -> set[str]:
    """Slots with a cue here; where cues are questions in themselves ("how many"), only theirs. `strict`: in a question
    for yes or no a day is only asked for by "when" or "which day".
    """
    when = _WHICH_DAY if strict else _WHEN
    cued: dict[str, bool] = {}
    for name, slot in agent.slots.items():
        matches = [m.group(0) for cue in _cues(slot) if (m := re.search(rf"\b{cue}", clause, re.IGNORECASE))]
        if slot.type != "option" and matches:
            dated = slot.type == "date" and bool(when.search(clause))
            if slot.type == "date" and strict and not dated:
                continue
            cued[name] = dated or any(_HEAD.match(match) for match in matches)
    if any(cued.values()):
        return {name for name, question in cued.items() if question}
    named = bool(dates_in(clause, ANY_DAY))  # a day that is told is not asked for
    return {name for name in cued if not (named and agent.slots[name].type == "date")}


def _cues(slot: Slot) -> Sequence[str]:
    name = re.escape(slot.name.replace("_", " "))
    asked = rf"(?:your|preferred|particular|specific|desired|(?:what|which) is the) (?:\w+ )?{name}\b"
    return (*slot.cues, asked) if slot.cues else (name,)


def _days(agent: Agent, sentence: str, found: set[str], strict: bool) -> set[str]:
    """Days that are asked for in general words, where no cue of a slot has told."""
    days = {name: slot for name, slot in agent.slots.items() if slot.type == "date"}
    if found & set(days) or not (_WHICH_DAY if strict else _WHEN).search(sentence):
        return set()
    end = _END.search(sentence)
    first = [name for name, slot in days.items() if slot.after is None]
    later = [name for name, slot in days.items() if slot.after is not None]
    out: set[str] = set()
    if len(first) == 1 and (_ARRIVAL if end else _BEGIN).search(sentence):
        out |= {*first}
    if len(later) == 1 and end:
        out |= {*later}
    return out
