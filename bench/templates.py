"""The laws of rendering on generated conversations of every model family: how many hold, and which break.

    python bench/templates.py [--count 1000]

A line a family, and a table as Markdown at the end. tests/families.py says what a conversation is made of (text, tools,
notes, contexts, hostile marks) and what the laws are: parity with the template's own rendering, round trip, mask, power
of marks, history. Tokenizers are small and made here; the templates do what the families' own do.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from families import FAMILIES, broken


def main() -> None:
    """Print what came of the conversations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    rows = ["| family | template | conversations | laws broken in | seconds |", "|---|---|---|---|---|"]
    for name, family in FAMILIES.items():
        started = time.monotonic()
        found = broken(name, count)
        for fault, numbers in found.items():
            print(f"{name}: {fault}: {numbers[:5]}", file=sys.stderr)
        spoiled = len({number for numbers in found.values() for number in numbers})
        instead = f"`{family.instead}` (its own is refused: {family.refused})" if family.refused else "its own"
        rows.append(f"| {name} | {instead} | {count} | {spoiled} | {time.monotonic() - started:.0f} |")
        print(rows[-1], file=sys.stderr, flush=True)
    print("\n".join(rows))


if __name__ == "__main__":
    main()
