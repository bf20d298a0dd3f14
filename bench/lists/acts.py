"""Which acts an agent message carries (design/contract.md, 11), read from its text, calls and results.

Questions decide most: what a question asks for is found by the cue words that slots carry in agent.yaml, whether it asks
for a yes by general phrases, whether it presents something by the tool result it repeats. Text that shows none of this
yields no act; `Detected.unsure` says so, and whoever counts must leave it ungraded rather than guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.moves import rows_of
from demeanor.agent.slots import dates_in
from demeanor.text import stands_in
from lists.asking import ANY_DAY, asks, lacks, plain, slots_asked

_SENTENCE = re.compile(r"[^.!?\n]+(?:[.!?]+(?=\s|$|[\"')])|\n|$)|[^.!?\n]*[.!?]+")
# Code and data say nothing to the user, nor does a context block that a model writes for itself.
CODE = re.compile(
    r"```.*?(?:```|\Z)|<context>.*?(?:</context>|\Z)|\{[^{}]*[\"'][\w ]+[\"']\s*:[^{}]*(?:\}|\Z)", re.DOTALL
)
_OPEN = re.compile(r"\b(?:what|which|when|where|who|how)\b", re.IGNORECASE)
# Whatever it repeats, a sentence with one of these asks whether it has understood.
_SURE = re.compile(
    r"\b(please confirm|let me (?:check|see) if |let'?s confirm|confirm the details|(?:could|can|would|will) you (?:please )?confirm|is (?:that|this|everything|it all|all (?:of )?(?:that|this)) (?:all )?(?:right|correct|accurate)|"
    r"(?:just )?to (?:be sure|confirm|make sure)|it'?s correct|do you confirm|is (?:that|this|it) (?:okay|ok|fine)|want me to confirm|do i have (?:that|this|it) right|confirm(?: please)? (?:to me|that|it for me|the following))\b|"
    r"^\W*(?:confirming\b|confirm\b(?! (?:your|the) ))|\b(?:correct|right|okay|ok|yes)\W*\?\W*$|"
    r"^\W*(?:(?:okay|ok|so|then|and|well|alright|all right)\b\W*)*you(?:'ll be|'re|'d (?:like|rather|prefer)| instead| want| would like| will be| are| need| wish)\b(?! (?:very |most )?welcome)(?![^?]*\b(?:which|what|when|how (?:many|long)) \w+\W*\?)[^?]*\?",
    re.IGNORECASE,
)
# "And you'll be arriving on...?" asks for the rest.
_HANGING = re.compile(r"(?:\b(?:on|from|at|for|by|is|be|until|around|as of)\W*|\.\.\.|…)\W*\?\W*$", re.IGNORECASE)
# "Please confirm when you arrive" asks for the day, not for a yes.
_CONFIRM_WHICH = re.compile(
    r"\bconfirm(?: (?:to|for|with|me|us|as|from|of|on|the|day|date))* (?:when|which|what|how (?:many|long)|who)\b",
    re.IGNORECASE,
)
_OKAY = re.compile(r"\bis (?:that|this|it) (?:okay|ok|fine|nice|good|all ?right)\b", re.IGNORECASE)
# A question by its word order, after a filler or behind a comma.
_INVERTED = re.compile(
    r"(?:^|[,:;.]|\band|\bbut|\bso|\bokay|\bok)\W*(?:do|does|did|would|could|can|will|shall|should|may|might|is|are|was|were|has|have|any)\b",
    re.IGNORECASE,
)
_CONFIRM = re.compile(
    r"\b(shall i|should i|may i (?:go|book|cancel|proceed|confirm|finali[sz]e)|can i (?:go|book|cancel|confirm)|do you want me to|would you like me to|want me to|"
    r"is (?:that|this|everything|it all|all (?:of )?(?:that|this)) (?:right|correct|all right|okay|ok|in order)|does (?:that|this|everything) (?:look|sound)|all correct|"
    r"(?:do|can|could|would) you (?:please )?confirm|please confirm|happy for me to|ready (?:for me )?to (?:book|cancel|confirm)|are you happy|go ahead|"
    r"(?:yes or no|a (?:clear|simple|quick) yes)|okay to (?:book|cancel|go)|good to go)\b",
    re.IGNORECASE,
)
_INVITE = re.compile(
    r"\b(which (?:one|of|room|would|do|option)|what would you prefer|would (?:any|one|either|that|this) (?:of|suit|work|one)|"
    r"any of (?:these|those|them)|take your (?:fancy|pick)|shall i (?:book|reserve|hold)|would you like (?:it|that|this|me to book|to (?:book|take|go|reserve|have|keep|stay))|"
    r"do you (?:want|wish|need|care) to (?:book|reserve|make|take|have)|(?:what|how) about (?:the|this|that|a|an|one)|would you like (?:to make )?a (?:reservation|booking)|do any|does (?:that|this|one|it|either)|like the sound|your favourite|(?:appeal|tempt)s?|can i (?:book|reserve|make)|interested in (?:it|this|that|one|any|either|these|those|the|booking|reserving|staying|a|(?-i:[A-Z])\w+)|hotel you(?:'re| are) interested in|interested(?=\W*\?|,? (?:i|we|please|just)\b))\b",
    re.IGNORECASE,
)
_DEFER = re.compile(
    r"\b((?:need|have|like|let me|want|going) to (?:check|ask|confirm|find out|verify)[^.?!]*(?:colleague|team|you|that|this)|colleagues? (?:will|who|of mine|can)|"
    r"get back to you|(?:don'?t|do not) (?:have|know|hold)[^.?!]*(?:information|detail|answer|certain|know|that)|passed? (?:it|this|that|your)[^.?!]*(?:on|to)|"
    r"someone (?:from|will|on)|follow up|can(?:not|'t) (?:say|answer|confirm) (?:that|this|for certain|it))\b",
    re.IGNORECASE,
)
# Who answers instead, or that this is passed on: a deferral that nobody follows up leaves the user alone.
_HANDOFF = re.compile(
    r"\b(?:colleagues?|team|staff|reception(?:ist)?|front desk|manager|someone|somebody|person|human|agent|department)\b[^.?!]*\b(?:will|'ll|’ll|can|shall|is going to|get|confirm|answer|tell|let you know)|"
    r"\b(?:ask|check with|confirm(?: \w+)? with|pass\w* \w+ (?:on )?to|hand\w* \w+ (?:over )?to|forward\w* \w+ to|refer\w* \w+ to|speak to|contact|reach) (?:a |an |my |our |the |one of )*(?:\w+ )?(?:colleagues?|team|staff|reception|front desk|manager|someone|somebody|hotel)\b|"
    r"\b(?:we|i)(?:'ll|’ll| will| shall)[^.?!]*\b(?:get back to you|follow up|let you know|come back to you)\b",
    re.IGNORECASE,
)
_REFUSE = re.compile(
    r"\b((?:can|could|am able to|'m able to) only (?:help|assist|handle)|(?:i'm|i am) (?:only|just) here (?:to help|for)|(?:i'm|i am) here for\b|outside (?:of )?(?:what|my|of)|"
    r"(?:can(?:not|'t)|unable to|not able to|not something i|beyond what i|isn't something i|leave (?:that|those|this)|not (?:quite )?my|better at|stick to|strictly|only know))\b",
    re.IGNORECASE,
)
_SORRY = re.compile(r"\b(sorry|apolog\w+|unfortunately|afraid|regret)\b", re.IGNORECASE)
_CLOSE = re.compile(
    r"\b(good ?bye|bye|(?:(?:(?:^|[.!?,;:])\s*|\b(?:and|please|now|do|then|just) )have (?:a|your)\b(?! (?:\w+ )?(?:booking|reservation|room)\b)|(?<!\bto )(?<!relax and )enjoy (?:a|your|the))|see you|(?<!you're )(?<!you are )(?<!you’re )look(?:ing)? forward|take care|safe travels|until then|(?:my|our|the|a real|a great) pleasure|(?:was|been) a pleasure|pleasure (?:to have |helping|assisting|serving|was )|with pleasure\W*$|(?:glad|happy) (?:i|that i|we|to have) (?:could|was|were|been|help)|(?:hope|glad|happy) (?:if |that )*(?:i|this|that|it)\b[^.?!]* ?help|(?:hope|glad)[^.?!]* (?:satisfied|service|my best|helpful)|(?:glad|happy) to have helped|of (?:service|assistance)|welcome you|you'?re (?:very |most )?welcome)\b",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"\b((?<!before )anything (?:else|more)|(?<!or )something (?:else|more)|(?:any|other|more|further) (?:more )?(?:help|way|assistance|requests?)|help you again|some other way|(?:will|would) that be all|what else|how else|(?:help|assist)(?: you)? further|anything further|(?:more|other) (?:i can|questions?))\b",
    re.IGNORECASE,
)
# An offer of help to whoever comes back with something, asked or said; a greeting has one too.
_OFFER = re.compile(
    r"\bwhat(?:'s| is) (?:your|the) (?:next |first |other )?(?:request|question|query|wish|pleasure)\b|\bwhat(?:'s| is) on your mind\b|\bwhat (?:else )?(?:can|may|could|shall) (?:i|we) do for you\b|"
    r"\bhow (?:else )?(?:can|may|might|could|shall) (?:i|we) (?:best )?(?:help|assist|serve|be of)\b|"
    r"\b(?:here|ready|happy|glad|available) to (?:help|assist|serve)(?: you)? (?:in|with) any(?:thing|(?: other)? (?:way|questions?|tasks?|requests?|needs?|help))\b",
    re.IGNORECASE,
)
_GREETING = re.compile(r"^\W*(?:hello|hi|hey|welcome|good (?:morning|afternoon|evening|day))\b", re.IGNORECASE)
# "... and I'll be happy to assist you further" promises what comes after an answer; nothing more is offered.
_PROMISE = re.compile(
    r"\b(?:i|we)(?:'ll| will|'d| would) be (?:more than )?(?:happy|glad|delighted) to [^.?!]*", re.IGNORECASE
)


@dataclass(frozen=True)
class Detected:
    """Acts found, in order of appearance without repeats. `unsure` when the text shows no act that is known."""

    acts: tuple[str, ...]
    unsure: bool


def sentences(text: str) -> list[str]:
    """Sentences of a reply, stripped; decimals and abbreviations are not a concern at this length."""
    return [s.strip() for s in _SENTENCE.findall(text) if s.strip()]


def mentions_row(text: str, row: Mapping[str, Any], key: str = "") -> bool:
    """Whether a text repeats a row of a tool result: at least two of its values, or its only one."""
    values = {str(v) for k, v in row.items() if k != key and v not in (None, "")}
    found = sum(1 for value in values if stands_in(value, text))
    return found >= min(2, len(values))


def detect(
    agent: Agent,
    text: str,
    calls: Sequence[str] = (),
    result: Mapping[str, Any] | None = None,
    tool: str = "",
    said: Sequence[str] = (),
) -> Detected:
    """Acts of one agent message.

    Args:
        text: what the agent said.
        calls: names of the tools it called in the same message.
        result: the last tool result that the agent had seen, to recognise what it presents; `tool` gave it.
        said: words of the user that only a confirmation repeats (a name, a reference): they tell "shall I book it?"
            behind an offer from the same question behind a summary.
    """
    acts: list[str] = []
    words = plain(CODE.sub(" ", text))
    parts = sentences(words)
    asking = [s for s in parts if asks(s) or _SURE.search(s)]
    if _SORRY.search(words):
        acts.append("apologise")
    if not calls and any(_DEFER.search(s) and not lacks(agent, s) for s in parts):
        own = bool(agent.when_unsure) and plain(agent.when_unsure).lower() in words.lower()
        acts += ["defer", "handoff"] if own or _HANDOFF.search(words) else ["defer"]
    elif _REFUSE.search(words):
        acts.append("refuse")
    if result is not None and tool:
        acts += _presented(text, result, tool)
    summary = any(word and stands_in(word, text) for word in said)
    acts += _questions(agent, asking, presented=not summary and any(a.startswith("present") for a in acts))
    if not _GREETING.search(words) and any(_OFFER.search(s) for s in parts):
        acts.append("anything_else")
    if not asking and _CLOSE.search(words):
        acts.append("close")
    acts += [f"call:{name}" for name in calls]
    return Detected(tuple(dict.fromkeys(acts)), not acts)


def _presented(text: str, result: Mapping[str, Any], tool: str) -> list[str]:
    rows = rows_of(result)
    if rows:
        return [f"present:{tool}"] if any(mentions_row(text, row) for row in rows) else []
    if "error" in result or any(isinstance(v, list) for v in result.values()):
        return []
    return [f"present:{tool}"] if mentions_row(text, result) else []


def _questions(agent: Agent, asking: Sequence[str], presented: bool) -> list[str]:
    acts: list[str] = []
    options = [name for name, slot in agent.slots.items() if slot.type == "option"]
    for sentence in asking:
        if presented and options and _OKAY.search(sentence):
            acts.append(f"invite:{options[0]}")
        elif _MORE.search(_PROMISE.sub("", sentence)):
            acts.append("anything_else")
        elif _CONFIRM_WHICH.search(sentence) and (slots := slots_asked(agent, sentence)):
            acts += [f"ask:{name}" for name in slots]
        elif _echoes(sentence) or (_SURE.search(sentence) and not _HANGING.search(sentence)):
            acts.append(f"confirm:{_confirmed_tool(agent, sentence)}")
        elif presented and options and (_INVITE.search(sentence) or _CONFIRM.search(sentence)):
            acts.append(f"invite:{options[0]}")
        elif _asks_for_a_yes(sentence):
            acts.append(f"confirm:{_confirmed_tool(agent, sentence)}")
        elif slots := slots_asked(agent, sentence):
            acts += [f"ask:{name}" for name in slots]
        elif options and _INVITE.search(sentence):
            acts.append(f"invite:{options[0]}")
    return acts


def _asks_for_a_yes(sentence: str) -> bool:
    """ "Which city should I search in?" does not."""
    asked = _CONFIRM.search(sentence)
    return asked is not None and not _OPEN.search(re.split(r"[:;]", sentence[: asked.start()])[-1])


def _echoes(sentence: str) -> bool:
    """Whether a question only repeats a day in a statement's order: "So that's checking in tomorrow?" """
    statement = sentence.endswith("?") and not any(p.search(sentence) for p in (_OPEN, _INVERTED, _HANGING))
    return statement and bool(dates_in(sentence, ANY_DAY))


def _confirmed_tool(agent: Agent, sentence: str) -> str:
    """The write tool that a question for a yes is about: the one whose verb it uses, else the first."""
    writes = sorted(agent.writes())
    # "Back to your booking: may I cancel it?" and "Shall I cancel booking SV-1042?": the verb itself counts before words
    # made from it, the first before later ones.
    for end in (r"\b", ""):
        verbs = {
            tool: re.search(rf"\b{re.escape(tool.split('_')[0])}{end}", sentence, re.IGNORECASE) for tool in writes
        }
        named = {tool: match.start() for tool, match in verbs.items() if match}
        if named:
            return min(named, key=lambda tool: named[tool])
    return writes[0] if len(writes) == 1 else ""
