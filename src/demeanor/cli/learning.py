"""The commands that change the agent: train, harvest, export."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from demeanor.cli.base import as_json, follows, main, progress_line, project_of, say_step, show


@main.command(epilog="Example:  demeanor train --from latest --harvest latest")
@click.option("--from", "start", metavar="RUN", help="Go on from this training run ('latest').")
@click.option("--harvest", metavar="RUN", help="Train on the corrections of this harvest ('latest'), with replay.")
@click.option(
    "--new", multiple=True, metavar="FILE", help="Train on this file of dialogues/, with replay of the others."
)
@click.option(
    "--corrections", is_flag=True, help="Train on corrections/ alone (what /flag and reviews left), with replay."
)
@click.option("--replay", type=float, help="Earlier dialogues for each correction or new one [default: 6].")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Settings in YAML [default: train.yaml beside agent.yaml, where it is].")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=2), help="Only so many dialogues, evenly spread.")
@click.option("--epochs", type=float, help="Passes over the dialogues [default: 1].")
@click.option("--lr", "learning_rate", type=float, help="Learning rate [default: 1.2e-3, later rounds 1e-4].")
@click.option("--r", "rank", type=int, help="LoRA rank [default: 16].")
@click.option("--alpha", type=int, help="LoRA alpha [default: twice the rank].")
@click.option("--dropout", type=float, help="LoRA dropout [default: 0; above it, nothing shared is computed once].")
@click.option("--targets", help="Linear layers by name, with commas between [default: all-linear].")
@click.option("--rslora", is_flag=True, default=None, help="Scale by the root of the rank.")
@click.option("--dora", is_flag=True, default=None, help="Learn directions and lengths apart (slower).")
@click.option("--load-in-4bit", is_flag=True, default=None, help="QLoRA: the frozen base in 4 bits (bitsandbytes).")
@click.option("--batch-tokens", type=int, help="Trained tokens an optimiser step [default: 800, later rounds 1600].")
@click.option("--max-length", type=int, help="Tokens of the longest dialogue [default: 4096].")
@click.option("--checks", type=int, help="Try the agent so often on the selection pool, keep the best [default: 0].")
@click.option("--seed", type=int, help="[default: 0]")
@click.option("--precision", type=click.Choice(["bf16", "fp32"]), help="[default: bf16]")
@click.option("--report-to", multiple=True, help="Trackers: tensorboard, wandb, mlflow.")
@click.option("--resume", metavar="RUN", help="Take up an interrupted training run again.")
@click.option("--label", default="", help="What to call the result in tables.")
@click.option("--price-per-hour", type=float, help="Of the machine: the estimate says what the run will cost.")
@click.option(
    "--estimate", is_flag=True, help="Train nothing: compute what a first round would take, here and on GPUs."
)
@click.option("--shape", default="", help="With --estimate: of another model, such as llama-3.1-8b.")
@as_json
@click.pass_context
def train(
    context: click.Context,
    /,
    start: str | None,
    harvest: str | None,
    new: tuple[str, ...],
    corrections: bool,
    resume: str | None,
    label: str,
    config: Path | None,
    price_per_hour: float | None,
    estimate: bool,
    shape: str,
    as_json: bool,
    **said: Any,
) -> None:
    """Fine-tune the base model on the project's dialogues (LoRA)."""
    if (harvest or new or corrections) and not start:
        raise click.UsageError("--harvest, --new and --corrections need --from RUN: they go on from an adapter")
    project = project_of(context)
    if said.get("targets") and said["targets"] != "all-linear":
        said["targets"] = tuple(part.strip() for part in said["targets"].split(","))
    if shape and not estimate:
        raise click.UsageError("--shape is of a model that is not trained here: say --estimate with it")
    if estimate and (start or harvest or new or resume):
        raise click.UsageError("--estimate is of a first round")
    if estimate:
        _show_computed(*project.estimate_training(project.settings(config, **said), shape=shape), as_json)
        return
    bar, on_progress = progress_line("training")
    with bar:
        run = project.train(
            project.settings(config, **said),
            start=start,
            harvest=harvest,
            new=new,
            corrections=corrections,
            label=label,
            resume=resume,
            on_progress=on_progress,
            on_estimate=lambda found: click.echo(_estimate_words(found, price_per_hour), err=True),
        )
    if follows():
        return
    summary = run.folder.read_json("summary.json")
    if as_json:
        click.echo(json.dumps({"run": run.id, **summary}))
        return
    click.echo(
        f"{run.id}: {summary['steps']} steps in {summary['seconds']:.0f} s, "
        f"{summary['trained_parameters'] / summary['parameters']:.1%} of the parameters; "
        f"loss {summary['final_loss']:.3f}"
    )
    for name, curve in summary["watched"].items():
        click.echo(f"{name.replace('_', ' ')}: {' -> '.join(f'{loss:.3f}' for _, loss in curve)}")
    for words in summary["words"]:
        click.echo(words)


