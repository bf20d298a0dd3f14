"""Scenarios: what an agent must be able to do. YAML lists in scenarios/{practice,selection,exam}/.

A scenario is a user's goal (what they want, how they behave, in which register), a clock, a wording bank and a
seed; with the agent's description and world it plays the same way each time. Or it is written by hand: the lines that a
user says, whatever the agent answers. Either may name what must hold in the end (`expect`). It pins the hash of
agent.yaml it was written for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from pathlib import Path
from typing import Any

import yaml

from demeanor.agent import Agent
from demeanor.agent.slots import plain
from demeanor.errors import ConfigError
from demeanor.project.yamlfile import Lines, YamlReader, read_yaml
from demeanor.runtime.knowledge import AlteredPages
from demeanor.simulation.scenario.expectations import Expectation, read_expectations
from demeanor.simulation.scenario.injection import Injection, read_injection
from demeanor.simulation.users.goal import HABITS, SCRIPTED, Goal
from demeanor.simulation.wording.questions import Question
from demeanor.simulation.wording.user import REGISTERS, STYLES

AGAIN = "#"
"""Between the id of a scenario and the number of a further trial of it."""
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
    "facts",
    "agent",
    "user",
    "expect",
    "need",
    "inject",
    "about",
    "nudge",
    "pages",
    "answers",
]
# What says how a simulated user behaves; a user with lines has none of it.
SIMULATED = ("flow", "habit", "register", "style", "goal", "first", "when", "say", "pick", "pick_by", "questions")


@dataclass(frozen=True)
class Scenario:
    """One thing to try.

    Args:
        wording: the bank's name ('' for the project's own).
        given: SQL run on the fresh world.
        lines: what the user says, in a row, in place of a goal.
        expect: what must hold in the end, beside the goal.
        played_by, told: the endpoint that plays the user, and what it is told that the user wants.
        need: names the need that this scenario shares with others, which only word it otherwise; '' for its own.
        inject: an instruction that is planted where the agent reads.
        about: what it is there to show, in words; scenarios of the same words are counted together.
        nudge: what the runtime tells the agent beside agent.yaml's own nudges, for this conversation only.
        pages: how the pages differ from the real ones.
        answers: question -> what a right answer holds here, in place of the bank's facts; nothing where the pages are
            silent.
    """

    id: str
    goal: Goal
    seed: int = 0
    wording: str = ""
    given: str = ""
    agent: str = ""
    lines: tuple[str, ...] = ()
    expect: tuple[Expectation, ...] = ()
    need: str = ""
    played_by: str = ""
    told: str = ""
    inject: Injection | None = None
    about: str = ""
    nudge: str = ""
    pages: AlteredPages = field(default_factory=AlteredPages)
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """The id under which it stands in its pool, also of a further trial."""
        return origin_of(self.id)

    def asked(self, questions: Mapping[str, Question]) -> dict[str, Question]:
        """The bank's questions, with the answers that they have here."""
        here = dict(questions)
        for name, facts in self.answers.items():
            if name in here:
                here[name] = replace(here[name], expects=facts, passage=here[name].passage if facts else None)
        return here

    def worded(self, bank: str, questions: Collection[str]) -> Scenario | None:
        """The same need in the words of another bank, which has these questions; None where nothing of it is left."""
        asked = tuple(name for name in self.goal.questions if name in questions)
        lost = set(self.goal.questions) - set(asked)
        if self.lines or self.told or (self.goal.flow is None and not asked) or lost & set(self.answers):
            return None
        return replace(self, wording=bank, goal=replace(self.goal, say={}, questions=asked))

    def trials(self, count: int) -> list[Scenario]:
        """So many trials: the same need in other draws of its user's words. Written lines are said once."""
        if self.lines:
            return [self]
        return [self] + [
            replace(self, id=f"{self.id}{AGAIN}{k}", seed=self.seed + k * 7919) for k in range(2, count + 1)
        ]

    @property
    def graded(self) -> bool:
        """Whether something must have been done or must hold in the end."""
        return self.goal.has_task or bool(self.expect)

    def to_yaml(self) -> dict[str, Any]:
        goal = self.goal
        if self.lines or self.told:
            return {
                "id": self.id,
                "today": goal.today,
                **({"given": self.given} if self.given else {}),
                **({"facts": dict(goal.facts)} if goal.facts else {}),
                "user": list(self.lines) or {"played_by": self.played_by, "told": self.told},
                **({"expect": [e.to_yaml() for e in self.expect]} if self.expect else {}),
                **({"need": self.need} if self.need else {}),
                **({"inject": self.inject.to_yaml()} if self.inject else {}),
                **self._more(),
                **({"agent": self.agent} if self.agent else {}),
            }
        out: dict[str, Any] = {
            "id": self.id,
            "flow": goal.flow,
            "habit": goal.habit,
            "register": goal.register,
            "style": goal.style,
            "today": goal.today,
            "goal": {name: _written(value) for name, value in goal.values.items()},
            "first": {name: _written(value) for name, value in goal.first.items()},
            "when": goal.when,
            "say": dict(goal.say),
            "pick": dict(goal.pick),
            "pick_by": goal.pick_by,
            "questions": list(goal.questions),
            "gives_up": goal.gives_up,
            "seed": self.seed,
            "wording": self.wording,
            "given": self.given,
            "facts": dict(goal.facts),
            "expect": [e.to_yaml() for e in self.expect],
            "need": self.need,
            "inject": self.inject.to_yaml() if self.inject else {},
            **self._more(),
            "agent": self.agent,
        }
        always = ("id", "flow", "habit", "register", "today", "seed", "agent")
        return {k: v for k, v in out.items() if k in always or v not in ("", {}, [], False, "plain")}

    def _more(self) -> dict[str, Any]:
        """What simulated and written users may both have, where it is said."""
        answers = {name: list(facts) for name, facts in self.answers.items()}
        more = {"about": self.about, "nudge": self.nudge, "pages": self.pages.to_dict(), "answers": answers}
        return {name: value for name, value in more.items() if value}


