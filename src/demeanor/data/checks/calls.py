"""Calls that the agent is to learn: tools that exist, arguments that they take, writes only after a yes."""

from __future__ import annotations

from collections.abc import Iterator

from demeanor.data.checks.problem import Finding, Known, trained
from demeanor.dialogue import Dialogue, ToolCall
from demeanor.runtime.agreement import agrees
from demeanor.runtime.tools import Tool


def _known_calls(dialogue: Dialogue, known: Known) -> Iterator[tuple[int, ToolCall, Tool]]:
    for index, message in trained(dialogue):
        for call in message.calls:
            if known.tools is not None and call.name in known.tools:
                yield index, call, known.tools[call.name]


def unknown_calls(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A call to a tool that tools.py does not have."""
    for index, message in trained(dialogue):
        for call in message.calls:
            if known.tools is not None and call.name not in known.tools:
                there = ", ".join(known.tools) or "none"
                yield Finding("error", index, f"calls {call.name!r}, which is no tool", f"the tools are: {there}")


def unknown_arguments(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """An argument that the tool does not take."""
    for index, call, tool in _known_calls(dialogue, known):
        for name in call.arguments:
            if name not in tool.parameters:
                takes = ", ".join(tool.parameters) or "no arguments"
                yield Finding("error", index, f"{tool.name} has no argument {name!r}", f"it takes: {takes}")


def missing_arguments(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A required argument is left out."""
    for index, call, tool in _known_calls(dialogue, known):
        for name, parameter in tool.parameters.items():
            if parameter.required and call.arguments.get(name) in (None, ""):
                text = f"{tool.name} is called without {name!r}"
                yield Finding("error", index, text, f"pass {name!r}, in the user's own words")


def write_without_a_yes(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A tool that changes something is called, and the user's last message is no clear yes."""
    writes = known.agent.writes()
    asked = said = ""
    for index, message in enumerate(dialogue.messages):
        if message.role == "user":
            said = message.content
            asked = dialogue.messages[index - 1].content if index else ""
            continue
        called = [call.name for call in message.calls if call.name in writes]
        if called and message.weight == 1 and not agrees(known.reader, asked, said):
            text = f"{called[0]} writes, and {said[:60]!r} is no clear yes"
            yield Finding("warning", index, text, "ask for a yes to exactly these details before the call")
