"""Shared appointments over HTTP: staff add and take out clients, and clients join open groups."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York
APPOINTMENTS = f"{PRACTICE}/appointments"


async def add_type(open_practice: OpenPractice, **more: object) -> str:
    body = {"name": "Group", "duration_minutes": 60, "seats": 2, **more}
    path = f"{PRACTICE}/options/appointment-types"
    return str((await open_practice.ask(open_practice.admin, "POST", path, body))["id"])


async def test_staff_add_and_take_out_clients(open_practice: OpenPractice) -> None:
    mira, theo, ada = [await open_practice.client(name) for name in ("Mira", "Theo", "Ada")]
    desk = await open_practice.staff("front_desk")
    slot = {**open_practice.slot(TUESDAY), "appointment_type_id": await add_type(open_practice)}
    booked = await open_practice.ask(desk, "POST", APPOINTMENTS, {**slot, "client_ids": [str(mira.id)]})
    path, own = f"{APPOINTMENTS}/{booked['id']}", f"{PORTAL}/appointments/{booked['id']}"
    seen = await open_practice.ask(mira, "GET", own)
    assert await refused(open_practice, theo, "GET", own) == (404, "not_found")
    body = {"client_id": str(theo.id), "version": booked["version"]}
    added = await open_practice.ask(desk, "POST", f"{path}/attendances", body, idempotency_key="a")
    assert await open_practice.ask(desk, "POST", f"{path}/attendances", body, idempotency_key="a") == added
    assert sorted(one["client_name"] for one in added["attendances"]) == ["Mira Okafor", "Theo Okafor"]
    assert await open_practice.ask(mira, "GET", own) == seen
    assert (await open_practice.ask(theo, "GET", own))["status"] == "booked"
    again = {"client_id": str(theo.id)}
    assert await refused(open_practice, desk, "POST", f"{path}/attendances", again) == (409, "already_attending")
    full = {"client_id": str(ada.id)}
    assert await refused(open_practice, desk, "POST", f"{path}/attendances", full) == (409, "no_seat_left")
    assert await refused(open_practice, desk, "POST", f"{path}/attendances", body) == (409, "stale_version")
    nobody = {"client_id": str(uuid4())}
    assert await refused(open_practice, desk, "POST", f"{path}/attendances", nobody) == (404, "not_found")
    assert await refused(open_practice, mira, "POST", f"{path}/attendances", full) == (404, "not_found")

    out = f"{path}/attendances/{theo.id}/cancel"
    assert await refused(open_practice, desk, "POST", out, {"late_fee": True}) == (422, "invalid")
    left = await open_practice.ask(desk, "POST", out, {"reason": "He moved.", "version": added["version"]})
    assert left["status"] == "booked"
    assert await open_practice.ask(mira, "GET", own) == seen
    gone = await open_practice.ask(theo, "GET", own)
    assert (gone["status"], gone["cancel_reason"], gone["version"]) == ("cancelled", "He moved.", 1)
    assert await refused(open_practice, desk, "POST", out, {}) == (409, "appointment_not_booked")
    moved = {**slot, "starts_at": (TUESDAY + timedelta(hours=2)).isoformat()}
    moved = await open_practice.ask(desk, "PATCH", f"{path}/reschedule", moved)
    assert (await open_practice.ask(mira, "GET", own))["starts_at"] == moved["starts_at"] != gone["starts_at"]
    assert await open_practice.ask(theo, "GET", own) == gone, "it is no longer any of his business"
    last = await open_practice.ask(desk, "POST", f"{path}/attendances/{mira.id}/cancel", {})
    assert last["status"] == "cancelled"
    assert open_practice.count("calendar") == 0


async def test_clients_join_a_group_that_one_of_them_began(open_practice: OpenPractice) -> None:
    mira, theo, ada = [await open_practice.client(name) for name in ("Mira", "Theo", "Ada")]
    couple = await add_type(open_practice)
    group = await add_type(open_practice, self_bookable=True, clients_may_open=True)
    options = await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/options")
    bookable = {one["id"]: one["self_bookable"] for one in options["appointment_types"]}
    assert (bookable[couple], bookable[group], bookable[str(open_practice.appointment_type_id)]) == (False, True, True)
    slot = {**open_practice.slot(TUESDAY), "appointment_type_id": group}
    first = await open_practice.ask(mira, "POST", f"{PORTAL}/appointments", {"slot": slot})
    second = await open_practice.ask(theo, "POST", f"{PORTAL}/appointments", {"slot": slot}, idempotency_key="a")
    assert (second["id"], second["version"], second["can_reschedule"]) == (first["id"], 0, False)
    again = await open_practice.ask(theo, "POST", f"{PORTAL}/appointments", {"slot": slot}, idempotency_key="a")
    assert again == second
    assert await open_practice.ask(mira, "GET", f"{PORTAL}/appointments/{first['id']}") == first
    assert "Mira" not in str(second)
    day = f"first_day=2026-03-10&last_day=2026-03-10&location_id={open_practice.location_id}"
    slots = f"{PORTAL}/appointments/slots?appointment_type_id={group}&{day}"
    starts = [one["starts_at"] for one in (await open_practice.ask(ada, "GET", slots))["items"]]
    assert "2026-03-10T14:00:00Z" not in starts
    assert await refused(open_practice, ada, "POST", f"{PORTAL}/appointments", {"slot": slot}) == (409, "no_seat_left")
    await open_practice.ask(mira, "PATCH", f"{PORTAL}/appointments/{first['id']}/cancel", {})
    starts = [one["starts_at"] for one in (await open_practice.ask(ada, "GET", slots))["items"]]
    assert "2026-03-10T14:00:00Z" in starts
    joined = await open_practice.ask(ada, "POST", f"{PORTAL}/appointments", {"slot": slot})
    assert joined["id"] == first["id"]
    await open_practice.ask(
        open_practice.admin, "POST", f"{APPOINTMENTS}/{first['id']}/attendances/{ada.id}/cancel", {}
    )
    starts = [one["starts_at"] for one in (await open_practice.ask(ada, "GET", slots))["items"]]
    assert "2026-03-10T14:00:00Z" not in starts
    removed = await open_practice.send(ada, "POST", f"{PORTAL}/appointments", {"slot": slot})
    assert (removed.status_code, removed.json()["code"]) == (409, "not_bookable")
    assert "took you out" in removed.json()["detail"]
    assert "2026-03-10T14:00:00Z" in [
        one["starts_at"] for one in (await open_practice.ask(mira, "GET", slots))["items"]
    ]

    later = {**slot, "starts_at": (TUESDAY + timedelta(hours=2)).isoformat()}
    assert await refused(open_practice, mira, "POST", f"{PORTAL}/appointments/holds", later) == (409, "not_bookable")
    wish = {"appointment_type_id": group, "earliest_date": "2026-03-10", "latest_date": "2026-03-12"}
    assert await refused(open_practice, mira, "POST", f"{PORTAL}/appointments/waitlist", wish) == (409, "not_bookable")
    closed = {**later, "appointment_type_id": couple}
    assert await refused(open_practice, mira, "POST", f"{PORTAL}/appointments", {"slot": closed}) == (
        409,
        "not_bookable",
    )
