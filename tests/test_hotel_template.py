"""The hotel template against itself: tools, seed, pages and questions must tell the same story."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy.exc import IntegrityError

import demeanor
from demeanor.agent import load_agent
from demeanor.agent.slots import Slot
from demeanor.runtime.tools import ToolResult, World, call_tool, fresh_world, lasting_world, load_tools

HOTEL = Path(demeanor.__file__).parent / "templates" / "hotel"
SCRIPTS = (HOTEL / "world" / "schema.sql", HOTEL / "world" / "seed.sql")
# Plain values in: these tests are about the template alone; the words of guests have tests of their own.
NO_SLOTS: Mapping[str, Slot] = {}
TOOLS = load_tools(HOTEL / "tools.py", NO_SLOTS)
TODAY = date(2026, 6, 8)
BOOKING_KEYS = ["reference", "hotel", "room", "stay", "total", "guest_name"]


def new_world(today: date = TODAY) -> World:
    return fresh_world(*SCRIPTS, "", today)


def open_world(path: Path) -> World:
    return lasting_world(*SCRIPTS, f"sqlite:///{path}", TODAY)


def call(world: World, name: str, **arguments: Any) -> ToolResult:
    result = call_tool(TOOLS[name], arguments, world, NO_SLOTS)
    assert not result.failed, result.trace
    return result


def search(world: World, first: date, nights: int, guests: int = 2, room: str = "standard", **more: str) -> Any:
    last = (first + timedelta(days=nights)).isoformat()
    return call(
        world,
        "search_rooms",
        check_in=first.isoformat(),
        check_out=last,
        guests=guests,
        room_type=room,
        **more,
    ).content


def book(world: World, first: date, nights: int = 3, **more: Any) -> dict[str, Any]:
    offer = search(world, first, nights, **more)["rooms"][0]["offer"]
    return call(world, "book_room", offer=offer, guest_name="Ana Li").content


def passages() -> dict[str, str]:
    found = {}
    for page in sorted((HOTEL / "knowledge").glob("*.md")):
        for heading, body in re.findall(r"^## (.+)\n\n(.+)$", page.read_text(encoding="utf-8"), re.MULTILINE):
            slug = re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
            found[f"{page.stem}#{slug}"] = f"{heading}. {body}"
    return found


# --- what the tools return ---


def test_results_hold_finished_text_and_few_keys() -> None:
    world = new_world()
    found = search(world, date(2026, 6, 12), 3, guests=3, room="deluxe")
    assert list(found) == ["stay", "guests", "room", "rooms"]
    assert found["stay"] == "Friday 12 June to Monday 15 June, 3 nights"
    assert list(found["rooms"][0]) == ["offer", "hotel", "view", "total"]
    booked = call(world, "book_room", offer=found["rooms"][0]["offer"], guest_name="Ana Li").content
    assert list(booked) == BOOKING_KEYS
    assert (booked["total"], booked["stay"]) == (found["rooms"][0]["total"], found["stay"])
    known = call(world, "find_booking", reference=booked["reference"]).content
    assert known == {**booked, "refund": "a full refund"}
    gone = call(world, "cancel_booking", reference=booked["reference"]).content
    assert gone == {**booked, "status": "cancelled", "refund": "a full refund"}


@pytest.mark.parametrize("room", ["standard", "deluxe", "suite"])
@pytest.mark.parametrize("first", [date(2026, 7, 28), date(2026, 8, 1), date(2027, 2, 6), date(2027, 11, 20)])
def test_offers_are_cheapest_first_and_cannot_be_confused(first: date, room: str) -> None:
    rooms = search(new_world(date(2026, 7, 1)), first, 4, room=room)["rooms"]
    assert len(rooms) == 2
    assert [r["total"] for r in rooms] == sorted({r["total"] for r in rooms})
    assert len({(r["hotel"], r["view"]) for r in rooms}) == 2


def test_wishes_for_view_and_hotel_are_kept() -> None:
    rooms = search(new_world(), date(2026, 6, 16), 2, view="sea", hotel="cliffs")["rooms"]
    assert [(r["hotel"], r["view"]) for r in rooms] == [("Seaview Cliffs", "sea view")]
    assert search(new_world(), date(2026, 6, 16), 2, view="garden", hotel="harbour")["rooms"] == []


def test_a_stay_in_another_year_says_the_year() -> None:
    assert search(new_world(), date(2026, 12, 30), 3)["stay"].endswith("Saturday 2 January 2027, 3 nights")


@pytest.mark.parametrize(
    ("first", "nights", "guests", "said"),
    [
        (date(2026, 6, 7), 2, 2, "in the past"),
        (date(2026, 6, 12), 0, 2, "after the day of arrival"),
        (date(2026, 6, 12), 31, 2, "at most 30 nights"),
        (date(2027, 11, 29), 2, 2, "until Tuesday 30 November 2027"),
        (date(2026, 6, 12), 2, 3, "A deluxe room fits 3 guests"),
        (date(2026, 6, 12), 2, 5, "A suite fits 5 guests"),
        (date(2026, 6, 12), 2, 7, "largest room takes up to 6"),
    ],
)
def test_search_refuses_what_cannot_be(first: date, nights: int, guests: int, said: str) -> None:
    assert said in search(new_world(), first, nights, guests)["error"]


def test_the_agent_s_slots_and_the_guest_s_words_lead_to_a_booking() -> None:
    slots = load_agent(HOTEL / "agent.yaml").slots
    tools, world = load_tools(HOTEL / "tools.py", slots), new_world()
    assert set(tools) == {"search_rooms", "book_room", "find_booking", "cancel_booking"}
    words = {"check_in": "12 to 15 June", "check_out": "12 to 15 June", "guests": "a party of three"}
    found = call_tool(tools["search_rooms"], {**words, "room_type": "deluxe", "view": "sea"}, world, slots)
    assert found.arguments["check_out"] == "2026-06-15"
    choice = found.content["rooms"][-1]["offer"]
    booked = call_tool(tools["book_room"], {"offer": choice, "guest_name": "Ana Li"}, world, slots)
    gone = call_tool(tools["cancel_booking"], {"reference": booked.content["reference"]}, world, slots)
    assert (gone.ok, gone.content["status"]) == (True, "cancelled")


# --- what they write ---


def test_a_booking_is_a_row_and_its_nights() -> None:
    world = new_world()
    reference = book(world, date(2026, 6, 16), guests=1, view="sea", hotel="cliffs")["reference"]
    row = world.sql(
        "SELECT hotel, room, view, check_in, check_out, guests, guest_name, status, refund FROM bookings"
        " WHERE reference = :reference",
        reference=reference,
    ).fetchone()
    assert row == ("cliffs", "standard", "sea", "2026-06-16", "2026-06-19", 1, "Ana Li", "confirmed", None)
    nights = "SELECT night FROM nights WHERE reference = :reference ORDER BY night"
    assert [n for (n,) in world.sql(nights, reference=reference)] == [
        "2026-06-16",
        "2026-06-17",
        "2026-06-18",
    ]
    call(world, "cancel_booking", reference=reference)
    assert world.sql(nights, reference=reference).fetchall() == []
    status = "SELECT status, refund = total FROM bookings WHERE reference = :reference"
    assert world.sql(status, reference=reference).fetchone() == ("cancelled", 1)


def test_an_offer_is_booked_once() -> None:
    world = new_world()
    offer = search(world, date(2026, 6, 16), 2)["rooms"][0]["offer"]
    assert call(world, "book_room", offer=offer, guest_name="Ana Li").ok
    again = call(world, "book_room", offer=offer, guest_name="Ana Li")
    assert again.content == {"error": "This offer is already booked."}
    assert "no offer" in call(world, "book_room", offer="cliffs-suite-sea-999", guest_name="Ana").content["error"]


def test_a_room_taken_since_the_search_is_refused_and_nothing_is_left_half_done() -> None:
    world = new_world()
    first, second = (search(world, date(2026, 6, 16), 2, room="suite", hotel="harbour")["rooms"][0] for _ in range(2))
    assert call(world, "book_room", offer=first["offer"], guest_name="Ana Li").ok
    late = call(world, "book_room", offer=second["offer"], guest_name="Bo Ek")
    assert "just been taken" in late.content["error"]
    assert world.sql("SELECT count(*) FROM bookings WHERE guest_name = 'Bo Ek'").fetchone() == (0,)
    still = world.sql("SELECT status FROM offers WHERE offer = :offer", offer=second["offer"]).fetchone()
    assert still == ("open",)


def at_once(path: Path, tool: str, calls: list[dict[str, Any]]) -> list[ToolResult]:
    """One connection and one thread a call, all let go together."""
    results: list[ToolResult] = []
    start = threading.Barrier(len(calls))

    def guest(arguments: dict[str, Any]) -> None:
        own = open_world(path)
        start.wait()
        results.append(call_tool(TOOLS[tool], arguments, own, NO_SLOTS))
        own.close()

    threads = [threading.Thread(target=guest, args=(arguments,)) for arguments in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [result.trace for result in results if result.failed] == []
    return results


def test_two_connections_never_book_the_same_last_room(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    world = open_world(path)
    wish = {"room": "suite", "hotel": "harbour"}
    offers = [search(world, date(2026, 6, 16), 2, **wish)["rooms"][0]["offer"] for _ in range(8)]
    results = at_once(path, "book_room", [{"offer": offer, "guest_name": "Ana Li"} for offer in offers])
    assert sum(result.ok for result in results) == 1
    assert world.sql("SELECT count(*) FROM bookings WHERE guest_name = 'Ana Li'").fetchone() == (1,)


def test_guests_who_book_different_rooms_at_once_get_different_references(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    offers = [r["offer"] for r in search(open_world(path), date(2026, 6, 16), 2)["rooms"]]
    results = at_once(path, "book_room", [{"offer": offer, "guest_name": "Ana Li"} for offer in offers])
    assert len({result.content["reference"] for result in results}) == len(offers) == 2


def test_guests_who_search_at_once_get_different_offers(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    open_world(path).close()
    wish = {"check_in": "2026-06-16", "check_out": "2026-06-18", "guests": 2, "room_type": "suite"}
    results = at_once(path, "search_rooms", [wish] * 8)
    offers = [room["offer"] for result in results for room in result.content["rooms"]]
    assert len(offers) == len(set(offers)) >= 8


def test_the_schema_itself_forbids_a_second_guest_in_a_room() -> None:
    world = new_world()
    night = world.sql("SELECT room_number, night, reference FROM nights LIMIT 1").fetchone()
    with pytest.raises(IntegrityError):
        world.sql("INSERT INTO nights VALUES (:room_number, :night, :reference)", **night._mapping)


# --- the seed ---


def test_the_seed_is_sound_and_small() -> None:
    assert SCRIPTS[1].stat().st_size < 60_000
    world = new_world()
    assert world.sql("PRAGMA foreign_key_check").fetchall() == []
    assert world.sql("SELECT min(reference) FROM bookings").fetchone() == ("SV-1001",)
    too_many = "SELECT reference FROM bookings JOIN capacities USING (room) WHERE guests > capacity"
    assert world.sql(too_many).fetchall() == []
    moved = (
        "SELECT reference FROM bookings JOIN rooms ON number = room_number"
        " WHERE (bookings.hotel, bookings.room, bookings.view) != (rooms.hotel, rooms.room, rooms.view)"
    )
    assert world.sql(moved).fetchall() == []
    missing = (
        "SELECT 1 FROM (SELECT DISTINCT hotel, room, view FROM rooms) "
        " JOIN (SELECT DISTINCT season FROM seasons)"
        " LEFT JOIN rates USING (hotel, room, view, season) WHERE weekday IS NULL"
    )
    assert world.sql(missing).fetchall() == []


def test_totals_of_the_seed_follow_the_rates() -> None:
    wrong = """
        SELECT reference FROM bookings
        JOIN seasons ON check_in BETWEEN first_day AND last_day
        JOIN rates USING (hotel, room, view, season)
        WHERE total != (julianday(check_out) - julianday(check_in))
                       * CASE WHEN strftime('%w', check_in) IN ('5', '6') THEN weekend ELSE weekday END
    """
    assert new_world().sql(wrong).fetchall() == []


@pytest.mark.parametrize(
    ("first", "nights", "wish", "full"),
    [
        (date(2026, 6, 26), 2, {}, True),
        (date(2026, 9, 11), 1, {"room": "suite"}, True),
        (date(2026, 6, 5), 3, {"room": "suite"}, True),
        (date(2026, 7, 3), 2, {"view": "sea"}, True),
        (date(2026, 7, 3), 2, {}, False),
        (date(2026, 6, 19), 2, {"hotel": "harbour"}, True),
        (date(2026, 6, 19), 2, {"hotel": "cliffs"}, False),
        (date(2026, 7, 18), 1, {"room": "deluxe"}, True),
        (date(2026, 8, 9), 1, {}, True),
        (date(2026, 8, 10), 1, {}, False),
    ],
)
def test_nights_that_are_full_by_design(first: date, nights: int, wish: dict[str, str], full: bool) -> None:
    assert (search(new_world(date(2026, 5, 1)), first, nights, **wish)["rooms"] == []) is full


@pytest.mark.parametrize("month", range(5, 10))
def test_most_stays_find_a_room_from_every_clock(month: int) -> None:
    today = date(2026, month, 1)
    world = new_world(today)
    found = [bool(search(world, today + timedelta(days=7 * week + 3), 2)["rooms"]) for week in range(56)]
    assert sum(found) >= 50


# --- the pages ---


@pytest.mark.parametrize(
    ("days", "nights", "refund"),
    [(3, 3, "full"), (2, 3, "rest"), (0, 2, "rest"), (4, 1, "full"), (1, 1, "none")],
)
def test_the_refund_is_what_the_cancellation_page_promises(days: int, nights: int, refund: str) -> None:
    text = passages()
    assert "until 3 days before the day of arrival" in text["cancellation#free-cancellation"]
    assert "one night is charged" in text["cancellation#late-cancellation"]
    world = new_world(date(2026, 9, 20))
    booking = book(world, world.today + timedelta(days=days), nights)
    total = booking["total"]
    amount = {"full": total, "rest": total - total // nights, "none": 0}[refund]
    words = {"full": "a full refund", "rest": f"a refund of {amount} euros, as one night is charged",
             "none": "no refund, as one night is charged"}[refund]  # fmt: skip
    assert call(world, "find_booking", reference=booking["reference"]).content["refund"] == words
    assert call(world, "cancel_booking", reference=booking["reference"]).content["refund"] == words
    row = world.sql("SELECT refund FROM bookings WHERE reference = :reference", reference=booking["reference"])
    assert row.scalar_one() == amount


@pytest.mark.parametrize("tool", ["find_booking", "cancel_booking"])
def test_past_cancelled_and_unknown_bookings_are_refused(tool: str) -> None:
    world = new_world(date(2026, 9, 30))
    cancelled = world.sql("SELECT min(reference) FROM bookings WHERE status = 'cancelled'").fetchone()[0]
    for reference, said in {
        "SV-1001": "already begun",
        cancelled: "already cancelled",
        "SV-9999": "no booking",
    }.items():
        assert said in call(world, tool, reference=reference).content["error"]


def test_the_rooms_page_agrees_with_the_database() -> None:
    world, text = new_world(), passages()
    for room, capacity in world.sql("SELECT room, capacity FROM capacities"):
        assert re.search(rf"{room}( room)?( takes)?( up to)? {capacity} guests", text["rooms#how-many-guests-fit"])
    views: dict[str, list[str]] = {}
    rows = "SELECT DISTINCT name, view FROM rooms JOIN hotels ON id = hotel ORDER BY name, view = 'garden', view DESC"
    for hotel, view in world.sql(rows):
        views.setdefault(hotel, []).append(view)
    for hotel, seen in views.items():
        assert f"{hotel} has {' and '.join(seen)} views" in text["rooms#views"]
    assert "at most 30 nights" in text["rooms#longest-stay"]
    assert "30 November 2027" in text["rooms#longest-stay"]


def test_the_payment_page_states_the_weekend_prices() -> None:
    spread = new_world().sql("SELECT min(weekend - weekday), max(weekend - weekday) FROM rates").fetchone()
    assert "{} to {} euros more a night".format(*spread) in passages()["payment-and-deposits#how-prices-are-set"]


def test_pages_are_many_and_passages_short() -> None:
    pages = list((HOTEL / "knowledge").glob("*.md"))
    assert len(pages) >= 11
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert text.startswith("# ")
        assert 3 <= text.count("\n## ") <= 6
        assert text.count("\n## ") == sum(key.startswith(f"{page.stem}#") for key in passages())
    assert all(len(text.split()) < 45 for text in passages().values())


# --- the questions ---

QUESTIONS = yaml.safe_load((HOTEL / "wording" / "questions.yaml").read_text(encoding="utf-8"))
REGISTERS = {"neutral", "formal", "colloquial", "terse", "broken", "rude"}


def test_the_questions_leave_passages_for_others_to_ask_about() -> None:
    asked = [q["passage"] for q in QUESTIONS if q["passage"]]
    assert len({q["id"] for q in QUESTIONS}) == len(QUESTIONS)
    assert len(asked) >= 45
    assert len(QUESTIONS) - len(asked) >= 20
    assert 0.5 < len(set(asked)) / len(passages()) < 0.7


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["id"])
def test_a_question_and_its_answers_stand_on_the_passage(question: dict[str, Any]) -> None:
    assert set(question["asks"]) == REGISTERS
    assert 6 <= len({ask for asks in question["asks"].values() for ask in asks}) <= 10
    if question["passage"] is None:
        assert "answers" not in question
        return
    passage = passages()[question["passage"]]
    assert 2 <= len(question["answers"]) <= 4
    for answer in question["answers"]:
        assert len(answer.split()) <= 30
        assert all(expected in answer for expected in question["expects"])
        numbers = r"\d+(?::\d+)?"
        assert set(re.findall(numbers, answer)) <= set(re.findall(numbers, passage))
    assert all(expected.lower() in passage.lower() for expected in question["expects"])
