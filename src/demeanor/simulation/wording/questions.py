"""Questions that users ask about the pages: how they are asked, which passage answers, what a right answer holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demeanor.errors import ConfigError
from demeanor.project.yamlfile import read_yaml
from demeanor.simulation.wording.user import sentences, wrong


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
        passage = item.get("passage")
        if passage is not None and not isinstance(passage, str):
            raise wrong(
                "a passage is named by its id", file, (str(index), "passage"), found=passage, fix="PAGE#HEADING"
            )
        out[str(item["id"])] = Question(
            str(item["id"]),
            passage,
            _texts(item, "expects", file, index),
            {str(r): tuple(sentences(asks, file, (str(index), "asks", str(r)))) for r, asks in item["asks"].items()},
            _texts(item, "answers", file, index),
        )
    return out


def _texts(item: Mapping[str, Any], key: str, file: Path, index: int) -> tuple[str, ...]:
    return tuple(sentences(item[key], file, (str(index), key))) if item.get(key) is not None else ()
