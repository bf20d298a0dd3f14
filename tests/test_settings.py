"""Settings from YAML: names of other tools mean what they mean there, or are refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from demeanor.errors import ConfigError
from demeanor.training.settings import ALIASES, ELSEWHERE, Settings, read_settings


def read(folder: Path, text: str) -> Settings:
    (folder / "train.yaml").write_text(text, encoding="utf-8")
    return read_settings(folder / "train.yaml")


def refused(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return str(caught.value)


def test_names_of_other_tools_are_ours(tmp_path: Path) -> None:
    axolotl = "lora_r: 8\nlora_alpha: 16\nlora_target_modules: [q_proj, v_proj]\nnum_epochs: 2\npeft_use_rslora: true\n"
    factory = "lora_rank: 8\nlora_alpha: 16\nlora_target: [q_proj, v_proj]\nnum_train_epochs: 2.0\nuse_rslora: true\n"
    ours = Settings(rank=8, alpha=16, targets=("q_proj", "v_proj"), epochs=2.0, rslora=True)
    assert read(tmp_path, axolotl) == read(tmp_path, factory) == ours
    assert ours.differing() == {"rank": 8, "alpha": 16, "targets": ("q_proj", "v_proj"), "epochs": 2.0, "rslora": True}


def test_every_alias_means_a_setting() -> None:
    known = set(Settings.__dataclass_fields__)
    assert set(ALIASES.values()) <= known
    assert not set(ALIASES) & known
    assert not set(ELSEWHERE) & (known | set(ALIASES))


def test_numbers_as_people_write_them(tmp_path: Path) -> None:
    assert read(tmp_path, "learning_rate: 1e-3\nlora_target: all\nreport_to: wandb\n") == Settings(
        learning_rate=1e-3, targets="all-linear", report_to=("wandb",)
    )
    assert read(tmp_path, "") == Settings()


def test_flags_stand_over_the_file(tmp_path: Path) -> None:
    said = {"learning_rate": 2e-3, "rank": None, "report_to": (), "rslora": None}
    assert read(tmp_path, "lr: 1e-3\nr: 4\n").merged(said) == Settings(learning_rate=2e-3, rank=4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rnak: 8\n", "no such setting"),
        ("per_device_train_batch_size: 4\n", "batch_tokens trained tokens"),
        ("sample_packing: true\n", "packed without padding"),
        ("rank: 8\nlora_r: 16\n", "said twice, as 'rank' and 'lora_r'"),
        ("rank: eight\n", "expected a whole number"),
        ("rank: 8.5\n", "expected a whole number"),
        ("dora: yes\n", "write true"),
        ("- rank\n", "expected a mapping"),
        ("rank: [\n", "not YAML"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, words: str) -> None:
    message = refused(tmp_path, text)
    assert words in message
    assert "train.yaml" in message


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    message = refused(tmp_path, "rnak: 8\nlora_alpha: big\npacking: true\nseed: 1\n")
    assert [line.split(":")[1] for line in message.splitlines() if "train.yaml" in line] == ["1", "3", "2"]


def test_a_slip_of_the_pen_gets_a_suggestion(tmp_path: Path) -> None:
    assert "rank" in refused(tmp_path, "rnak: 8\n").splitlines()[-1]
