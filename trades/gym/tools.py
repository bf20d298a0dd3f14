"""The gym's books: what the desk may look up, book, pause and set.

Every public function is a tool. `check_member` writes down who has signed in (`world.session.facts`), and the tools for members
read it there, so that nobody changes anything of somebody else. What the house takes for a fee is decided here.
"""

from datetime import date, time, timedelta
from typing import Any

from demeanor import ToolRefused, World

DAYS_AHEAD = 14
LONGEST_PAUSE = 12  # weeks
PAUSE_FEE = 500  # cents a week; nothing with a doctor's letter


def check_member(world: World, member_number: str, birth_date: date) -> dict[str, Any]:
    """Check that a member number and a date of birth belong together.

    Args:
        member_number: number on the key tag such as IB30214
        birth_date: day on which the member was born
    """
    row = world.sql(
        "SELECT member_number, member_name FROM members WHERE member_number = :member_number AND birth_date ="
        " :birth_date",
        member_number=member_number.upper(),
        birth_date=birth_date.isoformat(),
    ).fetchone()
    if row is None:
        raise ToolRefused("That number and that date of birth don't go together. Please check both.")
    world.session.facts["member"] = row.member_number
    return {"member": row.member_name}


# NOT YET: several wishes at once: a list of days, a range of hours.
# def find_classes(world: World, activity: str, days: list[date], hours: TimeRange | None) -> Places: ...
def find_classes(world: World, activity: str, day: date, earliest: time | None = None) -> dict[str, Any]:
    """Find places in a class on a day.

    Args:
        activity: yoga, spin, pilates, boxing or aqua
        day: day of the class
        earliest: from what time on, where the member says so
    """
    _member(world)
    if day < world.today:
        raise ToolRefused("That day is over. Please choose a later one.")
    if day > world.today + timedelta(days=DAYS_AHEAD):
        raise ToolRefused(f"Classes can be booked up to {DAYS_AHEAD} days ahead.")
    rows = world.sql(
        "SELECT number, start, coach FROM timetable WHERE activity = :activity AND weekday = :weekday AND hour >="
        " :earliest"
        " AND NOT EXISTS (SELECT 1 FROM closed WHERE day = :day)"
        " AND NOT EXISTS (SELECT 1 FROM no_class WHERE day = :day AND activity = :activity) ORDER BY hour",
        activity=activity,
        weekday=day.weekday(),
        earliest=earliest.strftime("%H:%M") if earliest else "",
        day=day.isoformat(),
    ).fetchall()
    found = []
    for number, start, coach in rows:
        spot = f"spot-{day:%m%d}-{number}"
        world.sql(
            "INSERT OR REPLACE INTO offers (spot, number, day) VALUES (:spot, :number, :day)",
            spot=spot,
            number=number,
            day=day.isoformat(),
        )
        found.append({"spot": spot, "time": f"{start} with {coach}"})
    return {"class": activity, "day": _day(day), "places": found}


