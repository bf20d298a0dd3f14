"""The practice's book: what the agent may look up and change.

Every public function here is a tool; each call is one transaction. `raise ToolRefused("...")` says no on purpose, and
the agent reads that sentence. What may be booked or changed is written down when it is shown (`offers`, `listed`), so
that nothing else can be booked, and nothing can be changed by somebody who has not shown number and date of birth.
"""

from datetime import date, timedelta
from typing import Any

from demeanor import ToolRefused, World

# NOT YET: a hand-off is an event with a department, a priority and what was said so far; a tool can only leave a row.
# def handoff(world: World, department: Department, priority: Literal["now", "today"], transcript: Transcript) -> Handoff: ...
# NOT YET: free words beside the complaints, and since when.
# def alert_duty_team(world: World, complaint: list[str], pain: int | None, since: timedelta | None, words: str) -> Alert: ...
ADVICE = {
    "strong pain": "please do not wait for a normal appointment",
    "swelling": "call 112 at once if it is hard to breathe or swallow, or if the eye is closing",
    "knocked-out tooth": "hold it by the crown, keep it in cold milk and come within 60 minutes",
    "bleeding": "bite on a clean folded cloth for 20 minutes without looking",
}


def alert_duty_team(world: World, complaint: list[str], pain: int | None = None) -> dict[str, Any]:
    """Ring the duty nurse at once for an emergency.

    Args:
        complaint: strong pain, swelling, knocked-out tooth or bleeding, or several of them
        pain: how strong the pain is, from 0 to 10, where the patient says so
    """
    world.sql(
        "INSERT INTO alerts (complaint, pain, day) VALUES (:complaint, :pain, :today)",
        complaint=", ".join(sorted(complaint)),
        pain=pain,
        today=world.today.isoformat(),
    )
    first_aid = "; ".join(ADVICE[one] for one in complaint)
    return {
        "complaint": " and ".join(complaint),
        "first_aid": first_aid,
        "nurse": "the duty nurse takes over now",
        "phone": "01 555 0199",
    }


# NOT YET: "whoever is free" as a value, a list of wishes, and a range of hours.
# def find_times(world: World, treatment: str, days: list[date], time: TimeRange | None, dentists: list[str] | None) -> Offers: ...
def find_times(world: World, treatment: str, day: date, part_of_day: str, dentist: str | None = None) -> dict[str, Any]:
    """Find free times for a treatment.

    Args:
        treatment: check-up, cleaning, filling, root canal or first visit
        day: day of the visit
        part_of_day: morning or afternoon
        dentist: who should treat, when the patient has a wish
    """
    # NOT YET: an amount with "from" and currency as a value of its own; here it is finished text.
    # price: Money(minimum=55, currency="EUR")
    (price,) = world.sql("SELECT price FROM treatments WHERE treatment = :treatment", treatment=treatment).fetchone()
    rows = _free(world, treatment, day, part_of_day, dentist or "")
    times = [{"appointment": offer, "time": text} for offer, text in rows]
    return {"treatment": treatment, "price": f"from {price} euros", "times": times}


# NOT YET: one of two shapes of patient (known by number, or new with phone and birth date); a parameter is flat, so no phone is "not new".
# def book_appointment(world: World, appointment: str, patient: KnownPatient | NewPatient, booked_by: Speaker) -> Booked: ...
def book_appointment(world: World, appointment: str, patient_name: str, phone: str | None = None) -> dict[str, Any]:
    """Book one offered time in the patient's name, with a card for a new patient.

    Args:
        appointment: appointment of the chosen time
        patient_name: full name of the patient
        phone: phone number of a new patient
    """
    blocked = world.sql(
        "SELECT 1 FROM patients WHERE lower(patient_name) = lower(:patient_name) AND blocked", patient_name=patient_name
    ).fetchone()
    if blocked:
        raise ToolRefused("I cannot book this by myself. A colleague from the desk will call you today.")
    treatment, dentist, day, time = _offered(world, appointment)
    if treatment == "first visit":
        _make_card(world, patient_name, phone)
    # One statement looks and writes, so that two patients never get the same chair.
    booked = world.sql(
        "INSERT INTO appointments (patient_name, treatment, dentist, day, time, status)"
        " SELECT :patient_name, :treatment, :dentist, :day, :time, 'booked' WHERE NOT EXISTS (SELECT 1 FROM appointments"
        " WHERE dentist = :dentist AND day = :day AND time = :time AND status = 'booked') RETURNING number",
        patient_name=patient_name,
        treatment=treatment,
        dentist=dentist,
        day=day,
        time=time,
    ).fetchall()
    if not booked:
        raise ToolRefused("Sorry, this time has just been taken. Please look again.")
    return {"treatment": treatment, "time": _text(day, time, dentist), "patient_name": patient_name}


