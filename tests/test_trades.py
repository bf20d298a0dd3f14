"""The trades load, their scenarios are tasks, and the table of who may learn from what names each."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from demeanor import Project

TRADES = Path(__file__).parents[1] / "trades"
FOLDERS = sorted(path.parent for path in TRADES.glob("*/agent.yaml"))


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def trade(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A copy: what a command leaves there is not kept."""
    return Project.open(shutil.copytree(request.param, tmp_path / "trade"))


def test_the_table_places_every_trade_once() -> None:
    rows = re.findall(
        r"^\| .+? \| `(\w+)` \| (taught|\*\*held\*\*) \|$", (TRADES / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(name for name, _ in rows) == [folder.name for folder in FOLDERS]
    assert {name for name, place in rows if place == "**held**"} == {"repair", "museum", "moving"}


def test_a_trade_has_no_errors(trade: Project) -> None:
    report = trade.check()
    assert [str(problem) for problem in report.errors] == []
    assert report.counts.scenarios["exam"] == 5
    assert report.counts.passages > 8
    assert len(trade.agent.flows) >= 3


def test_doing_nothing_does_no_task_of_a_trade(trade: Project) -> None:
    tasks = trade.evaluate("silent").scorecard["task_success"]
    assert tasks.n >= 2
    assert tasks.k == 0
