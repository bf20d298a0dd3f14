"""The voice as agent.yaml sets it: phrases to avoid, and how long a reply may be."""

from __future__ import annotations

from collections.abc import Iterator

from demeanor.data.checks.problem import Finding, Known, trained
from demeanor.dialogue import Dialogue


def avoided_phrase(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply uses a phrase of voice.avoid."""
    for index, message in trained(dialogue):
        for phrase in known.agent.voice.avoided(message.content):
            yield Finding("error", index, f"says {phrase!r}, which voice.avoid lists", "put it another way")


def long_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply has more words than voice.max_words."""
    most = known.agent.voice.max_words
    for index, message in trained(dialogue):
        words = len(message.content.split())
        if words > most:
            yield Finding("warning", index, f"{words} words; voice.max_words is {most}", "say it in fewer words")
