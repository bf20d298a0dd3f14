"""Attention of rows that lie one behind the other, each to what it sees in front of it and, causally, to itself.

What rows see in front are pieces of keys and values that were computed before (`Layout.sees`). Two ways, the same
numbers:

- `attend_rows`, for CPUs: row by row in blocks that stay in the cache, skipping what the mask hides; probabilities are
  computed again in its own backward pass, not stored. PyTorch's CPU kernel takes half of a long step.
- `attend_padded`, for GPUs: rows that see the same and are of about one length become one padded batch for PyTorch's
  fused kernel. Padding stands behind a row's last token, where nobody looks.

Products are in the inputs' precision. Tests compare both with autograd's own in fp64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

import torch

ATTENTION = "demeanor_training"
QUERY_BLOCK = 192

Piece = tuple[int, int]
"""Begin and end of what a row sees, in the keys and values in front."""


@dataclass(frozen=True)
class Batch:
    """Rows that see the same, as a padded batch.

    `tokens` [rows, longest]: the pass's tokens by number, a row's last one repeated as padding. `real`: which of these,
    counted through, are no padding. `seen`: what the rows see in front, by number.
    """

    tokens: torch.Tensor
    real: torch.Tensor
    seen: torch.Tensor


@dataclass(frozen=True)
class Layout:
    """Rows of a pass: how many tokens each has, and which pieces it sees in front, in order."""

    lengths: Sequence[int]
    sees: Sequence[tuple[Piece, ...]]
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))

    @cached_property
    def rows(self) -> list[slice]:
        """Where each row lies."""
        ends = list(accumulate(self.lengths))
        return [slice(end - length, end) for end, length in zip(ends, self.lengths, strict=True)]

    @cached_property
    def batches(self) -> tuple[list[Batch], torch.Tensor]:
        """The rows as padded batches, and where each token of the pass stands among their real ones."""
        groups: dict[tuple[tuple[Piece, ...], int], list[slice]] = {}
        for row, pieces in zip(self.rows, self.sees, strict=True):
            # By powers of two of their length, so that padding is less than the rows themselves.
            groups.setdefault((pieces, (row.stop - row.start).bit_length()), []).append(row)
        batches = [self._batch(rows, pieces) for (pieces, _), rows in groups.items()]
        order = torch.cat([b.tokens.flatten()[b.real] for b in batches])
        return batches, order.argsort()

    def _batch(self, rows: Sequence[slice], pieces: Sequence[Piece]) -> Batch:
        begins = torch.tensor([r.start for r in rows], device=self.device)[:, None]
        lengths = torch.tensor([r.stop - r.start for r in rows], device=self.device)[:, None]
        steps = torch.arange(max(r.stop - r.start for r in rows), device=self.device)[None]
        seen = [torch.arange(begin, end, device=self.device) for begin, end in pieces]
        return Batch(
            begins + torch.minimum(steps, lengths - 1),
            (steps < lengths).flatten().nonzero()[:, 0],
            torch.cat(seen) if seen else torch.arange(0, device=self.device),
        )


@dataclass
class Kept:
    """Keys and values [key heads, tokens, dim] of one pass, by layer."""

    keys: dict[int, torch.Tensor] = field(default_factory=dict)
    values: dict[int, torch.Tensor] = field(default_factory=dict)

    def leaves(self) -> Kept:
        """Detached copies that collect gradients."""
        return Kept(
            {k: t.detach().requires_grad_() for k, t in self.keys.items()},
            {k: t.detach().requires_grad_() for k, t in self.values.items()},
        )

    def pull(self, leaves: Kept) -> list[torch.Tensor]:
        """Scalars whose gradients carry the leaves' gradients into what made these keys and values."""
        pairs = [(t, leaves.keys[k].grad) for k, t in self.keys.items()]
        pairs += [(t, leaves.values[k].grad) for k, t in self.values.items()]
        return [(t.float() * g.float()).sum() for t, g in pairs if g is not None and t.requires_grad]


def use_training_attention(model: Any) -> None:
    """Let the model's layers attend through `training_attention`."""
    from transformers import AttentionInterface

    AttentionInterface.register(ATTENTION, training_attention)
    model.config._attn_implementation = ATTENTION


