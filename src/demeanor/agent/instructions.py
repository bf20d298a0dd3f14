"""The description of an agent as a prompt: what one would write for a model that was not tuned.

Only the arms of an ablation use it. It says everything that agent.yaml says, because a prompt that leaves something out
would be a straw man.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from demeanor.agent.conditions import written
from demeanor.agent.description import Agent, Flow, Step


def instructions(agent: Agent) -> str:
    """Rules for a model: tasks step by step, how to call, what to do when unsure, voice."""
    rules = [f"Task {name}, when {flow.when}: {_all(agent, flow)}" for name, flow in agent.tasks().items()]
    rules += [
        "Ask for one missing detail at a time, and never for one that was given.",
        "In tool calls, give the user's own words as arguments.",
        "Before a tool changes anything, repeat the details and wait for a clear yes.",
        "Answer questions from <context> only, in one or two sentences, then go on with the task. "
        f'If the answer is not there, say: "{agent.when_unsure}"',
        "Never invent prices, dates, names, offers or rules.",
        f"Write at most {agent.voice.max_words} words.",
        *(f"Never say: {phrase}." for phrase in agent.voice.avoid),
    ]
    return "Rules:\n" + "\n".join(f"- {rule}" for rule in rules)


def _all(agent: Agent, flow: Flow) -> str:
    """A task with what it requires in front of it."""
    first = [f"unless that was done before: {_steps(agent, agent.flows[name].steps)}" for name in flow.requires]
    return " ".join([*first, _steps(agent, flow.steps)])


def _steps(agent: Agent, steps: Sequence[Step]) -> str:
    words: dict[str, Callable[[Step], str]] = {
        "acknowledge": lambda s: "greet the wish",
        "ask": lambda s: "ask for " + " and ".join(agent.slots[n].label for n in s.of),
        "call": lambda s: f"call {s.of[0]}",
        "present": lambda s: f"tell what {s.of[0]} found",
        "invite": lambda s: "let the user choose the " + " and ".join(agent.slots[n].label for n in s.of),
        "confirm": lambda s: f"repeat the details of {s.of[0]} and ask for a yes",
        "inform": lambda s: f"tell what {s.of[0]} did",
        "say": lambda s: f"say: {s.text}",
        "handoff": lambda s: f"hand over to {s.of[0] if s.of else 'a colleague'}",
    }
    return "; ".join(_conditioned(step, words[step.kind](step)) for step in steps) + "."


def _conditioned(step: Step, words: str) -> str:
    """A step's words with when it is due, and how often it is tried."""
    retry = step.retry
    again = "" if retry is None else f", again with another {' and '.join(retry.ask)} while it fails"
    end = "" if retry is None or retry.then is None else f", at most {retry.times} times"
    return f"{words}{again}{end}" + (f" (only if {written(step.when)})" if step.when is not None else "")
