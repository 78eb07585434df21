"""What mail says of an appointment is decided by its reader, and never more than what happened and when."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York
TYPE, CLINICIAN, LOCATION = "Trauma therapy intake", "Dr. Zephyrine Quillfeather", "Willowbrook Clinic"


async def newest_mail(open_practice: OpenPractice, to: str) -> Any:
    await open_practice.portal.run_jobs()
    return (await open_practice.portal.mail(to))[-1]


async def change(open_practice: OpenPractice, person: Person, **settings: str) -> Any:
    shown = await open_practice.ask(person, "GET", f"{PORTAL}/profile/settings")
    body = {"version": shown["version"], **settings}
    return await open_practice.ask(person, "PATCH", f"{PORTAL}/profile/settings", body)


async def test_mail_states_what_happened_and_when_to_those_who_ask_for_it(open_practice: OpenPractice) -> None:
    options = f"{PRACTICE}/options"
    hourly = {"name": TYPE, "duration_minutes": 50, "slot_step_minutes": 60}
    office = {"name": LOCATION, "time_zone": "America/New_York", "address": "7 Larkspur Lane"}
    kind = await open_practice.ask(open_practice.admin, "POST", f"{options}/appointment-types", hourly)
    place = await open_practice.ask(open_practice.admin, "POST", f"{options}/locations", office)
    open_practice.appointment_type_id, open_practice.location_id = kind["id"], place["id"]
    open_practice.clinician_id = await open_practice.clinician(CLINICIAN)
    noor = await open_practice.client("Noor")
    to, appointments = "noor@client.example", f"{PORTAL}/appointments"

    async def book(at: datetime) -> dict[str, Any]:
        slot = {"slot": open_practice.slot(at)}
        booked: dict[str, Any] = await open_practice.ask(noor, "POST", appointments, slot)
        return booked

    assert (await open_practice.ask(noor, "GET", f"{PORTAL}/profile/settings"))["message_details"] == "what"
    await book(TUESDAY)
    said = [(await newest_mail(open_practice, to)).body]
    assert said[-1].startswith("An appointment was booked. Sign in")

    assert (await change(open_practice, noor, message_details="when"))["message_details"] == "when"
    wednesday = TUESDAY + timedelta(days=1)
    one = await book(wednesday)
    said.append((await newest_mail(open_practice, to)).body)
    assert said[-1].startswith("An appointment was booked for Wednesday, March 11 at 10:00 AM (EDT).")
    later = open_practice.slot(wednesday + timedelta(hours=2))
    moved = {name: later[name] for name in ("clinician_id", "location_id", "starts_at")}
    await open_practice.ask(noor, "PATCH", f"{appointments}/{one['id']}/reschedule", moved)
    said.append((await newest_mail(open_practice, to)).body)
    assert said[-1].startswith("An appointment was moved to Wednesday, March 11 at 12:00 PM (EDT).")
    await change(open_practice, noor, language="es", time_zone="America/Denver")
    await open_practice.ask(noor, "PATCH", f"{appointments}/{one['id']}/cancel", {})
    said.append((await newest_mail(open_practice, to)).body)
    assert said[-1].startswith("Se canceló la cita del miércoles 11 de marzo a las 10:00 (MDT).")

    await change(open_practice, noor, language="en", message_details="nothing")
    await book(wednesday)
    quiet = await newest_mail(open_practice, to)
    assert (quiet.subject, quiet.body.partition("\n")[0]) == ("You have a notice", "You have a notice.")
    for words in (TYPE, CLINICIAN, LOCATION, "Larkspur"):
        assert not any(word.lower() in body.lower() for body in [*said, quiet.body] for word in words.split())


async def test_mail_of_a_whole_series_names_no_single_date(open_practice: OpenPractice) -> None:
    noor = await open_practice.client("Noor")
    to, path = "noor@client.example", f"{PRACTICE}/appointments/series"
    await change(open_practice, noor, message_details="when")
    slot = open_practice.slot(TUESDAY)
    del slot["starts_at"]
    body = {**slot, "client_ids": [str(noor.id)], "first_start": "2026-03-10T10:00:00", "count": 4}
    series = await open_practice.ask(open_practice.admin, "POST", path, body)
    said = [await newest_mail(open_practice, to)]
    await open_practice.ask(open_practice.admin, "POST", f"{path}/{series['id']}/cancel", {})
    said.append(await newest_mail(open_practice, to))
    assert [one.subject for one in said] == ["Appointments booked", "Appointments cancelled"]
    assert said[0].body.startswith("Several appointments were booked. Sign in to see them.")
    assert said[1].body.startswith("Several appointments were cancelled. Sign in to see them.")
    assert not any("March" in one.body for one in said)


async def test_mail_is_in_the_language_of_the_record_until_another_is_chosen(open_practice: OpenPractice) -> None:
    sol = {"given_name": "Sol", "family_name": "Paz", "date_of_birth": "1990-05-17", "email": "sol@client.example"}
    added = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/clients", {**sol, "language": "es"})
    await open_practice.ask(
        open_practice.admin, "POST", f"{PRACTICE}/clients/{added['profile']['client_id']}/invitations"
    )
    invited = await newest_mail(open_practice, "sol@client.example")
    assert invited.subject == "Invitación a nuestro portal"
    assert "El código sirve una sola vez, hasta el " in invited.body

    luz = await open_practice.client("Luz", language="es-MX")
    appointments = f"{PORTAL}/appointments"
    await open_practice.ask(luz, "POST", appointments, {"slot": open_practice.slot(TUESDAY)})
    assert (await newest_mail(open_practice, "luz@client.example")).subject == "Cita reservada"
    assert (await open_practice.ask(luz, "GET", f"{PORTAL}/notifications"))["items"][0]["title"] == "Cita reservada"
    assert (await change(open_practice, luz, message_details="when"))["language"] == "es"
    assert (await change(open_practice, luz, language="en"))["language"] == "en"
    later = open_practice.slot(TUESDAY + timedelta(days=1))
    await open_practice.ask(luz, "POST", appointments, {"slot": later})
    assert (await newest_mail(open_practice, "luz@client.example")).subject == "Appointment booked"


async def test_unknown_details_are_refused(open_practice: OpenPractice) -> None:
    noor = await open_practice.client("Noor")
    wrong = {"version": 0, "message_details": "everything"}
    assert (await refused(open_practice, noor, "PATCH", f"{PORTAL}/profile/settings", wrong))[0] == 422
    assert (await open_practice.ask(noor, "GET", f"{PORTAL}/profile/settings"))["version"] == 0
