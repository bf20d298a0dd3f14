"""Messages and dialogues.

A message knows what was said, called and answered, and its training weight. What analysis adds (acts, slot mentions,
retrieved passages) lives in the dialogue's metadata, keyed by message index, so that any OpenAI-style tool can read
the file and ignore it. No dialogue holds a system message: the system text is made at render time from the agent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Role = Literal["user", "assistant", "tool"]
ROLES = ("user", "assistant", "tool")
OUTCOMES = ("done", "nothing_available", "changed_mind", "cancelled", "out_of_scope", "abandoned", "handed_over")


@dataclass(frozen=True)
class ToolCall:
    """One call as the model made it. `arguments` are the words it passed, not yet resolved."""

    name: str
    arguments: dict[str, Any]
    id: str = ""


@dataclass(frozen=True)
class Message:
    """One message. `weight` 1 trains an assistant message, 0 leaves it as context.

    `context` is the block of nudges and passages joined to a user message (design/contract.md, 4); `cut` marks a reply
    that hit the length limit and must not be taken for whole. `note` is what the agent wrote down of the user message
    before it answered (see `agent.flow.heard`); the user never sees it. `guard` names the guard of agent.yaml that
    answered in the model's place, `withheld` the knowledge that the model's own words told, which were replaced.
    """

    role: Role
    content: str = ""
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""
    weight: int = 1
    context: str = ""
    cut: bool = False
    note: str = ""
    guard: str = ""
    withheld: str = ""

    @property
    def by_code(self) -> bool:
        """Whether the model wrote no word of it, though it speaks for the agent."""
        return bool(self.guard or self.withheld)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Message:
        """What `to_json` wrote, sign by sign. What others wrote is read by `dialogue_from_json`."""
        calls = tuple(
            ToolCall(call["function"]["name"], json.loads(call["function"]["arguments"]), call["id"])
            for call in raw.get("tool_calls", ())
        )
        more = {key: raw[key] for key in ("weight", "context", "cut", "note", "guard", "withheld") if key in raw}
        return cls(raw["role"], raw["content"], calls, raw.get("tool_call_id", ""), **more)

    def to_json(self) -> dict[str, Any]:
        """The OpenAI chat form."""
        out: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.calls:
            out["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": json.dumps(call.arguments, ensure_ascii=False)},
                }
                for call in self.calls
            ]
        if self.call_id:
            out["tool_call_id"] = self.call_id
        if self.role == "assistant" and self.weight != 1:
            out["weight"] = self.weight
        if self.context:
            out["context"] = self.context
        if self.cut:
            out["cut"] = True
        if self.note:
            out["note"] = self.note
        if self.guard:
            out["guard"] = self.guard
        if self.withheld:
            out["withheld"] = self.withheld
        return out


@dataclass(frozen=True)
class Dialogue:
    """A conversation with its history. `metadata` carries flow, outcome, register, source, lineage, labels and more.

    `origin` is the file and line it was read from, for errors, and `remarks` what was put right while it was read (the
    message's index, and words); they are no part of what the dialogue is.
    """

    id: str
    messages: tuple[Message, ...]
    metadata: dict[str, Any] = field(default_factory=dict)
    origin: tuple[str, int] | None = field(default=None, compare=False, repr=False)
    remarks: tuple[tuple[int | None, str], ...] = field(default=(), compare=False, repr=False)

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "messages": [m.to_json() for m in self.messages], "metadata": self.metadata}

    def upto(self, index: int) -> Dialogue:
        """The same dialogue with only the messages before `index`."""
        return replace(self, messages=self.messages[:index])
