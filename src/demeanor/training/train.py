"""One training run: examples in, a LoRA adapter out; transformers' Trainer for everything around the step.

Trainer brings checkpoints, resuming, schedules, clipping and trackers; ours is what happens within a step
(`objective.py`). Its dataset is the list of planned steps in order, so resuming continues with the very
next step, and its `training_step` is the place, because one optimiser step here is many backward passes.

Base weights stay frozen and adapter weights are fp32 (`lora.py`). The adapter is written beside and renamed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import transformers

from demeanor.errors import RunError
from demeanor.models.weights import Weights, adapter_sha256
from demeanor.training import parallel
from demeanor.training.batching import Batch, check_examples, plan
from demeanor.training.choose import Check, Chooser
from demeanor.training.config import Estimate, Example, Progress, TrainConfig, TrainResult
from demeanor.training.estimate import estimate
from demeanor.training.lora import count_parameters, prepare_model
from demeanor.training.objective import Objective
from demeanor.training.watch import Watch, due, in_words


@parallel.together()
def fit(
    examples: Sequence[Example],
    watched: Mapping[str, Sequence[Example]],
    config: TrainConfig,
    weights: Weights,
    out: Path,
    *,
    general: Sequence[Example] = (),
    start_from: Path | None = None,
    resume: bool = False,
    check: Check | None = None,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_estimate: Callable[[Estimate], None] = lambda estimate: None,
) -> TrainResult:
    """Train a LoRA adapter into `out/adapter`; losses go to `out/log.jsonl`, those of the `watched` sets to
    `out/watched.jsonl`, checkpoints to `out/checkpoints`.

    `general`: text that is rehearsed beside the dialogues, with the weight `config.rehearsal`.
    `start_from` continues from an adapter folder (its rank and alpha stay). `resume` takes up the newest
    checkpoint in `out`, if there is one, and gives what the uninterrupted run would have given. With `check` and
    `config.checks` the adapter that behaved best is kept, and a run that no longer gets better is stopped.
    KeyboardInterrupt passes through and leaves the last checkpoint.

    Several processes (`torchrun`, `accelerate launch`) train one adapter together, see `parallel.py`; the first of them
    writes and reports.

    Raises:
        DialogueError: an example that would train wrongly; nothing has been computed yet.
        RunError: resuming with other examples or settings.
        FingerprintError: `start_from` was trained on other weights.
    """
    check_examples(examples, stop_ids=config.stop_ids, max_length=config.max_length)
    if watched.get("held_back"):
        check_examples(watched["held_back"], stop_ids=config.stop_ids, max_length=config.max_length)
    identity = _identity([*examples, *general], config, weights, start_from)
    checkpoint = parallel.agree(_checkpoint_to_resume(out, identity, resume) if parallel.is_first() else None)
    transformers.set_seed(config.seed)
    model = prepare_model(weights, config, start_from)
    trained_parameters, parameters = count_parameters(model)
    objective = Objective(
        model,
        precision=config.precision,
        token_budget=config.token_budget,
        share=config.share_prefix and config.dropout == 0,
    )
    planned = plan(examples, general, config)
    steps = len(planned)
    first = _step_of(checkpoint)
    measured = [part for step in due(steps, config.watch_apart) if step >= first for part in watched.values() if part]
    objective.size_passes(max(examples, key=lambda e: len(e.ids)))
    ahead = estimate(model.train(), objective, planned[first:], measured, processes=parallel.size())
    if not parallel.is_first():
        watched, check, on_progress = {}, None, lambda progress: None
    else:
        on_estimate(ahead)

    def measure(part: Sequence[Example]) -> float:
        model.eval()
        return objective.evaluate(part)

    watch = Watch(watched, measure, steps, config.watch_apart, out / "watched.jsonl")
    chooser = Chooser(
        check,
        lambda folder: save_adapter(model, folder, weights, config),
        steps,
        config.checks,
        config.patience,
        out / "checks",
    )
    run = _Run(planned, objective, config.rehearsal, out / "log.jsonl", watch, chooser, on_progress)
    trainer = _trainer(run, model, config, out)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    adapter = out / "adapter"
    if parallel.is_first() and chooser.keep(adapter) is None:
        save_adapter(model, adapter, weights, config)
    parallel.meet()
    last = len(run.losses)
    return TrainResult(
        adapter=adapter,
        adapter_sha256=adapter_sha256(adapter),
        steps=last,
        final_loss=run.loss,
        watched=watch.curves,
        words=[*in_words(run.losses, watch.curves), *chooser.in_words(last)],
        checks=chooser.scores,
        chosen=chooser.best[0] if chooser.best else last,
        trained_tokens=sum(sum(e.trained) for e in examples),
        trained_parameters=trained_parameters,
        parameters=parameters,
        computed=_computed(objective, planned),
        seconds=run.seconds,
        dialogues_per_second=run.dialogues / run.seconds if run.seconds else 0.0,
        resumed_from=run.first,
        estimated_seconds=ahead.seconds,
    )


def _computed(objective: Objective, steps: Sequence[Batch]) -> float:
    """The share of the dialogues' tokens that the steps' trees leave to be computed."""
    computed = sum(len(s) for step in steps for root in objective.tree(step.dialogues) for s in root.walk())
    return computed / sum(len(e.ids) for step in steps for e in step.dialogues)


def save_adapter(model: Any, folder: Path, weights: Weights, config: TrainConfig) -> Path:
    """Write the adapter beside `folder` and rename it into place, with `adapter_base.json`: what it was
    trained on."""
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for lora in model.peft_config.values():
            lora.base_model_name_or_path = weights.name
        model.save_pretrained(beside, save_embedding_layers=False)
        (beside / "README.md").unlink(missing_ok=True)
        facts = {"name": weights.name, "weights": weights.sha256, "stop_ids": list(config.stop_ids)}
        (beside / "adapter_base.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _identity(examples: Sequence[Example], config: TrainConfig, weights: Weights, start_from: Path | None) -> str:
    """Identity of a run's trajectory: data, settings, weights and the adapter it starts from."""
    digest = hashlib.sha256(json.dumps(asdict(config), sort_keys=True).encode())
    for example in examples:
        digest.update(repr((example.id, example.ids, example.trained)).encode())
    digest.update((weights.sha256 + weights.template).encode())
    digest.update((adapter_sha256(start_from) if start_from else "").encode())
    return digest.hexdigest()


