"""Which state of a run is kept: the one that behaves best, tried now and then while the run goes on.

The loss says how well words are predicted, not how the agent behaves; so the adapter itself is tried, by whatever
`check` does with it (a few conversations of the selection pool). Of equal scores the later one is kept. A run whose
best check lies `patience` checks back is stopped.
"""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Check = Callable[[Path], float]
"""The folder of an adapter -> its score; higher is better."""


class Chooser:
    """Checks the adapter at `count` steps, evenly spread, the last step among them.

    Args:
        save: writes the adapter as it is now into a folder.
        folder: where the best adapter so far lies, and the scores, so that a run that is taken up again has them.
    """

    def __init__(
        self, check: Check | None, save: Callable[[Path], Any], steps: int, count: int, patience: int, folder: Path
    ) -> None:
        self._check, self._save, self._patience, self._folder = check, save, patience, folder
        self._due = {math.ceil(steps * k / count) for k in range(1, count + 1)} if check and count else set()
        self.scores: list[tuple[int, float]] = []

    @property
    def best(self) -> tuple[int, float] | None:
        """(step, score) of what is kept."""
        return max(self.scores, key=lambda point: (point[1], point[0]), default=None)

    def begin(self, step: int) -> None:
        """Read what was found up to `step`, where this call begins; later checks will be made again.

        A best adapter that is gone, or that was found later, cannot be kept: the checks begin anew.
        """
        file = self._folder / "scores.jsonl"
        lines = [json.loads(x) for x in file.read_text(encoding="utf-8").splitlines()] if file.is_file() else []
        self.scores = [(line["step"], line["score"]) for line in lines if line["step"] <= step]
        if self.best is None or not self._place(self.best[0]).is_dir():
            shutil.rmtree(self._folder, ignore_errors=True)
            self.scores = []
        elif len(self.scores) < len(lines):
            self._write()

    def reached(self, step: int) -> bool:
        """Check, if one is due at this step; True when the run should stop."""
        if step not in self._due or self._check is None or any(s == step for s, _ in self.scores):
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        place = self._place(step)
        self._save(place)
        self.scores.append((step, self._check(place)))
        self._write()
        assert self.best is not None
        for other in self._folder.glob("step-*"):
            if other != self._place(self.best[0]):
                shutil.rmtree(other)
        since = sum(s > self.best[0] for s, _ in self.scores)
        return since >= self._patience

    def keep(self, adapter: Path) -> Path | None:
        """Put the best adapter in its place; None when nothing was checked."""
        if self.best is None:
            return None
        shutil.rmtree(adapter, ignore_errors=True)
        self._place(self.best[0]).rename(adapter)
        return adapter

    def in_words(self, steps: int) -> list[str]:
        """What was kept, and why, of a run that made `steps` steps."""
        if self.best is None:
            return []
        step, score = self.best
        why = (
            f"the best of {len(self.scores)} checks ({score:.2f})" if len(self.scores) > 1 else f"checked: {score:.2f}"
        )
        return [f"kept: the adapter of step {step} of {steps}, {why}"]

    def _place(self, step: int) -> Path:
        return self._folder / f"step-{step}"

    def _write(self) -> None:
        lines = (json.dumps({"step": step, "score": score}) + "\n" for step, score in self.scores)
        (self._folder / "scores.jsonl").write_text("".join(lines), encoding="utf-8")
