"""What flows demand is held by code, whatever a model says: what comes first, how often, and who takes over then."""

from __future__ import annotations

from pathlib import Path

import pytest

from conftest import TODAY
from demeanor.dialogue import ToolCall
from demeanor.errors import ConfigError
from demeanor.models.model import Completion
from demeanor.models.scripted import ByteTokenizer
from demeanor.project import ProjectFolder
from demeanor.runtime.prompt import call_text
from demeanor.runtime.session import Session
from demeanor.runtime.workspace import Workspace
from test_flow_language import HALL

TOOLS = """
from demeanor import ToolRefused, World

def check_pin(world: World, bidder: str, pin: str) -> dict:
    \"\"\"Check a bidder's PIN.\"\"\"
    if pin != "4711":
        raise ToolRefused("That PIN is wrong.")
    return {"bidder": bidder}

def offer(world: World, lot: str, bid: float | None = None) -> dict:
    \"\"\"Ask what a lot costs, or offer a price.\"\"\"
    least = 110
    return {"price": least, "accepted": bid is not None and bid >= least}

def buy(world: World, lot: str, bid: float, way: str, street: str | None = None, note: str | None = None) -> dict:
    \"\"\"Buy a lot.\"\"\"
    world.sql("INSERT INTO sales (lot, price) VALUES (:lot, :bid)", lot=lot, bid=bid)
    return {"bought": lot, "price": bid}

def watch(world: World, lots: list[str]) -> dict:
    \"\"\"Watch lots.\"\"\"
    return {"watching": len(lots)}
"""


@pytest.fixture
def session(tmp_path: Path) -> Session:
    (tmp_path / "agent.yaml").write_text(HALL)
    (tmp_path / "tools.py").write_text(TOOLS)
    (tmp_path / "world").mkdir()
    (tmp_path / "world" / "schema.sql").write_text("CREATE TABLE sales (lot TEXT, price REAL);")
    (tmp_path / "world" / "seed.sql").write_text("")
    space = Workspace.load(ProjectFolder.find(tmp_path))
    return space.session(space.renderer(ByteTokenizer()), space.new_world(TODAY))


def says(session: Session, text: str = "", note: str = "", **call: object) -> bool:
    """The model writes a message; True when its turn is over."""
    name = str(call.pop("call", ""))
    written = call_text(ToolCall(name, dict(call))) if name else ""
    noted = f"<note>{note}</note>" if note else ""
    return session.receive(Completion((), "\n".join(filter(None, (noted, text, written))), False))


def identified(session: Session, *pins: str) -> None:
    session.hear("I am B11, I want to buy L3")
    for pin in pins:
        says(session, "Your PIN?")
        session.hear(f"It is {pin}")
        says(session, call="check_pin", bidder="B11", pin=pin)


def test_nothing_runs_before_what_it_requires(session: Session) -> None:
    session.hear("I am B11, I want to buy L3 for 120 euros, pick-up")
    says(session, "L3 for 120 euros, pick-up. Shall I buy it?")
    session.hear("yes")
    assert not says(session, call="buy", lot="L3", bid="120 euros", way="pick-up")
    assert session.calls[-1].result == {"error": "not yet: identify comes first"}
    assert not says(session, call="offer", lot="L3")
    assert session.calls[-1].refused
    assert session.world.tables()["sales"] == []


def test_after_it_they_run(session: Session) -> None:
    identified(session, "1234", "4711")
    says(session, call="offer", lot="L3")
    assert session.calls[-1].result["price"] == 110


def test_after_the_last_try_a_person_takes_over_by_the_model(session: Session) -> None:
    identified(session, "1234", "1234", "9999")
    assert not session.handed_over, "the model has a message to do it itself"
    assert says(session, "I'm passing you on.", call="hand_over", to="security", reason="three wrong PINs")
    handover = session.handover
    assert handover is not None
    assert (handover.to, handover.reason, handover.by_code) == ("security", "three wrong PINs", False)


def test_after_the_last_try_a_person_takes_over_by_code(session: Session) -> None:
    identified(session, "1234", "1234", "9999")
    assert not says(session, call="check_pin", bidder="B11", pin="9999")
    assert session.calls[-1].result == {"error": "that was the last try"}
    assert says(session, "Let us try another PIN!")
    handover = session.handover
    assert handover is not None
    assert (handover.to, handover.reason, handover.by_code) == ("security", "three wrong PINs", True)
    assert session.reply().handover == handover


def test_a_handover_says_what_is_known_and_done(session: Session) -> None:
    identified(session, "4711")
    says(session, note="lot: L3", call="offer", lot="L3")
    says(session, "110 euros. What would you pay?")
    session.hear("110 euros, pick-up")
    says(session, "L3 for 110 euros, pick-up. Shall I buy it?", note="bid: 110 euros; way: pick-up")
    session.hear("yes")
    says(session, call="buy", lot="L3", bid="110 euros", way="pick-up")
    assert session.calls[-1].ok, session.calls[-1].result
    says(session, call="hand_over", to="sales", reason="wants an invoice")
    told = session.handovers[-1].to_json()
    assert told["known"] == {"lot": "L3", "bid": "110 euros", "way": "pick-up"}
    assert told["done"] == [{"tool": "buy", "arguments": {"lot": "L3", "bid": 110.0, "way": "pick-up"}}]
    assert session.world.tables()["sales"] != []


def test_nobody_else_takes_over(session: Session) -> None:
    session.hear("Give me the boss")
    assert not says(session, call="hand_over", to="boss", reason="asked for")
    assert "security, sales" in str(session.calls[-1].result["error"])
    assert not session.handed_over


def test_the_tool_that_hands_over_is_the_agents_own(tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(HALL)
    own = 'def hand_over(world: World, to: str) -> dict:\n    """Mine."""\n    return {}\n'
    (tmp_path / "tools.py").write_text(TOOLS + "\n" + own)
    with pytest.raises(ConfigError, match="the agent's own tool"):
        Workspace.load(ProjectFolder.find(tmp_path))


@pytest.mark.parametrize(
    ("answer", "bids"), [("Yes, please.", [90.0, 110.0]), ("Hm, who knows.", [90.0]), ("No.", [90.0])]
)
def test_a_counter_offer_waits_for_a_yes(session: Session, answer: str, bids: list[float]) -> None:
    """Whoever does not say yes to it offers neither it nor, once more, what they offered before."""
    identified(session, "4711")
    says(session, "What would you pay?", note="lot: L3; need: bid")
    session.hear("I'd pay 90 euros")
    says(session, note="bid: 90 euros; need: nothing", call="offer", lot="L3", bid="90 euros")
    says(session, "The least is 110 euros. Would that suit you?")
    session.hear(answer)
    says(session, call="offer", lot="L3", bid="110 euros")
    asked = [call for call in session.calls if call.call.name == "offer"]
    assert [float(call.values["bid"]) for call in asked if call.ok] == bids
    assert asked[-1].ok == (len(bids) == 2)
