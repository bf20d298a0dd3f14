"""The command to talk to an agent: chat."""

from __future__ import annotations

from typing import Any

import click

from demeanor.cli.base import an_engine, main, project_of


@main.command(epilog="Example:  demeanor chat latest --today 2026-06-08")
@click.argument("arm", default="base")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The agent's clock [default: the first scenario's].")
@click.option("--quiet", is_flag=True, help="Hide passages, calls and results.")
@an_engine
@click.pass_context
def chat(context: click.Context, arm: str, today: Any, quiet: bool, engine: str) -> None:
    """Talk to ARM in the sandbox; see what it looks up and calls; /flag a reply with what it should have said."""
    from demeanor.commands.common import today_of
    from demeanor.serving.sandbox import run_chat

    project = project_of(context)
    loaded = project.arm(arm, engine)
    if loaded.fingerprint.get("engine"):
        note = f" (not openvino: {loaded.engine_note})" if loaded.engine_note else ""
        click.echo(f"engine: {loaded.fingerprint['engine']}{note}", err=True)
    for text in loaded.drift:
        click.secho(f"drift: {text}", fg="yellow", err=True)
    run_chat(
        project.space,
        loaded.model,
        today=today.date() if today else today_of(project.space),
        show=not quiet,
        system=loaded.renderer.system,
        parents=[loaded.run] if loaded.run else [],
    )
