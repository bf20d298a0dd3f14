"""Scoring by shared words: BM25, normalised. Needs nothing but Python.

A BM25 sum has no scale of its own, so it cannot be held against a threshold. Here it is divided by the best
sum that this query could reach, its unknown words included: the score is the share of what the query asks
about that the passage covers, between 0 and 1. Words are stemmed lightly (English), words of grammar are
left out, and an unknown word may stand for a known one that is spelled almost so.

BM25: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond (2009).
"""

from __future__ import annotations

import difflib
import math
import re
from collections import Counter
from collections.abc import Sequence

from demeanor.knowledge.passages import Passage

SATURATION = 1.2  # k1: how fast repeating a word stops to count
LENGTH = 0.5  # b: how far long passages are marked down
TITLE_WEIGHT = 2  # words of the heading say what a passage is about

_GRAMMAR = """a about actually after again all also am an and any anybody anyone anything are as at be been
    before
    being but by can cant could did do does doing dont each else every few for from get gets getting give go
    going gonna got had has have having he hello her here hers hey hi him his how i id if ill im in into is
    it its ive just know let lets like may maybe me mean might mine more most much must my need no not now
    of off oh ok okay on one only or other our out over please pls quite really same say see shall she
    should so some something sorry such sure tell than thank thanks that thats the their them then there
    these they thing things think this those though to too u up ur us very want wanna was we well were what
    whats when where whether which while who whose why will with without wont would yeah yes you your
    yours"""
GRAMMAR = frozenset(_GRAMMAR.split())


class Lexical:
    """Scores passages by the words that they share with a query."""

    name = "lexical (BM25)"
    threshold = 0.5

    def __init__(self, passages: Sequence[Passage]) -> None:
        texts = [words(f"{p.title}\n" * TITLE_WEIGHT + p.text) for p in passages]
        self._counts = [Counter(text) for text in texts]
        mean = sum(map(len, texts)) / max(1, len(texts)) or 1.0
        self._norms = [SATURATION * (1 - LENGTH + LENGTH * len(text) / mean) for text in texts]
        found = Counter(word for counts in self._counts for word in counts)
        n = len(texts)
        self._weights = {word: math.log(1 + (n - df + 0.5) / (df + 0.5)) for word, df in found.items()}
        self._unknown = math.log(1 + (n + 0.5) / 0.5)

    def scores(self, queries: Sequence[str]) -> list[list[float]]:
        """One row a query, one number in [0, 1] a passage."""
        return [self._score(query) for query in queries]

    def _score(self, query: str) -> list[float]:
        asked = {self._nearest(word) for word in words(query)}
        best = sum(self._weights.get(word, self._unknown) for word in asked) * (1 + SATURATION)
        if not best:
            return [0.0] * len(self._counts)
        rows = zip(self._counts, self._norms, strict=True)
        return [sum(self._gain(word, counts[word], norm) for word in asked) / best for counts, norm in rows]

    def _gain(self, word: str, count: int, norm: float) -> float:
        return self._weights.get(word, 0.0) * count * (1 + SATURATION) / (count + norm) if count else 0.0

    def _nearest(self, word: str) -> str:
        """The word itself or, where it is unknown and long enough to be told, the known one spelled almost
        so.
        """
        if word in self._weights or len(word) < 5 or not word.isalpha():
            return word
        return next(iter(difflib.get_close_matches(word, self._weights, n=1, cutoff=0.85)), word)


def words(text: str) -> list[str]:
    """The stems of the words that carry meaning, in order."""
    plain = text.lower().replace("’", "'").replace("'", "")
    return [stem(word) for word in re.findall(r"\w+", plain) if word not in GRAMMAR]


def stem(word: str) -> str:
    """A light English stem: cancel, cancels, cancelled, cancelling and cancellation become one."""
    if not word.isalpha() or len(word) < 4:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ation", "ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeos":
        word = word[:-1]
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
