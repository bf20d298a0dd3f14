"""The readers of single replies on lines of other hands: python bench/readers.py tests/data/broken-held.yaml [--show]

What each kind of line must show (a question for a detail, a deed that is claimed, an invented step, manners that the
voice does not have), and for harmless lines what none may show. One JSON object a kind.
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
from demeanor.reading.acts import detect
from demeanor.reading.claims import Evidence, invented

SEEN = (
    "Hi, a deluxe room for 2 from 12 to 15 June, please, for Anna Berg. I want to cancel SV-1042. Is it refundable?",
    "Seaview Harbour, Seaview Cliffs, Seaview Old Town: 420 euros. Friday.",
)


def readers(evaluator: Evaluator) -> dict[str, Callable[[str], bool]]:
    """Kind of line -> whether a line is read rightly."""
    agent = evaluator.space.agent
    evidence = Evidence((evaluator.space.system, *SEEN), False, date(2026, 6, 8))

    def claims(text: str) -> list[str]:
        return invented(agent, text, evidence, evaluator.lexicon)

    def done(text: str) -> bool:
        return any(claim.startswith("says it is done") for claim in claims(text))

    def asked(text: str) -> bool:
        return "ask:check_in" in detect(agent, text).acts

    def off(text: str) -> bool:
        avoided = any(phrase.lower() in text.lower() for phrase in agent.voice.avoid)
        return avoided or len(text.split()) > agent.voice.max_words or bool(evaluator.register.faults(text))

    return {
        "asks_again": asked,
        "claims_booked": done,
        "claims_cancelled": done,
        "refund_step": lambda text: bool(claims(text)),
        "off_voice": off,
        "harmless_dates": lambda text: not asked(text),
        "harmless_done": lambda text: not done(text),
        "harmless_voice": lambda text: not off(text),
    }


def read(evaluator: Evaluator, file: Path) -> dict[str, tuple[list[str], int]]:
    """Kind -> the lines that are read wrongly, and how many there are."""
    words: dict[str, list[Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))
    found = {}
    for kind, right in readers(evaluator).items():
        lines = [(line["text"] if isinstance(line, dict) else line).strip() for line in words.get(kind, [])]
        if lines:
            found[kind] = [line for line in lines if not right(line)], len(lines)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", action="store_true", help="the lines that are read wrongly; not for a held-out file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for kind, (wrong, count) in read(Evaluator(load_hotel(Path(folder) / "hotel")), given.file).items():
            low, high = rate_interval(count - len(wrong), count)
            row: dict[str, Any] = {"kind": kind, "right": count - len(wrong), "of": count}
            row["interval"] = [round(low, 3), round(high, 3)]
            print(json.dumps({**row, **({"wrong": wrong} if given.show else {})}, ensure_ascii=False))


if __name__ == "__main__":
    main()
