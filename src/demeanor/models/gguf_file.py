"""A transformers model as one GGUF file, which llama.cpp, Ollama and OpenVINO GenAI read.

The file holds the weights, the vocabulary with its merges, the stop token and the chat template, so that
whoever runs it cuts text into the same tokens and stops where training stopped. Names and layout are those
of llama.cpp's own converters: matrices in f16 or q8_0, vectors in f32, and the rows of q and k of the llama
family in the order that its rotary embedding pairs them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from demeanor.errors import ModelError

FAMILIES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2", "qwen3": "qwen3"}
"""transformers' model_type -> the architecture's name in GGUF."""

PRECISIONS = ("f16", "q8_0")

# How text is split before merging has a name in GGUF instead of a pattern. What matters is how the tokenizer *we*
# trained with splits, not what the model's makers used: a file read from GGUF may have lost a part of it.
_GPT2, _SMOLLM, _QWEN2, _LLAMA3 = "gpt-2", "smollm", "qwen2", "llama-bpe"
_SPLITS = {
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+": (
        _QWEN2
    ),
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)"
    r"|\s+": _LLAMA3,
}


def write_gguf(model: Any, tokenizer: Any, path: Path, *, precision: str, name: str, stop_id: int) -> None:
    """Write the model and its tokenizer to `path`.

    Args:
        model: a transformers model with plain (merged) weights.
        precision: of the matrices, "f16" or "q8_0".
        stop_id: the token that ends a reply.

    Raises:
        ModelError: a family, a tokenizer or numbers that the format cannot hold; nothing is written.
    """
    import gguf

    config = model.config
    architecture = FAMILIES.get(config.model_type)
    if architecture is None:
        raise ModelError("GGUF export does not know this family", found=config.model_type, allowed=sorted(FAMILIES))
    if precision not in PRECISIONS:
        raise ModelError("no such GGUF precision", found=precision, allowed=PRECISIONS)
    vocabulary = _vocabulary(tokenizer, config.vocab_size)
    writer = gguf.GGUFWriter(str(path), architecture)
    _add_shape(writer, config, name, precision)
    _add_tokenizer(writer, vocabulary, tokenizer, stop_id)
    for tensor_name, data, kind in _tensors(model, architecture, precision):
        writer.add_tensor(tensor_name, data, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: Any, config: Any, name: str, precision: str) -> None:
    import gguf

    rope = getattr(config, "rope_parameters", None) or {"rope_theta": config.rope_theta, "rope_type": "default"}
    if rope.get("rope_type", "default") != "default":
        raise ModelError("GGUF export does not know this rotary embedding", found=rope["rope_type"], allowed="default")
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    kinds = {"f16": gguf.LlamaFileType.MOSTLY_F16, "q8_0": gguf.LlamaFileType.MOSTLY_Q8_0}
    writer.add_name(name)
    writer.add_file_type(kinds[precision])
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_key_length(dim)
    writer.add_value_length(dim)
    writer.add_rope_dimension_count(dim)
    writer.add_rope_freq_base(rope["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_vocab_size(config.vocab_size)


def _vocabulary(tokenizer: Any, size: int) -> dict[str, Any]:
    """tokens, types, merges and the name of the split, from a byte-level BPE tokenizer."""
    import gguf

    raw = json.loads(tokenizer.backend_tokenizer.to_str())
    if raw["model"]["type"] != "BPE" or (raw.get("decoder") or {}).get("type") != "ByteLevel":
        raise ModelError("GGUF export knows byte-level BPE tokenizers only", found=raw["model"]["type"])
    tokens: list[str | None] = [None] * size
    types = [gguf.TokenType.NORMAL] * size
    for token, number in raw["model"]["vocab"].items():
        tokens[number] = token
    for added in raw["added_tokens"]:
        tokens[added["id"]] = added["content"]
        types[added["id"]] = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
    for number, known in enumerate(tokens):
        if known is None:  # models round the vocabulary up
            tokens[number], types[number] = f"[PAD{number}]", gguf.TokenType.UNUSED
    merges = [" ".join(m) if isinstance(m, list) else m for m in raw["model"]["merges"]]
    return {"tokens": tokens, "types": types, "merges": merges, "split": _split_name(raw.get("pre_tokenizer") or {})}


def _split_name(raw: dict[str, Any]) -> str:
    parts = raw.get("pretokenizers", [raw])
    kinds = [part.get("type") for part in parts]
    if kinds == ["ByteLevel"] and parts[0].get("use_regex", True):
        return _GPT2
    if kinds == ["Digits", "ByteLevel"] and parts[0].get("individual_digits") and parts[1].get("use_regex", True):
        return _SMOLLM
    if kinds == ["Split", "ByteLevel"] and not parts[1].get("use_regex", True):
        name = _SPLITS.get(parts[0].get("pattern", {}).get("Regex", ""))
        if name:
            return name
    raise ModelError(
        "the way this tokenizer splits text has no name in GGUF, so another engine would read other tokens",
        found=kinds,
        allowed=sorted({_GPT2, _SMOLLM, _QWEN2, _LLAMA3}),
        fix="export as safetensors instead",
    )


def _add_tokenizer(writer: Any, vocabulary: dict[str, Any], tokenizer: Any, stop_id: int) -> None:
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary["split"])
    writer.add_token_list(vocabulary["tokens"])
    writer.add_token_types(vocabulary["types"])
    writer.add_token_merges(vocabulary["merges"])
    if tokenizer.bos_token_id is not None:
        writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(stop_id)
    # The template writes whatever begins a conversation.
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)


def _tensors(model: Any, architecture: str, precision: str) -> Iterator[tuple[str, Any, Any]]:
    """Name, numbers and GGUF type of every tensor."""
    import gguf

    config = model.config
    kinds = {v: k for k, v in gguf.MODEL_ARCH_NAMES.items()}
    names = gguf.get_tensor_name_map(kinds[architecture], config.num_hidden_layers)
    wanted = {"f16": gguf.GGMLQuantizationType.F16, "q8_0": gguf.GGMLQuantizationType.Q8_0}[precision]
    heads = {"q_proj": config.num_attention_heads, "k_proj": config.num_key_value_heads}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        target = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if target is None:
            raise ModelError("GGUF has no name for this tensor", found=name, allowed=f"{architecture} models")
        data = tensor.detach().to(torch.float32).cpu().numpy()
        projection = name.split(".")[-2]
        if architecture == "llama" and projection in heads:
            data = _paired(data, heads[projection])
        yield (target, *_packed(name, data, wanted if data.ndim > 1 else gguf.GGMLQuantizationType.F32))


def _paired(data: Any, heads: int) -> Any:
    """Rows of q or k: transformers rotates the first half of a head against the second, GGUF's llama neighbours."""
    half = data.shape[0] // heads // 2
    return data.reshape(heads, 2, half, *data.shape[1:]).swapaxes(1, 2).reshape(data.shape)


def _packed(name: str, data: Any, kind: Any) -> tuple[Any, Any]:
    import gguf

    if kind == gguf.GGMLQuantizationType.Q8_0 and data.shape[-1] % 32:
        kind = gguf.GGMLQuantizationType.F16  # rows that do not fill q8_0's blocks of 32, as llama.cpp does it
    if kind == gguf.GGMLQuantizationType.F16 and np.abs(data).max(initial=0.0) > np.finfo(np.float16).max:
        raise ModelError("a weight is too large for f16", found=name, fix="export as safetensors instead")
    return np.ascontiguousarray(gguf.quants.quantize(data, kind)), kind
