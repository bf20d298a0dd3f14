"""Simulated users in the trades: who fails fails, who changes a mind can, and lists come one item at a time."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path

import pytest

from demeanor.agent.slots import Slot
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.trial import Trial
from demeanor.project import ProjectFolder
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import dump_scenarios, load_scenarios
from demeanor.simulation.users.course import Course
from demeanor.simulation.users.goal import another
from policy_model import play_flow

TRADES = Path(__file__).parents[1] / "trades"


def trade(name: str, folder: Path) -> Workspace:
    return Workspace.load(ProjectFolder.find(shutil.copytree(TRADES / name, folder / name)))


def played(space: Workspace, seed: int, count: int, **habits: int) -> list[Trial]:
    """Users of these habits, served by the flow."""
    plan = Plan(space, "selection", seed=seed, habits=habits)
    return play_flow(Evaluator(space), draw_scenarios(plan, "selection", count))


@pytest.mark.parametrize(("name", "seed"), [("rental", 8), ("gym", 6), ("pizza", 6)])
def test_who_never_gets_it_right_is_never_served(name: str, seed: int, tmp_path: Path) -> None:
    """Days, codes and bids, also where the first of them was refused and another one would not be."""
    space = trade(name, tmp_path)
    failing = [t for t in played(space, seed, 16, fails=1) if t.scenario.goal.habit == "fails"]
    assert failing
    assert {t.episode.user.outcome for t in failing} == {"handed_over"}
    assert [fault for t in failing for found in t.verdicts.faults.values() for fault in found] == []
    course = Course(space.agent, space.tools, space.new_world)
    for goal in (t.scenario.goal for t in failing):
        values = {**goal.facts, **goal.values, **goal.first}
        assert goal.flow is not None
        assert course.never_served(space.agent.flows[goal.flow], values, goal.facts, goal.today, goal.tries)


def test_the_tries_of_a_scenario_are_read_as_they_were_written(tmp_path: Path) -> None:
    space = trade("gym", tmp_path)
    drawn = draw_scenarios(Plan(space, "selection", seed=6, habits={"fails": 1}), "selection", 8)
    assert any(s.goal.tries for s in drawn)
    (tmp_path / "drawn").mkdir()
    (tmp_path / "drawn" / "drawn.yaml").write_text(dump_scenarios(drawn))
    assert [s.goal.tries for s in load_scenarios(tmp_path / "drawn", space.agent)] == [s.goal.tries for s in drawn]


@pytest.mark.parametrize(("name", "seed"), [("phone", 7), ("rental", 7)])
def test_a_mind_is_changed_where_it_is_said_to_be(name: str, seed: int, tmp_path: Path) -> None:
    """Only where a question for a yes comes, and about nothing that is done before it."""
    trials = [t for t in played(trade(name, tmp_path), seed, 24, changes_mind=1) if t.scenario.goal.first]
    changing = [t for t in trials if t.scenario.goal.habit == "changes_mind"]
    assert changing
    corrected = [any(a.startswith("correct:") for m in t.episode.moves.values() for a in m.acts) for t in changing]
    assert all(corrected)
    assert {t.verdicts.task for t in changing} == {True}


def test_a_text_may_be_misremembered(tmp_path: Path) -> None:
    space = trade("library", tmp_path)
    trials = [t for t in played(space, 3, 30, fails=1, mistakes=1) if "title" in t.scenario.goal.first]
    ends = {(t.scenario.goal.habit, t.episode.user.outcome) for t in trials}
    assert ends == {("fails", "handed_over"), ("mistakes", "done")}
    slot = Slot("title", "text", examples=("The Salt Road", "Nine Lanterns", "Dune"))
    assert another(slot, random.Random(0), date(2026, 6, 8), {}) in {"The Salt Lanterns", "Nine Salt Road"}
    assert another(Slot("title", "text", examples=("Dune",)), random.Random(0), date(2026, 6, 8), {}) is None


def test_some_name_the_items_of_a_list_one_at_a_time(tmp_path: Path) -> None:
    every = played(trade("pizza", tmp_path), 5, 24, some=1)
    trials = [t for t in every if len(t.scenario.goal.values.get("pizzas", ())) > 1]
    told = [sum("inform:pizzas" in m.acts for m in t.episode.moves.values()) for t in trials]
    assert 1 in told
    assert max(told) > 1
    assert {t.verdicts.task for t in trials} == {True}
