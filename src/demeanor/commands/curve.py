"""`curve`: how good the agent is after so many dialogues, and whether more of them would help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from demeanor.commands.common import ShowProgress, unseen
from demeanor.commands.evaluating import evaluate_once, read_card
from demeanor.commands.learning import gather, train, training_inputs
from demeanor.errors import ConfigError
from demeanor.evaluation.compare import compare
from demeanor.evaluation.scorecard import Scorecard
from demeanor.project import RunFolder
from demeanor.report import page
from demeanor.runtime.arm import load_arm
from demeanor.runtime.workspace import Workspace
from demeanor.training.settings import Settings

Point = tuple[int, Scorecard]
"""How many dialogues, and the scorecard of the agent trained on them."""


def learning_curve(
    space: Workspace,
    sizes: Sequence[int | None],
    pool: str,
    *,
    limit: int | None = None,
    settings: Settings | None = None,
    engine: str = "auto",
    show: ShowProgress = unseen,
) -> tuple[RunFolder, list[Point], str]:
    """Train on so many dialogues, spread evenly over all, for each size; evaluate each on the same scenarios.

    Trainings and evaluations that were done before on exactly this are not done again, so an interrupted curve goes on.

    Args:
        sizes: growing; 0 is the base model, None all dialogues.
        show: words -> a context in which the progress is shown.

    Returns:
        The run with the page, the points, and the advice in a sentence.
    """
    settings = settings or Settings()
    dialogues, origin = gather(space, settings, None)
    every = len(dialogues)
    counts = sorted({every if size is None else min(size, every) for size in sizes})
    if len(counts) < 2:
        raise ConfigError("a curve needs at least two different sizes", field="sizes", found=list(sizes))
    points: list[Point] = []
    for count in counts:
        words = f"{count} dialogues"
        run = _trained(space, replace(settings, limit=count), origin, show).id if count else "base"
        arm = load_arm(space, run, engine=engine)
        with show(f"evaluating {words}") as on_progress:
            done = evaluate_once(space, arm, pool, limit=limit, label=words, on_progress=on_progress)
        points.append((count, read_card(done).named(words)))
    sentence = advice(points)
    asked = {"sizes": repr(counts), "pool": pool, "settings": repr(settings)}
    with space.folder.new_run("curve", asked) as made:
        found = [[count, card.to_json(details=False)["measures"]] for count, card in points]
        made.write_json("curve.json", {"points": found, "advice": sentence})
        cards = [card for _, card in points]
        made.write_text(
            "report.html", page(cards, title=f"{space.agent.name}: learning curve", extra={"Advice": sentence})
        )
    return made, points, sentence


def _trained(space: Workspace, settings: Settings, origin: Mapping[str, str], show: ShowProgress) -> RunFolder:
    """The newest finished training with the very same inputs, or a new one."""
    inputs = training_inputs(space, settings, origin)
    for run in reversed(space.folder.runs("train")):
        if run.status == "done" and run.manifest.get("inputs") == inputs:
            return run
    words = f"{settings.limit} dialogues"
    with show(f"training on {words}") as on_progress:
        return train(space, settings, label=words, on_progress=on_progress)


def advice(points: Sequence[Point]) -> str:
    """What the last step of the curve says about the next one."""
    (fewer, before), (more, after) = points[-2:]
    task = compare(before, after)["task_success"]
    if task.difference is None or task.difference.delta is None:
        return f"Too few scenarios with a task (n {task.b.n}) to say anything: use more."
    change = f"from {fewer} to {more} dialogues, {100 * task.difference.delta:+.0f} points"
    if task.conclusion == "better":
        return f"More dialogues help ({change}): write more, as varied as you can."
    if task.conclusion == "worse":
        return f"The last dialogues made it worse ({change}): read them before you write more."
    if (task.b.point or 0) >= 0.9:
        return f"Enough dialogues ({change}, {task.b.point:.0%} done): more of the same will not help."
    return (
        f"More of the same dialogues do not clearly help ({change}): read what fails, and write dialogues of that kind."
    )
