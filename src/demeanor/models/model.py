"""The contract of every model: whole conversations as token ids in, replies as token ids out.

A request carries the *whole* rendered conversation, not a delta, so any model can answer it alone;
`conversation` is only a key under which a model may keep what it already computed. A model that keeps
nothing is still right. Text is made to tokens in one place above (the renderer), never here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from typing import Any, Literal, Protocol, runtime_checkable

from demeanor.errors import ModelError

Precision = Literal["bf16", "fp32"]
"""In which numbers a model computes."""


@dataclass(frozen=True)
class Request:
    """What the model reads: `ids`, the rendered conversation up to and with the reply's opening;
    `conversation`, its key. `logprobs`: whether the reply is to say how likely its tokens were."""

    ids: tuple[int, ...]
    conversation: str
    logprobs: bool = False


@dataclass(frozen=True)
class CallForm:
    """How calls are written, for an engine that can hold a model to it: between `opened` and `closed` stands
    `{"name": ..., "arguments": {...}}` for one of the tools. `schemas`: theirs, in OpenAI's form."""

    opened: str
    closed: str
    schemas: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Usage:
    """Tokens as a server counts and bills them: `read`, all of the prompts'; of these `cached`, found in its cache, and
    `stored`, newly put there; `written`, thoughts included. `requests`: sent, those that had to be repeated included.
    `seconds`: that requests waited for their answers, added up. `uncounted`: answers of which a server did not say how
    many tokens they took."""

    read: int = 0
    written: int = 0
    cached: int = 0
    stored: int = 0
    requests: int = 0
    seconds: float = 0.0
    uncounted: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    def __sub__(self, other: Usage) -> Usage:
        return Usage(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Completion:
    """What the model wrote: `ids` and `text` without the stop token. `cut`: the length limit came before a
    stop token. `usage`: what a server counted, where one did. `logprobs`: of each of `ids`, in
    nats, before any temperature; None where they were not asked for or the engine has none. `lost`: why the engine
    gave this conversation up; nothing it had written is kept, and `cut` is set."""

    ids: tuple[int, ...]
    text: str
    cut: bool
    usage: Usage | None = None
    logprobs: tuple[float, ...] | None = None
    lost: ModelError | None = None


@runtime_checkable
class Model(Protocol):
    """Anything that answers requests.

    `fingerprint` names what shaped the answers: weights, tokenizer, template and adapter by sha256 (""
    without an adapter), `stop_ids` as text, and the engine with its precision. `tokenizer` has
    `encode(text, add_special_tokens=)`, `decode(ids, skip_special_tokens=)`, `chat_template` and
    `apply_chat_template`. `window` is the longest prompt plus reply, in tokens.
    """

    name: str
    fingerprint: dict[str, str]
    tokenizer: Any
    stop_ids: tuple[int, ...]
    window: int

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        """One reply a request, in order. Temperature 0 is greedy; otherwise `seed` and the conversation fix
        the draw.

        Raises:
            ModelError: a prompt does not fit the window, is empty, or a conversation is asked for twice in
            one call; or one was lost on the way, told when the others have their replies.
        """
        ...

    def forget(self, conversations: Iterable[str]) -> None:
        """Drop what is kept for these conversations; unknown keys are fine."""
        ...


def check_requests(requests: Sequence[Request], max_new_tokens: int, window: int) -> None:
    """Refuse what no engine could answer, before any has begun.

    Raises:
        ModelError: an empty prompt, one that does not fit the window, a conversation asked for twice.
    """
    if max_new_tokens < 1:
        raise ModelError("max_new_tokens must be at least 1", found=max_new_tokens)
    seen: set[str] = set()
    for request in requests:
        if request.conversation in seen:
            raise ModelError(f"conversation {request.conversation!r} is asked for twice in one batch")
        seen.add(request.conversation)
        if problem := _unfit(request, window):
            raise problem


def _unfit(request: Request, window: int) -> ModelError | None:
    if not request.ids:
        return ModelError(f"conversation {request.conversation!r} has an empty prompt")
    if len(request.ids) < window:
        return None
    return ModelError(
        f"conversation {request.conversation!r} does not fit the model's window",
        found=len(request.ids),
        allowed=f"prompts below {window} tokens",
        fix="shorten the system text or the conversation, or take a model with a longer window",
    )


Answer = Callable[[Request, Completion], Request | None]
"""Takes a reply in and says what to generate in its place: the same conversation, another one, or None."""


def converse(
    model: Model,
    requests: Sequence[Request],
    answer: Answer,
    *,
    max_new_tokens: int,
    seed: int = 0,
    temperature: float = 0.0,
) -> None:
    """Keep conversations going until `answer` has no more to ask: each reply is handed on as soon as it is there.

    A model with a `converse` of its own lets no conversation wait for another's longer reply; others are asked for
    all replies that are due, again and again. A conversation that no longer fits the window, or that the engine gives
    up, gets a reply that says so (`lost`); the others go on.

    Raises:
        ModelError: the engine itself can go no further, or was asked for nothing sensible to begin with.
    """
    ask = getattr(model, "converse", None) or partial(in_turns, model)
    ask(requests, answer, max_new_tokens=max_new_tokens, seed=seed, temperature=temperature)


def in_turns(
    model: Model,
    requests: Sequence[Request],
    answer: Answer,
    *,
    max_new_tokens: int,
    seed: int = 0,
    temperature: float = 0.0,
) -> None:
    """`converse` by `generate` alone: all replies that are due at once, then all that follow."""
    due = within_window(requests, answer, model.window)
    while due:
        replies = model.generate(due, max_new_tokens=max_new_tokens, seed=seed, temperature=temperature)
        due = [n for r, reply in zip(due, replies, strict=True) if (n := answer(r, reply)) is not None]
        due = within_window(due, answer, model.window)


def within_window(requests: Sequence[Request], answer: Answer, window: int) -> list[Request]:
    """The requests that a model can be asked. Each other one is answered with why it is lost, and what follows that
    answer is looked at in its place.
    """
    fine = []
    for request in requests:
        due: Request | None = request
        while due is not None and (problem := _unfit(due, window)):
            due = answer(due, lost(problem))
        if due is not None:
            fine.append(due)
    return fine


def lost(problem: ModelError) -> Completion:
    """The reply of a conversation that the engine gives up."""
    return Completion((), "", True, lost=problem)


def reply_to_each(ask: Callable[..., None], requests: Sequence[Request], **how: Any) -> list[Completion]:
    """`generate` for a model that has only `converse` (`ask`): one reply a request, in order."""
    replies: dict[str, Completion] = {}

    def keep(request: Request, reply: Completion) -> None:
        replies[request.conversation] = reply

    ask(requests, keep, **how)
    for reply in replies.values():
        if reply.lost is not None:
            raise reply.lost
    return [replies[request.conversation] for request in requests]


Heard = Callable[[str], bool | None]
"""Told each new piece of a reply's text; False ends the reply there, marked `cut`."""


def speak(
    model: Model, request: Request, heard: Heard, *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
) -> Completion:
    """One reply, told piece by piece while it is written; the pieces join to its text.

    A model without a `speak` of its own tells it in one piece at the end. What was told may still turn out to be no
    whole reply (`cut`, or a ModelError on the way): nothing is to be kept before this returns.
    """
    own = getattr(model, "speak", None)
    if own is not None:
        found: Completion = own(request, heard, max_new_tokens=max_new_tokens, seed=seed, temperature=temperature)
        return found
    reply = model.generate([request], max_new_tokens=max_new_tokens, seed=seed, temperature=temperature)[0]
    if reply.text:
        heard(reply.text)
    return reply


class Pieces:
    """Tells the new text of a growing reply. A character whose bytes are not all there yet waits for them."""

    def __init__(self, decode: Callable[[list[int]], str], heard: Heard) -> None:
        self._decode, self._heard = decode, heard
        self._told = 0

    def grown(self, ids: Sequence[int], ended: bool) -> bool:
        """Tell what is new; whether the reply should go on."""
        text = self._decode(list(ids))
        end = len(text) if ended else len(text.rstrip("\ufffd"))
        if end <= self._told:
            return True
        piece, self._told = text[self._told : end], end
        return self._heard(piece) is not False


class Metered:
    """A model that counts what it is asked and what it writes; for everything else it is the model it wraps.

    A model that keeps a bill of its own (`billed`, a `Usage`) is believed: it knows what was read for replies that came
    to nothing.
    """

    def __init__(self, model: Model) -> None:
        self.name, self.fingerprint, self.tokenizer = model.name, model.fingerprint, model.tokenizer
        self.stop_ids, self.window = model.stop_ids, model.window
        self._model = model
        self._before = getattr(model, "billed", None)
        self._counted = Usage()
        self.replies = 0

    @property
    def usage(self) -> Usage:
        """All that was read and written since this began."""
        return self._counted if self._before is None else self._model.billed - self._before  # type: ignore[attr-defined]

    def _count(self, request: Request, reply: Completion) -> None:
        if reply.lost is not None:
            return
        self.replies += 1
        self._counted += reply.usage or Usage(len(request.ids), len(reply.ids), requests=1)

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        """See `Model.generate`."""
        replies = self._model.generate(requests, max_new_tokens=max_new_tokens, seed=seed, temperature=temperature)
        for request, reply in zip(requests, replies, strict=True):
            self._count(request, reply)
        return replies

    def converse(self, requests: Sequence[Request], answer: Answer, **how: Any) -> None:
        """See `converse`."""

        def counted(request: Request, reply: Completion) -> Request | None:
            self._count(request, reply)
            return answer(request, reply)

        converse(self._model, requests, counted, **how)

    def speak(self, request: Request, heard: Heard, **how: Any) -> Completion:
        """See `speak`."""
        reply = speak(self._model, request, heard, **how)
        self._count(request, reply)
        return reply

    def forget(self, conversations: Iterable[str]) -> None:
        """See `Model.forget`."""
        self._model.forget(conversations)