def _checkpoint_to_resume(out: Path, plan: str, resume: bool) -> Path | None:
    """The newest whole checkpoint, or None to begin; a fresh run removes what an earlier one left."""
    out.mkdir(parents=True, exist_ok=True)
    marker = out / "plan.sha256"
    folder = out / "checkpoints"
    if not resume:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(out / "checks", ignore_errors=True)
        for name in ("log.jsonl", "watched.jsonl"):
            (out / name).unlink(missing_ok=True)
        marker.write_text(plan + "\n", encoding="utf-8")
        return None
    if marker.is_file() and marker.read_text(encoding="utf-8").strip() != plan:
        raise RunError(
            "cannot resume: the dialogues, settings or weights have changed", file=out, fix="start a new run"
        )
    marker.write_text(plan + "\n", encoding="utf-8")
    # Trainer writes its state last, so a folder with it is whole.
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=_step_of, default=None)


def _step_of(checkpoint: Path | None) -> int:
    return int(checkpoint.name.rsplit("-", 1)[1]) if checkpoint else 0


class _Steps(torch.utils.data.Dataset[dict[str, Batch]]):
    """The planned steps as Trainer's dataset: one item is one optimiser step. Trainer looks for keys in an item."""

    def __init__(self, steps: list[Batch]) -> None:
        self._steps = steps

    def __len__(self) -> int:
        return len(self._steps)

    def __getitem__(self, index: int) -> dict[str, Batch]:
        return {"step": self._steps[index]}


