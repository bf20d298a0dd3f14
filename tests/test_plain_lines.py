"""What an agent without wording of its own says: the task that goes on, what is agreed to, each thing once."""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from demeanor.agent import Agent, load_agent
from demeanor.agent.flow import Tracker
from demeanor.agent.moves import UserMove
from demeanor.agent.slots import Slot, shown, ways
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.compose import Composer
from demeanor.simulation.wording.defaults import AGENT, agent_lines
from demeanor.simulation.wording.general import general_lines

TODAY = date(2026, 6, 8)
SHOP = """\
name: Post
persona: You answer.
slots:
  day: {type: date, ask: Which day?}
  at: {type: time, ask: What time?}
  room: {type: option, of: find_rooms.room, ask: Which room?}
  way: {type: choice, choices: [letter, shop], ask: Letter or shop?}
  bound: {type: yes_no, ask: Are you bound?}
  length: {type: number, unit: hours, ask: How long?}
  floor: {type: int, ask: Which floor?}
  party: {type: people, ask: How many of you?}
flows:
  report_a_loss: {when: something is lost, steps: [flow: send_it]}
  order_a_new_one: {when: a new one is wanted, steps: [flow: send_it]}
  send_it: {steps: [ask: way, confirm: send, call: send, inform: send]}
  renew:
    when: the contract ends
    steps: [call: look_up, present: look_up, confirm: renew_it, call: renew_it, inform: renew_it]
  book_a_room:
    when: a room is wanted
    steps:
      - ask: [day, at]
      - call: find_rooms
      - present: find_rooms
      - say: Shoes stay outside.
      - invite: room
      - confirm: book
      - call: book
      - inform: book
  hire_a_bus:
    when: a bus is wanted
    steps:
      - ask: [bound, length, floor, party]
      - call: find_bus
      - present: find_bus
"""
PARAMETERS = {
    "send": ["way"],
    "renew_it": [],
    "look_up": [],
    "find_rooms": ["day", "at"],
    "book": ["room", "day", "at"],
}
PARAMETERS |= {"find_bus": ["bound", "length", "floor", "party"]}
ROWS = [{"room": "R1", "terms": "Attic, 4 chairs"}, {"room": "R2", "terms": "Hall, 9 chairs"}]


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    (tmp_path / "agent.yaml").write_text(SHOP)
    return load_agent(tmp_path / "agent.yaml")


class Desk:
    """The flow of an agent, spoken in plain lines over results that are given."""

    def __init__(self, agent: Agent, results: Mapping[str, dict[str, Any]]) -> None:
        self.tracker, self.results = Tracker(agent, PARAMETERS), results
        bank = AgentBank(agent, agent_lines(agent, PARAMETERS, Path("nowhere.yaml")), Path("nowhere.yaml"))
        self.composer = Composer(bank, self.tracker, TODAY, random.Random(0))

    def hear(self, flow: str | None = None, **said: str) -> str:
        """What it says to a message, up to the next question."""
        self.tracker.user(UserMove(("request", *(f"inform:{n}" for n in said)), said, flow=flow))
        while True:
            move = self.tracker.next()
            text = self.composer.say(move, None)
            self.tracker.agent_said(move.acts)
            if move.call is None:
                return text
            self.tracker.called(move.call[0], move.call[1], self.results[move.call[0]])


@pytest.mark.parametrize("flow", ["report_a_loss", "order_a_new_one"])
def test_a_question_for_a_yes_names_the_task_that_goes_on(agent: Agent, flow: str) -> None:
    assert f"{flow.replace('_', ' ')}, letter." in Desk(agent, {}).hear(flow, way="letter")


def test_who_tells_nothing_agrees_to_what_was_looked_up(agent: Agent) -> None:
    desk = Desk(agent, {"look_up": {"plan": "Huge", "price": "£15.68 a month"}})
    said = desk.hear("renew")
    assert "renew, Huge, £15.68 a month." in said
    assert said.count("£15.68") == 1


def test_truth_beside_rows_is_not_read_out_and_what_was_told_not_twice(agent: Agent) -> None:
    found = {"free": True, "when": "Wednesday 10 June at 14:00", "deposit": "£20.00 in cash", "rooms": ROWS}
    desk = Desk(agent, {"find_rooms": found})
    desk.hear("book_a_room", day="10 June", at="2 pm")
    said = desk.hear(room="R1")
    assert "book a room, £20.00 in cash, Attic, 4 chairs, Wednesday 10 June, 14:00." in said
    assert "True" not in said


def test_a_sentence_about_rows_stands_before_the_one_question_for_one(agent: Agent) -> None:
    said = Desk(agent, {"find_rooms": {"rooms": ROWS}}).hear("book_a_room", day="10 June", at="2 pm")
    assert said.count("Which room?") == 1
    assert said.endswith("Hall, 9 chairs. Shoes stay outside. Which room?")


@pytest.mark.parametrize(("value", "said"), [(1, "1 hour"), (1.5, "1.5 hours"), (2, "2 hours")])
def test_one_of_what_is_counted_has_no_plural(value: float, said: str) -> None:
    slot = Slot("length", "number", unit="hours")
    assert shown(slot, value) == said
    assert not {"1 hours", "one hours"} & {*ways(slot, value)}


def test_nobody_is_glad_of_what_may_be_bad_news() -> None:
    assert not [line for line in AGENT["noted"] if "lovely" in line.lower()]


def test_numbers_in_an_opening_say_what_they_count(agent: Agent) -> None:
    lines = general_lines(agent)["open"]["hire_a_bus"]
    said = [line for register in lines.values() for line in register]
    told = [line for line in said if "{party}" in line]
    assert told
    assert all("length {length}" in line and "floor {floor}" in line for line in told)
    assert all("party {party}" in line for line in told), "a number of people stands beside other numbers"
    assert not [line for line in said if "{bound}" in line], "a yes without its question"


def test_a_yes_does_not_name_the_detail(agent: Agent) -> None:
    assert ways(agent.slots["bound"], True) == ["yes"]
    assert ways(agent.slots["bound"], False) == ["no"]
