"""Harvest: what went wrong in practice comes back put right, with its history as it was, and nothing else trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from broken_agents import asks_again, changes_a_price, forgets_a_correction
from demeanor.commands.evaluating import evaluate
from demeanor.commands.learning import harvest_failures
from demeanor.data.check import check_project
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.dialogue import Dialogue, ToolCall, dump_dialogues
from demeanor.errors import ConfigError
from demeanor.evaluation import record
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.trial import Trial
from demeanor.improvement.harvest import Dropped, Harvester
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.knowledge import AlteredPages, Hit
from demeanor.runtime.prompt import call_text
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Expectation, Scenario
from demeanor.training.examples import with_context
from policy_model import Spoil, Turn, changed, play


@pytest.fixture(scope="module")
def scenarios(workspace: Workspace) -> list[Scenario]:
    habits = dict.fromkeys(("some", "drip", "changes_mind", "all_at_once"), 1)
    return draw_scenarios(Plan(workspace, "practice", seed=8, habits=habits), "practice", 16)


def mishears(turn: Turn) -> Turn | None:
    """Notes a detail too few, and then searches without it."""
    if turn.call is None or "guests" not in turn.note:
        return None
    rest = {k: v for k, v in turn.call.arguments.items() if k != "guests"}
    parts = [p for p in turn.note.split("; ") if not p.startswith("guests")]
    return changed(turn, note="; ".join(parts), call=type(turn.call)(turn.call.name, rest))


def harvested(
    evaluator: Evaluator, scenarios: Sequence[Scenario], spoil: Spoil
) -> tuple[list[Trial], list[Dialogue | Dropped]]:
    trials, _ = play(evaluator, scenarios, spoil)
    lines = [record.to_json(t.scenario.id, t.episode, t.verdicts.task, t.verdicts.faults) for t in trials]
    harvester = Harvester(evaluator.space, scenarios, "run-1")
    return trials, list(harvester.harvest([record.from_json(line) for line in lines]))


@pytest.mark.parametrize("spoil", [asks_again, changes_a_price, forgets_a_correction, mishears])
def test_each_fault_comes_back_put_right(evaluator: Evaluator, scenarios: list[Scenario], spoil: Spoil) -> None:
    trials, found = harvested(evaluator, scenarios, spoil)
    struck = {t.scenario.id: t for t in trials if t.verdicts.faults}
    corrections = [d for d in found if isinstance(d, Dialogue)]
    assert struck
    assert {d.metadata["lineage"]["scenario"] for d in corrections} == set(struck)
    for dialogue in corrections:
        lineage = dialogue.metadata["lineage"]
        said = struck[lineage["scenario"]].episode.session.messages
        index = lineage["message"]
        trained = [k for k, m in enumerate(dialogue.messages) if m.role == "assistant" and m.weight == 1]
        assert trained == [index]
        right = dialogue.messages[index]
        assert (right.content, right.calls, right.note) != (said[index].content, said[index].calls, said[index].note)
        assert [m.content for m in dialogue.messages[:index]] == [m.content for m in said[:index]]
        assert lineage["why"]
        assert lineage["run"] == "run-1"


def test_a_wrong_note_is_a_lesson(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    _, found = harvested(evaluator, scenarios, mishears)
    lessons = [d for d in found if isinstance(d, Dialogue) and "misheard: guests" in d.metadata["lineage"]["why"]]
    assert lessons
    for dialogue in lessons:
        right = dialogue.messages[dialogue.metadata["lineage"]["message"]]
        assert "guests: " in right.note
        assert "guests" in right.calls[0].arguments


def test_a_corrected_call_has_its_true_result(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    _, found = harvested(evaluator, scenarios, forgets_a_correction)
    results = [d.messages[-1] for d in found if isinstance(d, Dialogue) and d.messages[-1].role == "tool"]
    assert results
    assert all('"rooms"' in result.content for result in results)


def test_faultless_conversations_teach_nothing(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    _, found = harvested(evaluator, scenarios, lambda turn: None)
    assert found == []


def test_no_other_pool_is_learned_from(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    trials, _ = play(evaluator, scenarios[:1])
    t = trials[0]
    raw = record.to_json("exam-some-001", t.episode, t.verdicts.task, t.verdicts.faults)
    with pytest.raises(ConfigError, match="only practice"):
        list(Harvester(evaluator.space, scenarios, "run-1").harvest([record.from_json(raw)]))


def test_corrections_pass_the_check(own_workspace: Workspace, evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    _, found = harvested(evaluator, scenarios, asks_again)
    made = [d for d in found if isinstance(d, Dialogue)]
    path = own_workspace.folder.dialogues_path / "harvested.jsonl"
    path.write_text(dump_dialogues(made), encoding="utf-8")
    assert made
    assert check_project(own_workspace.folder).errors == []


def test_no_correction_books_what_the_guest_did_not_agree_to(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    """The guest said yes to another name: a call with the right one would be refused, and is no lesson."""
    trials, _ = play(evaluator, scenarios)
    done = next(t for t in trials if any(c.call.name == "book_room" for c in t.episode.session.calls))
    call = next(c for c in done.episode.session.calls if c.call.name == "book_room")
    raw = record.to_json(
        done.scenario.id, done.episode, False, {call.message: ["wrong arguments: book_room guest_name"]}
    )
    assert len(list(Harvester(evaluator.space, scenarios, "run-1").harvest([record.from_json(raw)]))) == 1
    asked = raw["messages"][call.message - 2]
    asked["content"] = asked["content"].replace(call.call.arguments["guest_name"], "Jordan Elsewhere")
    (found,) = Harvester(evaluator.space, scenarios, "run-1").harvest([record.from_json(raw)])
    assert isinstance(found, Dropped) or not [m for m in found.messages if m.weight and m.calls[:1] == (call.call,)]


def test_a_conversation_that_was_handed_over_is_learned_from(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    """Up to the runtime's own words, which are nobody's fault and in no lesson."""
    space, chosen = evaluator.space, scenarios[:6]
    model = ScriptedModel(["Which city?", *[call_text(ToolCall("search_rooms", {"guests": "2"}))] * 3])
    trials = evaluator.run(chosen, model, space.renderer(model.tokenizer))
    assert all(t.episode.session.handed_over for t in trials)
    lines = [record.to_json(t.scenario.id, t.episode, t.verdicts.task, t.verdicts.faults) for t in trials]
    found = list(Harvester(space, chosen, "run-1").harvest([record.from_json(line) for line in lines]))
    corrections = [d for d in found if isinstance(d, Dialogue)]
    assert {d.metadata["lineage"]["scenario"] for d in corrections} == {s.id for s in chosen}
    for dialogue in corrections:
        assert space.agent.when_unsure not in [m.content for m in dialogue.messages]
        said = next(t for t in trials if t.scenario.id == dialogue.metadata["lineage"]["scenario"])
        assert dialogue.metadata["lineage"]["message"] not in [h.message for h in said.episode.session.handovers]


def test_what_a_user_with_lines_means_is_not_guessed(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    scripted = replace(
        scenarios[0], lines=("A room, please.",), expect=(Expectation("calls", [{"tool": "book_room"}]),)
    )
    model = ScriptedModel.echo()
    [trial] = evaluator.run([scripted], model, evaluator.space.renderer(model.tokenizer))
    assert trial.verdicts.task is False
    kept = record.from_json(record.to_json(scripted.id, trial.episode, False, trial.verdicts.faults))
    [dropped] = Harvester(evaluator.space, [scripted], "run-1").harvest([kept])
    assert isinstance(dropped, Dropped)
    assert "not known" in dropped.reason


def test_pages_that_said_something_else_say_it_in_the_correction_too(
    workspace: Workspace, evaluator: Evaluator
) -> None:
    """Whoever bluffs where the page is withheld learns to defer without the page, not beside it."""
    altered = draw_scenarios(Plan(workspace, "practice", seed=5), "practice", 16, kind="altered")

    def makes_things_up(turn: Turn) -> Turn | None:
        due = {"defer", "inform:knowledge"} & set(turn.move.acts)
        return changed(turn, text="Yes, that is included, as always.") if due and not turn.call else None

    trials, found = harvested(evaluator, altered, makes_things_up)
    assert any("wrong answer" in f for t in trials for fs in t.verdicts.faults.values() for f in fs)
    made = [d for d in found if isinstance(d, Dialogue)]
    assert made
    for dialogue in made:
        pages = AlteredPages.of(dialogue)
        assert pages.withheld  # an answer from a changed page stands in no bank, so it is not made
        passages = {p.id: p for p in workspace.passages}
        hits = [[Hit(p, 1.0) for p in workspace.passages] if m.role == "user" else [] for m in dialogue.messages]
        seen = " ".join(m.context for m in with_context(workspace, dialogue, hits, passages))
        assert all(passages[name].text not in seen for name in pages.withheld)
        assert "defer" in dialogue.metadata["labels"][str(dialogue.metadata["lineage"]["message"])]["acts"]


def test_a_first_reply_that_owes_a_nudge_is_left_alone(workspace: Workspace, evaluator: Evaluator) -> None:
    nudged = draw_scenarios(Plan(workspace, "practice", seed=5), "practice", 12, kind="nudged")
    _, found = harvested(evaluator, nudged, asks_again)
    made = [d for d in found if isinstance(d, Dialogue)]
    assert made
    for dialogue in made:
        index = dialogue.metadata["lineage"]["message"]
        assert dialogue.metadata["nudge"]
        assert any(m.role == "assistant" and m.content for m in dialogue.messages[:index])


def test_users_in_other_words_are_not_learned_from(own_workspace: Workspace) -> None:
    done = evaluate(own_workspace, "echo", "practice", limit=4, wording="exam")
    with pytest.raises(ConfigError, match="another bank's words"):
        harvest_failures(own_workspace, done.run.id)
