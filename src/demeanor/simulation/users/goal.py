"""What a simulated user wants: a flow, values for its slots, a habit, a register, and what happens on the way.

Goals are sampled against a real world: a stay that should succeed is one for which the tools find something, a stay
that should fail is one for which they find nothing, so that no scenario asks for the impossible by accident.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from demeanor.agent import Agent, Flow
from demeanor.agent.conditions import Outcome, terms
from demeanor.agent.description import Retry
from demeanor.agent.slots import Resolved, Slot, draw, draw_code, plain, resolve
from demeanor.errors import ConfigError
from demeanor.runtime.tools import Tool, World, parameters_of
from demeanor.simulation.users.course import Course, Tried
from demeanor.simulation.wording.user import REGISTERS, UserBank, placeholders

HABITS = (
    "all_at_once",
    "drip",
    "some",
    "changes_mind",
    "digresses",
    "nothing_available",
    "lacks",
    "off_topic",
    "rude",
    "hesitates",
    "gives_up",
    "asks_only",
    "mistakes",
    "fails",
    "interrupts",
    "recaps",
)
OCCASIONAL = ("changes_mind", "nothing_available", "mistakes", "fails")  # need a world that gives occasion to them
PLAIN = "some"
SCRIPTED = "scripted"  # the habit of a user with lines; no simulated user has it
MOST_TRIES, FEW_TRIES = 400, 40
REFUSED = 0.15  # of the users of a flow that provides for a look-up that says no
MOST_FAILURES = 5  # further tries of a user who never gets it right
PROBES = 90  # other values looked at, for one user, until nothing is found with them


@dataclass(frozen=True)
class Goal:
    """One need.

    `values` are what the user wants in the end. `first` are values said first and changed `when`: at the offer, at the
    confirmation, when nothing is found or when a tool says no. Of a user whose habit is to fail they are never right,
    nor are `tries`, one after the other said when it has failed again; in a bargain ("bargain") these are bids.
    `say` fixes phrases for some keys ("next weekend"). `pick` is the offered row the user takes, `pick_by` how they
    name it. `questions` are asked on the way. `facts` are verified of the user. `comes_to`: the outcome where the flow,
    followed without a mistake, does nothing for this user (refused in words, given to a person); '' where it does.
    """

    flow: str | None
    values: Mapping[str, Any]
    habit: str
    register: str
    today: date
    style: str = "plain"
    first: Mapping[str, Any] = field(default_factory=dict)
    tries: tuple[Mapping[str, Any], ...] = ()
    when: str = ""
    say: Mapping[str, str] = field(default_factory=dict)
    pick: Mapping[str, Any] = field(default_factory=dict)
    pick_by: str = ""
    questions: tuple[str, ...] = ()
    gives_up: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)
    comes_to: str = ""

    @property
    def has_task(self) -> bool:
        """Whether the database must show that something was done."""
        return self.flow is not None and not self.gives_up and self.habit != "fails" and not self.comes_to

    def parameters(self) -> dict[str, Any]:
        """The goal as SQL parameters: its values, its pick as picked_FIELD, and today."""
        values = {k: json.dumps(plain(v)) if isinstance(v, tuple) else plain(v) for k, v in self.values.items()}
        picked = {f"picked_{k}": v for k, v in self.pick.items()}
        return {**self.facts, **values, **picked, "today": self.today.isoformat()}


class NoGoal(ConfigError):
    """No user can want anything of a flow on this day."""


class GoalSampler:
    """Draws goals for one agent and one wording bank.

    Args:
        new_world: makes a fresh world for a clock.
    """

    def __init__(
        self, agent: Agent, bank: UserBank, tools: Mapping[str, Tool], new_world: Callable[[date], World]
    ) -> None:
        self.agent = agent
        self.bank = bank
        self.tools = tools
        self.new_world = new_world
        self.course = Course(agent, tools, new_world)
        self._bargaining = {
            name for name, flow in agent.flows.items() if any(r.accept and r.times for r in _retries(flow))
        }
        self.refusal = ""
        self.probes = PROBES

    def sample(
        self, rng: random.Random, flow: str, habit: str, register: str, today: date, style: str = "plain"
    ) -> Goal:
        """One goal. Where the world gives no occasion to the habit, the user has none.

        Raises:
            NoGoal: nobody can want it on this day.
            ConfigError: no goal of the flow exists in this world (after many tries).
        """
        spec = self.agent.flows[flow]
        world, self.refusal, self.probes = self.new_world(today), "", PROBES
        provided = set[str]() if habit in OCCASIONAL else _provided(spec)
        looked_for = FEW_TRIES if provided and rng.random() < REFUSED else 0
        try:
            for number in range(FEW_TRIES if habit in OCCASIONAL else MOST_TRIES):
                refused = provided if number < looked_for else set[str]()
                goal = self._try(rng, spec, habit, register, today, style, world, refused)
                if goal is not None:
                    return goal
        finally:
            world.close()
        if habit in OCCASIONAL:
            return self.sample(rng, flow, PLAIN, register, today, style)
        why = f"; the last try was refused, {self.refusal}" if self.refusal else ""
        raise ConfigError(
            f"found no goal of habit {habit!r} for flow {flow!r} that this world allows{why}",
            file=self.agent.file,
            field=f"flows.{flow}",
            fix="seed a world in which such a request can be made",
        )

    def _try(
        self,
        rng: random.Random,
        flow: Flow,
        habit: str,
        register: str,
        today: date,
        style: str,
        world: World,
        refused: set[str],
    ) -> Goal | None:
        """A goal with some values, or None. With `refused`, only one to which one of these tools says no."""
        values, say = self._values(rng, flow, today, world)
        tried = self._tried(flow, values, world)
        if bool(tried.refusal) != bool(refused) or (refused and not refused & {*tried.refused()}):
            return None
        values = self._on_the_way(flow, values, tried)
        say = {key: words for key, words in say.items() if {*key.split("+")} <= values.keys()}
        rows = tried.rows
        picked = rng.choice(rows) if rows else {}
        facts, values = self._parted(values)
        base = Goal(
            flow.name, values, habit, register, today, style, say=say, pick=self._shown(flow, picked), facts=facts
        )
        if refused:
            return base if self._sayable(base) else None
        base = _with(base, pick_by=self._pick_by(rng, flow, picked, rows))
        found = bool(rows) or (self.course.target(flow) not in tried.results and not tried.again)
        changed = self._changes(rng, base, flow, world, found)
        return changed if changed is None or self._sayable(changed) else None

    # ------------------------------------------------------------------ values

    def _values(
        self, rng: random.Random, flow: Flow, today: date, world: World
    ) -> tuple[dict[str, Any], dict[str, str]]:
        values: dict[str, Any] = {}
        say: dict[str, str] = {}
        absent: set[str] = set()
        if flow.goals:
            found = world.sql(flow.goals, **dict.fromkeys(parameters_of(flow.goals), today.isoformat()))
            if not (rows := found.mappings().fetchall()):
                raise NoGoal(
                    f"`goals` gives no row on {today.isoformat()}: nobody can want {flow.name!r}",
                    file=self.agent.file,
                    field=f"flows.{flow.name}.goals",
                    fix="seed a world in which such a request can be made",
                )
            row = dict(rng.choice(rows))
            absent = {name for name, value in row.items() if value is None and name in self.agent.slots}
            values |= {name: self._typed(name, v, today) for name, v in row.items() if name not in absent}
        spare = {name for step in self.course.steps(flow) if step.optional for name in step.of}
        for name in self._wanted(flow):
            slot = self.agent.slots[name]
            if name in values or slot.type == "option" or (name in absent and (slot.optional or name in spare)):
                continue
            if (slot.optional and rng.random() > 0.35) or (name in spare and rng.random() < 0.5):
                continue
            values[name] = self._value(rng, slot, values, today)
        if rng.random() < 0.3:
            self._literal_dates(rng, values, say, today)
        return values, say

    def _parted(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is verified of the user, and what the user says."""
        facts = {name: value for name, value in values.items() if name in self.agent.facts}
        return facts, {name: value for name, value in values.items() if name not in facts}

    def _wanted(self, flow: Flow) -> list[str]:
        """The flow's slots and the optional ones that its tools take."""
        steps = self.course.steps(flow)
        asked = [name for step in steps if step.kind in ("ask", "invite") for name in step.of]
        asked += [name for step in steps if step.retry is not None for name in step.retry.ask]
        called = [step.of[0] for step in steps if step.kind == "call" and step.of[0] in self.tools]
        extra = [p for tool in called for p in self.tools[tool].parameters]
        return [n for n in dict.fromkeys([*asked, *extra]) if n in self.agent.slots]

    def _value(self, rng: random.Random, slot: Slot, values: Mapping[str, Any], today: date) -> Any:
        start = values.get(slot.after) if slot.after else None
        begun = start if isinstance(start, date) else None
        if slot.many:
            one = replace(slot, many=False)
            return tuple(dict.fromkeys(self._value(rng, one, values, today) for _ in range(rng.randint(1, 3))))
        if slot.type in ("number", "money") and slot.examples and None in (slot.min, slot.max):
            return self._from_wording(rng, replace(slot, name=""), today)  # what a project gives as usual
        value = draw(slot, rng, today, begun)
        return self._from_wording(rng, slot, today) if value is None else value

    def _typed(self, name: str, value: Any, today: date) -> Any:
        """A value of a `goals` row as its slot has it: SQL knows neither days nor truth."""
        slot = self.agent.slots.get(name)
        if slot is None:
            return value
        if slot.many and isinstance(value, str) and value.startswith("["):
            value = json.loads(value)  # SQL has lists as JSON
        got = resolve(slot, bool(value) if slot.type == "yes_no" and isinstance(value, int) else value, today)
        return got.value if isinstance(got, Resolved) else value

    def _from_wording(self, rng: random.Random, slot: Slot, today: date) -> Any:
        """A value that only the project knows: one of its phrases or examples, as the slot reads it."""
        said = [phrase for phrase in self.bank.values.get(slot.name, ()) if not placeholders(phrase)]
        made = [draw_code(slot, rng)] if slot.type == "code" else ["x"]
        phrase = rng.choice(said or list(slot.examples) or made)
        got = resolve(slot, phrase, today)
        return got.value if isinstance(got, Resolved) else phrase

    def _literal_dates(self, rng: random.Random, values: dict[str, Any], say: dict[str, str], today: date) -> None:
        """Take the dates from a phrase without numbers ("next weekend"), which random dates would seldom meet."""
        pairs = [(s.after, n) for n, s in self.agent.slots.items() if s.after and n in values and s.after in values]
        for start, end in pairs:
            key = f"{start}+{end}"
            literal = [t for t in self.bank.values.get(key, ()) if "{" not in t]
            if not literal or start is None:
                continue
            phrase = rng.choice(literal)
            first = resolve(self.agent.slots[start], phrase, today, {})
            if not isinstance(first, Resolved):
                continue
            last = resolve(self.agent.slots[end], phrase, today, {start: first.value})
            if isinstance(last, Resolved) and isinstance(last.value, date) and isinstance(first.value, date):
                gap = (last.value - first.value).days
                if first.value > today and 1 <= gap <= 14:
                    values[start], values[end], say[key] = first.value, last.value, phrase

    # ------------------------------------------------------------------ the world

    def _tried(self, flow: Flow, values: Mapping[str, Any], world: World) -> Tried:
        """What the flow's calls bring with these values; a refusal is remembered for the error."""
        tried = self.course.run(flow, values, self._parted(values)[0], world.today)
        self.refusal = tried.refusal or self.refusal
        return tried

    def _on_the_way(self, flow: Flow, values: Mapping[str, Any], tried: Tried) -> dict[str, Any]:
        """The values without those that only a branch asks for which the flow does not take with them."""
        every, asked = self.course.every(flow), self.course.asked(flow, values, tried)
        return {name: value for name, value in values.items() if name not in every or name in asked}

    def _shown(self, flow: Flow, row: Mapping[str, Any]) -> dict[str, Any]:
        """The row without its key, which differs from search to search."""
        keys = {s.source[1] for s in self.agent.slots.values() if s.source and s.source[0] in flow.tools()}
        return {k: v for k, v in row.items() if k not in keys} if keys else {}

    def _pick_by(self, rng: random.Random, flow: Flow, row: Mapping[str, Any], rows: list[dict[str, Any]]) -> str:
        if len(rows) < 2:
            return ""
        names = [k for k, v in row.items() if isinstance(v, str) and sum(r.get(k) == v for r in rows) == 1]
        option = next((n for n in flow.slots() if self.agent.slots[n].type == "option"), "")
        ways = [k for k in names if f"{option}.{k}" in self.bank.values] + [f"position={rows.index(dict(row)) + 1}"]
        if rows.index(dict(row)) == 0:
            ways.append("cheapest")
        return rng.choice(ways)

    def _changes(self, rng: random.Random, goal: Goal, flow: Flow, world: World, found: bool) -> Goal | None:
        """What the habit adds: values said first, giving up, or None when the world does not fit the habit."""
        if goal.habit == "nothing_available":
            if not found:
                return _with(goal, gives_up=True) if rng.random() < 0.3 else None
            first = self._without_rows(rng, goal, flow, world)
            return _with(goal, first=first, when="empty") if first else None
        if not found:
            return None
        if goal.habit == "fails" and flow.name in self._bargaining and rng.random() < 0.5:
            bids = self._refused_bids(rng, goal, flow)
            return _with(goal, first=bids[0], tries=tuple(bids[1:]), when="bargain") if bids else None
        if goal.habit in ("mistakes", "fails"):
            first, *tries = self._refused_values(rng, goal, flow) or [{}]
            return _with(goal, first=first, tries=tuple(tries), when="refused") if first else None
        if goal.habit == "changes_mind":
            first = self._other_values(rng, goal, flow, world)
            return _with(goal, first=first, when=rng.choice(_moments(flow, goal, first))) if first else None
        if goal.habit == "gives_up":
            values = {**goal.facts, **goal.values}
            if not self.course.confirms(flow, values, self._tried(flow, values, world)):
                return None
            return _with(goal, gives_up=True, when=rng.choice(("offer", "confirm") if goal.pick else ("confirm",)))
        return goal

    def _without_rows(self, rng: random.Random, goal: Goal, flow: Flow, world: World) -> dict[str, Any]:
        """Other values of what the flow asks again for, with which nothing is found."""
        asked = {n for s in flow.steps for n in s.otherwise}
        asked |= {n for s in flow.steps if s.retry is not None and not s.retry.accept for n in s.retry.ask}
        asked |= {n for n, slot in self.agent.slots.items() if slot.after in asked}
        for _ in range(min(30, self.probes)):
            self.probes -= 1
            fresh, _say = self._values(rng, flow, goal.today, world)
            other = {k: v for k, v in fresh.items() if k in asked and goal.values.get(k) != v}
            tried = self._tried(flow, {**goal.facts, **goal.values, **other}, world) if other else Tried(refusal="none")
            if not tried.refusal and not tried.rows:
                return other
        return {}

    def _other_values(self, rng: random.Random, goal: Goal, flow: Flow, world: World) -> dict[str, Any]:
        """Another value of one correctable detail, for which something is found as well."""
        keys = [k.removeprefix("correct.") for k in self.bank.messages if k.startswith("correct.")]
        done = self._done_before(flow) | self.agent.bargained()
        keys = [k for k in keys if all(n in goal.values and n not in done for n in k.split("+"))]
        if not keys:
            return {}
        fresh, _say = self._values(rng, flow, goal.today, world)
        names = rng.choice(sorted(keys)).split("+")
        other = {n: fresh[n] for n in names if n in fresh}
        if not other or self._parted(fresh)[0] != goal.facts or all(_same(goal.values[n], other[n]) for n in other):
            return {}
        first = {**fresh, **goal.facts, **goal.values, **other}
        tried = self._tried(flow, first, world)
        if not self.course.confirms(flow, first, tried):
            return {}  # the question at which the mind would be changed never comes
        also = {n for n in self.course.asked(flow, first, tried) if n in fresh and n not in goal.values}
        return {**other, **{n: fresh[n] for n in also}} if tried.rows and not tried.refusal else {}

    def _done_before(self, flow: Flow) -> set[str]:
        """The details of what a flow does without a question for a yes: that is done, and no mind undoes it."""
        deeds = self.agent.deeds() - self.agent.writes()
        return {
            name
            for tool in flow.tools()
            if tool in deeds and tool in self.tools
            for name in self.tools[tool].parameters
        }

    def _refused_values(self, rng: random.Random, goal: Goal, flow: Flow) -> list[dict[str, Any]]:
        """Other values of a detail that the flow lets its users tell again, with which a call does not come about: one,
        or those of somebody who always fails, of a detail for which something is provided in the end.
        """
        retries = [step.retry for step in self.course.steps(flow) if step.retry is not None]
        retries = [retry for retry in retries if retry.then is not None or goal.habit != "fails"]
        names = [name for retry in retries if not retry.accept for name in retry.ask if name in goal.values]
        names += [n for s in flow.steps for n in s.otherwise if n in goal.values and not retries]
        begins = {slot.after for name, slot in self.agent.slots.items() if name in goal.values}
        names = [name for name in names if name not in begins]  # alone it would no longer fit its end
        for name in rng.sample(names, len(names)):
            wrong = self._refused_of(rng, goal, flow, name, 1)
            if wrong and goal.habit == "fails":
                wrong += self._refused_of(rng, goal, flow, name, MOST_FAILURES)
                values = {**goal.facts, **goal.values, **wrong[0]}
                if not self.course.never_served(flow, values, goal.facts, goal.today, wrong[1:]):
                    continue  # what was refused once is not refused for ever
            if wrong:
                return wrong
        return []

    def _refused_of(self, rng: random.Random, goal: Goal, flow: Flow, name: str, most: int) -> list[dict[str, Any]]:
        """At most so many values of one detail with which a call does not come about."""
        found: list[dict[str, Any]] = []
        for _ in range(10):
            wrong = another(self.agent.slots[name], rng, goal.today, goal.values)
            if wrong is None or len(found) >= most:
                break
            values = {**goal.facts, **goal.values, name: wrong}
            if wrong != goal.values[name] and self._fails(flow, values, goal):
                found.append({name: wrong})
        return found

    def _fails(self, flow: Flow, values: Mapping[str, Any], goal: Goal) -> bool:
        """Whether a call with these values does not come about."""
        tried = self.course.run(flow, values, goal.facts, goal.today)
        return bool(tried.refusal or tried.again)

    def _refused_bids(self, rng: random.Random, goal: Goal, flow: Flow) -> list[dict[str, Any]]:
        """Bids that no round accepts, those first that are farthest from what the user would have wanted."""
        names = [n for r in _retries(flow) if r.accept and r.times for n in r.ask if n in goal.values]
        if not names:
            return []
        name = rng.choice(names)
        drawn = {another(self.agent.slots[name], rng, goal.today, goal.values) for _ in range(4 * MOST_FAILURES)} - {
            None
        }
        bids = [bid for bid in drawn if self._holds_out(goal, flow, [{name: bid}] * MOST_FAILURES)]
        bids.sort(key=lambda bid: (-abs(bid - goal.values[name]), bid))
        tries = [{name: bid} for bid in bids[-MOST_FAILURES:]]
        return tries if tries and self._holds_out(goal, flow, tries) else []

    def _holds_out(self, goal: Goal, flow: Flow, tries: list[dict[str, Any]]) -> bool:
        """Whether a user who says one after the other of these is never served."""
        values = {**goal.facts, **goal.values, **tries[0]}
        return self.course.never_served(flow, values, goal.facts, goal.today, tries[1:])

    def _sayable(self, goal: Goal) -> bool:
        """Whether a fixed phrase still means the goal's values (it does unless the habit changed them)."""
        return all(self.bank.means(k.split("+"), text, goal.values, goal.today) for k, text in goal.say.items())


