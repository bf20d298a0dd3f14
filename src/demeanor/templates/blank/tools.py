"""The workshop's calendar: what the agent may look up and change.

Every public function here is a tool. Its first parameter is the world: `world.sql` runs SQL with named parameters
and `world.today` is the date. The other parameters that are named like a slot of agent.yaml arrive as values (a
date, a word), whatever words the customer used. Each call is one transaction: it is kept when the function
returns and undone when it raises. `raise ToolRefused("...")` says no on purpose; the agent reads that sentence.
"""

from datetime import date
from typing import Any

from demeanor import ToolRefused, World


def find_times(world: World, service: str, day: date) -> dict[str, Any]:
    """Find free times in the workshop.

    Args:
        service: tune-up, brakes or puncture
        day: day of the repair
    """
    if day < world.today:
        raise ToolRefused("That day is in the past. Please choose a later one.")
    if day.weekday() == 6:  # closed on Sundays, as knowledge/visiting.md says: nothing is free
        return {"service": service, "times": []}
    price = world.sql("SELECT price FROM services WHERE service = :service", service=service).scalar_one()
    free = world.sql(
        "SELECT time, mechanic FROM hours WHERE NOT EXISTS (SELECT 1 FROM repairs WHERE repairs.day = :day"
        " AND repairs.time = hours.time AND repairs.mechanic = hours.mechanic AND status = 'booked')"
        " ORDER BY time, mechanic LIMIT 2",
        day=day.isoformat(),
    ).fetchall()
    times = [_offer(world, service, day, time, mechanic) for time, mechanic in free]
    return {"service": service, "price": f"{price} euros", "times": times}


def book_repair(world: World, appointment: str, customer_name: str) -> dict[str, Any]:
    """Book one offered time in the customer's name.

    Args:
        appointment: appointment of the chosen time
        customer_name: full name of the customer
    """
    row = world.sql(
        "SELECT service, day, time, mechanic FROM offers WHERE appointment = :appointment", appointment=appointment
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no appointment {appointment}. Please look for free times first.")
    service, day, time, mechanic = row
    # One statement looks and writes, so that two customers never get the same time.
    booked = world.sql(
        "INSERT INTO repairs (ticket, service, day, time, mechanic, customer_name, status)"
        " SELECT (SELECT 'R-' || (coalesce(max(CAST(substr(ticket, 3) AS INTEGER)), 100) + 1) FROM repairs),"
        " :service, :day, :time, :mechanic, :customer_name, 'booked' WHERE NOT EXISTS"
        " (SELECT 1 FROM repairs WHERE day = :day AND time = :time AND mechanic = :mechanic AND status = 'booked')"
        " RETURNING ticket",
        service=service,
        day=day,
        time=time,
        mechanic=mechanic,
        customer_name=customer_name,
    ).fetchall()
    if not booked:
        raise ToolRefused("Sorry, this time has just been taken. Please look again.")
    return _repair(world, booked[0][0])


def cancel_repair(world: World, ticket: str) -> dict[str, Any]:
    """Cancel a booked repair.

    Args:
        ticket: number of the repair ticket such as R-104
    """
    changed = world.sql(
        "UPDATE repairs SET status = 'cancelled' WHERE ticket = :ticket AND status = 'booked' AND day >= :today",
        ticket=ticket,
        today=world.today.isoformat(),
    )
    if changed.rowcount == 0:
        raise ToolRefused(f"There is no open repair {ticket}.")
    return {**_repair(world, ticket), "status": "cancelled"}


def _offer(world: World, service: str, day: date, time: str, mechanic: str) -> dict[str, Any]:
    """Write the offer down: book_repair books exactly this. Number and row come in one statement."""
    (appointment,) = world.sql(
        "INSERT INTO offers (number, appointment, service, day, time, mechanic)"
        " SELECT coalesce(max(number), 0) + 1, 'time-' || (coalesce(max(number), 0) + 1),"
        " :service, :day, :time, :mechanic FROM offers RETURNING appointment",
        service=service,
        day=day.isoformat(),
        time=time,
        mechanic=mechanic,
    ).fetchall()[0]
    return {"appointment": appointment, "time": _time_text(day, time, mechanic)}


def _repair(world: World, ticket: str) -> dict[str, Any]:
    service, day, time, mechanic, name = world.sql(
        "SELECT service, day, time, mechanic, customer_name FROM repairs WHERE ticket = :ticket", ticket=ticket
    ).fetchone()
    when = _time_text(date.fromisoformat(day), time, mechanic)
    return {"ticket": ticket, "service": service, "time": when, "customer_name": name}


def _time_text(day: date, time: str, mechanic: str) -> str:
    """Friday 12 June at 10:00 with Noor: finished text, so that the agent copies instead of calculating."""
    return f"{day:%A} {day.day} {day:%B} at {time} with {mechanic}"
