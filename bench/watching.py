"""How long a watch takes, and how much memory: python bench/watching.py [--sizes 10000 100000 1000000]

Transcripts of six messages (about 1 kB each) are written to a temporary folder, ten thousand a file, and scanned in a
process of its own, without looking at needs. `seconds` are of that process' CPU, `peak_mb` its peak memory. One JSON
object a line.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

FILE = 10_000
SCAN = """
import json, pathlib, resource, sys, time
from demeanor.agent import load_agent
from demeanor.dialogue import read_recorded, recorded_files
from demeanor.improvement.watch import Seen, judge, scan
agent = load_agent(pathlib.Path(sys.argv[1]))
began = time.process_time()
seen = scan(read_recorded(recorded_files([pathlib.Path(sys.argv[2])]), print), Seen(agent))
scanned = time.process_time() - began
judge(seen, None)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
judged = time.process_time() - began - scanned
print(json.dumps({"conversations": seen.conversations, "seconds": round(scanned, 1), "read_closely": round(judged, 1),
                  "peak_mb": round(peak)}))
"""


def transcript(number: int) -> str:
    said = [
        (
            "user",
            f"Hello, a room for {number % 7 + 1} from the {number % 28 + 1}th, please. We are a party from abroad.",
        ),
        ("assistant", "Let me check that for you. How long would you like to stay with us?"),
        ("user", f"{number % 9 + 1} nights, and a view of the sea if there is one left."),
        ("assistant", "There is a deluxe room at 220 euros a night. Shall I book it for you?"),
        ("user", "Yes, please do."),
        ("assistant", f"It is booked, your reference is SV-{number:07d}. Have a lovely stay!"),
    ]
    metadata = {"source": "chat", "today": "2026-06-08", "seconds": {"0": 0.5, "2": 0.7, "4": 1.1}}
    metadata["model"] = {"name": "agent", "adapter": "a" * 64}
    messages = [{"role": role, "content": text} for role, text in said]
    return json.dumps({"id": f"t-{number}", "messages": messages, "metadata": metadata}) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    agent = Path(__file__).parents[1] / "src" / "demeanor" / "templates" / "hotel" / "agent.yaml"
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as folder:
            for first in range(0, size, FILE):
                lines = "".join(transcript(k) for k in range(first, min(size, first + FILE)))
                (Path(folder) / f"{first:08d}.jsonl").write_text(lines, encoding="utf-8")
            done = subprocess.run(
                [sys.executable, "-c", SCAN, str(agent), folder], check=True, capture_output=True, text=True
            )
        print(done.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
