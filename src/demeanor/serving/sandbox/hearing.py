"""How the reader hears a message, in a line each, and the line that puts it right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from demeanor.agent import Agent
from demeanor.errors import DialogueError
from demeanor.project.files import write_atomic
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.labels import LABELS
from demeanor.reading.reader import Reader, Spoken

NOTHING = "nothing"


def how_heard(agent: Agent, reader: Reader, message: Spoken) -> Iterator[str]:
    """What a message is heard to do and say: "affirm 0.98, thank 0.91"."""
    reading = reader.read([message])[0]
    shown = sorted((label for label, p in reading.acts.items() if p >= 0.1), key=lambda label: -reading.acts[label])
    yield ", ".join(f"{label} {reading.acts[label]:.2f}" for label in shown) or NOTHING
    if message.speaker == "agent":
        yield f"acts: {', '.join(acts_of(agent, reader, message.text, Turn(message.before))) or NOTHING}"
    for name in reading.wanted:
        yield f"{'asks for' if message.speaker == 'agent' else 'corrects'} {name} {reading.slots[name]:.2f}"
    for told in reading.told:
        yield f"tells {told.slot}: {told.text!r} {told.probability:.2f}"
    if message.speaker == "user" and reading.agreement >= 0.1:
        enough = "" if reading.agrees else ", which is not enough to write"
        yield f"nothing but agreement {reading.agreement:.2f}{enough}"


def put_right(folder: Path, message: Spoken, labels: Sequence[str]) -> Path:
    """Keep which labels a message carries, as a line of the project's own; returns its file.

    Raises:
        DialogueError: a label that is none.
    """
    known = LABELS[message.speaker]
    if strange := [label for label in labels if label not in known]:
        raise DialogueError("no such label", found=strange[0], allowed=[*known, NOTHING])
    path = folder / f"chat-{message.speaker}.jsonl"
    rows = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    own = {"before": message.before, "text": message.text}
    rows = [row for row in rows if row.strip() and {key: json.loads(row).get(key) for key in own} != own]
    rows.append(json.dumps({**own, "acts": [*labels]}, ensure_ascii=False))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(path, "".join(f"{row}\n" for row in rows))
    return path
