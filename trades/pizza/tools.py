"""The kitchen's book of Tin Roof Pizza: what the agent may look up, order and give back.

Every public function is a tool. A window is written down when it is offered, so that nothing else can be ordered for; what
the house gives for a complaint is decided here, and never by whoever talks.
"""

from datetime import date, time, timedelta
from typing import Any

from demeanor import ToolRefused, World

DAYS_AHEAD = 14
DRINK = 300  # cents for a bottle
# What the house gives for a complaint, in percent of the order: at first, and at most.
GIVES = {"cold": (20, 40), "late": (20, 40), "something missing": (30, 60), "wrong pizza": (60, 100)}


# NOT YET: records: a pizza with its own size, count, extras and halves.
# def find_windows(world: World, zip: str, day: date, at: time, pizzas: list[Pizza], drinks: list[Drink]) -> Windows: ...
def find_windows(
    world: World, zip: str, day: date, at: time, pizzas: list[str], size: str, drinks: list[str] | None = None
) -> dict[str, Any]:
    """Find delivery windows that are free, and what the order costs.

    Args:
        zip: zip code it goes to
        day: day of the delivery
        at: about what time
        pizzas: the pizzas that are ordered
        size: small, medium or large
        drinks: the drinks, where there are any
    """
    area = world.sql("SELECT fee, least FROM areas WHERE zip = :zip", zip=zip).fetchone()
    if area is None:
        raise ToolRefused("We don't drive to that zip code. You can collect it at 12 Depot Street instead.")
    cents = _cents(world, pizzas, size, drinks)
    if cents < area.least:
        raise ToolRefused(f"We drive there from {_money(area.least)} on. Please add something.")
    free = _free(world, day, at, len(pizzas))
    found = []
    for start, ready in free[:2]:
        window = f"window-{day:%m%d}-{start.replace(':', '')}"
        world.sql(
            "INSERT OR REPLACE INTO offers (window, zip, day, start) VALUES (:window, :zip, :day, :start)",
            window=window,
            zip=zip,
            day=day.isoformat(),
            start=start,
        )
        found.append({"window": window, "time": ready})
    return {"day": _day(day), "total": f"{_money(cents + area.fee)} with delivery", "windows": found}


def place_delivery(
    world: World,
    window: str,
    pizzas: list[str],
    size: str,
    street: str,
    phone: str,
    drinks: list[str] | None = None,
    note: str | None = None,
) -> dict[str, Any]:
    """Order for delivery in a window that was offered.

    Args:
        window: window of the chosen row
        pizzas: the pizzas that are ordered
        size: small, medium or large
        street: street and house number
        phone: phone number for the driver
        drinks: the drinks, where there are any
        note: what the driver should know, where there is something
    """
    offer = world.sql(
        "SELECT zip, day, start, ready, fee FROM offers JOIN slots USING (start) JOIN areas USING (zip) WHERE"
        " window = :window",
        window=window,
    ).fetchone()
    if offer is None:
        raise ToolRefused(f"There is no window {window}. Please look for windows first.")
    cents = _cents(world, pizzas, size, drinks) + offer.fee
    number = _write(
        world,
        kind="delivery",
        day=offer.day,
        start=offer.start,
        ready=offer.ready,
        pizzas=", ".join(sorted(pizzas)),
        size=size,
        drinks=", ".join(sorted(drinks or [])),
        cents=cents,
        zip=offer.zip,
        street=street,
        phone=phone,
        note=note,
        guest_name=None,
    )
    day = _day(date.fromisoformat(offer.day))
    return {"order_number": number, "day": day, "time": offer.ready, "total": _money(cents)}


def check_oven(world: World, day: date, at: time, pizzas: list[str]) -> dict[str, Any]:
    """Look whether the oven has room about a time, for an order that is collected.

    Args:
        day: day of the collection
        at: about what time
        pizzas: the pizzas that are ordered
    """
    free = _free(world, day, at, len(pizzas))
    if not free:
        raise ToolRefused(f"There's no room around {_clock(at)} on {_day(day)}. Another time or day?")
    return {"ready": f"{_day(day)}, {free[0][1]}"}


