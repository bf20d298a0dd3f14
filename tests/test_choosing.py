"""A training that tries itself on the selection pool while it goes on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")

from broken_agents import asks_again, drawn
from demeanor.commands import learning
from demeanor.errors import ConfigError
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.measures import behaviour
from demeanor.runtime.workspace import Workspace
from demeanor.training.settings import Settings
from policy_model import play
from test_export import tuned_run


def test_behaviour_orders_agents(workspace: Workspace, evaluator: Evaluator) -> None:
    """The flow itself does all; with a fault a conversation it does less; nothing to judge is no merit."""
    scenarios = drawn(workspace, ("some", "drip"), 10)
    perfect, faulty = (behaviour(play(evaluator, scenarios, spoil)[0]) for spoil in (None, asks_again))
    assert perfect == 1.0
    assert faulty < perfect
    assert behaviour([]) == 0.0


@pytest.mark.slow
def test_a_training_tries_itself_and_says_what_it_kept(own_workspace: Workspace, tmp_path: Path) -> None:
    tuned_run(own_workspace, tmp_path / "model")  # a tiny base model
    settings = Settings(steps=2, checks=2, check_scenarios=1, batch_tokens=40)
    run = learning.train(own_workspace, settings)
    summary = run.read_json("summary.json")
    assert [step for step, _ in summary["checks"]] == [1, 2]
    assert all(0 <= score <= 1 for _, score in summary["checks"])
    assert any(words.startswith(f"kept: the adapter of step {summary['chosen']} of 2") for words in summary["words"])
    assert (run.path / "adapter" / "adapter_model.safetensors").is_file()


def test_checks_without_a_pool_are_refused_before_training(own_workspace: Workspace, tmp_path: Path) -> None:
    tuned_run(own_workspace, tmp_path / "model")
    shutil.rmtree(own_workspace.folder.scenarios_path / "selection")
    with pytest.raises(ConfigError, match="selection pool") as caught:
        learning.train(own_workspace, Settings(steps=2, checks=1))
    assert "--scenarios selection" in caught.value.fix
