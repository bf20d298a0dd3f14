"""`evaluate` and `compare`: scorecard.json, trials.jsonl, report.html, junit.xml; comparison.json."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from demeanor.commands.common import OnProgress, ShowProgress, description, quiet, spread, unseen
from demeanor.errors import ConfigError, ModelError, RunError
from demeanor.evaluation import record
from demeanor.evaluation.compare import Comparison, compare
from demeanor.evaluation.evaluate import Evaluator, reference_agents
from demeanor.evaluation.manner import Nearness
from demeanor.evaluation.measures import scorecard
from demeanor.evaluation.scorecard import Figure, Measure, Scorecard
from demeanor.evaluation.statistics import margin, scenarios_needed
from demeanor.evaluation.trial import Trial
from demeanor.models.endpoint import Price
from demeanor.models.model import Metered
from demeanor.project import RunFolder
from demeanor.report import junit, page
from demeanor.runtime.arm import Arm, load_arm, load_composed
from demeanor.runtime.knowledge.dense import MiniLM
from demeanor.runtime.session import no_pages
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Scenario, drifted, load_scenarios
from demeanor.simulation.wording.general import EXAMS
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.user import PARTS
from demeanor.version import __version__


@dataclass(frozen=True)
class Evaluation:
    """An evaluation run with its scorecard."""

    run: RunFolder
    card: Scorecard


def evaluate(
    space: Workspace,
    arm_name: str,
    pool: str,
    *,
    limit: int | None = None,
    label: str = "",
    on_progress: OnProgress = quiet,
    engine: str = "auto",
    price_per_hour: float | None = None,
    arm: Arm | None = None,
    at_once: int = 32,
    trials: int = 1,
    wording: str = "",
) -> Evaluation:
    """Run an arm over a pool, judge it, and score agents that do nothing on the same scenarios.

    Args:
        limit: only so many scenarios, spread evenly over the pool.
        trials: of each scenario, every one in other words of its user.
        wording: the bank whose words simulated users speak ('training': those that dialogues are made of; 'exam2':
            those of a release), in place of the scenarios' own.
    """
    project = space.folder
    chosen, left_out = chosen_scenarios(space, pool, limit, wording)
    scenarios = [trial for scenario in chosen for trial in scenario.trials(trials)]
    arm = arm or load_arm(space, arm_name, engine=engine)
    inputs = _evaluation_inputs(space, arm, pool, limit)
    inputs |= ({"trials": str(trials)} if trials > 1 else {}) | ({"wording": wording} if wording else {})
    parents = [arm.run] if arm.run else []
    with project.new_run("evaluate", inputs, parents=parents, seeds={"scenarios": 0}) as run:
        _note_arm(run, space, arm, scenarios)
        for name, why in left_out.items():
            run.note_dropped("scenario", name, why)
        started = time.monotonic()
        evaluator = Evaluator(space)
        finished: list[Trial] = []

        def done(trial: Trial) -> None:
            finished.append(trial)
            keep(run, trial)
            passed = sum(t.verdicts.task is True for t in finished)
            on_progress(len(finished), len(scenarios), f"{passed} tasks done")

        model = Metered(arm.model)
        search = None if arm.retrieval else no_pages
        ordered = evaluator.run(scenarios, model, arm.renderer, search=search, at_once=at_once, on_trial=done)
        seconds = time.monotonic() - started
        card = scorecard(
            ordered,
            nearness(space, evaluator),
            label or (f"{arm.label}, {wording} wording" if wording else arm.label),
            run=run.id,
            pool=pool,
            wording=wording,
            words=whose_words(evaluator.wording, scenarios),
            model=arm.model.name,
            engine=arm.fingerprint.get("engine", ""),
            retrieval=space.retriever.name if space.passages and arm.retrieval else "none",
            created=str(run.manifest.get("started") or ""),
            seconds=round(seconds, 1),
            drift=arm.drift,
            reference_agents=reference_agents(evaluator, scenarios),
        )
        if lost := {t.scenario.id: t.episode.lost for t in ordered if t.episode.lost}:
            run.note("lost", lost)
            if len(lost) == len(ordered):
                raise ModelError(f"every conversation was lost: {next(iter(lost.values()))}", file=run.path)
        card = replace(
            card, measures={**card.measures, **_use(model, len(ordered), seconds, price_per_hour, arm.price)}
        )
        write_card(run, space, card)
    return Evaluation(run, card)


def nearness(space: Workspace, evaluator: Evaluator) -> Nearness | None:
    """By sentence embeddings, where the search in the pages uses them."""
    return evaluator.nearness if space.passages and space.retriever.name.startswith(MiniLM.name) else None


def chosen_scenarios(
    space: Workspace, pool: str, limit: int | None, wording: str = ""
) -> tuple[list[Scenario], dict[str, str]]:
    """The scenarios of a pool, in another bank's words where one is named; and what of them cannot be said in those,
    with the reason.

    Raises:
        ConfigError: no scenarios, or no such bank.
    """
    chosen = spread(load_scenarios(space.folder.scenarios_path / pool, space.agent), limit)
    return in_words(space, chosen, wording) if wording else (chosen, {})


def in_words(space: Workspace, scenarios: Sequence[Scenario], bank: str) -> tuple[list[Scenario], dict[str, str]]:
    """See `chosen_scenarios`."""
    folder = space.folder.wording_path
    banks = list(dict.fromkeys([*PARTS, *EXAMS, *(file.parent.name for file in sorted(folder.glob("*/user.yaml")))]))
    if bank not in banks:
        raise ConfigError("no such wording", file=folder, field="wording", found=bank, allowed=banks)
    questions = Wording(space).questions(bank)
    kept, left_out = [], {}
    for scenario in scenarios:
        worded = scenario.worded(bank, questions)
        if worded is None:
            left_out[scenario.id] = "its user has lines, or asks only what the other bank does not know"
            continue
        kept.append(worded)
        if lost := set(scenario.goal.questions) - set(worded.goal.questions):
            left_out[f"{scenario.id}: {', '.join(sorted(lost))}"] = "questions that the other bank does not know"
    return kept, left_out


def whose_words(wording: Wording, scenarios: Sequence[Scenario]) -> str:
    """Whose wording their simulated users speak: "own", "general", or both; '' where none is simulated."""
    banks = {scenario.wording for scenario in scenarios if not scenario.lines and not scenario.told}
    hands = {hand for bank in banks for hand in wording.hand(bank).split(" and ")}
    return " and ".join(sorted(hands, reverse=True))


def keep(run: RunFolder, trial: Trial) -> None:
    """Add a trial to the run's trials.jsonl."""
    verdicts = trial.verdicts
    run.append_jsonl("trials.jsonl", record.to_json(trial.scenario.id, trial.episode, verdicts.task, verdicts.faults))


