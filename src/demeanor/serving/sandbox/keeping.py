"""What a chat leaves on disk: its transcripts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from demeanor.dialogue import Dialogue, dump_dialogues
from demeanor.project import write_atomic

TRANSCRIPTS = "transcripts.jsonl"


class Transcripts:
    """The conversations of one chat in one file, written whole at every change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = _lines_of(path) if path.is_file() else b""
        self._dialogues: dict[str, Dialogue] = {}

    def keep(self, dialogue: Dialogue) -> None:
        """Write a conversation as it stands now; one without messages is no dialogue and disappears.

        Raises:
            RunError: it cannot be written.
        """
        self._dialogues.pop(dialogue.id, None)
        if dialogue.messages:
            self._dialogues[dialogue.id] = dialogue
        write_atomic(self.path, self._before + _bytes(self._dialogues.values()))

    def __len__(self) -> int:
        return len(self._dialogues)


def _bytes(dialogues: Iterable[Dialogue]) -> bytes:
    return dump_dialogues(dialogues).encode(errors="replace")


def _lines_of(path: Path) -> bytes:
    """What a JSONL file holds, ending with a line's end."""
    data = path.read_bytes()
    return data if not data or data.endswith(b"\n") else data + b"\n"
