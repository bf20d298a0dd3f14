"""What is heard of the voice itself, of the untrained model and of other people: every line of wording/agent.yaml as
the act of its key, by the reader alone and with the own wording known.
"""

from __future__ import annotations

import json
import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demeanor.data.synthesize import Plan, synthesize
from demeanor.project.yamlfile import read_yaml
from demeanor.reading.acts import Turn, acts_of, mentions_row
from demeanor.reading.claims import Evidence, invented
from demeanor.reading.reader import Reader
from demeanor.runtime.workspace import Workspace
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.meaning import KnownWording
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.user import fill
from demeanor.text import sentences

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

from acts import by_hand

DATA = Path(__file__).parent / "data"
ROW = {"hotel": "Seaview Harbour", "room": "deluxe room", "view": "sea view", "total": 420}
OTHER = {"hotel": "Seaview Cliffs", "room": "deluxe room", "view": "garden view", "total": 450}
STAY = "Friday 12 June to Monday 15 June, 3 nights"
FOUND: dict[str, Any] = {"stay": STAY, "guests": 2, "room": "deluxe room", "rooms": [ROW, OTHER]}
BOOKING: dict[str, Any] = {
    "reference": "SV-1042",
    "hotel": "Seaview Harbour",
    "room": "deluxe room with sea view",
    "stay": STAY,
    "total": 420,
    "guest_name": "Anna Berg",
}
NOTHING: dict[str, Any] = {"stay": STAY, "guests": 2, "room": "deluxe room", "rooms": []}
ERROR = {"error": "This room has just been taken."}
VALUES = {
    **{k: str(v) for k, v in {**BOOKING, **ROW}.items()},
    "guests": "2",
    "guests_text": "2 guests",
    "refund": "a full refund",
    "error": ERROR["error"],
    "row": "a deluxe room with sea view at Seaview Harbour for 420 euros",
    "rows": "a deluxe room with sea view for 420 euros and one with garden view at Seaview Cliffs for 450 euros",
    "rooms": "at Seaview Harbour with sea view for 420 euros and at Seaview Cliffs with garden view for 450 euros",
    "summary": "booking the deluxe room with sea view at Seaview Harbour, 420 euros, for Anna Berg",
}
# What the agent has just seen when it speaks so: the tool and its result.
SEEN: dict[str, tuple[str, dict[str, Any]]] = {
    "present.search_rooms": ("search_rooms", FOUND),
    "otherwise.search_rooms": ("search_rooms", NOTHING),
    "present.find_booking": ("find_booking", {**BOOKING, "refund": "a full refund"}),
    "otherwise.find_booking": ("find_booking", {"error": "There is no booking SV-1042."}),
    "confirm.book_room": ("search_rooms", FOUND),
    "confirm.cancel_booking": ("find_booking", BOOKING),
    "reconfirm": ("search_rooms", FOUND),
    "inform.book_room": ("book_room", BOOKING),
    "inform.cancel_booking": (
        "cancel_booking",
        {**BOOKING, "status": "cancelled", "refund": "a full refund"},
    ),
    "inform.refused": ("book_room", ERROR),
    "ask.offer": ("search_rooms", FOUND),
}
# Keys that are pieces of messages, or say nothing that an act stands for.
RECEPTION = ("noted", "corrected", "resume", "acknowledge.", "kept", "changed_mind", "calm")
SILENT = ("row.", "summary.", "announce.", *RECEPTION)
GUEST_NAME = ("Anna Berg", "SV-1042")


@pytest.fixture(scope="module")
def lines(workspace: Workspace) -> dict[str, list[str]]:
    """The lines of wording/agent.yaml alone, without the plain ones that stand in for what a file leaves out."""
    file = workspace.folder.wording_path / "agent.yaml"
    return AgentBank(workspace.agent, read_yaml(file)[0], file).lines


@pytest.fixture(scope="module")
def known(workspace: Workspace) -> Reader:
    """Who knows the agent's own wording."""
    return KnownWording(workspace.reader, workspace.agent, Wording(workspace).agent.lines)


