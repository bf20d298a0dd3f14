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
from functools import cached_property
from pathlib import Path
from typing import Any

from demeanor import report
from demeanor.commands.project import Project
from demeanor.errors import ConfigError, DemeanorError
from demeanor.evaluation.compare import Comparison
from demeanor.project import copy_template, write_atomic
from demeanor.project.progress import progress, quiet_libraries
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

    @cached_property
    def project(self) -> Project:
        return Project.open(self.folder)

    def step(self, name: str, words: str, work: Callable[[Callable[..., None]], str]) -> str:
        """Do a step unless it is done; the id of its run."""
        if name in self.state:
            print(f"-- {words}: done before ({self.state[name]})")
            return self.state[name]
        print(f"-- {words}", flush=True)
        started = time.monotonic()
        bar, on_progress = progress(name)
        with bar:
            run = work(on_progress)
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
        first = self.step("train", "first round of training", lambda on_progress: self._train(on_progress))
        tuned = self._evaluate("tuned", first, "exam", size.exam, "the tuned agent sits the exam", "tuned")
        practice = self._evaluate("practice", first, "practice", size.practice, "the tuned agent practises", "tuned")
        harvest = self.step("harvest", "its failures become corrections", lambda on_progress: self._harvest(practice))
        second = self.step(
            "train-2", "second round of training", lambda on_progress: self._train(on_progress, first, harvest)
        )
        again = self._evaluate("tuned-2", second, "exam", size.exam, "it sits the exam again", "tuned, round 2")
        return self._report(base, tuned, again)

    def _check(self) -> None:
        print("-- check", flush=True)
        found = self.project.check()
        for problem in found.errors:
            print(problem)
        if not found.ok:
            raise ConfigError("the project has errors", file=self.folder, fix="demeanor check lists them")
        print(f"   {found.counts.dialogues} dialogues, {sum(found.counts.scenarios.values())} scenarios, no errors")

    def _evaluate(self, name: str, arm: str, pool: str, limit: int | None, words: str, label: str = "") -> str:
        def work(on_progress: Callable[..., None]) -> str:
            return self.project.evaluate(arm, pool, limit=limit, label=label, on_progress=on_progress).id

        return self.step(name, words, work)

    def _train(self, on_progress: Callable[..., None], start: str | None = None, harvest: str | None = None) -> str:
        settings = replace(self.size.settings, limit=self.size.dialogues) if start is None else self.size.later
        resume = self._interrupted(start)
        run = self.project.train(
            settings, start=start, harvest=harvest, resume=resume, on_progress=on_progress, on_estimate=_say
        )
        return run.id

    def _interrupted(self, start: str | None) -> str | None:
        """A training run of this round that was stopped after its first checkpoint."""
        for run in reversed(self.project.runs("train")):
            same = run.manifest.get("inputs", {}).get("from") == (start or "")
            if (
                same
                and run.status in ("interrupted", "failed")
                and any((run.path / "checkpoints").glob("checkpoint-*"))
            ):
                return run.id
        return None

    def _harvest(self, practice: str) -> str:
        run = self.project.harvest(practice)
        left = len(run.manifest.get("dropped", []))
        print(f"   {run.manifest['corrections']} corrections, {left} failures left alone")
        return run.id

    def _compare(self, name: str, words: str, first: str, second: str) -> Comparison:
        run = self.step(name, words, lambda on_progress: self.project.compare(first, second).id)
        return self.project.run(run).comparison

    def _report(self, base: str, tuned: str, again: str) -> dict[str, Any]:
        """The closing table and page."""
        cards = [self.project.run(name).scorecard for name in (base, tuned, again)]
        pairs = (("compare", "base against tuned", base, tuned), ("compare-2", "round 1 against round 2", tuned, again))
        comparisons = [self._compare(*pair) for pair in pairs]
        title = f"{self.project.agent.name}: base, tuned, and tuned on from its own failures"
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
