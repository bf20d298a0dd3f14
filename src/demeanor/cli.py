"""The command line: parse, call one stage, print.

Exit codes: 0 well, 1 the command found what it looks for (problems in `check`), 2 wrong use or a broken configuration,
130 interrupted. Heavy libraries are imported by the stages, so that --help and `check` start at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from demeanor import __version__
from demeanor.errors import DemeanorError

if TYPE_CHECKING:
    from demeanor.stages.evaluating import Evaluation
    from demeanor.workspace import Workspace

INTERRUPTED = 130


class _Group(click.Group):
    """Turns our errors into text and an exit code; leaves tracebacks to bugs."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.Exit as leave:
            sys.exit(leave.exit_code)
        except click.ClickException as error:
            error.show()
            sys.exit(error.exit_code)
        except (KeyboardInterrupt, click.Abort):
            click.echo("\ninterrupted; what was finished is kept", err=True)
            sys.exit(INTERRUPTED)
        except DemeanorError as error:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(str(error), err=True)
            sys.exit(2)
        except OSError as error:
            click.secho("error: ", fg="red", bold=True, nl=False, err=True)
            click.echo(f"{error.filename or ''}: {error.strerror or error}", err=True)
            sys.exit(2)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="demeanor")
@click.option("--project", "-C", type=click.Path(path_type=Path), help="The project's folder [default: this one].")
@click.pass_context
def main(context: click.Context, project: Path | None) -> None:
    """Teach a language model how to behave in conversation, and prove that it does.

    \b
    demeanor init bookease --template hotel    a project to begin with
    demeanor check                             is everything in it sound?
    demeanor evaluate base                     what the base model can do
    demeanor train                             teach it
    demeanor evaluate latest                   what it can do now
    """
    context.obj = project


def _space(context: click.Context) -> Workspace:
    from demeanor.project import Project
    from demeanor.workspace import Workspace

    return Workspace.load(Project.find(context.find_root().obj))


def _progress(title: str) -> tuple[Any, Callable[[int, int, str], None]]:
    """A progress line with time left on a terminal; a line now and then elsewhere."""
    from demeanor.progress import progress

    return progress(title)


