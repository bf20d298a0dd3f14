"""Records of datasets for training: OpenAI's forms, old and new, ShareGPT, turns of Alpaca's kind, pairs of preference.

They are brought into the one form that `dialogue/openai.py` reads, so that a dialogue means the same however it came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from demeanor.data.importing.columns import side_of
from demeanor.data.importing.pieces import LeftOut, Piece, Row, Thread
from demeanor.dialogue import dialogue_from_json
from demeanor.dialogue.openai import ASIDE, KEYS, SYSTEM
from demeanor.errors import DialogueError

Unread = Callable[[str], None]
"""Told the name of each key that nothing is taken from."""
ROLES = (*SYSTEM, "user", "assistant", "tool", "function")
CALLS, RESULTS = ("function_call", "tool_call"), ("observation", "function_response", "tool_response")
"""Speakers of ShareGPT's form who are no persons."""
LISTS = ("messages", "conversations", "conversation", "contents", "turns")
OF_DIALOGUE = ("id", "messages", "metadata", *ASIDE)
_END = re.compile(r"\s*(?:\n+#{2,}|->|\n+={2,})\s*$|\s+(?:END|###)\s*$")
"""What separated prompt and completion in the first fine-tuning format, and ended the latter."""
_LABEL = re.compile(r"^(?P<who>[A-Z][\w ]{0,24}):[ \t]*(?P<said>.*)$")


def is_chat(value: Mapping[str, Any]) -> bool:
    """Whether a record is of one of these forms."""
    return next(_read(value, lambda key: None), None) is not None


def chat_threads(row: Row, unread: Unread) -> Iterator[Thread | LeftOut]:
    """The conversations of a record, and what of it is left out."""
    for number, (name, raw, left) in enumerate(_read(row.value, unread)):
        id = str(raw.get("id") or row.value.get("id") or f"{row.place.file.partition('.')[0]}-{row.place.row}")
        id = f"{id}-{name}" if name and number else id
        if left:
            yield LeftOut(row.place, left, id)
            continue
        try:
            names = tuple(_names(raw["messages"]))
            cut, cut_from = _answered(raw["messages"])
            dialogue = dialogue_from_json({**raw, "id": id, "messages": cut}, file=row.place.file, line=row.place.row)
        except DialogueError as error:
            yield LeftOut(row.place, error.message, id)
            continue
        if cut_from is not None:
            yield LeftOut(row.place, "a call without its result, and what follows it", id)
        pieces = tuple(
            Piece(_part(row, k), message.role, message.content, message=message)
            for k, message in enumerate(dialogue.messages)
        )
        yield Thread(id, pieces, names, dialogue.metadata)


def _part(row: Row, number: int) -> Any:
    return type(row.place)(row.place.file, row.place.row, number)


# ---------------------------------------------------------------------- the forms


