"""Transformers weights on this machine's CPU or GPU, quick where many conversations go on at once.

What a conversation has read stays in a cache (`kvcache.py`), so a turn computes only its new tokens, and
the system prompt that all conversations begin with is computed once. While attending, that shared beginning
is read once for the whole batch rather than once for every row, with one softmax over both parts. Rows that
have finished leave the batch. Layers are transformers' own; only the attention function is ours, because
the stock one copies keys and values for grouped heads. That path is for families with plain full attention;
others (sliding windows) go through transformers' `generate` without reuse: slower, same contract.

A LoRA adapter is merged into the weights on load: in fp32, then cast, so that a merged model and a plain
one run alike.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch

from demeanor.errors import ModelError
from demeanor.models.attention import causal_mask, has_plain_attention, use_shared_attention
from demeanor.models.kvcache import Shape, SlotCache, View, common_prefix
from demeanor.models.model import Answer, Completion, Heard, Pieces, Request, check_requests, in_turns, within_window
from demeanor.models.pretrained import find_stop_ids, fingerprint_of, merge_adapter, read_model
from demeanor.models.weights import Weights, find_weights

Precision = Literal["bf16", "fp32"]
DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
PREFILL_ROW = 512
PREFILL_BATCH = 2048
JOIN = 8
"""New rows join when they are one in so many of those that run: reading prompts stops all others for a moment."""

SHARED_WORTH = 64
"""A prefix shorter than this is not worth two attention calls."""


def load_local(
    weights: Weights | str,
    *,
    adapter: Path | None = None,
    device: str | None = None,
    precision: Precision = "bf16",
    cache_gb: float = 4.0,
    max_batch: int = 64,
) -> LocalModel:
    """Load weights, merge the adapter if one is given, and make them ready to answer.

    `device`: "cuda" when there is one, else "cpu". `cache_gb` bounds what is kept of conversations between
    calls.

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
    return LocalModel(model, tokenizer, found.name, fingerprint, stop_ids, cache_gb=cache_gb, max_batch=max_batch)


