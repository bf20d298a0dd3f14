"""A server in the form of OpenAI's, on a real port, with any model of ours behind it; it can be told to fail."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from demeanor.models.model import Model, Request
from demeanor.models.scripted import ByteTokenizer


@dataclass
class Server:
    """What was asked for, and what goes wrong next: a status code, 'drop' (the line is cut), 'break' (in the middle of
    a stream), or a text. `refuses`: a setting ('' for every request) and the words against it. `caches`: it keeps
    prompts in blocks of so many tokens, 0 for none, and says how much of the next ones it had. `bills`: what it has
    counted for each answer, `counts`: whether it says so."""

    url: str
    model: Model
    troubles: list[int | str] = field(default_factory=list)
    refuses: tuple[str, str] | None = None
    caches: int = 0
    counts: bool = True
    bills: list[dict[str, Any]] = field(default_factory=list)
    prompts: list[tuple[int, ...]] = field(default_factory=list)
    asked: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        if path.endswith("/chat/completions"):
            prompt: Sequence[int] = ByteTokenizer().apply_chat_template(body["messages"], True, True)
        else:
            prompt = body["prompt"]
        with self.lock:
            request = Request(tuple(prompt), f"request-{len(self.asked)}", bool(body.get("logprobs")))
            most = body.get("max_tokens") or body["max_completion_tokens"]
            how = {"max_new_tokens": most, "temperature": body.get("temperature", 0.0)}
            reply = self.model.generate([request], **how)[0]
        said: dict[str, Any] = {"message": {"role": "assistant", "content": reply.text}, "text": reply.text}
        if reply.logprobs:
            said["logprobs"] = {"token_logprobs": list(reply.logprobs)}
        usage = self._count(tuple(prompt), len(reply.ids))
        return {
            "choices": [{**said, "finish_reason": "length" if reply.cut else "stop"}],
            "usage": usage if self.counts else None,
        }

    def _count(self, prompt: tuple[int, ...], written: int) -> dict[str, Any]:
        """Tokens in OpenAI's form: those from the cache are among the prompt's."""
        usage: dict[str, Any] = {"prompt_tokens": len(prompt), "completion_tokens": written}
        with self.lock:
            if self.caches:
                same = max((_alike(prompt, known) for known in self.prompts), default=0)
                usage["prompt_tokens_details"] = {"cached_tokens": same // self.caches * self.caches}
                self.prompts.append(prompt)
            self.bills.append(usage)
        return usage


def _alike(a: Sequence[int], b: Sequence[int]) -> int:
    """How many tokens two prompts have in common before they part."""
    return next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with server.lock:
                server.asked.append((self.path, body, dict(self.headers)))
                trouble = server.troubles.pop(0) if server.troubles else None
            if server.refuses and server.refuses[0] in {"", *body}:
                error = {"error": {"message": server.refuses[1], "code": "unsupported_parameter"}}
                self._send(400, json.dumps(error).encode())
                return
            if trouble == "drop":
                self.close_connection = True
                self.connection.close()
                return
            if isinstance(trouble, int):
                self._send(trouble, b'{"error": "not now"}', {"Retry-After": "0"})
            elif trouble not in (None, "break"):
                self._send(200, str(trouble).encode())
            elif body.get("stream"):
                self._stream(server.answer(self.path, body), whole=trouble != "break")
            else:
                self._send(200, json.dumps(server.answer(self.path, body)).encode())

        def _stream(self, answer: dict[str, Any], whole: bool) -> None:
            """The answer in pieces of three characters; half of them, then silence, where it is not to be whole."""
            choice = answer["choices"][0]
            text = choice["text"]
            pieces = [text[k : k + 3] for k in range(0, len(text), 3)]
            events: list[dict[str, Any]] = [
                {"choices": [{"delta": {"content": piece}, "text": piece, "finish_reason": None}]} for piece in pieces
            ]
            last = {"delta": {}, "text": "", "finish_reason": choice["finish_reason"]}
            events += [{"choices": [last]}, {"choices": [], "usage": answer["usage"]}]
            lines = [f"data: {json.dumps(event)}" for event in events] + ["data: [DONE]"]
            shown = lines if whole else lines[: len(pieces) // 2]
            self._send(200, "".join(f"{line}\n\n" for line in shown).encode())

        def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Keeps quiet."""

    return Handler


@contextmanager
def serving(model: Model) -> Iterator[Server]:
    """A running server; it ends with the block."""
    found = Server("", model)
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(found))
    http.daemon_threads = True
    found.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
