"""The closed sets of what a message does (`lines/LABELS.md` says what each means and decides the hard ones)."""

from __future__ import annotations

from typing import Literal

from demeanor.agent.manners import FAULTS, TRAITS
from demeanor.agent.topics import TOPICS

Speaker = Literal["agent", "user"]

AGENT = (
    "ask",
    "confirm",
    "invite",
    "present",
    "inform",
    "done",
    "promise",
    "defer",
    "handoff",
    "refuse",
    "apologise",
    "greet",
    "close",
    "more",
)
USER = (
    "request",
    "inform",
    "correct",
    "affirm",
    "deny",
    "condition",
    "hesitate",
    "question",
    "off_topic",
    "thank",
    "bye",
    "abuse",
    "insist",
    "give_up",
)
LABELS: dict[Speaker, tuple[str, ...]] = {"agent": AGENT, "user": USER}

# Every column of the learned reader: the labels of messages, whether an answer is nothing but agreement, whether a
# reply says something of the rules, whether the passage before it supports that, the manners that it shows, and the
# topics that a user's message touches.
COLUMNS = (
    *(f"agent.{label}" for label in AGENT),
    *(f"user.{label}" for label in USER),
    "user.agrees",
    "claim.made",
    "claim.supported",
    *(f"manner.{name}" for name in (*TRAITS, *FAULTS)),
    *(f"topic.{name}" for name in TOPICS),
)