@dataclass
class _Row:
    """One request under way: `slot` within the batch's range, what was written, and whether it has ended."""

    request: Request
    order: int
    limit: int
    draw: torch.Generator | None
    reply: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    stopped: bool = False
    handed_on: bool = False

    @property
    def done(self) -> bool:
        return self.stopped or len(self.reply) >= self.limit

    def restart(self) -> None:
        """As if nothing had been written: what comes is drawn as it was the first time."""
        self.reply.clear()
        self.logprobs.clear()
        self.stopped = False
        if self.draw is not None:
            self.draw.manual_seed(self.draw.initial_seed())


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
        cache_gb: float = 4.0,
        max_batch: int = 64,
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.tokenizer = tokenizer
        self.stop_ids = stop_ids
        self.window = int(model.config.max_position_embeddings)
        self._model = model
        self._device = model.device
        self._max_batch = max_batch
        self._lock = threading.RLock()
        self._cache: SlotCache | None = None
        if has_plain_attention(model.config):
            self._cache = SlotCache(_shape(model), int(cache_gb * 2**30))
            use_shared_attention(model)

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        """One reply a request, in order; see `Model.generate`."""
        check_requests(requests, max_new_tokens, self.window)
        rows = self._rows(requests, max_new_tokens, seed, temperature)
        with self._lock, torch.inference_mode():
            while waiting := [row for row in rows if not row.done]:
                batch = self._batch(waiting)
                try:
                    if self._cache is None:
                        self._plain(batch, temperature)
                    else:
                        self._cached(self._cache, batch, temperature)
                except RuntimeError as error:
                    self._again_with_fewer(batch, error)
        return [self._reply(row) for row in rows]

    def speak(
        self, request: Request, heard: Heard, *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> Completion:
        """See `demeanor.models.model.speak`."""
        check_requests([request], max_new_tokens, self.window)
        rows = self._rows([request], max_new_tokens, seed, temperature)
        row, pieces = rows[0], Pieces(self._text, heard)

        def told() -> None:
            if not pieces.grown(row.reply, row.done):
                row.limit = len(row.reply)

        with self._lock, torch.inference_mode():
            if self._cache is None:
                self._plain(rows, temperature)
                told()
            else:
                self._cached(self._cache, rows, temperature, told)
        return self._reply(row)

    def converse(
        self,
        requests: Sequence[Request],
        answer: Answer,
        *,
        max_new_tokens: int,
        seed: int = 0,
        temperature: float = 0.0,
    ) -> None:
        """See `demeanor.models.model.converse`. A place in the batch that becomes free is taken while the others write
        on; `answer` is called in between and may `forget`.
        """
        if self._cache is None:
            in_turns(self, requests, answer, max_new_tokens=max_new_tokens, seed=seed, temperature=temperature)
            return
        waiting = self._rows(within_window(requests, answer, self.window), max_new_tokens, seed, temperature)
        running: list[_Row] = []
        start = shared = 0
        with self._lock, torch.inference_mode():
            while running or waiting:
                live = sum(not row.done for row in running)
                try:
                    if waiting and live < self._max_batch and len(waiting) * JOIN >= live:
                        start, running, waiting = self._join(self._cache, running, waiting, temperature)
                        shared = _shared_by_all(running)
                    else:
                        self._take(running, self._step(self._cache, start, running, shared), temperature)
                except RuntimeError as error:
                    waiting, running = [row for row in running if not row.done] + waiting, []
                    self._again_with_fewer(waiting, error)
                for row in running:
                    if row.done and not row.handed_on:
                        row.handed_on = True
                        following = answer(row.request, self._reply(row))
                        due = within_window([] if following is None else [following], answer, self.window)
                        waiting += self._rows(due, max_new_tokens, seed, temperature)
                running = self._drop_finished(self._cache, start, running)

    def _join(
        self, cache: SlotCache, running: list[_Row], waiting: list[_Row], temperature: float
    ) -> tuple[int, list[_Row], list[_Row]]:
        """Read the prompts of waiting rows and let them run behind the others, as many as there are places for.

        Returns the first slot, the rows that run, in slot order, and those that wait on.
        """
        running = [row for row in running if not row.done]
        joining, waiting = waiting[: self._max_batch - len(running)], waiting[self._max_batch - len(running) :]
        rows = [*running, *joining]
        keys = [row.request.conversation for row in rows]
        cache.admit(keys, max(len(row.request.ids) + row.limit for row in rows))
        start, _ = cache.arrange(keys)
        for k, key in enumerate(keys):
            cache.swap(start + k, cache.place(key))
        self._take(joining, self._prefill(cache, start + len(running), joining), temperature)
        return start, rows, waiting

    def forget(self, conversations: Iterable[str]) -> None:
        """Free what is kept for these conversations."""
        if self._cache is not None:
            with self._lock:
                self._cache.forget(conversations)

    def _rows(self, requests: Sequence[Request], max_new_tokens: int, seed: int, temperature: float) -> list[_Row]:
        return [
            _Row(r, k, min(max_new_tokens, self.window - len(r.ids)), _draw(r, seed) if temperature > 0 else None)
            for k, r in enumerate(requests)
        ]

    def _batch(self, rows: list[_Row]) -> list[_Row]:
        """The next rows to go in lockstep, in the order of their slots, so that a batch is a range of slots."""
        if self._cache is not None:
            places = {slot.conversation: k for k, slot in enumerate(self._cache.slots)}
            rows = sorted(rows, key=lambda row: places.get(row.request.conversation, len(places)))
        return rows[: self._max_batch]

    def _again_with_fewer(self, rows: list[_Row], error: RuntimeError) -> None:
        """After running out of memory: let go of the cache, and begin these rows again, half as many at once.

        Raises:
            RuntimeError: `error`, when it is another one.
            ModelError: one conversation alone was too much.
        """
        if not isinstance(error, torch.OutOfMemoryError) and "can't allocate memory" not in str(error):
            raise error
        at_once = min(len(rows), self._max_batch) // 2
        if not at_once:
            raise ModelError(
                "out of memory with one conversation alone",
                found=rows[0].request.conversation,
                fix="limit cache_gb or the length of replies, or take a smaller model",
            ) from error
        logging.getLogger(__name__).warning("out of memory: going on with %d conversations at once", at_once)
        self._max_batch = at_once
        if self._cache is not None:
            self._cache = SlotCache(self._cache.shape, self._cache.budget // 2)
        for row in rows:
            row.restart()

    def _reply(self, row: _Row) -> Completion:
        likely = tuple(row.logprobs) if row.request.logprobs else None
        return Completion(tuple(row.reply), self._text(row.reply), not row.stopped, logprobs=likely)

    def _text(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=False))

    # -- the cached path --

    def _cached(
        self,
        cache: SlotCache,
        batch: list[_Row],
        temperature: float,
        stepped: Callable[[], None] = lambda: None,
    ) -> None:
        by_key = {row.request.conversation: row for row in batch}
        cache.admit(list(by_key), max(len(row.request.ids) + row.limit for row in batch))
        start, ordered = cache.arrange(by_key)
        rows = [by_key[key] for key in ordered]
        logits = self._prefill(cache, start, rows)
        shared = _shared_by_all(rows)
        while True:
            self._take(rows, logits, temperature)
            stepped()
            rows = self._drop_finished(cache, start, rows)
            if not rows:
                return
            logits = self._step(cache, start, rows, shared)

    def _take(self, rows: list[_Row], logits: torch.Tensor, temperature: float) -> None:
        chosen = logits.max(-1).indices.tolist() if temperature <= 0 else _sample(logits, rows, temperature)
        for k, (row, token) in enumerate(zip(rows, chosen, strict=True)):
            if row.done:
                continue
            if token in self.stop_ids:
                row.stopped = True
                continue
            row.reply.append(token)
            if row.request.logprobs:
                row.logprobs.append(float(torch.log_softmax(logits[k].float(), -1)[token]))

    def _drop_finished(self, cache: SlotCache, start: int, rows: list[_Row]) -> list[_Row]:
        """Swap finished rows behind the running ones. A swap costs about a tenth of a step, so not for the
        first few."""
        finished = sum(row.done for row in rows)
        if finished == len(rows):
            return []
        if finished * 6 < len(rows):
            return rows
        rows = list(rows)
        last = len(rows) - 1
        for k in range(len(rows)):
            while last > k and rows[last].done:
                last -= 1
            if rows[k].done and last > k:
                cache.swap(start + k, start + last)
                rows[k], rows[last] = rows[last], rows[k]
        return [row for row in rows if not row.done]

    def _step(self, cache: SlotCache, start: int, rows: list[_Row], shared: int) -> torch.Tensor:
        """Feed the last token of each row; logits [rows, vocabulary]. Finished rows are fed again and
        forgotten."""
        tokens, positions = [], []
        for k, row in enumerate(rows):
            slot = cache.slots[start + k]
            whole = len(row.request.ids) + len(row.reply)
            if not row.done:
                slot.ids.append(row.reply[-1])
            tokens.append([slot.ids[-1]])
            positions.append([min(whole, len(slot.ids)) - 1])
        return self._forward(cache, start, tokens, positions, [0] * len(rows), shared)

    def _prefill(self, cache: SlotCache, start: int, rows: list[_Row]) -> torch.Tensor:
        """Read every row's prompt; logits [rows, vocabulary] after its last token."""
        prompts = [row.request.ids for row in rows]
        for k, ids in enumerate(prompts):
            done = cache.reuse(start + k, ids)
            ahead = max((common_prefix(ids, other) for other in prompts[k + 1 :]), default=0)
            if ahead >= done + SHARED_WORTH // 2:
                self._read(cache, start + k, [ids[:ahead]])
        for k, ids in enumerate(prompts):
            # The last token is read again when all is known: its logits were not kept.
            slot = cache.slots[start + k]
            del slot.ids[min(len(slot.ids), len(ids) - 1) :]
        waiting = sorted(len(ids) - len(cache.slots[start + k].ids) for k, ids in enumerate(prompts))
        level = max(1, min(PREFILL_ROW, waiting[len(waiting) * 3 // 4] * 5 // 4))
        for k, ids in enumerate(prompts):
            if len(ids) - len(cache.slots[start + k].ids) > level:
                self._read(cache, start + k, [ids[: len(ids) - level]])
        width = max(1, PREFILL_BATCH // level)
        parts = [self._read(cache, start + k, prompts[k : k + width]) for k in range(0, len(rows), width)]
        return torch.cat(parts)

    def _read(self, cache: SlotCache, start: int, prompts: Sequence[Sequence[int]]) -> torch.Tensor:
        """Feed the unread rest of each prompt to its slot, padded on the right; logits after each one's
        last token."""
        while True:
            slots = cache.slots[start : start + len(prompts)]
            rests = [list(ids[len(s.ids) : len(s.ids) + PREFILL_ROW]) for s, ids in zip(slots, prompts, strict=True)]
            width = max(map(len, rests))
            tokens = [rest + [0] * (width - len(rest)) for rest in rests]
            positions = [list(range(len(s.ids), len(s.ids) + width)) for s in slots]
            # A pad must not land behind the capacity; it may overwrite itself, nobody reads it.
            positions = [[min(p, cache.capacity - 1) for p in row] for row in positions]
            shared = min(len(s.ids) for s in slots)
            shared = min([shared] + [common_prefix(prompts[0], ids) for ids in prompts[1:]])
            logits = self._forward(cache, start, tokens, positions, [len(rest) - 1 for rest in rests], shared)
            for slot, rest in zip(slots, rests, strict=True):
                slot.ids += rest
            if all(len(s.ids) == len(ids) for s, ids in zip(slots, prompts, strict=True)):
                return logits

    def _forward(
        self,
        cache: SlotCache,
        start: int,
        tokens: list[list[int]],
        positions: list[list[int]],
        last: list[int],
        shared: int,
    ) -> torch.Tensor:
        """One pass over [rows, new] tokens at their positions; logits [rows, vocabulary] at `last` of each
        row."""
        where = torch.tensor(positions, device=self._device)
        length = int(max(max(row) for row in positions)) + 1
        shared = shared if len(tokens) > 1 and shared >= SHARED_WORTH else 0
        groups = self._model.config.num_attention_heads // cache.shape.heads
        hidden = self._model.base_model(
            input_ids=torch.tensor(tokens, device=self._device),
            position_ids=where,
            attention_mask=causal_mask(where, length, groups, cache.shape.dtype),
            past_key_values=View(cache, start, where, length),
            use_cache=True,
            shared=shared,
        ).last_hidden_state
        rows = torch.arange(len(tokens), device=self._device)
        logits: torch.Tensor = self._model.lm_head(hidden[rows, torch.tensor(last, device=self._device)])
        return logits

    # -- the plain path --

    def _plain(self, batch: list[_Row], temperature: float) -> None:
        """transformers' own `generate`, padded on the left, nothing kept."""
        width = max(len(row.request.ids) for row in batch)
        pad = self.stop_ids[0]
        ids = torch.tensor([[pad] * (width - len(r.request.ids)) + list(r.request.ids) for r in batch])
        mask = torch.tensor([[0] * (width - len(r.request.ids)) + [1] * len(r.request.ids) for r in batch])
        chooser = _Chooser(batch, temperature) if temperature > 0 else None
        out = self._model.generate(
            ids.to(self._device),
            attention_mask=mask.to(self._device),
            max_new_tokens=max(row.limit for row in batch),
            do_sample=False,
            eos_token_id=list(self.stop_ids),
            pad_token_id=pad,
            logits_processor=[chooser] if chooser else None,
        )
        for row, tail in zip(batch, out[:, width:].tolist(), strict=True):
            for token in tail:
                if not row.done and token not in self.stop_ids:
                    row.reply.append(token)
                elif not row.done:
                    row.stopped = True
            if row.request.logprobs:
                row.logprobs = self._likely(row.request.ids, row.reply)

    def _likely(self, prompt: Sequence[int], reply: Sequence[int]) -> list[float]:
        """The log-probability of each token of a reply, read in one pass."""
        ids = torch.tensor([[*prompt, *reply]], device=self._device)
        logits = self._model(ids).logits[0, len(prompt) - 1 : -1]
        written = ids[0, len(prompt) :, None]
        return [float(x) for x in torch.log_softmax(logits.float(), -1).gather(1, written)]


class _Chooser:
    """A logits processor that draws by each row's own generator and leaves greedy search one choice."""

    def __init__(self, rows: list[_Row], temperature: float) -> None:
        self._rows, self._temperature = rows, temperature

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        chosen = torch.tensor(_sample(scores, self._rows, self._temperature), device=scores.device)
        return torch.full_like(scores, -torch.inf).scatter(1, chosen[:, None], 0.0)


def _draw(request: Request, seed: int) -> torch.Generator:
    """A generator that depends on the seed, the conversation and its length, not on who else is in the
    batch."""
    digest = hashlib.sha256(f"{seed}:{request.conversation}:{len(request.ids)}".encode()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))


def _sample(logits: torch.Tensor, rows: list[_Row], temperature: float) -> list[int]:
    probabilities = torch.softmax(logits.float().cpu() / temperature, -1)
    return [
        int(torch.multinomial(p, 1, generator=row.draw)) if not row.done else 0
        for p, row in zip(probabilities, rows, strict=True)
    ]


def _shared_by_all(rows: list[_Row]) -> int:
    """Length of the beginning that all prompts have in common."""
    first = rows[0].request.ids
    return min((common_prefix(first, row.request.ids) for row in rows[1:]), default=0)


def _shape(model: Any) -> Shape:
    config = model.config
    dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return Shape(config.num_hidden_layers, config.num_key_value_heads, dim, model.dtype, model.device)
