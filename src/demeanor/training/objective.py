"""Loss and gradients of one optimiser step, with what dialogues share computed once, exactly.

The dialogues of an agent begin with the same system text. Its keys and values are computed once a step;
every batch of own parts then attends to detached copies of them, whose gradients add up over the batches;
at the end one backward pass carries those gradients through the shared part. That is the chain rule in
another order: the gradients are those of separate runs (tests hold it to 1e-5 in fp32). It needs dropout
off, because separate runs would draw separate masks.

The loss is the mean cross entropy over the trained tokens of the *whole* step, so how a step is split
changes nothing. Logits are computed only where a token is trained, in fp32. The dialogues of a batch lie one
behind the other in a single row, so nothing is padded; `fused.attend` keeps them apart.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import torch

from demeanor.training.batching import MicroBatch, shared_length, split_step
from demeanor.training.config import Example
from demeanor.training.fused import attend, head_loss

ATTENTION = "demeanor_training"
FAMILIES = ("llama", "qwen2", "qwen3", "mistral", "smollm3", "gemma3_text")
"""Families whose attention takes a mask and plain softmax; others run one dialogue at a time, unshared,
through their own attention."""


@dataclass
class SharedPart:
    """Keys and values [1, key heads, length, dim] of the shared beginning, by layer."""

    keys: dict[int, torch.Tensor] = field(default_factory=dict)
    values: dict[int, torch.Tensor] = field(default_factory=dict)

    def leaves(self) -> SharedPart:
        """Detached copies that collect gradients."""
        return SharedPart(
            {k: t.detach().requires_grad_() for k, t in self.keys.items()},
            {k: t.detach().requires_grad_() for k, t in self.values.items()},
        )

    def pull(self, leaves: SharedPart) -> torch.Tensor:
        """A scalar whose gradient carries the leaves' gradients into what made these keys and values."""
        pairs = [(t, leaves.keys[k].grad) for k, t in self.keys.items()]
        pairs += [(t, leaves.values[k].grad) for k, t in self.values.items()]
        parts = [(t.float() * g.float()).sum() for t, g in pairs if g is not None and t.requires_grad]
        return torch.stack(parts).sum()


