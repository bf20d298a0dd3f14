"""General text, which has nothing to do with any agent: to see what a model forgets, and to keep it from forgetting.

    prose.txt        watched: how hard ordinary prose has become to predict
    questions.yaml   watched: answers to general questions, behind the model's own chat template
    rehearsal.txt    rehearsed while training: where the model is held to what it said before (objective.py)

The three share no sentence and no subject, and all are the project's own.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import yaml

from demeanor.training.config import Example


def prose(tokenizer: Any) -> list[Example]:
    """The watched paragraphs, every token but the first a target."""
    return _paragraphs("prose.txt", tokenizer)


def rehearsal(tokenizer: Any) -> list[Example]:
    """The rehearsed paragraphs, every token but the first a target."""
    return _paragraphs("rehearsal.txt", tokenizer)


def questions(tokenizer: Any) -> list[Example]:
    """General questions whose answers are the targets; none for a model without a chat template."""
    if not getattr(tokenizer, "chat_template", None):
        return []
    out = []
    for number, pair in enumerate(yaml.safe_load(_text("questions.yaml"))):
        asked = [{"role": "user", "content": pair["question"]}]
        before = tokenizer.apply_chat_template(asked, tokenize=False, add_generation_prompt=True)
        front, answer = (tuple(tokenizer.encode(t, add_special_tokens=False)) for t in (before, pair["answer"]))
        out.append(Example(f"question-{number}", front + answer, (False,) * len(front) + (True,) * len(answer)))
    return out


def _paragraphs(file: str, tokenizer: Any) -> list[Example]:
    out = []
    for number, paragraph in enumerate(part for part in _text(file).split("\n\n") if part.strip()):
        ids = tuple(tokenizer.encode(paragraph.strip(), add_special_tokens=False))
        out.append(Example(f"{file.partition('.')[0]}-{number}", ids, (False, *[True] * (len(ids) - 1))))
    return out


def _text(file: str) -> str:
    return resources.files("demeanor.training.general").joinpath(file).read_text(encoding="utf-8")
