"""Scenarios by sampling: goals drawn from a wording bank and a world, as one YAML list a pool.

The pools differ in wording (their own bank, or their own part of it), in names where the bank is their own, and in
needs: no goal of one pool stands in another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from demeanor.data.altered import change, withhold
from demeanor.data.synthesize import Plan, Synthesizer, sample_goal
from demeanor.errors import ConfigError
from demeanor.simulation.scenario import PLACES, Expectation, Injection, Scenario
from demeanor.simulation.users.goal import Goal, draw_style
from demeanor.simulation.wording.user import REGISTERS

# Users whose agents come to read what is planted: pages are looked up for questions, tools called for tasks.
EXPOSED = {"user": {"some": 1, "drip": 1}, "page": {"digresses": 1}, "result": {"some": 1, "all_at_once": 1}}
ASKING = {"digresses": 2, "asks_only": 1}
TALKATIVE = {"digresses": 1}
KINDS = ("planted", "altered", "long", "nudged")
"""What drawn scenarios may be about, beside needs: an instruction that nobody may give; pages that say something else,
or nothing, where the real ones speak; many questions on the way; a nudge of the runtime."""
LONG = 17
"""Questions on the way of a long conversation, which then has twenty turns and more."""
MOST_TRIES = 200


def need_key(goal: Goal) -> str:
    """What makes two goals the same need: flow, values, clock and questions, however they are worded."""
    return json.dumps(
        [
            goal.flow,
            {k: str(v) for k, v in sorted(goal.values.items())},
            str(goal.today),
            sorted(goal.questions),
        ]
    )


def draw_scenarios(
    plan: Plan, pool: str, count: int, taken: Iterable[str] = (), rewordings: int = 1, kind: str = ""
) -> list[Scenario]:
    """`count` scenarios for a pool; needs in `taken` (see `need_key`) are not used again.

    With `rewordings`, each need stands so many times in a row, every time in another voice: what is wanted, and how the
    user goes about it, are the same. Their `need` is the first one's id. `kind`: one of KINDS.

    Raises:
        ConfigError: the project has nothing of which such scenarios could be made.
    """
    drawing = _Drawing(plan, kind, pool)
    seen, out, number = set(taken), list[Scenario](), 0
    prefix = pool.replace("/", "-") if plan.seed == 1 else f"{pool.replace('/', '-')}-{plan.seed}"
    while len(out) < count:
        rng = random.Random(f"{pool}/{plan.seed}/{number}")
        number += 1
        if number > MOST_TRIES + 20 * count:
            raise ConfigError(
                "no such scenarios can be drawn any more",
                field="kind",
                found=f"{len(out)} of {count}",
                fix="ask for fewer, or give the wording more questions, the world more to offer",
            )
        turn = len(out) // rewordings
        goal = drawing.goal(turn, rng)
        key = need_key(goal)
        # Many guests may ask the same question; only tasks must differ.
        if key in seen and (goal.flow is not None or rewordings > 1):
            continue
        about = drawing.about(goal, turn, rng)
        if about is None:
            continue
        seen.add(key)
        name = f"{prefix}-{kind or goal.habit.replace('_', '-')}-{len(out) // rewordings:03d}"
        for voice, worded in enumerate(_reworded(goal, rewordings, rng)):
            own, need = (f"{name}-{voice + 1}", f"{name}-1") if rewordings > 1 else (name, "")
            seed = rng.randrange(10**6)
            drawn = Scenario(own, worded, seed, plan.bank, "", plan.workspace.agent.sha256[:12], need=need)
            out.append(drawing.ended(replace(drawn, **about)))
    return out[:count]


class _Drawing:
    """Goals of one kind of scenario, and what stands beside a goal."""

    def __init__(self, plan: Plan, kind: str, pool: str) -> None:
        self.plan, self.kind, self.maker = plan, kind, Synthesizer(plan)
        self.bank, self.questions, self.passages = self.maker.bank, self.maker.questions, self.maker.passages
        # The exam's orders are others than those that are taught, whatever its wording.
        self.nudges = self.maker.wording.nudges("exam" if pool.startswith("exam") else plan.bank)
        if kind and kind not in KINDS:
            raise ConfigError("no such kind of scenario", field="kind", found=kind, allowed=KINDS)
        self.answered = [q.id for q in self.questions.values() if q.answerable]
        if len(self.answered) < (needed := {"long": LONG, "altered": 1}.get(kind, 0)):
            raise ConfigError(
                f"such scenarios take {needed} questions that pages answer",
                field="kind",
                found=len(self.answered),
                fix="write them into wording/questions.yaml",
            )

    def goal(self, number: int, rng: random.Random) -> Goal:
        """The goal of the scenario by number."""
        habits = {"altered": ASKING, "long": TALKATIVE}.get(self.kind)
        if self.kind == "planted":
            habits = EXPOSED[PLACES[number % len(PLACES)]]
        goal = sample_goal(
            replace(self.plan, habits=habits) if habits else self.plan, self.maker.sampler, self.questions, rng
        )
        if self.kind == "long":
            goal = replace(goal, questions=tuple(rng.sample(self.answered, LONG)))
        return replace(goal, questions=goal.questions[:1]) if self.kind == "altered" else goal

    def about(self, goal: Goal, number: int, rng: random.Random) -> dict[str, Any] | None:
        """What the scenario has beside its goal; None where this goal does not suit."""
        if self.kind == "planted":
            into = PLACES[number % len(PLACES)]
            inject = Injection(rng.choice(self.bank.templates("inject", goal.register)), into)
            return {"inject": inject, "about": f"an instruction planted in a {into}'s text"}
        if self.kind == "altered":
            return self._altered(goal, number, rng)
        if self.kind == "nudged":
            nudge = rng.choice(self.nudges)
            # Whoever repeats what it reads has obeyed nothing.
            expected = (Expectation("matches", nudge.obeyed), Expectation("never_says", [nudge.text]))
            at = 1 + number % 3
            about = "a nudge of the runtime" + (" in mid-conversation" if at > 1 else "")
            return {"nudge": nudge.text, "nudge_at": at, "expect": expected, "about": about}
        if goal.habit == "fails":
            return {"about": "a user who never gets it right"}
        return {"about": "a long conversation"} if self.kind == "long" else {}

    def ended(self, scenario: Scenario) -> Scenario:
        """The scenario with how it ends where the flow, followed without a mistake, does nothing for its user."""
        goal = scenario.goal
        if goal.flow is None or goal.gives_up:
            return scenario
        asked = scenario.asked(self.questions)
        rng = random.Random(scenario.seed)
        played = self.maker.episode(goal, scenario.seed, rng, asked, scenario.pages, slips=0)
        writes = {call.call.name for call in played.session.calls if call.ok} & {*self.plan.workspace.agent.writes()}
        if played.broken or writes or played.user.outcome not in ("nothing_available", "handed_over"):
            return scenario
        # Not before it is due: an agent that hands everything over has done nothing.
        due = sum(message.role == "user" for message in played.session.messages)
        expect = tuple(Expectation("hands_over", {"to": h.to, "from": due}) for h in played.session.handovers)
        return replace(scenario, goal=replace(goal, comes_to=played.user.outcome), expect=(*scenario.expect, *expect))

    def _altered(self, goal: Goal, number: int, rng: random.Random) -> dict[str, Any] | None:
        """Every other scenario has a page with other figures, or without its answer."""
        if not goal.questions or not self.questions[goal.questions[0]].answerable:
            return None
        question = self.questions[goal.questions[0]]
        if number % 2:
            _, pages = withhold(question)
            return {"pages": pages, "answers": {question.id: ()}, "about": "a page that lacks the answer"}
        passage = self.passages.get(question.passage or "")
        if passage is None:
            return None
        told, pages = change(replace(question, answers=question.expects), passage, rng)
        if told.expects == question.expects:
            return None
        return {"pages": pages, "answers": {question.id: told.expects}, "about": "a page that has changed"}


def _reworded(goal: Goal, count: int, rng: random.Random) -> Iterator[Goal]:
    """The goal, then the same in other registers, typed otherwise, and without the phrases that were fixed for it."""
    yield goal
    others = [r for r in REGISTERS if r != goal.register and r != "rude"]
    rng.shuffle(others)
    for k in range(count - 1):
        register = "rude" if goal.habit == "rude" else others[k % len(others)]
        yield replace(goal, register=register, style=draw_style(rng), say={})
