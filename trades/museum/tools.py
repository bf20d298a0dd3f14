"""The tour book of the Museum of Salt and Sail: what the agent may look up and change.

Every public function is a tool; its first parameter is the world. Parameters named like a slot of agent.yaml arrive
as values. A tool refuses with ToolRefused; the agent reads that sentence.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

# NOT YET: a range of times ("in the afternoon", "not before two") narrow the search
# def find_group_tours(world: World, language: str, theme: str, day: date, people: int,
#                      earliest: time | None = None, latest: time | None = None) -> GroupTours:


def find_group_tours(world: World, language: str, theme: str, day: date, people: int) -> dict[str, Any]:
    """Find free guided tours for a private group. Only where a day is full the list is empty.

    Args:
        language: language of the guide
        theme: theme of the tour
        day: day of the tour
        people: number of people in the group
    """
    _open_on(world, day)
    if people > 25:
        raise ToolRefused("One guide takes 25 people at most. For more, the group desk plans a second guide with you.")
    minutes, price, story = world.sql(
        "SELECT minutes, group_price, story FROM themes WHERE theme = :theme", theme=theme
    ).fetchone()
    free = _free(world, "group", language, day)[:2]
    tours = [_offer(world, theme, language, day, time, people, guide=guide) for time, guide in free]
    # NOT YET: an amount of money as a value in a result ({"price": Money(120, "EUR")}): it travels as finished text and cannot be added up or compared
    return {"theme": theme, "price": f"{price} euros", "length": f"{minutes} minutes", "story": story, "tours": tours}


# NOT YET: a list of optional needs (wheelchair, headphones, a chair to rest on) belongs to a booking
# def book_group_tour(world: World, tour: str, contact_name: str, contact_phone: str, needs: list[Need] = ()) -> ...


def book_group_tour(world: World, tour: str, contact_name: str) -> dict[str, Any]:
    """Book one offered group tour in the name of a contact.

    Args:
        tour: tour of the chosen row
        contact_name: full name of the contact
    """
    row = world.sql(
        "SELECT theme, language, day, time, guide, people FROM offers WHERE tour = :tour AND guide IS NOT NULL",
        tour=tour,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no tour {tour}. Please look for free tours first.")
    theme, language, day, time, guide, people = row
    booked = world.sql(
        "INSERT INTO bookings (booking, kind, theme, language, day, time, guide, people, contact_name, price, status)"
        " SELECT (SELECT 'G-' || (max(CAST(substr(booking, 3) AS INTEGER)) + 1) FROM bookings WHERE kind = 'group'),"
        " 'group', :theme, :language, :day, :time, :guide, :people, :contact_name, (SELECT group_price FROM themes WHERE theme = :theme), 'booked'"
        " WHERE NOT EXISTS (SELECT 1 FROM bookings WHERE day = :day AND time = :time AND guide = :guide AND status <> 'cancelled')"
        " RETURNING booking",
        theme=theme,
        language=language,
        day=day,
        time=time,
        guide=guide,
        people=people,
        contact_name=contact_name,
    ).fetchall()
    if not booked:
        raise ToolRefused("Sorry, this tour has just been taken. Please look again.")
    return _booking(world, booked[0][0])


def join_waiting_list(
    world: World, language: str, theme: str, day: date, people: int, contact_name: str
) -> dict[str, Any]:
    """Put a group on the waiting list of a full day.

    Args:
        language: language of the guide
        theme: theme of the tour
        day: the full day
        people: number of people in the group
        contact_name: full name of the contact
    """
    _open_on(world, day)
    if _free(world, "group", language, day):
        raise ToolRefused("There is still a free guide on that day. Please look for free tours.")
    if world.sql(
        "SELECT 1 FROM waiting_list WHERE day = :day AND lower(contact_name) = lower(:contact_name)",
        day=day.isoformat(),
        contact_name=contact_name,
    ).fetchone():
        raise ToolRefused(f"{contact_name} is already on the waiting list of that day.")
    world.sql(
        "INSERT INTO waiting_list (theme, language, day, people, contact_name) VALUES (:theme, :language, :day, :people, :contact_name)",
        theme=theme,
        language=language,
        day=day.isoformat(),
        people=people,
        contact_name=contact_name,
    )
    (ahead,) = world.sql(
        "SELECT count(*) - 1 FROM waiting_list WHERE day = :day AND language = :language",
        day=day.isoformat(),
        language=language,
    ).fetchone()
    return {"day": _day_text(day), "contact_name": contact_name, "groups_ahead": ahead}


# NOT YET: several classes in one request, an optional note
# def request_school_visit(world: World, teacher: Teacher, classes: list[SchoolClass], day: date, theme: str,
#                          language: str, note: str | None = None) -> SchoolVisit:


def request_school_visit(
    world: World,
    theme: str,
    language: str,
    day: date,
    pupils: int,
    school: str,
    teacher_name: str,
    teacher_phone: str | None = None,
    teacher_email: str | None = None,
) -> dict[str, Any]:
    """Hold a place for one school class until the education team confirms it.

    Args:
        theme: theme of the tour
        language: language of the guide
        day: day of the visit
        pupils: number of pupils
        school: name of the school
        teacher_name: full name of the teacher
        teacher_phone: phone number of the teacher
        teacher_email: mail address of the teacher, in place of a phone number
    """
    _open_on(world, day)
    if day < world.today + timedelta(days=14):
        raise ToolRefused("School classes book at least 14 days ahead. Please choose a later day.")
    if pupils > 30:
        raise ToolRefused("One class is 30 pupils at most. The education team plans larger visits with you.")
    if teacher_phone is None and teacher_email is None:
        raise ToolRefused("The education team needs a phone number or an e-mail address of the teacher.")
    free = _free(world, "school", language, day)
    if not free:
        raise ToolRefused(f"No guide is free for a class on {_day_text(day)}. Please choose another day.")
    time, guide = free[0]
    price = 0 if day.weekday() in (1, 3) else 3 * pupils  # free on Tuesdays and Thursdays
    (booking,) = world.sql(
        "INSERT INTO bookings SELECT 'S-' || (max(CAST(substr(booking, 3) AS INTEGER)) + 1),"
        " 'school', :theme, :language, :day, :time, :guide, :pupils, :teacher_name, :teacher_phone, :teacher_email, :school, :price, 'held' FROM bookings WHERE kind = 'school' RETURNING booking",
        theme=theme,
        language=language,
        day=day.isoformat(),
        time=time,
        guide=guide,
        pupils=pupils,
        teacher_name=teacher_name,
        teacher_phone=teacher_phone,
        teacher_email=teacher_email,
        school=school,
        price=price,
    ).fetchall()[0]
    return {
        "booking": booking,
        "time": f"{_day_text(day)} at {time} with {guide}",
        "cost": f"{price} euros" if price else "free of charge",
        "status": "held until the education team confirms it",
    }


def find_public_tours(world: World, day: date, people: int) -> dict[str, Any]:
    """See which public tours of a day still have places enough.

    Args:
        day: day of the tour
        people: number of people who join
    """
    _open_on(world, day)
    rows = world.sql(
        "SELECT code, theme, language, time, places - coalesce((SELECT sum(people) FROM joined"
        " WHERE joined.code = public_tours.code AND day = :day), 0) AS left FROM public_tours"
        " WHERE weekday = CAST(strftime('%w', :day) AS INTEGER) AND left >= :people ORDER BY time",
        day=day.isoformat(),
        people=people,
    ).fetchall()
    tours = [
        {**_offer(world, theme, language, day, time, None, code=code), "left": f"{left} places left"}
        for code, theme, language, time, left in rows
    ]
    return {"day": _day_text(day), "people": people, "price": "6 euros a person", "tours": tours}


def join_public_tour(world: World, public_tour: str, people: int, contact_name: str) -> dict[str, Any]:
    """Reserve places on one public tour that was offered.

    Args:
        public_tour: tour of the chosen row
        people: number of people who join
        contact_name: full name of the contact
    """
    row = world.sql(
        "SELECT code, theme, language, day, time FROM offers WHERE tour = :public_tour AND code IS NOT NULL",
        public_tour=public_tour,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no public tour {public_tour}. Please look for public tours first.")
    code, theme, language, day, time = row
    written = world.sql(
        "INSERT INTO joined (code, day, people, contact_name) SELECT :code, :day, :people, :contact_name WHERE :people <="
        " (SELECT places FROM public_tours WHERE code = :code)"
        " - coalesce((SELECT sum(people) FROM joined WHERE code = :code AND day = :day), 0)",
        code=code,
        day=day,
        people=people,
        contact_name=contact_name,
    )
    if written.rowcount == 0:
        raise ToolRefused("There are not enough places left on that tour. Please choose another one.")
    when = f"{theme} in {language} on {_day_text(date.fromisoformat(day))} at {time}"
    return {"tour": when, "people": people, "contact_name": contact_name, "meet": "under the ship's bell"}


# NOT YET: who is speaking: a booking found with its name should open the session, so that the next tool need not be told again
# def find_booking(world: World, booking: str, contact_name: str) -> Verified[Booking]:
# def change_number(world: World, speaker: Verified[Booking], new_people: int) -> Booking:


def find_booking(world: World, booking: str, contact_name: str) -> dict[str, Any]:
    """Find a booking. Number and name must belong together.

    Args:
        booking: booking number such as G-1001
        contact_name: full name of the contact of that booking
    """
    _check(world, booking, contact_name)
    return _booking(world, booking)


def change_number(world: World, booking: str, contact_name: str, new_people: int) -> dict[str, Any]:
    """Change how many people come to a booked tour.

    Args:
        booking: booking number such as G-1001
        contact_name: full name of the contact of that booking
        new_people: the new number of people
    """
    kind, day, people, price = _check(world, booking, contact_name)
    most = 25 if kind == "group" else 30
    if day < world.today + timedelta(days=3):
        raise ToolRefused("The number can be changed until 3 days before the tour. It is too late for this one.")
    if new_people > most:
        raise ToolRefused(f"One guide takes {most} people at most. Booking {booking} stays at {people} people.")
    if new_people == people:
        raise ToolRefused(f"Booking {booking} is already for {people} people.")
    if kind == "school" and price:
        price = 3 * new_people
    world.sql(
        "UPDATE bookings SET people = :new_people, price = :price WHERE booking = :booking",
        new_people=new_people,
        price=price,
        booking=booking,
    )
    return _booking(world, booking)


def _check(world: World, booking: str, contact_name: str) -> tuple[str, date, int, int]:
    """One sentence for a wrong number and for a wrong name: nobody finds out who is booked."""
    row = world.sql(
        "SELECT kind, day, people, price, status FROM bookings WHERE booking = :booking AND lower(contact_name) = lower(:contact_name)",
        booking=booking,
        contact_name=contact_name,
    ).fetchone()
    if row is None:
        raise ToolRefused("That number and that name do not belong together. Please look at your confirmation again.")
    if row[4] == "cancelled":
        raise ToolRefused(f"Booking {booking} has been cancelled.")
    return row[0], date.fromisoformat(row[1]), row[2], row[3]


def _open_on(world: World, day: date) -> None:
    if day < world.today:
        raise ToolRefused("That day is in the past. Please choose a later one.")
    if day.weekday() == 0:
        raise ToolRefused("The museum is closed on Mondays. Please choose another day.")
    closed = world.sql("SELECT why FROM closed_days WHERE day = :day", day=day.isoformat()).fetchone()
    if closed:
        raise ToolRefused(f"The museum is closed on {_day_text(day)} for {closed[0]}. Please choose another day.")


def _free(world: World, kind: str, language: str, day: date) -> list[tuple[str, str]]:
    return world.sql(
        "SELECT time, guide FROM starts, guides WHERE kind = :kind AND language = :language"
        " AND NOT EXISTS (SELECT 1 FROM leave WHERE leave.guide = guides.guide AND :day BETWEEN from_day AND to_day)"
        " AND NOT EXISTS (SELECT 1 FROM bookings WHERE bookings.day = :day AND bookings.time = starts.time"
        " AND bookings.guide = guides.guide AND status <> 'cancelled') GROUP BY time ORDER BY time",
        kind=kind,
        language=language,
        day=day.isoformat(),
    ).fetchall()


def _offer(
    world: World,
    theme: str,
    language: str,
    day: date,
    time: str,
    people: int | None,
    guide: str | None = None,
    code: str | None = None,
) -> dict[str, Any]:
    """Write the offer down: exactly this is booked."""
    (tour,) = world.sql(
        "INSERT INTO offers (number, tour, theme, language, day, time, guide, code, people)"
        " SELECT coalesce(max(number), 0) + 1, 'tour-' || (coalesce(max(number), 0) + 1), :theme, :language, :day, :time, :guide, :code, :people"
        " FROM offers RETURNING tour",
        theme=theme,
        language=language,
        day=day.isoformat(),
        time=time,
        guide=guide,
        code=code,
        people=people,
    ).fetchall()[0]
    time_text = f"{_day_text(day)} at {time}"
    return {"tour": tour, "time": f"{time_text} with {guide}" if guide else f"{theme} in {language}, {time_text}"}


def _booking(world: World, booking: str) -> dict[str, Any]:
    theme, language, day, time, guide, people, name, price = world.sql(
        "SELECT theme, language, day, time, guide, people, contact_name, price FROM bookings WHERE booking = :booking",
        booking=booking,
    ).fetchone()
    when = f"{_day_text(date.fromisoformat(day))} at {time} with {guide}"
    return {
        "booking": booking,
        "tour": f"{theme} in {language}",
        "time": when,
        "people": people,
        "contact_name": name,
        "price": f"{price} euros" if price else "free of charge",
    }


def _day_text(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
