"""The books of Kettle & Crate: what the agent may look up and change.

Every public function is a tool; each call is one transaction, undone when it raises. Money leaves here as finished
text, so that the agent copies instead of calculating; how low a price may go never leaves here.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World


# NOT YET: records and lists of them as arguments, and a bargain as a call of its own; the inventory is the heart of a quote
# def quote_move(world: World, inventory: list[Item], from_home: Home, to_home: Home, moving_day: date,
#                special_items: list[str] = [], flexible_days: int | None = None) -> dict[str, Any]:
#     Item: thing: str, count: int       Home: address: str, floor: int, lift: bool
# def haggle_price(world: World, offer: str, asking_price: float) -> Agreed | Counter | LastWord:
#     Written so, the yes would be asked to the price of the row as first listed, not to the one agreed on. Therefore
#     a bargain is a new quote today: asking_price is one more detail of the search, and lists new rows.
def quote_move(
    world: World,
    rooms: int,
    from_address: str,
    to_address: str,
    stairs: int,
    moving_day: date,
    heavy_item: str | None = None,
    asking_price: float | None = None,
) -> dict[str, Any]:
    """Work out quotes for a move, or new ones at a price that the customer asks for.

    Args:
        rooms: rooms of the old home
        from_address: street and town of the old home
        to_address: street and town of the new home
        stairs: floors without a lift, both homes together
        moving_day: day of the move
        heavy_item: piano, aquarium, pool table or safe, if there is one
        asking_price: what the customer would like to pay in euros, if a lower price is asked for
    """
    asked = round(asking_price or 0)
    if moving_day <= world.today:
        raise ToolRefused("We need at least one day to send a crew. Please choose a later day.")
    kilometres = max(_kilometres(world, from_address), _kilometres(world, to_address))
    if moving_day.weekday() == 6:  # nobody works on Sundays: nothing is free
        return {"quotes": []}
    movers, price = world.sql("SELECT movers, price FROM rates WHERE rooms = :rooms", rooms=rooms).fetchone()
    price += 2 * kilometres + 35 * stairs
    if heavy_item:
        (surcharge,) = world.sql(
            "SELECT surcharge FROM special_items WHERE item = :heavy_item", heavy_item=heavy_item
        ).fetchone()
        if surcharge is None:
            raise ToolRefused(f"Sorry, we do not carry a {heavy_item}.")
        price += surcharge
    busy = moving_day.weekday() == 5 or (moving_day + timedelta(days=3)).month != moving_day.month
    if busy:
        price = price * 115 // 100
    home = {
        "from_address": from_address,
        "to_address": to_address,
        "rooms": rooms,
        "stairs": stairs,
        "day": moving_day.isoformat(),
    }
    (asked_before,) = world.sql(
        "SELECT count(DISTINCT asked) FROM offers WHERE from_address = :from_address AND to_address = :to_address"
        " AND rooms = :rooms AND stairs = :stairs AND day = :day AND asked NOT IN (0, :asked)",
        **home,
        asked=asked,
    ).fetchone()
    free = world.sql(
        "SELECT max(van), start, percent FROM vans WHERE most_rooms >= :rooms AND NOT EXISTS (SELECT 1 FROM moves"
        " WHERE moves.day = :moving_day AND moves.start = vans.start AND moves.van = vans.van AND status = 'booked')"
        " GROUP BY start, percent ORDER BY percent DESC",
        rooms=rooms,
        moving_day=moving_day.isoformat(),
    ).fetchall()
    return {
        "quotes": [
            _offer(world, home, start, van, movers, _agreed(price * percent // 100, asked, asked_before, busy), asked)
            for van, start, percent in free
        ]
    }


def book_move(world: World, offer: str, customer_name: str, phone: str) -> dict[str, Any]:
    """Book one offered move in the customer's name.

    Args:
        offer: offer of the chosen quote
        customer_name: full name of the customer
        phone: number on which the crew can ring
    """
    # One statement looks and writes, so that two customers never get the same van.
    booked = world.sql(
        "INSERT INTO moves (move_number, pin, customer_name, phone, from_address, to_address, rooms, stairs, day, start, van,"
        " price, status) SELECT (SELECT 'KC-' || (max(CAST(substr(move_number, 4) AS INTEGER)) + 1) FROM moves),"
        " 1000 + (number * 7919 + price) % 9000, :customer_name, :phone, from_address, to_address, rooms, stairs, day, start, van, price,"
        " 'booked' FROM offers WHERE offer = :offer AND NOT EXISTS (SELECT 1 FROM moves WHERE moves.day = offers.day"
        " AND moves.start = offers.start AND moves.van = offers.van AND status = 'booked') RETURNING move_number",
        customer_name=customer_name,
        phone=phone,
        offer=offer,
    ).fetchall()
    if not booked:
        raise ToolRefused("Sorry, this van has just been taken. Please ask for a quote again.")
    return _move(world, booked[0][0])


def check_code(world: World, move_number: str, pin: str) -> dict[str, Any]:
    """Check that a move number and the code on its quote belong together, before anything of the move is told or changed.

    Args:
        move_number: number of the move such as KC-2012
        pin: four digits of the code on the quote
    """
    _verified(world, move_number, pin)
    return {"move_number": move_number}


# NOT YET: who is speaking, kept over the conversation, and a count of wrong codes: a refused call is undone, so
#   that a failed try cannot be written down; and an amount without its text, for conditions in the flow
# def look_up_move(world: World, caller: Caller) -> Move:     # caller.verified_as == "KC-2012", caller.failed == 2
def look_up_move(world: World, move_number: str, pin: str) -> dict[str, Any]:
    """Look up a move and what changing it costs today.

    Args:
        move_number: number of the move such as KC-2012
        pin: four digits of the code on the quote
    """
    day, price, status = _verified(world, move_number, pin)
    found = _move(world, move_number)
    if status != "booked":
        return {**found, "status": status}
    return {
        **found,
        "status": status,
        "days_left": (day - world.today).days,
        "cancelling": f"{_cancelling_fee(world, day, price)} euros if cancelled today",
        "another_day": f"{_change_fee(world, day)} euros if put on another day",
    }


def change_day(world: World, move_number: str, pin: str, new_day: date) -> dict[str, Any]:
    """Put a booked move on another day.

    Args:
        move_number: number of the move such as KC-2012
        pin: four digits of the code on the quote
        new_day: the new day of the move
    """
    day, _, status = _verified(world, move_number, pin)
    if status != "booked":
        raise ToolRefused(f"The move {move_number} is {status}; its day cannot be changed.")
    if (day - world.today).days < 2:
        raise ToolRefused("In the last 2 days only the office can change the day; a colleague will call you.")
    if new_day <= world.today or new_day.weekday() == 6:
        raise ToolRefused("We move from Monday to Saturday, tomorrow at the earliest. Please choose another day.")
    fee = _change_fee(world, day)
    # Never in the same statement as the look: the van may be taken there, or already be ours.
    changed = world.sql(
        "UPDATE moves SET day = :new_day, fee = fee + :fee WHERE move_number = :move_number AND NOT EXISTS (SELECT 1 FROM moves AS other"
        " WHERE other.day = :new_day AND other.start = moves.start AND other.van = moves.van AND other.status = 'booked')",
        new_day=new_day.isoformat(),
        fee=fee,
        move_number=move_number,
    )
    if changed.rowcount == 0:
        raise ToolRefused(f"Sorry, {_day_text(new_day)} is full for your van. Please choose another day.")
    return {**_move(world, move_number), "fee": f"a fee of {fee} euros"}


def cancel_move(world: World, move_number: str, pin: str) -> dict[str, Any]:
    """Cancel a booked move.

    Args:
        move_number: number of the move such as KC-2012
        pin: four digits of the code on the quote
    """
    day, price, status = _verified(world, move_number, pin)
    if status != "booked":
        raise ToolRefused(f"The move {move_number} is already {status}.")
    if day == world.today:
        raise ToolRefused("The crew is on its way today; only the office can stop it. A colleague will call you.")
    fee = _cancelling_fee(world, day, price)
    world.sql(
        "UPDATE moves SET status = 'cancelled', fee = fee + :fee WHERE move_number = :move_number",
        fee=fee,
        move_number=move_number,
    )
    return {**_move(world, move_number), "status": "cancelled", "fee": f"a fee of {fee} euros"}


# NOT YET: a list of things with counts; people order 40 boxes, two rolls of wrap and a mattress cover in one breath
# def order_material(world: World, move_number: str, items: list[Item]) -> dict[str, Any]:
def order_material(world: World, move_number: str, material: str, quantity: int) -> dict[str, Any]:
    """Order packing material for a booked move.

    Args:
        move_number: number of the move such as KC-2012
        material: moving boxes, wardrobe boxes, bubble wrap or mattress covers
        quantity: how many of it
    """
    row = world.sql(
        "SELECT day, status FROM moves WHERE move_number = :move_number", move_number=move_number
    ).fetchone()
    if row is None or row[1] != "booked":
        raise ToolRefused(f"There is no booked move {move_number}.")
    day = date.fromisoformat(row[0])
    if (day - world.today).days < 3:
        raise ToolRefused("It is too late to deliver before the move. Please fetch the material from our depot.")
    delivery = max(day - timedelta(days=7), world.today + timedelta(days=1))
    price, stock = world.sql(
        "SELECT price, stock FROM materials WHERE material = :material", material=material
    ).fetchone()
    taken = world.sql(
        "UPDATE materials SET stock = stock - :quantity WHERE material = :material AND stock >= :quantity",
        quantity=quantity,
        material=material,
    )
    if taken.rowcount == 0:
        raise ToolRefused(
            f"Sorry, there are only {stock} {material} left." if stock else f"Sorry, we are out of {material}."
        )
    world.sql(
        "INSERT INTO orders (move_number, material, quantity, price, delivery) VALUES (:move_number, :material, :quantity, :price, :delivery)",
        move_number=move_number,
        material=material,
        quantity=quantity,
        price=price * quantity,
        delivery=delivery.isoformat(),
    )
    return {
        "material": material,
        "quantity": quantity,
        "price": f"{price * quantity} euros",
        "delivery": _day_text(delivery),
    }


# NOT YET: photos, and a hand-off that names the department and carries the case
# def report_damage(world: World, move_number: str, damages: list[Damage], photos: list[Image]) -> HandOff("claims desk"):
def report_damage(world: World, move_number: str, damage: str) -> dict[str, Any]:
    """Write damage down for the claims desk.

    Args:
        move_number: number of the move such as KC-2012
        damage: what was damaged
    """
    row = world.sql(
        "SELECT day, status FROM moves WHERE move_number = :move_number", move_number=move_number
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no move {move_number}.")
    if row[1] == "cancelled" or date.fromisoformat(row[0]) > world.today:
        raise ToolRefused(f"The move {move_number} has not taken place.")
    if (world.today - date.fromisoformat(row[0])).days > 14:
        raise ToolRefused("Damage can be reported up to 14 days after the move; that time is over.")
    (claim,) = world.sql(
        "INSERT INTO claims (claim, move_number, damage, reported)"
        " SELECT 'D-' || (max(CAST(substr(claim, 3) AS INTEGER)) + 1), :move_number, :damage, :today FROM claims RETURNING claim",
        move_number=move_number,
        damage=damage,
        today=world.today.isoformat(),
    ).fetchall()[0]
    return {"claim": claim, "damage": damage}


def _kilometres(world: World, address: str) -> int:
    for town, kilometres in world.sql("SELECT town, kilometres FROM towns").fetchall():
        if town.lower() in address.lower():
            return kilometres
    raise ToolRefused(f"We do not drive to {address}. Please name a street and a town in our area.")


def _agreed(price: int, asking_price: int, asked_before: int, busy: bool) -> int:
    """Down by a tenth at most: half the way for the first lower price asked, all of it for the next. Never on busy days."""
    lowest = price if busy else price - price // 10
    if not asking_price or asking_price >= price:
        return price
    return max(asking_price, lowest if asked_before else (price + lowest + 1) // 2)


def _offer(
    world: World, home: dict[str, Any], start: str, van: str, movers: int, price: int, asked: int
) -> dict[str, Any]:
    """Write the offer down: book_move books exactly this."""
    (offer,) = world.sql(
        "INSERT INTO offers (number, offer, from_address, to_address, rooms, stairs, day, start, van, price, asked)"
        " SELECT coalesce(max(number), 0) + 1, 'offer-' || (coalesce(max(number), 0) + 1),"
        " :from_address, :to_address, :rooms, :stairs, :day, :start, :van, :price, :asked FROM offers RETURNING offer",
        **home,
        start=start,
        van=van,
        price=price,
        asked=asked,
    ).fetchall()[0]
    day = _day_text(date.fromisoformat(home["day"]))
    return {"offer": offer, "time": f"{day} at {start} with {movers} movers", "price": f"{price} euros"}


def _verified(world: World, move_number: str, pin: str) -> tuple[date, int, str]:
    row = world.sql(
        "SELECT day, price, status FROM moves WHERE move_number = :move_number AND pin = :pin",
        move_number=move_number,
        pin=pin,
    ).fetchone()
    if row is None:  # not which of the two is wrong
        raise ToolRefused("That move number and code do not belong together. Please look at your quote again.")
    day = date.fromisoformat(row[0])
    return day, row[1], "done" if row[2] == "booked" and day < world.today else row[2]


def _cancelling_fee(world: World, day: date, price: int) -> int:
    left = (day - world.today).days
    percent = 0 if left >= 30 else 20 if left >= 14 else 40 if left >= 7 else 80
    return price * percent // 100


def _change_fee(world: World, day: date) -> int:
    return 0 if (day - world.today).days >= 14 else 60


def _move(world: World, move_number: str) -> dict[str, Any]:
    day, start, price, name = world.sql(
        "SELECT day, start, price, customer_name FROM moves WHERE move_number = :move_number", move_number=move_number
    ).fetchone()
    when = f"{_day_text(date.fromisoformat(day))} at {start}"
    return {"move_number": move_number, "time": when, "price": f"{price} euros", "customer_name": name}


def _day_text(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
