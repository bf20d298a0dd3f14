"""A user's message -> the passages it asks for; for most messages, none.

A passage fits as well as its own text or any known way to ask for it fits, and less so, the more the
message is like those that ask for nothing:

    score(m, p) = max(similarity(m, p), similarity(m, asks of p) - ASKED) - CONTRAST * similarity(m, others)

each similarity that of the nearest. Without examples the first one is all there is, and it separates badly:
a wish for a room is as near to the page about rooms as a question is. Messages are compared as a whole and
sentence by sentence, so that a question in passing is found. The same retriever serves training and
conversation, so the model learns with what it will be shown. Similarity is by meaning where the sentence
encoder can run, else by shared words; the choice is never silent: `name` and `fingerprint` say it, and runs
record them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from demeanor.runtime.knowledge.dense import Dense, Encoder, can_encode
from demeanor.runtime.knowledge.examples import Examples
from demeanor.runtime.knowledge.lexical import Lexical
from demeanor.runtime.knowledge.passages import Passage

CONTRAST = 0.6  # weight of the evidence against; measured, flat between 0.5 and 0.7
# A question is nearer to questions than to what answers them; passages without asks must not lose by it.
ASKED = 0.1
CHUNK = 256  # queries compared at once, so that memory does not grow with their number


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and how well it fits (at least the threshold, at most 1)."""

    passage: Passage
    score: float


class Similarity(Protocol):
    """Compares queries with texts fixed beforehand. The thresholds are measured: scales differ between
    ways.
    """

    @property
    def name(self) -> str: ...
    @property
    def threshold(self) -> float: ...
    @property
    def threshold_with_examples(self) -> float: ...
    def similarities(self, queries: Sequence[str]) -> list[list[float]]:
        """One row a query, one number a text: 1 the same, 0 nothing in common."""
        ...


class Retriever:
    """Passages, and the way to search them.

    `examples`: messages that ask for passages and messages that ask for none (`read_examples`); much is
    lost without. `threshold`: what a hit's score must reach; default: as measured for the way of comparing.
    `top`: at most so many hits. `method`: "auto" is "dense" where its libraries are installed, else
    "lexical". `encoder` replaces the sentence encoder.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        *,
        examples: Examples | None = None,
        threshold: float | None = None,
        top: int = 2,
        method: Literal["auto", "dense", "lexical"] = "auto",
        encoder: Encoder | None = None,
    ) -> None:
        self.passages = tuple(passages)
        self.examples = examples or Examples()
        self.top = top
        known = {passage.id: k for k, passage in enumerate(self.passages)}
        asks = [(known[name], ask) for name, ask in self.examples.asks if name in known]
        # one list of texts to compare with: passages, then ways to ask, then the others
        self._texts = [f"{p.title}\n{p.text}" for p in self.passages]
        self._texts += [ask for _, ask in asks] + list(self.examples.others)
        self._owners = [*range(len(self.passages)), *(owner for owner, _ in asks)]
        self._same: dict[str, list[int]] = {}
        for k in range(len(self.passages), len(self._texts)):
            self._same.setdefault(_plain(self._texts[k]), []).append(k)
        dense = method == "dense" or (method == "auto" and (encoder is not None or can_encode()))
        self._similarity: Similarity = Dense(self._texts, encoder) if dense else Lexical(self._texts)
        measured = self._similarity.threshold_with_examples if self.examples.others else self._similarity.threshold
        self.threshold = measured if threshold is None else threshold

    @property
    def name(self) -> str:
        """How this retriever searches, in words."""
        return self._similarity.name + (" with examples" if self.examples.others else "")

    def fingerprint(self) -> str:
        """Hash (12 hex) of all that decides what is found: way of comparing, threshold, texts."""
        parts = [self.name, repr(self.threshold), str(self.top), f"{CONTRAST} {ASKED}", *self._texts]
        parts += [passage.id for passage in self.passages] + [str(owner) for owner in self._owners]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def search(self, query: str, *, unseen: bool = False) -> list[Hit]:
        """The passages that `query` asks for, best first; often none. `unseen`: see `search_many`.

        Raises:
            ModelError: the sentence encoder is needed and cannot be fetched.
        """
        return self.search_many([query], unseen=unseen)[0]

    def search_many(self, queries: Sequence[str], *, unseen: bool = False) -> list[list[Hit]]:
        """One list of hits a query, as `search` gives them; much faster than one by one.

        `unseen`: an example that is the query itself does not count. For queries that were taken from the
        examples (training data), so that they find no more than a real user's new wording would.
        """
        return [self._best(row) for row in self.scores(queries, unseen=unseen)]

    def scores(self, queries: Sequence[str], *, unseen: bool = False) -> Iterator[list[float]]:
        """One row a query, one score a passage, whatever the threshold."""
        for start in range(0, len(queries), CHUNK):
            pieces = [_pieces(query) for query in queries[start : start + CHUNK]]
            rows = iter(self._similarity.similarities([piece for group in pieces for piece in group]))
            for group in pieces:
                left_out = self._examples_like(group) if unseen else set()
                found = [self._contrast(next(rows), left_out) for _ in group]
                yield [max(column) for column in zip(*found, strict=True)]

    def _examples_like(self, pieces: Sequence[str]) -> set[int]:
        """The examples that say just what one of the pieces says."""
        return {k for piece in pieces for k in self._same.get(_plain(piece), ())}

    def _contrast(self, row: list[float], left_out: set[int]) -> list[float]:
        for k in left_out:
            row[k] = 0.0
        best = row[: len(self.passages)]
        for k in range(len(self.passages), len(self._owners)):
            best[self._owners[k]] = max(best[self._owners[k]], row[k] - ASKED)
        against = CONTRAST * max(row[len(self._owners) :], default=0.0)
        # rounded, as the last bits depend on what else was in the batch
        return [round(score - against, 4) for score in best]

    def _best(self, row: list[float]) -> list[Hit]:
        order = sorted(range(len(row)), key=lambda k: (-row[k], k))[: self.top]
        return [Hit(self.passages[k], row[k]) for k in order if row[k] >= self.threshold]


def _pieces(message: str) -> list[str]:
    """The message and, where there are several, its sentences."""
    sentences = [part for part in re.split(r"(?<=[.?!])\s+", message.strip()) if part]
    return [message, *sentences] if len(sentences) > 1 else [message]


def _plain(text: str) -> str:
    """The text without case, marks and doubled spaces."""
    return " ".join(re.findall(r"\w+", text.casefold()))
