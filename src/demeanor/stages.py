"""The commands as functions: each makes one run folder, does one stage's work in it, and returns the run.

What a stage leaves behind: `evaluate` scorecard.json, trials.jsonl and report.html; `train` adapter/, frozen/,
log.jsonl and summary.json; `harvest` dialogues.jsonl; `compare` comparison.json and report.html; `synthesize`
writes into the project and notes what. `cli.py` parses and prints, `pipeline.py` puts stages in a row.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar

from demeanor import record
from demeanor.arm import Arm, fingerprint, freeze, load_arm, load_composed, local_needed
from demeanor.data.scenarios import draw_scenarios, need_key
from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue, dump_dialogues, read_dialogues
from demeanor.errors import ConfigError, RunError
from demeanor.evaluation.compare import compare
from demeanor.evaluation.evaluate import Evaluator, Trial, reference_agents, scorecard
from demeanor.improvement.harvest import Dropped, Harvester
from demeanor.knowledge import Hit
from demeanor.models.model import Metered
from demeanor.project import Project, Run, write_atomic
from demeanor.report import page
from demeanor.scenario import POOLS, Scenario, drifted, dump_scenarios, load_scenarios
from demeanor.settings import Settings
from demeanor.workspace import Workspace

Item = TypeVar("Item")
# Told (done, all, words) while a stage works.
Told = Callable[[int, int, str], None]


def quiet(done: int, of: int, words: str) -> None:
    """Tells nobody."""


# ---------------------------------------------------------------------------------------------------- writing data


def write_dialogues(
    space: Workspace, count: int, seed: int, told: Told = quiet, *, openings: bool = False
) -> tuple[Run, Path]:
    """Write `count` dialogues by self-play into dialogues/, with the training part of the wording.

    Args:
        openings: only their first message and the agent's turn on it.
    """
    project = space.project
    kind = "openings" if openings else "self_play"
    inputs = {**_description(space), "count": str(count), "seed": str(seed), "kind": kind}
    with project.new_run("synthesize", inputs, seeds={"synthesize": seed}) as run:
        made: list[Dialogue] = []

        def drop(number: int, reason: str) -> None:
            run.note_dropped("dialogue", str(number), reason)

        for dialogue in synthesize(Plan(space, "training", seed, openings), count, drop):
            made.append(dialogue)
            told(len(made), count, "dialogues")
        path = project.dialogues_path / f"{kind}-{seed}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_dialogues(made))
        run.note("wrote", {str(path.relative_to(project.root)): len(made)})
    return run, path


def write_scenarios(space: Workspace, pool: str, count: int, seed: int) -> tuple[Run, Path]:
    """Draw `count` scenarios for a pool; needs that stand in other pools are not used again.

    The exam is worded by wording/exam/ where that bank exists.
    """
    project = space.project
    bank = pool
    if pool == "exam" and not (project.wording_path / "exam" / "user.yaml").exists():
        bank = ""
    inputs = {**_description(space), "pool": pool, "count": str(count), "seed": str(seed)}
    with project.new_run("synthesize", inputs, seeds={"scenarios": seed}) as run:
        taken = [need_key(s.goal) for p in POOLS if p != pool for s in _scenarios(space, p)]
        drawn = draw_scenarios(Plan(space, bank, seed), pool, count, taken)
        path = project.scenarios_path / pool / f"{pool}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_scenarios(drawn))
        run.note("wrote", {str(path.relative_to(project.root)): len(drawn)})
    return run, path


def _scenarios(space: Workspace, pool: str) -> list[Scenario]:
    folder = space.project.scenarios_path / pool
    return load_scenarios(folder, space.agent) if any(folder.glob("*.yaml")) else []


def _description(space: Workspace) -> dict[str, str]:
    project = space.project
    return project.hash_inputs(project.agent_path, project.tools_path, project.wording_path, project.root / "world")


# ---------------------------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True)
class Evaluation:
    """An evaluation run with its scorecard."""

    run: Run
    card: dict[str, Any]


def evaluate(
    space: Workspace,
    arm_name: str,
    pool: str,
    *,
    limit: int | None = None,
    label: str = "",
    told: Told = quiet,
    engine: str = "auto",
    price_per_hour: float | None = None,
    arm: Arm | None = None,
    at_once: int = 32,
) -> Evaluation:
    """Run an arm over a pool, judge it, and score agents that do nothing on the same scenarios.

    Args:
        limit: only so many scenarios, spread evenly over the pool.
    """
    project = space.project
    scenarios = spread(load_scenarios(project.scenarios_path / pool, space.agent), limit)
    arm = arm or load_arm(space, arm_name, engine=engine)
    inputs = _evaluation_inputs(space, arm, pool, limit)
    parents = [arm.run] if arm.run else []
    with project.new_run("evaluate", inputs, parents=parents, seeds={"scenarios": 0}) as run:
        _note_arm(run, space, arm, scenarios)
        started = time.monotonic()
        evaluator = Evaluator(space)
        trials: list[Trial] = []

        def done(trial: Trial) -> None:
            trials.append(trial)
            verdicts = trial.verdicts
            run.append_jsonl(
                "trials.jsonl", record.to_json(trial.scenario.id, trial.episode, verdicts.task, verdicts.faults)
            )
            passed = sum(t.verdicts.task is True for t in trials)
            told(len(trials), len(scenarios), f"{passed} tasks done")

        model = Metered(arm.model)
        search = None if arm.retrieval else no_pages
        ordered = evaluator.run(scenarios, model, arm.renderer, search=search, at_once=at_once, on_trial=done)
        seconds = time.monotonic() - started
        card = scorecard(
            ordered,
            run=run.id,
            arm=label or arm.label,
            pool=pool,
            model=arm.model.name,
            engine=arm.fingerprint.get("engine", ""),
            retrieval=space.retriever.name if space.passages and arm.retrieval else "none",
            created=run.manifest.get("started"),
            seconds=round(seconds, 1),
            drift=list(arm.drift),
            reference_agents=reference_agents(evaluator, scenarios),
        )
        card["measures"] |= _use(model, seconds, price_per_hour)
        run.write_json("scorecard.json", card)
        run.write_text("report.html", page([card], title=f"{space.agent.name}: {card['arm']} on {pool}"))
    return Evaluation(run, card)


def _evaluation_inputs(space: Workspace, arm: Arm, pool: str, limit: int | None) -> dict[str, str]:
    """All that decides what an evaluation finds."""
    project = space.project
    return {
        **_description(space),
        **project.hash_inputs(project.scenarios_path / pool, project.knowledge_path),
        **{f"arm.{k}": v for k, v in arm.fingerprint.items()},
        "limit": str(limit),
        "system": sha256(arm.renderer.system.encode()).hexdigest(),
        "retrieval": str(arm.retrieval),
    }


def no_pages(texts: Sequence[str]) -> list[list[Hit]]:
    """A search that finds nothing."""
    return [[] for _ in texts]


def _use(model: Metered, seconds: float, price_per_hour: float | None) -> dict[str, dict[str, Any]]:
    """What the arm took, as means over its replies. Conversations ran side by side: seconds are not waiting times."""
    found = {
        "prompt_tokens": ("Prompt tokens a reply", model.prompt_tokens),
        "written_tokens": ("Written tokens a reply", model.written_tokens),
        "seconds": ("Seconds of the machine a reply", seconds),
    }
    if price_per_hour is not None:
        found["cost"] = ("Cost of 1,000 replies", 1000 * price_per_hour * seconds / 3600)
    return {
        name: {
            "label": label, "better": "lower", "n": model.requests, "unit": "replies", "ungraded": 0,
            "point": total / model.requests if model.requests else None,
        }
        for name, (label, total) in found.items()
    }  # fmt: skip


def evaluate_arms(
    space: Workspace,
    names: Sequence[str],
    pool: str,
    *,
    limit: int | None = None,
    engine: str = "auto",
    price_per_hour: float | None = None,
    tell: Callable[[str], Told] = lambda name: quiet,
) -> tuple[Run, list[dict[str, Any]], list[dict[str, Any]]]:
    """Evaluate arms by their parts (`arm.load_composed`) on the same scenarios, and compare the last with the others.

    An arm that was evaluated before on exactly this is not run again.

    Args:
        tell: name of the arm -> who is told of its progress.

    Returns:
        The compare run, the scorecards in the order of the names, and the comparisons.
    """
    if len(names) < 2 or len(set(names)) < len(names):
        raise ConfigError("name at least two different arms", field="arms", found=list(names))
    cards, runs = [], []
    for name in names:
        arm = load_composed(space, name, engine=engine)
        done = (
            _evaluated_before(space, arm, pool, limit)
            or evaluate(
                space, name, pool, limit=limit, label=name, told=tell(name), price_per_hour=price_per_hour, arm=arm
            ).run
        )
        del arm
        runs.append(done)
        cards.append({**read_card(done), "arm": name})
    with space.project.new_run("compare", {r.id: n for r, n in zip(runs, names, strict=True)}) as run:
        comparisons = [compare(card, cards[-1]) for card in cards[:-1]]
        run.write_json("comparison.json", {"arms": list(names), "comparisons": comparisons})
        run.write_text("report.html", page(cards, comparisons, title=f"{space.agent.name}: {', '.join(names)}"))
    return run, cards, comparisons


def _evaluated_before(space: Workspace, arm: Arm, pool: str, limit: int | None) -> Run | None:
    """The newest finished evaluation with the very same inputs."""
    inputs = _evaluation_inputs(space, arm, pool, limit)
    found = [r for r in space.project.runs("evaluate") if r.status == "done" and r.manifest.get("inputs") == inputs]
    return found[-1] if found else None


def _note_arm(run: Run, space: Workspace, arm: Arm, scenarios: Sequence[Scenario]) -> None:
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


def spread(items: list[Item], limit: int | None) -> list[Item]:
    """`limit` of the items, evenly spread, in order."""
    if limit is None or limit >= len(items):
        return items
    return [items[k * len(items) // limit] for k in range(limit)]


def compare_runs(space: Workspace, first: str, second: str) -> tuple[Run, dict[str, Any]]:
    """Compare two evaluation runs of the same pool; differences are second - first."""
    project = space.project
    runs = [project.run(name) for name in (first, second)]
    cards = [read_card(run) for run in runs]
    with project.new_run("compare", {"a": runs[0].id, "b": runs[1].id}, parents=[r.id for r in runs]) as run:
        comparison = compare(cards[0], cards[1])
        run.write_json("comparison.json", comparison)
        title = f"{space.agent.name}: {comparison['b']} against {comparison['a']}"
        run.write_text("report.html", page(cards, [comparison], title=title))
    return run, comparison


def read_card(run: Run) -> dict[str, Any]:
    """The scorecard of an evaluation run."""
    if not (run.path / "scorecard.json").is_file():
        raise RunError("this run has no scorecard", file=run.path, fix="name a run of `demeanor evaluate` that is done")
    return dict(run.read_json("scorecard.json"))


def read_comparison(run: Run) -> dict[str, Any]:
    """What a compare run found."""
    return dict(run.read_json("comparison.json"))


# ---------------------------------------------------------------------------------------------------- learning


# A later round starts from what was learned: smaller steps, or the first round is forgotten.
AS_SAID = (
    *("rank", "dropout", "targets", "rslora", "dora", "batch_tokens", "max_length", "warmup", "schedule"),
    *("weight_decay", "max_grad_norm", "checkpoint_every", "seed", "precision", "report_to"),
)
FIRST_ROUND = {"epochs": 1.0, "learning_rate": 1.2e-3}
LATER_ROUND = {"epochs": 1.0, "learning_rate": 3e-4}
HELD_BACK = 0.04


def train(
    space: Workspace,
    settings: Settings,
    *,
    start: str | None = None,
    harvest: str | None = None,
    label: str = "",
    resume: str | None = None,
    told: Told = quiet,
    on_estimate: Callable[[Any], None] = lambda estimate: None,
) -> Run:
    """Train an adapter on the project's dialogues; or go on from the run `start` with the corrections of `harvest`.

    Args:
        resume: id of an interrupted training run to take up again.
        on_estimate: told a `training.config.Estimate` before the first step.
    """
    local_needed()
    from demeanor.models.reading import find_stop_ids, read_model, tokenizer_sha256
    from demeanor.models.weights import find_weights
    from demeanor.training.config import TrainConfig
    from demeanor.training.examples import make_examples
    from demeanor.training.train import train as fit
    from demeanor.training.watch import general_examples

    project = space.project
    dialogues, origin = gather(space, settings, harvest)
    parent = project.run("latest:train" if start == "latest" else start) if start else None
    weights = find_weights(space.agent.base_model)
    inputs = {**_description(space), **origin, "weights": weights.sha256, "settings": repr(settings)}
    inputs["from"] = parent.id if parent else ""
    parents = [r for r in (parent.id if parent else None, origin.get("harvest")) if r]
    run = project.run(resume) if resume else project.new_run("train", inputs, parents=parents)
    with run:
        run.note("label", label or ("tuned, round 2" if parent else "tuned"))
        model, tokenizer = read_model(weights)
        renderer = space.renderer(tokenizer)
        stop_ids = find_stop_ids(model, tokenizer)
        del model
        told(0, 1, "rendering the dialogues")
        held, rest = hold_back(dialogues, settings.seed)

        def shortened(dialogue: Dialogue, messages: int) -> None:
            run.note_dropped("messages", dialogue.id, f"the oldest {messages}: longer than max_length")

        examples, held_examples = (
            make_examples(space, renderer, part, max_length=settings.max_length, on_shortened=shortened)
            for part in (rest, held)
        )
        run.note("dialogues", {"trained": len(rest), "held_back": len(held)})
        defaults = LATER_ROUND if parent else FIRST_ROUND
        config = TrainConfig(
            stop_ids=stop_ids,
            epochs=settings.epochs or defaults["epochs"],
            steps=settings.steps,
            learning_rate=settings.learning_rate or defaults["learning_rate"],
            alpha=settings.alpha or 2 * settings.rank,
            **{name: getattr(settings, name) for name in AS_SAID},
        )
        result = fit(
            examples,
            {"held_back": held_examples, "general": general_examples(tokenizer)},
            config,
            weights,
            run.path,
            start_from=parent.path / "adapter" if parent else None,
            resume=resume is not None,
            on_estimate=on_estimate,
            on_progress=lambda p: told(p.step, p.steps, f"loss {p.loss:.3f}, {p.tokens_per_second:.0f} tokens/s"),
        )
        identity = {
            "weights": weights.sha256,
            "tokenizer": tokenizer_sha256(tokenizer),
            "template": _template_sha(tokenizer),
            "stop_ids": ",".join(map(str, stop_ids)),
            "adapter": result.adapter_sha256,
        }
        freeze(run, space, fingerprint(identity, renderer))
        run.write_json("summary.json", {**asdict(result), "adapter": str(result.adapter.name)})
    return run


def _template_sha(tokenizer: Any) -> str:
    return sha256((tokenizer.chat_template or "").encode()).hexdigest()


def gather(space: Workspace, settings: Settings, harvest: str | None) -> tuple[list[Dialogue], dict[str, str]]:
    """The dialogues to train on and where they come from.

    A later round trains on the corrections and a replay of earlier dialogues, `settings.replay` for each correction.
    """
    project = space.project
    files = sorted(project.dialogues_path.glob("*.jsonl"))
    written = [d for file in files for d in read_dialogues(file)]
    if not written:
        raise ConfigError(
            "no dialogues to train on", file=project.dialogues_path, fix="demeanor synthesize --count 400"
        )
    rng = random.Random(settings.seed)
    origin = project.hash_inputs(project.dialogues_path)
    if harvest is None:
        return spread(written, settings.limit), origin
    run = project.run("latest:harvest" if harvest == "latest" else harvest)
    corrections = list(read_dialogues(run.path / "dialogues.jsonl"))
    if settings.limit is not None:
        corrections = corrections[: settings.limit]
    replay = rng.sample(written, min(len(written), round(settings.replay * len(corrections))))
    return [*corrections, *replay], {**origin, "harvest": run.id}


def hold_back(dialogues: Sequence[Dialogue], seed: int) -> tuple[list[Dialogue], list[Dialogue]]:
    """A small share kept out of training to watch the loss on; at least one, at most 24."""
    count = max(1, min(24, round(HELD_BACK * len(dialogues))))
    chosen = set(random.Random(f"held back {seed}").sample(range(len(dialogues)), min(count, len(dialogues) - 1)))
    held = [d for k, d in enumerate(dialogues) if k in chosen]
    return held, [d for k, d in enumerate(dialogues) if k not in chosen]


def harvest_failures(space: Workspace, evaluation: str, seed: int = 0) -> tuple[Run, int, int]:
    """Corrections of the failures of a practice evaluation. Returns the run, corrections, failures left alone."""
    project = space.project
    source = project.run(evaluation)
    card = read_card(source)
    if card.get("pool") != "practice":
        raise ConfigError(
            "only the practice pool may be learned from",
            file=source.path,
            field="pool",
            found=card.get("pool"),
            allowed=("practice",),
            fix="demeanor evaluate --pool practice, then harvest that run",
        )
    scenarios = load_scenarios(project.scenarios_path / "practice", space.agent)
    records = [record.from_json(raw) for raw in source.read_jsonl("trials.jsonl")]
    with project.new_run("harvest", {"evaluation": source.id, "seed": str(seed)}, parents=[source.id]) as run:
        made: list[Dialogue] = []
        left = 0
        for found in Harvester(space, scenarios, source.id, seed).harvest(records):
            if isinstance(found, Dropped):
                left += 1
                run.note_dropped("failure", found.scenario, found.reason)
            else:
                made.append(found)
        run.write_text("dialogues.jsonl", dump_dialogues(made))
        run.note("corrections", len(made))
    return run, len(made), left


def show_mask(space: Workspace, name: str) -> list[tuple[str, bool]]:
    """A dialogue as training reads it: pieces of text, and whether they are trained. By the code that training uses.

    Raises:
        ConfigError: no dialogue of that id.
    """
    local_needed()
    from demeanor.models.reading import read_tokenizer
    from demeanor.models.weights import find_weights
    from demeanor.training.examples import make_examples

    files = sorted(space.project.dialogues_path.rglob("*.jsonl"))
    found = [d for file in files for d in read_dialogues(file) if d.id == name]
    if not found:
        raise ConfigError("no such dialogue", file=space.project.dialogues_path, field="id", found=name)
    tokenizer = read_tokenizer(find_weights(space.agent.base_model))
    example = make_examples(space, space.renderer(tokenizer), found[:1])[0]
    pieces: list[tuple[str, bool]] = []
    for trained, tokens in groupby(zip(example.ids, example.trained, strict=True), key=lambda pair: pair[1]):
        pieces.append((tokenizer.decode([token for token, _ in tokens], skip_special_tokens=False), trained))
    return pieces


def selection_scenarios(space: Workspace, count: int) -> list[Scenario]:
    """`count` of the selection pool, evenly spread; fewer where it is smaller."""
    return spread(_scenarios(space, "selection"), count)


def today_of(space: Workspace) -> date:
    """A clock for the sandbox: the first scenario's, so that the seeded world fits; else the real day."""
    for pool in POOLS:
        scenarios = _scenarios(space, pool)
        if scenarios:
            return min(s.goal.today for s in scenarios)
    return date.today()


def find_project(folder: Path | None) -> Project:
    return Project.find(folder)
