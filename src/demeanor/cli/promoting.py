"""The commands that decide who serves: promote, rollback, shadow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from demeanor.cli.base import an_engine, as_json, main, progress_line, project_of

if TYPE_CHECKING:
    from demeanor.commands.promoting import Need
    from demeanor.dialogue import Message
    from demeanor.improvement.gate import Row, Verdict

WORDS = {
    "better": "better",
    "no worse": "no worse",
    "worse": "WORSE",
    "too few": "too few",
    "not shown": "not in this exam",
}


@main.command(epilog="Example:  demeanor promote latest")
@click.argument("run", default="latest")
@click.option("--pool", default="exam", show_default=True, help="The scenarios on which both were examined.")
@click.option("--goal", help="The measure on which it must be better [default: as gate.yaml says, else task_success].")
@click.option("--engine", default="", help="What will serve it, as `evaluate` names it [default: what was evaluated].")
@click.option("--served", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="FOLDER",
              help="The export that will serve it.")  # fmt: skip
@click.option("--needed", is_flag=True, help="Only say how many scenarios the exam needs; nothing is promoted.")
@click.option("--history", is_flag=True, help="Only list what was promoted, newest first.")
@as_json
@click.pass_context
def promote(
    context: click.Context,
    run: str,
    pool: str,
    goal: str | None,
    engine: str,
    served: Path | None,
    needed: bool,
    history: bool,
    as_json: bool,
) -> None:
    """Put the training RUN in the promoted agent's place, if the gate lets it.

    It must be better on the goal by the paired test, and no category worse than its margin; whatever evidence is
    missing holds it, with the reason. Exit code 1: it is held, the promoted agent stays.
    """
    project = project_of(context)
    if history:
        _show_history(context, as_json)
        return
    if needed:
        rows = project.needed(pool, goal)
        if as_json:
            click.echo(json.dumps([row._asdict() for row in rows]))
            return
        _show_needed(rows)
        return
    decision = project.promote(run, pool, goal=goal, engine=engine, served=served)
    verdict = decision.verdict
    if as_json:
        number = decision.record.number if decision.record else None
        click.echo(json.dumps({"run": decision.run.id, "record": number, **verdict.to_json()}))
    else:
        _show_rows(verdict)
        if decision.record is not None:
            click.echo(f"promoted: {decision.record.run} (promotion {decision.record.number}); back: demeanor rollback")
        else:
            _show_reasons(verdict)
    context.exit(0 if decision.record is not None else 1)


def _show_rows(verdict: Verdict) -> None:
    for row in verdict.rows:
        if row.outcome != "not shown":
            click.echo(_row_words(row))
    if absent := [row.label for row in verdict.rows if row.outcome == "not shown"]:
        click.echo(f"  not in this exam: {'; '.join(absent)}")


def _row_words(row: Row) -> str:
    from demeanor.improvement.gate import between

    asked = "must be better" if not row.margin else f"margin {100 * row.margin:.0f}"
    return f"  {WORDS[row.outcome]:<9} {row.label}: {between(row)} ({asked})"


def _show_reasons(verdict: Verdict) -> None:
    click.echo(f"held, for {len(verdict.reasons)} reason{'' if len(verdict.reasons) == 1 else 's'}:")
    for reason in verdict.reasons:
        click.echo(f"  {reason.what}: {reason.says}" + (f"\n    fix: {reason.fix}" if reason.fix else ""))


def _show_needed(rows: list[Need]) -> None:
    click.echo("scenarios that the exam needs (different needs; rewordings of one count once):")
    unknown = []
    for category, there, takes in rows:
        if there == 0:
            said = "none shows it: not judged"
        elif there is None or takes is None:
            unknown.append(category)
            continue
        else:
            short = f", {takes - there} short" if there < takes else ""
            said = f"{takes:>5} needed, {there} there{short}"
        click.echo(f"  {category:<24} {said}")
    if unknown:
        click.echo(f"known once some agent has sat the exam: {', '.join(unknown)}")


def _show_history(context: click.Context, as_json: bool) -> None:
    records = project_of(context).promotions()
    if as_json:
        click.echo(json.dumps([vars(record) for record in records]))
        return
    if not records:
        click.echo("no agent is promoted yet: demeanor promote latest")
    for k, record in enumerate(records):
        back = f", back to promotion {record.restores}" if record.restores is not None else ""
        click.echo(f"{'now  ' if k == 0 else '     '}{record.number:>4}  {record.at}  {record.run}{back}")


@main.command(epilog="Example:  demeanor rollback")
@as_json
@click.pass_context
def rollback(context: click.Context, as_json: bool) -> None:
    """Put the agent that was promoted before in force again, at once."""
    record = project_of(context).rollback()
    if as_json:
        click.echo(json.dumps(vars(record)))
        return
    click.echo(f"promoted: {record.run} (promotion {record.number}, back to promotion {record.restores})")


@main.command(epilog="Example:  demeanor shadow latest transcripts/")
@click.argument("run", default="latest")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many conversations.")
@an_engine
@as_json
@click.pass_context
def shadow(
    context: click.Context, run: str, folders: tuple[Path, ...], limit: int | None, engine: str, as_json: bool
) -> None:
    """Let RUN answer recorded conversations, and compare: nothing it writes is carried out.

    FOLDERS hold transcripts as `chat` writes them [default: those of the project's own chats]. At each message of the
    agent's the candidate reads the conversation as it was up to there.
    """
    project = project_of(context)
    bar, on_progress = progress_line(f"shadowing with {run}")
    with bar:
        made, found, examples = project.shadow(run, folders, limit=limit, engine=engine, on_progress=on_progress)
    if as_json:
        click.echo(json.dumps({"run": made.id, **made.folder.read_json("shadow.json")}))
        return
    click.echo(
        f"{found.dialogues} conversations, {found.messages} messages: {found.differing} would have been different"
    )
    for figure in found.figures.values():
        if figure.n:
            click.echo(f"  {figure.measure.label}: {figure}")
    if found.lost:
        click.echo(f"  {found.lost} messages are too long for it")
    for one in examples:
        click.echo(f"\n{one.dialogue}, message {one.index}\n  was:   {_said(one.was)}\n  would: {_said(one.would)}")
    click.echo(f"\nall of them: {made.path / 'shadow.jsonl'}")


def _said(message: Message) -> str:
    calls = [f"{c.name}({json.dumps(c.arguments, ensure_ascii=False)})" for c in message.calls]
    return " ".join(filter(None, [message.content.replace("\n", " "), *calls])) or "(nothing)"
