"""Weights and adapters from disk into transformers, and by which hashes both are known.

Training and the engine read through here, so both see the same weights, stop ids and tokenizer.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

from demeanor.errors import FingerprintError, ModelError
from demeanor.models.chat_template import Marks, adopt, steady, stop_of, template_of
from demeanor.models.weights import Weights, adapter_sha256


def read_model(weights: Weights) -> tuple[Any, Any]:
    """The transformers model in fp32 on the CPU, and its tokenizer. Raises ModelError when they cannot be
    read."""
    import transformers

    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(weights.path, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"transformers cannot read these weights: {error}", file=weights.path) from error
    tokenizer, marks = read_marks(weights)
    make_rows(model, marks)
    return model, tokenizer


def read_tokenizer(weights: Weights) -> Any:
    """The tokenizer alone, with its chat template. Raises ModelError when it cannot be read."""
    return read_marks(weights)[0]


def read_marks(weights: Weights) -> tuple[Any, Marks]:
    """The tokenizer, and the tokens that a chosen template leans on; none with the model's own.

    Raises:
        ModelError: it cannot be read.
        ConfigError: the chosen template cannot.
    """
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(weights.path)
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"transformers cannot read this tokenizer: {error}", file=weights.path) from error
    if weights.template:
        return tokenizer, adopt(tokenizer, weights.template)
    if own := template_of(tokenizer):
        tokenizer.chat_template = steady(own)
    return tokenizer, Marks()


@torch.no_grad()
def make_rows(model: Any, marks: Marks) -> None:
    """Rows for added tokens: each begins as the mean of the rows of the pieces that its text was before."""
    if not marks.added:
        return
    if max(marks.added) >= model.get_input_embeddings().weight.shape[0]:
        model.resize_token_embeddings(max(marks.added) + 1, mean_resizing=False)
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        for number, pieces in marks.added.items():
            layer.weight[number] = layer.weight[list(pieces)].mean(0)


def merge_adapter(model: Any, adapter: Path, weights: Weights) -> tuple[Any, str]:
    """The fp32 model with the adapter merged in, and the adapter's sha256.

    Raises:
        ModelError: the folder holds no adapter, or it does not fit the model.
        FingerprintError: `adapter_base.json` names other weights.
    """
    import peft

    if not (adapter / "adapter_model.safetensors").is_file():
        raise ModelError("no adapter here: adapter_model.safetensors is missing", file=adapter)
    check_adapter_base(adapter, weights)
    try:
        merged = peft.PeftModel.from_pretrained(model, str(adapter)).merge_and_unload()
    except (ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"the adapter does not fit the model: {error}", file=adapter) from error
    return merged, adapter_sha256(adapter)


def check_adapter_base(adapter: Path, weights: Weights) -> None:
    """Raises FingerprintError when the adapter says that it was trained on other weights than these."""
    facts = adapter / "adapter_base.json"
    if not facts.is_file():
        return
    trained_on = json.loads(facts.read_text(encoding="utf-8"))
    if trained_on["weights"] != weights.sha256:
        raise FingerprintError(
            f"the adapter was trained on {trained_on['name']}, other weights than {weights.name}",
            file=adapter,
            found=weights.sha256,
            allowed=trained_on["weights"],
            fix="load it on the weights it was trained on, or train again",
        )


def find_stop_ids(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Ids that end a reply: what the model's configuration says, the tokenizer's, and the template's end
    of turn."""
    configured = model.generation_config.eos_token_id
    ids = set(configured if isinstance(configured, list) else [configured])
    ids.add(tokenizer.eos_token_id)
    if template_of(tokenizer):
        ids.add(tokenizer.convert_tokens_to_ids(stop_of(tokenizer)))
    return tuple(sorted(i for i in ids if i is not None))


def tokenizer_sha256(tokenizer: Any) -> str:
    """Identity of a fast tokenizer: its whole serialised pipeline."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    text = backend.to_str() if backend is not None else json.dumps(tokenizer.get_vocab(), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def tokenizer_identity(tokenizer: Any) -> dict[str, str]:
    """What identifies the way from text to token ids."""
    template = hashlib.sha256((tokenizer.chat_template or "").encode()).hexdigest()
    return {"tokenizer": tokenizer_sha256(tokenizer), "template": template}


def fingerprint_of(
    weights: Weights, tokenizer: Any, stop_ids: tuple[int, ...], adapter_sha: str, engine: str
) -> dict[str, str]:
    """What identifies a loaded model, whichever engine runs it; see `Model.fingerprint`."""
    return {
        "weights": weights.sha256,
        **tokenizer_identity(tokenizer),
        "stop_ids": ",".join(map(str, stop_ids)),
        "adapter": adapter_sha,
        "engine": engine,
    }
