"""The sandbox through its one public function: a copy of the hotel template, a scripted model, streams."""

from __future__ import annotations

import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demeanor.dialogue import Dialogue, read_dialogues
from demeanor.errors import ConfigError, ModelError
from demeanor.improvement.correction import FLAGS
from demeanor.models.scripted import ScriptedModel, last_user_message
from demeanor.project import ProjectFolder, copy_template
from demeanor.runtime.knowledge import Retriever
from demeanor.runtime.workspace import Workspace
from demeanor.serving.sandbox import run_chat

TODAY = date(2026, 6, 8)
SEARCH = {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "two", "room_type": "deluxe"}
OFFER = "harbour-deluxe-sea-101"
BOOKING = {"offer": OFFER, "guest_name": "Ana Li"}
CONFIRM = "Shall I book the deluxe room with a sea view at Seaview Harbour, 220 a night, 660 euros, for Ana Li?"
SAYS = [
    "A deluxe room with sea view from 12 to 15 June for two, please",
    "Ana Li, the first one",
    "Yes, please",
]


def call(name: str, arguments: dict[str, str], before: str = "") -> str:
    body = json.dumps({"name": name, "arguments": arguments})
    return f"{before}\n<tool_call>{body}</tool_call>"


BOOKS = [
    call("search_rooms", {**SEARCH, "view": "sea view"}, "Let me check that for you."),
    "Seaview Harbour has a deluxe room. Would you like it?",
    CONFIRM,
    call("book_room", BOOKING),
    "You are booked, your reference is SV-1277.",
]


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    folder = tmp_path / "bookease"
    copy_template("hotel", folder)
    return load(folder)


def load(folder: Path) -> Workspace:
    space = Workspace.load(ProjectFolder(folder))
    space.retriever = Retriever(space.passages, method="lexical")  # by words: no encoder is fetched for a test
    return space


def chat(
    space: Workspace, replies: Sequence[str] | Callable[[str], str], lines: Sequence[str], **more: Any
) -> tuple[str, list[Dialogue]]:
    """What was printed, and the transcripts."""
    out = io.StringIO()
    source = io.StringIO("".join(f"{line}\n" for line in lines))
    more = {"reply_tokens": 400, **more}  # of a scripted model: bytes
    path = run_chat(space, ScriptedModel(replies), today=TODAY, source=source, out=out, **more)
    return out.getvalue(), list(read_dialogues(path)) if path.exists() else []


def bookings(space: Workspace, more: int = 0) -> str:
    """How /world names the table of bookings with so many more than at the start."""
    world = space.new_world(TODAY)
    count = world.sql("SELECT count(*) FROM bookings").fetchone()[0]
    return f"bookings: {count + more} rows" + (f" ({more} new or changed, 0 gone)\n" if more else "\n")


def test_a_booking_shows_passages_calls_and_is_kept(space: Workspace) -> None:
    shown, kept = chat(space, BOOKS, [*SAYS, "/world"])
    assert shown.startswith("BookEase | model scripted | engine scripted | no adapter | today Monday 8 June 2026")
    assert 'call      search_rooms(check_in="12 to 15 June", check_out="12 to 15 June", guests="two"' in shown
    assert "meaning   check_in 2026-06-12 | check_out 2026-06-15 | guests 2" in shown
    assert '"reference": "SV-1277"' in shown
    assert bookings(space, 1) in shown
    assert " + reference SV-1277 | hotel harbour" in shown
    assert "you:" not in shown
    assert "\x1b" not in shown
    [dialogue] = kept
    assert [m.content for m in dialogue.messages if m.role == "user"] == SAYS
    assert dialogue.messages[0].context.startswith("<context>\nToday is Monday 8 June 2026.")
    [run] = space.folder.runs("chat")
    assert run.status == "done"
    assert run.manifest["counts"] == {"turns": 3}
    assert dialogue.id == f"{run.id}-1"
    assert f"{run.id}/transcripts.jsonl" in shown


def test_what_is_not_to_be_shown_is_not(space: Workspace) -> None:
    shown, _ = chat(space, BOOKS, SAYS, show=False)
    assert "search_rooms" not in shown
    assert "You are booked" in shown


