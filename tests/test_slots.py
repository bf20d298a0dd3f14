"""The resolver against a table of phrases, and its properties on generated ones."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from demeanor.agent.slots import Resolved, Slot, Unresolved, dates_in, format_day, format_stay, numbers_in, resolve

TODAY = dt.date(2026, 5, 20)
SLOTS = {
    slot.name: slot
    for slot in (
        Slot("check_in", "date", begins=True, month_first=False),
        Slot("check_out", "date", after="check_in", month_first=False),
        Slot("guests", "people", min=1, max=6),
        Slot(
            "room_type",
            "choice",
            choices={
                "standard": ("normal", "regular", "basic", "cheapest"),
                "deluxe": ("luxury",),
                "suite": ("junior suite",),
            },
        ),
        Slot(
            "view",
            "choice",
            optional=True,
            choices={"sea": ("sea view", "ocean"), "garden": ("garden view",), "city": ("town",)},
        ),
        Slot(
            "hotel",
            "choice",
            optional=True,
            choices={
                "harbour": ("Seaview Harbour", "harbor", "port"),
                "cliffs": ("cliff",),
                "old town": ("town",),
            },
        ),
        Slot("guest_name", "name"),
        Slot("reference", "code", pattern="SV-[0-9]{4}", examples=("SV-1042",)),
        Slot("offer", "option", source=("search_rooms", "offer")),
    )
}


def _value(slot: str, text: object, today: dt.date, known: dict[str, object]) -> object:
    got = resolve(SLOTS[slot], text, today, known)
    return got.value if isinstance(got, Resolved) else None


def _rows() -> Iterator[tuple[str, object, object, object]]:
    """(slot, text, expected, got) for every expectation of the table."""
    path = Path(__file__).parent / "data" / "slot_phrases.yaml"
    for group in yaml.safe_load(path.read_text(encoding="utf-8")):
        today, known = group["today"], group.get("known", {})
        for text, *expected in group["rows"]:
            if group["slot"] == "stay":
                start = _value("check_in", text, today, {})
                end = _value("check_out", text, today, {"check_in": start} if start else {})
                yield "stay", text, tuple(expected), (start, end)
                alone = _value("check_out", text, today, {})
                yield "stay, end alone", text, end, alone
            else:
                yield group["slot"], text, expected[0], _value(group["slot"], text, today, known)


def test_table_of_phrases() -> None:
    rows = list(_rows())
    wrong = [f"{slot}: {text!r}: expected {want}, got {got}" for slot, text, want, got in rows if want != got]
    print(f"{len(rows) - len(wrong)} of {len(rows)} phrases\n" + "\n".join(wrong))
    assert len(rows) >= 220
    assert len(wrong) <= 0.03 * len(rows), "\n".join(wrong)


# Properties on generated phrases.

SOON = st.dates(TODAY, TODAY + dt.timedelta(360))
ENDINGS = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}
UNITS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def _ordinal(day: dt.date) -> str:
    return f"{day.day}{ENDINGS.get(day.day, 'th')}"


def _words(number: int) -> str:
    if number < 20:
        return UNITS[number - 1]
    tens, unit = divmod(number, 10)
    return TENS[tens - 2] + (f"-{UNITS[unit - 1]}" if unit else "")


FORMATS: dict[str, Callable[[dt.date], str]] = {
    "iso": lambda d: d.isoformat(),
    "12 June": lambda d: f"{d.day} {d:%B}",
    "June 12": lambda d: f"{d:%B} {d.day}",
    "12 jun": lambda d: f"{d.day} {d:%b}".lower(),
    "the 12th of June": lambda d: f"the {_ordinal(d)} of {d:%B}",
    "June 12th, 2026": lambda d: f"{d:%B} {_ordinal(d)}, {d.year}",
    "June the 12th": lambda d: f"{d:%B} the {_ordinal(d)}",
    "Friday 12 June": format_day,
    "fri, june 12th": lambda d: f"{d:%a}, {d:%B} {_ordinal(d)}".lower(),
    "Friday the 12th of June": lambda d: f"{d:%A} the {_ordinal(d)} of {d:%B}",
    "12/6": lambda d: f"{d.day}/{d.month}",
    "12/06/2026": lambda d: f"{d:%d/%m/%Y}",
    "12.06.": lambda d: f"{d:%d.%m.}",
    "12-Jun-2026": lambda d: f"{d.day}-{d:%b}-{d.year}",
    "arriving on 12 June please": lambda d: f"we are arriving on {d.day} {d:%B} please",
}


@pytest.mark.parametrize("shape", FORMATS)
@given(day=SOON)
def test_every_way_to_write_a_day_resolves_to_it(shape: str, day: dt.date) -> None:
    assert _value("check_in", FORMATS[shape](day), TODAY, {}) == day


@given(start=SOON, nights=st.integers(1, 20), shape=st.sampled_from(sorted(FORMATS)))
def test_both_ends_of_a_range(start: dt.date, nights: int, shape: str) -> None:
    end, write = start + dt.timedelta(nights), FORMATS[shape if shape[0] != "a" else "12 June"]
    stays = [
        f"from {write(start)} to {write(end)}",
        f"{write(start)} - {write(end)}",
        f"{write(start)} for {nights} nights",
        f"{_words(nights)} nights from {write(start)}",
        format_stay(start, end),
    ]
    for text in stays:
        assert _value("check_in", text, TODAY, {}) == start, text
        assert _value("check_out", text, TODAY, {"check_in": start}) == end, text
        assert _value("check_out", text, TODAY, {}) == end, text


@given(start=SOON, nights=st.integers(1, 27))
def test_ends_that_borrow_their_month(start: dt.date, nights: int) -> None:
    end = start + dt.timedelta(nights)
    texts = [f"{start.day} {start:%B} till the {_ordinal(end)}"]
    if start.month == end.month:
        texts += [
            f"{start.day}-{end.day} {start:%B}",
            f"{start:%B} {start.day}-{end.day}",
            f"between the {_ordinal(start)} and the {_ordinal(end)} of {start:%B}",
        ]
    for text in texts:
        got = (_value("check_in", text, TODAY, {}), _value("check_out", text, TODAY, {"check_in": start}))
        assert got == (start, end), text


WORDS = [
    "from",
    "to",
    "until",
    "the",
    "of",
    "and",
    "for",
    "not",
    "or",
    "instead",
    "next",
    "this",
    "last",
    "first",
    "weekend",
    "week",
    "night",
    "nights",
    "days",
    "month",
    "friday",
    "mon",
    "june",
    "dec",
    "12",
    "12th",
    "31st",
    "0",
    "99",
    "three",
    "a",
    "couple",
    "me",
    "my",
    "wife",
    "kids",
    "party",
    "adults",
    "12/6",
    "2026",
    "31/02/2026",
    "-",
    ",",
    "(",
    "0000-00-00",
    "february",
    "29",
    "99999999999999",
    "christmas",
    "eve",
    "in",
    "end",
    "deluxe",
    "suite",
    "sv",
    "1042",
    "name",
    "is",
    "please",
    "weekend",
    "of",
    "99",
    "9999-12-31",
    "months",
]
CHATTER = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.integers(),
    st.floats(),
    st.none(),
)


@settings(max_examples=400)
@given(text=CHATTER, today=st.dates(), name=st.sampled_from(sorted(SLOTS)), begun=st.none() | st.dates())
def test_no_text_raises(text: object, today: dt.date, name: str, begun: dt.date | None) -> None:
    known = {"check_in": begun} if begun else {}
    got = resolve(SLOTS[name], text, today, known)
    if isinstance(got, Unresolved):
        assert got.reason.endswith((".", "?"))
        assert len(got.reason) < 300
    elif name == "check_out" and begun:
        assert isinstance(got.value, dt.date)
        assert got.value > begun
    elif name == "guests":
        assert isinstance(got.value, int)
        assert 1 <= got.value <= 6
    dates_in(str(text), today)
    numbers_in(str(text))


@settings(max_examples=300)
@given(text=st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_a_stay_ends_after_it_begins(text: str) -> None:
    start, end = (_value(name, text, TODAY, {}) for name in ("check_in", "check_out"))
    if isinstance(start, dt.date) and isinstance(end, dt.date) and start != end:
        assert end > start


@pytest.mark.parametrize("number", range(1, 100))
def test_numbers_in_words(number: int) -> None:
    slot = Slot("bags", "int")
    for text in (
        _words(number),
        f"{_words(number)} people",
        f"a party of {_words(number)}",
        str(number),
        number,
    ):
        got = resolve(slot, text, TODAY)
        assert isinstance(got, Resolved)
        assert got.value == number, text
    assert numbers_in(f"we have {_words(number)} bags left") == [number]


@given(
    digits=st.text("0123456789", min_size=4, max_size=4),
    shape=st.sampled_from(["SV-{}", "sv{}", "it is sv {}.", "Sv_{}"]),
)
def test_codes_in_any_writing(digits: str, shape: str) -> None:
    assert _value("reference", shape.format(digits), TODAY, {}) == f"SV-{digits}"


def test_a_code_is_shown_in_the_case_of_its_pattern_also_between_bounds() -> None:
    pattern = "(?<![A-Za-z0-9])[A-M][1-9][0-9](?![A-Za-z0-9])"
    for many, meant in ((False, "B10"), (True, ("B10",))):
        got = resolve(Slot("seat", "code", pattern=pattern, many=many), "b10, please", TODAY)
        assert isinstance(got, Resolved)
        assert got.value == meant


def test_codes_of_other_patterns() -> None:
    cases = [
        (r"[A-Z]{2}\d{6}", "ab 123-456", "AB123456"),
        (r"\d{3}-\d{3}", "it's 123456", "123-456"),
        (r"(AB|CD)[0-9]+", "my code: cd77", "CD77"),
    ]
    for pattern, text, expected in cases:
        got = resolve(Slot("code", "code", pattern=pattern), text, TODAY)
        assert isinstance(got, Resolved)
        assert got.value.upper() == expected  # type: ignore[union-attr]


def test_claims_in_a_reply() -> None:
    reply = "A deluxe room from Friday 12 June to Monday 15 June, 3 nights: 140 euros a night, 420.50 in total."
    assert dates_in(reply, TODAY) == [dt.date(2026, 6, 12), dt.date(2026, 6, 15)]
    assert numbers_in(reply) == [3, 140, 420.5]
    assert numbers_in("Your booking SV-1042 for the 12th, the cheapest one, costs 1,250 euros.") == [1250]
    assert dates_in("The sun terrace is open from 10 to 18, you may come any time, 24/7.", TODAY) == []
    assert dates_in("from the 28th of June to the 2nd", TODAY) == [dt.date(2026, 6, 28), dt.date(2026, 7, 2)]


def test_words_for_days_and_stays() -> None:
    assert format_day(dt.date(2026, 6, 12)) == "Friday 12 June"
    assert format_stay(dt.date(2026, 6, 12), dt.date(2026, 6, 15)) == "Friday 12 June to Monday 15 June, 3 nights"
    assert format_stay(dt.date(2026, 6, 12), dt.date(2026, 6, 13)).endswith("Saturday 13 June, 1 night")


def test_plain_values_pass() -> None:
    assert _value("check_in", dt.date(2026, 6, 12), TODAY, {}) == dt.date(2026, 6, 12)
    assert _value("check_in", dt.datetime(2026, 6, 12, 9), TODAY, {}) == dt.date(2026, 6, 12)
    assert _value("guests", 3, TODAY, {}) == 3
    assert _value("guests", True, TODAY, {}) is None


def test_reasons_say_what_is_allowed() -> None:
    def reason(name: str, text: str) -> str:
        got = resolve(SLOTS[name], text, TODAY, {"check_in": dt.date(2026, 6, 12)})
        assert isinstance(got, Unresolved)
        return got.reason

    assert "from 1 to 6" in reason("guests", "nine people")
    assert "standard, deluxe, suite" in reason("room_type", "penthouse")
    assert "SV-1042" in reason("reference", "no idea")
    assert "later than Friday 12 June" in reason("check_out", "10 June 2026")
    assert "12 June is a Friday, not a Monday" in reason("check_in", "Monday 12 June")


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("5 nights, Monday 8 to Friday 12 June", False),
        ("from 8 to 12 June, for three nights", False),
        ("two weeks, 8 to 15 June", False),
        ("a week, 8 to 12 June", True),  # "a" and "the" do not always say a length
        ("4 nights, Monday 8 to Friday 12 June", True),
        ("five days, from 8 June until the 12th", True),  # the last day counted as well
        ("from 8 June until the 12th, so 4 days", True),
        ("8 to 22 June, two weeks", True),
        ("8 to 21 June, two full weeks", True),
        ("8 June to 8 July, one month", True),
        ("8 June to 8 August, two months", True),
        ("8 June to 8 July, two months", False),
    ],
)
def test_a_length_is_that_of_the_days_beside_it(text: str, agrees: bool) -> None:
    for name in ("check_in", "check_out"):
        got = resolve(SLOTS[name], text, TODAY, {})
        if agrees:
            assert isinstance(got, Resolved)
        else:
            assert isinstance(got, Unresolved)
            assert "which is meant?" in got.reason


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("check_in", "5 or 12 June"),
        ("check_in", "the 5th or the 12th of June"),
        ("check_in", "next Tuesday or Wednesday"),
        ("guests", "two of us, or three if my brother gets leave"),
        ("guests", "four or maybe five"),
        ("room_type", "a deluxe or a suite"),
    ],
)
def test_a_choice_that_is_left_open_is_asked_for(name: str, text: str) -> None:
    got = resolve(SLOTS[name], text, TODAY)
    assert isinstance(got, Unresolved)
    assert "ask for one" in got.reason


def test_an_or_that_leaves_nothing_open_is_read() -> None:
    assert resolve(SLOTS["check_in"], "12 June, around 3 or 4 pm", TODAY).value == dt.date(2026, 6, 12)  # type: ignore[union-attr]
    beds = Slot("beds", "choice", choices={"twin or double": (), "twin": (), "double": ()})
    assert resolve(beds, "twin or double", TODAY) == Resolved("twin or double", "twin or double")
    for name, text, value in (("guests", "two or so", 2), ("room_type", "a suite or nothing", "suite")):
        assert resolve(SLOTS[name], text, TODAY) == Resolved(value, text)


def test_the_slow_parser_stays_unloaded() -> None:
    """Ordinary phrases never reach dateparser, whose import alone costs more than thousands of them."""
    code = (
        "import sys, datetime as dt; from demeanor.agent.slots import Slot, resolve\n"
        "for t in ('12 to 15 June', 'next weekend', 'whenever', 'for 3 nights', '5 nights in june'):\n"
        "    resolve(Slot('a', 'date'), t, dt.date(2026, 5, 20))\n"
        "sys.exit('dateparser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


BOXES = Slot("boxes", "int", ask="How many boxes shall we bring?")


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        *(("10 boxes, my boss needs them", 10), ("10 boxes", 10), ("ten", 10), ("eighty-one boxes, please", 81)),
        *(("3 boxes for my two kids", 3), ("6", 6), ("a box, please", 1), ("12 boxes on 14 June at 10:30", 12)),
        *(("5 boxes, that makes 20 euros?", 5), ("no, sorry, 7 boxes", 7), ("1,200 boxes", 1200)),
        *(
            ("2 or 3", None),
            ("about 20 boxes", None),
            ("between 4 and 6", None),
            ("a few", None),
            ("me and my wife", None),
        ),
        *(("5-10 boxes", None), ("we are 3 and have 40 things", None), ("at 10:30", None), ("20 euros", None)),
    ],
)
def test_things_are_counted_by_their_own_number(said: str, meant: int | None) -> None:
    got = resolve(BOXES, said, TODAY)
    assert (got.value if isinstance(got, Resolved) else None) == meant, got


@pytest.mark.parametrize("past", [False, True])
def test_an_hour_before_may_is_no_day_of_it(past: bool) -> None:
    """ "15:00. May I ..." is no 0 May."""
    said = "ready to collect on Wednesday 8 July at 15:00. May I put that in?"
    assert [day.month for day in dates_in(said, dt.date(2026, 6, 8), past)] == [7]