def training_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    scaling: float | None = None,
    dropout: float = 0.0,
    sliding_window: int | None = None,
    layout: Layout | None = None,
    fronts: Sequence[Kept] = (),
    keep: Kept | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """A layer's attention for transformers: [1, tokens, heads, dim] of queries [1, heads, tokens, dim].

    `fronts`: the passes in front, whose keys and values one behind the other are what `layout.sees` counts in. `keep`:
    where to leave this pass's own keys and values.
    """
    if keep is not None:
        keep.keys[module.layer_idx], keep.values[module.layer_idx] = key[0], value[0]
    layout = layout or Layout([query.shape[2]], [()])
    kind = torch.get_autocast_dtype(query.device.type) if torch.is_autocast_enabled(query.device.type) else query.dtype
    query = query * (scaling or query.shape[-1] ** -0.5)
    query, key, value = (t[0].to(kind).contiguous() for t in (query, key, value))
    front_key = _joined([f.keys[module.layer_idx].to(kind) for f in fronts], key)
    front_value = _joined([f.values[module.layer_idx].to(kind) for f in fronts], value)
    attend = attend_rows if query.device.type == "cpu" else attend_padded
    return attend(query, key, value, front_key, front_value, layout, sliding_window).transpose(0, 1)[None], None


def _joined(parts: list[torch.Tensor], own: torch.Tensor) -> torch.Tensor:
    return parts[0] if len(parts) == 1 else torch.cat(parts, 1) if parts else own[:, :0]


def attend_rows(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    front_key: torch.Tensor,
    front_value: torch.Tensor,
    layout: Layout,
    window: int | None,
) -> torch.Tensor:
    """Attention output [heads, tokens, dim] of already scaled queries of that shape.

    Keys and values: own [key heads, tokens, dim], in front [key heads, front, dim]. A token sees its row's pieces of
    the front, then its row up to itself, at most `window` positions back.
    """
    result: torch.Tensor = Attend.apply(query, key, value, front_key, front_value, layout, window)  # type: ignore[no-untyped-call]
    return result


def attend_padded(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    front_key: torch.Tensor,
    front_value: torch.Tensor,
    layout: Layout,
    window: int | None,
) -> torch.Tensor:
    """What `attend_rows` computes, by PyTorch's kernels and autograd."""
    batches, order = layout.batches
    outs = []
    for batch in batches:
        q = query[:, batch.tokens].transpose(0, 1)
        k, v = (
            torch.cat((front[:, batch.seen].expand(len(q), -1, -1, -1), own[:, batch.tokens].transpose(0, 1)), 2)
            for own, front in ((key, front_key), (value, front_value))
        )
        out = _fused(q, k, v, window)
        outs.append(out.transpose(0, 1).flatten(1, 2)[:, batch.real])
    return torch.cat(outs, 1)[:, order]


def _fused(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, window: int | None) -> torch.Tensor:
    """[rows, heads, new, dim]: the queries are those of the last keys."""
    from torch.nn.attention.bias import causal_lower_right

    groups, new, length = query.shape[1] // key.shape[1], query.shape[2], key.shape[2]
    mask: Any = causal_lower_right(new, length)
    if window:
        seen = torch.arange(length, device=query.device)
        ago = seen[length - new :, None] - seen
        mask = (ago >= 0) & (ago < window)
        key, value, groups = key.repeat_interleave(groups, 1), value.repeat_interleave(groups, 1), 1
    return torch.nn.functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, scale=1.0, enable_gqa=groups > 1
    )


