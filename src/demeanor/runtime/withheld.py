"""Knowledge that the agent keeps until something holds: its pages are not found, a reply that tells it is replaced.

Telling is recognised by what gives the knowledge away (`reading/telling.py`: exact, in every spelling) and by a
sentence that says the same (`reading/nearness.py`). Nothing is shown to anybody before it was read, so such sessions do
not stream.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from demeanor.agent import Agent
from demeanor.agent.conditions import holds, tools_of
from demeanor.agent.description import Withheld
from demeanor.dialogue import Message
from demeanor.errors import ConfigError
from demeanor.reading.telling import Marks, marks_of, told
from demeanor.runtime.guards import Heard, reader_of
from demeanor.runtime.knowledge import Hit, Passage
from demeanor.runtime.requirements import Requirements
from demeanor.runtime.tools import World, parameters_of
from demeanor.text import words

TODAY = "today"
"""The parameter of `until` beside the agent's facts."""


class NearReader(Protocol):
    """Reads replies for the withheld knowledge of one agent."""

    def read(self, text: str) -> Mapping[str, Heard]:
        """Name -> how near the nearest sentence comes to it."""
        ...


class Withholding:
    """What one agent withholds, with what reads for it; shared by its sessions.

    Args:
        openly: texts that everybody may know: what stands there gives nothing away.

    Raises:
        ConfigError: `say` tells what it stands for.
    """

    def __init__(self, agent: Agent, openly: Iterable[str], near: NearReader) -> None:
        self._agent, self._near = agent, near
        says = {one.say for one in agent.withhold.values()}
        known = [text for text in openly if text not in says]
        spoken = {word for say in says for word in words(say).split()}
        found = {name: marks_of(one.text, known) for name, one in agent.withhold.items()}
        self._marks: dict[str, Marks] = {name: replace(m, rare=m.rare - spoken) for name, m in found.items()}
        for name, one in agent.withhold.items():
            if mark := told(self._marks[name], one.say):
                where = f"withhold.{name}.say"
                raise ConfigError(
                    "it tells what is withheld", file=agent.file, field=where, found=mark, fix="leave it out"
                )

    def closed(self, state: Requirements, world: World) -> list[Withheld]:
        """What is withheld now.

        Raises:
            ConfigError: the SQL of an `until` fails.
        """
        return [one for one in self._agent.withhold.values() if not self._open(one, state, world)]

    def _open(self, one: Withheld, state: Requirements, world: World) -> bool:
        if one.condition is not None:
            return holds(one.condition, state, self._agent.slots)
        return bool(one.until) and bool(_asked(world, self._agent, one))

    @staticmethod
    def found(hits: Sequence[Hit], closed: Collection[Withheld]) -> list[Hit]:
        """What is found of the pages while some are withheld."""
        return [hit for hit in hits if not any(stands_on(hit.passage, one) for one in closed)]

    def told(self, closed: Collection[Withheld], text: str, messages: Sequence[Message]) -> Withheld | None:
        """The first piece of knowledge, of those that are closed, that a reply tells behind a conversation."""
        if not text.strip() or not closed:
            return None
        asked = next((m.content for m in reversed(messages) if m.role == "user"), "")
        before = [m.content for m in messages if m.role == "assistant"]
        for one in closed:
            if told(self._marks[one.name], text, asked, before):
                return one
        near = self._near.read(text)
        return next((one for one in closed if near[one.name].stands), None)


def stands_on(passage: Passage, one: Withheld) -> bool:
    """Whether a passage is of a page of withheld knowledge."""
    return page_of(passage.id) in {page.removesuffix(".md") for page in one.pages}


def page_of(passage: str) -> str:
    """The page of a passage, by its id: "pets#fees" is of "pets"."""
    return passage.partition("#")[0]


def withheld_pages(agent: Agent) -> frozenset[str]:
    """Pages that are not open from the beginning, without `.md`."""
    return frozenset(page.removesuffix(".md") for one in agent.withhold.values() for page in one.pages)


def check_withheld(agent: Agent, pages: Collection[str], tools: Collection[str]) -> list[ConfigError]:
    """What `withhold:` names that is not there.

    Args:
        pages: of the knowledge folder, without `.md`.
    """
    faults = []
    for name, one in agent.withhold.items():
        where: dict[str, Any] = {"file": agent.file}
        for page in one.pages:
            if page.removesuffix(".md") not in pages:
                allowed = [f"{known}.md" for known in pages]
                field = f"withhold.{name}.pages"
                faults.append(ConfigError("no such page", **where, field=field, found=page, allowed=allowed))
        for tool in sorted(tools_of(one.condition)) if one.condition is not None else ():
            if tool not in tools:
                field = f"withhold.{name}.until"
                faults.append(ConfigError("no such tool", **where, field=field, found=tool, allowed=list(tools)))
        for parameter in parameters_of(one.until) if one.until else ():
            if parameter not in (*agent.facts, TODAY):
                field, allowed = f"withhold.{name}.until", [*agent.facts, TODAY]
                text = "a parameter that is no fact of agent.yaml"
                faults.append(ConfigError(text, **where, field=field, found=parameter, allowed=allowed))
    return faults


def _asked(world: World, agent: Agent, one: Withheld) -> Any:
    """What the world says to the SQL of an `until`; it stays withheld while a call that hangs has the database."""
    if not world.settle(0):
        return None
    known = {**world.session.facts, TODAY: world.today}
    try:
        row = world.sql(one.until, **{name: known.get(name) for name in parameters_of(one.until)}).fetchone()
    except Exception as error:
        where = f"withhold.{one.name}.until"
        raise ConfigError(f"the SQL fails: {error}", file=agent.file, field=where, found=one.until) from error
    finally:
        world.db.rollback()
    return row[0] if row else None


class LearnedNearness:
    """Reads replies with the learned reader.

    Raises:
        ModelError: the reader is missing: an agent is not served that could tell what it withholds.
    """

    def __init__(self, agent: Agent) -> None:
        from demeanor.reading.nearness import Near

        self._names = list(agent.withhold)
        self._near = Near(reader_of(agent, "withhold")[0], [one.text for one in agent.withhold.values()])

    def read(self, text: str) -> dict[str, Heard]:
        """See `NearReader`."""
        from demeanor.reading.nearness import sentences

        nearest = self._near.cosines(sentences(text) or [text]).max(0)
        limits = self._near.limits
        return {name: Heard(float(nearest[k]), limits[k]) for k, name in enumerate(self._names)}