def write_card(run: RunFolder, space: Workspace, card: Scorecard) -> None:
    """The scorecard, its page, and its JUnit XML."""
    run.write_json("scorecard.json", card.to_json())
    run.write_text("report.html", page([card], title=f"{space.agent.name}: {card.arm} on {card.pool}"))
    run.write_text("junit.xml", junit(card))


def precision_of(space: Workspace, pool: str, limit: int | None, wording: str = "") -> str:
    """What so many scenarios can tell, in a sentence, before any is run."""
    scenarios, _ = chosen_scenarios(space, pool, limit, wording)
    tasks = sum(s.graded for s in scenarios)
    if not tasks:
        return f"{len(scenarios)} scenarios, none with a task"
    known = 100 * margin(tasks)
    better = next((m for m in (0.1, 0.05, 0.03) if 100 * m < known - 0.5), None)
    more = f"; for {100 * better:.0f} take {scenarios_needed(0.5, better)}" if better else ""
    return f"{tasks} of {len(scenarios)} scenarios have a task: a rate will be known to within {known:.0f} points{more}"


def _evaluation_inputs(space: Workspace, arm: Arm, pool: str, limit: int | None) -> dict[str, str]:
    """All that decides what an evaluation finds."""
    project = space.folder
    return {
        **description(space),
        "demeanor": __version__,
        **project.hash_inputs(project.scenarios_path / pool, project.knowledge_path),
        **{f"arm.{k}": v for k, v in arm.fingerprint.items()},
        "limit": str(limit),
        "system": sha256(arm.renderer.system.encode()).hexdigest(),
        "retrieval": str(arm.retrieval),
    }


