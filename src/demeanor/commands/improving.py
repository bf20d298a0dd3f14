"""`improve`: rounds of practise, harvest, check, train on, evaluate; then the exam and the gate. Resumable at any
moment.

Every step leaves a run of its own, and rounds.json in the improve run names it once it is done. Before a step begins,
the runs that are there already are noted: whatever stopped the process, a step whose run was finished but not yet
named is found by that and taken, an interrupted training goes on from its last checkpoint, and anything else begins
anew. So nothing is done twice and nothing half done is used.

Harvest learns from practice alone; whether a round brought something is seen on the selection pool, and the exam is sat
twice: by the agent before, and by the best candidate.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from demeanor.commands import evaluating, learning, promoting
from demeanor.commands.common import OnProgress, ShowProgress, pool_scenarios, unseen, whole_pool
from demeanor.data.check import check_project
from demeanor.data.scenarios import draw_scenarios, need_key
from demeanor.data.synthesize import Plan
from demeanor.errors import ConfigError
from demeanor.evaluation.compare import Comparison, compare
from demeanor.evaluation.scorecard import Scorecard
from demeanor.improvement.gate import Served, Verdict
from demeanor.improvement.rules import Rules
from demeanor.project import Promotions, Record, RunFolder, write_atomic
from demeanor.report import page
from demeanor.runtime.arm import Arm
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.scenario import Scenario, dump_scenarios, load_scenarios, origin_of
from demeanor.simulation.wording.user import REGISTERS
from demeanor.training.settings import Settings

STATE = "rounds.json"
ROUND = Settings(replay=2.0, learning_rate=3e-4, batch_tokens=800)
"""How a round trains where the project says nothing: hundreds of corrections bear larger steps than a dozen."""

Load = Callable[[str], Arm]
"""The name of a run -> what can be evaluated."""
Train = Callable[[str, str, str | None, OnProgress], RunFolder]
"""(the run to go on from, the harvest, an interrupted training of this step to take up, whom to tell) -> the
training."""


@dataclass(frozen=True)
class Asked:
    """What was asked for. `start`: the run to go on from; `practice`: conversations a round; `promote`: whether the
    candidate takes the promoted agent's place where the gate lets it."""

    start: str = "latest"
    rounds: int = 1
    practice: int = 260
    goal: str = "task_success"
    promote: bool = False
    seed: int = 1


@dataclass
class Round:
    """One round: the runs of its steps, what was corrected by kind, and what it came to."""

    number: int
    candidate: str = ""
    conversations: int = 0
    corrections: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    faults: dict[str, float] = field(default_factory=dict)
    says: str = ""
    brought: bool = False


@dataclass(frozen=True)
class Improved:
    """What an improvement came to. `stopped`: why no further round was begun; `verdict`: the gate's, None where no
    round brought anything; `record`: of the promotion, where there was one."""

    run: RunFolder
    rounds: tuple[Round, ...]
    stopped: str
    best: str
    verdict: Verdict | None = None
    record: Record | None = None


