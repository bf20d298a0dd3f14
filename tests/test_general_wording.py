"""General wording: what customers of any trade say means what it is meant to, in every bank, for every type of slot."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from demeanor import Project
from demeanor.agent import Agent
from demeanor.agent.agentfile import load_agent
from demeanor.agent.slots import KINDS, Resolved, Slot, draw, draw_code, resolve
from demeanor.evaluation.scorecard import Scorecard
from demeanor.reading.learned import LearnedReader
from demeanor.report import page, table, text
from demeanor.report.views import whose_words
from demeanor.runtime.agreement import agrees
from demeanor.simulation.scenario import load_scenarios
from demeanor.simulation.users.goal import draw_style
from demeanor.simulation.wording.defaults import user_lines
from demeanor.simulation.wording.general import EXAMS, SHARES, GeneralBank, general_bank, general_lines, task_of
from demeanor.simulation.wording.project import Wording
from demeanor.simulation.wording.user import REGISTERS, UserBank, own_words, placeholders

BANKS = ("", "exam", "exam2")
DRAWN = 2000
MISREAD = 0.01
FIRST_DAY, DAYS = date(2026, 5, 4), 140
SLOTS = """
name: Clerk
persona: You are the clerk.
country: IE
slots:
  day: {type: date, ask: When?}
  bought: {type: date, past: true, ask: When was it?}
  arrival: {type: date, ask: From when?}
  departure: {type: date, after: arrival, ask: Until when?}
  start_time: {type: time, ask: At what time?}
  boxes: {type: int, min: 1, max: 40, ask: How many boxes?}
  floor: {type: int, min: 0, max: 20, ask: Which floor?}
  weight: {type: number, unit: kg, min: 1, max: 30, ask: How heavy?}
  guests: {type: people, min: 1, max: 9, ask: How many are you?}
  price: {type: money, unit: euros, min: 1, max: 400, ask: How much was it?}
  phone: {type: phone, ask: Your number?, examples: [085 555 0121, 087 555 0177, +353 86 555 0111]}
  email: {type: email, ask: Your mail?, examples: [jo.burns@example.org, kim-lee@example.net]}
  customer_name: {type: name, ask: Your name?, examples: [Maren Holt, Jo O'Brien, Zoë Müller, Yusuf Demir, Le Thu Ha]}
  address: {type: address, ask: Where?, examples: ["9 Mill Lane, York", "17b Castle Street, Dundee"]}
  gift: {type: yes_no, ask: Is it a gift?}
  size: {type: choice, choices: {small: [], large: [big], extra large: []}, ask: Which size?}
  note: {type: text, ask: Anything to add?, examples: [mind the dog, the gate is green]}
  reference: {type: code, pattern: "R-[0-9]{3}", ask: The reference?, examples: [R-193]}
  card_ending: {type: code, pattern: "[0-9]{4}", ask: The last four digits?, examples: ["4417"]}
  parcels: {type: code, pattern: "P-[0-9]{4}", list: true, ask: Which parcels?, examples: [P-1001, P-1002]}
  seat: {type: option, of: find_seats.seat, ask: Which seat?}
flows:
  send_a_parcel: {when: the customer wants it, steps: [{ask: [day, boxes]}, {call: find_seats}, {ask: [price, floor]}]}
"""
UNSAID = ("other_language",)
"""Keys of a few lines in other languages, which no simulated user says yet."""
LETTERS = ("name", "address")
UNHEARD = {"": 39, "exam": 28, "exam2": 37}
"""Agreements that the reader of a yes does not hear, of 95, 61 and 82: none may be added."""


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    file = tmp_path_factory.mktemp("clerk") / "agent.yaml"
    file.write_text(SLOTS, encoding="utf-8")
    return load_agent(file)


def bank_of(agent: Agent, name: str) -> UserBank:
    nowhere = Path("wording/user.yaml")
    return UserBank(agent, user_lines(agent, nowhere, name), nowhere)


# ------------------------------------------------------------------------------- what is said is what is meant


def values_of(agent: Agent, names: list[str], today: date, rng: random.Random) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in names:
        slot = agent.slots[name]
        start = values.get(slot.after or "")
        value = draw(slot, rng, today, start) if slot.type != "code" else draw_code(slot, rng)
        if value is None:
            got = resolve(slot, rng.choice(slot.examples), today)
            assert isinstance(got, Resolved)
            value = got.value
        values[name] = value
    return values


@dataclass(frozen=True)
class Message:
    """One message of somebody who means `values`, with the words that carry them."""

    key: str
    text: str
    mentions: Mapping[str, str]
    values: Mapping[str, Any]
    today: date
    style: str


def messages(agent: Agent, name: str, heads: tuple[str, ...], count: int) -> Iterator[Message]:
    bank, rng = bank_of(agent, name), random.Random(f"general/{name}")
    apart = {n for n, s in agent.slots.items() if s.type in ("option", "yes_no", "text") or s.many}
    keys = [key for key in bank.messages if key.partition(".")[0] in heads]
    keys = [key for key in keys if key.partition(".")[2].split("+")[0] in agent.slots.keys() - apart]
    for _ in range(count):
        key, register = rng.choice(keys), rng.choice(REGISTERS)
        today = FIRST_DAY + timedelta(days=rng.randrange(DAYS))
        names = key.partition(".")[2].split("+")
        begun = [agent.slots[names[0]].after] if len(names) == 1 and agent.slots[names[0]].after else []
        values = values_of(agent, [*filter(None, begun), *names], today, rng)
        style = draw_style(rng)
        said = bank.say(rng.choice(bank.templates(key, register)), values, today, rng, style)
        yield Message(key, said.text, said.mentions, values, today, style)


def otherwise_read(agent: Agent, message: Message) -> Iterator[tuple[Slot, Any]]:
    """What the whole message is read as, where it is another value than meant."""
    known = {n: v for n, v in message.values.items() if n not in message.mentions}
    for name in message.mentions:
        slot, meant = agent.slots[name], message.values[name]
        got = resolve(slot, message.text, message.today, known)
        known[name] = meant
        same = isinstance(got, Resolved) and (
            got.value == meant or (slot.type in LETTERS and str(got.value).lower() == str(meant).lower())
        )
        if isinstance(got, Resolved) and not same:
            yield slot, got.value


@pytest.mark.parametrize("name", BANKS)
def test_hardly_a_message_is_read_as_another_value_and_no_day_or_amount(agent: Agent, name: str) -> None:
    wrong = [
        (slot.type, message, read)
        for message in messages(agent, name, ("inform", "labelled", "correct"), DRAWN)
        for slot, read in otherwise_read(agent, message)
    ]
    assert len(wrong) <= MISREAD * DRAWN, wrong
    # Figures for letters ("tim3 to 12") are the style's doing, not the wording's.
    silent = [found for found in wrong if found[0] in ("date", "money", "time") and found[1].style != "l33t"]
    assert silent == []


@pytest.mark.parametrize("name", BANKS)
def test_the_words_of_a_detail_mean_exactly_its_value(agent: Agent, name: str) -> None:
    kinds: set[str] = set()
    for message in messages(agent, name, ("inform", "labelled", "correct"), DRAWN // 4):
        known = {n: v for n, v in message.values.items() if n not in message.mentions}
        for place, words in message.mentions.items():
            slot, meant = agent.slots[place], message.values[place]
            got = resolve(slot, words, message.today, known)
            known[place] = meant
            assert isinstance(got, Resolved), message
            assert got.value == meant or str(got.value).lower() == str(meant).lower(), message
            assert words in message.text
            kinds.add(slot.type)
    assert kinds >= set(KINDS) - {"option", "yes_no", "text"}


# ------------------------------------------------------------------------------- what every bank has


def sentences_of(bank: GeneralBank) -> Iterator[tuple[str, str, str]]:
    return (
        (key, register, line) for key, lines in bank.lines.items() for register in lines for line in lines[register]
    )


PLACES = {
    "open": {"task"},
    "open_with": {"task", "value"},
    "interrupt": {"task"},
    "inform": {"value"},
    "correct": {"value"},
}


@pytest.mark.parametrize("name", SHARES)
def test_every_share_has_words_for_every_key_with_its_places(name: str) -> None:
    bank = general_bank(name)
    assert bank.lines.keys() == general_bank().lines.keys()
    for key, register, line in sentences_of(bank):
        wanted = PLACES.get(key.partition(".")[0], set())
        wanted = wanted | {"label"} if key.endswith(".labelled") else wanted
        wanted = set() if key in ("inform.yes", "inform.no") else wanted
        assert register in REGISTERS
        assert set(placeholders(line)) == wanted, (key, line)


@pytest.mark.parametrize("name", SHARES)
def test_an_agent_without_wording_can_say_everything_in_every_share(agent: Agent, name: str) -> None:
    bank = bank_of(agent, name)
    assert bank.messages.keys() == bank_of(agent, "").messages.keys()
    assert all(bank.templates(key, register) for key in bank.messages for register in REGISTERS)


def test_no_two_shares_have_a_sentence_in_common() -> None:
    """Practice, selection, the exam and a release meet wording that no dialogue has taught, nor any of the others."""
    said = {
        name: {line for key, _, line in sentences_of(general_bank(name)) if own_words(line) >= 2 and key not in UNSAID}
        for name in ("training", "practice", "selection", *EXAMS)
    }
    assert all(len(lines) > 400 for lines in said.values())
    for one, other in combinations(said, 2):
        assert not said[one] & said[other], (one, other)


# ------------------------------------------------------------------------------- yes, no, and what is neither

READER = LearnedReader({}, {})
QUESTION = "To confirm: replace a card, card ending 4417, reason lost. Shall I go ahead?"


def whole(name: str, key: str) -> list[str]:
    return [line for lines in general_bank(name).lines[key].values() for line in lines]


@pytest.mark.parametrize("name", ["", "exam2"])
@pytest.mark.parametrize("key", ["deny", "unclear", "doubt", "give_up", "off_topic", "dont_know"])
def test_nothing_but_an_agreement_is_heard_as_one(name: str, key: str) -> None:
    assert [line for line in whole(name, key) if agrees(READER, QUESTION, line)] == []


@pytest.mark.parametrize(("name", "most"), UNHEARD.items())
def test_most_agreements_are_heard(name: str, most: int) -> None:
    assert len([line for line in whole(name, "affirm") if not agrees(READER, QUESTION, line)]) <= most


@pytest.mark.parametrize("value", [True, False])
def test_a_yes_or_a_no_of_ones_own_case_is_said_only_where_it_is_read_as_one(agent: Agent, value: bool) -> None:
    bank, slot = bank_of(agent, ""), agent.slots["gift"]
    lines = [line for lines in bank.messages[f"inform.gift.{'yes' if value else 'no'}"].values() for line in lines]
    read = [got.value for line in lines if isinstance(got := resolve(slot, line, FIRST_DAY), Resolved)]
    assert set(read) == {value}
    assert len(read) > len(lines) / 2


# ------------------------------------------------------------------------------- an agent and its own words


def test_sentences_name_the_task_and_the_details(agent: Agent) -> None:
    lines = general_lines(agent)
    opens = [line for register in lines["open"]["send_a_parcel"].values() for line in register]
    assert all("send a parcel" in line.lower() for line in opens)
    # Nobody knows what "three" is; a day is a day.
    assert {tuple(placeholders(line)) for line in opens} == {(), ("day",), ("day", "boxes")}
    assert all("boxes {boxes}" in line for line in opens if "boxes" in placeholders(line))
    assert all("floor" in line.lower() for line in lines["inform"]["floor"]["neutral"])  # its figure counts nothing
    assert "Please put {boxes}." in lines["inform"]["boxes"]["neutral"]
    assert all("{arrival+departure}" in line for line in lines["inform"]["arrival+departure"]["neutral"])


def test_what_looks_like_another_detail_of_the_flow_is_taken_back_by_its_name(agent: Agent) -> None:
    correct = general_lines(agent)["correct"]
    assert all("price" in line.lower() for lines in correct["price"].values() for line in lines)
    assert not all("customer name" in line.lower() for lines in correct["customer_name"].values() for line in lines)
    assert not {"note", "parcels", "seat", "arrival", "departure"} & correct.keys()


@pytest.mark.parametrize(
    ("name", "when", "task"),
    [
        ("book_a_repair", "the customer wants a bike repaired", "book a repair"),
        ("track_a_parcel", "the customer wants to know where a parcel is", "track a parcel"),
        ("where_is_my_card", "the customer wants to know when a card comes", "find out when a card comes"),
        ("where_is_my_card", "the customer misses a card", "find out where is my card"),
        ("my_visits", "the patient misses a visit", "ask about my visits"),
        ("care_advice", "the patient asks how to prepare, or what to do", "find out how to prepare"),
        ("fees", "the customer asks about fees", "ask about fees"),
        ("emergency", "the patient has strong pain, or bleeding", "get help with strong pain"),
        ("reset_password", "the user has forgotten the password", "reset password"),
    ],
)
def test_a_task_is_what_stands_after_i_want_to(agent: Agent, name: str, when: str, task: str) -> None:
    assert task_of(replace(agent.flows["send_a_parcel"], name=name, when=when)) == task


OWN = """
affirm: [Right you are.]
bye: [So long.]
inform: {gift: ["As a gift: {gift}"], reference: ["Ref {reference}"]}
open: {send_a_parcel: [A parcel has to go.]}
"""


def test_own_lines_stand_above_general_ones_also_for_what_these_say_more_specially(
    agent: Agent, tmp_path: Path
) -> None:
    file = tmp_path / "user.yaml"
    file.write_text(OWN, encoding="utf-8")
    bank = UserBank(agent, user_lines(agent, file), file)
    assert bank.messages["affirm"] == {"neutral": ["Right you are."]}
    assert bank.messages["deny"] == general_bank().lines["deny"]
    gone = ("deny_more", "labelled.gift", "inform.gift.yes", "labelled.reference", "correct.reference")
    assert not [key for key in (*gone, "interrupt.send_a_parcel") if bank.has(key)]
    assert all(bank.has(key) for key in ("no_more", "dont_know", "labelled.phone", "correct.phone", "correct.gift"))


def test_a_project_without_wording_has_unseen_wording_in_its_exam(tmp_path: Path) -> None:
    project = Project.init(tmp_path / "shop", "blank")
    project.draw_scenarios("exam", 8)
    drawn = load_scenarios(project.folder.scenarios_path / "exam", project.agent)
    assert {scenario.wording for scenario in drawn} == {"exam"}
    wording = Wording(project.space)
    assert not {*wording.users("exam").templates("thank", "rude")} & {
        *wording.users("training").templates("thank", "rude")
    }


def test_a_scorecard_says_whose_wording_its_users_spoke(tmp_path: Path) -> None:
    shop = Project.init(tmp_path / "shop", "blank")
    shop.draw_scenarios("exam", 3)
    card = shop.evaluate("echo").scorecard
    assert (card.words, Scorecard.from_json(card.to_json()).words) == ("general", "general")
    assert "Users spoke general wording." in text(table([card]))
    released = shop.evaluate("echo", wording="exam2").scorecard
    assert (released.words, released.wording) == ("general", "exam2")
    assert "general" in page([card, released], title="both")


def test_a_bank_is_own_where_every_task_is_opened_in_own_words(tmp_path: Path) -> None:
    shop = Project.init(tmp_path / "shop", "blank")
    file = shop.folder.wording_path / "exam" / "user.yaml"
    file.parent.mkdir(parents=True)
    for lines, hand in (
        ("thank: [Ta.]\n", "own and general"),
        ("open: {book_a_repair: [Mend my bike.]}\n", "own and general"),
        ("open: {book_a_repair: [Mend my bike.], cancel_a_repair: [Stop it.]}\n", "own"),
    ):
        file.write_text(lines, encoding="utf-8")
        assert Wording(shop.space).hand("exam") == hand
    assert {Wording(shop.space).hand(name) for name in ("", "training", "exam2")} == {"general"}


def test_whose_wording_is_said_for_each_arm_where_it_differs(tmp_path: Path) -> None:
    cards = [Scorecard("one", {}, words="own"), Scorecard("two", {}, words="general"), Scorecard("three", {})]
    assert whose_words(cards) == ["one: users spoke own wording.", "two: users spoke general wording."]
    assert whose_words(cards[2:]) == []
