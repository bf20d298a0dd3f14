"""What flows can say beyond a row of questions and a call: an agent that uses all of it, and faults of writing it."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor.agent import Agent, load_agent
from demeanor.agent.conditions import (
    Both,
    Compared,
    Either,
    Known,
    Not,
    Outcome,
    Unreadable,
    holds,
    read_condition,
    written,
    wrong_term,
)
from demeanor.agent.flow import Tracker
from demeanor.agent.moves import Move, UserMove
from demeanor.agent.slots import Slot
from demeanor.errors import ConfigError
from demeanor.simulation.play import advance
from demeanor.simulation.wording.agent import AgentBank
from demeanor.simulation.wording.compose import Composer
from demeanor.simulation.wording.defaults import agent_lines

HALL = """\
name: Gavel
persona: You work at the desk of an auction house.
slots:
  bidder: {type: code, pattern: "B[0-9]{2}", ask: Your bidder number?}
  pin: {type: code, pattern: "[0-9]{4}", ask: Your PIN?}
  lot: {type: code, pattern: "L[0-9]+", ask: Which lot?}
  bid: {type: money, unit: euros, ask: What would you pay?}
  way: {type: choice, choices: [van, pick-up], ask: Van or pick-up?}
  street: {type: address, ask: Where to?, examples: [5 Mill Lane, 12 Dock Road]}
  note: {type: text, ask: Anything the driver should know?, examples: [ring twice, the gate is green]}
  lots: {type: code, pattern: "L[0-9]+", list: true, ask: Which lots?}
handoffs:
  security: a number that nobody can prove
  sales: a price that the desk may not settle
flows:
  identify:
    steps:
      - ask: bidder
      - ask: pin
      - call: check_pin
        retry: {ask: pin, times: 3, then: {handoff: security, reason: three wrong PINs}}
  transport:
    steps:
      - ask: way
      - ask: street
        when: way is van
      - ask: note
        optional: true
        when: way is van
  bid_on_a_lot:
    when: somebody wants to bid
    requires: identify
    weight: 2
    habits: {fails: 0.2}
    steps:
      - acknowledge
      - ask: lot
      - call: offer
        retry: {until: offer.accepted, ask: bid, accept: price, times: 4, then: {handoff: sales}}
      - say: What you buy has to leave the hall within a week.
        when: offer.price > 100 or not offer.small
      - flow: transport
      - confirm: buy
      - call: buy
      - inform: buy
  hours:
    when: somebody asks when the hall is open
    steps:
      - say: We are open from nine to five.
  watch_lots:
    when: somebody wants to be told when lots come up
    requires: identify
    habits: {fails: 0.2}
    steps:
      - acknowledge
      - ask: lots
        more: Another one?
      - confirm: watch
      - call: watch
      - inform: watch
"""
PARAMETERS = {
    "check_pin": ["bidder", "pin"],
    "offer": ["lot", "bid"],
    "buy": ["lot", "bid", "way", "street", "note"],
    "watch": ["lots"],
}


@pytest.fixture
def agent(tmp_path: Path) -> Agent:
    return loaded(tmp_path, HALL)


def loaded(folder: Path, text: str) -> Agent:
    (folder / "agent.yaml").write_text(text, encoding="utf-8")
    return load_agent(folder / "agent.yaml")


class Talk:
    """A conversation with the flow as the agent; `said` are its moves."""

    def __init__(self, agent: Agent, results: dict[str, list[dict[str, Any]]]) -> None:
        self.tracker, self.results = Tracker(agent, PARAMETERS), results

    def user(self, *acts: str, flow: str | None = None, **mentions: str) -> list[str]:
        """The user speaks; every act of the agent until it is the user's turn again."""
        told = tuple(f"inform:{name}" for name in mentions)
        self.tracker.user(UserMove((*acts, *told, *(["request"] if flow else [])), mentions, flow))
        done: list[str] = []
        while True:
            move: Move = self.tracker.next()
            assert move == self.tracker.next(), "asked twice, it says the same"
            done += move.acts
            self.tracker.agent_said(move.acts)
            if move.call is None:
                return done
            name, arguments = move.call
            queue = self.results.get(name, [{}])
            self.tracker.called(name, arguments, queue.pop(0) if len(queue) > 1 else queue[0])
            if name == "hand_over":
                return done


RIGHT, WRONG = {"ok": True}, {"error": "That PIN is wrong."}


