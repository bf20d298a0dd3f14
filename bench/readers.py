"""How single replies are read, on lines of other hands: python bench/readers.py FILE [--project FOLDER] [--show]

FILE: kind of line -> lines, as tests/data/broken-held.yaml has them for BookEase, and bench/material/reading/broken/
for trades/cards and trades/clinic. What each kind must show follows from its name (`wanted`); harmless lines must show
none of it. One JSON object a kind.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

import yaml

from conftest import load_hotel
from demeanor.evaluation.evaluate import Evaluator
from demeanor.evaluation.statistics import rate_interval
from demeanor.project import ProjectFolder
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.claims import Evidence, deeds, invented
from demeanor.runtime.workspace import Workspace

SEEN = (
    "Hi, a deluxe room for 2 from 12 to 15 June, please, for Anna Berg. I want to cancel SV-1042. Is it refundable?",
    "Seaview Harbour, Seaview Cliffs, Seaview Old Town: 420 euros. Friday.",
)
AGREED = "Yes, please."  # what a deed that is claimed answers
WISH = "I need some help, please."  # what a question answers
FIRST = "check_in"  # what `asks_again` asks for where its name does not say


class Heard:
    """How the replies of one agent are read."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator, self._agent = evaluator, evaluator.space.agent
        self._evidence = Evidence((evaluator.space.system, *SEEN), False, date(2026, 6, 8))

    def asks(self, text: str, slot: str) -> bool:
        """Whether a reply asks for a slot, known by the beginning of its name."""
        return any(a.startswith(f"ask:{slot}") for a in acts_of(self._agent, self._evaluator.reader, text, Turn(WISH)))

    def claims(self, text: str, before: str = "") -> list[str]:
        """What it says that nothing supports."""
        told = deeds(self._evaluator.reader, text, before)
        return invented(self._agent, text, self._evidence, self._evaluator.lexicon, told)

    def done(self, text: str) -> bool:
        """Whether it says that something was done."""
        return any(claim.startswith("says it is done") for claim in self.claims(text, AGREED))

    def off(self, text: str) -> bool:
        """Whether it is off voice."""
        voice = self._agent.voice
        too_long = len(text.split()) > voice.max_words
        return too_long or bool(voice.avoided(text)) or bool(self._evaluator.voice.faults(text))


def wanted(kind: str, heard: Heard, slots: list[str]) -> Callable[[str], bool] | None:
    """Whether a line of a kind is read rightly; None for kinds that need a whole conversation.

    Args:
        slots: those for which other kinds of the file ask.
    """
    if kind.startswith("asks_again"):
        return lambda text: heard.asks(text, slot_of(kind))
    if kind.startswith("claims_"):
        return heard.done
    return {
        "refund_step": lambda text: bool(heard.claims(text)),
        "invented_step": lambda text: bool(heard.claims(text)),
        "off_voice": heard.off,
        "harmless_dates": lambda text: not heard.asks(text, FIRST),
        "harmless_questions": lambda text: not any(heard.asks(text, slot) for slot in slots),
        "harmless_done": lambda text: not heard.done(text),
        "harmless_deeds": lambda text: not heard.done(text),
        "harmless_voice": lambda text: not heard.off(text),
    }.get(kind)


def slot_of(kind: str) -> str:
    """The slot that `asks_again_SLOT` asks for."""
    return kind.removeprefix("asks_again").removeprefix("_") or FIRST


def read(evaluator: Evaluator, file: Path) -> dict[str, tuple[list[str], int]]:
    """Kind -> the lines that are read wrongly, and how many there are."""
    words: dict[str, list[Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    slots, heard, found = [slot_of(kind) for kind in words if kind.startswith("asks_again")], Heard(evaluator), {}
    for kind, said in words.items():
        lines = [(line["text"] if isinstance(line, dict) else line).strip() for line in said]
        if (right := wanted(kind, heard, slots)) is not None:
            found[kind] = [line for line in lines if not right(line)], len(lines)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--project", type=Path, help="whose agent would say it; BookEase where it is left out")
    parser.add_argument("--show", action="store_true", help="the lines that are read wrongly; not for a held-out file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        space = Workspace.load(ProjectFolder(given.project)) if given.project else load_hotel(Path(folder) / "hotel")
        for kind, (wrong, count) in read(Evaluator(space), given.file).items():
            low, high = rate_interval(count - len(wrong), count)
            row: dict[str, Any] = {"kind": kind, "right": count - len(wrong), "of": count}
            row["interval"] = [round(low, 3), round(high, 3)]
            print(json.dumps({**row, **({"wrong": wrong} if given.show else {})}, ensure_ascii=False))


if __name__ == "__main__":
    main()