def check_card(world: World, patient_number: str, birth_date: date) -> dict[str, Any]:
    """Check that a patient's number and date of birth belong together, before anything of the card is told or changed.

    Args:
        patient_number: number on the appointment card such as Q-2107
        birth_date: day on which the patient was born
    """
    return {"patient_name": _card(world, patient_number, birth_date)}


# NOT YET: who is speaking is known to the runtime once verified, and later tools are given that, not asked for it again;
# a count of wrong tries over the conversation (after three: hand-off, and no further tries) has no place either.
# def list_appointments(world: World, speaker: Verified[Patient]) -> list[Visit]: ...
def list_appointments(world: World, patient_number: str, birth_date: date) -> dict[str, Any]:
    """Look up the coming appointments of a patient whose number and date of birth are right.

    Args:
        patient_number: number on the appointment card such as Q-2107
        birth_date: day on which the patient was born
    """
    patient_name = _card(world, patient_number, birth_date)
    found = world.sql(
        "SELECT number, treatment, dentist, day, time FROM appointments"
        " WHERE patient_name = :patient_name AND status = 'booked' AND day >= :today ORDER BY day, time",
        patient_name=patient_name,
        today=world.today.isoformat(),
    ).fetchall()
    visits = []
    for number, treatment, dentist, day, time in found:
        world.sql(
            "INSERT OR IGNORE INTO listed (visit, number) VALUES (:visit, :number)",
            visit=f"visit-{number}",
            number=number,
        )
        visits.append({"visit": f"visit-{number}", "treatment": treatment, "time": _text(day, time, dentist)})
    return {"patient_name": patient_name, "visits": visits}


def find_new_times(world: World, visit: str, day: date, part_of_day: str) -> dict[str, Any]:
    """Find free times to which an appointment can be moved.

    Args:
        visit: visit of the appointment that is moved
        day: new day
        part_of_day: morning or afternoon
    """
    _, treatment, dentist, _, _ = _visit(world, visit)
    rows = _free(world, treatment, day, part_of_day, dentist)
    return {"treatment": treatment, "times": [{"new_time": offer, "time": text} for offer, text in rows]}


def move_appointment(world: World, visit: str, new_time: str) -> dict[str, Any]:
    """Move an appointment to an offered new time.

    Args:
        visit: visit of the appointment that is moved
        new_time: new_time of the chosen time
    """
    number, treatment, _, old_day, _ = _visit(world, visit)
    _in_time(world, old_day)
    _, dentist, day, time = _offered(world, new_time)
    moved = world.sql(
        "UPDATE appointments SET dentist = :dentist, day = :day, time = :time WHERE number = :number AND NOT EXISTS (SELECT 1 FROM appointments"
        " WHERE dentist = :dentist AND day = :day AND time = :time AND status = 'booked')",
        dentist=dentist,
        day=day,
        time=time,
        number=number,
    )
    if moved.rowcount == 0:
        raise ToolRefused("Sorry, this time has just been taken. Please look again.")
    return {"treatment": treatment, "time": _text(day, time, dentist), "status": "moved"}


# NOT YET: a late cancellation is possible, but only after a yes to its fee; a tool cannot ask back with an amount.
# def cancel_appointment(world: World, visit: Visit, accepted_fee: Money | None = None) -> Cancelled | NeedsYes[Money]: ...
def cancel_appointment(world: World, visit: str) -> dict[str, Any]:
    """Cancel an appointment, up to one working day before.

    Args:
        visit: visit of the appointment that is cancelled
    """
    number, treatment, dentist, day, time = _visit(world, visit)
    _in_time(world, day)
    world.sql("UPDATE appointments SET status = 'cancelled' WHERE number = :number", number=number)
    return {"treatment": treatment, "time": _text(day, time, dentist), "status": "cancelled"}


def _card(world: World, patient_number: str, birth_date: date) -> str:
    """Whose card it is; one sentence for a wrong number and for a wrong date."""
    row = world.sql(
        "SELECT patient_name, blocked FROM patients WHERE patient_number = :patient_number AND birth_date = :birth_date",
        patient_number=patient_number,
        birth_date=birth_date.isoformat(),
    ).fetchone()
    if row is None:
        raise ToolRefused("Number and date of birth do not belong together. Please look at the card once more.")
    if row[1]:
        raise ToolRefused("I cannot open this card by myself. A colleague from the desk will call you today.")
    return str(row[0])


