"""`synthesize`: dialogues and scenarios into the project; the run notes what was written and what fell away."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from demeanor.commands.common import OnProgress, description, quiet, whole_pool
from demeanor.data.coverage import Coverage
from demeanor.data.fix import Fixing
from demeanor.data.importing import Account, Imported, LeftOut, Looked, Taking, import_rasa, import_tau, take
from demeanor.data.private import Covering, Own
from demeanor.data.scenarios import draw_scenarios, need_key
from demeanor.data.synthesize import Plan, synthesize
from demeanor.dialogue import Dialogue, dump_dialogues, read_dialogues, read_line
from demeanor.errors import ConfigError
from demeanor.project import ProjectFolder, RunFolder, streamed, write_atomic
from demeanor.runtime.arm import load_player
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import POOLS, dump_scenarios


def write_dialogues(
    space: Workspace,
    count: int,
    seed: int,
    on_progress: OnProgress = quiet,
    *,
    openings: bool = False,
    hard: bool = False,
) -> tuple[RunFolder, Path]:
    """Write `count` dialogues by self-play into dialogues/, with the training part of the wording; none that the other
    files there have already.

    Args:
        openings: only their first message and the agent's turn on it.
        hard: what a finished agent still fails at, see `Plan`.
    """
    project = space.folder
    kind = "_".join([*(["hard"] if hard else []), "openings" if openings else "self_play"])
    path = project.dialogues_path / f"{kind}-{seed}.jsonl"
    others = [file for file in project.dialogue_files() if file != path]
    asked = {"count": str(count), "seed": str(seed), "kind": kind}
    inputs = {**description(space), **asked, **project.hash_inputs(*others)}
    with project.new_run("synthesize", inputs, seeds={"synthesize": seed}) as run:
        made: list[Dialogue] = []

        def drop(number: int, reason: str) -> None:
            run.note_dropped("dialogue", str(number), reason)

        there, coverage = [d for file in others for d in read_dialogues(file)], Coverage(space.agent)
        plan = Plan(space, "training", seed, openings, hard=hard)
        for dialogue in synthesize(plan, count, drop, there, coverage):
            made.append(dialogue)
            on_progress(len(made), count, "dialogues")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_dialogues(made))
        run.note("wrote", {str(path.relative_to(project.root)): len(made)})
        run.note("flows", coverage.rows())
    return run, path


def import_scenarios(
    space: Workspace, file: Path, pool: str, today: date, played_by: str = ""
) -> tuple[RunFolder, Path, Imported]:
    """Scenarios from another tool's tests, into a file of that name in the pool: Rasa's (YAML) or tau-bench's (JSON).

    Raises:
        ConfigError: they cannot be read, or a file of that name is there already.
    """
    project = space.folder
    if file.suffix == ".json":
        load_player(space, played_by)
        found = import_tau(space, file, today, played_by)
    else:
        found = import_rasa(space, file, today)
    path = project.scenarios_path / pool / f"{file.stem}.yaml"
    if path.exists():
        raise ConfigError("a file of this name is there already", file=path, fix="move it away, or rename the source")
    with project.new_run("import", {**description(space), "pool": pool, **project.hash_inputs(file)}) as run:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_scenarios(found.scenarios))
        run.note("wrote", {str(path.relative_to(project.root)): len(found.scenarios)})
        for name, what in found.left_out:
            run.note_dropped("expectation", name, what)
    return run, path, found


def import_conversations(
    space: ProjectFolder,
    looked: Sequence[Looked],
    name: str,
    keep: Sequence[str] = (),
    languages: Sequence[str] = (),
    on_progress: OnProgress = quiet,
) -> tuple[RunFolder, Path, Account]:
    """Other people's conversations into dialogues/; the run's left_out.jsonl has a line for all that is not there.

    The key of the placeholders is made of the files themselves: whoever has them, and nobody else, can make it again.

    Raises:
        ConfigError: a file cannot be read, or one of that name is there already.
    """
    path = space.dialogues_path / f"{name}.jsonl"
    if path.exists():
        raise ConfigError("a file of this name is there already", file=path, fix="take another name: --name")
    hashed = space.hash_inputs(*(one.file for one in looked))
    secret = hashlib.sha256("".join(sorted(hashed.values())).encode()).digest()
    taking, account = Taking(secret, frozenset(keep), tuple(languages)), Account()
    with space.new_run("import", {**hashed, "keep": " ".join(keep), "languages": " ".join(languages)}) as run:
        run.note("read as", {one.file.name: dict(one.shown()) for one in looked})
        with (
            tempfile.TemporaryFile("w+", encoding="utf-8", prefix="demeanor-import-") as between,
            (run.path / "left_out.jsonl").open("w", encoding="utf-8") as left_out,
        ):

            def note(left: LeftOut) -> None:
                row = {"place": str(left.place), "reason": left.reason, "conversation": left.conversation}
                left_out.write(json.dumps(row, ensure_ascii=False) + "\n")

            with streamed(path) as out:
                for dialogue in take(looked, taking, between, note, account):
                    out.write(dump_dialogues([dialogue]))
                    on_progress(account.dialogues, max(account.languages.total(), 1), "conversations")
        run.note("account", account.to_json())
        run.note("wrote", {str(path.relative_to(space.root)): account.dialogues})
        for reason, count in account.left_out.most_common():
            run.note_dropped("messages", f"{count} of them", reason)
    return run, path, account


def fix_dialogues(project: ProjectFolder, personal: bool) -> RunFolder:
    """Mend what needs no person in all files of dialogues/; in the run's `before` they lie as they were."""
    files = project.dialogue_files()
    hashed = project.hash_inputs(*files)
    own = Own()
    for file in files:  # all of them can be read before any is written
        for dialogue in read_dialogues(file):
            own.add(dialogue, dialogue.id)
    secret = hashlib.sha256("".join(sorted(hashed.values())).encode()).digest()
    fixing = Fixing(Covering(secret, own) if personal else None)
    with project.new_run("fix", hashed) as run:
        changed = []
        for file in files:
            name = file.relative_to(project.dialogues_path)
            before = file.read_bytes()
            mended = dump_dialogues(fixing.dialogues(read_dialogues(file))).encode()
            if list(read_dialogues(file)) != list(fixed_from(mended, file)):
                write_atomic(run.path / "before" / name, before)
                write_atomic(file, mended)
                changed.append(name.as_posix())
        run.note("changed", changed)
        run.note("fixed", dict(fixing.fixed.most_common()))
    return run