class Improvement:
    """The rounds of one improvement in one project.

    Args:
        load, train: how an agent is loaded and trained.
        show: a title -> a context in which a step is shown.
        say: told what is done, in words.
    """

    def __init__(
        self,
        space: Workspace,
        asked: Asked,
        rules: Rules,
        *,
        load: Load,
        train: Train,
        show: ShowProgress = unseen,
        say: Callable[[str], None] = lambda words: None,
    ) -> None:
        self.space, self.asked, self.rules = space, asked, rules
        self.load, self.train, self.show, self.say = load, train, show, say
        self.state: dict[str, Any] = {"begun": {}, "done": {}}

    def run(self) -> Improved:
        """All rounds, from where an earlier process was stopped.

        Raises:
            ConfigError: the selection pool or the exam is empty, or the project has errors.
        """
        project = self.space.folder
        for pool in ("selection", "exam"):
            if not pool_scenarios(self.space, pool):
                fix = f"demeanor synthesize --scenarios {pool} --count 200"
                raise ConfigError(f"the {pool} pool is empty", file=project.scenarios_path / pool, fix=fix)
        inputs = {name: str(value) for name, value in asdict(self.asked).items()} | {"rules": repr(self.rules)}
        made = _unfinished(self.space, inputs) or project.new_run("improve", inputs)
        with made:
            self.made = made
            if (made.path / STATE).is_file():
                self.state = made.read_json(STATE)
                self.say(f"taken up again: {made.id}, {len(self.state['done'])} steps are done")
            return self._rounds()

    # ------------------------------------------------------------------------------------------------ rounds

    def _rounds(self) -> Improved:
        start = self._once("start", lambda: self._started().id)
        before = self._evaluate("selection-0", start, "selection", "the agent before, on selection")
        best, rounds, stopped = start, list[Round](), f"{self.asked.rounds} rounds were asked for"
        for number in range(1, self.asked.rounds + 1):
            made = Round(number)
            rounds.append(made)
            after = self._round(made, best, rounds)
            if after is not None:
                made.says, made.brought = self._judged(before, after)
            self.say(f"round {number}: {made.says}")
            if not made.brought or after is None:
                stopped = f"round {number} brought nothing: {made.says}"
                break
            best, before = made.candidate, after
        return self._closed(start, best, rounds, stopped)

    def _started(self) -> RunFolder:
        name = "latest:train" if self.asked.start == "latest" else self.asked.start
        return self.space.folder.run(name)

    def _round(self, made: Round, best: str, rounds: list[Round]) -> Scorecard | None:
        """One round; the candidate's scorecard on selection, None where there was nothing to learn from."""
        n = made.number
        pool = self._once(f"draw-{n}", lambda: self._draw(n))
        practised = self._run_of(f"practise-{n}", "evaluate", lambda: self._practise(pool, best, n))
        harvested = self._run_of(f"harvest-{n}", "harvest", lambda: self._harvest(practised))
        made.conversations = sum(1 for _ in practised.read_jsonl("trials.jsonl"))
        made.faults = faults(practised)
        made.corrections = int(harvested.manifest.get("corrections", 0))
        made.kinds = kinds(harvested)
        if not made.corrections:
            left = len(harvested.manifest.get("dropped", ()))
            made.says = f"no corrections from {made.conversations} conversations ({left} failures left alone)"
            return None
        self._once(f"check-{n}", self._checked)
        trained = self._run_of(f"train-{n}", "train", lambda: self._train(f"train-{n}", best, harvested.id))
        made.candidate = trained.id
        for words in stubborn(rounds):
            self.say(words)
        return self._evaluate(f"selection-{n}", trained.id, "selection", f"round {n}, on selection")

    def _judged(self, before: Scorecard, after: Scorecard) -> tuple[str, bool]:
        """What a round came to on selection, and whether that is more than before."""
        found = compare(before.named("before"), after.named("after"))
        row = found.measures.get(self.asked.goal)
        if row is None or row.difference is None or row.difference.delta is None:
            return f"too few scenarios of the selection pool show {self.asked.goal}", False
        delta = row.difference.delta * (1 if row.b.measure.better == "higher" else -1)
        return f"{row.b.measure.label}: {row.a} -> {row.b}", delta > 0

    def _closed(self, start: str, best: str, rounds: list[Round], stopped: str) -> Improved:
        """The exam, before and after, and the gate; and the page."""
        told = Improved(self.made, tuple(rounds), stopped, best)
        cards: list[Scorecard] = []
        if best != start:
            standing = Promotions(self.space.folder.root).current()
            # Noted before anything is promoted: whoever goes on behind the promotion judges as before it.
            old = Record(0, self._once("against", lambda: standing.run if standing is not None else start), "")
            cards = [self._evaluate("exam-before", old.run, "exam", "the agent before sits the exam")]
            cards.append(self._evaluate("exam-after", best, "exam", "the best candidate sits the exam"))
            run = self.space.folder.run(best)
            verdict, _ = promoting.judge(self.space, run, old, "exam", self.rules, Served())
            told = replace(told, verdict=verdict)
            if self.asked.promote and verdict.promoted:
                told = replace(told, record=self._promoted(best, old))
        named = [card.named(name) for card, name in zip(cards, ("before", "after"), strict=False)]
        self._write_page(told, named, [compare(named[0], named[1])] if named else [])
        return told

    def _promoted(self, best: str, old: Record) -> Record | None:
        """Put the candidate in force, unless the process before was stopped just behind that."""
        standing = Promotions(self.space.folder.root).current()
        if standing is not None and standing.run == best:
            return standing
        return promoting.promote(self.space, best, "exam", self.rules, against=old).record

    def _write_page(self, told: Improved, cards: list[Scorecard], comparisons: list[Comparison]) -> None:
        rows = {f"Round {r.number}": _round_words(r) for r in told.rounds}
        kinds_of = {f"Round {r.number}": _kinds_words(r) for r in told.rounds if r.faults}
        gate = [f"{r.what}: {r.says}" for r in told.verdict.reasons] if told.verdict is not None else []
        ending = [told.stopped, *([] if told.verdict is None else gate or ["the gate lets it pass"])]
        extra = {"Rounds": rows, "Faults in practice, a conversation": kinds_of, "How it ended": ending}
        self.made.write_text("report.html", page(cards, comparisons, f"{self.space.agent.name}: improvement", extra))
        verdict = told.verdict.to_json() if told.verdict is not None else None
        ended = {"stopped": told.stopped, "best": told.best, "verdict": verdict}
        self.made.write_json("improved.json", {"rounds": [asdict(r) for r in told.rounds], **ended})

    # ------------------------------------------------------------------------------------------------ steps

    def _draw(self, number: int) -> str:
        """The practice of a round, in a folder of its own: the needs that failed in the round before, in other words,
        then new ones."""
        pool = f"practice/{self.made.id}/{number}"
        path = self.space.folder.scenarios_path / pool / "practice.yaml"
        seed = self.asked.seed * 1000 + number
        again = list(self._failed(number - 1, seed))[: self.asked.practice // 2] if number > 1 else []
        taken = [need_key(s.goal) for p in ("practice", "selection", "exam") for s in whole_pool(self.space, p)]
        plan, count = Plan(self.space, "practice", seed), self.asked.practice - len(again)
        drawn = draw_scenarios(plan, "practice", count, taken)
        named = [replace(s, id=f"{number}-{s.id}") for s in drawn]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, dump_scenarios([*again, *named]))
        return pool

    def _failed(self, number: int, seed: int) -> Iterator[Scenario]:
        """What went wrong in the practice of a round, worded anew."""
        practised = self.space.folder.run(self.state["done"][f"practise-{number}"])
        there = {s.id: s for s in self._practice_of(self.state["done"][f"draw-{number}"])}
        rng = random.Random(seed)
        for raw in practised.read_jsonl("trials.jsonl"):
            scenario = there.get(origin_of(str(raw["scenario"])))
            if scenario is None or not raw["faults"] or scenario.lines or scenario.told:
                continue
            goal = replace(scenario.goal, say={}, register=rng.choice([r for r in REGISTERS if r != "rude"]))
            yield replace(scenario, id=f"again-{number}-{scenario.id}", goal=goal, seed=rng.randrange(10**6))

    def _practice_of(self, pool: str) -> list[Scenario]:
        return load_scenarios(self.space.folder.scenarios_path / pool, self.space.agent)

    def _practise(self, pool: str, best: str, number: int) -> RunFolder:
        return self._evaluated(best, pool, f"round {number}: practice")

    def _harvest(self, practised: RunFolder) -> RunFolder:
        return learning.harvest_failures(self.space, practised.id)[0]

    def _checked(self) -> str:
        check_project(self.space.folder).refuse_errors()
        return "no errors"

    def _train(self, key: str, best: str, harvested: str) -> RunFolder:
        """Train on, or take up what was stopped behind its first checkpoint."""
        stopped = [run for run in self._since(key, "train") if run.status in ("interrupted", "failed")]
        on = [run.id for run in stopped if any((run.path / "checkpoints").glob("checkpoint-*"))]
        with self.show(key) as on_progress:
            return self.train(best, harvested, on[-1] if on else None, on_progress)

    def _evaluate(self, key: str, run: str, pool: str, title: str) -> Scorecard:
        return evaluating.read_card(self._run_of(key, "evaluate", lambda: self._evaluated(run, pool, title)))

    def _evaluated(self, run: str, pool: str, title: str) -> RunFolder:
        arm = self.load(run)
        with self.show(title) as on_progress:
            return evaluating.evaluate(self.space, run, pool, arm=arm, on_progress=on_progress).run

    # ------------------------------------------------------------------------------------------------ being resumed

    def _once(self, key: str, work: Callable[[], str]) -> str:
        """Work that may be done again without harm; what it says is kept."""
        if key not in self.state["done"]:
            self.state["done"][key] = work()
            self._save()
        return str(self.state["done"][key])

    def _run_of(self, key: str, command: str, work: Callable[[], RunFolder]) -> RunFolder:
        """The run of a step; one that was finished before the process was stopped is taken."""
        project = self.space.folder
        if key in self.state["done"]:
            return project.run(self.state["done"][key])
        if key in self.state["begun"]:
            finished = [run for run in self._since(key, command) if run.status == "done"]
        else:
            finished = []
            self.state["begun"][key] = {"runs": [run.id for run in project.runs(command)], "by": self.made.id}
            self._save()
        run = finished[-1] if finished else work()
        self.state["done"][key] = run.id
        self._save()
        return run

    def _since(self, key: str, command: str) -> list[RunFolder]:
        there = set(self.state["begun"][key]["runs"])
        return [run for run in self.space.folder.runs(command) if run.id not in there]

    def _save(self) -> None:
        self.made.write_json(STATE, self.state)


