"""The commands that look at a project or write into it: init, check, synthesize, import, schema."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from demeanor.cli.base import as_json, main, progress_line, project_of


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
@click.option(
    "--content", is_flag=True, help="Read what the dialogues say, too: whose yes is one, where numbers come from."
)
@click.option("--all", "every", is_flag=True, help="Every single place, not three examples of each kind.")
@click.option("--fix", is_flag=True, help="First mend what needs no person; the files as they were are kept.")
@click.option("--placeholders", is_flag=True, help="With --fix: replace personal data, too.")
@click.option(
    "--baseline", type=click.Path(path_type=Path, exists=True), help="Tell only what this file does not know."
)
@click.option("--write-baseline", type=click.Path(path_type=Path), help="Write what is wrong now into this file.")
@click.option("--sarif", "as_sarif", is_flag=True, help="As SARIF, for code hosts.")
@as_json
@click.pass_context
def check(
    context: click.Context,
    show_mask: str | None,
    content: bool,
    every: bool,
    fix: bool,
    placeholders: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    as_sarif: bool,
    as_json: bool,
) -> None:
    """Find what is wrong in the project: description, tools, pages, wording, dialogues, scenarios."""
    if show_mask is not None:
        _show_mask(context, show_mask, as_json)
        return

    if placeholders and not fix:
        raise click.UsageError("--placeholders goes with --fix")
    if fix:
        run = project_of(context).fix(placeholders)
        for what, count in run.manifest["fixed"].items():
            click.echo(f"fixed: {what} ({count})", err=True)
        click.echo(f"{_count(len(run.manifest['changed']), 'file')} changed; as they were: {run.id}/before", err=True)
    report = project_of(context).check(content)
    known = _known(report, baseline, write_baseline)
    if as_sarif:
        from demeanor.report.sarif import sarif

        click.echo(json.dumps(sarif(report.problems), indent=1))
    elif as_json:
        click.echo(json.dumps(report.to_json(), default=str))
    else:
        for shown in report.problems if every else map(_group_text, report.groups):
            click.echo(str(shown))
        click.echo(_check_summary(report) + (f", and {known} known from {baseline}" if known else ""))
        click.echo(f"next: {report.next}")
    context.exit(0 if report.ok else 1)


@main.command(epilog='Example:  demeanor read check_in "from Friday for three nights"')
@click.argument("slot")
@click.argument("words")
@click.option("--today", type=click.DateTime(["%Y-%m-%d"]), help="Read as on this day.  [default: today]")
@as_json
@click.pass_context
def read(context: click.Context, slot: str, words: str, today: datetime | None, as_json: bool) -> None:
    """Show what a user's WORDS mean for a SLOT of agent.yaml: a value, or why they are asked back."""
    from demeanor.agent.slots import Resolved, plain

    got = project_of(context).read(slot, words, today.date() if today else None)
    value = plain(got.value) if isinstance(got, Resolved) else None
    reason = "" if isinstance(got, Resolved) else got.reason
    if as_json:
        click.echo(json.dumps({"value": value, "reason": reason}))
    else:
        click.echo(str(value) if not reason else f"asked back: {reason}")


def _show_mask(context: click.Context, name: str, as_json: bool) -> None:
    """Trained text is green on a terminal and stands in >>> <<< elsewhere."""
    pieces = project_of(context).mask(name)
    if as_json:
        click.echo(json.dumps([{"text": text, "trained": trained} for text, trained in pieces]))
        return
    colour = sys.stdout.isatty()
    for text, trained in pieces:
        marked = click.style(text, fg="green", bold=True) if colour else f">>>{text}<<<"
        click.echo(marked if trained else text, nl=False)
    click.echo()


def _known(report: Any, baseline: Path | None, write_to: Path | None) -> int:
    """How many problems a baseline knows; they are taken out of the report."""
    from demeanor.data.baseline import dump_baseline, new_problems
    from demeanor.project import write_atomic

    every = len(report.problems)
    if write_to is not None:
        write_atomic(write_to, dump_baseline(report.problems))
    if baseline is not None:
        report.problems = new_problems(report.problems, baseline)
    return every - len(report.problems)


