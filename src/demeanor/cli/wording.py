"""The command for a project's own wording: drafts, what is thin, and the review of drafts."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from demeanor.cli.base import as_json, main, project_of, say_step

if TYPE_CHECKING:
    from demeanor.commands.wording import Desk, Drafted
    from demeanor.data.drafts.accept import Acceptance
    from demeanor.data.drafts.draft import Group
    from demeanor.data.drafts.thin import Thin

SHOWN = 3
"""Refusals that are shown, and suggestions for what to write."""
HELP = """\
  k          keep all lines that are left        k 1 3     keep these
  d          drop all lines that are left        d 2       drop these; they are not drafted again
  e 2 WORDS  keep line 2 in these words          e 2       (on a terminal) edit line 2
  l          leave the others for later          q         stop here; the rest waits"""


@main.command(epilog="Example:  demeanor wording && demeanor wording --review")
@click.option(
    "--bank",
    type=click.Choice(["training", "exam"]),
    default="training",
    show_default=True,
    help="For dialogues (wording/user.yaml), or the exam (wording/exam/user.yaml): other lines.",
)
@click.option(
    "--from",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Conversations with customers beside those of dialogues/: JSONL, or a page (.md).",
)
@click.option("--with", "server", default="", metavar="SERVER", help="An endpoint that drafts lines in each register.")
@click.option("--count", default=8, show_default=True, type=click.IntRange(1, 20), help="Lines asked of it at a time.")
@click.option("--review", is_flag=True, help="Go through the drafts: keep, drop or edit. From a pipe, too.")
@click.option("--thin", "only_thin", is_flag=True, help="Draft nothing: show where the wording is thin.")
@as_json
@click.pass_context
def wording(
    context: click.Context,
    bank: str,
    files: tuple[Path, ...],
    server: str,
    count: int,
    review: bool,
    only_thin: bool,
    as_json: bool,
) -> None:
    """Draft what users say in your trade alone: from agent.yaml, from conversations, with a server.

    Drafts wait in drafts.yaml beside the bank until you have looked at them; no user says one before.
    """
    if (review or only_thin) and (files or server):
        raise click.UsageError("--from and --with are for drafting: without --review and --thin")
    desk = project_of(context).wording(bank)
    if review:
        _review(desk, as_json)
        return
    done = None
    if not only_thin:
        say_step("drafting, and reading back" + (f", with {server}" if server else ""))
        done = desk.draft(files, server, count)[1]
    found = desk.thin()
    if as_json:
        drafted = _as_json(done) if done else {}
        click.echo(json.dumps({**drafted, "thin": [asdict(row) for row in found.rows], "next": found.next}))
        return
    if done is not None:
        _tell_drafted(done, desk)
    _tell_thin(found, desk)


def _as_json(done: Drafted) -> dict[str, object]:
    counts = {"drafted": done.by_source, "refused": done.refused, "left_out": done.left_out}
    return {"file": str(done.file), "waiting": done.waiting, **{name: dict(of) for name, of in counts.items()}}


def _tell_drafted(done: Drafted, desk: Desk) -> None:
    sources = "; ".join(f"{count} from {source}" for source, count in done.by_source.items())
    click.echo(f"drafted {done.by_source.total()} lines" + (f": {sources}" if sources else ""))
    if done.refused:
        click.echo(f"refused {done.refused.total()}: {_counted(done.refused)}")
        for draft, reason in done.refusals[:SHOWN]:
            click.echo(f"  {draft.key}: {draft.text!r}: {reason}")
    if done.left_out:
        click.echo(f"of what customers wrote, left out {done.left_out.total()}: {_counted(done.left_out)}")
    if done.waiting:
        option = "" if desk.bank == "training" else f" --bank {desk.bank}"
        click.echo(f"{done.waiting} wait in {_short(done.file, desk)}; next: demeanor wording{option} --review")
    click.echo()


def _counted(reasons: Counter[str]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in reasons.most_common())


def _short(file: Path, desk: Desk) -> str:
    return file.relative_to(desk.space.folder.root).as_posix()


def _tell_thin(found: Thin, desk: Desk) -> None:
    """A table of own lines, thin places marked, and what to write next."""
    from demeanor.simulation.wording.user import REGISTERS

    waiting = f" and {_short(desk.waiting, desk)}" if desk.drafts.groups else ""
    click.echo(f"own lines in {_short(desk.file, desk)}{waiting} (* thin)")
    click.echo("" if found.rows else "  none are needed: there is no flow and no choice", nl=not found.rows)
    width = max((len(row.key) for row in found.rows), default=0)
    ways = [row for row in found.rows if "" in row.registers]
    others = [row for row in found.rows if "" not in row.registers]
    if others:
        click.echo(f"  {'':{width}}  {'  '.join(f'{name:>10}' for name in REGISTERS)}")
    for row in others:
        cells = (f"{row.lines.get(r, 0)}{'*' if r in row.missing else ' '}" for r in REGISTERS)
        click.echo(f"  {row.key:{width}}  {'  '.join(f'{cell:>10}' for cell in cells)}")
    for row in ways:
        click.echo(f"  {row.key:{width}}  {row.lines['']} ways{'*' if row.missing else ''}")
    if found.next:
        click.echo("write next")
        for number, advice in enumerate(found.next[: SHOWN + 2], 1):
            click.echo(f"  {number}. {advice}")
        more = len(found.next) - SHOWN - 2
        click.echo(f"  and {more} more: --thin --json" if more > 0 else "", nl=more > 0)


# ---------------------------------------------------------------------------------------------------- review


def _review(desk: Desk, as_json: bool) -> None:
    """Group after group, until all is decided or the input ends. Each decision is on disk before the next one."""
    groups, counts = list(desk.drafts.groups), Counter[str]()
    if not as_json and not groups:
        click.echo(f"no drafts wait in {_short(desk.waiting, desk)}: demeanor wording makes some")
    commands = _commands()
    acceptance = desk.acceptance() if groups else None
    for number, group in enumerate(groups, 1):
        if acceptance and not as_json:
            _show(group, f"{number} of {len(groups)}", acceptance)
        if not _decide(group, desk, commands, counts):
            break
    left = sum(1 for _ in desk.drafts.texts())
    if as_json:
        click.echo(json.dumps({"kept": counts["kept"], "dropped": counts["dropped"], "waiting": left}))
    elif groups:
        click.echo(f"kept {counts['kept']} in {_short(desk.file, desk)}, dropped {counts['dropped']}, {left} wait")


def _show(group: Group, place: str, acceptance: Acceptance) -> None:
    click.secho(f"\n{group.title}", bold=True, nl=False)
    click.echo(f"   ({place}, from {group.source})")
    for number, draft in enumerate(group.drafts(), 1):
        click.echo(f"  {number}  {draft.text}")
        if (example := acceptance.example(draft)) != draft.text:
            click.secho(f"     {example}", dim=True)


def _commands() -> Iterator[str]:
    """What the person says, line by line: at a prompt on a terminal, else from standard input."""
    terminal = sys.stdin.isatty()
    while True:
        if terminal:
            try:
                line = input("keep, drop, edit? (k d e l q ?) ")
            except EOFError:
                return
        elif not (line := sys.stdin.readline()):
            return
        if line.strip():
            yield line.strip()


def _decide(group: Group, desk: Desk, commands: Iterator[str], counts: Counter[str]) -> bool:
    """What becomes of the lines of one group; whether to go on."""
    left = dict(enumerate(group.lines, 1))
    while left:
        said = next(commands, None)
        if said is None or said.lower() in ("q", "quit"):
            return False
        word, _, rest = said.partition(" ")
        if word in ("l", "later"):
            return True
        if word in ("e", "edit"):
            _edit(group, rest, desk, left, counts)
            continue
        chosen = _numbers(rest, left)
        if word not in ("k", "keep", "d", "drop") or not chosen:
            click.echo(
                HELP if word == "?" else f"  not understood: {said!r}; ? for help, lines {_those(left)} are left"
            )
            continue
        lines = [left.pop(k) for k in chosen]
        (desk.keep if word[0] == "k" else desk.drop)(group, lines)
        counts["kept" if word[0] == "k" else "dropped"] += len(lines)
    return True


def _numbers(rest: str, left: dict[int, str]) -> list[int]:
    """The lines that a command names, all that are left without a number; none where one of them is not there."""
    if not rest.strip():
        return list(left)
    named = [int(part) if part.isdigit() else 0 for part in rest.replace(",", " ").split()]
    return list(dict.fromkeys(named)) if all(number in left for number in named) else []


def _those(left: dict[int, str]) -> str:
    return ", ".join(map(str, left))


def _edit(group: Group, rest: str, desk: Desk, left: dict[int, str], counts: Counter[str]) -> None:
    """Keep one line in other words, if these mean what the key says."""
    from demeanor.data.drafts.draft import Draft

    number, _, words = rest.strip().partition(" ")
    line = left.get(int(number)) if number.isdigit() else None
    if line is None:
        click.echo(f"  e NUMBER WORDS; lines {_those(left)} are left")
        return
    words = words.strip() or _edited(line)
    reason = desk.acceptance(without=line).refused(Draft(group.key, group.register, words, "by hand"))
    if not words or reason:
        click.echo(f"  not kept: {reason or 'no words'}")
        return
    desk.keep(group, [line], {line: words})
    left.pop(int(number))
    counts["kept"] += 1


def _edited(line: str) -> str:
    """The line as a person changes it on a terminal; '' elsewhere."""
    if not sys.stdin.isatty():
        return ""
    try:
        import readline  # not everywhere
    except ImportError:
        return input("new words: ").strip()
    readline.set_startup_hook(lambda: readline.insert_text(line))
    try:
        return input("new words: ").strip()
    finally:
        readline.set_startup_hook(None)
