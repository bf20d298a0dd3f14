"""Which dialogues make an optimiser step, and which are refused before the first.

Steps are drawn at random (by seed), so that a step's gradient is unbiased. The same examples, seed and settings give
the same plan, so a resumed run meets the same steps.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from demeanor.errors import DialogueError
from demeanor.training.config import Example, TrainConfig

REHEARSED = 128
"""Tokens of general text beside the dialogues of a step, at least."""


@dataclass(frozen=True)
class Batch:
    """What one optimiser step is computed from: dialogues to learn, and general text not to forget."""

    dialogues: tuple[Example, ...]
    general: tuple[Example, ...] = ()


def plan(examples: Sequence[Example], general: Sequence[Example], config: TrainConfig) -> list[Batch]:
    """Every optimiser step of a run."""
    drawn = plan_steps(
        [sum(e.trained) for e in examples],
        batch_tokens=config.batch_tokens,
        epochs=config.epochs,
        steps=config.steps,
        seed=config.seed,
    )
    texts: list[list[int]] = [[] for _ in drawn]
    if config.rehearsal and general:
        counts = [sum(e.trained) for e in general]
        texts = plan_steps(counts, batch_tokens=REHEARSED, epochs=1, steps=len(drawn), seed=config.seed)
    return [
        Batch(tuple(examples[k] for k in step), tuple(general[k] for k in text))
        for step, text in zip(drawn, texts, strict=True)
    ]


def check_examples(examples: Sequence[Example], *, stop_ids: Sequence[int], max_length: int) -> None:
    """Refuse what would train wrongly in silence, before the first step.

    Raises:
        DialogueError: no examples; no trained token; a trained reply without its stop token; longer than
        `max_length`.
    """
    if not examples:
        raise DialogueError("there is nothing to train on", fix="give at least one dialogue")
    stops = set(stop_ids)
    for example in examples:
        _check(example, stops, max_length)


def _check(example: Example, stops: set[int], max_length: int) -> None:
    name = f"dialogue {example.id!r}"
    file, line = example.origin or (None, None)

    def refuse(message: str, **parts: Any) -> DialogueError:
        return DialogueError(f"{name} {message}", file=file, line=line, **parts)

    if len(example.ids) != len(example.trained):
        raise refuse(f"has {len(example.ids)} tokens, but {len(example.trained)} mask entries")
    if not any(example.trained):
        raise refuse("has no trained token", fix="give an assistant message weight 1, or leave it out")
    if len(example.ids) > max_length:
        raise refuse(
            "is longer than max_length, and what is trained in it is not cut",
            found=len(example.ids),
            allowed=f"up to {max_length} tokens",
            fix="raise max_length, or leave the dialogue out",
        )
    if example.trained[0]:
        raise refuse("trains its first token, which nothing precedes")
    for t, trained in enumerate(example.trained):
        ends = trained and (t + 1 == len(example.ids) or not example.trained[t + 1])
        if ends and example.ids[t] not in stops:
            raise refuse(
                f"has a trained reply that does not end with a trained stop token (at token {t})",
                found=example.ids[t],
                allowed=sorted(stops),
                fix="the reply was cut, or the mask leaves its stop token out",
            )


def plan_steps(
    trained: Sequence[int], *, batch_tokens: int, epochs: float, steps: int | None, seed: int
) -> list[list[int]]:
    """Indices of the examples of every optimiser step.

    A step is filled until it holds `batch_tokens` trained tokens, so that a step of single corrected replies
    weighs as much as one of whole dialogues. Each pass over the data is its own shuffle; its last step may be
    smaller. A fraction of an epoch stops after that share of the steps.

    Args:
        trained: how many trained tokens each example has.
    """
    plan: list[list[int]] = []
    wanted, epoch = steps, 0
    while wanted is None or len(plan) < wanted:
        order = list(range(len(trained)))
        random.Random(f"{seed}:{epoch}").shuffle(order)
        plan += _fill(order, trained, batch_tokens)
        epoch += 1
        if wanted is None and epoch >= epochs:
            last = len(plan)
            wanted = last if epoch == epochs else max(1, math.ceil(last * epochs / epoch))
    return plan[:wanted]


def _fill(order: Sequence[int], trained: Sequence[int], batch_tokens: int) -> list[list[int]]:
    steps: list[list[int]] = []
    held = batch_tokens
    for index in order:
        if held >= batch_tokens:
            steps.append([])
            held = 0
        steps[-1].append(index)
        held += trained[index]
    return steps