def _show_computed(shape: Any, steps: int, rows: Sequence[Any], as_json: bool) -> None:
    """What a training would take, a line a machine and precision."""
    if as_json:
        plain = [{"machine": r.machine.name, "load_in_4bit": r.four_bits, "fits": r.fits, "memory": round(r.uses),
                  "least_memory": round(r.needs), "seconds": round(r.seconds, 1)} for r in rows]  # fmt: skip
        click.echo(json.dumps({"computed": True, "shape": shape.name, "steps": steps, "machines": plain}))
        return
    billions = (shape.linear + shape.embedding) / 1e9
    click.echo(f"{shape.name}: {shape.layers} layers of {shape.width}, {billions:.2f} billion weights; {steps} steps")
    click.echo("Computed from this shape, not measured; a GPU's rate is its maker's.\n")
    click.echo(f"{'':<32}{'numbers':<10}{'memory':>10}{'time':>12}")
    for row in rows:
        numbers = "4 bits" if row.four_bits else "bf16"
        time = _time(row.seconds) if row.fits else "does not fit"
        memory = f"{(row.uses if row.fits else row.needs) / 1e9:.1f} GB"
        click.echo(f"{row.machine.name:<32}{numbers:<10}{memory:>10}{time:>14}")
    click.echo(
        "\n4 bits: load_in_4bit: true in train.yaml. Memory is what passes of the size chosen there hold at most."
    )


def _time(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(1, round(seconds / 60))} min"


def _estimate_words(found: Any, price_per_hour: float | None) -> str:
    minutes = max(1, round(found.seconds / 60))
    cost = f", {price_per_hour * found.seconds / 3600:.2f} in money" if price_per_hour is not None else ""
    return f"about {minutes} min, {found.peak_bytes / 1e9:.1f} GB of memory{cost}"


@main.command(epilog="Example:  demeanor harvest latest:evaluate")
@click.argument("evaluation", default="latest:evaluate")
@click.option("--seed", default=0, show_default=True)
@as_json
@click.pass_context
def harvest(context: click.Context, evaluation: str, seed: int, as_json: bool) -> None:
    """Make corrections from the failures of a practice EVALUATION."""
    run = project_of(context).harvest(evaluation, seed)
    made, dropped = run.manifest["corrections"], run.manifest.get("dropped", [])
    if as_json:
        click.echo(json.dumps({"run": run.id, "corrections": made, "left": len(dropped)}))
        return
    then = "next: demeanor train --from latest --harvest latest" if made else _nothing_to_learn(dropped)
    click.echo(f"{run.id}: {made} corrections, {len(dropped)} failures left alone; {then}")


def _nothing_to_learn(dropped: Sequence[Mapping[str, Any]]) -> str:
    """Why there is nothing to train on, and what to do instead."""
    reasons = Counter(str(one.get("reason")) for one in dropped)
    why = f" ({reasons.most_common(1)[0][0]})" if reasons else ""
    return f"nothing to train on{why}; put right what was said in `demeanor chat` with /flag, or write dialogues"


