"""The first thing to do next in a project: what is missing on the way from a description to a proven agent."""

from __future__ import annotations

from collections.abc import Mapping

from demeanor.agent import Agent
from demeanor.data.checks import Problem
from demeanor.project import ProjectFolder, RunFolder

DRAFTS = "drafts.yaml"


def next_step(
    project: ProjectFolder, agent: Agent | None, errors: list[Problem], dialogues: int, scenarios: Mapping[str, int]
) -> str:
    """One line: what to do, and why it is the first thing.

    Args:
        errors: what training and evaluation would refuse, in the order of the files.
        dialogues: how many can be read.
        scenarios: pool -> how many.
    """
    if errors or agent is None:
        first = errors[0] if errors else None
        return f"mend the errors, first {first.where if first else 'agent.yaml'}, then check again"
    if waiting := [b for b in ("", "exam") if (project.wording_path / b / DRAFTS).exists() and _waits(project, b)]:
        option = f" --bank {waiting[0]}" if waiting[0] else ""
        return f"demeanor wording{option} --review   (drafts wait; no user says them before)"
    if not dialogues:
        return "demeanor synthesize   (there is nothing to learn from)" if agent.tasks() else WRITTEN
    if not scenarios.get("exam"):
        made = "demeanor synthesize --scenarios exam --count 120" if agent.tasks() else "write scenarios/exam/*.yaml"
        return f"{made}   (nothing to prove it on)"
    return _of_runs(project)


WRITTEN = "write dialogues on a page, then: demeanor import talk.md   (there is nothing to learn from)"


def _waits(project: ProjectFolder, bank: str) -> bool:
    """Whether a file of drafts holds more than what was dropped."""
    return "\ndrafts:" in f"\n{(project.wording_path / bank / DRAFTS).read_text(encoding='utf-8', errors='replace')}"


def _of_runs(project: ProjectFolder) -> str:
    """What to run next, by what has been run."""
    examined = [run for run in project.runs("evaluate") if run.status == "done"]
    trained = [run for run in project.runs("train") if run.status == "done"]
    if not trained:
        base = [run for run in examined if not run.manifest.get("parents")]
        return "demeanor train" if base else "demeanor evaluate base   (what the model does before it is taught)"
    newest = trained[-1]
    mine = {_pool(run) for run in examined if newest.id in run.manifest.get("parents", ())}
    if "exam" not in mine:
        return f"demeanor evaluate {newest.id}   (the newest training has not been examined)"
    if "practice" not in mine:
        return f"demeanor evaluate {newest.id} --pool practice   (its failures are what the next round learns from)"
    if not any(run.id > newest.id for run in project.runs("harvest")):
        return "demeanor harvest latest:evaluate   (corrections of what failed in practice)"
    return f"demeanor train --from {newest.id} --harvest latest   (teach it the corrections)"


def _pool(run: RunFolder) -> str:
    card = run.read_json("scorecard.json") if (run.path / "scorecard.json").is_file() else {}
    return str(card.get("pool", ""))
