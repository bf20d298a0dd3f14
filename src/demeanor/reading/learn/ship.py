"""Weights -> what runs without torch: the encoder in eight bits for onnxruntime, the heads as numpy arrays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from shutil import copyfile
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from demeanor.reading.learn.network import MATCHES, TOKENS, Network

# Where an operation takes a matrix, and along which of its axes each has a scale of its own.
AXES = {"MatMul": ((1, 1),), "Gather": ((0, 1),)}


class _Encoder(nn.Module):
    """Ids, mask and kinds -> states, with names of our own."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder: Any = encoder

    def forward(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> Tensor:
        states: Tensor = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        return states


def write_weights(
    network: Network,
    tokenizer: Path,
    folder: Path,
    limits: Mapping[str, float],
    everyday: Mapping[str, bool] = MappingProxyType({}),
    doubtful: Iterable[tuple[str, str]] = (),
) -> None:
    """`encoder.onnx`, `heads.npz`, `tokenizer.json`, `everyday.txt`, `doubtful.txt` and `limits.json` in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_encoder(network.encoder, folder / "encoder.onnx")
    write_heads(network, folder / "heads.npz")
    if tokenizer != folder / "tokenizer.json":
        copyfile(tokenizer, folder / "tokenizer.json")
    write_words(folder, everyday, doubtful)
    write_limits(folder, limits)


def write_words(folder: Path, everyday: Mapping[str, bool], doubtful: Iterable[tuple[str, str]]) -> None:
    """The words of which plain agreement is made, firm ones marked, and those that do not stand side by side in it."""
    words = "".join(f"{word}{' firm' if firm else ''}\n" for word, firm in sorted(everyday.items()))
    (folder / "everyday.txt").write_text(words, encoding="utf-8")
    pairs = "".join(f"{first} {second}\n" for first, second in sorted(doubtful))
    (folder / "doubtful.txt").write_text(pairs, encoding="utf-8")


def write_limits(folder: Path, limits: Mapping[str, float]) -> None:
    """The limits, and the order of the roles in the heads."""
    facts = {"roles": [*MATCHES, *TOKENS], "limits": limits}
    (folder / "limits.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def write_encoder(encoder: Any, file: Path) -> None:
    """The encoder as ONNX, its matrices and embeddings in eight bits (`in_eight_bits`)."""
    import onnx

    # One example is padded: with none the exporter would take it that nothing ever is.
    ids = torch.tensor([[101, 2129, 102, 2054, 102, 0], [101, 2129, 102, 2054, 2003, 102]])
    mask, kinds = (ids > 0).long(), torch.tensor([[0, 0, 0, 1, 1, 0], [0, 0, 0, 1, 1, 1]])
    length = {0: torch.export.Dim("messages", min=1), 1: torch.export.Dim("tokens", min=2, max=512)}
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole.onnx"
        torch.onnx.export(
            _Encoder(encoder).eval(),
            (ids, mask, kinds),
            str(whole),
            input_names=["ids", "mask", "kinds"],
            output_names=["states"],
            dynamic_shapes={"ids": length, "mask": length, "kinds": length},
            dynamo=True,
            external_data=False,
        )
        check_same(encoder, whole)
        onnx.save(in_eight_bits(onnx.load(str(whole))), str(file))


def in_eight_bits(model: Any) -> Any:
    """The model with every matrix as eight-bit numbers and a scale a row or column, which are multiplied out when it is
    loaded.

    Computing in eight bits as well would be faster where a processor is made for it, and moves the states of this
    encoder by 15% (its activations have outliers); this moves them by 1%.
    """
    import numpy as np
    from onnx import helper, numpy_helper

    axes = {
        node.input[k]: axis
        for node in model.graph.node
        for k, axis in AXES.get(node.op_type, ())
        if k < len(node.input)
    }
    kept, nodes = [], []
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if initializer.name not in axes or values.ndim != 2 or values.dtype != np.float32:
            kept.append(initializer)
            continue
        axis = axes[initializer.name]
        scale = np.maximum(np.abs(values).max(axis=1 - axis, keepdims=True) / 127, 1e-12).astype(np.float32)
        name = initializer.name
        kept.append(numpy_helper.from_array(np.rint(values / scale).astype(np.int8), f"{name}.eight"))
        kept.append(numpy_helper.from_array(scale.reshape(-1), f"{name}.scale"))
        nodes.append(helper.make_node("DequantizeLinear", [f"{name}.eight", f"{name}.scale"], [name], axis=axis))
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    nodes += list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    return model


def check_same(encoder: Any, file: Path) -> None:
    """Raises AssertionError where the written encoder gives other states than its source, whatever the lengths."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for messages, tokens in ((1, 5), (3, 17), (2, 64)):
        ids = rng.integers(1, encoder.config.vocab_size, (messages, tokens))
        mask = (np.arange(tokens) < rng.integers(4, tokens + 1, (messages, 1))).astype(np.int64)
        kinds = (np.arange(tokens) > 2).astype(np.int64) * mask
        found: Any = session.run(None, {"ids": ids, "mask": mask, "kinds": kinds})
        with torch.no_grad():
            states = _Encoder(encoder)(*(torch.tensor(rows) for rows in (ids, mask, kinds))).numpy()
        assert np.allclose(found[0] * mask[..., None], states * mask[..., None], atol=1e-3), (messages, tokens)


def write_heads(network: Network, file: Path) -> None:
    """What stands behind the encoder, in fp16: it is small, and is compared with fp32 states."""
    import numpy as np

    heads = {
        "acts.query": network.acts.query.weight,
        "acts.judge": network.acts.judge,
        "acts.bias": network.acts.bias,
        "matches.bias": network.matches.bias,
        **{f"token.{name}": weight for name, weight in network.matches.token.named_parameters()},
        **{f"description.{name}": weight for name, weight in network.matches.description.named_parameters()},
    }
    arrays: dict[str, Any] = {name: value.detach().numpy().astype(np.float16) for name, value in heads.items()}
    np.savez_compressed(file, **arrays)


def change_heads(folder: Path, heads: Mapping[str, Any]) -> None:
    """Other arrays in the place of some heads, or beside them."""
    import numpy as np

    with np.load(folder / "heads.npz") as kept:
        arrays: dict[str, Any] = {name: kept[name] for name in kept.files}
    arrays |= {name: np.asarray(values, dtype=np.float16) for name, values in heads.items()}
    np.savez_compressed(folder / "heads.npz", **arrays)
