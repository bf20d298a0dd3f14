"""What the project's wording says about retrieval: messages that ask for a passage, and messages that ask
for none.

A similarity alone cannot tell "a deluxe room for two from 12 to 15 June" from a question about rooms. The
wording files know: wording/questions.yaml lists ways to ask, passage by passage, and wording/user.yaml
lists everything else that users say. Placeholders are filled with any of the values written there: only the
kind of message matters.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demeanor.errors import ConfigError

QUESTIONS_FILE = "questions.yaml"
USER_FILE = "user.yaml"
COMPONENTS = {  # a date or number that stands for all of them
    "day": "12",
    "ord": "12th",
    "month": "June",
    "mon": "Jun",
    "weekday": "Friday",
    "wd": "Fri",
    "gap": "3",
    "gap_word": "three",
    "n": "3",
    "word": "three",
}
CODE = "AB-1234"  # any other component is a spelling of a code


@dataclass(frozen=True)
class Examples:
    """`asks`: (passage id, message) pairs. `others`: messages for which nothing should be found."""

    asks: tuple[tuple[str, str], ...] = ()
    others: tuple[str, ...] = ()


def read_examples(wording: Path) -> Examples:
    """The examples in a project's wording folder; what is not written there is not missed.

    Raises:
        ConfigError: a file is not YAML, or questions.yaml is not a list of questions.
    """
    questions = _read(wording / QUESTIONS_FILE) or []
    if not isinstance(questions, list) or not all(isinstance(entry, dict) for entry in questions):
        raise ConfigError("this is a list of questions", file=wording / QUESTIONS_FILE)
    asked = [(entry.get("passage"), ask) for entry in questions for ask in _texts(entry.get("asks"))]
    user = _read(wording / USER_FILE) or {}
    if not isinstance(user, dict):
        raise ConfigError("this maps acts to ways of saying them", file=wording / USER_FILE)
    fill = _Filler(user.get("values") or {})
    said = [fill(text) for act, ways in user.items() if act != "values" for text in _texts(ways)]
    return Examples(
        tuple(dict.fromkeys((str(passage), ask) for passage, ask in asked if passage)),
        tuple(dict.fromkeys(said)),
    )


def _read(path: Path) -> Any:
    import yaml

    if not path.is_file():
        return None
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else None
        raise ConfigError("not YAML", file=path, line=line, found=str(error).splitlines()[0]) from error


def _texts(tree: Any) -> Iterator[str]:
    """All strings below, whatever they are sorted by."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, Mapping):
        for branch in tree.values():
            yield from _texts(branch)
    elif isinstance(tree, list):
        for branch in tree:
            yield from _texts(branch)


class _Filler:
    """Fills placeholders with the values of their slot in turn, the same ones in every run."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        ways: dict[str, list[str]] = {}
        for key, texts in values.items():
            ways.setdefault(re.split(r"[=.]", str(key))[0], []).extend(_texts(texts))
        self._next = {slot: itertools.cycle(texts) for slot, texts in ways.items() if texts}

    def __call__(self, text: str, inside: frozenset[str] = frozenset()) -> str:
        return re.sub(r"\{([^{}]+)\}", lambda found: self._value(found[1], inside), text)

    def _value(self, name: str, inside: frozenset[str]) -> str:
        """`inside`: the slots whose values are being filled; a value that names its own slot is a code."""
        slot, dot, component = name.partition(".")
        if dot or slot in inside:
            return COMPONENTS.get(component, CODE)
        if slot in self._next:
            return self(next(self._next[slot]), inside | {slot})
        return slot.replace("_", " ")
