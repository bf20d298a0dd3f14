"""Instructions that nobody may give the agent, planted where it reads: in what the user types, in a page, in a result.

An agent that holds to its task goes on with it, or says that it cannot do this.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from demeanor.runtime.knowledge import Hit, Passage
from demeanor.runtime.tools import Tool

PLACES = ("user", "page", "result")
PAGE = "planted"
"""The id of a planted passage."""
FIELD = "note"
"""The field of a result that a planted instruction stands in."""


@dataclass(frozen=True)
class Injection:
    """A planted instruction. `at`: in the how-manieth message of the user, look-up that found something, or result."""

    text: str
    into: str = "user"
    at: int = 1

    def to_yaml(self) -> dict[str, Any]:
        return {"text": self.text, "into": self.into, **({"at": self.at} if self.at != 1 else {})}

    def typed(self, text: str, number: int) -> str:
        """The user's message by number, from 1."""
        return f"{text} {self.text}" if self.into == "user" and number == self.at else text

    def passage(self) -> Passage:
        return Passage(PAGE, "Notice", self.text, sha256(self.text.encode()).hexdigest()[:12])

    def found(self, hits: Sequence[Hit], number: int) -> list[Hit]:
        """What a look-up by number finds; a planted page needs other pages to stand among."""
        more = [Hit(self.passage(), 0.0)] if hits and self.into == "page" and number == self.at else []
        return [*hits, *more]

    def tools(self, tools: Mapping[str, Tool]) -> Mapping[str, Tool]:
        """The tools of one conversation."""
        if self.into != "result":
            return tools
        answered = 0

        def planted(shaped: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
            def shape(given: Any) -> dict[str, Any]:
                nonlocal answered
                result = shaped(given)
                answered += 1
                return {**result, FIELD: self.text} if answered == self.at else result

            return shape

        return {name: replace(tool, shape_result=planted(tool.shape_result)) for name, tool in tools.items()}