def book_class(world: World, spot: str) -> dict[str, Any]:
    """Book a place that was offered, for the member who has signed in.

    Args:
        spot: spot of the chosen row
    """
    member = _member(world)
    if member["owes"]:
        raise ToolRefused(f"There are {_money(member['owes'])} open. Please pay at the desk, then book again.")
    row = world.sql(
        "SELECT activity, start, coach, day FROM offers JOIN timetable USING (number) WHERE spot = :spot", spot=spot
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no place {spot}. Please look for classes first.")
    taken = world.sql(
        "SELECT activity FROM bookings WHERE member_number = :number AND day = :day AND start = :start",
        number=member["member_number"],
        day=row.day,
        start=row.start,
    ).scalar()
    if taken:
        raise ToolRefused(f"You have {taken} at that time already.")
    world.sql(
        "INSERT INTO bookings (member_number, activity, day, start) VALUES (:number, :activity, :day, :start)",
        number=member["member_number"],
        activity=row.activity,
        day=row.day,
        start=row.start,
    )
    return {"class": row.activity, "day": _day(date.fromisoformat(row.day)), "time": f"{row.start} with {row.coach}"}


def list_courses(world: World) -> dict[str, Any]:
    """Look up the courses of the member who has signed in."""
    member = _member(world)
    rows = world.sql(
        "SELECT number, title, start, place, refund FROM places JOIN courses USING (number)"
        " WHERE member_number = :number AND left_on IS NULL ORDER BY number",
        number=member["member_number"],
    ).fetchall()
    courses = [
        {
            "course": f"course-{r.number}",
            "title": r.title,
            "when": f"weekly at {r.start}, {r.place}",
            "back": _money(r.refund),
        }
        for r in rows
    ]
    return {"courses": courses}


def leave_course(world: World, course: str) -> dict[str, Any]:
    """Give up the member's place in a course; the rest of the course fee comes back.

    Args:
        course: course of the chosen row
    """
    member = _member(world)
    number = course.removeprefix("course-")
    left = world.sql(
        "UPDATE places SET left_on = :today WHERE member_number = :member AND number = :number AND left_on IS NULL",
        today=world.today.isoformat(),
        member=member["member_number"],
        number=number,
    )
    if left.rowcount == 0:
        raise ToolRefused("You are not in that course. Please look at your courses first.")
    row = world.sql("SELECT title, refund FROM courses WHERE number = :number", number=number).fetchone()
    return {"course": row.title, "status": "left", "back": f"{_money(row.refund)} within 7 days"}


def price_pause(world: World, pause_from: date, pause_until: date, why: str) -> dict[str, Any]:
    """Say what a pause of the membership costs, and whether it is possible.

    Args:
        pause_from: first day of the pause
        pause_until: last day of the pause
        why: injury, travel, money or other
    """
    member = _member(world)
    cents = _pause(world, member, pause_from, pause_until, why)
    weeks = -(-(pause_until - pause_from).days // 7)
    return {
        "pause": f"{_day(pause_from)} to {_day(pause_until)}",
        "length": f"{weeks} week{'s' if weeks > 1 else ''}",
        "price": _money(cents) if cents else "free",
    }


# NOT YET: a paper: the doctor's letter comes with the call.
# def pause(world: World, pause_from: date, pause_until: date, why: str, letter: File | None = None) -> Paused: ...
def pause(world: World, pause_from: date, pause_until: date, why: str) -> dict[str, Any]:
    """Pause the membership of the member who has signed in.

    Args:
        pause_from: first day of the pause
        pause_until: last day of the pause
        why: injury, travel, money or other
    """
    member = _member(world)
    cents = _pause(world, member, pause_from, pause_until, why)
    world.sql(
        "INSERT INTO pauses (member_number, pause_from, pause_until, why, cents) VALUES (:number, :first, :last,"
        " :why, :cents)",
        number=member["member_number"],
        first=pause_from.isoformat(),
        last=pause_until.isoformat(),
        why=why,
        cents=cents,
    )
    return {
        "status": "paused",
        "pause": f"{_day(pause_from)} to {_day(pause_until)}",
        "price": _money(cents) if cents else "free",
    }


def offer_fee(world: World, wish: float | None = None) -> dict[str, Any]:
    """Offer the member a lower weekly fee; a wish is accepted where the house allows it.

    Args:
        wish: weekly fee that the member would like, in dollars
    """
    member = _member(world)
    asked = round(100 * wish) if wish is not None else None
    agreed = asked is not None and member["least"] <= asked < member["fee"]
    # The first offer is fifty cents less; whoever asks for less than the house takes hears the least.
    fee = asked if agreed else member["fee"] - 50 if asked is None else member["least"]
    world.sql(
        "INSERT OR REPLACE INTO fee_offers (member_number, fee) VALUES (:number, :fee)",
        number=member["member_number"],
        fee=fee,
    )
    return {"agreed": agreed, "weekly": _money(fee), "until_now": f"instead of {_money(member['fee'])} a week"}


def set_fee(world: World, wish: float) -> dict[str, Any]:
    """Set the weekly fee that was agreed on, from next week on.

    Args:
        wish: the weekly fee that was agreed on, in dollars
    """
    member = _member(world)
    if member["owes"]:
        raise ToolRefused(f"There are {_money(member['owes'])} open. Please pay at the desk first.")
    cents = round(100 * wish)
    if not member["least"] <= cents < member["fee"]:
        raise ToolRefused("That is a fee I may not set. The club manager decides on it.")
    world.sql(
        "UPDATE members SET fee = :cents WHERE member_number = :number", cents=cents, number=member["member_number"]
    )
    monday = world.today + timedelta(days=7 - world.today.weekday())
    return {"fee": f"{_money(cents)} a week", "from": _day(monday)}


def find_coach(world: World, interests: list[str], day: date) -> dict[str, Any]:
    """Look who would show a guest around on a day.

    Args:
        interests: strength, cardio, back pain or swimming, or several of them
        day: day of the visit
    """
    return {"coach": f"{_coach(world, interests, day)} shows you around", "when": f"{_day(day)} at 5 pm"}


def book_trial(
    world: World,
    interests: list[str],
    day: date,
    years: int,
    weekly_hours: float,
    guest_name: str,
    phone: str | None = None,
    email: str | None = None,
) -> dict[str, Any]:
    """Book a free trial visit for somebody who is no member.

    Args:
        interests: strength, cardio, back pain or swimming, or several of them
        day: day of the visit
        years: age in years
        weekly_hours: how many hours a week the guest would like to train
        guest_name: full name of the guest
        phone: number for the door code
        email: mail address for the door code, in place of a number
    """
    coach = _coach(world, interests, day)
    if phone is None and email is None:
        raise ToolRefused("I need a number or a mail address for the door code.")
    world.sql(
        "INSERT INTO trials (guest_name, day, years, weekly_hours, interests, phone, email)"
        " VALUES (:guest_name, :day, :years, :weekly_hours, :interests, :phone, :email)",
        guest_name=guest_name,
        day=day.isoformat(),
        years=years,
        weekly_hours=weekly_hours,
        interests=", ".join(sorted(interests)),
        phone=phone,
        email=email,
    )
    return {"trial": _day(day), "guest_name": guest_name, "coach": f"{coach} shows you around at 5 pm"}


def _coach(world: World, interests: list[str], day: date) -> str:
    if day < world.today:
        raise ToolRefused("That day is over. Please choose a later one.")
    why = world.sql("SELECT why FROM closed WHERE day = :day", day=day.isoformat()).scalar()
    if why:
        raise ToolRefused(f"We're closed on that day: {why}. Please choose another one.")
    return "Marlon" if "strength" in interests else "Sunny" if "swimming" in interests else "Colette"


def _member(world: World) -> dict[str, Any]:
    """Who has signed in; without that no tool for members does anything."""
    row = world.sql("SELECT * FROM members WHERE member_number = :number", number=world.session.facts.get("member", ""))
    found = row.mappings().fetchone()
    if found is None:
        raise ToolRefused("Please sign in with member number and date of birth first.")
    return dict(found)


def _pause(world: World, member: dict[str, Any], first: date, last: date, why: str) -> int:
    """What the pause costs, in cents; refused where the rules do not allow it."""
    if world.sql("SELECT 1 FROM pauses WHERE member_number = :number", number=member["member_number"]).fetchone():
        raise ToolRefused("There has been a pause this year already. The club manager decides on a second one.")
    if first <= world.today:
        raise ToolRefused("A pause begins tomorrow at the earliest. Please choose a later day.")
    days = (last - first).days
    if days < 7:
        raise ToolRefused("A pause is at least one week long.")
    if days > 7 * LONGEST_PAUSE:
        raise ToolRefused(f"A pause is at most {LONGEST_PAUSE} weeks long.")
    return 0 if why == "injury" else PAUSE_FEE * -(-days // 7)


def _money(cents: int) -> str:
    return f"${cents / 100:.2f}"


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
