"""Wattlebrook Library: what the desk may look up and change.

Every public function is a tool and one transaction. `check_card` writes down whose card it is (`world.session.facts`);
what belongs to one reader works on that card alone.
"""

from datetime import date, time, timedelta
from typing import Any

from demeanor import ToolRefused, World

DAYS = 21  # of a loan, and of each renewal
RENEWALS = 2


def check_card(world: World, card: str, pin: str) -> dict[str, Any]:
    """Check that a library card and its PIN belong together.

    Args:
        card: number on the library card such as WB-20415
        pin: four digits
    """
    row = world.sql("SELECT reader_name FROM members WHERE card = :card AND pin = :pin", card=card, pin=pin).fetchone()
    if row is None:
        raise ToolRefused("That card and PIN don't belong together.")
    world.session.facts["member"] = card
    return {"reader": row.reader_name}


def list_loans(world: World) -> dict[str, Any]:
    """List what the reader has borrowed, with the days on which it is due."""
    rows = world.sql(
        "SELECT item, title, days_left FROM loans WHERE card = :card ORDER BY days_left, item", card=_member(world)
    ).fetchall()
    if not rows:
        return {"loans": "nothing is borrowed on this card"}
    return {"loans": "; ".join(f"{row.item} {row.title}, {_due(world, row.days_left)}" for row in rows)}


def renew_loans(world: World, items: list[str]) -> dict[str, Any]:
    """Renew borrowed items for 21 days, all or none of them.

    Args:
        items: numbers below the barcodes, such as L-1042
    """
    titles = []
    for item in items:
        row = world.sql(
            "SELECT title, renewed, waiting FROM loans WHERE item = :item AND card = :card",
            item=item,
            card=_member(world),
        ).fetchone()
        if row is None:
            raise ToolRefused(f"{item} is not borrowed on this card. Please look at the number once more.")
        if row.waiting:
            raise ToolRefused(f"Somebody is waiting for {row.title} ({item}), so it can't be kept longer.")
        if row.renewed >= RENEWALS:
            raise ToolRefused(f"{row.title} ({item}) has been renewed twice already, so it has to come home first.")
        titles.append(row.title)
    world.sql(
        "UPDATE loans SET renewed = renewed + 1, days_left = :days, renewed_on = :today WHERE item = :item",
        *({"days": DAYS, "today": world.today.isoformat(), "item": item} for item in items),
    )
    return {"renewed": " and ".join(titles), "due": _due(world, DAYS)}


def find_copies(world: World, title: str) -> dict[str, Any]:
    """Find the copies of a title in all branches.

    Args:
        title: title of the book, or a part of it
    """
    rows = world.sql(
        "SELECT copy, title, branch, days_away, waiting FROM copies WHERE title LIKE '%' || :title || '%' ORDER BY days_away, copy LIMIT 3",
        title=title.strip().rstrip("."),
    ).fetchall()
    copies = []
    for row in rows:
        state = "on the shelf" if row.days_away == 0 else f"back by {_day(world.today + timedelta(days=row.days_away))}"
        state += f", {row.waiting} waiting" if row.waiting else ""
        copies.append({"copy": row.copy, "place": f"{row.title} at {row.branch}, {state}"})
    return {"copies": copies}


def reserve_copy(world: World, copy: str) -> dict[str, Any]:
    """Keep one copy for the reader.

    Args:
        copy: copy of the chosen row
    """
    card = _member(world)
    row = world.sql("SELECT title, branch, days_away FROM copies WHERE copy = :copy", copy=copy).fetchone()
    if row is None:
        raise ToolRefused(f"There is no copy {copy}. Please look for the title first.")
    if world.sql("SELECT 1 FROM reservations WHERE card = :card AND copy = :copy", card=card, copy=copy).fetchone():
        raise ToolRefused("This copy is kept for you already.")
    world.sql(
        "INSERT INTO reservations (card, copy, reserved_on) VALUES (:card, :copy, :today)",
        card=card,
        copy=copy,
        today=world.today.isoformat(),
    )
    world.sql("UPDATE copies SET waiting = waiting + 1 WHERE copy = :copy", copy=copy)
    until = (
        f"kept until {_day(world.today + timedelta(days=7))}" if row.days_away == 0 else "we email you once it is back"
    )
    return {"reserved": row.title, "branch": row.branch, "then": until}