def expected(key: str) -> set[str]:
    """The acts of a key, any one of which is right."""
    if key == "ask.offer":
        return {"invite:offer"}
    if key.startswith("ask."):
        return {"ask:" + key.removeprefix("ask.").split("+")[0]}
    if key.startswith("present.search_rooms"):
        return {"present:search_rooms"}
    if key.startswith("otherwise.") or key == "inform.refused":
        return {"apologise"}
    if key.startswith(("inform.", "present.")):
        return {f"present:{key.split('.')[1]}"}
    if key.startswith("confirm."):
        return {f"confirm:{key.removeprefix('confirm.')}"}
    if key == "reconfirm":
        return {"confirm:book_room", "confirm:"}
    return {key}


def read(workspace: Workspace, reader: Reader, key: str, line: str) -> tuple[str, tuple[str, ...]]:
    text = fill(line, VALUES)
    assert text is not None, f"{key}: {line!r} has a place that nothing fills"
    tool, result = next((seen for name, seen in SEEN.items() if key.startswith(name)), ("", None))
    said = GUEST_NAME if key.startswith(("confirm", "reconfirm")) else ()
    return text, acts_of(workspace.agent, reader, text, Turn("", (), result, tool, said))


def misses(workspace: Workspace, reader: Reader, key: str, lines: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """The lines of a key whose act is not found, with what was found."""
    out = []
    for line in lines:
        text, found = read(workspace, reader, key, line)
        wanted = expected(key)
        if "+" in key and all(f"ask:{n}" in found for n in key.removeprefix("ask.").split("+")):
            continue
        if "+" in key or not wanted & set(found):
            out.append((text, found))
    return out


# A greeting and a plea to say it again are answers like any other to the one who reads them.
UNREAD = ("greet", "clarify", *SILENT)


def test_nearly_every_line_is_heard_as_the_act_of_its_key(workspace: Workspace, lines: dict[str, list[str]]) -> None:
    """By a reader that has never seen them."""
    kept = {key: said for key, said in lines.items() if not key.startswith(UNREAD)}
    found = {key: bad for key, said in kept.items() if (bad := misses(workspace, workspace.reader, key, said))}
    count = sum(map(len, kept.values()))
    assert count > 100
    assert sum(map(len, found.values())) <= 0.05 * count, found


def test_every_line_is_known_as_the_act_of_its_key(
    workspace: Workspace, known: Reader, lines: dict[str, list[str]]
) -> None:
    kept = {key: said for key, said in lines.items() if not key.startswith(UNREAD)}
    assert not {key: bad for key, said in kept.items() if (bad := misses(workspace, known, key, said))}


def test_offers_end_with_the_question_which(workspace: Workspace, known: Reader) -> None:
    bad = []
    for key in ("present.search_rooms.one", "present.search_rooms.many"):
        for line in Wording(workspace).agent.lines[key]:
            text, found = read(workspace, known, key, line)
            bad += [] if "invite:offer" in found else [(text, found)]
    assert not bad


def test_deferring_hands_off(workspace: Workspace, known: Reader) -> None:
    """CONTRACT 12: to admit not to know is one thing, to say what happens next the other."""
    for line in [*Wording(workspace).agent.lines["defer"], workspace.agent.when_unsure]:
        assert {"defer", "handoff"} <= set(acts_of(workspace.agent, known, line)), line


def test_an_announcement_is_no_deferral(workspace: Workspace) -> None:
    """ "Let me check that for you" in front of a call promises nothing to anybody."""
    for key, lines in Wording(workspace).agent.lines.items():
        for line in lines if key.startswith("announce.") else ():
            tool = key.removeprefix("announce.")
            text = fill(line, VALUES)
            assert text is not None
            assert acts_of(workspace.agent, workspace.reader, text, Turn(calls=[tool])) == (f"call:{tool}",), line


@pytest.mark.parametrize("prefix", RECEPTION)
def test_words_of_reception_ask_for_nothing(workspace: Workspace, known: Reader, prefix: str) -> None:
    """In front of a question they must not add one of their own."""
    bad = []
    for key, lines in Wording(workspace).agent.lines.items():
        for line in lines if key.startswith(prefix) else ():
            text = fill(line, VALUES) or line
            acts = acts_of(workspace.agent, known, text)
            if any(re.match("ask:|confirm|invite|present|defer", act) for act in acts):
                bad.append((key, text, acts))
    assert not bad


def test_the_acts_that_are_read_are_those_that_were_meant(workspace: Workspace, known: Reader) -> None:
    """On whole messages of the flow: questions, calls and offers are found again, at least 98 of 100."""
    met = missed = 0
    examples: list[tuple[str, set[str], tuple[str, ...]]] = []
    for dialogue in synthesize(Plan(workspace, "training", seed=31), 60):
        results: list[tuple[str, dict[str, Any]]] = []
        given: list[str] = []
        for index, message in enumerate(dialogue.messages):
            label = dialogue.metadata["labels"].get(str(index), {"acts": []})
            if message.role == "user":
                mentions = label.get("mentions", {})
                given += [v for n, v in mentions.items() if n == "guest_name"]
                given += [f"SV-{re.sub(r'[^0-9]', '', v)}" for n, v in mentions.items() if n == "reference"]
            elif message.role == "tool":
                results.append((dialogue.messages[index - 1].calls[0].name, _json(message.content)))
            else:
                tool, result = results[-1] if results else ("", None)
                calls = [call.name for call in message.calls]
                said_to = next((m.content for m in reversed(dialogue.messages[:index]) if m.role == "user"), "")
                turn = Turn(said_to, calls, result, tool, given)
                got = acts_of(workspace.agent, known, message.content, turn)
                wanted = {p for a in label["acts"] for p in _parts(a)}
                met += 1
                if not wanted <= set(got):
                    missed += 1
                    examples.append((message.content, wanted - set(got), got))
    assert met > 300
    assert missed <= 0.02 * met, examples


def _parts(act: str) -> list[str]:
    """The acts of a move that can be read from words: questions one by one, calls, offers, and refusals."""
    kind, _, of = act.partition(":")
    if kind == "ask":
        return [f"ask:{name}" for name in of.split("+")]
    read = ("call", "invite", "confirm", "present", "defer", "refuse")
    return [act] if kind in read and act != "present:find_booking" else []


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found


WAYS: list[tuple[str, list[str]]] = [
    ("Please confirm a deluxe room at Seaview Harbour, sea view.", ["present:search_rooms", "confirm:"]),
    ("You'd like two nights, arriving on Friday?", ["confirm:"]),
    ("Confirming your stay from Friday to Sunday.", ["confirm:"]),
    ("Three guests, from Friday: it's correct?", ["confirm:"]),
    ("Sure. How many guests should I note down?", ["ask:guests"]),
    ("In which room type should I search?", ["ask:room_type"]),
    ("Do you have a room type in mind.", ["ask:room_type"]),
    ("Shall I help you with anything more?", ["anything_else"]),
    ("Will that be all?", ["anything_else"]),
    ("Glad I could help.", ["close"]),
    ("I was happy to be of service.", ["close"]),
    # Whether this answers a thank-you or a request, it does not tell.
    ("I'm happy to help.", []),
    ("It's always a pleasure to assist with planning.", []),
    ("It helps you to relax and enjoy your stay.", []),
    ("I'm ready to help. What's your request?", ["anything_else"]),
    ("I'm ready to help, what's on your mind?", ["anything_else"]),
    ("I'm here to assist you in any way I can.", ["anything_else"]),
    ("Tell me your name, and I'll be happy to assist you further.", ["ask:guest_name"]),
    ("What's the hotel's name?", ["ask:hotel"]),
    ('```python\ntable = {"guest_name": "which name?"}\n```', []),
    # A day that is asked for in words without a cue, and one that is only spoken of.
    ("What's your preferred date?", ["ask:check_in"]),
    ("Four nights, wonderful. Counting from?", ["ask:check_in"]),
    ("I’ve no idea yet when you’ll be here.", ["ask:check_in"]),
    ("Please confirm as of when you will join us.", ["ask:check_in"]),
    ("When will you be leaving us?", ["ask:check_out"]),
    ("How many nights would you like to stay?", ["ask:check_out"]),
    ("How many of you will be staying, and for how many nights?", ["ask:check_out", "ask:guests"]),
    ("You already told me when you arrive, so all I need is the number of guests.", ["ask:guests"]),
    ("On the day you arrive, just give your name at the desk.", ["ask:guest_name"]),
    ("Let me know when you're ready.", []),
    ("When would you like breakfast?", []),
    ("You needn't give me the date again, I have it here.", []),
]


def test_other_peoples_ways_to_say_it(workspace: Workspace) -> None:
    """Hard ones, collected where lists of words had failed and been mended: most of them wholly as they were meant."""
    wrong = {}
    for text, acts in WAYS:
        found = acts_of(workspace.agent, workspace.reader, text, Turn("", (), FOUND, "search_rooms"))
        kinds = [act.partition(":")[0] + ":" if act.startswith("confirm:") else act for act in found]
        if sorted(kinds) != sorted(acts):
            wrong[text] = acts, kinds
    assert len(wrong) <= 0.45 * len(WAYS), wrong


@pytest.mark.parametrize("name", ["base-replies.jsonl", "base-replies-2.jsonl"])
def test_replies_of_the_base_model_that_people_labelled(name: str) -> None:
    found = right = sure = labelled = 0
    for _, must, may, heard in by_hand(DATA / name):
        got = {act.partition(":")[0] if not act.startswith("ask:") else act for act in heard} - {"handoff"}
        found, right = found + len(got), right + len(got & may)
        labelled, sure = labelled + bool(must), sure + bool(must and got)
    assert right >= 0.88 * found
    assert sure >= 0.85 * labelled


def test_what_shows_no_act_is_unsure(workspace: Workspace) -> None:
    assert acts_of(workspace.agent, workspace.reader, "The sea is calm today.") == ()
    assert acts_of(workspace.agent, workspace.reader, "Goodbye!") == ("close",)


@pytest.mark.parametrize(
    ("text", "tool"),
    [
        ("Coming back to your booking: may I cancel SV-1042?", "cancel_booking"),
        ("Shall I cancel booking SV-1042?", "cancel_booking"),
        ("Shall I make the booking?", "book_room"),
        ("May I go ahead with the cancellation?", "cancel_booking"),
        ("Shall I book it?", "book_room"),
    ],
)
def test_the_verb_tells_what_a_yes_would_do(workspace: Workspace, text: str, tool: str) -> None:
    assert f"confirm:{tool}" in acts_of(workspace.agent, workspace.reader, text)


def test_a_row_is_known_by_two_of_its_values() -> None:
    assert mentions_row("The sea view at Seaview Harbour", ROW)
    assert not mentions_row("Something with a sea view", ROW)
    assert mentions_row("It's yours", {}) is True
    assert not mentions_row("for 4200 euros at Seaview Harbours", ROW)


def test_sentences() -> None:
    assert sentences("One. Two? Three!\nFour") == ["One.", "Two?", "Three!", "Four"]
    assert sentences("  ") == []


@pytest.mark.parametrize(
    "words", ["the room is available, ", "so, well, ", "1, 2, 3, ", "as a guest, when you come, ", "  "]
)
def test_a_ramble_is_read_to_its_end(workspace: Workspace, words: str) -> None:
    """Small models write what goes on and on; a pattern that turns back at every comma never comes to the end of it."""
    for end in ("", "?", " Would you like that?"):
        text = words * 100 + end
        acts_of(workspace.agent, workspace.reader, text)
        assert invented(workspace.agent, text, Evidence((text,), True, date(2026, 6, 8))) == []
