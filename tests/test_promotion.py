"""Promotion: the gate on simulated and real scorecards, the pointer under kill -9, rollback, and who follows it."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from demeanor.cli import main
from demeanor.commands.evaluating import evaluate
from demeanor.commands.promoting import promote, rollback
from demeanor.data.scenarios import draw_scenarios
from demeanor.data.synthesize import Plan
from demeanor.errors import ConfigError, FingerprintError, RunError
from demeanor.evaluation.scorecard import Scorecard
from demeanor.evaluation.statistics import mcnemar_exact, pairs_for_margin, pairs_needed
from demeanor.improvement.gate import Served, Side, judge, planned, values
from demeanor.improvement.rules import Rules, read_rules
from demeanor.models.scripted import ScriptedModel
from demeanor.models.weights import adapter_sha256
from demeanor.project import Promotions, RunFolder
from demeanor.runtime.arm import Arm, _check_promoted, freeze
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import dump_scenarios

PRINTS = {"weights": "w", "tokenizer": "t", "template": "c", "stop_ids": "2", "renderer": "r", "adapter": "a"}
SAW = {"agent.yaml": "1", "knowledge": "2"}
POOL = [f"s{k:03d}" for k in range(200)]


def card(done: int, voice: float = 1.0, lost: str = "", **more: float) -> Scorecard:
    """An exam of 200 needs in two flows: the first `done` tasks are done, none of the flow `lost`."""
    flows = {name: "book" if k % 2 else "cancel" for k, name in enumerate(POOL)}
    shares = {
        name: {"task_success": float(k < done and flows[name] != lost), "voice": voice, **more}
        for k, name in enumerate(POOL)
    }
    return Scorecard("x", {}, pool="exam", by_scenario=shares, flows=flows)


def side(name: str, found: Scorecard | None) -> Side:
    return Side(name, found, PRINTS, {**PRINTS, "engine": "one"}, "a", SAW)


def reasons(candidate: Side, promoted: Side | None = None, served: Served | None = None) -> list[str]:
    verdict = judge(candidate, promoted or side("old", card(140)), Rules(), POOL, SAW, served)
    assert verdict.promoted is not bool(verdict.reasons)
    return [reason.what for reason in verdict.reasons]


# ------------------------------------------------------------------------------------------------ the gate


def test_clearly_better_and_nowhere_worse_is_promoted() -> None:
    assert reasons(side("new", card(180))) == []


def test_the_same_agent_is_held_and_a_worse_one() -> None:
    assert reasons(side("new", card(140))) == ["task_success"]
    assert "task_success" in reasons(side("new", card(100)))


@pytest.mark.parametrize(
    ("spoiled", "reason"),
    [
        (lambda s: replace(s, card=card(180, voice=0.8)), "voice"),
        (lambda s: replace(s, card=card(200, lost="cancel")), "flow cancel"),
        (lambda s: replace(s, card=card(180, invented=0.2)), "invented"),
        (lambda s: replace(s, card=None), "scorecard"),
        (lambda s: replace(s, lost=3), "scorecard"),
        (lambda s: replace(s, card=replace(s.card, flows={})), "scorecard"),
        (lambda s: replace(s, card=replace(s.card, wording="exam2")), "scenarios"),
        (lambda s: replace(s, card=replace(s.card, by_scenario={k: s.card.by_scenario[k] for k in POOL[:160]})),
         "scenarios"),
        (lambda s: replace(s, evaluated={**s.evaluated, "template": "x"}), "template"),
        (lambda s: replace(s, evaluated={}), "weights"),
        (lambda s: replace(s, stored="x"), "adapter"),
        (lambda s: replace(s, saw={**SAW, "knowledge": "old"}), "project"),
        (lambda s: replace(s, saw={}), "project"),
    ],
)  # fmt: skip
def test_each_thing_that_is_wrong_or_missing_holds_and_is_named(spoiled: Callable[[Any], Side], reason: str) -> None:
    old = side("old", card(140, invented=0.0) if reason == "invented" else card(140))
    assert reason in reasons(spoiled(side("new", card(180))), old)


def test_the_engine_that_serves_must_be_the_one_that_was_evaluated_or_in_parity() -> None:
    fine = {"run": "new", "adapter": "a", "deviation": 0.02, "scenarios": 4, "verdicts": 4}
    new = side("new", card(180))
    assert reasons(new, served=Served("one")) == []
    assert reasons(new, served=Served("two")) == ["engine"]
    assert reasons(new, served=Served(parity=fine)) == []
    for wrong in ({"deviation": 0.2}, {"verdicts": 3}, {"scenarios": 0}, {"run": "other"}, {"adapter": "b"}):
        assert set(reasons(new, served=Served(parity={**fine, **wrong}))) == {"engine"}


def test_too_few_scenarios_hold_however_good_they_look() -> None:
    few = POOL[:60]

    def cut(found: Scorecard) -> Scorecard:
        return replace(found, by_scenario={k: found.by_scenario[k] for k in few})

    new, old = side("new", cut(card(200))), side("old", cut(card(0)))
    verdict = judge(new, old, Rules(margins={"voice": 0.1}), few, SAW)
    assert [reason.what for reason in verdict.reasons] == ["task_success"]
    assert "takes 155" in verdict.reasons[0].says
    assert judge(new, old, Rules(effect=0.3, margins={"voice": 0.1}), few, SAW).promoted


def test_rewordings_of_one_need_count_once() -> None:
    whole = card(180)
    needs = {name: POOL[k // 4 * 4] for k, name in enumerate(POOL)}
    assert len(values(replace(whole, needs=needs), "task_success")) == 50
    assert reasons(side("new", replace(whole, needs=needs)), side("old", replace(card(140), needs=needs)))[0] == (
        "task_success"
    )


def test_a_task_that_could_not_be_judged_is_not_done() -> None:
    shares = {name: dict(found) for name, found in card(180).by_scenario.items()}
    for name in POOL[:80]:
        del shares[name]["task_success"]  # of 180 that were done 100 are left: against 140 that is worse, not 100%
    verdict = judge(side("new", replace(card(180), by_scenario=shares)), side("old", card(140)), Rules(), POOL, SAW)
    assert verdict.rows[0].n == 200
    assert verdict.rows[0].outcome == "worse"


def test_sizes_are_those_of_the_textbooks() -> None:
    assert pairs_needed(0.5, 0.4, 0.8) == 23  # powerandsamplesize.com, two-sided: p01 0.45, p10 0.05
    assert pairs_for_margin(0.1, 0.1) == 79  # (1.960 + 0.842)^2 * 0.1 / 0.01
    assert planned(Rules()) == pairs_needed(0.2, 0.1)
    with pytest.raises(ValueError, match="effect"):
        pairs_needed(0.1, 0.2)


def test_the_planned_size_has_the_power_that_it_promises() -> None:
    rng, n = random.Random(1), pairs_needed(0.2, 0.1)
    seen = 0
    for _ in range(400):
        drawn = [rng.random() for _ in range(n)]
        won, lost = sum(x < 0.15 for x in drawn), sum(0.15 <= x < 0.2 for x in drawn)
        seen += mcnemar_exact(won, lost) < 0.05 and won > lost
    assert 0.68 <= seen / 400 <= 0.88  # 80% by the formula; the exact test is a little more cautious


def test_gate_yaml_says_what_is_asked(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == Rules()
    (tmp_path / "gate.yaml").write_text("goal: answers\neffect: 0.2\nmargins: {deferral: ignored, voice: 0.01}\n")
    rules = read_rules(tmp_path)
    assert (rules.goal, rules.effect, rules.margins["voice"]) == ("answers", 0.2, 0.01)
    assert "deferral" not in rules.margins
    for wrong, line in (("goal: luck\n", 1), ("margins:\n  luck: 0.1\n", 2), ("margins:\n  voice: 5\n", 2)):
        (tmp_path / "gate.yaml").write_text(wrong)
        with pytest.raises(ConfigError) as error:
            read_rules(tmp_path)
        assert error.value.line == line


# ------------------------------------------------------------------------------------------------ the pointer


def test_rollback_goes_back_one_promotion_after_the_other(tmp_path: Path) -> None:
    promotions = Promotions(tmp_path)
    assert promotions.current() is None
    with pytest.raises(RunError, match="before"):
        promotions.rollback()
    for run in ("one", "two", "three"):
        promotions.promote(run, {"adapter": run}, {})
    assert promotions.rollback().run == "two"
    back = promotions.rollback()
    assert (back.run, back.restores, back.lineage) == ("one", 1, {"adapter": "one"})
    with pytest.raises(RunError, match="before"):
        promotions.rollback()
    promotions.promote("four", {}, {})
    assert promotions.rollback().run == "one"
    assert [r.run for r in promotions.history()] == ["one", "four", "one", "two", "three", "two", "one"]


MOVER = """
import sys, pathlib
from demeanor.project.promotion import Promotions
promotions = Promotions(pathlib.Path(sys.argv[1]))
print("ready", flush=True)
while True:
    now = promotions.current()
    run = "b" if now is None or now.run == "a" else "a"
    promotions.promote(run, {"adapter": run * 64, "filler": run * 20000}, {})