def _provided(flow: Flow) -> set[str]:
    """The tools for whose refusal a flow has a branch."""
    named = (term for step in flow.steps if step.when is not None for term in terms(step.when))
    return {term.tool for term in named if isinstance(term, Outcome) and term.state == "failed"}


def _moments(flow: Flow, goal: Goal, changed: Collection[str]) -> tuple[str, ...]:
    """When a mind can be changed about details: not at the offer, where there is none or they are told after it."""
    invited = next((k for k, step in enumerate(flow.steps) if step.kind == "invite"), len(flow.steps))
    late = {name for step in flow.steps[invited:] if step.kind == "ask" for name in step.of}
    return ("offer", "confirm") if goal.pick and not late & {*changed} else ("confirm",)


def _same(one: Any, other: Any) -> bool:
    """Whether two values mean the same; a list has no order."""
    return {*one} == {*other} if isinstance(one, tuple) and isinstance(other, tuple) else bool(one == other)


def _retries(flow: Flow) -> list[Retry]:
    return [step.retry for step in flow.steps if step.retry is not None]


def another(slot: Slot, rng: random.Random, today: date, beside: Mapping[str, Any]) -> Any:
    """Some value of a slot, right or wrong, that can be told beside others; None where only the project knows any."""
    one, begun = replace(slot, many=False), beside.get(slot.after or "")
    value = draw_code(one, rng) if one.type == "code" else draw(one, rng, today, begun)
    value = misremembered(one, rng) if one.type == "text" else value
    return (value,) if slot.many and value is not None else value


def misremembered(slot: Slot, rng: random.Random) -> str | None:
    """A text as it may stand in somebody's memory: the beginning of one example and the end of another; None where the
    project has no two that can be mixed.
    """
    examples = [example.split() for example in slot.examples if len(example.split()) > 1]
    if len(examples) < 2:
        return None
    begun, ended = rng.sample(examples, 2)
    return " ".join([*begun[: (len(begun) + 1) // 2], *ended[len(ended) // 2 :]])


def _with(goal: Goal, **changes: Any) -> Goal:
    return Goal(**{**goal.__dict__, **changes})


def draw_register(rng: random.Random, habit: str) -> str:
    """A register; rude guests are rude."""
    if habit == "rude":
        return "rude"
    return rng.choices(REGISTERS, weights=(5, 3, 4, 3, 3, 1))[0]


def draw_style(rng: random.Random) -> str:
    """How it is typed; most people type plainly."""
    return rng.choices(("plain", "lowercase", "typos", "l33t"), weights=(70, 17, 10, 3))[0]
