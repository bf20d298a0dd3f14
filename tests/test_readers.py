"""What readers of single replies find in lines of other hands: no less than when they were last mended on them.

Lines that nobody looked at are counted by bench/readers.py, not here: a test that fails is looked at.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from demeanor.evaluation.evaluate import Evaluator
from demeanor.understanding.done import done_claims
from demeanor.understanding.register import Register

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

from readers import read

# A rule without a strange word contradicts no page's vocabulary; a tone without a sign is not read.
LEAST = {"refund_step": 0.8, "off_voice": 0.85}
DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", ["broken-unseen.yaml", "broken-more.yaml"])
def test_other_hands_are_read(evaluator: Evaluator, name: str) -> None:
    found = read(evaluator, DATA / name)
    assert len(found) >= 5
    for kind, (wrong, count) in found.items():
        least = LEAST.get(kind, 0.94)
        assert 1 - len(wrong) / count >= least, (kind, wrong)


@pytest.mark.parametrize(
    ("sentence", "claims"),
    [
        ("I've gone ahead and booked the suite.", True),
        ("The reservation went through.", True),
        ("Consider it cancelled.", True),
        ("Your stay is no longer in our system.", True),
        ("Once you say yes, your room is booked.", False),
        ("Nothing has been booked yet.", False),
        ("Your booking has not been cancelled.", False),
        ("Is it booked?", False),
        ("All our suites are booked for these dates.", False),
        ("On your day of departure the room is yours until 11:00.", False),
        ("I'll book it as soon as you confirm.", False),
    ],
)
def test_a_deed_is_told_from_a_promise(sentence: str, claims: bool) -> None:
    assert bool(done_claims(sentence)) is claims


def test_what_the_voice_itself_says_is_not_held_against_it() -> None:
    quiet = Register(["When would you like to arrive?"])
    assert quiet.faults("Yo, gimme your dates!!")
    assert not quiet.faults("Which dates would you like?")
    surfer = Register(["Yo, gimme your dates!! 🏄"])
    assert not surfer.faults("Yo, gimme the name!! 🏄")
    assert surfer.faults("State your name.") == ["officialese: State your", "an order: State"]


def test_currencies_and_names_in_capitals_are_no_shouting() -> None:
    register = Register(["When would you like to arrive?"], ["SEAVIEW CLUB"])
    assert not register.faults("It costs 420 EUR at the SEAVIEW CLUB.")
    assert register.faults("GIVE ME YOUR DATES")
