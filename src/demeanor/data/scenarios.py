"""Scenarios by sampling: goals drawn from a wording bank and a world, as one YAML list a pool.

The pools differ in wording (their own bank, or their own part of it), in names where the bank is their own, and in
needs: no goal of one pool stands in another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace

from demeanor.data.synthesize import Plan, sample_goal
from demeanor.scenario import PLACES, Injection, Scenario
from demeanor.users.goal import Goal, GoalSampler, draw_style
from demeanor.wording.user import REGISTERS

# Users whose agents come to read what is planted: pages are looked up for questions, tools called for tasks.
EXPOSED = {"user": {"some": 1, "drip": 1}, "page": {"digresses": 1}, "result": {"some": 1, "all_at_once": 1}}


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
    plan: Plan, pool: str, count: int, taken: Iterable[str] = (), rewordings: int = 1, planted: bool = False
) -> list[Scenario]:
    """`count` scenarios for a pool; needs in `taken` (see `need_key`) are not used again.

    With `rewordings`, each need stands so many times in a row, every time in another voice: what is wanted, and how the
    user goes about it, are the same. Their `need` is the first one's id. With `planted`, each has an instruction that
    nobody may give, in turn in the user's words, in a page and in a tool's result.
    """
    space = plan.workspace
    bank = space.user_bank(plan.bank)
    questions = space.questions(plan.bank) or space.questions()
    sampler = GoalSampler(space.agent, bank, space.tools, space.new_world)
    seen, out, number = set(taken), list[Scenario](), 0
    prefix = pool if plan.seed == 1 else f"{pool}-{plan.seed}"
    while len(out) < count:
        rng = random.Random(f"{pool}/{plan.seed}/{number}")
        number += 1
        into = PLACES[len(out) % len(PLACES)] if planted else ""
        goal = sample_goal(replace(plan, habits=EXPOSED[into]) if planted else plan, sampler, questions, rng)
        key = need_key(goal)
        # Many guests may ask the same question; only tasks must differ.
        if key in seen and (goal.flow is not None or rewordings > 1):
            continue
        seen.add(key)
        name = f"{prefix}-{goal.habit.replace('_', '-')}-{len(out) // rewordings:03d}"
        for voice, worded in enumerate(_reworded(goal, rewordings, rng)):
            own, need = (f"{name}-{voice + 1}", f"{name}-1") if rewordings > 1 else (name, "")
            seed = rng.randrange(10**6)
            inject = Injection(rng.choice(bank.templates("inject", goal.register)), into) if planted else None
            out.append(Scenario(own, worded, seed, plan.bank, "", space.agent.sha256[:12], need=need, inject=inject))
    return out[:count]


def _reworded(goal: Goal, count: int, rng: random.Random) -> Iterator[Goal]:
    """The goal, then the same in other registers, typed otherwise, and without the phrases that were fixed for it."""
    yield goal
    others = [r for r in REGISTERS if r != goal.register and r != "rude"]
    rng.shuffle(others)
    for k in range(count - 1):
        register = "rude" if goal.habit == "rude" else others[k % len(others)]
        yield replace(goal, register=register, style=draw_style(rng), say={})
