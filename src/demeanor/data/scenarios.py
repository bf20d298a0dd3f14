"""Scenarios by sampling: goals drawn from a wording bank and a world, as one YAML list a pool.

The pools differ in wording (their own bank, or their own part of it), in names where the bank is their own, and in
needs: no goal of one pool stands in another.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable

from demeanor.data.synthesize import Plan, sample_goal
from demeanor.scenario import Scenario
from demeanor.users.goal import Goal, GoalSampler


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


def draw_scenarios(plan: Plan, pool: str, count: int, taken: Iterable[str] = ()) -> list[Scenario]:
    """`count` scenarios for a pool; needs in `taken` (see `need_key`) are not used again."""
    space = plan.workspace
    bank = space.user_bank(plan.bank)
    questions = space.questions(plan.bank) or space.questions()
    sampler = GoalSampler(space.agent, bank, space.tools, space.new_world)
    seen, out, number = set(taken), list[Scenario](), 0
    prefix = pool if plan.seed == 1 else f"{pool}-{plan.seed}"
    while len(out) < count:
        rng = random.Random(f"{pool}/{plan.seed}/{number}")
        number += 1
        goal = sample_goal(plan, sampler, questions, rng)
        key = need_key(goal)
        # Many guests may ask the same question; only tasks must differ.
        if key in seen and goal.flow is not None:
            continue
        seen.add(key)
        name = f"{prefix}-{goal.habit.replace('_', '-')}-{len(out):03d}"
        out.append(Scenario(name, goal, rng.randrange(10**6), plan.bank, "", space.agent.sha256[:12]))
    return out
