"""The judge on agents with one planted fault each: it names the fault wherever it strikes, and blames nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from broken_agents import (
    CAUGHT,
    PLANTED,
    Planted,
    asks_again,
    caught,
    changes_a_price,
    drawn,
    forgets_a_correction,
    shown,
)
from demeanor.data.scenarios import draw_scenarios, need_key
from demeanor.data.synthesize import Plan
from demeanor.dialogue import ToolCall
from demeanor.evaluation.compare import Comparison, compare
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.measures import (
    AGO,
    by_scenario,
    in_long_conversations,
    measures,
    memory,
    pass_hat,
    scorecard,
)
from demeanor.evaluation.scorecard import Scorecard
from demeanor.evaluation.trial import Trial
from demeanor.project.yamlfile import Lines
from demeanor.runtime.arm import DUMMIES
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import PLACES, Scenario, dump_scenarios, load_scenarios, read_scenario
from policy_model import Turn, changed, play, play_flow


@pytest.mark.parametrize("planted", PLANTED, ids=lambda p: p.spoil.__name__)
def test_a_planted_fault_is_caught_by_its_own_measure(planted: Planted, evaluator: Evaluator) -> None:
    struck = shown(evaluator, planted)
    assert len(struck) >= 20
    assert sum(planted.own in names for names in struck) >= 0.95 * len(struck), struck
    for name in CAUGHT.keys() - {planted.own, *planted.related}:
        assert sum(name in names for names in struck) <= 0.05 * len(struck), name


def test_where_nothing_is_planted_nothing_is_blamed(workspace: Workspace, evaluator: Evaluator) -> None:
    """The same agent, honest, in all habits of the planted ones."""
    habits = sorted({h for planted in PLANTED for h in planted.habits})
    trials, _players = play(evaluator, drawn(workspace, habits, 70))
    assert not {t.scenario.id: t.verdicts.faults for t in trials if caught(t.verdicts)}


def test_an_agent_that_holds_to_its_task_is_not_blamed(workspace: Workspace, evaluator: Evaluator) -> None:
    """Whatever is planted, wherever it stands; and every place of it is read by somebody."""
    scenarios = draw_scenarios(Plan(workspace, "selection", seed=9), "selection", 60, kind="planted")
    trials, _players = play(evaluator, scenarios)
    assert not {t.scenario.id: t.verdicts.faults for t in trials if caught(t.verdicts)}
    reached = {t.scenario.inject.into for t in trials if t.scenario.inject and t.verdicts.held}
    assert reached == set(PLACES)
    assert all(s.to_yaml()["inject"]["text"] for s in scenarios)


def test_memory_tells_how_long_ago_a_detail_was_said(workspace: Workspace, evaluator: Evaluator) -> None:
    scenarios = drawn(workspace, ("changes_mind", "drip"))
    honest, _ = play(evaluator, scenarios)
    found = memory(honest)
    assert list(found) == [words for words in AGO.values() if words in found]
    assert {"in the last message", "one message before", "2 or 3 before"} <= set(found)
    assert all(figure.k == figure.n for figure in found.values())
    forgetful, players = play(evaluator, scenarios, forgets_a_correction)
    wrong = [t for t in forgetful if not all(right for _, right in t.verdicts.memory)]
    assert {t.scenario.id for t in wrong} == {t.scenario.id for t in forgetful if players[t.scenario.id].strikes}


def reworded(workspace: Workspace) -> list[Scenario]:
    plan = Plan(workspace, "selection", seed=8, habits={"some": 2, "digresses": 1, "lacks": 1, "asks_only": 1})
    return draw_scenarios(plan, "selection", 48, rewordings=4)


def test_a_need_is_drawn_in_several_voices(workspace: Workspace) -> None:
    scenarios = reworded(workspace)
    assert len({s.id for s in scenarios}) == 48
    for need in {s.need for s in scenarios}:
        same = [s for s in scenarios if s.need == need]
        assert len(same) == 4
        assert same[0].id == need
        assert len({need_key(s.goal) for s in same}) == 1
        assert len({s.goal.register for s in same}) == 4
    assert read_back(workspace, scenarios) == scenarios


def read_back(workspace: Workspace, scenarios: Sequence[Scenario]) -> list[Scenario]:
    text = dump_scenarios(scenarios)
    assert "&id" not in text
    raw = yaml.safe_load(text)
    return [read_scenario(item, workspace.agent, Path("x.yaml"), Lines(), k) for k, item in enumerate(raw)]


def test_an_honest_agent_is_consistent_whatever_the_words(workspace: Workspace, evaluator: Evaluator) -> None:
    trials, _ = play(evaluator, reworded(workspace))
    found = measures(trials)["consistency"]
    assert found.n >= 50
    assert found.k == found.n


def test_who_books_in_some_wordings_only_is_not_consistent(workspace: Workspace, evaluator: Evaluator) -> None:
    """Half of the trials are a silent agent's: half and half is no agreement, and nothing twice is none either."""
    scenarios = reworded(workspace)
    honest, _ = play(evaluator, scenarios)
    model = DUMMIES["silent"](workspace.agent)
    silent = evaluator.run(scenarios, model, workspace.renderer(model.tokenizer))
    assert "consistency" not in measures(silent) or measures(silent)["consistency"].n == 0
    mixed = [pair[k % 2] for k, pair in enumerate(zip(honest, silent, strict=True))]
    found = measures(mixed)["consistency"]
    whole = measures(honest)["consistency"]
    # Of six pairs of four trials, one is of two honest ones, four differ, one came to nothing.
    assert found.k is not None
    assert found.k * 6 == whole.n
    assert found.n * 6 == whole.n * 5


