"""The fast engine for CPUs: OpenVINO GenAI, with continuous batching and a paged cache that finds shared beginnings.

The tuned weights go through one GGUF file (`gguf_file.py`), the same that is exported; tokens are cut and put together
here, by the tokenizer of training, so the engine only ever sees ids. What a conversation has read is found again by its
blocks, within and across conversations; nothing has to be kept or forgotten by name.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from demeanor.errors import ModelError
from demeanor.models.gguf_file import FAMILIES, write_gguf
from demeanor.models.model import (
    Answer,
    CallForm,
    Completion,
    Heard,
    Pieces,
    Precision,
    Request,
    check_requests,
    lost,
    reply_to_each,
    within_window,
)
from demeanor.models.pretrained import find_stop_ids, fingerprint_of, merge_adapter, read_model
from demeanor.models.weights import Weights, find_weights

MOST_AT_ONCE = 64
STEP_TOKENS = 1024
"""Tokens of prompts and replies in one step: long prompts are read in pieces, beside replies that go on."""


def installed() -> bool:
    """Whether the engine's package is there."""
    return find_spec("openvino_genai") is not None


def load_openvino(
    weights: Weights | str,
    *,
    adapter: Path | None = None,
    precision: Precision = "bf16",
    cache_gb: float = 2.0,
    threads: int | None = None,
    calls: CallForm | None = None,
) -> OpenVinoModel:
    """Load weights, with the adapter merged in, into the engine.

    Args:
        precision: of the arithmetic and of the cache; bf16 needs a CPU that has it, and falls back by itself.
        cache_gb: bounds what is kept of conversations.
        calls: how calls are written. With it, a call can only name one of these tools, with arguments that its schema
            allows; text outside of calls stays free.

    Raises:
        ModelError: the package is missing, or it cannot read this family, tokenizer or adapter.
        FingerprintError: the adapter was trained on other weights.
    """
    if not installed():
        raise ModelError("the engine 'openvino' needs openvino-genai", fix="pip install 'demeanor[fast]'")
    import openvino_genai

    found = find_weights(weights) if isinstance(weights, str) else weights
    model, tokenizer = read_model(found)
    if model.config.model_type not in FAMILIES:
        raise ModelError("OpenVINO cannot read this family here", found=model.config.model_type, allowed=list(FAMILIES))
    adapter_sha = ""
    if adapter is not None:
        model, adapter_sha = merge_adapter(model, adapter, found)
    stop_ids = find_stop_ids(model, tokenizer)
    engine = f"openvino-{version('openvino-genai')}-{precision}{'-constrained' if calls else ''}"
    folder = tempfile.TemporaryDirectory(prefix="demeanor-openvino-")  # read while the model lives
    file = Path(folder.name) / "model.gguf"
    write_gguf(model, tokenizer, file, precision="f16", name=found.name, stop_id=stop_ids[-1])
    schedule = openvino_genai.SchedulerConfig()
    schedule.enable_prefix_caching = True
    schedule.dynamic_split_fuse = True
    schedule.cache_size = max(1, round(cache_gb))
    schedule.max_num_batched_tokens = STEP_TOKENS
    schedule.max_num_seqs = MOST_AT_ONCE
    numbers = {"bf16": "bf16", "fp32": "f32"}[precision]
    hints: dict[str, Any] = {"INFERENCE_PRECISION_HINT": numbers, "KV_CACHE_PRECISION": numbers}
    if threads:
        hints["INFERENCE_NUM_THREADS"] = threads
    try:
        pipeline = openvino_genai.ContinuousBatchingPipeline(str(file), schedule, "CPU", hints)
    except RuntimeError as error:
        raise ModelError(f"OpenVINO cannot read this model: {str(error).splitlines()[0]}") from error
    fingerprint = fingerprint_of(found, tokenizer, stop_ids, adapter_sha, engine)
    window = int(model.config.max_position_embeddings)
    grammar = _grammar_of(calls) if calls else None
    return OpenVinoModel(pipeline, tokenizer, found.name, fingerprint, stop_ids, window, folder, grammar)


def _grammar_of(calls: CallForm) -> Any:
    """Free text, in which what opens a call must go on as a call of one of the tools."""
    from openvino_genai import StructuredOutputConfig

    tags = []
    for schema in calls.schemas:
        tool = schema["function"]
        written = {"name": {"const": tool["name"]}, "arguments": tool["parameters"]}
        whole = {"type": "object", "properties": written, "required": list(written), "additionalProperties": False}
        content = StructuredOutputConfig.JSONSchema(json.dumps(whole))
        tags.append(StructuredOutputConfig.Tag(begin=calls.opened, content=content, end=calls.closed))
    found = StructuredOutputConfig()
    found.structural_tags_config = StructuredOutputConfig.TriggeredTags(triggers=[calls.opened], tags=tags)
    return found