def test_what_a_flow_requires_comes_first_and_once(agent: Agent) -> None:
    talk = Talk(agent, {"check_pin": [RIGHT], "watch": [{"watching": 1}], "offer": [{"accepted": True, "price": 90}]})
    assert talk.user(flow="watch_lots") == ["acknowledge:watch_lots", "ask:bidder"]
    assert talk.user(bidder="B11") == ["noted", "ask:pin"]
    assert talk.user(pin="1234") == ["noted", "call:check_pin", "ask:lots"]
    assert talk.user(lots="L3") == ["noted", "more:lots"]
    assert talk.user(lots="L5") == ["noted", "more:lots"]
    assert talk.user("deny") == ["confirm:watch"]
    assert talk.user("affirm") == ["call:watch", "inform:watch"]
    assert talk.tracker.known["lots"] == "L3 and L5"
    assert talk.user(flow="bid_on_a_lot") == ["acknowledge:bid_on_a_lot", "ask:lot"], "nobody is identified twice"


def test_a_wrong_code_is_asked_again_and_handed_over_after_the_third(agent: Agent) -> None:
    talk = Talk(agent, {"check_pin": [WRONG]})
    talk.user(flow="watch_lots", bidder="B11")
    assert talk.user(pin="1111")[-1] == "inform:error"
    assert talk.tracker.note(False).endswith("need: pin")
    assert talk.user(pin="1111")[-2:] == ["call:check_pin", "inform:error"], "the same wrong code is another try"
    assert talk.user(pin="3333")[-1] == "call:hand_over"
    assert talk.tracker.stack[-1].results["hand_over"][0] == {"to": "security", "reason": "three wrong PINs"}


def test_a_price_is_bargained_until_it_is_accepted(agent: Agent) -> None:
    offers = [{"price": 140}, {"price": 120}, {"accepted": True, "price": 120}]
    talk = Talk(agent, {"check_pin": [RIGHT], "offer": offers, "buy": [{"bought": "L3"}]})
    talk.user(flow="bid_on_a_lot", bidder="B11", lot="L3")
    assert talk.user(pin="1234") == ["noted", "call:check_pin", "call:offer", "present:offer", "ask:bid"]
    assert talk.user(bid="100 euros")[-3:] == ["call:offer", "present:offer", "ask:bid"]
    accepted = talk.user("affirm")
    assert talk.tracker.known["bid"] == "120"
    assert accepted[-2:] == ["say:What you buy has to leave the hall within a week.", "ask:way"]
    assert talk.user(way="pick-up") == ["confirm:buy"], "a street is for a van, and what was said is said"
    assert talk.user("affirm")[-1] == "inform:buy"


def test_what_need_not_be_told_is_asked_for_once(agent: Agent) -> None:
    talk = Talk(agent, {"check_pin": [RIGHT], "offer": [{"accepted": True, "price": 50, "small": True}]})
    talk.user(flow="bid_on_a_lot", bidder="B11", lot="L3")
    assert talk.user(pin="1234")[-1] == "ask:way", "nothing small and cheap has to leave within a week"
    assert talk.user(way="van") == ["noted", "ask:street"]
    assert talk.user(street="5 Mill Lane") == ["noted", "ask:note"]
    assert talk.user("deny") == ["confirm:buy"]


def test_an_interrupted_flow_is_taken_up_again(agent: Agent) -> None:
    talk = Talk(agent, {"check_pin": [RIGHT]})
    talk.user(flow="watch_lots", bidder="B11")
    assert talk.user(flow="hours") == ["say:We are open from nine to five.", "resume", "ask:pin"]
    assert talk.user(pin="1234")[-1] == "ask:lots"


def test_what_both_require_is_gone_through_once_where_one_interrupts_the_other(agent: Agent) -> None:
    talk = Talk(agent, {"check_pin": [RIGHT], "offer": [{"accepted": True, "price": 90, "small": True}]})
    talk.user(flow="watch_lots", bidder="B11")
    assert talk.user(flow="bid_on_a_lot", lot="L3")[-1] == "ask:pin"
    assert talk.user(pin="1234")[-1] == "ask:way", "the bid goes on"
    talk.user(way="pick-up")
    talk.user("affirm")
    assert talk.user("thank")[-2:] == ["resume", "ask:lots"], "and then the other, without another PIN"


def test_a_flow_that_only_explains_is_through_once_it_has(agent: Agent) -> None:
    talk = Talk(agent, {})
    assert talk.user(flow="hours") == ["say:We are open from nine to five.", "anything_else"]
    assert talk.user("thank") == ["close"]


