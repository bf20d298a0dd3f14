"""Dialogues -> training examples, by the one renderer and with what retrieval returns now.

The passage that an answer needs is ensured; distractors that the search brings stay in, as they will when the agent is
used (design/contract.md, 6). Where the pages are silent nothing is ensured, and the reply that is trained defers. A
dialogue whose pages say something else than the real ones (runtime/knowledge/pages.py) sees its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from demeanor.dialogue import Dialogue, Message
from demeanor.runtime.knowledge import AlteredPages, Hit, Passage
from demeanor.runtime.prompt import Renderer
from demeanor.runtime.session import user_message
from demeanor.runtime.workspace import Workspace
from demeanor.training.config import Example


def make_examples(
    workspace: Workspace,
    renderer: Renderer,
    dialogues: Sequence[Dialogue],
    *,
    max_length: int | None = None,
    on_shortened: Callable[[Dialogue, int], None] = lambda dialogue, messages: None,
) -> list[Example]:
    """One example a dialogue, in order. All users' messages are searched in one batch.

    A dialogue of more than `max_length` tokens loses its oldest turns, whole ones and only such as are not trained;
    `on_shortened` is told how many messages. What still does not fit stays as it is: the trainer refuses it.
    """
    texts = [m.content for d in dialogues for m in d.messages if m.role == "user"]
    found = iter(workspace.search_unseen(texts))
    passages = {p.id: p for p in workspace.passages}
    out: list[Example] = []
    for dialogue in dialogues:
        hits = [next(found) if m.role == "user" else [] for m in dialogue.messages]
        rendered = renderer.render(with_context(workspace, dialogue, hits, passages))
        if max_length is not None and len(rendered.ids) > max_length:
            for start in _later_starts(dialogue):
                shorter = renderer.render(with_context(workspace, dialogue, hits, passages, start))
                if len(shorter.ids) <= max_length:
                    on_shortened(dialogue, start)
                    rendered = shorter
                    break
        out.append(Example(dialogue.id, rendered.ids, rendered.trained, dialogue.origin))
    return out


def _later_starts(dialogue: Dialogue) -> list[int]:
    """User messages at which the dialogue could begin without losing a trained reply."""
    replies = enumerate(dialogue.messages)
    trained = next((k for k, m in replies if m.role == "assistant" and m.weight == 1), 0)
    return [k for k, m in enumerate(dialogue.messages) if m.role == "user" and 0 < k <= trained]


def with_context(
    workspace: Workspace,
    dialogue: Dialogue,
    hits: Sequence[Sequence[Hit]],
    passages: dict[str, Passage],
    start: int = 0,
) -> list[Message]:
    """The dialogue's messages, from `start` on, with the context blocks that the agent would have seen.

    Args:
        hits: what the search finds for each message (empty for messages that are not the user's).
    """
    today = _today(dialogue)
    pages = AlteredPages.of(dialogue)
    shown: set[str] = set()
    out: list[Message] = []
    nudge, users = str(dialogue.metadata.get("nudge") or ""), 0
    for index, message in enumerate(dialogue.messages):
        users += message.role == "user"
        if index < start:
            continue
        if message.role != "user":
            out.append(message)
            continue
        seen = ensure(pages.found(hits[index]), pages.seen(leaned_on(dialogue, index, passages)))
        more = nudge if users == dialogue.metadata.get("nudge_at", 1) else ""
        out.append(user_message(workspace.agent, today, message.content, seen, not out, shown, more))
        shown |= {h.passage.id for h in seen}
    return out


def leaned_on(dialogue: Dialogue, index: int, passages: dict[str, Passage]) -> list[Passage]:
    """The passages that the answer to a user message leans on, or those that stand there and do not answer."""
    names = [p["id"] for p in (dialogue.metadata.get("passages") or {}).get(str(index), ())]
    if not names and "question" in (dialogue.metadata.get("labels") or {}).get(str(index), {}):
        names = list(AlteredPages.of(dialogue).instead)
    return [passages[name] for name in names if name in passages]


def ensure(hits: Sequence[Hit], wanted: Sequence[Passage]) -> list[Hit]:
    """The hits, with wanted passages put in the place of the weakest where the search missed them."""
    missing = [p for p in wanted if all(h.passage.id != p.id for h in hits)]
    kept = list(hits)[: max(0, len(hits) - len(missing))] if missing else list(hits)
    return [*(Hit(p, 1.0) for p in missing), *kept]


def _today(dialogue: Dialogue) -> date:
    """The clock of the dialogue; imported ones may have none, then the nudge says nothing of a day that mattered."""
    raw = dialogue.metadata.get("today")
    return date.fromisoformat(raw) if isinstance(raw, str) else date(2026, 1, 1)
