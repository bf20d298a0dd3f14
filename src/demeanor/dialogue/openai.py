"""One dialogue in the OpenAI chat form, as many programs write it: read rightly, or refused by name.

What an exporter left behind and nobody said (absent values, thoughts, half a character, the speaker's own message cut
in two) is put right, and named in `Dialogue.remarks`. What would mean something else without a word is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from demeanor.dialogue.messages import ROLES, Dialogue, Message, Role, ToolCall
from demeanor.errors import DialogueError

SYSTEM = ("system", "developer")
WEIGHTS = ("weight", "train", "loss")
"""Names under which datasets say whether a message is learned: OpenAI's, and those of other trainers."""
THOUGHTS = ("reasoning_content", "reasoning", "thinking")
"""Keys under which servers return what a model thought."""
OWN = ("role", "content", "tool_calls", "tool_call_id", "context", "cut", "note", "guard", "withheld")
KEYS = (*OWN, *WEIGHTS, *THOUGHTS, "name", "function_call")
ASIDE = ("tools", "functions", "parallel_tool_calls")
"""Keys beside `messages` that are kept in the metadata: the tools of this agent are those of tools.py."""
TEXT_PARTS = ("text", "input_text", "output_text")
BY_INDEX = ("labels", "passages")
"""Metadata by the index of a message: messages of such a dialogue keep their places."""
SHAREGPT = {"human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant", "chatgpt": "assistant",
            "system": "system"}  # fmt: skip
_THOUGHTS = re.compile(r"\s*<(think|thinking|thought|reasoning)>.*?</\1>\s*", re.DOTALL | re.IGNORECASE)
_HALF = re.compile("[\ud800-\udfff]")


class _Place:
    """Where a message stands, and what was put right in it."""

    def __init__(self, file: str | Path | None, line: int | None) -> None:
        self.where: dict[str, Any] = {"file": file, "line": line}
        self.remarks: list[tuple[int | None, str]] = []
        self.index: int | None = None

    def error(self, message: str, field: str, **more: Any) -> DialogueError:
        inside = "" if self.index is None else f"messages[{self.index}]"
        name = f"{inside}.{field}" if inside and field else inside or field
        return DialogueError(message, field=name or None, **self.where, **more)

    def remark(self, text: str) -> None:
        self.remarks.append((self.index, text))


def dialogue_from_json(raw: Any, *, file: str | Path | None = None, line: int | None = None) -> Dialogue:
    """Read one dialogue.

    Leading system messages are moved to metadata["imported_system"], never rendered (design/contract.md, 1).

    Raises:
        DialogueError: with file, line and field of what is wrong.
    """
    place = _Place(file, line)
    if isinstance(raw, list):
        fix = "one dialogue a line: jq -c '.[]' FILE > FILE.jsonl"
        raise place.error("a list of dialogues in one line", "", fix=fix)
    if isinstance(raw, dict) and "messages" not in raw and isinstance(raw.get("conversations"), list):
        raw = {**{k: v for k, v in raw.items() if k != "conversations"}, "messages": _from_sharegpt(raw, place)}
    if not isinstance(raw, dict) or not isinstance(raw.get("messages"), list):
        raise place.error("a dialogue is an object with a list of messages", "", found=raw)
    metadata = _metadata(raw, place)
    messages = list(raw["messages"])
    while messages and isinstance(messages[0], dict) and messages[0].get("role") in SYSTEM:
        _check_keys(messages[0], KEYS, place, "messages[0]")
        said = _content(messages.pop(0), "system", place)
        metadata["imported_system"] = "\n".join(filter(None, (metadata.get("imported_system"), said)))
    if not messages:
        raise place.error("a dialogue without messages", "messages")
    read = tuple(_message(m, k, place, messages) for k, m in enumerate(messages))
    place.index = None
    _check_results(read, place)
    if not any(name in metadata for name in BY_INDEX):
        read = _joined(read, place)
    origin = (str(file), line) if file is not None and line is not None else None
    return Dialogue(str(raw.get("id") or f"line-{line}"), read, metadata, origin, tuple(place.remarks))


def _metadata(raw: Mapping[str, Any], place: _Place) -> dict[str, Any]:
    """The metadata of a dialogue; every key beside it is known, or refused."""
    metadata = raw.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise place.error("metadata must be an object", "metadata", found=metadata)
    out = dict(metadata or {})
    for key, value in raw.items():
        if key in ("id", "messages", "metadata") or _absent(value):
            continue
        if key not in ASIDE:
            allowed = ("id", "messages", "metadata", *ASIDE)
            fix = None if _near(key, allowed) else "what is known about a dialogue goes into metadata"
            raise place.error("unknown key", key, found=key, allowed=allowed, fix=fix)
        out[f"imported_{key}"] = value
    return out


