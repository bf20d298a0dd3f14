"""`promote` and `rollback`: the evidence on two agents, the gate's verdict, and the pointer that everybody follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from demeanor.commands.common import description, pool_scenarios
from demeanor.commands.evaluating import read_card
from demeanor.errors import ConfigError, RunError
from demeanor.evaluation.measures import TASK
from demeanor.improvement import gate
from demeanor.improvement.gate import Served, Side, Verdict
from demeanor.improvement.rules import Rules
from demeanor.models.weights import adapter_sha256
from demeanor.project import Promotions, Record, RunFolder
from demeanor.project.packages import hash_file
from demeanor.runtime.workspace import Workspace
from demeanor.version import __version__

EXPORT = "export.json"


@dataclass(frozen=True)
class Decision:
    """What the gate said, and the record that was made; None where the candidate is held."""

    run: RunFolder
    verdict: Verdict
    record: Record | None


class Need(NamedTuple):
    """How many scenarios show a category, and how many it takes; None where only an evaluation will tell."""

    category: str
    there: int | None
    takes: int | None


def promote(
    space: Workspace,
    name: str,
    pool: str,
    rules: Rules,
    *,
    engine: str = "",
    served: Path | None = None,
    against: Record | None = None,
) -> Decision:
    """Judge a training run against the promoted agent, and put it in its place where the gate lets it.

    Args:
        engine: what will serve it, as an evaluation names it; '' for the engine of the evaluation.
        served: the folder of the export that will serve it.
        against: whom to hold it against; None for the promoted agent, or the base model where there is none.

    Raises:
        RunError: no such training run, or the pointer cannot be written.
    """
    project = space.folder
    run = project.run("latest:train" if name == "latest" else name)
    _frozen(run)
    promotions = Promotions(project.root)
    before = promotions.current()
    if before is not None and before.run == run.id:
        raise RunError("this agent is the promoted one already", file=run.path, found=run.id)
    old = against or before
    verdict, exams = judge(space, run, old, pool, rules, Served(engine, _parity(served)))
    inputs = {"candidate": run.id, "promoted": old.run if old else "base", "pool": pool, "rules": repr(rules)}
    with project.new_run("promote", inputs, parents=[run.id, *(exam.id for exam in exams)]) as made:
        made.write_json("gate.json", verdict.to_json())
        made.note("promoted", verdict.promoted)
        if not verdict.promoted:
            return Decision(made, verdict, None)
        told = {**lineage(space, run), "gate": made.id, "exams": [_examined(exam) for exam in exams]}
        if served is not None:
            told["served"] = {"export": str(served), EXPORT: hash_file(served / EXPORT)}
        elif engine:
            told["served"] = {"engine": engine}
        record = promotions.promote(run.id, told, verdict.to_json())
    return Decision(made, verdict, record)


def rollback(space: Workspace) -> Record:
    """Put the agent that was promoted before in force again.

    Raises:
        RunError: there is none, or its adapter is no longer what was promoted; the present one stays.
    """
    promotions = Promotions(space.folder.root)
    record = promotions.before()
    path = space.folder.runs_path / record.run
    if not (path / "adapter").is_dir() or adapter_sha256(path / "adapter") != record.lineage.get("adapter"):
        raise RunError("the agent before is not there any more as it was promoted", file=path, found=record.run)
    return promotions.rollback()


def judge(
    space: Workspace, run: RunFolder, before: Record | None, pool: str, rules: Rules, served: Served
) -> tuple[Verdict, list[RunFolder]]:
    """The gate's verdict on a run against the promoted agent (the base model where there is none), and the evaluations
    that it rests on."""
    weights = str(_frozen(run).get("weights", ""))
    ours = _evaluation(space, pool, partial(_of_run, run))
    candidate = _side(space, run, ours)
    if before is not None:
        old = RunFolder.open(space.folder.runs_path / before.run)
        theirs = _evaluation(space, pool, partial(_of_run, old))
        promoted = _side(space, old, theirs)
    else:
        theirs = _evaluation(space, pool, partial(_of_base, weights, space.system))
        promoted = _side(space, None, theirs)
    ids = [scenario.id for scenario in pool_scenarios(space, pool)]
    verdict = gate.judge(candidate, promoted, rules, ids, now(space, pool), served)
    return verdict, [found for found in (ours, theirs) if found is not None]


def needed(space: Workspace, pool: str, rules: Rules) -> list[Need]:
    """What an exam must hold before anybody is evaluated.

    How many scenarios show a category, and how much it varies, is known of tasks and flows, and of the rest once some
    agent has sat this exam.
    """
    tasks = [s for s in pool_scenarios(space, pool) if s.goal.has_task]
    last = _evaluation(space, pool, lambda found: True)
    card = read_card(last) if last is not None else None

    def need(name: str, margin: float | None) -> Need:
        seen = list(gate.values(card, name).values()) if card is not None else None
        there = len({s.need or s.id for s in tasks}) if name == TASK.name else len(seen) if seen is not None else None
        known = margin is None or seen is not None
        return Need(name, there, gate.planned(rules, margin, seen or ()) if known else None)

    rows = [need(rules.goal, None)]
    rows += [need(name, margin) for name, margin in rules.margins.items() if name != rules.goal]
    for flow in sorted({s.goal.flow for s in tasks if s.goal.flow}) if rules.flow_margin is not None else ():
        there = len({s.need or s.id for s in tasks if s.goal.flow == flow})
        rows.append(Need(f"flow {flow}", there, gate.planned(rules, rules.flow_margin)))
    return rows


def now(space: Workspace, pool: str) -> dict[str, str]:
    """What an exam depends on, as it is today: part of the project -> hash."""
    project = space.folder
    parts = project.hash_inputs(project.scenarios_path / pool, project.knowledge_path)
    return {**description(space), **parts, "demeanor": __version__}


def lineage(space: Workspace, run: RunFolder) -> dict[str, Any]:
    """All that an agent is made of, by hash: base, adapter, template, tokenizer, renderer, tools, description, pages,
    and the data of every round of training."""
    frozen = run.path / "frozen"
    plain = {name: hash_file(frozen / name) for name in ("agent.yaml", "tools.json", "system.txt")}
    pages = space.folder.hash_inputs(space.folder.knowledge_path, space.folder.tools_path)
    identity = {("base" if name == "weights" else name): value for name, value in _frozen(run).items()}
    return {**identity, **plain, **pages, "rounds": list(_rounds(space, run))}


def _rounds(space: Workspace, run: RunFolder) -> Iterator[dict[str, str]]:
    """The trainings that led to a run, its own first: what each was made from."""
    inputs = run.manifest.get("inputs", {})
    told = {name: str(inputs.get(name, "")) for name in ("dialogues", "corrections", "settings")}
    if harvest := inputs.get("harvest"):
        told |= {"harvest": harvest, "harvested": hash_file(space.folder.runs_path / harvest / "dialogues.jsonl")}
    yield {"run": run.id, **told}
    if start := inputs.get("from"):
        yield from _rounds(space, space.folder.run(start))


def _examined(exam: RunFolder) -> dict[str, str]:
    return {"run": exam.id, "scorecard": hash_file(exam.path / "scorecard.json")}


def _frozen(run: RunFolder) -> dict[str, str]:
    """The fingerprint of a training run.

    Raises:
        RunError: it is no finished training.
    """
    if not (run.path / "adapter").is_dir() or not (run.path / "frozen" / "fingerprint.json").is_file():
        raise RunError("this run holds no adapter", file=run.path, fix="name a run of `demeanor train` that is done")
    return dict(run.read_json("frozen/fingerprint.json"))


def _evaluation(space: Workspace, pool: str, wanted: Callable[[RunFolder], bool]) -> RunFolder | None:
    """The newest finished evaluation of the wanted agent on a pool, in the scenarios' own wording; one that was cut
    to a part of them only where there is no other. One that was judged again speaks for what it judged."""
    part: RunFolder | None = None
    for found in reversed(space.folder.runs("evaluate")):
        if found.status != "done" or not (found.path / "scorecard.json").is_file():
            continue
        spoken = _spoken(space, found)
        if not wanted(spoken):
            continue
        card = read_card(found)
        if card.pool != pool or card.wording:
            continue
        if spoken.manifest.get("inputs", {}).get("limit") == "None":
            return found
        part = part or found
    return part


def _spoken(space: Workspace, evaluation: RunFolder) -> RunFolder:
    """The run in which an evaluation's conversations were held."""
    judged = evaluation.manifest.get("inputs", {}).get("judged")
    return _spoken(space, space.folder.run(judged)) if judged else evaluation


