"""The bench book of Kettle Street Computer Repair: what the agent may look up and change.

Every public function here is a tool. Its first parameter is the world: `world.db` is the database connection
and `world.today` the date. The other parameters that are named like a slot of agent.yaml arrive as values.
"""

from datetime import date
from typing import Any

from demeanor import ToolRefused, World


def repair_status(world: World, ticket: str) -> dict[str, Any]:
    """Tell how far a repair is.

    Args:
        ticket: number on the repair ticket such as T-1017
    """
    row = world.sql(
        "SELECT device, fault, status, expected FROM repairs WHERE ticket = :ticket", ticket=ticket
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no ticket {ticket} in our book.")
    device, fault, status, expected = row
    # NOT YET: an optional value. `ready: date | None` would let the agent say "expected on ..." only where there is a
    # date; flat text needs a phrase for nothing, and the agent copies it.
    #     return {..., "ready": date.fromisoformat(expected) if expected else None}
    ready = f"expected ready on {_day_text(date.fromisoformat(expected))}" if expected else "no date promised"
    return {"ticket": ticket, "device": device, "fault": fault, "status": status, "ready": ready}


def check_warranty(world: World, serial: str, purchase_date: date, damage: list[str]) -> dict[str, Any]:
    """Tell whether a device that we sold is still under warranty for this damage.

    Args:
        serial: serial number on our sticker such as KTR20417
        purchase_date: day of purchase on the receipt
        damage: defect, battery, drop, liquid or software, or several of them
    """
    row = world.sql("SELECT item, class, sold_on, seal FROM sales WHERE serial = :serial", serial=serial).fetchone()
    if row is None:
        raise ToolRefused(f"We did not sell {serial}. Its maker or seller has to answer for the warranty.")
    item, kind, sold_on, seal = row
    if purchase_date.isoformat() != sold_on:
        raise ToolRefused("That purchase date does not match our sales book. Please look at the receipt again.")
    verdicts = [_verdict(world, kind, seal, purchase_date, one) for one in damage]
    if len(set(verdicts)) == 1:
        verdict = verdicts[0]
    else:
        verdict = "; ".join(f"{one}: {told}" for one, told in zip(damage, verdicts))
    covered = all(told.startswith("covered") for told in verdicts)
    return {"serial": serial, "item": item, "damage": " and ".join(damage), "verdict": verdict, "covered": covered}


def find_places(world: World, device: str, visit: str, day: date) -> dict[str, Any]:
    """Find free places for a diagnosis appointment or a drop-off.

    Args:
        device: laptop, desktop, tablet, phone or printer
        visit: diagnosis or drop-off
        day: day of the visit
    """
    if device in ("phone", "printer"):
        raise ToolRefused(f"We do not repair a {device}.")
    if day < world.today:
        raise ToolRefused("That day is in the past. Please choose a later one.")
    if day.weekday() > 4:  # the bench is staffed Monday to Friday, as knowledge/visiting.md says
        return {"device": device, "visit": visit, "places": []}
    free = world.sql(
        "SELECT time FROM bench WHERE visit = :visit AND places >"
        " (SELECT count(*) FROM visits WHERE visit = :visit AND day = :day AND visits.time = bench.time) ORDER BY time LIMIT 2",
        visit=visit,
        day=day.isoformat(),
    ).fetchall()
    return {"device": device, "visit": visit, "places": [_offer(world, device, visit, day, time) for (time,) in free]}


def book_visit(world: World, place: str, customer_name: str) -> dict[str, Any]:
    """Book one offered place in the customer's name.

    Args:
        place: key of the chosen place
        customer_name: full name of the customer
    """
    row = world.sql("SELECT device, visit, day, time FROM offers WHERE place = :place", place=place).fetchone()
    if row is None:
        raise ToolRefused(f"There is no place {place}. Please look for free places first.")
    device, visit, day, time = row
    booked = world.sql(
        "INSERT INTO visits (device, visit, day, time, customer_name) SELECT :device, :visit, :day, :time, :customer_name WHERE"
        " (SELECT count(*) FROM visits WHERE visit = :visit AND day = :day AND time = :time)"
        " < (SELECT places FROM bench WHERE visit = :visit AND time = :time) RETURNING number",
        device=device,
        visit=visit,
        day=day,
        time=time,
        customer_name=customer_name,
    ).fetchall()
    if not booked:
        raise ToolRefused("Sorry, this place has just been taken. Please look again.")
    when = _place_text(visit, date.fromisoformat(day), time)
    return {"device": device, "when": when, "customer_name": customer_name}


def verify_customer(world: World, ticket: str, code: str) -> dict[str, Any]:
    """Check that ticket and code belong together, before anything of the repair is told or changed.

    Args:
        ticket: number on the repair ticket such as T-1017
        code: the four digits on the customer's half of the ticket
    """
    _verify(world, ticket, code)
    return {"ticket": ticket}


# NOT YET: amounts in results. `total: Money` with currency would be compared, added and judged; here they are finished text.
# NOT YET: a list that is told, not chosen from. A quote has lines (work, parts, labour); any list of objects in a
# result is taken for a choice, so the lines are flattened into fields.
#     return Quote(ticket, lines=[Line("new screen", Money(149.50)), Line("labour", Money(65))], total=Money(214.50))
def read_quote(world: World, ticket: str, code: str) -> dict[str, Any]:
    """Read the open quote of a repair; needs the code from the customer's half of the ticket.

    Args:
        ticket: number on the repair ticket such as T-1017
        code: the four digits on the customer's half of the ticket
    """
    work, parts, labour, valid_until = _open_quote(world, ticket, code)
    touches_disk, backup = _disk(world, ticket)
    return {
        "ticket": ticket,
        "work": work,
        "parts": _euros(parts),
        "labour": _euros(labour),
        "total": _euros(parts + labour),
        "valid_until": _day_text(date.fromisoformat(valid_until)),
        "needs_consent": bool(touches_disk) and backup is None,
    }


def answer_quote(world: World, ticket: str, code: str, decision: str) -> dict[str, Any]:
    """Accept or decline the open quote of a repair.

    Args:
        ticket: number on the repair ticket such as T-1017
        code: the four digits on the customer's half of the ticket
        decision: accept or decline
    """
    _, parts, labour, _ = _open_quote(world, ticket, code)
    if decision == "change":
        raise ToolRefused("A change has to be written down for the technician, not answered.")
    touches_disk, backup = _disk(world, ticket)
    if decision == "accept" and touches_disk and backup is None:
        raise ToolRefused("This work touches the disk. We need your data backup consent before you can accept.")
    answer = {"accept": "accepted", "decline": "declined"}[decision]
    world.sql("UPDATE quotes SET status = :answer WHERE ticket = :ticket", answer=answer, ticket=ticket)
    world.sql(
        "UPDATE repairs SET status = :status WHERE ticket = :ticket",
        status="in repair" if decision == "accept" else "sent back unrepaired",
        ticket=ticket,
    )
    # A declined quote leaves the diagnosis fee of knowledge/quotes.md to be paid.
    to_pay = _euros(parts + labour) if decision == "accept" else _euros(3900)
    return {"ticket": ticket, "quote": answer, "to_pay": to_pay}


# NOT YET: who is speaking. The world does not say which customer was verified; ticket and code travel in every call.
def ask_for_change(
    world: World, ticket: str, code: str, wish: str, phone: str, most: float | None = None
) -> dict[str, Any]:
    """Write down for the technician what the customer wants changed in a quote.

    Args:
        ticket: number on the repair ticket such as T-1017
        code: the four digits on the customer's half of the ticket
        wish: what should be different, in the customer's words
        phone: number on which the technician can call
        most: the most the customer would pay, where there is a limit
    """
    _open_quote(world, ticket, code)
    most_cents = None if most is None else round(100 * most)
    world.sql(
        "UPDATE quotes SET status = 'change asked', wish = :wish, most_cents = :most_cents, phone = :phone WHERE ticket = :ticket",
        wish=wish,
        most_cents=most_cents,
        phone=phone,
        ticket=ticket,
    )
    limit = "no limit" if most_cents is None else _euros(most_cents)
    return {"ticket": ticket, "wish": wish, "limit": limit, "quote": "change asked"}


def record_consent(world: World, ticket: str, code: str, backup: str) -> dict[str, Any]:
    """Write down what may happen to the data before the disk is touched.

    Args:
        ticket: number on the repair ticket such as T-1017
        code: the four digits on the customer's half of the ticket
        backup: shop backup, own backup or no backup
    """
    _verify(world, ticket, code)
    status, touches_disk, before = world.sql(
        "SELECT status, touches_disk, backup FROM repairs WHERE ticket = :ticket", ticket=ticket
    ).fetchone()
    if not touches_disk:
        raise ToolRefused(f"The work on {ticket} does not touch the disk. No consent is needed.")
    if before is not None:
        raise ToolRefused(f"For {ticket} we already have it in writing: {before}.")
    if status not in ("waiting for diagnosis", "quoted"):
        raise ToolRefused(f"The repair {ticket} is {status}. It is too late for that.")
    world.sql(
        "UPDATE repairs SET backup = :backup, backup_on = :today WHERE ticket = :ticket",
        backup=backup,
        today=world.today.isoformat(),
        ticket=ticket,
    )
    meaning = {
        "shop backup": "we back up the disk first, for 49 euros",
        "own backup": "you have your own backup, we may erase the disk",
        "no backup": "there is no backup, the data may be lost",
    }[backup]
    return {"ticket": ticket, "backup": backup, "meaning": meaning}


# NOT YET: counting wrong codes. A refusal undoes its own transaction, so a failed attempt cannot be written down;
# after three the ticket should be locked and a colleague take over.
#     world.keep("UPDATE repairs SET wrong_codes = wrong_codes + 1 WHERE ticket = ?", (ticket,))
#     raise ToolRefused("...", outcome="wrong_code")
def _verify(world: World, ticket: str, code: str) -> None:
    row = world.sql("SELECT code FROM repairs WHERE ticket = :ticket", ticket=ticket).fetchone()
    if row is None or row[0] != code:  # the same sentence for both: it must not tell which tickets exist
        raise ToolRefused("Ticket and code do not match.")


def _disk(world: World, ticket: str) -> tuple[int, str | None]:
    """Whether the work touches the disk, and what was said about the data; None where nobody has asked yet."""
    row = world.sql("SELECT touches_disk, backup FROM repairs WHERE ticket = :ticket", ticket=ticket).fetchone()
    return row[0], row[1]


def _open_quote(world: World, ticket: str, code: str) -> tuple[str, int, int, str]:
    _verify(world, ticket, code)
    row = world.sql(
        "SELECT work, parts_cents, labour_cents, valid_until, status FROM quotes WHERE ticket = :ticket", ticket=ticket
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no quote for {ticket} yet.")
    *quote, status = row
    if status != "open":
        raise ToolRefused(f"The quote for {ticket} is already answered: {status}.")
    if quote[3] < world.today.isoformat():
        expired = _day_text(date.fromisoformat(quote[3]))
        raise ToolRefused(f"The quote for {ticket} ran out on {expired}. A technician has to make a new one.")
    return tuple(quote)


def _verdict(world: World, kind: str, seal: str, purchase_date: date, damage: str) -> str:
    (months,) = world.sql(
        "SELECT months FROM terms WHERE class = :kind AND damage = :damage", kind=kind, damage=damage
    ).fetchone()
    end = _months_later(purchase_date, months)
    if seal == "broken":
        return "not covered, the seal was broken outside our shop"
    if months == 0:
        return f"not covered, {damage} damage is outside our warranty"
    if world.today > end:
        return f"not covered, the warranty ended on {_day_text(end)} {end.year}"
    return f"covered until {_day_text(end)} {end.year}"


def _offer(world: World, device: str, visit: str, day: date, time: str) -> dict[str, Any]:
    """Write the offer down: book_visit books exactly this."""
    (place,) = world.sql(
        "INSERT INTO offers (number, place, device, visit, day, time)"
        " SELECT coalesce(max(number), 0) + 1, 'place-' || (coalesce(max(number), 0) + 1), :device, :visit, :day, :time FROM offers"
        " RETURNING place",
        device=device,
        visit=visit,
        day=day.isoformat(),
        time=time,
    ).fetchall()[0]
    return {"place": place, "time": _place_text(visit, day, time)}


def _place_text(visit: str, day: date, time: str) -> str:
    return f"{visit} on {_day_text(day)}, {time}"


def _day_text(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"


def _euros(cents: int) -> str:
    return f"{cents // 100} euros" if cents % 100 == 0 else f"{cents // 100}.{cents % 100:02} euros"


def _months_later(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - date(year, month + 1, 1)).days
    return date(year, month + 1, min(day.day, last))
