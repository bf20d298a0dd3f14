"""Seaview Hotels' live systems: what BookEase may look up and change.

Every public function here is a tool. Its first parameter is the world: `world.sql` runs SQL with named parameters
and `world.today` is the date. The other parameters that are named like a slot of agent.yaml arrive as values (a
date, a number, a word), whatever words the guest used. Each call is one transaction: it is kept when the
function returns and undone when it raises. `raise ToolRefused("...")` says no on purpose; the agent reads
that sentence.

The results are short and hold finished text, so that the agent copies instead of calculating.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

MOST_NIGHTS = 30
MOST_OFFERS = 2  # two can be weighed in a chat; three are a list
FREE_CANCELLATION_DAYS = 3  # as the page knowledge/cancellation.md promises

# Kinds of rooms with at least one room free in every night of the stay, and the price of a night.
FREE_ROOMS = """
    SELECT DISTINCT rooms.hotel, hotels.name, rooms.view,
                    CASE WHEN :weekend THEN rates.weekend ELSE rates.weekday END
    FROM rooms
    JOIN hotels ON hotels.id = rooms.hotel
    JOIN seasons ON :check_in BETWEEN seasons.first_day AND seasons.last_day
    JOIN rates ON rates.hotel = rooms.hotel AND rates.room = rooms.room AND rates.view = rooms.view
              AND rates.season = seasons.season
    WHERE rooms.room = :room
      AND rooms.view = coalesce(:view, rooms.view) AND rooms.hotel = coalesce(:hotel, rooms.hotel)
      AND rooms.number NOT IN (SELECT room_number FROM nights WHERE night >= :check_in AND night < :check_out)
    ORDER BY 4, rooms.hotel, rooms.view
    LIMIT :most
