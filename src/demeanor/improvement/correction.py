"""What a person says should have been said: a dialogue whose last message is the right one, and the only trained one.

`/flag` in the sandbox makes one. A reviewer of recorded conversations makes one by a line in the transcript's metadata,
`"should_have_said": {"3": "..."}` (message index -> the right words), or leaves a dialogue as `/flag` writes it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from demeanor.dialogue import Dialogue, Message, dump_dialogues
from demeanor.errors import DialogueError, RunError
from demeanor.project import write_atomic
from demeanor.runtime.prompt import CALL_OPEN

try:
    import fcntl
except ImportError:  # Windows: two that write at the same moment are not kept apart there
    fcntl = None  # type: ignore[assignment]

FLAGS, REVIEWED = "flags.jsonl", "reviewed.jsonl"
"""Files of the project's corrections/: what `/flag` left, and what reviewed transcripts said."""
REVIEW = "should_have_said"
ABOUT = ("today", "source", "model")
"""Of a transcript's metadata what a correction keeps as it is."""
BY_INDEX = ("passages", "guards", "seconds", "labels")
"""What is kept of the messages before the corrected one."""


def correction(dialogue: Dialogue, index: int, right: str, name: str = "") -> Dialogue:
    """The history up to message `index` as context, and the right words in its place, trained.

    Raises:
        DialogueError: there is no message of the agent's own at that place, or no words to correct it with.
    """
    where: dict[str, Any] = dict(zip(("file", "line"), dialogue.origin or (None, None), strict=True))
    if not 0 < index < len(dialogue.messages) or dialogue.messages[index].role != "assistant":
        text = "there is no message of the agent at this place"
        raise DialogueError(text, **where, field=f"{REVIEW}.{index}", found=index)
    said = dialogue.messages[index]
    if guard := said.guard:
        fix = "what it must not recognise stands under its `not_signs:` in agent.yaml"
        raise DialogueError("a guard said this, and no model can learn otherwise", **where, found=guard, fix=fix)
    if not right.strip():
        raise DialogueError("say what the reply should have been", **where, fix="/flag TEXT")
    if CALL_OPEN in right:
        raise DialogueError("only words can be corrected; a call would need a result, too", **where, found=right)
    history = [replace(m, weight=0) if m.role == "assistant" else m for m in dialogue.messages[:index]]
    lineage: dict[str, Any] = {"of": dialogue.id, "message": index, "said": said.content}
    if said.calls:
        lineage["called"] = [f"{c.name}({json.dumps(c.arguments, ensure_ascii=False)})" for c in said.calls]
    metadata = {key: dialogue.metadata[key] for key in ABOUT if key in dialogue.metadata}
    metadata |= {key: _before(dialogue.metadata[key], index) for key in BY_INDEX if key in dialogue.metadata}
    metadata = {key: value for key, value in metadata.items() if value != {} or key == "passages"}
    messages = (*history, Message("assistant", right.strip(), note=said.note))
    return Dialogue(name or f"{dialogue.id}-review-{index}", messages, metadata | {"lineage": lineage})


def _before(by_index: Mapping[str, Any], index: int) -> dict[str, Any]:
    return {key: value for key, value in by_index.items() if int(key) < index}


def is_correction(dialogue: Dialogue) -> bool:
    """Whether it is one already: all that a correction says of itself is there, and only its last message is
    trained."""
    lineage = dialogue.metadata.get("lineage")
    told = isinstance(lineage, Mapping) and {"of", "message", "said"} <= set(lineage)
    trained = [k for k, m in enumerate(dialogue.messages) if m.role == "assistant" and m.weight]
    return told and trained == [len(dialogue.messages) - 1]


def corrections_of(dialogue: Dialogue) -> Iterator[Dialogue]:
    """What a reviewer said of one transcript.

    Raises:
        DialogueError: naming file, line and place, where it cannot be done.
    """
    if is_correction(dialogue):
        yield dialogue
        return
    said = dialogue.metadata.get(REVIEW, {})
    where: dict[str, Any] = dict(zip(("file", "line"), dialogue.origin or (None, None), strict=True))
    if not isinstance(said, Mapping) or not all(isinstance(v, str) and str(k).isdigit() for k, v in said.items()):
        fix = f'"{REVIEW}": {{"3": "what message 3 should have said"}}'
        raise DialogueError("expected message index -> words", **where, field=REVIEW, found=said, fix=fix)
    for index, right in sorted(said.items(), key=lambda item: int(item[0])):
        yield correction(dialogue, int(index), right)


def identity(dialogue: Dialogue) -> str:
    """What makes two corrections the same: the conversation up to there, and the right words."""
    told = [[m.role, m.content, [[c.name, c.arguments] for c in m.calls]] for m in dialogue.messages]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:16]


def keep(path: Path, corrections: Sequence[Dialogue]) -> None:
    """Add corrections to a file, whole or not at all, whoever else adds to it.

    Raises:
        RunError: it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f".{path.name}.lock")):
            before = path.read_bytes() if path.is_file() else b""
            before += b"" if not before or before.endswith(b"\n") else b"\n"
            write_atomic(path, before + dump_dialogues(corrections).encode(errors="replace"))
    except OSError as error:
        raise RunError(f"cannot write: {error.strerror or error}", file=path) from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone with a file, as against others that add to it."""
    with path.open("ab") as stream:
        if fcntl is not None:
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
