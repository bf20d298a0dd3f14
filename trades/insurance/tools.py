"""Prairie Star Mutual: what the service line may look up and change.

Every public function is a tool and one transaction. `check_policy` writes down whose policy it is (`world.session.facts`);
claims, drivers and deductibles work on that one alone. Help on the road needs the number of a policy and nothing more.
"""

from datetime import date, time, timedelta
from typing import Any

from demeanor import ToolRefused, World

OLDEST = 60  # days after which a claim is for a person to take
YOUNGEST = 16


def check_policy(world: World, policy: str, birth_date: date) -> dict[str, Any]:
    """Check that a policy number and the policyholder's date of birth belong together.

    Args:
        policy: policy number such as PS-481207
        birth_date: day on which the policyholder was born
    """
    row = world.sql(
        "SELECT holder, car FROM policies WHERE policy = :policy AND birth_date = :birth_date",
        policy=policy,
        birth_date=birth_date.isoformat(),
    ).fetchone()
    if row is None:
        raise ToolRefused("That policy number and date of birth don't belong together.")
    world.session.facts["policyholder"] = policy
    return {"holder": row.holder, "car": row.car}


# NOT YET: photos: a claim without a picture is worth half a claim.
# def open_claim(world: World, ..., photos: list[Image]) -> Claim: ...
def open_claim(
    world: World,
    kind: str,
    accident_day: date,
    place: str,
    phone: str,
    texts: bool,
    accident_time: time | None = None,
    injuries: bool | None = None,
    report_number: str | None = None,
) -> dict[str, Any]:
    """Open a claim; an adjuster decides on it.

    Args:
        kind: collision, hail, theft, glass or animal
        accident_day: day on which it happened
        place: where it happened
        phone: number for the adjuster
        texts: whether texts may be sent to it
        accident_time: time of day, where it is known
        injuries: whether a person was hurt
        report_number: number of the police report, where there is one
    """
    policy = _policy(world)
    if accident_day > world.today:
        raise ToolRefused("That day is still to come. Which day did it happen?")
    if accident_day < world.today - timedelta(days=OLDEST):
        raise ToolRefused(
            f"That is more than {OLDEST} days ago, so a person has to take it: please call the claims office."
        )
    (claim,) = world.sql(
        "INSERT INTO claims (claim, policy, kind, day, clock, place, hurt, report, phone, texts, state, opened)"
        " SELECT 'C-' || (max(CAST(substr(claim, 3) AS INTEGER)) + 1), :policy, :kind, :day, :clock, :place, :hurt, :report,"
        " :phone, :texts, 'new', :today FROM claims RETURNING claim",
        policy=policy["policy"],
        kind=kind,
        day=accident_day.isoformat(),
        clock=f"{accident_time:%H:%M}" if accident_time else None,
        place=place,
        hurt=int(bool(injuries)),
        report=report_number,
        phone=phone,
        texts=int(texts),
        today=world.today.isoformat(),
    ).fetchall()[0]
    return {
        "claim": claim,
        "deductible": f"${policy['deductible']} deductible",
        "next": "an adjuster calls within 1 business day",
    }


def look_up_claims(world: World) -> dict[str, Any]:
    """Look up the claims of this policy."""
    rows = world.sql(
        "SELECT claim, kind, day, state, paid FROM claims WHERE policy = :policy ORDER BY claim DESC LIMIT 2",
        policy=_policy(world)["policy"],
    ).fetchall()
    if not rows:
        return {"claims": "there are no claims on this policy", "photos_missing": False}
    told = [f"{row.claim}, {row.kind} on {_day(row.day)}: {_state(row.state, row.paid)}" for row in rows]
    return {"claims": "; ".join(told), "photos_missing": rows[0].state == "photos missing"}


def list_deductibles(world: World) -> dict[str, Any]:
    """List the other deductibles that this policy can have, with their premiums."""
    policy = _policy(world)
    rows = world.sql(
        "SELECT dollars, factor FROM deductibles WHERE dollars <> :now ORDER BY dollars", now=policy["deductible"]
    )
    return {
        "deductibles": [
            {
                "deductible": f"d-{row.dollars}",
                "terms": f"${row.dollars} deductible at {_dollars(round(policy['cents'] * row.factor))} a month",
            }
            for row in rows.fetchall()
        ]
    }


