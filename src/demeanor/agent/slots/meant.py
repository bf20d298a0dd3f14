"""Which of the values in an answer is meant: one law for every type of slot.

People mention other values beside the one they answer with: one that they reject, one that they take back, one that
only gives the reason. Of all that a type's reader finds in a text:

1. what its clause rejects is out ("not the 12th", "instead of 5", "the 3 pm is gone");
2. after a correction only what follows counts ("the 12th, no, sorry, the 13th");
3. a conclusion stands above what led to it ("so three nights", "make it 9", "oak then");
4. an answer that is nothing but a value stands above what is told after it ("10, and my boss wants the first 2"), and so
   does the one value that is approved of or wished for ("the 20th works, she has ballet on the 13th");
5. what is left open is no value ("maybe 3", "3 or 4", "an hour before that"), and two that remain are for asking back.

The text is lower-case English as `words.normalise` or `text.key` give it; which values there are is the types' business.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any


@dataclass(frozen=True)
class Found:
    """A value at `begin:end` of a text; `value` None: something of the type that cannot be pinned down ("a few")."""

    begin: int
    end: int
    value: Any


_BREAK = re.compile(
    r"[.;!?](?![\d])|,(?!\d)|\n|[()]|\s-\s|"
    r"(?<!\banything )(?<!\bnothing )(?<!\bany time )(?<!\bany day )(?<!\bany one )(?<!\bany )\b(?:but|because|cos|coz|cuz|since|although|though|while|whereas|so(?! that\b)|thus|hence|therefore|otherwise)\b"
)
_SENTENCE = re.compile(r"[.;!?](?![\d])|\n")
_REJECTS_BEFORE = re.compile(
    r"\b(?:not|no longer|no more|never|nor|neither|(?<!\d )no(?= $)|cannot|without|instead of|rather than|other than|except|apart from|"
    r"any\w*(?: \w+)? but|forget|scrap|drop|cancel|used to|previously|originally|formerly|(?:i|we) (?:first |had |once )?(?:thought|wanted|said)|\w+n't|dont|cant|wont|isnt)\b"
    r"[^~]*$"
)
_REJECTS_AFTER = re.compile(
    r"^\W*(?:(?:is|are|was|were|'s|would be) )?(?:(?:all|already|just) )*"
    r"(?:(?:far |much |way )*too \w+|(?:no|not) good|gone|taken|full|wrong|impossible|out of the question|"
    r"won't|doesn't|don't|can't|isn't|not|wont|doesnt|dont|cant)\b|"
    r"^\W*(?:before|last time|back then|previously|originally|until now)\W*$"
)
_CORRECTS = re.compile(
    r"\b(?:no,? (?:wait|sorry|hang on|hold on|make|actually|rather|it's|its|the|that)|wait|hang on|hold on|i mean|"
    r"i meant|sorry|pardon|my mistake|scratch that|scrap that|forget that|correction|oops|actually|or rather|better|instead(?! of)|make it|make that)\b|"
    r"(?<=\d )no,? (?=\d)|(?<=[,.;] )well,? (?=\d)|(?:(?<=[,.;!?] )|\b(?:ah|oh|um|uh|er|eh) )no(?=[,.;!?])|(?<=\.\.\.) ?no\b"
)
_CONCLUDES = re.compile(
    r"(?:\b(?:so(?! that\b)|thus|hence|therefore|ergo|altogether|together|in total|in all|all in all|makes?|making|makes it|"
    r"let'?s (?:say|take|do|make it|go (?:with|for))|let it be|take|say|call it|now it's|now its|now we're|now only|totals?|must be|must say)\b|"
    r"(?<=[.!?] )then\b)"
    r"[\s,:]*(?:\w+'?\w*\s+){0,3}?$"
)
_CONCLUDES_AFTER = re.compile(r"^\s*,?\s*(?:then|in total|altogether|in all|all told|all in all)\b(?!\s+\w+\s+\d)")
# What approves of a value in its own clause: "the 20th works, she has ballet on the 13th".
_APPROVES = re.compile(
    r"^\W*(?:(?:it |that |this )?(?:would |will |'d |'ll )?(?:be |is |are )?(?:really |very |just |perfectly |the )?"
    r"(?:works?|suits?|good|great|fine|best|perfect|ideal|okay|ok|it is|please|pls|plz|then))\b"
)
_WANTS = re.compile(
    r"\b(?:would like|'d like|(?:i|we)(?:'ll| will) (?:take|have)|(?:can|could) (?:you|we|i) (?:do|have|make it)|pick me up|call me|"
    r"put (?:me|us) down for|i want|we want|i prefer|i'd rather|needs? to be there|should (?:come|be))\b(?: \w+){0,4}\s*$"
)
_OPEN = re.compile(
    r"\b(?:maybe|perhaps|possibly|probably|either|or so|depend(?:s|ing)?|not sure|unsure|hard to say|give or take|"
    r"if (?!possible|poss|that'?s|it'?s|its|you (?:can|could|have|please|don'?t mind|would|'d|like))|otherwise|unless|"
    r"dunno|don't know|i guess|more or less|ish|at least|at most|up to|no idea|somewhere|sometime)\b"
)
# A value told by its distance to another one, or as a part of it.
_DERIVED = re.compile(
    r"\b(?:(?:a|an|the|half an?|\d+) (?:day|week|month|year|hour|minute|night)s? "
    r"(?:right |just |directly |immediately |straight )?(?:before|after|earlier|later)|"
    r"the (?:one|1|\w+day) (?:right |just |straight )?(?:before|after)|(?:twice|double) (?:as|my|that|the|what|last|your|his|her)|half of|half that|"
    r"(?:more|less|fewer|earlier|later) than (?:that|last|usual|before))\b"
)
_EITHER_WAY = re.compile(r"\b(?:otherwise|or else|else (?:it's|then|make|take|give)|unless|depends|depending)\b")
_OR = re.compile(r"\bor\b")
_OR_ELSE = re.compile(r"(?<!\d )\bor\b(?! (?:\d|so\b))")  # "3 or 4 pm" beside a day leaves no day open
_FILLER = re.compile(
    r"\b(?:yes|yeah|yep|yup|well|right|ok|okay|oh|ah|um+|uh+|uhm+|hm+|hi|hello|hey|please|pls|plz|thanks|thank you|just|only|"
    r"sure|on|at|in|by|for|from|the|a|an|that|this|of|to|my|our|is|it|it's|its|that's|thats|would|be|will|about|around|"
    r"exactly|precisely|sharp|i|i'd|i'm|we|we'd|we're|like|need|want|take|have|say|there|are|us|with|one|more|make)\b|[^\w]"
)


def meant(text: str, found: Sequence[Found]) -> list[Any]:
    """The different values that an answer leaves, in order: one is the answer, none or several are to be asked back.

    Args:
        found: what the type's reader found, by position, without overlaps.
    """
    if not found or _EITHER_WAY.search(text):
        return []
    kept = [one for one in found if not _rejected(text, one, found)]
    kept = _after_correction(text, kept)
    kept = _concluded(text, kept, found) or _heading(text, kept) or _approved(text, kept) or kept
    if any(one.value is None for one in kept) or _left_open(text, kept):
        return []
    measured = bool(kept) and not isinstance(kept[0].value, str)
    if measured and any(derived.start() >= kept[0].begin for derived in _DERIVED.finditer(text)):
        return []
    return list(dict.fromkeys(one.value for one in kept))


def _clause(text: str, one: Found) -> tuple[str, str]:
    """What stands before and behind a value in its clause."""
    begin = max((m.end() for m in _BREAK.finditer(text, 0, one.begin)), default=0)
    ends = _BREAK.search(text, one.end)
    return text[begin : one.begin], text[one.end : ends.start() if ends else len(text)]


def _rejected(text: str, one: Found, found: Sequence[Found]) -> bool:
    before, after = _clause(text, one)
    others = [f for f in found if f.begin >= one.end or f.end <= one.begin]
    # Another value between the refusal and this one: "not at 4 but 5", "instead of 3 I want 5".
    near = max((f.end for f in others if f.end <= one.begin), default=0)
    before = text[max(one.begin - len(before), near) : one.begin]
    return bool(_REJECTS_BEFORE.search(before) or _REJECTS_AFTER.search(after))


def _after_correction(text: str, kept: list[Found]) -> list[Found]:
    for mark in reversed(list(_CORRECTS.finditer(text))):
        if any(one.begin <= mark.start() < one.end for one in kept):
            continue  # one value said twice
        after = [one for one in kept if one.begin >= mark.end()]
        if after and len(after) < len(kept):
            return after
        taken_back = mark[0].startswith(("no", "scra", "forget")) and _clause_begins(text, mark.start())
        if not after and kept and (taken_back or _AMENDED.match(text, mark.end())):
            return [Found(mark.start(), mark.end(), None)]  # taken back or amended, and nothing whole put in its place
    return kept


_AMENDED = re.compile(r"[\s,.:]*(?:\w+ ){0,1}\d")


def _clause_begins(text: str, at: int) -> bool:
    return bool(re.search(r"[,;.!?]\s*(?:ah |oh |um |uh |well )?$", text[:at]))


def _concluded(text: str, kept: list[Found], found: Sequence[Found]) -> list[Found]:
    """The values of the last clause that draws a conclusion."""
    drawn = []
    for one in kept:
        near = max((f.end for f in found if f.end <= one.begin), default=0)
        before, after = text[max(near, one.begin - 40) : one.begin], _clause(text, one)[1]
        # A conclusion follows from something: an opening "so" or "say" concludes nothing.
        between = text[near : one.begin] if near else ""
        if _OR.search(between):
            continue
        if (near and (_CONCLUDES.search(before) or _after_so(text, one))) or _CONCLUDES_AFTER.search(after):
            drawn.append(one)
    return drawn[-1:]


def _after_so(text: str, one: Found) -> bool:
    """Whether the clause of a value follows from what stands before it."""
    begin = one.begin - len(_clause(text, one)[0])
    return bool(re.search(r"\b(?:so(?! that)|thus|hence|therefore)$", text[:begin]))


def _heading(text: str, kept: list[Found]) -> list[Found]:
    """A value that is a sentence or a first clause of its own."""
    if not kept:
        return []
    first = kept[0]
    if any(other.value != first.value and alone(text, other) for other in kept[1:]):
        return []  # two answers
    before, after = _clause(text, first)
    opens = not _FILLER.sub("", text[: first.begin - len(before)] + before)
    return [first] if opens and not _FILLER.sub("", after) and not _open_next(text, first) else []


def beside(text: str, one: Found) -> list[str]:
    """The words of a value's clause beside it, without the small ones."""
    before, after = _clause(text, one)
    return _FILLER.sub(" ", f"{before} {after}").split()


