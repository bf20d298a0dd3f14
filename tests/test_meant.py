"""Which of several values in an answer is meant: the same law for every type of slot."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from demeanor.agent.slots import Resolved, Slot, resolve, shown, ways

TODAY = date(2026, 6, 8)
SIZES = ("small", "medium", "large")
TYPES: dict[str, tuple[Slot, st.SearchStrategy[Any]]] = {
    "date": (Slot("day", "date"), st.integers(1, 120).map(lambda n: TODAY + timedelta(n))),
    "time": (Slot("at", "time"), st.integers(0, 95).map(lambda n: time(n // 4, n % 4 * 15))),
    "int": (Slot("boxes", "int", ask="How many boxes?"), st.integers(2, 400)),
    "number": (Slot("weight", "number", unit="kg"), st.integers(4, 120).map(lambda n: n / 2)),
    "money": (Slot("price", "money", unit="euros"), st.integers(200, 90000).map(lambda n: n / 100)),
    "code": (Slot("code", "code", pattern="R-[0-9]{3}"), st.integers(100, 999).map(lambda n: f"R-{n}")),
    "choice": (Slot("size", "choice", choices=dict.fromkeys(SIZES, ())), st.sampled_from(SIZES)),
}  # fmt: skip


def plainly(slot: Slot, value: Any) -> str:
    return f"{value.day} {value:%B}" if isinstance(value, date) else shown(slot, value)


def read(slot: Slot, text: str) -> Any:
    got = resolve(slot, text, TODAY)
    return got.value if isinstance(got, Resolved) else None


two_values = st.sampled_from(sorted(TYPES)).flatmap(
    lambda kind: st.tuples(st.just(TYPES[kind][0]), TYPES[kind][1], TYPES[kind][1])
)


@given(two_values, st.sampled_from(["{}, no, sorry, {}", "{}... no wait, {}", "{}, I mean {}", "{}. Scratch that, {}"]))
def test_after_a_correction_the_later_counts(two: tuple[Slot, Any, Any], frame: str) -> None:
    slot, first, second = two
    text = frame.format(plainly(slot, first), plainly(slot, second))
    assert read(slot, text) == second, text


@given(two_values, st.sampled_from(["not {}, {} please", "{} instead of {}"]))
def test_what_is_rejected_is_out(two: tuple[Slot, Any, Any], frame: str) -> None:
    slot, first, second = two
    assume(first != second)
    text = frame.format(plainly(slot, first), plainly(slot, second))
    assert read(slot, text) == (second if frame.startswith("not") else first), text


@given(two_values, st.sampled_from(["{} or {}", "either {} or {}", "{}, or maybe {}", "{} or {}, I don't know yet"]))
def test_what_is_left_open_is_asked_back(two: tuple[Slot, Any, Any], frame: str) -> None:
    slot, first, second = two
    assume(first != second)
    text = frame.format(plainly(slot, first), plainly(slot, second))
    assert read(slot, text) is None, text


@given(two_values, st.sampled_from(["{}", "{}, please.", "Yes, {}, thanks", "ok so {}", "{} would be great"]))
def test_one_value_is_read_in_any_of_its_ways(two: tuple[Slot, Any, Any], frame: str) -> None:
    slot, value, _ = two
    text = frame.format(plainly(slot, value))
    assert read(slot, text) == value, text


@pytest.mark.parametrize("kind", sorted(TYPES))
@given(st.data(), st.text(max_size=60))
def test_no_text_gives_a_value_of_another_type(kind: str, data: st.DataObject, text: str) -> None:
    slot, values = TYPES[kind]
    got = read(slot, text)
    assert got is None or isinstance(got, (type(data.draw(values)), int, float))


@given(two_values)
def test_a_way_to_say_a_value_never_means_another(two: tuple[Slot, Any, Any]) -> None:
    slot, value, _ = two
    for way in () if isinstance(value, date) else ways(slot, value):
        assert read(slot, way) in (value, None), way


@pytest.mark.parametrize(
    ("slot", "value", "told"),
    [
        (Slot("day", "date", "", month_first=True), date(2026, 9, 1), "Tuesday, September 1"),
        (Slot("day", "date", "", month_first=False), date(2026, 9, 1), "Tuesday 1 September"),
        (Slot("born", "date", "", month_first=True, past=True), date(1980, 9, 1), "Monday, September 1, 1980"),
    ],
)
def test_a_day_is_said_as_its_country_says_it(slot: Slot, value: date, told: str) -> None:
    assert shown(slot, value) == told


@pytest.mark.parametrize(
    ("slot", "value", "said"),
    [
        (Slot("price", "money", "", unit="dollars"), 40, ["40", "40 dollars", "$40.00"]),
        (Slot("price", "money", "", unit="pounds"), 12.5, ["12.50", "12 pounds 50", "£12.50"]),
        (Slot("price", "money", "", unit="crowns"), 7, ["7", "7 crowns", "crowns 7.00"]),
        (
            Slot("phone", "phone", "", country="US"),
            "+16175550143",
            ["+16175550143", "+1 617-555-0143", "(617) 555-0143"],
        ),
        (Slot("phone", "phone", "", country="DE"), "+447700900123", ["+447700900123", "+44 7700 900123"]),
    ],
)
def test_a_value_is_said_in_its_own_currency_and_country(slot: Slot, value: Any, said: list[str]) -> None:
    assert ways(slot, value) == said
    if "crowns" not in slot.unit:
        assert {r.value for r in (resolve(slot, w, date(2026, 6, 8)) for w in said) if isinstance(r, Resolved)} == {
            value
        }
