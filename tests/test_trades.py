"""The trades load, their scenarios are tasks, and the table of who may learn from what names each."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from demeanor import Project
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.evaluation.evaluate import Evaluator, reference_agents
from demeanor.project import ProjectFolder
from demeanor.runtime.arm import DUMMIES
from demeanor.runtime.workspace import Workspace
from policy_model import play_flow

TRADES = Path(__file__).parents[1] / "trades"
FOLDERS = sorted(path.parent for path in TRADES.glob("*/agent.yaml"))
HELD = {"repair", "museum", "moving"}
TAUGHT = [folder for folder in FOLDERS if folder.name not in HELD]


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def trade(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A copy: what a command leaves there is not kept."""
    return Project.open(shutil.copytree(request.param, tmp_path / "trade"))


def test_the_table_places_every_trade_once() -> None:
    rows = re.findall(
        r"^\| .+? \| `(\w+)` \| (taught|\*\*held\*\*) \|$", (TRADES / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(name for name, _ in rows) == [folder.name for folder in FOLDERS]
    assert {name for name, place in rows if place == "**held**"} == HELD


def test_a_trade_has_no_errors(trade: Project) -> None:
    report = trade.check()
    assert [str(problem) for problem in report.errors] == []
    assert report.counts.scenarios["exam"] == 5
    assert report.counts.passages > 8
    assert len(trade.agent.flows) >= 3


def test_doing_nothing_does_no_task_of_a_trade(trade: Project) -> None:
    card = trade.evaluate("silent").scorecard
    assert card["task_success"].n >= 2
    assert card["task_success"].k == 0
    assert {name: found["task_success"].k for name, found in card.reference_agents.items()} == dict.fromkeys(DUMMIES, 0)


@pytest.mark.parametrize("folder", TAUGHT, ids=lambda folder: folder.name)
def test_whoever_follows_the_flow_of_a_taught_trade_has_no_fault(folder: Path, tmp_path: Path) -> None:
    """Every user that can be drawn is served; what the judge would blame here, it would blame wrongly."""
    project = shutil.copytree(folder, tmp_path / "trade")
    space = Workspace.load(ProjectFolder.find(project))
    trials = play_flow(Evaluator(space), draw_scenarios(Plan(space, "selection", seed=5), "selection", 25))
    assert {t.scenario.goal.flow for t in trials} >= set(space.agent.tasks())
    assert [t.scenario.id for t in trials if t.verdicts.task is False or t.episode.broken] == []
    for name, score in reference_agents(Evaluator(space), [t.scenario for t in trials]).items():
        # Somebody in an emergency may rightly be given to a nurse at once.
        assert (score["task_success"].k or 0) <= (0.1 * score["task_success"].n if name == "hand_over" else 0), name
    # An answer and a resumption in one message may be a few words too long.
    faults = [(t.scenario.id, fault) for t in trials for found in t.verdicts.faults.values() for fault in found]
    assert [fault for fault in faults if "too long" not in fault[1]] == []


def test_a_bid_that_was_not_accepted_may_be_asked_for_again(tmp_path: Path) -> None:
    """The phone company bargains in several rounds; with these users there is a second one."""
    space = Workspace.load(ProjectFolder.find(shutil.copytree(TRADES / "phone", tmp_path / "trade")))
    scenarios = draw_scenarios(Plan(space, "selection", seed=6), "selection", 60)
    bargains = [s for s in scenarios if s.goal.flow == "renew_my_contract"]
    trials = play_flow(Evaluator(space), bargains)
    rounds = [sum(call.call.name == "offer_price" for call in t.episode.session.calls) for t in trials]
    assert max(rounds) >= 3
    faults = [fault for t in trials for found in t.verdicts.faults.values() for fault in found]
    assert [fault for fault in faults if fault.startswith(("asked again", "out of order"))] == []
