"""Scenarios: what an agent must be able to do. YAML lists in scenarios/{practice,selection,exam}/.

A scenario is a user's goal (what they want, how they behave, in which register), a clock, a wording bank and a
seed; with the agent's description and world it plays the same way each time. It pins the hash of agent.yaml it was
written for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from demeanor.agent import Agent
from demeanor.errors import ConfigError
from demeanor.users.goal import HABITS, Goal
from demeanor.wording.user import REGISTERS, STYLES
from demeanor.yamlfile import read_yaml

POOLS = ("practice", "selection", "exam")
FIELDS = [
    "id",
    "flow",
    "habit",
    "register",
    "style",
    "today",
    "goal",
    "first",
    "when",
    "say",
    "pick",
    "pick_by",
    "questions",
    "gives_up",
    "seed",
    "wording",
    "given",
    "agent",
]


@dataclass(frozen=True)
class Scenario:
    """One thing to try. `given` is SQL run on the fresh world; `wording` names the bank ('' for the project's own)."""

    id: str
    goal: Goal
    seed: int = 0
    wording: str = ""
    given: str = ""
    agent: str = ""

    def to_yaml(self) -> dict[str, Any]:
        goal = self.goal
        out: dict[str, Any] = {
            "id": self.id,
            "flow": goal.flow,
            "habit": goal.habit,
            "register": goal.register,
            "style": goal.style,
            "today": goal.today,
            "goal": dict(goal.values),
            "first": dict(goal.first),
            "when": goal.when,
            "say": dict(goal.say),
            "pick": dict(goal.pick),
            "pick_by": goal.pick_by,
            "questions": list(goal.questions),
            "gives_up": goal.gives_up,
            "seed": self.seed,
            "wording": self.wording,
            "given": self.given,
            "agent": self.agent,
        }
        always = ("id", "flow", "habit", "register", "today", "seed", "agent")
        return {k: v for k, v in out.items() if k in always or v not in ("", {}, [], False, "plain")}


def load_scenarios(folder: Path, agent: Agent) -> list[Scenario]:
    """All scenarios of a pool's folder, in file order.

    Raises:
        ConfigError: none there, or one that names what agent.yaml does not know; with file, line, field and fix.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise ConfigError(
            "no scenarios here", file=folder, fix=f"demeanor synthesize --scenarios {folder.name} --count 100"
        )
    out: list[Scenario] = []
    seen: dict[str, Path] = {}
    for file in files:
        raw, lines = read_yaml(file)
        if not isinstance(raw, list):
            raise ConfigError("expected a list of scenarios", file=file, found=raw)
        for index, item in enumerate(raw):
            scenario = read_scenario(item, agent, file, lines, index)
            if scenario.id in seen:
                raise ConfigError("this id stands twice", file=file, line=lines.get((str(index),)), found=scenario.id)
            seen[scenario.id] = file
            out.append(scenario)
    return out


def read_scenario(item: Any, agent: Agent, file: Path, lines: Mapping[tuple[str, ...], int], index: int) -> Scenario:
    """One scenario, checked against the agent."""

    def fail(message: str, field: str, found: Any, allowed: Any = None) -> ConfigError:
        line = lines.get((str(index), field), lines.get((str(index),)))
        return ConfigError(message, file=file, line=line, field=field, found=found, allowed=allowed)

    if not isinstance(item, dict):
        raise fail("a scenario is a mapping", "", item)
    for key in item:
        if key not in FIELDS:
            raise fail("unknown field", str(key), str(key), FIELDS)
    for key, allowed in (("habit", HABITS), ("register", REGISTERS)):
        if item.get(key) not in allowed:
            raise fail(f"unknown {key}", key, item.get(key), allowed)
    if item.get("style", "plain") not in STYLES:
        raise fail("unknown style", "style", item["style"], STYLES)
    if item.get("flow") is not None and item["flow"] not in agent.flows:
        raise fail("unknown flow", "flow", item["flow"], list(agent.flows))
    if not isinstance(item.get("today"), date):
        raise fail("a scenario carries its clock", "today", item.get("today"), "a date such as 2026-06-08")
    for key in ("goal", "first"):
        for slot in item.get(key) or {}:
            if slot not in agent.slots:
                raise fail("unknown slot", key, str(slot), list(agent.slots))
    return Scenario(
        id=str(item.get("id") or f"{file.stem}-{index}"),
        goal=_goal(item),
        seed=int(item.get("seed", 0)),
        wording=str(item.get("wording", "")),
        given=str(item.get("given", "")),
        agent=str(item.get("agent", "")),
    )


def _goal(item: Mapping[str, Any]) -> Goal:
    return Goal(
        flow=item.get("flow"),
        values=dict(item.get("goal") or {}),
        habit=item["habit"],
        register=item["register"],
        today=item["today"],
        style=item.get("style", "plain"),
        first=dict(item.get("first") or {}),
        when=str(item.get("when", "")),
        say=dict(item.get("say") or {}),
        pick=dict(item.get("pick") or {}),
        pick_by=str(item.get("pick_by", "")),
        questions=tuple(item.get("questions") or ()),
        gives_up=bool(item.get("gives_up", False)),
    )


def dump_scenarios(scenarios: Iterable[Scenario]) -> str:
    """YAML text of a pool."""
    return yaml.safe_dump([s.to_yaml() for s in scenarios], sort_keys=False, allow_unicode=True, width=120)


def drifted(scenarios: Iterable[Scenario], agent: Agent) -> list[str]:
    """Ids of scenarios that were written for another agent.yaml."""
    return [s.id for s in scenarios if s.agent and s.agent != agent.sha256[:12]]
