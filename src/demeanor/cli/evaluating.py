"""The commands that prove: evaluate, judge, compare, curve."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from demeanor.cli.base import an_engine, as_json, main, progress_line, project_of, say_step, show

if TYPE_CHECKING:
    from demeanor.commands.project import Run


@main.command(epilog="Example:  demeanor evaluate latest --pool exam")
@click.argument("arm", default="base")
@click.option("--pool", default="exam", show_default=True, help="practice, selection or exam.")
@click.option("--limit", type=click.IntRange(min=1), help="Only so many scenarios, evenly spread.")
@click.option(
    "--trials", default=1, show_default=True, type=click.IntRange(1, 20), help="Of each scenario, in other words."
)
@click.option("--label", default="", help="What to call the arm in tables.")
@click.option(
    "--wording",
    metavar="BANK",
    default="",
    help="Users speak another bank's words: 'training' for the wording gap, 'exam2' for a release.",
)
@an_engine
@as_json
@click.pass_context
def evaluate(
    context: click.Context,
    arm: str,
    pool: str,
    limit: int | None,
    trials: int,
    label: str,
    wording: str,
    engine: str,
    as_json: bool,
) -> None:
    """Let simulated users talk to ARM and judge what happens.

    ARM is 'base', a training run, 'latest', an endpoint, or an agent that can do nothing:
    'silent', 'echo', 'defer'.
    """
    project = project_of(context)
    click.echo(project.precision(pool, limit, wording), err=True)
    bar, on_progress = progress_line(f"evaluating {arm}")
    how: dict[str, Any] = {"limit": limit, "label": label, "engine": engine, "trials": trials, "wording": wording}
    with bar:
        run = project.evaluate(arm, pool, on_progress=on_progress, **how)
    for text in run.scorecard.drift:
        click.secho(f"drift: {text}", fg="yellow", err=True)
    _show_evaluation(run, as_json)


def _show_evaluation(run: Run, as_json: bool) -> None:
    card = run.scorecard
    if as_json:
        click.echo(json.dumps(card.to_json(details=False)))
        return
    from demeanor import report

    click.echo(report.text(report.table([card])))
    for line in report.beside(card):
        click.echo(line)
    if chances := card.pass_hat:
        click.echo("done in " + ", ".join(f"{k} {100 * (c.point or 0):.0f}%" for k, c in chances.items()) + " (pass^k)")
    why = run.manifest.get("engine_note")
    note = f" (not openvino: {why})" if why else ""
    click.echo(f"engine: {card.engine or 'none'}{note}, {card.seconds or 0:.0f} s")
    click.echo(f"transcripts and plots: {run.path / 'report.html'}; for CI: {run.path / 'junit.xml'}")


@main.command(epilog="Example:  demeanor judge latest:evaluate")
@click.argument("run", default="latest:evaluate")
@as_json
@click.pass_context
def judge(context: click.Context, run: str, as_json: bool) -> None:
    """Judge the conversations of an evaluation again, without generating again.

    For a judge, wording or questions that have changed. Every call is run again in a fresh world; a conversation that
    tools or runtime would answer otherwise today is left out, and named.
    """
    bar, on_progress = progress_line(f"judging {run}")
    with bar:
        done, left_out = project_of(context).judge(run, on_progress=on_progress)
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
    from demeanor import report

    if bool(arms) == bool(first and second):
        raise click.UsageError("name two evaluation runs, or --arms")
    project = project_of(context)
    if arms is None:
        assert first is not None
        assert second is not None
        run = project.compare(first, second)
        comparison = run.comparison
        if as_json:
            click.echo(json.dumps(comparison.to_json()))
            return
        click.echo(report.text(report.compare_table(comparison)))
        click.echo(comparison.sentence)
        click.echo(f"side by side: {run.path / 'report.html'}")
        return
    names = [name.strip() for name in arms.split(",")]
    how: dict[str, Any] = {"limit": limit, "engine": engine, "price_per_hour": price_per_hour, "show": show}
    run, cards, comparisons = project.compare_arms(names, pool, **how)
    if as_json:
        measures = {card.arm: card.to_json(details=False)["measures"] for card in cards}
        click.echo(json.dumps({"run": run.id, "arms": measures, "comparisons": [c.to_json() for c in comparisons]}))
        return
    click.echo(report.text(report.table(cards), width=40 + 24 * len(cards)))
    for comparison in comparisons:
        click.echo(comparison.sentence)
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
    from demeanor import report

    try:
        wanted = [None if part.strip() == "all" else int(part) for part in sizes.split(",")]
    except ValueError as error:
        raise click.BadParameter("numbers with commas between, and 'all'", param_hint="--sizes") from error
    run, points, sentence = project_of(context).curve(wanted, pool, limit=limit, engine=engine, show=show)
    if as_json:
        click.echo(
            json.dumps(
                {
                    "run": run.id,
                    "advice": sentence,
                    "points": {n: c.to_json(details=False)["measures"] for n, c in points},
                }
            )
        )
        return
    cards = [card for _, card in points]
    click.echo(report.text(report.table(cards), width=40 + 24 * len(cards)))
    click.echo(sentence)
    click.echo(f"side by side: {run.path / 'report.html'}")


@main.command(epilog="Example:  demeanor explain latest")
@click.argument("run", default="latest")
@click.option("--count", default=24, show_default=True, type=click.IntRange(min=2), help="Fresh dialogues to look at.")
@an_engine
@as_json
@click.pass_context
def explain(context: click.Context, run: str, count: int, engine: str, as_json: bool) -> None:
    """Measure what tuning changed in the model of RUN, on dialogues that nobody trained on.

    How likely the right replies, the base model's own and off-voice ones are; what rests on the user's last message and
    on earlier details; how near the voice it is; and whether ordinary prose is forgotten.
    """
    from demeanor.report.explanation import explanation_sentences, explanation_table

    made, found = project_of(context).explain(run, count, engine=engine, on_step=say_step)
    if as_json:
        click.echo(json.dumps({**found.to_json(shown=False), "run": made.id}))
        return
    for line in [*explanation_table(found), "", *explanation_sentences(found)]:
        click.echo(line)
    click.echo(f"token by token: {made.path / 'report.html'}")
