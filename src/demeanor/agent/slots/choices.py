"""Words that name one of a few things, codes, and options taken as they are.

A choice is named by one of its phrases as whole words, the longest first ("old town" before "town"); by a word that no
other choice has ("the children's one"), where the clause does nothing but name; or, failing both, by close spelling.
Which of those in an answer is meant is the law of `meant`; of two choices the refusal of one leaves the other. A word
that several choices share, a condition and a question leave it open.
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

_CLOSE, _CLOSER = 0.84, 0.8  # the lower one where the first letter agrees
_SAME = 0.9  # where a phrase is written as more words or fewer
_FILL = r"(?:(?:the|a|an|any|in|want|need|like|to|have|take|of|my|your|that|this|anything)\s+){0,3}"
_NEGATED = re.compile(
    r"\b(?:not|no|don't|dont|without|instead of|rather than|than|never mind|forget"
    rf"|anything but|except|but not|never|nor|isn't|cancel)\s+{_FILL}$"
)
_REPLACED = re.compile(r"\b(?:from|change|switch|swap)\s+(?:the |a |my )?$")
_FIGURES = {word: str(number) for word, number in CARDINAL.items()}
_NAMES = {str(number): word for word, number in CARDINAL.items()}
_NAMES |= {
    str(tens + unit): rf"{_NAMES[str(tens)]}[\s-]?{_NAMES[str(unit)]}"
    for tens in range(20, 100, 10)
    for unit in range(1, 10)
}
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)*'?")

# Phrases whose refusing word refuses nothing, or whose "but" and "than" do.
_REWRITTEN = (
    (re.compile(r"\b(?:anything|everything|all|any) but\b"), "all except"),
    (
        re.compile(
            r"\b(?:nothing (?:but|other than|else than|less than)|no(?:ne)? other than|no one but|can't go wrong with|"
            r"can't do without)\b"
        ),
        "only",
    ),
    (re.compile(r"\bnot (?:only|just)\b"), "both"),
    (re.compile(r",? or nothing\b(?: at all)?"), " only"),
    (re.compile(r"\b((?:rather|sooner|prefer)\b(?! than)[^.;!?]*?) than\b"), r"\1, not"),
    (re.compile(r"\bnot (?:so|that|very|quite|too)\b"), "not really"),
    (re.compile(r"\bwould(?:n't| not) mind\b"), "would like"),
    (re.compile(r"\b(?:why not|can't wait for)\b"), "surely"),
    (re.compile(r"\b(?:no|without an?y?) (?:doubt|question|hesitation|problem)\b"), "surely"),
    (re.compile(r"(?<!no )(?<!not )(?<!too )(?<!n't )\bgood\b"), "fine"),
)
_OPEN_END = re.compile(
    r"\bor (?:whatever|something|else|anything|any|what|the other|both|similar)\b|\bor\W*$|"
    r"\b(?:up to you|you (?:choose|decide))\b"
)
_CONDITION = re.compile(
    r"(?<!even )\b(?:if|unless|provided|as long as|depends|depending|in case|whether|undecided|not sure|no idea|"
    r"(?:can't|cannot|couldn't) decide|(?:to|let me|must|should|i'll|we'll) (?:first )?(?:ask|think|decide|talk|"
    r"check(?! in\b|-in\b))|(?:don't|dont|do not) know)\b"
)
_NO_CONDITION = re.compile(
    r"\bif (?:possible|available|necessary|i (?:may|might|could|can)|"
    r"you (?:please|don't mind|wouldn't mind|can|could|have (?:it|one|any|some)(?: left)?|would(?: be so kind)?)|"
    r"(?:that's|that is|it's|it is) (?:ok|okay|fine|possible|all right|alright|no trouble|not too much trouble)|"
    r"there(?:'s| is| are) (?:one|any|some)(?: left)?)\b|\b(?:tell|ask|call|let) (?:me|us)(?: know)? (?:if|whether)\b"
)
_ASKS = re.compile(
    r"^\W*(?:(?:and|but|so|well|ok|hi|hello|sorry)\W+)*(?:how (?!about)|what(?! about)|which|why(?! not)|when|where|"
    r"who|is|are|was|does|did)\b"
)
_REFUSES = re.compile(
    r"(?:^|[.,;:!?]\s*|\b(?:so|and|but|please|just|only|that|definitely|certainly|surely|i'd|we'd|i|we|really|do|"
    r"would|it's) )(?:rather not|prefer not|not|no|never|all except|without|except|"
    r"(?:don't|dont|do not|won't|wouldn't|would not) (?:want|need|like|have|take|give me|put (?:me|us)|book|do)|"
    r"(?:can't|cannot|cant) (?:stand|have|do|take|eat|bear)|hate|"
    r"dislike) (?:(?:the|a|an|any|at|in|on|by|to|with|have|take|be|want|my|our) )*$"
)
_ABOUT_YOU = re.compile(r"\b(?:are|were) you\b|\byou be\b")
_ANOTHER = re.compile(r"\b(?:he|she|they|(?:my|our) \w+)(?:'s|'re| is| was| are| were)\b[^~]*$")
_PAST = re.compile(r"\b(?:had|used to|used|took|tried|ordered|bought) (?!(?:.* )?in mind\b)[^~]*$")
_DISMISSED = re.compile(
    r"\s*\?\W*(?:no|nope|nah|never|not|don't|can't|too|god|hell)\b|"
    r"\W*(?:is|are|was|were|would be|looks|seems)? ?(?:far |way |much |a bit |just |all )*(?:too \w+|"
    r"out of (?:my|our)|beyond (?:my|our|me|us)|over (?:my|our))\b"
)
_BOTH = re.compile(r"\b(?:neither|nor|none|either|both|any|other|another|else|only|yet|always)\b|\?")
_FILLER = frozenset(
    re.findall(
        r"\S+",
        "the a an that this it it's its that's your for i i'd i'll we we'd we'll want need take like "
        "prefer have "
        "get say would will can could may please pls plz thanks thank you yes yeah yep ok okay oh well um uh "
        "just only "
        "rather then so one ones 1 of to me us is fine do go give hi hello not no sure definitely all again this "
        "time at "
        "with my our let's lets think maybe or and make course",
    )
)
_NO_NAMES = frozenset(
    re.findall(
        r"\S+", "the a an of with only no and or in to for by on without at all any one not other from per as is"
    )
)
_CLAUSE_END = re.compile(r"[.;!?](?!\d)|,(?!\d)|[()]|\s-\s|\b(?:but|because|so|cos|since)\b")


def plain(text: str) -> str:
    """Lower case words with single spaces; every other sign is a space."""
    return " ".join(re.sub(r"[^\w']+", " ", text.lower().replace("’", "'").replace("_", " ")).split())


@dataclass(frozen=True)
class _Lexicon:
    """The phrases of a slot's choices, longest first, and the roots that one choice (or, with "", several) have."""

    phrases: tuple[tuple[str, str, re.Pattern[str]], ...]
    roots: dict[str, str]
    owned: frozenset[str]
    whole: frozenset[str]
    nouns: frozenset[str]


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
    listed = {value for root, values in having.items() if root in asked and len(values) == 1 for value in values}
    # A word of the question tells nothing, unless the question lists the choices.
    told = {root: values for root, values in having.items() if len(values) < len(choices)}
    told = {
        root: values for root, values in told.items() if root not in asked or (len(listed) > 1 and len(values) == 1)
    }
    return _Lexicon(
        tuple((" ".join(tokens), value, _pattern(tokens)) for tokens, value in ordered),
        {root: next(iter(values)) if len(values) == 1 else "" for root, values in told.items()},
        frozenset(_root(token) for tokens, _ in ordered for token in tokens if token.endswith(("'s", "s'"))),
        frozenset(_root(tokens[0]) for tokens, _ in ordered if len(tokens) == 1),
        frozenset((asked | set(having)) - set(told)),
    )


