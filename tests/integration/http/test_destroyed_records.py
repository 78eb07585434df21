"""A record whose key is destroyed, over HTTP: its content is gone, and the practice can continue to work."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support.contracts.people.erasing import erase_record
from tests.support.engine.postgres import RandomIds
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York
ADA = {"given_name": "Ada", "family_name": "Lovelace", "date_of_birth": "1985-12-10", "email": "ada@client.example"}


async def test_calendar_can_be_managed_after_a_record_is_destroyed(open_practice: OpenPractice) -> None:
    desk, mira, ben = (
        await open_practice.staff("front_desk"),
        await open_practice.client(),
        await open_practice.client("Ben"),
    )
    booked: dict[UUID, list[str]] = {}
    asked: dict[UUID, str] = {}
    here = f"{PRACTICE}/clients/{mira.id}"
    for hour, person in enumerate((mira, ben)):
        slots = [open_practice.slot(TUESDAY + timedelta(hours=hour, days=day)) for day in (0, 0, 1)]
        booked[person.id] = []
        for number in (0, 1, 2):
            body = {"slot": slots[number]}
            one = await open_practice.ask(person, "POST", f"{PORTAL}/appointments", body, idempotency_key=f"b{number}")
            booked[person.id].append(one["id"])
            if number == 0:
                await open_practice.ask(
                    person, "PATCH", f"{PORTAL}/appointments/{one['id']}/cancel", {"reason": "A fever"}
                )
        times = {"starts_at": slots[2]["starts_at"], "ends_at": "2026-03-11T21:00:00Z"}
        preference = {
            "appointment_type_id": str(open_practice.appointment_type_id),
            "location_id": str(open_practice.location_id),
            "preferred": [times],
            "reason": "Sleep",
        }
        asked[person.id] = (await open_practice.ask(person, "POST", f"{PORTAL}/appointments/request", preference))["id"]
    portal = open_practice.portal
    await erase_record(portal.portal.parts.begin(), open_practice.practice_id, mira.id, portal.clock, RandomIds())
    portal.clock.advance(timedelta(minutes=6))  # keys are cached for five minutes
    ben, desk = await open_practice.again(ben), await open_practice.again(desk)

    # Lists are complete, without the content of the record.
    day = await open_practice.ask(desk, "GET", f"{PRACTICE}/schedule?first_day=2026-03-10&last_day=2026-03-10")
    reasons = {one["id"]: one["attendances"][0]["reason"] for one in day["appointments"]}
    assert reasons == {
        booked[mira.id][0]: None,
        booked[mira.id][1]: None,
        booked[ben.id][0]: "A fever",
        booked[ben.id][1]: None,
    }
    requests = (await open_practice.ask(desk, "GET", f"{PRACTICE}/appointments/requests"))["items"]
    assert {one["request"]["id"]: one["request"]["reason"] for one in requests} == {
        asked[mira.id]: None,
        asked[ben.id]: "Sleep",
    }
    # The practice cancels, reschedules and declines; notices to the client are no longer delivered.
    gone = f"{PRACTICE}/appointments/{booked[mira.id][1]}/cancel"
    cancelled = await open_practice.ask(desk, "PATCH", gone, {"reason": "We are closed."})
    assert (cancelled["status"], cancelled["attendances"][0]["reason"]) == ("cancelled", None)
    await open_practice.ask(ben, "POST", f"{PORTAL}/appointments", {"slot": open_practice.slot(TUESDAY)})
    declined = f"{PRACTICE}/appointments/requests/{asked[mira.id]}/decline"
    assert await refused(open_practice, desk, "POST", declined, {"answer": "We are full."}) == (
        409,
        "record_destroyed",
    )
    assert (await open_practice.ask(desk, "POST", declined, {}))["status"] == "declined"

    # No new content is stored.
    body = {**ADA, "status": "active", "address": "12 Elm Street", "version": 3}
    assert await refused(open_practice, desk, "PUT", here, body) == (409, "record_destroyed")


async def test_nothing_new_is_written_on_an_erased_record(open_practice: OpenPractice) -> None:
    """Every route that would: the same answer for all of them."""
    mira, portal = await open_practice.client(), open_practice.portal
    await erase_record(portal.portal.parts.begin(), open_practice.practice_id, mira.id, portal.clock, RandomIds())
    admin, here = open_practice.admin, f"{PRACTICE}/clients/{mira.id}"
    slot = {**open_practice.slot(TUESDAY), "client_ids": [str(mira.id)]}
    series = {name: value for name, value in slot.items() if name != "starts_at"}
    terms = {"email": "pat@client.example", "relationship": "representative", "areas": ["profile"]}
    attempts: list[tuple[str, str, object]] = [
        ("PUT", here, {**ADA, "status": "active", "version": 3}),
        ("PUT", f"{here}/care-team", {"clinician_ids": []}),
        ("POST", f"{here}/invitations", {"email": "new@client.example"}),
        ("POST", f"{here}/proxy-invitations", terms),
        ("POST", f"{here}/grants", terms),
        ("POST", f"{here}/legal-hold/place", None),
        ("POST", f"{PRACTICE}/appointments", slot),
        ("POST", f"{PRACTICE}/appointments/series", {**series, "first_start": "2026-03-10T10:00:00", "count": 2}),
    ]
    for method, path, body in attempts:
        assert await refused(open_practice, admin, method, path, body) == (409, "record_destroyed"), path