def origin_of(trial: str) -> str:
    """The scenario's id behind a trial's: "late-guest#3" is of "late-guest"."""
    return trial.partition(AGAIN)[0]


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
            if AGAIN in scenario.id:
                line = lines.get((str(index), "id"))
                raise ConfigError(f"an id has no {AGAIN!r}", file=file, line=line, field="id", found=scenario.id)
            if scenario.id in seen:
                raise ConfigError("this id stands twice", file=file, line=lines.get((str(index),)), found=scenario.id)
            seen[scenario.id] = file
            out.append(scenario)
    return out


def read_scenario(item: Any, agent: Agent, file: Path, lines: Lines, index: int) -> Scenario:
    """One scenario, checked against the agent."""

    def fail(message: str, field: str, found: Any, allowed: Any = None) -> ConfigError:
        line = lines.get((str(index), field), lines.get((str(index),)))
        return ConfigError(message, file=file, line=line, field=field, found=found, allowed=allowed)

    if not isinstance(item, dict):
        raise fail("a scenario is a mapping", "", item)
    for key in item:
        if key not in FIELDS:
            raise fail("unknown field", str(key), str(key), FIELDS)
    reader = YamlReader(file, lines)
    said, played = tuple[str, ...](), dict[str, str]()
    if "user" in item:
        if isinstance(item["user"], dict):
            played = _played(reader, item["user"], (str(index), "user"))
        else:
            said = reader.texts(item["user"], (str(index), "user"))
        if not (said or played):
            raise fail("the user says nothing", "user", item["user"])
        for key in SIMULATED:
            if key in item:
                raise fail(
                    "a user who is written or played has no goal and no habit",
                    key,
                    item[key],
                    "user, or goal and habit",
                )
        item = {**item, "flow": None, "habit": SCRIPTED, "register": "neutral"}
    for key, allowed in (("habit", [*HABITS, SCRIPTED] if "user" in item else HABITS), ("register", REGISTERS)):
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
    for name in item.get("facts") or {}:
        if name not in agent.facts:
            raise fail(
                "unknown fact", "facts", str(name), list(agent.facts) or "none; agent.yaml names them in `facts:`"
            )
    return Scenario(
        id=str(item.get("id") or f"{file.stem}-{index}"),
        goal=_goal(item, agent),
        seed=int(item.get("seed", 0)),
        wording=str(item.get("wording", "")),
        given=str(item.get("given", "")),
        agent=str(item.get("agent", "")),
        lines=said,
        **played,
        need=str(item.get("need", "")),
        inject=read_injection(reader, item["inject"], (str(index), "inject")) if "inject" in item else None,
        **{name: reader.text(item[name], (str(index), name)) for name in ("about", "nudge") if name in item},
        pages=_pages(reader, item.get("pages", {}), (str(index), "pages")),
        answers=_answers(reader, item.get("answers", {}), (str(index), "answers")),
        expect=read_expectations(reader, item["expect"], (str(index), "expect"), agent) if "expect" in item else (),
    )


