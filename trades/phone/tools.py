"""Brackwell Mobile's contracts: what the contract desk may look up and change.

Every public function is a tool and one transaction. Only `check_passcode` takes an account number: it writes down whose
account it is (`world.session.facts`), and all others work on that one.
"""

from datetime import date
from typing import Any

from demeanor import ToolRefused, World

LIMITLESS = 9999  # gigabytes of a plan without a limit
TERM = "24 months"
LONGEST = 60  # days that one roaming pass may cover


def check_passcode(world: World, account: str, passcode: str) -> dict[str, Any]:
    """Check that account number and passcode belong together, before anything is told or changed.

    Args:
        account: account number such as BW-30114
        passcode: the customer's four digits
    """
    row = world.sql(
        "SELECT holder, ends FROM contracts WHERE account = :account AND passcode = :passcode",
        account=account,
        passcode=passcode,
    ).fetchone()
    if row is None:
        raise ToolRefused("That account number and passcode don't belong together.")
    world.session.facts["account_holder"] = account
    return {"holder": row.holder}


def look_up_usage(world: World) -> dict[str, Any]:
    """Look up the customer's plan, the data that is left this month and the end of the minimum term."""
    mine = _contract(world)
    left = max(0.0, mine["gigabytes"] - mine["used"] / 10)
    data = "no limit" if mine["gigabytes"] == LIMITLESS else f"{left:.1f} GB of {mine['gigabytes']} GB left this month"
    over = date.fromisoformat(mine["ends"]) < world.today
    term = "over, free to leave with 30 days' notice" if over else f"until {_day(mine['ends'])}"
    return {
        "plan": f"{mine['name']} at {_pounds(mine['pence'])} a month",
        "data": data,
        "minimum_term": term,
        "nearly_used_up": left < 2,
    }


def list_plans(world: World, gigabytes: float) -> dict[str, Any]:
    """Find plans with enough data; within the minimum term only dearer ones than today's.

    Args:
        gigabytes: how much data the customer needs each month
    """
    mine = _contract(world)
    bound = date.fromisoformat(mine["ends"]) >= world.today
    rows = world.sql(
        "SELECT plan, name, gigabytes, pence FROM plans WHERE gigabytes >= :gigabytes AND plan <> :plan"
        " AND (:bound = 0 OR pence > :pence) ORDER BY pence LIMIT 2",
        gigabytes=gigabytes,
        plan=mine["plan"],
        bound=int(bound),
        pence=mine["pence"],
    ).fetchall()
    plans = [
        {"plan": row.plan, "terms": f"{row.name}, {_data(row.gigabytes)}, {_pounds(row.pence)} a month"} for row in rows
    ]
    return {"bound": bound, "plans": plans}


def change_plan(world: World, plan: str) -> dict[str, Any]:
    """Move the customer to another plan, from today.

    Args:
        plan: plan of the chosen row
    """
    mine = _contract(world)
    row = world.sql("SELECT name, gigabytes, pence FROM plans WHERE plan = :plan", plan=plan).fetchone()
    if row is None:
        raise ToolRefused(f"There is no plan {plan}. Please look for plans first.")
    if date.fromisoformat(mine["ends"]) >= world.today and row.pence <= mine["pence"]:
        raise ToolRefused("Within the minimum term only a dearer plan is possible.")
    world.sql(
        "UPDATE contracts SET plan = :plan, pence = :pence WHERE account = :account",
        plan=plan,
        pence=row.pence,
        account=mine["account"],
    )
    world.sql(
        "INSERT INTO changes (account, new_plan, changed_on) VALUES (:account, :plan, :today)",
        account=mine["account"],
        plan=plan,
        today=world.today.isoformat(),
    )
    return {"plan": f"{row.name}, {_data(row.gigabytes)}", "price": f"{_pounds(row.pence)} a month"}


# NOT YET: the floor is known to the tool alone; that no reply promises less than it can only be hoped.
# def offer_price(world: World, price_wish: Money | None, floor: Secret[Money]) -> Offer: ...
def offer_price(world: World, price_wish: float | None = None) -> dict[str, Any]:
    """Offer a monthly price for a new contract of 24 months, and a better one when the customer asks for less.

    Args:
        price_wish: what the customer would like to pay each month, once it was said
    """
    mine = _contract(world)
    list_price = world.sql("SELECT pence FROM plans WHERE plan = :plan", plan=mine["plan"]).scalar()
    steps = [round(list_price * share) for share in (0.95, 0.9, 0.85)]
    offered = world.sql(
        "SELECT count(*), min(pence) FROM offers WHERE account = :account", account=mine["account"]
    ).fetchone()
    wish = None if price_wish is None else round(100 * price_wish)
    floor = steps[min(offered[0], len(steps) - 1)]
    accepted = wish is not None and wish >= (offered[1] if offered[0] else floor)
    pence = min(offered[1], wish) if accepted and offered[0] else floor
    if wish is not None and not accepted and wish >= floor:
        accepted, pence = True, wish
    world.sql(
        "INSERT INTO offers (account, pence, accepted) VALUES (:account, :pence, :accepted)",
        account=mine["account"],
        pence=pence,
        accepted=int(accepted),
    )
    return {"plan": mine["name"], "price": _pounds(pence), "term": TERM, "accepted": accepted}


