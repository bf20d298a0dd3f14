"""What a chat leaves on disk: its transcripts, and flagged replies as dialogues to learn from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from demeanor.dialogue import Dialogue, dump_dialogues
from demeanor.errors import RunError
from demeanor.project import ProjectFolder, write_atomic

try:
    import fcntl
except ImportError:  # Windows: two chats that flag at the same moment are not kept apart there
    fcntl = None  # type: ignore[assignment]

TRANSCRIPTS = "transcripts.jsonl"
FLAGS = Path("corrections") / "flags.jsonl"


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


def add_flag(project: ProjectFolder, dialogue: Dialogue) -> Path:
    """Add a corrected dialogue to the project's `corrections/flags.jsonl`, whole or not at all.

    Raises:
        RunError: it cannot be written.
    """
    path = project.root / FLAGS
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f".{path.name}.lock")):
            before = _lines_of(path) if path.is_file() else b""
            write_atomic(path, before + _bytes([dialogue]))
    except OSError as error:
        raise RunError(f"cannot write: {error.strerror or error}", file=path) from error
    return path


def _bytes(dialogues: Iterable[Dialogue]) -> bytes:
    return dump_dialogues(dialogues).encode(errors="replace")


def _lines_of(path: Path) -> bytes:
    """What a JSONL file holds, ending with a line's end."""
    data = path.read_bytes()
    return data if not data or data.endswith(b"\n") else data + b"\n"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with a file, as against other chats that flag into it."""
    with path.open("ab") as stream:
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
