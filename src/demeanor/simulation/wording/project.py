"""The wording of one project: what users say, how the agent says it, what is asked, and which orders the day may bring.

What is missing (no wording files) is general for users, and for the agent the plainest thing that works.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.defaults import agent_lines, is_beside, own_lines, user_lines
from demeanor.simulation.wording.general import EXAMS
from demeanor.simulation.wording.nudges import PLAIN, Nudge, load_nudges
from demeanor.simulation.wording.questions import Question, load_questions
from demeanor.simulation.wording.user import PARTS, UserBank


class Wording:
    """The banks under a project's `wording/`.

    A name is a part of the lists for users ('training', 'practice', 'selection'), all of them (''), or the bank of a
    sub-folder ('exam'). What its files leave out is general (`general.SHARES`).

    Raises:
        ConfigError: by each of the methods, naming file, line and field.
    """

    def __init__(self, space: Workspace) -> None:
        self._agent, self._tools, self._folder = space.agent, space.tools, space.folder.wording_path
        self._is_open = space.is_open
        self._users: dict[str, UserBank] = {}
        self._questions: dict[str, dict[str, Question]] = {}

    def users(self, name: str = "") -> UserBank:
        """How users say each act and slot."""
        if name not in self._users:
            file = self._file("user.yaml", name)
            self._users[name] = UserBank(self._agent, user_lines(self._agent, file, name), file)
        return self._users[name]

    @cached_property
    def agent(self) -> AgentBank:
        """The voice's ways to do each act."""
        file = self._file("agent.yaml")
        return AgentBank(self._agent, agent_lines(self._agent, self._tools, file), file)

    def questions(self, name: str = "") -> dict[str, Question]:
        """What users ask about open pages; where the bank has none of its own, the exam's for a further exam, else the
        whole project's.
        """
        if name not in self._questions:
            file = self._file("questions.yaml", name)
            found = load_questions(file) if file.exists() else {}
            found = {id: one for id, one in found.items() if one.passage is None or self._is_open(one.passage)}
            instead = EXAMS[0] if name in EXAMS[1:] else ""
            self._questions[name] = found or (self.questions(instead) if name else {})
        return self._questions[name]

    def nudges(self, name: str = "") -> tuple[Nudge, ...]:
        """Orders that the runtime may give."""
        file = self._file("nudges.yaml", name)
        return load_nudges(file) if file.exists() else PLAIN

    def lines(self) -> list[str]:
        """Every line of the agent's, whatever act it does."""
        return [line for bank in self.agent.lines.values() for line in bank]

    def hand(self, name: str = "") -> str:
        """Whose lines users of a bank speak: 'own', 'general', or 'own and general' where the project's file opens only
        some tasks in its own words, or wants general lines beside them.
        """
        file = self._file("user.yaml", name)
        if not (own := own_lines(file)):
            return "general"
        opens = {f"open.{task}" for task in self._agent.tasks()}
        return "own" if opens <= own.keys() and not is_beside(file) else "own and general"

    def _file(self, file: str, name: str = "") -> Path:
        folder = self._folder if name in ("", *PARTS) else self._folder / name
        return folder / file
