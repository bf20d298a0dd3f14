"""The flows of agent.yaml: their steps as people write them, and as the engine runs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, cast

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, ValidationInfo, model_validator
from pydantic_core import CoreSchema

from demeanor.agent.conditions import FORMS, Both, Condition, Unreadable, read_condition, wrong_term
from demeanor.agent.description import STEP_KINDS, Flow, Retry, Step, StepKind
from demeanor.agent.slotfile import slot_of
from demeanor.project.yamlfile import YamlReader
from demeanor.project.yamlmodel import FileModel, Positive, Text, Texts, fault

KINDS = (*STEP_KINDS, "flow")
"""What a step can do; `flow` puts the steps of another flow in its place."""
ALONE = ("acknowledge", "handoff")
"""Steps that may stand without a name."""
ONE_TEXT = ("say", "handoff", "flow")


@dataclass(frozen=True)
class Names:
    """What steps may name: slots (as the file has them), flows, tools that some flow calls, and handoffs."""

    slots: Mapping[str, Any]
    flows: Mapping[str, Any]
    handoffs: Mapping[str, Any]

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that flows call, with a name in the form that the file has it."""
        found = [step.get("call") for flow in self.flows.values() for step in _raw_steps(flow)]
        return tuple(dict.fromkeys(name for name in found if isinstance(name, str)))


def _raw_steps(flow: Any) -> list[dict[str, Any]]:
    steps = flow.get("steps") if isinstance(flow, dict) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _names(info: ValidationInfo) -> Names:
    context = info.context or {}
    return Names(*(context.get(key) or {} for key in ("slots", "flows", "handoffs")))


class EndFile(FileModel):
    """What takes the place of a call that has failed too often."""

    say: Text | None = None
    handoff: Text | None = None
    reason: Text = ""

    @model_validator(mode="after")
    def one_of_both(self, info: ValidationInfo) -> EndFile:
        """It says something, or hands over to somebody who is named under `handoffs`."""
        if (self.say is None) == (self.handoff is None):
            raise fault("`then` says something or hands over", allowed=("say: TEXT", "handoff: NAME"))
        if self.handoff is not None:
            _check_handoff(self.handoff, _names(info))
        return self

    def step(self) -> Step:
        """The step that this describes."""
        return Step("say", text=self.say) if self.say else Step("handoff", (str(self.handoff),), text=self.reason)


class RetryFile(FileModel):
    """How a call that failed is made again."""

    ask: Texts
    times: Positive | None = None
    then: EndFile | None = None
    until: Text = ""
    accept: Text = ""

    @model_validator(mode="after")
    def names_are_known(self, info: ValidationInfo) -> RetryFile:
        """It asks for slots, and what follows the last try is said where there is a last one."""
        names = _names(info)
        for slot in self.ask:
            if slot not in names.slots:
                raise fault("unknown slot", at=("ask",), found=slot, allowed=list(names.slots))
        if self.times is not None and self.then is None:
            fix = "then: {say: TEXT} or then: {handoff: NAME}"
            raise fault("after the last try something has to follow", at=("times",), found=str(self.times), fix=fix)
        if self.then is not None and self.times is None:
            raise fault("`then` needs `times`: without an end nothing follows", at=("then",), fix="times: 3")
        if self.accept and not self.until:
            raise fault("`accept` needs `until`: when the offer is taken", at=("accept",), fix="until: TOOL.FIELD")
        if self.until:
            _condition(self.until, names, "until")
        return self

    def retry(self) -> Retry:
        """What the engine runs."""
        then = None if self.then is None else self.then.step()
        until = read_condition(self.until) if self.until else None
        return Retry(self.ask, self.times or 0, then, until, self.accept)


