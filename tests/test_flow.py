"""The flow as a policy: what is known is not asked, a change undoes what leaned on it, a yes is for one thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from demeanor.agent import load_agent
from demeanor.agent.flow import Tracker
from demeanor.agent.moves import Move, UserMove, misheard
from demeanor.runtime.workspace import Workspace

STAY = "12 to 15 June"
ROWS = [
    {"offer": "a-101", "hotel": "Seaview Harbour", "view": "sea view", "total": 420},
    {"offer": "b-102", "hotel": "Seaview Cliffs", "view": "garden view", "total": 450},
]
FOUND: dict[str, Any] = {"stay": STAY, "guests": 2, "rooms": ROWS}
ALL = {"check_in": STAY, "check_out": STAY, "guests": "two", "room_type": "deluxe"}


@pytest.fixture
def tracker(workspace: Workspace) -> Tracker:
    return Tracker(workspace.agent, workspace.parameters)


def say(tracker: Tracker, *acts: str, **more: Any) -> Move:
    """The user says something; the agent's next move."""
    tracker.user(UserMove(acts or ("inform",), **more))
    return tracker.next()


def ask_for_a_room(tracker: Tracker, **mentions: str) -> Move:
    return say(tracker, "request", mentions=mentions, flow="book_a_room")


def do(tracker: Tracker, move: Move, result: dict[str, Any] | None = None) -> Move:
    """The agent does the move, and its call brings `result`; the move after it."""
    tracker.agent_said(move.acts)
    if move.call is not None:
        tracker.called(move.call[0], move.call[1], result or {})
    return tracker.next()


def to_confirmation(tracker: Tracker) -> Move:
    """Up to the question for a yes, which the agent has put."""
    offer = do(tracker, ask_for_a_room(tracker, **ALL), FOUND)
    do(tracker, offer)
    name = say(tracker, "inform:offer", mentions={"offer": "a-101"})
    do(tracker, name)
    confirm = say(tracker, "inform:guest_name", mentions={"guest_name": "Anna Berg"})
    tracker.agent_said(confirm.acts)
    return confirm


def test_the_whole_of_a_booking(tracker: Tracker) -> None:
    move = ask_for_a_room(tracker)
    assert move.acts == ("acknowledge:book_a_room", "ask:check_in+check_out")
    tracker.agent_said(move.acts)
    move = say(tracker, mentions={"check_in": STAY, "check_out": STAY})
    assert move.acts == ("noted", "ask:guests")
    tracker.agent_said(move.acts)
    move = say(tracker, mentions={"guests": "two"})
    tracker.agent_said(move.acts)
    move = say(tracker, mentions={"room_type": "deluxe"})
    assert move.call == ("search_rooms", ALL)
    assert not move.ends
    move = do(tracker, move, FOUND)
    assert move.acts == ("present:search_rooms", "invite:offer")
    assert move.ends
    tracker.agent_said(move.acts)
    move = say(tracker, mentions={"offer": "a-101"})
    assert move.acts[-1] == "ask:guest_name"
    tracker.agent_said(move.acts)
    move = say(tracker, mentions={"guest_name": "Anna Berg"})
    assert move.acts[-1] == "confirm:book_room"
    tracker.agent_said(move.acts)
    move = say(tracker, "affirm")
    assert move.call == ("book_room", {"offer": "a-101", "guest_name": "Anna Berg"})
    move = do(tracker, move, {"reference": "SV-1277"})
    assert move.acts == ("inform:book_room",)
    tracker.agent_said(move.acts)
    assert tracker.frame is not None
    assert tracker.finished(tracker.frame)
    assert say(tracker, "thank").acts == ("close",)


@pytest.mark.parametrize(
    "known", [("check_in", "check_out"), ("guests",), ("check_in", "check_out", "guests"), tuple(ALL)]
)
def test_what_is_known_is_skipped(tracker: Tracker, known: tuple[str, ...]) -> None:
    move = ask_for_a_room(tracker, **{name: ALL[name] for name in known})
    asked = {n for a in move.acts if a.startswith("ask:") for n in a.removeprefix("ask:").split("+")}
    assert not asked & set(known)
    assert bool(asked) == (set(known) != set(ALL))


def test_half_of_a_pair_is_asked_alone(tracker: Tracker) -> None:
    assert ask_for_a_room(tracker, check_in="12 June").acts[-1] == "ask:check_out"


def test_optional_details_are_taken_and_never_asked(tracker: Tracker) -> None:
    move = ask_for_a_room(tracker, **ALL, view="sea view")
    assert move.call == ("search_rooms", {**ALL, "view": "sea view"})


def test_a_correction_undoes_the_search_and_the_choice(tracker: Tracker) -> None:
    to_confirmation(tracker)
    move = say(tracker, "correct:guests", mentions={"guests": "three"})
    assert move.call == ("search_rooms", {**ALL, "guests": "three"})
    assert "corrected" in move.acts
    assert "offer" not in tracker.known
    again = do(tracker, move, FOUND)
    assert again.acts == ("present:search_rooms", "invite:offer")


