"""Manners that a voice does not have: slang, swearing, shouting, emoji, rudeness, officialese, flirting, sales talk.

Signs are words and marks that carry the manner wherever they stand. A manner is only held against a reply where the
voice's own lines never show it: an agent whose wording says "Yay!!" may shout. Tone without such signs (cold, but in plain
words) is not read; nothing here judges taste.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_EMOJI = re.compile("[\U0001f300-\U0001faff\U00002600-\U000027bf\U0001f1e6-\U0001f1ff]|(?<!\\w)[:;]-?[)DPp(](?!\\w)|<3")
_CAPITALS = re.compile(r"\b(?:[A-Z]{2,}['’]?[A-Z]*(?:[ ,]+[A-Z]{2,}['’]?[A-Z]*)+|[A-Z]{5,})\b(?![-\d])")


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(patterns)})(?![\w-])", re.IGNORECASE)


_SIGNS: dict[str, re.Pattern[str]] = {
    "slang": _words(
        r"yo+|dude|bro+|bruh|fam|homie|matey?|buddy|pal|peeps|y'?all|gonna|wanna|gotta|gimme|lemme|gotcha|dunno|ain'?t|kinda|sorta|nah|yep|yup|yeah",
        r"lol|lmao|rofl|omf?g|wtf|btw|idk|tbh|imo|thx|thnx|ty|pls|plz|ur|u|n|cuz|coz|[’']cause|cos|k|kk|sup|wassup|hiya|heya|howdy|wazzup",
        r"what'?s (?:up|good|poppin\w*|cookin\w*)|no biggie|my bad|chill(?:in'?)?|vibes?|vibing|hella|legit|stoked|psyched|crash at|rock up|hang out|hit the (?:road|hay)",
        r"(?:hit|hook) (?:me|us|ya|you) (?:up|with)|spill(?: it)?|ya|yer|ye|chop chop|deets|whatcha|whaddya|aye|arr+|ahoy|shiver me|"
        r"(?:gett|com|leav|head|stay|dropp|look|think|do|go|book|roll|bounc|check|hang|say|try|go)in",
        r"\w{3,}in[’'](?=\s|[,.?!])",
    ),
    "swearing": _words(
        r"damn\w*|dammit|hell|bloody|bugger\w*|shit\w*|crap\w*|piss\w*|f+u+c*k\w*|f\*+\w*|s\*+t|arse\w*|ass(?:hole)?|bastards?|bullshit|bitch\w*",
        r"screw (?:it|you|up|this)|freaking|frigging|effing|sod (?:it|off)|jesus|christ|goddamn\w*|sucks|heck|bollocks",
    ),
    "rudeness": _words(
        r"stupid|idiot\w*|moron\w*|dumb|fool(?:ish)?|clueless|ridiculous|pathetic|useless|lazy|careless|einstein|whatever(?=[.!,])|ugh+|meh|sigh|duh|pfft|tsk|hmph|yawn",
        r"great, another|oh,? (?:great|joy|brilliant)|how (?:original|thrilling)|lucky me|(?:read|reading) (?:minds?|your mind|thoughts)|mind.?reader|crystal ball|psychic|telepath\w*",
        r"guess(?:ing)? games?|(?:not|isn'?t) (?:really )?my (?:job|problem|fault)|(?:be|make it) quick|hurry(?: up)?|get on with it|spit it out|out with it|for once|got all day",
        r"for the (?:last|third|hundredth|umpteenth) time|you (?:forgot|failed|neglected|omitted|didn'?t (?:bother|even|think)|never (?:said|told|mentioned|bothered)|still haven'?t|should have|people)",
        r"(?:as|like) i (?:already |just )?(?:said|told)|i (?:already|just) (?:said|told|asked)|pay attention|how hard|is (?:it|that) (?:really )?(?:so|that) (?:hard|difficult)|it'?s that simple",
        r"(?:don'?t|couldn'?t|can'?t) (?:really )?care(?: less)?|who cares|if you must|i (?:suppose|guess)|feel like|can'?t be bothered|some of us|(?:other|most) (?:guests|people|customers) (?:manage|know|mention|tell)",
        r"more sense|obviously|no dates,|think(?:ing)? for you|better things to do|waste? (?:my|our) time|wasting|what do you expect|do you (?:actually|even) want|would it (?:kill|hurt) you|too much to ask|"
        r"must i|i have to (?:ask|chase)|to guess|i(?:'ll| will) just guess|again:|i asked already|(?:don'?t|do not) (?:like|make me|want to) (?:repeat|ask)\w*|repeat(?:ing)? myself|ask twice",
        r"are you even|can you (?:even )?manage|listen up|move it|on the double|tick.?tock|your (?:majesty|highness)|why on earth|have it your way|"
        r"clear off|i am waiting|i shall wait|as i (?:have )?(?:explained|mentioned) before|lucky you|seriously expect",
    ),
    "officialese": _words(
        r"hereby|herewith|herein|hereunder|thereof|therein|pursuant|aforementioned|aforesaid|undersigned|forthwith|henceforth|(?:dear|esteemed|valued) (?:sirs?|madam|customers?|guests?|clients?)",
        r"sir or madam|to whom it may concern|kindly (?:state|indicate|note|be advised|submit|specify|furnish)|we kindly|(?:please |to |must )?(?:state|submit|furnish) (?:the|your|both)|duly|failure to",
        r"(?:mandatory|compulsory|obligatory)|required (?:fields?|parameters?|information|data|input)|missing (?:fields?|parameters?|input|data)|input (?:the|your|both)|parameters?|yyyy\S*|dd[/.-]?mm\S*",
        r"(?:not|cannot|can not|won'?t|will not) be (?:processed|accepted|considered|entertained)|be actioned|enter (?:the |your )?(?:arrival|departure|dates?|check|start|end)|incomplete (?:requests?|forms?|data)",
        r"dates required|without dates|your (?:enquiry|petition|submission)|in triplicate|applicant|the guest (?:is|must|shall|has)|form \w?-?\d+|intended stay|commencement|duration of (?:the|your) (?:stay|occupancy)|occupancy period",
    ),
    "flirting": _words(
        r"(?:hey|hi|hello),? (?:there,? )?(?:gorgeous|handsome|beautiful|cutie|lovely|sexy|stranger|good.looking)|gorgeous(?=[,.!?])|sexy|handsome(?=[,.!?])|cutie|sweet(?:ie|heart|cheeks)",
        r"darling|babe|hot stuff|(?<=, )(?:love|hun|honey|dear|sugar)(?=[.!?,])|my (?:dear|love|lovely|treasure|star)|xo+|xx+|kiss\w*|date night|all to myself|miss(?:ing|ed) you|"
        r"i get to (?:have|see) you|get to have you|irresistible|butterflies|blush\w*|(?:someone|a person) like you|steal your heart",
    ),
    "drama": _words(
        r"alas|torment|behold|woe|thee|thou|thy|hark|verily|destiny|most (?:brilliant|wonderful|magnificent)[^.?!]*world|glorious",
        r"okie|dokie|holy moly|pretty pwease|bestie|\*\w[^*]{1,30}\*",
    ),
    "sales talk": _words(
        r"limited.time|don'?t (?:miss|wait|delay)|act (?:now|fast|quickly)|while (?:stocks?|supplies|it|they) lasts?|unbeatable|unmissable|once.in.a.lifetime|best (?:deal|offer)s?",
        r"(?:hot|amazing|incredible|exclusive|unbelievable|insane|crazy) (?:deals?|offers?|prices?|rates?)|book now|won'?t (?:regret|last)|deal of a lifetime|selling (?:out|fast|like)|going fast|last chance|today only|bargain|"
        r"before (?:it'?s too late|someone else|they'?re gone|prices)|fomo|treat yourself|you deserve",
    ),
    "gushing": _words(
        r"so+ (?:excited|thrilled|pumped|psyched)|s{1,}o{3,}|o{3,}h|yay+|wo+ho+|woo+t*|hooray|yippee|squee+\w*|oh my (?:god|gosh|goodness|days)|can'?t (?:even|contain|breathe)|"
        r"(?:super|mega|ultra|totally|absolutely) (?:duper|excited|thrilled|amazing|awesome|pumped)|best (?:day|news|moment|guest) ever|dream come true|super.?duper",
        r"(?:jumping|bursting|dying|squealing|dancing|trembling) (?:with|for|to|up)|beside myself|eek+|fantabulous|epic|pretty please|rainbows?|unicorns?|"
        r"(?:yes|oh|no|so|very|really|please)(?:[ ,!]+(?:yes|oh|so|very|really|please)){2,}",
    ),
}
_ORDER = re.compile(r"^\W*(?:state|provide|submit|enter|specify|indicate|supply)\b(?![^.?!]*\bplease\b)", re.IGNORECASE)
_SHOUTED = re.compile(r"!{2,}|\?{2,}|[?!]{3,}")


class Register:
    """The manners of one voice.

    Args:
        own: lines in the voice: wording, phrases to prefer. What shows in them is allowed.
        names: words that may stand in capitals.
    """

    def __init__(self, own: Iterable[str], names: Iterable[str] = ()) -> None:
        lines = list(own)
        self.words = frozenset(
            match.lower() for line in lines for sign in _SIGNS.values() for match in sign.findall(line)
        )
        self.loud = any(_SHOUTED.search(line) for line in lines)
        self.orders = any(_ORDER.search(line) for line in lines)
        self.emoji = any(_EMOJI.search(line) for line in lines)
        self.capitals = {c for text in (*lines, *names) for c in _CAPITALS.findall(text)}
        questions = [len(line.split()) for line in lines if line.rstrip().endswith("?")]
        self.shortest = min(questions, default=1)

    def faults(self, reply: str) -> list[str]:
        """What in a reply this voice would not say; "slang: dude"."""
        found = []
        for name, sign in _SIGNS.items():
            said = [m.group(0) for m in sign.finditer(reply) if m.group(0).lower() not in self.words]
            found += [f"{name}: {said[0]}"] if said else []
        loud = [m.group(0) for m in (*_CAPITALS.finditer(reply), *_SHOUTED.finditer(reply))]
        loud = [text for text in loud if text not in self.capitals and not (self.loud and text[0] in "?!")]
        found += [f"shouting: {loud[0]}"] if loud else []
        ordered = _ORDER.search(reply)
        found += [f"an order: {ordered.group(0).strip()}"] if ordered and not self.orders else []
        emoji = _EMOJI.search(reply)
        found += [f"emoji: {emoji.group(0)}"] if emoji and not self.emoji else []
        if reply.rstrip().endswith("?") and len(reply.split()) * 2 < self.shortest:
            found.append(f"curt: {reply.strip()}")
        return found
