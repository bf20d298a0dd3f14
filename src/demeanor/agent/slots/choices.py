"""Words that name one of a few things.

A choice is named by one of its phrases as whole words, the longest first ("old town" before "town"); by a word that no
other choice has ("the children's one"), where the clause does nothing but name; or, failing both, by close spelling.
Which of those is meant is the law of `meant`; of two choices the refusal of one leaves the other. A word that several
choices share, a condition and a question leave it open.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from demeanor.agent.slots.meant import Found, meant
from demeanor.agent.slots.types import Resolved, Slot, Unresolved
from demeanor.agent.slots.words import CARDINAL
from demeanor.text import key, words

_NEGATED = re.compile(
    r"\b(?:not|no|don't|dont|without|instead of|rather than|than|never mind|forget|anything but|except|never|nor|isn't|cancel)"
    r"\s+(?:(?:the|a|an|any|in|want|need|like|to|have|take|of|my|your|that|this|anything)\s+){0,3}$"
)
_REPLACED = re.compile(r"\b(?:from|change|switch|swap)\s+(?:the |a |my )?$")
_FIGURES = {word: str(number) for word, number in CARDINAL.items() if number != 1}
_NAMES = {figure: word for word, figure in _FIGURES.items()}
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*'?")
# What refuses without a refusing word, and the other way round.
_REWRITTEN = {
    r"\b((?:rather|sooner|prefer)\b(?! than)[^.;!?]*?) than\b": r"\1, not",
    r"\b(?:wouldn't mind|why not|can't wait for|(?:no|without) (?:doubt|question|problem))\b": "surely",
    r"\b(?:hate|dislike|can(?:'t|not) stand)\b": "don't like",
    r"\bnot (?:so|that|very|quite|too)\b": "not really",
    r",? or nothing\b": " only",
}
_CONDITION = re.compile(
    r"(?<!even )\b(?:if|unless|provided|as long as|in case|whether|undecided|(?:can't|cannot|couldn't) decide|"
    r"(?:to|let me|must|should|i'll|we'll) (?:first )?(?:ask|think|decide|talk|check(?! in\b|-in\b)))\b"
)
_NO_CONDITION = re.compile(
    r"\bif (?:possible|available|i may|you (?:please|don't mind|can|could|have (?:it|one|any))|(?:that|it)(?:'s| is) "
    r"(?:ok|okay|fine|possible|no trouble)|there(?:'s| is) (?:one|any))\b"
)
_ASKS = re.compile(r"^\W*(?:(?:and|but|so|hi) )?(?:how|what|which|when|where|who|is|are|was|does|did)\b(?! about)")
_OF_ANOTHER = re.compile(r"\b(?:he|she|they|(?:my|our) \w+)(?:'s|'re| is| was| are| were)\b[^~]*$")
_PAST = re.compile(r"\b(?:had|used to|used|took|tried|ordered|bought) (?!(?:.* )?in mind\b)[^~]*$")
_DISMISSED = re.compile(r"\s*\?\W*(?:no|nope|never|not|don't)\b|\W*(?:is|are)? ?(?:out of|beyond|over) (?:my|our)\b")
_BOTH = re.compile(r"\b(?:neither|nor|none|not just|either|both|any|other|another|else|only|yet|always)\b|\?")
_FILLER = frozenset(re.findall(r"\S+", """
    the a an that this it it's its that's your for i i'd i'll we we'd we'll want need take like prefer have get say would
    will can could may please pls plz thanks thank you yes yeah yep ok okay oh well um uh just only rather then so one ones
    1 of to me us is fine good do go give hi hello not no sure definitely all again this time at with my our let's think
    maybe or and make course anything but don't dont never without rather"""))  # fmt: skip
_NO_NAMES = frozenset(
    re.findall(
        r"\w+", "the of with only and for without all any one not other from per was were is are be been has had it"
    )
)
_CLAUSE_END = re.compile(r"[.;!?](?!\d)|,(?!\d)|[()]|\s-\s|(?<!anything )\b(?:but|because|so|cos|since)\b")


@dataclass(frozen=True)
class _Lexicon:
    """The phrases of a slot's choices, longest first, and the roots that one choice (or, with "", several) have."""

    phrases: list[tuple[str, str, re.Pattern[str]]]
    roots: dict[str, str]
    nouns: frozenset[str]  # what tells nothing: words of the question, and words that every choice has


def _lexicon(slot: Slot) -> _Lexicon:
    return _made(tuple((value, *others) for value, others in slot.choices.items()), f"{slot.ask} {slot.label}")


