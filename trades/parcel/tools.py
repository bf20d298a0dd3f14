"""Larkpost's parcels: what the agent may look up and change.

Every public function is a tool; `world.db` is the database, `world.today` the date. `ToolRefused` says no on purpose.
The state of a parcel follows from its days and the date of the conversation, so nothing here needs a clock.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

AFTER = 7  # days after the planned one to which a delivery may move
DAMAGE_DAYS = 14  # days after delivery in which damage may be claimed
LATE_DAYS = 3  # days after the planned one from which a parcel counts as missing


def find_parcel(world: World, parcel_number: str) -> dict[str, Any]:
    """Find out where a parcel is.

    Args:
        parcel_number: number of the parcel such as LP204518
    """
    parcel = _parcel(world, parcel_number)
    return {
        "parcel_number": parcel["parcel_number"],
        "status": _status(world, parcel),
        "customs": parcel["state"] == "customs",
        "missing": _missing(world, parcel),
    }


# NOT YET: who is speaking: the tool cannot see that this customer was verified before, so every tool takes the postcode again.
#
# def check_recipient(world: World, speaker: Speaker, parcel_number: str, address: Address) -> Verified: ...
# def change_delivery_day(world: World, verified: Verified, new_day: date) -> dict[str, Any]: ...
def check_recipient(world: World, parcel_number: str, postcode: str) -> dict[str, Any]:
    """Check that the customer is the recipient, before anything is changed or claimed.

    Args:
        parcel_number: number of the parcel such as LP204518
        postcode: postcode of the delivery address
    """
    parcel = _verified(world, parcel_number, postcode)
    found = {"parcel_number": parcel["parcel_number"], "status": _status(world, parcel)}
    if _fixed(world, parcel):
        return {**found, "changeable": False}
    latest = _day_text(_last_day(date.fromisoformat(parcel["planned_day"])))
    return {**found, "latest": f"it can move up to {latest}", "changeable": True}


def change_delivery_day(world: World, parcel_number: str, postcode: str, new_day: date) -> dict[str, Any]:
    """Deliver a parcel on another day.

    Args:
        parcel_number: number of the parcel such as LP204518
        postcode: postcode of the delivery address
        new_day: the new day of delivery
    """
    parcel = _changeable(world, parcel_number, postcode)
    planned = date.fromisoformat(parcel["planned_day"])
    if new_day <= world.today:
        raise ToolRefused("The new day must be tomorrow or later.")
    if new_day.weekday() == 6:
        raise ToolRefused("We don't deliver on Sundays. Please choose another day.")
    if not planned < new_day <= _last_day(planned):
        raise ToolRefused(f"It can move to a day after {_day_text(planned)} and up to {_day_text(_last_day(planned))}.")
    world.sql(
        "UPDATE parcels SET planned_day = :new_day, changed = 1 WHERE parcel_number = :parcel_number AND changed = 0",
        new_day=new_day.isoformat(),
        parcel_number=parcel["parcel_number"],
    )
    return {"parcel_number": parcel["parcel_number"], "new_day": _day_text(new_day)}


def find_pickup_points(world: World, parcel_number: str, postcode: str, new_day: date) -> dict[str, Any]:
    """Find pickup points near the delivery address that are open and have room on a day.

    Args:
        parcel_number: number of the parcel such as LP204518
        postcode: postcode of the delivery address
        new_day: day from which the customer can collect the parcel
    """
    parcel = _changeable(world, parcel_number, postcode)
    planned = date.fromisoformat(parcel["planned_day"])
    if not planned <= new_day <= _last_day(planned):
        raise ToolRefused(f"Collecting is possible from {_day_text(planned)} to {_day_text(_last_day(planned))}.")
    if parcel["size"] == "XL":
        raise ToolRefused("This parcel is size XL; pickup points take parcels up to size L.")
    rows = world.sql(
        "SELECT code, name, street, open_until FROM pickup_points WHERE area = substr(:postcode, 1, 2) AND free > 0"
        " AND instr(closed, strftime('%w', :new_day)) = 0 ORDER BY code LIMIT 3",
        postcode=parcel["postcode"],
        new_day=new_day.isoformat(),
    ).fetchall()
    points = []
    for code, name, street, open_until in rows:
        place = f"{name}, {street}, open until {open_until}"
        (pickup_point,) = world.sql(
            "INSERT INTO offers (number, pickup_point, parcel_number, code, new_day, place)"
            " SELECT coalesce(max(number), 0) + 1, 'point-' || (coalesce(max(number), 0) + 1), :parcel_number, :code, :new_day, :place FROM offers"
            " RETURNING pickup_point",
            parcel_number=parcel["parcel_number"],
            code=code,
            new_day=new_day.isoformat(),
            place=place,
        ).fetchall()[0]
        points.append({"pickup_point": pickup_point, "place": place})
    return {"day": _day_text(new_day), "points": points}


def send_to_pickup_point(world: World, pickup_point: str) -> dict[str, Any]:
    """Send a parcel to one of the pickup points that were offered for it.

    Args:
        pickup_point: pickup_point of the chosen row
    """
    row = world.sql(
        "SELECT parcel_number, code, new_day, place FROM offers WHERE pickup_point = :pickup_point",
        pickup_point=pickup_point,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no pickup point {pickup_point}. Please look for pickup points first.")
    parcel_number, code, new_day, place = row
    moved = world.sql(
        "UPDATE parcels SET pickup_code = :code, planned_day = :new_day, changed = 1 WHERE parcel_number = :parcel_number AND changed = 0",
        code=code,
        new_day=new_day,
        parcel_number=parcel_number,
    )
    if moved.rowcount == 0:
        raise ToolRefused("This delivery has been changed before; one change a parcel is the limit.")
    full = world.sql("UPDATE pickup_points SET free = free - 1 WHERE code = :code AND free > 0", code=code)
    if full.rowcount == 0:
        raise ToolRefused("Sorry, this pickup point has just filled up. Please choose another one.")
    day = _day_text(date.fromisoformat(new_day))
    return {"parcel_number": parcel_number, "place": place, "day": day}


def leave_in_safe_place(
    world: World, parcel_number: str, postcode: str, spot: str, note: str | None = None
) -> dict[str, Any]:
    """Let the courier leave a parcel in a safe place.

    Args:
        parcel_number: number of the parcel such as LP204518
        postcode: postcode of the delivery address
        spot: garage, porch or shed
        note: what the courier should know, where the customer says so
    """
    parcel = _changeable(world, parcel_number, postcode)
    if parcel["signature"]:
        raise ToolRefused("This parcel needs the recipient's signature; it can't be left anywhere.")
    if parcel["size"] == "XL":
        raise ToolRefused("This parcel is size XL; we don't leave those in a safe place.")
    world.sql(
        "UPDATE parcels SET spot = :spot, note = :note, changed = 1 WHERE parcel_number = :parcel_number",
        spot=spot,
        note=note,
        parcel_number=parcel["parcel_number"],
    )
    return {"parcel_number": parcel["parcel_number"], "spot": spot}


def leave_with_neighbour(
    world: World, parcel_number: str, postcode: str, neighbour: str, note: str | None = None
) -> dict[str, Any]:
    """Let the courier leave a parcel with a neighbour.

    Args:
        parcel_number: number of the parcel such as LP204518
        postcode: postcode of the delivery address
        neighbour: full name of the neighbour
        note: what the courier should know, where the customer says so
    """
    parcel = _changeable(world, parcel_number, postcode)
    if parcel["signature"]:
        raise ToolRefused("This parcel needs the recipient's signature; a neighbour can't take it.")
    world.sql(
        "UPDATE parcels SET neighbour = :neighbour, note = :note, changed = 1 WHERE parcel_number = :parcel_number",
        neighbour=neighbour,
        note=note,
        parcel_number=parcel["parcel_number"],
    )
    return {"parcel_number": parcel["parcel_number"], "neighbour": neighbour}


# NOT YET: lists of records, photos: each item has its number and its own amount.
#
# def open_claim(world: World, verified: Verified, problem: str, items: list[Item], photos: list[Image],
#                reach: Phone | Email) -> Claim: ...        # Item: item, pieces, amount: float
def open_claim(
    world: World,
    parcel_number: str,
    postcode: str,
    problem: str,
    items: list[str],
    amount: float,
    phone: str | None = None,
    email: str | None = None,
) -> dict[str, Any]:
    """Open a claim for a damaged or missing parcel; the claims desk decides on it.

    Args:
        parcel_number: number of the parcel such as LP204518
        postcode: postcode of the delivery address
        problem: damaged or missing
        items: what was in the parcel, all of it
        amount: what it was worth, all in all
        phone: phone number for the reply
        email: mail address for the reply, in place of a phone number
    """
    parcel = _verified(world, parcel_number, postcode)
    number = parcel["parcel_number"]
    earlier = world.sql("SELECT claim_number FROM claims WHERE parcel_number = :number", number=number).fetchone()
    if earlier:
        raise ToolRefused(f"There is a claim for this parcel already: {earlier[0]}.")
    if amount > 500:
        raise ToolRefused("Parcels are insured up to 500 euros.")
    if phone is None and email is None:
        raise ToolRefused("The claims desk needs a phone number or an e-mail address for its reply.")
    delivered = date.fromisoformat(parcel["delivered_day"]) if parcel["delivered_day"] else None
    if problem == "damaged":
        if delivered is None or delivered > world.today:
            raise ToolRefused("This parcel hasn't been delivered yet, so damage can't be claimed.")
        if world.today > delivered + timedelta(days=DAMAGE_DAYS):
            raise ToolRefused(f"Damage has to be claimed within {DAMAGE_DAYS} days of delivery.")
    else:
        if parcel["state"] != "moving":
            raise ToolRefused(f"This parcel isn't missing: it is {_status(world, parcel)}.")
        due = date.fromisoformat(parcel["planned_day"]) + timedelta(days=LATE_DAYS)
        if world.today < due:
            raise ToolRefused(f"It counts as missing from {_day_text(due)}. Please try again then.")
    (claim_number,) = world.sql(
        "INSERT INTO claims (claim_number, parcel_number, problem, items, cents, phone, email, opened)"
        " SELECT 'C-' || (coalesce(max(CAST(substr(claim_number, 3) AS INTEGER)), 300) + 1), :number, :problem, :items, :cents, :phone, :email, :today FROM claims"
        " RETURNING claim_number",
        number=number,
        problem=problem,
        items=", ".join(items),
        cents=round(100 * amount),
        phone=phone,
        email=email,
        today=world.today.isoformat(),
    ).fetchall()[0]
    worth = f"{amount:.0f} euros" if amount == int(amount) else f"{amount:.2f} euros"
    return {"claim_number": claim_number, "parcel_number": number, "items": " and ".join(items), "amount": worth}


def _parcel(world: World, parcel_number: str) -> dict[str, Any]:
    found = world.sql("SELECT * FROM parcels WHERE parcel_number = :number", number=parcel_number.upper())
    row = found.mappings().fetchone()
    if row is None:
        raise ToolRefused(f"There is no parcel {parcel_number}. Please check the number.")
    return dict(row)


def _verified(world: World, parcel_number: str, postcode: str) -> dict[str, Any]:
    parcel = _parcel(world, parcel_number)
    if parcel["postcode"] != postcode:
        raise ToolRefused("That postcode doesn't match this parcel. Please check it.")
    return parcel


def _changeable(world: World, parcel_number: str, postcode: str) -> dict[str, Any]:
    """The parcel, where it is still on its way and may be changed."""
    parcel = _verified(world, parcel_number, postcode)
    if why := _fixed(world, parcel):
        raise ToolRefused(why)
    return parcel


def _fixed(world: World, parcel: dict[str, Any]) -> str:
    """Why a delivery cannot be changed; '' where it can."""
    today = world.today.isoformat()
    if parcel["delivered_day"] and parcel["delivered_day"] <= today:
        return "This parcel has been delivered already."
    if parcel["state"] == "customs":
        return f"This parcel is held by customs until {parcel['customs_fee']} euros are paid."
    if parcel["state"] == "returned":
        return "This parcel has gone back to the sender."
    if parcel["changed"]:
        return "This delivery has been changed before; one change a parcel is the limit."
    if parcel["planned_day"] <= today:
        return "This parcel is on the van already, so it can't be changed any more."
    return ""


def _missing(world: World, parcel: dict[str, Any]) -> bool:
    """Whether a parcel is so late that it can be claimed as missing."""
    late = date.fromisoformat(parcel["planned_day"]) + timedelta(days=LATE_DAYS) <= world.today
    return parcel["state"] == "moving" and parcel["delivered_day"] is None and late


def _status(world: World, parcel: dict[str, Any]) -> str:
    today = world.today.isoformat()
    planned = _day_text(date.fromisoformat(parcel["planned_day"]))
    if parcel["delivered_day"] and parcel["delivered_day"] <= today:
        return f"delivered on {_day_text(date.fromisoformat(parcel['delivered_day']))}, {parcel['place']}"
    if parcel["state"] == "customs":
        return f"held by customs until {parcel['customs_fee']} euros are paid"
    if parcel["state"] == "returned":
        return "on its way back to the sender"
    if parcel["planned_day"] == today:
        return "on the van, it comes today"
    if parcel["planned_day"] < today:
        return f"late, it was due on {planned} and was last seen at {parcel['place']}"
    if parcel["delivered_day"]:  # handed over on that day; before it, nobody has scanned it yet
        return f"announced by the sender, due on {planned}"
    return f"on its way, last seen at {parcel['place']}, due on {planned}"


def _last_day(planned: date) -> date:
    last = planned + timedelta(days=AFTER)
    return last - timedelta(days=1) if last.weekday() == 6 else last


def _day_text(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
