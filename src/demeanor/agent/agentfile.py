"""agent.yaml -> Agent. Every field is checked with its line; a field that nothing reads is refused, because a user who
writes it expects it to do something.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

from pydantic import (
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import CoreSchema

from demeanor.agent.description import CONDITION, STEP_KINDS, Agent, Flow, Step, StepKind, Voice
from demeanor.agent.slotfile import SlotFile, wrong_afters
from demeanor.agent.slots import Resolved, Slot, resolve
from demeanor.errors import ConfigError, as_one, faults_of
from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, Positive, Text, TextList, Texts, fault, read_model

ALONE = ("acknowledge", "handoff")
"""Steps that take no name."""


class VoiceFile(FileModel):
    """How the agent sounds."""

    traits: TextList = ()
    avoid: TextList = ()
    prefer: TextList = ()
    max_words: Positive = 60


class StepFile(FileModel):
    """One step of a flow: exactly one of the kinds, with what it is about."""

    acknowledge: Texts | None = None
    ask: Texts | None = None
    call: Texts | None = None
    present: Texts | None = None
    invite: Texts | None = None
    confirm: Texts | None = None
    inform: Texts | None = None
    handoff: Texts | None = None
    when: Text = ""
    otherwise: Texts = ()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """A step that takes no name may stand as a word."""
        return {"anyOf": [{"enum": list(ALONE)}, handler.resolve_ref_schema(handler(core))]}

    @model_validator(mode="before")
    @classmethod
    def one_kind(cls, raw: Any) -> Any:
        """A step does exactly one thing."""
        spec = {raw: None} if isinstance(raw, str) else raw
        if not isinstance(spec, dict):
            raise fault("a step does exactly one thing", found=raw, allowed=STEP_KINDS)
        for key in spec:
            if key not in cls.model_fields:
                raise fault("unknown field", at=(str(key),), found=str(key), allowed=list(cls.model_fields))
        if sum(key in STEP_KINDS for key in spec) != 1:
            raise fault("a step does exactly one thing", found=raw, allowed=STEP_KINDS)
        return spec

    @model_validator(mode="after")
    def names_are_known(self, info: ValidationInfo) -> StepFile:
        """It names so much as its kind takes, and slots that there are (context: `slots`, as in the file)."""
        slots: Mapping[str, Any] = (info.context or {}).get("slots", {})
        kind, of = self.kind, self.of
        self._check_count(kind, of)
        if self.otherwise and kind != "present":
            text = f"{kind} has no otherwise: only what is presented can turn out to be nothing"
            fix = "put it on the `present:` step"
            raise fault(text, at=("otherwise",), found=", ".join(self.otherwise), fix=fix)
        for slot in (*(of if kind in ("ask", "invite") else ()), *self.otherwise):
            if slot not in slots:
                raise fault("unknown slot", at=(kind,), found=slot, allowed=list(slots))
        if kind == "invite" and _type(slots, of[0]) != "option":
            options = [name for name in slots if _type(slots, name) == "option"]
            raise fault("invites to choose, so it needs an option slot", at=(kind,), found=of[0], allowed=options)
        if self.when:
            _check_condition(self.when, slots)
        return self

    @property
    def kind(self) -> str:
        return next(kind for kind in STEP_KINDS if kind in self.model_fields_set)

    @property
    def of(self) -> tuple[str, ...]:
        return getattr(self, self.kind) or ()

    @staticmethod
    def _check_count(kind: str, of: tuple[str, ...]) -> None:
        """acknowledge and handoff stand alone, ask takes one or several names, all others exactly one."""
        if kind in ALONE:
            if of:
                raise fault(f"{kind} takes no name", at=(kind,), found=", ".join(of), fix=f"- {kind}")
        elif not of:
            raise fault(f"{kind} needs a name", at=(kind,), fix=f"{kind}: NAME")
        elif kind != "ask" and len(of) > 1:
            fix = f"a step for each: - {kind}: {of[0]}"
            raise fault(f"{kind} takes one name", at=(kind,), found=", ".join(of), fix=fix)

    def step(self) -> Step:
        """The step that this describes."""
        return Step(cast(StepKind, self.kind), self.of, self.when, self.otherwise)


def _some_steps(raw: Any) -> Any:
    if not isinstance(raw, list) or not raw:
        raise fault("a flow needs steps", found=raw)
    return tuple(raw)


class FlowFile(FileModel):
    """A task of the agent."""

    when: Text
    steps: Annotated[
        tuple[StepFile, ...],
        BeforeValidator(_some_steps, json_schema_input_type=Annotated[list[StepFile], Field(min_length=1)]),
    ]
    done: Text = ""
    goals: Text = ""

    @model_validator(mode="after")
    def consent_leads_somewhere(self) -> FlowFile:
        """A confirmed tool must be called afterwards, or the yes leads nowhere."""
        for index, step in enumerate(self.steps):
            later = [s.of[0] for s in self.steps[index + 1 :] if s.kind == "call"]
            if step.kind == "confirm" and step.of[0] not in later:
                text = f"{step.of[0]!r} is confirmed but never called afterwards"
                raise fault(text, at=("steps", str(index)), fix=f"add `- call: {step.of[0]}` after it")
        return self


class AgentFile(FileModel):
    """The description of an agent."""

    name: Text
    persona: Text
    base_model: Text = "smollm2-135m-instruct"
    voice: VoiceFile = VoiceFile()
    slots: dict[str, SlotFile] = Field(default_factory=dict)
    flows: dict[str, FlowFile] = Field(default_factory=dict)
    when_unsure: Text = Agent.when_unsure
    country: Text = Field("", pattern="^[A-Z]{2}$")
    facts: dict[str, Text] = Field(default_factory=dict)
    knowledge: Text = "knowledge"
    tools: Text = "tools.py"
    nudges: Texts = ()

    @field_validator("slots", mode="before")
    @classmethod
    def named(cls, raw: Any) -> Any:
        """Names of slots are text, also `1` and `true`."""
        return {str(name): spec for name, spec in raw.items()} if isinstance(raw, dict) else raw


def load_agent(file: Path) -> Agent:
    """Read and check agent.yaml.

    Raises:
        ConfigError: all that is wrong, each with file, line, field, what was found and what is allowed.
    """
    raw, lines = read_yaml(file)
    given = raw.get("slots") if isinstance(raw, dict) else None
    slots = {str(name): spec for name, spec in given.items()} if isinstance(given, dict) else {}
    wrong = list(wrong_afters(slots, YamlReader(file, lines)))
    try:
        read = read_model(AgentFile, raw, file, lines, context={"slots": slots})
    except ConfigError as error:
        raise as_one([*faults_of(error), *wrong]) from None
    if wrong:
        raise as_one(wrong)
    begins = {slot.after for slot in read.slots.values()}
    return Agent(
        name=read.name,
        persona=read.persona,
        base_model=read.base_model,
        voice=Voice(**dict(read.voice)),
        slots={name: slot.slot(name, read.country, name in begins) for name, slot in read.slots.items()},
        flows={
            name: Flow(name, flow.when, tuple(step.step() for step in flow.steps), flow.done, flow.goals)
            for name, flow in read.flows.items()
        },
        when_unsure=read.when_unsure,
        country=read.country,
        facts=read.facts,
        knowledge=read.knowledge,
        tools=read.tools,
        nudges=read.nudges,
        file=file,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )


def agent_schema() -> dict[str, Any]:
    """Of agent.yaml, as JSON Schema, for editors: completion, and faults as one types."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **AgentFile.model_json_schema(), "title": "Demeanor agent"}


def _type(slots: Mapping[str, Any], name: str) -> Any:
    spec = slots.get(name)
    return spec.get("type") if isinstance(spec, dict) else None


def _check_condition(when: str, slots: Mapping[str, Any]) -> None:
    match = CONDITION.fullmatch(when)
    if match is None:
        forms = "SLOT known | SLOT unknown | SLOT is VALUE"
        raise fault("cannot read the condition", at=("when",), found=when, allowed=forms)
    if match["slot"] not in slots:
        raise fault("unknown slot", at=("when",), found=match["slot"], allowed=list(slots))
    slot, value = _slot(slots, match["slot"]), match["value"]
    if value and slot is not None and not isinstance(resolve(slot, value, date(2000, 1, 1)), Resolved):
        allowed = list(slot.choices) or ["yes", "no"]
        raise fault("not a value of this slot", at=("when",), found=value, allowed=allowed)


def _slot(slots: Mapping[str, Any], name: str) -> Slot | None:
    """A slot with a closed set of values, where it is described rightly."""
    if _type(slots, name) not in ("choice", "yes_no"):
        return None
    try:
        return SlotFile.model_validate(slots[name], context={"slots": slots}).slot(name)
    except ValidationError:
        return None
