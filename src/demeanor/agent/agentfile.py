"""agent.yaml -> Agent. Every field is checked with its line; a field that nothing reads is refused, because a user who
writes it expects it to do something.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from demeanor.agent.description import Agent, Voice
from demeanor.agent.flowfile import FlowFile, flows_of
from demeanor.agent.guardfile import NOBODY, GuardFile
from demeanor.agent.manners import FAULTS
from demeanor.agent.slotfile import SlotFile, wrong_afters
from demeanor.agent.withholdfile import WithholdFile
from demeanor.errors import ConfigError, as_one, faults_of
from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.project.yamlmodel import FileModel, Positive, Text, TextList, Texts, fault, read_model


class VoiceFile(FileModel):
    """How the agent sounds."""

    traits: TextList = ()
    avoid: TextList = ()
    prefer: TextList = ()
    allow: TextList = ()
    max_words: Positive = 60

    @field_validator("allow")
    @classmethod
    def known(cls, allow: tuple[str, ...]) -> tuple[str, ...]:
        """Manners that can be heard."""
        if strange := [name for name in allow if name not in FAULTS]:
            raise fault("no such manner", found=strange[0], allowed=list(FAULTS))
        return allow


class AgentFile(FileModel):
    """The description of an agent."""

    name: Text
    persona: Text
    base_model: Text = "smollm2-135m-instruct"
    chat_template: Text = ""
    voice: VoiceFile = VoiceFile()
    slots: dict[str, SlotFile] = Field(default_factory=dict)
    flows: dict[str, FlowFile] = Field(default_factory=dict)
    when_unsure: Text = Agent.when_unsure
    country: Text = Field("", pattern="^[A-Z]{2}$")
    facts: dict[str, Text] = Field(default_factory=dict)
    handoffs: dict[str, Text] = Field(default_factory=dict)
    guards: dict[str, GuardFile] = Field(default_factory=dict)
    withhold: dict[str, WithholdFile] = Field(default_factory=dict)
    knowledge: Text = "knowledge"
    tools: Text = "tools.py"
    nudges: Texts = ()

    @field_validator("slots", mode="before")
    @classmethod
    def named(cls, raw: Any) -> Any:
        """Names of slots are text, also `1` and `true`."""
        return {str(name): spec for name, spec in raw.items()} if isinstance(raw, dict) else raw

    @field_validator("guards")
    @classmethod
    def not_nobody(cls, guards: dict[str, GuardFile]) -> dict[str, GuardFile]:
        """A scenario writes `guard: none` where none ought to stand."""
        if NOBODY in guards:
            raise fault("no guard can be called so", at=(NOBODY,), found=NOBODY, fix="take another name")
        return guards


def load_agent(file: Path) -> Agent:
    """Read and check agent.yaml.

    Raises:
        ConfigError: all that is wrong, each with file, line, field, what was found and what is allowed.
    """
    raw, lines = read_yaml(file)
    names = {part: _named(raw, part) for part in ("slots", "flows", "handoffs")}
    reader = YamlReader(file, lines)
    wrong = list(wrong_afters(names["slots"], reader))
    try:
        read = read_model(AgentFile, raw, file, lines, context=names)
    except ConfigError as error:
        raise as_one([*faults_of(error), *wrong]) from None
    if wrong:
        raise as_one(wrong)
    begins = {slot.after for slot in read.slots.values()}
    return Agent(
        name=read.name,
        persona=read.persona,
        base_model=read.base_model,
        chat_template=read.chat_template,
        voice=Voice(**dict(read.voice)),
        slots={name: slot.slot(name, read.country, name in begins) for name, slot in read.slots.items()},
        flows=flows_of(read.flows, reader),
        when_unsure=read.when_unsure,
        country=read.country,
        facts=read.facts,
        handoffs=read.handoffs,
        withhold={name: one.withheld(name) for name, one in read.withhold.items()},
        guards={name: guard.guard(name) for name, guard in read.guards.items()},
        knowledge=read.knowledge,
        tools=read.tools,
        nudges=read.nudges,
        file=file,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )


def _named(raw: Any, part: str) -> dict[str, Any]:
    """A part of the file that is name -> description, as it stands there."""
    given = raw.get(part) if isinstance(raw, dict) else None
    return {str(name): spec for name, spec in given.items()} if isinstance(given, dict) else {}


def agent_schema() -> dict[str, Any]:
    """Of agent.yaml, as JSON Schema, for editors: completion, and faults as one types."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **AgentFile.model_json_schema(), "title": "Demeanor agent"}
