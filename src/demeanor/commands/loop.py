"""The whole loop in a row, resumable: python -m demeanor.commands.loop demo --into demo | proof --into proof.

init -> check -> evaluate base -> train -> evaluate -> compare -> harvest -> train on -> evaluate -> compare. Each step
that is done is noted in loop.json with the run it made; started again, the loop goes on behind the last finished step,
and an interrupted training goes on from its last checkpoint. `demo` is a small share, `proof` is everything.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from demeanor import commands, report
from demeanor.data.check import check_project
from demeanor.errors import ConfigError, DemeanorError
from demeanor.project import Project, copy_template, write_atomic
from demeanor.project.progress import progress, quiet_libraries
from demeanor.runtime.workspace import Workspace
from demeanor.training.settings import Settings


@dataclass(frozen=True)
class Size:
    """How much of everything; None is all of it. `settings`, `later`: how the rounds differ from the usual."""

    dialogues: int | None
    exam: int | None
    practice: int | None
    share: str
    settings: Settings = field(default_factory=Settings)
    later: Settings = field(default_factory=Settings)


SIZES = {
    # Few dialogues need small steps: what is learned in twenty minutes depends on how many there are.
    "demo": Size(540, 16, 12, "a small share of everything", Settings(batch_tokens=400), Settings(replay=3)),
    "proof": Size(dialogues=None, exam=None, practice=None, share="everything; some two hours on two cores"),
}


class Loop:
    """The steps of one loop in one project folder."""

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder = folder
        self.size = size
        self.state_path = folder / "loop.json"
        self.state: dict[str, str] = {}
        if self.state_path.exists():
            self.state = json.loads(self.state_path.read_text(encoding="utf-8"))
        self._space: Workspace | None = None

    @property
    def space(self) -> Workspace:
        if self._space is None:
            self._space = Workspace.load(Project.find(self.folder))
        return self._space

    def step(self, name: str, words: str, work: Callable[[Callable[..., None]], str]) -> str:
        """Do a step unless it is done; the id of its run."""
        if name in self.state:
            print(f"-- {words}: done before ({self.state[name]})")
            return self.state[name]
        print(f"-- {words}", flush=True)
        started = time.monotonic()
        bar, told = progress(name)
        with bar:
            run = work(told)
        self.state[name] = run
        write_atomic(self.state_path, json.dumps(self.state, indent=1) + "\n")
        print(f"   {run} ({_minutes(time.monotonic() - started)})", flush=True)
        return run

    def run(self, template: str) -> dict[str, Any]:
        """The loop from beginning to end; the cards of the exam and the comparisons."""
        if not self.folder.exists():
            copy_template(template, self.folder)
        self._check()
        size = self.size
        base = self._evaluate("base", "base", "exam", size.exam, "the base model sits the exam")
        first = self.step("train", "first round of training", lambda told: self._train(told))
        tuned = self._evaluate("tuned", first, "exam", size.exam, "the tuned agent sits the exam", "tuned")
        practice = self._evaluate("practice", first, "practice", size.practice, "the tuned agent practises", "tuned")
        harvest = self.step("harvest", "its failures become corrections", lambda told: self._harvest(practice))
        second = self.step("train-2", "second round of training", lambda told: self._train(told, first, harvest))
        again = self._evaluate("tuned-2", second, "exam", size.exam, "it sits the exam again", "tuned, round 2")
        return self._report(base, tuned, again)

    def _check(self) -> None:
        print("-- check", flush=True)
        found = check_project(self.space.project)
        for problem in found.errors:
            print(problem)
        if not found.ok:
            raise ConfigError("the project has errors", file=self.folder, fix="demeanor check lists them")
        print(f"   {found.counts.dialogues} dialogues, {sum(found.counts.scenarios.values())} scenarios, no errors")

    def _evaluate(self, name: str, arm: str, pool: str, limit: int | None, words: str, label: str = "") -> str:
        def work(told: Callable[..., None]) -> str:
            return commands.evaluate(self.space, arm, pool, limit=limit, label=label, told=told).run.id

        return self.step(name, words, work)

    def _train(self, told: Callable[..., None], start: str | None = None, harvest: str | None = None) -> str:
        settings = replace(self.size.settings, limit=self.size.dialogues) if start is None else self.size.later
        resume = self._interrupted(start)
        run = commands.train(
            self.space, settings, start=start, harvest=harvest, resume=resume, told=told, on_estimate=_say
        )
        return run.id

    def _interrupted(self, start: str | None) -> str | None:
        """A training run of this round that was stopped after its first checkpoint."""
        for run in reversed(self.space.project.runs("train")):
            same = run.manifest.get("inputs", {}).get("from") == (start or "")
            if (
                same
                and run.status in ("interrupted", "failed")
                and any((run.path / "checkpoints").glob("checkpoint-*"))
            ):
                return run.id
        return None

    def _harvest(self, practice: str) -> str:
        run, made, left = commands.harvest_failures(self.space, practice)
        print(f"   {made} corrections, {left} failures left alone")
        return run.id

    def _report(self, base: str, tuned: str, again: str) -> dict[str, Any]:
        """The closing table and page."""
        project = self.space.project
        cards = [commands.read_card(project.run(r)) for r in (base, tuned, again)]
        comparisons = [
            commands.read_comparison(project.run(self.step(name, words, compare)))
            for name, words, compare in (
                ("compare", "base against tuned", lambda told: commands.compare_runs(self.space, base, tuned)[0].id),
                (
                    "compare-2",
                    "round 1 against round 2",
                    lambda told: commands.compare_runs(self.space, tuned, again)[0].id,
                ),
            )
        ]
        title = f"{self.space.agent.name}: base, tuned, and tuned on from its own failures"
        html = report.page(cards, comparisons, title=title)
        write_atomic(self.folder / "report.html", html)
        print()
        print(report.text(report.table(cards), width=110))
        for comparison in comparisons:
            print(comparison.sentence)
        print(f"\nRead the conversations: {self.folder / 'report.html'}")
        print(f"Talk to it:             demeanor -C {self.folder} chat {self.state['train-2']}")
        return {"cards": cards, "comparisons": comparisons}


def _say(estimate: Any) -> None:
    print(f"   about {_minutes(estimate.seconds)}, {estimate.peak_bytes / 1e9:.1f} GB", flush=True)


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


def main(arguments: list[str] | None = None) -> int:
    """Entry of `python -m demeanor.commands.loop`."""
    parser = argparse.ArgumentParser(prog="demeanor.commands.loop", description=__doc__.splitlines()[0])
    parser.add_argument("size", choices=sorted(SIZES))
    parser.add_argument("--into", type=Path, required=True, help="the project's folder; made if it is not there")
    parser.add_argument("--template", default="hotel")
    chosen = parser.parse_args(arguments)
    quiet_libraries()
    size = SIZES[chosen.size]
    print(f"{chosen.size}: {size.share}; stop it when you like, started again it goes on")
    started = time.monotonic()
    try:
        Loop(chosen.into, size).run(chosen.template)
    except DemeanorError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted; run the same command to go on", file=sys.stderr)
        return 130
    print(f"all of it took {_minutes(time.monotonic() - started)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
