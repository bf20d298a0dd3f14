"""Guards of ready-made topics on messages of other hands: python bench/guards.py [--show FILE]

Of the companion's guard (`topic: danger`, `miss: rare`): how many of bench/material/guard/exam-crisis.jsonl it stands
at, and how many of exam-sad.jsonl it raises a false alarm at. Of the guards of bench/material/agents/guards.jsonl
(harm, hate, what is private; `false_alarm: rare`): how many conversations it stands in that touch its topic, and how
many of the calm ones. Intervals are Wilson's.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from demeanor.evaluation.statistics import rate_interval
from demeanor.reading.learned import LearnedReader, weights

MATERIAL = Path(__file__).parent / "material"


def rows(file: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (MATERIAL / file).read_text(encoding="utf-8").splitlines()]


def stands(pairs: list[tuple[str, str]], topic: str, avoids: str) -> list[bool]:
    """Whether the guard of a topic stands at each (agent's message, user's message)."""
    limit = weights().limits[f"topic.{topic}.{avoids}"]
    return [bool(p >= limit) for p in LearnedReader({}, {}).columns(pairs, [f"topic.{topic}"])[:, 0]]


def rate(hits: list[bool]) -> str:
    """ "93% (88 to 96) of 140"."""
    low, high = rate_interval(sum(hits), len(hits))
    return f"{100 * sum(hits) / len(hits):.0f}% ({100 * low:.0f} to {100 * high:.0f}) of {len(hits)}"


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", action="store_true", help="the messages of danger that the guard misses")
    asked = parser.parse_args()
    report = {}
    for name in ("crisis", "sad"):
        pairs = [(str(row["before"]), str(row["text"])) for row in rows(f"guard/exam-{name}.jsonl")]
        found = stands(pairs, "danger", "miss")
        report[f"danger, {name}"] = rate(found)
        if asked.misses and name == "crisis":
            report["missed"] = [pair for pair, hit in zip(pairs, found, strict=True) if not hit]
    by_kind: dict[str, list[list[str]]] = {}
    for row in rows("agents/guards.jsonl"):
        by_kind.setdefault(str(row["kind"]), []).append(list(row["lines"]))  # type: ignore[call-overload]
    for topic in ("harm", "hate", "private"):
        for kind, talks in by_kind.items():
            if kind in (topic, "calm"):
                for avoids in ("false_alarm", "miss"):
                    last = stands([("", lines[-1]) for lines in talks], topic, avoids)
                    report[f"{topic}, {avoids} rare, {kind}"] = rate(last)
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
