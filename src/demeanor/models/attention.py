"""Attention to a beginning that all rows of a batch share: read once for the batch, with one softmax over both parts.

The stock function copies keys and values for grouped heads and reads the shared part once for every row.
"""

from __future__ import annotations

from typing import Any

import torch

PLAIN_ATTENTION = ("llama", "qwen2", "qwen3", "mistral", "smollm3")
"""Families whose attention is `softmax(q k) v` over all earlier positions, if no sliding window is set."""

ATTENTION = "demeanor_shared_prefix"


def has_plain_attention(config: Any) -> bool:
    """Whether the cached path gives this model's own answers: full attention in every layer of a known
    family."""
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    sliding = getattr(config, "sliding_window", None) and getattr(config, "use_sliding_window", True)
    return config.model_type in PLAIN_ATTENTION and kinds == {"full_attention"} and not sliding


def use_shared_attention(model: Any) -> None:
    from transformers import AttentionInterface

    AttentionInterface.register(ATTENTION, shared_prefix_attention)
    model.config._attn_implementation = ATTENTION


def shared_prefix_attention(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor,
    dropout: float = 0.0,
    scaling: float | None = None,
    shared: int = 0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Attention of queries [rows, heads, new, dim] over keys and values [rows, key heads, length, dim].

    Query heads that share a key head are laid along the query axis, so keys are never copied. The first
    `shared` positions hold the same content in all rows and are visible to every query: they are read from
    row 0, once.
    """
    rows, heads, new, dim = query.shape
    kv = key.shape[1]
    grouped = query.reshape(rows, kv, heads // kv * new, dim)
    if query.device.type == "cpu":
        out = _attend_cpu(grouped, key, value, attention_mask, scaling or dim**-0.5, shared)
    else:
        out = torch.nn.functional.scaled_dot_product_attention(
            grouped, key, value, attn_mask=attention_mask, scale=scaling
        )
    return out.reshape(rows, heads, new, dim).transpose(1, 2), None


def _attend_cpu(
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor,
    scaling: float,
    shared: int,
) -> torch.Tensor:
    """Plain matrix products: on a CPU they take half the time of PyTorch's fused kernel at these shapes.

    Scores of the shared and the own positions stand side by side for one softmax, so nothing is approximated.
    """
    rows, kv, count, dim = query.shape
    query = query * scaling
    own = _scores(query, key[:, :, shared:]) + mask[..., shared:]
    if not shared:
        return torch.matmul(torch.softmax(own, -1), value)
    together = query.transpose(0, 1).reshape(kv, rows * count, dim)
    front = torch.matmul(together, key[0, :, :shared].transpose(1, 2)).reshape(kv, rows, count, shared)
    weights = torch.softmax(torch.cat((front.transpose(0, 1), own), -1), -1)
    front = weights[..., :shared].transpose(0, 1).reshape(kv, rows * count, shared)
    out = torch.matmul(front, value[0, :, :shared]).reshape(kv, rows, count, dim).transpose(0, 1)
    return out + torch.matmul(weights[..., shared:], value[:, :, shared:])


def _scores(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """query @ key^T; for few queries the other way round, which the CPU's matrix kernels do twice as fast."""
    if query.shape[2] < 16:
        return torch.matmul(key, query.transpose(2, 3)).transpose(2, 3).contiguous()
    return torch.matmul(query, key.transpose(2, 3))


def causal_mask(positions: torch.Tensor, length: int, groups: int, dtype: torch.dtype) -> torch.Tensor:
    """Additive mask [rows, 1, groups * new, length]: a token at position p sees 0..p; repeated for grouped
    heads."""
    rows, new = positions.shape
    hidden = torch.arange(length, device=positions.device) > positions[:, :, None]
    mask = torch.zeros(rows, 1, 1, new, length, dtype=dtype, device=positions.device)
    mask.masked_fill_(hidden[:, None, None], -torch.inf)
    return mask.expand(-1, -1, groups, -1, -1).reshape(rows, 1, groups * new, length)
