"""Dialogues in and out: what is written reads the same, and what is malformed is refused with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.dialogue import Dialogue, Message, ToolCall, dialogue_from_json, dump_dialogues, read_dialogues
from demeanor.errors import DialogueError

CALL = {"id": "c", "function": {"name": "look", "arguments": "{}"}}
RESULT = {"role": "tool", "content": "{}", "tool_call_id": "c"}
USER = {"role": "user", "content": "Hello"}

words = st.text(max_size=20)
arguments = st.dictionaries(words, words | st.integers(), max_size=3)


@st.composite
def dialogues(draw: st.DrawFn) -> Dialogue:
    messages: list[Message] = []
    for turn in range(draw(st.integers(1, 3))):
        messages.append(Message("user", draw(words), context=draw(words)))
        calls = tuple(
            ToolCall(draw(st.text(min_size=1, max_size=8)), draw(arguments), f"c{turn}-{k}")
            for k in range(draw(st.integers(0, 2)))
        )
        weight, cut = draw(st.integers(0, 1)), draw(st.booleans())
        messages.append(Message("assistant", draw(words), calls, weight=weight, cut=cut))
        messages += [Message("tool", draw(words), call_id=call.id) for call in calls]
    return Dialogue(draw(st.text(min_size=1, max_size=8)), tuple(messages), draw(arguments))


@pytest.mark.parametrize("name", ["weight", "train", "loss"])
def test_a_weight_has_the_names_of_other_tools(name: str) -> None:
    for value, weight in ((0, 0), (False, 0), (1, 1), (True, 1), (None, 1)):
        raw = {"messages": [{"role": "assistant", "content": "Hello!", name: value}]}
        message = dialogue_from_json(raw).messages[0]
        assert message.weight == weight
        assert message.to_json().get("weight", 1) == weight


@given(dialogues())
def test_what_is_written_reads_the_same(dialogue: Dialogue) -> None:
    assert dialogue_from_json(json.loads(dump_dialogues([dialogue]))) == dialogue


def assistant(calls: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": calls}


MALFORMED: list[tuple[str, Any, str, str | None]] = [
    ("no object", [], "a list of dialogues in one line", None),
    ("a number", 3, "an object with a list of messages", None),
    ("messages no list", {"messages": {}}, "an object with a list of messages", None),
    ("no messages", {"messages": []}, "without messages", "messages"),
    ("only a system message", {"messages": [{"role": "system", "content": "a"}]}, "without messages", "messages"),
    ("a message that is text", {"messages": ["hello"]}, "must be an object", "messages[0]"),
    ("content in parts", {"messages": [{"role": "user", "content": [1]}]}, "must be text", "messages[0].content"),
    ("a weight of 2", {"messages": [{**USER, "weight": 2}]}, "0 or 1", "messages[0].weight"),
    ("a loss in words", {"messages": [{**USER, "loss": "yes"}]}, "0 or 1", "messages[0].loss"),
    (
        "two names that disagree",
        {"messages": [{**USER, "train": True, "weight": 0}]},
        "weight and train say different things",
        "messages[0].weight",
    ),
    ("metadata is a list", {"messages": [USER], "metadata": ["a"]}, "must be an object", "metadata"),
    ("metadata is text", {"messages": [USER], "metadata": "flow"}, "must be an object", "metadata"),
    ("calls are text", {"messages": [USER, assistant("look")]}, "must be a list", "messages[1].tool_calls"),
    ("calls are a mapping", {"messages": [USER, assistant(CALL)]}, "must be a list", "messages[1].tool_calls"),
    ("calls are a number", {"messages": [USER, assistant(3)]}, "must be a list", "messages[1].tool_calls"),
    ("a call is text", {"messages": [USER, assistant(["look"])]}, "an object", "messages[1].tool_calls[0]"),
    ("a call is null", {"messages": [USER, assistant([CALL, None])]}, "an object", "messages[1].tool_calls[1]"),
    (
        "one id for two calls",
        {"messages": [USER, assistant([CALL, CALL]), RESULT, RESULT]},
        "the same id",
        "messages[1].tool_calls[1].id",
    ),
    (
        "a call of nothing",
        {"messages": [assistant([{"id": "c"}])]},
        "a function with a name",
        "messages[0].tool_calls[0].function",
    ),
    ("a call left open", {"messages": [assistant([CALL]), USER]}, "no result before messages[1]", "messages"),
    ("a result twice", {"messages": [assistant([CALL]), RESULT, RESULT]}, "without a call", "messages[2].tool_call_id"),
]


@pytest.mark.parametrize(("raw", "says", "field"), [m[1:] for m in MALFORMED], ids=[m[0] for m in MALFORMED])
def test_what_is_malformed_is_refused_with_its_place(tmp_path: Path, raw: Any, says: str, field: str | None) -> None:
    file = tmp_path / "a.jsonl"
    good = json.dumps({"messages": [USER]})
    file.write_text(f"{good}\n\n{json.dumps(raw)}\n", encoding="utf-8")
    with pytest.raises(DialogueError) as caught:
        list(read_dialogues(file))
    assert says in str(caught.value)
    assert (caught.value.file, caught.value.line, caught.value.field) == (str(file), 3, field)


def test_no_calls_and_no_metadata_may_be_written_as_null() -> None:
    read = dialogue_from_json({"messages": [USER, {**assistant(None), "content": "Hi"}], "metadata": None})
    assert read.metadata == {}
    assert read.messages[1].calls == ()


def test_a_system_message_is_kept_aside() -> None:
    read = dialogue_from_json({"messages": [{"role": "system", "content": "Be kind."}, USER]})
    assert read.metadata == {"imported_system": "Be kind."}
    assert [m.role for m in read.messages] == ["user"]


def test_upto_leaves_the_later_messages_out() -> None:
    read = dialogue_from_json({"messages": [USER, {"role": "assistant", "content": "Hi"}]})
    assert [m.content for m in read.upto(1).messages] == ["Hello"]


def test_a_note_stands_on_a_reply_alone() -> None:
    reply = {"role": "assistant", "content": "b", "note": "guests: two"}
    raw = {"messages": [{"role": "user", "content": "two"}, reply]}
    assert dialogue_from_json(raw).messages[1].note == "guests: two"
    raw["messages"][0]["note"] = "x"
    with pytest.raises(DialogueError, match="only an assistant message"):
        dialogue_from_json(raw)
