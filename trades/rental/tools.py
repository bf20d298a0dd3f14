"""Roue Libre's bicycles: what the counter may look up and change.

Every public function is a tool and one transaction. `check_rental` writes down which rental it is (`world.session.facts`);
longer or cancelled is that one alone. Whoever has broken down only needs the number on the key tag.
"""

from datetime import date, time, timedelta
from typing import Any

from demeanor import ToolRefused, World

GROUP = 4  # bicycles from which a price is open to talk
LATE = 2  # days before the first one in which cancelling costs something


def check_rental(world: World, rental: str, tag_name: str) -> dict[str, Any]:
    """Check that a rental number and the name on its key tag belong together.

    Args:
        rental: number on the key tag such as RL-2044
        tag_name: first and last name on it
    """
    row = _running(world, rental)
    if row is None or row["renter_name"].lower() != tag_name.lower():
        raise ToolRefused("That number and that name don't belong together.")
    world.session.facts["renter"] = row["rental"]
    return {"bicycle": row["model"]}


# NOT YET: several kinds in one rental, each with its number; and the height of each rider.
# def find_bikes(world: World, wishes: list[Wish], first_day: date, last_day: date) -> Offers: ...
def find_bikes(world: World, kind: str, bikes: int, first_day: date, last_day: date) -> dict[str, Any]:
    """Find models of which there are enough.

    Args:
        kind: city bike, touring bike, e-bike, child bike or tandem
        bikes: how many
        first_day: first day of the rental
        last_day: last day of the rental
    """
    if first_day < world.today:
        raise ToolRefused("That day has passed. Please choose a later one.")
    if world.sql("SELECT 1 FROM closed WHERE weekday = :weekday", weekday=first_day.weekday()).fetchone():
        return {"offers": []}
    rows = world.sql(
        "SELECT model, cents FROM models WHERE kind = :kind AND pieces - (SELECT coalesce(sum(bikes), 0) FROM rentals"
        " WHERE rentals.model = models.model AND first_day <= :last AND last_day >= :first) >= :bikes ORDER BY cents LIMIT 2",
        kind=kind,
        first=first_day.isoformat(),
        last=last_day.isoformat(),
        bikes=bikes,
    ).fetchall()
    days = (last_day - first_day).days + 1
    return {
        "offers": [
            {
                "offer": row.model,
                "terms": f"{row.model}, {_euros(row.cents)} a day, {_euros(days * bikes * row.cents)} in all",
            }
            for row in rows
        ]
    }


def rent(
    world: World,
    offer: str,
    bikes: int,
    first_day: date,
    last_day: date,
    pickup_time: time,
    renter_name: str,
    phone: str,
    extras: list[str] | None = None,
) -> dict[str, Any]:
    """Rent out bicycles of one model.

    Args:
        offer: offer of the chosen row
        bikes: how many
        first_day: first day of the rental
        last_day: last day of the rental
        pickup_time: when they are collected
        renter_name: name for the key tag
        phone: number for the road
        extras: helmet, child seat, panniers or trailer, where they are wanted
    """
    row = world.sql("SELECT model, kind, cents FROM models WHERE model = :offer", offer=offer).fetchone()
    if row is None:
        raise ToolRefused(f"There is no model {offer}. Please look for bicycles first.")
    days = (last_day - first_day).days + 1
    prices = [
        world.sql("SELECT cents FROM extras WHERE extra = :extra", extra=extra).scalar() for extra in extras or []
    ]
    cents = days * bikes * row.cents + sum(prices)
    (number,) = world.sql(
        "INSERT INTO rentals (model, kind, bikes, first_day, last_day, pickup_time, extras, renter_name, phone, cents)"
        " VALUES (:model, :kind, :bikes, :first_day, :last_day, :pickup_time, :extras, :renter_name, :phone, :cents) RETURNING number",
        model=row.model,
        kind=row.kind,
        bikes=bikes,
        first_day=first_day.isoformat(),
        last_day=last_day.isoformat(),
        pickup_time=f"{pickup_time:%H:%M}",
        extras=", ".join(sorted(extras or [])),
        renter_name=renter_name,
        phone=phone,
        cents=cents,
    ).fetchall()[0]
    return {
        "rental": f"RL-{2200 + number}",
        "collect": f"{_day(first_day)} at {pickup_time:%H:%M}",
        "price": _euros(cents),
    }


