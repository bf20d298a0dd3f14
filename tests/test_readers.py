"""What is heard in single replies of other hands about BookEase, which taught the reader nothing: no less than when it
was last measured.

Lines that nobody looked at are counted by bench/readers.py, not here: a test that fails is looked at.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

from demeanor.agent.description import Voice
from demeanor.evaluation.evaluate import Evaluator
from demeanor.reading.claims import Evidence, deeds, invented
from demeanor.reading.learned import LearnedReader
from demeanor.reading.voice import VoiceReader
from demeanor.runtime.workspace import Workspace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))

from readers import read

LEAST = {
    "asks_again": 0.5,
    "claims_booked": 0.75,
    "claims_cancelled": 0.9,
    "refund_step": 0.9,
    "off_voice": 0.94,
    "harmless_dates": 0.86,
    "harmless_done": 0.9,
    "harmless_voice": 0.8,
}
"""Of each set, the hardest included; bench/results/reading.md has them all."""
DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("name", ["broken-unseen.yaml", "broken-more.yaml", "broken-third.yaml", "broken-fourth.yaml"])
def test_other_hands_are_read(evaluator: Evaluator, name: str) -> None:
    found = read(evaluator, DATA / name)
    assert len(found) >= 5
    for kind, (wrong, count) in found.items():
        assert 1 - len(wrong) / count >= LEAST[kind], (kind, wrong)


DEEDS: list[tuple[str, bool]] = [
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
    # Any verb that is not harmless, by whoever did it.
    ("I've nabbed the suite for you.", True),
    ("The system just accepted your reservation.", True),
    ("You may rest easy, the suite is reserved.", True),
    ("I made the reservation for you, from 8 until 11 August.", True),
    ("There is no longer any stay under your name.", True),
    ("I’ve let go of your room.", True),
    ("Your room is booked - is there anything else?", True),
    ("I've pulled up your booking.", False),
    ("I have received your request for a room.", False),
    ("I've passed your question on to the team.", False),
    ("I've changed the dates of my search.", False),
    ("The room you liked has been renovated this year.", False),
    ("Your room has a sea view and is cleaned every day.", False),
    ("Your reservation was made on 3 May for two guests.", False),
    ("The suite is reserved for guests with children.", False),
    ("Just say the word and the room is yours.", False),
    ("You told me the booking was cancelled last week.", False),
    ("If fewer than 3 days are left, one night is charged and the rest of the total is refunded.", False),
    ("Your booking is kept, and your room is waiting for you.", False),
]


def test_a_deed_is_told_from_a_promise(workspace: Workspace) -> None:
    """Hard ones, which were collected where lists of words had failed."""
    wrong = [(said, claims) for said, claims in DEEDS if bool(deeds(workspace.reader, said)) != claims]
    assert len(wrong) <= 0.3 * len(DEEDS), wrong


def test_a_reference_given_out_says_that_it_is_booked(evaluator: Evaluator) -> None:
    def claims(reply: str) -> list[str]:
        seen = Evidence(("Please cancel SV-1042.",), False, date(2026, 6, 8))
        told = deeds(evaluator.reader, reply, "Yes, please.")
        return [
            c for c in invented(evaluator.space.agent, reply, seen, evaluator.lexicon, told) if c.startswith("says")
        ]

    assert claims("Your booking number is SV-4410; please keep it at hand.")
    assert claims("So I have you down for Friday.")
    assert not claims("I could not find the reference SV-4410.")
    assert not claims("So I have you down for Friday. Is that right?")


def test_words_of_the_bank_and_the_law_need_a_source(evaluator: Evaluator) -> None:
    def claims(reply: str, *seen: str) -> list[str]:
        return invented(evaluator.space.agent, reply, Evidence(seen, False, date(2026, 6, 8)), evaluator.lexicon)

    assert claims("By law you may withdraw.") == ["policy: by law"]
    assert claims("You get 15% of it.", "It is 15 euros.") == ["policy: 15%"]
    assert not claims("You get 15% of it.", "15% is paid out.")
    assert not claims("The harbour is quiet on a bank holiday.")


READER = LearnedReader({}, {})
QUIET = ["When would you like to arrive?", "May I have your name, please?", "That is done for you."]
SURFER = ["Yo, gimme your dates!! 🏄", "Sweet, dude, which day you rollin in??", "Stoked, it's all yours!! 🏄"]


def test_what_the_voice_itself_says_is_not_held_against_it() -> None:
    quiet, surfer = VoiceReader(READER, Voice(), QUIET), VoiceReader(READER, Voice(), SURFER)
    assert quiet.faults("Yo, gimme your dates!!")
    assert not quiet.faults("Which dates would you like?")
    assert not surfer.faults("Yo, gimme the name!! 🏄")
    assert not any("shouting" in fault or "emoji" in fault for fault in surfer.faults("Yo!! 🏄"))


def test_what_the_description_allows_is_no_fault() -> None:
    said = "Hark, the night is upon us, and woe to him who wanders!"
    assert any("theatrical" in fault for fault in VoiceReader(READER, Voice(), QUIET).faults(said))
    assert not any("theatrical" in f for f in VoiceReader(READER, Voice(allow=("theatrical",)), QUIET).faults(said))


def test_currencies_and_names_in_capitals_are_no_shouting() -> None:
    voice = VoiceReader(READER, Voice(), QUIET, ["SEAVIEW CLUB"])
    assert not voice.faults("It costs 420 EUR at the SEAVIEW CLUB.")
    assert voice.faults("GIVE ME YOUR DATES")


WARM = [
    "I'm sorry for your loss; it's not your fault at all.",
    "Of course, I'll just check that for you.",
    "Oh, lovely! The suite is the most spacious of all our rooms.",
    "Alright, the total price will be 660 euros.",
    "Well-behaved dogs are welcome in every garden-view room, and there is a walk-in shower.",
    "I'll book it now.",
    "Lovely to hear from you again, it's a tight squeeze that week.",
    "How very kind of you! The path is lit, and the baby cot is free.",
]


def test_warm_and_plain_words_are_no_fault(evaluator: Evaluator) -> None:
    blamed = {reply: faults for reply in WARM if (faults := evaluator.voice.faults(reply))}
    assert len(blamed) <= 1, blamed
