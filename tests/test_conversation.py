"""The turn: what a model may do is enforced here, whatever it believes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conftest import TODAY
from demeanor.dialogue import ToolCall
from demeanor.models.model import Reply
from demeanor.models.scripted import ScriptedModel
from demeanor.runtime.conversation import NOT_AGREED, Conversation, run_turn
from demeanor.runtime.knowledge import Hit
from demeanor.runtime.prompt import Renderer, call_text
from demeanor.runtime.tools import World
from demeanor.runtime.workspace import Workspace

SEARCH = call_text(
    ToolCall(
        "search_rooms",
        {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "two", "room_type": "deluxe"},
    )
)


def reply(conversation: Conversation, text: str, cut: bool = False) -> bool:
    return conversation.receive(Reply((), text, cut))


def stored(world: World) -> list[Any]:
    """All that the database holds."""
    return list(world.db.iterdump())


def offered(conversation: Conversation, choice: int = 0) -> dict[str, Any]:
    """A search, its offers shown, and one row of them."""
    conversation.user("A deluxe room for two from 12 to 15 June, please. My name is Anna Berg.")
    assert not reply(conversation, f"One moment.\n{SEARCH}")
    found = conversation.calls[-1].result
    assert found["rooms"], found
    row: dict[str, Any] = {**found["rooms"][choice], "stay": found["stay"], "room": found["room"]}
    return row


def question(row: dict[str, Any], name: str = "Anna Berg") -> str:
    """The question for a yes to a row."""
    what = f"a {row['room']} with {row['view']} at {row['hotel']}, {row['stay']}, {row['total']} euros"
    return f"To confirm: {what}, in the name of {name}. Shall I book it?"


def book(row: dict[str, Any], name: str = "Anna Berg") -> str:
    return "I'll book it.\n" + call_text(ToolCall("book_room", {"offer": row["offer"], "guest_name": name}))


def test_a_clear_yes_to_exactly_this_books(conversation: Conversation, world: World) -> None:
    row = offered(conversation)
    assert reply(conversation, question(row))
    conversation.user("Yes, please.")
    before = stored(world)
    assert not reply(conversation, book(row))
    record = conversation.calls[-1]
    assert record.ok, record.result
    assert record.result["guest_name"] == "Anna Berg"
    assert stored(world) != before
    assert reply(conversation, "It's booked.")


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
def test_without_a_clear_yes_nothing_is_written(conversation: Conversation, world: World, answer: str) -> None:
    row = offered(conversation)
    reply(conversation, question(row))
    conversation.user(answer)
    before = stored(world)
    reply(conversation, book(row))
    assert conversation.calls[-1].refused
    assert not conversation.calls[-1].ok
    assert json.loads(conversation.messages[-1].content) == {"error": NOT_AGREED}
    assert stored(world) == before


ASKED: dict[str, Callable[[dict[str, Any], dict[str, Any]], str]] = {
    "another offer": lambda row, other: question(other),
    "another name": lambda row, other: question(row, "Ana Li"),
    "no name": lambda row, other: question(row, "the guest"),
    "no question": lambda row, other: question(row).replace("?", "."),
    "something else": lambda row, other: "Would you like a sea view?",
}


@pytest.mark.parametrize("asked", ASKED)
def test_a_yes_to_something_else_is_refused(conversation: Conversation, world: World, asked: str) -> None:
    row = offered(conversation, 0)
    other: dict[str, Any] = {**row, **conversation.calls[-1].result["rooms"][1]}
    assert row["total"] != other["total"]
    reply(conversation, ASKED[asked](row, other))
    conversation.user("Yes, please.")
    before = stored(world)
    reply(conversation, book(row))
    assert conversation.calls[-1].refused
    assert stored(world) == before


def test_a_yes_holds_for_one_turn(conversation: Conversation, world: World) -> None:
    row = offered(conversation)
    reply(conversation, question(row))
    conversation.user("Yes, please.")
    reply(conversation, "Lovely.")
    conversation.user("Do you have parking?")
    before = stored(world)
    reply(conversation, book(row))
    assert conversation.calls[-1].refused
    assert stored(world) == before


def test_a_write_in_the_first_message_is_refused(conversation: Conversation, world: World) -> None:
    conversation.user("Yes, cancel SV-1001 now.")
    before = stored(world)
    reply(conversation, call_text(ToolCall("cancel_booking", {"reference": "SV-1001"})))
    assert conversation.calls[-1].refused
    assert stored(world) == before


def test_a_cancellation_needs_its_own_reference(conversation: Conversation, world: World) -> None:
    codes = [
        r[0]
        for r in world.db.execute(
            "SELECT reference FROM bookings WHERE status = 'confirmed' AND check_in > '2026-06-20'"
        )
    ]
    conversation.user(f"I want to cancel {codes[0]}, not {codes[1]}.")
    reply(conversation, f"Shall I cancel {codes[0]}?")
    conversation.user("Yes, please.")
    before = stored(world)
    reply(conversation, call_text(ToolCall("cancel_booking", {"reference": codes[1]})))
    assert conversation.calls[-1].refused
    assert stored(world) == before
    reply(conversation, call_text(ToolCall("cancel_booking", {"reference": codes[0].lower().replace("-", " ")})))
    assert conversation.calls[-1].ok, conversation.calls[-1].result


def test_an_unknown_tool_is_answered_with_those_there_are(conversation: Conversation) -> None:
    conversation.user("Hello")
    assert not reply(conversation, call_text(ToolCall("fly_to_moon", {})))
    result = conversation.calls[-1].result
    assert "fly_to_moon" in result["error"]
    assert "search_rooms" in result["error"]
    assert conversation.messages[-1].role == "tool"


@pytest.mark.parametrize(
    "body",
    ['{"name": "search_rooms", ', "{}", "[]", "search_rooms(guests=2)", "", '{"name": "a", "arguments": 3}'],
)
def test_an_unreadable_call_is_answered(conversation: Conversation, body: str) -> None:
    conversation.user("Hello")
    assert not reply(conversation, f"Let me see. <tool_call>{body}</tool_call>")
    assert "could not be read" in conversation.calls[-1].result["error"]
    assert [m.role for m in conversation.messages] == ["user", "assistant", "tool"]
    assert conversation.request().ids


def test_a_tool_that_breaks_is_told_and_undone(own_workspace: Workspace, renderer: Renderer) -> None:
    tools = own_workspace.project.tools_path
    text = tools.read_text() + (
        '\n\ndef lose_everything(world: World) -> dict[str, Any]:\n    """Delete all."""\n'
        '    world.db.execute("DELETE FROM nights")\n    return 1 / 0\n'
    )
    tools.write_text(text)
    space = Workspace.load(own_workspace.project)
    world = space.new_world(TODAY)
    conversation = space.conversation(renderer, world)
    before = stored(world)
    conversation.user("Hello")
    assert not reply(conversation, call_text(ToolCall("lose_everything", {})))
    assert conversation.calls[-1].failed
    assert "error" in conversation.calls[-1].result
    assert stored(world) == before
    world.db.close()


@pytest.mark.parametrize(
    ("said", "quoted"),
    [
        ("A deluxe room for two, two nights from 12 June", "12 June"),
        ("For two: a deluxe room for a week from 12 June please", "from 12 June"),
    ],
)
def test_a_quote_that_says_too_little_is_read_in_its_message(
    conversation: Conversation, said: str, quoted: str
) -> None:
    conversation.user(said)
    details = {"check_in": quoted, "check_out": quoted, "guests": "two", "room_type": "deluxe"}
    reply(conversation, call_text(ToolCall("search_rooms", details)))
    record = conversation.calls[-1]
    assert record.ok, record.result
    assert record.values["check_out"] in ("2026-06-14", "2026-06-19")


@pytest.mark.parametrize(
    "invented", [{"guests": "three"}, {"guests": "5"}, {"check_in": "1 July"}, {"room_type": "suite"}]
)
def test_a_detail_that_nobody_said_is_refused(conversation: Conversation, invented: dict[str, str]) -> None:
    """The 5 of "15 June" is no number of guests."""
    conversation.user("A deluxe room for two from 12 to 15 June, please.")
    said = {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "2", "room_type": "deluxe"}
    reply(conversation, call_text(ToolCall("search_rooms", {**said, **invented})))
    assert f"search_rooms needs {next(iter(invented))};" in conversation.calls[-1].result["error"]
    reply(conversation, call_text(ToolCall("search_rooms", said)))
    assert conversation.calls[-1].ok, conversation.calls[-1].result


@pytest.mark.parametrize("view", ["a terrace", "deluxe"])
def test_an_optional_detail_that_means_nothing_is_left_out_and_named(conversation: Conversation, view: str) -> None:
    conversation.user("A deluxe room for two from 12 to 15 June, please.")
    call = json.loads(SEARCH.removeprefix("<tool_call>").removesuffix("</tool_call>"))
    reply(conversation, call_text(ToolCall("search_rooms", {**call["arguments"], "view": view})))
    record = conversation.calls[-1]
    assert record.ok
    assert record.result["rooms"]
    assert "view" in record.result["ignored"][0]
    assert "view" not in record.values


def test_a_name_that_was_copied_badly_is_the_one_the_guest_said(conversation: Conversation, world: World) -> None:
    row = offered(conversation)
    reply(conversation, question(row))
    conversation.user("Yes, please.")
    reply(conversation, book(row, "Ana Borg"))
    assert conversation.calls[-1].result["guest_name"] == "Anna Berg"


def test_a_code_that_a_tool_returned_is_nobodys_invention(conversation: Conversation) -> None:
    """And it is not taken for an older one that looks like it."""
    conversation.user("What about SV-1002?")
    reply(conversation, call_text(ToolCall("find_booking", {"reference": "SV-1002"})))
    row = offered(conversation)
    reply(conversation, question(row))
    conversation.user("Yes, please.")
    reply(conversation, book(row))
    new = conversation.calls[-1].result["reference"]
    conversation.user("Oh no. Please cancel what you just booked.")
    reply(conversation, call_text(ToolCall("find_booking", {"reference": new})))
    assert conversation.calls[-1].result["reference"] == new


def test_a_name_that_nobody_said_books_nothing(conversation: Conversation, world: World) -> None:
    row = offered(conversation)
    reply(conversation, question(row))
    conversation.user("Yes, please.")
    before = stored(world)
    reply(conversation, book(row, "Tobias Lind"))
    assert conversation.calls[-1].refused
    assert stored(world) == before


def test_a_badly_copied_name_needs_the_yes_to_the_right_one(conversation: Conversation, world: World) -> None:
    row = offered(conversation)
    reply(conversation, question(row, "Ana Borg"))
    conversation.user("Yes, please.")
    before = stored(world)
    reply(conversation, book(row, "Ana Borg"))
    assert conversation.calls[-1].refused
    assert stored(world) == before


def test_a_note_is_kept_and_not_said(conversation: Conversation) -> None:
    conversation.user("A deluxe room for two from 12 to 15 June, please.")
    reply(conversation, f"<note>guests: two</note>\nOne moment.\n{SEARCH}")
    said = next(m for m in conversation.messages if m.role == "assistant")
    assert (said.note, said.content) == ("guests: two", "One moment.")
    assert conversation.calls[-1].ok
    shown = conversation.renderer.tokenizer.decode(conversation.request().ids)
    assert f"<note>guests: two</note>\nOne moment.\n{SEARCH}" in shown


def test_wrong_arguments_are_told(conversation: Conversation) -> None:
    conversation.user("Hello, I arrive on 12 June")
    reply(conversation, call_text(ToolCall("search_rooms", {"check_in": "12 June", "colour": "red"})))
    assert "colour" in conversation.calls[-1].result["error"]
    reply(conversation, call_text(ToolCall("search_rooms", {"check_in": "12 June"})))
    assert "guests" in conversation.calls[-1].result["error"]


def test_one_call_a_message_the_rest_is_kept_apart(conversation: Conversation) -> None:
    conversation.user("Hello")
    reply(conversation, SEARCH + SEARCH)
    assert len(conversation.calls) == 1
    assert [c.name for c in conversation.dropped] == ["search_rooms"]
    assert len(conversation.messages[1].calls) == 1


def test_a_turn_ends_after_the_most_calls(conversation: Conversation) -> None:
    model = ScriptedModel(lambda prompt: SEARCH)
    conversation.user("A deluxe room for two from 12 to 15 June, please.")
    run_turn([conversation], model, max_new_tokens=400)
    assert len(conversation.calls) == conversation.max_calls
    assert not conversation.handed_over
    conversation.user("And now?")
    assert not reply(conversation, SEARCH)


def test_a_conversation_whose_calls_bring_nothing_is_handed_over(conversation: Conversation) -> None:
    """Across turns too: two refused calls in one, a third in the next. What came before a hand-over is forgotten."""
    conversation.user("Hello")
    assert not reply(conversation, SEARCH)
    assert not reply(conversation, SEARCH)
    assert reply(conversation, "When would you like to come?")
    conversation.user("What?")
    assert conversation.fruitless() == 2
    assert reply(conversation, SEARCH)
    assert conversation.handed_over
    assert conversation.messages[-1].content == conversation.agent.when_unsure
    conversation.user("And now?")
    assert not conversation.handed_over
    assert not reply(conversation, SEARCH)
    conversation.undo()
    conversation.undo()
    assert conversation.handovers == []
    assert conversation.fruitless() == 2


def test_a_call_that_brings_something_ends_the_count(conversation: Conversation) -> None:
    conversation.user("Hello")
    reply(conversation, SEARCH)
    reply(conversation, SEARCH)
    reply(conversation, "When?")
    conversation.user("A deluxe room for two from 12 to 15 June, please.")
    assert not reply(conversation, SEARCH)
    assert conversation.calls[-1].ok
    assert conversation.fruitless() == 0


def test_undo_takes_the_turn_back(conversation: Conversation, workspace: Workspace) -> None:
    assert not conversation.undo()
    conversation.user("Hello")
    reply(conversation, "Hi!")
    before = list(conversation.messages)
    conversation.user("A room?", [Hit(workspace.passages[0], 1.0)])
    reply(conversation, SEARCH)
    reply(conversation, "There are some.")
    assert conversation.undo()
    assert conversation.messages == before
    assert conversation.calls == []
    assert list(conversation.hits) == [0]
    assert conversation.undo()
    assert conversation.messages == []


def test_a_cut_reply_is_marked(conversation: Conversation) -> None:
    model = ScriptedModel(["A long answer that does not end where it should."])
    conversation.user("Hello")
    run_turn([conversation], model, max_new_tokens=12)
    assert conversation.messages[-1].cut
    assert conversation.messages[-1].content == "A long answe"
    other = ScriptedModel(["Short."])
    conversation.user("Hello")
    run_turn([conversation], other, max_new_tokens=12)
    assert not conversation.messages[-1].cut


def test_the_day_is_told_once_and_passages_once(conversation: Conversation, workspace: Workspace) -> None:
    passage = workspace.passages[0]
    for _ in range(2):
        conversation.user("May I bring a dog?", [Hit(passage, 1.0)])
        reply(conversation, "Yes.")
    first, second = (m for m in conversation.messages if m.role == "user")
    assert "Today is Monday 8 June 2026." in first.context
    assert passage.text.splitlines()[0] in first.context
    assert second.context == ""


def test_many_conversations_run_in_lockstep_as_alone(workspace: Workspace, renderer: Renderer) -> None:
    """Each waits only for itself, and what one does is not seen by another."""

    def make(name: str) -> Conversation:
        made = workspace.conversation(renderer, workspace.new_world(TODAY), name)
        made.user(f"Hello from {name}")
        return made

    script = [SEARCH, SEARCH, "Done."]
    together = [make("a"), make("b"), make("c")]
    run_turn(together, ScriptedModel(script), max_new_tokens=400)
    for conversation in together:
        alone = make(conversation.id)
        run_turn([alone], ScriptedModel(script), max_new_tokens=400)
        assert alone.messages == conversation.messages
        assert alone.messages[-1].content == "Done."


def noted_and_asked(conversation: Conversation, note: str) -> dict[str, Any]:
    """Offers shown, a name heard and noted, and a yes to the question that repeats it."""
    row = offered(conversation)
    assert reply(conversation, "What name may I put on the reservation?")
    conversation.user("It's Ayumi Fujiwara.")
    assert reply(conversation, f"<note>{note}</note>\n{question(row, 'Ayumi Fujiwara')}")
    conversation.user("Yes, please.")
    return row


def test_a_name_that_nobody_said_is_what_was_noted(conversation: Conversation) -> None:
    """Too far from the name to be a slip of the pen; the note, the question and the yes all say which name is meant."""
    row = noted_and_asked(conversation, "guest_name: Ayumi Fujiwara; need: nothing")
    assert not reply(conversation, book(row, "Amy"))
    assert conversation.calls[-1].ok
    assert conversation.calls[-1].values["guest_name"] == "Ayumi Fujiwara"


@pytest.mark.parametrize("note", ["guest_name: Amelia Fuchs; need: nothing", "need: nothing", "guests: Ayumi Fujiwara"])
def test_a_note_that_nobody_said_helps_nobody(conversation: Conversation, world: World, note: str) -> None:
    row = noted_and_asked(conversation, note)
    before = stored(world)
    assert not reply(conversation, book(row, "Amy"))
    assert conversation.calls[-1].result["error"] == NOT_AGREED
    assert stored(world) == before


def test_a_booking_without_a_name_is_told_what_it_lacks_before_that_nobody_agreed(conversation: Conversation) -> None:
    row = offered(conversation)
    conversation.user("The first one, please.")
    assert not reply(conversation, book(row, ""))
    assert conversation.calls[-1].result["error"].startswith("book_room needs guest_name;")
    assert not conversation.calls[-1].unconfirmed


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
def test_what_was_noted_and_left_out_of_the_call_counts(conversation: Conversation, left_out: tuple[str, ...]) -> None:
    conversation.user("A room for two with a sea view from 12 to 15 June, please.")
    assert reply(conversation, f"<note>book_a_room; {STAY}; view: sea view; need: room_type</note>\nWhich room?")
    conversation.user("deluxe")
    assert not reply(conversation, f"<note>room_type: deluxe; need: nothing</note>\n{without(WISHES, *left_out)}")
    record = conversation.calls[-1]
    assert record.ok
    assert record.values["view"] == "sea"
    assert record.values["guests"] == 2
    assert all(row["view"] == "sea view" for row in record.result["rooms"])


def test_a_detail_that_nobody_said_is_what_was_noted(conversation: Conversation) -> None:
    conversation.user("The dog's at my mum's! A deluxe room for the two of us, 12 to 15 June, please.")
    note = "check_in, check_out: 12 to 15 June; room_type: deluxe; guests: the two of us; need: nothing"
    made_up = call_text(ToolCall("search_rooms", {**WISHES, "guests": "dogs", "view": ""}))
    assert not reply(conversation, f"<note>{note}</note>\n{made_up}")
    assert conversation.calls[-1].ok
    assert conversation.calls[-1].values["guests"] == 2


@pytest.mark.parametrize("note", ["need: nothing", "view: garden view; need: nothing"])
def test_only_what_was_noted_and_said_is_filled_in(conversation: Conversation, note: str) -> None:
    conversation.user("A deluxe room for two with a sea view from 12 to 15 June, please.")
    assert not reply(conversation, f"<note>{note}</note>\n{without(WISHES, 'view')}")
    assert "view" not in conversation.calls[-1].values


def test_the_newest_note_counts(conversation: Conversation) -> None:
    conversation.user("A deluxe room for two with a sea view from 12 to 15 June, please.")
    assert reply(conversation, f"<note>{STAY}; view: sea view</note>\nGladly.")
    conversation.user("Or rather with a garden view.")
    assert not reply(conversation, f"<note>view: garden view</note>\n{without(WISHES, 'view')}")
    assert conversation.calls[-1].values["view"] == "garden"
