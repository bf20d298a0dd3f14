"""Which acts are heard in replies that people labelled: python bench/acts.py FILE [--show 40]

Of two kinds of file. `tests/data/base-replies*.jsonl` hold replies of the untuned model to BookEase's guests, labelled
by hand in the acts of flows (`acts`, and under `maybe` what another reader might see there). No act
stands for a greeting.

Or the file holds dialogues of Schema-Guided Dialogue (hotels) as chat JSONL, with the acts of each message in
`metadata.turns`. The reader gets an agent whose slots a user of the package wrote before seeing the replies. Labels are
mapped where they mean the same: REQUEST ask, CONFIRM confirm, OFFER present, REQ_MORE anything_else, GOODBYE close.
OFFER_INTENT, which offers to go on, counts with REQ_MORE and CONFIRM; INFORM
and the notices have no like here. One JSON object: precision of the acts found in labelled replies, and in how many
replies some act was found.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demeanor.agent import Agent, load_agent
from demeanor.evaluation.statistics import rate_interval
from demeanor.project import ProjectFolder, copy_template
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.learned import LearnedReader
from demeanor.runtime.workspace import Workspace

AGENT = """
name: Hotels
persona: You find and book hotels.
slots:
  city:
    type: text
    ask: In which city?
    cues: [which city, what city, where, location, area, place, destination]
  day:
    type: date
    ask: Which day will you arrive?
    cues: [check.?in, arriv, start, dates, which date, what date]
  last_day:
    type: date
    after: day
    ask: Which day will you leave?
    cues: [check.?out, leav, dates]
  people:
    type: int
    ask: How many of you?
    cues: ["how many (?:people|guests|adults|of you)", number of people]
  nights:
    type: int
    ask: How many nights?
    cues: [how long, "how many (?:nights|days)", "number of (?:nights|days)", length, duration, nights]
  rooms:
    type: int
    ask: How many rooms?
    cues: [how many rooms, number of rooms]
  name:
    type: text
    ask: Which hotel?
    cues: [which hotel, what hotel, name of the hotel, hotel name, hotel do you]
  hotel: {type: option, of: search.place_name, ask: Which of these hotels?}
flows:
  book:
    when: somebody needs a hotel
    steps:
      - ask: city
      - call: search
      - present: search
      - invite: hotel
      - ask: [day, last_day, nights, rooms, people]
      - confirm: reserve
      - call: reserve
"""
SLOTS = {
    "location": "city",
    "destination": "city",
    "check_in_date": "day",
    "check_out_date": "last_day",
    "where_to": "city",
    "number_of_adults": "people",
    "number_of_days": "nights",
    "stay_length": "nights",
    "number_of_rooms": "rooms",
    "place_name": "name",
    "hotel_name": "name",
}
MAPPED = ("REQUEST", "CONFIRM", "OFFER", "REQ_MORE", "GOODBYE", "OFFER_INTENT")


def wanted(labels: list[list[str]]) -> set[str]:
    """Acts that are right for a reply with these labels."""
    acts: set[str] = set()
    for act, slot, *_ in labels:
        if act == "REQUEST" and slot in SLOTS:
            acts.add(f"ask:{SLOTS[slot]}")
        elif act == "CONFIRM":
            acts |= {"confirm", "present"}  # a summary repeats what was found
        elif act == "OFFER":
            acts |= {"present", "invite"}
        elif act == "OFFER_INTENT":
            acts |= {"confirm", "anything_else", "invite"}
        elif act == "REQ_MORE":
            acts.add("anything_else")
        elif act == "GOODBYE":
            acts.add("close")
    return acts


def plain(act: str) -> str:
    return act if act.startswith("ask:") else act.partition(":")[0]


def replies(file: Path) -> Iterator[tuple[str, str, list[list[str]], dict[str, Any] | None, str]]:
    """(text, the user's message before it, labels, the last tool result, the tool) of every labelled reply without a
    call."""
    for line in file.read_text(encoding="utf-8").splitlines():
        dialogue = json.loads(line)
        labels = {turn["m"]: turn["acts"] for turn in dialogue["metadata"]["turns"] if "acts" in turn}
        result: dict[str, Any] | None = None
        before = ""
        for index, message in enumerate(dialogue["messages"]):
            before = message["content"] if message["role"] == "user" else before
            if message["role"] == "tool":
                result = json.loads(message["content"])
            elif index in labels and message.get("content") and not message.get("tool_calls"):
                yield message["content"], before, labels[index], result, "search" if result else ""


def agent() -> Agent:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "agent.yaml"
        file.write_text(AGENT, encoding="utf-8")
        return load_agent(file)


Completion = tuple[str, set[str], set[str], tuple[str, ...]]  # text, the acts it must show, those it may, those found


def schema_guided(file: Path) -> Iterator[Completion]:
    """The replies with a mapped label."""
    hotels = agent()
    reader = LearnedReader(hotels.slots, {"search": "Find hotels.", "reserve": "Book a hotel."})
    for text, before, labels, result, tool in replies(file):
        acts = wanted(labels)
        if acts:
            yield text, acts, acts, acts_of(hotels, reader, text, Turn(before, (), result, tool))


def by_hand(file: Path) -> Iterator[Completion]:
    """Replies of the base model; those with no act are there too, since finding one in them is wrong."""
    with tempfile.TemporaryDirectory() as folder:
        copy_template("hotel", Path(folder) / "hotel")
        space = Workspace.load(ProjectFolder(Path(folder) / "hotel"))
        hotel, reader = space.agent, space.reader
    for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
        must = {*line["acts"]} - {"greet"}
        yield line["reply"], must, {*must, *line["maybe"]}, acts_of(hotel, reader, line["reply"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--show", type=int, default=0, help="how many wrong or silent ones to print")
    options = parser.parse_args()
    hand = '"reply"' in options.file.read_text(encoding="utf-8")[:2000]
    # An apology, a refusal and a deferral have no label in Schema-Guided Dialogue.
    unmapped = {"handoff"} if hand else {"apologise", "refuse", "defer", "handoff"}
    right = found = sure = total = shown = 0
    by: Counter[tuple[str, bool]] = Counter()
    for text, must, may, heard in (by_hand if hand else schema_guided)(options.file):
        got = [plain(a) for a in heard if plain(a) not in unmapped]
        if must:
            total, sure = total + 1, sure + bool(got)
        wrong = [a for a in got if a not in may]
        found, right = found + len(got), right + len(got) - len(wrong)
        by.update((a, a in may) for a in got)
        if (wrong or (must and not got)) and shown < options.show:
            shown += 1
            print(f"{text!r}\n   labelled {sorted(must)}\n   found {got}")
    kinds = sorted({a for a, _ in by})
    print(
        json.dumps(
            {
                "replies": total,
                "sure": [sure, total, *(round(x, 4) for x in rate_interval(sure, total)[:3])],
                "precision": [right, found, *(round(x, 4) for x in rate_interval(right, found)[:3])],
                "by": {a: f"{by[a, True]} of {by[a, True] + by[a, False]}" for a in kinds},
            }
        )
    )


if __name__ == "__main__":
    main()
