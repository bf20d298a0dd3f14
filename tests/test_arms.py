"""Arms by their parts: what stands in the prompt, what is looked up, and that one command sets them side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch")

from demeanor.agent.instructions import instructions
from demeanor.commands import curve, evaluating
from demeanor.commands.curve import advice
from demeanor.dialogue import read_dialogues
from demeanor.errors import ConfigError
from demeanor.evaluation.scorecard import Figure, Measure, Scorecard
from demeanor.models.model import Metered, Request, Usage, converse
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.arm import load_composed
from demeanor.runtime.few_shot import worked_examples
from demeanor.runtime.workspace import Workspace
from test_export import tuned_run


def test_the_prompt_says_what_the_description_says(workspace: Workspace) -> None:
    text = instructions(workspace.agent)
    for name, flow in workspace.agent.flows.items():
        assert name in text
        assert all(tool in text for tool in flow.tools())
        assert all(workspace.agent.slots[slot].label in text for slot in flow.slots())
    assert workspace.agent.when_unsure in text
    assert all(phrase in text for phrase in workspace.agent.voice.avoid)


def test_examples_are_whole_dialogues_of_different_flows(workspace: Workspace) -> None:
    files = sorted(workspace.folder.dialogues_path.glob("*.jsonl"))
    text = worked_examples([d for file in files for d in read_dialogues(file)])
    assert text.count("Example:\n") == 2
    assert "book_room" in text
    assert "cancel_booking" in text
    assert text.index("Result: ") > text.index("You: ")


def test_parts_are_what_is_said_and_nothing_else(own_workspace: Workspace, tmp_path: Path) -> None:
    run = tuned_run(own_workspace, tmp_path / "model")
    space = own_workspace
    arms = {
        name: load_composed(space, name, engine="transformers")
        for name in (
            "base",
            "prompt",
            "few-shot+retrieval",
            "retrieval",
            "tuned",
            f"{run.id}+retrieval",
            str(tmp_path / "model"),
        )
    }
    assert [arm.label for arm in arms.values()] == list(arms)
    assert [arm.retrieval for arm in arms.values()] == [False, False, True, True, False, True, False]
    assert arms["base"].renderer.system == space.system
    rules = instructions(space.agent)
    assert rules in arms["prompt"].renderer.system
    assert rules in arms["few-shot+retrieval"].renderer.system
    assert [arm.run for arm in arms.values()] == ["", "", "", "", run.id, run.id, ""]
    for wrong in ("base+pages", "prompt+prompt", "tuned+base"):
        with pytest.raises(ConfigError, match="no such part"):
            load_composed(space, wrong, engine="transformers")


def test_arms_are_evaluated_once_and_compared(own_workspace: Workspace, tmp_path: Path) -> None:
    tuned_run(own_workspace, tmp_path / "model")
    names = ["base", "retrieval", "tuned+retrieval"]
    how = {"pool": "selection", "limit": 2, "engine": "transformers"}
    run, cards, comparisons = evaluating.evaluate_arms(own_workspace, names, **how, price_per_hour=0.2)  # type: ignore[arg-type]
    assert [card.arm for card in cards] == names
    assert [(c.a, c.b) for c in comparisons] == [("base", "tuned+retrieval"), ("retrieval", "tuned+retrieval")]
    assert all((card["prompt_tokens"].point or 0) > 300 and (card["cost"].point or 0) > 0 for card in cards)
    assert cards[0].retrieval == "none"
    assert cards[1].retrieval != "none"
    assert "tuned+retrieval" in (run.path / "report.html").read_text(encoding="utf-8")
    before = len(own_workspace.folder.runs("evaluate"))
    again = evaluating.evaluate_arms(own_workspace, names, **how)[1]  # type: ignore[arg-type]
    assert len(own_workspace.folder.runs("evaluate")) == before == 3
    assert [card.run for card in again] == [card.run for card in cards]
    with pytest.raises(ConfigError, match="two different arms"):
        evaluating.evaluate_arms(own_workspace, ["base", "base"], "selection")


def test_a_metered_model_counts_and_answers_the_same() -> None:
    model = Metered(ScriptedModel.echo())
    ids = tuple(model.tokenizer.encode("<|im_start|>user\nHello<|im_end|>\n<|im_start|>assistant\n"))
    reply = model.generate([Request(ids, "a")], max_new_tokens=20)[0]
    assert reply == ScriptedModel.echo().generate([Request(ids, "a")], max_new_tokens=20)[0]
    said: list[str] = []
    converse(model, [Request(ids, "b")], lambda request, reply: said.append(reply.text), max_new_tokens=20)
    assert said == [reply.text]
    assert (model.replies, model.usage) == (2, Usage(2 * len(ids), 2 * len(reply.ids), requests=2))


# -- the learning curve ------------------------------------------------------------


def card(passed: list[bool]) -> Scorecard:
    """A scorecard with task success only."""
    k, n = sum(passed), len(passed)
    figure = Figure(Measure("task_success", "Task done"), n, k / n, 0.0, 1.0, k)
    shares = {f"s{i}": {"task_success": float(p)} for i, p in enumerate(passed)}
    return Scorecard("x", {"task_success": figure}, by_scenario=shares)


@pytest.mark.parametrize(
    ("fewer", "more", "words"),
    [
        ([False] * 40, [True] * 30 + [False] * 10, "More dialogues help"),
        ([True] * 40, [True] * 10 + [False] * 30, "made it worse"),
        ([True] * 38 + [False] * 2, [True] * 38 + [False] * 2, "Enough dialogues"),
        ([True] * 20 + [False] * 20, [False] * 2 + [True] * 20 + [False] * 18, "read what fails"),
        ([False] * 5, [True] * 5, "Too few scenarios"),
    ],
)
def test_the_advice_follows_the_last_step(fewer: list[bool], more: list[bool], words: str) -> None:
    assert words in advice([(0, card([False] * len(fewer))), (100, card(fewer)), (200, card(more))])


@pytest.mark.slow
def test_a_curve_trains_and_evaluates_once(own_workspace: Workspace, tmp_path: Path) -> None:
    tuned_run(own_workspace, tmp_path / "model")  # a tiny base model
    how = {"pool": "selection", "limit": 1, "engine": "transformers"}
    run, points, sentence = curve.learning_curve(own_workspace, [0, 2, None], **how)  # type: ignore[arg-type]
    assert [count for count, _ in points] == [0, 2, 4]
    assert [c.arm for _, c in points] == ["0 dialogues", "2 dialogues", "4 dialogues"]
    assert sentence.startswith("Too few scenarios")
    assert sentence in (run.path / "report.html").read_text(encoding="utf-8")
    made = {command: len(own_workspace.folder.runs(command)) for command in ("train", "evaluate")}
    curve.learning_curve(own_workspace, [0, 2, None], **how)  # type: ignore[arg-type]
    assert made == {command: len(own_workspace.folder.runs(command)) for command in ("train", "evaluate")}
    with pytest.raises(ConfigError, match="two different sizes"):
        curve.learning_curve(own_workspace, [None, 400], "selection")
