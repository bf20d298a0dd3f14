"""The learned reader on crowd workers' messages: python bench/sgd.py ../shared/data/sgd/sgd_acts_dev.jsonl

Schema-Guided Dialogue (dev part, 17 services): acts of each message, and where its slots stand literally. Labels are
mapped where they mean the same. Slots are described by their name and the type that it tells: no cues, no
question, no examples. Nothing here is learned from; the data are read where they lie (CC BY-SA 4.0).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demeanor.agent.slots import Slot
from demeanor.reading.labels import Speaker
from demeanor.reading.learned import WEIGHTS, LearnedReader, Weights
from demeanor.reading.reader import Reading, Spoken
from reading import rate

Pairs = list[tuple[dict[str, Any], Reading]]
SHOWN = 20  # questions of a service that has a row of its own
ACTS: dict[Speaker, dict[str, tuple[str, ...]]] = {
    "agent": {
        "REQUEST": ("ask",),
        "CONFIRM": ("confirm",),
        "NOTIFY_SUCCESS": ("done",),
        "REQ_MORE": ("more",),
        "GOODBYE": ("close",),
        "OFFER": ("present",),
        "INFORM_COUNT": ("present",),
        "OFFER_INTENT": ("invite",),
        "NOTIFY_FAILURE": ("apologise", "refuse"),
    },
    "user": {
        "INFORM": ("inform",),
        "INFORM_INTENT": ("request",),
        "AFFIRM": ("affirm",),
        "AFFIRM_INTENT": ("affirm",),
        "NEGATE": ("deny",),
        "NEGATE_INTENT": ("deny",),
        "THANK_YOU": ("thank",),
        "GOODBYE": ("bye",),
        "REQUEST": ("question",),
    },
}
# How a slot's name tells its type: the first of these endings that fits, else a text.
ENDINGS = {
    "date": "_date",
    "time": "_time",
    "int": "number_of_days number_of_rooms number_of_beds number_of_baths number_of_seats stops year bags stay_length",
    "people": "passengers travelers riders",
    "money": "amount price fare rent per_night balance",
    "name": "recipient_name therapist_name director actors starring artist",
    "phone": "phone_number",
    "address": "address address_of_location",
    "yes_no": "furnished allowed wifi free_entry good_for_kids outdoors options shared_ride next_day",
    "choice": "account_type category genre class airlines type device price_range",
}


def slot(name: str) -> Slot:
    """A slot described by its name alone."""
    kinds = (kind for kind, ends in ENDINGS.items() for end in ends.split() if name.endswith(end))
    return Slot(name, next(kinds, "text"))  # type: ignore[arg-type]


def read(rows: Sequence[dict[str, Any]], learned: Weights) -> Pairs:
    """Every message, by the reader of its services."""
    by_service, known = defaultdict(list), defaultdict(set)
    for row in rows:
        by_service[row["service"]].append(row)
        if "+" not in row["service"]:
            known[row["service"]] |= {of for _, of in acts(row)} - {"", "intent", "count"}
    pairs = []
    for services, found in by_service.items():
        names = sorted({name for service in services.split("+") for name in known[service]})
        reader = LearnedReader({name: slot(name) for name in names}, {}, learned)
        said = [Spoken("agent" if r["speaker"] == "agent" else "user", r["text"], r["before"]) for r in found]
        pairs += list(zip(found, reader.read(said), strict=True))
    return pairs


def acts(row: dict[str, Any]) -> list[tuple[str, str]]:
    """(act, slot) of a message: ("REQUEST", "date")."""
    return [(act.partition(":")[0], act.partition(":")[2]) for act in row["acts"]]


def found_acts(pairs: Pairs) -> dict[str, str]:
    """How many of each act are heard."""
    out = {}
    for speaker, mapped in ACTS.items():
        for act, labels in mapped.items():
            owed = [r for row, r in pairs if row["speaker"] == speaker and act in {a for a, _ in acts(row)}]
            out[f"{speaker} {act}"] = rate(sum(bool(r.found & {*labels}) for r in owed), len(owed))
    return out


def questions(pairs: Pairs) -> dict[str, Any]:
    """Slots of the agent's questions, one by one, by message and by service."""
    whole, by_service = [0, 0], defaultdict[str, list[int]](lambda: [0, 0])
    for row, reading in pairs:
        wanted = {of for act, of in acts(row) if act == "REQUEST"} if row["speaker"] == "agent" else set()
        named = {*reading.wanted}
        whole[0] += bool(wanted) and wanted == named
        whole[1] += bool(wanted)
        for of in wanted:
            by_service[row["service"]][0] += of in named
            by_service[row["service"]][1] += 1
    every = [sum(found[k] for found in by_service.values()) for k in (0, 1)]
    services = {service: rate(*found) for service, found in sorted(by_service.items()) if found[1] >= SHOWN}
    return {
        "REQUEST's slot": rate(*every),
        "messages with exactly the slots wanted": rate(*whole),
        "by service": services,
    }


def spans(pairs: Pairs) -> str:
    """The user's words that tell a slot: the slot, with words that hold the annotated ones or stand in them."""
    found = owed = 0
    for row, reading in pairs:
        if row["speaker"] == "user":
            told = [(t.slot, t.text.lower()) for t in reading.told]
            for name, words in row["spans"].items():
                found += any(of == name and (words.lower() in t or t in words.lower()) for of, t in told)
                owed += 1
    return rate(found, owed)


def main() -> None:
    """Print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    learned = Weights(asked.weights)
    pairs = read([json.loads(line) for line in asked.file.read_text(encoding="utf-8").splitlines()], learned)
    report = found_acts(pairs) | questions(pairs) | {"user's spans": spans(pairs)}
    print(json.dumps(report, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
