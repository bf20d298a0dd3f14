"""A dialogue that can be learnt from: user first, agent last, and whole replies to train."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from demeanor.data.checks.problem import Finding, Known, trained
from demeanor.dialogue import Dialogue
from demeanor.runtime.prompt import defuse


def wrong_ends(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """It does not begin with the user, or does not end with the agent (or with the result of its call)."""
    last = len(dialogue.messages) - 1
    first_role, last_role = dialogue.messages[0].role, dialogue.messages[last].role
    if first_role != "user":
        yield Finding(
            "error",
            0,
            f"begins with the role {first_role!r}",
            "begin with a user message; a greeting before it is no turn",
        )
    called = last > 0 and bool(dialogue.messages[last - 1].calls)
    if last_role != "assistant" and not (last_role == "tool" and called):
        fix = "end with the agent's reply, or drop the tail"
        yield Finding("error", last, f"ends with the role {last_role!r}", fix)


def put_right(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """What was put right while it was read."""
    for index, words in dialogue.remarks:
        yield Finding("warning", index, words, "nothing has to be done; the file stays as it is")


def two_in_a_row(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """Two messages of one speaker follow each other, which a served agent never sees and never writes.

    They are read as one where no label holds on to their places.
    """
    for index, (last, message) in enumerate(pairwise(dialogue.messages), 1):
        trained_later = message.role == "assistant" and message.weight == 1
        if last.role == message.role and (message.role == "user" or (trained_later and not last.calls)):
            fix = "make one message of them; labels and passages move with it"
            yield Finding("error", index, f"two messages of the {message.role} in a row", fix)


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


def marks_in_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply holds a mark of a tokenizer or a call's tag, which would be learned as what it means there."""
    for index, message in trained(dialogue):
        if defuse(message.content) != message.content:
            fix = "take the mark out; a call stands in tool_calls"
            yield Finding("error", index, "a trained reply holds a mark that means something to a model", fix)


def cut_reply(dialogue: Dialogue, known: Known) -> Iterator[Finding]:
    """A trained reply was cut off by the length limit."""
    for index, message in trained(dialogue):
        if message.cut:
            fix = "complete the reply, or set weight 0"
            yield Finding("error", index, "a trained reply is cut in half", fix)