class OpenVinoModel:
    """OpenVINO GenAI behind the contract. Thread-safe: one call at a time."""

    def __init__(
        self,
        pipeline: Any,
        tokenizer: Any,
        name: str,
        fingerprint: dict[str, str],
        stop_ids: tuple[int, ...],
        window: int,
        folder: tempfile.TemporaryDirectory[str],
        grammar: Any = None,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.stop_ids = stop_ids
        self.window = window
        self._pipeline = pipeline
        self._folder = folder
        self._grammar = grammar
        self._lock = threading.RLock()
        self._number = 0

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        """One reply a request, in order; see `Model.generate`."""
        check_requests(requests, max_new_tokens, self.window)
        how = {"max_new_tokens": max_new_tokens, "seed": seed, "temperature": temperature}
        return reply_to_each(self.converse, requests, **how)

    def converse(
        self,
        requests: Sequence[Request],
        answer: Answer,
        *,
        max_new_tokens: int,
        seed: int = 0,
        temperature: float = 0.0,
    ) -> None:
        """See `demeanor.models.model.converse`."""
        how = (max_new_tokens, seed, temperature)
        with self._lock:
            running = [self._begin(r, *how) for r in within_window(requests, answer, self.window)]
            try:
                while running:
                    self._pipeline.step()
                    ended = [pair for pair in running if _ended(pair[1])]
                    running = [pair for pair in running if pair not in ended]
                    for request, handle in ended:
                        following = answer(request, self._reply(request, handle))
                        due = [] if following is None else [following]
                        running += [self._begin(r, *how) for r in within_window(due, answer, self.window)]
            except RuntimeError as error:
                raise ModelError(f"OpenVINO failed while generating: {str(error).splitlines()[0]}") from error
            finally:
                for _, handle in running:
                    handle.cancel()

    def speak(
        self, request: Request, heard: Heard, *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> Completion:
        """See `demeanor.models.model.speak`."""
        check_requests([request], max_new_tokens, self.window)
        ids: list[int] = []
        logprobs: list[float] = []
        pieces = Pieces(self._text, heard)
        with self._lock:
            _, handle = self._begin(request, max_new_tokens, seed, temperature)
            try:
                while True:
                    self._pipeline.step()
                    while handle.can_read():
                        output = next(iter(handle.read().values()))
                        ids += [int(token) for token in output.generated_ids]
                        logprobs += output.generated_log_probs
                    ended = _ended(handle)
                    written = ids[:-1] if ids and ids[-1] in self.stop_ids else ids
                    stopped = not pieces.grown(written, ended)
                    if stopped or ended:
                        return self._written(request, ids, logprobs, cut=stopped or written == ids)
            except RuntimeError as error:
                raise ModelError(f"OpenVINO failed while generating: {str(error).splitlines()[0]}") from error
            finally:
                handle.cancel()

    def _text(self, ids: Sequence[int]) -> str:
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=False))

    def forget(self, conversations: Iterable[str]) -> None:
        """Nothing to do: blocks that nobody asks for again make room for others."""

    def _begin(self, request: Request, max_new_tokens: int, seed: int, temperature: float) -> tuple[Request, Any]:
        import openvino
        import openvino_genai

        config = openvino_genai.GenerationConfig()
        config.max_new_tokens = min(max_new_tokens, self.window - len(request.ids))
        config.stop_token_ids = set(self.stop_ids)
        config.ignore_eos = not self.stop_ids
        config.do_sample = temperature > 0
        config.logprobs = int(request.logprobs)
        if temperature > 0:
            config.temperature = temperature
            config.top_k, config.top_p = self._vocabulary, 1.0
            config.rng_seed = _seed(request, seed)
        if self._grammar is not None:
            config.structured_output_config = self._grammar
        self._number += 1
        ids = openvino.Tensor(np.array([request.ids], dtype=np.int64))
        return request, self._pipeline.add_request(self._number, ids, config)

    @property
    def _vocabulary(self) -> int:
        return len(self.tokenizer)

    def _reply(self, request: Request, handle: Any) -> Completion:
        import openvino_genai

        if handle.get_status() != openvino_genai.GenerationStatus.FINISHED:
            return lost(ModelError(f"OpenVINO gave up on {request.conversation!r}", found=handle.get_status().name))
        output = handle.read_all()[0]
        cut = output.finish_reason == openvino_genai.GenerationFinishReason.LENGTH
        return self._written(request, output.generated_ids, output.generated_log_probs, cut=cut)

    def _written(self, request: Request, tokens: Sequence[int], logprobs: Sequence[float], cut: bool) -> Completion:
        ids = tuple(int(token) for token in tokens)
        if ids and ids[-1] in self.stop_ids:
            ids = ids[:-1]
        likely = tuple(map(float, logprobs[: len(ids)])) if request.logprobs else None
        return Completion(ids, self._text(ids), cut, logprobs=likely)


def _ended(handle: Any) -> bool:
    import openvino_genai

    return bool(handle.get_status() != openvino_genai.GenerationStatus.RUNNING)


def _seed(request: Request, seed: int) -> int:
    """Depends on the seed, the conversation and its length, not on who else is in the batch."""
    digest = hashlib.sha256(f"{seed}:{request.conversation}:{len(request.ids)}".encode()).digest()
    return int.from_bytes(digest[:4], "big")