def place_collection(
    world: World,
    day: date,
    at: time,
    pizzas: list[str],
    size: str,
    guest_name: str,
    drinks: list[str] | None = None,
) -> dict[str, Any]:
    """Order for collection at the counter.

    Args:
        day: day of the collection
        at: about what time
        pizzas: the pizzas that are ordered
        size: small, medium or large
        guest_name: name that is called out
        drinks: the drinks, where there are any
    """
    free = _free(world, day, at, len(pizzas))
    if not free:
        raise ToolRefused("The oven is full around that time. Please choose another one.")
    cents = _cents(world, pizzas, size, drinks)
    number = _write(
        world,
        kind="collection",
        day=day.isoformat(),
        start=free[0][0],
        ready=free[0][1],
        pizzas=", ".join(sorted(pizzas)),
        size=size,
        drinks=", ".join(sorted(drinks or [])),
        cents=cents,
        zip=None,
        street=None,
        phone=None,
        note=None,
        guest_name=guest_name,
    )
    return {
        "order_number": number,
        "day": _day(day),
        "time": free[0][1],
        "total": _money(cents),
        "guest_name": guest_name,
    }


def track_order(world: World, order_number: str) -> dict[str, Any]:
    """Find out where an order of today is.

    Args:
        order_number: number of the order such as TR61046
    """
    order = _order(world, order_number)
    return {
        "order_number": order["order_number"],
        "order": order["what"],
        "status": _status(order),
        "waiting": order["stage"] == "waiting",
    }


def open_order(world: World, order_number: str, phone_end: str) -> dict[str, Any]:
    """Check that an order belongs to the guest, before money is given back.

    Args:
        order_number: number of the order such as TR61046
        phone_end: last four digits of the phone number of the order
    """
    order = _proved(world, order_number, phone_end)
    world.sql("INSERT OR IGNORE INTO opened (order_number) VALUES (:number)", number=order["order_number"])
    return {"order": order["what"], "total": _money(order["cents"]), "waiting": order["stage"] == "waiting"}


def cancel_order(world: World, order_number: str, phone_end: str, back_as: str) -> dict[str, Any]:
    """Cancel an order that still waits, and give the money back.

    Args:
        order_number: number of the order such as TR61046
        phone_end: last four digits of the phone number of the order
        back_as: credit for the next order, or card
    """
    order = _proved(world, order_number, phone_end)
    if order["stage"] != "waiting":
        raise ToolRefused(f"This order is {order['stage']}, so it can't be canceled any more.")
    cents = round(order["cents"] * 1.1) if back_as == "credit" else order["cents"]
    _give(world, order_number, cents, "canceled", back_as)
    way = "as credit" if back_as == "credit" else "to the card, in 3 to 5 business days"
    return {"order_number": order["order_number"], "status": "canceled", "back": f"{_money(cents)} {way}"}


