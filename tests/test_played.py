"""A user whom a model on a server plays: it keeps to its part, or the trial is ungraded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

pytest.importorskip("httpx2")

from demeanor.cli import main
from demeanor.errors import ConfigError
from demeanor.evaluation import record
from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.measures import judged, measures
from demeanor.evaluation.trial import Trial
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Scenario, dump_scenarios, load_scenarios
from demeanor.simulation.users.played import STOP
from openai_server import Server, serving

TOLD = "You want a deluxe room for two from 12 to 15 June. Your name is Anna Berg."
ASKS = ["For how many nights?", "And the name?"]


def lines(*said: str) -> Callable[[str], str]:
    """Says the next line each time; how many it has said, it sees in the prompt."""
    return lambda prompt: said[min(prompt.count("<|im_start|>assistant\n") - 1, len(said) - 1)]


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(ScriptedModel(lines("A deluxe room for two, please.", "From 12 to 15 June.", STOP))) as running:
        yield running


def scenario(space: Workspace, server: Server, expect: Sequence[dict[str, object]] = ({"says": "name"},)) -> Scenario:
    root = space.folder.root
    (root / "endpoints.yaml").write_text(json.dumps({"large": {"url": server.url, "model": "m"}}), encoding="utf-8")
    folder = root / "scenarios" / "own"
    folder.mkdir(exist_ok=True)
    item = {"id": "own", "today": date(2026, 6, 8), "user": {"played_by": "large", "told": TOLD}, "expect": [*expect]}
    (folder / "own.yaml").write_text(yaml.safe_dump([item]), encoding="utf-8")
    return load_scenarios(folder, space.agent)[0]


def run(space: Workspace, server: Server, replies: Sequence[str] = ASKS) -> Trial:
    model = ScriptedModel([*replies, *["Goodbye!"] * 20])
    renderer = space.renderer(model.tokenizer)
    return Evaluator(space).run([scenario(space, server)], model, renderer)[0]


def test_it_is_told_its_part_and_hears_the_agent(own_workspace: Workspace, server: Server) -> None:
    trial = run(own_workspace, server)
    said = [m.content for m in trial.episode.session.messages if m.role == "user"]
    assert said == ["A deluxe room for two, please.", "From 12 to 15 June."]
    assert trial.episode.user.outcome == "done"
    assert trial.verdicts.task is True
    system, *talk = server.asked[-1][1]["messages"]
    assert TOLD in system["content"]
    assert "Monday 8 June 2026" in system["content"]
    # The agent is the user of the model that plays the user.
    assert [m["content"] for m in talk if m["role"] == "user"][-2:] == ASKS
    assert [m["content"] for m in talk if m["role"] == "assistant"] == said


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (("A room from 3 to 9 May.",), "nobody told it: number 3, number 9, date 03 May"),
        (("My reference is SV-1042.",), "code SV-1042"),
        (("",), "said nothing"),
        (("word " * 150,), "essay"),
        (("Hm.", "Hm.", "Hm."), "same three times"),
        ((STOP,), "before saying anything"),
    ],
)
def test_its_own_faults_leave_the_trial_ungraded(own_workspace: Workspace, said: tuple[str, ...], fault: str) -> None:
    with serving(ScriptedModel(lines(*said))) as server:
        trial = run(own_workspace, server)
    assert fault in trial.episode.user.fault
    assert trial.verdicts.task is None
    assert trial.verdicts.expected == []
    assert measures([trial])["task_success"].ungraded == 1
    assert judged(trial).verdict == "ungraded"
    assert fault in judged(trial).why[0]


def test_what_the_agent_said_may_be_repeated(own_workspace: Workspace) -> None:
    with serving(ScriptedModel(lines("A room for two.", "Yes, 4 nights.", STOP))) as server:
        trial = run(own_workspace, server, ["Is it 4 nights? And the name?"])
    assert trial.episode.user.fault == ""


def test_a_trial_is_judged_again_without_the_server(own_workspace: Workspace, server: Server) -> None:
    trial = run(own_workspace, server)
    asked = len(server.asked)
    kept = record.from_json(json.loads(json.dumps(record.to_json("own", trial.episode, True, {}))))
    again, why = judge_again(Evaluator(own_workspace), trial.scenario, kept)
    assert why == ""
    assert again is not None
    assert again.verdicts.task is True
    assert len(server.asked) == asked


def test_it_is_written_as_it_is_read(own_workspace: Workspace, server: Server, tmp_path: Path) -> None:
    found = scenario(own_workspace, server)
    (tmp_path / "x.yaml").write_text(dump_scenarios([found]), encoding="utf-8")
    assert load_scenarios(tmp_path, own_workspace.agent) == [found]


def test_an_unknown_server_is_told_at_once(own_workspace: Workspace, server: Server) -> None:
    found = scenario(own_workspace, server)
    (own_workspace.folder.root / "endpoints.yaml").write_text("{}", encoding="utf-8")
    model = ScriptedModel.echo()
    with pytest.raises(ConfigError) as caught:
        Evaluator(own_workspace).run([found], model, own_workspace.renderer(model.tokenizer))
    assert caught.value.found == "large"


@pytest.mark.parametrize("user", [{"played_by": "large"}, {"told": "x"}, {"played_by": "large", "told": "x", "y": 1}])
def test_half_a_part_is_told(own_workspace: Workspace, tmp_path: Path, user: dict[str, object]) -> None:
    (tmp_path / "x.yaml").write_text(yaml.safe_dump([{"id": "a", "today": date(2026, 6, 8), "user": user}]))
    with pytest.raises(ConfigError) as caught:
        load_scenarios(tmp_path, own_workspace.agent)
    assert caught.value.line in (3, 6)


# ---------------------------------------------------------------------------------------------------- tau-bench

TASKS = [
    {
        "user_id": "anna_berg_1",
        "instruction": TOLD,
        "actions": [
            {"name": "search_rooms", "kwargs": {"guests": 2, "room_type": "deluxe"}},
            {"name": "transfer_to_human_agents", "kwargs": {}},
        ],
        "outputs": ["440"],
    },
    {
        "id": "cancel",
        "user_scenario": {"instructions": {"task_instructions": "Cancel SV-1010.", "known_info": "You are Priya."}},
        "evaluation_criteria": {
            "actions": [{"name": "cancel_booking", "arguments": {"reference": "SV-1010"}}],
            "communicate_info": ["full refund"],
            "nl_assertions": ["The agent is polite."],
        },
    },
    {"id": "empty", "actions": []},
]


def test_tau_tasks_become_scenarios(own_workspace: Workspace, server: Server) -> None:
    scenario(own_workspace, server)
    root = own_workspace.folder.root
    file = root / "tasks.json"
    file.write_text(json.dumps(TASKS), encoding="utf-8")
    done = CliRunner().invoke(
        main, ["-C", str(root), "import", str(file), "--pool", "practice", "--played-by", "large", "--json"]
    )
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["left_out"] == [
        ["task-0", "action: transfer_to_human_agents"],
        ["task-cancel", "assertion: The agent is polite."],
        ["task-empty", "the whole task: nobody says what the user wants"],
    ]
    pool = {s.id: s for s in load_scenarios(root / "scenarios" / "practice", own_workspace.agent)}
    first, second = pool["task-0"], pool["task-cancel"]
    assert (first.told, first.played_by) == (TOLD, "large")
    assert [e.to_yaml() for e in first.expect] == [
        {"calls": [{"tool": "search_rooms", "arguments": {"guests": 2, "room_type": "deluxe"}}]},
        {"says": ["440"]},
    ]
    assert second.told == "Cancel SV-1010.\nYou are Priya."
    assert [e.to_yaml() for e in second.expect] == [
        {"calls": [{"tool": "cancel_booking", "arguments": {"reference": "SV-1010"}}]},
        {"says": ["full refund"]},
    ]


@pytest.mark.parametrize(("text", "by"), [("{}", "large"), ("[", "large"), (json.dumps(TASKS), ""), ("[]", "large")])
def test_tasks_that_cannot_be_taken_are_told(own_workspace: Workspace, server: Server, text: str, by: str) -> None:
    scenario(own_workspace, server)
    root = own_workspace.folder.root
    (root / "tasks.json").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["-C", str(root), "import", str(root / "tasks.json"), "--played-by", by])
    assert done.exit_code == 2
    assert not (root / "scenarios" / "selection" / "tasks.yaml").exists()
