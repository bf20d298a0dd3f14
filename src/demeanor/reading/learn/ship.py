"""Weights -> what runs without torch: the encoder in eight bits for onnxruntime, the heads as numpy arrays."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any

import torch
from torch import Tensor, nn

from demeanor.reading.learn.network import MATCHES, TOKENS, Network


class _Encoder(nn.Module):
    """Ids, mask and kinds -> states, with names of our own."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder: Any = encoder

    def forward(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> Tensor:
        states: Tensor = self.encoder(input_ids=ids, attention_mask=mask, token_type_ids=kinds).last_hidden_state
        return states


def write_weights(network: Network, tokenizer: Path, folder: Path, limits: Mapping[str, Any]) -> None:
    """`encoder.onnx`, `heads.npz`, `tokenizer.json` and `limits.json` in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    write_encoder(network.encoder, folder / "encoder.onnx")
    write_heads(network, folder / "heads.npz")
    if tokenizer != folder / "tokenizer.json":
        copyfile(tokenizer, folder / "tokenizer.json")
    write_limits(folder, limits)


def write_limits(folder: Path, limits: Mapping[str, Any]) -> None:
    """The thresholds, and the order of the roles in the heads."""
    facts = {"roles": [*MATCHES, *TOKENS], "limits": limits}
    (folder / "limits.json").write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def write_encoder(encoder: Any, file: Path) -> None:
    """The encoder as ONNX, its matrices and embeddings in eight bits."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

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
        quantize_dynamic(
            whole,
            file,
            op_types_to_quantize=["MatMul", "Gather", "Gemm"],
            per_channel=True,
            weight_type=QuantType.QInt8,
        )


def check_same(encoder: Any, file: Path) -> None:
    """Raises AssertionError where the written encoder gives other states than its source, whatever the lengths."""
    import numpy as np
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    for messages, tokens in ((1, 5), (3, 17), (2, 64)):
        ids = rng.integers(1000, 2000, (messages, tokens))
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
        "token.weight": network.matches.token.weight,
        "token.bias": network.matches.token.bias,
        "description.weight": network.matches.description.weight,
        "description.bias": network.matches.description.bias,
        "matches.bias": network.matches.bias,
    }
    arrays: dict[str, Any] = {name: value.detach().numpy().astype(np.float16) for name, value in heads.items()}
    np.savez_compressed(file, **arrays)
