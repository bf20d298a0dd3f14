"""A simulated user with a goal: says what it wants, answers what it is asked, checks what it is told, and leaves.

It says what its wording bank says in its register and nothing else, so it never invents and never leaks the goal. It
knows what it has said, in which words; those labels are the truth that trackers and judges work with. It hears the
agent only through acts and tool results, like a person who reads the message.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from demeanor.agent import Agent
from demeanor.agent.moves import UserMove, brought_something, rows_of
from demeanor.agent.slots import Resolved, Slot, dates_in, number_word, resolve, values_in, without_contacts
from demeanor.simulation.users.course import Planned
from demeanor.simulation.users.goal import MOST_FAILURES, Goal
from demeanor.simulation.wording.questions import Question
from demeanor.simulation.wording.user import Said, UserBank, placeholders
from demeanor.text import sentences, stands_in

PATIENCE = 3
NAMES = ("text", "name")  # said as they are, so that another one shows
FIGURES = ("time", "number", "money", "phone", "email")
MOST_TURNS = 14
CHOSEN = ("date", "time", "people", "choice", "option")
"""Types of details in which either may be fine with somebody."""
SIDES = {"off_topic": ["off_topic"], "rude": ["abuse"], "recaps": ["recap"]}
"""Habit -> what its users say beside the task."""
NOTHING_MORE = 0.25
"""Of users who are asked whether there is anything else: share who say no, rather than thank or take their leave."""
ONE_BY_ONE = 0.5
"""Of users who are asked for another item of a list: share who have one left, rather than name all at once."""
MANY = 3
"""Questions from which a user spreads them over the conversation, rather than ask them in a row."""


@dataclass(frozen=True)
class AgentTurn:
    """What the user sees of one agent turn.

    `results` are (tool, result) of this turn in order; `written` are tools with consent that succeeded so far.
    """

    acts: tuple[str, ...]
    text: str
    results: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    written: frozenset[str] = frozenset()


@dataclass(frozen=True)
class UserMessage:
    """What the user says next, and what it means."""

    text: str
    move: UserMove


@dataclass
class SimulatedUser:
    """One user in one conversation. `reply` returns None when the user has left.

    `outcome` is how the user saw it end (design/contract.md, 10).
    """

    goal: Goal
    agent: Agent
    bank: UserBank
    questions: Mapping[str, Question]
    seed: int = 0
    outcome: str = "abandoned"
    understood: bool = True
    fault: str = ""
    _given: set[str] = field(default_factory=set)
    _changed: bool = False
    _asked: list[str] = field(default_factory=list)
    _side: list[str] = field(default_factory=list)
    _idle: int = 0
    _turns: int = 0
    _corrections: int = 0
    _leaving: bool = False
    _hesitated: bool = False
    _requested: bool = False
    _rows: list[dict[str, Any]] = field(default_factory=list)
    _offers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    _results: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _found: set[str] = field(default_factory=set)
    _brought: set[str] = field(default_factory=set)
    _tries: int = 0
    _told: dict[str, int] = field(default_factory=dict)  # list -> the item that is named now
    _settled: dict[str, Any] = field(default_factory=dict)
    _refusal: tuple[str, Mapping[str, Any]] | None = None
    _agreed: bool = False  # to the question before; whoever is asked once more says a plain yes

    def __post_init__(self) -> None:
        self._rng = random.Random(f"{self.seed}-{self.goal.flow}-{self.goal.habit}")
        self._asked = list(self.goal.questions)
        self._side = SIDES.get(self.goal.habit, [])[:]
        if self.goal.habit == "interrupts" and self.goal.flow is not None:
            others = self.agent.asides(self.goal.flow)
            self._side = [f"open.{self._rng.choice(others)}"] if others else []
        self._side_turn = self._rng.randint(1, 3)
        self._told = dict.fromkeys(self._one_by_one(), 0)

    def _one_by_one(self) -> Iterator[str]:
        """The lists whose items this user names one at a time, as they are asked for."""
        flow = self.agent.flows[self.goal.flow] if self.goal.flow is not None else None
        rng = random.Random(f"one by one {self.seed}")
        for name in (step.of[0] for step in flow.steps if step.more) if flow is not None else ():
            items = self.goal.values.get(name, ())
            if len(items) > 1 and name not in self.goal.first and rng.random() < ONE_BY_ONE:
                yield name

    # ------------------------------------------------------------------ speaking

    def open(self) -> UserMessage:
        """The first message."""
        if self.goal.flow is None:
            return self._question(opening=True) if self._asked else self._simple("off_topic", "request:off_topic")
        if self._rng.random() < 0.08 and self.bank.has("greet"):
            return self._simple("greet", "greet")
        return self._request()

    def reply(self, turn: AgentTurn) -> UserMessage | None:
        """The answer to an agent turn, or None when the user leaves."""
        self._turns += 1
        for tool, result in turn.results:
            self._results[tool] = result
            self._offers[tool] = rows_of(result) or self._offers.get(tool, [])
            self._rows = rows_of(result) or self._rows
            self._brought |= {*_texts_in(result)}
            self._found |= {tool} if brought_something(result) else set()
        questions = len(self.goal.questions)
        if self._leaving or self._turns >= MOST_TURNS + (questions if questions >= MANY else 0):
            return None
        if self.goal.flow is None:
            return self._question() if self._asked else self._leave("done" if not self._side else "out_of_scope", turn)
        if not self._requested:
            return self._request()
        if self._achieved(turn):
            return self._question() if self._asked else self._leave("done", turn)
        return self._in_task(turn)

    def _in_task(self, turn: AgentTurn) -> UserMessage | None:
        if any(a.startswith("say:") for a in turn.acts) and "anything_else" in turn.acts:
            return self._leave("nothing_available", turn)  # the flow ends here for this user
        if self._turns >= self._side_turn and (self._asked or self._side) and self._in_the_mood():
            return self._question() if self._asked else self._remark()
        if self._nothing_found(turn):
            return self._other_wish(turn)
        if self._refused_again(turn):
            return self._give_up("nothing_available")
        if self._is_confirmation(turn):
            return self._answer_confirmation(turn)
        self._agreed = False
        invited = next((a.partition(":")[2] for a in turn.acts if a.startswith("invite:")), None)
        if invited is not None:
            return self._choose(invited)
        more = next((a.partition(":")[2] for a in turn.acts if a.startswith("more:")), None)
        if more is not None:
            self._idle = 0
            return self._another_item(more)
        wanted = self._slots_asked(turn)
        if self.goal.when != "bargain" and any(n in self.agent.bargained() and n in self._given for n in wanted):
            return self._take_the_offer(wanted, turn)
        if wanted:
            self._idle = 0
            return self._bid(wanted) if self.goal.when == "bargain" else self._inform(wanted)
        return self._push()

    def _another_item(self, name: str) -> UserMessage:
        """The next item of a list, or that there is none."""
        if name in self._told and self._told[name] + 1 < len(self.goal.values[name]):
            self._told[name] += 1
            return self._inform([name])
        self._told.pop(name, None)
        return self._simple("no_more" if self.bank.has("no_more") else "deny", "deny")

    def _bid(self, wanted: list[str]) -> UserMessage:
        """An answer of somebody who takes no offer: another bid where one was made."""
        again = any(name in self.goal.first and name in self._given for name in wanted)
        self._tries += again
        return self._inform(wanted) if self._tries <= MOST_FAILURES else self._give_up()

    def _take_the_offer(self, wanted: list[str], turn: AgentTurn) -> UserMessage:
        """Agree to a counter-offer; from now on it is what the user wants."""
        self._idle = 0
        for tool, result in turn.results:
            for retry in self.agent.retries(tool):
                named = {name for name in retry.ask if name in wanted and retry.accept in result}
                got = {n: resolve(self.agent.slots[n], str(result[retry.accept]), self.goal.today) for n in named}
                self._settled |= {n: g.value for n, g in got.items() if isinstance(g, Resolved)}
        return self._simple("affirm", "affirm")

    def _in_the_mood(self) -> bool:
        return len(self.goal.questions) < MANY or self._rng.random() < 0.7

    # ------------------------------------------------------------------ messages

    def _values(self) -> dict[str, Any]:
        """What the user wants at this moment."""
        first = {} if self._changed else {**self.goal.first, **self._wrong()}
        items = {name: (self.goal.values[name][k],) for name, k in self._told.items()}
        return {**self.goal.values, **first, **self._settled, **items}

    def _wrong(self) -> Mapping[str, Any]:
        """What a user whose habit is to fail says instead, another thing at every try."""
        if not self.goal.tries or not self._tries:
            return {}
        return self.goal.tries[min(self._tries, len(self.goal.tries)) - 1]

    def _fixed(self) -> dict[str, str]:
        values = self._values()
        return {k: t for k, t in self.goal.say.items() if all(values[n] == self.goal.values[n] for n in k.split("+"))}

    def _say(self, key: str, plain: bool = False) -> Said:
        template = self._rng.choice(self.bank.templates(key, self.goal.register) or ["..."])
        return self._fill(template, plain=plain)

    def _fill(self, template: str, fixed: Mapping[str, str] | None = None, plain: bool = False) -> Said:
        """Fill a template; `plain` keeps slips of the fingers out of a yes or a no, where one letter is the message."""
        style = "lowercase" if plain and self.goal.style != "plain" else self.goal.style
        polish = self.goal.register in ("neutral", "formal")
        return self.bank.say(
            template,
            self._values(),
            self.goal.today,
            self._rng,
            style,
            {**self._fixed(), **(fixed or {})},
            polish,
        )

    def _simple(self, key: str, act: str, **more: Any) -> UserMessage:
        said = self._say(key, plain=act in ("affirm", "deny", "unclear"))
        return UserMessage(said.text, UserMove((act,), said.mentions, **more))

    def _request(self) -> UserMessage:
        """Ask for the task, with as many details as the habit gives."""
        key = f"open.{self.goal.flow}"
        values = self._values()
        usable = [
            t
            for t in self.bank.templates(key, self.goal.register)
            if all(n in values for place in placeholders(t) for n in place.split("+"))
        ]
        usable = [t for t in usable if self._leaves_room(t)] or usable
        usable.sort(key=lambda t: _details(t))
        count = {"drip": 0, "all_at_once": _details(usable[-1]) if usable else 0}.get(self.goal.habit)
        if count is not None:
            wide = [t for t in usable if (_details(t) >= max(2, count - 1) if count else _details(t) == 0)]
            usable = wide or usable
        said = self._fill(self._rng.choice(usable or ["Hello"]))
        self._requested = True
        self._given |= set(said.mentions)
        acts = ("request", *(f"inform:{n}" for n in said.mentions))
        return UserMessage(said.text, UserMove(acts, said.mentions, flow=self.goal.flow))

    def _leaves_room(self, template: str) -> bool:
        """Whether every wish is said, or a question is still to come in whose answer it can be said."""
        said = {n for place in placeholders(template) for n in place.split("+")}
        wishes = {n for n in self._values() if self.agent.slots[n].optional}
        assert self.goal.flow is not None
        asked = {n for s in self.agent.flows[self.goal.flow].steps if s.kind == "ask" for n in s.of[:2]}
        text = {n for n in asked if self.agent.slots[n].type in NAMES}  # names are asked only after the offer
        return wishes <= said or bool(asked - text - said)

    def _wishes(self) -> list[str]:
        """Optional details that the user wants and has not said."""
        return [n for n in self._values() if self.agent.slots[n].optional and n not in self._given]

    def _question(self, opening: bool = False) -> UserMessage:
        question = self.questions[self._asked.pop(0)]
        text = self._rng.choice(question.ways(self.goal.register))
        acts = ("request",) if opening else ("digress", "request")
        move = UserMove(acts, question=question.id, answerable=question.answerable)
        return UserMessage(text, move)

    def _remark(self) -> UserMessage:
        key = self._side.pop(0)
        head, _, flow = key.partition(".")
        if head == "open":
            between = f"interrupt.{flow}"
            return self._simple(between if self.bank.has(between) else key, "request", flow=flow)
        return self._simple(key, "abuse" if key == "abuse" else f"request:{key}")

    def _inform(self, wanted: list[str]) -> UserMessage:
        values = self._values()
        known = [n for n in wanted if n in values]
        if not known:
            return self._simple(self._nothing_to_say(wanted), "deny")
        keys = self._inform_keys(known)
        keys += [n for n in self._wishes() if n not in "+".join(keys).split("+") and self.bank.has(f"inform.{n}")]
        sayings = self._by_name(keys) if len(keys) > 1 else [self._tell(key) for key in keys]
        mentions = {k: v for s in sayings for k, v in s.mentions.items()}
        self._given |= set(mentions)
        text = " ".join(s.text for s in sayings)
        return UserMessage(text, UserMove(tuple(f"inform:{n}" for n in mentions), mentions))

    def _by_name(self, keys: list[str]) -> list[Said]:
        """Several details, each by its name and in a sentence of its own, where the bank has words for that."""
        sayings, used = list[Said](), set[str]()
        for key in keys:
            if not self.bank.has(f"labelled.{key}"):
                sayings.append(self._tell(key))
                continue
            label = self.agent.slots[key].label
            lines = {t.replace(f"{{{key}}}", "").replace(label, ""): t for t in self._templates(f"labelled.{key}")}
            shape = self._rng.choice(sorted(lines.keys() - used or lines))
            used.add(shape)
            said = self._fill(lines[shape])
            ends = key == keys[-1] or not said.text[-1:].isalnum()
            sayings.append(said if ends else replace(said, text=f"{said.text},"))
        return sayings

    def _tell(self, key: str) -> Said:
        """A detail as an answer; a yes or a no as it is said of one's own case."""
        value = self._values().get(key)
        own = f"inform.{key}.{'yes' if value else 'no'}"
        if isinstance(value, bool) and self.bank.has(own):
            lines = self._templates(own)
            means = [line for line in lines if self.bank.means([key], line, {key: value}, self.goal.today)]
            if means:
                return self._fill(f"{{{key}}}", {key: self._rng.choice(means)})
        return self._say(f"inform.{key}")

    def _templates(self, key: str) -> list[str]:
        return self.bank.templates(key, self.goal.register)

    def _nothing_to_say(self, wanted: list[str]) -> str:
        """How somebody says that there is nothing to tell: no wish, nothing to add, or what is not known."""
        types = {self.agent.slots[name].type for name in wanted if name in self.agent.slots}
        key = "no_preference" if types & {*CHOSEN} else "deny_more" if types == {"text"} else "dont_know"
        return key if self.bank.has(key) else "no_preference"

    def _inform_keys(self, known: list[str]) -> list[str]:
        """The bank's keys that cover what was asked; sometimes with one detail more than asked."""
        banked = [k.removeprefix("inform.").split("+") for k in self.bank.messages if k.startswith("inform.")]
        values = self._values()
        more = [b for b in banked if set(b) > set(known) and set(b) <= set(values) and not set(b) & self._given]
        if more and self._rng.random() < 0.2:
            return ["+".join(self._rng.choice(more))]
        exact = [b for b in banked if set(b) == set(known)]
        if exact:
            return ["+".join(exact[0])]
        return [n for n in known if [n] in banked] or [f"{n}" for n in known]

    def _choose(self, invited: str) -> UserMessage | None:
        """Take the wanted row among those offered for an option slot ('' where the agent did not say for which)."""
        if self._change_due("offer"):
            return self._change()
        if self._gives_up_now("offer"):
            return self._give_up()
        options = [n for n, s in self.agent.slots.items() if s.type == "option"]
        option = invited if invited in options else options[0]
        slot = self.agent.slots[option]
        self._rows = self._offers.get(slot.source[0], self._rows) if slot.source else self._rows
        row = self._wanted_row()
        if row is None or slot.source is None:
            return self._push()
        if self._wishes() and not self._is_wanted(row):
            return self._inform(self._wishes())
        value = {option: str(row.get(slot.source[1], ""))}
        self._idle = 0
        repeat = option in self._given
        self._given.add(option)
        if len(self._rows) == 1 or repeat:
            said = self._say(f"inform.{option}_only" if len(self._rows) == 1 else "affirm")
            if len(self._rows) == 1:
                return UserMessage(said.text, UserMove(("affirm",), value))
        phrase = self._rng.choice(self._ways_to_pick(option, row))
        template = self._rng.choice(self.bank.templates(f"inform.{option}", self.goal.register) or [f"{{{option}}}"])
        said = self._fill(template, {option: phrase})
        return UserMessage(said.text, UserMove((f"inform:{option}",), {**said.mentions, **value}))

    def _is_wanted(self, row: Mapping[str, Any]) -> bool:
        return all(str(row.get(k)) == str(v) for k, v in self.goal.pick.items())

    def _wanted_row(self) -> dict[str, Any] | None:
        rows = self._rows
        match = [r for r in rows if self._is_wanted(r)]
        return match[0] if match else (rows[0] if rows else None)

    def _ways_to_pick(self, option: str, row: Mapping[str, Any]) -> list[str]:
        """Phrases that name the row among those offered."""
        rows = self._rows
        ways: list[str] = []
        by = self.goal.pick_by
        if by.startswith("position"):
            ways += self.bank.values.get(f"{option}.position={rows.index(dict(row)) + 1}", [])
        elif by == "cheapest" and row == rows[0]:
            ways += self.bank.values.get(f"{option}.cheapest", [])
        unique = {k: str(v) for k, v in row.items() if isinstance(v, str) and sum(r.get(k) == v for r in rows) == 1}
        if not ways:
            for key in [by] if by in unique else list(unique):
                for template in self.bank.values.get(f"{option}.{key}", ()):
                    text = re.sub(r"\{(\w+)\}", lambda m: str(row.get(m[1], m[0])), template)
                    ways += [text] if "{" not in text else []
        position = f"{option}.position={rows.index(dict(row)) + 1}"
        return ways or list(self.bank.values.get(position, ())) or [str(next(iter(unique.values()), "the first one"))]

    def _answer_confirmation(self, turn: AgentTurn) -> UserMessage:
        if self._change_due("confirm"):
            return self._change()
        if self._gives_up_now("confirm"):
            return self._give_up()
        wrong = self._misunderstood(turn.text)
        if wrong and self._corrections < 2:
            self._corrections += 1
            return self._correct(wrong)
        if wrong:
            return self._give_up()
        if self.goal.habit == "hesitates" and not self._hesitated:
            self._hesitated = True
            return self._simple("unclear", "unclear")
        self._idle = 0
        again, self._agreed = self._agreed, True
        return self._simple("plainly" if again and self.bank.has("plainly") else "affirm", "affirm")

    def _correct(self, wrong: str) -> UserMessage:
        key = f"correct.{wrong}" if self.bank.has(f"correct.{wrong}") else f"inform.{wrong}"
        said = self._say(key)
        return UserMessage(said.text, UserMove(("deny", *(f"correct:{n}" for n in said.mentions)), said.mentions))

    def _change(self) -> UserMessage:
        """The change of mind that the goal plans."""
        self._changed = True
        self._given.discard(next((n for n, s in self.agent.slots.items() if s.type == "option"), ""))
        left = [name for name in self.goal.first if name in self.goal.values]
        sayings: list[Said] = []
        while left:
            key = next((k for k in self._correct_keys() if {*k.split("+")} <= {*left}), left[0])
            sayings.append(self._say(f"correct.{key}" if self.bank.has(f"correct.{key}") else f"inform.{key}"))
            left = [name for name in left if name not in key.split("+")]
        self._rows = []
        mentions = {name: words for said in sayings for name, words in said.mentions.items()}
        text = " ".join(said.text for said in sayings)
        return UserMessage(text, UserMove(tuple(f"correct:{n}" for n in mentions), mentions))

    def _correct_keys(self) -> list[str]:
        """What can be corrected in one sentence, the most details first."""
        keys = [k.removeprefix("correct.") for k in self.bank.messages if k.startswith("correct.")]
        return sorted(keys, key=lambda key: -key.count("+"))

    def _other_wish(self, turn: AgentTurn) -> UserMessage | None:
        """Nothing was found, or a tool said no: another wish, another try, or giving up."""
        if self._change_due("empty"):
            return self._change()
        if self.goal.habit == "fails" and self.goal.first:
            self._tries += 1
            return self._inform([*self.goal.first]) if self._tries <= MOST_FAILURES else self._give_up()
        if self._change_due("refused"):
            return self._change()
        if self.goal.gives_up or self._idle >= 1:
            return self._give_up("nothing_available")
        self._idle += 1
        again = {name for retry in self.agent.retries(turn.results[-1][0]) for name in retry.ask}
        wanted = self._slots_asked(turn) or [name for name in self._values() if name in again]
        wanted = wanted or [n for n in self._values() if n in self._given][:2]
        return self._inform(wanted or list(self._values())[:1])

    def _give_up(self, outcome: str = "changed_mind") -> UserMessage:
        self._leaving = True
        self.outcome = outcome
        return self._simple("give_up", "give_up")

    def _leave(self, outcome: str, turn: AgentTurn) -> UserMessage:
        self._leaving = True
        self.outcome = outcome
        if "anything_else" in turn.acts and self.bank.has("deny_more") and self._rng.random() < NOTHING_MORE:
            return self._simple("deny_more", "deny")
        act = self._rng.choice(("thank", "thank", "bye"))
        return self._simple(act, act)

    def _push(self) -> UserMessage | None:
        """The agent did nothing useful: volunteer what was not said yet, insist, then leave."""
        self._idle += 1
        if self._idle > PATIENCE:
            return None
        rest = [
            n
            for n, s in self.agent.slots.items()
            if n in self._values() and n not in self._given and s.type != "option"
        ]
        if rest and self._idle < PATIENCE:
            return self._inform(rest[:2])
        return self._simple("insist", "insist")

    # ------------------------------------------------------------------ hearing

    def _slots_asked(self, turn: AgentTurn) -> list[str]:
        asked = [n for a in turn.acts if a.startswith("ask:") for n in a.removeprefix("ask:").split("+")]
        return list(dict.fromkeys(asked))

    def _is_confirmation(self, turn: AgentTurn) -> bool:
        return any(a.startswith("confirm:") for a in turn.acts)

    def _achieved(self, turn: AgentTurn) -> bool:
        assert self.goal.flow is not None
        flow = self.agent.flows[self.goal.flow]
        always = {s.of[0] for s in flow.steps if s.kind == "confirm" and s.when is None}
        if always:
            return always <= turn.written
        # What only reads or explains is over when its last tool gave something and nothing more is asked; what has its
        # writes in branches, once one of them was made.
        asks = any(a.partition(":")[0] in ("ask", "invite", "confirm", "more") for a in turn.acts)
        if writes := flow.writes():
            return not asks and bool({*writes} & turn.written)
        return not asks and (flow.tools()[-1] in self._found if flow.tools() else bool(turn.acts))

    def _nothing_found(self, turn: AgentTurn) -> bool:
        return bool(turn.results) and not self._came_about(*turn.results[-1]) and not self._refused_write(turn)

    def _came_about(self, tool: str, result: Mapping[str, Any]) -> bool:
        """Whether a call brought what it was made for; a counter-offer is something, too."""
        until = [retry for retry in self.agent.retries(tool) if retry.until is not None and not retry.accept]
        state = Planned(self._values(), self._results)
        return brought_something(result) and all(r.came_about(state, self.agent.slots, result) for r in until)

    def _refused_write(self, turn: AgentTurn) -> bool:
        return turn.results[-1][0] in self.agent.writes()

    def _refused_again(self, turn: AgentTurn) -> bool:
        """Whether what was agreed to was refused, and insisting or another try has changed nothing."""
        if not turn.results:
            return self._refusal is not None and self._idle >= 1
        if not self._refused_write(turn) or "error" not in turn.results[-1][1]:
            return False
        again, self._refusal = self._refusal == turn.results[-1], turn.results[-1]
        return again

    def _change_due(self, when: str) -> bool:
        return bool(self.goal.first) and not self._changed and self.goal.when == when

    def _gives_up_now(self, when: str) -> bool:
        return self.goal.gives_up and self.goal.when == when

    def _misunderstood(self, text: str) -> str:
        """The first detail that a summary gets wrong, as a key of the bank; empty when all is right."""
        values = self._values()
        kinds = (*NAMES, "address", "choice")
        names = [str(v) for n, v in values.items() if n in self.agent.slots and self.agent.slots[n].type in kinds]
        # "Le Thu Ha" is nobody's Thursday, and "the fifteenth" of a choice no day.
        bare = re.sub("|".join(map(re.escape, names)) or "$^", " ", text, flags=re.IGNORECASE)
        # What a tool has brought is no detail of the user's: the price, the size, the day of what was chosen.
        told = {name: self.agent.slots[name] for name in values if name in self.agent.slots}
        own = without_contacts(_without(text, self._brought), told, values)
        # Nor is "children under 14 may swim" a day in May: an agent writes the month with a capital.
        said = set(dates_in(re.sub(r"\bmay\b", "can", _without(bare, self._brought)), self.goal.today))
        wanted = {n: v for n, v in values.items() if isinstance(v, date)}
        if said and wanted and said - {*wanted.values()} - self._dates_offered():
            together = "+".join(wanted)
            return together if self._has_words(together) else next(filter(self._has_words, wanted), "")
        for name, value in values.items():
            slot = self.agent.slots.get(name)
            if slot is None:
                continue
            if slot.counts and self._other_count(name, value, own):
                return name
            if slot.type in FIGURES and self._other_figure(slot, value, own, text):
                return name
            if slot.type in NAMES and self._other_name(str(value), text):
                return name
        return ""

    def _dates_offered(self) -> set[date]:
        """Days that stand in what the tools have brought: to name them is no mistake."""
        rows = [row for offers in self._offers.values() for row in offers]
        return {day for row in rows for v in row.values() for day in dates_in(str(v), self.goal.today)}

    def _has_words(self, key: str) -> bool:
        return self.bank.has(f"correct.{key}") or self.bank.has(f"inform.{key}")

    def _other_figure(self, slot: Slot, value: Any, own: str, text: str) -> bool:
        """A summary that says another value, and the right one nowhere, be it in what a tool has brought."""
        named = values_in(slot, own, self.goal.today)
        return bool(named) and value not in (*named, *values_in(slot, text, self.goal.today))

    def _other_count(self, name: str, value: int, text: str) -> bool:
        noun = re.escape(name.rstrip("s").replace("_", " "))
        found = re.findall(rf"\b(\w+) {noun}s?\b", text.lower())
        counts = [f for f in found if f.isdigit() or f in {number_word(n) for n in range(1, 21)}]
        return bool(counts) and not any(c in (str(value), number_word(value)) for c in counts)

    def _other_name(self, value: str, text: str) -> bool:
        """A summary that names somebody else: 'name' is mentioned, the right one is not."""
        return not stands_in(value, text) and any(re.search(r"\b(?:name|for|under)\b", s) for s in sentences(text))


def _details(template: str) -> int:
    """How many details a message template gives."""
    return sum(len(place.split("+")) for place in placeholders(template))


def _texts_in(result: Any) -> Iterator[str]:
    """The texts that a tool has brought, those of rows too."""
    if isinstance(result, Mapping):
        for value in result.values():
            yield from _texts_in(value)
    elif isinstance(result, list):
        for value in result:
            yield from _texts_in(value)
    elif isinstance(result, str) and len(result) > 2:
        yield result


def _without(text: str, parts: Iterable[str]) -> str:
    """A text without others that stand in it, the longest first."""
    for part in sorted(parts, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text
