"""What training is told and what it tells: examples, settings, progress, result. Plain data, no torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from demeanor.errors import ConfigError


@dataclass(frozen=True)
class Example:
    """One rendered dialogue. `trained[t]`: token t is a target. Both have the same length.

    `origin` is the file and line the dialogue was read from, for errors.
    """

    id: str
    ids: tuple[int, ...]
    trained: tuple[bool, ...]
    origin: tuple[str, int] | None = field(default=None, compare=False, repr=False)


SCHEDULES = ("cosine", "linear", "constant", "constant_with_warmup", "polynomial", "inverse_sqrt")


@dataclass(frozen=True)
class TrainConfig:
    """Settings of one training run. `stop_ids` are the model's: every trained reply has to end with one of
    them.

    An optimiser step holds dialogues with `batch_tokens` trained tokens or a little more; they are computed
    about `token_budget` tokens at a time, which changes speed and memory only (None: 2048 on a CPU, on a GPU what its
    memory holds). `load_in_4bit`: the frozen base in nf4 (QLoRA). `steps` overrides `epochs`. `rehearsal`: the weight
    of general text beside the dialogues, on which the model is held to what it said before (see `objective.py`), 0 for
    none. `checks`: how often the adapter is tried while the run goes on (see `choose.py`), 0 for never.
    """

    stop_ids: tuple[int, ...]
    epochs: float = 1.0
    steps: int | None = None
    batch_tokens: int = 800
    learning_rate: float = 2e-3
    warmup: float = 0.05
    schedule: str = "cosine"
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all-linear"
    rslora: bool = False
    dora: bool = False
    load_in_4bit: bool = False
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    max_length: int = 4096
    token_budget: int | None = None
    share_prefix: bool = True
    precision: Literal["bf16", "fp32"] = "bf16"
    device: str | None = None
    checkpoint_every: int = 50
    watch_apart: int = 50
    rehearsal: float = 0.0
    checks: int = 0
    patience: int = 2
    seed: int = 0
    report_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        sizes = ("epochs", "batch_tokens", "learning_rate", "rank", "alpha", "max_length", "token_budget")
        for name in (*sizes, "checkpoint_every", "watch_apart"):
            if getattr(self, name) is not None and getattr(self, name) <= 0:
                raise ConfigError("must be above 0", field=name, found=getattr(self, name))
        if self.rehearsal < 0:
            raise ConfigError("must not be below 0", field="rehearsal", found=self.rehearsal)
        if self.checks < 0 or self.patience < 1:
            raise ConfigError("checks from 0, patience from 1", field="checks", found=(self.checks, self.patience))
        if self.steps is not None and self.steps < 1:
            raise ConfigError("must be at least 1, or absent", field="steps", found=self.steps)
        for name in ("warmup", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError("must be in [0, 1)", field=name, found=getattr(self, name))
        if self.schedule not in SCHEDULES:
            raise ConfigError("no such schedule", field="schedule", found=self.schedule, allowed=SCHEDULES)
        if self.load_in_4bit and self.precision != "bf16":
            raise ConfigError(
                "weights of 4 bits compute in bf16", field="precision", found=self.precision, allowed=["bf16"]
            )
        if not self.stop_ids:
            raise ConfigError("training needs the model's stop ids", field="stop_ids", found=self.stop_ids)


@dataclass(frozen=True)
class Estimate:
    """What a run is going to take: seconds for all its steps, bytes at its peak (of the GPU, where there is one).

    `rate`: floating-point operations a second in the steps that were tried.
    """

    seconds: float
    peak_bytes: int
    rate: float


@dataclass(frozen=True)
class Progress:
    """State after optimiser step `step` of `steps`. `loss` is the mean over the step's `trained_tokens`, in
    nats; `drift` how far the model is from the untuned one on the general text of the step, in nats a token.

    `tokens_per_second` counts each dialogue's own length, shared beginnings included, since this call began.
    """

    step: int
    steps: int
    loss: float
    learning_rate: float
    tokens_per_second: float
    dialogues_per_second: float
    seconds_left: float
    trained_tokens: int = 0
    drift: float = 0.0


@dataclass(frozen=True)
class TrainResult:
    """What a run left behind. Losses are means over trained tokens in nats.

    `watched`: (step, loss) points of each watched set, before the first step and after the last among them.
    `words`: what they say. `checks`: (step, score) of the tries; `chosen`: the step whose adapter was kept.
    `computed`: the share of the dialogues' tokens that was computed, the rest being shared.
    `seconds` and the rates are those of this call: a resumed run counts from where it was taken up.
    """

    adapter: Path
    adapter_sha256: str
    steps: int
    final_loss: float
    watched: dict[str, list[tuple[int, float]]]
    words: list[str]
    checks: list[tuple[int, float]]
    chosen: int
    trained_tokens: int
    trained_parameters: int
    parameters: int
    computed: float
    seconds: float
    dialogues_per_second: float
    resumed_from: int
    estimated_seconds: float