def find_rooms(world: World, room_day: date, room_time: time, hours: float, readers: int) -> dict[str, Any]:
    """Find study rooms that are free and large enough.

    Args:
        room_day: day of the booking
        room_time: when it begins, from 9:00 to 16:00
        hours: how long, up to 2 hours
        readers: how many people come
    """
    if room_day < world.today:
        raise ToolRefused("That day has passed. Please choose a later one.")
    if room_day.weekday() == 6:
        return {"rooms": []}
    rows = world.sql(
        "SELECT room, name, seats, has FROM rooms WHERE seats >= :readers AND NOT EXISTS (SELECT 1 FROM room_bookings b"
        " WHERE b.room = rooms.room AND day = :day AND time(:starts) < time(starts, '+' || minutes || ' minutes')"
        " AND time(starts) < time(:starts, '+' || :minutes || ' minutes')) ORDER BY seats LIMIT 2",
        readers=readers,
        day=room_day.isoformat(),
        starts=f"{room_time:%H:%M}",
        minutes=round(60 * hours),
    ).fetchall()
    rooms = [{"room": row.room, "details": f"{row.name}, {row.seats} seats, with {row.has}"} for row in rows]
    return {"rooms": rooms}


def book_room(
    world: World, room: str, room_day: date, room_time: time, hours: float, reader_name: str
) -> dict[str, Any]:
    """Book a study room in a reader's name.

    Args:
        room: room of the chosen row
        room_day: day of the booking
        room_time: when it begins
        hours: how long, up to 2 hours
        reader_name: full name of whoever books
    """
    row = world.sql("SELECT name FROM rooms WHERE room = :room", room=room).fetchone()
    if row is None:
        raise ToolRefused(f"There is no room {room}. Please look for rooms first.")
    minutes = round(60 * hours)
    world.sql(
        "INSERT INTO room_bookings (room, day, starts, minutes, reader_name) VALUES (:room, :day, :starts, :minutes, :reader_name)",
        room=room,
        day=room_day.isoformat(),
        starts=f"{room_time:%H:%M}",
        minutes=minutes,
        reader_name=reader_name,
    )
    return {
        "room": row.name,
        "time": f"{_day(room_day)} at {room_time:%H:%M}, for {minutes} minutes",
        "name": reader_name,
    }


def look_up_fees(world: World) -> dict[str, Any]:
    """Look up what the reader owes."""
    row = world.sql("SELECT cents, owed_for FROM members WHERE card = :card", card=_member(world)).fetchone()
    if row.cents == 0:
        return {"owed": "nothing is owed on this card", "owing": False}
    return {"owed": f"{_dollars(row.cents)} for {row.owed_for}", "owing": True}


def pay_fees(world: World, amount: float) -> dict[str, Any]:
    """Pay what is owed, or a part of it, from the payment card that the reader has left with us.

    Args:
        amount: how much is paid now
    """
    card = _member(world)
    cents = round(100 * amount)
    owed = world.sql("SELECT cents FROM members WHERE card = :card", card=card).scalar()
    if cents > owed:
        raise ToolRefused(f"Only {_dollars(owed)} is owed. Please name an amount up to that.")
    world.sql("UPDATE members SET cents = cents - :cents WHERE card = :card", cents=cents, card=card)
    world.sql(
        "INSERT INTO payments (card, cents, paid_on) VALUES (:card, :cents, :today)",
        card=card,
        cents=cents,
        today=world.today.isoformat(),
    )
    left = f"{_dollars(owed - cents)} is left" if owed > cents else "nothing is left to pay"
    return {"paid": _dollars(cents), "left": left}


def join(
    world: World,
    reader_name: str,
    home: str,
    email: str,
    child: bool,
    guardian: str | None = None,
    phone: str | None = None,
) -> dict[str, Any]:
    """Write down an application for a library card.

    Args:
        reader_name: full name of the new reader
        home: home address
        email: where we may write to
        child: whether the reader is a child under 16
        guardian: parent or guardian of a child
        phone: phone number, where it was told
    """
    if child and guardian is None:
        raise ToolRefused("A child's card needs the name of a parent or guardian.")
    world.sql(
        "INSERT INTO applications (reader_name, home, email, phone, child, guardian, applied_on)"
        " VALUES (:reader_name, :home, :email, :phone, :child, :guardian, :today)",
        reader_name=reader_name,
        home=home,
        email=email,
        phone=phone,
        child=int(child),
        guardian=guardian if child else None,
        today=world.today.isoformat(),
    )
    return {"card_for": reader_name, "ready": f"at the desk from {_day(world.today + timedelta(days=1))}"}


def _member(world: World) -> str:
    card = world.session.facts.get("member")
    if card is None:
        raise ToolRefused("Card and PIN come first.")
    return str(card)


def _due(world: World, days_left: int) -> str:
    day = _day(world.today + timedelta(days=days_left))
    return f"due on {day}" if days_left >= 0 else f"late since {day}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _dollars(cents: int) -> str:
    return f"${cents / 100:.2f}"