def test_tools_wait_for_what_their_flows_require(agent: Agent) -> None:
    assert agent.required_for("buy") == ("identify",)
    assert agent.required_for("check_pin") == ()
    assert agent.required_for("offer") == ("identify",), "a part has what its task requires"
    assert [*agent.whole()] == ["identify", "bid_on_a_lot", "hours", "watch_lots"]
    assert [*agent.tasks()] == ["bid_on_a_lot", "hours", "watch_lots"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("requires: identify\n    weight", "requires: identity\n    weight", "unknown flow"),
        ("      - flow: transport", "      - flow: trasport", "unknown flow"),
        ("      - ask: way\n", "      - flow: bid_on_a_lot\n", "a flow stands in itself"),
        ("  identify:\n", "  identify:\n    requires: watch_lots\n", "a flow requires itself"),
        ("{handoff: sales}", "{handoff: sale}", "nobody of that name takes over"),
        ("times: 4, then: {handoff: sales}", "times: 4", "after the last try something has to follow"),
        ("times: 4, then: {handoff: sales}", "then: {handoff: sales}", "`then` needs `times`"),
        ("when: way is van\n      - ask: note", "when: way is lorry\n      - ask: note", "not a value of way"),
        ("when: offer.price > 100 or not offer.small", "when: offer.price > 100 or", "stops making sense"),
        ("when: offer.price > 100 or not offer.small", "when: way is bags and coats", "stands in quotes"),
        ("when: offer.price > 100 or not offer.small", "when: quote.price > 100", "a tool that no flow calls"),
        ("        more: Another one?", "        optional: yes please", "true or false"),
        ("      - ask: bidder\n", "      - ask: bidder\n        more: Another?\n", "`more` asks for another item"),
        (
            "      - ask: lot\n",
            "      - ask: lot\n        retry: {ask: lot}\n",
            "ask has no retry",
        ),
        ("weight: 2", "weight: -1", "must be at least 0"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in HALL
    with pytest.raises(ConfigError, match=says.replace("(", r"\(").replace("?", r"\?")) as failed:
        loaded(tmp_path, HALL.replace(old, new, 1))
    assert failed.value.line or "agent.yaml:" in str(failed.value)


# ---------------------------------------------------------------------- conditions


class Facts:
    """A state as conditions see it."""

    def __init__(self, values: dict[str, Any], results: dict[str, dict[str, Any]]) -> None:
        self.values, self.results = values, results

    def value(self, slot: str) -> object | None:
        return self.values.get(slot)

    def result(self, tool: str) -> dict[str, Any] | None:
        return self.results.get(tool)


SLOTS = {
    "size": Slot("size", "choice", choices={"small": ("tiny",), "very large": ()}),
    "age": Slot("age", "int"),
    "parts": Slot("parts", "choice", choices={"lid": (), "box": ()}, many=True),
    "sure": Slot("sure", "yes_no"),
}
STATE = Facts(
    {"size": "very large", "age": 40, "parts": ("lid", "box"), "sure": False},
    {
        "find": {"rows": []},
        "check": {"error": "no"},
        "quote": {"fee": "12.50", "items": [1, 2, 3], "open": False, "way": "Van"},
    },
)


@pytest.mark.parametrize(
    ("text", "true"),
    [
        ("size known", True),
        ("size unknown", False),
        ("size is very large", True),
        ("size is tiny or age above 30", True),
        ("size is not small and age > 39", True),
        ("age >= 41", False),
        ("age below 40 or (age is 40 and parts is lid)", True),
        ("parts above 1", True),
        ("parts above 2", False),
        ("parts < 3 and parts is box", True),
        ("sure is no", True),
        ("sure is not no", False),
        ("check failed", True),
        ("check succeeded", False),
        ("find brought nothing", True),
        ("find succeeded and find brought nothing", True),
        ("other failed", False),
        ("not other succeeded", True),
        ("quote.fee > 12", True),
        ("quote.fee is 12.5", True),
        ("quote.items > 2", True),
        ("quote.open", False),
        ("quote.open is no", True),
        ('quote.way is "van"', True),
        ("quote.missing", False),
        ("quote.missing > 1", False),
        ("quote.missing is not van", True),
        ("not (age > 10 and age > 50)", True),
    ],
)
def test_conditions_hold_as_they_read(text: str, true: bool) -> None:
    assert wrong_term(read_condition(text), SLOTS, ("find", "check", "quote", "other")) is None
    assert holds(read_condition(text), STATE, SLOTS) is true


@pytest.mark.parametrize(
    "text", ["", "and", "age >", "age is", "(age > 3", "age > 3)", "age around 3", "find brought", "3 is age", "not"]
)
def test_what_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(Unreadable):
        read_condition(text)


TERMS = st.one_of(
    st.builds(Known, st.sampled_from(["size", "age"])),
    st.builds(Outcome, st.sampled_from(["find", "check"]), st.sampled_from(["failed", "succeeded", "brought nothing"])),
    st.builds(Compared, st.just("age"), st.just(""), st.sampled_from([">", ">=", "<", "<=", "is"]), st.just("40")),
    st.builds(
        Compared, st.just("quote"), st.sampled_from(["fee", "items"]), st.just(">"), st.sampled_from(["2", "13"])
    ),
)
TREES = st.recursive(
    TERMS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Both, st.tuples(inner, inner)),
        st.builds(Either, st.tuples(inner, inner, inner)),
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_a_condition_is_read_as_it_was_written(tree: Any) -> None:
    assert read_condition(written(tree)) == tree


PIECES = [
    "a",
    "size",
    "age",
    "3",
    ".",
    " ",
    "(",
    ")",
    "<",
    ">=",
    '"',
    "'",
    " and ",
    " or ",
    " is ",
    " not ",
    " known",
    "\n",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_any_text_is_a_condition_or_unreadable(text: str) -> None:
    try:
        read_condition(text)
    except Unreadable:
        return


def test_until_alone_says_whether_a_call_has_come_about(tmp_path: Path) -> None:
    """A check that succeeds and lists nothing is through."""
    talk = Talk(loaded(tmp_path, HALL.replace("times: 3, then", "until: check_pin succeeded, times: 3, then")), {})
    talk.results = {"check_pin": [{"ok": True, "cards": []}]}
    talk.user(flow="watch_lots", bidder="B11")
    assert talk.user(pin="1234")[-1] == "ask:lots"


def test_what_a_required_flow_has_looked_up_can_be_told(tmp_path: Path) -> None:
    text = HALL.replace("      - ask: lots\n", "      - present: check_pin\n      - ask: lots\n")
    talk = Talk(loaded(tmp_path, text), {"check_pin": [{"ok": True}]})
    talk.user(flow="watch_lots", bidder="B11")
    assert talk.user(pin="1234")[-2:] == ["present:check_pin", "ask:lots"]
    assert talk.user(lots="L3") == ["noted", "more:lots"], "told once"


BRANCHES = """\
name: Post
persona: You deliver.
slots:
  way: {type: choice, choices: [porch, shed], ask: Porch or shed?}
flows:
  leave_it:
    when: somebody wants a parcel left
    steps:
      - ask: way
      - confirm: leave_on_porch
        when: way is porch
      - call: leave_on_porch
        when: way is porch
      - confirm: leave_in_shed
        when: way is shed
      - call: leave_in_shed
        when: way is shed
"""


def test_what_is_asked_once_more_is_what_was_asked_about(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(BRANCHES)
    agent = load_agent(tmp_path / "agent.yaml")
    tools = ("leave_on_porch", "leave_in_shed")
    tracker, nowhere = Tracker(agent, {tool: ["way"] for tool in tools}), tmp_path / "wording.yaml"
    bank = AgentBank(agent, agent_lines(agent, tools, nowhere), nowhere)
    composer = Composer(bank, tracker, date(2026, 6, 8), random.Random(0))
    tracker.user(UserMove(("request", "inform:way"), {"way": "shed"}, flow="leave_it"))
    tracker.agent_said(tracker.next().acts)
    tracker.user(UserMove(("affirm",)))
    tracker.agent_said(tracker.next().acts)
    tracker.not_agreed("leave_in_shed")
    move = tracker.next()
    assert move.acts == ("reconfirm", "confirm:leave_in_shed")
    assert "leave in shed" in composer.say(move, None)


@pytest.mark.parametrize(("act", "closed"), [("abuse", False), ("request:recap", False), ("deny", True)])
def test_a_list_is_closed_by_an_answer_alone(agent: Agent, act: str, closed: bool) -> None:
    talk = Talk(agent, {"check_pin": [RIGHT]})
    talk.user(flow="watch_lots", bidder="B11")
    talk.user(pin="1234")
    assert talk.user(lots="L3")[-1] == "more:lots"
    talk.tracker.user(UserMove((act,)))
    assert (talk.tracker.next().acts[-1] == "more:lots") is not closed


def test_who_asks_whether_there_is_anything_else_asks_for_another_item(agent: Agent) -> None:
    talk = Talk(agent, {"check_pin": [RIGHT]})
    talk.user(flow="watch_lots", bidder="B11")
    talk.user(pin="1234")
    tracker = talk.tracker
    tracker.user(UserMove(("inform:lots",), {"lots": "L3"}))
    expected = tracker.next()
    assert "more:lots" in expected.acts
    advance(tracker, ("anything_else",), expected, [])
    tracker.user(UserMove(("deny",)))
    assert tracker.next().acts == ("confirm:watch",)
