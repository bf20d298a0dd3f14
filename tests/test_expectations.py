"""What scenarios expect, users with lines, the schema of scenario files, and tests taken over from Rasa."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from demeanor.cli import main
from demeanor.data.check import check_project
from demeanor.data.importing import import_rasa
from demeanor.dialogue import ToolCall
from demeanor.errors import ConfigError
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.measures import measures
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.arm import DUMMIES
from demeanor.runtime.prompt import call_text
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Expectation, dump_scenarios, load_scenarios, self_test
from demeanor.simulation.scenario.expectations import KINDS
from demeanor.simulation.scenario.scenariofile import FIELDS
from demeanor.simulation.scenario.schema import FIELD_SCHEMAS, schema

SEARCH = {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "the two of us", "room_type": "deluxe"}
LINES = ["A deluxe room for the two of us from 12 to 15 June, please.", "Thanks!"]


def write(folder: Path, *items: dict[str, Any]) -> Path:
    (folder / "pool").mkdir(exist_ok=True)
    (folder / "pool" / "own.yaml").write_text(yaml.safe_dump(list(items), sort_keys=False), encoding="utf-8")
    return folder / "pool"


def scripted(expect: list[dict[str, Any]], lines: list[str] = LINES) -> dict[str, Any]:
    return {"id": "own", "today": date(2026, 6, 8), "user": lines, "expect": expect}


def verdict(workspace: Workspace, tmp_path: Path, expect: list[dict[str, Any]], replies: list[str]) -> Any:
    scenarios = load_scenarios(write(tmp_path, scripted(expect)), workspace.agent)
    model = ScriptedModel(replies)
    return Evaluator(workspace).run(scenarios, model, workspace.renderer(model.tokenizer))


GOOD = [call_text(ToolCall("search_rooms", SEARCH)), "We have a deluxe room at Seaview Harbour.", "Goodbye!"]


def test_every_kind_is_right_on_its_samples() -> None:
    assert self_test() == []
    assert all(kind.passing and kind.failing for kind in KINDS.values())


@pytest.mark.parametrize("name", list(KINDS))
@pytest.mark.parametrize("always", [True, False, None])
def test_a_check_that_always_says_the_same_is_found(name: str, always: bool | None) -> None:
    assert self_test({name: replace(KINDS[name], check=lambda value, observed: always)})


@pytest.mark.parametrize(
    ("expect", "passes"),
    [
        ({"calls": {"tool": "search_rooms", "arguments": {"guests": 2, "check_in": date(2026, 6, 12)}}}, True),
        ({"calls": {"tool": "search_rooms", "arguments": {"guests": 3}}}, False),
        ({"calls": "book_room"}, False),
        ({"never_calls": ["book_room", "cancel_booking"]}, True),
        ({"never_calls": "search_rooms"}, False),
        ({"remembers": {"room_type": "deluxe", "check_out": date(2026, 6, 15)}}, True),
        ({"says": "seaview harbour"}, True),
        ({"says": ["seaview harbour", "sauna"]}, False),
        ({"never_says": "sauna"}, True),
        ({"matches": r"deluxe \w+ at"}, True),
        ({"grounded": True}, True),
        ({"in_voice": True}, True),
        ({"world": {"sql": "SELECT count(*) FROM bookings WHERE guest_name = 'Nobody'", "is": 0}}, True),
        ({"world": "SELECT count(*) FROM bookings WHERE guest_name = 'Nobody'"}, False),
    ],
)
def test_a_scripted_user_and_what_is_expected(
    workspace: Workspace, tmp_path: Path, expect: dict[str, Any], passes: bool
) -> None:
    [trial] = verdict(workspace, tmp_path, [expect], GOOD)
    assert trial.verdicts.task is (passes if trial.verdicts.has_task else None)
    assert trial.verdicts.expected == [passes]
    assert [m.content for m in trial.episode.session.messages if m.role == "user"] == LINES
    # What the lines mean is not known: nothing is said about order, arguments, or what was asked again.
    assert not (trial.verdicts.order)
    assert not (trial.verdicts.arguments)
    assert not (trial.verdicts.asked_again)
    found = measures([trial])
    assert (found["expected"].k, found["expected"].n) == (int(passes), 1)
    assert found["task_success"].n == int(trial.verdicts.has_task)


CHECKS = """
def nobody_has_booked(world):
    return world.sql("SELECT count(*) FROM bookings WHERE guest_name = 'Anna Berg'").fetchone()[0] == 0

def offers_were_made(world):
    return world.sql("SELECT count(*) FROM offers").fetchone()[0] > 0 and world.today.year == 2026

def breaks(world):
    return 1 / 0
