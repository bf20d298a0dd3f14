"""A model without weights: replies come from a list, a function, the user's own words, or not at all.

It keeps the same contract as a real model, down to token ids (bytes, plus two specials in ChatML style), so
that everything above it runs the same code. `ScriptedModel.echo()` and `.silent()` are the agents that do
nothing, scored beside real ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from demeanor.errors import ModelError
from demeanor.models.model import Completion, Request

START, STOP = "<|im_start|>", "<|im_end|>"
SPECIALS = {START: 256, STOP: 257}
CHATML = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class ByteTokenizer:
    """UTF-8 bytes as ids 0..255, `<|im_start|>` 256 and `<|im_end|>` 257. Any text comes back as it went
    in."""

    chat_template = CHATML
    eos_token, eos_token_id = STOP, SPECIALS[STOP]
    all_special_tokens = tuple(SPECIALS)
    all_special_ids = tuple(SPECIALS.values())

    def __len__(self) -> int:
        return 258

    def encode(self, text: str, add_special_tokens: bool = False) -> list[int]:
        """Ids of the text; the two specials become one id each."""
        ids: list[int] = []
        for number, part in enumerate(text.split(START)):
            ids += [SPECIALS[START]] if number else []
            for inner, piece in enumerate(part.split(STOP)):
                ids += [SPECIALS[STOP]] if inner else []
                ids += piece.encode()
        return ids

    def decode(self, ids: Sequence[int], skip_special_tokens: bool = False) -> str:
        """The text of the ids; bytes that are not UTF-8 become replacement characters."""
        names = {number: b"" if skip_special_tokens else name.encode() for name, number in SPECIALS.items()}
        return b"".join(names[i] if i in names else bytes((i,)) for i in ids).decode(errors="replace")

    def convert_tokens_to_ids(self, token: str) -> int | None:
        """The id of a special token, None for any other text."""
        return SPECIALS.get(token)

    def apply_chat_template(
        self,
        messages: Sequence[Mapping[str, Any]],
        tokenize: bool = False,
        add_generation_prompt: bool = False,
        **_: Any,
    ) -> Any:
        """ChatML text of the messages, or its ids when `tokenize`."""
        text = "".join(f"{START}{m['role']}\n{m['content']}{STOP}\n" for m in messages)
        text += f"{START}assistant\n" if add_generation_prompt else ""
        return self.encode(text) if tokenize else text


class ScriptedModel:
    """Answers from a script.

    `replies` is a list, played from the start for every conversation, or a function from the prompt's text
    to the reply. A conversation that outlives its list raises ModelError: a test should say what it
    expects.
    """

    def __init__(self, replies: Sequence[str] | Callable[[str], str], name: str = "scripted") -> None:
        self.name = name
        self.tokenizer: Any = ByteTokenizer()
        self.stop_ids: tuple[int, ...] = (SPECIALS[STOP],)
        self.window = 1_000_000
        self._replies = replies
        self._played: dict[str, int] = {}
        source = name if callable(replies) else "\n".join(replies)
        self.fingerprint = {
            "weights": hashlib.sha256(source.encode()).hexdigest(),
            "tokenizer": hashlib.sha256(b"bytes-chatml").hexdigest(),
            "template": hashlib.sha256(CHATML.encode()).hexdigest(),
            "stop_ids": str(SPECIALS[STOP]),
            "adapter": "",
            "engine": "scripted",
        }

    @classmethod
    def echo(cls) -> ScriptedModel:
        """Says the user's last message back."""
        return cls(last_user_message, name="echo")

    @classmethod
    def always(cls, text: str, name: str = "always") -> ScriptedModel:
        """Says the same whatever it hears."""
        model = cls(lambda prompt: text, name=name)
        model.fingerprint["weights"] = hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()
        return model

    @classmethod
    def silent(cls) -> ScriptedModel:
        """Ends every reply at once."""
        return cls(lambda prompt: "", name="silent")

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        """One reply a request; `seed` and `temperature` change nothing. Longer ones are cut at
        `max_new_tokens` bytes."""
        return [self._reply(request, max_new_tokens) for request in requests]

    def forget(self, conversations: Iterable[str]) -> None:
        """Play the list from its start again for these conversations."""
        for conversation in conversations:
            self._played.pop(conversation, None)

    def _reply(self, request: Request, limit: int) -> Completion:
        ids = tuple(self.tokenizer.encode(self._text(request)))
        kept = ids[:limit]
        return Completion(kept, self.tokenizer.decode(kept), len(ids) > limit)

    def _text(self, request: Request) -> str:
        if callable(self._replies):
            return self._replies(self.tokenizer.decode(request.ids))
        played = self._played.get(request.conversation, 0)
        if played >= len(self._replies):
            raise ModelError(
                f"the script of {len(self._replies)} replies has ended for {request.conversation!r}",
                fix="give the scripted model a reply for every turn, or a function",
            )
        self._played[request.conversation] = played + 1
        return self._replies[played]


def last_user_message(prompt: str) -> str:
    """The content of the last user message in a ChatML prompt, "" when there is none."""
    parts = prompt.split(f"{START}user\n")
    return parts[-1].split(STOP)[0] if len(parts) > 1 else ""
