"""Scenarios -> trials -> verdicts. Every trial gets a fresh world; what trials come to stands in measures.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from demeanor.errors import ConfigError
from demeanor.evaluation.judge import Judge, holds_before
from demeanor.evaluation.measures import measures
from demeanor.evaluation.scorecard import Figure
from demeanor.evaluation.trial import Trial, Verdicts
from demeanor.models.model import Model
from demeanor.reading.claims import vocabulary
from demeanor.reading.voice import VoiceReader
from demeanor.runtime.arm import DUMMIES, load_player
from demeanor.runtime.knowledge.dense import Dense
from demeanor.runtime.prompt import Renderer
from demeanor.runtime.session import Search, no_pages
from demeanor.runtime.tools import load_checks
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.play import Episode, play_model
from demeanor.simulation.scenario import Scenario, self_test
from demeanor.simulation.users.played import PlayedUser
from demeanor.simulation.users.scripted import ScriptedUser, User
from demeanor.simulation.users.simulated import SimulatedUser
from demeanor.simulation.wording.meaning import KnownWording
from demeanor.simulation.wording.project import Wording

CHECKS = "checks.py"


class Evaluator:
    """Runs and judges scenarios for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.space = workspace
        self.wording = Wording(workspace)
        lines = self.wording.lines()
        lines += [answer for question in self.wording.questions().values() for answer in question.answers]
        pages = [text for p in workspace.passages for text in (p.title, p.text)]
        self.lines = lines
        self.lexicon = vocabulary([*lines, *pages, workspace.system])
        self.reader = KnownWording(workspace.reader, workspace.agent, self._known())
        names = [*pages, workspace.system]
        self.voice = VoiceReader(workspace.reader, workspace.agent.voice, lines, names, self.reader.beside)
        file = workspace.folder.root / CHECKS
        self.checks = load_checks(file) if file.is_file() else {}
        self._players: dict[str, Model] = {}
        self._voice: Dense | None = None

    def _known(self) -> dict[str, list[str]]:
        """The agent's own lines by their key, answers of questions among them."""
        answers = [answer for question in self.wording.questions().values() for answer in question.answers]
        return {**self.wording.agent.lines, "inform.knowledge": answers}

    def run(
        self,
        scenarios: Sequence[Scenario],
        model: Model,
        renderer: Renderer,
        *,
        search: Search | None = None,
        at_once: int = 32,
        on_trial: Callable[[Trial], None] | None = None,
    ) -> list[Trial]:
        """One trial of each scenario, in the scenarios' order.

        Raises:
            ConfigError: a scenario expects something of a tool that is not there.
        """
        self._check(scenarios)
        trials: dict[str, Trial] = {}
        by_id = {s.id: s for s in scenarios}

        def done(episode: Episode) -> None:
            scenario = by_id[episode.session.id]
            trials[scenario.id] = Trial(scenario, episode, self.judge(scenario, episode))
            episode.session.world.close()
            if on_trial is not None:
                on_trial(trials[scenario.id])

        episodes = (self.episode(s, renderer, search or self.space.search) for s in scenarios)
        play_model(episodes, model, at_once=at_once, on_done=done)
        return [trials[s.id] for s in scenarios]

    def _check(self, scenarios: Iterable[Scenario]) -> None:
        """Expectations are right on their samples, and name tools that exist, before any model is asked."""
        wrong = self_test()
        assert not wrong, wrong
        for scenario in scenarios:
            if scenario.told:
                self._player(scenario.played_by)
            for expectation in scenario.expect:
                for tool in expectation.tools():
                    if tool not in self.space.tools:
                        raise ConfigError(
                            f"the scenario {scenario.id} names a tool that is not there",
                            field=f"expect.{expectation.kind}",
                            found=tool,
                            allowed=list(self.space.tools),
                        )

    def episode(
        self, scenario: Scenario, renderer: Renderer, search: Search = no_pages, guarded: bool = True
    ) -> Episode:
        """A fresh episode of a scenario, nothing said yet; `guarded`: behind the agent's guards."""
        world = self.space.new_world(scenario.goal.today, scenario.given, scenario.goal.facts)
        begin = self.space.session if guarded else self.space.unguarded
        session = begin(renderer, world, scenario.id, search=search, nudge=scenario.nudge)
        session.nudge_at = scenario.nudge_at
        if scenario.inject is not None:
            session.tools = scenario.inject.tools(session.tools)
        idle = holds_before(scenario, world, self.checks)
        return Episode(
            session,
            self._user(scenario),
            idle=idle,
            injection=scenario.inject,
            pages=scenario.pages,
            reader=self.reader,
        )

    def _user(self, scenario: Scenario) -> User:
        if scenario.lines:
            return ScriptedUser(scenario.goal, scenario.lines)
        if scenario.told:
            player = partial(self._player, scenario.played_by)
            return PlayedUser(scenario.goal, self.space.agent, scenario.told, player, scenario.id)
        bank, asked = self.wording.users(scenario.wording), scenario.asked(self.wording.questions(scenario.wording))
        return SimulatedUser(scenario.goal, self.space.agent, bank, asked, scenario.seed)

    def _player(self, name: str) -> Model:
        if name not in self._players:
            self._players[name] = load_player(self.space, name)
        return self._players[name]

    def nearness(self, texts: Sequence[str]) -> list[float]:
        """How near texts come to the voice's own lines, by sentence embeddings: the cosine of the nearest."""
        if self._voice is None:
            self._voice = Dense([*self.wording.lines(), *self.space.agent.voice.prefer])
        return [max(row, default=0.0) for row in self._voice.similarities(list(texts))]

    def judge(self, scenario: Scenario, episode: Episode) -> Verdicts:
        judge = Judge(
            self.space.agent,
            self.space.parameters,
            scenario.asked(self.wording.questions(scenario.wording)),
            self.lexicon,
            self.reader,
            self.voice,
            self.space.system,
            self.checks,
            self.lines,
        )
        return judge.judge(scenario, episode)


def reference_agents(evaluator: Evaluator, scenarios: Sequence[Scenario]) -> dict[str, dict[str, Figure]]:
    """Scores of agents that cannot do anything: what they pass is not worth passing."""
    out: dict[str, dict[str, Figure]] = {}
    for name, make in DUMMIES.items():
        model = make(evaluator.space.agent)
        renderer = evaluator.space.renderer(model.tokenizer)
        trials = evaluator.run(scenarios, model, renderer, search=no_pages)
        out[name] = measures(trials)
    return out