def _unfinished(space: Workspace, inputs: Mapping[str, str]) -> RunFolder | None:
    """An improvement of the very same kind that was stopped."""
    for run in reversed(space.folder.runs("improve")):
        if run.manifest.get("inputs") == dict(inputs) and run.status in ("interrupted", "failed"):
            return run
    return None


def kinds(harvested: RunFolder) -> dict[str, int]:
    """What was corrected: kind of fault -> corrections."""
    counted: Counter[str] = Counter()
    for raw in harvested.read_jsonl("dialogues.jsonl"):
        counted.update({str(why).partition(":")[0] for why in raw["metadata"]["lineage"]["why"]})
    return dict(counted.most_common())


def faults(practised: RunFolder) -> dict[str, float]:
    """Kind of fault -> share of the conversations that have one."""
    counted: Counter[str] = Counter()
    trials = 0
    for raw in practised.read_jsonl("trials.jsonl"):
        trials += 1
        counted.update({str(text).partition(":")[0] for found in raw["faults"].values() for text in found})
    return {kind: count / trials for kind, count in counted.most_common()} if trials else {}


def stubborn(rounds: list[Round]) -> Iterator[str]:
    """Kinds that the last round but one trained on and that the last round's practice shows no more seldom."""
    if len(rounds) < 2:
        return
    then, now = rounds[-2], rounds[-1]
    for kind, count in then.kinds.items():
        before, after = then.faults.get(kind), now.faults.get(kind, 0.0)
        if before is not None and after >= before:
            yield f"{kind}: no better for {count} corrections, in {before:.0%} -> {after:.0%} of the conversations"


def _round_words(made: Round) -> str:
    head = f"{made.conversations} conversations, {made.corrections} corrections"
    return f"{head}; {made.says}" + (f"; {made.candidate}" if made.candidate else "")


def _kinds_words(made: Round) -> str:
    told = [f"{kind} {share:.0%} ({made.kinds.get(kind, 0)} corrected)" for kind, share in made.faults.items()]
    return ", ".join(told)
