"""The voice as agent.yaml sets it: phrases to avoid, and how long a reply may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from demeanor.data.checks.problem import Finding, Known, trained
from demeanor.dialogue import Dialogue


@lru_cache(maxsize=64)
def _phrases(avoid: tuple[str, ...]) -> re.Pattern[str] | None:
    """The phrases as whole words, in any case and spacing."""
    ways = [r"\s+".join(re.escape(word) for word in phrase.split()) for phrase in avoid]
    return re.compile(rf"(?<!\w)(?:{'|'.join(ways)})(?!\w)", re.IGNORECASE) if ways else None


def avoided_phrase(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply uses a phrase of voice.avoid."""
    pattern = _phrases(known.agent.voice.avoid)
    if pattern is None:
        return
    for index, message in trained(dialogue):
        for match in pattern.finditer(message.content):
            yield Finding("error", index, f"says {match[0]!r}, which voice.avoid lists", "put it another way")


def long_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply has more words than voice.max_words."""
    most = known.agent.voice.max_words
    for index, message in trained(dialogue):
        words = len(message.content.split())
        if words > most:
            yield Finding("warning", index, f"{words} words; voice.max_words is {most}", "say it in fewer words")
