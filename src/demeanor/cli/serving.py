"""The command to talk to an agent: chat."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from demeanor.cli.base import an_engine, main, project_of

if TYPE_CHECKING:
    from demeanor.models.model import Model


@main.command(epilog="Example:  demeanor chat latest --today 2026-06-08")
@click.argument("arm", default="base")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="The agent's clock [default: the first scenario's].")
@click.option(
    "--keep",
    is_flag=True,
    help="Work on a lasting database (world/world.db), and on the real date if --today says nothing.",
)
@click.option("--database", default="", metavar="URL", help="With --keep: another lasting database.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="What is verified of whoever speaks.")
@click.option("--quiet", is_flag=True, help="Hide passages, calls and results.")
@an_engine
@click.pass_context
def chat(
    context: click.Context,
    arm: str,
    today: Any,
    keep: bool,
    database: str,
    facts: tuple[str, ...],
    quiet: bool,
    engine: str,
) -> None:
    """Talk to ARM in the sandbox; see what it looks up and calls; /flag a reply with what it should have said.

    'promoted' is whoever is promoted: /restart takes up another one that was promoted meanwhile.
    """
    from demeanor.commands.common import today_of
    from demeanor.serving.sandbox import run_chat

    project = project_of(context)
    known = _facts(facts, project.agent.facts)
    if database and not keep:
        raise click.UsageError("--database names a lasting database: it goes with --keep")
    lasting = database
    if keep and not database:
        (project.path / "world").mkdir(exist_ok=True)
        lasting = f"sqlite:///{project.path / 'world' / 'world.db'}"
    clock = today.date() if today else date.today() if keep else today_of(project.space)
    loaded = project.arm(arm, engine)
    if loaded.fingerprint.get("engine"):
        note = f" (not openvino: {loaded.engine_note})" if loaded.engine_note else ""
        click.echo(f"engine: {loaded.fingerprint['engine']}{note}", err=True)
    for text in loaded.drift:
        click.secho(f"drift: {text}", fg="yellow", err=True)

    def follow() -> tuple[Model, str]:
        """The promoted agent of this moment."""
        now = project.arm("promoted", engine)
        return now.model, now.renderer.system

    run_chat(
        project.space,
        loaded.model,
        today=clock,
        keep=lasting,
        facts=known,
        show=not quiet,
        system=loaded.renderer.system,
        parents=[loaded.run] if loaded.run else [],
        follow=follow if arm == "promoted" else None,
    )


def _facts(said: Sequence[str], known: Collection[str]) -> dict[str, str]:
    """`--fact customer=C-17`, checked against the names of agent.yaml."""
    if odd := [one for one in said if not one.partition("=")[2]]:
        raise click.BadParameter(f"{odd[0]!r} has no value: NAME=VALUE", param_hint="--fact")
    found = dict(one.partition("=")[::2] for one in said)
    for name in found:
        if name not in known:
            there = ", ".join(known) or "none; name them in agent.yaml under `facts:`"
            raise click.BadParameter(f"unknown fact {name!r}; there are: {there}", param_hint="--fact")
    return found
