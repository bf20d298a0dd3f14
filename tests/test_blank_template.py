"""The blank template: an agent of another trade, without wording files, works from its description alone."""

from __future__ import annotations

import random
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import demeanor
from demeanor import ConfigError, Project
from demeanor.agent.slots import Slot
from demeanor.data.check import check_project
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue, dump_dialogues
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.tools import call_tool, fresh_world, load_tools
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.users.goal import GoalSampler
from demeanor.simulation.wording.project import Wording

BLANK = Path(demeanor.__file__).parent / "templates" / "blank"
TODAY = date(2026, 6, 8)
NO_SLOTS: dict[str, Slot] = {}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("blank") / "spoke"
    copy_template("blank", folder)
    return Workspace.load(ProjectFolder(folder))


@pytest.fixture(scope="module")
def dialogues(space: Workspace) -> list[Dialogue]:
    dropped: list[str] = []
    made = list(synthesize(Plan(space, seed=3), 50, lambda _number, reason: dropped.append(reason)))
    # Short talks repeat themselves; and who agrees three times in words that nobody hears as a yes gives up.
    given_up = [reason for reason in dropped if reason.startswith("the user gave up")]
    assert set(dropped) - {*given_up} <= {"said before"}
    assert len(given_up) <= 0.05 * len(made)
    return made


def test_it_is_not_a_hotel_and_brings_no_wording() -> None:
    text = " ".join(
        p.read_text(encoding="utf-8").lower() for p in BLANK.rglob("*") if p.suffix in (".yaml", ".md", ".py")
    )
    assert not {"hotel", "room", "guest"} & set(text.split())
    assert not (BLANK / "wording").exists()


def test_check_finds_no_errors_before_and_after_synthesis(space: Workspace, dialogues: list[Dialogue]) -> None:
    project = space.folder
    before = check_project(project)
    assert (before.errors, before.counts.tools, before.counts.passages) == ([], 3, 5)
    project.dialogues_path.mkdir(exist_ok=True)
    (project.dialogues_path / "made.jsonl").write_text(dump_dialogues(dialogues), encoding="utf-8")
    after = check_project(project)
    assert after.errors == []
    assert after.counts.dialogues == 50
    shutil.rmtree(project.dialogues_path)


def test_dialogues_do_both_tasks_and_leave_no_placeholder(dialogues: list[Dialogue]) -> None:
    assert {d.metadata["flow"] for d in dialogues} == {"book_a_repair", "cancel_a_repair", None}
    for dialogue in dialogues:
        for message in dialogue.messages:
            if message.role != "tool":
                assert "{" not in message.content, dialogue.id
                assert "_" not in message.content, dialogue.id
                assert message.content.strip() or message.calls, dialogue.id


def test_offers_end_with_a_question_and_confirmations_name_everything(dialogues: list[Dialogue]) -> None:
    for dialogue in dialogues:
        for index, label in dialogue.metadata["labels"].items():
            text = dialogue.messages[int(index)].content
            if any(act.startswith(("present:", "ask:", "confirm:", "apologise:")) for act in label["acts"]):
                assert text.endswith("?"), text
            if "confirm:book_repair" in label["acts"]:
                assert "euros" in text, text
                assert " at " in text, text


def test_scenarios_can_be_drawn_from_it(space: Workspace) -> None:
    drawn = draw_scenarios(Plan(space, seed=9), "exam", 20)
    assert len({s.id for s in drawn}) == 20


def test_tools_keep_what_the_pages_promise() -> None:
    tools = load_tools(BLANK / "tools.py", NO_SLOTS)
    world = fresh_world(BLANK / "world" / "schema.sql", BLANK / "world" / "seed.sql", "", TODAY)

    def call(name: str, **arguments: str) -> dict[str, Any]:
        result = call_tool(tools[name], arguments, world, NO_SLOTS)
        assert not result.failed, result.trace
        return result.content

    assert call("find_times", service="tune-up", day="2026-06-14")["times"] == []  # a Sunday
    assert "past" in str(call("find_times", service="tune-up", day="2026-06-05")["error"])
    prices = (BLANK / "knowledge" / "prices.md").read_text(encoding="utf-8")
    for service, price in world.sql("SELECT service, price FROM services"):
        assert f"{price} euros" in prices
        found = call("find_times", service=service, day="2026-06-16")
        assert found["price"] == f"{price} euros"
    booked = call("book_repair", appointment="time-1", customer_name="Ana Li")
    assert booked["ticket"] == "R-220"
    assert "just been taken" in str(call("book_repair", appointment="time-1", customer_name="Bo Ek")["error"])
    assert "no appointment" in str(call("book_repair", appointment="time-99", customer_name="Bo Ek")["error"])
    assert call("cancel_repair", ticket="R-220")["status"] == "cancelled"
    assert "no open repair" in str(call("cancel_repair", ticket="R-220")["error"])
    again = call("find_times", service="tune-up", day="2026-06-16")
    assert again["times"][0]["time"] == "Tuesday 16 June at 09:00 with Noor"


def without_booking(folder: Path, goals: str) -> Project:
    """The workshop with the flow alone that cancels, and other goals for it."""
    project = Project.init(folder, "blank")
    text = project.folder.agent_path.read_text(encoding="utf-8")
    kept = text[: text.index("  book_a_repair:")] + text[text.index("  cancel_a_repair:") :]
    project.folder.agent_path.write_text(kept.replace("day > :today", goals), encoding="utf-8")
    return Project.open(folder)


def test_trying_goals_out_uses_none_up(tmp_path: Path) -> None:
    """A flow that begins with a write has as many goals at the end of a draw as at its beginning."""
    space = without_booking(tmp_path / "shop", "day > :today").space
    sampler = GoalSampler(space.agent, Wording(space).users(), space.tools, space.new_world)
    for number in range(300):
        goal = sampler.sample(random.Random(number), "cancel_a_repair", "rude", "rude", date(2026, 6, 8))
        assert goal.values["ticket"]


def test_goals_without_a_row_are_an_error_with_the_day(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`goals` gives no row on 2026-\d\d-\d\d"):
        without_booking(tmp_path / "shop", "day > '2030-01-01'").synthesize(3)


def test_the_plain_question_names_every_argument_of_a_write(tmp_path: Path) -> None:
    """A day and a choice that go straight into a write can be agreed to, without any wording of the project's own."""
    project = Project.init(tmp_path / "shop", "blank")
    tools, notes = project.folder.tools_path, '"""Cancel a booked repair.\n\n    Args:\n'
    source = tools.read_text(encoding="utf-8").replace(notes, f"{notes}        service: it\n        day: it\n")
    taken = "cancel_repair(world: World, ticket: str"
    source = source.replace(taken, f"{taken}, service: str, day: date")
    tools.write_text(source, encoding="utf-8")
    file = project.folder.agent_path
    text = file.read_text(encoding="utf-8").replace("- ask: ticket\n", "- ask: [ticket, service, day]\n")
    file.write_text(text.replace("SELECT ticket FROM", "SELECT ticket, service, day FROM"), encoding="utf-8")
    project = Project.open(tmp_path / "shop")
    run = project.synthesize(60, seed=2)
    assert not [d for d in run.manifest.get("dropped", []) if "agreed" in d["reason"]]
    assert sum(d.metadata["flow"] == "cancel_a_repair" for d in project.dialogues()) > 5
