"""The pages as one dialogue has them: without a passage that is there in truth, or with another text in one.

Training dialogues of this kind teach an agent to read rather than remember (data/altered.py makes them).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from demeanor.dialogue import Dialogue
from demeanor.knowledge.passages import Passage
from demeanor.knowledge.retriever import Hit


@dataclass(frozen=True)
class Pages:
    """How a dialogue's pages differ from the real ones.

    `withheld`: ids of passages that the search does not find. `changed`: texts in the place of passages, by id.
    """

    withheld: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, dialogue: Dialogue) -> Pages:
        """Those of a dialogue, from its metadata; what is not well formed there counts as nothing."""
        raw: Any = dialogue.metadata.get("pages")
        raw = raw if isinstance(raw, dict) else {}
        withheld, changed = raw.get("withheld"), raw.get("changed")
        return cls(
            tuple(map(str, withheld)) if isinstance(withheld, list) else (),
            {str(k): str(v) for k, v in changed.items()} if isinstance(changed, dict) else {},
        )

    def to_dict(self) -> dict[str, Any]:
        parts = {"withheld": list(self.withheld), "changed": dict(self.changed)}
        return {name: part for name, part in parts.items() if part}

    def seen(self, passages: Iterable[Passage]) -> list[Passage]:
        """The passages as this dialogue has them; without those that are withheld."""
        kept = (p for p in passages if p.id not in self.withheld)
        return [replace(p, text=self.changed[p.id]) if p.id in self.changed else p for p in kept]

    def found(self, hits: Iterable[Hit]) -> list[Hit]:
        """The hits of a search in these pages."""
        return [Hit(p, h.score) for h in hits for p in self.seen([h.passage])]
