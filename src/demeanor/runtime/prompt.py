"""Agent and history -> exactly what the model reads. The one renderer of training, evaluation and serving.

The text is cut into segments, and every segment is turned into tokens by itself: what was shown once keeps its token
ids whatever follows, so a cache of the history stays valid and training sees the very ids that serving produces. The
segments of a conversation with a trained reply are

    [system, user, header of the reply] [the reply and its stop token, trained] [next user message, header] ...

They are cut out of the model's own chat template, by rendering growing prefixes of the conversation; a template that
rewrites earlier turns is refused (`models/chat_template.py`). Special tokens and call tags inside texts that people,
pages or tools wrote are defused: documents are data.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from demeanor.agent import Agent
from demeanor.dialogue import Message, ToolCall
from demeanor.models.chat_template import cut, habits, joined, specials, template_of

RENDERER_VERSION = "2"
LONGEST_TAG = 44  # characters
CALL_OPEN, CALL_CLOSE = "<tool_call>", "</tool_call>"
RESULT_OPEN, RESULT_CLOSE = "<tool_response>", "</tool_response>"
CONTEXT_OPEN, CONTEXT_CLOSE = "<context>", "</context>"
NOTE_OPEN, NOTE_CLOSE = "<note>", "</note>"
_TAGS = re.compile(r"<(/?)(tool_call|tool_response|context|note)>", re.IGNORECASE)
# One that was closed is whole, whatever stands in it but a call; one that was not ends with its line.
_NOTE = re.compile(rf"\s*{NOTE_OPEN}(?:((?:(?!{CALL_OPEN}).)*?){NOTE_CLOSE}|([^<\n]*))", re.DOTALL)
# The special tokens of the model families known here, by shape: <|im_start|>, <end_of_turn>, <file_sep>, <bos> ...
_SPECIAL = re.compile(
    r"<(\|[^|<>\n]{1,40}\||/?[a-z]+(?:_[a-z]+)+|/?s|bos|eos|pad|unk|mask|unused\d+|reponame|filename)>"
)


# What no user reads: blocks between these tags, closed or not, the tags as whole as a model that is not sure of them
# writes them; a call without its tags; and what is left of a tag that was cut off.
_NAMES = r"(?:tool_call|tool_response|context|note)"
_HIDDEN = re.compile(rf"<\s?({_NAMES})\b.*?(?:</\s?\1\b\s?>?|\Z)", re.IGNORECASE | re.DOTALL)
_STRAY = re.compile(rf"</?\s?{_NAMES}\b\s?>?", re.IGNORECASE)
_BARE_CALL = re.compile(r"""\{\s*["'](?:name|arguments)["']\s*:""")
_BARE_BEGINS = re.compile(r"""\{\s*(?:["'][a-z]{0,9}(?:["']\s*)?)?\Z""")
_CUT_OFF = re.compile(r"</?(?:t|to|too|tool|tool_\w*|c|co\w*|n|no\w*)?\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Segment:
    """A piece of rendered text. `message` is the index of the reply that a trained segment belongs to, else -1."""

    text: str
    trained: bool
    message: int = -1


@dataclass(frozen=True)
class Rendered:
    """Token ids of a conversation and, for each, whether it is a training target."""

    ids: tuple[int, ...]
    trained: tuple[bool, ...]


def system_text(agent: Agent, schemas: Sequence[Mapping[str, Any]]) -> str:
    """Persona, voice, tools: all that ever stands in the system message. It never changes during a conversation."""
    parts = [agent.persona]
    if agent.voice.traits:
        parts[0] += f" Your voice is {', '.join(agent.voice.traits)}."
    if schemas:
        rows = [json.dumps(schema, ensure_ascii=False) for schema in schemas]
        call = f'{CALL_OPEN}{{"name": ..., "arguments": {{...}}}}{CALL_CLOSE}'
        parts.append("\n".join(["Tools:", *rows, f"To call a tool, write {call}"]))
    return "\n\n".join(parts)


def defuse(text: str) -> str:
    """Take the power out of special tokens and call tags in text that the agent did not write."""
    return _TAGS.sub(r"(\1\2)", _SPECIAL.sub(r"(\1)", text))


def own_marks(tokenizer: Any) -> re.Pattern[str] | None:
    """The special tokens of a tokenizer, to be found in text. None for none."""
    marks = sorted(specials(tokenizer), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, marks))) if marks else None


def _powerless(mark: str) -> str:
    """A mark as text: its brackets round, or with a space in it where it has none."""
    round_ones = mark.translate(str.maketrans("<>[]{}", "()()()"))
    return round_ones if round_ones != mark else f"{mark[:1]} {mark[1:]}"


def context_block(nudge: str, passages: Sequence[tuple[str, str]]) -> str:
    """Nudges first, then passages (id, text), as one block; empty when there is nothing."""
    rows = [nudge] if nudge else []
    rows += [f"[{name}] {text}" for name, text in passages]
    return f"{CONTEXT_OPEN}\n{defuse(chr(10).join(rows))}\n{CONTEXT_CLOSE}" if rows else ""


def call_text(call: ToolCall) -> str:
    """A call as the model writes it."""
    body = json.dumps({"name": call.name, "arguments": call.arguments}, ensure_ascii=False)
    # JSON can spell the bracket: a tag inside an argument stays an argument, and what is parsed is what was meant.
    for tag in (_TAGS, _SPECIAL):
        body = tag.sub(lambda m: "\\u003c" + m[0][1:], body)
    return f"{CALL_OPEN}{body}{CALL_CLOSE}"


def reply_text(message: Message) -> str:
    """An assistant message as the model writes it: note, text, calls."""
    note = f"{NOTE_OPEN}{_one_line(message.note)}{NOTE_CLOSE}" if message.note else ""
    return "\n".join(part for part in (note, message.content, *map(call_text, message.calls)) if part)


def _one_line(note: str) -> str:
    return " ".join(_SPECIAL.sub(r"(\1)", note).replace("<", "(").split())


def parse_note(text: str) -> tuple[str, str]:
    """What the model wrote -> the note that it begins with ('' without one), and the rest."""
    found = _NOTE.match(text)
    if found is None:
        return "", text
    return " ".join(_STRAY.sub(" ", found[1] or found[2] or "").split()), text[found.end() :]


def note_entries(note: str) -> list[tuple[list[str], str]]:
    """The slots and the words of each entry of a note: "check_in, check_out: next weekend; need: guests"."""
    entries = [part.partition(": ") for part in note.split("; ")]
    return [([name.strip() for name in names.split(",")], words.strip()) for names, colon, words in entries if colon]


def parse_reply(text: str) -> tuple[str, list[ToolCall], list[str]]:
    """What the model wrote behind its note -> text, calls, and pieces that look like calls but cannot be read.

    With `parse_note`, the inverse of `reply_text`.
    """
    calls: list[ToolCall] = []
    broken: list[str] = []
    head, *rest = text.split(CALL_OPEN)
    for piece in rest:
        body = piece.split(CALL_CLOSE)[0].strip()
        try:
            # A lone surrogate ("\\ud800") is valid JSON and no text; it would break every later encoding.
            raw = json.loads(json.dumps(json.loads(body), ensure_ascii=False).encode(errors="replace"))
            calls.append(ToolCall(str(raw["name"]), dict(raw.get("arguments") or {})))
        except (json.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            broken.append(body)
    return head.strip(), calls, broken


def shown_text(text: str) -> str:
    """What of a message the user reads: no note, call, result or context, nor a tag of one, whatever was written."""
    cleaned = text
    while (text := _SPECIAL.sub("", _STRAY.sub("", _without_calls(_HIDDEN.sub("", cleaned))))) != cleaned:
        cleaned = text  # what stood around a block may have become one
    return _CUT_OFF.sub("", text).strip()


def _without_calls(text: str) -> str:
    """The text without calls that stand there without their tags; one that does not end hides all behind it."""
    if (found := _BARE_CALL.search(text)) is None:
        return text
    try:
        _, end = json.JSONDecoder().raw_decode(text, found.start())
    except ValueError:
        return text[: found.start()]
    return text[: found.start()] + text[end:]


def undecided(text: str) -> int:
    """From where on a text that is still being written may turn out to be nothing that the user reads."""
    before, opened, tag = text.rpartition("<")
    at = len(before) if opened and ">" not in tag and len(tag) < LONGEST_TAG else len(text)
    if (bare := _BARE_BEGINS.search(text)) is not None:
        at = min(at, bare.start())
    note = re.match(rf"\s*{NOTE_OPEN}", text)
    return 0 if note is not None and NOTE_CLOSE not in text and CALL_OPEN not in text else at


def wire_messages(
    system: str, messages: Sequence[Message], marks: re.Pattern[str] | None = None
) -> list[dict[str, str]]:
    """The messages as plain role and text, the way templates take them.

    Args:
        marks: of the tokenizer that reads them; they have no power in what people, pages and tools wrote.
    """

    def harmless(text: str) -> str:
        return marks.sub(lambda found: _powerless(found[0]), text) if marks else text

    wire = [{"role": "system", "content": system}]
    for message in messages:
        if message.role == "tool":
            role, text = "user", f"{RESULT_OPEN}{harmless(defuse(message.content))}{RESULT_CLOSE}"
        elif message.role == "user":
            role = "user"
            text = "\n".join(harmless(part) for part in (message.context, defuse(message.content)) if part)
        else:
            role = "assistant"
            text = reply_text(message)
        wire.append({"role": role, "content": text})
    return wire


class Renderer:
    """Renders conversations of one agent for one tokenizer.

    Args:
        tokenizer: a transformers tokenizer, or anything with `apply_chat_template` and `encode`.
        system: the system text (see `system_text`).

    Raises:
        ConfigError: its chat template cannot carry what an agent shows its model.
    """

    def __init__(self, tokenizer: Any, system: str) -> None:
        self.tokenizer = tokenizer
        self.system = system
        self._habits = habits(tokenizer)
        self.stop = self._habits.stop
        self._marks = own_marks(tokenizer)
        self._encode = lru_cache(maxsize=65536)(self._encode_uncached)

    @property
    def stop_ids(self) -> tuple[int, ...]:
        return self._encode(self.stop)

    def fingerprint(self) -> str:
        """Hash of all that decides how a conversation becomes tokens, apart from the tokenizer's own vocabulary."""
        parts = (
            RENDERER_VERSION,
            template_of(self.tokenizer),
            self.stop,
            CALL_OPEN,
            RESULT_OPEN,
            CONTEXT_OPEN,
            NOTE_OPEN,
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def segments(self, messages: Sequence[Message]) -> list[Segment]:
        """The rendered conversation, cut where tokens are cut. Ends with the header of the next reply if one is due.

        Raises:
            DialogueError: the template rewrites earlier turns.
        """
        wire = wire_messages(self.system, messages, self._marks)
        if self._habits.trims:
            wire = [{**m, "content": m["content"].strip()} if m["role"] == "assistant" else m for m in wire]
        return [
            Segment(text, k > 0 and messages[k - 1].weight == 1, max(k - 1, -1))
            for text, k in cut(wire, self.stop, self._template)
        ]

    def render(self, messages: Sequence[Message]) -> Rendered:
        """Token ids and training mask of a conversation."""
        ids: list[int] = []
        trained: list[bool] = []
        for segment in self.segments(messages):
            piece = self._encode(segment.text)
            ids += piece
            trained += [segment.trained] * len(piece)
        return Rendered(tuple(ids), tuple(trained))

    def _template(self, wire: Sequence[Mapping[str, str]], reply_follows: bool) -> str:
        shown = joined(wire) if self._habits.joins else list(wire)
        return str(self.tokenizer.apply_chat_template(shown, tokenize=False, add_generation_prompt=reply_follows))

    def _encode_uncached(self, text: str) -> tuple[int, ...]:
        return tuple(self.tokenizer.encode(text, add_special_tokens=False))