def test_what_is_said_again_in_other_words_corrects_nothing(tracker: Tracker) -> None:
    confirm = to_confirmation(tracker)
    again = say(tracker, "inform:guests", mentions={"guests": "the two of us"})
    assert again.acts == confirm.acts
    assert tracker.known["offer"] == "a-101"
    assert say(tracker, "affirm").call is not None
    assert tracker.arguments("search_rooms") == {**ALL, "guests": "the two of us"}


def test_what_is_said_again_after_nothing_was_found_is_a_new_attempt(tracker: Tracker) -> None:
    move = do(tracker, ask_for_a_room(tracker, **ALL), {**FOUND, "rooms": []})
    tracker.agent_said(move.acts)
    words = "from 12 June for three nights"
    again = say(tracker, "inform:check_in", "inform:check_out", mentions={"check_in": words, "check_out": words})
    assert again.call == ("search_rooms", {**ALL, "check_in": words, "check_out": words})


def test_another_offer_is_another_choice(tracker: Tracker) -> None:
    to_confirmation(tracker)
    say(tracker, "affirm")
    other = say(tracker, "inform:offer", mentions={"offer": "b-102"})
    assert other.acts[-1] == "confirm:book_room"
    assert tracker.arguments("book_room")["offer"] == "b-102"


def test_a_corrected_name_leaves_the_offer_alone(tracker: Tracker) -> None:
    to_confirmation(tracker)
    move = say(tracker, "correct:guest_name", mentions={"guest_name": "Ana Berg"})
    assert tracker.known["offer"] == "a-101"
    assert move.acts[-1] == "confirm:book_room"
    assert move.call is None


def test_agreement_is_bound_to_its_arguments(tracker: Tracker) -> None:
    to_confirmation(tracker)
    assert say(tracker, "affirm").call is not None
    other = say(tracker, "correct:guest_name", mentions={"guest_name": "Ana Berg"})
    assert other.acts[-1] == "confirm:book_room"
    assert other.call is None
    tracker.agent_said(other.acts)
    assert say(tracker, "affirm").call == ("book_room", {"offer": "a-101", "guest_name": "Ana Berg"})


def test_a_yes_to_another_question_is_no_agreement(tracker: Tracker) -> None:
    offer = do(tracker, ask_for_a_room(tracker, **ALL), FOUND)
    tracker.agent_said(offer.acts)
    assert say(tracker, "affirm").call is None


def test_yes_to_the_only_room_chooses_it(tracker: Tracker) -> None:
    offer = do(tracker, ask_for_a_room(tracker, **ALL), {**FOUND, "rooms": ROWS[:1]})
    tracker.agent_said(offer.acts)
    assert say(tracker, "affirm").acts[-1] == "ask:guest_name"
    assert tracker.known["offer"] == "a-101"


def test_nothing_found_asks_for_other_dates(tracker: Tracker) -> None:
    move = do(tracker, ask_for_a_room(tracker, **ALL), {**FOUND, "rooms": []})
    assert move.acts == ("apologise:search_rooms", "ask:check_in+check_out")
    tracker.agent_said(move.acts)
    later = "19 to 22 June"
    move = say(tracker, "correct:check_in", mentions={"check_in": later, "check_out": later})
    assert move.call == ("search_rooms", {**ALL, "check_in": later, "check_out": later})


def test_a_refusal_is_told(tracker: Tracker) -> None:
    move = do(tracker, ask_for_a_room(tracker, **ALL), {"error": "We take bookings until 31 December."})
    assert move.acts == ("inform:error",)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"question": "pets-fee"}, ("inform:knowledge",)),
        ({"question": "silent", "answerable": False}, ("defer", "handoff")),
    ],
)
def test_a_digression_is_answered_and_the_flow_resumes(
    tracker: Tracker, more: dict[str, Any], said: tuple[str, ...]
) -> None:
    before = ask_for_a_room(tracker)
    tracker.agent_said(before.acts)
    move = say(tracker, "digress", "request", **more)
    assert move.acts == (*said, "ask:check_in+check_out")
    tracker.agent_said(move.acts)
    assert say(tracker, mentions={"check_in": STAY, "check_out": STAY}).acts[-1] == "ask:guests"


def test_off_topic_is_refused_and_the_flow_resumes(tracker: Tracker) -> None:
    tracker.agent_said(ask_for_a_room(tracker).acts)
    assert say(tracker, "request:off_topic").acts == ("refuse", "ask:check_in+check_out")


def test_abuse_is_met_calmly(tracker: Tracker) -> None:
    tracker.agent_said(ask_for_a_room(tracker).acts)
    assert say(tracker, "abuse").acts == ("calm", "ask:check_in+check_out")


def test_a_yes_that_did_not_count_is_asked_for_again(tracker: Tracker) -> None:
    to_confirmation(tracker)
    call = say(tracker, "affirm")
    assert call.call is not None
    tracker.agent_said(call.acts)
    tracker.not_agreed("book_room")
    assert tracker.next().acts == ("reconfirm", "confirm:book_room")
    tracker.agent_said(("confirm:book_room",))
    assert say(tracker, "affirm").call == call.call


