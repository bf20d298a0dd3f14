"""The commands that look at an agent in use: status, watch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from demeanor.cli.base import an_engine, as_json, main, progress_line, project_of

if TYPE_CHECKING:
    from demeanor.improvement.watch import Watched


@main.command(epilog="Example:  demeanor status")
@as_json
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Tell in ten lines how the agent does, what has changed since it was promoted, and what to do next."""
    found = project_of(context).status()
    if as_json:
        click.echo(json.dumps(found.to_json()))
        return
    for heading, words in found.lines:
        click.echo(f"{heading:<12} {words}")
    click.echo(f"{'next':<12} {'; then '.join(found.todo)}")


@main.command(epilog="Example for cron:  */10 * * * *  demeanor -C /srv/shop watch /srv/transcripts --webhook URL")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--window", default=100, show_default=True, type=click.IntRange(min=10), help="The newest conversations.")
@click.option("--sample", default=1000, show_default=True, type=click.IntRange(min=100),
              help="Of those before them, so many are read closely.")  # fmt: skip
@click.option("--exam", type=click.IntRange(min=10), help="The promoted agent sits so many scenarios of the exam, too.")
@click.option("--webhook", default="", metavar="URL", help="New alerts are sent there as JSON.")
@an_engine
@as_json
@click.pass_context
def watch(
    context: click.Context,
    folders: tuple[Path, ...],
    window: int,
    sample: int,
    exam: int | None,
    webhook: str,
    engine: str,
    as_json: bool,
) -> None:
    """Look at recorded conversations: what rises, and needs that nobody has trained.

    FOLDERS hold transcripts (JSONL), read in the order of their names [default: those of the project's own chats].
    However many there are, one is held at a time. Exit code 1: there is something to look at.
    """
    project = project_of(context)
    bar, on_progress = progress_line("watching")
    how = {"window": window, "sample": sample, "exam": exam, "engine": engine}
    with bar:
        found, new = project.watch(folders, on_progress=on_progress, **how)  # type: ignore[arg-type]
    undelivered = project.alert(webhook, new) if webhook and new else ""
    if as_json:
        click.echo(json.dumps({**found.to_json(), "new": [vars(alert) for alert in new], "undelivered": undelivered}))
    else:
        _show(found)
    if undelivered:
        click.secho(f"the alerts could not be delivered: {undelivered}", fg="red", err=True)
    context.exit(1 if found.alerts else 0)


def _show(found: Watched) -> None:
    from demeanor.improvement.watch import SIGNALS

    unread = f", {found.unreadable} lines are no dialogues" if found.unreadable else ""
    click.echo(f"{found.conversations} conversations, {found.messages} messages{unread}")
    click.echo(f"read closely: the last {found.window}, and {found.sample} of those before (in brackets)")
    for signal, words in SIGNALS.items():
        before, now = found.rates[signal]
        rate = f"{100 * now / found.window:3.0f}%" if found.window else "  -"
        usual = f" ({100 * before / found.sample:.0f}%)" if found.sample else ""
        click.echo(f"  {rate}{usual:<8} {words}")
    half, most = found.latency["half"], found.latency["most"]
    told = f"half within {half:.1f} s, 95% within {most:.1f} s" if half and most else "not recorded"
    click.echo(f"  replies: {told}")
    if found.far is None:
        click.echo("  needs: not looked at (that takes dialogues to compare with, and pip install 'demeanor[local]')")
    else:
        click.echo(f"  needs: {found.far} of the last {found.window} bring something unlike all training")
    for alert in found.alerts:
        then = f" (before: {alert.before})" if alert.before else ""
        click.secho(f"ALERT {alert.says}: {alert.now}{then}", fg="red")
        for example in alert.examples:
            click.echo(f"      {example[:110]}")
