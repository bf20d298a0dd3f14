"""Three pieces of a training step with their backward passes written out, for what autograd does wastefully.

- `attend`: attention to a shared beginning and, causally, to the own row: row by row in blocks that stay in
  a CPU's cache, skipping what the mask hides; probabilities are computed again, not stored.
- `head_loss`: cross entropy behind a frozen output layer: the gradient is taken while the logits are there,
  a block of targets at a time, so logits are never stored.
- `lora_linear`: frozen linear plus low-rank update in one step: one cast, no intermediate sums.

All are exact: tests compare each with autograd's own in fp64 or fp32. Products are in the inputs'
precision, softmax and loss in fp32.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import torch

QUERY_BLOCK = 192
TARGET_BLOCK = 256


class Attend(torch.autograd.Function):
    """See `attend`."""

    @staticmethod
    def forward(
        ctx: Any,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        front_key: torch.Tensor,
        front_value: torch.Tensor,
        lengths: list[int],
        window: int | None,
    ) -> torch.Tensor:
        heads, total, dim = query.shape
        kv, front = key.shape[0], front_key.shape[1]
        grouped = query.view(kv, heads // kv, total, dim)
        out = torch.empty_like(grouped)
        for own in _rows(lengths):
            keys = torch.cat((front_key, key[:, own]), 1)
            values = torch.cat((front_value, value[:, own]), 1)
            parts, outs = grouped[:, :, own], out[:, :, own]
            for begin, end, first, last in _blocks(parts.shape[2], front, window):
                part = parts[:, :, begin:end]
                weights = _weights(part, keys[:, first:last], begin, first, front, window)
                outs[:, :, begin:end] = torch.bmm(weights, values[:, first:last]).view_as(part)
        ctx.save_for_backward(query, key, value, front_key, front_value, out)
        ctx.lengths, ctx.window = lengths, window
        return out.view(heads, total, dim)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        query, key, value, front_key, front_value, out = ctx.saved_tensors
        heads, total, dim = query.shape
        kv, front = key.shape[0], front_key.shape[1]
        shape = (kv, heads // kv, total, dim)
        grad = grads[0].reshape(shape)
        grouped = query.view(shape)
        d_query = torch.empty_like(grouped)
        d_key, d_value = torch.empty_like(key), torch.empty_like(value)
        d_front = torch.zeros(2, kv, front, dim, dtype=torch.float32, device=query.device)
        delta = (grad.float() * out.float()).sum(-1, keepdim=True).to(query.dtype)
        for own in _rows(ctx.lengths):
            keys = torch.cat((front_key, key[:, own]), 1)
            values = torch.cat((front_value, value[:, own]), 1)
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
            d_front[0] += d_keys[:, :front]
            d_front[1] += d_values[:, :front]
        d_front_key, d_front_value = d_front.to(query.dtype)
        return d_query.view_as(query), d_key, d_value, d_front_key, d_front_value, None, None


def attend(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    front_key: torch.Tensor,
    front_value: torch.Tensor,
    lengths: list[int],
    window: int | None,
) -> torch.Tensor:
    """Attention output [heads, tokens, dim] of already scaled queries of that shape.

    Rows lie one behind the other: the first `lengths[0]` tokens are row 0, and so on, without padding. Keys
    and values: own [key heads, tokens, dim], shared [key heads, front, dim]. A token sees the front and its
    row up to itself, at most `window` positions back.
    """
    result: torch.Tensor = Attend.apply(query, key, value, front_key, front_value, lengths, window)  # type: ignore[no-untyped-call]
    return result


def _rows(lengths: list[int]) -> list[slice]:
    """Where each row lies."""
    ends = list(accumulate(lengths))
    return [slice(end - length, end) for end, length in zip(ends, lengths, strict=True)]


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


class HeadLoss(torch.autograd.Function):
    """See `head_loss`."""

    @staticmethod
    def forward(ctx: Any, hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        total = torch.zeros((), dtype=torch.float32, device=hidden.device)
        slope = torch.empty_like(hidden)
        for begin in range(0, len(targets), TARGET_BLOCK):
            part, wanted = hidden[begin : begin + TARGET_BLOCK], targets[begin : begin + TARGET_BLOCK, None]
            logits = torch.mm(part, weight.t()).float()
            logits -= logits.amax(-1, keepdim=True)
            chosen = logits.gather(1, wanted)
            scale = logits.exp_().sum(-1, keepdim=True)
            total += (scale.log() - chosen).sum()
            logits /= scale
            logits.scatter_add_(1, wanted, torch.full_like(chosen, -1.0))
            slope[begin : begin + TARGET_BLOCK] = torch.mm(logits.to(weight.dtype), weight)
        ctx.save_for_backward(slope)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        (slope,) = ctx.saved_tensors
        return (slope * grads[0]).to(slope.dtype), None, None


def head_loss(hidden: torch.Tensor, weight: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Summed cross entropy of targets [n] given hidden states [n, width] behind a frozen `weight`
    [vocabulary, width]."""
    result: torch.Tensor = HeadLoss.apply(hidden.to(weight.dtype), weight, targets)  # type: ignore[no-untyped-call]
    return result


class LoraLinear(torch.autograd.Function):
    """See `lora_linear`."""

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        flat = x.reshape(-1, x.shape[-1]).to(weight.dtype)
        narrow, wide = down.to(weight.dtype), (up * scale).to(weight.dtype)
        inner = torch.mm(flat, narrow.t())
        out = torch.mm(flat, weight.t()) if bias is None else torch.addmm(bias, flat, weight.t())
        out.addmm_(inner, wide.t())
        ctx.save_for_backward(flat, weight, inner, narrow, wide)
        ctx.scale, ctx.x_type, ctx.lora_type = scale, x.dtype, down.dtype
        return out.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        flat, weight, inner, narrow, wide = ctx.saved_tensors
        grad = grads[0].reshape(-1, weight.shape[0]).to(weight.dtype)
        outer = torch.mm(grad, wide)
        d_up = torch.mm(grad.t(), inner).to(ctx.lora_type) * ctx.scale
        d_down = torch.mm(outer.t(), flat).to(ctx.lora_type)
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x = torch.mm(grad, weight).addmm_(outer, narrow).to(ctx.x_type).view(*grads[0].shape[:-1], -1)
        return d_x, None, None, d_down, d_up, None


def lora_linear(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    down: torch.Tensor,
    up: torch.Tensor,
    scale: float,
) -> torch.Tensor:
    """x @ weight^T + bias + scale * (x @ down^T) @ up^T in the weight's precision.

    `weight` [out, in] is frozen, `down` [rank, in] and `up` [out, rank] get their gradients in their own
    precision.
    """
    result: torch.Tensor = LoraLinear.apply(x, weight, bias, down, up, scale)  # type: ignore[no-untyped-call]
    return result
