"""A model behind an OpenAI-compatible server: vLLM, llama.cpp, Ollama, or hosted.

A server that runs what was tuned here is sent token ids (`/completions`): the prompt is then made by the one renderer,
and nothing depends on the template that the server believes in. Any other model is sent messages (`/chat/completions`)
and renders them itself; tools, notes and pages stand in them as text, as in every arm.
"""

from __future__ import annotations

import json
import random
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter

from demeanor.dialogue.openai import THOUGHTS
from demeanor.errors import ConfigError, ModelError
from demeanor.models.model import (
    Answer,
    Completion,
    Heard,
    Request,
    Usage,
    check_requests,
    lost,
    reply_to_each,
    within_window,
)
from demeanor.models.scripted import START, STOP, ByteTokenizer
from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, Positive, Text, fault, read_model

FILE = "endpoints.yaml"
TAKEN = ("base", "tuned", "latest", "promoted", "echo", "silent", "defer", "prompt", "few-shot", "retrieval")
ATTEMPTS = 5
LONGEST_WAIT = 30.0  # seconds
OTHER_NAME = {"max_tokens": "max_completion_tokens"}
"""A setting, and the name under which newer servers want it."""
THINKS = "thoughts without a reply"
LEFT_TO_SERVER = ("temperature", "seed", "logprobs", "stream_options")
"""Settings that a server may refuse; its own take their place, and the fingerprint names them."""
_THOUGHTS = re.compile(r"\s*<(think|thinking|thought|reasoning)>.*?(?:</\1>\s*|$)", re.DOTALL | re.IGNORECASE)
DEAD = 3
"""So many requests lost one after the other, none answered between them, and the server is taken for dead."""
BUSY = (408, 409, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Price:
    """What a million tokens cost: `read` and `written`; `cached`, of a prompt that the server found in its cache, and
    `stored`, put there, where they cost something else than reading."""

    read: float
    written: float
    cached: float | None = None
    stored: float | None = None

    def of(self, usage: Usage) -> float:
        """The bill."""
        cached = self.read if self.cached is None else self.cached
        stored = self.read if self.stored is None else self.stored
        fresh = usage.read - usage.cached - usage.stored
        money = fresh * self.read + usage.cached * cached + usage.stored * stored + usage.written * self.written
        return money / 1e6


@dataclass(frozen=True)
class Endpoint:
    """An entry of endpoints.yaml.

    Args:
        url: up to and with the version, such as http://localhost:8080/v1.
        key: name of the environment variable that holds the key; '' sends none.
        run: the training run whose export the server runs; '' for any other model.
        price: of its tokens; None for a server that charges for none.
        at_once: requests in flight.
        window: tokens of prompt and reply together; counted by the server's tokenizer, so only a bound here.
        timeout: seconds without an answer.
        thinking_tokens: what a model that thinks before it answers may use for that, beside the limit of a reply.
        extra_body: sent with every request as it is, such as {chat_template_kwargs: {enable_thinking: false}}.
    """

    name: str
    url: str
    model: str
    key: str = ""
    run: str = ""
    price: Price | None = None
    at_once: int = 8
    window: int = 32768
    timeout: float = 120.0
    thinking_tokens: int = 0
    extra_body: Mapping[str, Any] = field(default_factory=dict)


def _url(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise fault("not a URL", found=url, fix="url: http://localhost:8080/v1")
    return url


def _variable(name: str) -> str:
    if not name.isidentifier():
        # What was found is not shown: it may be the key itself.
        fix = "keys never stand in files: key: MY_API_KEY"
        raise fault("not the name of an environment variable", fix=fix)
    return name


def _prices(raw: Any) -> Any:
    """`[read, written]`, or the prices by name."""
    named = dict(zip(("read", "written"), raw, strict=False)) if isinstance(raw, list) and len(raw) == 2 else raw
    names = {field.name for field in fields(Price)}
    whole = isinstance(named, dict) and {"read", "written"} <= set(named) <= names
    if not whole or not all(type(x) in (int, float) and x >= 0 for x in named.values()):
        fix = "price: [0.50, 1.50] per million read, written; or {read: 0.50, cached: 0.05, written: 1.50}"
        raise fault("expected two prices, or prices by name", found=raw, allowed=sorted(names), fix=fix)
    return Price(**named)


class EndpointFile(FileModel):
    """An entry of endpoints.yaml."""

    url: Annotated[Text, AfterValidator(_url)]
    model: Text
    key: Annotated[Text, AfterValidator(_variable)] = ""
    run: Text = ""
    price: Annotated[Price | None, BeforeValidator(_prices)] = None
    at_once: Positive = 8
    window: Positive = 32768
    timeout: Annotated[float, Field(gt=0)] = 120.0
    thinking_tokens: Annotated[int, Field(ge=0)] = 0
    extra_body: dict[str, Any] = Field(default_factory=dict)


def read_endpoints(file: Path) -> dict[str, Endpoint]:
    """The endpoints of a project by name; none where there is no file.

    Raises:
        ConfigError: all that is wrong, with line and field; a key that stands in the file itself.
    """
    if not file.is_file():
        return {}
    raw, lines = read_yaml(file)
    reader = YamlReader(file, lines)
    named = reader.mapping(raw or {}, ())
    taken = [name for name in named if name in TAKEN or "+" in name or "," in name]
    if taken:
        raise reader.error("this name means something else", (taken[0],), fix="call the endpoint otherwise")
    read = read_model(TypeAdapter(dict[str, EndpointFile]), named, file, lines)
    return {name: Endpoint(name, **dict(one)) for name, one in read.items()}


class EndpointModel:
    """A server behind the contract of every model.

    Args:
        key: the key itself.
        tokenizer, stop_ids: of the run that the server serves; without them the server is sent messages.
        identity: further parts of the fingerprint (tokenizer, template, adapter).
        longest_wait: seconds between two attempts, at most.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        key: str = "",
        tokenizer: Any = None,
        stop_ids: tuple[int, ...] = (),
        identity: Mapping[str, str] | None = None,
        longest_wait: float = LONGEST_WAIT,
    ) -> None:
        if find_spec("httpx2") is None:
            raise ModelError("an endpoint needs httpx2", fix="pip install 'demeanor[endpoint]'")
        import httpx2

        self.endpoint = endpoint
        self.name = endpoint.model
        self.tokenizer: Any = tokenizer or ByteTokenizer()
        self.stop_ids = stop_ids or (ByteTokenizer().encode(STOP)[0],)
        # Bytes are counted where the server's tokens are not known: a token is at least one.
        self.window = endpoint.window if tokenizer else 8 * endpoint.window
        self._messages = tokenizer is None
        self._longest_wait = longest_wait
        self.billed = Usage()
        self._bill = Lock()
        self._renamed: dict[str, str] = {}
        self._refused: set[str] = set()
        self.fingerprint = {
            "weights": f"{endpoint.model} at {endpoint.url}",
            "stop_ids": ",".join(map(str, self.stop_ids)),
            "engine": "endpoint, messages" if self._messages else "endpoint, token ids",
            **dict.fromkeys(("tokenizer", "template", "adapter"), ""),
            **(identity or {}),
        }
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        limits = httpx2.Limits(max_connections=endpoint.at_once)
        self._client = httpx2.Client(headers=headers, timeout=endpoint.timeout, limits=limits)

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
        """See `demeanor.models.model.converse`. `answer` is called in the caller's thread only."""
        waiting: dict[Future[Completion], Request] = {}
        pool = ThreadPoolExecutor(self.endpoint.at_once, thread_name_prefix="endpoint")

        def begin(due: Sequence[Request]) -> None:
            for request in within_window(due, answer, self.window):
                waiting[pool.submit(self._ask, request, max_new_tokens, seed, temperature)] = request

        failed = 0
        try:
            begin(requests)
            while waiting:
                for done in wait(waiting, return_when=FIRST_COMPLETED).done:
                    reply = _result(done)
                    failed = failed + 1 if reply.lost else 0
                    if reply.lost and failed == DEAD:
                        raise reply.lost
                    following = answer(waiting.pop(done), reply)
                    begin([] if following is None else [following])
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def forget(self, conversations: Iterable[str]) -> None:
        """Nothing is kept here; what the server keeps is its own affair."""

    # ------------------------------------------------------------------ one request

    def speak(
        self, request: Request, heard: Heard, *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> Completion:
        """See `demeanor.models.model.speak`. A line that breaks in the middle is an error: what was told already is not
        asked for again.
        """
        check_requests([request], max_new_tokens, self.window)
        path, body = self._body(request, max_new_tokens, seed, temperature)
        text, ending, usage = "", None, None
        told = _teller(heard, thoughts=self._messages)
        logprobs: list[Any] = []
        with self._send(path, {**body, "stream": True, "stream_options": {"include_usage": True}}) as response:
            for piece in self._events(response):
                usage = piece.get("usage") or usage
                for choice in piece.get("choices") or ():
                    said = (choice.get("delta", {}).get("content") if self._messages else choice.get("text")) or ""
                    text, ending = text + said, choice.get("finish_reason") or ending
                    logprobs += _logprobs(choice)
                    if said and not told(text):
                        return self._made(request, text, True, self._charge(usage), logprobs)
        if ending is None:
            raise self._failed("the line broke in the middle of a reply", text[-80:])
        return self._made(request, text, ending == "length", self._charge(usage), logprobs)

    def _events(self, response: Any) -> Iterator[dict[str, Any]]:
        """The data of server-sent events, up to the last one."""
        import httpx2

        try:
            for line in response.iter_lines():
                data = line.removeprefix("data:").strip()
                if data == "[DONE]":
                    return
                if line.startswith("data:"):
                    yield dict(json.loads(data))
        except (httpx2.TransportError, ValueError) as error:
            raise self._failed("the line broke in the middle of a reply", str(error)) from error

    def _ask(self, request: Request, max_new_tokens: int, seed: int, temperature: float) -> Completion:
        path, body = self._body(request, max_new_tokens, seed, temperature)
        with self._send(path, body) as response:
            answer = self._json(response)
            usage = self._charge(answer.get("usage"))
            return self._reply(request, answer, usage)

    def _charge(self, raw: Any) -> Usage | None:
        """Put an answer's tokens on the bill; None where the server did not count them."""
        usage = _usage(raw)
        with self._bill:
            self.billed += usage or Usage(uncounted=1)
        return usage

    def _body(self, request: Request, max_new_tokens: int, seed: int, temperature: float) -> tuple[str, dict[str, Any]]:
        """Where to ask, and what."""
        body: dict[str, Any] = {
            "model": self.endpoint.model,
            "max_tokens": max_new_tokens + self.endpoint.thinking_tokens,
            "temperature": temperature,
            "seed": zlib.crc32(f"{seed}/{request.conversation}".encode()),
            **self.endpoint.extra_body,
        }
        if self._messages:
            return "chat/completions", {**body, "messages": chat_messages(self.tokenizer.decode(request.ids))}
        if request.logprobs:
            body["logprobs"] = 1
        stop = [self.tokenizer.decode([i], skip_special_tokens=False) for i in self.stop_ids]
        return "completions", {**body, "prompt": list(request.ids), "stop": stop}

    def _reply(self, request: Request, answer: Mapping[str, Any], usage: Usage | None) -> Completion:
        try:
            choice = answer["choices"][0]
            message = choice["message"] if self._messages else {"content": choice["text"]}
            text = str(message.get("content") or "")
            cut = choice.get("finish_reason") == "length"
            if cut and not _THOUGHTS.sub("", text, count=1) and (text or any(message.get(key) for key in THOUGHTS)):
                raise self._failed("the model thought up to its limit and said nothing", THINKS)
            logprobs = _logprobs(choice)
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise self._failed("the answer is not an OpenAI completion", str(answer)[:200]) from error
        return self._made(request, text, cut, usage, logprobs)

    def _made(self, request: Request, text: str, cut: bool, usage: Usage | None, logprobs: Sequence[Any]) -> Completion:
        if self._messages:
            text = _THOUGHTS.sub("", text.split(STOP)[0].split(START)[0], count=1) if _THOUGHTS.match(text) else text
            text = text.split(STOP)[0].split(START)[0]
        ids = tuple(self.tokenizer.encode(text, add_special_tokens=False))
        return Completion(ids, text, cut, usage, self._likely(request, ids, logprobs))

    def _likely(self, request: Request, ids: Sequence[int], found: Sequence[Any]) -> tuple[float, ...] | None:
        """The server's log-probabilities, where they are those of our tokens and perhaps of the stop token."""
        known = request.logprobs and not self._messages and all(isinstance(x, (int, float)) for x in found)
        if not known or len(found) - len(ids) not in (0, 1):
            return None
        return tuple(float(x) for x in found[: len(ids)])

    @contextmanager
    def _send(self, path: str, body: Mapping[str, Any]) -> Iterator[Any]:
        """The server's answer, still open. What may pass (a full queue, a restart, a lost line) is tried again, ever
        later.
        """
        import httpx2

        problem = ""
        for attempt in range(ATTEMPTS):
            pause = min(self._longest_wait, 0.5 * 2**attempt) * random.uniform(0.5, 1.0)
            request = self._client.build_request(
                "POST", f"{self.endpoint.url.rstrip('/')}/{path}", json=self._wanted(body)
            )
            started, response = time.monotonic(), None
            try:
                response = self._client.send(request, stream=True)
                if response.status_code != 200 or not body.get("stream"):
                    response.read()
            except httpx2.TransportError as error:
                response, problem = None, f"{type(error).__name__}: {error}"
            finally:
                with self._bill:
                    self.billed += Usage(requests=1, seconds=time.monotonic() - started)
            if response is not None:
                if response.status_code == 200:
                    try:
                        yield response
                    finally:
                        response.close()
                    return
                problem = f"{response.status_code}: {_reason(response.text)}"
                if response.status_code in (400, 422) and self._learn(response.text, body):
                    continue
                if response.status_code not in BUSY:
                    raise self._failed("the server refuses the request", problem)
                pause = max(pause, min(self._longest_wait, _asked_to_wait(response.headers)))
            if attempt + 1 < ATTEMPTS:
                time.sleep(pause)
        raise self._failed(f"the server does not answer, {ATTEMPTS} attempts", problem)

    def _wanted(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The body with the names that this server wants, and without what it refuses."""
        return {self._renamed.get(key, key): value for key, value in body.items() if key not in self._refused}

    def _learn(self, refusal: str, body: Mapping[str, Any]) -> bool:
        """Whether the server's words against a request name a setting that can be given otherwise."""
        for name, other in OTHER_NAME.items():
            if name not in self._renamed and name in body and re.search(rf"\b{other}\b", refusal):
                self._renamed[name] = other
                return True
        for name in LEFT_TO_SERVER:
            if name not in self._refused and name in body and re.search(rf"\b{name}\b", refusal):
                self._refused.add(name)
                self.fingerprint["left_to_server"] = ",".join(sorted(self._refused))
                return True
        return False

    def _json(self, response: Any) -> dict[str, Any]:
        try:
            answer = response.json()
        except ValueError as error:
            raise self._failed("the server does not answer in JSON", response.text[:200]) from error
        if not isinstance(answer, dict):
            raise self._failed("the answer is not an OpenAI completion", str(answer)[:200])
        return answer

    def _failed(self, why: str, found: str) -> ModelError:
        fix = f"look at url, model and key of {self.endpoint.name!r} in {FILE}, and at the server's log"
        if found == THINKS:
            fix = f"thinking_tokens: 2000 for {self.endpoint.name!r} in {FILE}, or turn thinking off by extra_body"
        return ModelError(f"endpoint {self.endpoint.name!r}: {why}", found=found, fix=fix)


def _teller(heard: Heard, *, thoughts: bool) -> Callable[[str], bool]:
    """Tells a listener what is new in a text that grows; False when he has enough.

    Args:
        thoughts: it may begin with some, which are not told.
    """
    so_far = 0

    def told(whole: str) -> bool:
        nonlocal so_far
        opening = whole.lstrip()
        if thoughts and opening.startswith("<") and (len(opening) < 12 or _THOUGHTS.match(whole)):
            closed = re.match(r"\s*<(\w+)>.*?</\1>\s*", whole, re.DOTALL)
            if closed is None:
                return True  # thoughts are about to begin, or go on
            so_far = max(so_far, closed.end())
        piece, so_far = whole[so_far:], max(so_far, len(whole))
        return not piece or heard(piece) is not False

    return told


def _usage(raw: Any) -> Usage | None:
    """What a server counted, in the forms of OpenAI (whose prompt tokens hold the cached ones), of those that name what
    was put into the cache, and of DeepSeek; None where it did not count.
    """
    if not isinstance(raw, Mapping):
        return None
    details = raw.get("prompt_tokens_details") or {}
    numbers: tuple[Any, ...] = (
        raw.get("prompt_tokens"),
        raw.get("completion_tokens"),
        details.get("cached_tokens", raw.get("prompt_cache_hit_tokens")) or 0,
        details.get("cache_write_tokens", raw.get("cache_creation_input_tokens")) or 0,
    )
    return Usage(*numbers) if all(isinstance(number, int) for number in numbers) else None


def _reason(text: str) -> str:
    """What a server says against a request: the words of its error object, where it sends one."""
    try:
        error = json.loads(text)["error"]
        return str(error["message"] if isinstance(error, dict) else error)[:300]
    except (ValueError, KeyError, TypeError):
        return text[:300]


def _logprobs(choice: Mapping[str, Any]) -> list[Any]:
    """Of the written tokens, in either form that servers give: lists beside each other, or one object a token."""
    found = choice.get("logprobs") or {}
    return list(found.get("token_logprobs") or [token.get("logprob") for token in found.get("content") or ()])


def _result(done: Future[Completion]) -> Completion:
    try:
        return done.result()
    except ModelError as error:  # this one is lost; the others go on
        return lost(error)


def _asked_to_wait(headers: Mapping[str, str]) -> float:
    """Seconds of a Retry-After header; its form with a date is left to our own waits."""
    value = headers.get("retry-after", "")
    return float(value) if value.isdecimal() else 0.0


def chat_messages(prompt: str) -> list[dict[str, str]]:
    """A prompt in the plain ChatML of `ByteTokenizer` as messages: role and content, without the opening of the reply.

    Texts of users, pages and tools cannot forge a message: the renderer has defused them.
    """
    messages = []
    for part in prompt.split(START)[1:]:
        head, stop, _ = part.rpartition(STOP)
        if stop:
            role, _, content = head.partition("\n")
            messages.append({"role": role, "content": content})
    return messages


def key_of(endpoint: Endpoint, environment: Mapping[str, str]) -> str:
    """The endpoint's key from the environment.

    Raises:
        ConfigError: it is not there.
    """
    if endpoint.key and not environment.get(endpoint.key):
        raise ConfigError(
            "the environment variable with the endpoint's key is not set",
            field=f"{endpoint.name}.key",
            found=endpoint.key,
            fix=f"export {endpoint.key}=...",
        )
    return environment.get(endpoint.key, "") if endpoint.key else ""
