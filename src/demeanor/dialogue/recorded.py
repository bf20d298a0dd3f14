"""Conversations that were recorded, however many: a folder of JSONL files read line by line, never all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from demeanor.dialogue.jsonl import read_line
from demeanor.dialogue.messages import Dialogue
from demeanor.errors import DialogueError

OnUnreadable = Callable[[DialogueError], None]
"""Told of a line that is no dialogue, with its file and line."""


def recorded_files(places: Iterable[Path]) -> list[Path]:
    """The JSONL files of some folders (those below them, too) and single files, in the order of their names.

    Raises:
        DialogueError: a place is not there.
    """
    found: list[Path] = []
    for place in places:
        if place.is_dir():
            inside = (path for path in place.rglob("*.jsonl") if path.is_file())
            found += sorted(p for p in inside if not any(x.startswith(".") for x in p.relative_to(place).parts))
        elif place.is_file():
            found.append(place)
        else:
            raise DialogueError("no such file or folder of transcripts", file=place)
    return found


def read_recorded(files: Iterable[Path], on_unreadable: OnUnreadable) -> Iterator[Dialogue]:
    """The dialogues of some files, one after the other; of a file only one line is held. A last line that is still
    being written, and whatever is no dialogue, is passed over and told."""
    for path in files:
        try:
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    try:
                        dialogue = read_line(line.rstrip(b"\n"), path, number)
                    except DialogueError as error:
                        on_unreadable(error)
                        continue
                    if dialogue is not None:
                        yield dialogue
        except OSError as error:
            on_unreadable(DialogueError(f"cannot be read: {error.strerror}", file=path))
