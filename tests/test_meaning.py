"""An agent's own lines do what their keys say; whatever stands beside them is heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from demeanor.agent import Agent, load_agent
from demeanor.reading.acts import Turn, acts_of
from demeanor.reading.learned import LearnedReader
from demeanor.reading.reader import Reading, Spoken
from demeanor.simulation.wording.meaning import KnownWording, meaning_of

AGENT = """
name: Spoke
persona: You are Spoke.
when_unsure: I'd have to ask the workshop.
slots:
  day: {type: date, ask: Which day would suit you?}
  time: {type: option, of: find_times.at, ask: Which of these?}
  name: {type: name, ask: Under which name?}
flows:
  book:
    when: a repair is wanted
    steps:
      - ask: day
      - call: find_times
      - present: find_times
      - invite: time
      - confirm: book
      - call: book
  undo:
    when: a repair is to be cancelled
    steps: [{confirm: cancel}, {call: cancel}]
"""
LINES = {
    "ask.day+name": ["Tell me the day and your name."],
    "noted": ["Grand."],
    "reconfirm": ["About {summary}: yes or no?"],
    "summary.cancel": ["taking {day} out of the book"],
    "present.find_times.many": ["There's {rows}.", "I could do {rows}. Which?"],
    "inform.book": ["It's in the book for {day}."],
    "otherwise.find_times": ["Nothing at all on {day}, worse luck."],
    "defer": ["That's for the boss."],
    "confirm.book": ["So {day}. Deal?"],
}


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    (tmp_path / "agent.yaml").write_text(AGENT, encoding="utf-8")
    return load_agent(tmp_path / "agent.yaml")


class Deaf:
    """A reader that hears nothing, and keeps what it was given."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def read(self, messages: list[Spoken]) -> list[Reading]:
        self.given += [message.text for message in messages]
        return [Reading({}) for _ in messages]


@pytest.mark.parametrize(
    ("text", "acts"),
    [
        ("Grand. Tell me the day and your name.", {"ask:day", "ask:name"}),
        ("Grand. It's in the book for Monday. Which of these?", {"invite:time"}),
        ("Which day would suit you?", {"ask:day"}),
        ("About taking 12 June out of the book: yes or no?", {"confirm:cancel"}),
        ("So 12 June. Deal?", {"confirm:book"}),
        ("That's for the boss.", {"defer", "handoff"}),
        ("I'd have to ask the workshop.", {"defer", "handoff"}),
        ("Nothing at all on Sunday, worse luck.", {"apologise"}),
        ("I could do 9:30 and 10.15. Which?", {"invite:time"}),
    ],
)
def test_own_lines_do_what_their_keys_say(agent: Agent, text: str, acts: set[str]) -> None:
    reader = Deaf()
    assert {*acts_of(agent, KnownWording(reader, agent, LINES), text)} == acts  # type: ignore[arg-type]
    assert reader.given == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Grand. And the wheel?", "And the wheel?"),
        # A sentence in a place is no value; a line inside a word is no line.
        ("It's in the book for Monday. I hate Mondays.", "I hate Mondays."),
        ("So tomorrow. Or not. Deal?", "So tomorrow. Or not. Deal?"),
        ("Grandly said.", "Grandly said."),
    ],
)
def test_what_stands_beside_them_is_heard(agent: Agent, text: str, left: str) -> None:
    reader = Deaf()
    KnownWording(reader, agent, LINES).read([Spoken("agent", text)])  # type: ignore[arg-type]
    assert reader.given == [left]


def test_users_may_say_the_agents_lines(agent: Agent) -> None:
    reader = Deaf()
    KnownWording(reader, agent, LINES).read([Spoken("user", "Grand.")])  # type: ignore[arg-type]
    assert reader.given == ["Grand."]


def test_own_lines_and_what_is_heard_add_up(agent: Agent) -> None:
    reader = KnownWording(LearnedReader(agent.slots, {}), agent, LINES)
    assert {*acts_of(agent, reader, "Sorry about that. Which day would suit you?", Turn("no!"))} == {
        "apologise",
        "ask:day",
    }


@pytest.mark.parametrize(
    ("act", "labels", "slots", "tools"),
    [
        ("ask:day+name", {"ask"}, ("day", "name"), ()),
        ("ask.time", {"invite"}, ("time",), ()),
        ("confirm:book", {"confirm"}, (), ("book",)),
        ("inform:knowledge", {"inform"}, (), ()),
        ("inform:book", {"done"}, (), ("book",)),
        ("inform:find_times", {"present"}, (), ("find_times",)),
        ("call:book", set(), (), ()),
        ("noted", set(), (), ()),
    ],
)
def test_what_acts_mean(
    agent: Agent, act: str, labels: set[str], slots: tuple[str, ...], tools: tuple[str, ...]
) -> None:
    found = meaning_of(agent, act)
    assert (found.labels, found.slots, found.tools) == (labels, slots, tools)
