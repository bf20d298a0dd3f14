"""What self-play taught: for every flow how many dialogues were made, why others dropped, which steps none reaches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from demeanor.agent import Agent, Flow
from demeanor.agent.conditions import written
from demeanor.agent.description import Step
from demeanor.dialogue import Dialogue
from demeanor.errors import ConfigError

TRIED = 20  # dialogues of a flow that have to come to nothing before it is said to be out of reach


@dataclass
class Taught:
    """One flow: dialogues `made`, those of them that came to its `end`, `dropped` by reason; acts that stand in those
    made (`seen`) and in any (`tried`).
    """

    made: int = 0
    end: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    seen: set[str] = field(default_factory=set)
    tried: set[str] = field(default_factory=set)


class Coverage:
    """Counts dialogues of one agent as they are made."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.flows = {name: Taught() for name, flow in agent.tasks().items() if flow.weight}

    def add(self, flow: str | None, dialogue: Dialogue | None, reason: str, acts: set[str]) -> None:
        """Take in a dialogue of a flow with its acts (`acts_of`); with a `reason` it was dropped."""
        taught = self.flows.get(flow or "")
        if taught is None:
            return
        taught.tried |= acts
        if dialogue is None or reason:
            taught.dropped[reason] += 1
        else:
            taught.made += 1
            taught.end += self._ends(self.agent.flows[flow or ""], dialogue)
            taught.seen |= acts

    @staticmethod
    def _ends(flow: Flow, dialogue: Dialogue) -> bool:
        """Whether a dialogue does what its flow is for; where that is to give the user to somebody, it does so."""
        ends = ("done", "handed_over") if any(step.kind == "handoff" for step in flow.steps) else ("done",)
        return dialogue.metadata.get("outcome", "done") in ends

    def refuse_untaught(self) -> None:
        """Raises ConfigError where a flow was tried often and never came to an end, with the step that it never
        reaches.
        """
        for name, taught in self.flows.items():
            if taught.end or taught.made + sum(taught.dropped.values()) < TRIED:
                continue
            missing = next(self.missing(self.agent.flows[name], taught.tried), "")
            raise ConfigError(
                f"no dialogue of {name} comes to an end",
                file=self.agent.file,
                field=f"flows.{name}",
                found="; ".join(f"{reason} ({count} times)" for reason, count in taught.dropped.most_common(3)),
                fix=f"the first step that none reaches: {missing}"
                if missing
                else "all its steps are reached; read why",
            )

    def missing(self, flow: Flow, seen: set[str]) -> Iterator[str]:
        """The steps of a flow that none of these acts shows, those of what it requires in front."""
        every = seen.union(*(taught.seen for taught in self.flows.values()))  # what several require is taught by any
        steps = [
            (step, seen if name == flow.name else every)
            for name in (*flow.requires, flow.name)
            for step in self.agent.flows[name].steps
        ]
        yield from (told(step) for step, known in steps if not shows(step, known))
        for step, known in steps:
            then = step.retry.then if step.retry is not None else None
            if then is not None and not shows(then, known):
                yield f"{told(then)} (after {told(step)} has failed)"

    def rows(self) -> list[dict[str, Any]]:
        """For people and for the run's manifest: one row a flow."""
        return [
            {
                "flow": name,
                "made": taught.made,
                "dropped": dict(taught.dropped.most_common()),
                "never": list(self.missing(self.agent.flows[name], taught.seen)),
            }
            for name, taught in self.flows.items()
        ]


def acts_of(acts: Mapping[int, tuple[str, ...]], told_slots: set[str]) -> set[str]:
    """The acts of a dialogue one by one, and what its user told unasked as if it had been asked for."""
    parts = {f"{kind}:{one}" for said in acts.values() for act in said for kind, one in _parts(act)}
    return parts | {f"ask:{name}" for name in told_slots} | {f"invite:{name}" for name in told_slots}


def _parts(act: str) -> Iterator[tuple[str, str]]:
    kind, _, of = act.partition(":")
    for one in of.split("+") if kind == "ask" else [of]:
        yield kind, one


def shows(step: Step, seen: set[str]) -> bool:
    """Whether a step was taken in what was seen."""
    if step.kind == "acknowledge":
        return True  # what somebody else's wish is answered with
    if step.kind == "say":
        return f"say:{step.text}" in seen
    if step.kind == "handoff":
        return f"handoff:{step.of[0] if step.of else ''}" in seen
    return any(f"{step.kind}:{name}" in seen for name in step.of)


def told(step: Step) -> str:
    """A step as agent.yaml has it, on one line."""
    what = f'"{step.text}"' if step.kind == "say" else " ".join(step.of)
    when = f", when {written(step.when)}" if step.when is not None else ""
    return f"{step.kind} {what}".strip() + when
