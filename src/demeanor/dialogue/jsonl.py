"""Dialogues in and out: the OpenAI chat form, one dialogue a line of JSONL; docs/dialogues.md says what is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from demeanor.dialogue.messages import ROLES, Dialogue, Message, Role, ToolCall
from demeanor.errors import DialogueError


def _calls_from_json(raw: Any, where: dict[str, Any], name: str) -> tuple[ToolCall, ...]:
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise DialogueError("tool_calls must be a list", field=name, found=raw, **where)
    calls = tuple(_call_from_json(call, where, f"{name}[{k}]") for k, call in enumerate(raw))
    ids = [call.id for call in calls]
    for k, id in enumerate(ids):
        if id in ids[:k]:
            raise DialogueError(
                "two calls of one message with the same id",
                field=f"{name}[{k}].id",
                found=id,
                fix="give every call its own id, and its result the same tool_call_id",
                **where,
            )
    return calls


def _call_from_json(raw: Any, where: dict[str, Any], name: str) -> ToolCall:
    if not isinstance(raw, dict):
        raise DialogueError("a tool call must be an object", field=name, found=raw, **where)
    function = raw.get("function")
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise DialogueError("a tool call needs a function with a name", field=name, found=raw, **where)
    arguments = function.get("arguments", "{}")
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except json.JSONDecodeError as error:
            raise DialogueError(
                "the arguments of a tool call are not JSON",
                field=f"{name}.function.arguments",
                found=arguments,
                **where,
            ) from error
    if not isinstance(arguments, dict):
        raise DialogueError("the arguments of a tool call must be an object", field=name, found=arguments, **where)
    return ToolCall(function["name"], arguments, str(raw.get("id", "")))


WEIGHTS = ("weight", "train", "loss")
"""Names under which datasets say whether a message is learned: OpenAI's, and those of other trainers."""


def _weight(raw: dict[str, Any], where: dict[str, Any], name: str) -> int:
    """0 or 1; true and false mean the same."""
    said = {key: raw[key] for key in WEIGHTS if raw.get(key) is not None}
    for key, value in said.items():
        if value not in (0, 1):
            raise DialogueError(f"{key} must be 0 or 1", field=f"{name}.{key}", found=value, allowed=(0, 1), **where)
    if len(set(said.values())) > 1:
        keys = " and ".join(said)
        raise DialogueError(f"{keys} say different things", field=f"{name}.{next(iter(said))}", found=said, **where)
    return int(next(iter(said.values()), 1))


def message_from_json(raw: Any, where: dict[str, Any], name: str) -> Message:
    """Read one message; `where` (file, line) and `name` (messages[3]) go into errors."""
    if not isinstance(raw, dict):
        raise DialogueError("a message must be an object", field=name, found=raw, **where)
    role = raw.get("role")
    if role not in ROLES:
        raise DialogueError("unknown role", field=f"{name}.role", found=role, allowed=ROLES, **where)
    content = raw.get("content")
    if content is None:
        content = ""
    if not isinstance(content, str):
        raise DialogueError("content must be text", field=f"{name}.content", found=content, **where)
    weight = _weight(raw, where, name)
    note = raw.get("note", "")
    if not isinstance(note, str) or (note and role != "assistant"):
        says = "note is text, and only an assistant message has one"
        raise DialogueError(says, field=f"{name}.note", found=note, **where)
    calls = _calls_from_json(raw.get("tool_calls"), where, f"{name}.tool_calls")
    return Message(
        cast(Role, role),
        content,
        calls,
        str(raw.get("tool_call_id", "")),
        weight,
        str(raw.get("context", "")),
        bool(raw.get("cut", False)),
        note,
    )


def dialogue_from_json(raw: Any, *, file: str | Path | None = None, line: int | None = None) -> Dialogue:
    """Read one dialogue.

    A leading system message is moved to metadata["imported_system"], never rendered (design/contract.md, 1).

    Raises:
        DialogueError: with file, line and field of what is wrong.
    """
    where: dict[str, Any] = {"file": file, "line": line}
    if not isinstance(raw, dict) or not isinstance(raw.get("messages"), list):
        raise DialogueError("a dialogue is an object with a list of messages", found=raw, **where)
    messages = list(raw["messages"])
    metadata = raw.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise DialogueError("metadata must be an object", field="metadata", found=metadata, **where)
    metadata = dict(metadata or {})
    if messages and isinstance(messages[0], dict) and messages[0].get("role") == "system":
        metadata["imported_system"] = messages.pop(0).get("content", "")
    if not messages:
        raise DialogueError("a dialogue without messages", field="messages", **where)
    read = tuple(message_from_json(m, where, f"messages[{k}]") for k, m in enumerate(messages))
    _check_results(read, where)
    origin = (str(file), line) if file is not None and line is not None else None
    return Dialogue(str(raw.get("id") or f"line-{line}"), read, metadata, origin)


def _check_results(messages: tuple[Message, ...], where: dict[str, Any]) -> None:
    """Every call has exactly one result, after it; every result has its call."""
    waiting: list[str] = []
    for k, message in enumerate(messages):
        if message.role == "tool":
            if message.call_id not in waiting:
                raise DialogueError(
                    "a tool result without a call before it",
                    field=f"messages[{k}].tool_call_id",
                    found=message.call_id,
                    allowed=waiting,
                    **where,
                )
            waiting.remove(message.call_id)
        elif waiting:
            raise DialogueError(f"call {waiting[0]!r} has no result before messages[{k}]", field="messages", **where)
        else:
            waiting = [call.id for call in message.calls]
    if waiting:
        raise DialogueError(f"call {waiting[0]!r} has no result", field="messages", **where)


def read_dialogues(path: Path) -> Iterator[Dialogue]:
    """Dialogues of one JSONL file, in order. Blank lines are skipped.

    Raises:
        DialogueError: at the first bad line, naming file, line and field.
    """
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                raw = json.loads(line)
            except json.JSONDecodeError as error:
                raise DialogueError(
                    f"not JSON: {error.msg} at column {error.colno}",
                    file=path,
                    line=number,
                    found=line.strip()[:80],
                    fix="one JSON object a line; see docs/dialogues.md",
                ) from error
            yield dialogue_from_json(raw, file=path, line=number)


def dump_dialogues(dialogues: Iterable[Dialogue]) -> str:
    """JSONL text of the dialogues; the inverse of reading."""
    return "".join(json.dumps(d.to_json(), ensure_ascii=False) + "\n" for d in dialogues)