def _group_text(group: Any) -> str:
    """A cause: how often, where for example, and how to mend all of it. One problem alone is told as it is."""
    if group.count == 1:
        return str(group.examples[0])
    rows = [f"{group.severity}: {group.says} ({group.count} times)"]
    same = all(one.message == group.says for one in group.examples)
    one_fix = all(one.fix == group.fix for one in group.examples)
    for one in group.examples:
        rows.append(f"  {one.where}" + ("" if same else f": {one.message}"))
        rows += [] if one_fix or not one.fix else [f"    fix: {one.fix}"]
    rows += [f"  and {group.count - len(group.examples)} more: --all"] if group.count > len(group.examples) else []
    rows += [f"  fix: {group.fix}"] if one_fix and group.fix else []
    return "\n".join(rows)


def _check_summary(report: Any) -> str:
    counts = report.counts
    scenarios = ", ".join(f"{n} {pool}" for pool, n in counts.scenarios.items()) or "no"
    found = f"{_count(len(report.errors), 'error')}, {_count(len(report.warnings), 'warning')}"
    said = f"{_count(counts.dialogues, 'dialogue')}, {_count(counts.messages, 'message')}"
    return f"{said}, {scenarios} scenarios: {found}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


@main.command(epilog="Example:  demeanor synthesize --count 400 --seed 1")
@click.option("--count", default=400, show_default=True, type=click.IntRange(min=1), help="How many.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same dialogues.")
@click.option("--openings", is_flag=True, help="Only the first exchange of each: many wordings, cheap to train.")
@click.option("--hard", is_flag=True, help="Questions in a row, questions without an answer, orders of the day.")
@click.option("--scenarios", "pool", help="Draw scenarios for a pool instead (practice, selection, exam, exam/NAME).")
@click.option("--rewordings", default=1, show_default=True, type=click.IntRange(min=1), help="Scenarios for each need.")
@click.option(
    "--kind",
    type=click.Choice(["planted", "altered", "long", "nudged"]),
    help="Scenarios about an injected instruction, pages that say something else, a long conversation, a nudge.",
)
@as_json
@click.pass_context
def synthesize(
    context: click.Context,
    count: int,
    seed: int,
    openings: bool,
    hard: bool,
    pool: str | None,
    rewordings: int,
    kind: str | None,
    as_json: bool,
) -> None:
    """Write dialogues by self-play, or draw scenarios."""
    from demeanor.simulation.scenario import POOLS

    if pool is not None and pool.partition("/")[0] not in POOLS:
        raise click.BadParameter(f"{pool!r} is no pool; there are: {', '.join(POOLS)}", param_hint="--scenarios")
    for option, given in (("--rewordings", rewordings > 1), ("--kind", kind is not None)):
        if given and pool is None:
            raise click.UsageError(f"{option} goes with --scenarios POOL")
    for option, given in (("--openings", openings), ("--hard", hard)):
        if given and pool is not None:
            raise click.UsageError(f"{option} is about dialogues, --scenarios about scenarios")
    project = project_of(context)
    if pool is not None:
        run = project.draw_scenarios(pool, count, seed=seed, rewordings=rewordings, kind=kind or "")
    else:
        bar, on_progress = progress_line("writing")
        with bar:
            run = project.synthesize(count, seed=seed, openings=openings, hard=hard, on_progress=on_progress)
    path = project.path / next(iter(run.manifest["wrote"]))
    dropped = len(run.manifest.get("dropped", []))
    if as_json:
        flows = {"flows": run.manifest["flows"]} if "flows" in run.manifest else {}
        click.echo(json.dumps({"run": run.id, "file": str(path), "count": count, "dropped": dropped, **flows}))
    else:
        click.echo(f"wrote {count} to {path} ({dropped} dropped; {run.id})")
        for row in run.manifest.get("flows", []):
            click.echo(_taught(row))


