"""`train` and `harvest`: adapter/, frozen/, log.jsonl, watched.jsonl, summary.json; dialogues.jsonl."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demeanor.commands.common import OnProgress, description, quiet, selection_scenarios, spread
from demeanor.commands.evaluating import read_card
from demeanor.data.check import check_project, errors_of
from demeanor.dialogue import Dialogue, dump_dialogues, read_dialogues
from demeanor.errors import ConfigError
from demeanor.evaluation import record
from demeanor.improvement.correction import identity, is_correction
from demeanor.improvement.harvest import Dropped, Harvester
from demeanor.project import RunFolder
from demeanor.runtime.arm import fingerprint, freeze, load_model, local_needed
from demeanor.runtime.prompt import Renderer
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import load_scenarios
from demeanor.training.settings import Settings

if TYPE_CHECKING:
    from demeanor.training.computed import Computed
    from demeanor.training.config import Example, TrainConfig
    from demeanor.training.shape import Shape

AS_SAID = (
    *("rank", "dropout", "targets", "rslora", "dora", "load_in_4bit", "max_length", "warmup", "schedule"),
    *(
        "weight_decay",
        "max_grad_norm",
        "rehearsal",
        "checkpoint_every",
        "checks",
        "patience",
        "seed",
        "precision",
        "report_to",
    ),
)
"""Settings that reach the trainer as the user said them."""

# A later round starts from what was learned, where gradients are mostly noise: small steps, each over more tokens, or
# the first round is forgotten (at 3e-4 and 800 tokens an agent lost 7 points: bench/results/proof.md).
FIRST_ROUND: dict[str, Any] = {"epochs": 1.0, "learning_rate": 1.2e-3, "batch_tokens": 800}
LATER_ROUND: dict[str, Any] = {"epochs": 1.0, "learning_rate": 1e-4, "batch_tokens": 1600}
HELD_BACK = 0.04


def train(
    space: Workspace,
    settings: Settings,
    *,
    start: str | None = None,
    harvest: str | None = None,
    new: Sequence[str] = (),
    corrections: bool = False,
    label: str = "",
    resume: str | None = None,
    on_progress: OnProgress = quiet,
    on_estimate: Callable[[Any], None] = lambda estimate: None,
) -> RunFolder:
    """Train an adapter on the project's dialogues; or go on from the run `start`, with a harvest or new dialogues.

    Args:
        harvest: id of the run whose corrections are trained on.
        new: names of files in dialogues/ to train on; of the others so many are replayed as `settings.replay` says.
        corrections: train on corrections/ alone, with replay; they take part in every other training, too.
        resume: id of an interrupted training run to take up again.
        on_estimate: told a `training.config.Estimate` before the first step.
    """
    local_needed()
    from demeanor.models.pretrained import find_stop_ids, fingerprint_of, read_model
    from demeanor.training import general, parallel
    from demeanor.training.train import fit

    project = space.folder
    dialogues, origin = gather(space, settings, harvest, new, corrections)
    if resume is None:
        check_project(project).refuse_errors()
    parent = project.run("latest:train" if start == "latest" else start) if start else None
    weights = space.base_weights()
    inputs = training_inputs(space, settings, origin, parent)
    parents = [r for r in (parent.id if parent else None, origin.get("harvest")) if r]
    with parallel.together(), _kept_books(space, inputs, parents, resume) as (books, path):
        if books:
            books.note("label", label or ("tuned, round 2" if parent else "tuned"))
            books.note("corrected", sorted({identity(d) for d in dialogues if is_correction(d)}))
        model, tokenizer = read_model(weights)
        renderer = space.renderer(tokenizer)
        stop_ids = find_stop_ids(model, tokenizer)
        del model
        on_progress(0, 1, "rendering the dialogues")
        examples, held_back = _examples(space, renderer, dialogues, settings, books)
        result = fit(
            examples,
            {"held_back": held_back, "general": general.prose(tokenizer), "questions": general.questions(tokenizer)},
            _config(settings, stop_ids, LATER_ROUND if parent else FIRST_ROUND),
            weights,
            path,
            general=general.rehearsal(tokenizer),
            start_from=parent.path / "adapter" if parent else None,
            resume=resume is not None,
            check=_try_out(space, settings) if settings.checks else None,
            on_estimate=on_estimate,
            on_progress=lambda p: on_progress(
                p.step,
                p.steps,
                f"loss {p.loss:.3f}, {p.trained_tokens} trained tokens, {p.tokens_per_second:.0f} tokens/s",
            ),
        )
        if books:
            identity = fingerprint_of(weights, tokenizer, stop_ids, result.adapter_sha256, "")
            del identity["engine"]  # whatever runs it later
            freeze(books, space, fingerprint(identity, renderer))
            books.write_json("summary.json", {**asdict(result), "adapter": str(result.adapter.name)})
    return books or RunFolder(path, {})


def estimate_training(
    space: Workspace, settings: Settings, shape: str = "", on_progress: OnProgress = quiet
) -> tuple[Shape, int, list[Computed]]:
    """What a first round on the project's dialogues would take, computed from the shape of the model: on this machine,
    and on well-known GPUs in bf16 and in 4 bits.

    Args:
        shape: of a well-known model, in place of the base model's; tokens are cut by the base model's tokenizer.

    Returns:
        The shape, how many optimiser steps, and a row for each machine and precision.
    """
    local_needed()
    from demeanor.models.pretrained import read_tokenizer
    from demeanor.training import computed, general
    from demeanor.training.batching import plan
    from demeanor.training.examples import make_examples
    from demeanor.training.shape import known_shape, shape_of

    weights = space.base_weights()
    found = known_shape(shape) if shape else shape_of(weights.path, weights.name)
    dialogues, _ = gather(space, settings, None)
    tokenizer = read_tokenizer(weights)
    on_progress(0, 1, "rendering the dialogues")
    examples = make_examples(space, space.renderer(tokenizer), dialogues, max_length=settings.max_length)
    steps = plan(examples, general.rehearsal(tokenizer), _config(settings, (0,), FIRST_ROUND))
    how: dict[str, Any] = {"rank": settings.rank, "share": settings.dropout == 0}
    here = computed.this_machine()
    rows = [computed.compute(found, steps, here, four_bits=settings.load_in_4bit, **how)]
    for gpu in computed.GPUS:
        rows += [computed.compute(found, steps, gpu, four_bits=four, **how) for four in (False, True)]
    return found, len(steps), rows


@contextmanager
def _kept_books(
    space: Workspace, inputs: Mapping[str, str], parents: Sequence[str], resume: str | None
) -> Iterator[tuple[RunFolder | None, Path]]:
    """The run in which a training is recorded, and its folder: of several processes only the first has the run."""
    from demeanor.training import parallel

    books = None
    if parallel.is_first():
        books = space.folder.run(resume) if resume else space.folder.new_run("train", inputs, parents=parents)
    path = Path(parallel.agree(str(books.path) if books else ""))
    with books or nullcontext():
        yield books, path


def _examples(
    space: Workspace, renderer: Renderer, dialogues: Sequence[Dialogue], settings: Settings, books: RunFolder | None
) -> tuple[list[Example], list[Example]]:
    """What is trained, and what is held back to be watched."""
    from demeanor.training.examples import make_examples

    def shortened(dialogue: Dialogue, messages: int) -> None:
        if books:
            books.note_dropped("messages", dialogue.id, f"the oldest {messages}: longer than max_length")

    held, rest = hold_back(dialogues, settings.seed)
    trained, held_back = (
        make_examples(space, renderer, part, max_length=settings.max_length, on_shortened=shortened)
        for part in (rest, held)
    )
    if books:
        books.note("dialogues", {"trained": len(rest), "held_back": len(held)})
    return trained, held_back


def _config(settings: Settings, stop_ids: tuple[int, ...], defaults: Mapping[str, Any]) -> TrainConfig:
    """The trainer's settings: as the user said, or as the round has them."""
    from demeanor.training.config import TrainConfig

    return TrainConfig(
        stop_ids=stop_ids,
        epochs=settings.epochs or defaults["epochs"],
        steps=settings.steps,
        learning_rate=settings.learning_rate or defaults["learning_rate"],
        batch_tokens=settings.batch_tokens or defaults["batch_tokens"],
        alpha=settings.alpha or 2 * settings.rank,
        **{name: getattr(settings, name) for name in AS_SAID},
    )


