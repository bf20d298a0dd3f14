"""A project and its runs, as Python sees them: every command of the command line is a method here.

What each command does stands in the module of its kind beside this one; here they are named, documented and joined.
The arm that was loaded last is kept, so that many sessions share one engine. What a method needs is imported where
it is used: most commands need little of the house, and `demeanor check` should not wait for the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from demeanor.agent import Agent
from demeanor.agent.slots import Resolved, Unresolved, resolve
from demeanor.commands.common import OnProgress, ShowProgress, quiet, selection_scenarios, today_of, unseen
from demeanor.dialogue import Dialogue, dump_dialogues, read_dialogues, read_transcripts
from demeanor.errors import ConfigError, RunError
from demeanor.project import ProjectFolder, Promotions, Record, RunFolder, copy_template, write_atomic
from demeanor.runtime.session import Session
from demeanor.runtime.tools import Tool
from demeanor.runtime.workspace import Workspace
from demeanor.training.settings import FILE, Settings, read_settings

if TYPE_CHECKING:
    from demeanor.commands.correcting import Reviewed
    from demeanor.commands.curve import Point
    from demeanor.commands.improving import Improved
    from demeanor.commands.promoting import Decision, Need
    from demeanor.commands.watching import Status
    from demeanor.commands.wording import Desk
    from demeanor.data.check import Report
    from demeanor.data.importing import Account, Imported
    from demeanor.evaluation.compare import Comparison
    from demeanor.evaluation.explanation import Explanation
    from demeanor.evaluation.scorecard import Scorecard
    from demeanor.improvement.rules import Rules
    from demeanor.improvement.shadow import Comparison as ShadowComparison
    from demeanor.improvement.shadow import Shadowed
    from demeanor.improvement.watch import Alert, Watched
    from demeanor.runtime.arm import Arm
    from demeanor.serving.export import Parity
    from demeanor.training.computed import Computed
    from demeanor.training.config import Estimate
    from demeanor.training.shape import Shape


class Project:
    """One agent: its folder, and what can be done with it.

    Methods that take a run take a `Run`, an id, a unique beginning of one, or "latest" ("latest:evaluate" for the
    newest of one command). Work that takes long tells `on_progress` (done, all, words).

    Raises:
        ConfigError: by everything that reads the folder: a file is wrong, with its line and the way to mend it.
    """

    def __init__(self, folder: ProjectFolder) -> None:
        self.folder = folder
        self._loaded: tuple[tuple[str, str], Arm] | None = None

    @classmethod
    def open(cls, path: str | Path | None = None) -> Project:
        """The project in this folder, or in the nearest one above it; here without a path."""
        return cls(ProjectFolder.find(Path(path) if path is not None else None))

    @classmethod
    def init(cls, path: str | Path, template: str = "blank") -> Project:
        """A new project from a template ("blank", "hotel", "card" ...), in a folder that is not there yet."""
        copy_template(template, Path(path))
        return cls.open(path)

    def __repr__(self) -> str:
        return f"Project({str(self.path)!r})"

    # ------------------------------------------------------------------ what it is

    @property
    def path(self) -> Path:
        return self.folder.root

    @cached_property
    def space(self) -> Workspace:
        """The folder, loaded. Private by place: what is in it may change."""
        return Workspace.load(self.folder)

    @property
    def agent(self) -> Agent:
        """What agent.yaml says."""
        return self.space.agent

    @property
    def tools(self) -> Mapping[str, Tool]:
        """The tools of tools.py, by name."""
        return self.space.tools

    def runs(self, command: str | None = None) -> list[Run]:
        """All runs, oldest first; of one command if named."""
        return [Run(self, folder) for folder in self.folder.runs(command)]

    def run(self, name: str | Run) -> Run:
        """One run.

        Raises:
            RunError: none or several are meant.
        """
        return name if isinstance(name, Run) else Run(self, self.folder.run(name))

    # ------------------------------------------------------------------ data

    def check(self, content: bool = False) -> Report:
        """Everything that is wrong in the folder; never raises for what it finds.

        Args:
            content: read what the dialogues say, too: whose yes is one, and where numbers come from.
        """
        from demeanor.data.check import check_project

        return check_project(self.folder, content)

    def fix(self, personal: bool = False) -> Run:
        """Mend in dialogues/ what needs no person; the files as they were are kept in the run.

        Args:
            personal: put placeholders in the place of personal data, too.

        Raises:
            DialogueError: a line cannot be read; nothing is changed then.
        """
        from demeanor.commands import writing

        return Run(self, writing.fix_dialogues(self.folder, personal))

    def synthesize(
        self,
        count: int = 400,
        *,
        seed: int = 1,
        openings: bool = False,
        hard: bool = False,
        on_progress: OnProgress = quiet,
    ) -> Run:
        """Write dialogues by self-play into dialogues/.

        Args:
            openings: only the first exchange of each.
            hard: questions in a row, questions without an answer, orders of the day.
        """
        from demeanor.commands import writing

        made, _ = writing.write_dialogues(self.space, count, seed, on_progress, openings=openings, hard=hard)
        return Run(self, made)

    def draw_scenarios(self, pool: str, count: int, *, seed: int = 1, rewordings: int = 1, kind: str = "") -> Run:
        """Draw scenarios into a pool (practice, selection, exam, or a folder in one: exam/NAME).

        Args:
            rewordings: how many scenarios share each need.
            kind: what they are about beside needs: planted, altered, long, nudged.
        """
        from demeanor.commands import writing

        return Run(self, writing.write_scenarios(self.space, pool, count, seed, rewordings, kind)[0])

    def import_scenarios(
        self, file: str | Path, pool: str = "selection", today: date | None = None, played_by: str = ""
    ) -> tuple[Run, Imported]:
        """Take over Rasa's end-to-end tests (YAML) or tau-bench's tasks (JSON); what has no like here is named."""
        from demeanor.commands import writing

        day = today or today_of(self.space)
        made, _, found = writing.import_scenarios(self.space, Path(file), pool, day, played_by)
        return Run(self, made), found

    def import_conversations(
        self,
        *files: str | Path,
        columns: Mapping[str, str] | None = None,
        name: str = "",
        keep: Sequence[str] = (),
        languages: Sequence[str] = (),
        on_progress: OnProgress = quiet,
    ) -> tuple[Run, Account]:
        """Take over conversations from exports of help desks and from datasets (docs/importing.md).

        Args:
            columns: what --map says: "text", "speaker", "conversation", "time", "user", "agent", "name", "note".
            name: of the file in dialogues/ [default: the first file's].
            keep: kinds of personal data that are not replaced.
            languages: that are wanted [default: the most common one].

        Raises:
            ConfigError: a file cannot be read, or it cannot be told who says what in it.
        """
        from demeanor.commands import writing
        from demeanor.data.importing import look_at

        looked = look_at([Path(file) for file in files], columns)
        stem = name or looked[0].file.name.partition(".")[0]
        made, _, account = writing.import_conversations(self.folder, looked, stem, keep, languages, on_progress)
        return Run(self, made), account

    def import_dialogues(self, file: str | Path) -> Path:
        """Take over a Markdown page of dialogues (docs/dialogues.md) as a file of dialogues/; its path.

        Raises:
            DialogueError: a line cannot be read.
            ConfigError: a file of this name is there already.
        """
        page = Path(file)
        return self.add_dialogues(page.stem, read_transcripts(page))

    def dialogues(self) -> list[Dialogue]:
        """All that dialogues/ holds, file by file.

        Raises:
            DialogueError: a line is malformed, with its file, line and field.
        """
        return [d for file in self.folder.dialogue_files() for d in read_dialogues(file)]

    def add_dialogues(self, name: str, dialogues: Iterable[Dialogue]) -> Path:
        """Write dialogues into a new file of dialogues/, whole or not at all.

        Raises:
            ConfigError: a file of this name is there already.
        """
        path = self.folder.dialogues_path / f"{name}.jsonl"
        if path.exists():
            raise ConfigError("a file of this name is there already", file=path, fix="take another name")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_dialogues(dialogues))
        return path

    def wording(self, bank: str = "training") -> Desk:
        """What users say in this project alone: `draft`, `drafts`, `keep`, `drop`, and where it is `thin`.

        Args:
            bank: "training", or "exam", whose lines no dialogue has.
        """
        from demeanor.commands.wording import Desk

        return Desk(self.space, bank)

    def mask(self, dialogue: str) -> list[tuple[str, bool]]:
        """A dialogue as training reads it: pieces of text, and whether they are trained."""
        from demeanor.commands import learning

        return learning.show_mask(self.space, dialogue)

    # ------------------------------------------------------------------ learning

    def settings(self, config: str | Path | None = None, **said: Any) -> Settings:
        """How to train: as a file says (`train.yaml` of the folder where none is named), and over it what is said."""
        usual = self.path / FILE
        file = Path(config) if config is not None else usual if usual.is_file() else None
        return (read_settings(file) if file else Settings()).merged(said)

    def train(
        self,
        settings: Settings | None = None,
        *,
        start: str | Run | None = None,
        harvest: str | Run | None = None,
        new: Sequence[str] = (),
        corrections: bool = False,
        resume: str | Run | None = None,
        label: str = "",
        on_progress: OnProgress = quiet,
        on_estimate: Callable[[Estimate], None] = lambda estimate: None,
        **said: Any,
    ) -> Run:
        """Fine-tune the base model on the folder's dialogues (LoRA), or go on from a run.

        Args:
            settings: all of them; or say single ones by name (`epochs=2, learning_rate=1e-3`), see `Settings`.
            start: go on from this training run.
            harvest: train on the corrections of this harvest, with replay of earlier dialogues.
            new: train on these files of dialogues/, with replay of the others.
            corrections: train on corrections/ alone, with replay; they take part in every other training, too.
            resume: take up an interrupted training run again.
            on_estimate: told before the first step how long it will take and how much memory.

        Raises:
            ModelError: the weights or the libraries for them are missing.
        """
        from demeanor.commands import learning

        wanted = settings.merged(said) if settings is not None else self.settings(**said)
        made = learning.train(
            self.space,
            wanted,
            start=_name(start),
            harvest=_name(harvest),
            new=new,
            corrections=corrections,
            label=label,
            resume=_name(resume),
            on_progress=on_progress,
            on_estimate=on_estimate,
        )
        return Run(self, made)

    def estimate_training(
        self, settings: Settings | None = None, *, shape: str = "", **said: Any
    ) -> tuple[Shape, int, list[Computed]]:
        """What a first round would take, computed from the model's shape and not measured: the shape, the number of
        steps, and time and memory on this machine and on well-known GPUs, in bf16 and in 4 bits.

        Args:
            shape: of a well-known model ("llama-3.1-8b"), in place of the base model's.

        Raises:
            ModelError: no such shape, or the base model, whose tokenizer counts, is missing.
        """
        from demeanor.commands import learning

        wanted = settings.merged(said) if settings is not None else self.settings(**said)
        return learning.estimate_training(self.space, wanted, shape)

    def harvest(self, evaluation: str | Run = "latest:evaluate", seed: int = 0) -> Run:
        """Corrections of the failures of an evaluation of the practice pool: what the next round trains on."""
        from demeanor.commands import learning

        return Run(self, learning.harvest_failures(self.space, str(_name(evaluation)), seed)[0])

    def review(self, places: Iterable[str | Path]) -> Reviewed:
        """Take the corrections that reviewers left in files and folders of transcripts into corrections/, each once;
        every training learns from them.
        """
        from demeanor.commands import correcting

        return correcting.review(self.space, [Path(place) for place in places])

    def read(self, slot: str, text: str, today: date | None = None) -> Resolved | Unresolved:
        """What a user's words mean for a slot on a day (today, by the calendar): a value, or why they are asked back.

        Raises:
            ConfigError: the agent has no such slot, or it takes what a tool offers.
        """
        slots = self.space.agent.slots
        known = [name for name, one in slots.items() if one.type != "option"]
        if slot not in known:
            raise ConfigError("no such slot to read", file=self.space.agent.file, found=slot, allowed=known)
        return resolve(slots[slot], text, today or date.today())

    def improve(
        self,
        start: str | Run = "latest",
        *,
        rounds: int = 1,
        practice: int = 260,
        goal: str | None = None,
        promote: bool = False,
        seed: int = 1,
        settings: Settings | None = None,
        engine: str = "auto",
        show: ShowProgress = unseen,
        say: Callable[[str], None] = lambda words: None,
    ) -> Improved:
        """Rounds of practise, harvest, check, train on, evaluate; then the exam and the gate. Called again after it was
        stopped, it goes on where it was.

        Args:
            start: the training to go on from, or "promoted".
            practice: conversations a round; needs that failed come back in other words.
            goal: the measure that must get better.
            promote: put the best candidate in force, if the gate lets it.
        """
        from demeanor.commands import improving, learning

        said = self.settings().differing() if settings is None else settings.differing()
        wanted = improving.ROUND.merged(said)

        def train(parent: str, harvest: str, resume: str | None, on_progress: OnProgress) -> RunFolder:
            self._loaded = None  # a model that waits is in the way of training
            return learning.train(
                self.space, wanted, start=parent, harvest=harvest, resume=resume, on_progress=on_progress
            )

        rules = self._rules(goal)
        asked = improving.Asked(str(_name(start)), rounds, practice, rules.goal, promote, seed)
        made = improving.Improvement(
            self.space, asked, rules, load=lambda name: self.arm(name, engine), train=train, show=show, say=say
        )
        return made.run()

    # ------------------------------------------------------------------ proof

    def precision(self, pool: str = "exam", limit: int | None = None, wording: str = "") -> str:
        """What so many scenarios can tell, in a sentence, before any is run."""
        from demeanor.commands import evaluating

        return evaluating.precision_of(self.space, pool, limit, wording)

    def evaluate(
        self,
        arm: str | Run = "latest",
        pool: str = "exam",
        *,
        limit: int | None = None,
        trials: int = 1,
        wording: str = "",
        label: str = "",
        engine: str = "auto",
        on_progress: OnProgress = quiet,
    ) -> Run:
        """Let simulated users talk to an arm, and judge what happens. The run has the `scorecard`.

        Args:
            arm: "base", a training run, "latest", an endpoint of endpoints.yaml, or an agent that can do nothing:
                "silent", "echo", "defer".
            limit: only so many scenarios, evenly spread.
            trials: of each scenario, every one in other words.
            wording: users speak another bank's words: "training" for the wording gap, "exam2" for a release.
        """
        from demeanor.commands import evaluating

        name = str(_name(arm))
        done = evaluating.evaluate(
            self.space,
            name,
            pool,
            limit=limit,
            label=label,
            on_progress=on_progress,
            arm=self.arm(name, engine),
            trials=trials,
            wording=wording,
        )
        return Run(self, done.run)

    def judge(
        self, evaluation: str | Run = "latest:evaluate", *, on_progress: OnProgress = quiet
    ) -> tuple[Run, dict[str, str]]:
        """Judge an evaluation's conversations again, without generating; and those left out, with the reason."""
        from demeanor.commands import judging

        done, left_out = judging.judge_run(self.space, str(_name(evaluation)), on_progress=on_progress)
        return Run(self, done.run), left_out

    def compare(self, first: str | Run, second: str | Run) -> Run:
        """Compare two evaluations of the same scenarios, pair by pair. The run has the `comparison`, second - first."""
        from demeanor.commands import evaluating

        return Run(self, evaluating.compare_runs(self.space, str(_name(first)), str(_name(second)))[0])

    def compare_arms(
        self,
        names: Sequence[str],
        pool: str = "exam",
        *,
        limit: int | None = None,
        engine: str = "auto",
        price_per_hour: float | None = None,
        show: ShowProgress = unseen,
    ) -> tuple[Run, list[Scorecard], list[Comparison]]:
        """Evaluate arms by their parts ("base+prompt", "tuned+retrieval") and compare the last with each other one."""
        from demeanor.commands import evaluating

        how: dict[str, Any] = {"limit": limit, "engine": engine, "price_per_hour": price_per_hour, "show": show}
        made, cards, comparisons = evaluating.evaluate_arms(self.space, names, pool, **how)
        return Run(self, made), cards, comparisons

    def curve(
        self,
        sizes: Sequence[int | None] = (0, 50, 100, 200, 400, None),
        pool: str = "selection",
        *,
        limit: int | None = None,
        settings: Settings | None = None,
        engine: str = "auto",
        show: ShowProgress = unseen,
    ) -> tuple[Run, list[Point], str]:
        """Train on more and more dialogues and evaluate each; the points, and whether more would help."""
        from demeanor.commands.curve import learning_curve

        wanted = settings or self.settings()
        made, points, advice = learning_curve(
            self.space, sizes, pool, limit=limit, settings=wanted, engine=engine, show=show
        )
        return Run(self, made), points, advice

    def explain(
        self,
        run: str | Run = "latest",
        count: int = 24,
        *,
        engine: str = "auto",
        on_step: Callable[[str], None] = lambda words: None,
    ) -> tuple[Run, Explanation]:
        """What tuning changed in the model of a training run, measured on fresh dialogues."""
        from demeanor.commands.explaining import explain_run
        from demeanor.runtime.arm import local_needed

        local_needed()
        made, found = explain_run(self.space, str(_name(run)), count, engine=engine, on_step=on_step)
        return Run(self, made), found

    # ------------------------------------------------------------------ who serves

    def needed(self, pool: str = "exam", goal: str | None = None) -> list[Need]:
        """How many scenarios the gate takes, category by category, before any is run."""
        from demeanor.commands import promoting

        return promoting.needed(self.space, pool, self._rules(goal))

    def promote(
        self,
        run: str | Run = "latest",
        pool: str = "exam",
        *,
        goal: str | None = None,
        engine: str = "",
        served: str | Path | None = None,
    ) -> Decision:
        """Put a training run in the promoted agent's place, if the gate lets it: it is better on the goal by the paired
        test, no category is worse than its margin, and no evidence is missing. Whoever asks for "promoted" gets it in
        new conversations.

        Args:
            goal: the measure on which it must be better.
            engine: what will serve it, where that is not what was evaluated.
            served: the folder of the export that will serve it.

        Raises:
            RunError: it is no finished training, or the promoted agent already.
        """
        from demeanor.commands import promoting

        place = Path(served) if served is not None else None
        return promoting.promote(self.space, str(_name(run)), pool, self._rules(goal), engine=engine, served=place)

    def rollback(self) -> Record:
        """Put the agent that was promoted before in force again.

        Raises:
            RunError: there is none, or it is not there any more.
        """
        from demeanor.commands import promoting

        return promoting.rollback(self.space)

    def promotions(self) -> list[Record]:
        """What was in force, the present agent first: when, which run, and the hashes of all that it is made of."""
        return Promotions(self.path).history()

    def _rules(self, goal: str | None) -> Rules:
        from demeanor.improvement.rules import read_rules

        rules = read_rules(self.path)
        return rules.aimed(goal) if goal else rules

    def shadow(
        self,
        run: str | Run,
        places: Iterable[str | Path] = (),
        *,
        limit: int | None = None,
        engine: str = "auto",
        on_progress: OnProgress = quiet,
    ) -> tuple[Run, ShadowComparison, list[Shadowed]]:
        """Let an arm answer recorded conversations, and compare; nothing it writes is carried out.

        Args:
            places: files and folders of transcripts; none for those of the project's own chats.
        """
        from demeanor.commands import shadowing

        folders = [Path(place) for place in places]
        made, found, examples = shadowing.shadow_run(
            self.space, self.arm(run, engine), folders, limit=limit, on_progress=on_progress
        )
        return Run(self, made), found, examples

    def watch(
        self,
        places: Iterable[str | Path] = (),
        *,
        window: int = 100,
        sample: int = 1000,
        exam: int | None = None,
        engine: str = "auto",
        on_progress: OnProgress = quiet,
    ) -> tuple[Watched, list[Alert]]:
        """Look at recorded conversations: what rises, needs that nobody has trained. Returns what was found, and those
        alerts that the last watch had not raised.

        Args:
            places: files and folders of transcripts; none for those of the project's own chats.
            window: the newest conversations, which are held against `sample` of those before them.
            exam: so many scenarios of the exam are sat by the promoted agent, too.
        """
        from demeanor.commands import watching

        sitting = (self.arm("promoted", engine), exam) if exam is not None else None
        folders = [Path(place) for place in places]
        return watching.watch(self.space, folders, window=window, sample=sample, exam=sitting, on_progress=on_progress)

    def alert(self, url: str, alerts: Sequence[Alert]) -> str:
        """Send alerts to a webhook; '' or why it could not be delivered."""
        from demeanor.commands import watching

        return watching.post(url, self.agent.name, alerts)

    def status(self) -> Status:
        """How the agent does, what has changed since it was promoted, and what to do next."""
        from demeanor.commands import watching

        return watching.status(self.space)

    # ------------------------------------------------------------------ use

    def arm(self, name: str | Run = "latest", engine: str = "auto") -> Arm:
        """A loaded arm; the last one is kept for the next call. See `evaluate` for the names. "promoted" is whoever is
        promoted now: asked for at the beginning of each conversation, it follows every promotion, while conversations
        that have begun keep what they began with."""
        from demeanor.runtime.arm import load_arm

        wanted = str(_name(name))
        meant = {"latest": "latest:train", "promoted": "promoted"}
        wanted = self.folder.run(meant[wanted]).id if wanted in meant else wanted
        if self._loaded is None or self._loaded[0] != (wanted, engine):
            self._loaded = None  # two models at once may be more than fits
            self._loaded = (wanted, engine), load_arm(self.space, wanted, engine=engine)
        return self._loaded[1]

    def session(
        self,
        arm: str | Run = "latest",
        *,
        today: date | None = None,
        engine: str = "auto",
        database: str = "",
        facts: Mapping[str, Any] | None = None,
        id: str = "",
    ) -> Session:
        """A conversation with an arm; sessions of one arm share its engine.

        Args:
            today: the world's clock [default: the first scenario's day, else the real one; always the real one in a
                lasting database].
            database: the URL of a lasting database; without one the world is fresh, made from world/.
            facts: what you have verified of whoever speaks, by the names of agent.yaml's `facts:`.
            id: to take a session up again whose messages you kept: no write is done twice under one id.

        Raises:
            ConfigError: a fact that agent.yaml does not name, or no such database.
        """
        loaded = self.arm(arm, engine)
        for name in facts or {}:
            if name not in self.agent.facts:
                raise ConfigError("unknown fact", file=self.agent.file, found=name, allowed=list(self.agent.facts))
        if database:
            world = self.space.lasting_world(database, today or date.today(), facts)
        else:
            world = self.space.new_world(today or today_of(self.space), facts=facts)
        name = id or f"session-{token_hex(6)}"
        return self.space.session(loaded.renderer, world, name, model=loaded.model, search=self.space.search)

    def export(
        self,
        run: str | Run,
        folder: str | Path,
        form: str = "gguf-f16",
        *,
        scenarios: int = 4,
        on_step: Callable[[str], None] = lambda words: None,
    ) -> Parity:
        """Write a tuned agent as files that other engines serve, and try them.

        Args:
            form: adapter, safetensors, gguf-f16 or gguf-q8_0.
            scenarios: so many of the selection pool are played with the export.
        """
        from demeanor.runtime.arm import local_needed

        local_needed()
        from demeanor.serving.export import export

        chosen = selection_scenarios(self.space, scenarios)
        return export(self.space, str(_name(run)), form, Path(folder), chosen, on_step=on_step)


class Run:
    """What one command left behind: a folder with a manifest, and what stands in it."""

    def __init__(self, project: Project, folder: RunFolder) -> None:
        self.project = project
        self.folder = folder

    def __repr__(self) -> str:
        return f"Run({self.id!r})"

    @property
    def id(self) -> str:
        return self.folder.id

    @property
    def path(self) -> Path:
        return self.folder.path

    @property
    def command(self) -> str:
        """Which command made it: train, evaluate, harvest ..."""
        return str(self.manifest.get("command", ""))

    @property
    def status(self) -> str:
        """done, running, interrupted or failed."""
        return self.folder.status

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Inputs, parents, seeds, versions, durations, and everything that was dropped."""
        return self.folder.manifest

    @property
    def scorecard(self) -> Scorecard:
        """What an evaluation found.

        Raises:
            RunError: this run is no finished evaluation.
        """
        from demeanor.commands import evaluating

        return evaluating.read_card(self.folder)

    @property
    def comparison(self) -> Comparison:
        """What a comparison found.

        Raises:
            RunError: this run is no finished comparison of two evaluations.
        """
        from demeanor.commands import evaluating

        if not (self.path / "comparison.json").is_file():
            fix = "name a run of `demeanor compare` that is done"
            raise RunError("this run has no comparison", file=self.path, fix=fix)
        return evaluating.read_comparison(self.folder)

    def session(
        self,
        *,
        today: date | None = None,
        engine: str = "auto",
        database: str = "",
        facts: Mapping[str, Any] | None = None,
        id: str = "",
    ) -> Session:
        """A conversation with the agent that this training made; see `Project.session`."""
        return self.project.session(self, today=today, engine=engine, database=database, facts=facts, id=id)


def _name(run: str | Run | None) -> str | None:
    return run.id if isinstance(run, Run) else run
