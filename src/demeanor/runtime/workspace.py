"""A project, loaded: the agent, its tools, pages and world, ready for a conversation.

Loading checks; what is missing (no pages, no world) is replaced by the plainest thing that works.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from demeanor.agent import Agent, load_agent
from demeanor.errors import as_one
from demeanor.models.chat_template import find_template
from demeanor.models.weights import Weights as BaseWeights
from demeanor.models.weights import find_weights
from demeanor.project import ProjectFolder
from demeanor.reading.learned import LearnedReader, Weights, weights
from demeanor.reading.own import own_lines, with_own_lines
from demeanor.reading.reader import Reader
from demeanor.runtime.guards import Guards, LearnedGuards
from demeanor.runtime.handover import agent_tools
from demeanor.runtime.knowledge import Hit, Passage, Retriever, read_examples, read_passages
from demeanor.runtime.prompt import Renderer, system_text
from demeanor.runtime.session import Session
from demeanor.runtime.tools import MEMORY, Caller, Tool, World, fresh_world, lasting_world
from demeanor.runtime.withheld import LearnedNearness, Withholding, check_withheld, page_of, withheld_pages

DATABASE = "DEMEANOR_DATABASE"
"""The environment variable with the URL of the server on which trials are run; SQLite in memory without one."""


@dataclass
class Workspace:
    """What a project folder holds, read once. `database`: the URL of the server on which fresh worlds are made."""

    folder: ProjectFolder
    agent: Agent
    tools: Mapping[str, Tool]
    database: str = field(default_factory=lambda: os.environ.get(DATABASE, MEMORY))

    @classmethod
    def load(cls, folder: ProjectFolder) -> Workspace:
        """Read agent.yaml and tools.py.

        Raises:
            ConfigError: naming file, line, field and fix.
        """
        agent = load_agent(folder.agent_path)
        return cls(folder, agent, agent_tools(agent, folder.root / agent.tools))

    # ------------------------------------------------------------------ what the model sees

    @cached_property
    def system(self) -> str:
        return system_text(self.agent, [tool.compact_schema() for tool in self.tools.values()])

    def renderer(self, tokenizer: Any, system: str | None = None) -> Renderer:
        return Renderer(tokenizer, self.system if system is None else system)

    @cached_property
    def parameters(self) -> dict[str, Sequence[str]]:
        return {name: list(tool.parameters) for name, tool in self.tools.items()}

    @cached_property
    def reader(self) -> Reader:
        """Hears what users and agents say, in the terms of this agent; put right by lines of the project's own."""
        return LearnedReader(self.agent.slots, self._told_tools, self.learned)

    @cached_property
    def learned(self) -> Weights | None:
        """The reader's weights with lines of the project's own; None for those that ship."""
        own = own_lines(self.folder.reading_path, self.agent.slots, self._told_tools)
        return with_own_lines(weights(), own) if own else None

    def hear_anew(self) -> None:
        """Learn the reader's heads again, with lines that have been added."""
        for name in ("reader", "learned"):
            self.__dict__.pop(name, None)

    @property
    def _told_tools(self) -> dict[str, str]:
        return {name: tool.description for name, tool in self.tools.items()}

    def base_weights(self) -> BaseWeights:
        """The base model's weights, with the chat template that agent.yaml chooses.

        Raises:
            ModelError: they cannot be found.
            ConfigError: no such template.
        """
        chosen = self.agent.chat_template
        template = find_template(chosen, self.folder.root) if chosen else ""
        return replace(find_weights(self.agent.base_model), template=template)

    # ------------------------------------------------------------------ pages

    @cached_property
    def passages(self) -> list[Passage]:
        folder = self.folder.root / self.agent.knowledge
        return read_passages(folder) if folder.is_dir() else []

    @cached_property
    def retriever(self) -> Retriever:
        return Retriever(self.passages, examples=read_examples(self.folder.wording_path))

    def search(self, texts: Sequence[str]) -> list[list[Hit]]:
        return self.retriever.search_many(texts) if self.passages else [[] for _ in texts]

    def search_unseen(self, texts: Sequence[str]) -> list[list[Hit]]:
        """As `search`, for texts written with the training wording: its examples do not count for themselves. What is
        withheld is not found.
        """
        found = self.retriever.search_many(texts, unseen=True) if self.passages else [[] for _ in texts]
        return [[hit for hit in hits if self.is_open(hit.passage.id)] for hits in found]

    def is_open(self, passage: str) -> bool:
        """Whether a passage may be known from the beginning."""
        return page_of(passage) not in withheld_pages(self.agent)

    # ------------------------------------------------------------------ guards, and what is withheld

    @cached_property
    def withholding(self) -> Withholding | None:
        """What keeps the agent from telling; None for an agent that withholds nothing.

        Raises:
            ConfigError: it names what is not there, or tells by itself what it withholds.
            ModelError: the reader that it needs is missing.
        """
        if not self.agent.withhold:
            return None
        if faults := check_withheld(self.agent, {page_of(p.id) for p in self.passages}, self.tools):
            raise as_one(faults)
        return Withholding(self.agent, self.openly(), LearnedNearness(self.agent))

    def openly(self) -> list[str]:
        """What everybody may know: the system text, what agent.yaml says, the open pages."""
        pages = [f"{p.title}\n{p.text}" for p in self.passages if self.is_open(p.id)]
        return [self.system, *self.agent.sayings(), *pages]

    @cached_property
    def guards(self) -> Guards | None:
        """What stands in front of the model; None for an agent without guards.

        Raises:
            ModelError: the reader that they need is missing.
        """
        return Guards(self.agent.guards, LearnedGuards(self.agent, self.learned)) if self.agent.guards else None

    # ------------------------------------------------------------------ world

    def new_world(self, today: date, extra_sql: str = "", facts: Mapping[str, Any] | None = None) -> World:
        """A world for one conversation, made anew.

        Args:
            extra_sql: run on it before anybody speaks.
            facts: what is verified of whoever speaks.
        """
        caller = Caller(facts=dict(facts or {}))
        return fresh_world(self.folder.schema_path, self.folder.seed_path, extra_sql, today, self.database, caller)

    def lasting_world(self, url: str, today: date, facts: Mapping[str, Any] | None = None) -> World:
        """The database of a URL; made from world/ where it has no tables yet."""
        caller = Caller(facts=dict(facts or {}))
        return lasting_world(self.folder.schema_path, self.folder.seed_path, url, today, caller)

    def session(self, renderer: Renderer, world: World, id: str = "session", **how: Any) -> Session:
        """A session in a world, nothing said yet, behind the agent's guards, and keeping what it withholds; `how` are
        further fields of a Session.

        Raises:
            ModelError: the agent has guards or withholds something, and what reads for that is missing.
        """
        opened = self.unguarded(renderer, world, id, **how)
        return replace(opened, guards=self.guards, withholding=self.withholding)

    def unguarded(self, renderer: Renderer, world: World, id: str = "session", **how: Any) -> Session:
        """As `session`, without any of this: for users who are known to touch none, and for what was said already."""
        return Session(self.agent, renderer, self.tools, world, self.reader, id, **how)
