"""How long `check` takes for a thousand dialogues, and how many groups of problems a person has to read.

    python bench/checking.py FILE...          (JSONL, such as ../shared/data/sgd/sgd_hotels_train.jsonl)

One JSON object. The dialogues are laid into a new project of the blank template; seconds are the best of three, for
reading the first thousand lines and for the checks on them, without and with --content.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from demeanor import Project
from demeanor.data.check import check_dialogues
from demeanor.data.checks import Known, Placed, Where
from demeanor.dialogue import Dialogue, read_line

COUNT = 1000


def best(work: Callable[[], Any]) -> float:
    """Seconds of the best of three."""
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return round(min(seconds), 3)


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Project.init(Path(folder) / "shop", "blank")
        project.folder.dialogues_path.mkdir(exist_ok=True)
        for file in asked.files:
            (project.folder.dialogues_path / file.name).write_bytes(file.read_bytes())
        report = project.check()
        lines = [line for file in asked.files for line in file.read_bytes().splitlines() if line.strip()][:COUNT]

        def read() -> list[Dialogue]:
            return [d for k, line in enumerate(lines, 1) if (d := read_line(line, asked.files[0], k)) is not None]

        placed = [Placed(d, Where("a.jsonl", k, None, d.id)) for k, d in enumerate(read(), 1)]
        known = Known(project.agent, project.tools)
        told = {
            "dialogues": report.counts.dialogues,
            "problems": len(report.problems),
            "groups": [f"{g.severity} {g.count} x {g.says}" for g in report.groups],
            "seconds": {
                "of": len(placed),
                "reading": best(read),
                "form_keys_privacy": best(lambda: list(check_dialogues(placed, known))),
                "with_content": best(lambda: list(check_dialogues(placed, known, True))),
            },
        }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
