"""Nothing is written that was not agreed to: other values, conditions and additions are no yes; restatements are."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.agent.slots import KINDS, Slot, format_day, shown, ways
from demeanor.reading.learned import LearnedReader
from demeanor.runtime.agreement import Exchange

TODAY = date(2026, 6, 8)
READER = LearnedReader({}, {})
SLOTS = {
    "day": Slot("day", "date"),
    "boxes": Slot("boxes", "int"),
    "size": Slot("size", "choice", choices={"small": (), "medium": ("middle",), "large": ("big",)}),
    "name": Slot("name", "text"),
    "code": Slot("code", "code", pattern="R-[0-9]{3}"),
}
QUESTION = "To confirm: {boxes} boxes, {size}, on {day}, under {name}, code {code}. Shall I order them?"
NAMES = ("Jo O'Brien", "Zoë Müller", "Ana de la Cruz", "Tom Okafor")

values = st.fixed_dictionaries(
    {
        "day": st.integers(1, 200).map(lambda n: TODAY + timedelta(n)),
        "boxes": st.integers(2, 25),
        "size": st.sampled_from(["small", "medium", "large"]),
        "name": st.sampled_from(NAMES),
        "code": st.integers(100, 999).map(lambda n: f"R-{n}"),
    }
)


def lacks(agreed: dict[str, Any], answer: str) -> str:
    asks = QUESTION.format(**{**agreed, "day": format_day(agreed["day"])})
    return Exchange(asks, answer, TODAY, READER).lacks(agreed, SLOTS, {})


def spoken(name: str, value: Any) -> str:
    return format_day(value) if name == "day" else f"{value} boxes" if name == "boxes" else str(value)


FRAMES = ("Yes, {}.", "Yes please, {}", "ok {}", "{}, perfect, go ahead", "yeah, {}, do it")


@given(values, values, st.sampled_from(sorted(SLOTS)), st.sampled_from(FRAMES))
def test_another_value_never_agrees(agreed: dict[str, Any], other: dict[str, Any], slot: str, frame: str) -> None:
    answer = frame.format(spoken(slot, other[slot]))
    if other[slot] != agreed[slot]:
        assert lacks(agreed, answer), answer


@given(values, st.sampled_from(sorted(SLOTS)), st.sampled_from(FRAMES))
def test_a_restatement_agrees(agreed: dict[str, Any], slot: str, frame: str) -> None:
    answer = frame.format(spoken(slot, agreed[slot]))
    assert lacks(agreed, answer) == "", answer


@given(values, st.sampled_from(sorted(SLOTS)))
def test_the_question_has_to_name_every_argument(agreed: dict[str, Any], slot: str) -> None:
    asks = QUESTION.replace("{" + slot + "}", "it").format(**{**agreed, "day": format_day(agreed["day"])})
    assert Exchange(asks, "Yes.", TODAY, READER).lacks(agreed, SLOTS, {}) == f"the question did not name the {slot}"


# One slot of every type, by itself: whatever is said of it beside a yes has to be what was asked about.
EVERY = {
    "date": (Slot("day", "date"), st.integers(1, 200).map(lambda n: TODAY + timedelta(n))),
    "time": (Slot("at", "time"), st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))),
    "int": (Slot("boxes", "int"), st.integers(2, 400)),
    "number": (Slot("weight", "number", unit="kg"), st.integers(2, 60).map(lambda n: n / 2)),
    "people": (Slot("guests", "people"), st.integers(2, 25)),
    "money": (Slot("price", "money"), st.integers(100, 90000).map(lambda n: n / 100)),
    "phone": (Slot("phone", "phone", country="DE"), st.integers(0, 9999999).map(lambda n: f"+49171{n:07d}")),
    "email": (Slot("mail", "email"), st.from_regex(r"[a-z]{3,8}\.[a-z]{3,8}@example\.org", fullmatch=True)),
    "name": (Slot("name", "name"), st.sampled_from(NAMES)),
    "address": (Slot("address", "address"), st.integers(1, 99).map(lambda n: f"{n} Mill Lane, York")),
    "yes_no": (Slot("breakfast", "yes_no"), st.booleans()),
    "choice": (SLOTS["size"], st.sampled_from(["small", "medium", "large"])),
    "text": (Slot("note", "text"), st.sampled_from(["leave it at the back door", "ring twice", "mind the dog"])),
    "code": (SLOTS["code"], st.integers(100, 999).map(lambda n: f"R-{n}")),
}


KNOWING = {kind: LearnedReader({slot.name: slot}, {}) for kind, (slot, _) in EVERY.items()}


def test_every_type_has_its_values_here() -> None:
    assert set(EVERY) == set(KINDS) - {"option"}  # an option is compared by its row


@given(st.data(), st.sampled_from(sorted(EVERY)), st.sampled_from(FRAMES))
def test_another_value_of_any_type_never_agrees(data: st.DataObject, kind: str, frame: str) -> None:
    slot, drawn = EVERY[kind]
    agreed, other, reader = data.draw(drawn), data.draw(drawn), KNOWING[kind]
    asked = f"To confirm: {shown(slot, agreed)}. Shall I do it?"
    said = [format_day(other)] if isinstance(other, date) else [shown(slot, other), *ways(slot, other)[:2]]
    for way in said:
        answer = frame.format(way)
        found = Exchange(asked, answer, TODAY, reader).lacks({slot.name: agreed}, {slot.name: slot}, {})
        assert other == agreed or found or (kind == "yes_no" and "breakfast" not in way), answer


@given(st.data(), st.sampled_from(sorted(EVERY)))
def test_a_value_of_any_type_may_be_said_again(data: st.DataObject, kind: str) -> None:
    slot, drawn = EVERY[kind]
    agreed = data.draw(drawn)
    exchange = Exchange(
        f"To confirm: {shown(slot, agreed)}. Shall I do it?", f"Yes, {shown(slot, agreed)}.", TODAY, READER
    )
    assert exchange.lacks({slot.name: agreed}, {slot.name: slot}, {}) == "", exchange


AGREED = {"day": date(2026, 6, 20), "boxes": 3, "size": "large", "name": "Jo O'Brien", "code": "R-193"}


@pytest.mark.parametrize(
    "answer",
    [
        *("yes", "Yes please.", "go for it", "Yes, order them.", "yep, saturday is fine", "OK, the 20th it is"),
        *("yes, R 193", "yes r193 thank you", "Yes, under Jo O’Brien.", "yes, three boxes please", "aye, big, do it"),
    ],
)
def test_agreement_in_other_words(answer: str) -> None:
    assert lacks(AGREED, answer) == ""


@pytest.mark.parametrize(
    "answer",
    [
        *("Yes, under my wife's name", "Sure, as long as dogs are welcome", "ok, 4 boxes", "yes, but on Sunday"),
        *(
            "yes and add a lid",
            "Yes?",
            "I guess so",
            "thanks",
            "thank you very much indeed",
            "yes, medium",
            "ok, R-194",
        ),
        *(
            "yes, once my boss has seen it",
            "later, yes",
            "oh sure, like last time",
            "yes if it's free",
            "yes for Tom Okafor",
        ),
        *("no change please thank you", "yes, to 5 Mill Lane", "yes, only the boxes", ""),
        *("yes, order the boxes alone", "sure thing, on my boss"),
    ],
)
def test_what_agrees_with_something_else_is_no_yes(answer: str) -> None:
    assert lacks(AGREED, answer)


def test_an_amount_each_is_no_amount_in_all() -> None:
    slots, asked = {"total": Slot("total", "money", unit="dollars")}, "2 places, 240 dollars altogether. May I book?"
    assert Exchange(asked, "yes, 240 each", TODAY, READER).lacks({"total": 240}, slots, {})
    assert not Exchange(asked, "yes, 240 is fine", TODAY, READER).lacks({"total": 240}, slots, {})
    assert not Exchange("2 places at 240 dollars each. May I?", "yes, 240 each", TODAY, READER).lacks({}, slots, {})


def test_two_counts_cannot_be_swapped_nor_one_be_left_out() -> None:
    slots = {"bikes": Slot("bikes", "int"), "seats": Slot("seats", "int")}
    for part in ("yes, rent out the seats", "yes, rent the bikes please"):
        assert Exchange("3 bikes and 2 seats. Shall I rent them out to you?", part, TODAY, READER).lacks({}, slots, {})
    asked = "3 bikes and 2 seats. Shall I rent them out to you?"
    for answer, agrees in (
        ("yes, 3 bikes and 2 seats", True),
        ("yes, 2 bikes and 3 seats", False),
        ("yes please", True),
    ):
        found = Exchange(asked, answer, TODAY, READER).lacks({"bikes": 3, "seats": 2}, slots, {})
        assert (found == "") == agrees, answer


@pytest.mark.parametrize("hour", [h for h in range(1, 13) if h != 11])
def test_an_hour_that_is_a_figure_of_the_question_is_still_another_time(hour: int) -> None:
    slots = {"people": Slot("people", "people"), "at": Slot("at", "time")}
    asked = f"A class for {hour} people at 11:00. Shall I confirm it?"
    for answer in (f"confirm please, at {hour}", f"yes, at {hour}"):
        assert Exchange(asked, answer, TODAY, READER).lacks({"people": hour, "at": time(11)}, slots, {}), answer
    assert not Exchange(asked, "yes, at 11", TODAY, READER).lacks({"people": hour, "at": time(11)}, slots, {})


def test_the_one_of_what_was_counted_is_a_number() -> None:
    slots = {"pairs": Slot("pairs", "int")}
    asked = "I'd reserve two pairs of skis. Shall I reserve them?"
    assert Exchange(asked, "just the one pair, yes", TODAY, READER).lacks({"pairs": 2}, slots, {})
    assert not Exchange(asked, "yes, that's the one", TODAY, READER).lacks({"pairs": 2}, slots, {})
