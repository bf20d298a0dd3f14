"""agent.yaml -> Agent: the one description of who the agent is.

Every field is checked with file and line; a field that nothing reads is refused, because a user who writes it expects
it to do something. Nothing here knows what the agent is about: slots, flows and tools come from the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast

from demeanor.agent.slotfile import read_slots
from demeanor.agent.slots import Resolved, Slot, resolve
from demeanor.project.yamlfile import YamlReader, read_yaml
from demeanor.text import plain, stands_in, words

StepKind = Literal["acknowledge", "ask", "call", "present", "invite", "confirm", "inform", "handoff"]
STEP_KINDS = ("acknowledge", "ask", "call", "present", "invite", "confirm", "inform", "handoff")


@dataclass(frozen=True)
class Voice:
    """How the agent sounds. `avoid` and `max_words` are checked in every reply; `traits` reach the system text."""

    traits: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    max_words: int = 60

    def avoided(self, text: str) -> list[str]:
        """The phrases of `avoid` that a text holds as whole words, in any case, spacing and spelling of signs."""
        return [p for p in self.avoid if stands_in(p, text) or (not words(p) and plain(p) in plain(text))]


@dataclass(frozen=True)
class Step:
    """One step of a flow: what to do (`kind`), about which slots or tool (`of`), under which condition (`when`)."""

    kind: StepKind
    of: tuple[str, ...] = ()
    when: str = ""
    otherwise: tuple[str, ...] = ()  # slots asked again when a call brought nothing


@dataclass(frozen=True)
class Flow:
    """A task of the agent, as steps over slots.

    `done` is SQL that is true in the database once the task is done (parameters: the goal's values); `goals` is SQL
    whose rows are values a simulated user may ask for (parameter: today).
    """

    name: str
    when: str
    steps: tuple[Step, ...]
    done: str = ""
    goals: str = ""

    def slots(self) -> tuple[str, ...]:
        """The slots that the flow asks for or lets the user choose, in order."""
        seen = [name for step in self.steps if step.kind in ("ask", "invite") for name in step.of]
        return tuple(dict.fromkeys(seen))

    def tools(self) -> tuple[str, ...]:
        return tuple(step.of[0] for step in self.steps if step.kind == "call")

    def writes(self) -> tuple[str, ...]:
        """Tools that change something and need the user's clear yes."""
        return tuple(step.of[0] for step in self.steps if step.kind == "confirm")


@dataclass(frozen=True)
class Agent:
    """The whole description. `sha256` is of the file's bytes: scenarios pin it, runs freeze it.

    `country` is where its users live, as two letters: how they write dates (6/7) and telephone numbers. `facts` are
    what the application, or a tool, verifies of whoever speaks: name -> what it is. Tools read them, the model none.
    """

    name: str
    persona: str
    base_model: str = "smollm2-135m-instruct"
    voice: Voice = field(default_factory=Voice)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    when_unsure: str = "I need to check that for you; a colleague will confirm it shortly."
    country: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    knowledge: str = "knowledge"
    tools: str = "tools.py"
    nudges: tuple[str, ...] = ()
    file: Path = Path("agent.yaml")
    sha256: str = ""

    def writes(self) -> frozenset[str]:
        """Tools that need consent, over all flows."""
        return frozenset(tool for flow in self.flows.values() for tool in flow.writes())

    def nudge_text(self, today: date) -> str:
        """The runtime nudges for a clock, e.g. 'Today is Monday 8 June 2026.'"""
        spoken = f"{today:%A} {today.day} {today:%B} {today.year}"
        return " ".join(nudge.replace("{today}", spoken) for nudge in self.nudges)


def load_agent(file: Path) -> Agent:
    """Read and check agent.yaml.

    Raises:
        ConfigError: naming file, line, field, what was found and what is allowed.
    """
    raw, lines = read_yaml(file)
    reader = YamlReader(file, lines)
    known = tuple(f.name for f in fields(Agent) if f.name not in ("file", "sha256"))
    top = reader.mapping(raw, (), known)
    for needed in ("name", "persona", "flows"):
        if needed not in top:
            raise reader.error(f"missing field {needed!r}", (), fix=f"add `{needed}:`")
    slots = read_slots(reader, top.get("slots", {}), _country(reader, top))
    flows = {name: _flow(reader, name, spec, slots) for name, spec in reader.mapping(top["flows"], ("flows",)).items()}
    plain = {
        key: reader.text(top[key], (key,))
        for key in ("name", "persona", "base_model", "when_unsure", "country", "knowledge", "tools")
        if key in top
    }
    return Agent(
        **plain,
        voice=_voice(reader, top.get("voice", {})),
        slots=slots,
        flows=flows,
        nudges=reader.texts(top["nudges"], ("nudges",)) if top.get("nudges") else (),
        facts={
            name: reader.text(words, ("facts", name))
            for name, words in reader.mapping(top.get("facts", {}), ("facts",)).items()
        },
        file=file,
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )


def _country(reader: YamlReader, top: Mapping[str, Any]) -> str:
    country = reader.text(top["country"], ("country",)) if "country" in top else ""
    if country and not re.fullmatch(r"[A-Z]{2}", country):
        raise reader.error("expected a country as two capital letters", ("country",), found=country, fix="country: GB")
    return country


def _voice(reader: YamlReader, raw: Any) -> Voice:
    spec = reader.mapping(raw, ("voice",), tuple(f.name for f in fields(Voice)))
    lists: dict[str, Any] = {
        k: reader.text_list(spec[k], ("voice", k)) for k in ("traits", "avoid", "prefer") if k in spec
    }
    if "max_words" in spec:
        words = reader.integer(spec["max_words"], ("voice", "max_words"))
        if words < 1:
            raise reader.error("must be at least 1", ("voice", "max_words"), found=words)
        return Voice(**lists, max_words=words)
    return Voice(**lists)


def _flow(reader: YamlReader, name: str, raw: Any, slots: Mapping[str, Slot]) -> Flow:
    path = ("flows", name)
    spec = reader.mapping(raw, path, ("when", "steps", "done", "goals"))
    if not isinstance(spec.get("steps"), list) or not spec["steps"]:
        raise reader.error("a flow needs steps", (*path, "steps"), found=spec.get("steps"))
    steps = tuple(_step(reader, step, (*path, "steps", str(index)), slots) for index, step in enumerate(spec["steps"]))
    done = reader.text(spec["done"], (*path, "done")) if "done" in spec else ""
    goals = reader.text(spec["goals"], (*path, "goals")) if "goals" in spec else ""
    flow = Flow(name, reader.text(spec.get("when"), (*path, "when")), steps, done, goals)
    _check_consent(reader, flow, path)
    return flow


def _step(reader: YamlReader, raw: Any, path: tuple[str, ...], slots: Mapping[str, Slot]) -> Step:
    spec = {raw: None} if isinstance(raw, str) else reader.mapping(raw, path, (*STEP_KINDS, "when", "otherwise"))
    kinds = [key for key in spec if key in STEP_KINDS]
    if len(kinds) != 1:
        raise reader.error("a step does exactly one thing", path, found=raw, allowed=STEP_KINDS)
    kind = kinds[0]
    of = reader.texts(spec[kind], (*path, kind)) if spec[kind] is not None else ()
    _check_names(reader, kind, of, (*path, kind))
    if "otherwise" in spec and kind != "present":
        raise reader.error(
            f"{kind} has no otherwise: only what is presented can turn out to be nothing",
            (*path, "otherwise"),
            found=spec["otherwise"],
            fix="put it on the `present:` step",
        )
    otherwise = reader.texts(spec["otherwise"], (*path, "otherwise")) if "otherwise" in spec else ()
    for slot in (*(of if kind in ("ask", "invite") else ()), *otherwise):
        if slot not in slots:
            raise reader.error("unknown slot", (*path, kind), found=slot, allowed=list(slots))
    if kind == "invite" and slots[of[0]].type != "option":
        options = [name for name, slot in slots.items() if slot.type == "option"]
        raise reader.error("invites to choose, so it needs an option slot", (*path, kind), found=of[0], allowed=options)
    when = reader.text(spec["when"], (*path, "when")) if "when" in spec else ""
    if when:
        _check_condition(reader, when, path, slots)
    return Step(cast(StepKind, kind), of, when, otherwise)


def _check_names(reader: YamlReader, kind: str, of: tuple[str, ...], path: tuple[str, ...]) -> None:
    """acknowledge and handoff stand alone, ask takes one or several names, all others exactly one."""
    if kind in ("acknowledge", "handoff"):
        if of:
            raise reader.error(f"{kind} takes no name", path, found=", ".join(of), fix=f"- {kind}")
    elif not of:
        raise reader.error(f"{kind} needs a name", path, fix=f"{kind}: NAME")
    elif kind != "ask" and len(of) > 1:
        raise reader.error(
            f"{kind} takes one name", path, found=", ".join(of), fix=f"a step for each: - {kind}: {of[0]}"
        )


CONDITION = re.compile(r"(?P<slot>\w+) (?:(?P<state>known|unknown)|is (?P<value>.+))")


def _check_condition(reader: YamlReader, when: str, path: tuple[str, ...], slots: Mapping[str, Slot]) -> None:
    match = CONDITION.fullmatch(when)
    if match is None:
        raise reader.error(
            "cannot read the condition",
            (*path, "when"),
            found=when,
            allowed="SLOT known | SLOT unknown | SLOT is VALUE",
        )
    if match["slot"] not in slots:
        raise reader.error("unknown slot", (*path, "when"), found=match["slot"], allowed=list(slots))
    slot, value = slots[match["slot"]], match["value"]
    if value and slot.type in ("choice", "yes_no") and not isinstance(resolve(slot, value, date(2000, 1, 1)), Resolved):
        allowed = list(slot.choices) or ["yes", "no"]
        raise reader.error("not a value of this slot", (*path, "when"), found=value, allowed=allowed)


def _check_consent(reader: YamlReader, flow: Flow, path: tuple[str, ...]) -> None:
    """A confirmed tool must be called afterwards, or the yes leads nowhere."""
    for index, step in enumerate(flow.steps):
        later = [s.of[0] for s in flow.steps[index + 1 :] if s.kind == "call"]
        if step.kind == "confirm" and step.of[0] not in later:
            raise reader.error(
                f"{step.of[0]!r} is confirmed but never called afterwards",
                (*path, "steps", str(index)),
                fix=f"add `- call: {step.of[0]}` after it",
            )
