"""What no longer fits a model's window is left out by whole turns, and said; the rest is read as if it began there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from conftest import TODAY
from demeanor.errors import ModelError
from demeanor.models.model import Completion, Request, check_requests
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.session import Session
from demeanor.runtime.workspace import Workspace


class Small(ScriptedModel):
    """A scripted model with a window, which refuses what does not fit as engines do."""

    def __init__(self, window: int) -> None:
        super().__init__(lambda prompt: "<note>guests: two</note>\nThank you, noted.")
        self.window = window
        self.read: list[str] = []

    def generate(
        self, requests: Sequence[Request], *, max_new_tokens: int, seed: int = 0, temperature: float = 0.0
    ) -> list[Completion]:
        check_requests(requests, max_new_tokens, self.window)
        assert all(len(request.ids) + max_new_tokens <= self.window for request in requests)
        self.read += [self.tokenizer.decode(request.ids) for request in requests]
        return super().generate(requests, max_new_tokens=max_new_tokens)


@pytest.fixture
def small(session: Session) -> Small:
    """Room for the system text and a few turns."""
    model = Small(len(session.renderer.system.encode()) + 1500)
    session.model = model
    return model


def test_a_long_conversation_loses_its_oldest_turns_and_says_so(session: Session, small: Small) -> None:
    replies = [session.say(f"This is what I say as number {k}. {'word ' * 30}") for k in range(30)]
    assert replies[0].left_out == 0
    cuts = sorted({reply.left_out for reply in replies})
    assert len(cuts) > 3  # it happened again and again,
    assert len(cuts) < 15  # and not at every turn
    assert [reply.left_out for reply in replies] == sorted(reply.left_out for reply in replies)
    assert all(session.messages[cut].role == "user" for cut in cuts)
    assert len(session.messages) == 60  # nothing is lost from what was said
    for k, (reply, read) in enumerate(zip(replies, small.read, strict=True)):
        first = reply.left_out // 2
        assert [f"number {n}." in read for n in range(k + 1)] == [n >= first for n in range(k + 1)]
        assert read.count(f"{TODAY.day} {TODAY:%B}") == 1  # the day is told where the reading begins
        assert session.renderer.system in read


def test_a_passage_of_a_turn_that_is_left_out_is_shown_again(
    session: Session, small: Small, workspace: Workspace
) -> None:
    hit = Hit(workspace.passages[0], 1.0)
    session.search = lambda texts: [[hit] if "pets" in text else [] for text in texts]
    session.say("What about pets?")
    while session.left_out == 0:
        session.say("word " * 40)
        assert small.read[-1].count(hit.passage.text) == (session.left_out == 0)
    session.say("And pets, once more?")
    assert small.read[-1].count(hit.passage.text) == 1


def test_what_a_kept_message_found_is_kept(session: Session, small: Small, workspace: Workspace) -> None:
    """It was shown with an older message that is gone; the younger one that found it as well shows it now."""
    hit = Hit(workspace.passages[0], 1.0)
    session.search = lambda texts: [[hit] for _ in texts]
    while session.left_out == 0:
        session.say("word " * 40)
    assert small.read[-1].count(hit.passage.text) == 1


def test_an_order_of_the_day_stays_with_its_message(session: Session, small: Small) -> None:
    while session.left_out == 0:
        session.tell(f"The lift is broken, told before message {len(session.messages)}.")
        session.say("word " * 40)
    last = small.read[-1]
    assert f"told before message {len(session.messages) - 2}." in last
    assert "told before message 0." not in last


def test_taking_back_what_was_cut_reads_on(session: Session, small: Small) -> None:
    while session.left_out == 0:
        session.say("word " * 60)
    while session.undo():
        pass
    assert session.say("Hello again.").left_out == 0


def test_a_message_that_fits_no_window_is_refused_by_the_engine(session: Session, small: Small) -> None:
    session.say("Hello.")
    with pytest.raises(ModelError, match="does not fit"):
        session.say("word " * 1000)
    assert [m.content for m in session.messages if m.role == "user"] == ["Hello."]
