"""What the dialogues of a step share, as a tree: every run of tokens stands in it once, under the run it goes on from.

Independent dialogues of an agent begin with the same system text; corrections of one conversation, or a preferred reply
and the one it replaces, share all that was said before. A node is computed once for all dialogues that run through
it, so its keys and values, and the losses at its tokens, serve them all.

A node ends one token before its dialogues part. The last token they share is computed in each of them, so whatever
predicts a token lies in a node whose dialogues agree on that token, and no case is special: a dialogue that is the
beginning of another, two that are the same, trained tokens that are shared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from demeanor.training.config import Example

WORTH_SHARING = 32
"""A shared run below this many tokens costs more in bookkeeping than it saves."""


@dataclass(frozen=True)
class Target:
    """A trained token: predicted from `place` of its node (counted from 0), by `weight` dialogues."""

    place: int
    token: int
    weight: int


@dataclass(frozen=True)
class Node:
    """Tokens `start` to `end` (exclusive) of each of `examples`, which agree up to and with token `end`."""

    start: int
    end: int
    examples: tuple[Example, ...]
    children: tuple[Node, ...] = ()

    def __len__(self) -> int:
        return self.end - self.start

    @property
    def ids(self) -> tuple[int, ...]:
        return self.examples[0].ids[self.start : self.end]

    def targets(self) -> list[Target]:
        """The trained tokens that are predicted here, in order."""
        ids = self.examples[0].ids
        found = []
        for at in range(self.start + 1, self.end + 1):
            if weight := sum(e.trained[at] for e in self.examples):
                found.append(Target(at - 1 - self.start, ids[at], weight))
        return found

    def walk(self) -> Iterator[Node]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()


def grow(examples: Sequence[Example], least: int = WORTH_SHARING, saving: int = 0) -> list[Node]:
    """The tree of a step: nodes that begin at token 0, with what goes on from them.

    Args:
        examples: each with a trained token; what stands behind its last one is not computed.
        least: tokens from which a run is worth sharing.
        saving: tokens that sharing it has to save, over all its dialogues.
    """
    return _grow(sorted(examples, key=lambda e: e.ids[: _last(e) + 1]), 0, least, saving)


def apart(examples: Iterable[Example]) -> list[Node]:
    """Every dialogue for itself: the tree without sharing."""
    return [Node(0, _last(e), (e,)) for e in examples]


def _grow(examples: Sequence[Example], start: int, least: int, saving: int) -> list[Node]:
    """`examples` are sorted and agree up to token `start`."""
    out: list[Node] = []
    for group in _relatives(examples, start + least):
        out += _group(group, start, least, saving)
    return out


def _group(group: Sequence[Example], start: int, least: int, saving: int) -> list[Node]:
    """Nodes of dialogues that agree on a run of some length. Where it saves too little, some of them may still agree
    on a longer one."""
    if len(group) == 1:
        end = _last(group[0])
        return [Node(start, end, tuple(group))] if end > start else []
    end = min(_alike(a, b) for a, b in pairwise(group)) - 1
    if (len(group) - 1) * (end - start) >= saving:
        return [Node(start, end, tuple(group), tuple(_grow(group, end, least, saving)))]
    parts = list(_relatives(group, end + 1))
    if len(parts) == 1:  # they agree to the end, and all of it is too little
        return [part for e in group for part in _group([e], start, least, saving)]
    return [node for part in parts for node in _group(part, start, least, saving)]


def _relatives(examples: Sequence[Example], until: int) -> Iterator[list[Example]]:
    """Neighbours that agree on more than `until` tokens, together."""
    group: list[Example] = []
    for example in examples:
        if group and _alike(group[-1], example) <= until:
            yield group
            group = []
        group.append(example)
    if group:
        yield group


def _alike(a: Example, b: Example) -> int:
    """How many tokens both begin with, up to the last trained one of either."""
    limit = min(_last(a), _last(b)) + 1
    if a.ids[:limit] == b.ids[:limit]:
        return limit
    return next(k for k in range(limit) if a.ids[k] != b.ids[k])


def _last(example: Example) -> int:
    """Where the last trained token stands: so many tokens have to be read to predict it."""
    return len(example.trained) - 1 - example.trained[::-1].index(True)


def pack(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Indices of rows laid one behind the other, longest first, each into the first place where it still fits under the
    budget of tokens (one always fits)."""
    batches: list[list[int]] = []
    room: list[int] = []
    for index in sorted(range(len(lengths)), key=lambda k: (-lengths[k], k)):
        place = next((k for k, left in enumerate(room) if lengths[index] <= left), None)
        if place is None:
            batches.append([])
            room.append(budget)
            place = -1
        batches[place].append(index)
        room[place] -= lengths[index]
    return batches