def renew_contract(world: World, price_wish: float) -> dict[str, Any]:
    """Renew the contract for 24 months at the price that was agreed.

    Args:
        price_wish: the monthly price to which both said yes
    """
    mine = _contract(world)
    agreed = world.sql(
        "SELECT pence FROM offers WHERE account = :account AND accepted ORDER BY number DESC LIMIT 1",
        account=mine["account"],
    ).scalar()
    if agreed is None or round(100 * price_wish) < agreed:
        raise ToolRefused("This price has not been agreed.")
    ends = world.today.replace(year=world.today.year + 2, day=min(world.today.day, 28))
    world.sql(
        "UPDATE contracts SET pence = :pence, ends = :ends WHERE account = :account",
        pence=agreed,
        ends=ends.isoformat(),
        account=mine["account"],
    )
    world.sql(
        "INSERT INTO renewals (account, pence, renewed_on) VALUES (:account, :pence, :today)",
        account=mine["account"],
        pence=agreed,
        today=world.today.isoformat(),
    )
    return {
        "plan": mine["name"],
        "price": f"{_pounds(agreed)} a month",
        "minimum_term": f"until {_day(ends.isoformat())}",
    }


def price_pass(world: World, destinations: list[str], leave_on: date, back_on: date) -> dict[str, Any]:
    """Tell what a roaming pass costs for all countries and days of a journey.

    Args:
        destinations: countries of the journey, all of them
        leave_on: first day abroad
        back_on: last day abroad
    """
    days, pence = _price(world, destinations, leave_on, back_on)
    return {"countries": " and ".join(destinations), "days": f"{days} days", "price": _pounds(pence)}


def buy_pass(world: World, destinations: list[str], leave_on: date, back_on: date) -> dict[str, Any]:
    """Add a roaming pass to the next bill.

    Args:
        destinations: countries of the journey, all of them
        leave_on: first day abroad
        back_on: last day abroad
    """
    mine = _contract(world)
    _, pence = _price(world, destinations, leave_on, back_on)
    world.sql(
        "INSERT INTO passes (account, destinations, starts, ends, pence) VALUES (:account, :destinations, :starts, :ends, :pence)",
        account=mine["account"],
        destinations=", ".join(sorted(destinations)),
        starts=leave_on.isoformat(),
        ends=back_on.isoformat(),
        pence=pence,
    )
    return {
        "countries": " and ".join(destinations),
        "valid": f"{_day(leave_on.isoformat())} to {_day(back_on.isoformat())}",
        "price": f"{_pounds(pence)} on your next bill",
    }


def block_sim(world: World, reason: str) -> dict[str, Any]:
    """Block the SIM at once, so that nobody calls or pays with it. Done twice, it only notes the reason anew.

    Args:
        reason: lost or stolen
    """
    mine = _contract(world)
    world.sql(
        "UPDATE contracts SET sim = 'blocked', why = :reason WHERE account = :account",
        reason=reason,
        account=mine["account"],
    )
    return {"sim": "blocked from now on", "number": "you keep your number"}


def order_sim(
    world: World, way: str, street: str | None = None, email: str | None = None, shop: str | None = None
) -> dict[str, Any]:
    """Order a new SIM with the same number.

    Args:
        way: post, eSIM or shop
        street: address for a SIM by post
        email: email address for an eSIM
        shop: the shop where the SIM is collected
    """
    mine = _contract(world)
    goes_to = {"post": street, "eSIM": email, "shop": shop}[way]
    if goes_to is None:
        raise ToolRefused("Where the SIM shall go is missing.")
    world.sql(
        "INSERT INTO sim_orders (account, way, goes_to, ordered_on) VALUES (:account, :way, :goes_to, :today)",
        account=mine["account"],
        way=way,
        goes_to=goes_to,
        today=world.today.isoformat(),
    )
    when = {
        "post": "with you in 2 working days",
        "eSIM": "in your inbox within 1 hour",
        "shop": "ready in 2 hours, bring a photo ID",
    }
    return {"new_sim": f"{way}, {goes_to}", "arrival": when[way]}


def _contract(world: World) -> dict[str, Any]:
    """The contract of whoever has shown the passcode."""
    found = world.sql(
        "SELECT contracts.*, plans.name, plans.gigabytes FROM contracts JOIN plans USING (plan) WHERE account = :account",
        account=world.session.facts.get("account_holder", ""),
    )
    row = found.mappings().fetchone()
    if row is None:
        raise ToolRefused("Account number and passcode come first.")
    return dict(row)


def _price(world: World, destinations: list[str], leave_on: date, back_on: date) -> tuple[int, int]:
    """Days and pence: every day at the price of the dearest country."""
    if leave_on < world.today:
        raise ToolRefused("That day is in the past. Please choose a later one.")
    days = (back_on - leave_on).days + 1
    if not 1 <= days <= LONGEST:
        raise ToolRefused(f"A roaming pass covers 1 to {LONGEST} days.")
    (dearest,) = world.sql(
        "SELECT max(pence) FROM zones WHERE country IN (SELECT value FROM json_each(:countries))",
        countries="[" + ",".join(f'"{one}"' for one in destinations) + "]",
    ).fetchone()
    return days, days * dearest


def _data(gigabytes: int) -> str:
    return "no data limit" if gigabytes == LIMITLESS else f"{gigabytes} GB"


def _pounds(pence: int) -> str:
    return f"£{pence / 100:.2f}"


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day.day} {day:%B} {day.year}"