"""


@pytest.mark.parametrize(
    ("name", "task"), [("nobody_has_booked", None), ("offers_were_made", True), ("breaks", "1 / 0"), ("pais", "pais")]
)
def test_a_function_of_the_project_is_asked(own_workspace: Workspace, tmp_path: Path, name: str, task: object) -> None:
    (own_workspace.folder.root / "checks.py").write_text(CHECKS, encoding="utf-8")
    if isinstance(task, str):
        with pytest.raises(ConfigError) as caught:
            verdict(own_workspace, tmp_path, [{"holds": name}], GOOD)
        assert name in str(caught.value)
        return
    [trial] = verdict(own_workspace, tmp_path, [{"holds": name}], GOOD)
    assert trial.verdicts.expected == [True]
    assert trial.verdicts.task is task


def test_what_a_silent_agent_reaches_is_no_task(workspace: Workspace, tmp_path: Path) -> None:
    """Unless something must have been done, which a silent agent then fails."""
    booked = "SELECT count(*) FROM bookings WHERE guest_name = 'Nobody'"
    for expect, has_task in (
        ([{"never_calls": "book_room"}, {"never_says": "x"}, {"world": {"sql": booked, "is": 0}}], False),
        ([{"never_calls": "book_room"}, {"world": {"sql": booked, "is": 1}}], True),
        ([{"never_calls": "book_room"}, {"asks": "guests"}], True),
    ):
        [trial] = verdict(workspace, tmp_path, expect, ["", ""])
        assert trial.verdicts.has_task is has_task
        assert trial.verdicts.task is (False if has_task else None)
        assert measures([trial])["task_success"].n == int(has_task)
        assert measures([trial])["expected"].n == len(expect)


def test_what_cannot_be_read_is_ungraded(workspace: Workspace, tmp_path: Path) -> None:
    [trial] = verdict(workspace, tmp_path, [{"asks": "guests"}, {"says": "hmm"}], ["Hmm, hmm.", "Hmm."])
    assert trial.verdicts.expected == [None, True]
    assert trial.verdicts.task is None


def test_a_goal_and_expectations_must_both_hold(workspace: Workspace) -> None:
    pool = load_scenarios(workspace.folder.scenarios_path / "selection", workspace.agent)
    scenario = next(s for s in pool if s.goal.has_task)
    model = DUMMIES["silent"](workspace.agent)
    expecting = replace(scenario, expect=(Expectation("never_calls", ["book_room"]),))
    [trial] = Evaluator(workspace).run([expecting], model, workspace.renderer(model.tokenizer))
    assert trial.verdicts.expected == [True]
    assert trial.verdicts.task is False


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"expect": [{"sings": True}]}, "expect"),
        ({"expect": []}, "expect"),
        ({"expect": [{"asks": "shoe_size"}]}, "expect"),
        ({"expect": [{"matches": "("}]}, "expect"),
        ({"expect": [{"calls": {"tol": "x"}}]}, "expect"),
        ({"expect": [{"grounded": "yes"}]}, "expect"),
        ({"expect": [{"world": {"is": 3}}]}, "expect"),
        ({"user": []}, "user"),
        ({"habit": "drip"}, "habit"),
        ({"goal": {"guests": 2}}, "goal"),
    ],
)
def test_bad_scenarios_are_told_with_file_line_and_field(
    workspace: Workspace, tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    folder = write(tmp_path, {**scripted([{"says": "x"}]), **change})
    with pytest.raises(ConfigError) as caught:
        load_scenarios(folder, workspace.agent)
    assert caught.value.line is not None
    assert field in str(caught.value.field)


def test_an_unknown_tool_is_told_before_any_model_is_asked(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        verdict(workspace, tmp_path, [{"never_calls": "book_rom"}], [])
    assert caught.value.found == "book_rom"
    assert "book_room" in caught.value.allowed


@pytest.mark.parametrize(
    ("expect", "found"),
    [({"never_calls": "book_rom"}, "book_rom"), ({"world": "SELECT count(*) FROM boookings"}, "boookings")],
)
def test_check_finds_what_cannot_be_expected(own_workspace: Workspace, expect: dict[str, Any], found: str) -> None:
    folder = own_workspace.folder.scenarios_path / "selection"
    assert check_project(own_workspace.folder).ok
    (folder / "own.yaml").write_text(yaml.safe_dump([scripted([expect])]), encoding="utf-8")
    problems = [str(p) for p in check_project(own_workspace.folder).errors]
    assert len(problems) == 1
    assert found in problems[0]
    assert "own.expect" in problems[0]


def test_scenarios_are_written_as_they_are_read(workspace: Workspace, tmp_path: Path) -> None:
    item = scripted([{"calls": {"tool": "search_rooms", "arguments": {"guests": 2}}}, {"asks_once": ["guests"]}])
    read = load_scenarios(write(tmp_path, {**item, "given": "DELETE FROM bookings"}), workspace.agent)
    (tmp_path / "pool" / "own.yaml").write_text(dump_scenarios(read), encoding="utf-8")
    assert load_scenarios(tmp_path / "pool", workspace.agent) == read


# ---------------------------------------------------------------------------------------------------- schema


def plain(text: str) -> Any:
    """As an editor reads it: dates are texts."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def test_the_schema_takes_what_the_template_ships(workspace: Workspace) -> None:
    assert list(FIELD_SCHEMAS)
    assert set(FIELD_SCHEMAS) == set(FIELDS.values())
    checker = jsonschema.Draft202012Validator(schema())
    checker.check_schema(schema())
    for file in sorted(workspace.folder.scenarios_path.rglob("*.yaml")):
        checker.validate(plain(file.read_text(encoding="utf-8")))


