"""The project's files, each read by its own reader.

A reader stops at the first fault of its file; here every file is tried, so that one broken page does not hide
a broken seed. What the files say of each other is held together in agreement.py.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

from demeanor.agent import Agent, load_agent
from demeanor.data.checks.problem import Problem, Severity, Where
from demeanor.data.drafts.draft import Drafts
from demeanor.errors import ConfigError, DemeanorError, as_one, faults_of
from demeanor.project import ProjectFolder
from demeanor.project.yamlfile import Lines, read_yaml
from demeanor.reading.learned import LearnedReader
from demeanor.reading.own import project_reader
from demeanor.reading.reader import Reader
from demeanor.runtime.handover import agent_tools
from demeanor.runtime.knowledge import passages as pages
from demeanor.runtime.knowledge.passages import Passage
from demeanor.runtime.tools import Tool, World, fresh_world, load_tools
from demeanor.simulation.scenario import POOLS, Scenario, read_scenario
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.defaults import agent_lines, user_lines
from demeanor.simulation.wording.keys import unfilled_places
from demeanor.simulation.wording.nudges import load_nudges
from demeanor.simulation.wording.questions import Question, load_questions
from demeanor.simulation.wording.user import UserBank

ANY_DAY = date(2000, 1, 1)  # schema and seed do not depend on the clock
T = TypeVar("T")


def from_error(error: DemeanorError, check: str, root: Path, severity: Severity = "error") -> Problem:
    """An error that a reader raised, as a problem; its file is named as it stands in the project."""
    file = error.file
    if file is not None and Path(file).is_relative_to(root):
        file = Path(file).relative_to(root).as_posix()
    found = "" if error.found is None else f": {str(error.found)[:120]!r}"
    where = Where(file, error.line, error.field)
    return Problem(severity, where, error.message + found, _fix(error), check)


def _fix(error: DemeanorError) -> str:
    if error.fix or error.allowed is None:
        return error.fix or ""
    if isinstance(error.allowed, str):
        return f"allowed: {error.allowed}"
    close = difflib.get_close_matches(str(error.found), error.allowed, n=1)
    allowed = f"allowed: {', '.join(error.allowed) or 'nothing'}"
    return f"did you mean {close[0]!r}? {allowed}" if close else allowed


class Files:
    """Everything of a project but its dialogues: what could be read, and in `problems` what could not.

    `tools` is None when tools.py is broken: what leans on it is then not judged.
    """

    def __init__(self, project: ProjectFolder) -> None:
        self.project = project
        self.problems: list[Problem] = []
        self.agent = self._try("agent", load_agent, project.agent_path)
        self.tools = self._read_tools()
        self.reader = self._read_reader()
        self.passages = self._read_pages()
        self.world = self._read_world()
        self.questions: dict[Path, dict[str, Question]] = {}
        self.scenarios: dict[str, list[Scenario]] = {}
        if self.agent is not None:
            self._read_wording(self.agent)
            for pool in POOLS:
                files = sorted((project.scenarios_path / pool).rglob("*.yaml"))
                self.scenarios[pool] = [s for file in files for s in self._read_scenarios(file, self.agent)]

    def _try(self, check: str, read: Callable[..., T], *arguments: Any) -> T | None:
        """What a reader gives; None, and a problem more, when it raises, in whatever way."""
        try:
            return read(*arguments)
        except DemeanorError as error:
            for one in faults_of(error):
                self._note(one, check)
        except (Exception, SystemExit) as error:  # a shape that the reader did not foresee; tools.py may exit
            file = next((a for a in arguments if isinstance(a, Path)), None)
            text = f"cannot be read: {type(error).__name__}: {error}"
            self._note(ConfigError(text, file=file, fix="compare it with the template's"), check)
        return None

    def _note(self, error: DemeanorError, check: str) -> None:
        self.problems.append(from_error(error, check, self.project.root))

    def _read_reader(self) -> Reader:
        """Knows the agent's slots and tools, and what lines of the project's own put right."""
        slots = self.agent.slots if self.agent is not None else {}
        tools = {name: tool.description for name, tool in (self.tools or {}).items()}
        own = self._try("reading", project_reader, slots, tools, self.project.reading_path)
        return own or LearnedReader(slots, tools)

    def _read_tools(self) -> Mapping[str, Tool] | None:
        path = self.project.root / self.agent.tools if self.agent else self.project.tools_path
        if self.agent is not None:
            return self._try("tools", agent_tools, self.agent, path)
        return self._try("tools", load_tools, path, None) if path.exists() else {}

    def _read_pages(self) -> dict[str, Passage]:
        folder = self.project.root / (self.agent.knowledge if self.agent else "knowledge")
        if self.agent is not None and not folder.is_dir() and folder != self.project.knowledge_path:
            name, fix = self.agent.knowledge, "create it, or correct `knowledge:`"
            file = self.agent.file
            self._note(ConfigError("no such folder", file=file, field="knowledge", found=name, fix=fix), "pages")
        found: dict[str, Passage] = {}
        for path in sorted(folder.rglob("*.md")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            if not any(part.startswith(".") for part in name.split("/")):
                # read_passages stops at the first bad page; this is its step for one page
                found |= {p.id: p for p in self._try("pages", pages.read_page, path, name) or ()}
        return found

    def _read_world(self) -> World | None:
        schema, seed = self.project.schema_path, self.project.seed_path
        if not (schema.exists() or seed.exists()):
            return None
        return self._try("world", fresh_world, schema, seed, "", ANY_DAY)

    def _read_wording(self, agent: Agent) -> None:
        folder = self.project.wording_path
        places = [folder, *sorted(p for p in folder.iterdir() if p.is_dir())] if folder.is_dir() else []
        for place in places:
            user, voice, asked = (place / name for name in ("user.yaml", "agent.yaml", "questions.yaml"))
            if user.exists():
                self._try("wording", lambda file: UserBank(agent, user_lines(agent, file), file), user)
            if voice.exists():
                self._try("wording", self._read_voice, voice, agent)
            if (drafts := place / "drafts.yaml").exists():
                self._try("wording", Drafts.read, drafts)
            if (nudges := place / "nudges.yaml").exists():
                self._try("wording", load_nudges, nudges)
            if asked.exists():
                self.questions[asked] = self._try("wording", load_questions, asked) or {}

    def _read_voice(self, file: Path, agent: Agent) -> None:
        tools = self.tools or {}
        bank = AgentBank(agent, agent_lines(agent, tools, file), file)
        sources = (self.project.root / agent.tools, self.project.schema_path)
        words = {
            w for path in sources if path.is_file() for w in re.findall(r"\w+", path.read_text("utf-8", "replace"))
        }
        if faults := list(unfilled_places(agent, tools, bank.lines, words, file)):
            raise as_one(faults)

    def _read_scenarios(self, file: Path, agent: Agent) -> list[Scenario]:
        items, lines = self._try("scenarios", read_yaml, file) or ([], Lines())
        if not isinstance(items, list):
            wrong = ConfigError("expected a list of scenarios", file=file, found=items, fix="- id: ...")
            self._note(wrong, "scenarios")
            return []
        found = []
        for index, item in enumerate(items):
            try:
                found.append(read_scenario(item, agent, file, lines, index))
            except DemeanorError as error:
                for one in faults_of(error):
                    self._note(one, "scenarios")
            except (TypeError, ValueError, AttributeError) as error:
                line, fix = lines.get((str(index),)), "compare it with its neighbours"
                self._note(ConfigError(f"cannot be read: {error}", file=file, line=line, fix=fix), "scenarios")
        return found
