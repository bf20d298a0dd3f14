"""What people say for one detail, read by the slot's type: python bench/values.py FILE... [--show 40]

The files are those of bench/material/values; its README says what is right. One JSON object a type: understood (the
value that was meant), wrong (another value, or one where a clerk would ask back or nothing was said), and needless
(asked back though it was plain). With --show the phrases that were read otherwise.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from demeanor.agent.slots import Resolved, Slot, plain, resolve
from demeanor.evaluation.statistics import rate_interval
from demeanor.text import plain as plain_text

TODAY = date(2026, 6, 8)
TYPES = (
    "date", "past_date", "range", "time", "int", "number", "people", "money", "phone", "email", "code", "choice",
    "yes_no", "name", "address",
)  # fmt: skip


def slot_of(entry: dict[str, Any]) -> Slot:
    """The slot that a project of this country would have for the detail (of a range: for its first day)."""
    also = {str(choice): tuple(map(str, words)) for choice, words in entry.get("also", {}).items()}
    choices: dict[str, tuple[str, ...]] = {str(choice): also.get(str(choice), ()) for choice in entry.get("of", ())}
    kind: Any = {"past_date": "date", "range": "date"}.get(entry["type"], entry["type"])
    return Slot(
        "detail",
        kind,
        choices=choices,
        pattern=entry.get("pattern"),
        ask=entry["ask"],
        unit=entry.get("unit", "euros" if entry["type"] == "money" else ""),
        past=entry["type"] == "past_date",
        begins=entry["type"] == "range",
        country="DE",
        month_first=False,
    )


def value_of(entry: dict[str, Any]) -> str | None:
    """The value that is read; None for what would be asked back."""
    slot = slot_of(entry)
    got = resolve(slot, entry["says"], TODAY)
    if not isinstance(got, Resolved):
        return None
    if entry["type"] != "range":
        return str(plain(got.value))
    last = replace(slot, name="last", begins=False, after="detail")
    end = resolve(last, entry["says"], TODAY, {"detail": got.value})
    return f"{got.value}..{end.value}" if isinstance(end, Resolved) else None


def read(entry: dict[str, Any]) -> str:
    """How an entry was read: understood, asked, needless (asked though it was plain) or wrong."""
    value, meant = value_of(entry), entry["means"]
    if value is None:
        return "asked" if meant in ("ask back", "nothing") else "needless"
    return "understood" if same(value, meant, entry["type"]) else "wrong"


def same(value: str, meant: Any, kind: str) -> bool:
    """Whether two values are one: figures as numbers; of names and addresses case, spaces and the kind of apostrophe
    say nothing, accents do.
    """
    if kind in ("name", "address"):
        return re.sub(r"\s", "", plain_text(value).casefold()) == re.sub(r"\s", "", plain_text(str(meant)).casefold())
    try:
        return abs(float(value) - float(meant)) < 0.005 if not isinstance(meant, bool) else value == str(meant)
    except ValueError:
        return value == str(meant)


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
                print(f"   {found:8} {entry['says']!r} means {entry['means']!r}, read {value_of(entry)!r}")


if __name__ == "__main__":
    main()