def alone(text: str, one: Found) -> bool:
    """Whether a value is a clause of its own."""
    return not beside(text, one)


def _approved(text: str, kept: list[Found]) -> list[Found]:
    """The one value that is approved of where others are told beside it."""
    if any(_OR.search(text, one.end, following.begin) for one, following in pairwise(kept)):
        return []
    approved = [one for one in kept if _APPROVES.search(_clause(text, one)[1])]
    approved = approved or [one for one in kept if _WANTS.search(_clause(text, one)[0])]
    return approved if len(approved) == 1 else []


def _open_next(text: str, one: Found) -> bool:
    after = text[one.end + len(_clause(text, one)[1]) :]
    return bool(re.match(r"\W*(?:or|maybe|perhaps|possibly|depends|unless)\b", after))


def _left_open(text: str, kept: Sequence[Found]) -> bool:
    for one, following in pairwise(kept):
        if one.value != following.value and _OR.search(text, one.end, following.begin):
            return True
    for one in kept:
        before, after = _clause(text, one)
        ends = _SENTENCE.search(text, one.end)
        rest = text[one.end : ends.start() if ends else len(text)]
        if _OPEN.search(before) or _OPEN.search(after) or _open_next(text, one) or _OR_ELSE.search(rest):
            return True
    return False
