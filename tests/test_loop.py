"""The whole loop on the real model at small scale: every step runs, leaves its files, and goes on after a stop."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from demeanor.commands.loop import Loop, Size
from demeanor.project import ProjectFolder, copy_template
from demeanor.training.settings import Settings

pytest.importorskip("torch")


@pytest.mark.slow
def test_loop_on_the_real_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "bookease"
    copy_template("hotel", folder)
    short = Settings(steps=2)
    size = Size(dialogues=20, exam=1, practice=2, share="a few", settings=short, later=short)
    result = Loop(folder, size).run("hotel")
    base, tuned, again = result["cards"]
    assert [card.arm for card in result["cards"]] == ["base", "tuned", "tuned, round 2"]
    for card in (base, tuned, again):
        task = card["task_success"]
        assert task.k <= task.n <= card.scenarios == 1
        for dummy in card.reference_agents.values():
            assert dummy["task_success"].k == 0
    assert (folder / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    state = json.loads((folder / "loop.json").read_text(encoding="utf-8"))
    second = ProjectFolder.find(folder).run(state["train-2"])
    assert state["train"] in second.manifest["parents"]
    assert state["harvest"] in second.manifest["parents"]
    capsys.readouterr()

    Loop(folder, size).run("hotel")  # nothing is left to do
    told = capsys.readouterr().out
    assert told.count("done before") == len(state)