def test_passages_are_shown_with_score_and_kept(space: Workspace) -> None:
    lines = ["What are the pet fees a night?", "/passages pet fees", "/passages", "/passages zzz"]
    shown, kept = chat(space, ["A pet costs 20 euros a night."], lines)
    assert re.search(r"found     pets#fees  \d\.\d\d  A pet costs 20 euros a night\.", shown)
    assert "Guide dogs stay free in all three hotels." in shown
    assert "/passages TEXT" in shown
    assert "nothing reaches" in shown
    assert kept[0].metadata["passages"]["0"][0]["id"] == "pets#fees"


def test_undo_restores_the_world(space: Workspace) -> None:
    lines = [*SAYS, "/undo", "/world", "/undo", "/undo", "/undo", "/context"]
    shown, kept = chat(space, BOOKS, lines)
    world = shown[shown.index("taken back: Yes, please") :]
    assert bookings(space) in world
    assert "offers: 2 rows (2 new or changed, 0 gone)" in world  # of the turn that stands
    assert "there is no turn to take back" in shown
    assert "nothing has been said yet" in shown
    assert kept == []


def test_undo_and_say_it_again_books_the_same_room(space: Workspace) -> None:
    replies = [*BOOKS, call("book_room", BOOKING), "Booked again, as SV-1277."]
    shown, kept = chat(space, replies, [*SAYS, "/undo", "yes", "/world", "/undo", "/world"])
    assert shown.count('result    {"reference": "SV-1277"') == 2
    assert bookings(space, 1) in shown
    assert shown.count(bookings(space)) == 1
    taken = kept[0].metadata["taken_back"]
    assert [(t["why"], t["said"], t["at"]) for t in taken] == [("undo", "Yes, please", 6), ("undo", "yes", 6)]
    assert taken[0]["messages"][1]["tool_calls"][0]["function"]["name"] == "book_room"
    assert len(kept[0].messages) == 6


def test_undo_survives_a_tool_that_leaves_a_cursor_open(space: Workspace) -> None:
    tools = space.folder.tools_path
    more = '''

        OPEN = []


        def peek(world: World) -> dict[str, Any]:
            """Look at the bookings and forget to finish."""
            cursor = world.sql("SELECT * FROM bookings")
            OPEN.append((cursor, cursor.fetchone()))
            world.sql("DELETE FROM offers")
            return {"seen": len(OPEN)}
    '''
    tools.write_text(tools.read_text() + textwrap.dedent(more))
    replies = [call("peek", {}), "one", call("peek", {}), "two"]
    shown, kept = chat(load(space.folder.root), replies, ["a", "/undo", "b", "/undo", "/world"])
    assert '{"seen": 2}' in shown
    assert bookings(space) in shown
    assert kept == []


def test_a_flag_is_a_dialogue_to_learn_from(space: Workspace) -> None:
    right = "We have a deluxe room at Seaview Harbour for 220 euros. Shall I take it?"
    shown, kept = chat(space, BOOKS, [SAYS[0], f"/flag {right}", "/flag Müde?", "/quit", "never said"])
    path = space.folder.corrections_path / FLAGS
    assert f"flagged; kept in {path}" in shown
    first, second = read_dialogues(path)
    assert [(m.role, m.weight) for m in first.messages if m.role == "assistant"] == [
        ("assistant", 0),
        ("assistant", 1),
    ]
    assert first.messages[:3] == (kept[0].messages[0], first.messages[1], kept[0].messages[2])
    assert first.messages[1].calls[0].name == "search_rooms"
    assert first.messages[-1].content == right
    assert second.messages[-1].content == "Müde?"
    assert first.id != second.id
    assert first.metadata["source"] == "chat"
    assert first.metadata["lineage"] == {"of": kept[0].id, "message": 3, "said": BOOKS[1]}
    assert "never said" not in [m.content for m in kept[0].messages]


