"""Questions that users ask about the pages: how they are asked, which passage answers, what a right answer holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from demeanor.errors import ConfigError
from demeanor.project.yamlfile import read_yaml
from demeanor.project.yamlmodel import FileModel, Text, TextList, read_model
from demeanor.simulation.wording.user import REGISTERS, wrong


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


class QuestionFile(FileModel):
    """An entry of questions.yaml."""

    id: Text
    passage: Text | None = None
    expects: TextList | None = None
    asks: dict[Literal[*REGISTERS], TextList]  # type: ignore[valid-type]
    answers: TextList | None = None


def load_questions(file: Path) -> dict[str, Question]:
    """Questions by id.

    Raises:
        ConfigError: all that is wrong, with file, line and field.
    """
    raw, lines = read_yaml(file, all_text=True)
    if not isinstance(raw, list):
        raise ConfigError("expected a list of questions", file=file, found=raw)
    out: dict[str, Question] = {}
    for index, one in enumerate(read_model(TypeAdapter(list[QuestionFile]), raw, file, lines)):
        if one.id in out:
            raise wrong("this id stands twice", file, (str(index), "id"), found=one.id)
        out[one.id] = Question(one.id, one.passage, one.expects or (), dict(one.asks), one.answers or ())
    return out
