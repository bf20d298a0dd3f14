"""What tuning changed: figures that an independent computation gives too, cases that are what they say, a safe page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch
from click.testing import CliRunner

from demeanor.cli import main
from demeanor.commands import explaining
from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Message
from demeanor.evaluation.explain import NOTHING, Case, Scorer, _without_detail, cases_of
from demeanor.evaluation.explanation import Explanation, TokenView
from demeanor.models.pretrained import merge_adapter, read_model
from demeanor.models.weights import find_weights
from demeanor.project import RunFolder
from demeanor.report.explanation import explanation_page
from demeanor.runtime.arm import load_arm
from demeanor.runtime.workspace import Workspace
from demeanor.training.config import Example
from demeanor.training.objective import Objective
from test_export import tuned_run


@pytest.fixture
def run(own_workspace: Workspace, tmp_path: Path) -> RunFolder:
    return tuned_run(own_workspace, tmp_path / "model")


def plain_losses(model: Any, example: Example) -> list[float]:
    """Cross entropy of the trained tokens by transformers alone."""
    with torch.no_grad():
        logits = model(torch.tensor([example.ids])).logits[0].float()
    gained = logits.log_softmax(-1)
    return [-float(gained[t - 1, example.ids[t]]) for t, trained in enumerate(example.trained) if trained]


def test_token_losses_are_those_of_separate_runs(own_workspace: Workspace, run: RunFolder) -> None:
    model, _ = read_model(find_weights(own_workspace.agent.base_model))
    shared = tuple(range(3, 60))
    examples = [
        Example(f"e{k}", shared + tuple(70 + (k * 7 + j) % 50 for j in range(9 + k)), (False,) * 60 + (True,) * (6 + k))
        for k in range(4)
    ]
    plain = [plain_losses(model, e) for e in examples]
    objective = Objective(model, precision="fp32", token_budget=24, share=True)
    assert sum(len(s) for root in objective.tree(examples) for s in root.walk()) < sum(len(e.ids) for e in examples)
    found = objective.token_losses(examples)
    assert [len(row) for row in found] == [len(row) for row in plain]
    for a, b in zip(found, plain, strict=True):
        assert a == pytest.approx(b, abs=1e-4)
    everything = [x for row in found for x in row]
    assert objective.evaluate(examples) == pytest.approx(sum(everything) / len(everything), abs=1e-4)


def test_base_is_the_base_and_tuned_the_tuned(own_workspace: Workspace, run: RunFolder) -> None:
    weights = find_weights(own_workspace.agent.base_model)
    renderer = load_arm(own_workspace, run.id, engine="transformers").renderer
    scorer = Scorer(own_workspace, run.path / "adapter", renderer)
    example = scorer.example("a", [Message("user", "A room, please.")], Message("assistant", "For which dates?"))
    found = scorer.weigh([example])
    base, _ = read_model(weights)
    tuned, _ = merge_adapter(read_model(weights)[0], run.path / "adapter", weights)
    for side, model in (("base", base), ("tuned", tuned)):
        # the scorer works in bf16, as training does
        assert found[side][0] == pytest.approx([-x for x in plain_losses(model, example)], abs=0.15)
    assert found["base"] != found["tuned"]


def test_cases_are_right_replies_with_details_from_before(own_workspace: Workspace) -> None:
    dialogues = list(synthesize(Plan(own_workspace, "selection", seed=5), 8))
    cases = [case for dialogue in dialogues for case in cases_of(own_workspace, dialogue)]
    assert {c.name.rpartition("/")[2] for c in cases} == {"said", "called"}
    detailed = [c for c in cases if c.detail]
    assert detailed
    for case in cases:
        assert all(m.weight == 0 for m in case.before if m.role == "assistant")
    for case in detailed:
        users = [m.content for m in case.before if m.role == "user"]
        assert case.detail not in users[-1]
        assert any(case.detail in text for text in users[:-1])
        assert any(case.detail in str(v) for call in case.right.calls for v in call.arguments.values())
        left = _without_detail(case)
        assert not any(case.detail in m.content or case.detail in m.note for m in left)


def test_a_detail_is_taken_out_of_notes_too() -> None:
    said = Message("user", "Two of us, please.")
    noted = Message("assistant", "When?", note="guests: Two of us; need: check_in")
    left = _without_detail(Case("a", (said, noted), Message("assistant", "Fine."), "Two of us"))
    assert (left[0].content, left[1].note) == (f"{NOTHING}, please.", f"guests: {NOTHING}; need: check_in")


def test_explaining_a_run_leaves_figures_and_a_page(own_workspace: Workspace, run: RunFolder) -> None:
    made, found = explaining.explain_run(own_workspace, run.id, 3, engine="transformers")
    kept = json.loads((made.path / "explanation.json").read_text(encoding="utf-8"))
    names = [effect.name for effect in found.effects]
    assert names[:3] == ["right", "own", "preferred"]
    assert {"last_message", "general"} <= set(names)
    for finding in kept["effects"]:
        assert finding["difference"]["n"] > 0
        assert finding["difference"]["delta"] == pytest.approx(finding["tuned"] - finding["base"], abs=1e-6)
    html = (made.path / "report.html").read_text(encoding="utf-8")
    assert "<script" not in html
    assert html.count('class="tokens"') == len(kept["shown"])
    right = next(f for f in kept["effects"] if f["name"] == "right")
    means = [sum(t for *_, t in s["tokens"]) / len(s["tokens"]) for s in kept["shown"]]
    assert right["tuned"] == pytest.approx(sum(means) / len(means), abs=1e-6)


def test_the_command_prints_figures_and_sentences(own_workspace: Workspace, run: RunFolder) -> None:
    agent = own_workspace.folder.agent_path
    text = re.sub(r"^base_model: .*$", f"base_model: {own_workspace.agent.base_model}", agent.read_text(), flags=re.M)
    agent.write_text(text, encoding="utf-8")
    folder = str(own_workspace.folder.root)
    done = CliRunner().invoke(main, ["-C", folder, "explain", run.id, "--count", "2", "--engine", "transformers"])
    assert done.exit_code == 0, done.output
    assert "The right reply" in done.output
    assert "Ordinary prose is" in done.output
    assert "report.html" in done.output


def test_the_page_shows_texts_and_runs_none() -> None:
    evil = "<script>alert(1)</script>"
    token = (evil, -3.0, -0.5)
    shown = [TokenView(evil, evil, evil, (token, ("ok", -1.0, -1.0)))]
    html = explanation_page(Explanation("run", shown=shown), evil)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 6
    assert 'class="up-2"' in html
