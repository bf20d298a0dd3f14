"""Which keys a wording bank may have: what flows, slots and tools give occasion to say. No other is ever read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from demeanor.agent import Agent
from demeanor.errors import ConfigError
from demeanor.simulation.wording.user import placeholders, wrong


def unknown_user_keys(agent: Agent, given: Iterable[str], plain: Iterable[str], file: Path) -> Iterator[ConfigError]:
    """Keys of user.yaml, flattened, that no user speaks by. `plain`: those of an agent without wording."""
    plain = set(plain)
    for key in given:
        head, _, of = key.partition(".")
        if key in plain or (head in ("inform", "correct") and of and set(of.split("+")) <= set(agent.slots)):
            continue
        allowed = [name for name in sorted(plain) if name.partition(".")[0] == head] or sorted(plain)
        yield wrong("no user speaks by this key", file, tuple(key.split(".")), found=key, allowed=allowed)


def unknown_agent_keys(
    agent: Agent, tools: Collection[str], given: Iterable[str], plain: Iterable[str], file: Path
) -> Iterator[ConfigError]:
    """Keys of the agent's bank, flattened, that it never speaks by."""
    plain = {*plain, "defer", *(f"row.{tool}" for tool in tools), *(f"ask.{name}" for name in agent.slots)}
    plain |= {f"more.{name}" for name, slot in agent.slots.items() if slot.many}
    for key in given:
        head, _, of = key.partition(".")
        if key in plain or (head == "ask" and set(of.split("+")) <= set(agent.slots)):
            continue
        allowed = [name for name in sorted(plain) if name.partition(".")[0] == head] or sorted(plain)
        yield wrong("the agent never speaks by this key", file, tuple(key.split(".")), found=key, allowed=allowed)


def unfilled_places(
    agent: Agent, tools: Collection[str], lines: Mapping[str, Iterable[str]], words: Collection[str], file: Path
) -> Iterator[ConfigError]:
    """Sentences of the agent's with a place that nobody fills, so that they are never said.

    Args:
        words: every word of tools.py: the fields of results are among them.
    """
    known = {"error", "reason", "summary", "row", "rows", "known", *agent.slots, *(f"{s}_text" for s in agent.slots)}
    known |= {f"{tool}_{part}" for tool in tools for part in ("text", "task", "details")}
    for key, sentences in lines.items():
        for index, sentence in enumerate(sentences):
            for place in placeholders(sentence):
                if place not in known and place not in words:
                    where = (*key.split("."), str(index))
                    allowed = "a slot, SLOT_text, TOOL_text, TOOL_task, TOOL_details, or a field of a tool's result"
                    yield wrong(f"nobody fills {{{place}}}", file, where, found=sentence, allowed=allowed)
