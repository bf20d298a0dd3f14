"""Questions that users ask about the pages: how they are asked, which passage answers, and what a right answer holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from demeanor.agent import read_yaml
from demeanor.errors import ConfigError


@dataclass(frozen=True)
class Question:
    """One need for knowledge. `passage` is None where the pages are silent: then the right reply defers."""

    id: str
    passage: str | None
    expects: tuple[str, ...]
    asks: Mapping[str, tuple[str, ...]]
    answers: tuple[str, ...] = ()

    @property
    def answerable(self) -> bool:
        return self.passage is not None

    def ways(self, register: str) -> tuple[str, ...]:
        """The ways to ask in a register, else in any."""
        return self.asks.get(register) or tuple(a for asks in self.asks.values() for a in asks)


def load_questions(file: Path) -> dict[str, Question]:
    """Questions by id.

    Raises:
        ConfigError: with file, line and field of what is wrong.
    """
    raw, lines = read_yaml(file)
    if not isinstance(raw, list):
        raise ConfigError("expected a list of questions", file=file, found=raw)
    out: dict[str, Question] = {}
    for index, item in enumerate(raw):
        line = lines.get((str(index),))
        if not isinstance(item, dict) or "id" not in item or not isinstance(item.get("asks"), dict):
            raise ConfigError("a question needs id and asks", file=file, line=line, found=item)
        if item["id"] in out:
            raise ConfigError("this id stands twice", file=file, line=line, field="id", found=item["id"])
        out[str(item["id"])] = Question(
            str(item["id"]),
            item.get("passage"),
            tuple(str(x) for x in item.get("expects") or ()),
            {str(r): tuple(str(a) for a in asks) for r, asks in item["asks"].items()},
            tuple(str(x) for x in item.get("answers") or ()),
        )
    return out
