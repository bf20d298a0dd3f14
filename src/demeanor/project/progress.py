"""Long work shows itself: a bar with time left on a terminal, a line now and then in a log."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

EVERY_SECONDS = 15.0


class _Lines:
    """Progress for logs: one line every few seconds, and the last."""

    def __init__(self, title: str) -> None:
        self.title = title
        self.started = time.monotonic()
        self.shown = 0.0
        self._begun = (0, 0, self.started)  # what there is to do; what was done, and when, as that was first told

    def on_progress(self, done: int, of: int, words: str) -> None:
        now = time.monotonic()
        if of != self._begun[0]:  # other work, or work that is taken up again in the middle
            self._begun = (of, done, now if done else self.started)
        if done < of and now - self.shown < EVERY_SECONDS:
            return
        self.shown = now
        spent = now - self.started
        _, before, since = self._begun
        left = (now - since) / (done - before) * (of - done) if done > before else None
        rest = f", {_clock(left)} left" if left is not None and done < of else ""
        print(f"{self.title}: {done} of {of}, {words} ({_clock(spent)}{rest})", file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def quiet_libraries() -> None:
    """Keep libraries from telling users about their own kernels and deprecations, on which users can do nothing.

    bitsandbytes warns at import when a kernel for CPUs that it could download is missing; peft still asks transformers
    by an old name whether gradients are checkpointed.
    """
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing.*", category=FutureWarning)


def progress(title: str) -> tuple[contextlib.AbstractContextManager[Any], Callable[[int, int, str], None]]:
    """A context to work in, and what to tell about the work: (done, all, words)."""
    if not sys.stderr.isatty():
        return contextlib.nullcontext(), _Lines(title).on_progress
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[words]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True))
    task = bar.add_task(title, total=None, words="")

    def on_progress(done: int, of: int, words: str) -> None:
        bar.update(task, completed=done, total=of, words=words)

    return bar, on_progress
