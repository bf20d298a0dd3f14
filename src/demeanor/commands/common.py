"""What the commands share: who is told of progress, the identity of a description, even choices from a list."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from typing import TypeVar

from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import POOLS, Scenario, load_scenarios

Item = TypeVar("Item")
OnProgress = Callable[[int, int, str], None]
"""OnProgress (done, all, words) while a command works."""

ShowProgress = Callable[[str], AbstractContextManager[OnProgress]]
"""A title -> a context in which one piece of work is shown, and who is told of it."""


def quiet(done: int, of: int, words: str) -> None:
    """Tells nobody."""


def unseen(title: str) -> AbstractContextManager[OnProgress]:
    """Shows nothing."""
    return nullcontext(quiet)


def pool_scenarios(space: Workspace, pool: str) -> list[Scenario]:
    """All of a pool; those of folders in it are not among them."""
    folder = space.folder.scenarios_path / pool
    return load_scenarios(folder, space.agent) if any(folder.glob("*.yaml")) else []


def whole_pool(space: Workspace, pool: str) -> list[Scenario]:
    """All of a pool and of the folders in it."""
    folder = space.folder.scenarios_path / pool
    folders = sorted({file.parent for file in folder.rglob("*.yaml")})
    return [scenario for place in folders for scenario in load_scenarios(place, space.agent)]


def description(space: Workspace) -> dict[str, str]:
    """What the agent is described by: file or folder -> hash. Of the world what it is made from: a lasting database
    that lies beside it changes with every conversation."""
    project = space.folder
    world = (project.schema_path, project.seed_path)
    return project.hash_inputs(project.agent_path, project.tools_path, project.wording_path, *world)


def spread(items: list[Item], limit: int | None) -> list[Item]:
    """`limit` of the items, evenly spread, in order."""
    if limit is None or limit >= len(items):
        return items
    return [items[k * len(items) // limit] for k in range(limit)]


def selection_scenarios(space: Workspace, count: int) -> list[Scenario]:
    """`count` of the selection pool, evenly spread; fewer where it is smaller."""
    return spread(pool_scenarios(space, "selection"), count)


def today_of(space: Workspace) -> date:
    """A clock for the sandbox: the first scenario's, so that the seeded world fits; else the real day."""
    for pool in POOLS:
        scenarios = pool_scenarios(space, pool)
        if scenarios:
            return min(s.goal.today for s in scenarios)
    return date.today()