def _played(reader: YamlReader, raw: Any, path: tuple[str, ...]) -> dict[str, str]:
    spec = reader.mapping(raw, path, ("played_by", "told"))
    for name in ("played_by", "told"):
        if name not in spec:
            raise reader.error(f"missing field {name!r}", path, fix="user: {played_by: SERVER, told: what is wanted}")
    return {name: reader.text(value, (*path, name)) for name, value in spec.items()}


def _pages(reader: YamlReader, raw: Any, path: tuple[str, ...]) -> AlteredPages:
    """`pages: {withheld: [PAGE#HEADING], changed: {PAGE#HEADING: its text here}}`."""
    spec = reader.mapping(raw, path, ("withheld", "changed"))
    if "withheld" in spec:
        reader.texts(spec["withheld"], (*path, "withheld"))
    for name, text in reader.mapping(spec.get("changed", {}), (*path, "changed")).items():
        reader.text(text, (*path, "changed", name))
    return AlteredPages.read(spec)


def _answers(reader: YamlReader, raw: Any, path: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """`answers: {QUESTION: [facts]}`; [] where the pages are silent here."""
    found = reader.mapping(raw, path)
    return {name: tuple(reader.texts(facts, (*path, name))) if facts != [] else () for name, facts in found.items()}


def _written(value: Any) -> Any:
    """A value as YAML has it: it knows days, but no times of day, and a list is a list."""
    return value if isinstance(value, date) else plain(value)


def _typed(agent: Agent, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as their slots have them; what YAML already gives in the slot's form stays as it is."""
    out = dict(values)
    for name, value in values.items():
        slot = agent.slots[name]
        if slot.many:
            out[name] = tuple(value) if isinstance(value, list) else (value,)
        elif slot.type == "time":
            out[name] = time.fromisoformat(value) if isinstance(value, str) else value
    return out


def _goal(item: Mapping[str, Any], agent: Agent) -> Goal:
    return Goal(
        flow=item.get("flow"),
        values=_typed(agent, item.get("goal") or {}),
        habit=item["habit"],
        register=item["register"],
        today=item["today"],
        style=item.get("style", "plain"),
        first=_typed(agent, item.get("first") or {}),
        when=str(item.get("when", "")),
        say=dict(item.get("say") or {}),
        pick=dict(item.get("pick") or {}),
        pick_by=str(item.get("pick_by", "")),
        questions=tuple(item.get("questions") or ()),
        gives_up=bool(item.get("gives_up", False)),
        facts=dict(item.get("facts") or {}),
    )


def dump_scenarios(scenarios: Iterable[Scenario]) -> str:
    """YAML text of a pool."""
    written = [s.to_yaml() for s in scenarios]
    return yaml.dump(written, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=120)


class _Plain(yaml.SafeDumper):
    """Without anchors: a value that stands in two scenarios is written twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def drifted(scenarios: Iterable[Scenario], agent: Agent) -> list[str]:
    """Ids of scenarios that were written for another agent.yaml."""
    return [s.id for s in scenarios if s.agent and s.agent != agent.sha256[:12]]
