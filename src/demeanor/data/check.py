"""Everything that is wrong with a project, in one pass: its files, its dialogues, its scenarios.

`check_project` never stops at the first problem and never raises for what it finds. Files are read by the
readers that every other command uses (checks/files.py), dialogues line by line, and each dialogue goes
through the list of small checks in checks/. Errors are what training and evaluation would refuse or learn
wrongly; warnings want a look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from demeanor.data.checks import (
    CHECKS,
    CONTENT_CHECKS,
    CONTENT_SET_CHECKS,
    SET_CHECKS,
    Known,
    Placed,
    Problem,
    Severity,
    Where,
)
from demeanor.data.checks.agreement import disagreements
from demeanor.data.checks.files import Files, from_error
from demeanor.data.checks.groups import EXAMPLES, Group, grouped
from demeanor.data.next import next_step
from demeanor.dialogue import PAGE, Dialogue, read_dialogues, read_line
from demeanor.errors import ConfigError, DemeanorError
from demeanor.project import ProjectFolder
from demeanor.project.folder import READ

__all__ = ["Counts", "Problem", "Report", "Severity", "Where", "check_dialogues", "check_project", "errors_of"]

GROUPS = ("flow", "outcome", "register", "source")
OTHER_FORMS = {
    ".json": "move it away and take it over: demeanor import FILE",
    ".gz": "move it away and take it over: demeanor import FILE",
    ".csv": "move it away and take it over: demeanor import FILE",
    ".tsv": "move it away and take it over: demeanor import FILE",
    ".parquet": "write it as JSONL: pandas.read_parquet(FILE).to_json(FILE.jsonl, orient='records', lines=True)",
}
"""Suffix of a file that nobody reads -> what to do with it."""
NONE = "none"  # how a missing flow, outcome, register or source is counted


@dataclass
class Counts:
    """What there is. `by` is group (flow, outcome, register, source) -> value -> dialogues.

    `scenarios` counts by pool. `unlabelled` dialogues carry no labels: whether they ask twice is not judged.
    """

    dialogues: int = 0
    messages: int = 0
    trained: int = 0
    unlabelled: int = 0
    by: dict[str, Counter[str]] = field(default_factory=lambda: {name: Counter() for name in GROUPS})
    scenarios: dict[str, int] = field(default_factory=dict)
    tools: int = 0
    passages: int = 0

    def add(self, dialogue: Dialogue) -> None:
        self.dialogues += 1
        self.messages += len(dialogue.messages)
        self.trained += sum(m.role == "assistant" and m.weight == 1 for m in dialogue.messages)
        self.unlabelled += not dialogue.metadata.get("labels")
        for name, counter in self.by.items():
            counter[str(dialogue.metadata.get(name) or NONE)] += 1


@dataclass
class Report:
    """All problems, in the order of the files, what was counted, and the first thing to do `next`."""

    problems: list[Problem] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    next: str = ""

    @property
    def errors(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "error"]

    @property
    def warnings(self) -> list[Problem]:
        return [p for p in self.problems if p.severity == "warning"]

    @property
    def groups(self) -> list[Group]:
        """The problems by cause: errors first, then what is found most often."""
        return grouped(self.problems)

    def refuse_errors(self) -> None:
        """Stop where there is an error.

        Raises:
            ConfigError: naming the first ones, by cause.
        """
        if wrong := [group for group in self.groups if group.severity == "error"]:
            told = [f"{group.examples[0].where}: {group.says} ({group.count})" for group in wrong]
            more = [f"and {len(told) - EXAMPLES} more kinds"] if len(told) > EXAMPLES else []
            text = "\n  ".join(["the project has errors:", *told[:EXAMPLES], *more])
            raise ConfigError(text, fix="demeanor check tells all of them, and how to mend them")

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON."""
        counts = {**asdict(replace(self.counts, by={})), "by": {name: dict(c) for name, c in self.counts.by.items()}}
        groups = [{**asdict(group), "examples": [asdict(one) for one in group.examples]} for group in self.groups]
        return {
            "ok": self.ok,
            "next": self.next,
            "counts": counts,
            "groups": groups,
            "problems": [asdict(p) for p in self.problems],
        }

    @property
    def ok(self) -> bool:
        """Nothing that training or evaluation would refuse."""
        return not self.errors


