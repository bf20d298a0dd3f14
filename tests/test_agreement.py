"""Nothing is written that was not agreed to: other values, conditions and additions are no yes; restatements are."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demeanor.agent.slots import Slot, format_day
from demeanor.runtime.agreement import Exchange

TODAY = date(2026, 6, 8)
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
    return Exchange(asks, answer, TODAY).lacks(agreed, SLOTS, {})


def spoken(name: str, value: Any) -> str:
    return format_day(value) if name == "day" else f"{value} boxes" if name == "boxes" else str(value)


FRAMES = ("Yes, {}.", "Yes please, {}", "ok {}", "{}, perfect, go ahead", "Sure, {} is fine, thanks!")


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
    assert Exchange(asks, "Yes.", TODAY).lacks(agreed, SLOTS, {}) == f"the question did not name the {slot}"


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


def test_two_counts_cannot_be_swapped_nor_one_be_left_out() -> None:
    slots = {"bikes": Slot("bikes", "int"), "seats": Slot("seats", "int")}
    for part in ("yes, rent out the seats", "yes, rent the bikes please"):
        assert Exchange("3 bikes and 2 seats. Shall I rent them out to you?", part, TODAY).lacks({}, slots, {})
    asked = "3 bikes and 2 seats. Shall I rent them out to you?"
    for answer, agrees in (
        ("yes, 3 bikes and 2 seats", True),
        ("yes, 2 bikes and 3 seats", False),
        ("yes please", True),
    ):
        found = Exchange(asked, answer, TODAY).lacks({"bikes": 3, "seats": 2}, slots, {})
        assert (found == "") == agrees, answer
