"""The card desk of Lindmoor Savings Bank: what the agent may look up and change.

Nothing about a card is told or done before `check_code` has verified the customer of this conversation; the guard
stands here too, in `_owned`, so that it holds whatever the model writes.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

SHOWN_DAYS = 90  # payments of the last 90 days are shown in the chat; older ones go to the disputes team in writing
TRIES = 3


# NOT YET: the channel knows who is speaking (the app's login, the caller's number); today the user has to type a number.
# def send_code(world: World, caller: Caller) -> CodeSent:
#     phone = world.phones.of(caller.customer)
def send_code(world: World, customer_number: str) -> dict[str, Any]:
    """Send a one-time code to the mobile phone on file.

    Args:
        customer_number: number of the customer such as LM-20418
    """
    if _state(world, customer_number) == "locked":
        raise ToolRefused("Access for this customer number is locked. The fraud team takes over and will call back.")
    row = world.sql(
        "SELECT ending FROM phones WHERE customer_number = :customer_number", customer_number=customer_number
    ).fetchone()
    if row is None:  # one answer for "no such customer" and "no phone on file": neither is told before the check
        raise ToolRefused(
            "No code can be sent for this number. Please check it, or come to a branch with an identity card."
        )
    world.sql(
        "INSERT INTO identity (customer_number, wrong_tries, state) VALUES (:customer_number, 0, 'code sent')"
        " ON CONFLICT (customer_number) DO UPDATE SET state = 'code sent'",
        customer_number=customer_number,
    )
    return {"code": f"sent to the mobile number ending in {row[0]}"}


# NOT YET: a refusal that keeps what it wrote: ToolRefused undoes the call, so a wrong try would never be counted.
# (Today a wrong code RETURNS an empty list of cards, the only "no" that leaves its mark and has an `otherwise`.)
# def check_code(world: World, customer_number: str, one_time_code: str) -> Verified:
#     raise ToolRefused("The code is not right. 2 tries are left.", keep=True, outcome="wrong", left=2)
#     raise ToolRefused("Three wrong codes.", keep=True, outcome="locked", handoff="fraud team")
# NOT YET: a clock: a code is good for ten minutes, and the world has a date only.
#     if world.now - sent > minutes(10): raise ToolRefused("The code has run out.", outcome="expired")
def check_code(world: World, customer_number: str, one_time_code: str) -> dict[str, Any]:
    """Check the one-time code; on success the customer's cards are listed.

    Args:
        customer_number: number of the customer such as LM-20418
        one_time_code: the six digits that the customer received
    """
    state = _state(world, customer_number)
    if state is None:
        raise ToolRefused("No code has been sent yet.")
    if state == "locked":
        raise ToolRefused("Access is locked after three wrong codes. The fraud team takes over and will call back.")
    right = world.sql(
        "SELECT 1 FROM phones WHERE customer_number = :customer_number AND next_code = :one_time_code",
        customer_number=customer_number,
        one_time_code=one_time_code,
    ).fetchone()
    if right is None:
        return {"check": _wrong(world, customer_number), "cards": []}
    world.sql(
        "UPDATE identity SET state = 'verified' WHERE customer_number = :customer_number",
        customer_number=customer_number,
    )
    rows = world.sql(
        "SELECT kind, ending, status FROM cards WHERE customer_number = :customer_number AND status <> 'closed' ORDER BY card",
        customer_number=customer_number,
    ).fetchall()
    cards = [{"card": f"{kind} ending in {ending}, {status}"} for kind, ending, status in rows]
    return {"check": "passed", "cards": cards}


def freeze_cards(world: World, card_endings: list[str]) -> dict[str, Any]:
    """Freeze one card or several at once; the customer can have them released later.

    Args:
        card_endings: last four digits of each card such as 4417
    """
    owned = [_owned(world, ending) for ending in card_endings]
    names = " and the ".join(f"{kind} ending in {ending}" for _, kind, ending, _ in owned)
    if all(status == "frozen" for *_, status in owned):
        raise ToolRefused(f"Already frozen: the {names}. Nothing can be paid with it.")
    for card, *_ in owned:
        world.sql("UPDATE cards SET status = 'frozen' WHERE card = :card", card=card)
    return {"card": names, "status": "frozen"}


# NOT YET: optional values: `note: str | None = None` ("leave it with the neighbour") may be given or not.
# def find_deliveries(world: World, card: Card, reason: Reason, note: str | None = None) -> list[Offer]:
# NOT YET: money in results; a fee would be added, compared and spoken by the runtime; today it is finished text ("8 euros").
# fee = Money(8, "EUR") + courier
# NOT YET: time of day: what is ordered before 14:00 goes out the same day; today every order counts from the next day.
# start = world.today if world.now.time() < time(14) else next_working_day(world.today)
def find_deliveries(world: World, card_ending: str, reason: str) -> dict[str, Any]:
    """Find out how a replacement card can be sent, when it arrives and what it costs.

    Args:
        card_ending: last four digits of the card such as 4417
        reason: lost, stolen or damaged
    """
    card, kind, ending, _ = _owned(world, card_ending)
    on_its_way = world.sql(
        "SELECT arrives FROM replacements WHERE card = :card AND :today BETWEEN ordered AND arrives",
        card=card,
        today=world.today.isoformat(),
    ).fetchone()
    if on_its_way:
        raise ToolRefused(
            f"A replacement for the {kind} ending in {ending} is already on its way. It arrives by {_day(on_its_way[0])}."
        )
    base = 800 if reason == "lost" else 0
    plans = [("standard post", 5, base), ("courier", 2, base + 1500)]
    offers = [
        _offer(world, card, reason, service, _working_days(world.today, days), fee) for service, days, fee in plans
    ]
    return {"replacement": f"{kind} ending in {ending}", "deliveries": offers}


def order_replacement(world: World, delivery: str) -> dict[str, Any]:
    """Order the replacement card with one offered delivery; the old card is closed for good.

    Args:
        delivery: delivery of the chosen offer
    """
    row = world.sql(
        "SELECT ending, reason, service, arrives, fee FROM delivery_offers JOIN cards USING (card) WHERE offer = :delivery",
        delivery=delivery,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no delivery {delivery}. Please look for deliveries first.")
    card_ending, reason, service, arrives, fee = row
    card, kind, ending, _ = _owned(world, card_ending)
    world.sql("DELETE FROM replacements WHERE card = :card", card=card)
    world.sql(
        "INSERT INTO replacements (card, ordered, arrives, service, fee, reason) VALUES (:card, :today, :arrives, :service, :fee, :reason)",
        card=card,
        today=world.today.isoformat(),
        arrives=arrives,
        service=service,
        fee=fee,
        reason=reason,
    )
    world.sql("UPDATE cards SET status = 'closed' WHERE card = :card", card=card)
    return {"replacement": f"{kind} ending in {ending}", "delivery": _delivery_text(service, arrives, fee)}


# NOT YET: tools without an argument of the user's: the verified customer of the conversation is meant.
# def track_cards(world: World, caller: Verified) -> list[Parcel]:
def track_cards(world: World, customer_number: str) -> dict[str, Any]:
    """Find the customer's new cards that are on their way, and when they arrive.

    Args:
        customer_number: number of the customer such as LM-20418
    """
    if _state(world, customer_number) != "verified":
        raise ToolRefused("The identity check comes first.")
    rows = world.sql(
        "SELECT kind, ending, service, arrives FROM replacements JOIN cards USING (card)"
        " WHERE customer_number = :customer_number AND ordered <= :today AND arrives >= :today ORDER BY arrives",
        customer_number=customer_number,
        today=world.today.isoformat(),
    ).fetchall()
    return {
        "parcels": [
            {"parcel": f"new {kind}, replacing {ending}, by {service}", "arrival": f"by {_day(arrives)}"}
            for kind, ending, service, arrives in rows
        ]
    }


def find_payments(world: World, card_ending: str, amount: float | None = None) -> dict[str, Any]:
    """Find the payments with a card in the last 90 days, the latest first.

    Args:
        card_ending: last four digits of the card such as 4417
        amount: how much the payment was, where the customer says so
    """
    card, *_ = _owned(world, card_ending)
    rows = world.sql(
        "SELECT payment, day, merchant, amount, status FROM payments WHERE card = :card AND day BETWEEN :since AND :today"
        " AND amount = coalesce(:amount, amount) ORDER BY day DESC LIMIT 3",
        card=card,
        since=(world.today - timedelta(days=SHOWN_DAYS)).isoformat(),
        today=world.today.isoformat(),
        amount=_cents(amount),
    ).fetchall()
    return {
        "payments": [
            {"payment": payment, "entry": _payment_text(day, merchant, amount, status)}
            for payment, day, merchant, amount, status in rows
        ]
    }


# NOT YET: several rows: a customer who does not recognise a payment often names several; they belong in one dispute.
# def open_dispute(world: World, payments: list[str], recognises_merchant: bool, has_card: bool) -> Dispute:
def open_dispute(world: World, payment: str, call_back_on: str) -> dict[str, Any]:
    """Open a dispute about one payment and pass it to the disputes team.

    Args:
        payment: payment chosen from the list
        call_back_on: telephone number on which the disputes team may call
    """
    row = world.sql(
        "SELECT ending, day, merchant, amount, payments.status FROM payments JOIN cards USING (card) WHERE payment = :payment",
        payment=payment,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no payment {payment}. Please look at the payments first.")
    card_ending, day, merchant, amount, status = row
    _owned(world, card_ending)
    if status == "pending":
        raise ToolRefused("This payment is still pending. It can be disputed once it is booked.")
    opened = world.sql("SELECT reference FROM disputes WHERE payment = :payment", payment=payment).fetchone()
    if opened:
        raise ToolRefused(f"This payment is already disputed under {opened[0]}. The disputes team is working on it.")
    ((reference,),) = world.sql(
        "INSERT INTO disputes (reference, payment, opened, team, call_back_on) SELECT 'DS-' ||"
        " (max(CAST(substr(reference, 4) AS INTEGER)) + 1), :payment, :today, 'disputes team', :call_back_on FROM disputes RETURNING reference",
        payment=payment,
        today=world.today.isoformat(),
        call_back_on=call_back_on,
    ).fetchall()
    return {"reference": reference, "entry": _payment_text(day, merchant, amount, status), "team": "disputes team"}


def _cents(amount: float | None) -> int | None:
    return None if amount is None else round(amount * 100)


def _state(world: World, customer_number: str) -> str | None:
    row = world.sql(
        "SELECT state FROM identity WHERE customer_number = :customer_number", customer_number=customer_number
    ).fetchone()
    return row[0] if row else None


def _wrong(world: World, customer_number: str) -> str:
    ((tries,),) = world.sql(
        "UPDATE identity SET wrong_tries = wrong_tries + 1 WHERE customer_number = :customer_number RETURNING wrong_tries",
        customer_number=customer_number,
    ).fetchall()
    if tries < TRIES:
        left = TRIES - tries
        return f"wrong code, {left} {'try' if left == 1 else 'tries'} left"
    world.sql(
        "UPDATE identity SET state = 'locked' WHERE customer_number = :customer_number", customer_number=customer_number
    )
    world.sql(
        "INSERT INTO fraud_cases (number, customer_number, opened, why)"
        " SELECT max(number) + 1, :customer_number, :today, 'three wrong one-time codes' FROM fraud_cases",
        customer_number=customer_number,
        today=world.today.isoformat(),
    )
    return "wrong code, no tries left; the fraud team takes over and will call back"


def _owned(world: World, card_ending: str) -> tuple[str, str, str, str]:
    """Card, kind, ending and status of an open card whose owner has passed the check in this conversation."""
    if world.sql("SELECT 1 FROM identity WHERE state = 'verified'").fetchone() is None:
        raise ToolRefused("The identity check comes first.")
    row = world.sql(
        "SELECT card, kind, ending, status FROM cards JOIN identity USING (customer_number)"
        " WHERE ending = :card_ending AND state = 'verified'",
        card_ending=card_ending,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"You have no card ending in {card_ending} with us.")
    if row[3] == "closed":
        raise ToolRefused(f"The {row[1]} ending in {card_ending} is closed for good.")
    return row


def _offer(world: World, card: str, reason: str, service: str, arrives: date, fee: int) -> dict[str, Any]:
    ((offer,),) = world.sql(
        "INSERT INTO delivery_offers (number, offer, card, reason, service, arrives, fee)"
        " SELECT coalesce(max(number), 0) + 1, 'delivery-' || (coalesce(max(number), 0) + 1), :card, :reason, :service, :arrives, :fee"
        " FROM delivery_offers RETURNING offer",
        card=card,
        reason=reason,
        service=service,
        arrives=arrives.isoformat(),
        fee=fee,
    ).fetchall()
    return {"delivery": offer, "terms": _delivery_text(service, arrives.isoformat(), fee)}


def _working_days(start: date, days: int) -> date:
    day = start
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _delivery_text(service: str, arrives: str, fee: int) -> str:
    return f"{service}, by {_day(arrives)}, {'no fee' if fee == 0 else f'{fee // 100} euros'}"


def _payment_text(day: str, merchant: str, amount: int, status: str) -> str:
    when = date.fromisoformat(day)
    return f"{amount // 100}.{amount % 100:02d} euros at {merchant} on {when.day} {when:%B}, {status}"


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day:%A} {day.day} {day:%B}"
