"""Lines of a project's own: what its users and its agent say that the reader hears wrongly, put right.

`reading/NAME-user.jsonl` and the like beside agent.yaml are in the form of lines/LABELS.md, without a trade. Only the
heads are learned again, each held to what it was, so that a few lines take seconds and everything else is heard as
before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from demeanor.agent.slots import Slot
from demeanor.reading.labels import COLUMNS
from demeanor.reading.learn.lines import OWN, Line, Trade, read_lines
from demeanor.reading.learned import LearnedReader, Weights, weights
from demeanor.reading.logistic import fitted
from demeanor.reading.reader import Spoken

HELD = 1.2  # how strongly a head is held to what it was: the precision of the prior


def own_lines(folder: Path, slots: Mapping[str, Slot], tools: Mapping[str, str]) -> list[Line]:
    """The lines of a folder, in the order of its files.

    Raises:
        ConfigError: a line that is none, with its place.
    """
    return read_lines(sorted(folder.glob("*-*.jsonl")), {OWN: Trade(slots, tools)})


def project_reader(slots: Mapping[str, Slot], tools: Mapping[str, str], folder: Path) -> LearnedReader:
    """A reader for one agent, put right by the lines of a folder.

    Args:
        tools: tool name -> what it does, in a line.

    Raises:
        ConfigError: a line that is none, with its place.
    """
    own = own_lines(folder, slots, tools)
    return LearnedReader(slots, tools, with_own_lines(weights(), own) if own else None)


def with_own_lines(learned: Weights, lines: Sequence[Line]) -> Weights:
    """The weights with heads that hear these lines as they are labelled, as far as they can."""
    import numpy as np

    if not lines:
        return learned
    said = [Spoken("user", line.text, line.before) for line in lines]
    states = LearnedReader({}, {}, learned).features(said)
    judge, bias = learned.heads["acts.judge"].copy(), learned.heads["acts.bias"].copy()
    for column, name in enumerate(COLUMNS):
        judged = [k for k, line in enumerate(lines) if name in line.judged]
        if judged:
            given = np.concatenate([states[judged, column], np.ones((len(judged), 1))], 1).astype(np.float64)
            owed = np.array([float(name in lines[k].acts) for k in judged])
            before = np.append(judge[column], bias[column]).astype(np.float64)
            after = fitted(given, owed, before, HELD)
            judge[column], bias[column] = after[:-1], after[-1]
    agreeing = [line.text for line in lines if "user.agrees" in line.acts]
    return learned.with_heads({**learned.heads, "acts.judge": judge, "acts.bias": bias}, agreeing)