def offer_group_price(world: World, bikes: int, group_price: float | None = None) -> dict[str, Any]:
    """Offer a group a price for each city bike and day, and a better one when it asks for less.

    Args:
        bikes: how many bicycles the group needs
        group_price: what the group would pay for each bicycle and day, once it was said
    """
    if bikes < GROUP:
        raise ToolRefused(f"A group is {GROUP} or more; for fewer the price is as on the board.")
    steps = (1700, 1600, 1500) if bikes < 7 else (1550, 1450, 1350)
    made, last = world.sql("SELECT count(*), min(cents) FROM group_offers").fetchone()
    floor = steps[min(made, len(steps) - 1)]
    wish = None if group_price is None else round(100 * group_price)
    accepted = wish is not None and wish >= floor
    cents = min(wish, last) if accepted and made else floor
    world.sql(
        "INSERT INTO group_offers (bikes, cents, accepted) VALUES (:bikes, :cents, :accepted)",
        bikes=bikes,
        cents=cents,
        accepted=int(accepted),
    )
    return {"price": _euros(cents), "for": "each city bike and day", "accepted": accepted}


def keep_price(world: World, bikes: int, group_price: float, renter_name: str, phone: str) -> dict[str, Any]:
    """Keep an agreed price for a group.

    Args:
        bikes: how many bicycles the group needs
        group_price: the price to which both said yes
        renter_name: who speaks for the group
        phone: number of whoever speaks for the group
    """
    agreed = world.sql("SELECT cents FROM group_offers WHERE accepted ORDER BY number DESC LIMIT 1").scalar()
    if agreed is None or round(100 * group_price) < agreed:
        raise ToolRefused("This price has not been agreed.")
    world.sql(
        "INSERT INTO group_prices (bikes, cents, renter_name, phone, kept_on) VALUES (:bikes, :cents, :renter_name, :phone, :today)",
        bikes=bikes,
        cents=agreed,
        renter_name=renter_name,
        phone=phone,
        today=world.today.isoformat(),
    )
    return {
        "group": f"{bikes} bicycles",
        "price": f"{_euros(agreed)} each and day",
        "kept": f"until {_day(world.today + timedelta(days=14))}",
    }


def price_extension(world: World, new_last_day: date) -> dict[str, Any]:
    """Tell what it costs to keep the bicycle up to a later day.

    Args:
        new_last_day: the new last day
    """
    days, cents = _extension(world, new_last_day)
    return {
        "bicycle": _mine(world)["model"],
        "more": f"{days} more days" if days > 1 else "1 more day",
        "price": _euros(cents),
    }


def extend(world: World, new_last_day: date) -> dict[str, Any]:
    """Let the guest keep the bicycle up to a later day.

    Args:
        new_last_day: the new last day
    """
    _, cents = _extension(world, new_last_day)
    world.sql(
        "INSERT INTO extensions (rental, new_last_day, cents, extended_on) VALUES (:rental, :new_last_day, :cents, :today)",
        rental=_mine(world)["rental"],
        new_last_day=new_last_day.isoformat(),
        cents=cents,
        today=world.today.isoformat(),
    )
    return {"yours": f"until {_day(new_last_day)} at 18:00", "price": f"{_euros(cents)} when you bring it back"}


def look_up_fee(world: World) -> dict[str, Any]:
    """Tell what it costs to cancel this rental."""
    mine = _not_begun(world)
    starts = _day(world.today + timedelta(days=mine["starts_in"]))
    fee = _fee(mine)
    told = f"cancelling costs {_euros(fee)}, one day's price" if fee else "cancelling is free of charge"
    return {"rental": f"{mine['model']} from {starts}", "fee": told, "costs": fee > 0}