def fixed_from(text: bytes, file: Path) -> list[Dialogue]:
    """The dialogues of a text as they would be read from a file."""
    found = (read_line(line, file, number) for number, line in enumerate(text.split(b"\n"), 1))
    return [one for one in found if one is not None]


def write_scenarios(
    space: Workspace, pool: str, count: int, seed: int, rewordings: int = 1, kind: str = ""
) -> tuple[RunFolder, Path]:
    """Draw `count` scenarios for a pool, each seed in a file of its own; no need that stands in another file is used.

    The exam is worded by wording/exam/, and for what that leaves out by the general lines that no dialogue has.

    Args:
        pool: or a folder in one, "exam/behaviour", which is evaluated by itself.
        rewordings: how many scenarios share each need.
        kind: what they are about beside needs (data.scenarios.KINDS).
    """
    project = space.folder
    bank = pool.partition("/")[0]
    asked = {"pool": pool, "count": str(count), "seed": str(seed), "rewordings": str(rewordings)}
    inputs = {**description(space), **asked, **({"kind": kind} if kind else {})}
    with project.new_run("synthesize", inputs, seeds={"scenarios": seed}) as run:
        stem = kind or pool.rpartition("/")[2]
        path = project.scenarios_path / pool / (f"{stem}.yaml" if seed == 1 else f"{stem}-{seed}.yaml")
        # What the file holds already is drawn anew, so its needs are free.
        replaced = set(re.findall(r"^- id: (\S+)", path.read_text(encoding="utf-8"), re.M)) if path.exists() else set()
        taken = [need_key(s.goal) for p in POOLS for s in whole_pool(space, p) if s.id not in replaced]
        drawn = draw_scenarios(Plan(space, bank, seed), pool, count, taken, rewordings, kind)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_scenarios(drawn))
        run.note("wrote", {str(path.relative_to(project.root)): len(drawn)})
    return run, path