def set_deductible(world: World, deductible: str) -> dict[str, Any]:
    """Give the policy another deductible, from today.

    Args:
        deductible: deductible of the chosen row
    """
    policy = _policy(world)
    row = world.sql(
        "SELECT dollars, factor FROM deductibles WHERE 'd-' || dollars = :deductible", deductible=deductible
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no deductible {deductible}. Please list them first.")
    world.sql(
        "UPDATE policies SET deductible = :dollars WHERE policy = :policy", dollars=row.dollars, policy=policy["policy"]
    )
    world.sql(
        "INSERT INTO changes (policy, dollars, changed_on) VALUES (:policy, :dollars, :today)",
        policy=policy["policy"],
        dollars=row.dollars,
        today=world.today.isoformat(),
    )
    return {
        "deductible": f"${row.dollars} deductible",
        "premium": f"{_dollars(round(policy['cents'] * row.factor))} a month",
    }


def quote_driver(world: World, driver_name: str, driver_age: int) -> dict[str, Any]:
    """Tell what a driver without accidents or tickets adds to the premium.

    Args:
        driver_name: full name of the driver
        driver_age: age of the driver in years
    """
    _check_driver(world, driver_name, driver_age)
    return {"driver": driver_name, "price": f"{_dollars(_surcharge(driver_age))} more a month"}


def add_driver(world: World, driver_name: str, driver_age: int) -> dict[str, Any]:
    """Insure a driver without accidents or tickets, from today.

    Args:
        driver_name: full name of the driver
        driver_age: age of the driver in years
    """
    _check_driver(world, driver_name, driver_age)
    cents = _surcharge(driver_age)
    _write_driver(world, driver_name, driver_age, cents, "insured")
    return {
        "driver": driver_name,
        "insured": f"from {_day(world.today.isoformat())}",
        "price": f"{_dollars(cents)} more a month",
    }


def request_review(world: World, driver_name: str, driver_age: int) -> dict[str, Any]:
    """Ask an underwriter to look at a driver with accidents or tickets.

    Args:
        driver_name: full name of the driver
        driver_age: age of the driver in years
    """
    _check_driver(world, driver_name, driver_age)
    _write_driver(world, driver_name, driver_age, 0, "in review")
    return {"driver": driver_name, "state": "in review, not insured yet"}


def check_roadside(world: World, policy: str) -> dict[str, Any]:
    """Check whether a policy includes help on the road.

    Args:
        policy: policy number such as PS-481207
    """
    row = world.sql("SELECT car, roadside FROM policies WHERE policy = :policy", policy=policy).fetchone()
    if row is None:
        raise ToolRefused(f"There is no policy {policy}. Please check the number.")
    return {"car": row.car, "help": "included in your policy" if row.roadside else "$79 on your next bill"}


def send_help(
    world: World,
    policy: str,
    trouble: str,
    street: str,
    riders: int,
    phone: str,
    texts: bool,
    spare: bool | None = None,
) -> dict[str, Any]:
    """Send a truck to a car that is stuck.

    Args:
        policy: policy number such as PS-481207
        trouble: flat tire, dead battery, out of gas, locked out or tow
        street: where the car is
        riders: how many people are with it
        phone: number for the driver of the truck
        texts: whether texts may be sent to it
        spare: whether there is a good spare tire
    """
    row = world.sql("SELECT roadside FROM policies WHERE policy = :policy", policy=policy).fetchone()
    if row is None:
        raise ToolRefused(f"There is no policy {policy}. Please check the number.")
    world.sql(
        "INSERT INTO dispatches (policy, trouble, spare, street, riders, phone, texts, sent_on)"
        " VALUES (:policy, :trouble, :spare, :street, :riders, :phone, :texts, :today)",
        policy=policy,
        trouble=trouble,
        spare=None if spare is None else int(spare),
        street=street,
        riders=riders,
        phone=phone,
        texts=int(texts),
        today=world.today.isoformat(),
    )
    tow = trouble == "tow" or (trouble == "flat tire" and not spare)
    return {
        "truck": "a tow truck" if tow else "a service van",
        "arrival": "in about 45 minutes" if tow else "in about 30 minutes",
        "cost": "included" if row.roadside else "$79 on your next bill",
    }


def quote(world: World, zip: str, car_year: int, miles: float, coverage: str) -> dict[str, Any]:  # noqa: A002
    """Tell what a new policy would cost.

    Args:
        zip: ZIP code of where the car is kept
        car_year: model year of the car
        miles: miles driven in a year
        coverage: liability or full
    """
    row = world.sql("SELECT liability, full_coverage FROM rates WHERE zip = :zip", zip=zip).fetchone()
    if row is None:
        raise ToolRefused("We don't insure cars in that ZIP code yet.")
    cents = row.liability if coverage == "liability" else row.full_coverage
    cents = round(cents * (1.15 if miles > 10000 else 1.0) * (0.95 if car_year < 2010 else 1.0))
    name = "liability only" if coverage == "liability" else "full coverage"
    return {"coverage": name, "price": f"{_dollars(cents)} a month", "deductible": "with a $500 deductible"}


def _policy(world: World) -> dict[str, Any]:
    found = world.sql(
        "SELECT * FROM policies WHERE policy = :policy", policy=world.session.facts.get("policyholder", "")
    )
    row = found.mappings().fetchone()
    if row is None:
        raise ToolRefused("Policy number and date of birth come first.")
    return dict(row)


def _check_driver(world: World, driver_name: str, driver_age: int) -> None:
    if driver_age < YOUNGEST:
        raise ToolRefused(f"A driver has to be {YOUNGEST} or older.")
    there = world.sql(
        "SELECT 1 FROM drivers WHERE policy = :policy AND lower(driver_name) = lower(:driver_name)",
        policy=_policy(world)["policy"],
        driver_name=driver_name,
    ).fetchone()
    if there:
        raise ToolRefused(f"{driver_name} is on this policy already.")


def _write_driver(world: World, driver_name: str, driver_age: int, cents: int, state: str) -> None:
    world.sql(
        "INSERT INTO drivers (policy, driver_name, age, cents, state) VALUES (:policy, :driver_name, :age, :cents, :state)",
        policy=_policy(world)["policy"],
        driver_name=driver_name,
        age=driver_age,
        cents=cents,
        state=state,
    )


def _surcharge(age: int) -> int:
    return 6400 if age < 25 else 3100


def _state(state: str, paid: int | None) -> str:
    return f"paid, ${paid}" if state == "paid" else state


def _dollars(cents: int) -> str:
    return f"${cents / 100:.2f}"


def _day(iso: str) -> str:
    day = date.fromisoformat(iso)
    return f"{day:%B} {day.day}, {day.year}"
