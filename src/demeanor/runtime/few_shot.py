"""Dialogues of the project as text, for the arm that is shown examples in place of being tuned."""

from __future__ import annotations

from collections.abc import Sequence

from demeanor.dialogue import Dialogue
from demeanor.runtime.prompt import reply_text

EXAMPLES = 2
LONGEST_EXAMPLE = 14  # messages
SPEAKERS = {"user": "User", "assistant": "You", "tool": "Result"}


def worked_examples(dialogues: Sequence[Dialogue]) -> str:
    """A few whole dialogues as text, of different flows and with calls; the first ones that are short enough."""
    chosen: dict[str, Dialogue] = {}
    for dialogue in dialogues:
        short = len(dialogue.messages) <= LONGEST_EXAMPLE
        if short and any(m.calls for m in dialogue.messages) and dialogue.metadata.get("outcome") == "done":
            chosen.setdefault(str(dialogue.metadata.get("flow")), dialogue)
    parts = ["\n".join(_line(m.role, reply_text(m)) for m in d.messages) for d in list(chosen.values())[:EXAMPLES]]
    return "\n\n".join(f"Example:\n{part}" for part in parts)


def _line(role: str, text: str) -> str:
    return f"{SPEAKERS[role]}: {text}"