class StepFile(FileModel):
    """One step of a flow: exactly one of the kinds, with what it is about."""

    acknowledge: Texts | None = None
    ask: Texts | None = None
    call: Texts | None = None
    present: Texts | None = None
    invite: Texts | None = None
    confirm: Texts | None = None
    inform: Texts | None = None
    say: Texts | None = None
    handoff: Texts | None = None
    flow: Texts | None = None
    when: Text = ""
    otherwise: Texts = ()
    retry: RetryFile | None = None
    optional: bool = False
    more: Text = ""
    reason: Text = ""

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
            raise fault("a step does exactly one thing", found=raw, allowed=KINDS)
        for key in spec:
            if key not in cls.model_fields:
                raise fault("unknown field", at=(str(key),), found=str(key), allowed=list(cls.model_fields))
        if sum(key in KINDS for key in spec) != 1:
            raise fault("a step does exactly one thing", found=raw, allowed=KINDS)
        return spec

    @model_validator(mode="after")
    def names_are_known(self, info: ValidationInfo) -> StepFile:
        """It names so much as its kind takes, and only what there is (context: `slots`, `flows`, `handoffs`)."""
        names = _names(info)
        kind, of = self.kind, self.of
        self._check_count(kind, of)
        self._check_extras(kind, names)
        for slot in (*(of if kind in ("ask", "invite") else ()), *self.otherwise):
            if slot not in names.slots:
                raise fault("unknown slot", at=(kind,), found=slot, allowed=list(names.slots))
        if kind == "invite" and _type(names.slots, of[0]) != "option":
            options = [name for name in names.slots if _type(names.slots, name) == "option"]
            raise fault("invites to choose, so it needs an option slot", at=(kind,), found=of[0], allowed=options)
        if kind == "handoff" and of:
            _check_handoff(of[0], names)
        if kind == "flow" and of[0] not in names.flows:
            raise fault("unknown flow", at=(kind,), found=of[0], allowed=list(names.flows))
        if self.when:
            _condition(self.when, names, "when")
        return self

    @property
    def kind(self) -> str:
        return next(kind for kind in KINDS if kind in self.model_fields_set)

    @property
    def of(self) -> tuple[str, ...]:
        return getattr(self, self.kind) or ()

    @staticmethod
    def _check_count(kind: str, of: tuple[str, ...]) -> None:
        """acknowledge stands alone, handoff may, ask takes one or several names, all others exactly one."""
        if kind == "acknowledge" and of:
            raise fault(f"{kind} takes no name", at=(kind,), found=", ".join(of), fix=f"- {kind}")
        if kind not in ALONE and not of:
            raise fault(f"{kind} needs a name", at=(kind,), fix=f"{kind}: {'TEXT' if kind == 'say' else 'NAME'}")
        if kind != "ask" and len(of) > 1:
            fix = f"a step for each: - {kind}: {of[0]}"
            raise fault(f"{kind} takes one name", at=(kind,), found=", ".join(of), fix=fix)

    def _check_extras(self, kind: str, names: Names) -> None:
        """What stands beside the kind fits it."""
        if self.otherwise and kind != "present":
            text = f"{kind} has no otherwise: only what is presented can turn out to be nothing"
            fix = "put it on the `present:` step"
            raise fault(text, at=("otherwise",), found=", ".join(self.otherwise), fix=fix)
        if self.retry is not None and kind != "call":
            raise fault(f"{kind} has no retry: only a call can fail", at=("retry",), fix="put it on the `call:` step")
        if self.optional and kind != "ask":
            raise fault(f"{kind} cannot be optional", at=("optional",), fix="only an `ask:` step can")
        if self.more and (kind != "ask" or not _is_list(names.slots, self.of)):
            raise fault("`more` asks for another item, so it stands beside `ask:` with one list slot", at=("more",))
        if self.reason and kind != "handoff":
            raise fault(f"{kind} needs no reason", at=("reason",), fix="put it on a `handoff:` step")

    def step(self) -> Step:
        """The step that this describes; `flow` is put in its place by `flows_of`."""
        when = read_condition(self.when) if self.when else None
        retry = None if self.retry is None else self.retry.retry()
        text = self.of[0] if self.kind == "say" else self.reason
        of = () if self.kind == "say" else self.of
        kind = cast(StepKind, self.kind)
        return Step(kind, of, when, self.otherwise, retry, self.optional, self.more, text)


def _some_steps(raw: Any) -> Any:
    if not isinstance(raw, list) or not raw:
        raise fault("a flow needs steps", found=raw)
    return tuple(raw)