def _use(
    model: Metered, conversations: int, seconds: float, price_per_hour: float | None, price: Price | None
) -> dict[str, Figure]:
    """What the arm took, as means over its replies. Conversations ran side by side: seconds of the machine are no
    waiting times. A server's requests are counted as they were sent, also those that came to nothing.

    What an endpoint charges for its tokens counts in place of the machine's hours.
    """
    used = model.usage
    known = not used.uncounted  # what was not counted is no zero
    found: dict[str, tuple[str, float | None]] = {
        "prompt_tokens": ("Prompt tokens a reply", used.read if known else None),
        "written_tokens": ("Written tokens a reply", used.written if known else None),
        "seconds": ("Seconds of the machine a reply", seconds),
    }
    if used.seconds:
        found["cached_tokens"] = ("Prompt tokens a reply from the server's cache", used.cached if known else None)
        found["waited"] = ("Seconds a reply was waited for", used.seconds)
    if price is not None:
        found["cost"] = ("Cost of 1,000 replies", 1000 * price.of(used) if known else None)
    elif price_per_hour is not None:
        found["cost"] = ("Cost of 1,000 replies", 1000 * price_per_hour * seconds / 3600)
    n = model.replies
    figures: dict[str, Figure] = {}
    for name, (label, total) in found.items():
        measure = Measure(name, label, "higher" if name == "cached_tokens" else "lower", "replies")
        figures[name] = Figure(measure, n, total / n if n and total is not None else None)
    measure = Measure("requests", "Requests to the model a conversation", "lower", "conversations")
    figures["requests"] = Figure(measure, conversations, used.requests / conversations if conversations else None)
    return figures


def evaluate_arms(
    space: Workspace,
    names: Sequence[str],
    pool: str,
    *,
    limit: int | None = None,
    engine: str = "auto",
    price_per_hour: float | None = None,
    show: ShowProgress = unseen,
) -> tuple[RunFolder, list[Scorecard], list[Comparison]]:
    """Evaluate arms by their parts (`arm.load_composed`) on the same scenarios, and compare the last with the others.

    An arm that was evaluated before on exactly this is not run again.

    Args:
        show: name of the arm -> a context in which its progress is shown.

    Returns:
        The compare run, the scorecards in the order of the names, and the comparisons.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        raise ConfigError("name at least two different arms", field="arms", found=list(names))
    cards, runs = [], []
    for name in names:
        arm = load_composed(space, name, engine=engine)
        with show(name) as on_progress:
            done = evaluate_once(
                space, arm, pool, limit=limit, label=name, on_progress=on_progress, price_per_hour=price_per_hour
            )
        del arm
        runs.append(done)
        cards.append(read_card(done).named(name))
    with space.folder.new_run("compare", {r.id: n for r, n in zip(runs, names, strict=True)}) as run:
        comparisons = [compare(card, cards[-1]) for card in cards[:-1]]
        run.write_json("comparison.json", {"arms": list(names), "comparisons": [c.to_json() for c in comparisons]})
        run.write_text("report.html", page(cards, comparisons, title=f"{space.agent.name}: {', '.join(names)}"))
    return run, cards, comparisons


def evaluate_once(space: Workspace, arm: Arm, pool: str, *, limit: int | None = None, **how: Any) -> RunFolder:
    """The newest finished evaluation with the very same inputs, or a new one. `how` is as for `evaluate`."""
    inputs = _evaluation_inputs(space, arm, pool, limit)
    for run in reversed(space.folder.runs("evaluate")):
        whole = run.status == "done" and not run.manifest.get("lost")
        if whole and run.manifest.get("inputs") == inputs:
            return run
    return evaluate(space, arm.label, pool, limit=limit, arm=arm, **how).run


def _note_arm(run: RunFolder, space: Workspace, arm: Arm, scenarios: Sequence[Scenario]) -> None:
    run.note("fingerprint", arm.fingerprint)
    if arm.engine_note:
        run.note("engine_note", arm.engine_note)
    if arm.drift:
        run.note("drift", list(arm.drift))
    old = drifted(scenarios, space.agent)
    if old:
        run.note("scenarios_for_another_agent_yaml", old)
    if space.passages:
        run.note("retrieval", {"name": space.retriever.name, "fingerprint": space.retriever.fingerprint()})


def compare_runs(space: Workspace, first: str, second: str) -> tuple[RunFolder, Comparison]:
    """Compare two evaluation runs of the same pool; differences are second - first."""
    project = space.folder
    runs = [project.run(name) for name in (first, second)]
    cards = [read_card(run) for run in runs]
    with project.new_run("compare", {"a": runs[0].id, "b": runs[1].id}, parents=[r.id for r in runs]) as run:
        comparison = compare(cards[0], cards[1])
        run.write_json("comparison.json", comparison.to_json())
        title = f"{space.agent.name}: {comparison.b} against {comparison.a}"
        run.write_text("report.html", page(cards, [comparison], title=title))
    return run, comparison


def read_card(run: RunFolder) -> Scorecard:
    """The scorecard of an evaluation run."""
    if not (run.path / "scorecard.json").is_file():
        raise RunError("this run has no scorecard", file=run.path, fix="name a run of `demeanor evaluate` that is done")
    return Scorecard.from_json(run.read_json("scorecard.json"))


def read_comparison(run: RunFolder) -> Comparison:
    """What a compare run found."""
    return Comparison.from_json(run.read_json("comparison.json"))