def test_a_question_at_the_confirmation_is_answered_and_the_yes_asked_again(tracker: Tracker) -> None:
    to_confirmation(tracker)
    move = say(tracker, "digress", "request", question="pets-fee")
    assert move.acts == ("inform:knowledge", "confirm:book_room")
    assert move.call is None


def test_unclear_at_the_confirmation_asks_again(tracker: Tracker) -> None:
    to_confirmation(tracker)
    move = say(tracker, "unclear")
    assert move.acts == ("reconfirm", "confirm:book_room")
    tracker.agent_said(move.acts)
    assert say(tracker, "affirm").call is not None


def test_no_keeps_everything_as_it_is(tracker: Tracker) -> None:
    to_confirmation(tracker)
    move = say(tracker, "deny")
    assert move.acts == ("kept", "anything_else")
    assert tracker.frame is None
    tracker.agent_said(move.acts)
    assert say(tracker, "thank").acts == ("close",)


def test_no_with_a_correction_goes_on(tracker: Tracker) -> None:
    to_confirmation(tracker)
    move = say(tracker, "deny", "correct:guests", mentions={"guests": "three"})
    assert move.call is not None
    assert move.call[0] == "search_rooms"


def test_giving_up_ends_the_flow(tracker: Tracker) -> None:
    to_confirmation(tracker)
    assert say(tracker, "give_up").acts == ("changed_mind", "close")
    assert tracker.frame is None


def test_thanks_in_the_middle_do_not_close(tracker: Tracker) -> None:
    tracker.agent_said(ask_for_a_room(tracker).acts)
    assert say(tracker, "thank").acts[-1] == "ask:check_in+check_out"


def test_a_second_flow_stands_on_the_first(tracker: Tracker) -> None:
    tracker.agent_said(ask_for_a_room(tracker, **ALL).acts)
    move = say(tracker, "request", flow="cancel_a_booking")
    assert move.acts == ("acknowledge:cancel_a_booking", "ask:reference")
    assert [frame.flow.name for frame in tracker.stack] == ["book_a_room", "cancel_a_booking"]


def test_without_a_flow_the_agent_greets_or_asks_what_is_meant(tracker: Tracker) -> None:
    assert say(tracker, "greet").acts == ("greet",)
    assert say(tracker, "insist").acts == ("clarify",)


# ---------------------------------------------------------------------------------------------------- conditions

CONDITIONS = """
name: Ada
persona: You are Ada.
slots:
  size: {type: choice, choices: [small, large]}
  colour: {type: text, optional: true}
  note: {type: text}
  vase: {type: text}
  card: {type: text}
flows:
  order:
    when: always
    steps:
      - ask: size
      - {ask: note, when: size is large}
      - {ask: vase, when: colour known}
      - {ask: card, when: colour unknown}
"""


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ({}, "ask:size"),
        ({"size": "large"}, "ask:note"),
        ({"size": " LARGE "}, "ask:note"),
        ({"size": "small"}, "ask:card"),
        ({"size": "small", "colour": "red"}, "ask:vase"),
        ({"size": "small", "colour": "red", "vase": "blue"}, "anything_else"),
    ],
)
def test_steps_have_conditions(tmp_path: Path, known: dict[str, str], asked: str) -> None:
    (tmp_path / "agent.yaml").write_text(CONDITIONS)
    tracker = Tracker(load_agent(tmp_path / "agent.yaml"), {})
    assert say(tracker, "request", mentions=known, flow="order").acts[-1] == asked


def test_what_was_done_is_not_asked_for_again(tracker: Tracker) -> None:
    """A real agent's question may go unrecognised; once the call has gone through, its yes is past."""
    say(tracker, "request", mentions={"reference": "SV-1042"}, flow="cancel_a_booking")
    tracker.called("find_booking", {"reference": "SV-1042"}, {"reference": "SV-1042"})
    tracker.agent_said(["present:find_booking"])
    tracker.called("cancel_booking", {"reference": "SV-1042"}, {"status": "cancelled"})
    assert tracker.next().acts == ("inform:cancel_booking",)
    tracker.agent_said(["inform:cancel_booking"])
    assert say(tracker, "thank").acts == ("close",)


def test_a_note_says_what_was_heard_and_what_is_needed(tracker: Tracker) -> None:
    ask_for_a_room(tracker, room_type="deluxe")
    assert tracker.note() == "book_a_room; room_type: deluxe; need: check_in, check_out, guests"
    assert tracker.note(answering_user=False) == "need: check_in, check_out, guests"
    say(tracker, "inform", mentions={"check_in": STAY, "check_out": STAY, "guests": "two"})
    assert tracker.note() == f"check_in, check_out: {STAY}; guests: two; need: nothing"


def test_a_wrong_note_is_named_by_what_it_lacks_or_has_too_much() -> None:
    right = "book_a_room; guests: the two of us; need: room_type"
    assert misheard("book_a_room; guests: two of us; need: room_type", right) == []
    assert misheard("book_a_room; need: guests, room_type", right) == ["guests", "need guests"]
    assert misheard("", "affirm; need: nothing") == ["affirm", "need nothing"]
