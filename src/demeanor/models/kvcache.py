"""Keys and values of many conversations, one slot each, in one tensor that a transformers model writes and
reads.

A conversation's tokens lie at their own positions from 0 on, without padding, so a turn appends and nothing
is ever moved to make a batch: a batch is a range of neighbouring slots, seen through a view. `arrange`
brings conversations next to each other by swapping slots, which is seldom needed when the same
conversations meet turn after turn. A slot remembers its token ids; only the exact common prefix with the
next request is kept. A freed slot keeps its content until it is taken, so a system prompt outlives the
conversations that brought it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import torch

ROUND = 128
"""Capacity grows in steps of this many positions."""


@dataclass
class CacheSlot:
    """One conversation's row: its key (None: free), the ids whose keys and values are there, when it was
    last used."""

    conversation: str | None = None
    ids: list[int] = field(default_factory=list)
    used: int = 0


@dataclass(frozen=True)
class Shape:
    """Sizes of a model's cache."""

    layers: int
    heads: int
    dim: int
    dtype: torch.dtype
    device: torch.device

    def bytes_per_token(self) -> int:
        return 2 * self.layers * self.heads * self.dim * self.dtype.itemsize


def common_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """How many ids both begin with, by bisection over slice comparisons."""
    low, high = 0, min(len(left), len(right))
    if list(left[:high]) == list(right[:high]):
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if list(left[low:middle]) == list(right[low:middle]):
            low = middle
        else:
            high = middle
    return low


class SlotCache:
    """All slots. `data` is [layers, 2, slots, heads, capacity, dim]; index 0 of the second axis holds
    keys, 1 values."""

    def __init__(self, shape: Shape, budget_bytes: int) -> None:
        self.shape = shape
        self.budget = budget_bytes
        self.slots: list[CacheSlot] = []
        self.data = self._empty(0, 0)
        self._clock = 0

    def _empty(self, slots: int, capacity: int) -> torch.Tensor:
        s = self.shape
        return torch.zeros(s.layers, 2, slots, s.heads, capacity, s.dim, dtype=s.dtype, device=s.device)

    @property
    def capacity(self) -> int:
        return self.data.shape[4]

    def admit(self, conversations: Sequence[str], length: int) -> None:
        """Make sure that each conversation has a slot and that every slot holds `length` positions.

        Slots of other conversations are given up, oldest first, where the budget would be passed.
        """
        self._clock += 1
        known = {slot.conversation: slot for slot in self.slots if slot.conversation is not None}
        for conversation in conversations:
            if conversation in known:
                known[conversation].used = self._clock
        self._resize(len([c for c in conversations if c not in known]), max(length, self.capacity))
        free = iter(sorted((s for s in self.slots if s.conversation is None), key=lambda s: s.used))
        for conversation in conversations:
            if conversation not in known:
                slot = next(free)
                slot.conversation, slot.used = conversation, self._clock

    def _resize(self, new: int, length: int) -> None:
        capacity = -(-length // ROUND) * ROUND
        busy = [k for k, slot in enumerate(self.slots) if slot.used == self._clock]
        idle = [k for k, slot in enumerate(self.slots) if slot.used != self._clock]
        per_slot = capacity * self.shape.bytes_per_token()
        room = max(len(busy) + new, self.budget // max(per_slot, 1))
        # Given up first: free slots that nobody needs now, then conversations, each the longest unused first.
        idle.sort(key=lambda k: self.slots[k].used)
        free = [k for k in idle if self.slots[k].conversation is None]
        added = max(0, new - len(free))
        order = free[: max(0, len(free) - new)] + [k for k in idle if self.slots[k].conversation is not None]
        surplus = max(0, len(self.slots) + added - room)
        idle = [k for k in idle if k not in order[:surplus]]
        if capacity == self.capacity and not added and not surplus:
            return
        kept = sorted(busy + idle)
        data = self._empty(len(kept) + added, capacity)
        if kept and self.capacity:
            index = torch.tensor(kept, device=self.shape.device)
            data[:, :, : len(kept), :, : self.capacity] = self.data.index_select(2, index)
        self.data = data
        self.slots = [self.slots[k] for k in kept] + [CacheSlot() for _ in range(added)]

    def place(self, conversation: str) -> int:
        """The slot number of a conversation that was admitted."""
        return next(k for k, slot in enumerate(self.slots) if slot.conversation == conversation)

    def arrange(self, conversations: Iterable[str]) -> tuple[int, list[str]]:
        """Bring the conversations into neighbouring slots; the first slot, and the conversations in slot
        order."""
        places = {slot.conversation: k for k, slot in enumerate(self.slots)}
        ordered = sorted(conversations, key=lambda c: places[c])
        start = places[ordered[0]]
        for k, conversation in enumerate(ordered):
            self.swap(start + k, self.place(conversation))
        return start, ordered

    def swap(self, a: int, b: int) -> None:
        """Exchange two slots."""
        if a == b:
            return
        n = max(len(self.slots[a].ids), len(self.slots[b].ids))
        kept = self.data[:, :, a, :, :n].clone()
        self.data[:, :, a, :, :n] = self.data[:, :, b, :, :n]
        self.data[:, :, b, :, :n] = kept
        self.slots[a], self.slots[b] = self.slots[b], self.slots[a]

    def reuse(self, number: int, ids: Sequence[int]) -> int:
        """Cut the slot to what it shares with `ids`, or copy a longer shared prefix from another slot; its
        length."""
        slot = self.slots[number]
        best, donor = common_prefix(slot.ids, ids), number
        for k, other in enumerate(self.slots):
            if len(other.ids) > best and (shared := common_prefix(other.ids, ids)) > best:
                best, donor = shared, k
        if donor != number:
            self.data[:, :, number, :, :best] = self.data[:, :, donor, :, :best]
        slot.ids = list(ids[:best])
        return best

    def forget(self, conversations: Iterable[str]) -> None:
        """Free the slots of these conversations; their content stays until the slot is taken."""
        gone = set(conversations)
        for slot in self.slots:
            if slot.conversation in gone:
                slot.conversation = None


class View:
    """Some neighbouring slots as a transformers cache for one forward pass.

    Row r is slot `start + r`; its new tokens are written at `positions[r]` (long [rows, new]) and attention
    sees the first `length` positions.
    """

    def __init__(self, cache: SlotCache, start: int, positions: torch.Tensor, length: int) -> None:
        rows = positions.shape[0]
        self._data = cache.data[:, :, start : start + rows]
        self._rows = torch.arange(rows, device=positions.device)[:, None]
        self._positions = positions
        self._length = length

    def update(
        self, keys: torch.Tensor, values: torch.Tensor, layer_idx: int, *_: object, **__: object
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Write new keys and values [rows, heads, new, dim]; return all of them [rows, heads, length,
        dim]."""
        layer = self._data[layer_idx]
        layer[0][self._rows, :, self._positions] = keys.transpose(1, 2)
        layer[1][self._rows, :, self._positions] = values.transpose(1, 2)
        return layer[0][:, :, : self._length], layer[1][:, :, : self._length]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self._length - self._positions.shape[1]
