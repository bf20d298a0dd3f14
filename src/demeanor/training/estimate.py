"""What a run will take, said before its first step: two steps are tried, the others are counted in operations.

The largest step of the plan has the run's memory, one of the usual size stands for the others. Their gradients are
thrown away and the random numbers they drew are given back: the run is the one it would have been without.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Sequence
from typing import Any

import torch

from demeanor.training.batching import Batch
from demeanor.training.config import Estimate, Example
from demeanor.training.lora import weight_count
from demeanor.training.objective import Objective
from demeanor.training.shape import Operations
from demeanor.training.tree import apart

_ADAM_STATES = 8  # bytes a trained parameter: two moments in fp32


class Work(Operations):
    """Floating-point operations of training steps on one model with a LoRA adapter."""

    def __init__(self, model: Any) -> None:
        config = model.config
        # Of a layer some of whose rows are trained, what it was before.
        layers = (model.get_input_embeddings(), model.get_output_embeddings())
        embedding, head = (getattr(layer, "original_module", layer).weight for layer in layers)
        matrices = [p for p in model.parameters() if p.ndim > 1 and p is not embedding and p is not head]
        dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        super().__init__(
            frozen=sum(weight_count(p) for p in matrices if not p.requires_grad),
            trained=sum(p.numel() for p in matrices if p.requires_grad),
            head=head.numel(),
            pair=4 * config.num_hidden_layers * config.num_attention_heads * dim,
        )


def estimate(
    model: Any,
    objective: Objective,
    steps: Sequence[Batch],
    measured: Sequence[Sequence[Example]] = (),
    processes: int = 1,
) -> Estimate:
    """Seconds and bytes for these steps, from two of them that are tried.

    Args:
        measured: what is run through on the way without learning from it, a third of the work of a step.
        processes: between which the steps are split.
    """
    if not steps:  # a finished run, taken up again
        return Estimate(0.0, _peak_bytes(), 0.0)
    work = Work(model)
    # Text that is rehearsed is read once more, by the untuned model.
    amounts = [work.step(objective.tree(s.dialogues)) + work.step(apart(s.general)) * 4 / 3 for s in steps]
    mean = sum(amounts) / len(amounts)
    largest = max(range(len(steps)), key=amounts.__getitem__)
    usual = min(range(len(steps)), key=lambda index: abs(amounts[index] - mean))
    with torch.random.fork_rng():
        # A GPU loads its kernels in the first pass. On a CPU nothing warms up: repeated at once, in memory that has its
        # sizes, a step is a tenth faster than in a run.
        if torch.cuda.is_available():
            _try(model, objective, steps[largest])
        seconds = sum(_try(model, objective, steps[k]) for k in (largest, usual))
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    rate = (amounts[largest] + amounts[usual]) / seconds
    watching = sum(work.step(objective.tree(part)) for part in measured) / 3
    return Estimate((sum(amounts) / processes + watching) / rate, _peak_bytes() + _ADAM_STATES * trained, rate)


def _try(model: Any, objective: Objective, step: Batch) -> float:
    """The seconds of a step that leaves nothing behind."""
    started = time.monotonic()
    objective.step(step.dialogues, _backward)
    objective.rehearse(step.general, 1.0, _backward)
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    model.zero_grad(set_to_none=True)
    return time.monotonic() - started


def _backward(loss: torch.Tensor) -> None:
    loss.backward()  # type: ignore[no-untyped-call]


def _peak_bytes() -> int:
    """The most memory used so far: the GPU's where there is one, else this process's."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