def _taught(row: Mapping[str, Any]) -> str:
    """What self-play made of a flow, on a line: how many, what was dropped most, and what nobody ever reached."""
    said = f"  {row['flow']}: {row['made']}"
    if row["dropped"]:
        reason, count = next(iter(row["dropped"].items()))
        said += f", {sum(row['dropped'].values())} dropped (most, {count}: {reason})"
    return said + (f"\n    never reached: {'; '.join(row['never'])}" if row["never"] else "")


@main.command("import", epilog="Example:  demeanor import tickets.csv --show")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--show", is_flag=True, help="Only show how the files would be read, with two dialogues.")
@click.option(
    "--map", "said", multiple=True, metavar="KEY=COLUMN", help="Which column holds what, where the guess is wrong."
)
@click.option("--name", default="", help="Of the file in dialogues/.  [default: the first file's]")
@click.option("--keep", multiple=True, metavar="KIND", help="Personal data that is not replaced: email, name, ...")
@click.option("--language", "languages", multiple=True, metavar="CODE", help="Wanted.  [default: the most common one]")
@click.option("--yes", "-y", is_flag=True, help="Do not ask whether a guess is right.")
@click.option("--pool", default="selection", show_default=True, help="Of tests: the pool to put them in.")
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="Of tests: their clock.  [default: the first scenario's]"
)
@click.option("--played-by", default="", metavar="NAME", help="Of tau-bench's tasks: the endpoint that plays the user.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="Write a file of dialogues as a page.")
@as_json
@click.pass_context
def import_(
    context: click.Context,
    files: tuple[Path, ...],
    show: bool,
    said: tuple[str, ...],
    name: str,
    keep: tuple[str, ...],
    languages: tuple[str, ...],
    yes: bool,
    pool: str,
    today: datetime | None,
    played_by: str,
    to: Path | None,
    as_json: bool,
) -> None:
    """Take over other people's files: conversations as dialogues, tests of other tools as scenarios.

    \b
    Conversations   exports of help desks (CSV, JSON), OpenAI's JSONL, ShareGPT,
                    Alpaca, Rasa's stories; packed or not, of any size
    Pages (.md)     dialogues that people wrote; with --to, the other way round
    Tests           Rasa's end-to-end tests (YAML), tau-bench's tasks (JSON)

    How a file is read is guessed and shown first. Whatever is not taken over is named, with the reason.
    """
    from demeanor.data.importing.scenarios import kind_of
    from demeanor.data.private import KINDS
    from demeanor.simulation.scenario import POOLS

    for kind in keep:
        if kind not in KINDS:
            raise click.BadParameter(f"{kind!r} is no kind; there are: {', '.join(KINDS)}", param_hint="--keep")
    if to is not None:
        if len(files) > 1:
            raise click.UsageError("--to writes one file")
        _transcripts(context, files[0], to, as_json)
        return
    if pool not in POOLS:
        raise click.BadParameter(f"{pool!r} is no pool; there are: {', '.join(POOLS)}", param_hint="--pool")
    kinds = {file: kind_of(file) for file in files}
    for file in (one for one, kind in kinds.items() if kind == "page"):
        _transcripts(context, file, None, as_json)
    for file in (one for one, kind in kinds.items() if kind == "tests"):
        _tests(context, file, pool, today, played_by, as_json)
    if talks := [one for one, kind in kinds.items() if kind == "conversations"]:
        _conversations(context, talks, _mapping(said), name, keep, languages, show, yes, as_json)


def _mapping(said: tuple[str, ...]) -> dict[str, str]:
    """What --map says, one or several a time: "user=customer,agent=admin"."""
    out = {}
    for one in said:
        for part in re.split(r",(?=\w+=)", one):
            key, mark, value = part.partition("=")
            if not mark or not value:
                raise click.BadParameter(f"{part!r} is not KEY=COLUMN", param_hint="--map")
            out[key.strip()] = value.strip()
    return out


def _conversations(
    context: click.Context,
    files: list[Path],
    said: dict[str, str],
    name: str,
    keep: tuple[str, ...],
    languages: tuple[str, ...],
    show: bool,
    yes: bool,
    as_json: bool,
) -> None:
    from demeanor.data.importing import look_at, peek

    looked = look_at(files, said)
    if not as_json:
        for one in looked:
            click.echo(one.file.name)
            for what, where in one.shown():
                click.echo(f"  {what + ':':<34} {where}")
    if show:
        found = {one.file.name: peek(one, keep) for one in looked}
        if as_json:
            read_as = {one.file.name: dict(one.shown()) for one in looked}
            click.echo(
                json.dumps(
                    {
                        name: {"read as": read_as[name], "dialogues": [dialogue.to_json() for dialogue in dialogues]}
                        for name, dialogues in found.items()
                    }
                )
            )
        else:
            from demeanor.dialogue import write_transcripts

            for dialogues in found.values():
                click.echo("\n" + write_transcripts(dialogues))
        return
    guessed = any(one.columns is not None for one in looked) and not said
    if guessed and not (yes or as_json) and sys.stdin.isatty():
        click.confirm("Read it so?", default=True, abort=True)
    bar, on_progress = progress_line("importing")
    with bar:
        run, account = project_of(context).import_conversations(
            *files, columns=said, name=name, keep=keep, languages=languages, on_progress=on_progress
        )
    path = run.project.path / next(iter(run.manifest["wrote"]))
    if as_json:
        click.echo(json.dumps({"run": run.id, "file": str(path), **account.to_json()}))
        return
    click.echo(f"wrote {_count(account.dialogues, 'dialogue')} with {_count(account.messages, 'message')} to {path}")
    kept = f"read {account.read}, taken {account.taken}, left out {account.left_out.total()}"
    click.echo(f"{kept} (each in {run.id}/left_out.jsonl)")
    for title, counted in (("left out", account.left_out), ("cut", account.cut), ("replaced", account.private)):
        for what, count in counted.most_common():
            click.echo(f"  {title:<10} {count:>8}  {what}")
    for key, count in account.unread.most_common():
        click.echo(f"  {'not read':<10} {count:>8}  {key}")


def _tests(
    context: click.Context, file: Path, pool: str, today: datetime | None, played_by: str, as_json: bool
) -> None:
    """Tests of other tools as scenarios."""
    project = project_of(context)
    run, found = project.import_scenarios(file, pool, today.date() if today else None, played_by)
    path = project.path / next(iter(run.manifest["wrote"]))
    if as_json:
        result = {"run": run.id, "file": str(path), "count": len(found.scenarios), "left_out": found.left_out}
        click.echo(json.dumps(result))
        return
    click.echo(f"wrote {len(found.scenarios)} scenarios to {path}")
    for name, what in found.left_out:
        click.echo(f"  not taken over, {name}: {what}")


def _transcripts(context: click.Context, file: Path, to: Path | None, as_json: bool) -> None:
    """A page as a file of dialogues, or the other way round."""
    from demeanor.dialogue import read_dialogues, read_transcripts, write_transcripts
    from demeanor.project import write_atomic

    if to is not None:
        if to.exists():
            raise click.BadParameter(f"{to} is there already", param_hint="--to")
        made = list(read_dialogues(file))
        write_atomic(to, write_transcripts(made).encode())
    else:
        made = read_transcripts(file)
        to = project_of(context).import_dialogues(file)
    said = f"wrote {len(made)} dialogues to {to}"
    click.echo(json.dumps({"file": str(to), "count": len(made)}) if as_json else said)


@main.command(epilog="Example:  demeanor schema agent > agent.schema.json")
@click.argument("of", type=click.Choice(["agent", "scenarios"]), default="scenarios")
def schema(of: str) -> None:
    """Print the JSON Schema of agent.yaml or of scenario files, for editors.

    Where an editor runs yaml-language-server, a first line `# yaml-language-server: $schema=agent.schema.json` is all.
    """
    from demeanor.agent import agent_schema
    from demeanor.simulation.scenario.schema import schema as scenario_schema

    click.echo(json.dumps(agent_schema() if of == "agent" else scenario_schema(), indent=2))