@lru_cache(maxsize=256)
def _made(choices: tuple[tuple[str, ...], ...], about: str) -> _Lexicon:
    pairs = {(_tokens(phrase), names[0]) for names in choices for phrase in names}
    ordered = sorted((p for p in pairs if p[0]), key=lambda p: (-len(" ".join(p[0])), p))
    having: dict[str, set[str]] = {}
    for tokens, value in ordered:
        for token in tokens:
            if token not in _NO_NAMES and (len(token) > 2 or token.isdigit()):
                having.setdefault(_root(token), set()).add(value)
    asked = {_root(token) for token in _tokens(about)}
    # A word of the question tells nothing, unless the question lists the choices.
    listed = {value for root in asked if len(values := having.get(root, set())) == 1 for value in values}
    told = {
        root: min(values) if len(values) == 1 else ""
        for root, values in having.items()
        if len(values) < len(choices) and (root not in asked or (len(listed) > 1 and len(values) == 1))
    }
    phrases = [(" ".join(tokens), value, _pattern(tokens)) for tokens, value in ordered]
    return _Lexicon(phrases, told, frozenset((asked | set(having)) - set(told)))


def _tokens(phrase: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(key(phrase.replace("_", " "))))


def _pattern(tokens: Sequence[str]) -> re.Pattern[str]:
    """A phrase as whole words, whatever stands between them; "8 cm" is also "eight cm", "the men's" also "mens"."""
    body = r"[\s_/&+'-]*".join(map(_spelled, tokens))
    return re.compile(rf"(?<![^\W_])(?<!\d[.,])(?<!\w'){body}(?:(?<=[^\W\d_])e?s)?(?!\w|'\w|[.,]\d)")


def _spelled(token: str) -> str:
    if number := _NAMES.get(token) or _FIGURES.get(token):
        return rf"(?:{token}|{number})"
    return re.escape(token).replace("'", "'?").replace(",", r"[.,]").replace(r"\.", r"[.,]")


def _root(token: str) -> str:
    """A word without what inflects it: "glossy" and "gloss", "delivery" and "delivered"."""
    word = _FIGURES.get(token, token).replace("'", "")
    return re.sub(r"(?<=\w{4})(?:ing|ed|es|y|e)$|(?<=\w{3})(?<!s)s$", "", word)


