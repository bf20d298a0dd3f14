"""`judge`: an evaluation's conversations, judged again by today's judge, without generating again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from demeanor.commands.common import OnProgress, description, quiet
from demeanor.commands.evaluating import Evaluation, in_words, keep, nearness, read_card, write_card
from demeanor.errors import RunError
from demeanor.evaluation import record
from demeanor.evaluation.again import judge_again
from demeanor.evaluation.evaluate import Evaluator, reference_agents
from demeanor.evaluation.measures import scorecard
from demeanor.evaluation.scorecard import Scorecard
from demeanor.evaluation.trial import Trial
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import AGAIN, load_scenarios
from demeanor.version import __version__

SAME = ("arm", "pool", "wording", "words", "model", "engine", "retrieval", "seconds", "drift")
USE = ("prompt_tokens", "written_tokens", "cached_tokens", "requests", "seconds", "waited", "cost")


def judge_run(space: Workspace, name: str, *, on_progress: OnProgress = quiet) -> tuple[Evaluation, dict[str, str]]:
    """A new evaluation run with the conversations of an earlier one and today's verdicts.

    Returns:
        The evaluation, and scenario -> reason for those that today's tools or runtime would have answered otherwise;
        they are left out.

    Raises:
        RunError: no finished evaluation, a scenario that is no longer there, or nothing that can be judged.
    """
    source = space.folder.run(name)
    card = read_card(source)
    records = [record.from_json(raw) for raw in source.read_jsonl("trials.jsonl")]
    there = load_scenarios(space.folder.scenarios_path / card.pool, space.agent)
    if card.wording:
        there, _ = in_words(space, there, card.wording)
    most = max((int(r.scenario.partition(AGAIN)[2] or 1) for r in records), default=1)
    scenarios = {t.id: t for s in there for t in s.trials(most)}
    if gone := [r.scenario for r in records if r.scenario not in scenarios]:
        raise RunError("scenarios of this evaluation are no longer there", file=source.path, found=gone[:5])
    inputs = {**description(space), "demeanor": __version__, "judged": source.id}
    with space.folder.new_run("evaluate", inputs, parents=[source.id]) as run:
        evaluator, trials, left_out = Evaluator(space), list[Trial](), dict[str, str]()
        for number, kept in enumerate(records):
            trial, why = judge_again(evaluator, scenarios[kept.scenario], kept)
            if trial is None:
                left_out[kept.scenario] = why
            else:
                trials.append(trial)
                keep(run, trial)
            on_progress(number + 1, len(records), f"{len(left_out)} left out")
        if not trials:
            raise RunError("none of these conversations can be judged again", file=source.path, found=left_out)
        order = list(scenarios)
        trials.sort(key=lambda t: order.index(t.scenario.id))
        done = _card(
            card, trials, evaluator, run=run.id, judged=source.id, created=str(run.manifest.get("started") or "")
        )
        run.note("left_out", left_out)
        write_card(run, space, done)
    return Evaluation(run, done), left_out


def _card(old: Scorecard, trials: list[Trial], evaluator: Evaluator, **head: Any) -> Scorecard:
    """The new scorecard; tokens and seconds were those of the run that generated."""
    head |= {name: getattr(old, name) for name in SAME}
    head["reference_agents"] = reference_agents(evaluator, [t.scenario for t in trials])
    new = scorecard(trials, nearness(evaluator.space, evaluator), **head)
    return replace(new, measures={**new.measures, **{name: old[name] for name in USE if name in old.measures}})
