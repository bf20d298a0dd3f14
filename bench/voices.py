"""Replies in a voice and replies that are not: python bench/voices.py FOLDER [--weights FOLDER] [--show]

FOLDER holds voices.yaml (persona, traits, lines, allow) and replies.jsonl (voice, text, in). Right is a reply of the
voice in which no fault is heard, and one of another voice in which some is. Intervals are Wilson's, 95%.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import yaml

from claims import rate
from demeanor.agent.description import Voice
from demeanor.agent.manners import FAULTS
from demeanor.reading.learned import WEIGHTS, LearnedReader, Weights
from demeanor.reading.voice import VoiceReader


def main() -> None:
    """Print one JSON object a voice, then all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--show", action="store_true", help="what is judged wrongly; not for a held folder")
    asked = parser.parse_args()
    voices = yaml.safe_load((asked.folder / "voices.yaml").read_text(encoding="utf-8"))
    replies = [json.loads(row) for row in (asked.folder / "replies.jsonl").read_text(encoding="utf-8").splitlines()]
    reader, whole = LearnedReader({}, {}, Weights(asked.weights)), [0, 0]
    for name, told in voices.items():
        voice = Voice(tuple(told["traits"]), allow=tuple(a for a in told.get("allow", ()) if a in FAULTS))
        ears = VoiceReader(reader, voice, told["lines"])
        own = [row for row in replies if row["voice"] == name]
        right = {True: [0, 0], False: [0, 0]}
        for row in own:
            fits = not ears.faults(row["text"])
            right[row["in"]][0] += fits is row["in"]
            right[row["in"]][1] += 1
            if asked.show and fits is not row["in"]:
                print("  ", row["in"], ears.faults(row["text"]), row["text"])
        whole = [whole[k] + right[True][k] + right[False][k] for k in (0, 1)]
        print(json.dumps({"voice": name, "in it": rate(*right[True]), "not in it": rate(*right[False])}))
    print(json.dumps({"all": rate(*whole)}))


if __name__ == "__main__":
    main()