def resolve_choice(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one choice that `text` names."""
    given = " ".join(str(text).split())[:400]
    same = [value for phrase, value, _ in _lexicon(slot).phrases if words(phrase) == words(given)]
    if given in slot.choices or len(same) == 1:
        return Resolved(given if given in slot.choices else same[0], given)
    read, found = choices_found(slot, given)
    # The words of a name are no words of the law: "full board", "a double".
    hidden = read
    for one in found:
        hidden = hidden[: one.begin] + "x" * (one.end - one.begin) + hidden[one.end :]
    found = [one for one in found if not _beside_the_point(slot, hidden, one)]
    kept = [value for value in meant(hidden, found) if _stated(hidden, [one for one in found if one.value == value])]
    kept = kept or _the_other(slot, hidden, found)
    if len(kept) == 1:
        return Resolved(kept[0], given)
    names = f"names {' and '.join(kept)}" if kept else "is none"
    return Unresolved(f"{given[:60]!r} {names}; the {slot.label} must be one of {', '.join(slot.choices)}.")


def choices_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The text as it is read, and every choice that it names, rejected ones too; None for a word that several share."""
    read, lexicon = key(text), _lexicon(slot)
    for pattern, instead in _REWRITTEN.items():
        read = re.sub(pattern, instead, read)
    found = _phrases_in(lexicon, read) or _misspelt(lexicon, read)
    return read, sorted([*found, *_shortened(lexicon, read, found)], key=lambda one: one.begin)


def named_choices(slot: Slot, text: str) -> list[str]:
    """Every choice that a text names, in order, without those that it negates."""
    norm = " ".join(re.sub(r"[^\w'.,]+|(?<!\d)[.,]|[.,](?!\d)", " ", key(text).replace("_", " ")).split())
    found = _phrases_in(_lexicon(slot), norm)
    return list(dict.fromkeys(one.value for one in found if not _NEGATED.search(norm[: one.begin])))


def _phrases_in(lexicon: _Lexicon, text: str) -> list[Found]:
    """The phrases in a text without the first of two that is changed for the other: "switch from A to B"."""
    found, rest = [], text
    for _, value, pattern in lexicon.phrases:
        for match in list(pattern.finditer(rest)):
            found.append(Found(*match.span(), value))
            rest = rest[: match.start()] + "~" * (match.end() - match.start()) + rest[match.end() :]
    found.sort(key=lambda one: one.begin)
    replaced = len(found) > 1 and found[0].value != found[1].value and _REPLACED.search(text[: found[0].begin])
    return found[1:] if replaced else found


def _shortened(lexicon: _Lexicon, text: str, found: Sequence[Found]) -> list[Found]:
    """Words of a choice's name that stand for it: "the children's one", "dark" (None: several choices are dark)."""
    return [
        Found(*token.span(), lexicon.roots[_root(token[0])] or None)
        for token in _TOKEN.finditer(text)
        if _root(token[0]) in lexicon.roots
        and not any(one.begin < token.end() and token.start() < one.end for one in found)
        and _names(lexicon, text, token)
    ]


def _names(lexicon: _Lexicon, text: str, token: re.Match[str]) -> bool:
    """Whether a word stands where a name does: before "one" or the noun of all, or in a clause of nothing else."""
    before, after = _around(text, token.start(), token.end())
    if after and (after[0] in ("one", "ones", "1") or _root(after[0]) in lexicon.nouns) and not token[0].isdigit():
        return True
    if after and after[0] in ("it", "that", "them") and _root(token[0]) not in {_root(p) for p, *_ in lexicon.phrases}:
        return False
    return all(w in _FILLER or _root(w) in lexicon.nouns or _root(w) in lexicon.roots for w in (*before, *after))


def _around(text: str, begin: int, end: int) -> tuple[list[str], list[str]]:
    """The words before and behind a place in its clause."""
    return _TOKEN.findall(_CLAUSE_END.split(text[:begin])[-1]), _TOKEN.findall(_CLAUSE_END.split(text[end:])[0])


def _misspelt(lexicon: _Lexicon, text: str) -> list[Found]:
    """The choice whose spelling is nearest to as many words of the text, when it is near enough."""
    at = list(re.finditer(r"\d+(?:[.,]\d+)*|[\w']+", text))[:40]
    near = [
        (_likeness(phrase, [m[0] for m in at], i, size), Found(at[i].start(), at[i + size - 1].end(), value))
        for phrase, value, size in ((phrase, value, len(phrase.split())) for phrase, value, _ in lexicon.phrases)
        for i in range(len(at) - size + 1)
    ]
    enough = max(0.8, max((ratio for ratio, _ in near), default=0.0) - 0.03)
    return sorted((one for ratio, one in near if ratio >= enough), key=lambda one: one.begin)


def _likeness(phrase: str, said: Sequence[str], i: int, size: int) -> float:
    """How alike a phrase is to words of a text; figures have to be the same: 14 cm is not 12 cm."""
    run, others = " ".join(said[i : i + size]), {*said[:i], *said[i + size :]}
    if min(len(run), len(phrase)) < 4 or run[0] != phrase[0] or re.findall(r"\d+", phrase) != re.findall(r"\d+", run):
        return 0.0
    # One letter for another makes a new word of a short one ("place", "plane"): only where nothing else is said.
    another = len(run) == len(phrase) <= 5 and sorted(run) != sorted(phrase)
    return 0.0 if another and others - _FILLER | others & {"my"} else difflib.SequenceMatcher(None, phrase, run).ratio()


def _beside_the_point(slot: Slot, text: str, one: Found) -> bool:
    """What was, what is out of the question, or what somebody else is where the question is what you are."""
    before = _CLAUSE_END.split(text[: one.begin])[-1]
    of_another = re.search(r"\b(?:are|were) you\b|\byou be\b", key(slot.ask)) and _OF_ANOTHER.search(before)
    return bool(of_another or _PAST.search(before) or _DISMISSED.match(text, one.end))


def _the_other(slot: Slot, text: str, found: Sequence[Found]) -> list[str]:
    """Of two choices the one that is left when the other is refused."""
    values = {one.value for one in found}
    if len(slot.choices) != 2 or len(values) != 1 or None in values or _BOTH.search(text) or not _stated(text, found):
        return []
    for one in found:
        before, after = _around(text, one.begin, one.end)
        more = [w for w in before + after if w not in _FILLER and _root(w) not in _lexicon(slot).nouns]
        if more or not _NEGATED.search(text[: one.begin]):
            return []
    return [value for value in slot.choices if value not in values]


def _stated(text: str, found: Sequence[Found]) -> bool:
    """Whether a sentence says one of these without a condition and without asking about it."""
    without = _NO_CONDITION.sub(lambda m: "-" * len(m[0]), text)
    return any(
        any(sentence.start() <= one.begin < sentence.end() for one in found)
        and not (sentence[0].endswith("?") and _ASKS.match(sentence[0]))
        and not _CONDITION.search(sentence[0])
        for sentence in re.finditer(r"(?:[^.;!?]|[.;!?](?=\d))+\??", without)
    )
