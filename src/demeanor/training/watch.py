"""Losses that are watched while a run goes on, and what they say in words.

`held_back` are dialogues kept out of training: they show when the training wording is learned by heart. `general` is
ordinary prose and `questions` are answers to general questions, which have nothing to do with the agent: they show what
the model forgets.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from demeanor.training.config import Example

Curve = list[tuple[int, float]]
"""(step, mean loss in nats) points, in the order of the steps."""

MOST_POINTS = 4
NOTICEABLE = 0.02
FORGETTING = 0.05
FORGOTTEN = {"general": "general text is", "questions": "answers to general questions are"}


def due(steps: int, apart: int) -> set[int]:
    """The steps after which is measured."""
    points = max(1, min(MOST_POINTS, steps // apart))
    return {0, *(math.ceil(steps * k / points) for k in range(1, points + 1))}


class Watch:
    """Measures the watched sets before the first step, behind the last, and between, `apart` steps or more from each
    other and at most `MOST_POINTS` times.

    Args:
        measure: mean loss of a set.
        file: where the points are kept, so that a run that is taken up again has them all.
    """

    def __init__(
        self,
        sets: Mapping[str, Sequence[Example]],
        measure: Callable[[Sequence[Example]], float],
        steps: int,
        apart: int,
        file: Path,
    ) -> None:
        self.curves: dict[str, Curve] = {name: [] for name, examples in sets.items() if examples}
        self._sets, self._measure, self._file = sets, measure, file
        self._due = due(steps, apart)

    def begin(self, step: int) -> None:
        """Read the points up to `step`, where this call begins; measure if one is due there and missing."""
        kept = []
        if self._file.is_file():
            kept = [json.loads(line) for line in self._file.read_text(encoding="utf-8").splitlines()]
            kept = [line for line in kept if line["step"] <= step]
        self._file.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
        for line in kept:
            for name, loss in line["loss"].items():
                self.curves[name].append((line["step"], loss))
        if not any(line["step"] == step for line in kept):
            self.reached(step)

    def reached(self, step: int) -> None:
        """Measure, if a point is due at this step."""
        if step not in self._due or not self.curves:
            return
        found = {name: self._measure(self._sets[name]) for name in self.curves}
        for name, loss in found.items():
            self.curves[name].append((step, loss))
        with self._file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps({"step": step, "loss": found}) + "\n")


def in_words(training: Sequence[float], curves: Mapping[str, Curve]) -> list[str]:
    """What the losses say.

    Args:
        training: the loss of every step.
        curves: `held_back`, `general` and `questions`, where they were watched.
    """
    words = _held_back_words(training, curves.get("held_back", []))
    for name, what in FORGOTTEN.items():
        words += _general_words(what, curves.get(name, []))
    return words


def _held_back_words(training: Sequence[float], curve: Curve) -> list[str]:
    if len(curve) < 3 or not training:
        return []
    best_step, best = min(curve, key=lambda point: point[1])
    (before_step, before), (_, last) = curve[-2:]
    if last > best * (1 + NOTICEABLE):
        ends = _mean(training[:best_step], 50), _mean(training, 50)
        falls = "training wording still improves, " if ends[1] < ends[0] * (1 - NOTICEABLE) else ""
        return [f"{falls}held-back dialogues do not since step {best_step} ({best:.3f}, now {last:.3f}): overfitted"]
    if last < before * (1 - NOTICEABLE):
        fell = (before - last) / before
        return [f"held-back dialogues still improve ({fell:.0%} since step {before_step}): more dialogues may help"]
    return [f"held-back dialogues no longer improve much since step {before_step} ({last:.3f})"]


def _general_words(what: str, curve: Curve) -> list[str]:
    if len(curve) < 2:
        return []
    rise = curve[-1][1] / curve[0][1] - 1
    if rise < FORGETTING:
        return []
    return [f"{what} {rise:.0%} harder to predict than before this run: the model forgets other things"]


def _mean(losses: Sequence[float], last: int) -> float:
    part = losses[-last:] or [math.inf]
    return sum(part) / len(part)
