"""`wording`: drafts of what users say in this project, what is thin, and the review in which a person decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from demeanor.commands.common import description
from demeanor.data.drafts.accept import Acceptance
from demeanor.data.drafts.bankfile import put
from demeanor.data.drafts.customers import SOURCE as CUSTOMERS
from demeanor.data.drafts.customers import from_customers
from demeanor.data.drafts.described import described
from demeanor.data.drafts.draft import Draft, Drafts, Group
from demeanor.data.drafts.served import served
from demeanor.data.drafts.thin import Thin, thin
from demeanor.dialogue import Dialogue, read_dialogues, read_transcripts
from demeanor.errors import ConfigError
from demeanor.models.model import Model
from demeanor.project import RunFolder
from demeanor.runtime.arm import load_player
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.defaults import is_beside, own_lines, own_phrases
from demeanor.simulation.wording.project import Wording
from demeanor.text import words

BANKS = ("training", "exam")
FILE, DRAFTS = "user.yaml", "drafts.yaml"
EXAMS_OF_TEN = 3
"""Of ten conversations with customers: those that give lines to the exam, and none to dialogues."""


@dataclass
class Drafted:
    """What a command drafted: how many lines by source, what waits, and what was refused or left out, by reason."""

    file: Path
    by_source: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[Draft, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    waiting: int = 0


class Desk:
    """The wording of one bank of a project, and its drafts."""

    def __init__(self, space: Workspace, bank: str) -> None:
        if bank not in BANKS:
            raise ConfigError("no such bank to draft for", field="bank", found=bank, allowed=BANKS)
        self.space, self.bank = space, bank
        folder = space.folder.wording_path
        self.folder = folder if bank == "training" else folder / bank
        self.file, self.waiting = self.folder / FILE, self.folder / DRAFTS
        other = folder / "exam" if bank == "training" else folder
        self.other, self.others_drafts = other / FILE, other / DRAFTS
        self.drafts = Drafts.read(self.waiting)

    # ------------------------------------------------------------------ drafting

    def draft(self, files: Sequence[Path] = (), server: str | Model = "", count: int = 8) -> tuple[RunFolder, Drafted]:
        """Draft what is particular to the project, accept what reads back as meant, and keep it for review.

        Args:
            files: conversations beside those of dialogues/.
            server: an endpoint, or any model that takes messages; it writes lines in registers, `count` for each key
                and register.
        """
        space = self.space
        model = load_player(space, server) if isinstance(server, str) and server else server
        sources = [*space.folder.dialogue_files(), *files]
        inputs = {**description(space), "bank": self.bank, **space.folder.hash_inputs(*sources)}
        with space.folder.new_run("wording", inputs) as run:
            done = Drafted(self.waiting)
            heard = from_customers(space.agent, space.reader, self._conversations(sources), self._known_words())
            done.left_out = heard.left_out
            made: list[Draft] = [*heard.drafts, *described(space.agent, self.bank)]
            made += served(space.agent, model, self.bank, count) if model and not isinstance(model, str) else []
            accepted = []
            for one, reason in self.acceptance().accept(made):
                if reason:
                    done.refused[_kind(reason)] += 1
                    done.refusals.append((one, reason))
                    told = "" if one.source == CUSTOMERS else one.text  # what customers wrote stays in dialogues/
                    run.note_dropped("draft", f"{one.key} {one.register}: {told}", _kind(reason))
                else:
                    accepted.append(one)
                    done.by_source[one.source] += 1
            for reason, times in heard.left_out.items():
                run.note_dropped("messages of customers", str(times), reason)
            self.drafts.add(accepted)
            self.save()
            done.waiting = sum(1 for _ in self.drafts.texts())
            run.note("drafted", dict(done.by_source))
        return run, done

    def acceptance(self, without: str = "") -> Acceptance:
        """Reads drafts back in this bank's words; knows every line that either bank has, or once had dropped.

        Args:
            without: a draft that another one is to take the place of.
        """
        waiting = [line for line in self.drafts.texts() if line != without]
        there = [*_lines_of(self.file), *_lines_of(self.other), *waiting, *self.drafts.dropped]
        there += Drafts.read(self.others_drafts).texts()
        general = "" if self.bank == "training" else self.bank
        return Acceptance(self.space.agent, self.space.reader, Wording(self.space).users(general), there)

    def _conversations(self, files: Iterable[Path]) -> Iterator[Dialogue]:
        """Each conversation speaks for one bank, by the hash of its text: no customer is heard in both."""
        for file in files:
            for dialogue in read_transcripts(file) if file.suffix == ".md" else read_dialogues(file):
                said = "\n".join(message.content for message in dialogue.messages)
                exam = int(sha256(said.encode()).hexdigest()[:8], 16) % 10 < EXAMS_OF_TEN
                if exam == (self.bank == "exam"):
                    yield dialogue

    def _known_words(self) -> set[str]:
        """Words that name nobody: those of the agent, its tools and its pages."""
        space = self.space
        pages = (f"{page.title} {page.text}" for page in space.passages)
        agent = space.agent.file.read_text(encoding="utf-8")
        examples = {
            w for s in space.agent.slots.values() for e in s.examples for w in words(e).split() if s.type == "name"
        }
        return {*words(" ".join([agent, space.system, *pages])).split()} - examples

    # ------------------------------------------------------------------ review

    def keep(self, group: Group, lines: Sequence[str], instead: Mapping[str, str] | None = None) -> None:
        """Move lines of a group into the bank, some of them in other words."""
        place = Draft(group.key, group.register, "", "").place
        put(self.file, {place: [(instead or {}).get(line, line) for line in lines]})
        self.drafts.settle(group, lines)
        self.save()

    def drop(self, group: Group, lines: Sequence[str]) -> None:
        """Take lines of a group away for good."""
        self.drafts.dropped += lines
        self.drafts.settle(group, lines)
        self.save()

    def save(self) -> None:
        self.drafts.write(self.waiting, self.bank)

    # ------------------------------------------------------------------ what is thin

    def thin(self) -> Thin:
        """Where this bank is thin; drafts that wait count as if they were kept."""
        asked = {
            q.passage for q in Wording(self.space).questions("" if self.bank == "training" else self.bank).values()
        }
        unasked = sum(p.id not in asked and self.space.is_open(p.id) for p in self.space.passages)
        lines, phrases = own_lines(self.file), own_phrases(self.file)
        for one in (draft for group in self.drafts.groups for draft in group.drafts()):
            if one.register:
                lines.setdefault(one.key, {}).setdefault(one.register, []).append(one.text)
            else:
                phrases.setdefault(one.key.partition(".")[2], []).append(one.text)
        beside = is_beside(self.file) or not self.file.exists()
        return thin(self.space.agent, lines, phrases, beside, unasked)


def _lines_of(file: Path) -> Iterator[str]:
    yield from (line for bank in own_lines(file).values() for lines in bank.values() for line in lines)
    yield from (line for lines in own_phrases(file).values() for line in lines)


def _kind(reason: str) -> str:
    """A reason without what it is about, for counting."""
    for kind in ("is read as", "beside its places", "examples to read it back"):
        if kind in reason:
            return {"is read as": "read as something else", "beside its places": "tells more than its places"}.get(
                kind, "no examples to read it back with"
            )
    return reason.partition(":")[0]