def _tokens(phrase: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(key(phrase.replace("_", " "))))


def _pattern(tokens: Sequence[str]) -> re.Pattern[str]:
    """A phrase as whole words, whatever stands between them; "8 cm" is also "eight cm", "the men's" also "mens"."""
    body = r"[\s_/&+'-]*".join(map(_spelled, tokens))
    plural = "(?:s|es)?" if tokens[-1][-1].isalpha() else ""
    return re.compile(rf"(?<![^\W_])(?<!\d[.,])(?<!\w'){body}{plural}(?!\w|'\w|[.,]\d)")


def _spelled(token: str) -> str:
    # "The big one" counts nothing.
    number = _NAMES.get(token) or _FIGURES.get(token)
    if number and number not in ("one", "1"):
        return rf"(?:{token}|{number})"
    if token[0].isdigit():
        return re.sub(r"[.,]", "[.,]", token)
    return re.escape(token).replace("'", "'?")


def _root(token: str) -> str:
    """A word without what inflects it: "glossy" and "gloss", "delivery" and "delivered"."""
    word = _FIGURES.get(token, token).replace("'", "")
    for ending in ("ing", "ed", "es", "s", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= (3 if ending == "s" else 4) and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


def resolve_choice(slot: Slot, text: object) -> Resolved | Unresolved:
    """The one choice that `text` names."""
    given = " ".join(str(text).split())[:400]
    same = [value for phrase, value, _ in _lexicon(slot).phrases if words(phrase) == words(given)]
    if given in slot.choices or len(same) == 1:
        return Resolved(given if given in slot.choices else same[0], given)
    read, found = choices_found(slot, given)
    # The words of a name are no words of the law: "full board", "a double".
    hidden = _without(read, found)
    found = [one for one in found if not _beside_the_point(slot, hidden, one)]
    kept = meant(hidden, found)
    kept = [value for value in kept if _stated(hidden, [one for one in found if one.value == value])]
    kept = kept or _the_other(slot, hidden, found)
    allowed = ", ".join(slot.choices)
    if len(kept) == 1 and not _OPEN_END.search(hidden) and kept[0] not in _last_offered(hidden, found):
        return Resolved(kept[0], given)
    if kept:
        return Unresolved(f"{given[:60]!r} names {' and '.join(kept)}; the {slot.label} must be one of {allowed}.")
    return Unresolved(f"{given[:60]!r} is not a {slot.label}; it must be one of {allowed}.")


def choices_found(slot: Slot, text: str) -> tuple[str, list[Found]]:
    """The text as it is read, and every choice that it names, rejected ones too; None for a word that several share."""
    read = key(text)
    for pattern, instead in _REWRITTEN:
        read = pattern.sub(instead, read)
    lexicon = _lexicon(slot)
    found = _phrases_in(lexicon, read)
    for one in reversed(found):
        if refusal := re.search(r"\bno (?=(?:an? )?$)", read[: one.begin]):
            read = f"{read[: refusal.start()]}not {read[refusal.end() :]}"
    found = _phrases_in(lexicon, read)
    spelled = found or _misspelt(lexicon, read)
    found = sorted([*spelled, *_shortened(lexicon, read, spelled)], key=lambda one: one.begin)
    if len(found) > 1 and found[0].value != found[1].value and _REPLACED.search(read[: found[0].begin]):
        found = found[1:]
    return read, found


def named_choices(slot: Slot, text: str) -> list[str]:
    """Every choice that a text names, in order, without those that it negates."""
    norm = " ".join(re.sub(r"[^\w'.,]+|(?<!\d)[.,]|[.,](?!\d)", " ", key(text).replace("_", " ")).split())
    found = _phrases_in(_lexicon(slot), norm)
    wanted = [one for one in found if not _NEGATED.search(norm[: one.begin])]
    if len({one.value for one in wanted}) == 2 and _REPLACED.search(norm[: wanted[0].begin]):
        wanted = [one for one in wanted if one.value != wanted[0].value]
    return list(dict.fromkeys(one.value for one in wanted))


def _phrases_in(lexicon: _Lexicon, text: str) -> list[Found]:
    found, rest = [], text
    for _, value, pattern in lexicon.phrases:
        for match in list(pattern.finditer(rest)):
            found.append(Found(*match.span(), value))
            rest = rest[: match.start()] + "~" * (match.end() - match.start()) + rest[match.end() :]
    return sorted(found, key=lambda one: one.begin)


def _without(text: str, found: Sequence[Found]) -> str:
    for one in found:
        text = text[: one.begin] + "x" * (one.end - one.begin) + text[one.end :]
    return text


def _shortened(lexicon: _Lexicon, text: str, found: Sequence[Found]) -> list[Found]:
    """Words of a choice's name that stand for it: "the children's one", "dark" (None: several choices are dark)."""
    short = []
    for token in _TOKEN.finditer(text):
        root = _root(token[0])
        value = lexicon.roots.get(root)
        if value is None or any(one.begin < token.end() and token.start() < one.end for one in found):
            continue
        possessive = root not in lexicon.owned or token[0].endswith(("s", "s'"))
        if possessive and _names(lexicon, text, token):
            short.append(Found(*token.span(), value or None))
    return short


def _names(lexicon: _Lexicon, text: str, token: re.Match[str]) -> bool:
    """Whether a word stands where a name does: before "one" or the noun of all, or in a clause of nothing else."""
    begin = max((m.end() for m in _CLAUSE_END.finditer(text, 0, token.start())), default=0)
    end = _CLAUSE_END.search(text, token.end())
    before, after = (
        _TOKEN.findall(text[begin : token.start()]),
        _TOKEN.findall(text[token.end() : end.start() if end else len(text)]),
    )
    if after and (after[0] in ("one", "ones", "1") or _root(after[0]) in lexicon.nouns) and not token[0].isdigit():
        return True
    if after and after[0] in ("it", "that", "this", "them") and _root(token[0]) not in lexicon.whole:
        return False
    others = [word for word in (*before, *after) if word not in _FILLER]
    return not [word for word in others if _root(word) not in lexicon.nouns and _root(word) not in lexicon.roots]


def _misspelt(lexicon: _Lexicon, text: str) -> list[Found]:
    """The choice whose spelling is nearest to some run of words, when it is near enough."""
    at = list(re.finditer(r"\d+(?:[.,]\d+)*|[\w']+", text))[:40]
    best: dict[str, tuple[float, Found]] = {}
    for phrase, value, _ in lexicon.phrases:
        size = len(phrase.split())
        for n in {size, max(1, size - 1), size + 1} if len(phrase) > 3 else ():
            for i in range(len(at) - n + 1):
                run = " ".join(m[0] for m in at[i : i + n])
                if _near(phrase, run) and not _NEGATED.search(text[: at[i].start()]) and _sure(phrase, run, at, i, n):
                    ratio = difflib.SequenceMatcher(None, phrase, run).ratio()
                    if ratio > best.get(value, (0.0,))[0]:
                        best[value] = ratio, Found(at[i].start(), at[i + n - 1].end(), value)
    top = max((ratio for ratio, _ in best.values()), default=0.0)
    return sorted((one for ratio, one in best.values() if ratio > top - 0.03), key=lambda one: one.begin)


def _near(phrase: str, run: str) -> bool:
    """Close spelling; figures have to be the same: 14 cm is not 12 cm."""
    if len(run) < 4 or abs(len(run) - len(phrase)) > 2 or re.findall(r"\d+", phrase) != re.findall(r"\d+", run):
        return False
    if len(run.split()) != len(phrase.split()):
        return difflib.SequenceMatcher(None, phrase.replace(" ", ""), run.replace(" ", "")).ratio() > _SAME
    enough = _CLOSER if len(phrase) > 4 and run[0] == phrase[0] else _CLOSE
    return difflib.SequenceMatcher(None, phrase, run).ratio() >= enough


def _sure(phrase: str, run: str, at: Sequence[re.Match[str]], i: int, n: int) -> bool:
    """One letter for another makes a new word of a short one ("place", "plane"): only where nothing else is said."""
    if len(phrase) > 5 or len(phrase) != len(run) or sorted(phrase) == sorted(run):
        return True
    return all(m[0] in _FILLER - {"my", "our"} for m in (*at[:i], *at[i + n :]))


def _beside_the_point(slot: Slot, text: str, one: Found) -> bool:
    """What was, what is out of the question, or what somebody else is where the question is what you are."""
    begin = max((m.end() for m in _CLAUSE_END.finditer(text, 0, one.begin)), default=0)
    before = text[begin : one.begin]
    of_another = _ABOUT_YOU.search(key(slot.ask)) and _ANOTHER.search(before)
    return bool(of_another or _PAST.search(before) or _DISMISSED.match(text, one.end))


def _last_offered(text: str, found: Sequence[Found]) -> list[str]:
    """The last two values of a text where an "or" joins them: nothing behind them says which."""
    pair = found[-2:]
    joined = len(pair) == 2 and re.fullmatch(r"\W*or (?:\w+ ){0,3}", text[pair[0].end : pair[1].begin])
    return [one.value for one in pair] if joined and pair[0].value != pair[1].value else []


def _the_other(slot: Slot, text: str, found: Sequence[Found]) -> list[str]:
    """Of two choices the one that is left when the other is refused."""
    values = {one.value for one in found}
    if len(slot.choices) != 2 or len(values) != 1 or None in values or _BOTH.search(text):
        return []
    for one in found:
        end = _CLAUSE_END.search(text, one.end)
        after = _TOKEN.findall(text[one.end : end.start() if end else len(text)])
        nouns = _lexicon(slot).nouns
        if not _REFUSES.search(text[: one.begin]) or any(w not in _FILLER and _root(w) not in nouns for w in after):
            return []
    return [value for value in slot.choices if value not in values] if _stated(text, found) else []


def _stated(text: str, found: Sequence[Found]) -> bool:
    """Whether a sentence says one of these without a condition and without asking about it."""
    without = _NO_CONDITION.sub(lambda m: "-" * len(m[0]), text)
    for one in found:
        begin = max((m.end() for m in re.finditer(r"[.;!?](?!\d)", text[: one.begin])), default=0)
        end = re.search(r"[.;!?](?!\d)", text[one.end :])
        sentence = without[begin : one.end + end.start() if end else len(text)]
        asks = bool(end) and end is not None and end[0] == "?" and _ASKS.match(sentence)
        if not asks and not _CONDITION.search(sentence):
            return True
    return False
