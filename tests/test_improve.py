"""Rounds of improvement with scripted agents: every step, a stop at every step, and kill -9 at random moments."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from demeanor.commands.improving import STATE, Asked, Improvement, Round, stubborn
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.errors import ConfigError
from demeanor.improvement.rules import Rules
from demeanor.models.scripted import ScriptedModel
from demeanor.models.weights import adapter_sha256
from demeanor.project import ProjectFolder, Promotions, RunFolder
from demeanor.runtime.arm import Arm, freeze
from demeanor.runtime.knowledge import Retriever
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import dump_scenarios

SAYS = ["It costs 4321 euros.", "Good day."]
"""What the agent of each training says, whatever it hears; the last one for all later ones."""
RULES = Rules(goal="invented", effect=0.5, margins={"voice": 0.9}, flow_margin=None)


def pools(space: Workspace, count: int) -> None:
    for pool, seed in (("selection", 4), ("exam", 5)):
        drawn = draw_scenarios(Plan(space, pool, seed=seed), pool, count)
        path = space.folder.scenarios_path / pool / "own.yaml"
        for file in path.parent.rglob("*.yaml"):
            file.unlink()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dump_scenarios(drawn), encoding="utf-8")


def model_of(space: Workspace, number: int) -> ScriptedModel:
    model = ScriptedModel.always(SAYS[min(number, len(SAYS) - 1)], "agent")
    model.fingerprint["weights"] = "the same"
    return model


def trained(space: Workspace, start: str = "", harvest: str = "") -> RunFolder:
    """A finished training, whose agent speaks as its number in the project says."""
    number = len([run for run in space.folder.runs("train") if run.status == "done"])
    model = model_of(space, number)
    inputs = {"settings": "s", "dialogues": "d", "from": start, "harvest": harvest}
    with space.folder.new_run("train", inputs, parents=[r for r in (start, harvest) if r]) as run:
        run.write_text("adapter/adapter_model.safetensors", str(number))
        run.write_text("adapter/adapter_config.json", "{}")
        stored = adapter_sha256(run.path / "adapter")
        freeze(
            run,
            space,
            {**model.fingerprint, "adapter": stored, "renderer": space.renderer(model.tokenizer).fingerprint()},
        )
    return run


def load(space: Workspace, name: str) -> Arm:
    run = space.folder.run(name)
    model = model_of(space, int((run.path / "adapter" / "adapter_model.safetensors").read_text()))
    model.fingerprint["adapter"] = adapter_sha256(run.path / "adapter")
    return Arm("tuned", model, space.renderer(model.tokenizer), run.id)


def improvement(space: Workspace, asked: Asked, say: Callable[[str], None] = lambda words: None) -> Improvement:
    return Improvement(
        space,
        asked,
        RULES,
        load=lambda name: load(space, name),
        train=lambda start, harvest, resume, on_progress: trained(space, start, harvest),
        say=say,
    )


def test_rounds_until_one_brings_nothing_then_the_exam_and_the_gate(own_workspace: Workspace) -> None:
    space = own_workspace
    pools(space, 20)
    trained(space)
    said: list[str] = []
    asked = Asked(rounds=3, practice=4, goal="invented", promote=True)
    found = improvement(space, asked, said.append).run()
    assert [made.brought for made in found.rounds] == [True, False]
    assert "round 2 brought nothing" in found.stopped
    first, second = found.rounds
    assert first.corrections
    assert first.faults["invented"] == 1.0
    assert found.best == first.candidate
    assert found.verdict is not None
    assert found.verdict.promoted, found.verdict.reasons
    assert found.record is not None
    assert space.folder.run("promoted").id == first.candidate
    state = found.run.read_json(STATE)
    pool = state["done"]["draw-2"]
    again = (space.folder.scenarios_path / pool / "practice.yaml").read_text(encoding="utf-8")
    assert again.count("id: again-1-") == 2
    assert again.count("- id: ") == 4
    html = (found.run.path / "report.html").read_text(encoding="utf-8")
    assert "Round 2" in html
    assert second.says in html or "invented" in html
    told = json.loads((found.run.path / "improved.json").read_text(encoding="utf-8"))
    assert told["best"] == found.best


def test_an_empty_selection_pool_is_said_at_once(own_workspace: Workspace) -> None:
    for file in (own_workspace.folder.scenarios_path / "selection").rglob("*.yaml"):
        file.unlink()
    with pytest.raises(ConfigError, match="selection pool is empty"):
        improvement(own_workspace, Asked()).run()


def test_what_training_does_not_mend_is_named() -> None:
    one = Round(1, kinds={"asked again": 9, "invented": 4}, faults={"asked again": 0.2, "invented": 0.3})
    two = Round(2, faults={"asked again": 0.25, "invented": 0.1})
    assert list(stubborn([one, two])) == [
        "asked again: no better for 9 corrections, in 20% -> 25% of the conversations"
    ]


SCRIPT = """
import pathlib, sys
sys.path.insert(0, sys.argv[2])
from test_improve import Asked, improvement, opened
space = opened(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
improvement(space, Asked(rounds=1, practice=4, goal="invented", promote=True)).run()
"""


def opened(folder: Path) -> Workspace:
    """The project of another process, searched by shared words."""
    space = Workspace.load(ProjectFolder.find(folder))
    space.retriever = Retriever(space.passages, method="lexical")
    return space


@pytest.mark.slow
def test_killed_thirty_times_it_goes_on_and_nothing_is_doubled(own_workspace: Workspace) -> None:
    space, rng = own_workspace, random.Random(26)
    pools(space, 20)
    trained(space)
    root, killed, done = space.folder.root, 0, False
    while not done:
        here = str(Path(__file__).parent)
        worker = subprocess.Popen([sys.executable, "-c", SCRIPT, str(root), here], stdout=subprocess.PIPE)
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"ready\n"
        if killed < 30:
            time.sleep(rng.uniform(0.0, 3.0))
        done = worker.poll() is not None or killed >= 30
        if worker.poll() is None and killed < 30:
            worker.send_signal(signal.SIGKILL)
            killed += 1
        code = worker.wait()
        worker.stdout.close()
        if done:
            assert code == 0
        now = Promotions(root).current()
        assert now is None or (root / "runs" / now.run / "adapter").is_dir()
    [improved] = space.folder.runs("improve")
    assert improved.status == "done"
    state = improved.read_json(STATE)
    named = [name for name in state["done"].values() if (root / "runs" / str(name)).is_dir()]
    assert all(space.folder.run(name).status == "done" for name in named)
    finished = [run.id for run in space.folder.runs() if run.status == "done" and run.manifest["command"] == "train"]
    assert len(finished) == 2  # the one before, and the round's: none trained twice to its end
    harvests = [run for run in space.folder.runs("harvest") if run.status == "done"]
    assert len(harvests) == 1
    assert [record.run for record in Promotions(root).history()] == [finished[-1]]
