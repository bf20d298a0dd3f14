"""Every flow is taught: verification, wrong codes, bargaining, parts, lists, flows that only read or explain."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from demeanor import ConfigError, Project
from demeanor.data.coverage import Coverage
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue
from demeanor.project import ProjectFolder
from demeanor.runtime.workspace import Workspace
from test_flow_language import HALL
from test_requirements import TOOLS

GOALS = "    goals: SELECT bidder, pin FROM bidders\n"
WORLD = """
CREATE TABLE sales (lot TEXT, price REAL);
CREATE TABLE bidders (bidder TEXT, pin TEXT);
INSERT INTO bidders VALUES ('B11', '4711'), ('B47', '4711');
"""


def hall(folder: Path, text: str = HALL) -> Workspace:
    for flow in ("bid_on_a_lot", "watch_lots"):
        text = text.replace(f"  {flow}:\n", f"  {flow}:\n{GOALS}")
    (folder / "agent.yaml").write_text(text)
    (folder / "tools.py").write_text(TOOLS)
    (folder / "world").mkdir()
    (folder / "world" / "schema.sql").write_text(WORLD)
    (folder / "world" / "seed.sql").write_text("")
    return Workspace.load(ProjectFolder.find(folder))


def acts(dialogue: Dialogue) -> list[str]:
    labels = dialogue.metadata["labels"]
    return [act for index in sorted(labels, key=int) for act in labels[index]["acts"]]


def test_every_flow_and_branch_is_in_the_dialogues(tmp_path: Path) -> None:
    space = hall(tmp_path)
    coverage = Coverage(space.agent)
    made = list(synthesize(Plan(space, seed=1), 90, coverage=coverage))
    rows = {row["flow"]: row for row in coverage.rows()}
    assert {name: row["never"] for name, row in rows.items() if row["never"]} == {}
    assert rows["bid_on_a_lot"]["made"] > rows["watch_lots"]["made"], "by weight"
    outcomes = Counter(d.metadata["outcome"] for d in made)
    assert outcomes["handed_over"] >= 1
    assert outcomes["done"] > 50
    failed = next(d for d in made if d.metadata["flow"] == "watch_lots" and d.metadata["outcome"] == "handed_over")
    assert acts(failed).count("call:check_pin") == 3
    assert acts(failed)[-1] == "call:hand_over"
    assert any("resume" in acts(d) and "confirm:buy" in acts(d) for d in made), "interrupted, and taken up again"
    assert any("present:offer" in acts(d) and "confirm:buy" in acts(d) for d in made), "bargained and bought"


def test_a_flow_that_can_come_to_nothing_names_the_step(tmp_path: Path) -> None:
    space = hall(tmp_path)
    sold = 'raise ToolRefused("Sold.")\n    return {"bought"'
    (tmp_path / "tools.py").write_text(TOOLS.replace('return {"bought"', sold))
    space = Workspace.load(space.folder)
    with pytest.raises(ConfigError, match="no dialogue of bid_on_a_lot comes to an end") as failed:
        list(synthesize(Plan(space, seed=1), 90))
    assert "inform buy" in str(failed.value)


def test_the_exam_expects_a_handover_of_whoever_fails(tmp_path: Path) -> None:
    space = hall(tmp_path)
    drawn = draw_scenarios(Plan(space, seed=3, habits={"fails": 1}), "practice", 16)
    failing = [s for s in drawn if s.goal.habit == "fails"]
    assert failing
    persons = {str(e).partition(", from ")[0] for s in failing for e in s.expect}
    assert persons == {"hands_over to security", "hands_over to sales"}
    assert all(len(s.expect) == 1 for s in failing)


def test_nobody_wants_what_their_branch_does_not_ask_for(tmp_path: Path) -> None:
    space = hall(tmp_path)
    drawn = draw_scenarios(Plan(space, seed=3), "practice", 60)
    ways = {(s.goal.values["way"], "street" in s.goal.values) for s in drawn if "way" in s.goal.values}
    assert ways == {("van", True), ("pick-up", False)}
    changed = draw_scenarios(Plan(space, seed=3, habits={"changes_mind": 1}), "practice", 60)
    firsts = {(s.goal.first["way"], "street" in s.goal.first) for s in changed if "way" in s.goal.first}
    assert firsts == {("van", True), ("pick-up", False)}, "who changes their mind has what the first branch asks for"


def test_users_to_whom_a_look_up_says_no_are_drawn_where_the_flow_provides_for_them(tmp_path: Path) -> None:
    looked = "      - call: look\n      - handoff: sales\n        when: look failed\n      - confirm: watch"
    hall(tmp_path, HALL.replace("      - confirm: watch", looked))
    look = '''

def look(world: World, lots: list[str]) -> dict:
    """Look whether lots may be watched."""
    if len(lots) > 1:
        raise ToolRefused("Nobody may watch so many.")
    return {"free": True}
'''
    (tmp_path / "tools.py").write_text(TOOLS + look)
    space = Workspace.load(ProjectFolder.find(tmp_path))
    coverage = Coverage(space.agent)
    list(synthesize(Plan(space, seed=1), 90, coverage=coverage))
    assert [row["never"] for row in coverage.rows() if row["never"]] == []
    drawn = draw_scenarios(Plan(space, seed=3), "practice", 90)
    sold = [s for s in drawn if s.goal.flow == "watch_lots" and s.goal.comes_to and s.goal.habit != "fails"]
    assert sold, "they are in the exam as well"
    assert all(len(s.goal.values["lots"]) > 1 and "hands_over to sales" in str(s.expect[-1]) for s in sold)


def test_it_goes_all_the_way(tmp_path: Path) -> None:
    hall(tmp_path)
    project = Project.open(tmp_path)
    run = project.synthesize(40)
    assert {row["flow"] for row in run.manifest["flows"]} == {"bid_on_a_lot", "hours", "watch_lots"}
    assert [p for p in project.check().problems if p.severity == "error"] == []
    project.draw_scenarios("practice", 12)
    assert project.evaluate("echo", "practice").scorecard["task_success"].k == 0
    assert json.loads(json.dumps(run.manifest["flows"]))


def test_a_recap_names_what_was_told(tmp_path: Path) -> None:
    made = [d for d in synthesize(Plan(hall(tmp_path), seed=5, habits={"recaps": 1}), 30) if "recap" in acts(d)]
    assert len(made) >= 8
    for dialogue in made:
        labels = dialogue.metadata["labels"]
        asked = next(int(k) for k, v in labels.items() if "request:recap" in v["acts"])
        told = {n: w for k, v in labels.items() if int(k) < asked for n, w in v.get("mentions", {}).items()}
        behind = dialogue.messages[asked + 1 :]  # a wrong call may stand in front of the reply, and is not trained
        reply = next(m.content for m in behind if m.role == "assistant" and m.weight)
        assert all(words.upper() in reply.upper() for name, words in told.items() if name in ("bidder", "lot")), reply
