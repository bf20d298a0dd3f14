"""A dialogue that can be learnt from: user first, agent last, and whole replies to train."""

from __future__ import annotations

from collections.abc import Iterator

from demeanor.data.checks.problem import Finding, Known, trained
from demeanor.dialogue import Dialogue


def wrong_ends(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """It does not begin with the user, or does not end with the agent (or with the result of its call)."""
    last = len(dialogue.messages) - 1
    first_role, last_role = dialogue.messages[0].role, dialogue.messages[last].role
    if first_role != "user":
        yield Finding("error", 0, f"begins with the role {first_role!r}", "begin with a user message")
    called = last > 0 and bool(dialogue.messages[last - 1].calls)
    if last_role != "assistant" and not (last_role == "tool" and called):
        fix = "end with the agent's reply, or drop the tail"
        yield Finding("error", last, f"ends with the role {last_role!r}", fix)


def nothing_trained(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """No reply has weight 1, so training would learn nothing from it."""
    if next(trained(dialogue), None) is None:
        fix = "give the reply to learn weight 1, or remove the dialogue"
        yield Finding("error", None, "no reply is trained", fix)


def empty_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply says nothing and calls nothing."""
    for index, message in trained(dialogue):
        if not message.content.strip() and not message.calls:
            yield Finding("error", index, "a trained reply is empty", "write the reply, or set weight 0")


def cut_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply was cut off by the length limit."""
    for index, message in trained(dialogue):
        if message.cut:
            fix = "complete the reply, or set weight 0"
            yield Finding("error", index, "a trained reply is cut in half", fix)