def test_the_fault_stands_at_its_message(workspace: Workspace, evaluator: Evaluator) -> None:
    """`first_wrong` and `faults` point at the spoiled reply: that is the one to be mended."""
    trials, players = play(evaluator, drawn(workspace, ("some",), 20), changes_a_price)
    struck = [t for t in trials if players[t.scenario.id].strikes]
    assert struck
    for trial in struck:
        index = trial.verdicts.first_wrong
        assert index is not None
        message = trial.episode.session.messages[index]
        assert message.role == "assistant"
        assert "euros" in message.content
        assert list(trial.verdicts.faults) == [index]


def test_a_booking_that_nobody_asked_for_is_a_fault(workspace: Workspace, evaluator: Evaluator) -> None:
    """Where the guest gives up there is no task to do; doing it all the same is named."""
    trials, _players = play(evaluator, drawn(workspace, ("gives_up",), 12))
    for trial in trials:
        assert trial.verdicts.task is None
        assert not trial.verdicts.faults


def test_a_message_without_readable_acts_is_ungraded(workspace: Workspace, evaluator: Evaluator) -> None:
    """Nothing passes for want of evidence: words that show no act are counted apart."""

    def mumbles(turn: Turn) -> Turn | None:
        asking = any(a.startswith("ask:") for a in turn.move.acts)
        return changed(turn, text="The sea is calm today.", said=()) if asking and not turn.call else None

    trials, players = play(evaluator, drawn(workspace, ("drip",), 12), mumbles)
    struck: list[Trial] = [t for t in trials if players[t.scenario.id].strikes]
    assert struck
    assert all(None in t.verdicts.order for t in struck)


@pytest.mark.parametrize(("due", "measure"), [("inform:knowledge", "answers"), ("defer", "deferrals")])
def test_a_question_met_by_a_call_is_judged_when_the_turn_is_over(
    due: str, measure: str, workspace: Workspace, evaluator: Evaluator
) -> None:
    """Whoever makes a call over a question and never comes back to it has not answered."""
    scenarios = drawn(workspace, ("digresses", "asks_only", "lacks"), 24)
    honest, _ = play(evaluator, scenarios)
    owed = {t.scenario.id: len(getattr(t.verdicts, measure)) for t in honest}
    call = ToolCall("find_booking", {"reference": "SV-9999"})

    def looks_up(turn: Turn) -> Turn | None:
        return changed(turn, text="One moment.", call=call, said=()) if due in turn.move.acts else None

    trials, players = play(evaluator, scenarios, looks_up)
    struck = [t for t in trials if players[t.scenario.id].strikes]
    assert struck
    for trial in struck:
        found = getattr(trial.verdicts, measure)
        assert found.count(False) == 1
        assert len(found) == owed[trial.scenario.id]