def offer_refund(
    world: World, order_number: str, phone_end: str, problem: str, wish: float | None = None
) -> dict[str, Any]:
    """Offer money back for an order that went wrong; a wish of the guest is accepted where the house allows it.

    Args:
        order_number: number of the order such as TR61046
        phone_end: last four digits of the phone number of the order
        problem: cold, late, something missing or wrong pizza
        wish: how much the guest would like, in dollars
    """
    order = _proved(world, order_number, phone_end)
    if order["stage"] != "delivered":
        raise ToolRefused(f"This order is {order['stage']}; please tell us once it's there.")
    first, most = (order["cents"] * percent // 100 // 50 * 50 for percent in GIVES[problem])
    stands = world.sql(
        "SELECT cents FROM bargains WHERE order_number = :number AND problem = :problem",
        number=order["order_number"],
        problem=problem,
    ).scalar()
    asked = round(100 * wish) if wish is not None else None
    agreed = asked is not None and asked <= most
    # It starts low, and goes halfway up to the most with each wish that is too high.
    cents = asked if agreed else first if stands is None else min(most, (stands + most) // 2 // 50 * 50 + 50)
    world.sql(
        "INSERT OR REPLACE INTO bargains (order_number, problem, cents) VALUES (:number, :problem, :cents)",
        number=order["order_number"],
        problem=problem,
        cents=cents,
    )
    return {"agreed": agreed, "amount": _money(cents)}


def pay_refund(world: World, order_number: str, phone_end: str, problem: str, wish: float) -> dict[str, Any]:
    """Give back the money that was agreed on, to the card.

    Args:
        order_number: number of the order such as TR61046
        phone_end: last four digits of the phone number of the order
        problem: cold, late, something missing or wrong pizza
        wish: the amount that was agreed on, in dollars
    """
    order = _proved(world, order_number, phone_end)
    agreed = world.sql(
        "SELECT cents FROM bargains WHERE order_number = :number AND problem = :problem",
        number=order["order_number"],
        problem=problem,
    ).scalar()
    if agreed is None or round(100 * wish) > max(agreed, order["cents"] * GIVES[problem][1] // 100):
        raise ToolRefused("That is more than I may give back. The shift manager decides on it.")
    _give(world, order_number, round(100 * wish), problem, "card")
    return {
        "order_number": order["order_number"],
        "back": f"{_money(round(100 * wish))} to the card, in 3 to 5 business days",
    }


def _order(world: World, order_number: str) -> dict[str, Any]:
    row = (
        world.sql("SELECT * FROM board WHERE order_number = :number", number=order_number.upper()).mappings().fetchone()
    )
    if row is None:
        raise ToolRefused(f"There is no order {order_number} today. Please check the number.")
    return dict(row)


def _proved(world: World, order_number: str, phone_end: str) -> dict[str, Any]:
    """The order; one sentence for a wrong number and for wrong digits."""
    row = world.sql(
        "SELECT * FROM board WHERE order_number = :number AND phone_end = :phone_end",
        number=order_number.upper(),
        phone_end=phone_end,
    )
    found = row.mappings().fetchone()
    if found is None:
        raise ToolRefused("That order number and those digits don't go together. Please check both.")
    return dict(found)


def _give(world: World, order_number: str, cents: int, why: str, back_as: str) -> None:
    if world.sql("SELECT 1 FROM refunds WHERE order_number = :number", number=order_number).fetchone():
        raise ToolRefused("There has been money back for this order already.")
    world.sql(
        "INSERT INTO refunds (order_number, cents, why, back_as, day) VALUES (:number, :cents, :why, :back_as, :today)",
        number=order_number,
        cents=cents,
        why=why,
        back_as=back_as,
        today=world.today.isoformat(),
    )


def _free(world: World, day: date, at: time, pizzas: int) -> list[tuple[str, str]]:
    """Half hours as (start, text) that begin from the wished one to 90 minutes after it and have room; the"
    " earliest first."""
    if day < world.today:
        raise ToolRefused("That day is over. Please choose a later one.")
    if day > world.today + timedelta(days=DAYS_AHEAD):
        raise ToolRefused(f"We take orders up to {DAYS_AHEAD} days ahead.")
    if day.weekday() == 0:
        return []
    begin = at.hour * 60 + at.minute // 30 * 30
    rows = world.sql(
        "SELECT start, ready FROM slots WHERE CAST(substr(start, 1, 2) AS INTEGER) * 60 + CAST(substr(start, 4)"
        " AS INTEGER)"
        " BETWEEN :begin AND :begin + 90"
        " AND NOT EXISTS (SELECT 1 FROM closed WHERE closed.day = :day AND closed.start <= slots.start)"
        " AND (SELECT count(*) FROM orders o WHERE o.day = :day AND o.start = slots.start AND kind = 'delivery')"
        " < drives"
        " AND :pizzas <= pizzas ORDER BY start",
        begin=begin,
        day=day.isoformat(),
        pizzas=pizzas,
    )
    return [(row.start, row.ready) for row in rows]


def _write(world: World, **order: Any) -> str:
    number = f"TR{70017 + world.sql('SELECT count(*) FROM orders').scalar()}"
    columns = ["order_number", *order]
    world.sql(
        f"INSERT INTO orders ({', '.join(columns)}) VALUES ({', '.join(f':{name}' for name in columns)})",
        order_number=number,
        **order,
    )
    return number


def _cents(world: World, pizzas: list[str], size: str, drinks: list[str] | None) -> int:
    each = world.sql("SELECT cents FROM prices WHERE size = :size", size=size).scalar()
    return int(each) * len(pizzas) + DRINK * len(drinks or [])


def _status(order: dict[str, Any]) -> str:
    if order["stage"] == "delivered":
        return f"delivered, it was due at {order['due']}"
    return f"{order['stage']}, due at {order['due']}"


def _money(cents: int) -> str:
    return f"${cents / 100:.2f}"


def _clock(at: time) -> str:
    return f"{(at.hour - 1) % 12 + 1}:{at.minute:02d} {'am' if at.hour < 12 else 'pm'}"


def _day(day: date) -> str:
    return f"{day:%A}, {day:%B} {day.day}"