def _from_sharegpt(raw: Mapping[str, Any], place: _Place) -> list[dict[str, Any]]:
    """The messages of ShareGPT's form: `{"conversations": [{"from": "human", "value": ...}]}`."""
    out = []
    for place.index, turn in enumerate(raw["conversations"]):
        role = turn.get("from") if isinstance(turn, dict) else None
        if role not in SHAREGPT or set(turn) - {"from", "value", *WEIGHTS}:
            fix = "calls have no one form there: write them in the OpenAI form, docs/dialogues.md"
            raise place.error("cannot be read of ShareGPT's form", "from", found=role, allowed=list(SHAREGPT), fix=fix)
        out.append(
            {"role": SHAREGPT[str(role)], "content": turn.get("value"), **{k: turn[k] for k in WEIGHTS if k in turn}}
        )
    place.index = None
    return out


# ---------------------------------------------------------------------- one message


def _message(raw: Any, index: int, place: _Place, messages: list[Any]) -> Message:
    place.index = index
    if not isinstance(raw, dict):
        raise place.error("a message must be an object", "", found=raw)
    said = {key: value for key, value in raw.items() if not _absent(value) or key in ("role", "content")}
    role = said.get("role")
    if role == "function":
        return _function_result(said, messages, place)
    if role in SYSTEM:
        raise place.error("instructions may only stand at the beginning", "role", found=role, fix="take it out")
    if role not in ROLES:
        raise place.error("unknown role", "role", found=role, allowed=ROLES)
    _check_keys(said, KEYS, place)
    content = _content(said, role, place)
    calls = _calls(said, role, place)
    if role == "assistant":
        content = _without_thoughts(said, content, place)
    _check_name(said, role, place)
    note = said.get("note", "")
    if not isinstance(note, str) or (note and role != "assistant"):
        raise place.error("note is text, and only an assistant message has one", "note", found=note)
    by_code = {name: said.get(name, "") for name in ("guard", "withheld")}
    for name, value in by_code.items():
        if not isinstance(value, str) or (value and role != "assistant"):
            raise place.error(f"{name} is a name, and only an assistant message has one", name, found=value)
    return Message(
        cast(Role, role),
        content,
        calls,
        str(said.get("tool_call_id", "")),
        _weight(said, place),
        _flat(str(said.get("context", "")), place),
        bool(said.get("cut", False)),
        _flat(note, place),
        **by_code,
    )


def _check_keys(raw: Mapping[str, Any], allowed: tuple[str, ...], place: _Place, name: str = "") -> None:
    """Every key is read, or says nothing."""
    for key, value in raw.items():
        if key not in allowed and not _absent(value):
            field = f"{name}.{key}" if name else str(key)
            raise place.error("unknown key", field, found=str(key), allowed=allowed)


def _absent(value: Any) -> bool:
    """What exporters write for nothing."""
    return value is None or value == [] or value == {}


def _content(raw: Mapping[str, Any], role: str, place: _Place) -> str:
    """The text of a message: as it is, of its text parts, or of a tool's result as JSON."""
    content = raw.get("content")
    if content is None:
        return ""
    if isinstance(content, list) and all(isinstance(part, dict) and "type" in part for part in content):
        return _flat("\n".join(_part(part, place) for part in content), place)
    if role == "tool" and isinstance(content, dict | list):
        return _flat(json.dumps(content, ensure_ascii=False), place)
    if not isinstance(content, str):
        raise place.error("content must be text", "content", found=content, fix="text, or a list of text parts")
    return _flat(content, place)


def _part(part: Mapping[str, Any], place: _Place) -> str:
    if part["type"] not in TEXT_PARTS or not isinstance(part.get("text"), str):
        raise place.error("only parts of text can be read", "content", found=part["type"], allowed=TEXT_PARTS)
    _check_keys(part, ("type", "text"), place, "content")
    return str(part["text"])


def _flat(text: str, place: _Place) -> str:
    """Without half a character: what a length limit leaves of an emoji shows nothing, and no tokenizer takes it."""
    whole = _HALF.sub("", text)
    if whole != text:
        place.remark("half a character, cut off by a length limit, is left out")
    return whole


def _without_thoughts(raw: Mapping[str, Any], content: str, place: _Place) -> str:
    """What was said to the user: thoughts, in a key of their own or in tags, were not."""
    said = _THOUGHTS.sub("", content, count=1) if _THOUGHTS.match(content) else content
    if said != content or any(key in raw for key in THOUGHTS):
        place.remark("the model's thoughts are left out")
    return said


def _check_name(raw: Mapping[str, Any], role: str, place: _Place) -> None:
    """`name` says which tool answered; of a person or an agent it is read nowhere."""
    if "name" in raw and role != "tool":
        raise place.error("nothing reads the name of a speaker", "name", found=raw["name"], fix="take it out")


def _weight(raw: Mapping[str, Any], place: _Place) -> int:
    """0 or 1; true and false mean the same."""
    said = {key: raw[key] for key in WEIGHTS if raw.get(key) is not None}
    for key, value in said.items():
        if value not in (0, 1):
            raise place.error(f"{key} must be 0 or 1", key, found=value, allowed=(0, 1))
    if len(set(said.values())) > 1:
        raise place.error(f"{' and '.join(said)} say different things", next(iter(said)), found=said)
    return int(next(iter(said.values()), 1))


# ---------------------------------------------------------------------- calls


