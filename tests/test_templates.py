"""The templates card, innkeeper and companion: what their files promise, held against the program."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import demeanor
from demeanor import Project
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.dialogue import Dialogue, Message, ToolCall
from demeanor.evaluation.evaluate import Evaluator
from demeanor.models.scripted import ScriptedModel
from demeanor.project.template import templates
from demeanor.runtime.prompt import call_text
from demeanor.runtime.requirements import Requirements
from demeanor.runtime.tools import call_tool
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import POOLS, load_scenarios
from policy_model import play_flow

TODAY = date(2026, 6, 8)
TALKERS = ("innkeeper", "companion")
AUTHORED = {"card": 129, "innkeeper": 151, "companion": 140}
"""Dialogues that hands have written; design/0032 tells of what was dropped."""


@pytest.fixture(scope="module", params=sorted(AUTHORED))
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.init(tmp_path_factory.mktemp("project") / request.param, request.param)


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Project.init(tmp_path_factory.mktemp("card") / "card", "card").space


def test_these_templates_are_there() -> None:
    assert {*AUTHORED, "hotel", "blank"} <= {*templates()}


def test_nothing_is_wrong_with_them_not_even_in_what_is_said(project: Project) -> None:
    report = project.check(content=True)
    # Somebody gives orders to the machine in each of them, so that it is seen how they are refused.
    assert [str(problem) for problem in report.problems if problem.check != "injected_instructions"] == []
    assert report.counts.dialogues == AUTHORED[project.path.name]
    assert min(report.counts.scenarios[pool] for pool in POOLS) >= 20


def test_no_sentence_of_the_pools_stands_in_a_dialogue_or_in_two_pools(project: Project) -> None:
    said = {pool: opening_lines(project, pool) for pool in POOLS}
    taught = {plain(m.content) for d in project.dialogues() for m in d.messages if m.role == "user"}
    long = {pool: {line for line in lines if len(line.split()) > 5} for pool, lines in said.items()}
    assert not long["exam"] & (long["practice"] | long["selection"] | taught)
    assert not long["selection"] & (long["practice"] | taught)


def opening_lines(project: Project, pool: str) -> set[str]:
    scenarios = load_scenarios(project.folder.scenarios_path / pool, project.agent)
    return {plain(line) for scenario in scenarios for line in scenario.lines}


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


# --- card


def test_whoever_follows_the_flow_serves_every_customer(card: Workspace) -> None:
    card.guards = None  # how often they stand wrongly is measured elsewhere
    trials = play_flow(Evaluator(card), draw_scenarios(Plan(card, "selection", seed=5), "selection", 30))
    assert {t.scenario.goal.flow for t in trials} >= {*card.agent.tasks()}
    assert [t.scenario.id for t in trials if t.verdicts.task is False or t.episode.broken] == []
    faults = [(t.scenario.id, fault) for t in trials for found in t.verdicts.faults.values() for fault in found]
    assert [fault for fault in faults if "too long" not in fault[1]] == []


def test_no_tool_tells_or_does_anything_before_the_code_was_right(card: Workspace) -> None:
    calls: dict[str, dict[str, Any]] = {
        "list_cards": {},
        "block_card": {"card": "card-2222", "what_happened": "lost"},
        "find_payments": {"amount": "114.99"},
        "open_dispute": {"payment": "pay-109", "card_is": "missing", "call_back_on": "07700 900142"},
    }
    assert {*calls} == {*card.tools} - {"send_code", "check_code", "hand_over"}
    world = card.new_world(TODAY)
    for tool, arguments in calls.items():
        assert call(card, world, tool, **arguments) == {"error": "The identity check comes first."}
    assert call(card, world, "check_code", customer_number="PB41022", one_time_code="111111")["error"]
    assert call(card, world, "list_cards") == {"error": "The identity check comes first."}
    assert call(card, world, "check_code", customer_number="PB41022", one_time_code="713797")
    assert len(call(card, world, "list_cards")["cards"]) == 3
    # Another customer's card and payment stay out of reach.
    assert "error" in call(card, world, "block_card", card="card-2162", what_happened="lost")
    assert "error" in call(
        card, world, "open_dispute", payment="pay-229", card_is="missing", call_back_on="07700 900142"
    )


def call(space: Workspace, world: Any, tool: str, **arguments: Any) -> dict[str, Any]:
    return dict(call_tool(space.tools[tool], arguments, world, space.agent.slots).content)


def test_the_third_wrong_code_ends_it_whatever_the_model_wants(card: Workspace) -> None:
    def check(number: int) -> str:
        code = f"[one_time_code-{number}]"
        return f"A moment.\n{call_text(ToolCall('check_code', {'customer_number': 'PB41022', 'one_time_code': code}))}"

    send = call_text(ToolCall("send_code", {"customer_number": "PB41022"}))
    replies = ["Your customer number?", send, "What are the six digits?"]
    replies += [line for n in (1, 2, 3) for line in (check(n), "That is not right. Once more, the six digits?")]
    model = ScriptedModel(replies)
    session = card.unguarded(card.renderer(model.tokenizer), card.new_world(TODAY), model=model)
    for line in ("block my card", "PB41022", "111111", "222222", "333333"):
        session.say(line)
    assert [(h.to, h.reason, h.by_code) for h in session.handovers] == [("fraud_team", "three wrong codes", True)]


def test_authored_calls_bring_in_the_world_what_the_pages_say(card: Workspace) -> None:
    """Every call of every dialogue, with the right code where it was taken."""
    codes = dict(card.new_world(TODAY).sql("SELECT customer_number, next_code FROM phones").fetchall())
    dialogues = Project.open(card.folder.root).dialogues()
    assert sum(replayed(card, dialogue, codes) for dialogue in dialogues) > 300


def replayed(card: Workspace, dialogue: Dialogue, codes: dict[str, str]) -> int:
    """How many calls were made again."""
    world = card.new_world(date.fromisoformat(dialogue.metadata["today"]))
    results = {m.call_id: json.loads(m.content) for m in dialogue.messages if m.role == "tool"}
    calls = [one for m in dialogue.messages for one in m.calls if one.name != "hand_over"]
    for one in calls:
        arguments = dict(one.arguments)
        if one.name == "check_code":
            number = str(arguments["customer_number"]).upper()
            arguments["one_time_code"] = codes[number] if "verified" in results[one.id] else "111111"
        assert call(card, world, one.name, **arguments) == results[one.id], (dialogue.id, one)
    return len(calls)


# --- innkeeper


def test_the_guest_is_told_to_friends_alone(tmp_path: Path) -> None:
    space = Project.init(tmp_path / "inn", "innkeeper").space
    withholding = space.withholding
    assert withholding is not None
    closed = {}
    for traveller in ("Ash", "Wren", "Bryn", "Tamsin", ""):
        world = space.new_world(TODAY, facts={"traveller": traveller} if traveller else None)
        closed[traveller] = [w.name for w in withholding.closed(Requirements(space.agent, {}, [], TODAY), world)]
    shut = ["the_guest"]
    assert closed == {"Ash": shut, "Wren": shut, "": shut, "Bryn": [], "Tamsin": []}


def test_no_stranger_of_the_dialogues_is_told(tmp_path: Path) -> None:
    told, kept = 0, 0
    for dialogue in Project.init(tmp_path / "inn", "innkeeper").dialogues():
        replies = " ".join(m.content for m in dialogue.messages if m.role == "assistant")
        friend = any(p["id"].startswith("the-attic#") for found in passages(dialogue) for p in found)
        tells = re.search(r"Ysmay|Corrin|duke's (?:own )?(?:daughter|girl)", replies) is not None
        assert friend or not tells, dialogue.id
        told, kept = told + tells, kept + (not friend)
    assert told >= 15
    assert kept >= 100


def passages(dialogue: Dialogue) -> list[list[dict[str, str]]]:
    return list(dialogue.metadata.get("passages", {}).values())


# --- companion


def test_what_a_guard_says_is_never_taught_and_what_the_agent_does_itself_is(tmp_path: Path) -> None:
    project = Project.init(tmp_path / "companion", "companion")
    messages = [m for d in project.dialogues() for m in d.messages]
    by_code = [m for m in messages if m.guard]
    assert {m.guard for m in by_code} == {"crisis", "medicine"}
    assert all(m.content == project.agent.guards[m.guard].say and not m.weight for m in by_code)
    handed = [m for m in messages if any(one.name == "hand_over" for one in m.calls)]
    assert len(handed) >= 15
    assert all("112" in m.content and m.weight for m in handed)


def test_a_crisis_is_handed_over_every_time() -> None:
    guard = Project.open(Path(demeanor.__file__).parent / "templates" / "companion").agent.guards["crisis"]
    assert (guard.handoff, guard.every_time, guard.avoids) == ("duty_listener", True, "miss")


@pytest.mark.parametrize("name", TALKERS)
def test_dialogues_of_a_talker_have_no_notes_and_neither_has_self_play(name: str, tmp_path: Path) -> None:
    project = Project.init(tmp_path / name, name)
    project.synthesize(10)
    messages: list[Message] = [m for d in project.dialogues() for m in d.messages]
    assert not any(m.note for m in messages)