"""


def search_rooms(
    world: World,
    check_in: date,
    check_out: date,
    guests: int,
    room_type: str,
    view: str | None = None,
    hotel: str | None = None,
) -> dict[str, Any]:
    """Find free rooms for a stay, cheapest first.

    Args:
        check_in: day of arrival
        check_out: day of departure
        guests: number of guests
        room_type: standard, deluxe or suite
        view: sea, garden or city
        hotel: harbour, cliffs or old town
    """
    _refuse_bad_dates(world, check_in, check_out)
    _refuse_large_party(world, guests, room_type)
    nights = (check_out - check_in).days
    rows = world.sql(
        FREE_ROOMS,
        weekend=_is_weekend(check_in),
        check_in=check_in.isoformat(),
        check_out=check_out.isoformat(),
        room=room_type,
        view=view,
        hotel=hotel,
        most=MOST_OFFERS,
    ).fetchall()
    offers = []
    for hotel_id, hotel_name, room_view, night in rows:
        offer = _make_offer(world, hotel_id, room_type, room_view, check_in, check_out, guests, night)
        offers.append(
            {
                "offer": offer,
                "hotel": hotel_name,
                "view": f"{room_view} view",
                "total": night * nights,
            }
        )
    stay = _stay_text(world, check_in, check_out)
    return {"stay": stay, "guests": guests, "room": _room_text(room_type), "rooms": offers}


def book_room(world: World, offer: str, guest_name: str) -> dict[str, Any]:
    """Book one offered room in the guest's name.

    Args:
        offer: offer of the chosen room
        guest_name: full name of the guest
    """
    # One booking at a time: whoever comes second waits here, and then sees what the first has taken.
    world.sql("UPDATE hotels SET name = name")
    taken = world.sql("UPDATE offers SET status = 'booked' WHERE offer = :offer AND status = 'open'", offer=offer)
    row = world.sql(
        "SELECT hotel, room, view, check_in, check_out FROM offers WHERE offer = :offer", offer=offer
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no offer {offer}. Please search for rooms first.")
    if taken.rowcount == 0:
        raise ToolRefused("This offer is already booked.")
    hotel, room, view, check_in, check_out = row
    if check_in < world.today.isoformat():
        raise ToolRefused("This offer is out of date. Please search again.")
    number = _free_room(world, hotel, room, view, check_in, check_out)
    reference = _next_reference(world)
    world.sql(
        "INSERT INTO bookings (reference, hotel, room, view, room_number, check_in, check_out, guests,"
        " guest_name, total, status) SELECT :reference, hotel, room, view, :number, check_in, check_out, guests,"
        " :guest_name, total, 'confirmed' FROM offers WHERE offer = :offer",
        reference=reference,
        number=number,
        guest_name=guest_name,
        offer=offer,
    )
    # (room_number, night) is the primary key: a second booking of the same night cannot be written at all.
    world.sql(
        "INSERT INTO nights (room_number, night, reference) VALUES (:number, :night, :reference)",
        *({"number": number, "night": n, "reference": reference} for n in _each_night(check_in, check_out)),
    )
    return _booking(world, reference)


def find_booking(world: World, reference: str) -> dict[str, Any]:
    """Look up a booking and what the guest gets back for cancelling it.

    Args:
        reference: booking reference such as SV-1001
    """
    _refuse_unchangeable(world, reference)
    return {**_booking(world, reference), "refund": _refund(world, reference)[1]}


def cancel_booking(world: World, reference: str) -> dict[str, Any]:
    """Cancel a booking.

    Args:
        reference: booking reference such as SV-1001
    """
    # The condition makes a second, simultaneous cancellation wait and then find nothing to do.
    changed = world.sql(
        "UPDATE bookings SET status = 'cancelled'"
        " WHERE reference = :reference AND status = 'confirmed' AND check_in >= :today",
        reference=reference,
        today=world.today.isoformat(),
    )
    if changed.rowcount == 0:
        _refuse_unchangeable(world, reference)
    amount, text = _refund(world, reference)
    world.sql("UPDATE bookings SET refund = :amount WHERE reference = :reference", amount=amount, reference=reference)
    world.sql("DELETE FROM nights WHERE reference = :reference", reference=reference)
    return {**_booking(world, reference), "status": "cancelled", "refund": text}


def _refuse_bad_dates(world: World, check_in: date, check_out: date) -> None:
    last_day = date.fromisoformat(world.sql("SELECT max(last_day) FROM seasons").scalar_one())
    if check_in < world.today:
        raise ToolRefused("The day of arrival is in the past. Please choose a later date.")
    if check_out <= check_in:
        raise ToolRefused("The day of departure must be after the day of arrival.")
    if (check_out - check_in).days > MOST_NIGHTS:
        raise ToolRefused(f"A stay can last at most {MOST_NIGHTS} nights.")
    if check_out > last_day:
        raise ToolRefused(f"We take bookings until {_day_text(last_day)} {last_day.year}.")


def _refuse_large_party(world: World, guests: int, room_type: str) -> None:
    rooms = world.sql("SELECT room, capacity FROM capacities ORDER BY capacity")
    capacity = {room: most for room, most in rooms}
    if room_type not in capacity:
        raise ToolRefused(f"We have these rooms: {', '.join(capacity)}.")
    if guests <= capacity[room_type]:
        return
    fitting = [room for room, most in capacity.items() if most >= guests]
    if not fitting:
        raise ToolRefused(f"Our largest room takes up to {max(capacity.values())} guests.")
    room = _room_text(room_type)
    raise ToolRefused(
        f"A {room} takes up to {capacity[room_type]} guests. A {_room_text(fitting[0])} fits {guests} guests."
    )


def _refuse_unchangeable(world: World, reference: str) -> None:
    row = world.sql(
        "SELECT check_in, status FROM bookings WHERE reference = :reference", reference=reference
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no booking {reference}.")
    if row[1] == "cancelled":
        raise ToolRefused(f"Booking {reference} is already cancelled.")
    if row[0] < world.today.isoformat():
        raise ToolRefused(f"The stay of booking {reference} has already begun, so it cannot be cancelled.")


def _make_offer(
    world: World, hotel: str, room: str, view: str, check_in: date, check_out: date, guests: int, night: int
) -> str:
    """Write the quote down: book_room books exactly this stay at exactly this price."""
    total = night * (check_out - check_in).days
    # Number and row come in one statement, so that two guests who search at once never get the same offer.
    row = world.sql(
        "INSERT INTO offers (number, offer, hotel, room, view, check_in, check_out, guests, total, status)"
        " SELECT coalesce(max(number), 100) + 1, :name || (coalesce(max(number), 100) + 1),"
        " :hotel, :room, :view, :check_in, :check_out, :guests, :total, 'open' FROM offers RETURNING offer",
        name=f"{hotel.replace(' ', '')}-{room}-{view}-",
        hotel=hotel,
        room=room,
        view=view,
        check_in=check_in.isoformat(),
        check_out=check_out.isoformat(),
        guests=guests,
        total=total,
    ).fetchone()
    return str(row[0])


def _free_room(world: World, hotel: str, room: str, view: str, check_in: str, check_out: str) -> int:
    row = world.sql(
        "SELECT min(number) FROM rooms WHERE hotel = :hotel AND room = :room AND view = :view"
        " AND number NOT IN (SELECT room_number FROM nights WHERE night >= :check_in AND night < :check_out)",
        hotel=hotel,
        room=room,
        view=view,
        check_in=check_in,
        check_out=check_out,
    ).fetchone()
    if row[0] is None:
        raise ToolRefused("Sorry, this room has just been taken. Please search again.")
    return int(row[0])


def _next_reference(world: World) -> str:
    last = world.sql("SELECT max(CAST(substr(reference, 4) AS INTEGER)) FROM bookings").scalar()
    return f"SV-{(last or 1000) + 1}"


def _booking(world: World, reference: str) -> dict[str, Any]:
    hotel, room, view, check_in, check_out, total, guest_name = world.sql(
        "SELECT hotels.name, room, view, check_in, check_out, total, guest_name"
        " FROM bookings JOIN hotels ON hotels.id = bookings.hotel WHERE reference = :reference",
        reference=reference,
    ).fetchone()
    return {
        "reference": reference,
        "hotel": hotel,
        "room": f"{_room_text(room)} with {view} view",
        "stay": _stay_text(world, date.fromisoformat(check_in), date.fromisoformat(check_out)),
        "total": total,
        "guest_name": guest_name,
    }


def _refund(world: World, reference: str) -> tuple[int, str]:
    """The money given back, in euros and in words: all until 3 days before arrival, then all but a night."""
    row = world.sql(
        "SELECT check_in, check_out, total FROM bookings WHERE reference = :reference", reference=reference
    ).fetchone()
    check_in, check_out, total = date.fromisoformat(row[0]), date.fromisoformat(row[1]), int(row[2])
    if (check_in - world.today).days >= FREE_CANCELLATION_DAYS:
        return total, "a full refund"
    rest = total - total // (check_out - check_in).days
    if rest == 0:
        return 0, "no refund, as one night is charged"
    return rest, f"a refund of {rest} euros, as one night is charged"


def _is_weekend(arrival: date) -> bool:
    """Friday and Saturday. The price of the day of arrival holds for every night of the stay."""
    return arrival.weekday() in (4, 5)


def _each_night(check_in: str, check_out: str) -> list[str]:
    first = date.fromisoformat(check_in)
    return [
        (first + timedelta(days=n)).isoformat() for n in range((date.fromisoformat(check_out) - first).days)
    ]


def _room_text(room: str) -> str:
    return room if room == "suite" else f"{room} room"


def _stay_text(world: World, check_in: date, check_out: date) -> str:
    """Friday 12 June to Monday 15 June, 3 nights. The year is said when it is not this year's."""
    nights = (check_out - check_in).days
    year = "" if check_out.year == world.today.year else f" {check_out.year}"
    return f"{_day_text(check_in)} to {_day_text(check_out)}{year}, {nights} night{'s' if nights > 1 else ''}"


def _day_text(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