def _try_out(space: Workspace, settings: Settings) -> Callable[[Path], float]:
    """Plays some scenarios of the selection pool with an adapter: the mean of tasks done and messages in order."""
    from demeanor.evaluation.evaluate import Evaluator
    from demeanor.evaluation.measures import behaviour

    scenarios = selection_scenarios(space, settings.check_scenarios)
    if not scenarios:
        raise ConfigError(
            "checks need scenarios of the selection pool",
            field="checks",
            found=settings.checks,
            fix="demeanor synthesize --scenarios selection --count 60",
        )
    evaluator = Evaluator(space)

    def check(adapter: Path) -> float:
        model, _ = load_model(space.base_weights(), adapter=adapter)
        return behaviour(evaluator.run(scenarios, model, space.renderer(model.tokenizer)))

    return check


def training_inputs(
    space: Workspace, settings: Settings, origin: Mapping[str, str], parent: RunFolder | None = None
) -> dict[str, str]:
    """All that decides what a training leaves behind. `origin`: see `gather`."""
    weights = space.base_weights()
    chosen = {"chat_template": sha256(weights.template.encode()).hexdigest()} if weights.template else {}
    asked = {"weights": weights.sha256, **chosen, "settings": repr(settings), "from": parent.id if parent else ""}
    return {**description(space), **origin, **asked}


