"""Loss and gradients of one optimiser step, with what dialogues share computed once, exactly.

The dialogues of a step are a tree of nodes (`tree.py`). A node that others go on from is run once and keeps its
keys and values; what goes on from it attends to detached copies, whose gradients add up; when all below it is done, one
backward pass carries those gradients, and those of the node's own losses, through it. That is the chain rule in
another order: the gradients are those of separate runs (tests hold it to 1e-5 in fp32). It needs dropout off, because
separate runs would draw separate masks.

The loss is the mean cross entropy over the trained tokens of the *whole* step, so how a step is split changes nothing;
a trained token that several dialogues share counts once for each. Logits are computed only where a token is trained, in
fp32.

Against forgetting, a step may hold some general text beside its dialogues: there the model is held to what it said
without its adapter, by the divergence KL(before || now), a mean over the text's tokens.

The nodes of a pass lie one behind the other in a single row, so nothing is padded; `attention.py` keeps them
apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import torch

from demeanor.errors import ModelError
from demeanor.training.attention import Kept, Layout, Piece, use_training_attention
from demeanor.training.config import Example
from demeanor.training.fused import TARGET_BLOCK, head_loss
from demeanor.training.tree import WORTH_SHARING, Node, apart, grow, pack

FAMILIES = ("llama", "qwen2", "qwen3", "mistral", "smollm3", "gemma3_text")
"""Families whose attention takes a mask and plain softmax; others run one dialogue at a time, unshared,
through their own attention."""


SCALED = ("logits_scaling", "logit_scale")
"""What Granite's and Cohere's configurations call a factor of their logits."""

CPU_BUDGET = 2048
MOST_TOKENS = 32768
FRONT_SHARE = 1 / 32
"""Of what a token leaves behind, its keys and values alone: 2 to 3% in Llama's shapes."""

MEMORY_SHARE = 0.4
"""Of a GPU's free memory, for what one pass leaves behind: another may be held meanwhile, and products need room."""


LAYER_LAUNCHES = 8e-3
GPU_RATE = 3.3e14
"""Seconds that starting a layer's kernels takes, forward and backward, and operations a second, on an H100: a pass that
is shared has to save more than starting it costs, which for a model of 135M it hardly ever does and for 8B soon."""


def worth_a_pass(model: Any) -> int:
    """Tokens that a GPU could compute while it starts another pass."""
    frozen = sum(p.numel() for p in model.parameters())
    return int(LAYER_LAUNCHES * model.config.num_hidden_layers * GPU_RATE / (6 * frozen))


@dataclass(frozen=True)
class PassRow:
    """A node in a pass, and what its tokens see in front: pieces of the passes above it."""

    node: Node
    sees: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Aims:
    """The trained tokens that a pass predicts: from which of its hidden states, which tokens, counted how often [n]."""

    places: torch.Tensor
    tokens: torch.Tensor
    counts: torch.Tensor


Learn = Callable[[Sequence[PassRow], torch.Tensor], torch.Tensor | None]
"""(rows of a pass, their hidden states [tokens, width]) -> what to go backward from, if anything."""


