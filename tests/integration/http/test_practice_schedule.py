"""The practice's schedule over HTTP: availability, blocks, the schedule and series."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York


def ids_of(appointments: Any) -> list[str]:
    return [one["id"] for one in appointments]


async def test_hours_exceptions_and_blocks_determine_free_slots(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    calendar = f"{PRACTICE}/clinicians/{open_practice.clinician_id}"
    slots_path = f"{PORTAL}/appointments/slots?appointment_type_id={open_practice.appointment_type_id}&telehealth=false"

    async def free(day: str = "2026-03-10") -> list[str]:
        found = await open_practice.ask(mira, "GET", f"{slots_path}&first_day={day}&last_day={day}")
        return [one["starts_at"][11:16] for one in found["items"]]

    opening = {
        "weekday": 1,
        "start_time": "09:00",
        "end_time": "12:00",
        "location_id": str(open_practice.location_id),
    }
    week = await open_practice.ask(open_practice.admin, "PUT", f"{calendar}/availability", {"openings": [opening]})
    (rule,) = week["rules"]
    assert (rule["weekday"], rule["time_zone"]) == (1, "America/New_York")
    assert (rule["start_time"], rule["end_time"]) == ("09:00", "12:00")
    assert await free() == ["13:00", "14:00", "15:00"]
    assert await free("2026-03-03") == ["14:00", "15:00", "16:00"]  # the week before, in winter time
    block = {"starts_at": TUESDAY.isoformat(), "ends_at": (TUESDAY + timedelta(minutes=30)).isoformat()}
    blocked = await open_practice.ask(open_practice.admin, "POST", f"{calendar}/blocks", block)
    assert (await free(), blocked["conflicts"]) == (["13:00", "15:00"], [])
    rivera = await open_practice.staff("clinician", clinician_id=open_practice.clinician_id)
    await open_practice.ask(rivera, "DELETE", f"{PRACTICE}/blocks/{blocked['id']}")
    exceptions = f"{calendar}/availability/exceptions"
    closed = await open_practice.ask(rivera, "POST", exceptions, {"date": "2026-03-10", "available": False})
    assert await free() == []
    shown = await open_practice.ask(rivera, "GET", f"{calendar}/availability")
    assert [one["id"] for one in shown["exceptions"]] == [closed["id"]]
    await open_practice.ask(rivera, "DELETE", f"{exceptions}/{closed['id']}")
    assert await free() == ["13:00", "14:00", "15:00"]
    colleague = await open_practice.clinician("Dr. Brandt")
    brandt = f"{PRACTICE}/clinicians/{colleague}"
    assert await refused(open_practice, rivera, "PUT", f"{brandt}/availability", {"openings": []}) == (404, "not_found")
    assert await refused(open_practice, rivera, "POST", f"{brandt}/blocks", block) == (404, "not_found")
    wrong = await open_practice.send(
        open_practice.admin,
        "PUT",
        f"{calendar}/availability",
        {"openings": [opening, {**opening, "end_time": "08:00"}]},
    )
    assert [one["path"] for one in wrong.json()["errors"]] == ["openings.1.end_time"]
    assert await free() == ["13:00", "14:00", "15:00"]


async def test_changes_of_hours_answer_the_appointments_they_affect(open_practice: OpenPractice) -> None:
    mira, desk = await open_practice.client("Mira"), await open_practice.staff("front_desk")
    calendar = f"{PRACTICE}/clinicians/{open_practice.clinician_id}"
    body = {**open_practice.slot(TUESDAY), "client_ids": [str(mira.id)]}
    booked = (await open_practice.ask(desk, "POST", f"{PRACTICE}/appointments", body))["id"]
    exceptions = f"{calendar}/availability/exceptions"
    closed = await open_practice.ask(desk, "POST", exceptions, {"date": "2026-03-10", "available": False})
    (shown,) = closed["conflicts"]
    assert (shown["id"], shown["local_starts_at"], shown["clinician_name"]) == (
        booked,
        "2026-03-10T10:00:00",
        "Dr. Rivera",
    )
    assert [one["client_name"] for one in shown["attendances"]] == ["Mira Okafor"]
    removed = await open_practice.ask(desk, "DELETE", f"{exceptions}/{closed['id']}")
    assert removed == {"conflicts": []}
    break_ = {"first_day": "2026-03-09", "last_day": "2026-03-10", "name": "Spring break"}
    closing = await open_practice.ask(desk, "POST", f"{PRACTICE}/holidays", break_)
    assert (closing["holidays"][1]["date"], closing["conflicts"]) == ("2026-03-10", [shown])
    assert (await open_practice.ask(desk, "GET", f"{PRACTICE}/holidays"))["items"] == closing["holidays"]
    await open_practice.ask(desk, "DELETE", f"{PRACTICE}/holidays/{closing['holidays'][1]['id']}")
    empty = await open_practice.ask(desk, "PUT", f"{calendar}/availability", {"openings": []})
    assert empty["conflicts"] == [shown]
    (clinician,) = (await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/clinicians"))["items"]
    details = {"name": clinician["name"], "licenses": [], "active": False, "version": clinician["version"]}
    left = await open_practice.ask(open_practice.admin, "PUT", calendar, details)
    assert (left["active"], left["conflicts"]) == (False, [booked])
    assert (await open_practice.ask(desk, "GET", f"{calendar}/availability"))["conflicts"] == [shown]
    colleague = await open_practice.clinician("Dr. Brandt")
    body = {"to_clinician_id": str(colleague)}
    reassign = f"{calendar}/appointments/reassign"
    hours = f"{PRACTICE}/clinicians/{colleague}/availability"
    await open_practice.ask(desk, "PUT", hours, {"openings": []})
    refusal = await open_practice.ask(desk, "POST", reassign, body)
    assert [(one["appointment"], one["code"]) for one in refusal["refused"]] == [(shown, "outside_availability")]
    given = await open_practice.ask(desk, "POST", reassign, {**body, "outside_hours": True})
    (moved,) = given["moved"]
    assert moved == {**shown, "clinician_id": str(colleague), "clinician_name": "Dr. Brandt"}
    assert (given["refused"], given["series"]) == ([], [])
    known = {"client_id": str(mira.id), "client_name": "Mira Okafor", "client_pronouns": None}
    assert given["joined_care_teams"] == given["left_care_teams"] == [known]
    team = (await open_practice.ask(desk, "GET", f"{PRACTICE}/clients/{mira.id}"))["care_team"]
    assert team == [str(colleague)], "at once"
    seen = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/{booked}")
    assert seen["clinician_name"] == "Dr. Brandt"
    team = await open_practice.send(
        desk, "PUT", f"{PRACTICE}/clients/{mira.id}/care-team", {"clinician_ids": [str(open_practice.clinician_id)]}
    )
    assert (team.status_code, team.json()["errors"][0]["code"]) == (422, "clinician_left")


async def test_video_with_a_clinician_who_has_no_room_is_for_staff_alone(open_practice: OpenPractice) -> None:
    admin, mira = open_practice.admin, await open_practice.client("Mira")
    brandt = (await open_practice.ask(admin, "POST", f"{PRACTICE}/clinicians", {"name": "Dr. Brandt"}))["id"]
    team = f"{PRACTICE}/clients/{mira.id}/care-team"
    await open_practice.ask(admin, "PUT", team, {"clinician_ids": [brandt]})
    hours = f"{PRACTICE}/clinicians/{brandt}/availability"
    week = {"openings": [{"weekday": 1, "start_time": "09:00", "end_time": "17:00"}]}
    assert (await open_practice.ask(admin, "PUT", hours, week))["room_missing"] is True
    slots = f"{PORTAL}/appointments/slots?appointment_type_id={open_practice.appointment_type_id}"
    slots += "&first_day=2026-03-10&last_day=2026-03-10"
    assert (await open_practice.ask(mira, "GET", slots))["items"] == []
    slot = {**open_practice.slot(TUESDAY), "clinician_id": brandt, "location_id": None}
    assert await refused(open_practice, mira, "POST", f"{PORTAL}/appointments/holds", slot) == (409, "not_bookable")
    body = {**slot, "client_ids": [str(mira.id)]}
    booked = await open_practice.ask(admin, "POST", f"{PRACTICE}/appointments", body)
    assert booked["room_missing"] is True
    here = f"{PRACTICE}/clinicians/{brandt}"
    details = {"name": "Dr. Brandt", "licenses": [], "active": True, "version": 1}
    details["room_link"] = "https://rooms.example/brandt"
    await open_practice.ask(admin, "PUT", here, details)
    shown = await open_practice.ask(admin, "GET", f"{PRACTICE}/appointments/{booked['id']}")
    assert shown["room_missing"] is False
    assert len((await open_practice.ask(mira, "GET", slots))["items"]) == 7
    assert (await open_practice.ask(admin, "GET", hours))["room_missing"] is False


async def test_appointments_follow_their_location(open_practice: OpenPractice) -> None:
    mira, admin = await open_practice.client("Mira"), open_practice.admin
    body = {**open_practice.slot(TUESDAY), "client_ids": [str(mira.id)]}
    booked = await open_practice.ask(admin, "POST", f"{PRACTICE}/appointments", body)
    options = await open_practice.ask(admin, "GET", f"{PRACTICE}/options")
    (known,) = [one for one in options["locations"] if one["id"] == str(open_practice.location_id)]
    here = f"{PRACTICE}/options/locations/{known.pop('id')}"
    moved = await open_practice.ask(admin, "PUT", here, {**known, "address": "2 Oak Street"})
    assert (ids_of(moved["changed"]), moved["conflicts"]) == ([booked["id"]], [])
    shown = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/{booked['id']}")
    assert (shown["location_address"], shown["starts_at"]) == ("2 Oak Street", "2026-03-10T14:00:00Z")
    zone = {**known, "time_zone": "America/Chicago", "version": moved["version"]}
    west = await open_practice.ask(admin, "PUT", here, zone)
    assert ids_of(west["changed"]) == [booked["id"]]
    shown = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/{booked['id']}")
    assert (shown["starts_at"], shown["time_zone"]) == ("2026-03-10T15:00:00Z", "America/Chicago")
    back = {**known, "keep": "instant", "active": False, "version": west["version"]}
    closed = await open_practice.ask(admin, "PUT", here, back)
    assert ids_of(closed["changed"]) == ids_of(closed["conflicts"]) == [booked["id"]]
    shown = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/{booked['id']}")
    assert (shown["starts_at"], shown["time_zone"]) == ("2026-03-10T15:00:00Z", "America/New_York")


async def test_staff_manage_the_appointments_of_a_day(open_practice: OpenPractice) -> None:
    mira, theo = await open_practice.client("Mira"), await open_practice.client("Theo")
    desk = await open_practice.staff("front_desk")
    appointments = f"{PRACTICE}/appointments"
    body = {**open_practice.slot(TUESDAY), "client_ids": [str(mira.id)]}
    first = await open_practice.ask(desk, "POST", appointments, body, idempotency_key="a")
    assert await open_practice.ask(desk, "POST", appointments, body, idempotency_key="a") == first
    both = {**open_practice.slot(TUESDAY + timedelta(hours=1)), "client_ids": [str(mira.id), str(theo.id)]}
    assert await refused(open_practice, desk, "POST", appointments, both) == (422, "invalid")  # one seat
    couple = {"name": "Couple", "duration_minutes": 50, "seats": 2}
    appointment_type = await open_practice.ask(
        open_practice.admin, "POST", f"{PRACTICE}/options/appointment-types", couple
    )
    shared = await open_practice.ask(
        desk, "POST", appointments, {**both, "appointment_type_id": appointment_type["id"]}
    )
    later = {**open_practice.slot(TUESDAY + timedelta(hours=2)), "version": first["version"]}
    moved = await open_practice.ask(desk, "PATCH", f"{appointments}/{first['id']}/reschedule", later)
    third = await open_practice.ask(desk, "POST", appointments, {**body, "client_ids": [str(theo.id)]})
    await open_practice.ask(desk, "PATCH", f"{appointments}/{third['id']}/cancel", {"reason": "The heating broke."})

    schedule = f"{PRACTICE}/schedule?first_day=2026-03-09&last_day"
    week = await open_practice.ask(desk, "GET", f"{schedule}=2026-03-15")
    assert (week["first_day"], week["last_day"], week["time_zone"]) == ("2026-03-09", "2026-03-15", "America/New_York")
    assert [(one["id"], one["status"], len(one["attendances"])) for one in week["appointments"]] == [
        (third["id"], "cancelled", 1),
        (shared["id"], "booked", 2),
        (first["id"], "booked", 1),
    ]
    assert (await open_practice.ask(desk, "GET", f"{schedule}=2026-03-09"))["appointments"] == []
    for wrong in ("2026-03-08", "2026-04-09", "2026-02-30", "0001-01-01", ""):
        assert await refused(open_practice, desk, "GET", f"{schedule}={wrong}") == (422, "invalid"), wrong
    brandt = await open_practice.clinician("Dr. Brandt")
    assert (await open_practice.ask(desk, "GET", f"{schedule}=2026-03-15&clinician_id={brandt}"))["appointments"] == []
    of_theo = f"{PRACTICE}/clients/{theo.id}/appointments"
    assert (await open_practice.ask(desk, "GET", of_theo))["items"] == [shared]
    whole = await open_practice.ask(desk, "GET", f"{of_theo}?category=all&size=1")
    rest = await open_practice.ask(desk, "GET", f"{of_theo}?category=all&size=1&after={whole['next']}")
    assert [one["id"] for one in (*whole["items"], *rest["items"])] == [third["id"], shared["id"]]
    assert await refused(open_practice, desk, "GET", f"{PRACTICE}/clients/{uuid4()}/appointments") == (404, "not_found")
    assert await open_practice.ask(desk, "GET", f"{appointments}/{shared['id']}") == shared
    assert {one["client_pronouns"] for one in shared["attendances"]} == {None}
    [theirs] = (await open_practice.ask(theo, "GET", f"{PORTAL}/appointments"))["items"]
    assert (theirs["id"], "Mira" in str(theirs)) == (shared["id"], False)
    [gone] = (await open_practice.ask(theo, "GET", f"{PORTAL}/appointments?category=cancelled"))["items"]
    assert gone["cancel_reason"] == "The heating broke."

    early = await refused(open_practice, desk, "POST", f"{appointments}/{shared['id']}/complete", {})
    assert early == (409, "appointment_not_started")
    open_practice.portal.clock.at = TUESDAY + timedelta(hours=4)
    desk = await open_practice.again(desk)
    missed = {"client_id": str(theo.id), "version": shared["version"]}
    seen = await open_practice.ask(desk, "POST", f"{appointments}/{shared['id']}/no-show", missed)
    assert {one["client_name"]: one["status"] for one in seen["attendances"]} == {
        "Mira Okafor": "attending",
        "Theo Okafor": "no_show",
    }
    walk_in = {**open_practice.slot(TUESDAY - timedelta(days=1)), "client_ids": [str(mira.id)]}
    assert await refused(open_practice, desk, "POST", appointments, walk_in) == (409, "too_soon")
    recorded = await open_practice.ask(desk, "POST", appointments, {**walk_in, "took_place": True})
    assert recorded["status"] == "completed"
    done = await open_practice.ask(
        desk, "POST", f"{appointments}/{first['id']}/complete", {"version": moved["version"]}
    )
    assert done["status"] == "completed"
    assert await refused(open_practice, desk, "PATCH", f"{appointments}/{first['id']}/cancel", {}) in (
        (409, "appointment_not_booked"),
        (409, "appointment_started"),
    )


async def test_series_is_extended_and_moved(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    desk = await open_practice.staff("front_desk")
    slot = open_practice.slot(TUESDAY)
    del slot["starts_at"]
    body = {**slot, "client_ids": [str(mira.id)], "first_start": "2026-03-03T10:00:00", "interval_weeks": 2}
    here = f"{PRACTICE}/appointments/series"

    async def starts() -> list[str]:
        listed = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments")
        return [one["starts_at"] for one in listed["items"]]

    wrong = await open_practice.send(desk, "POST", here, {**body, "count": 2, "interval_weeks": 13})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "interval_weeks")
    series = await open_practice.ask(desk, "POST", here, {**body, "count": 2})
    assert (series["interval_weeks"], series["count"]) == (2, 2)
    here = f"{here}/{series['id']}"
    extended = await open_practice.ask(desk, "POST", f"{here}/extend", {"count": 1, "version": 1}, idempotency_key="a")
    assert await open_practice.ask(desk, "POST", f"{here}/extend", {"count": 1, "version": 1}, idempotency_key="a") == (
        extended
    )
    assert await starts() == ["2026-03-03T15:00:00Z", "2026-03-17T14:00:00Z", "2026-03-31T14:00:00Z"]
    to_wednesday = {
        "clinician_id": slot["clinician_id"],
        "location_id": slot["location_id"],
        "first_start": "2026-03-18T11:00:00",
        "from_date": "2026-03-04",
        "version": 2,
    }
    moved = await open_practice.ask(desk, "POST", f"{here}/move", to_wednesday)
    assert (moved["first_start"], moved["count"], moved["version"]) == ("2026-03-18T11:00:00", 2, 3)
    assert ids_of(moved["appointments"]) == ids_of(extended["appointments"])
    assert (moved["refused"], moved["not_moved"]) == ([], [])
    assert await starts() == ["2026-03-03T15:00:00Z", "2026-03-18T15:00:00Z", "2026-04-01T15:00:00Z"]
    assert await refused(open_practice, desk, "POST", f"{here}/move", to_wednesday) == (409, "stale_version")
    night = {**to_wednesday, "first_start": "2026-03-18T23:00:00", "version": 3, "skip_conflicts": True}
    closed = await open_practice.send(desk, "POST", f"{here}/move", night)
    assert (closed.status_code, [one["path"] for one in closed.json()["errors"]]) == (
        422,
        ["dates.2026-03-18", "dates.2026-04-01"],
    )
    for what, wrong_body in (
        ("extend", {}),
        ("extend", {"count": 261}),
        ("extend", {"until": "2200-01-01"}),
        ("move", {**to_wednesday, "first_start": "2026-03-18T11:00:00Z"}),
        ("move", {**to_wednesday, "version": 3, "from_date": "2027-01-01"}),
    ):
        assert await refused(open_practice, desk, "POST", f"{here}/{what}", wrong_body) == (422, "invalid"), wrong_body
    assert await refused(open_practice, mira, "POST", f"{here}/move", to_wednesday) == (404, "not_found")
    await open_practice.ask(desk, "POST", f"{here}/cancel", {})
    for what, more in (("extend", {"count": 1}), ("move", {**to_wednesday, "version": None})):
        assert await refused(open_practice, desk, "POST", f"{here}/{what}", more) == (409, "series_ended")


async def test_series_keeps_local_time_and_can_be_ended(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    desk = await open_practice.staff("front_desk")
    body = {
        **open_practice.slot(TUESDAY),
        "client_ids": [str(mira.id)],
        "first_start": "2026-03-03T10:00:00",
        "count": 3,
    }
    del body["starts_at"]
    series = await open_practice.ask(desk, "POST", f"{PRACTICE}/appointments/series", body)
    listed = (await open_practice.ask(mira, "GET", f"{PORTAL}/appointments"))["items"]
    assert [one["starts_at"] for one in listed] == [
        "2026-03-03T15:00:00Z",
        "2026-03-10T14:00:00Z",
        "2026-03-17T14:00:00Z",
    ]
    assert ids_of(listed) == ids_of(series["appointments"])
    taken = await open_practice.send(desk, "POST", f"{PRACTICE}/appointments/series", {**body, "count": 5})
    assert (taken.status_code, taken.json()["errors"][0]["path"]) == (422, "dates.2026-03-03")
    again = await open_practice.ask(
        desk, "POST", f"{PRACTICE}/appointments/series", {**body, "count": 5, "skip_conflicts": True}
    )
    assert (len(again["appointments"]), len(again["refused"])) == (2, 3)
    here = f"{PRACTICE}/appointments/series/{series['id']}"
    assert (await open_practice.ask(desk, "GET", here))["status"] == "active"
    ended = await open_practice.ask(desk, "POST", f"{here}/cancel", {"reason": "Moving away.", "version": 1})
    assert ended["status"] == "ended"
    assert await refused(open_practice, desk, "POST", f"{here}/cancel", {}) == (409, "series_ended")
    assert len((await open_practice.ask(mira, "GET", f"{PORTAL}/appointments"))["items"]) == 2