def _free(world: World, treatment: str, day: date, part_of_day: str, dentist: str) -> list[tuple[str, str]]:
    """The first two free times as (offer, text), each written down. Nothing on weekends and closed days."""
    if day < world.today:
        raise ToolRefused("That day is in the past. Please choose a later one.")
    why = world.sql("SELECT why FROM closed WHERE day = :day", day=day.isoformat()).fetchone()
    if why or day.weekday() > 4 or day == world.today:
        return []
    if (
        dentist
        and not world.sql(
            "SELECT 1 FROM does WHERE dentist = :dentist AND treatment = :treatment",
            dentist=dentist,
            treatment=treatment,
        ).fetchone()
    ):
        (who,) = world.sql(
            "SELECT group_concat(dentist, ' or ') FROM does WHERE treatment = :treatment", treatment=treatment
        ).fetchone()
        raise ToolRefused(f"{dentist} does not do this treatment; {who} does.")
    free = world.sql(
        "SELECT dentist, time FROM does JOIN dentists USING (dentist) CROSS JOIN hours"
        " WHERE treatment = :treatment AND part_of_day = :part_of_day AND :dentist IN ('', dentist) AND coalesce(day_off, -1) <> :weekday"
        " AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.dentist = does.dentist AND a.day = :day"
        " AND a.time = hours.time AND a.status = 'booked') ORDER BY time, dentist LIMIT 2",
        treatment=treatment,
        part_of_day=part_of_day,
        dentist=dentist,
        weekday=day.weekday(),
        day=day.isoformat(),
    ).fetchall()
    found = []
    for who, time in free:
        (offer,) = world.sql(
            "INSERT INTO offers (number, offer, treatment, dentist, day, time)"
            " SELECT coalesce(max(number), 0) + 1, 'time-' || (coalesce(max(number), 0) + 1), :treatment, :who, :day, :time FROM offers"
            " RETURNING offer",
            treatment=treatment,
            who=who,
            day=day.isoformat(),
            time=time,
        ).fetchall()[0]
        found.append((offer, _text(day.isoformat(), time, who)))
    return found


def _make_card(world: World, patient_name: str, phone: str | None) -> None:
    """A card without a date of birth, so that nobody can open it before the desk has handed it over."""
    if phone is None:
        raise ToolRefused("A new patient needs a phone number. Please ask for it.")
    if world.sql("SELECT 1 FROM patients WHERE phone = :phone", phone=phone).fetchone():
        raise ToolRefused("This phone number is on a card already. A colleague from the desk will call you about it.")
    world.sql(
        "INSERT INTO patients (patient_number, patient_name, phone)"
        " SELECT 'Q-' || (max(CAST(substr(patient_number, 3) AS INTEGER)) + 1), :patient_name, :phone FROM patients",
        patient_name=patient_name,
        phone=phone,
    )


def _offered(world: World, offer: str) -> tuple[str, str, str, str]:
    row = world.sql("SELECT treatment, dentist, day, time FROM offers WHERE offer = :offer", offer=offer).fetchone()
    if row is None:
        raise ToolRefused(f"There is no time {offer}. Please look for free times first.")
    return row


def _visit(world: World, visit: str) -> tuple[int, str, str, str, str]:
    row = world.sql(
        "SELECT number, treatment, dentist, day, time FROM listed JOIN appointments USING (number)"
        " WHERE visit = :visit AND status = 'booked'",
        visit=visit,
    ).fetchone()
    if row is None:
        raise ToolRefused(f"There is no open appointment {visit}. Please look it up first.")
    return row


def _in_time(world: World, day: str) -> None:
    """One working day before is the latest, as knowledge/cancelling.md says."""
    latest = date.fromisoformat(day) - timedelta(days=1)
    while latest.weekday() > 4:
        latest -= timedelta(days=1)
    if world.today >= latest:
        raise ToolRefused(
            "This visit is less than one working day away. A colleague will call you about it, and about the late fee."
        )


def _text(day: str, time: str, dentist: str) -> str:
    """Thursday 18 June at 10:30 with Dr Okonkwo: finished text, so that the agent copies instead of calculating."""
    when = date.fromisoformat(day)
    return f"{when:%A} {when.day} {when:%B} at {time} with {dentist}"