class FlowFile(FileModel):
    """A task of the agent, or without `when` a part of others."""

    when: Text = ""
    requires: Texts = ()
    steps: Annotated[
        tuple[StepFile, ...],
        BeforeValidator(_some_steps, json_schema_input_type=Annotated[list[StepFile], Field(min_length=1)]),
    ]
    done: Text = ""
    goals: Text = ""
    weight: Annotated[float, Field(ge=0)] = 1.0
    habits: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def leads_somewhere(self, info: ValidationInfo) -> FlowFile:
        """A confirmed tool is called afterwards, or the yes leads nowhere; what it requires is there."""
        for index, step in enumerate(self.steps):
            later = [s.of[0] for s in self.steps[index + 1 :] if s.kind == "call"]
            if step.kind == "confirm" and step.of[0] not in later:
                text = f"{step.of[0]!r} is confirmed but never called afterwards"
                raise fault(text, at=("steps", str(index)), fix=f"add `- call: {step.of[0]}` after it")
        flows = _names(info).flows
        for name in self.requires:
            if name not in flows:
                raise fault("unknown flow", at=("requires",), found=name, allowed=list(flows))
        return self


def flows_of(read: Mapping[str, FlowFile], reader: YamlReader) -> dict[str, Flow]:
    """The flows as the engine runs them, every `flow:` step replaced by the steps of that flow.

    Raises:
        ConfigError: a flow that stands in itself.
    """
    return {name: _flow(name, flow, read, reader) for name, flow in read.items()}


def _flow(name: str, flow: FlowFile, read: Mapping[str, FlowFile], reader: YamlReader) -> Flow:
    steps = tuple(_expanded(flow, read, reader, (name,)))
    required = tuple(_required(name, read, reader, ()))
    return Flow(name, flow.when, steps, flow.done, flow.goals, required, flow.weight, flow.habits)


def _expanded(
    flow: FlowFile, read: Mapping[str, FlowFile], reader: YamlReader, within: tuple[str, ...]
) -> Iterator[Step]:
    for index, step in enumerate(flow.steps):
        if step.kind != "flow":
            yield replace(step.step(), place=index)
            continue
        (part,) = step.of
        if part in within:
            path = " > ".join((*within, part))
            raise reader.error("a flow stands in itself", ("flows", within[-1], "steps", str(index)), found=path)
        when = read_condition(step.when) if step.when else None
        for inner in _expanded(read[part], read, reader, (*within, part)):
            if inner.kind != "acknowledge":
                yield replace(inner, when=_together(when, inner.when), place=index)


def _together(*conditions: Condition | None) -> Condition | None:
    kept = tuple(c for c in conditions if c is not None)
    return None if not kept else kept[0] if len(kept) == 1 else Both(kept)


def _required(name: str, read: Mapping[str, FlowFile], reader: YamlReader, within: tuple[str, ...]) -> Iterator[str]:
    """What a flow requires, what that requires first."""
    if name in within:
        raise reader.error(
            "a flow requires itself", ("flows", within[0], "requires"), found=" > ".join((*within, name))
        )
    seen = set[str]()
    for first in read[name].requires:
        for flow in (*_required(first, read, reader, (*within, name)), first):
            if flow not in seen:
                seen.add(flow)
                yield flow


# ---------------------------------------------------------------------- names


def _check_handoff(name: str, names: Names) -> None:
    if name not in names.handoffs:
        fix = f"handoffs: {{{name}: what it is for}}"
        raise fault(
            "nobody of that name takes over", at=("handoff",), found=name, allowed=list(names.handoffs), fix=fix
        )


def _type(slots: Mapping[str, Any], name: str) -> Any:
    spec = slots.get(name)
    return spec.get("type") if isinstance(spec, dict) else None


def _is_list(slots: Mapping[str, Any], of: tuple[str, ...]) -> bool:
    spec = slots.get(of[0]) if len(of) == 1 else None
    return isinstance(spec, dict) and spec.get("list") is True


def _condition(text: str, names: Names, field: str) -> None:
    """Raises the fault of a condition that cannot be read or names nothing."""
    try:
        condition = read_condition(text)
    except Unreadable as wrong:
        raise fault(wrong.problem, at=(field,), found=wrong.found, allowed=FORMS) from None
    slots = {name: slot_of(names.slots, name) for name in names.slots}
    if (problem := wrong_term(condition, slots, names.tools)) is not None:
        allowed = problem.allowed or (list(names.tools) if "tool" in problem.problem else list(names.slots))
        raise fault(problem.problem, at=(field,), found=problem.found, allowed=allowed)
