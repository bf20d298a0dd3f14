"""Files of dialogues: one dialogue a line of JSONL, or a page; docs/dialogues.md says what is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from demeanor.dialogue.messages import Dialogue
from demeanor.dialogue.openai import dialogue_from_json
from demeanor.dialogue.transcript import read_transcripts
from demeanor.errors import DialogueError

BOM = b"\xef\xbb\xbf"
PAGE = ".md"


def read_line(line: bytes, file: Path, number: int) -> Dialogue | None:
    """The dialogue of one line; None of a blank one.

    Raises:
        DialogueError: naming file, line and field.
    """
    line = line.removeprefix(BOM) if number == 1 else line
    if not line.strip():
        return None
    where = {"file": file, "line": number}
    try:
        return dialogue_from_json(json.loads(line.decode("utf-8")), file=file, line=number)
    except UnicodeDecodeError as error:
        text, fix = f"not UTF-8 at byte {error.start + 1} of the line", "save the file as UTF-8"
        raise DialogueError(text, fix=fix, **where) from None  # type: ignore[arg-type]
    except json.JSONDecodeError as error:
        raise DialogueError(
            f"not JSON: {error.msg} at column {error.colno}",
            found=line.decode(errors="replace").strip()[:80],
            fix="one JSON object a line; see docs/dialogues.md",
            **where,  # type: ignore[arg-type]
        ) from None
    except (RecursionError, ValueError) as error:  # nested without end; a number of a thousand digits
        raise DialogueError(f"not a dialogue: {error}", **where) from None  # type: ignore[arg-type]


def read_dialogues(path: Path) -> Iterator[Dialogue]:
    """Dialogues of one JSONL file, in order, or of a Markdown page. Blank lines are skipped.

    Raises:
        DialogueError: at the first bad line, naming file, line and field.
    """
    if path.suffix == PAGE:
        yield from read_transcripts(path)
        return
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise DialogueError(f"cannot be read: {error.strerror}", file=path) from None
    for number, line in enumerate(lines, 1):
        if (found := read_line(line, path, number)) is not None:
            yield found


def dump_dialogues(dialogues: Iterable[Dialogue]) -> str:
    """JSONL text of the dialogues; the inverse of reading."""
    return "".join(json.dumps(d.to_json(), ensure_ascii=False) + "\n" for d in dialogues)