def gather(
    space: Workspace, settings: Settings, harvest: str | None, new: Sequence[str] = (), corrections: bool = False
) -> tuple[list[Dialogue], dict[str, str]]:
    """The dialogues to train on and where they come from. What people said should have been said takes part in all.

    A later round trains on the corrections of a harvest, on the files `new`, or on people's `corrections` alone, and on
    a replay of earlier dialogues, `settings.replay` for each of these.

    Raises:
        ConfigError: no dialogues, or no such file.
    """
    project = space.folder
    files = project.dialogue_files()
    if odd := [name for name in new if name not in {file.name for file in files}]:
        raise ConfigError(
            "no such file of dialogues", file=project.dialogues_path, found=odd[0], allowed=[f.name for f in files]
        )
    written = [d for file in files if file.name not in new for d in read_dialogues(file)]
    if not written and not new:
        raise ConfigError(
            "no dialogues to train on", file=project.dialogues_path, fix="demeanor synthesize --count 400"
        )
    rng = random.Random(settings.seed)
    origin = project.hash_inputs(project.dialogues_path)
    said = [d for file in project.correction_files() for d in read_dialogues(file)]
    if said:
        origin |= project.hash_inputs(project.corrections_path)
    if corrections and not said:
        fix = "/flag a reply in `demeanor chat`, or review transcripts: demeanor corrections FOLDER"
        raise ConfigError("no corrections to train on", file=project.corrections_path, fix=fix)
    if harvest is None and not new and not corrections:
        return spread([*written, *said], settings.limit), origin
    lessons = [d for file in files if file.name in new for d in read_dialogues(file)]
    if harvest is not None:
        run = project.run("latest:harvest" if harvest == "latest" else harvest)
        lessons += read_dialogues(run.path / "dialogues.jsonl")
        origin = {**origin, "harvest": run.id}
    if new:
        origin = {**origin, "new": ",".join(new)}
    lessons = [*spread(lessons, settings.limit), *said]
    replay = rng.sample(written, min(len(written), round(settings.replay * len(lessons))))
    return [*lessons, *replay], origin


def hold_back(dialogues: Sequence[Dialogue], seed: int) -> tuple[list[Dialogue], list[Dialogue]]:
    """A small share kept out of training to watch the loss on; at least one, at most 24."""
    count = max(1, min(24, round(HELD_BACK * len(dialogues))))
    chosen = set(random.Random(f"held back {seed}").sample(range(len(dialogues)), min(count, len(dialogues) - 1)))
    held = [d for k, d in enumerate(dialogues) if k in chosen]
    return held, [d for k, d in enumerate(dialogues) if k not in chosen]


def harvest_failures(space: Workspace, evaluation: str, seed: int = 0) -> tuple[RunFolder, int, int]:
    """Corrections of the failures of a practice evaluation. Returns the run, corrections, failures left alone."""
    project = space.folder
    source = project.run(evaluation)
    card = read_card(source)
    if card.pool.partition("/")[0] != "practice":
        raise ConfigError(
            "only the practice pool may be learned from",
            file=source.path,
            field="pool",
            found=card.pool,
            allowed=("practice",),
            fix="demeanor evaluate --pool practice, then harvest that run",
        )
    if card.wording:
        raise ConfigError(
            "users spoke another bank's words in this evaluation; what is learned from are the pool's own",
            file=source.path,
            field="wording",
            found=card.wording,
            fix="evaluate without --wording, then harvest that run",
        )
    scenarios = load_scenarios(project.scenarios_path / card.pool, space.agent)
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
        wrong = errors_of(project, made) if made else {}
        for name, why in wrong.items():
            run.note_dropped("correction", name, why)
        made = [dialogue for dialogue in made if dialogue.id not in wrong]
        run.write_text("dialogues.jsonl", dump_dialogues(made))
        run.note("corrections", len(made))
    return run, len(made), left


def show_mask(space: Workspace, name: str) -> list[tuple[str, bool]]:
    """A dialogue as training reads it: pieces of text, and whether they are trained. By the code that training uses.

    Raises:
        ConfigError: no dialogue of that id.
    """
    local_needed()
    from demeanor.models.pretrained import read_tokenizer
    from demeanor.training.examples import make_examples

    files = space.folder.dialogue_files()
    found = [d for file in files for d in read_dialogues(file) if d.id == name]
    if not found:
        raise ConfigError("no such dialogue", file=space.folder.dialogues_path, field="id", found=name)
    tokenizer = read_tokenizer(space.base_weights())
    example = make_examples(space, space.renderer(tokenizer), found[:1])[0]
    pieces: list[tuple[str, bool]] = []
    for trained, tokens in groupby(zip(example.ids, example.trained, strict=True), key=lambda pair: pair[1]):
        pieces.append((tokenizer.decode([token for token, _ in tokens], skip_special_tokens=False), trained))
    return pieces
