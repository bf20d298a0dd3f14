"""Ten thousand spoiled files of every kind: how many are read, how many refused, and what no reader may do.

    python bench/mutations.py [--count 10000] [--seed 1]

One JSON object; a line for each fault. tests/mutations.py says what is spoiled and what counts as a fault.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from mutations import KINDS, try_out

SLOW = 5.0  # seconds of one file that count as a hang


def main() -> None:
    """Print what came of the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    counts: dict[str, Counter[str]] = {name: Counter() for name in KINDS}
    longest = 0.0
    for number in range(asked.count):
        name = list(KINDS)[number % len(KINDS)]
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            outcome = try_out(KINDS[name], Path(folder), asked.seed * 10**6 + number)
        took = time.monotonic() - start
        longest = max(longest, took)
        wrong = outcome.wrong or (f"{took:.1f} seconds" if took > SLOW else "")
        counts[name]["wrong" if wrong else "refused" if outcome.refused else "read"] += 1
        if wrong:
            print(f"{name} {asked.seed * 10**6 + number}: {wrong[:300]}", file=sys.stderr)
    total = Counter[str]()
    for counter in counts.values():
        total.update(counter)
    print(
        json.dumps({"files": asked.count, **total, "longest_seconds": round(longest, 2), "by_kind": counts}, indent=1)
    )


if __name__ == "__main__":
    main()
