"""How near sentences come to others in meaning, by the learned reader's states around what agents say anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.reading.reader import Spoken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from demeanor.reading.learned import LearnedReader

    Floats = NDArray[Any]

SAMPLE = Path(__file__).parent / "lines" / "i-agent.jsonl"
NEAR = 0.6  # the cosine of two sentences that say the same; what is only said about the same thing lies below
OUTLIERS = 0.005  # of what agents say anywhere, which may come nearer than that
_ENDS = re.compile(r"(?<=[.!?])[\"')]*\s+|\n+")


def sentences(text: str) -> list[str]:
    """The sentences of a text, and each with the one that follows it: what is told in two is told."""
    single = [part for part in map(str.strip, _ENDS.split(text)) if part]
    return [*single, *(f"{first} {second}" for first, second in pairwise(single))]


class Near:
    """How near sentences come to some texts; `limits`: for each text, from which cosine on it is said."""

    def __init__(self, reader: LearnedReader, texts: Sequence[str]) -> None:
        import numpy as np

        self._reader = reader
        others = self._states(sample())
        self._centre = others.mean(0)
        self._texts = self._directions(self._states(texts))
        usual = self._directions(others) @ self._texts.T
        self.limits = [max(NEAR, float(limit)) for limit in np.quantile(usual, 1 - OUTLIERS, axis=0)]

    def cosines(self, said: Sequence[str]) -> Floats:
        """(sentences, texts)."""
        found: Floats = self._directions(self._states(said)) @ self._texts.T
        return found

    def _states(self, texts: Sequence[str]) -> Floats:
        states: Floats = self._reader.features([Spoken("agent", text) for text in texts]).mean(1)
        return states

    def _directions(self, states: Floats) -> Floats:
        import numpy as np

        around = states - self._centre
        out: Floats = around / np.maximum(np.linalg.norm(around, axis=1, keepdims=True), 1e-9)
        return out


@cache
def sample() -> tuple[str, ...]:
    """Sentences of agents of many trades, that taught the reader nothing."""
    rows = map(json.loads, SAMPLE.read_text(encoding="utf-8").splitlines())
    return tuple(part for row in rows for part in _ENDS.split(str(row["text"])) if len(part.split()) > 2)
