"""Texts that are nearly the same, among any number: MinHash signatures, and bands of them that are sorted.

A signature is a fixed number of figures from which the share of common word triples of two texts can be read. It is
made from its text alone, so it can be made anywhere; to find pairs, every band of all signatures is sorted, which is a
group-by. A million texts take half a gigabyte.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from demeanor.text import words

if TYPE_CHECKING:
    from numpy import uint32, uint64
    from numpy.typing import NDArray

SIZE, ROWS = 128, 4
"""Figures of a signature, and of a band: of pairs that share 0.8 of their triples, 32 bands miss 1 in 10^7."""
RUN = 3
"""Words in a row that are one thing that two texts can share."""
MOST_IN_BAND = 50
"""Texts that share a band; each is held against so many before it, and no more."""


def signature(text: str) -> NDArray[uint32]:
    """The signature of a text."""
    import numpy as np

    said = words(text).split()
    runs = {" ".join(said[k : k + RUN]) for k in range(max(1, len(said) - RUN + 1))}
    hashed = np.array([zlib.crc32(run.encode()) for run in runs], dtype=np.uint64)
    factors, added = _spreads()
    spread = (hashed[None, :] * factors[:, None] + added[:, None]) >> np.uint64(32)
    found: NDArray[uint32] = spread.min(axis=1).astype(np.uint32)
    return found


def _spreads() -> tuple[NDArray[uint64], NDArray[uint64]]:
    """Odd factors and summands that spread hashes in as many ways as a signature has figures; always the same."""
    import numpy as np

    if not _KEPT:
        draw = np.random.default_rng(20)
        factors = draw.integers(1, 2**63, SIZE, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        _KEPT.extend((factors, draw.integers(0, 2**63, SIZE, dtype=np.uint64)))
    return _KEPT[0], _KEPT[1]


_KEPT: list[NDArray[uint64]] = []


def near_pairs(texts: Iterable[str], least: float) -> Iterator[tuple[int, int, float]]:
    """(earlier, later, share) of texts that share at least `least` of their word triples: of each text its nearest
    earlier one.
    """
    made: Sequence[NDArray[uint32]] = [signature(text) for text in texts]
    if len(made) < 2:
        return
    import numpy as np

    signatures = np.stack(made)
    best: dict[int, tuple[float, int]] = {}
    for begin in range(0, SIZE, ROWS):
        band = np.ascontiguousarray(signatures[:, begin : begin + ROWS]).view([("", np.uint32)] * ROWS).ravel()
        order = np.argsort(band, kind="stable")
        same = band[order[1:]] == band[order[:-1]]
        for group in np.split(order, np.flatnonzero(~same) + 1):
            for place in range(1, len(group)):
                later = int(group[place])
                for earlier in map(int, group[max(0, place - MOST_IN_BAND) : place]):
                    share = float((signatures[earlier] == signatures[later]).mean())
                    if share >= least and share > best.get(later, (0.0, 0))[0]:
                        best[later] = (share, earlier)
    for later in sorted(best):
        yield best[later][1], later, best[later][0]