@main.command("corrections", epilog="Example:  demeanor corrections transcripts/")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@as_json
@click.pass_context
def corrections_command(context: click.Context, folders: tuple[Path, ...], as_json: bool) -> None:
    """Take what reviewers of transcripts said should have been said, and show what waits to be trained.

    FOLDERS hold transcripts (JSONL). A reviewed one has `"should_have_said": {"3": "..."}` in its metadata (message
    index -> the right words), or is a dialogue as /flag writes it.
    """
    found = project_of(context).review(folders)
    if as_json:
        click.echo(json.dumps(found.to_json()))
        return
    for problem in found.problems:
        click.secho(f"left out: {problem}", fg="yellow", err=True)
    if folders:
        click.echo(f"transcripts read: {found.read}; corrections taken: {found.added}, known already: {found.known}")
    click.echo(f"in corrections/: {found.there}, not trained yet: {found.waiting}")
    if found.waiting:
        click.echo("next: demeanor train --from latest --corrections")


@main.command("export", epilog="Example:  demeanor export latest --format gguf-q8_0 --to bookease-q8_0")
@click.argument("run", default="latest")
@click.option("--format", "form", default="gguf-f16", show_default=True,
              help="adapter, safetensors, gguf-f16 or gguf-q8_0.")  # fmt: skip
@click.option("--to", "folder", required=True, type=click.Path(path_type=Path), help="A new folder.")
@click.option("--scenarios", default=4, show_default=True, help="Selection scenarios to play with the export.")
@as_json
@click.pass_context
def export_command(context: click.Context, run: str, form: str, folder: Path, scenarios: int, as_json: bool) -> None:
    """Write the tuned agent of RUN as files that other engines serve, and try them."""
    from dataclasses import asdict

    parity = project_of(context).export(run, folder, form, scenarios=scenarios, on_step=say_step)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "format": form, **asdict(parity)}))
        return
    click.echo(f"{folder}: {form}; {parity.agreement:.1%} of {parity.tokens} next tokens as tuned, log-probabilities "
               f"within {parity.logprob:.3f}, {parity.verdicts} of {parity.scenarios} scenarios end alike")  # fmt: skip


@main.command(epilog="Example:  demeanor improve --rounds 2 --promote")
@click.option("--rounds", default=1, show_default=True, type=click.IntRange(min=1), help="At most so many.")
@click.option("--from", "start", metavar="RUN", default="latest", show_default=True, help="'promoted', or a training.")
@click.option("--practice", default=260, show_default=True, type=click.IntRange(min=2), help="Conversations a round.")
@click.option("--goal", help="What must get better [default: as gate.yaml says, else task_success].")
@click.option("--promote", is_flag=True, help="Promote the best candidate, if the gate lets it.")
@click.option("--seed", default=1, show_default=True, help="Draws the practice.")
@as_json
@click.pass_context
def improve(
    context: click.Context,
    rounds: int,
    start: str,
    practice: int,
    goal: str | None,
    promote: bool,
    seed: int,
    as_json: bool,
) -> None:
    """Practise, harvest, check, train on, evaluate, round by round; then the exam and the gate.

    Stopped at whatever moment, the same command goes on. A round that brings nothing is the last one. Exit code 1: no
    candidate passes the gate.
    """
    how = {"start": start, "rounds": rounds, "practice": practice, "goal": goal, "promote": promote, "seed": seed}
    found = project_of(context).improve(**how, show=show, say=lambda words: click.echo(words, err=True))  # type: ignore[arg-type]
    passed = found.verdict is not None and found.verdict.promoted
    if as_json:
        click.echo(json.dumps(found.run.read_json("improved.json")))
    else:
        click.echo(f"{len(found.rounds)} round{'' if len(found.rounds) == 1 else 's'}; {found.stopped}")
        if found.verdict is not None:
            click.echo(f"best: {found.best}; " + ("the gate lets it pass" if passed else "held by the gate:"))
            for reason in found.verdict.reasons:
                click.echo(f"  {reason.what}: {reason.says}")
        if found.record is not None:
            click.echo(f"promoted: {found.record.run} (promotion {found.record.number})")
        click.echo(f"the rounds on one page: {found.run.path / 'report.html'}")
    context.exit(0 if passed else 1)
