"""Where learning starts: MiniLM (Apache-2.0), from its wheel on the package index, with a vocabulary for chats.

Its vocabulary has scripts that this reader does not read, and no pictures: "yes👍" is one unknown word to it. Rows of
the first are left out, and common pictures get rows of their own, which begin as the mean of the words of their names.
"""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import torch
from torch import nn

from demeanor.project.packages import cache_folder, minilm_folder
from demeanor.reading.learn.network import Network

# Faces, hands, people, hearts, signs; first and last.
PICTURES = ((0x1F600, 0x1F64F), (0x1F440, 0x1F4AF), (0x1F90C, 0x1F92F), (0x1F970, 0x1F97A), (0x2600, 0x2764))
FURTHER = "🎉🎊🎁🎂🔥🚀🚗🚲🏠🏥🍕🍺☕⭐💪📦📞📅⏰🔑🛏🏖🤝🫶🫡"
APART = r"[\u2600-\u27bf\x{1f000}-\x{1faff}]"  # what stands by itself, also where it touches a word
POOLER = "pooler"  # of the encoder, which nobody asks
MUTE = "\ufe0f\u200d\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"  # joiners and skin tones say nothing


def read_encoder() -> tuple[Any, Path]:
    """The encoder as transformers has it, and the file of its tokenizer."""
    from transformers import AutoModel

    folder = minilm_folder()
    # Without dropout a step takes two thirds of the time. In bf16 the way back through the fused kernel is slower than
    # plain attention.
    plain = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "attn_implementation": "eager"}
    encoder = AutoModel.from_pretrained(folder, local_files_only=True, **plain)
    facts = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer = cache_folder() / "reading" / "tokenizer.json"
    tokenizer.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.write_text(json.dumps(for_chats(encoder, facts), ensure_ascii=False), encoding="utf-8")
    return encoder, tokenizer


def take_up(network: Network, folder: Path) -> None:
    """Put what stands in a folder of weights into a network, to learn on from it.

    The encoder's matrices have lost their names in ONNX: each is known by the bias that is added behind it.
    """
    import numpy as np
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(folder / "encoder.onnx")).graph
    arrays = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    whole = {node.output[0]: _whole(node, arrays) for node in graph.node if node.op_type == "DequantizeLinear"}
    products = {node.output[0]: whole[node.input[1]] for node in graph.node if _is_product(node, whole)}
    found = {**arrays, **whole}
    for node in graph.node:
        made = next((name for name in node.input if name in products), "")
        bias = next((name for name in node.input if name.endswith(".bias")), "")
        if node.op_type == "Add" and made and bias:
            found[f"{bias.removesuffix('bias')}weight"] = products[made].T
    own = {name: found.get(f"encoder.{name}") for name, _ in network.encoder.named_parameters() if POOLER not in name}
    assert all(values is not None for values in own.values()), [name for name, values in own.items() if values is None]
    network.encoder.load_state_dict({name: torch.tensor(values) for name, values in own.items()}, strict=False)
    with np.load(folder / "heads.npz") as heads:
        kept = {name: torch.tensor(heads[name].astype(np.float32)) for name in heads.files}
    network.acts.query.weight.data.copy_(kept["acts.query"])
    network.acts.judge.data.copy_(kept["acts.judge"])
    network.acts.bias.data.copy_(kept["acts.bias"])
    network.matches.bias.data.copy_(kept["matches.bias"])
    for side, projection in (("token", network.matches.token), ("description", network.matches.description)):
        projection.load_state_dict({name: kept[f"{side}.{name}"] for name, _ in projection.named_parameters()})


def _whole(node: Any, arrays: dict[str, Any]) -> Any:
    """A matrix out of its eight bits."""
    axis = next(a.i for a in node.attribute if a.name == "axis")
    return arrays[node.input[0]].astype("float32") * arrays[node.input[1]].reshape([-1, 1] if axis == 0 else [1, -1])


def _is_product(node: Any, whole: dict[str, Any]) -> bool:
    return node.op_type == "MatMul" and node.input[1] in whole


def for_chats(encoder: Any, facts: dict[str, Any]) -> dict[str, Any]:
    """The tokenizer with another vocabulary; the encoder's word vectors are put in its order."""
    known: dict[str, int] = facts["model"]["vocab"]
    kept = [token for token in sorted(known, key=lambda t: known[t]) if is_read(token)]
    rows = encoder.get_input_embeddings().weight.detach()
    pictures = {sign: rows[_named(sign, known)].mean(0) for sign in pictures_known()}
    vectors = torch.cat([rows[[known[token] for token in kept]], torch.stack(list(pictures.values()))])
    words = nn.Embedding(len(vectors), vectors.shape[1], kept.index("[PAD]"))
    words.weight.data.copy_(vectors)
    encoder.set_input_embeddings(words)
    encoder.config.vocab_size = len(vectors)
    vocabulary = {token: row for row, token in enumerate([*kept, *pictures])}
    facts["model"]["vocab"] = vocabulary
    facts["added_tokens"] = [{**token, "id": vocabulary[token["content"]]} for token in facts["added_tokens"]]
    facts["post_processor"] = None  # `reading.tokens` puts the signs around a message itself
    mute = {"type": "Replace", "pattern": {"Regex": f"[{MUTE}]"}, "content": ""}
    facts["normalizer"] = {"type": "Sequence", "normalizers": [mute, facts["normalizer"]]}
    apart = {"type": "Split", "pattern": {"Regex": APART}, "behavior": "Isolated", "invert": False}
    facts["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": [apart, facts["pre_tokenizer"]]}
    return facts


def is_read(token: str) -> bool:
    """Whether a token is of a script that lines are written in, or a sign."""
    if token.startswith("[unused"):
        return False
    letters = [sign for sign in token.removeprefix("##") if sign.isalpha() and not sign.isascii()]
    return all(unicodedata.name(sign, "").startswith(("LATIN", "GREEK", "CYRILLIC")) for sign in letters)


def pictures_known() -> list[str]:
    """Pictures that get a row, those with a name alone."""
    signs = [chr(code) for first, last in PICTURES for code in range(first, last + 1)]
    return [sign for sign in dict.fromkeys([*signs, *FURTHER]) if unicodedata.name(sign, "") and sign not in MUTE]


def _named(sign: str, known: dict[str, int]) -> list[int]:
    """The rows of the words of a picture's name."""
    words = unicodedata.name(sign).lower().replace("-", " ").split()
    return [known[word] for word in words if word in known] or [known["[UNK]"]]
