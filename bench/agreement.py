"""How far two hands agree on lines of the reader: python bench/agreement.py

`bench/material/reading/second` holds a tenth of the lines of `reading/lines`, labelled a second time by a hand that saw
page, trades and messages alone. By label: how often each hand gives it, and Cohen's kappa; then slots, told words and
corrections.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from demeanor.reading.labels import LABELS
from demeanor.reading.learn.lines import FOLDER, Line, read_lines, read_trades

SECOND = Path(__file__).parent / "material" / "reading" / "second"


def kappa(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Cohen's kappa of two hands that each say yes or no to every line."""
    n = len(first)
    agreed = sum(a == b for a, b in zip(first, second, strict=True)) / n
    yes, also = sum(first) / n, sum(second) / n
    chance = yes * also + (1 - yes) * (1 - also)
    return (agreed - chance) / (1 - chance)


def main() -> None:
    """Print one row a label."""
    trades = read_trades(sorted(FOLDER.glob("*trades.yaml")))
    first = {(x.trade, x.before, x.text): x for x in read_lines(sorted(FOLDER.glob("[a-h]-*.jsonl")), trades)}
    second = read_lines(sorted(SECOND.glob("*.jsonl")), trades)
    pairs = [(first[x.trade, x.before, x.text], x) for x in second]
    for speaker, labels in LABELS.items():
        own = [(a, b) for a, b in pairs if a.kind == speaker]
        for label in labels:
            said = [[f"{speaker}.{label}" in line.acts for line in lines] for lines in zip(*own, strict=True)]
            print(f"{speaker} {label:10s} {sum(said[0]):4d} {sum(said[1]):4d}  kappa {kappa(*said):.2f}")
        same = sum(a.acts - {"user.agrees"} == b.acts - {"user.agrees"} for a, b in own)
        print(f"{speaker}: {same} of {len(own)} lines alike in all labels")
    both(pairs, "slots asked for", lambda x: set(x.slots) if x.kind == "agent" else set())
    both(pairs, "slots corrected", lambda x: set(x.slots) if x.kind == "user" else set())
    both(pairs, "told words", lambda x: set(x.spans))


def both(pairs: Sequence[tuple[Line, Line]], name: str, of: Callable[[Line], set[object]]) -> None:
    """What either hand names, and both."""
    shared = sum(len(of(a) & of(b)) for a, b in pairs)
    print(
        f"{name}: {shared} by both, {sum(len(of(a)) for a, _ in pairs)} and {sum(len(of(b)) for _, b in pairs)} by each"
    )


if __name__ == "__main__":
    main()
