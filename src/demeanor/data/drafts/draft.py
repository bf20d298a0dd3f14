"""Drafts, and the file in which they wait for a person: wording/drafts.yaml, or wording/exam/drafts.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pydantic import Field, TypeAdapter

from demeanor.data.drafts.bankfile import quoted
from demeanor.errors import ConfigError
from demeanor.project import write_atomic
from demeanor.project.yamlfile import read_yaml
from demeanor.project.yamlmodel import FileModel, Text, TextList, read_model
from demeanor.simulation.wording.user import REGISTERS

VALUES = "values"
HEADER = """\
# Drafts for {bank}, read back by program and by no person yet. `demeanor wording{option} --review` goes through them;
# what is kept moves there, what is dropped is not drafted again. Lines may be changed here, too: docs/wording.md.
"""


@dataclass(frozen=True)
class Draft:
    """A line that users might say.

    `key`: as in user.yaml, "open.book_a_room", "inform.day", "values.service=brakes". `register`: '' for values.
    `source`: where it comes from, in words. `times`: in how many conversations it was said, of what was heard.
    """

    key: str
    register: str
    text: str
    source: str
    times: int = 0

    @property
    def place(self) -> tuple[str, ...]:
        """Where it stands in user.yaml."""
        return tuple(part for part in (*self.key.split(".", 1), self.register) if part)


@dataclass(frozen=True)
class Group:
    """Lines of one key, register and source: what is looked at together."""

    key: str
    register: str
    source: str
    lines: tuple[str, ...]

    @property
    def title(self) -> str:
        return ", ".join(part for part in (self.key, self.register) if part)

    def drafts(self) -> list[Draft]:
        return [Draft(self.key, self.register, line, self.source) for line in self.lines]


class GroupFile(FileModel):
    """An entry of drafts.yaml."""

    key: Text
    manner: Literal[*REGISTERS] | None = Field(None, alias="register")  # type: ignore[valid-type]
    source: Text = "by hand"
    lines: TextList


class DraftsFile(FileModel):
    """drafts.yaml as it is written."""

    drafts: list[GroupFile] = Field(default_factory=list)
    dropped: TextList | None = None


@dataclass
class Drafts:
    """What waits for a person, and what a person did not want."""

    groups: list[Group] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Drafts:
        """The drafts of a file; none where there is no file.

        Raises:
            ConfigError: all that is wrong with it, with line and field.
        """
        if not file.exists():
            return cls()
        raw, lines = read_yaml(file, all_text=True)
        if not isinstance(raw, dict):
            raise ConfigError("expected drafts: and dropped:", file=file, found=raw, fix="demeanor wording writes them")
        raw = {key: entry for key, entry in raw.items() if entry not in (None, "")}
        read = read_model(TypeAdapter(DraftsFile), raw, file, lines)
        groups = [Group(g.key, g.manner or "", g.source, tuple(g.lines)) for g in read.drafts]
        return cls(groups, list(read.dropped or ()))

    def write(self, file: Path, bank: str) -> None:
        """Write them; where nothing is left, the file goes."""
        self.groups = [group for group in self.groups if group.lines]
        if not self.groups and not self.dropped:
            file.unlink(missing_ok=True)
            return
        option = "" if bank == "training" else f" --bank {bank}"
        rows = [HEADER.format(bank=f"wording/{'' if bank == 'training' else bank + '/'}user.yaml", option=option)]
        rows += ["drafts:\n"] if self.groups else []
        for group in self.groups:
            named = {"key": group.key, "register": group.register, "source": group.source}
            fields = [f"{name}: {quoted(text, plain=True)}\n" for name, text in named.items() if text]
            rows += ["  - " + "    ".join(fields) + "    lines:\n"]
            rows += [f"      - {quoted(line)}\n" for line in group.lines]
        rows += ["dropped:\n", *(f"  - {quoted(line)}\n" for line in self.dropped)] if self.dropped else []
        write_atomic(file, "".join(rows))

    def add(self, drafts: Iterable[Draft]) -> None:
        """Drafts more, beside those of their kind; kinds stand by key, then by register."""
        kinds: dict[tuple[str, str, str], list[str]] = {}
        for one in (*(draft for group in self.groups for draft in group.drafts()), *drafts):
            kinds.setdefault((one.key, one.register, one.source), []).append(one.text)
        keys = list(dict.fromkeys(key for key, _, _ in kinds))
        order = sorted(kinds, key=lambda kind: (keys.index(kind[0]), ("", *REGISTERS).index(kind[1])))
        self.groups = [Group(*kind, tuple(kinds[kind])) for kind in order]

    def settle(self, group: Group, lines: Iterable[str]) -> None:
        """Take lines of a group away, whether they were kept or dropped."""
        gone, kind = set(lines), (group.key, group.register, group.source)
        self.groups = [
            replace(g, lines=tuple(line for line in g.lines if line not in gone))
            if (g.key, g.register, g.source) == kind
            else g
            for g in self.groups
        ]

    def texts(self) -> Iterator[str]:
        return (line for group in self.groups for line in group.lines)
