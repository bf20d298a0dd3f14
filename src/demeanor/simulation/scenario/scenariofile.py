"""Scenarios as they stand in files: every fault of a file in one look, held against the agent they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from demeanor.agent import Agent
from demeanor.agent.guardfile import NOBODY
from demeanor.agent.slots import Unresolved, plain, resolve
from demeanor.errors import ConfigError, as_one, faults_of
from demeanor.project.yamlfile import Lines, YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, Positive, Text, TextList, Texts, fault, read_model
from demeanor.runtime.knowledge import AlteredPages
from demeanor.simulation.scenario.expectations import Expectation, read_expectations
from demeanor.simulation.scenario.injection import PLACES, Injection
from demeanor.simulation.scenario.scenarios import AGAIN, SIMULATED, Scenario
from demeanor.simulation.users.goal import HABITS, SCRIPTED, Goal
from demeanor.simulation.wording.user import REGISTERS, STYLES


def _as_text(value: Any) -> Any:
    """An id may be a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class PlayedFile(FileModel):
    """A user whom a model behind an endpoint plays."""

    played_by: Text
    told: Text


class InjectionFile(FileModel):
    """An instruction that is planted."""

    text: Text
    into: Literal[*PLACES] = "user"  # type: ignore[valid-type]
    at: Positive = 1


class PagesFile(FileModel):
    """How the pages differ."""

    withheld: Texts = ()
    changed: dict[str, Text] = Field(default_factory=dict)


class ScenarioFile(FileModel):
    """A scenario: a user with a goal and a habit, or one who says written lines or is played."""

    id: Annotated[Text | None, BeforeValidator(_as_text)] = None
    today: date
    user: Any = None
    expect: Any = None
    need: str = ""
    inject: InjectionFile | None = None
    about: Text = ""
    nudge: Text = ""
    nudge_at: Positive = 1
    guard: Text = ""
    pages: PagesFile = PagesFile()
    answers: dict[str, TextList] = Field(default_factory=dict)
    flow: Text | None = None
    habit: Literal[*HABITS] | None = None  # type: ignore[valid-type]
    speech: Literal[*REGISTERS] = Field("neutral", alias="register")  # type: ignore[valid-type]
    style: Literal[*STYLES] = "plain"  # type: ignore[valid-type]
    goal: dict[str, Any] = Field(default_factory=dict)
    first: dict[str, Any] = Field(default_factory=dict)
    tries: list[dict[str, Any]] = Field(default_factory=list)
    when: str = ""
    say: dict[str, Text] = Field(default_factory=dict)
    pick: dict[str, Any] = Field(default_factory=dict)
    pick_by: str = ""
    questions: Texts = ()
    gives_up: bool = False
    comes_to: Text = ""
    seed: int = 0
    wording: str = ""
    given: str = ""
    facts: dict[str, Any] = Field(default_factory=dict)
    agent: Annotated[str, BeforeValidator(_as_text)] = ""

    @model_validator(mode="after")
    def one_kind_of_user(self) -> ScenarioFile:
        """Written, played, or simulated."""
        if self.user is None:
            for field, needed in (("habit", "habit"), ("speech", "register")):
                if field not in self.model_fields_set:
                    raise fault(f"missing field {needed!r}", fix=f"add `{needed}:`, or the user's lines as `user:`")
            if self.guard:
                text = "where a guard ought to stand is known of written lines alone"
                raise fault(text, at=("guard",), found=self.guard, fix="user: [what is said, ...]")
            return self
        if not self.user:
            raise fault("the user says nothing", at=("user",), found=self.user)
        if self.guard and isinstance(self.user, dict):
            text = "where a guard ought to stand is known of written lines alone"
            raise fault(text, at=("guard",), found=self.guard, fix="user: [what is said, ...]")
        said = {FIELDS.get(name, name): getattr(self, name) for name in self.model_fields_set}
        for name in SIMULATED:
            if name in said:
                text, allowed = "a user who is written or played has no goal and no habit", "user, or goal and habit"
                raise fault(text, at=(name,), found=said[name], allowed=allowed)
        return self


FIELDS = {name: field.alias or name for name, field in ScenarioFile.model_fields.items()}
"""Field of the model -> its name in the file."""