def cancel(world: World, rental: str) -> dict[str, Any]:
    """Cancel a rental that has not begun.

    Args:
        rental: number on the key tag such as RL-2082
    """
    mine = _not_begun(world)
    if rental.upper() != mine["rental"]:
        raise ToolRefused("Another rental has to be checked by number and name first.")
    if world.sql("SELECT 1 FROM cancellations WHERE rental = :rental", rental=mine["rental"]).fetchone():
        raise ToolRefused("This rental is cancelled already.")
    fee = _fee(mine)
    world.sql(
        "INSERT INTO cancellations (rental, fee, cancelled_on) VALUES (:rental, :fee, :today)",
        rental=mine["rental"],
        fee=fee,
        today=world.today.isoformat(),
    )
    return {"cancelled": mine["rental"], "fee": _euros(fee) if fee else "nothing to pay"}


def send_mechanic(
    world: World, rental: str, trouble: str, place: str, phone: str, can_push: bool | None = None
) -> dict[str, Any]:
    """Send the workshop's van to a bicycle that has broken down.

    Args:
        rental: number on the key tag such as RL-2044
        trouble: flat tyre, chain, brakes, motor or accident
        place: where on the route
        phone: number for the mechanic
        can_push: whether it can be pushed to the next road
    """
    row = _running(world, rental)
    if row is None:
        raise ToolRefused(f"There is no rental {rental}. Please look at the key tag once more.")
    world.sql(
        "INSERT INTO breakdowns (rental, trouble, can_push, place, phone, told_on)"
        " VALUES (:rental, :trouble, :can_push, :place, :phone, :today)",
        rental=row["rental"],
        trouble=trouble,
        can_push=None if can_push is None else int(can_push),
        place=place,
        phone=phone,
        today=world.today.isoformat(),
    )
    return {"van": f"on its way to {place}", "arrival": "in about 40 minutes" if can_push else "in about 60 minutes"}


def find_route(world: World, distance: float, hills: bool) -> dict[str, Any]:
    """Find the route whose length comes nearest.

    Args:
        distance: kilometres to ride
        hills: whether it may go uphill
    """
    row = world.sql(
        "SELECT route, km, way FROM routes WHERE hills <= :hills ORDER BY abs(km - :distance), hills DESC LIMIT 1",
        hills=int(hills),
        distance=distance,
    ).fetchone()
    return {"route": row.route, "length": f"{row.km} km", "way": row.way}


def _running(world: World, rental: str) -> dict[str, Any] | None:
    found = world.sql(
        "SELECT running.*, models.cents FROM running JOIN models USING (model) WHERE rental = :rental",
        rental=rental.upper(),
    )
    row = found.mappings().fetchone()
    return None if row is None else dict(row)


def _mine(world: World) -> dict[str, Any]:
    row = _running(world, world.session.facts.get("renter", ""))
    if row is None:
        raise ToolRefused("The rental number and the name come first.")
    return row


def _not_begun(world: World) -> dict[str, Any]:
    mine = _mine(world)
    if mine["starts_in"] < 0:
        raise ToolRefused("This rental has begun; please bring the bicycle back, and the counter settles it.")
    return mine


def _fee(mine: dict[str, Any]) -> int:
    return int(mine["cents"]) if mine["starts_in"] <= LATE else 0


def _extension(world: World, new_last_day: date) -> tuple[int, int]:
    """Days and cents on top."""
    mine = _mine(world)
    if mine["days_left"] < 0:
        raise ToolRefused("This rental has not begun yet, so it can be changed at the counter only.")
    days = (new_last_day - world.today).days - mine["days_left"]
    if days < 1:
        raise ToolRefused(f"It is yours up to {_day(world.today + timedelta(days=mine['days_left']))} already.")
    if (new_last_day - world.today).days > mine["free_days"]:
        raise ToolRefused(
            f"Somebody else has booked it; {_day(world.today + timedelta(days=mine['free_days']))} is the last day."
        )
    return days, days * mine["cents"]


def _euros(cents: int) -> str:
    return f"{cents / 100:.2f} euros"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