def check_project(project: ProjectFolder, content: bool = False) -> Report:
    """Look at everything in the project's folder. Raises nothing for what it finds.

    Args:
        content: read what the dialogues say, too: whether a yes is one, and where numbers come from.
    """
    files = Files(project)
    report = Report([*files.problems, *disagreements(files)])
    placed = list(_read(project, report))
    if files.agent is not None:
        passages = {p.id: (p.sha256, f"{p.title}\n{p.text}") for p in files.passages.values()}
        pages = "\n".join(text for _, text in passages.values())
        known = Known(files.agent, files.reader, files.tools, passages, pages, files.scenarios)
        report.problems += check_dialogues(placed, known, content)
    for item in placed:
        report.counts.add(item.dialogue)
    report.counts.scenarios = {pool: len(scenarios) for pool, scenarios in files.scenarios.items()}
    report.counts.tools, report.counts.passages = len(files.tools or ()), len(files.passages)
    report.problems += _not_checked(project, files, placed, report)
    counts = report.counts
    report.next = next_step(project, files.agent, report.errors, counts.dialogues, counts.scenarios)
    if files.world is not None:
        files.world.close()
    return report


def errors_of(project: ProjectFolder, dialogues: Sequence[Dialogue]) -> dict[str, str]:
    """Dialogue -> what training would refuse or learn wrongly in it, of dialogues that do not lie in the project
    yet."""
    files = Files(project)
    if files.world is not None:
        files.world.close()
    if files.agent is None:
        return {}
    passages = {p.id: (p.sha256, f"{p.title}\n{p.text}") for p in files.passages.values()}
    known = Known(files.agent, files.reader, files.tools, passages, "\n".join(text for _, text in passages.values()))
    placed = [Placed(d, Where("", number, None, d.id)) for number, d in enumerate(dialogues, 1)]
    found: dict[str, str] = {}
    for item in placed:
        wrong = (why for check in CHECKS for severity, _, why, _ in check(item.dialogue, known) if severity == "error")
        if (why := next(wrong, None)) is not None:
            found[item.dialogue.id] = why
    return found


def _not_checked(project: ProjectFolder, files: Files, placed: list[Placed], report: Report) -> Iterator[Problem]:
    """What nobody should take for checked."""
    where = Where(project.dialogues_path.relative_to(project.root).as_posix())
    if placed and files.agent is None:
        text, fix = "the dialogues were read, but not checked", "mend agent.yaml, then check again"
        yield Problem("warning", where, text, fix, "dialogues")
    if not placed and not any(p.check == "dialogues" for p in report.problems):
        fix = "demeanor synthesize" if _played(files) else "write some on a page: demeanor import script.md"
        yield Problem("warning", where, "there are no dialogues yet", fix, "dialogues")


def _played(files: Files) -> bool:
    """Whether simulated users have something to want, so that dialogues can be played."""
    return files.agent is None or bool(files.agent.tasks()) or any(files.questions.values())


def check_dialogues(placed: list[Placed], known: Known, content: bool = False) -> Iterator[Problem]:
    """What the checks find in some dialogues: one by one, then in the set."""
    for item in placed:
        for check in (*CHECKS, *(CONTENT_CHECKS if content else ())):
            for severity, index, message, fix in check(item.dialogue, known):
                where = Where(item.where.file, item.where.line, None, item.dialogue.id, index)
                yield Problem(severity, where, message, fix, check.__name__)
    for set_check in (*SET_CHECKS, *(CONTENT_SET_CHECKS if content else ())):
        yield from set_check(placed, known)


# ---------------------------------------------------------------------------------------------------- reading


def _read(project: ProjectFolder, report: Report) -> Iterator[Placed]:
    """Every dialogue that can be read; what cannot is a problem and is passed over, and so are files of other kinds."""
    for file in (*project.dialogue_files(), *project.correction_files()):
        name = file.relative_to(project.root).as_posix()
        if file.suffix == PAGE:
            yield from _on_page(file, name, project, report)
            continue
        try:
            lines = file.read_bytes().split(b"\n")
        except OSError as error:
            report.problems.append(_unreadable(Where(name), str(error), "see that the file may be read"))
            continue
        for number, line in enumerate(lines, 1):
            try:
                found = read_line(line, file, number)
            except DemeanorError as error:
                report.problems.append(from_error(error, "dialogues", project.root))
                continue
            if found is not None:
                yield Placed(found, Where(name, number, None, found.id))
    for file in project.unread_files():
        where = Where(file.relative_to(project.root).as_posix())
        read = " or ".join(READ)
        fix = OTHER_FORMS.get(file.suffix, f"only files that end in {read} are read: take it away, or rename it")
        text = f"files that end in {file.suffix or 'nothing'} are not read"
        report.problems.append(Problem("warning", where, text, fix, "unread_file"))


def _on_page(file: Path, name: str, project: ProjectFolder, report: Report) -> Iterator[Placed]:
    """The dialogues of a Markdown page, which is read whole or not at all."""
    try:
        for one in read_dialogues(file):
            yield Placed(one, Where(name, one.origin[1] if one.origin else None, None, one.id))
    except DemeanorError as error:
        report.problems.append(from_error(error, "dialogues", project.root))


def _unreadable(where: Where, message: str, fix: str) -> Problem:
    return Problem("error", where, message, fix, "dialogues")
