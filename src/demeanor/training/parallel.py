"""Several processes, one training: each computes a part of every step, and the gradients are added up.

A step is its dialogues, whoever computes them: the loss is the mean over the trained tokens of the whole step, so sums
over the processes are exactly what one process would have. They are taken once, behind the last backward pass, over
every trained parameter; one that a process has no gradient for counts as zero (the last layer gets none in the pass
over the shared beginning, and a process may have nothing to do). Hooks that reduce while gradients come in would miss
that.

Started by `torchrun` or `accelerate launch`; alone, everything here does nothing.
"""

from __future__ import annotations

import atexit
import heapq
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
import torch.distributed as dist

from demeanor.training.config import Example
from demeanor.training.tree import Node, grow

Value = TypeVar("Value")


@contextmanager
def together() -> Iterator[None]:
    """Meet the other processes, where there are any, and go on only when all have come to the end.

    A launcher ends the rest when one process has failed; none leaves while another still writes. The group is given up
    when the interpreter exits: left to its destructors, its threads now and then abort the process. After an error
    it is not, for that could wait for what the others never send; the launcher ends them.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield
        return
    if not dist.is_initialized():
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available())
    atexit.unregister(_part)
    yield
    dist.barrier()
    atexit.register(_part)


def _part() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()


def size() -> int:
    """How many processes train."""
    return dist.get_world_size() if dist.is_initialized() else 1


def is_first() -> bool:
    """Whether this process is the one that writes and reports."""
    return not dist.is_initialized() or dist.get_rank() == 0


def part_of(examples: Sequence[Example]) -> list[Example]:
    """This process's part of a step."""
    return split(examples, size())[dist.get_rank() if dist.is_initialized() else 0]


def split(examples: Sequence[Example], parts: int) -> list[list[Example]]:
    """Parts of about equal work, some may be empty: dialogues that share a history stay together, where that is at most
    a part's share; the largest such groups first, each to the part that has least.
    """
    if parts == 1:
        return [list(examples)]
    tree = grow(examples)
    share = sum(len(s) for root in tree for s in root.walk()) / parts
    out: list[list[Example]] = [[] for _ in range(parts)]
    loads = [(0, k) for k in range(parts)]
    for work, group in sorted(_groups(tree, share), key=lambda pair: (-pair[0], pair[1][0].id)):
        load, k = heapq.heappop(loads)
        out[k] += group
        heapq.heappush(loads, (load + work, k))
    return out


def _groups(tree: Sequence[Node], share: float) -> Iterator[tuple[int, tuple[Example, ...]]]:
    """Subtrees of at most a part's share of the work, with the tokens in them; dialogues that end where others go on
    stand alone."""
    for node in tree:
        work = sum(map(len, node.walk()))
        if len(node.examples) == 1 or (work <= share and node.start > 0):
            yield work, node.examples
            continue
        yield from _groups(node.children, share)
        below = {id(e) for child in node.children for e in child.examples}
        yield from ((len(node), (e,)) for e in node.examples if id(e) not in below)


def add_up(parameters: Iterable[torch.nn.Parameter], *values: float) -> list[float]:
    """Add up the gradients of all trained parameters over the processes, and each of the values."""
    if size() == 1:
        return list(values)
    trained = [p for p in parameters if p.requires_grad]
    for parameter in trained:
        if parameter.grad is None:
            parameter.grad = torch.zeros_like(parameter)
    total = torch.tensor(values, dtype=torch.float64, device="cpu" if dist.get_backend() == "gloo" else "cuda")
    flat = torch.cat([p.grad.flatten() for p in trained if p.grad is not None])
    dist.all_reduce(flat)
    dist.all_reduce(total)
    begins = 0
    for parameter in trained:
        assert parameter.grad is not None
        parameter.grad.copy_(flat[begins : begins + parameter.numel()].view_as(parameter))
        begins += parameter.numel()
    return [float(t) for t in total]


def agree(value: Value) -> Value:
    """What the first process says, for all of them."""
    if size() == 1:
        return value
    said: list[Any] = [value]
    dist.broadcast_object_list(said, src=0)
    return said[0]  # type: ignore[no-any-return]


def meet() -> None:
    """Wait until all processes are here."""
    if size() > 1:
        dist.barrier()
