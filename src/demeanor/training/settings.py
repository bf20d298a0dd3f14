"""How to train, as a user may say it: a YAML file with the names that people know from other tools, or flags.

`train.yaml` beside agent.yaml is read where it is; `--config` names another file. A key of Axolotl, LLaMA-Factory or
TRL that means the same is taken as ours; one that means something which is decided otherwise here is refused with
the reason, and never silently ignored.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import create_model

from demeanor.errors import ConfigError, as_one, faults_of
from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, read_model

FILE = "train.yaml"

ALIASES: dict[str, str] = {
    "lr": "learning_rate",
    "num_epochs": "epochs",
    "num_train_epochs": "epochs",
    "max_steps": "steps",
    "r": "rank",
    "lora_r": "rank",
    "lora_rank": "rank",
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    "target_modules": "targets",
    "lora_target_modules": "targets",
    "lora_target": "targets",
    "use_rslora": "rslora",
    "peft_use_rslora": "rslora",
    "use_dora": "dora",
    "peft_use_dora": "dora",
    "sequence_len": "max_length",
    "cutoff_len": "max_length",
    "max_seq_length": "max_length",
    "warmup_ratio": "warmup",
    "lr_scheduler": "schedule",
    "lr_scheduler_type": "schedule",
    "save_steps": "checkpoint_every",
    "early_stopping_patience": "patience",
}
_STEP = "a step here is filled up to batch_tokens trained tokens, so that every token weighs the same"
ELSEWHERE: dict[str, str] = {
    **dict.fromkeys(
        ("per_device_train_batch_size", "micro_batch_size", "batch_size", "batch", "gradient_accumulation_steps"), _STEP
    ),
    **dict.fromkeys(("packing", "sample_packing", "group_by_length"), "dialogues are packed without padding, always"),
    **dict.fromkeys(("base_model", "model_name_or_path"), "base_model stands in agent.yaml"),
    **dict.fromkeys(("chat_template", "template"), "chat_template stands in agent.yaml, beside base_model"),
    **dict.fromkeys(("dataset", "datasets", "dataset_name"), "what is trained on are the files in dialogues/"),
    **dict.fromkeys(
        ("train_on_inputs", "train_on_prompt", "assistant_only_loss"), "only replies of weight 1 are trained"
    ),
    **dict.fromkeys(
        ("load_in_8bit", "quantization_bit", "quantization"), "say load_in_4bit: true; nf4 is what there is"
    ),
    **dict.fromkeys(("bf16", "fp16", "tf32"), "say precision: bf16 or fp32"),
}


@dataclass(frozen=True)
class Settings:
    """What a user may say about training; None takes the default of a first or a later round.

    `limit`: only so many dialogues, spread evenly. `replay`: earlier dialogues for each correction, in a later round.
    `alpha` None is twice the rank. `targets`: names of linear layers, or "all-linear". `rslora` scales by the root of
    the rank, `dora` learns directions and lengths apart, `load_in_4bit` keeps the base in nf4. `checks`:
    so often `check_scenarios` of the selection pool are played while training goes on; the adapter that did best is
    kept, and after `patience` checks without a better one training ends. `rehearsal`: the weight of general text that
    keeps the model from forgetting, 0 for none. The rest is that of
    `training.config.TrainConfig`.
    """

    limit: int | None = None
    replay: float = 6.0
    epochs: float | None = None
    steps: int | None = None
    learning_rate: float | None = None
    rank: int = 16
    alpha: int | None = None
    dropout: float = 0.0
    targets: str | tuple[str, ...] = "all-linear"
    rslora: bool = False
    dora: bool = False
    load_in_4bit: bool = False
    batch_tokens: int | None = None
    max_length: int = 4096
    warmup: float = 0.05
    schedule: str = "cosine"
    weight_decay: float = 0.0
    max_grad_norm: float = 1.0
    rehearsal: float = 1.0
    checks: int = 0
    check_scenarios: int = 16
    patience: int = 2
    checkpoint_every: int = 50  # optimiser steps: some three minutes on two cores, and a few megabytes
    seed: int = 0
    precision: str = "bf16"
    report_to: tuple[str, ...] = ()

    def merged(self, said: dict[str, Any]) -> Settings:
        """These settings with what was said on the command line; None there says nothing."""
        return replace(self, **{k: v for k, v in said.items() if v is not None and v != ()})

    def differing(self) -> dict[str, Any]:
        """What is not the default."""
        plain = asdict(Settings())
        return {k: v for k, v in asdict(self).items() if v != plain[k]}


KNOWN = frozenset(field.name for field in fields(Settings))
_HINTS = get_type_hints(Settings)
_SettingsFile = create_model(  # type: ignore[call-overload]
    "_SettingsFile",
    __base__=FileModel,
    **{field.name: (_HINTS[field.name], field.default) for field in fields(Settings)},
)


def read_settings(path: Path) -> Settings:
    """Settings from a YAML file.

    Raises:
        ConfigError: all that is wrong: not a mapping, unknown keys, one said twice under two names, values of the wrong
            kind; each with its line.
    """
    raw, lines = read_yaml(path)
    reader = YamlReader(path, lines)
    said: dict[str, Any] = {}
    names: dict[str, str] = {}
    faults: list[ConfigError] = []
    for key, value in (reader.mapping(raw, ()) if raw is not None else {}).items():
        name = ALIASES.get(key, key)
        if name not in KNOWN:
            faults.append(_unknown(reader, key))
        elif name in said:
            text = f"said twice, as {names[name]!r} and {key!r}"
            faults.append(reader.error(text, (key,), fix="keep one of the two"))
        else:
            said[name], names[name] = _listed(name, value), key
            lines.setdefault((name,), lines[(key,)])
    try:
        read = read_model(_SettingsFile, said, path, lines)
    except ConfigError as error:
        raise as_one([*faults, *faults_of(error)]) from None
    if faults:
        raise as_one(faults)
    return Settings(**dict(read))


def _unknown(reader: YamlReader, key: str) -> ConfigError:
    if key in ELSEWHERE:
        return reader.error(f"{key!r} is not said here: {ELSEWHERE[key]}", (key,), fix="take it out")
    return reader.error("no such setting", (key,), found=key, allowed=sorted(KNOWN))


def _listed(name: str, value: Any) -> Any:
    """One name may stand without its list."""
    if name == "targets" and value in ("all-linear", "all"):
        return "all-linear"
    if name in ("targets", "report_to"):
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
    return value
