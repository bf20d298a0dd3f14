"""The reader of consent on answers that people labelled: python bench/consent.py SGD_HOTELS.jsonl [--show 20]

The file is as for bench/acts.py. Looked at are the user's messages behind a CONFIRM. A plain yes is labelled AFFIRM
(and perhaps THANK_YOU) and nothing else; a no has NEGATE among its labels. One JSON object: how many plain yeses
count as a clear yes, and how many noes do (a booking against the guest's will; wanted: none).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from demeanor.reading.learned import LearnedReader
from demeanor.runtime.agreement import agrees


def answers(path: Path) -> Iterator[tuple[str, str, set[str]]]:
    """The messages that answer a confirmation, the question, and their labels."""
    for line in path.read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        before: set[str] = set()
        for turn in dialogue["metadata"]["turns"]:
            message = dialogue["messages"][turn["m"]]
            if message["role"] != "user":
                before = {act[0] for act in turn["acts"]}
            elif "CONFIRM" in before:
                question = dialogue["messages"][turn["m"] - 1]["content"] or ""
                yield message["content"], question, {act[0] for state in turn["state"] for act in state["acts"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", type=int, default=0, help="so many that were read otherwise")
    given = parser.parse_args()
    reader = LearnedReader({}, {})
    found = [(text, labels, agrees(reader, question, text)) for text, question, labels in answers(given.file)]
    yes = [(text, read) for text, labels, read in found if "AFFIRM" in labels <= {"AFFIRM", "THANK_YOU"}]
    no = [(text, read) for text, labels, read in found if "NEGATE" in labels]
    wrong = [text for text, read in yes if not read] + [text for text, read in no if read]
    counts = {"yes": len(yes), "taken_for_yes": sum(read for _, read in yes)}
    print(json.dumps({**counts, "no": len(no), "no_taken_for_yes": sum(read for _, read in no)}))
    for text in wrong[: given.show]:
        print("   ", text)


if __name__ == "__main__":
    main()
