"""Whether the user has agreed to exactly a call: the question named every argument, the answer is nothing but a yes.

Arguments are compared as values: a day however it is written, a number in words or figures, a name whatever its
apostrophes and accents. What an answer repeats of them is a restatement; another value of the same kind is a
correction, and no yes. Closed when in doubt, and said why: whoever reads the refusal learns what was missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from demeanor.agent.slots import Slot, named_in, number_word, restated, stem
from demeanor.reading.reader import Reader, Reading, Spoken
from demeanor.runtime.tools import leaves
from demeanor.text import stands_in, words

_GAP = re.compile(r"\s{2,}")  # where a value was taken out
_THATS = re.compile(r"\bthat\b(?:[\s,]*(?:and)?\s*\bthat\b)+")
ENOUGH = 2 / 3  # of an offer's shown values: enough to tell its rows apart, free in the wording


@dataclass(frozen=True)
class Exchange:
    """The question for a yes, and what the user answered, on the day it was."""

    question: str
    answer: str
    today: date
    reader: Reader

    def lacks(self, values: Mapping[str, Any], slots: Mapping[str, Slot], rows: Mapping[str, Mapping[str, Any]]) -> str:
        """What is missing for an agreement to exactly these values; '' when it is one.

        Args:
            values: argument -> the value that it means.
            rows: option argument -> the shown values of the row that it picks.
        """
        if "?" not in self.question:
            return "nothing was asked"
        for name, value in values.items():
            if not self._names(name, slots.get(name), value, rows.get(name)):
                return f"the question did not name the {name.replace('_', ' ')}"
        shown = [str(v) for row in rows.values() for v in row.values()]
        said = restated(" ".join(self.answer.split()), values, slots, self.question, shown, self.today)
        if said.other:
            return f"the user said another {said.other[0].replace('_', ' ')}"
        # Values that were agreed to may be said again: the answer may agree as well with "that" in their place.
        without = _THATS.sub("that", _GAP.sub(" that ", said.left)).strip()
        ways = [text for text in dict.fromkeys((self.answer, without)) if text]
        if not ways:
            return "the user said nothing"
        heard = self.reader.read([Spoken("user", text, self.question) for text in ways])
        if told := next(
            (t.slot for t in heard[-1].told if t.slot in values and not stands_in(t.text, self.question)), ""
        ):
            return f"the user said another {told.replace('_', ' ')}"
        # Whether another text is another value no comparison tells.
        free = any(slot.type == "text" for name, slot in slots.items() if name in values)
        agrees = any(reading.firmly if free else reading.agrees for reading in heard)
        return "" if agrees else _instead(heard[0])

    def _names(self, name: str, slot: Slot | None, value: Any, row: Mapping[str, Any] | None) -> bool:
        """Whether the question holds a value."""
        if row is not None:
            named = sum(stands_in(str(v), self.question) for v in row.values())
            return bool(row) and named >= ENOUGH * len(row)
        if slot is not None:
            return named_in(slot, value, self.question, self.today)
        return all(self._holds(name, leaf) for name, leaf in leaves(name, value))

    def _holds(self, name: str, value: Any) -> bool:
        """Whether the question holds one value of an argument that is no slot; a yes or no stands there by its name."""
        if isinstance(value, bool):
            return stands_in(name.replace("_", " "), self.question)
        if isinstance(value, date):
            return named_in(Slot(name, "date"), value, self.question, self.today)
        if isinstance(value, int | float | Decimal):
            in_words = isinstance(value, int) and stands_in(number_word(value), self.question)
            return in_words or named_in(Slot(name, "number"), float(value), self.question, self.today)
        return stands_in(_singular(str(value)), _singular(self.question))


def agrees(reader: Reader, question: str, answer: str) -> bool:
    """Whether an answer is surely nothing but agreement to what was asked."""
    return reader.read([Spoken("user", answer, question)])[0].agrees


INSTEAD = {
    "deny": "the user said no",
    "condition": "the user set a condition",
    "correct": "the user changed something",
    "hesitate": "the user was not sure",
    "question": "the user asked something",
}
"""What an answer that is no plain yes was, in words for whoever reads the refusal."""


def _instead(heard: Reading) -> str:
    likeliest = max(heard.found & INSTEAD.keys(), key=lambda label: heard.acts[label], default="")
    return INSTEAD.get(likeliest, "the user did not plainly say yes")


def _singular(text: str) -> str:
    """Two chains are a chain each."""
    return " ".join(stem(word) for word in words(text).split())
