"""What a check finds, and what it may look at: the contract of the checks.

A check is a function from one dialogue and what is known of the project to what it found there; a check of
the whole set gets all dialogues. Checks only look: they change nothing, raise nothing, and say for each
finding how to mend it. "Error" is what must not be trained on; "warning" is what a person should look at,
because language was judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from demeanor.agent import Agent
from demeanor.dialogue import Dialogue, Message
from demeanor.reading.reader import Reader
from demeanor.runtime.tools import Tool
from demeanor.simulation.scenario import Scenario

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Where:
    """A place: file and line (1-based), a field, a dialogue by id, a message by index."""

    file: str | None = None
    line: int | None = None
    field: str | None = None
    id: str | None = None
    message: int | None = None

    def __str__(self) -> str:
        """'dialogues/a.jsonl:3 (book-7, messages[4])'."""
        place = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        inside = f"messages[{self.message}]" if self.message is not None else self.field
        more = ", ".join(part for part in (self.id, inside) if part)
        return f"{place} ({more})" if place and more else place or more


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong. `check` names the check that found it; `fix` says what to do."""

    severity: Severity
    where: Where
    message: str
    fix: str = ""
    check: str = ""

    def __str__(self) -> str:
        fix = f"\n  fix: {self.fix}" if self.fix else ""
        return f"{self.severity}: {self.where}: {self.message}{fix}"


class Finding(NamedTuple):
    """What a check says; the caller adds the place. `at` is the message's index, None for all."""

    severity: Severity
    at: int | None
    message: str
    fix: str


@dataclass(frozen=True)
class Known:
    """What dialogues are held against.

    `passages` are id -> (sha256, title and text), `pages` all their texts. `tools` is None where tools.py
    could not be read: what depends on it is then not judged. `scenarios` are by pool.
    """

    agent: Agent
    reader: Reader
    tools: Mapping[str, Tool] | None = None
    passages: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    pages: str = field(default="", repr=False)
    scenarios: Mapping[str, Sequence[Scenario]] = field(default_factory=dict)


@dataclass(frozen=True)
class Placed:
    """A dialogue and where it stands."""

    dialogue: Dialogue
    where: Where


def trained(dialogue: Dialogue) -> Iterator[tuple[int, Message]]:
    """The replies that training would learn, with their indices."""
    for index, message in enumerate(dialogue.messages):
        if message.role == "assistant" and message.weight == 1:
            yield index, message


def label(dialogue: Dialogue, index: int) -> Mapping[str, Any]:
    """The label of a message; empty where it has none, or one that cannot be read."""
    labels = dialogue.metadata.get("labels")
    found = labels.get(str(index)) if isinstance(labels, dict) else None
    return found if isinstance(found, dict) else {}


def acts(dialogue: Dialogue, index: int) -> Sequence[str]:
    """The acts of a message, as far as it is labelled."""
    found = label(dialogue, index).get("acts")
    return [act for act in found if isinstance(act, str)] if isinstance(found, list) else []


def mentions(dialogue: Dialogue, index: int) -> Sequence[str]:
    """The slots that a user message mentions, as far as it is labelled."""
    found = label(dialogue, index).get("mentions")
    return [str(name) for name in found] if isinstance(found, dict) else []
