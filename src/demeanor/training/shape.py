"""The shape of a model: how many weights stand where, and how many operations a training step on it takes.

Read from a model's config.json, or by the name of a well-known one, so that what a training would take can be said of
models that are not here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demeanor.errors import ModelError
from demeanor.training.tree import Node

_BACKWARD_ATTENTION = 2.5  # scores again, then four products of the forward's two


@dataclass(frozen=True)
class Operations:
    """Floating-point operations of training steps. `frozen`, `trained`: weights in matrices, the embedding and the
    output layer not among them; `head`: the output layer's; `pair`: operations for one token that sees another."""

    frozen: int
    trained: int
    head: int
    pair: int

    def step(self, tree: Iterable[Node]) -> float:
        """Operations of one step's forward and backward pass.

        Frozen matrices cost a product each way, trained ones a third for their gradient. A token attends to all before
        it. The output layer and its gradient are computed at trained tokens only.
        """
        nodes = [s for root in tree for s in root.walk()]
        tokens = sum(map(len, nodes))
        pairs = sum(len(s) * (s.start + len(s) / 2) for s in nodes)
        linear = tokens * (4 * self.frozen + 6 * self.trained)
        trained = sum(len(s.targets()) for s in nodes)
        return linear + (1 + _BACKWARD_ATTENTION) * self.pair * pairs + 4 * self.head * trained


@dataclass(frozen=True)
class Shape:
    """A decoder of the families that training knows: `width` of the residual stream, `inner` of the gated layers."""

    name: str
    layers: int
    width: int
    inner: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int

    @classmethod
    def of_config(cls, name: str, config: Mapping[str, Any]) -> Shape:
        """From what config.json says.

        Raises:
            ModelError: it does not say enough.
        """
        try:
            heads = int(config["num_attention_heads"])
            return cls(
                name,
                int(config["num_hidden_layers"]),
                int(config["hidden_size"]),
                int(config["intermediate_size"]),
                heads,
                int(config.get("num_key_value_heads") or heads),
                int(config.get("head_dim") or int(config["hidden_size"]) // heads),
                int(config["vocab_size"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the model's configuration does not tell its shape: {error}", found=name) from error

    def matrices(self) -> list[tuple[int, int]]:
        """In and out of the matrices of one layer: q, k, v, o, gate, up, down."""
        wide, narrow = self.heads * self.head_dim, self.kv_heads * self.head_dim
        attention = [(self.width, wide), (self.width, narrow), (self.width, narrow), (wide, self.width)]
        return [*attention, (self.width, self.inner), (self.width, self.inner), (self.inner, self.width)]

    @property
    def linear(self) -> int:
        """Weights of all layers' matrices."""
        return self.layers * sum(a * b for a, b in self.matrices())

    @property
    def embedding(self) -> int:
        """Weights of the embedding, and as many of the output layer."""
        return self.vocabulary * self.width

    def adapter(self, rank: int) -> int:
        """Weights of a LoRA adapter on all of these matrices."""
        return self.layers * sum(rank * (a + b) for a, b in self.matrices())

    def operations(self, rank: int) -> Operations:
        """Of training steps with such an adapter."""
        pair = 4 * self.layers * self.heads * self.head_dim
        return Operations(self.linear, self.adapter(rank), self.embedding, pair)

    def held(self) -> int:
        """Bytes that a token leaves behind for the backward pass.

        In each layer: the residual stream in fp32 behind both norms, and in bf16 the norms' outputs, q, k and v before
        and behind their rotation, what attention gives, the two gated products, what becomes of them, and their
        product.
        """
        wide, narrow = self.heads * self.head_dim, self.kv_heads * self.head_dim
        stream = 2 * (4 + 2) * self.width
        return self.layers * (stream + 2 * (2 * wide + 4 * narrow) + 2 * wide + 4 * 2 * self.inner)


# Layers, width, inner, heads, heads of keys and values, width of a head, vocabulary: as their config.json say.
KNOWN: dict[str, tuple[int, ...]] = {
    "smollm2-135m": (30, 576, 1536, 9, 3, 64, 49152),
    "gemma-3-270m": (18, 640, 2048, 4, 1, 256, 262144),
    "qwen2.5-0.5b": (24, 896, 4864, 14, 2, 64, 151936),
    "gemma-3-1b": (26, 1152, 6912, 4, 1, 256, 262144),
    "llama-3.2-1b": (16, 2048, 8192, 32, 8, 64, 128256),
    "qwen3-1.7b": (28, 2048, 6144, 16, 8, 128, 151936),
    "smollm3-3b": (36, 2048, 11008, 16, 4, 128, 128256),
    "llama-3.2-3b": (28, 3072, 8192, 24, 8, 128, 128256),
    "qwen3-4b": (36, 2560, 9728, 32, 8, 128, 151936),
    "mistral-7b": (32, 4096, 14336, 32, 8, 128, 32768),
    "llama-3.1-8b": (32, 4096, 14336, 32, 8, 128, 128256),
    "qwen3-8b": (36, 4096, 12288, 32, 8, 128, 151936),
}


def known_shape(name: str) -> Shape:
    """The shape of a well-known model.

    Raises:
        ModelError: none of that name.
    """
    if name not in KNOWN:
        raise ModelError("no such shape", field="shape", found=name, allowed=list(KNOWN))
    return Shape(name, *KNOWN[name])


def shape_of(folder: Path, name: str) -> Shape:
    """The shape of the weights in a folder. Raises ModelError when it is not told."""
    try:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"the model's configuration cannot be read: {error}", file=folder) from error
    return Shape.of_config(name, config)
