"""A conversation given to a person: who takes over, why, and what they need to know. An event, not only words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.description import HAND_OVER
from demeanor.errors import ConfigError
from demeanor.runtime.tools import Parameter, Tool, World, load_tools

STUCK = "the conversation went round in circles"


@dataclass(frozen=True)
class Handover:
    """`to`: one of the agent's `handoffs`, '' where it names none. `known`: slot -> the user's words. `done`: what was
    written, as (tool, arguments). `message`: the index of the agent's message with which it happened; `by_code`: the
    model did not do it by itself.
    """

    to: str
    reason: str
    known: Mapping[str, str]
    done: tuple[tuple[str, Mapping[str, Any]], ...]
    message: int
    by_code: bool = False

    def to_json(self) -> dict[str, Any]:
        """As plain data, for transcripts and for whoever takes over."""
        done = [{"tool": tool, "arguments": dict(arguments)} for tool, arguments in self.done]
        return {"to": self.to, "reason": self.reason, "known": dict(self.known), "done": done, "message": self.message}


def agent_tools(agent: Agent, path: Path) -> dict[str, Tool]:
    """The tools of tools.py (none without the file), and the one by which an agent with handoffs gives a conversation
    away.

    Raises:
        ConfigError: see `load_tools`; or tools.py has one of that name.
    """
    tools = load_tools(path, agent.slots) if path.exists() else {}
    if not agent.handoffs:
        return tools
    if HAND_OVER in tools:
        raise ConfigError(f"{HAND_OVER} is the agent's own tool", file=path, field=HAND_OVER, fix="rename yours")
    return {**tools, HAND_OVER: hand_over_tool(agent.handoffs)}


def hand_over_tool(handoffs: Mapping[str, str]) -> Tool:
    """The tool by which the model gives a conversation away."""

    def named(value: Any) -> str:
        if value not in handoffs:
            raise ValueError(f"one of {', '.join(handoffs)}")
        return str(value)

    def run(world: World, to: str, reason: str) -> dict[str, Any]:
        return {"handed_over": to}

    who = "; ".join(f"{name}: {told}" for name, told in handoffs.items())
    to = Parameter("to", {"type": "string", "enum": list(handoffs)}, "str", who, True, read=named)
    reason = Parameter("reason", {"type": "string"}, "str", "why, in a few words", True, read=str)
    parameters = {"to": to, "reason": reason}
    return Tool(HAND_OVER, "Give the conversation to a person.", parameters, run)
