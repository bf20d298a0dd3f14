"""Whether replies in a voice and out of it are told apart: python bench/voices.py bench/material/reading/voices-3

The folder has voices (*.yaml: voice -> persona, traits, lines) and replies (*.jsonl: voice, text, in). One JSON object:
by voice and in all, how many are told rightly, and of each side.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from demeanor.agent.description import Voice
from demeanor.reading.learn.voices import read_voices
from demeanor.reading.learned import LearnedReader
from demeanor.reading.voice import VoiceReader
from reading import rate


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    reader, rows, told = LearnedReader({}, {}), dict[str, object](), list[tuple[bool, bool]]()
    for name, (lines, replies, inside) in read_voices(sorted(given.folder.glob("*.yaml"))).items():
        voice = VoiceReader(reader, Voice(), lines)
        found = [(there, not voice.faults(reply)) for reply, there in zip(replies, inside, strict=True)]
        rows[name], told = _row(found), told + found
    print(json.dumps({**rows, "all": _row(told)}, indent=1))


def _row(found: list[tuple[bool, bool]]) -> dict[str, str]:
    sides = {"right": found, "in it": [f for f in found if f[0]], "not in it": [f for f in found if not f[0]]}
    return {name: rate(sum(there == heard for there, heard in part), len(part)) for name, part in sides.items()}


if __name__ == "__main__":
    main()