"""


def test_killed_thirty_times_the_promoted_agent_is_whole(tmp_path: Path) -> None:
    promotions, rng, last = Promotions(tmp_path), random.Random(26), 0
    for _ in range(30):
        mover = subprocess.Popen([sys.executable, "-c", MOVER, str(tmp_path)], stdout=subprocess.PIPE)
        assert mover.stdout is not None
        assert mover.stdout.readline() == b"ready\n"
        time.sleep(rng.uniform(0.0, 0.15))
        mover.send_signal(signal.SIGKILL)
        mover.wait()
        mover.stdout.close()
        if (now := promotions.current()) is None:
            continue
        assert now.lineage["adapter"] == now.run * 64
        history = promotions.history()
        numbers = [record.number for record in history]
        assert numbers == sorted(set(numbers), reverse=True)  # nothing doubled
        assert now.number >= last  # nothing lost
        assert all(a.run != b.run for a, b in pairwise(history))
        last = now.number
    assert last > 30
    promotions.promote("c", {}, {})
    assert not list(promotions.path.glob(".*.json.*"))  # what was half written is swept away


def test_two_at_once_do_not_take_the_same_number(tmp_path: Path) -> None:
    once = MOVER.replace("while True:", "for _ in range(40):")
    movers = [subprocess.Popen([sys.executable, "-c", once, str(tmp_path)]) for _ in range(2)]
    assert [mover.wait(timeout=120) for mover in movers] == [0, 0]
    assert [record.number for record in Promotions(tmp_path).history()] == list(range(80, 0, -1))


# ------------------------------------------------------------------------------------------------ in a project


def trained(space: Workspace, model: ScriptedModel, name: str) -> RunFolder:
    """A finished training, as `train` leaves it, with an adapter that no model could load."""
    renderer = space.renderer(model.tokenizer)
    with space.folder.new_run("train", {"settings": name, "dialogues": "d", "from": ""}) as run:
        run.write_text("adapter/adapter_model.safetensors", name)
        run.write_text("adapter/adapter_config.json", "{}")
        stored = adapter_sha256(run.path / "adapter")
        freeze(run, space, {**model.fingerprint, "adapter": stored, "renderer": renderer.fingerprint()})
    return run


def examined(space: Workspace, model: ScriptedModel, run: RunFolder | None) -> None:
    arm = Arm("base" if run is None else "tuned", model, space.renderer(model.tokenizer), run.id if run else "")
    if run is not None:
        model.fingerprint["adapter"] = adapter_sha256(run.path / "adapter")
    evaluate(space, "x", "exam", arm=arm)


@pytest.fixture
def hotel(own_workspace: Workspace) -> Workspace:
    """With an exam of 32."""
    folder = own_workspace.folder.scenarios_path / "exam"
    for file in folder.rglob("*.yaml"):
        file.unlink()
    drawn = draw_scenarios(Plan(own_workspace, "exam", seed=3), "exam", 32)
    (folder / "exam.yaml").write_text(dump_scenarios(drawn), encoding="utf-8")
    return own_workspace


def spoil_card(run: RunFolder, done: float) -> None:
    """The scorecard says that so many tasks were done."""
    raw = run.read_json("scorecard.json")
    for k, shares in enumerate(raw["by_scenario"].values()):
        if "task_success" in shares:
            shares["task_success"] = float(k < done)
    run.write_json("scorecard.json", raw)


LENIENT = Rules(effect=0.5, margins={"flow_order": 0.9}, flow_margin=None)


def test_promote_rollback_and_the_lineage(hotel: Workspace) -> None:
    model = ScriptedModel.always("Good day.", "plain")
    first, second = (trained(hotel, model, name) for name in ("first", "second"))
    held = promote(hotel, first.id, "exam", LENIENT)
    assert held.record is None
    assert {reason.what for reason in held.verdict.reasons} == {"scorecard"}
    assert Promotions(hotel.folder.root).current() is None
    examined(hotel, model, None)
    examined(hotel, model, first)
    spoil_card(hotel.folder.runs("evaluate")[-1], 32)
    decision = promote(hotel, first.id, "exam", LENIENT)
    assert decision.record is not None, decision.verdict.reasons
    lineage = decision.record.lineage
    assert lineage["adapter"] == adapter_sha256(first.path / "adapter")
    assert lineage["rounds"][0] == {"run": first.id, "dialogues": "d", "corrections": "", "settings": "first"}
    assert {"base", "template", "tokenizer", "renderer", "tools.json", "agent.yaml", "knowledge"} <= set(lineage)
    assert hotel.folder.run("promoted").id == first.id
    with pytest.raises(RunError, match="already"):
        promote(hotel, first.id, "exam", LENIENT)
    with pytest.raises(RunError, match="before"):
        rollback(hotel)
    Promotions(hotel.folder.root).promote(second.id, {"adapter": adapter_sha256(second.path / "adapter")}, {})
    assert rollback(hotel).run == first.id
    (first.path / "adapter" / "adapter_model.safetensors").write_text("changed")
    with pytest.raises(FingerprintError, match="promoted"):
        _check_promoted(hotel, first, adapter_sha256(first.path / "adapter"))


def test_a_page_that_changed_since_the_exam_holds(hotel: Workspace) -> None:
    model = ScriptedModel.always("Good day.", "plain")
    run = trained(hotel, model, "first")
    examined(hotel, model, None)
    examined(hotel, model, run)
    page = next(hotel.folder.knowledge_path.glob("*.md"))
    page.write_text(page.read_text(encoding="utf-8") + "\nMore.\n", encoding="utf-8")
    told = promote(hotel, run.id, "exam", LENIENT).verdict.reasons
    assert [reason for reason in told if reason.what == "project" and "knowledge" in reason.says]


def test_the_command_says_why_and_exits_with_one(hotel: Workspace) -> None:
    trained(hotel, ScriptedModel.always("Good day.", "plain"), "first")

    def command(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["-C", str(hotel.folder.root), *words])
        return done.return_value or done.exit_code, done.output

    code, said = command("promote", "latest")
    assert code == 1
    assert "has no scorecard on this pool" in said
    assert "fix: demeanor evaluate" in said
    code, said = command("promote", "--needed")
    assert code == 0
    assert "155 needed" in said
    code, said = command("promote", "--history")
    assert "no agent is promoted yet" in said
    assert command("rollback")[0] == 2
    [run] = hotel.folder.runs("promote")
    told: Mapping[str, Any] = json.loads((run.path / "gate.json").read_text(encoding="utf-8"))
    assert told["promoted"] is False
    assert told["reasons"]