def test_a_flag_keeps_what_is_there(space: Workspace) -> None:
    path = space.folder.corrections_path / FLAGS
    path.parent.mkdir()
    path.write_bytes(b'{"id": "by hand", "messages": [{"role": "user", "content": "hi"}]}')  # no end of line
    chat(space, ["Hm."], ["Hello", "/flag Good day!"])
    assert [d.messages[-1].content for d in read_dialogues(path)] == ["hi", "Good day!"]


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["/flag Good day!"], "there is no reply to flag yet"),
        (["Hello", "/flag"], "/flag TEXT"),
        (["Hello", "/flag " + call("book_room", BOOKING).strip()], "only words can be corrected"),
    ],
)
def test_a_flag_that_means_nothing_is_refused(space: Workspace, lines: list[str], says: str) -> None:
    shown, _ = chat(space, ["Hm."], lines)
    assert says in shown
    assert not (space.folder.corrections_path / FLAGS).exists()


def test_a_flag_that_cannot_be_written_says_so_and_the_chat_goes_on(space: Workspace) -> None:
    (space.folder.root / "corrections").write_text("a file where a folder should be")
    shown, kept = chat(space, ["Hm.", "Yes."], ["Hello", "/flag Good day!", "Still there?"])
    assert "cannot write" in shown
    assert len(kept[0].messages) == 4


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("/udno", "/undo"), ("/ctx", "/context"), ("/xyzzy", ""), ("/pass", "/passages"), ("/", "")],
)
def test_an_unknown_command_suggests(space: Workspace, typed: str, meant: str) -> None:
    shown, kept = chat(space, [], [typed])
    assert f"there is no command {typed}" in shown
    assert (f"did you mean {meant}?" if meant else "/help lists them") in shown
    assert kept == []
    assert "nothing was said" in shown


def test_help_names_every_command_and_each_works(space: Workspace) -> None:
    shown, _ = chat(space, [], ["/help"])
    commands = re.findall(r"^(/\w+) ", shown, re.MULTILINE)
    assert {"/undo", "/flag", "/world", "/passages", "/context", "/restart", "/help", "/quit"} <= set(commands)
    for command in commands:
        shown, _ = chat(space, [], [command.upper()])
        assert "no command" not in shown


def test_a_broken_tool_shows_where_to_mend_it(space: Workspace) -> None:
    tools = space.folder.tools_path
    broken = tools.read_text().replace("    _refuse_bad_dates(", "    secret = 1 / 0\n    _refuse_bad_dates(", 1)
    tools.write_text(broken)
    line = broken.splitlines().index("    secret = 1 / 0") + 1
    replies = [call("search_rooms", SEARCH), "I am sorry, I cannot look that up."]
    shown, kept = chat(load(space.folder.root), replies, [SAYS[0], "/trace"], show=False)
    assert f"search_rooms broke: tools.py:{line}: ZeroDivisionError: division by zero   (/trace shows all)" in shown
    assert "Traceback (most recent call last):" in shown
    assert "division by zero" not in json.dumps([m.to_json() for m in kept[0].messages])  # nothing for the model


def test_a_tool_that_returns_what_its_hint_forbids_shows_where(space: Workspace) -> None:
    tools = space.folder.tools_path
    tools.write_text(tools.read_text() + '\n\ndef ping(world: World) -> int:\n    """Ping."""\n    return "pong"\n')
    shown, _ = chat(load(space.folder.root), [call("ping", {}), "Hm."], ["ping"])
    assert re.search(r"ping broke: tools\.py:\d+: TypeError: ping returned what its hint does not allow", shown)


def test_context_is_what_the_model_reads(space: Workspace) -> None:
    read: list[str] = []

    def model(prompt: str) -> str:
        read.append(prompt)
        return "Good day!"

    shown, _ = chat(space, model, ["Hello", "/context"])
    assert read[0] + "Good day!<|im_end|>" in shown
    assert re.search(r"\(\d+ tokens of 1000000\)", shown)


def test_the_frozen_system_text_of_an_adapter_is_used(space: Workspace) -> None:
    shown, _ = chat(space, ["Aye."], ["Hello", "/context"], system="You are a parrot.")
    assert "<|im_start|>system\nYou are a parrot.<|im_end|>" in shown


