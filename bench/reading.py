"""The learned reader on lines that it never saw: python bench/reading.py FOLDER [--weights FOLDER] [--show LABEL]

FOLDER holds lines (HAND-agent.jsonl, HAND-user.jsonl) and their trades (*.yaml). Per label: how often it is right where
sure lines say it, and how many of those owed are surely found (an unsure label is missed); and both, sure or not. Then
questions with their slots, tools, corrections with their slots, spans, and how many lines are sure. Intervals are
Wilson's, 95%.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from demeanor.evaluation.statistics import rate_interval
from demeanor.reading.labels import LABELS, Speaker
from demeanor.reading.learn.calibrate import read_all
from demeanor.reading.learn.lines import Line, read_lines, read_trades
from demeanor.reading.learned import WEIGHTS, Weights
from demeanor.reading.reader import Reading
from demeanor.text import key

Pairs = Sequence[tuple[Line, Reading]]


def rate(hits: int, of: int) -> str:
    """ "93% (88 to 96) of 140"."""
    if not of:
        return "none"
    low, high = rate_interval(hits, of)
    return f"{100 * hits / of:.0f}% ({100 * low:.0f} to {100 * high:.0f}) of {of}"


def by_label(pairs: Pairs, speaker: Speaker) -> dict[str, object]:
    """Every label of a speaker, and all together."""
    sure = [(line, reading) for line, reading in pairs if reading.sure]
    rows: dict[str, object] = {}
    whole = Counter[str]()
    for label in LABELS[speaker]:
        owed = [reading for line, reading in pairs if f"{speaker}.{label}" in line.acts]
        counts = {
            "said": sum(label in reading.found for _, reading in pairs),
            "right": sum(label in reading.found for reading in owed),
            "said, sure": sum(label in reading.found for _, reading in sure),
            "right, sure": sum(f"{speaker}.{label}" in line.acts for line, r in sure if label in r.found),
            "surely": sum(label in reading.found - reading.unsure for reading in owed),
            "owed": len(owed),
        }
        whole.update(counts)
        rows[label] = figures(counts)
    return rows | {"all": figures(whole), "sure lines": rate(len(sure), len(pairs))}


def figures(counts: Mapping[str, int]) -> dict[str, str]:
    """Precision and recall, where sure and in all."""
    return {
        "right (sure)": rate(counts["right, sure"], counts["said, sure"]),
        "found (sure)": rate(counts["surely"], counts["owed"]),
        "right (any)": rate(counts["right"], counts["said"]),
        "found (any)": rate(counts["right"], counts["owed"]),
    }


def slots(pairs: Pairs) -> dict[str, str]:
    """The slots that lines want or correct, one by one; and lines in which all of them and no others are found."""
    owed = found = right = whole = lines = 0
    for line, reading in pairs:
        named = {*reading.wanted}
        wanted = {slot for slot in line.slots if slot != "other"}
        owed, found, right = owed + len(wanted), found + len(named), right + len(wanted & named)
        if wanted:
            lines, whole = lines + 1, whole + (wanted == named)
    return {"right": rate(right, found), "found": rate(right, owed), "lines wholly right": rate(whole, lines)}


def spans(pairs: Pairs) -> dict[str, str]:
    """Told slots: with the same words but for articles and marks at their ends; and with words that overlap."""
    owed = found = exact = near = 0
    for line, reading in pairs:
        truth = [(slot, start, end) for slot, start, end in line.spans if slot != "other"]
        owed, found = owed + len(truth), found + len(reading.told)
        for slot, start, end in truth:
            own = [t for t in reading.told if t.slot == slot and t.start < end and start < t.end]
            near += bool(own)
            exact += any(_bare(t.text) == _bare(line.text[start:end]) for t in own)
    return {"right": rate(exact, found), "found": rate(exact, owed), "found, with other ends": rate(near, owed)}


def _bare(words: str) -> str:
    text = key(words).strip(" .,;:!?'\"")
    for article in ("the ", "a ", "an ", "on ", "at ", "my ", "for "):
        text = text.removeprefix(article)
    return text


def tools(pairs: Pairs) -> str:
    """Lines about a tool whose likeliest tool is that one."""
    about = [(line, reading) for line, reading in pairs if line.tool and reading.tools]
    return rate(sum(max(r.tools, key=lambda t: r.tools[t]) == line.tool for line, r in about), len(about))


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--show", default="", help="print the lines whose label was read wrongly")
    asked = parser.parse_args()
    trades = read_trades(sorted(asked.folder.glob("*trades.yaml")))
    lines = read_lines(sorted(asked.folder.glob("*-*.jsonl")), trades)
    learned, began = Weights(asked.weights), time.monotonic()
    pairs = list(zip(lines, read_all(learned, lines, trades), strict=True))
    took = (time.monotonic() - began) / max(1, len(lines))
    agent = [(line, r) for line, r in pairs if line.kind == "agent"]
    user = [(line, r) for line, r in pairs if line.kind == "user"]
    report = {
        "ms a line": round(1000 * took, 1),
        "agent": by_label(agent, "agent"),
        "asked": slots(agent),
        "tool": tools(agent),
        "user": by_label(user, "user"),
        "corrected": slots([p for p in user if "user.correct" in p[0].acts]),
        "told": spans(user),
    }
    for line, r in pairs if asked.show else ():
        if (f"{line.kind}.{asked.show}" in line.acts) != (asked.show in r.found):
            print(f"{r.acts.get(asked.show, 0):.2f} {sorted(line.acts)} {line.before!r} -> {line.text!r}")
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
