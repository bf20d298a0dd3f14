"""The pages as one conversation has them: without a passage that is there in truth, or with another text in one.

Training dialogues of this kind teach an agent to read rather than remember (data/altered.py makes them), and scenarios
of this kind show whether it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from demeanor.dialogue import Dialogue
from demeanor.runtime.knowledge.passages import Passage
from demeanor.runtime.knowledge.retriever import Hit


@dataclass(frozen=True)
class AlteredPages:
    """How a conversation's pages differ from the real ones.

    `withheld`: ids of passages that the search does not find. `changed`: texts in the place of passages, by id.
    `instead`: ids of passages that are found where something is asked that no page answers, and do not answer it.
    """

    withheld: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    instead: tuple[str, ...] = ()

    @classmethod
    def of(cls, dialogue: Dialogue) -> AlteredPages:
        """Those of a dialogue, from its metadata; what is not well formed there counts as nothing."""
        return cls.read(dialogue.metadata.get("pages"))

    @classmethod
    def read(cls, raw: Any) -> AlteredPages:
        """The inverse of `to_dict`; what is not well formed counts as nothing."""
        raw = raw if isinstance(raw, dict) else {}
        changed = raw.get("changed")
        withheld, instead = (
            tuple(map(str, raw[name])) if isinstance(raw.get(name), list) else () for name in ("withheld", "instead")
        )
        return cls(withheld, {str(k): str(v) for k, v in changed.items()} if isinstance(changed, dict) else {}, instead)

    def to_dict(self) -> dict[str, Any]:
        parts = {"withheld": list(self.withheld), "changed": dict(self.changed), "instead": list(self.instead)}
        return {name: part for name, part in parts.items() if part}

    def seen(self, passages: Iterable[Passage]) -> list[Passage]:
        """The passages as this dialogue has them; without those that are withheld."""
        kept = (p for p in passages if p.id not in self.withheld)
        return [replace(p, text=self.changed[p.id]) if p.id in self.changed else p for p in kept]

    def found(self, hits: Iterable[Hit]) -> list[Hit]:
        """The hits of a search in these pages."""
        return [Hit(p, h.score) for h in hits for p in self.seen([h.passage])]