def test_restart_begins_anew_and_keeps_both(space: Workspace) -> None:
    shown, kept = chat(space, BOOKS, [*SAYS, "/restart", "/world", "/undo", SAYS[0]])
    assert bookings(space) in shown
    assert "there is no turn to take back" in shown
    assert [d.id.rsplit("-", 1)[1] for d in kept] == ["1", "2"]
    assert len(kept[1].messages) == 4


def test_a_model_that_fails_takes_the_turn_back(space: Workspace) -> None:
    def model(prompt: str) -> str:
        if last_user_message(prompt).endswith("\nfail"):
            raise ModelError("the prompt does not fit")
        return call("search_rooms", SEARCH) if "<tool_response>" not in prompt else "There you are."

    shown, kept = chat(space, model, ["fail", "A room, please"])
    assert "the prompt does not fit" in shown
    assert [m.content for m in kept[0].messages if m.role == "user"] == ["A room, please"]
    assert kept[0].metadata["taken_back"][0]["why"] == "failed"


def test_ctrl_c_cancels_the_turn_and_its_writes(space: Workspace) -> None:
    interrupt = iter([True, False])

    def model(prompt: str) -> str:
        last = prompt.rsplit("<|im_start|>user\n", 1)[1]
        if last.startswith("<tool_response>"):
            if next(interrupt):
                raise KeyboardInterrupt
            return "There you are."
        return call("search_rooms", {**SEARCH, "view": "sea view"})

    shown, kept = chat(space, model, [SAYS[0], "/world", f"{SAYS[0]}, again", "/world"])
    assert "(cancelled; the turn is taken back)" in shown
    first, second = re.findall(r"offers: .*", shown)
    assert first == "offers: 0 rows"
    assert second.startswith("offers: 2 rows (2 new")
    assert [m.content for m in kept[0].messages if m.role == "user"] == [f"{SAYS[0]}, again"]


class Impatient(io.StringIO):
    """A user who says something and then presses Ctrl-C at the prompt."""

    def readline(self, size: int | None = -1, /) -> str:  # type: ignore[override]
        line = super().readline()
        if not line:
            raise KeyboardInterrupt
        return line


def test_ctrl_c_at_the_prompt_leaves(space: Workspace) -> None:
    out = io.StringIO()
    path = run_chat(space, ScriptedModel(["Hm."]), today=TODAY, source=Impatient("Hello\n"), out=out)
    assert out.getvalue().endswith(f"kept in {path}\n")
    assert space.folder.run("latest:chat").status == "done"


def test_odd_replies_are_told(space: Workspace) -> None:
    twice = call("find_booking", {"reference": "SV-1001"}) + call("find_booking", {"reference": "SV-1002"})
    days = "12 to 15 June"
    search = call("search_rooms", {"check_in": days, "check_out": days, "guests": "two", "room_type": "deluxe"})
    lines = ["a", "b", "A deluxe room for two, 12 to 15 June", "d"]
    shown, _ = chat(space, ["", twice, "Found.", *[search] * 4, "x" * 500], lines)
    assert "(the agent said nothing)" in shown
    assert 'not run   find_booking(reference="SV-1002"): one call a message' in shown
    assert "(no answer: the turn ended after 4 calls)" in shown
    assert "(cut off after 400 tokens)" in shown


def test_a_conversation_that_is_stuck_is_handed_over(space: Workspace) -> None:
    shown, _ = chat(space, [*[call("nothing", {})] * 3, "Hello again."], ["a", "b"])
    assert f"{space.agent.when_unsure}\n" in shown
    assert "(handed to a person: the conversation went round in circles)" in shown
    assert shown.index("(handed to a person") < shown.index("Hello again.")


def test_a_write_without_consent_is_shown_as_refused(space: Workspace) -> None:
    shown, _ = chat(space, [call("book_room", BOOKING), "May I?"], ["I am Ana Li", "/world"])
    assert "the user has not clearly agreed" in shown
    assert bookings(space) in shown


def test_a_record_of_ones_own_is_added_to(space: Workspace, tmp_path: Path) -> None:
    record = tmp_path / "kept.jsonl"
    chat(space, ["Hm."], ["Hello"], record=record)
    _, kept = chat(space, ["Hm."], ["Hello again"], record=record)
    assert [d.messages[0].content for d in kept] == ["Hello", "Hello again"]
    assert kept[0].id != kept[1].id
    assert space.folder.runs() == []


