"""What it counts that a reply shows more or less than the lines of a voice: learned from replies of which people said
whether they are in it.

`lines/voices/NAME.yaml` has voices with their own lines, `NAME.jsonl` replies: {"voice", "text", "in"}.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from demeanor.reading.logistic import fitted
from demeanor.reading.reader import Reader
from demeanor.reading.voice import MARKS, SIGNS, lines_of, shown, signs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[Any]

HELD = 10.0  # the precision of the prior: how strongly each sign is held to counting nothing
SCALE = 5.0  # of manners beside marks, which are not shares
BLAMED = 0.005  # the share of replies in a voice that may be found off it by their distance


def read_voices(files: list[Path]) -> dict[str, tuple[list[str], list[str], list[bool]]]:
    """FILE/VOICE -> (its own lines, replies, whether each is in it)."""
    found = {}
    for file in files:
        replies = [json.loads(row) for row in file.with_suffix(".jsonl").read_text(encoding="utf-8").splitlines()]
        for name, told in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            own = [row for row in replies if row["voice"] == name]
            found[f"{file.stem}/{name}"] = told["lines"], [r["text"] for r in own], [r["in"] for r in own]
    return found


def learn_voices(reader: Reader, files: list[Path]) -> dict[str, Any]:
    """What each sign counts, what none counts, and the limit: of voices that taught nothing, one reply in two hundred
    that is in voice lies below it.
    """
    import numpy as np

    scale = np.array([1.0 if sign in MARKS else SCALE for sign in SIGNS])
    given, owed = [], []
    for lines, replies, inside in read_voices(files).values():
        rows = signs(lines_of(reader, lines), shown(reader, replies), replies) * scale
        given.append(np.concatenate([rows, np.ones((len(rows), 1))], axis=1))
        owed.append(np.array(inside, dtype=np.float64))
    unseen = []
    for left in range(len(given)):
        rest = [k for k in range(len(given)) if k != left]
        scores = given[left] @ _fit([given[k] for k in rest], [owed[k] for k in rest])
        unseen.append(scores[owed[left] == 1])
    weights = _fit(given, owed)
    counts = dict(zip(SIGNS, (weights[:-1] * scale).round(4).tolist(), strict=True))
    limit = float(np.quantile(np.concatenate(unseen), BLAMED))
    return {"signs": counts, "bias": round(float(weights[-1]), 4), "limit": round(limit, 4)}


def _fit(given: list[Floats], owed: list[Floats]) -> Floats:
    import numpy as np

    rows = np.concatenate(given)
    return fitted(rows, np.concatenate(owed), np.zeros(rows.shape[1]), HELD)
