"""A user's message -> the passages it asks for; for most messages, none.

The same retriever serves training and conversation, so the model learns with what it will be shown. Which
way of scoring is used depends on what is installed: by meaning where the sentence encoder can run, else by
shared words. The choice is never silent: `name` and `fingerprint` say it, and runs record them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from demeanor.knowledge.dense import Dense, Encoder, can_encode
from demeanor.knowledge.lexical import Lexical
from demeanor.knowledge.passages import Passage


@dataclass(frozen=True)
class Hit:
    """A passage that was found, and how well it fits (above the threshold, at most 1)."""

    passage: Passage
    score: float


class Scorer(Protocol):
    """One way to compare queries and passages. `threshold` is what its scores should reach, as measured."""

    @property
    def name(self) -> str: ...
    @property
    def threshold(self) -> float: ...
    def scores(self, queries: Sequence[str]) -> list[list[float]]:
        """One row a query, one number a passage, higher is better, at most 1."""
        ...


class Retriever:
    """Passages, and the way to search them.

    `threshold`: what a hit's score must reach; default: the one measured for the way of scoring (scores of
    different ways are not comparable). `top`: at most so many hits. `method`: "auto" takes "dense" where
    its libraries are installed, else "lexical". `encoder` replaces the sentence encoder.
    """

    def __init__(
        self,
        passages: Sequence[Passage],
        *,
        threshold: float | None = None,
        top: int = 2,
        method: Literal["auto", "lexical", "dense"] = "auto",
        encoder: Encoder | None = None,
    ) -> None:
        self.passages = tuple(passages)
        dense = method == "dense" or (method == "auto" and (encoder is not None or can_encode()))
        self._scorer: Scorer = Dense(self.passages, encoder) if dense else Lexical(self.passages)
        self.threshold = self._scorer.threshold if threshold is None else threshold
        self.top = top

    @property
    def name(self) -> str:
        """How this retriever searches, in words."""
        return self._scorer.name

    def fingerprint(self) -> str:
        """Hash (12 hex) of all that decides what is found: way of scoring, threshold, and the passages'
        texts.
        """
        parts = [self.name, repr(self.threshold), str(self.top)]
        parts += [f"{p.id} {p.title} {p.sha256}" for p in self.passages]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def search(self, query: str) -> list[Hit]:
        """The passages that `query` asks for, best first; often none.

        Raises:
            ModelError: the sentence encoder is needed and cannot be fetched.
        """
        return self.search_many([query])[0]

    def search_many(self, queries: Sequence[str]) -> list[list[Hit]]:
        """One list of hits a query, as `search` gives them; much faster than one by one."""
        return [self._best(row) for row in self._scorer.scores(queries)]

    def _best(self, row: list[float]) -> list[Hit]:
        order = sorted(range(len(row)), key=lambda k: (-row[k], k))[: self.top]
        return [Hit(self.passages[k], row[k]) for k in order if row[k] >= self.threshold]
