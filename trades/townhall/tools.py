"""The town's books: what the citizens' office may look up, book, register and agree on.

Every public function is a tool; each call is one transaction. `check_citizen` writes down who has shown file number and code
(`world.session.facts`), and what is registered is registered in that file.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

DAYS_AHEAD = 56
DEADLINE = 14  # days after a move
TAX = (72, 120)  # euros a year for the first dog, for every other one


# NOT YET: "the earliest one you have", and a range of hours.
# def find_slots(world: World, matter: str, persons: int, days: list[date] | None, hours: TimeRange | None) -> Slots: ...
def find_slots(world: World, matter: str, persons: int, day: date) -> dict[str, Any]:
    """Find free times in the citizens' office on a day.

    Args:
        matter: identity card, passport, driving licence or certificate of conduct
        persons: for how many persons
        day: day of the visit
    """
    if day <= world.today:
        raise ToolRefused("Appointments begin tomorrow. Please choose a later day.")
    if day > world.today + timedelta(days=DAYS_AHEAD):
        raise ToolRefused(f"Appointments can be booked up to {DAYS_AHEAD} days ahead.")
    rows = world.sql(
        "SELECT time, desk FROM hours WHERE weekday = :weekday AND NOT EXISTS (SELECT 1 FROM closed WHERE day = :day)"
        " AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.day = :day AND a.time = hours.time AND a.desk ="
        " hours.desk)"
        " ORDER BY time LIMIT 3",
        weekday=day.weekday(),
        day=day.isoformat(),
    ).fetchall()
    times = []
    for time, desk in rows:
        slot = f"slot-{day:%m%d}-{time.replace(':', '')}-{desk}"
        world.sql(
            "INSERT OR REPLACE INTO offers (slot, matter, persons, day, time, desk) VALUES (:slot, :matter,"
            " :persons, :day, :time, :desk)",
            slot=slot,
            matter=matter,
            persons=persons,
            day=day.isoformat(),
            time=time,
            desk=desk,
        )
        times.append({"slot": slot, "time": f"{time} at desk {desk}"})
    return {"matter": matter, "persons": persons, "day": _day(day), "times": times}


def book_slot(world: World, slot: str, citizen_name: str) -> dict[str, Any]:
    """Book a time that was offered.

    Args:
        slot: slot of the chosen row
        citizen_name: full name of the citizen
    """
    row = world.sql("SELECT matter, persons, day, time, desk FROM offers WHERE slot = :slot", slot=slot).fetchone()
    if row is None:
        raise ToolRefused(f"There is no time {slot}. Please look for times first.")
    taken = world.sql(
        "SELECT 1 FROM appointments WHERE day = :day AND time = :time AND desk = :desk",
        day=row.day,
        time=row.time,
        desk=row.desk,
    ).fetchone()
    if taken:
        raise ToolRefused("This time has just been taken. Please look again.")
    world.sql(
        "INSERT INTO appointments (matter, persons, day, time, desk, citizen_name) VALUES (:matter, :persons,"
        " :day, :time, :desk, :citizen_name)",
        matter=row.matter,
        persons=row.persons,
        day=row.day,
        time=row.time,
        desk=row.desk,
        citizen_name=citizen_name,
    )
    day = _day(date.fromisoformat(row.day))
    return {"matter": row.matter, "day": day, "time": f"{row.time} at desk {row.desk}", "citizen_name": citizen_name}


def check_citizen(world: World, file_number: str, letter_code: str) -> dict[str, Any]:
    """Check that a file number and the code of the town's letter belong together.

    Args:
        file_number: number of the file such as EB204170
        letter_code: code from the letter
    """
    row = world.sql(
        "SELECT file_number, citizen_name FROM citizens WHERE file_number = :number AND letter_code = :code",
        number=file_number.upper(),
        code=letter_code.upper(),
    ).fetchone()
    if row is None:
        raise ToolRefused("That file number and that code do not belong together. Please look at the letter once more.")
    world.session.facts["citizen"] = row.file_number
    return {"citizen": row.citizen_name}


def check_deadline(world: World, moved_on: date) -> dict[str, Any]:
    """Look whether a move is registered in time.

    Args:
        moved_on: day of moving in
    """
    if moved_on > world.today:
        raise ToolRefused("A move is registered after moving in. Please come back then.")
    last = moved_on + timedelta(days=DEADLINE)
    return {"moved_on": _day(moved_on), "last_day": _day(last), "late": world.today > last}


# NOT YET: papers and a signature.
# def register_move(world: World, moved_on: date, new_address: Address, movers: list[Mover], paper: File | None) -> Registered: ...
def register_move(
    world: World, moved_on: date, new_address: str, movers: list[str], landlord_paper: str
) -> dict[str, Any]:
    """Register a move in the file of the citizen who has shown file number and code.

    Args:
        moved_on: day of moving in
        new_address: new street and house number
        movers: full names of all who have moved in
        landlord_paper: at hand or comes later
    """
    number = world.session.facts.get("citizen", "")
    if not world.sql("SELECT 1 FROM citizens WHERE file_number = :number", number=number).fetchone():
        raise ToolRefused("Please show file number and code first.")
    if moved_on > world.today:
        raise ToolRefused("A move is registered after moving in. Please come back then.")
    if world.sql("SELECT 1 FROM moves WHERE file_number = :number", number=number).fetchone():
        raise ToolRefused("A move is registered in this file already. The citizens' desk will call you about it.")
    world.sql(
        "INSERT INTO moves (file_number, moved_on, new_address, movers, landlord_paper, late, registered)"
        " VALUES (:number, :moved_on, :new_address, :movers, :landlord_paper, :late, :today)",
        number=number,
        moved_on=moved_on.isoformat(),
        new_address=new_address,
        movers=", ".join(sorted(movers, key=str.lower)),
        landlord_paper=landlord_paper,
        late=int(world.today > moved_on + timedelta(days=DEADLINE)),
        today=world.today.isoformat(),
    )
    state = "registered" if landlord_paper == "at hand" else "registered for now"
    return {
        "file": number,
        "address": new_address,
        "persons": f"{len(movers)} person{'s' if len(movers) > 1 else ''}",
        "status": state,
    }


def register_dog(
    world: World,
    dog_name: str,
    kept_since: date,
    dog_weight: float,
    dogs_before: int,
    chipped: bool,
    citizen_name: str,
    phone: str,
) -> dict[str, Any]:
    """Register a dog for the dog tax.

    Args:
        dog_name: name of the dog
        kept_since: since which day it has lived in the household
        dog_weight: weight in kg
        dogs_before: how many other dogs live in the household
        chipped: whether it carries a chip
        citizen_name: full name of the citizen
        phone: number on which the office may call
    """
    if kept_since > world.today:
        raise ToolRefused("A dog is registered once it lives with you.")
    if dog_weight >= 20 and not chipped:
        raise ToolRefused("A dog above 20 kilos needs a chip. The public order office has to look at it first.")
    tax = TAX[min(dogs_before, 1)]
    (tag,) = world.sql(
        "INSERT INTO dogs (tag, dog_name, kept_since, weight, chipped, citizen_name, phone, tax)"
        " SELECT coalesce(max(tag), 3100) + 1, :dog_name, :kept_since, :weight, :chipped, :citizen_name, :phone,"
        " :tax FROM dogs RETURNING tag",
        dog_name=dog_name,
        kept_since=kept_since.isoformat(),
        weight=dog_weight,
        chipped=int(chipped),
        citizen_name=citizen_name,
        phone=phone,
        tax=tax,
    ).fetchall()[0]
    return {"dog": dog_name, "tag": f"number {tag}", "tax": f"{tax} euros a year"}


def offer_plan(world: World, notice_number: str, monthly: float | None = None) -> dict[str, Any]:
    """Offer instalments for a notice; a wish is accepted where the treasury allows it.

    Args:
        notice_number: number of the notice such as FN204118
        monthly: what the citizen could pay a month, in euros
    """
    notice = _notice(world, notice_number)
    asked = round(100 * monthly) if monthly is not None else None
    agreed = asked is not None and notice["least"] <= asked <= notice["cents"]
    # The first offer is four months; whoever can pay less hears the least that the treasury takes.
    rate = (
        asked
        if agreed
        else max(notice["least"], -(-notice["cents"] // 400) * 100)
        if asked is None
        else notice["least"]
    )
    months = -(-notice["cents"] // rate)
    return {
        "agreed": agreed,
        "notice": f"{notice['what']} of {_money(notice['cents'])}",
        "rate": _money(rate),
        "time": f"a month, for {months} months",
    }


def set_plan(world: World, notice_number: str, monthly: float) -> dict[str, Any]:
    """Agree on instalments for a notice.

    Args:
        notice_number: number of the notice such as FN204118
        monthly: what is paid a month, in euros
    """
    notice = _notice(world, notice_number)
    cents = round(100 * monthly)
    if not notice["least"] <= cents <= notice["cents"]:
        raise ToolRefused("Those are instalments that I may not agree on. The treasury decides on it.")
    begins = (world.today.replace(day=1) + timedelta(days=32)).replace(day=1)
    months = -(-notice["cents"] // cents)
    world.sql(
        "INSERT INTO plans (notice_number, cents, months, begins) VALUES (:number, :cents, :months, :begins)",
        number=notice["notice_number"],
        cents=cents,
        months=months,
        begins=begins.isoformat(),
    )
    return {
        "notice_number": notice["notice_number"],
        "monthly": _money(cents),
        "time": f"for {months} months",
        "begins": f"on {_day(begins)}",
    }


def find_application(world: World, application: str) -> dict[str, Any]:
    """Look how far an application is.

    Args:
        application: number of the application such as AP-4711-K
    """
    row = (
        world.sql("SELECT * FROM applications WHERE application = :number", number=application.upper())
        .mappings()
        .fetchone()
    )
    if row is None:
        raise ToolRefused(f"There is no application {application.upper()}. Please check the number.")
    state = {
        "received": "received, and not begun yet",
        "in work": "in work, usually for two to three weeks",
        "ready": "ready to be collected",
        "missing": f"waiting, because {row['lacks']} is missing",
        "handed out": "handed out already",
    }[row["state"]]
    return {
        "application": row["application"],
        "what": row["what"],
        "status": state,
        "ready": row["state"] == "ready",
        "missing": row["state"] == "missing",
    }


def _notice(world: World, notice_number: str) -> dict[str, Any]:
    row = (
        world.sql("SELECT * FROM notices WHERE notice_number = :number", number=notice_number.upper())
        .mappings()
        .fetchone()
    )
    if row is None:
        raise ToolRefused(f"There is no notice {notice_number.upper()}. Please check the number.")
    if row["paid"]:
        raise ToolRefused("This notice is paid already.")
    if world.sql("SELECT 1 FROM plans WHERE notice_number = :number", number=row["notice_number"]).fetchone():
        raise ToolRefused("There are instalments for this notice already.")
    return dict(row)


def _money(cents: int) -> str:
    return f"{cents // 100} euros" if cents % 100 == 0 else f"{cents / 100:.2f} euros"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
