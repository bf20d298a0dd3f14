"""Plain wording for agents that come without wording files, and for keys that their files leave out.

A project of one's own works from agent.yaml alone: slots bring `ask` and `examples`, the rest is said plainly. The files
in wording/ replace these lines key by key.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from demeanor.agent import Agent, read_yaml
from demeanor.errors import ConfigError

USER: dict[str, Any] = {
    "affirm": ["Yes, please.", "Yes.", "Yes, that is right.", "Sure, go ahead."],
    "deny": ["No, thank you.", "No.", "No, please don't."],
    "unclear": ["Hmm, let me think.", "I'm not sure yet."],
    "thank": ["Thank you!", "Thanks a lot."],
    "bye": ["Goodbye.", "That's all, bye."],
    "greet": ["Hello!", "Hi."],
    "give_up": ["Never mind, forget it.", "I'll leave it, thanks."],
    "insist": ["Could you please check again?", "I still need this."],
    "abuse": ["This is useless.", "You are no help at all."],
    "off_topic": ["Tell me a joke.", "Who won the match yesterday?"],
    "no_preference": ["No preference.", "I don't mind."],
}
AGENT: dict[str, list[str]] = {
    "greet": ["Hello! How can I help you?", "Welcome! What can I do for you?"],
    "noted": ["Thank you.", "Got it.", "Lovely."],
    "corrected": ["Of course, I've changed that.", "No problem, noted."],
    "resume": ["Now, back to where we were:"],
    "refuse": ["I'm afraid I can only help with what I'm here for.", "That's outside what I can help with, sorry."],
    "calm": ["I'm sorry for the trouble.", "I understand, let me help."],
    "clarify": ["I'm sorry, I didn't catch that. Could you put it another way?"],
    "changed_mind": ["Of course, no problem at all."],
    "kept": ["Of course, nothing has been changed."],
    "anything_else": ["Is there anything else I can do for you?"],
    "close": ["Thank you, and goodbye!", "Goodbye, have a lovely day!"],
    "inform.refused": ["I'm sorry, that isn't possible: {error}"],
    "reconfirm": ["Just to be sure: {summary}. Is that a yes or a no?"],
}


def _file(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    raw, _ = read_yaml(file)
    if not isinstance(raw, dict):
        raise ConfigError("a wording bank is a mapping", file=file, found=raw)
    return raw


def _words(name: str) -> str:
    return name.replace("_", " ")


def user_lines(agent: Agent, file: Path) -> dict[str, Any]:
    """The user bank of a file over plain lines for every key."""
    inform: dict[str, Any] = {n: [f"{{{n}}}", f"{{{n}}}, please."] for n in agent.slots}
    inform |= {f"{n}_only": ["Yes, that one, please."] for n, s in agent.slots.items() if s.type == "option"}
    pairs = [(f"{s.after}+{n}") for n, s in agent.slots.items() if s.after]
    inform |= {pair: [f"{{{pair}}}"] for pair in pairs}
    opens: dict[str, Any] = {n: [f"Hello, I'd like to {_words(n)}."] for n in agent.flows}
    values = {
        "values": {
            **{n: list(s.examples) for n, s in agent.slots.items() if s.type == "text"},
            **{f"{n}.position={k}": [w] for n, s in agent.slots.items() if s.type == "option"
               for k, w in ((1, "the first one"), (2, "the second one"), (3, "the third one"))},
        }
    }  # fmt: skip
    correct = {n: [f"Actually, make it {{{n}}}."] for n, s in agent.slots.items() if s.type in ("int", "choice")}
    plain = {**values, **USER, "open": opens, "inform": inform, "correct": correct}
    given = _file(file)
    merged = {**plain, **given}
    for key in ("open", "inform", "correct", "values"):
        merged[key] = {**plain[key], **(given.get(key) or {})}
    return merged


def agent_lines(agent: Agent, tools: Iterable[str], file: Path) -> dict[str, Any]:
    """The agent bank of a file over plain lines for every key."""
    flat: dict[str, list[str]] = dict(AGENT)
    for name in agent.flows:
        flat[f"acknowledge.{name}"] = ["Of course!", "Gladly."]
    for tool in tools:
        flat[f"announce.{tool}"] = ["One moment, please.", "Let me see."]
        flat[f"otherwise.{tool}"] = ["I'm sorry, I found nothing. Would you like to try something else?"]
        flat[f"inform.{tool}"] = ["It's done."]
        flat[f"confirm.{tool}"] = [_confirm(agent, tool)]
        flat[f"summary.{tool}"] = [_words(tool)]
    given = _flat("", _file(file))
    return {**flat, **given}


def _confirm(agent: Agent, tool: str) -> str:
    """A question for a yes that names the text and code slots of the flow that writes with this tool."""
    flow = next((f for f in agent.flows.values() if tool in f.writes()), None)
    names = [n for n in (flow.slots() if flow else ()) if agent.slots[n].type in ("text", "code")]
    details = ", ".join(f"{{{n}}}" for n in names)
    return f"To confirm, {_words(tool)}{': ' + details if details else ''}. Shall I go ahead?"


def _flat(prefix: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, entry in raw.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        out |= _flat(name, entry) if isinstance(entry, dict) else {name: entry}
    return out
