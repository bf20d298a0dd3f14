"""Agent: the one description of who the agent is. Nothing here knows what it is about: agent.yaml says that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from demeanor.agent.conditions import Condition, State, holds
from demeanor.agent.moves import brought_something
from demeanor.agent.slots import Slot
from demeanor.text import plain, stands_in, words

StepKind = Literal["acknowledge", "ask", "call", "present", "invite", "confirm", "inform", "say", "handoff"]
STEP_KINDS = ("acknowledge", "ask", "call", "present", "invite", "confirm", "inform", "say", "handoff")
HAND_OVER = "hand_over"
"""The tool that every agent with `handoffs` has: it gives the conversation to a person."""


@dataclass(frozen=True)
class Voice:
    """How the agent sounds. `avoid` and `max_words` are checked in every reply; `traits` reach the system text.

    `allow`: manners (`agent/manners.py`) that are no fault in this voice.
    """

    traits: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    max_words: int = 60

    def avoided(self, text: str) -> list[str]:
        """The phrases of `avoid` that a text holds as whole words, in any case, spacing and spelling of signs."""
        return [p for p in self.avoid if stands_in(p, text) or (not words(p) and plain(p) in plain(text))]


@dataclass(frozen=True)
class Retry:
    """How a call is made again that has not come about: after `ask`, at most `times` (0: as often as it takes), `then`
    a step in its place. It has come about once `until` holds, or without one, once it brought something. A plain yes to
    what it brought takes the field `accept` of it for the answer to `ask`.
    """

    ask: tuple[str, ...]
    times: int = 0
    then: Step | None = None
    until: Condition | None = None
    accept: str = ""

    def came_about(self, state: State, slots: Mapping[str, Slot], result: Mapping[str, Any]) -> bool:
        """Whether a call with this result need not be made again."""
        return holds(self.until, state, slots) if self.until is not None else brought_something(result)


@dataclass(frozen=True)
class Step:
    """One step of a flow: what to do (`kind`), about which slots or tool (`of`), under which condition (`when`).

    `otherwise`: slots asked again when a call brought nothing. `optional`: what it asks for need not be told. `more`:
    the question for another item of a list, until the user has none. `text`: what `say` says, or why it hands over.
    `place`: which step of the flow it is in the file, where a part stands as one.
    """

    kind: StepKind
    of: tuple[str, ...] = ()
    when: Condition | None = None
    otherwise: tuple[str, ...] = ()
    retry: Retry | None = None
    optional: bool = False
    more: str = ""
    text: str = ""
    place: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Flow:
    """A task of the agent, as steps over slots.

    `when`: who needs it; without it, it is a part of other flows. `requires`: flows that have to be through, once a
    conversation, before this one goes on and before a tool of it runs. `done` is SQL that is true in the database once
    the task is done (parameters: the goal's values); `goals` is SQL whose rows are values a simulated user may ask for
    (parameter: today). `weight`: how often simulated users need it, beside the others; `habits`: name -> share of them.
    """

    name: str
    when: str
    steps: tuple[Step, ...]
    done: str = ""
    goals: str = ""
    requires: tuple[str, ...] = ()
    weight: float = 1.0
    habits: Mapping[str, float] = field(default_factory=dict)

    def slots(self) -> tuple[str, ...]:
        """The slots that the flow asks for or lets the user choose, in order."""
        seen = [name for step in self.steps if step.kind in ("ask", "invite") for name in step.of]
        return tuple(dict.fromkeys(seen))

    def tools(self) -> tuple[str, ...]:
        return tuple(step.of[0] for step in self.steps if step.kind == "call")

    def writes(self) -> tuple[str, ...]:
        """Tools that change something and need the user's clear yes."""
        return tuple(step.of[0] for step in self.steps if step.kind == "confirm")


Error = Literal["miss", "false_alarm"]
"""The two errors of whoever recognises something."""


@dataclass(frozen=True)
class Guard:
    """What the agent must not handle by itself: code answers such a message, whatever the model would say.

    `when`: what it is about, in words. It is recognised by `topic` (one of `topics.TOPICS`), by messages like `signs`
    and unlike `not_signs`, or by both; `avoids` is the error that its threshold makes rare. `say` is the answer, after
    which the conversation goes to `handoff` (one of the agent's), or on. `every_time`: else once a conversation.
    """

    name: str
    when: str
    say: str
    topic: str = ""
    signs: tuple[str, ...] = ()
    not_signs: tuple[str, ...] = ()
    avoids: Error = "false_alarm"
    handoff: str = ""
    every_time: bool = True


@dataclass(frozen=True)
class Withheld:
    """Knowledge that the agent keeps until something holds: SQL on the world (`until`) or a condition; without either
    for ever.

    `text`: what must not be told. `pages`: files of knowledge pages that are not looked up until then. `say`: what is
    said in place of a reply that tells it.
    """

    name: str
    text: str
    say: str
    pages: tuple[str, ...] = ()
    until: str = ""
    condition: Condition | None = None


@dataclass(frozen=True)
class Agent:
    """The whole description. `sha256` is of the file's bytes: scenarios pin it, runs freeze it. `chat_template`: a
    shipped one or a file, in place of the base model's own.

    `country` is where its users live, as two letters: how they write dates (6/7) and telephone numbers. `facts` are
    what the application, or a tool, verifies of whoever speaks: name -> what it is. Tools read them, the model none.
    `handoffs`: to whom a conversation can be given, and for what. `guards`: what code answers in the model's place.
    `withhold`: what it keeps to itself.
    """

    name: str
    persona: str
    base_model: str = "smollm2-135m-instruct"
    chat_template: str = ""
    voice: Voice = field(default_factory=Voice)
    slots: Mapping[str, Slot] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    when_unsure: str = "I need to check that for you; a colleague will confirm it shortly."
    country: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    handoffs: Mapping[str, str] = field(default_factory=dict)
    guards: Mapping[str, Guard] = field(default_factory=dict)
    withhold: Mapping[str, Withheld] = field(default_factory=dict)
    knowledge: str = "knowledge"
    tools: str = "tools.py"
    nudges: tuple[str, ...] = ()
    file: Path = Path("agent.yaml")
    sha256: str = ""

    def writes(self) -> frozenset[str]:
        """Tools that need consent, over all flows."""
        return frozenset(tool for flow in self.flows.values() for tool in flow.writes())

    def deeds(self) -> frozenset[str]:
        """Tools that do something: what needs consent, and whatever a flow tells as done (`inform`)."""
        told = (step.of[0] for flow in self.flows.values() for step in flow.steps if step.kind == "inform" and step.of)
        return self.writes() | {*told}

    def sayings(self) -> list[str]:
        """The sentences that the description puts into the agent's mouth."""
        steps = [step for flow in self.flows.values() for step in flow.steps]
        ends = [step.retry.then for step in steps if step.retry is not None and step.retry.then is not None]
        said = [step.text for step in (*steps, *ends) if step.kind == "say"]
        said += [step.more for step in steps if step.more]
        said += [guard.say for guard in self.guards.values()] + [kept.say for kept in self.withhold.values()]
        return [*said, *(slot.ask for slot in self.slots.values()), self.when_unsure]

    def tasks(self) -> dict[str, Flow]:
        """The flows that a user can need; the others are parts of these."""
        return {name: flow for name, flow in self.flows.items() if flow.when}

    def whole(self) -> dict[str, Flow]:
        """The flows that are gone through as a whole: tasks, and what they require; not what is only a part."""
        required = {name for flow in self.flows.values() for name in flow.requires}
        return {name: flow for name, flow in self.flows.items() if flow.when or name in required}

    def asides(self, flow: str) -> list[str]:
        """Tasks that somebody in the middle of a flow can ask for in between: they say or show something, nothing has
        to be told or agreed to for them, and they require no more than the flow does.
        """
        talks = ("ask", "invite", "confirm", "handoff")
        required = {*self.flows[flow].requires}
        others = [task for name, task in self.tasks().items() if name != flow and {*task.requires} <= required]
        quiet = [task for task in others if all(step.kind not in talks and not step.retry for step in task.steps)]
        return [task.name for task in quiet if any(step.kind in ("say", "present") for step in task.steps)]

    def required_for(self, tool: str) -> tuple[str, ...]:
        """The flows that have to be through before a tool runs: what every task that calls it requires."""
        callers = [flow for flow in self.tasks().values() if tool in flow.tools()]
        needed = [{*flow.requires} for flow in callers]
        return tuple(n for n in self.flows if needed and all(n in required for required in needed))

    def sentences(self) -> tuple[str, ...]:
        """What `say` steps say, also where a call has failed too often."""
        steps = [step for flow in self.flows.values() for step in flow.steps]
        ends = [step.retry.then for step in steps if step.retry is not None and step.retry.then is not None]
        return tuple(dict.fromkeys(step.text for step in (*steps, *ends) if step.kind == "say"))

    def bargained(self) -> frozenset[str]:
        """Slots that flows settle by offers and counter-offers, and so ask for again and again."""
        retries = [step.retry for flow in self.flows.values() for step in flow.steps if step.retry is not None]
        return frozenset(name for retry in retries if retry.accept for name in retry.ask)

    def retries(self, tool: str) -> tuple[Retry, ...]:
        """How flows have a tool called again that has not come about."""
        steps = (step for flow in self.flows.values() for step in flow.steps)
        return tuple(dict.fromkeys(step.retry for step in steps if step.retry is not None and step.of == (tool,)))

    def nudge_text(self, today: date) -> str:
        """The runtime nudges for a clock, e.g. 'Today is Monday 8 June 2026.'"""
        spoken = f"{today:%A} {today.day} {today:%B} {today.year}"
        return " ".join(nudge.replace("{today}", spoken) for nudge in self.nudges)
