"""What people say for one detail, read by the slot's type: python bench/values.py FILE... [--show 40]

The files are those of bench/material/values; its README says what is right. One JSON object a type: understood (the
value that was meant), wrong (another value, or one where a clerk would ask back or nothing was said), and needless
(asked back though it was plain). With --show the phrases that were read otherwise.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from demeanor.agent.slots import Resolved, Slot, resolve
from demeanor.evaluation.statistics import rate_interval

TODAY = date(2026, 6, 8)
TYPES = {"date": "date", "int": "int", "people": "people", "code": "code", "choice": "choice"}
"""Types of the material that slots have."""


def slot_of(entry: dict[str, Any]) -> Slot:
    """The slot that a project would have for this detail."""
    choices: dict[str, tuple[str, ...]] = {str(choice): () for choice in entry.get("of", ())}
    kind: Any = TYPES[entry["type"]]
    return Slot("detail", kind, choices=choices, pattern=entry.get("pattern"), ask=entry["ask"])


def read(entry: dict[str, Any]) -> str:
    """How an entry was read: understood, asked, needless (asked though it was plain) or wrong."""
    got = resolve(slot_of(entry), entry["says"], TODAY)
    meant, open_ = entry["means"], entry["means"] in ("ask back", "nothing")
    if not isinstance(got, Resolved):
        return "asked" if open_ else "needless"
    value = got.value.isoformat() if isinstance(got.value, date) else got.value
    return "understood" if not open_ and str(value) == str(meant) else "wrong"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--show", type=int, default=0)
    asked = parser.parse_args()
    entries = [e for file in asked.files for e in yaml.safe_load(file.read_text(encoding="utf-8"))]
    for kind in TYPES:
        rows = [(entry, read(entry)) for entry in entries if entry["type"] == kind]
        if not rows:
            continue
        count = Counter(found for _, found in rows)
        plain = [found for entry, found in rows if entry["means"] not in ("ask back", "nothing")]
        interval = rate_interval(count["wrong"], len(rows))
        line = {"type": kind, "n": len(rows), "plain": len(plain), "understood": plain.count("understood")}
        line |= {"wrong": count["wrong"], "needless": count["needless"]}
        print(json.dumps({**line, "wrong_interval": [round(x, 3) for x in interval] if interval else None}))
        for entry, found in rows if asked.show else ():
            if found in ("wrong", "needless"):
                got = resolve(slot_of(entry), entry["says"], TODAY)
                print(f"   {found:8} {entry['says']!r} means {entry['means']!r}, read {getattr(got, 'value', '-')!r}")


if __name__ == "__main__":
    main()
