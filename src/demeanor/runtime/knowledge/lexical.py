"""Similarity by shared words: tf-idf over stems and parts of words, compared by their cosine. Needs only
Python.

A cosine has a scale that a threshold can be held against, which a BM25 sum has not. Parts of words (four
letters) make "brekfast" and "doggo" find what they mean; the weights, learned from all texts that are
compared, quiet the words of grammar. Stems are light and English; other languages are compared by whole
words and parts.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

PART = 4  # letters in a part of a word, its borders marked


class Lexical:
    """Compares queries with fixed texts by the words that they share."""

    name = "lexical (tf-idf)"
    threshold = 0.30
    threshold_with_examples = 0.08

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(features(text)) for text in texts]
        found = Counter(feature for count in counts for feature in count)
        self._weights = {feature: math.log((1 + len(texts)) / n) for feature, n in found.items()}
        self._size = len(texts)
        self._rows: dict[str, list[tuple[int, float]]] = defaultdict(list)  # feature -> texts that have it
        for k, count in enumerate(counts):
            for feature, value in self._vector(count).items():
                self._rows[feature].append((k, value))

    def similarities(self, queries: Sequence[str]) -> list[list[float]]:
        """One row a query, one number in [0, 1] a text."""
        return [self._row(query) for query in queries]

    def _row(self, query: str) -> list[float]:
        row = [0.0] * self._size
        for feature, value in self._vector(Counter(features(query))).items():
            for k, other in self._rows.get(feature, ()):
                row[k] += value * other
        return row

    def _vector(self, count: Counter[str]) -> dict[str, float]:
        """Weights of length 1; what no text has weighs most, so that a query about the unknown fits nothing
        well.
        """
        rare = math.log(1 + self._size) if self._size else 1.0
        raw = {f: (1 + math.log(n)) * self._weights.get(f, rare) for f, n in count.items()}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {feature: value / length for feature, value in raw.items()}


def features(text: str) -> Iterator[str]:
    """Stems, the question mark, and the parts of every word."""
    for word in re.findall(r"\w+|\?", text.lower().replace("’", "'").replace("'", "")):
        short = stem(word)
        yield short
        marked = f"<{short}>"
        for k in range(len(marked) - PART + 1):
            yield "~" + marked[k : k + PART]


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
