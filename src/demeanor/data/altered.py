"""Dialogues whose pages are silent where the real ones speak, or have other figures.

An agent that has learned the pages by heart answers from memory when a page changes, and answers a question that no
page covers with the neighbouring page. In some dialogues the passage that would answer is therefore withheld, and the
agent defers; in others it stands there with other figures, and the answer has these. (Training with the needed
document taken away is known from RAFT, Zhang et al. 2024; altered passages from Longpre et al. 2021, who measured that
readers otherwise prefer what they remember.)
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from demeanor.runtime.knowledge import AlteredPages, Passage
from demeanor.simulation.wording.questions import Question

# A whole number that stands alone: not a part of a clock time, a date, a range or a code.
_FIGURE = re.compile(r"(?<![\w.,:/-])\d{1,3}(?![\w:/-]|[.,]\d)")
MOST_TRIES = 20


def withhold(question: Question) -> tuple[Question, AlteredPages]:
    """The question as one that the pages do not answer."""
    assert question.passage is not None
    return replace(question, passage=None, expects=(), answers=()), AlteredPages(withheld=(question.passage,))


def beside(needed: str, passages: Mapping[str, Passage], rng: random.Random) -> tuple[str, ...]:
    """Ids of up to two passages that do not answer, in place of `needed` (or of none): of its page, or of any other."""
    others = [name for name in passages if name != needed]
    page = [name for name in others if needed and name.partition("#")[0] == needed.partition("#")[0]]
    drawn = (rng.choice(page if page and rng.random() < 0.4 else others) for _ in range(rng.randint(1, 2)))
    return tuple(dict.fromkeys(drawn)) if others else ()


def change(question: Question, passage: Passage, rng: random.Random) -> tuple[Question, AlteredPages]:
    """The question with other figures in its passage and its answers; as it was where no figure stands in both.

    A figure of the question's own wording stays: the user says it. Answers without a changed figure fall away.
    """
    asked = {n for asks in question.asks.values() for text in asks for n in _FIGURE.findall(text)}
    answered = {n for text in question.answers for n in _FIGURE.findall(text)}
    figures = sorted((set(_FIGURE.findall(passage.text)) & answered) - asked, key=int)
    others = _others(figures, rng)
    if not others:
        return question, AlteredPages()

    def changed(text: str) -> str:
        return _FIGURE.sub(lambda m: others.get(m[0], m[0]), text)

    answers = tuple(changed(text) for text in question.answers if changed(text) != text)
    told = replace(question, expects=tuple(map(changed, question.expects)), answers=answers)
    return told, AlteredPages(changed={passage.id: changed(passage.text)})


def _others(figures: list[str], rng: random.Random) -> dict[str, str]:
    """Another number near each, in the same order, more than one where it was (so that plurals stay right)."""
    numbers = [int(n) for n in figures]
    for _ in range(MOST_TRIES if figures else 0):
        drawn = [n + rng.choice((-1, 1)) * rng.randint(1, max(2, n * 3 // 10)) for n in numbers]
        ordered = all(a < b for a, b in pairwise(drawn))
        if ordered and all((n > 1) == (d > 1) and d > 0 for n, d in zip(numbers, drawn, strict=True)):
            return {a: str(b) for a, b in zip(figures, drawn, strict=True)}
    return {}
