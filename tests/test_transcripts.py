"""Dialogues as a Markdown page: read, written, and read again as they were."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor import Project
from demeanor.cli import main
from demeanor.data.check import check_project
from demeanor.dialogue import Dialogue, Message, ToolCall, read_dialogues, read_transcripts, write_transcripts
from demeanor.errors import DialogueError
from demeanor.project import ProjectFolder

PAGE = """\
# A lost key
today: 2026-06-08
flow: lost_key

user: I lost my key.
  And my hat.

  user: is what I wrote on it.
note: lost_key; need: room
agent: Oh dear. Which room
is it?
user: Room 12
agent: One moment.
call: find_room room="12"
result: {"free": true}
agent (not taught): It's probably free.
user: Sure?
call: find_room
result: {}

# Another one

user: Hello
note: small talk
agent: Good day!
"""


def read(folder: Path, text: str) -> list[Dialogue]:
    (folder / "page.md").write_text(text, encoding="utf-8")
    return read_transcripts(folder / "page.md")


def test_a_page_is_read(tmp_path: Path) -> None:
    first, second = read(tmp_path, PAGE)
    assert (first.id, second.id) == ("A lost key", "Another one")
    assert first.metadata == {"source": "authored", "today": "2026-06-08", "flow": "lost_key"}
    assert first.messages == (
        Message("user", "I lost my key.\nAnd my hat.\n\nuser: is what I wrote on it."),
        Message("assistant", "Oh dear. Which room\nis it?", note="lost_key; need: room"),
        Message("user", "Room 12"),
        Message("assistant", "One moment.", (ToolCall("find_room", {"room": "12"}, "call-0"),)),
        Message("tool", '{"free": true}', call_id="call-0"),
        Message("assistant", "It's probably free.", weight=0),
        Message("user", "Sure?"),
        Message("assistant", "", (ToolCall("find_room", {}, "call-1"),)),
        Message("tool", "{}", call_id="call-1"),
    )
    assert second.messages == (Message("user", "Hello"), Message("assistant", "Good day!", note="small talk"))


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "no dialogue on this page"),
        ("# A\n\nHello there", 3, "nobody says this line"),
        ("user: Hi\n\nmore of it", 3, "nobody says this line"),
        ("user: Hi\ncall: find {room: 1}", 2, "no JSON"),
        ("user: Hi\ncall: find room", 2, "cannot be read"),
        ("user: Hi\ncall: find room=12a", 2, "cannot be read"),
        ("user: Hi\ncall: find room=twelve", 2, "the value of room"),
        ('user: Hi\ncall: find room="12" room="13"', 2, "stands twice"),
        ('user: Hi\ncall: find room="12"day="x"', 2, "cannot be read"),
        ("# A\nuser: a\nnote: b\nagent: c\n# B\nuser: a\nagent: c", 5, "without notes"),
        ("user: Hi\nresult: {}", 2, "a result without a call"),
        ("user: Hi\nnote: hello", 2, "a note in front of nothing"),
        ("# A\nuser: Hi\n# A\nuser: Hi", 3, "stands twice"),
        ("user: Hi\nagent: Hello!\npage: keys#prices", 3, "below the user's message"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, text: str, line: int | None, says: str) -> None:
    with pytest.raises(DialogueError, match=says) as failed:
        read(tmp_path, text)
    assert failed.value.line == line


WORDS = (
    st.text(st.sampled_from(list("ab :#{}\n-1é")), min_size=1, max_size=30)
    .map(lambda text: "\n".join(line.rstrip() for line in text.strip().split("\n")).strip())
    .filter(bool)
)
CALLS = st.builds(ToolCall, st.sampled_from(["find", "book_it"]), st.dictionaries(st.sampled_from(["a", "b"]), WORDS))


@st.composite
def dialogues(draw: st.DrawFn) -> Dialogue:
    messages: list[Message] = []
    calls = 0
    for _ in range(draw(st.integers(1, 4))):
        messages.append(Message("user", draw(WORDS)))
        note = " ".join(draw(st.one_of(st.just(""), WORDS)).split())
        if draw(st.booleans()):
            call = ToolCall("find", draw(CALLS).arguments, f"call-{calls}")
            text = draw(st.one_of(st.just(""), WORDS))
            messages += [Message("assistant", text, (call,), note=note), Message("tool", "{}", call_id=f"call-{calls}")]
            calls, note = calls + 1, ""
        messages.append(Message("assistant", draw(WORDS), weight=draw(st.sampled_from([0, 1])), note=note))
    name = draw(st.sampled_from(["one", "Two words", "3"]))
    return Dialogue(name, tuple(messages), {"source": "authored", "outcome": "done"})


@settings(max_examples=120, deadline=None)
@given(dialogues())
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, dialogue: Dialogue) -> None:
    again = read(tmp_path_factory.mktemp("page"), write_transcripts([dialogue]))
    assert again == [dialogue]


def test_the_command_reads_and_writes(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("name: Desk\npersona: You are the desk of a hall.\n")
    (tmp_path / "script.md").write_text(PAGE)
    run = CliRunner()
    there = str(tmp_path)
    done = run.invoke(main, ["-C", there, "import", str(tmp_path / "script.md")])
    assert "wrote 2 dialogues" in done.output
    file = tmp_path / "dialogues" / "script.jsonl"
    assert len(list(read_dialogues(file))) == 2
    again = run.invoke(main, ["-C", there, "import", str(tmp_path / "script.md")])
    assert again.exit_code != 0
    assert "there already" in again.output + str(again.exception)
    run.invoke(main, ["-C", there, "import", str(file), "--to", str(tmp_path / "again.md")])
    assert read_transcripts(tmp_path / "again.md") == read_transcripts(tmp_path / "script.md")


def test_notes_in_some_dialogues_alone_are_refused_and_named(tmp_path: Path) -> None:
    """On one page by its reader; over several files by the check."""
    (tmp_path / "agent.yaml").write_text("name: Desk\npersona: You are the desk of a hall.\n")
    (tmp_path / "script.md").write_text(PAGE)
    (tmp_path / "plain.md").write_text("# Plain\n\nuser: Hello\nagent: Good day!\n")
    for page in ("script.md", "plain.md"):
        done = CliRunner().invoke(main, ["-C", str(tmp_path), "import", str(tmp_path / page)])
        assert done.exit_code == 0, done.output
    found = [p for p in check_project(ProjectFolder.find(tmp_path)).problems if p.check == "mixed_notes"]
    assert [p.where.id for p in found] == ["Plain"]


def test_arguments_stand_by_name_or_as_json(tmp_path: Path) -> None:
    forms = ['a="x y" b=2 c=["p", {"q": null}] d=true', '{"a": "x y", "b": 2, "c": ["p", {"q": null}], "d": true}']
    calls = []
    for form in forms:
        (dialogue,) = read(tmp_path, f"user: Hi\ncall: find {form}\nresult: {{}}\nagent: Yes.")
        calls.append(dialogue.messages[1].calls[0].arguments)
    assert calls == [{"a": "x y", "b": 2, "c": ["p", {"q": None}], "d": True}] * 2
    odd = Dialogue("odd", (Message("user", "Hi"), Message("assistant", "", (ToolCall("find", {"a b": 1}, "call-0"),)),
                           Message("tool", "{}", call_id="call-0")), {"source": "authored"})  # fmt: skip
    assert read(tmp_path, write_transcripts([odd])) == [odd]


def test_a_page_is_given_back_unchanged(tmp_path: Path) -> None:
    page = """\