def test_the_schema_refuses_what_the_reader_refuses() -> None:
    checker = jsonschema.Draft202012Validator(schema())
    good = plain(yaml.safe_dump([scripted([{"says": "x"}, {"calls": {"tool": "t", "times": 1}}])]))
    checker.validate(good)
    for change in (
        {"expect": [{"sings": True}]},
        {"expect": []},
        {"expect": [{"grounded": "yes"}]},
        {"user": []},
        {"habit": "drip"},
        {"colour": "red"},
    ):
        assert not checker.is_valid([{**good[0], **change}]), change
    assert not checker.is_valid([{"id": "x", "today": "2026-06-08"}])


def test_the_command_prints_the_schema() -> None:
    printed = CliRunner().invoke(main, ["schema"])
    assert json.loads(printed.output) == schema()


# ---------------------------------------------------------------------------------------------------- Rasa

RASA = """
test_cases:
  - test_case: User asks for a room
    fixtures: [premium_user]
    steps:
      - user: A deluxe room for two, please
        assertions:
          - flow_started: book_a_room
          - slot_was_set: [{name: guests, value: 2}, {name: shoe_size, value: 44}]
          - bot_uttered: {text_matches: "When .*arrive", utter_name: utter_dates}
      - utter: utter_dates
      - user: 12 to 15 June
        assertions:
          - action_executed: search_rooms
          - action_executed: action_dance
          - bot_did_not_utter: {text_matches: sauna}
          - generative_response_is_grounded: {threshold: 0.9}
  - test_case: User asks for a room
    steps:
      - user: Hello
      - bot: "Hello!"
      - slot_was_set:
          - room_type: deluxe
"""


def test_rasa_tests_become_scenarios(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "e2e.yml"
    file.write_text(RASA, encoding="utf-8")
    found = import_rasa(workspace, file, date(2026, 6, 8))
    first, second = found.scenarios
    assert first.lines == ("A deluxe room for two, please", "12 to 15 June")
    assert [e.to_yaml() for e in first.expect] == [
        {"remembers": {"guests": 2}},
        {"matches": "When .*arrive"},
        {"calls": [{"tool": "search_rooms"}]},
        {"never_says": ["sauna"]},
        {"grounded": True},
    ]
    assert [e.to_yaml() for e in second.expect] == [{"says": ["Hello!"]}, {"remembers": {"room_type": "deluxe"}}]
    assert (first.id, second.id) == ("user-asks-for-a-room", "user-asks-for-a-room-2")
    left = [what for _, what in found.left_out]
    assert left == [
        "fixture premium_user",
        "flow_started: book_a_room",
        "slot_was_set: shoe_size",
        "bot_uttered.utter_name: utter_dates",
        "utter: utter_dates",
        "action_executed: action_dance",
    ]


def test_the_command_imports_and_names_what_it_left(own_workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "e2e.yml"
    file.write_text(RASA, encoding="utf-8")
    root = str(own_workspace.folder.root)
    done = CliRunner().invoke(main, ["-C", root, "import", str(file), "--pool", "practice"])
    assert done.exit_code == 0, done.output
    assert "not taken over, user-asks-for-a-room: flow_started: book_a_room" in done.output
    pool = load_scenarios(own_workspace.folder.scenarios_path / "practice", own_workspace.agent)
    assert "user-asks-for-a-room-2" in [s.id for s in pool]
    again = CliRunner().invoke(main, ["-C", root, "import", str(file), "--pool", "practice"])
    assert again.exit_code == 2


def test_a_file_without_test_cases_is_told(workspace: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "e2e.yml"
    file.write_text("flows: []\n", encoding="utf-8")
    with pytest.raises(ConfigError):
        import_rasa(workspace, file, date(2026, 6, 8))
