"""Whether a message is like a few that somebody wrote down: a small head over the reader's states, learned on the spot.

What it is held against are messages of users of many trades that taught the reader nothing (`lines/i-user.jsonl`) and
whatever else is said not to be meant. The threshold is set by leaving each message out in turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.agent.description import Error
from demeanor.reading.logistic import fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

SAMPLE = Path(__file__).parent / "lines" / "i-user.jsonl"
HELD = 0.03  # the precision of the prior: how strongly a head is held to knowing nothing
FREE = 1e-6  # of its bias, which is held to nothing
OUTLIERS = 0.005  # of what users say anywhere, which may be such a message after all


@cache
def sample() -> tuple[tuple[str, str], ...]:
    """(the agent's message before, the user's message): what users say to agents of many trades."""
    rows = map(json.loads, SAMPLE.read_text(encoding="utf-8").splitlines())
    return tuple((str(row["before"]), str(row["text"])) for row in rows)


@dataclass(frozen=True)
class Head:
    """What was learned: how likely states are of such a message, and from which probability on it counts as one."""

    centre: Floats
    scale: float
    weights: Floats
    limit: float

    def read(self, states: Floats) -> list[float]:
        """(messages, width) -> probabilities."""
        return [float(p) for p in _probability(_prepared(states, self.centre, self.scale) @ self.weights)]


def learned(signs: Floats, others: Floats, avoids: Error) -> Head:
    """A head from the states of messages that are meant, and of others.

    Args:
        signs, others: (messages, width).
        avoids: which of the two errors is to be rare.
    """
    import numpy as np

    centre = others.mean(0)
    scale = float(np.sqrt(((others - centre) ** 2).sum(1).mean())) or 1.0
    given = _prepared(np.concatenate([signs, others]), centre, scale)
    owed = np.concatenate([np.ones(len(signs)), np.zeros(len(others))])
    precision = np.full(given.shape[1], HELD)
    precision[-1] = FREE
    weights = fitted(given, owed, np.zeros(given.shape[1]), precision)
    left_out = without_itself(given, owed, weights, precision)
    return Head(centre, scale, weights, limit_of(left_out[: len(signs)], left_out[len(signs) :], avoids))


def limit_of(signs: Floats, others: Floats, avoids: Error) -> float:
    """The probability from which on a message counts.

    Every sign but by chance lies above `lowest`, every other message but by chance below `highest`: of n signs, a
    further one lies below the least of them once in n + 1. Where the two leave a gap, either end of it avoids both
    errors; the one that is not to happen has the gap.
    """
    import numpy as np

    lowest = float(np.min(signs))
    highest = float(np.quantile(others, 1 - OUTLIERS))
    return min(lowest, highest) if avoids == "miss" else max(lowest, highest)


def without_itself(given: Floats, owed: Floats, weights: Floats, precision: Floats) -> Floats:
    """What each row's probability would be had it not been learned from: one step of Newton's method from the weights
    that were, as exact as a fit of its own where one row moves them little.

    Source: K. Rahnama Rad and A. Maleki (2020), Journal of the Royal Statistical Society B 82:965-996.
    """
    import numpy as np

    logits = given @ weights
    p = _probability(logits)
    curve = (given * (p * (1 - p))[:, None]).T @ given + np.diag(precision)
    leverage = np.einsum("rf,fr->r", given, np.linalg.solve(curve, given.T))
    out: Floats = _probability(logits + leverage / (1 - p * (1 - p) * leverage) * (p - owed))
    return out


def _prepared(states: Floats, centre: Floats, scale: float) -> Floats:
    """States around what users say anywhere, of length one on average, and a feature for the bias."""
    import numpy as np

    out: Floats = np.concatenate([(states - centre) / scale, np.ones((len(states), 1))], axis=1)
    return out


def _probability(logits: Floats) -> Floats:
    import numpy as np

    out: Floats = np.reciprocal(1 + np.exp(-np.clip(logits, -30, 30)))
    return out
