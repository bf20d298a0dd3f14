"""The flow as the agent is nearly perfect, nothing that does nothing passes, and the same scenario is the same talk."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest

from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan, suits
from demeanor.errors import ModelError
from demeanor.evaluation import record
from demeanor.evaluation.evaluate import Evaluator, reference_agents
from demeanor.evaluation.measures import judged, measures
from demeanor.evaluation.trial import Trial
from demeanor.models.model import Completion, Request, lost
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.knowledge import Passage
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Scenario
from demeanor.simulation.users.goal import HABITS
from policy_model import play, play_flow

COUNT = 60


@pytest.fixture(scope="module")
def scenarios(workspace: Workspace) -> list[Scenario]:
    return draw_scenarios(Plan(workspace, "selection", seed=3), "selection", COUNT)


@pytest.fixture(scope="module")
def trials(evaluator: Evaluator, scenarios: list[Scenario], passages: dict[str, Passage]) -> list[Trial]:
    return play_flow(evaluator, scenarios)


def transcript(trial: Trial) -> list[tuple[object, ...]]:
    messages = trial.episode.session.messages
    return [(m.role, m.content, m.context, [(c.name, c.arguments) for c in m.calls]) for m in messages]


def is_near_perfect(trials: Sequence[Trial]) -> None:
    found = measures(trials)
    assert (found["task_success"].point or 0) >= 0.98, [t.scenario.id for t in trials if t.verdicts.task is False]
    for name in ("flow_order", "right_arguments", "answers", "deferral"):
        assert found[name].n > 0, name
        assert found[name].point == 1, (name, faults(trials))
        assert found[name].ungraded == 0, name
    # An answer, a resumption and a whole summary in one message may be a few words too long.
    assert (found["voice"].point or 0) >= 0.99, faults(trials)
    for name in ("asked_again", "invented"):
        assert found[name].n > 0, name
        assert found[name].point == 0, (name, faults(trials))


def faults(trials: Sequence[Trial]) -> dict[str, dict[int, list[str]]]:
    return {t.scenario.id: t.verdicts.faults for t in trials if t.verdicts.faults}


def test_the_flow_does_its_tasks_without_a_fault(trials: list[Trial]) -> None:
    assert sum(t.scenario.goal.has_task for t in trials) >= 0.8 * COUNT
    assert all(t.episode.over for t in trials)
    is_near_perfect(trials)


def test_the_flow_behind_the_model_contract_does_as_well(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    """Here its acts are read from its words, as those of every model are."""
    is_near_perfect(play(evaluator, scenarios)[0])


def test_the_drawn_scenarios_cover_habits_registers_and_flows(workspace: Workspace, scenarios: list[Scenario]) -> None:
    many = draw_scenarios(Plan(workspace, "selection", seed=4), "selection", 130)
    flows = workspace.agent.flows.values()
    assert {s.goal.habit for s in many} == {h for h in HABITS if any(suits(workspace.agent, f, h) for f in flows)}
    assert {s.goal.flow for s in many} == {None, "book_a_room", "cancel_a_booking"}
    assert len({s.goal.register for s in many}) == 6
    assert len({s.goal.style for s in many}) == 4
    assert len({s.id for s in scenarios}) == COUNT


def test_agents_that_do_nothing_do_no_task(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    for name, score in reference_agents(evaluator, scenarios).items():
        assert score["task_success"].k == 0, name
        assert score["task_success"].n >= 0.8 * COUNT, name
        assert (score["right_arguments"].k or 0) == 0, name
        assert score["answers"].k == 0, name
        deferred = score["deferral"]
        if name != "hand_over":  # a call that nobody takes ends in the words of `when_unsure`
            assert deferred.k == (deferred.n if name == "defer" else 0), name


def test_the_same_scenario_is_the_same_transcript(
    evaluator: Evaluator, scenarios: list[Scenario], passages: dict[str, Passage], trials: list[Trial]
) -> None:
    again = play_flow(evaluator, scenarios)
    assert [transcript(t) for t in again] == [transcript(t) for t in trials]
    assert [t.verdicts for t in again] == [t.verdicts for t in trials]


def test_another_seed_is_another_transcript(
    workspace: Workspace, scenarios: list[Scenario], trials: list[Trial]
) -> None:
    others = draw_scenarios(Plan(workspace, "selection", seed=99), "selection", 10)
    assert [s.goal for s in others] != [s.goal for s in scenarios[:10]]
    openings = [transcript(t)[0] for t in trials]
    assert len(set(map(str, openings))) > 0.9 * COUNT


def test_users_say_nothing_twice_in_a_row_and_leave(trials: list[Trial]) -> None:
    for trial in trials:
        said = [m.content for m in trial.episode.session.messages if m.role == "user"]
        assert all(said), trial.scenario.id
        assert len(said) <= 15, trial.scenario.id
        assert trial.episode.user.outcome != "abandoned", trial.scenario.id


def test_a_user_says_only_what_the_goal_wants(workspace: Workspace, trials: list[Trial]) -> None:
    """Every labelled mention stands in the message, word for word."""
    for trial in trials:
        for index, move in trial.episode.moves.items():
            text = trial.episode.session.messages[index].content
            for slot, words in move.mentions.items():
                if workspace.agent.slots[slot].type != "option":
                    assert words in text, (trial.scenario.id, index, slot)


def test_a_conversation_beyond_the_window_ends_and_is_judged(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    """One that does not get to its end for want of room has not done its task; nothing raises."""
    model = ScriptedModel.always("Of course.", "brief")
    renderer = evaluator.space.renderer(model.tokenizer)
    tasks = [s for s in scenarios if s.goal.has_task][:4]
    first = [len(evaluator.episode(s, renderer).session.renderer.render([]).ids) for s in tasks[:1]]
    model.window = first[0] + 400  # bytes: a message or two
    trials = evaluator.run(tasks, model, renderer)
    assert [t.verdicts.task for t in trials] == [False] * 4
    model.window = first[0]
    trials += evaluator.run(tasks, model, renderer)
    assert [t.verdicts.task for t in trials] == [False] * 8
    assert all(t.episode.over and not t.episode.lost for t in trials)


def test_a_conversation_that_the_engine_loses_is_ungraded(evaluator: Evaluator, scenarios: list[Scenario]) -> None:
    class Losing(ScriptedModel):
        """Gives every other conversation up at its second reply."""

        def _reply(self, request: Request, limit: int) -> Completion:
            turn = self._turns[request.conversation] = self._turns.get(request.conversation, 0) + 1
            odd = int(hashlib.sha256(request.conversation.encode()).hexdigest(), 16) % 2
            return lost(ModelError("no room left")) if odd and turn == 2 else super()._reply(request, limit)

    model = Losing.always("Of course.", "brief")
    model._turns = {}
    trials = evaluator.run(scenarios[:12], model, evaluator.space.renderer(model.tokenizer), at_once=4)
    gone = [t for t in trials if t.episode.lost]
    assert 0 < len(gone) < 12
    assert {t.verdicts.task for t in gone} == {None}
    found = [judged(t) for t in gone]
    assert {t.verdict for t in found} == {"ungraded"}
    assert found[0].why == ("the engine gave up: no room left",)
    assert all(record.from_json(record.to_json("s", t.episode, None, {})).lost == "no room left" for t in gone)
    assert measures(trials)["task_success"].ungraded == len(gone)
