"""The bank's card desk: what the agent may look up and change.

Nothing about a card is told or done before `check_code` has verified who is asking: it writes the customer's number into
`world.session.facts`, and `_customer` refuses every other tool until it stands there, whatever the model writes.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from demeanor import ToolRefused, World

SHOWN_DAYS = 90  # payments of the last 90 days are shown in the chat
SHOWN_ROWS = 3


def send_code(world: World, customer_number: str) -> dict[str, Any]:
    """Send a one-time code to the phone on file.

    Args:
        customer_number: number of the customer such as PB41022
    """
    ending = world.sql(
        "SELECT phone_ending FROM phones WHERE customer_number = :number AND locked = 0", number=customer_number
    ).scalar()
    if ending is None:  # one answer for all reasons: who has no account here is not told so
        raise ToolRefused("No code can be sent for this number. Please check it, or come to a branch.")
    return {"sent_to": f"the phone ending in {ending}"}


def check_code(world: World, customer_number: str, one_time_code: str) -> dict[str, Any]:
    """Check the one-time code that the customer received.

    Args:
        customer_number: number of the customer such as PB41022
        one_time_code: the six digits that were sent
    """
    name = world.sql(
        "SELECT full_name FROM phones WHERE customer_number = :number AND next_code = :code AND locked = 0",
        number=customer_number,
        code=one_time_code,
    ).scalar()
    if name is None:
        raise ToolRefused("That code is not right.")
    world.session.facts["customer"] = customer_number
    return {"verified": name}


def list_cards(world: World) -> dict[str, Any]:
    """List the open cards of the verified customer."""
    rows = world.sql(
        "SELECT ending, kind FROM cards WHERE customer_number = :number AND status = 'active' ORDER BY ending",
        number=_customer(world),
    ).fetchall()
    return {"cards": [{"card": f"card-{row.ending}", "name": f"{row.kind} card ending in {row.ending}"} for row in rows]}


def block_card(world: World, card: str, what_happened: str) -> dict[str, Any]:
    """Block one card of the verified customer for good.

    Args:
        card: card of the chosen row
        what_happened: lost or stolen
    """
    kind = world.sql(
        "UPDATE cards SET status = 'blocked', blocked_on = :today, why = :why"
        " WHERE 'card-' || ending = :card AND customer_number = :number AND status = 'active' RETURNING kind",
        card=card,
        number=_customer(world),
        why=what_happened,
        today=world.today.isoformat(),
    ).scalar()
    if kind is None:
        raise ToolRefused("You have no open card of that kind with us.")
    arrives = _working_days_after(world.today, 5)
    return {"blocked": f"{kind} card ending in {card[-4:]}", "new_card": f"by post until {_day(arrives)}"}


def find_payments(world: World, amount: Decimal) -> dict[str, Any]:
    """Find payments of about this amount in the last 90 days, with any card of the verified customer.

    Args:
        amount: how much was paid, roughly
    """
    cents = int(amount * 100)
    rows = world.sql(
        "SELECT payment, day, shop, cents FROM payments JOIN cards USING (ending) WHERE customer_number = :number"
        " AND day BETWEEN :since AND :today AND cents BETWEEN :least AND :most ORDER BY day DESC LIMIT :rows",
        number=_customer(world),
        since=(world.today - timedelta(days=SHOWN_DAYS)).isoformat(),
        today=world.today.isoformat(),
        least=cents * 3 // 4,
        most=cents * 5 // 4,
        rows=SHOWN_ROWS,
    ).fetchall()
    return {"payments": [{"payment": row.payment, "entry": _entry(row)} for row in rows]}


def open_dispute(world: World, payment: str, card_is: str, call_back_on: str) -> dict[str, Any]:
    """Open a dispute about one payment.

    Args:
        payment: payment of the chosen row
        card_is: with you or missing
        call_back_on: telephone number on which a colleague may call
    """
    row = world.sql(
        "SELECT payment, day, shop, cents FROM payments JOIN cards USING (ending)"
        " WHERE payment = :payment AND customer_number = :number",
        payment=payment,
        number=_customer(world),
    ).fetchone()
    if row is None:
        raise ToolRefused("There is no such payment. Please look at the payments first.")
    # One statement looks and writes, so that a payment is never disputed twice.
    opened = world.sql(
        "INSERT INTO disputes (reference, payment, opened, card_is, call_back_on) SELECT 'D-' ||"
        " (max(CAST(substr(reference, 3) AS INTEGER)) + 1), :payment, :today, :card_is, :call_back_on FROM disputes"
        " WHERE NOT EXISTS (SELECT 1 FROM disputes WHERE payment = :payment) HAVING count(*) > 0 RETURNING reference",
        payment=payment,
        today=world.today.isoformat(),
        card_is=card_is,
        call_back_on=call_back_on,
    ).scalar()
    if opened is None:
        raise ToolRefused("This payment is disputed already; the disputes team is working on it.")
    return {"reference": opened, "entry": _entry(row)}


def _customer(world: World) -> str:
    """Who has been verified in this conversation."""
    number = world.session.facts.get("customer")
    if not number:
        raise ToolRefused("The identity check comes first.")
    return str(number)


def _working_days_after(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _entry(row: Any) -> str:
    """£49.99 at Zentara Games on 2 July: finished text, so that the agent copies instead of calculating."""
    day = date.fromisoformat(row.day)
    return f"£{row.cents // 100}.{row.cents % 100:02d} at {row.shop} on {day.day} {day:%B}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
