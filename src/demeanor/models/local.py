"""Transformers' own `generate` on this machine's CPU or GPU, for every family that transformers reads.

The plain way, and the reference for every other engine: padded batches, each prompt read anew, nothing kept between
calls. On a CPU OpenVINO is several times as quick where it can read the model; on a GPU reading prompts costs little,
and whoever serves many takes an endpoint (design/0009).

A LoRA adapter is merged into the weights on load: in fp32, then cast, so that a merged model and a plain one run alike.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from demeanor.errors import ModelError
from demeanor.models.model import Completion, Heard, Pieces, Precision, Request, check_requests
from demeanor.models.pretrained import find_stop_ids, fingerprint_of, merge_adapter, read_model
from demeanor.models.weights import Weights, find_weights

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}


def load_local(
    weights: Weights | str,
    *,
    adapter: Path | None = None,
    device: str | None = None,
    precision: Precision = "bf16",
    max_batch: int = 32,
) -> LocalModel:
    """Load weights, merge the adapter if one is given, and make them ready to answer.

    `device`: "cuda" when there is one, else "cpu". `max_batch`: conversations that are computed at once.

    Raises:
        ModelError: unreadable weights or adapter.
        FingerprintError: the adapter was trained on other weights.
    """
    found = find_weights(weights) if isinstance(weights, str) else weights
    place = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model, tokenizer = read_model(found)
    adapter_sha = ""
    if adapter is not None:
        model, adapter_sha = merge_adapter(model, adapter, found)
    model = model.to(device=place, dtype=DTYPES[precision]).eval()
    stop_ids = find_stop_ids(model, tokenizer)
    fingerprint = fingerprint_of(found, tokenizer, stop_ids, adapter_sha, f"transformers-{precision}")
    return LocalModel(model, tokenizer, found.name, fingerprint, stop_ids, max_batch=max_batch)


@dataclass
class _Row:
    """One request under way: what was written of it, and whether it has ended by a stop token."""

    request: Request
    limit: int
    draw: torch.Generator | None
    reply: list[int] = field(default_factory=list)
    stopped: bool = False

    @property
    def done(self) -> bool:
        return self.stopped or len(self.reply) >= self.limit

    def take(self, token: int, stop_ids: Sequence[int]) -> None:
        """The next token, if there is to be one."""
        if self.done:
            return
        self.stopped = token in stop_ids
        if not self.stopped:
            self.reply.append(token)


class LocalModel:
    """A transformers model behind the contract. Thread-safe: one call at a time."""

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        name: str,
        fingerprint: dict[str, str],
        stop_ids: tuple[int, ...],
        *,
        max_batch: int = 32,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.stop_ids = stop_ids
        self.window = int(model.config.max_position_embeddings)
        self._model = model
        self._max_batch = max_batch
        self._lock = threading.RLock()

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        """One reply a request, in order; see `Model.generate`."""
        check_requests(requests, max_new_tokens, self.window)
        # Prompts of like lengths go together, or the longest would pad all.
        order = sorted(range(len(requests)), key=lambda k: len(requests[k].ids))
        found: dict[int, Completion] = {}
        with self._lock, torch.inference_mode():
            while waiting := order[len(found) :]:
                batch = waiting[: self._max_batch]
                rows = [self._row(requests[k], max_new_tokens, seed, temperature) for k in batch]
                try:
                    self._write(rows, temperature)
                except RuntimeError as error:
                    self._fewer_at_once(rows, error)
                    continue
                found.update(zip(batch, map(self._completion, rows), strict=True))
        return [found[k] for k in range(len(requests))]

    def speak(
        self, request: Request, heard: Heard, *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> Completion:
        """See `demeanor.models.model.speak`."""
        check_requests([request], max_new_tokens, self.window)
        row = self._row(request, max_new_tokens, seed, temperature)
        with self._lock, torch.inference_mode():
            self._write([row], temperature, _Listener(row, self.stop_ids, Pieces(self._text, heard)))
            return self._completion(row)

    def forget(self, conversations: Iterable[str]) -> None:
        """Nothing is kept."""

    def _row(self, request: Request, max_new_tokens: int, seed: int, temperature: float) -> _Row:
        limit = min(max_new_tokens, self.window - len(request.ids))
        return _Row(request, limit, _draw(request, seed) if temperature > 0 else None)

    def _write(self, rows: Sequence[_Row], temperature: float, listener: _Listener | None = None) -> None:
        """Let transformers write all rows, padded on the left."""
        width, pad = max(len(row.request.ids) for row in rows), self.stop_ids[0]
        ids = [[pad] * (width - len(r.request.ids)) + list(r.request.ids) for r in rows]
        mask = [[0] * (width - len(r.request.ids)) + [1] * len(r.request.ids) for r in rows]
        device = self._model.device
        out = self._model.generate(
            torch.tensor(ids, device=device),
            attention_mask=torch.tensor(mask, device=device),
            max_new_tokens=max(row.limit for row in rows),
            do_sample=False,
            eos_token_id=list(self.stop_ids),
            pad_token_id=pad,
            logits_processor=[_Chooser(rows, temperature)] if temperature > 0 else None,
            stopping_criteria=[listener] if listener is not None else None,
        )
        for row, tail in zip(rows, out[:, width:].tolist(), strict=True):
            for token in tail[len(row.reply) :]:
                row.take(token, self.stop_ids)

    def _fewer_at_once(self, rows: Sequence[_Row], error: RuntimeError) -> None:
        """After running out of memory: half as many at once from now on.

        Raises:
            RuntimeError: `error`, when it is another one.
            ModelError: one conversation alone was too much.
        """
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise error
        at_once = len(rows) // 2
        if not at_once:
            raise ModelError(
                "out of memory with one conversation alone",
                found=rows[0].request.conversation,
                fix="limit the length of replies, or take a smaller model",
            ) from error
        logging.getLogger(__name__).warning("out of memory: going on with %d conversations at once", at_once)
        self._max_batch = at_once

    def _completion(self, row: _Row) -> Completion:
        likely = self._likely(row.request.ids, row.reply) if row.request.logprobs else None
        return Completion(tuple(row.reply), self._text(row.reply), not row.stopped, logprobs=likely)

    def _text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    def _likely(self, prompt: Sequence[int], reply: Sequence[int]) -> tuple[float, ...]:
        """The log-probability of each token of a reply, read in one pass."""
        ids = torch.tensor([[*prompt, *reply]], device=self._model.device)
        logits = self._model(ids).logits[0, len(prompt) - 1 : -1]
        written = ids[0, len(prompt) :, None]
        return tuple(float(x) for x in torch.log_softmax(logits.float(), -1).gather(1, written))


class _Chooser:
    """A logits processor that draws by each row's own generator and leaves greedy search one choice."""

    def __init__(self, rows: Sequence[_Row], temperature: float) -> None:
        self._draws = [row.draw for row in rows]
        self._temperature = temperature

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        likely = torch.softmax(scores.float().cpu() / self._temperature, -1)
        drawn = [torch.multinomial(p, 1, generator=draw) for p, draw in zip(likely, self._draws, strict=True)]
        chosen = torch.stack(drawn).to(scores.device)
        return torch.full_like(scores, -torch.inf).scatter(1, chosen, 0.0)


class _Listener:
    """A stopping criterion that tells the one row's text while it is written, and stops when told so."""

    def __init__(self, row: _Row, stop_ids: Sequence[int], pieces: Pieces) -> None:
        self._row, self._stop_ids, self._pieces = row, stop_ids, pieces

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        row = self._row
        row.take(int(input_ids[0, -1]), self._stop_ids)
        if not self._pieces.grown(row.reply, row.done):
            row.limit = len(row.reply)
        return torch.tensor([row.done], device=input_ids.device)


def _draw(request: Request, seed: int) -> torch.Generator:
    """A generator that depends on the seed, the conversation and its length, not on who else is in the batch."""
    digest = hashlib.sha256(f"{seed}:{request.conversation}:{len(request.ids)}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
