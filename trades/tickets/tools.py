"""The box office's books: what the agent may look up, sell, take back, pass on and send again.

Every public function is a tool; each call is one transaction. What may be bought is written down when it is offered.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

RETURN_DAYS = 3  # days before the show until which seats are taken back
RETURN_FEE = 200  # pence a ticket; nothing for a voucher
GROUP = 6  # from so many people on it is 10 percent less


# NOT YET: kinds of people and a bound for the price.
# def find_shows(world: World, kind: str, day: date, people: People, area: str | None, at_most: Money | None) -> Shows: ...
def find_shows(world: World, kind: str, day: date, seats: int, area: str | None = None) -> dict[str, Any]:
    """Find shows with enough seats on a day, and what they cost altogether.

    Args:
        kind: play, concert, comedy or family show
        day: day of the show
        seats: how many people come
        area: stalls, circle or balcony, where there is a wish
    """
    if day < world.today:
        raise ToolRefused("That evening is over. Please choose a later one.")
    rows = world.sql(
        "SELECT s.number, title, start, area, pence FROM shows s JOIN prices USING (number) WHERE kind = :kind"
        " AND instr(weekdays, :weekday) > 0 AND :day BETWEEN first_day AND last_day AND :area IN ('', area)"
        " AND NOT EXISTS (SELECT 1 FROM sold_out o WHERE o.day = :day AND o.number = s.number)"
        " AND (:area <> '' OR area = 'stalls') ORDER BY start, s.number",
        kind=kind,
        weekday=str(day.weekday()),
        day=day.isoformat(),
        area=area or "",
    ).fetchall()
    shows = []
    for number, title, start, part, pence in rows:
        total = pence * seats * (90 if seats >= GROUP else 100) // 100
        show = f"show-{day:%m%d}-{number}-{part}-{seats}"
        world.sql(
            "INSERT OR REPLACE INTO offers (show, number, day, area, seats, pence) VALUES (:show, :number, :day,"
            " :area, :seats, :pence)",
            show=show,
            number=number,
            day=day.isoformat(),
            area=part,
            seats=seats,
            pence=total,
        )
        shows.append({"show": show, "title": title, "start": start, "where": part, "total": _money(total)})
    return {"day": _day(day), "shows": shows}


def buy(world: World, show: str, buyer_name: str, email: str) -> dict[str, Any]:
    """Buy seats for a show that was offered; the link for paying comes by mail.

    Args:
        show: show of the chosen row
        buyer_name: full name of the buyer
        email: where the tickets go
    """
    row = world.sql(
        "SELECT number, title, start, day, area, seats, pence FROM offers JOIN shows USING (number) WHERE show = :show",
        show=show,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no show {show}. Please look for shows first.")
    code = f"PW{51003 + 7 * world.sql('SELECT count(*) FROM bookings').scalar()}"
    world.sql(
        "INSERT INTO bookings (booking_code, number, day, area, seats, pence, buyer_name, email, bought)"
        " VALUES (:code, :number, :day, :area, :seats, :pence, :buyer_name, :email, :today)",
        code=code,
        number=row.number,
        day=row.day,
        area=row.area,
        seats=row.seats,
        pence=row.pence,
        buyer_name=buyer_name,
        email=email.lower(),
        today=world.today.isoformat(),
    )
    return {
        "booking_code": code,
        "title": row.title,
        "day": f"{_day(date.fromisoformat(row.day))} at {row.start}",
        "total": _money(row.pence),
        "pay": "by the link in the mail, within 24 hours",
    }


def open_booking(world: World, booking_code: str, mobile: str) -> dict[str, Any]:
    """Check that a booking belongs to whoever writes, before seats change hands.

    Args:
        booking_code: code on top of the mail such as PW40217
        mobile: mobile number of the booking
    """
    booking = _proved(world, booking_code, mobile)
    world.sql("INSERT OR IGNORE INTO opened (booking_code) VALUES (:code)", code=booking["booking_code"])
    seats = [seat for (seat,) in _seats(world, booking["booking_code"])]
    return {
        "title": booking["title"],
        "day": _day(_shown(world, booking)),
        "seats": _listed(seats) or "all given back",
        "returnable": _returnable(world, booking),
    }


def return_seats(world: World, booking_code: str, mobile: str, tickets: list[str], way: str) -> dict[str, Any]:
    """Take seats back, for a refund or a voucher.

    Args:
        booking_code: code on top of the mail such as PW40217
        mobile: mobile number of the booking
        tickets: the seats that are given back
        way: refund or voucher
    """
    booking = _proved(world, booking_code, mobile)
    if not _returnable(world, booking):
        raise ToolRefused("It's less than three days away, so seats can't be given back any more.")
    seats = sorted({ticket.upper() for ticket in tickets})
    for seat in seats:
        _give(world, booking["booking_code"], seat, way)
    pence = len(seats) * (booking["pence"] - (RETURN_FEE if way == "refund" else 0))
    back = "to your card within 5 days" if way == "refund" else "as a voucher, good for two years"
    return {"title": booking["title"], "seats": _listed(seats), "back": f"{_money(pence)} {back}"}


def pass_on(world: World, booking_code: str, mobile: str, ticket: str, new_name: str, new_email: str) -> dict[str, Any]:
    """Make out a ticket to another person, who gets it by mail.

    Args:
        booking_code: code on top of the mail such as PW40217
        mobile: mobile number of the booking
        ticket: the seat that is passed on
        new_name: full name of whoever is going to use it
        new_email: mail address of that person
    """
    booking = _proved(world, booking_code, mobile)
    done = world.sql(
        "UPDATE seats SET holder = :new_name, holder_mail = :new_email WHERE booking_code = :code AND seat ="
        " :seat AND back IS NULL",
        new_name=new_name,
        new_email=new_email.lower(),
        code=booking["booking_code"],
        seat=ticket.upper(),
    )
    if done.rowcount == 0:
        raise ToolRefused(f"Seat {ticket.upper()} isn't in this booking any more. Please check it.")
    return {"seat": ticket.upper(), "title": booking["title"], "new_name": new_name, "sent": f"to {new_email}"}


def find_orders(world: World, order_mail: str, bought_on: date) -> dict[str, Any]:
    """Find orders of a day by the mail address they were bought with.

    Args:
        order_mail: mail address of the order
        bought_on: day on which the tickets were bought
    """
    rows = world.sql(
        "SELECT number, what FROM orders WHERE email = :email AND days_ago = :days AND number NOT IN (SELECT"
        " number FROM sent) ORDER BY number",
        email=order_mail.lower(),
        days=(world.today - bought_on).days,
    ).fetchall()
    return {"bought": _day(bought_on), "orders": [{"order": f"order-{number}", "what": what} for number, what in rows]}


def send_again(world: World, order: str) -> dict[str, Any]:
    """Send the tickets of an order once more, to the same mail address.

    Args:
        order: order of the chosen row
    """
    row = world.sql(
        "SELECT number, email, what FROM orders WHERE number = :number", number=order.removeprefix("order-")
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no order {order}. Please look for orders first.")
    if world.sql("SELECT 1 FROM sent WHERE number = :number", number=row.number).fetchone():
        raise ToolRefused("These tickets went out again a moment ago.")
    world.sql(
        "INSERT INTO sent (number, day) VALUES (:number, :today)", number=row.number, today=world.today.isoformat()
    )
    return {"sent": row.what, "to": row.email}


def _proved(world: World, booking_code: str, mobile: str) -> dict[str, Any]:
    """The booking; one sentence for a wrong code and for a wrong number."""
    row = world.sql(
        "SELECT * FROM owned WHERE booking_code = :code AND mobile = :mobile", code=booking_code.upper(), mobile=mobile
    )
    found = row.mappings().fetchone()
    if found is None:
        raise ToolRefused("That code and that mobile number don't go together. Please check both.")
    return dict(found)


def _seats(world: World, booking_code: str) -> list[Any]:
    return world.sql(
        "SELECT seat FROM seats WHERE booking_code = :code AND back IS NULL ORDER BY seat", code=booking_code
    ).fetchall()


def _give(world: World, booking_code: str, seat: str, way: str) -> None:
    done = world.sql(
        "UPDATE seats SET back = :way WHERE booking_code = :code AND seat = :seat AND back IS NULL",
        way=way,
        code=booking_code,
        seat=seat,
    )
    if done.rowcount == 0:
        raise ToolRefused(f"Seat {seat} isn't in this booking any more. Please check it.")


def _shown(world: World, booking: dict[str, Any]) -> date:
    if booking["day"]:
        return date.fromisoformat(booking["day"])
    return world.today + timedelta(days=booking["in_days"])


def _returnable(world: World, booking: dict[str, Any]) -> bool:
    return _shown(world, booking) >= world.today + timedelta(days=RETURN_DAYS)


def _listed(seats: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(seats[:-1]), *seats[-1:]]))


def _money(pence: int) -> str:
    return f"£{pence / 100:.2f}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