class _Run(transformers.TrainerCallback):
    """Counts, logs and reports; holds what the trainer's step needs."""

    def __init__(
        self,
        steps: list[Batch],
        objective: Objective,
        rehearsal: float,
        log: Path,
        watch: Watch,
        chooser: Chooser,
        on_progress: Callable[[Progress], None],
    ) -> None:
        self.steps, self.objective, self.rehearsal, self.log = steps, objective, rehearsal, log
        self.watch, self.chooser, self.on_progress = watch, chooser, on_progress
        self.losses: list[float] = []
        self.drift = 0.0
        self.loss, self.seconds, self.dialogues, self.tokens, self.first = 0.0, 0.0, 0, 0, 0
        self._began = time.monotonic()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Note where this call begins, and drop log lines of steps that will be done again."""
        self.first = state.global_step
        self._began = time.monotonic()
        if not parallel.is_first():
            return
        if self.log.is_file():
            lines = [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]
            kept = [line for line in lines if line["step"] <= self.first]
            self.log.write_text("".join(json.dumps(line) + "\n" for line in kept), encoding="utf-8")
            self.losses = [line["loss"] for line in kept]
            self.loss = self.losses[-1] if kept else 0.0
        self.watch.begin(self.first)
        self.chooser.begin(self.first)
        self._began = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """One line to the log, one report to the caller."""
        done = self.steps[state.global_step - 1].dialogues
        self.dialogues += len(done)
        self.tokens += sum(len(e.ids) for e in done)
        self.seconds = time.monotonic() - self._began
        left = sum(len(s.dialogues) for s in self.steps[state.global_step :]) * self.seconds / self.dialogues
        rate = kwargs["lr_scheduler"].get_last_lr()[0]
        progress = Progress(
            state.global_step,
            len(self.steps),
            self.loss,
            rate,
            self.tokens / self.seconds,
            self.dialogues / self.seconds,
            left,
            sum(sum(e.trained) for e in done),
            self.drift,
        )
        self.losses.append(self.loss)
        if parallel.is_first():
            with self.log.open("a", encoding="utf-8") as log:
                log.write(json.dumps(asdict(progress)) + "\n")
            self.watch.reached(state.global_step)
            self.on_progress(progress)
        if parallel.agree(self.chooser.reached(state.global_step)):
            control.should_training_stop = True


class _StepTrainer(transformers.Trainer):
    """Trainer whose batch is a whole optimiser step."""

    run: _Run

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> torch.Tensor:
        """Gradients of one planned step; the step's mean loss."""
        model.train()
        objective, backward = self.run.objective, self.accelerator.backward
        step: Batch = inputs["step"]
        loss = objective.step(step.dialogues, backward, parallel.part_of(step.dialogues))
        tokens = sum(sum(e.trained) for e in step.general)
        drift = objective.rehearse(parallel.part_of(step.general), self.run.rehearsal, backward, of=tokens)
        self.run.loss, self.run.drift = parallel.add_up(model.parameters(), loss, drift)
        return torch.tensor(self.run.loss, device=self.args.device)

    def get_train_dataloader(self) -> Any:
        """The steps in order; every process gets each of them, and computes its part."""
        return torch.utils.data.DataLoader(_Steps(self.run.steps), batch_size=1, collate_fn=lambda items: items[0])


def _trainer(run: _Run, model: Any, config: TrainConfig, out: Path) -> _StepTrainer:
    steps = len(run.steps)
    arguments = transformers.TrainingArguments(
        output_dir=str(out / "checkpoints"),
        per_device_train_batch_size=1,
        max_steps=steps,
        learning_rate=config.learning_rate,
        lr_scheduler_type=config.schedule,
        warmup_steps=round(steps * config.warmup),
        weight_decay=config.weight_decay,
        max_grad_norm=config.max_grad_norm,
        save_strategy="steps",
        save_steps=config.checkpoint_every,
        save_total_limit=2,
        logging_strategy="steps" if config.report_to else "no",
        logging_steps=1,
        report_to=list(config.report_to) or "none",
        use_cpu=not str(model.device).startswith("cuda"),
        seed=config.seed,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        disable_tqdm=True,
    )
    trainer = _StepTrainer(
        model=model,
        args=arguments,
        train_dataset=_Steps(run.steps),
        data_collator=lambda items: items[0],
        callbacks=[run],
    )
    trainer.run = run
    with contextlib.suppress(ValueError):
        trainer.remove_callback(transformers.PrinterCallback)
    return trainer