# A lost card
flow: freeze

user: I lost my card.
page: cards#lost, cards#found
note: freeze; need: card_endings
agent: I'm sorry to hear that. Which one is it?
user: The one that ends in 4417.

  And the other, too.
note: card_endings: 4417; need: nothing
call: freeze_cards card_endings="4417" count=2
result: {"frozen": 2}
agent: They are frozen.
"""
    (dialogue,) = read(tmp_path, page)
    assert dialogue.metadata["passages"] == {"0": [{"id": "cards#lost"}, {"id": "cards#found"}]}
    assert write_transcripts([dialogue]) == page


def test_a_page_among_the_dialogues_is_read_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text("name: Desk\npersona: You are the desk of a hall.\n")
    folder = tmp_path / "dialogues" / "hands"
    folder.mkdir(parents=True)
    (folder / "page.md").write_text("# One\n\nuser: Where do I go?\npage: hall#way\nagent: Up the stairs.\n")
    assert [d.id for d in Project.open(tmp_path).dialogues()] == ["One"]
    found = check_project(ProjectFolder.find(tmp_path))
    assert (found.counts.dialogues, found.errors) == (1, [])
    assert ["passage gone: 'hall#way'" in p.message for p in found.problems] == [True]
    (folder / "page.md").write_text("# One\n\nagent: Up the stairs.\nup\n\nnobody says this\n")
    (error,) = check_project(ProjectFolder.find(tmp_path)).errors
    assert (error.where.file, error.where.line) == ("dialogues/hands/page.md", 6)
