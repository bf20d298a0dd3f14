"""Corrections by hand, shadow mode, and watching: on dialogues of our own, with the shipped scripted model."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from demeanor.commands.correcting import review
from demeanor.commands.learning import gather
from demeanor.commands.watching import post
from demeanor.dialogue import Dialogue, Message, ToolCall, dump_dialogues, read_dialogues, read_recorded, recorded_files
from demeanor.errors import ConfigError, DialogueError
from demeanor.improvement.correction import REVIEW, correction, corrections_of, is_correction
from demeanor.improvement.shadow import shadow
from demeanor.improvement.watch import Alert, Known, Seen, fisher, judge, new_needs, scan, signs
from demeanor.models.scripted import ByteTokenizer, ScriptedModel
from demeanor.reading.learned import LearnedReader
from demeanor.runtime.workspace import Workspace
from demeanor.training.settings import Settings

CALL = ToolCall("search_rooms", {"check_in": "Friday", "guests": "two"}, "call-0")


def talk(name: str, *said: str, **metadata: Any) -> Dialogue:
    """User and agent in turn; a reply of "call" searches."""
    messages: list[Message] = []
    for k, text in enumerate(said):
        if k % 2 == 0:
            messages.append(Message("user", text))
        elif text == "call":
            messages += [
                Message("assistant", "One moment.", (CALL,)),
                Message("tool", '{"rooms": []}', call_id="call-0"),
            ]
            messages.append(Message("assistant", "Nothing is free then."))
        else:
            messages.append(Message("assistant", text))
    return Dialogue(name, tuple(messages), {"source": "chat", **metadata})


# ------------------------------------------------------------------------------------------------ corrections


def test_a_review_becomes_a_correction_as_a_flag_does() -> None:
    told = talk(
        "t", "Hello", "Yo.", "Any room?", "Dunno.", seconds={"0": 1.0, "2": 2.0}, **{REVIEW: {"3": "Let me look."}}
    )
    [made] = corrections_of(told)
    assert [m.content for m in made.messages] == ["Hello", "Yo.", "Any room?", "Let me look."]
    assert [m.weight for m in made.messages if m.role == "assistant"] == [0, 1]
    assert made.metadata["lineage"] == {"of": "t", "message": 3, "said": "Dunno."}
    assert made.metadata["seconds"] == {"0": 1.0, "2": 2.0}
    assert is_correction(made)
    assert list(corrections_of(made)) == [made]
    assert not is_correction(told)


@pytest.mark.parametrize(
    ("index", "right", "says"),
    [
        (2, "x", "no message of the agent"),
        (9, "x", "no message"),
        (1, " ", "say what"),
        (1, "<tool_call>", "only words"),
    ],
)
def test_what_cannot_be_corrected_is_refused(index: int, right: str, says: str) -> None:
    with pytest.raises(DialogueError, match=says):
        correction(talk("t", "Hello", "Yo.", "Any room?", "Dunno."), index, right)


def test_reviews_are_taken_once_and_trained(own_workspace: Workspace, tmp_path: Path) -> None:
    project = own_workspace.folder
    folder = tmp_path / "transcripts"
    folder.mkdir()
    good = talk("a", "Hello", "Yo.", **{REVIEW: {"1": "Good day! How can I help?"}})
    bad = talk("b", "Hello", "Yo.", **{REVIEW: {"7": "Good day!"}})
    (folder / "x.jsonl").write_text(dump_dialogues([good, bad, talk("c", "Hi", "Good day!")]) + '{"half', "utf-8")
    found = review(own_workspace, [folder])
    assert (found.read, found.added, found.known, found.waiting) == (3, 1, 0, 1)
    assert len(found.problems) == 2
    assert "x.jsonl:2" in found.problems[0]
    again = review(own_workspace, [folder])
    assert (again.added, again.known, again.there) == (0, 1, 1)
    written = own_workspace.folder.dialogues_path / "own.jsonl"
    written.parent.mkdir(exist_ok=True)
    written.write_text(dump_dialogues([talk(str(k), f"Hello {k}", "Good day!") for k in range(20)]), "utf-8")
    first, origin = gather(own_workspace, Settings(), None)
    assert len([d for d in first if is_correction(d)]) == 1
    assert "corrections" in origin
    later, _ = gather(own_workspace, Settings(replay=3), None, corrections=True)
    assert len(later) == 4
    (project.corrections_path / "reviewed.jsonl").unlink()
    with pytest.raises(ConfigError, match="no corrections"):
        gather(own_workspace, Settings(), None, corrections=True)


# ------------------------------------------------------------------------------------------------ shadow


def test_a_shadow_is_compared_and_touches_nothing(own_workspace: Workspace) -> None:
    # Tools that would leave a mark when they are merely loaded or called.
    mark = own_workspace.folder.root / "mark"
    own_workspace.folder.tools_path.write_text(f"open({str(mark)!r}, 'w')\n", encoding="utf-8")
    agent = own_workspace.agent
    told = [talk("one", "A room for two on Friday", "call"), talk("two", "Hello", "Good day! When do you arrive?")]
    same = f"One moment.\n<tool_call>{json.dumps({'name': CALL.name, 'arguments': CALL.arguments})}</tool_call>"

    def reply(prompt: str) -> str:
        if "Friday" not in prompt:
            return f"{agent.when_unsure}"
        return "Nothing is free then." if "tool_response" in prompt.partition("Friday")[2] else same

    renderer = own_workspace.renderer(ByteTokenizer(), "You are an agent.")
    seen = []
    found = shadow(agent, LearnedReader(agent.slots, {}), told, ScriptedModel(reply), renderer, on_message=seen.append)
    assert (found.dialogues, found.messages) == (2, 3)
    figures = {name: (figure.k, figure.n) for name, figure in found.figures.items()}
    assert figures["same_tool"] == figures["same_arguments"] == (1, 1)
    assert figures["defers"] == (1, 2)
    assert [one.dialogue for one in seen if one.differs] == ["two"]
    assert not mark.exists()


# ------------------------------------------------------------------------------------------------ watching


def test_signs_of_a_conversation(workspace: Workspace) -> None:
    agent = workspace.agent

    def shown(dialogue: Dialogue) -> set[str]:
        return {name for name, there in signs(agent, workspace.reader, dialogue).items() if there}

    assert shown(talk("a", "Hello", "Good day!")) == set()
    assert "deferred" in shown(talk("b", "May my parrot stay?", agent.when_unsure))
    assert "asked_again" in shown(
        talk("c", "A room", "When do you arrive?", "Friday", "Fine. When do  you arrive?", "Fri", "Ok.")
    )
    assert "given_up" in shown(talk("d", "A room", "When do you arrive?"))
    assert shown(talk("e", "Hello", "Good day!", seconds={"0": 11.0})) == {"slow"}
    broken = Message("tool", '{"error": "no"}', call_id="call-0")
    assert "broken" in shown(Dialogue("f", (Message("user", "x"), Message("assistant", "", (CALL,)), broken), {}))


@given(k=st.integers(0, 30), n=st.integers(1, 30), m=st.integers(0, 60), of=st.integers(1, 60))
def test_fisher_is_that_of_scipy(k: int, n: int, m: int, of: int) -> None:
    k, m = min(k, n), min(m, of)
    expected = stats.fisher_exact([[k, n - k], [m, of - m]], alternative="greater").pvalue
    assert fisher(k, n, m, of) == pytest.approx(expected, abs=1e-9)


def test_what_rises_is_told_with_examples_and_what_does_not_is_not(workspace: Workspace) -> None:
    usual = [talk(f"u{k}", "Hello", "Good day!" if k % 10 else workspace.agent.when_unsure) for k in range(300)]
    now = [talk(f"n{k}", "Hello", workspace.agent.when_unsure if k % 2 else "Good day!") for k in range(100)]
    calm = judge(scan(usual, Seen(workspace.agent, workspace.reader)), None)
    assert calm.alerts == ()
    found = judge(scan([*usual, *now], Seen(workspace.agent, workspace.reader)), None)
    [alert] = found.alerts
    assert (alert.signal, alert.now, alert.before) == ("deferred", "50 of 100 (50%)", "30 of 300 (10%)")
    assert set(alert.examples) <= {d.id for d in now}


def test_too_few_before_say_nothing(workspace: Workspace) -> None:
    usual = [talk(f"u{k}", "Hello", "Good day!") for k in range(50)]
    now = [talk(f"n{k}", "Hello", workspace.agent.when_unsure) for k in range(100)]
    assert judge(scan([*usual, *now], Seen(workspace.agent, workspace.reader)), None).alerts == ()


def test_what_is_kept_does_not_grow(workspace: Workspace, tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    line = dump_dialogues([talk("x", "Hello", "Good day!", seconds={"0": 0.5})])
    path.write_text(line * 5000 + "not a dialogue\n", encoding="utf-8")
    seen = Seen(workspace.agent, workspace.reader, window=20, sample=50)
    unread: list[DialogueError] = []
    scan(read_recorded(recorded_files([tmp_path]), unread.append), seen)
    assert (seen.conversations, seen.messages, len(seen.recent), len(seen.before)) == (5000, 10000, 20, 50)
    assert [error.line for error in unread] == [5001]
    assert seen.latency(0.5) == pytest.approx(0.5, rel=0.25)


def test_a_need_that_several_bring_is_named_and_an_odd_one_is_not() -> None:
    rng = np.random.default_rng(1)
    axes = np.eye(64)

    def vectors(texts: list[str]) -> Any:
        """The topic is the text's first word; the rest is a little noise."""
        topics = {"room": 0, "cancel": 1, "pets": 2, "lost": 10, "odd": 11, "stray": 12}
        rows = np.stack([axes[topics[t.split()[0]]] + 0.05 * rng.standard_normal(64) for t in texts])
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    trained = [f"{word} {k}" for k in range(60) for word in ("room", "cancel", "pets")]
    known = Known(vectors(trained), np.arange(len(trained)), vectors)
    ordinary = [[f"room {k}", f"pets {k}"] for k in range(40)]
    needs, far = new_needs([*ordinary, ["odd 1"], ["stray 1"]], known)
    assert needs == ()
    assert far >= 2
    needs, _ = new_needs([*ordinary, *([f"lost {k}"] for k in range(4))], known)
    assert [need.conversations for need in needs] == [4]
    assert all(text.startswith("lost") for text in needs[0].examples)


@pytest.fixture
def hook() -> Iterator[tuple[str, list[Any]]]:
    """A webhook's URL, and what it was sent."""
    sent: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", sent
    server.shutdown()


def test_alerts_reach_a_webhook_or_it_is_told(hook: tuple[str, list[Any]]) -> None:
    url, sent = hook
    alert = Alert("deferred", "the agent deferred", "5 of 10 (50%)")
    assert post(url, "Shop", [alert]) == ""
    assert sent[0]["agent"] == "Shop"
    assert sent[0]["alerts"][0]["signal"] == "deferred"
    assert post("http://127.0.0.1:9/", "Shop", [alert]) != ""


def test_transcripts_of_a_chat_are_read_as_they_are(own_workspace: Workspace, tmp_path: Path) -> None:
    told = replace(talk("a", "Hello", "Good day!"), metadata={"source": "chat", "taken_back": []})
    (tmp_path / "b.jsonl").write_text(dump_dialogues([told]), encoding="utf-8")
    assert [d.id for d in read_dialogues(tmp_path / "b.jsonl")] == ["a"]
