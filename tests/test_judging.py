"""What was recorded is judged again as it was judged; what would go otherwise today is left out; CI can read it."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from broken_agents import asks_again, changes_a_price, drawn, forgets_a_correction
from demeanor.cli import main
from demeanor.commands import evaluating, judging
from demeanor.dialogue import Message
from demeanor.errors import RunError
from demeanor.evaluation import record
from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.scorecard import Judged, Scorecard
from demeanor.evaluation.trial import Trial
from demeanor.report import junit
from demeanor.runtime.workspace import Workspace
from policy_model import play


def kept(trial: Trial) -> record.Record:
    """The trial as it comes back from its file."""
    line = json.dumps(record.to_json(trial.scenario.id, trial.episode, trial.verdicts.task, trial.verdicts.faults))
    return record.from_json(json.loads(line))


@pytest.mark.parametrize("spoil", [None, asks_again, changes_a_price, forgets_a_correction])
def test_a_record_is_judged_as_its_trial(workspace: Workspace, evaluator: Evaluator, spoil: object) -> None:
    trials, _ = play(evaluator, drawn(workspace, ("some", "digresses", "changes_mind"), 12), spoil)  # type: ignore[arg-type]
    assert any(t.episode.session.calls for t in trials)
    for trial in trials:
        again, why = judge_again(evaluator, trial.scenario, kept(trial))
        assert why == ""
        assert again is not None
        assert again.verdicts == trial.verdicts
        assert again.episode.acts == trial.episode.acts


def test_another_answer_of_a_tool_leaves_the_conversation_out(workspace: Workspace, evaluator: Evaluator) -> None:
    trials, _ = play(evaluator, drawn(workspace, ("some",), 4))
    trial = next(t for t in trials if t.episode.session.calls)
    found = kept(trial)
    at = next(k for k, m in enumerate(found.messages) if m.role == "tool")
    other = replace(found.messages[at], content=found.messages[at].content.replace("e", "E"))
    changed = replace(found, messages=(*found.messages[:at], other, *found.messages[at + 1 :]))
    again, why = judge_again(evaluator, trial.scenario, changed)
    assert again is None
    assert f"message {at}" in why


def test_a_page_that_has_changed_leaves_the_conversation_out(workspace: Workspace, evaluator: Evaluator) -> None:
    trials, _ = play(evaluator, drawn(workspace, ("asks_only",), 3))
    trial = next(t for t in trials if t.episode.session.hits)
    found = kept(trial)
    at = next(iter(found.passages))
    passages = {**found.passages, at: [{**p, "sha256": "0" * 64} for p in found.passages[at]]}
    again, why = judge_again(evaluator, trial.scenario, replace(found, passages=passages))
    assert again is None
    assert "has changed" in why


def test_an_evaluation_is_judged_again_from_the_command_line(own_workspace: Workspace) -> None:
    space = own_workspace
    first = evaluating.evaluate(space, "defer", "exam", limit=5)
    done = CliRunner().invoke(main, ["-C", str(space.folder.root), "judge", first.run.id, "--json"])
    assert done.exit_code == 0, done.output
    card = json.loads(done.stdout)
    assert card["judged"] == first.run.id
    assert card["arm"] == "defer"
    assert Scorecard.from_json(card).measures == first.card.measures
    again = space.folder.run(card["run"])
    assert again.manifest["parents"] == [first.run.id]
    assert list(again.read_jsonl("trials.jsonl")) == list(first.run.read_jsonl("trials.jsonl"))
    assert (again.path / "report.html").is_file()


def test_what_so_many_scenarios_can_tell_is_said_beforehand(own_workspace: Workspace) -> None:
    folder = str(own_workspace.folder.root)
    done = CliRunner().invoke(main, ["-C", folder, "evaluate", "silent", "--limit", "20"])
    assert done.exit_code == 0, done.output
    said = done.stderr.splitlines()[0]
    assert "of 20 scenarios have a task" in said
    assert "for 10 take 95" in said


def test_a_scenario_that_is_gone_is_named(own_workspace: Workspace) -> None:
    space = own_workspace
    first = evaluating.evaluate(space, "silent", "exam", limit=3)
    for file in (space.folder.scenarios_path / "exam").glob("*.yaml"):
        file.write_text(file.read_text(encoding="utf-8").replace("id: exam-", "id: other-"), encoding="utf-8")
    with pytest.raises(RunError, match="no longer there"):
        judging.judge_run(space, first.run.id)


def test_deferring_always_does_no_task(own_workspace: Workspace) -> None:
    card = evaluating.evaluate(own_workspace, "defer", "exam", limit=12).card
    assert card["task_success"].k == 0
    assert card.reference_agents["defer"]["task_success"].k == 0
    assert card["invented"].k == 0


def test_junit_says_what_failed_and_why(own_workspace: Workspace) -> None:
    done = evaluating.evaluate(own_workspace, "echo", "exam", limit=6)
    root = ElementTree.fromstring((done.run.path / "junit.xml").read_text(encoding="utf-8"))
    suite = root.find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    verdicts = {t.scenario: t.verdict for t in done.card.transcripts}
    assert {c.get("name"): bool(c.findall("failure")) for c in cases} == {k: v == "fail" for k, v in verdicts.items()}
    assert suite.get("failures") == str(sum(v == "fail" for v in verdicts.values()))
    failure = next(c.find("failure") for c in cases if c.findall("failure"))
    assert failure is not None
    assert "user: " in (failure.text or "")


def test_junit_is_xml_whatever_a_model_writes() -> None:
    wild = "a\x00b\x1b[0m <b>&amp;]]>\ud800\ufffe 🙂"
    trial = Judged("s-1", "fail", why=(wild,), messages=(Message("assistant", wild),))
    text = junit(Scorecard("a<b", {}, "exam", transcripts=(trial,)))
    failure = ElementTree.fromstring(text).find("testsuite/testcase/failure")
    assert failure is not None
    assert "<b>&amp;]]>" in (failure.text or "")
    assert "🙂" in (failure.text or "")