class Attend(torch.autograd.Function):
    """See `attend_rows`."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        front_key: torch.Tensor,
        front_value: torch.Tensor,
        layout: Layout,
        window: int | None,
    ) -> torch.Tensor:
        heads, total, dim = query.shape
        kv = key.shape[0]
        grouped = query.view(kv, heads // kv, total, dim)
        out = torch.empty_like(grouped)
        for own, pieces in zip(layout.rows, layout.sees, strict=True):
            front = _length(pieces)
            keys, values = _seen(front_key, pieces, key[:, own]), _seen(front_value, pieces, value[:, own])
            parts, outs = grouped[:, :, own], out[:, :, own]
            for begin, end, first, last in _blocks(parts.shape[2], front, window):
                part = parts[:, :, begin:end]
                weights = _weights(part, keys[:, first:last], begin, first, front, window)
                outs[:, :, begin:end] = torch.bmm(weights, values[:, first:last]).view_as(part)
        ctx.save_for_backward(query, key, value, front_key, front_value, out)
        ctx.layout, ctx.window = layout, window
        return out.view(heads, total, dim)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        query, key, value, front_key, front_value, out = ctx.saved_tensors
        heads, total, dim = query.shape
        kv = key.shape[0]
        shape = (kv, heads // kv, total, dim)
        grad = grads[0].reshape(shape)
        grouped = query.view(shape)
        d_query = torch.empty_like(grouped)
        d_key, d_value = torch.empty_like(key), torch.empty_like(value)
        d_front = torch.zeros(2, *front_key.shape, dtype=torch.float32, device=query.device)
        delta = (grad.float() * out.float()).sum(-1, keepdim=True).to(query.dtype)
        for own, pieces in zip(ctx.layout.rows, ctx.layout.sees, strict=True):
            front = _length(pieces)
            keys, values = _seen(front_key, pieces, key[:, own]), _seen(front_value, pieces, value[:, own])
            d_keys, d_values = torch.zeros_like(keys), torch.zeros_like(values)
            parts, d_parts, grad_parts = grouped[:, :, own], d_query[:, :, own], grad[:, :, own]
            for begin, end, first, last in _blocks(parts.shape[2], front, ctx.window):
                part = parts[:, :, begin:end]
                weights = _weights(part, keys[:, first:last], begin, first, front, ctx.window)
                flat = (kv, -1, dim)
                part_grad = grad_parts[:, :, begin:end].reshape(flat)
                d_scores = torch.bmm(part_grad, values[:, first:last].transpose(1, 2))
                d_scores.sub_(delta[:, :, own][:, :, begin:end].reshape(kv, -1, 1)).mul_(weights)
                d_parts[:, :, begin:end] = torch.bmm(d_scores, keys[:, first:last]).view_as(part)
                d_keys[:, first:last] += torch.bmm(d_scores.transpose(1, 2), part.reshape(flat))
                d_values[:, first:last] += torch.bmm(weights.transpose(1, 2), part_grad)
            d_key[:, own], d_value[:, own] = d_keys[:, front:], d_values[:, front:]
            at = 0
            for begin, end in pieces:
                d_front[0, :, begin:end] += d_keys[:, at : at + end - begin]
                d_front[1, :, begin:end] += d_values[:, at : at + end - begin]
                at += end - begin
        d_front_key, d_front_value = d_front.to(query.dtype)
        return d_query.view_as(query), d_key, d_value, d_front_key, d_front_value, None, None


def _length(pieces: Sequence[Piece]) -> int:
    return sum(end - begin for begin, end in pieces)


def _seen(front: torch.Tensor, pieces: Sequence[Piece], own: torch.Tensor) -> torch.Tensor:
    return torch.cat((*(front[:, begin:end] for begin, end in pieces), own), 1)


def _blocks(length: int, front: int, window: int | None) -> list[tuple[int, int, int, int]]:
    """Query range and the key range it can see (keys: front first, then own), block by block."""
    out = []
    for begin in range(0, length, QUERY_BLOCK):
        end = min(begin + QUERY_BLOCK, length)
        first = max(0, front + begin - window + 1) if window else 0
        out.append((begin, end, first, front + end))
    return out


def _weights(
    query: torch.Tensor, keys: torch.Tensor, begin: int, first: int, front: int, window: int | None
) -> torch.Tensor:
    """Attention weights [key heads, groups * queries, keys] of a block whose queries end where its keys
    end."""
    kv, groups, count, dim = query.shape
    scores = torch.bmm(query.reshape(kv, groups * count, dim), keys.transpose(1, 2))
    square = scores.view(kv, groups, count, -1)
    later = torch.ones(count, count, dtype=torch.bool, device=scores.device).triu_(1)
    square[..., -count:].masked_fill_(later, -torch.inf)
    if window:
        position = torch.arange(begin, begin + count, device=scores.device)[:, None] + front
        seen = torch.arange(first, first + square.shape[-1], device=scores.device)[None]
        square.masked_fill_(position - seen >= window, -torch.inf)
    return torch.softmax(scores, -1)