def _calls(raw: Mapping[str, Any], role: str, place: _Place) -> tuple[ToolCall, ...]:
    listed, older = raw.get("tool_calls", []), raw.get("function_call")
    if (listed or older) and role != "assistant":
        raise place.error("only an assistant message has calls", "tool_calls", found=role)
    if older is not None:
        if listed:
            raise place.error("a call in both forms", "function_call", found=older, fix="keep tool_calls")
        return (_call(older, place, "function_call", _older_id(place.index)),)
    if not isinstance(listed, list):
        raise place.error("tool_calls must be a list", "tool_calls", found=listed)
    calls = tuple(_listed(call, place, f"tool_calls[{k}]") for k, call in enumerate(listed))
    ids = [call.id for call in calls]
    for k, id in enumerate(ids):
        if id in ids[:k]:
            fix = "give every call its own id, and its result the same tool_call_id"
            raise place.error("two calls of one message with the same id", f"tool_calls[{k}].id", found=id, fix=fix)
    return calls


def _listed(raw: Any, place: _Place, name: str) -> ToolCall:
    if not isinstance(raw, dict):
        raise place.error("a tool call must be an object", name, found=raw)
    _check_keys(raw, ("id", "type", "function", "index"), place, name)
    kind = raw.get("type") or "function"
    if kind != "function":
        raise place.error("only calls of functions can be read", f"{name}.type", found=kind, allowed=("function",))
    return _call(raw.get("function"), place, f"{name}.function", str(raw.get("id", "")))


def _call(function: Any, place: _Place, name: str, id: str) -> ToolCall:
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise place.error("a tool call needs a function with a name", name, found=function)
    _check_keys(function, ("name", "arguments"), place, name)
    arguments = function.get("arguments")
    if isinstance(arguments, str) and arguments.strip():
        try:
            arguments = json.loads(arguments)
        except ValueError:
            said = "the arguments of a tool call are not JSON"
            raise place.error(said, f"{name}.arguments", found=arguments) from None
    arguments = arguments or {}
    if not isinstance(arguments, dict):
        raise place.error("the arguments of a tool call must be an object", f"{name}.arguments", found=arguments)
    given = {key: value for key, value in arguments.items() if value is not None}
    if lost := [key for key in arguments if key not in given]:
        place.remark(f"arguments that are null are left out of {function['name']}: {', '.join(lost)}")
    whole = json.loads(_flat(json.dumps(_without_nulls(given), ensure_ascii=False), place))
    return ToolCall(function["name"], whole, id)


def _without_nulls(value: Any) -> Any:
    """Fields that a dataset's common columns have added: null where a record has none."""
    if isinstance(value, dict):
        return {key: _without_nulls(inner) for key, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _older_id(index: int | None) -> str:
    return f"call-{index}"


def _function_result(raw: Mapping[str, Any], messages: list[Any], place: _Place) -> Message:
    """The result of an older `function_call`: it answers the message before it."""
    assert place.index is not None
    before = messages[place.index - 1] if place.index else None
    called = before.get("function_call") if isinstance(before, dict) else None
    if not isinstance(called, dict) or raw.get("name") != called.get("name"):
        raise place.error("a function's result without its call before it", "name", found=raw.get("name"))
    _check_keys(raw, ("role", "name", "content"), place)
    return Message("tool", _content(raw, "tool", place), call_id=_older_id(place.index - 1))


# ---------------------------------------------------------------------- all messages


def _check_results(messages: tuple[Message, ...], place: _Place) -> None:
    """Every call has exactly one result, after it; every result has its call."""
    waiting: list[str] = []
    for k, message in enumerate(messages):
        if message.role == "tool":
            if message.call_id not in waiting:
                field, found = f"messages[{k}].tool_call_id", message.call_id
                raise place.error("a tool result without a call before it", field, found=found, allowed=waiting)
            waiting.remove(message.call_id)
        elif waiting:
            raise place.error(f"call {waiting[0]!r} has no result before messages[{k}]", "messages")
        else:
            waiting = [call.id for call in message.calls]
    if waiting:
        fix = "put its result behind it, or take the call and what follows away"
        raise place.error(f"call {waiting[0]!r} has no result", "messages", fix=fix)


def _joined(messages: tuple[Message, ...], place: _Place) -> tuple[Message, ...]:
    """Messages of one speaker in a row as one: a served agent never sees, and never writes, two in a row."""
    out: list[Message] = []
    for place.index, message in enumerate(messages):
        last = out[-1] if out else None
        if last is None or not _continues(last, message):
            out.append(message)
            continue
        text = "\n".join(filter(None, (last.content, message.content)))
        out[-1] = replace(last, content=text, calls=message.calls, cut=message.cut)
        place.remark(f"two messages of the {message.role} in a row are read as one")
    place.index = None
    return tuple(out)


def _continues(last: Message, message: Message) -> bool:
    same = last.role == message.role != "tool" and not last.calls and last.weight == message.weight
    return same and not (message.context or message.note or message.by_code or last.by_code)


def _near(key: str, allowed: tuple[str, ...]) -> bool:
    from difflib import get_close_matches

    return bool(get_close_matches(key, allowed, n=1))