class Objective:
    """Runs steps on a causal language model (bare or wrapped by peft).

    Args:
        token_budget: tokens of a pass; None takes `CPU_BUDGET`, on a GPU what its memory holds (see `size_passes`).
        least: tokens from which a run is shared.
        saving: tokens that sharing one has to save; None takes 0, on a GPU `worth_a_pass`.

    All three change speed and memory only.
    """

    def __init__(
        self,
        model: Any,
        *,
        precision: str,
        token_budget: int | None,
        share: bool,
        least: int = WORTH_SHARING,
        saving: int | None = None,
    ) -> None:
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._backbone = inner.base_model
        self._head = inner.get_output_embeddings()
        self._config = inner.config
        self._model = model
        self._precision = precision
        self._budget, self._least = token_budget or CPU_BUDGET, least
        unsaid = worth_a_pass(inner) if self._device.type == "cuda" else 0
        self._saving = unsaid if saving is None else saving
        self._fitted = token_budget is not None
        self._own_attention = inner.config.model_type in FAMILIES
        self._cap = getattr(inner.config, "final_logit_softcapping", None)
        for name in SCALED:
            if getattr(inner.config, name, None) not in (None, 1):
                raise ModelError("this family scales its logits, which training does not do", field=name,
                                 found=getattr(inner.config, name))  # fmt: skip
        self._share = share and self._own_attention
        if self._own_attention:
            use_training_attention(inner)

    @property
    def _device(self) -> torch.device:
        device: torch.device = next(self._backbone.parameters()).device
        return device

    def _autocast(self) -> AbstractContextManager[Any]:
        if self._precision == "bf16":
            return torch.autocast(self._device.type, torch.bfloat16)
        return nullcontext()

    def size_passes(self, example: Example) -> int:
        """Choose the tokens of a pass by what a GPU's free memory holds, if nobody has said them; how many they are.

        A pass over one dialogue shows what a token leaves behind for the backward pass. A power of two, so that a run
        that is taken up again splits its steps in the same way.
        """
        if self._fitted or self._device.type != "cuda":
            return self._budget
        rows = [PassRow(node) for node in apart([example])]
        before = torch.cuda.memory_allocated()
        hidden = self._hidden(rows, (), None)
        left = (torch.cuda.memory_allocated() - before) / len(hidden)
        del hidden
        free = torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
        room = MEMORY_SHARE * free / left
        self._budget, self._fitted = min(MOST_TOKENS, max(CPU_BUDGET, 1 << int(room).bit_length() - 1)), True
        return self._budget

    def tree(self, examples: Sequence[Example]) -> list[Node]:
        """What will be computed for these examples."""
        return grow(examples, self._least, self._saving) if self._share else apart(examples)

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
        losses: list[torch.Tensor] = []

        def learn(rows: Sequence[PassRow], hidden: torch.Tensor) -> torch.Tensor | None:
            loss = self._loss_sum(rows, hidden)
            if loss is None:
                return None
            losses.append(loss.detach())
            return loss / targets

        self._run([PassRow(s) for s in self.tree(examples if mine is None else mine)], (), learn, backward)
        return float(torch.stack(losses).sum()) / targets if losses else 0.0

    def rehearse(
        self, texts: Sequence[Example], weight: float, backward: Callable[[torch.Tensor], None], of: int | None = None
    ) -> float:
        """Add `weight` times the divergence from the untuned model over the texts' trained tokens to the gradients; the
        divergence, in nats a token.

        `of`: how many tokens the texts of all processes have; both are then this part's share.
        """
        count = max(1, of or sum(sum(e.trained) for e in texts))
        found: list[torch.Tensor] = []

        def learn(rows: Sequence[PassRow], hidden: torch.Tensor) -> torch.Tensor | None:
            aims = self._aims(rows)
            assert aims is not None
            with torch.no_grad(), self._model.disable_adapter():
                then = self._logits(self._hidden(rows, (), None)[aims.places])
            now = self._logits(hidden[aims.places])
            ours, base = (torch.log_softmax(logits, -1) for logits in (now, then))
            divergence = torch.nn.functional.kl_div(ours, base, log_target=True, reduction="sum") / count
            found.append(divergence.detach())
            return weight * divergence

        self._run([PassRow(s) for s in apart(texts)], (), learn, backward)
        return float(torch.stack(found).sum()) if found else 0.0

    @torch.no_grad()
    def evaluate(self, examples: Sequence[Example]) -> float:
        """Mean loss over all trained tokens, without gradients."""
        return sum(map(sum, self.token_losses(examples))) / sum(sum(e.trained) for e in examples)

    @torch.no_grad()
    def token_losses(self, examples: Sequence[Example]) -> list[list[float]]:
        """Cross entropy in nats of every trained token, a list an example, in the order of the examples."""
        found: dict[int, dict[int, float]] = {id(e): {} for e in examples}

        def note(rows: Sequence[PassRow], hidden: torch.Tensor) -> None:
            aims = self._aims(rows)
            if aims is None:
                return
            losses = iter(self._losses(hidden[aims.places], aims).tolist())
            for row in rows:
                for target in row.node.targets():
                    loss, at = next(losses), row.node.start + target.place + 1
                    for e in row.node.examples:
                        if e.trained[at]:
                            found[id(e)][at] = loss

        self._run([PassRow(s) for s in self.tree(examples)], (), note, None)
        return [[loss for _, loss in sorted(found[id(e)].items())] for e in examples]

    def _run(
        self,
        rows: Sequence[PassRow],
        fronts: tuple[Kept, ...],
        learn: Learn,
        backward: Callable[[torch.Tensor], None] | None,
    ) -> None:
        """Compute nodes and all below them. Ends first: they are done with at once, while a pass that others go on
        from is held until they are through.

        Args:
            fronts: the passes above, which the rows' pieces count in.
        """
        above = sum(next(iter(f.keys.values())).shape[1] for f in fronts)
        for ends in (True, False):
            for batch in self._packed([r for r in rows if ends is not bool(r.node.children)]):
                kept = None if ends else Kept()
                hidden = self._hidden(batch, fronts, kept)
                parts = [loss] if (loss := learn(batch, hidden)) is not None else []
                if kept is not None:
                    leaves = kept.leaves() if backward else kept
                    self._run(_below(batch, above), (*fronts, leaves), learn, backward)
                    parts += kept.pull(leaves) if backward else []
                if backward and parts:
                    backward(torch.stack(parts).sum())

    def _packed(self, rows: Sequence[PassRow]) -> Iterator[list[PassRow]]:
        # On a GPU every row has a copy of the keys and values that it sees, a small part of what its own tokens leave.
        front = FRONT_SHARE if self._device.type == "cuda" else 0.0
        sizes = [len(r.node) + int(front * r.node.start) for r in rows]
        for batch in pack(sizes, self._budget if self._own_attention else 1):
            yield [rows[k] for k in batch]

    def _aims(self, rows: Sequence[PassRow]) -> Aims | None:
        begins = accumulate((len(r.node) for r in rows), initial=0)
        found = [
            (begin + target.place, target.token, target.weight)
            for begin, row in zip(begins, rows, strict=False)
            for target in row.node.targets()
        ]
        if not found:
            return None
        places, tokens, counts = torch.tensor(found, device=self._device).unbind(1)
        return Aims(places, tokens, counts.float())

    def _loss_sum(self, rows: Sequence[PassRow], hidden: torch.Tensor) -> torch.Tensor | None:
        """Cross entropy summed over the trained tokens that a pass predicts; a scalar."""
        aims = self._aims(rows)
        if aims is None:
            return None
        hidden = hidden[aims.places]
        # An adapter on the output layer, a bias or a cap take the way of the model's own layer.
        plain = type(self._head) is torch.nn.Linear and self._head.bias is None and not self._head.weight.requires_grad
        if plain and not self._cap:
            return head_loss(hidden, self._head.weight, aims.tokens, aims.counts)
        return (self._losses(hidden, aims) * aims.counts).sum()

    def _losses(self, hidden: torch.Tensor, aims: Aims) -> torch.Tensor:
        """Cross entropy of every trained token [n] from the hidden states that predict them, a block at a time."""
        found = []
        block = TARGET_BLOCK[hidden.device.type]
        for part, tokens in zip(torch.split(hidden, block), torch.split(aims.tokens, block), strict=True):
            found.append(torch.nn.functional.cross_entropy(self._logits(part), tokens, reduction="none"))
        return torch.cat(found)

    def _logits(self, hidden: torch.Tensor) -> torch.Tensor:
        """fp32 logits [tokens, vocabulary] as the model itself gives them."""
        with self._autocast():
            logits: torch.Tensor = self._head(hidden).float()
        return self._cap * torch.tanh(logits / self._cap) if self._cap else logits

    def _hidden(self, rows: Sequence[PassRow], fronts: tuple[Kept, ...], keep: Kept | None) -> torch.Tensor:
        """Last hidden states [tokens, width] of rows laid one behind the other, each at its own positions."""
        device = self._device
        ids = torch.tensor([[token for row in rows for token in row.node.ids]], device=device)
        positions = torch.cat([torch.arange(r.node.start, r.node.end, device=device) for r in rows])[None]
        extra: dict[str, Any] = {}
        if self._own_attention:
            # The layers' masks are made by `attention.py`; an empty one keeps transformers from making its own.
            nothing = torch.empty(1, 1, 0, 0, device=device)
            kinds = getattr(self._config, "layer_types", None)
            extra["attention_mask"] = dict.fromkeys(kinds, nothing) if kinds else nothing
            layout = Layout([len(r.node) for r in rows], [r.sees for r in rows], device)
            extra |= {"layout": layout, "fronts": fronts, "keep": keep}
        with self._autocast():
            out = self._backbone(input_ids=ids, position_ids=positions, use_cache=False, **extra)
        hidden: torch.Tensor = out.last_hidden_state[0]
        return hidden


def _below(rows: Sequence[PassRow], above: int) -> list[PassRow]:
    """What goes on from the rows of a pass, which stands behind `above` tokens of earlier passes."""
    ends = accumulate((len(r.node) for r in rows), initial=above)
    out = []
    for begin, row in zip(ends, rows, strict=False):
        piece = (begin, begin + len(row.node))
        out += [PassRow(child, (*row.sees, piece)) for child in row.node.children]
    return out
