"""Logistic regression with a Gaussian prior, by Newton's method: small, exact, the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

ROUNDS = 100  # many more than it needs; a step that brings nothing ends it
SETTLED = 1e-9


def fitted(given: Floats, owed: Floats, prior: Floats, held: float | Floats, offset: float | Floats = 0.0) -> Floats:
    """The weights that are likeliest behind what was seen.

    Args:
        given: (rows, features).
        owed: (rows,), 1 where it is so.
        prior: (features,), the weights from which the search starts and to which they are held.
        held: how strongly, as the prior's precision; one for all, or (features,).
        offset: (rows,), a logit that is there whatever the weights.
    """
    import numpy as np

    precision = np.broadcast_to(np.asarray(held, dtype=np.float64), prior.shape)
    weights = prior.astype(np.float64)

    def loss(tried: Floats) -> float:
        logits = given @ tried + offset
        return float(np.sum(np.logaddexp(0, logits) - owed * logits) + np.sum(precision * (tried - prior) ** 2) / 2)

    best = loss(weights)
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(given @ weights + offset, -30, 30)))
        slope = given.T @ (p - owed) + precision * (weights - prior)
        curve = (given * (p * (1 - p))[:, None]).T @ given + np.diag(precision) + SETTLED * np.eye(len(prior))
        step, now = np.linalg.solve(curve, slope), best
        while (now := loss(weights - step)) > best and np.abs(step).max() > SETTLED:
            step = step / 2  # a whole step may lead beyond the lowest point
        if best - now <= SETTLED * max(1.0, abs(best)):
            break
        weights, best = weights - step, now
    return weights