def load_scenarios(folder: Path, agent: Agent) -> list[Scenario]:
    """All scenarios of a pool's folder, in file order.

    Raises:
        ConfigError: none there, or all that is wrong in one file, with line, field and fix.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        drawn = f"demeanor synthesize --scenarios {folder.name} --count 100"
        written = "- {today: 2026-06-08, user: [what is said, ...], expect: [...]}"
        fix = drawn if agent.tasks() else f"write some: {written}; or, with questions about the pages: {drawn}"
        raise ConfigError("no scenarios here", file=folder, fix=fix)
    out: dict[str, Scenario] = {}
    for file in files:
        for scenario in read_file(file, agent):
            if scenario.id in out:
                raise ConfigError("this id stands twice", file=file, field="id", found=scenario.id)
            out[scenario.id] = scenario
    return list(out.values())


def read_file(file: Path, agent: Agent) -> list[Scenario]:
    """The scenarios of a file.

    Raises:
        ConfigError: all that is wrong with them, each with line, field and fix.
    """
    raw, lines = read_yaml(file)
    if not isinstance(raw, list):
        raise ConfigError("expected a list of scenarios", file=file, found=raw, fix="- id: ...")
    out: list[Scenario] = []
    faults: list[ConfigError] = []
    for index, item in enumerate(raw):
        try:
            out.append(read_scenario(item, agent, file, lines, index))
        except ConfigError as error:
            faults += faults_of(error)
    if faults:
        raise as_one(faults)
    return out


def read_scenario(item: Any, agent: Agent, file: Path, lines: Lines, index: int) -> Scenario:
    """One scenario, checked against the agent.

    Raises:
        ConfigError: all that is wrong with it.
    """
    path, reader = (str(index),), YamlReader(file, lines)
    read = read_model(ScenarioFile, item, file, lines, path)
    faults = list(_unknown(read, agent, reader, path))
    expect = said = played = None
    try:
        expect = read_expectations(reader, read.expect, (*path, "expect"), agent) if read.expect is not None else ()
        said, played = _user(read.user, file, lines, (*path, "user"))
    except ConfigError as error:
        faults += faults_of(error)
    if faults or expect is None or said is None or played is None:
        raise as_one(faults)
    return _scenario(read, agent, read.id or f"{file.stem}-{index}", said, played, expect)


def _user(raw: Any, file: Path, lines: Lines, path: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The written lines, or who plays the user and what it is told."""
    if isinstance(raw, dict):
        return (), dict(read_model(PlayedFile, raw, file, lines, path))
    return (YamlReader(file, lines).texts(raw, path) if raw is not None else ()), {}


def _unknown(read: ScenarioFile, agent: Agent, reader: YamlReader, path: tuple[str, ...]) -> Iterator[ConfigError]:
    """What the agent does not know, and values that do not fit their slots."""
    if read.id is not None and AGAIN in read.id:
        yield reader.error(f"an id has no {AGAIN!r}", (*path, "id"), found=read.id)
    if read.flow is not None and read.flow not in agent.flows:
        yield reader.error("unknown flow", (*path, "flow"), found=read.flow, allowed=list(agent.flows))
    if read.guard and read.guard not in (*agent.guards, NOBODY):
        yield reader.error("unknown guard", (*path, "guard"), found=read.guard, allowed=[*agent.guards, NOBODY])
    said: list[tuple[tuple[str, ...], dict[str, Any]]] = [(("goal",), read.goal), (("first",), read.first)]
    said += [(("tries", str(k)), again) for k, again in enumerate(read.tries)]
    for field, values in said:
        for name, value in values.items():
            if name not in agent.slots:
                yield reader.error("unknown slot", (*path, *field, name), found=name, allowed=list(agent.slots))
            elif reason := _misfit(agent, name, value, values, read.today):
                text = f"no value of this slot: {reason}"
                yield reader.error(text, (*path, *field, name), found=value)
    for name in read.facts:
        if name not in agent.facts:
            allowed = list(agent.facts) or "none; agent.yaml names them in `facts:`"
            yield reader.error("unknown fact", (*path, "facts", name), found=name, allowed=allowed)


def _misfit(agent: Agent, name: str, value: Any, values: Mapping[str, Any], today: date) -> str:
    """Why a value is none of its slot: a code without its pattern, an unknown choice, a number out of bounds."""
    slot = agent.slots[name]
    if slot.type == "option":
        return ""
    known = {slot.after: values[slot.after]} if slot.after and slot.after in values else {}
    got = resolve(slot, plain(value), today, known)
    return str(got.reason) if isinstance(got, Unresolved) else ""


def _scenario(
    read: ScenarioFile,
    agent: Agent,
    id: str,
    said: tuple[str, ...],
    played: dict[str, str],
    expect: tuple[Expectation, ...],
) -> Scenario:
    inject = Injection(read.inject.text, read.inject.into, read.inject.at) if read.inject else None
    pages = AlteredPages(read.pages.withheld, dict(read.pages.changed))
    return Scenario(
        id=id,
        goal=_goal(read, agent),
        seed=read.seed,
        wording=read.wording,
        given=read.given,
        agent=read.agent,
        lines=said,
        **played,
        need=read.need,
        inject=inject,
        about=read.about,
        nudge=read.nudge,
        nudge_at=read.nudge_at,
        guard=read.guard,
        pages=pages,
        answers=dict(read.answers),
        expect=expect,
    )


def _goal(read: ScenarioFile, agent: Agent) -> Goal:
    return Goal(
        flow=read.flow,
        values=_typed(agent, read.goal),
        habit=SCRIPTED if read.habit is None else str(read.habit),
        register=read.speech,
        today=read.today,
        style=read.style,
        first=_typed(agent, read.first),
        tries=tuple(_typed(agent, again) for again in read.tries),
        when=read.when,
        say=dict(read.say),
        pick=dict(read.pick),
        pick_by=read.pick_by,
        questions=read.questions,
        gives_up=read.gives_up,
        comes_to=read.comes_to,
        facts=dict(read.facts),
    )


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