def _of_run(run: RunFolder, evaluation: RunFolder) -> bool:
    """Whether an evaluation is of what a training made, as it is served: with its system text, and with pages."""
    system = (run.path / "frozen" / "system.txt").read_text(encoding="utf-8")
    return run.id in evaluation.manifest.get("parents", ()) and _as_served(evaluation, system)


def _of_base(weights: str, system: str, evaluation: RunFolder) -> bool:
    """Whether an evaluation is of the untuned model that a candidate was trained from."""
    found = evaluation.manifest.get("fingerprint", {})
    plain = not evaluation.manifest.get("parents") and not found.get("adapter")
    return bool(plain and found.get("weights") == weights and _as_served(evaluation, system))


def _as_served(evaluation: RunFolder, system: str) -> bool:
    """As against an arm of an ablation, which has more in its prompt or no pages."""
    inputs = evaluation.manifest.get("inputs", {})
    return bool(inputs.get("retrieval") == "True" and inputs.get("system") == sha256(system.encode()).hexdigest())


def _side(space: Workspace, run: RunFolder | None, evaluation: RunFolder | None) -> Side:
    name = run.id if run is not None else "base"
    trained = _frozen(run) if run is not None else {}
    stored = adapter_sha256(run.path / "adapter") if run is not None else ""
    if evaluation is None:
        return Side(name, None, trained, {}, stored)
    spoken = _spoken(space, evaluation)
    saw: dict[str, str] = {**spoken.manifest.get("inputs", {}), **evaluation.manifest.get("inputs", {})}
    lost = len(spoken.manifest.get("lost", {}))
    return Side(name, read_card(evaluation), trained, dict(spoken.manifest.get("fingerprint", {})), stored, saw, lost)


def _parity(served: Path | None) -> Mapping[str, Any] | None:
    """What an export says of itself.

    Raises:
        ConfigError: it is none.
    """
    if served is None:
        return None
    try:
        facts = json.loads((served / EXPORT).read_text(encoding="utf-8"))
        return {**facts["parity"], "run": facts["run"], "adapter": facts["fingerprint"].get("adapter")}
    except (OSError, ValueError, KeyError, TypeError) as error:
        fix = "name a folder that `demeanor export` wrote"
        raise ConfigError("this is no export", file=served, field="served", found=str(error), fix=fix) from error