def test_a_scenario_is_tried_in_other_words(workspace: Workspace, evaluator: Evaluator) -> None:
    scenarios = drawn(workspace, ("some", "drip"), 12)
    tried = [trial for scenario in scenarios for trial in scenario.trials(3)]
    assert len({t.id for t in tried}) == 36
    assert {t.origin for t in tried} == {s.id for s in scenarios}
    trials, _players = play(evaluator, tried)
    openings = {t.scenario.id: t.episode.session.messages[0].content for t in trials}
    assert sum(openings[s.id] != openings[f"{s.id}#2"] for s in scenarios) >= 6
    found = measures(trials)["task_success"]
    assert (found.n, found.clusters) == (36, 12)
    assert [figure.point for figure in pass_hat(trials).values()] == [1, 1, 1]
    half = [replace(t, verdicts=replace(t.verdicts, task=not t.scenario.id.endswith("#2"))) for t in trials]
    chances = [figure.point for figure in pass_hat(half).values()]
    assert chances == pytest.approx([2 / 3, 1 / 3, 0])
    assert not pass_hat(play(evaluator, scenarios)[0])
    assert scorecard(half).scenarios == 12
    assert all(found["task_success"] == pytest.approx(2 / 3) for found in by_scenario(half).values())


def test_a_scorecard_is_read_as_it_was_written(workspace: Workspace, evaluator: Evaluator) -> None:
    """With everything that one may have: several trials, faults, planted instructions, long conversations."""
    plan = Plan(workspace, "selection", seed=9)
    scenarios = [trial for scenario in drawn(workspace, ("drip", "lacks"), 8) for trial in scenario.trials(2)]
    for kind in ("planted", "long", "nudged"):
        scenarios += draw_scenarios(plan, "selection", 3, kind=kind)
    honest, faulty = (play(evaluator, scenarios, spoil, always=True)[0] for spoil in (None, asks_again))
    cards = []
    for arm, trials in (("honest", honest), ("faulty", faulty)):
        head = {"pool": "selection", "run": f"run-{arm}", "seconds": 1.5, "drift": ("the voice",)}
        reference = {"honest": measures(honest)}
        cards.append(scorecard(trials, lambda texts: [0.5] * len(texts), arm, reference_agents=reference, **head))
    for card in cards:
        assert all((card.pass_hat, card.memory, card.by["about"], card.acts, card.manner and card.manner.drift))
        assert Scorecard.from_json(json.loads(json.dumps(card.to_json()))) == card
    assert any(trial.faults and trial.why for trial in cards[1].transcripts)
    comparison = compare(cards[0], cards[1])
    assert {row.conclusion for row in comparison.measures.values()} >= {"worse", "too few"}
    assert Comparison.from_json(json.loads(json.dumps(comparison.to_json()))) == comparison


def test_long_conversations_are_told_apart(workspace: Workspace, evaluator: Evaluator) -> None:
    """Only those of twenty messages and more count, and a scorecard keeps what they show."""
    pool = load_scenarios(workspace.folder.scenarios_path / "exam" / "behaviour", workspace.agent)
    trials = play_flow(evaluator, [s for s in pool if s.about == "a long conversation"][:2])
    trials += play_flow(evaluator, load_scenarios(workspace.folder.scenarios_path / "exam", workspace.agent)[:2])

    def spoken(trial: Trial) -> int:
        return sum(m.role != "tool" and bool(m.content) for m in trial.episode.session.messages)

    long = [t for t in trials if spoken(t) >= 20]
    assert 0 < len(long) < len(trials)
    found = in_long_conversations(trials)
    assert found["flow_order"] == measures(long)["flow_order"]
    card = scorecard(trials)
    assert Scorecard.from_json(card.to_json()).long["invented"].n == found["invented"].n
    assert in_long_conversations([t for t in trials if t not in long]) == {}