class Objective:
    """Runs steps on a causal language model (bare or wrapped by peft)."""

    def __init__(self, model: Any, *, precision: str, token_budget: int, share: bool) -> None:
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._backbone = inner.base_model
        self._head = inner.get_output_embeddings()
        self._config = inner.config
        self._precision = precision
        self._budget = token_budget
        self._own_attention = inner.config.model_type in FAMILIES
        self._share = share and self._own_attention
        if self._own_attention:
            use_training_attention(inner)

    @property
    def _device(self) -> torch.device:
        device: torch.device = self._head.weight.device
        return device

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._precision == "bf16":
            return torch.autocast(self._device.type, torch.bfloat16)
        return nullcontext()

    def shared(self, examples: Sequence[Example]) -> int:
        """How many tokens of these examples would be computed once."""
        return shared_length(examples) if self._share else 0

    def step(
        self,
        examples: Sequence[Example],
        backward: Callable[[torch.Tensor], None],
        mine: Sequence[Example] | None = None,
    ) -> float:
        """Add the step's gradients to the parameters through `backward`; the mean loss over its trained tokens.

        `mine`: the part of the step that is computed here; gradients and loss are then that part's share of the step's.
        """
        targets = sum(sum(e.trained) for e in examples)
        mine = examples if mine is None else mine
        shared = self.shared(mine)
        batches = self._split(mine, shared)
        part = self._run_shared(mine[0].ids[:shared]) if shared else None
        leaves = part.leaves() if part else None
        total = 0.0
        for batch in batches:
            loss = self._loss_sum(batch, shared, leaves) / targets
            backward(loss)
            total += loss.item()
        if part and leaves:
            backward(part.pull(leaves))
        return total

    @torch.no_grad()
    def evaluate(self, examples: Sequence[Example]) -> float:
        """Mean loss over all trained tokens, without gradients."""
        targets = sum(sum(e.trained) for e in examples)
        shared = self.shared(examples)
        part = self._run_shared(examples[0].ids[:shared]) if shared else None
        batches = self._split(examples, shared)
        return sum(self._loss_sum(batch, shared, part).item() for batch in batches) / targets

    @torch.no_grad()
    def token_losses(self, examples: Sequence[Example]) -> list[list[float]]:
        """Cross entropy in nats of every trained token, a list an example, in the order of the examples."""
        shared = self.shared(examples)
        part = self._run_shared(examples[0].ids[:shared]) if shared else None
        found: dict[int, list[float]] = {}
        for batch in self._split(examples, shared):
            hidden, targets = self._targets(batch, shared, part)
            with self._autocast():
                logits = self._head(hidden)
            losses = iter(torch.nn.functional.cross_entropy(logits.float(), targets, reduction="none").tolist())
            found |= {id(e): [next(losses) for _ in range(sum(e.trained))] for e in batch.examples}
        return [found[id(e)] for e in examples]

    def _split(self, examples: Sequence[Example], shared: int) -> list[MicroBatch]:
        return split_step(examples, shared=shared, token_budget=self._budget if self._own_attention else 1)

    def _run_shared(self, ids: Sequence[int]) -> SharedPart:
        part = SharedPart()
        with self._autocast():
            self._hidden([ids], 0, keep=part)
        return part

    def _loss_sum(self, batch: MicroBatch, shared: int, part: SharedPart | None) -> torch.Tensor:
        """Cross entropy summed over the batch's trained tokens; a scalar."""
        return self._cross_entropy(*self._targets(batch, shared, part))

    def _targets(self, batch: MicroBatch, shared: int, part: SharedPart | None) -> tuple[torch.Tensor, torch.Tensor]:
        """The hidden states [n, width] from which the batch's trained tokens are predicted, and those tokens [n], one
        example behind the other."""
        own = [e.ids[shared:] for e in batch.examples]
        begins = accumulate((len(row) for row in own), initial=0)
        where = [
            (begin + t - shared - 1, e.ids[t])
            for begin, e in zip(begins, batch.examples, strict=False)
            for t, trained in enumerate(e.trained)
            if trained
        ]
        places, targets = torch.tensor(where, device=self._device).unbind(1)
        with self._autocast():
            return self._hidden(own, shared, part=part)[places], targets

    def _cross_entropy(self, hidden: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        plain = self._head.bias is None and not self._head.weight.requires_grad
        if plain and not getattr(self._config, "final_logit_softcapping", None):
            return head_loss(hidden, self._head.weight, targets)
        with self._autocast():
            logits = self._head(hidden)
        return torch.nn.functional.cross_entropy(logits.float(), targets, reduction="sum")

    def _hidden(
        self,
        rows: Sequence[Sequence[int]],
        start: int,
        *,
        part: SharedPart | None = None,
        keep: SharedPart | None = None,
    ) -> torch.Tensor:
        """Last hidden states [tokens, width] of rows laid one behind the other, each at positions start,
        start + 1, ..."""
        ids = torch.tensor([[token for row in rows for token in row]], device=self._device)
        positions = torch.cat([torch.arange(start, start + len(row), device=self._device) for row in rows])[None]
        extra: dict[str, Any] = {}
        if self._own_attention:
            # The layers' masks are made by `fused.attend`; an empty one keeps transformers
            # from making its own.
            nothing = torch.empty(1, 1, 0, 0, device=ids.device)
            kinds = getattr(self._config, "layer_types", None)
            extra["attention_mask"] = dict.fromkeys(kinds, nothing) if kinds else nothing
            extra |= {"part": part, "keep": keep, "lengths": [len(row) for row in rows]}
        out = self._backbone(input_ids=ids, position_ids=positions, use_cache=False, **extra)
        hidden: torch.Tensor = out.last_hidden_state[0]
        return hidden


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
    part: SharedPart | None = None,
    keep: SharedPart | None = None,
    lengths: list[int] | None = None,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """A layer's attention for transformers: [1, tokens, heads, dim] of queries [1, heads, tokens, dim], whose
    rows of `lengths` tokens lie one behind the other.

    `part`: what came before for all rows. `keep`: where to leave this pass's own keys and values for later
    rows.
    """
    if keep is not None:
        keep.keys[module.layer_idx], keep.values[module.layer_idx] = key, value
    kind = torch.get_autocast_dtype(query.device.type) if torch.is_autocast_enabled(query.device.type) else query.dtype
    empty = key[0, :, :0]
    front_key = part.keys[module.layer_idx][0] if part else empty
    front_value = part.values[module.layer_idx][0] if part else empty
    query = query * (scaling or query.shape[-1] ** -0.5)
    query, key, value = (t[0].to(kind).contiguous() for t in (query, key, value))
    lengths = lengths or [query.shape[1]]
    out = attend(query, key, value, front_key.to(kind), front_value.to(kind), lengths, sliding_window)
    return out.transpose(0, 1)[None], None