def _read(value: Mapping[str, Any], unread: Unread) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(which of several, the record in OpenAI's form, why it is left out) of each conversation of a record."""
    for key in LISTS:
        listed = value.get(key)
        if isinstance(listed, list) and listed and all(_is_said(one) for one in listed):
            rest = {k: v for k, v in value.items() if k != key}
            yield "", *_of_messages(rest, listed, unread)
            return
    if _is_preference(value):
        yield from _preferred(value, unread)
    elif isinstance(value.get("prompt"), str) and isinstance(value.get("completion"), str):
        _unread_of(value, {"prompt", "completion", "id", "metadata"}, unread)
        yield "", *_of_completion(value)
    elif isinstance(value.get("instruction"), str) and "output" in value:
        _unread_of(value, {"instruction", "input", "output", "history", "system", "id", "metadata"}, unread)
        yield "", *_of_alpaca(value)


def _is_said(one: Any) -> bool:
    """A message: who, and what. Help desks write other keys."""
    if not isinstance(one, Mapping):
        return False
    openai = "role" in one and bool({"content", "tool_calls", "function_call", "parts"} & set(one))
    return openai or {"from", "value"} <= set(one)


def _of_messages(rest: Mapping[str, Any], listed: list[Any], unread: Unread) -> tuple[dict[str, Any], str]:
    messages, left = [], ""
    if isinstance(rest.get("system"), str) and rest["system"].strip():
        messages.append({"role": "system", "content": rest["system"]})
    for one in listed:
        message = _shared(one) if "from" in one else dict(one)
        role = str(message.get("role"))
        if "parts" in message and "content" not in message:
            message["content"] = [{"type": "text", "text": p.get("text")} for p in message.pop("parts")]
        if role not in ROLES:
            side = side_of(role)
            message["role"] = {"agent": "assistant"}.get(side, side)
            left = left if side in ("user", "agent", "system", "tool") else f"nobody knows who {role!r} is"
        if message["role"] in SYSTEM and messages and messages[-1]["role"] not in SYSTEM:
            left = left or "instructions in the middle of a conversation"
        for key in set(message) - set(KEYS):
            unread(f"{key} of a message")
        messages.append({key: v for key, v in message.items() if key in KEYS})
    _unread_of(rest, {*OF_DIALOGUE, "system"}, unread)
    more = {k: v for k, v in rest.items() if k in OF_DIALOGUE}
    if not isinstance(more.get("metadata", {}), dict):
        more["metadata"] = {"imported_metadata": more["metadata"]}
    return {**more, "messages": messages}, left


def _shared(one: Mapping[str, Any]) -> dict[str, Any]:
    """A message of ShareGPT's form, calls and their results included."""
    who, said = str(one["from"]), one["value"]
    more = {k: v for k, v in one.items() if k not in ("from", "value")}
    if who in CALLS:
        try:
            call = json.loads(said)
            function = {"name": call["name"], "arguments": call.get("arguments") or {}}
        except (ValueError, TypeError, KeyError):
            return {"role": who, "content": said}
        calls = [{"id": "call", "type": "function", "function": function}]
        return {"role": "assistant", "content": "", "tool_calls": calls, **more}
    if who in RESULTS:
        return {"role": "tool", "tool_call_id": "call", "content": said, **more}
    return {"role": who, "content": said, **more}


def _of_completion(value: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """A prompt and its completion. A prompt that is a conversation by labels ("Customer: ...", "Agent:") is one."""
    prompt, completion = _END.sub("", value["prompt"]), _END.sub("", value["completion"]).strip()
    messages = _labelled(prompt) or [{"role": "user", "content": prompt.strip()}]
    messages.append({"role": "assistant", "content": completion})
    return {**_about(value), "messages": messages}, ""


def _labelled(prompt: str) -> list[dict[str, str]]:
    """The turns of a prompt whose last line is a bare label, whose owner speaks next."""
    lines = prompt.strip().split("\n")
    last = _LABEL.match(lines[-1])
    if last is None or last["said"].strip():
        return []
    turns: list[tuple[str, str]] = []
    for line in lines[:-1]:
        found = _LABEL.match(line)
        if found is not None:
            turns.append((found["who"], found["said"]))
        elif turns:
            turns[-1] = (turns[-1][0], f"{turns[-1][1]}\n{line}")
        else:
            turns.append(("", line))
    instructions = "\n".join(said for who, said in turns if not who).strip()
    spoken = [(who, said) for who, said in turns if who]
    if not spoken or len({who for who, _ in spoken} | {last["who"]}) != 2:
        return []
    said = [{"role": "assistant" if who == last["who"] else "user", "content": text.strip()} for who, text in spoken]
    return [*([{"role": "system", "content": instructions}] if instructions else []), *said]


def _of_alpaca(value: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    messages: list[dict[str, str]] = []
    if value.get("system"):
        messages.append({"role": "system", "content": str(value["system"])})
    for pair in value.get("history") or ():
        if not isinstance(pair, list) or len(pair) != 2:
            return {"messages": []}, "a history that is no list of pairs"
        messages += [{"role": "user", "content": str(pair[0])}, {"role": "assistant", "content": str(pair[1])}]
    asked = "\n".join(str(part) for part in (value["instruction"], value.get("input")) if part)
    messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": str(value["output"] or "")}]
    return {**_about(value), "messages": messages}, ""


def _is_preference(value: Mapping[str, Any]) -> bool:
    return "chosen" in value or "preferred_output" in value or (
        isinstance(value.get("prompt"), list) and isinstance(value.get("completion"), list)
    )  # fmt: skip


def _preferred(value: Mapping[str, Any], unread: Unread) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The preferred reply of a pair; the other one is left out by name, for it is no reply to learn."""
    before = value.get("prompt", value.get("input", []))
    before = before.get("messages", []) if isinstance(before, Mapping) else before
    before = [{"role": "user", "content": before}] if isinstance(before, str) else list(before)
    chosen = value.get("chosen", value.get("preferred_output", value.get("completion")))
    after = [{"role": "assistant", "content": chosen}] if isinstance(chosen, str) else list(chosen or ())
    whole = after if after[: len(before)] == before else before + after
    known = {"prompt", "input", "chosen", "preferred_output", "completion", "rejected", "non_preferred_output"}
    rest = {k: v for k, v in value.items() if k not in known}
    if not whole or not all(_is_said(one) for one in whole):
        yield "", {"messages": []}, "a pair of preference of no form that is known"
        return
    yield "", *_of_messages(rest, whole, unread)
    if "rejected" in value or "non_preferred_output" in value:
        yield "rejected", {"messages": []}, "the rejected reply of a pair"


def _about(value: Mapping[str, Any]) -> dict[str, Any]:
    return {k: value[k] for k in ("id", "metadata") if isinstance(value.get(k), str | int | dict)}


def _unread_of(value: Mapping[str, Any], known: set[str], unread: Unread) -> None:
    for key in set(value) - known:
        unread(key)


def _names(messages: list[dict[str, Any]]) -> Iterator[str]:
    """How the user is called, where a message says it; taken out, for nothing else reads it."""
    for message in messages:
        if message.get("role") not in ("tool", "function") and "name" in message:
            name = message.pop("name")
            if message.get("role") == "user" and isinstance(name, str):
                yield name


def _answered(messages: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int | None]:
    """The messages before the first call that nothing answers, and its index."""
    for k, message in enumerate(messages):
        calls = [call.get("id", "") for call in message.get("tool_calls") or () if isinstance(call, Mapping)]
        results = [m.get("tool_call_id", "") for m in messages[k + 1 : k + 1 + len(calls)] if m.get("role") == "tool"]
        after = messages[k + 1] if k + 1 < len(messages) else {}
        if set(calls) - set(results) or (message.get("function_call") and after.get("role") != "function"):
            return messages[:k], k
    return messages, None
