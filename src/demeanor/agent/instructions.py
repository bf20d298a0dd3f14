"""The description of an agent as a prompt: what one would write for a model that was not tuned.

Only the arms of an ablation use it. It says everything that agent.yaml says, because a prompt that leaves something out
would be a straw man.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from demeanor.agent.description import Agent, Step


def instructions(agent: Agent) -> str:
    """Rules for a model: tasks step by step, how to call, what to do when unsure, voice."""
    rules = [f"Task {name}, when {flow.when}: {_steps(agent, flow.steps)}" for name, flow in agent.flows.items()]
    rules += [
        "Ask for one missing detail at a time, and never for one that was given.",
        "In tool calls, give the user's own words as arguments.",
        "Before a tool changes anything, repeat the details and wait for a clear yes.",
        "Answer questions from <context> only, in one or two sentences, then go on with the task. "
        f'If the answer is not there, say: "{agent.when_unsure}"',
        "Never invent prices, dates, names, rooms or rules.",
        f"Write at most {agent.voice.max_words} words.",
        *(f"Never say: {phrase}." for phrase in agent.voice.avoid),
    ]
    return "Rules:\n" + "\n".join(f"- {rule}" for rule in rules)


def _steps(agent: Agent, steps: Sequence[Step]) -> str:
    words: dict[str, Callable[[Step], str]] = {
        "acknowledge": lambda s: "greet the wish",
        "ask": lambda s: "ask for " + " and ".join(agent.slots[n].label for n in s.of),
        "call": lambda s: f"call {s.of[0]}",
        "present": lambda s: f"tell what {s.of[0]} found",
        "invite": lambda s: "let the user choose the " + " and ".join(agent.slots[n].label for n in s.of),
        "confirm": lambda s: f"repeat the details of {s.of[0]} and ask for a yes",
        "inform": lambda s: f"tell what {s.of[0]} did",
        "handoff": lambda s: "hand over to a colleague",
    }
    return "; ".join(words[step.kind](step) for step in steps) + "."