@contextmanager
def _shown(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """One piece of work with its own progress line."""
    bar, told = _progress(title)
    with bar:
        yield told


an_engine = click.option(
    "--engine", default="auto", show_default=True, help="transformers, openvino, or the faster one that can run it."
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")


# ---------------------------------------------------------------------------------------------------- init, check


@main.command(epilog="Example:  demeanor init bookease --template hotel")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--template", default="hotel", show_default=True, help="What to begin with.")
def init(folder: Path, template: str) -> None:
    """Write a new project into FOLDER."""
    from demeanor.project import copy_template

    copy_template(template, folder)
    click.echo(f"wrote {folder}/ from the template {template!r}; next: cd {folder} && demeanor check")


@main.command(epilog="Example:  demeanor check --json | jq .problems")
@click.option("--show-mask", metavar="ID", help="Show this dialogue as training reads it, trained text in colour.")
@as_json
@click.pass_context
def check(context: click.Context, show_mask: str | None, as_json: bool) -> None:
    """Find what is wrong in the project: description, tools, pages, wording, dialogues, scenarios."""
    from dataclasses import asdict

    if show_mask is not None:
        _show_mask(context, show_mask, as_json)
        return

    from demeanor.data.check import check_project
    from demeanor.project import Project

    report = check_project(Project.find(context.find_root().obj))
    if as_json:
        problems = [asdict(p) for p in report.problems]
        click.echo(json.dumps({"ok": report.ok, "counts": asdict(report.counts), "problems": problems}, default=str))
    else:
        for problem in report.problems:
            click.echo(str(problem))
        click.echo(_check_summary(report))
    context.exit(0 if report.ok else 1)


def _show_mask(context: click.Context, name: str, as_json: bool) -> None:
    """Trained text is green on a terminal and stands in >>> <<< elsewhere."""
    from demeanor.stages import show_mask

    pieces = show_mask(_space(context), name)
    if as_json:
        click.echo(json.dumps([{"text": text, "trained": trained} for text, trained in pieces]))
        return
    colour = sys.stdout.isatty()
    for text, trained in pieces:
        marked = click.style(text, fg="green", bold=True) if colour else f">>>{text}<<<"
        click.echo(marked if trained else text, nl=False)
    click.echo()


def _check_summary(report: Any) -> str:
    counts = report.counts
    scenarios = ", ".join(f"{n} {pool}" for pool, n in counts.scenarios.items()) or "no"
    found = f"{len(report.errors)} errors, {len(report.warnings)} warnings"
    return f"{counts.dialogues} dialogues, {counts.messages} messages, {scenarios} scenarios: {found}"


# ---------------------------------------------------------------------------------------------------- synthesize


@main.command(epilog="Example:  demeanor synthesize --count 400 --seed 1")
@click.option("--count", default=400, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same dialogues.")
@click.option("--openings", is_flag=True, help="Only the first exchange of each: many wordings, cheap to train.")
@click.option("--scenarios", "pool", help="Draw scenarios for this pool instead (practice, selection, exam).")
@as_json
@click.pass_context
def synthesize(context: click.Context, count: int, seed: int, openings: bool, pool: str | None, as_json: bool) -> None:
    """Write dialogues by self-play, or draw scenarios."""
    from demeanor.scenario import POOLS
    from demeanor.stages import write_dialogues, write_scenarios

    if pool is not None and pool not in POOLS:
        raise click.BadParameter(f"{pool!r} is no pool; there are: {', '.join(POOLS)}", param_hint="--scenarios")
    space = _space(context)
    if pool is not None:
        run, path = write_scenarios(space, pool, count, seed)
    else:
        bar, told = _progress("writing")
        with bar:
            run, path = write_dialogues(space, count, seed, told, openings=openings)
    dropped = len(run.manifest.get("dropped", []))
    if as_json:
        click.echo(json.dumps({"run": run.id, "file": str(path), "count": count, "dropped": dropped}))
    else:
        click.echo(f"wrote {count} to {path} ({dropped} dropped; {run.id})")


# ---------------------------------------------------------------------------------------------------- train


@main.command(epilog="Example:  demeanor train --from latest --harvest latest")
@click.option("--from", "start", metavar="RUN", help="Go on from this training run ('latest').")
@click.option("--harvest", metavar="RUN", help="Train on the corrections of this harvest ('latest'), with replay.")
@click.option("--replay", type=float, help="Earlier dialogues for each correction [default: 3].")
@click.option("--config", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Settings in YAML [default: train.yaml beside agent.yaml, where it is].")  # fmt: skip
@click.option("--limit", type=click.IntRange(min=2), help="Only so many dialogues, evenly spread.")
@click.option("--epochs", type=float, help="Passes over the dialogues [default: 1].")
@click.option("--lr", "learning_rate", type=float, help="Learning rate [default: 1.2e-3, later rounds 3e-4].")
@click.option("--r", "rank", type=int, help="LoRA rank [default: 16].")
@click.option("--alpha", type=int, help="LoRA alpha [default: twice the rank].")
@click.option("--dropout", type=float, help="LoRA dropout [default: 0; above it, nothing shared is computed once].")
@click.option("--targets", help="Linear layers by name, with commas between [default: all-linear].")
@click.option("--rslora", is_flag=True, default=None, help="Scale by the root of the rank.")
@click.option("--dora", is_flag=True, default=None, help="Learn directions and lengths apart (slower).")
@click.option("--batch-tokens", type=int, help="Trained tokens an optimiser step [default: 800].")
@click.option("--max-length", type=int, help="Tokens of the longest dialogue [default: 4096].")
@click.option("--seed", type=int, help="[default: 0]")
@click.option("--precision", type=click.Choice(["bf16", "fp32"]), help="[default: bf16]")
@click.option("--report-to", multiple=True, help="Trackers: tensorboard, wandb, mlflow.")
@click.option("--resume", metavar="RUN", help="Take up an interrupted training run again.")
@click.option("--label", default="", help="What to call the result in tables.")
@click.option("--price-per-hour", type=float, help="Of the machine: the estimate says what the run will cost.")
@as_json
@click.pass_context
def train(
    context: click.Context,
    /,
    start: str | None,
    harvest: str | None,
    resume: str | None,
    label: str,
    config: Path | None,
    price_per_hour: float | None,
    as_json: bool,
    **said: Any,
) -> None:
    """Fine-tune the base model on the project's dialogues (LoRA)."""
    from demeanor import stages

    if harvest and not start:
        raise click.UsageError("--harvest needs --from RUN: corrections go on from an adapter")
    space = _space(context)
    settings = _settings(space, config, said)
    bar, told = _progress("training")
    with bar:
        run = stages.train(
            space,
            settings,
            start=start,
            harvest=harvest,
            label=label,
            resume=resume,
            told=told,
            on_estimate=lambda found: click.echo(_estimate_words(found, price_per_hour), err=True),
        )
    summary = run.read_json("summary.json")
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


def _estimate_words(found: Any, price_per_hour: float | None) -> str:
    minutes = max(1, round(found.seconds / 60))
    cost = f", {price_per_hour * found.seconds / 3600:.2f} in money" if price_per_hour is not None else ""
    return f"about {minutes} min, {found.peak_bytes / 1e9:.1f} GB of memory{cost}"


def _settings(space: Workspace, config: Path | None, said: dict[str, Any]) -> Any:
    """What the file says, and over it what the flags say."""
    from demeanor.settings import FILE, Settings, read_settings

    usual = space.project.root / FILE
    file = config or (usual if usual.is_file() else None)
    if said.get("targets") and said["targets"] != "all-linear":
        said["targets"] = tuple(part.strip() for part in said["targets"].split(","))
    return (read_settings(file) if file else Settings()).merged(said)


# ---------------------------------------------------------------------------------------------------- evaluate


@main.command(epilog="Example:  demeanor evaluate latest --pool exam")
@click.argument("arm", default="base")
@click.option("--pool", default="exam", show_default=True, help="practice, selection or exam.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many scenarios, evenly spread.")
@click.option("--label", default="", help="What to call the arm in tables.")
@an_engine
@as_json
@click.pass_context
def evaluate(
    context: click.Context, arm: str, pool: str, limit: int | None, label: str, engine: str, as_json: bool
) -> None:
    """Let simulated users talk to ARM and judge what happens.

    ARM is 'base', a training run, 'latest', a server of endpoints.yaml, or an agent that can do nothing:
    'silent', 'echo', 'defer'.
    """
    from demeanor import stages

    space = _space(context)
    bar, told = _progress(f"evaluating {arm}")
    with bar:
        done = stages.evaluate(space, arm, pool, limit=limit, label=label, told=told, engine=engine)
    for text in done.card["drift"]:
        click.secho(f"drift: {text}", fg="yellow", err=True)
    _show_evaluation(done, as_json)


def _show_evaluation(done: Evaluation, as_json: bool) -> None:
    if as_json:
        card = {k: v for k, v in done.card.items() if k not in ("trials_detail", "by_scenario")}
        click.echo(json.dumps(card))
        return
    from demeanor import report

    click.echo(report.text(report.table([done.card])))
    why = done.run.manifest.get("engine_note")
    note = f" (not openvino: {why})" if why else ""
    click.echo(f"engine: {done.card['engine'] or 'none'}{note}, {done.card['seconds']:.0f} s")
    click.echo(f"transcripts and plots: {done.run.path / 'report.html'}; for CI: {done.run.path / 'junit.xml'}")


@main.command(epilog="Example:  demeanor judge latest:evaluate")
@click.argument("run", default="latest:evaluate")
@as_json
@click.pass_context
def judge(context: click.Context, run: str, as_json: bool) -> None:
    """Judge the conversations of an evaluation again, without generating again.

    For a judge, wording or questions that have changed. Every call is run again in a fresh world; a conversation that
    tools or runtime would answer otherwise today is left out, and named.
    """
    from demeanor import stages

    bar, told = _progress(f"judging {run}")
    with bar:
        done, left_out = stages.judge_run(_space(context), run, told=told)
    for scenario, why in left_out.items():
        click.secho(f"left out: {scenario}: {why}", fg="yellow", err=True)
    _show_evaluation(done, as_json)


@main.command("compare", epilog="Example:  demeanor compare --arms base,prompt,few-shot,retrieval,tuned+retrieval")
@click.argument("first", required=False)
@click.argument("second", required=False)
@click.option("--arms", help="Evaluate these and compare the last with the others; parts joined by '+'.")
@click.option("--pool", default="exam", show_default=True, help="For --arms.")
@click.option("--limit", type=click.IntRange(min=1), help="For --arms: only so many scenarios, evenly spread.")
@click.option(
    "--price-per-hour", type=float, help="For --arms: of the machine; the table says what 1,000 replies cost."
)
@an_engine
@as_json
@click.pass_context
def compare_command(
    context: click.Context,
    first: str | None,
    second: str | None,
    arms: str | None,
    pool: str,
    limit: int | None,
    price_per_hour: float | None,
    engine: str,
    as_json: bool,
) -> None:
    """Compare two evaluation runs of the same scenarios, pair by pair; or evaluate several arms and compare those.

    An arm is a model ('base', 'tuned', a training run, other weights) and parts: 'prompt', 'few-shot', 'retrieval'.
    """
    from demeanor import report, stages

    if bool(arms) == bool(first and second):
        raise click.UsageError("name two evaluation runs, or --arms")
    space = _space(context)
    if arms is None:
        assert first is not None
        assert second is not None
        run, comparison = stages.compare_runs(space, first, second)
        if as_json:
            click.echo(json.dumps(comparison))
            return
        click.echo(report.text(report.compare_table(comparison)))
        click.echo(comparison["sentence"])
        click.echo(f"side by side: {run.path / 'report.html'}")
        return
    names = [name.strip() for name in arms.split(",")]
    run, cards, comparisons = stages.evaluate_arms(
        space,
        names,
        pool,
        limit=limit,
        engine=engine,
        price_per_hour=price_per_hour,
        shown=_shown,
    )
    if as_json:
        measures = {card["arm"]: card["measures"] for card in cards}
        click.echo(json.dumps({"run": run.id, "arms": measures, "comparisons": comparisons}))
        return
    click.echo(report.text(report.table(cards), width=40 + 24 * len(cards)))
    for comparison in comparisons:
        click.echo(comparison["sentence"])
    click.echo(f"side by side: {run.path / 'report.html'}")


@main.command(epilog="Example:  demeanor curve --sizes 0,50,100,200,all --pool selection")
@click.option("--sizes", default="0,50,100,200,400,all", show_default=True, help="How many dialogues; 0 is the base.")
@click.option("--pool", default="selection", show_default=True, help="practice, selection or exam.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many scenarios, evenly spread.")
@an_engine
@as_json
@click.pass_context
def curve(context: click.Context, sizes: str, pool: str, limit: int | None, engine: str, as_json: bool) -> None:
    """Train on more and more dialogues, and see whether more would help."""
    from demeanor import report, stages

    try:
        wanted = [None if part.strip() == "all" else int(part) for part in sizes.split(",")]
    except ValueError as error:
        raise click.BadParameter("numbers with commas between, and 'all'", param_hint="--sizes") from error
    run, points, sentence = stages.learning_curve(
        _space(context), wanted, pool, limit=limit, engine=engine, shown=_shown
    )
    if as_json:
        click.echo(json.dumps({"run": run.id, "advice": sentence, "points": {n: c["measures"] for n, c in points}}))
        return
    cards = [card for _, card in points]
    click.echo(report.text(report.table(cards), width=40 + 24 * len(cards)))
    click.echo(sentence)
    click.echo(f"side by side: {run.path / 'report.html'}")


@main.command(epilog="Example:  demeanor harvest latest:evaluate")
@click.argument("evaluation", default="latest:evaluate")
@click.option("--seed", default=0, show_default=True)
@as_json
@click.pass_context
def harvest(context: click.Context, evaluation: str, seed: int, as_json: bool) -> None:
    """Make corrections from the failures of a practice EVALUATION."""
    from demeanor import stages

    run, made, left = stages.harvest_failures(_space(context), evaluation, seed)
    if as_json:
        click.echo(json.dumps({"run": run.id, "corrections": made, "left": left}))
    else:
        click.echo(f"{run.id}: {made} corrections, {left} failures left alone; next: demeanor train --from latest "
                   "--harvest latest")  # fmt: skip


# ---------------------------------------------------------------------------------------------------- export


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

    from demeanor.arm import local_needed
    from demeanor.stages import selection_scenarios

    space = _space(context)
    local_needed()
    from demeanor.export import export

    chosen = selection_scenarios(space, scenarios)
    parity = export(space, run, form, folder, chosen, told=lambda words: click.echo(f"{words} ...", err=True))
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "format": form, **asdict(parity)}))
        return
    click.echo(f"{folder}: {form}; {parity.agreement:.1%} of {parity.tokens} next tokens as tuned, log-probabilities "
               f"within {parity.logprob:.3f}, {parity.verdicts} of {parity.scenarios} scenarios end alike")  # fmt: skip


# ---------------------------------------------------------------------------------------------------- chat


@main.command(epilog="Example:  demeanor chat latest --today 2026-06-08")
@click.argument("arm", default="base")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The agent's clock [default: the first scenario's].")
@click.option("--quiet", is_flag=True, help="Hide passages, calls and results.")
@an_engine
@click.pass_context
def chat(context: click.Context, arm: str, today: Any, quiet: bool, engine: str) -> None:
    """Talk to ARM in the sandbox; see what it looks up and calls; /flag a reply with what it should have said."""
    from demeanor.arm import load_arm
    from demeanor.chat import run_chat
    from demeanor.stages import today_of

    space = _space(context)
    loaded = load_arm(space, arm, engine=engine)
    if loaded.fingerprint.get("engine"):
        note = f" (not openvino: {loaded.engine_note})" if loaded.engine_note else ""
        click.echo(f"engine: {loaded.fingerprint['engine']}{note}", err=True)
    for text in loaded.drift:
        click.secho(f"drift: {text}", fg="yellow", err=True)
    run_chat(
        space,
        loaded.model,
        today=today.date() if today else today_of(space),
        show=not quiet,
        system=loaded.renderer.system,
        parents=[loaded.run] if loaded.run else [],
    )
