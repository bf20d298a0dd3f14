"""A slot with `list: true` holds several values: noted, quoted, agreed, tracked, simulated and judged."""

from __future__ import annotations

import json
import random
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor import Project
from demeanor.agent.slots import Resolved, Slot, listed, resolve
from demeanor.dialogue import ToolCall
from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.scripted import ByteTokenizer, ScriptedModel
from demeanor.reading.learned import LearnedReader
from demeanor.runtime.agreement import Exchange
from demeanor.runtime.prompt import call_text
from demeanor.simulation.play import play_policy
from demeanor.simulation.scenario import Scenario
from demeanor.simulation.users.goal import Goal
from demeanor.simulation.wording.project import Wording

TODAY = date(2026, 6, 8)
READER = LearnedReader({}, {})
CODES = Slot("parcels", "code", pattern="P-[0-9]{3}", many=True)
EXTRAS = Slot("extras", "choice", choices={"cot": ("baby bed",), "parking": (), "late checkout": ()}, many=True)


@pytest.mark.parametrize(
    ("slot", "text", "meant"),
    [
        (CODES, "P-101 and p102, please", ("P-101", "P-102")),
        (CODES, "P 101", ("P-101",)),
        (CODES, ["P-101", "P-103"], ("P-101", "P-103")),
        (CODES, "P-101, P-102 or maybe P-103", None),
        (CODES, "no idea", None),
        (EXTRAS, "a baby bed, parking plus the late checkout", ("cot", "parking", "late checkout")),
        (EXTRAS, "parking, but not the cot", ("parking",)),
    ],
)
def test_the_items_of_a_text(slot: Slot, text: object, meant: tuple[str, ...] | None) -> None:
    got = resolve(slot, text, TODAY)
    assert (got.value if isinstance(got, Resolved) else None) == meant


@given(st.lists(st.integers(100, 999), min_size=1, max_size=5, unique=True))
def test_a_list_reads_back(numbers: list[int]) -> None:
    items = tuple(f"P-{n}" for n in numbers)
    assert resolve(CODES, listed(items), TODAY) == Resolved(items, listed(items))


@pytest.mark.parametrize(
    ("answer", "agrees"),
    [
        ("yes please", True),
        ("yes, P-101 and P-102", True),
        ("yes, P-101", False),
        ("yes, P-101 and P-103", False),
        ("yes, and P-103 too", False),
    ],
)
def test_an_agreement_is_to_all_items(answer: str, agrees: bool) -> None:
    asked = Exchange("P-101 and P-102 would be sent back. Shall I do that?", answer, TODAY, READER)
    assert (asked.lacks({"parcels": ("P-101", "P-102")}, {"parcels": CODES}, {}) == "") == agrees


def test_the_question_names_every_item() -> None:
    asked = Exchange("P-101 would be sent back. Shall I do that?", "yes", TODAY, READER)
    assert (
        asked.lacks({"parcels": ("P-101", "P-102")}, {"parcels": CODES}, {}) == "the question did not name the parcels"
    )


AGENT = """
name: Lark
persona: You are Lark.
slots:
  parcels: {type: code, pattern: "P-[0-9]{3}", list: true, ask: Which are they?, examples: [P-101, P-102, P-103]}
flows:
  send_back:
    when: the customer sends parcels back
    steps: [{ask: parcels}, {confirm: send_back}, {call: send_back}, {inform: send_back}]
    done: >-
      SELECT count(*) = json_array_length(:parcels) FROM sent
      WHERE parcel IN (SELECT value FROM json_each(:parcels))
"""
TOOLS = '''
def send_back(world, parcels: list[str]) -> dict[str, str]:
    """Send parcels back.

    Args:
        parcels: numbers of the parcels
    """
    for parcel in parcels:
        world.sql("INSERT INTO sent VALUES (:parcel)", parcel=parcel)
    return {"sent": f"{len(parcels)} parcels"}
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "world").mkdir()
    (tmp_path / "agent.yaml").write_text(AGENT)
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "world" / "schema.sql").write_text("CREATE TABLE sent (parcel TEXT);")
    (tmp_path / "world" / "seed.sql").write_text("")
    return Project.open(tmp_path)


def test_items_told_in_two_messages_are_one_call(project: Project) -> None:
    call = call_text(ToolCall("send_back", {"parcels": ["P-101", "P-102"]}))
    replies = ["Which parcels?", "Any more?", "Send back P-101 and P-102. Shall I do that?", call, "Done."]
    session = project.space.session(
        project.space.renderer(ByteTokenizer()), project.space.new_world(TODAY), model=ScriptedModel(replies)
    )
    for line in ("I want to send parcels back.", "P-101", "p 102 too", "yes"):
        session.say(line)
    assert [(c.ok, c.values) for c in session.calls] == [(True, {"parcels": ["P-101", "P-102"]})]
    assert session.world.sql("SELECT parcel FROM sent").fetchall() == [("P-101",), ("P-102",)]


def test_an_invented_item_does_not_pass(project: Project) -> None:
    call = call_text(ToolCall("send_back", {"parcels": ["P-101", "P-777"]}))
    session = project.space.session(
        project.space.renderer(ByteTokenizer()), project.space.new_world(TODAY), model=ScriptedModel([call, "Oh."])
    )
    session.say("Send P-101 back.")
    assert not session.calls[0].ok


@pytest.mark.parametrize("items", [("P-101",), ("P-101", "P-103"), ("P-102", "P-103", "P-101")])
def test_lists_are_simulated_and_judged(project: Project, items: tuple[str, ...]) -> None:
    space = project.space
    evaluator = Evaluator(space)
    goal = Goal("send_back", {"parcels": items}, "drip", "neutral", TODAY)
    assert json.loads(goal.parameters()["parcels"]) == list(items)
    episode = evaluator.episode(Scenario("one", goal, 5), space.renderer(ByteTokenizer()))
    for _ in play_policy(episode, Wording(space).agent, space.parameters, {}, random.Random(3)):
        pass
    verdicts = evaluator.judge(Scenario("one", goal, 5), episode)
    told = [m.content for m in episode.session.messages]
    assert verdicts.task is True, told
    assert set(verdicts.arguments) == {True}, told
