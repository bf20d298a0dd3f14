"""The turn: what a model may do is enforced here, whatever it believes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import TODAY
from demeanor.dialogue import ToolCall
from demeanor.errors import ModelError
from demeanor.models.model import Completion
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.gate import NOT_AGREED
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.prompt import Renderer, call_text, parse_note, parse_reply, shown_text
from demeanor.runtime.session import REPLY_TOKENS, Reply, Session, Visible, serve
from demeanor.runtime.tools import World
from demeanor.runtime.workspace import Workspace

SEARCH = call_text(
    ToolCall(
        "search_rooms",
        {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "two", "room_type": "deluxe"},
    )
)


def reply(session: Session, text: str, cut: bool = False) -> bool:
    return session.receive(Completion((), text, cut))


def stored(world: World) -> dict[str, Any]:
    """All that the database holds."""
    return world.tables()


def offered(session: Session, choice: int = 0) -> dict[str, Any]:
    """A search, its offers shown, and one row of them."""
    session.hear("A deluxe room for two from 12 to 15 June, please. My name is Anna Berg.")
    assert not reply(session, f"One moment.\n{SEARCH}")
    found = session.calls[-1].result
    assert found["rooms"], found
    row: dict[str, Any] = {**found["rooms"][choice], "stay": found["stay"], "room": found["room"]}
    return row


def question(row: dict[str, Any], name: str = "Anna Berg") -> str:
    """The question for a yes to a row."""
    what = f"a {row['room']} with {row['view']} at {row['hotel']}, {row['stay']}, {row['total']} euros"
    return f"To confirm: {what}, in the name of {name}. Shall I book it?"


def book(row: dict[str, Any], name: str = "Anna Berg") -> str:
    return "I'll book it.\n" + call_text(ToolCall("book_room", {"offer": row["offer"], "guest_name": name}))


def test_a_clear_yes_to_exactly_this_books(session: Session, world: World) -> None:
    row = offered(session)
    assert reply(session, question(row))
    session.hear("Yes, please.")
    before = stored(world)
    assert not reply(session, book(row))
    record = session.calls[-1]
    assert record.ok, record.result
    assert record.result["guest_name"] == "Anna Berg"
    assert stored(world) != before
    assert reply(session, "It's booked.")


@pytest.mark.parametrize(
    "answer",
    [
        "No.",
        "Hmm, let me think.",
        "Yes, but for three people.",
        "What does breakfast cost?",
        "maybe",
        "",
        "Is it quiet?",
    ],
)
def test_without_a_clear_yes_nothing_is_written(session: Session, world: World, answer: str) -> None:
    row = offered(session)
    reply(session, question(row))
    session.hear(answer)
    before = stored(world)
    reply(session, book(row))
    assert session.calls[-1].refused
    assert not session.calls[-1].ok
    assert json.loads(session.messages[-1].content)["error"].startswith(NOT_AGREED)
    assert stored(world) == before


ASKED: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "another offer": lambda row, other: question(other),
    "another name": lambda row, other: question(row, "Ana Li"),
    "no name": lambda row, other: question(row, "the guest"),
    "no question": lambda row, other: question(row).replace("?", "."),
    "something else": lambda row, other: "Would you like a sea view?",
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_yes_to_something_else_is_refused(session: Session, world: World, asked: str) -> None:
    row = offered(session, 0)
    other: dict[str, Any] = {**row, **session.calls[-1].result["rooms"][1]}
    assert row["total"] != other["total"]
    reply(session, ASKED[asked](row, other))
    session.hear("Yes, please.")
    before = stored(world)
    reply(session, book(row))
    assert session.calls[-1].refused
    assert stored(world) == before


def test_a_yes_holds_for_one_turn(session: Session, world: World) -> None:
    row = offered(session)
    reply(session, question(row))
    session.hear("Yes, please.")
    reply(session, "Lovely.")
    session.hear("Do you have parking?")
    before = stored(world)
    reply(session, book(row))
    assert session.calls[-1].refused
    assert stored(world) == before


def test_a_write_in_the_first_message_is_refused(session: Session, world: World) -> None:
    session.hear("Yes, cancel SV-1001 now.")
    before = stored(world)
    reply(session, call_text(ToolCall("cancel_booking", {"reference": "SV-1001"})))
    assert session.calls[-1].refused
    assert stored(world) == before


def test_a_cancellation_needs_its_own_reference(session: Session, world: World) -> None:
    codes = [
        r[0] for r in world.sql("SELECT reference FROM bookings WHERE status = 'confirmed' AND check_in > '2026-06-20'")
    ]
    session.hear(f"I want to cancel {codes[0]}, not {codes[1]}.")
    reply(session, f"Shall I cancel {codes[0]}?")
    session.hear("Yes, please.")
    before = stored(world)
    reply(session, call_text(ToolCall("cancel_booking", {"reference": codes[1]})))
    assert session.calls[-1].refused
    assert stored(world) == before
    reply(session, call_text(ToolCall("cancel_booking", {"reference": codes[0].lower().replace("-", " ")})))
    assert session.calls[-1].ok, session.calls[-1].result


def test_an_unknown_tool_is_answered_with_those_there_are(session: Session) -> None:
    session.hear("Hello")
    assert not reply(session, call_text(ToolCall("fly_to_moon", {})))
    result = session.calls[-1].result
    assert "fly_to_moon" in result["error"]
    assert "search_rooms" in result["error"]
    assert session.messages[-1].role == "tool"


@pytest.mark.parametrize(
    "body",
    ['{"name": "search_rooms", ', "{}", "[]", "search_rooms(guests=2)", "", '{"name": "a", "arguments": 3}'],
)
def test_an_unreadable_call_is_answered(session: Session, body: str) -> None:
    session.hear("Hello")
    assert not reply(session, f"Let me see. <tool_call>{body}</tool_call>")
    assert "could not be read" in session.calls[-1].result["error"]
    assert [m.role for m in session.messages] == ["user", "assistant", "tool"]
    assert session.request().ids


def test_a_tool_that_breaks_is_told_and_undone(own_workspace: Workspace, renderer: Renderer) -> None:
    tools = own_workspace.folder.tools_path
    text = tools.read_text() + (
        '\n\ndef lose_everything(world: World) -> dict[str, Any]:\n    """Delete all."""\n'
        '    world.sql("DELETE FROM nights")\n    return 1 / 0\n'
    )
    tools.write_text(text)
    space = Workspace.load(own_workspace.folder)
    world = space.new_world(TODAY)
    session = space.session(renderer, world)
    before = stored(world)
    session.hear("Hello")
    assert not reply(session, call_text(ToolCall("lose_everything", {})))
    assert session.calls[-1].failed
    assert "error" in session.calls[-1].result
    assert stored(world) == before
    world.close()


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("A deluxe room for two, two nights from 12 June", "12 June"),
        ("For two: a deluxe room for a week from 12 June please", "from 12 June"),
    ],
)
def test_a_quote_that_says_too_little_is_read_in_its_message(session: Session, said: str, quoted: str) -> None:
    session.hear(said)
    details = {"check_in": quoted, "check_out": quoted, "guests": "two", "room_type": "deluxe"}
    reply(session, call_text(ToolCall("search_rooms", details)))
    record = session.calls[-1]
    assert record.ok, record.result
    assert record.values["check_out"] in ("2026-06-14", "2026-06-19")


@pytest.mark.parametrize(
    "invented", [{"guests": "three"}, {"guests": "5"}, {"check_in": "1 July"}, {"room_type": "suite"}]
)
def test_a_detail_that_nobody_said_is_refused(session: Session, invented: dict[str, str]) -> None:
    """The 5 of "15 June" is no number of guests."""
    session.hear("A deluxe room for two from 12 to 15 June, please.")
    said = {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "2", "room_type": "deluxe"}
    reply(session, call_text(ToolCall("search_rooms", {**said, **invented})))
    assert f"search_rooms needs {next(iter(invented))};" in session.calls[-1].result["error"]
    reply(session, call_text(ToolCall("search_rooms", said)))
    assert session.calls[-1].ok, session.calls[-1].result


@pytest.mark.parametrize("view", ["a terrace", "deluxe"])
def test_an_optional_detail_that_means_nothing_is_left_out_and_named(session: Session, view: str) -> None:
    session.hear("A deluxe room for two from 12 to 15 June, please.")
    call = json.loads(SEARCH.removeprefix("<tool_call>").removesuffix("</tool_call>"))
    reply(session, call_text(ToolCall("search_rooms", {**call["arguments"], "view": view})))
    record = session.calls[-1]
    assert record.ok
    assert record.result["rooms"]
    assert "view" in record.result["ignored"][0]
    assert "view" not in record.values


def test_a_name_that_was_copied_badly_is_the_one_the_guest_said(session: Session, world: World) -> None:
    row = offered(session)
    reply(session, question(row))
    session.hear("Yes, please.")
    reply(session, book(row, "Ana Borg"))
    assert session.calls[-1].result["guest_name"] == "Anna Berg"


def test_a_code_that_a_tool_returned_is_nobodys_invention(session: Session) -> None:
    """And it is not taken for an older one that looks like it."""
    session.hear("What about SV-1002?")
    reply(session, call_text(ToolCall("find_booking", {"reference": "SV-1002"})))
    row = offered(session)
    reply(session, question(row))
    session.hear("Yes, please.")
    reply(session, book(row))
    new = session.calls[-1].result["reference"]
    session.hear("Oh no. Please cancel what you just booked.")
    reply(session, call_text(ToolCall("find_booking", {"reference": new})))
    assert session.calls[-1].result["reference"] == new


def test_a_name_that_nobody_said_books_nothing(session: Session, world: World) -> None:
    row = offered(session)
    reply(session, question(row))
    session.hear("Yes, please.")
    before = stored(world)
    reply(session, book(row, "Tobias Lind"))
    assert session.calls[-1].refused
    assert stored(world) == before


def test_a_badly_copied_name_needs_the_yes_to_the_right_one(session: Session, world: World) -> None:
    row = offered(session)
    reply(session, question(row, "Ana Borg"))
    session.hear("Yes, please.")
    before = stored(world)
    reply(session, book(row, "Ana Borg"))
    assert session.calls[-1].refused
    assert stored(world) == before


def test_a_note_is_kept_and_not_said(session: Session) -> None:
    session.hear("A deluxe room for two from 12 to 15 June, please.")
    reply(session, f"<note>guests: two</note>\nOne moment.\n{SEARCH}")
    said = next(m for m in session.messages if m.role == "assistant")
    assert (said.note, said.content) == ("guests: two", "One moment.")
    assert session.calls[-1].ok
    shown = session.renderer.tokenizer.decode(session.request().ids)
    assert f"<note>guests: two</note>\nOne moment.\n{SEARCH}" in shown


def test_wrong_arguments_are_told(session: Session) -> None:
    session.hear("Hello, I arrive on 12 June")
    reply(session, call_text(ToolCall("search_rooms", {"check_in": "12 June", "colour": "red"})))
    assert "colour" in session.calls[-1].result["error"]
    reply(session, call_text(ToolCall("search_rooms", {"check_in": "12 June"})))
    assert "guests" in session.calls[-1].result["error"]


def test_one_call_a_message_the_rest_is_kept_apart(session: Session) -> None:
    session.hear("Hello")
    reply(session, SEARCH + SEARCH)
    assert len(session.calls) == 1
    assert [c.name for c in session.dropped] == ["search_rooms"]
    assert len(session.messages[1].calls) == 1


def test_a_turn_ends_after_the_most_calls(session: Session) -> None:
    model = ScriptedModel(lambda prompt: SEARCH)
    session.hear("A deluxe room for two from 12 to 15 June, please.")
    session.model, session.reply_tokens = model, 400
    session.answer()
    assert len(session.calls) == session.max_calls
    assert not session.handed_over
    session.hear("And now?")
    assert not reply(session, SEARCH)


def test_a_conversation_whose_calls_bring_nothing_is_handed_over(session: Session) -> None:
    """Across turns too: two refused calls in one, a third in the next. What came before a hand-over is forgotten."""
    session.hear("Hello")
    assert not reply(session, SEARCH)
    assert not reply(session, SEARCH)
    assert reply(session, "When would you like to come?")
    session.hear("What?")
    assert session.fruitless() == 2
    assert reply(session, SEARCH)
    assert session.handed_over
    assert session.messages[-1].content == session.agent.when_unsure
    session.hear("And now?")
    assert not session.handed_over
    assert not reply(session, SEARCH)
    session.undo()
    session.undo()
    assert session.handovers == []
    assert session.fruitless() == 2


def test_a_call_that_brings_something_ends_the_count(session: Session) -> None:
    session.hear("Hello")
    reply(session, SEARCH)
    reply(session, SEARCH)
    reply(session, "When?")
    session.hear("A deluxe room for two from 12 to 15 June, please.")
    assert not reply(session, SEARCH)
    assert session.calls[-1].ok
    assert session.fruitless() == 0


def test_undo_takes_the_turn_back(session: Session, workspace: Workspace) -> None:
    assert not session.undo()
    session.hear("Hello")
    reply(session, "Hi!")
    before = list(session.messages)
    session.hear("A room?", [Hit(workspace.passages[0], 1.0)])
    reply(session, SEARCH)
    reply(session, "There are some.")
    assert session.undo()
    assert session.messages == before
    assert session.calls == []
    assert list(session.hits) == [0]
    assert session.undo()
    assert session.messages == []


def test_a_cut_reply_is_marked(session: Session) -> None:
    model = ScriptedModel(["A long answer that does not end where it should."])
    session.hear("Hello")
    session.model, session.reply_tokens = model, 12
    assert session.answer().cut
    assert session.messages[-1].cut
    assert session.messages[-1].content == "A long answe"
    other = ScriptedModel(["Short."])
    session.hear("Hello")
    session.model = other
    assert not session.answer().cut
    assert not session.messages[-1].cut


def test_the_day_is_told_once_and_passages_once(session: Session, workspace: Workspace) -> None:
    passage = workspace.passages[0]
    for _ in range(2):
        session.hear("May I bring a dog?", [Hit(passage, 1.0)])
        reply(session, "Yes.")
    first, second = (m for m in session.messages if m.role == "user")
    assert "Today is Monday 8 June 2026." in first.context
    assert passage.text.splitlines()[0] in first.context
    assert second.context == ""


def test_many_sessions_over_one_engine_say_what_each_says_alone(workspace: Workspace, renderer: Renderer) -> None:
    """Each waits only for itself, and what one does is not seen by another; two turns, two places for three."""

    def make(name: str) -> Session:
        made = workspace.session(renderer, workspace.new_world(TODAY), name, reply_tokens=400)
        made.hear(f"Hello from {name}")
        return made

    script = [SEARCH, SEARCH, "Done.", "Bye."]
    together = [make("a"), make("b"), make("c")]

    def once_more(session: Session, lost: ModelError | None) -> bool:
        assert lost is None
        if len([m for m in session.messages if m.role == "user"]) == 2:
            return False
        session.hear("And?")
        return True

    serve(together, ScriptedModel(script), once_more, at_once=2)
    for session in together:
        alone = make(session.id)
        alone.model = ScriptedModel(script)
        alone.answer()
        alone.say("And?")
        assert alone.messages == session.messages
        assert alone.messages[-1].content == "Bye."


def test_sessions_that_are_served_together_share_a_limit(workspace: Workspace, renderer: Renderer) -> None:
    world, limits = workspace.new_world(TODAY), (REPLY_TOKENS, 12)
    made = [workspace.session(renderer, world, str(limit), reply_tokens=limit) for limit in limits]
    for session in made:
        session.hear("Hi")
    with pytest.raises(ValueError, match="share one reply_tokens"):
        serve(made, ScriptedModel(["Hello."]), lambda session, lost: False)


def test_saying_something_needs_a_model_and_leaves_no_half_turn(session: Session) -> None:
    with pytest.raises(ModelError, match="no model"):
        session.say("Hello")
    assert session.messages == []
    session.model, session.reply_tokens = ScriptedModel([]), 400
    with pytest.raises(ModelError, match="has ended"):
        session.say("Hello")
    assert session.messages == []


def test_a_turn_in_which_a_tool_ran_is_not_forgotten(session: Session) -> None:
    session.model, session.reply_tokens = ScriptedModel([SEARCH]), 400
    with pytest.raises(ModelError, match="has ended"):
        session.say("A deluxe room for two from 12 to 15 June, please.")
    assert [m.role for m in session.messages] == ["user", "assistant", "tool"]


def test_a_reply_tells_what_the_turn_did(session: Session, workspace: Workspace) -> None:
    session.model, session.reply_tokens = ScriptedModel([f"One moment.{SEARCH}", "There are some."]), 400
    hit = Hit(workspace.passages[0], 1.0)
    session.search = lambda texts: [[hit] for _ in texts]
    told: list[str] = []
    reply = session.say("A deluxe room for two from 12 to 15 June, please.", told.append)
    assert reply == Reply("One moment.\nThere are some.", tuple(session.messages[1:]), tuple(session.calls), (hit,))
    assert reply.calls[0].ok
    assert "".join(told) == "One moment.There are some."


@given(data=st.data(), note=st.sampled_from(["", "<note>request; need: day</note>\n", "  <note>a"]))
def test_what_streams_is_the_text_whatever_the_pieces(data: st.DataObject, note: str) -> None:
    """Pieces of any length join to what the whole reply says, and nothing that is not said is ever shown."""
    text = data.draw(
        st.sampled_from(["", "Good day, <b>you</b>.", "1 < 2", "Hi <tool", "Hello <tool_call>{}</tool_call>"])
    )
    whole, told, at = note + text, list[str](), 0
    shown = Visible(told.append)
    while at < len(whole):
        size = data.draw(st.integers(1, 9))
        shown.hear(whole[at : at + size])
        at += size
    shown.end()
    assert "".join(told) == shown_text(parse_reply(parse_note(whole)[1])[0])


PIECES = [
    "<note>",
    "</note>",
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<context>",
    "</context>",
]
PIECES += [
    "Good day. ",
    "need: day",
    '{"name": "search_rooms"}',
    "\n",
    "<",
    "no",
    "te>",
    "</",
    "<TOOL_CALL>",
    "<|im_end|>",
    "5 < 6",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14))
def test_no_note_tag_or_call_is_ever_shown(pieces: list[str]) -> None:
    """Whatever a model writes, while it is written and in the end."""
    whole, told = "".join(pieces), list[str]()
    shown = Visible(told.append)
    for piece in pieces:
        shown.hear(piece)
    shown.end()
    for text in (shown_text(parse_reply(parse_note(whole)[1])[0]), "".join(told)):
        assert not re.search(r"</?(?:note|tool_call|tool_response|context)>|<\|im_end\|>", text, re.IGNORECASE), text


def noted_and_asked(session: Session, note: str) -> dict[str, Any]:
    """Offers shown, a name heard and noted, and a yes to the question that repeats it."""
    row = offered(session)
    assert reply(session, "What name may I put on the reservation?")
    session.hear("It's Ayumi Fujiwara.")
    assert reply(session, f"<note>{note}</note>\n{question(row, 'Ayumi Fujiwara')}")
    session.hear("Yes, please.")
    return row


def test_a_name_that_nobody_said_is_what_was_noted(session: Session) -> None:
    """Too far from the name to be a slip of the pen; the note, the question and the yes all say which name is meant."""
    row = noted_and_asked(session, "guest_name: Ayumi Fujiwara; need: nothing")
    assert not reply(session, book(row, "Amy"))
    assert session.calls[-1].ok
    assert session.calls[-1].values["guest_name"] == "Ayumi Fujiwara"


@pytest.mark.parametrize("note", ["guest_name: Amelia Fuchs; need: nothing", "need: nothing", "guests: Ayumi Fujiwara"])
def test_a_note_that_nobody_said_helps_nobody(session: Session, world: World, note: str) -> None:
    row = noted_and_asked(session, note)
    before = stored(world)
    assert not reply(session, book(row, "Amy"))
    assert session.calls[-1].unconfirmed
    assert stored(world) == before


def test_a_booking_without_a_name_is_told_what_it_lacks_before_that_nobody_agreed(session: Session) -> None:
    row = offered(session)
    session.hear("The first one, please.")
    assert not reply(session, book(row, ""))
    assert session.calls[-1].result["error"].startswith("book_room needs guest_name;")
    assert not session.calls[-1].unconfirmed


def without(arguments: dict[str, str], *names: str) -> str:
    return call_text(ToolCall("search_rooms", {k: v for k, v in arguments.items() if k not in names}))


WISHES = {
    "check_in": "12 to 15 June",
    "check_out": "12 to 15 June",
    "guests": "two",
    "room_type": "deluxe",
    "view": "sea view",
}
STAY = "check_in, check_out: 12 to 15 June; guests: two"


@pytest.mark.parametrize("left_out", [("view",), ("guests", "view"), ("check_in", "check_out")])
def test_what_was_noted_and_left_out_of_the_call_counts(session: Session, left_out: tuple[str, ...]) -> None:
    session.hear("A room for two with a sea view from 12 to 15 June, please.")
    assert reply(session, f"<note>book_a_room; {STAY}; view: sea view; need: room_type</note>\nWhich room?")
    session.hear("deluxe")
    assert not reply(session, f"<note>room_type: deluxe; need: nothing</note>\n{without(WISHES, *left_out)}")
    record = session.calls[-1]
    assert record.ok
    assert record.values["view"] == "sea"
    assert record.values["guests"] == 2
    assert all(row["view"] == "sea view" for row in record.result["rooms"])


def test_a_detail_that_nobody_said_is_what_was_noted(session: Session) -> None:
    session.hear("The dog's at my mum's! A deluxe room for the two of us, 12 to 15 June, please.")
    note = "check_in, check_out: 12 to 15 June; room_type: deluxe; guests: the two of us; need: nothing"
    made_up = call_text(ToolCall("search_rooms", {**WISHES, "guests": "dogs", "view": ""}))
    assert not reply(session, f"<note>{note}</note>\n{made_up}")
    assert session.calls[-1].ok
    assert session.calls[-1].values["guests"] == 2


@pytest.mark.parametrize("note", ["need: nothing", "view: garden view; need: nothing"])
def test_only_what_was_noted_and_said_is_filled_in(session: Session, note: str) -> None:
    session.hear("A deluxe room for two with a sea view from 12 to 15 June, please.")
    assert not reply(session, f"<note>{note}</note>\n{without(WISHES, 'view')}")
    assert "view" not in session.calls[-1].values


def test_the_newest_note_counts(session: Session) -> None:
    session.hear("A deluxe room for two with a sea view from 12 to 15 June, please.")
    assert reply(session, f"<note>{STAY}; view: sea view</note>\nGladly.")
    session.hear("Or rather with a garden view.")
    assert not reply(session, f"<note>view: garden view</note>\n{without(WISHES, 'view')}")
    assert session.calls[-1].values["view"] == "garden"


def test_a_write_whose_answer_was_lost_is_not_done_twice(session: Session, world: World) -> None:
    """The booking is kept, its answer is not: a lost line, a crash. The agent tries again, with another call."""
    row = offered(session)
    reply(session, question(row))
    session.hear("Yes, please.")
    reply(session, book(row))
    first = session.calls[-1]
    assert first.ok, first.result
    session.calls[-1] = replace(first, result={"error": "the tool is down"}, failed=True)
    before = stored(world)
    reply(session, book(row))
    assert session.calls[-1].result == first.result
    assert stored(world) == before
    reply(session, book(row))  # done: one more is another booking, which the tool refuses
    assert session.calls[-1].result == {"error": "This offer is already booked."}