def test_without_a_world_it_says_what_is_missing(space: Workspace) -> None:
    space.folder.seed_path.unlink()
    with pytest.raises(ConfigError, match=r"seed\.sql"):
        chat(space, [], [])


def test_half_characters_do_not_break_the_transcript(space: Workspace) -> None:
    _, kept = chat(space, ["Hm."], ["Hello \udce9"])
    assert kept[0].messages[0].content == "Hello ?"


TERMINAL = """
import signal, sys, time
# Started in the background of a shell, a process inherits Ctrl-C as ignored; a person's terminal does not.
signal.signal(signal.SIGINT, signal.default_int_handler)
from datetime import date
from pathlib import Path
from demeanor.serving.sandbox import run_chat
from demeanor.runtime.knowledge import Retriever
from demeanor.models.scripted import ScriptedModel, last_user_message
from demeanor.project import ProjectFolder
from demeanor.runtime.workspace import Workspace

space = Workspace.load(ProjectFolder(Path(sys.argv[1])))
space.retriever = Retriever(space.passages, method="lexical")

def model(prompt):
    if last_user_message(prompt).endswith("sleep"):
        time.sleep(60)
    return "Good \\x1b[31mday!"

run_chat(space, ScriptedModel(model), today=date(2026, 6, 8))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_on_a_terminal_ctrl_c_cancels_the_turn_then_leaves(space: Workspace) -> None:
    import pty

    mine, theirs = pty.openpty()
    command = [sys.executable, "-c", TERMINAL, str(space.folder.root)]
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True
    )
    os.close(theirs)
    try:
        wait_for(mine, "you: ")
        os.write(mine, b"hello\n")
        shown = wait_for(mine, "day!", "you: ")
        assert "\x1b[31m" not in shown  # the model cannot paint the terminal
        os.write(mine, b"sleep\n")
        wait_for(mine, "is at work")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        wait_for(mine, "taken back", "you: ")
        leave(process, mine)
        assert process.wait(10) == 0
    finally:
        process.kill()
        process.wait()
        os.close(mine)
    [dialogue] = read_dialogues(space.folder.run("latest:chat").path / "transcripts.jsonl")
    assert [m.content for m in dialogue.messages if m.role == "user"] == ["hello"]


def leave(process: subprocess.Popen[bytes], terminal: int) -> None:
    """Ctrl-C at the prompt; once more if it came before Python began to listen, as no person would."""
    for _ in range(3):
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        if select.select([terminal], [], [], 5)[0]:
            break
    wait_for(terminal, "kept in")


def wait_for(terminal: int, *words: str) -> str:
    """Read until the words have come, one after the other."""
    seen, end = "", time.monotonic() + 30
    pattern = ".*".join(map(re.escape, words))
    while not re.search(pattern, seen, re.DOTALL):
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"{words} did not come: {seen!r}"
        seen += os.read(terminal, 4096).decode(errors="replace")
    return seen


def test_a_lasting_database_lasts_and_is_not_taken_back(space: Workspace, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'world.db'}"
    shown, _ = chat(space, BOOKS, [*SAYS, "/undo", "/world"], keep=url)
    assert "a lasting database: what is done here stays done" in shown
    assert "(what its tools wrote into the lasting database stays)" in shown
    assert bookings(space, 1) in shown
    world = space.lasting_world(url, TODAY)
    count = "SELECT count(*) FROM bookings"
    assert world.sql(count).scalar_one() == space.new_world(TODAY).sql(count).scalar_one() + 1
    world.close()


def test_what_is_verified_of_the_speaker_reaches_the_tools(space: Workspace) -> None:
    tools = space.folder.tools_path
    more = '''

        def who(world: World) -> dict[str, Any]:
            """Say who is speaking."""
            return {"customer": world.session.facts["customer"], "session": world.session.id}
    '''
    tools.write_text(tools.read_text() + textwrap.dedent(more))
    shown, _ = chat(load(space.folder.root), [call("who", {}), "Hello."], ["Hi"], facts={"customer": "C-17"})
    assert '"customer": "C-17"' in shown
