"""Appointments over HTTP, from searching a slot to waitlist offers, including attacks."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from tests.support.engine.postgres import PortalDatabase
from tests.support.http.open_practice import OFFICE, PORTAL, PRACTICE, OpenPractice, Person
from tests.support.http.running_portal import running

APPOINTMENTS = f"{PORTAL}/appointments"
TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York, two days after the DST change


async def booked(
    open_practice: OpenPractice, person: Person, at: datetime = TUESDAY, *, online: bool = False
) -> dict[str, object]:
    return dict(await open_practice.ask(person, "POST", APPOINTMENTS, {"slot": open_practice.slot(at, online=online)}))


async def test_find_book_and_cancel(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    booking_options = await open_practice.ask(mira, "GET", f"{APPOINTMENTS}/options")
    assert [one["name"] for one in booking_options["clinicians"]] == ["Dr. Rivera"]

    days = "first_day=2026-03-10&last_day=2026-03-10"
    query = f"appointment_type_id={open_practice.appointment_type_id}&{days}&location_id={open_practice.location_id}"
    slots = (await open_practice.ask(mira, "GET", f"{APPOINTMENTS}/slots?{query}"))["items"]
    assert [one["starts_at"] for one in slots][:2] == ["2026-03-10T13:00:00Z", "2026-03-10T14:00:00Z"]

    chosen = {name: slots[1][name] for name in ("clinician_id", "appointment_type_id", "location_id", "starts_at")}
    hold = await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/holds", chosen)
    assert (await open_practice.ask(mira, "GET", f"{APPOINTMENTS}/holds"))["items"] == [hold]
    appointment = await open_practice.ask(mira, "POST", APPOINTMENTS, {"slot": chosen})
    assert (await open_practice.send(mira, "POST", APPOINTMENTS, {"hold_id": hold["id"]})).status_code == 404
    assert (appointment["status"], appointment["location_address"], appointment["can_cancel"]) == (
        "booked",
        OFFICE,
        True,
    )
    here = f"{APPOINTMENTS}/{appointment['id']}"
    assert await open_practice.ask(mira, "GET", here) == appointment
    assert (await open_practice.ask(mira, "GET", APPOINTMENTS))["items"] == [appointment]

    file = await open_practice.send(mira, "GET", f"{here}/calendar.ics")
    assert file.headers["content-type"] == "text/calendar; method=PUBLISH; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="appointment.ics"'
    assert f"UID:{appointment['id']}\r\n" in file.text
    assert "SEQUENCE:0\r\n" in file.text or "SEQUENCE:1\r\n" in file.text
    assert "Rivera" not in file.text

    later = {
        "clinician_id": chosen["clinician_id"],
        "location_id": chosen["location_id"],
        "version": appointment["version"],
    }
    moved = await open_practice.ask(mira, "PATCH", f"{here}/reschedule", {**later, "starts_at": slots[3]["starts_at"]})
    assert (moved["id"], moved["starts_at"]) == (appointment["id"], slots[3]["starts_at"])
    stale = await open_practice.send(mira, "PATCH", f"{here}/cancel", {"version": appointment["version"]})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    gone = await open_practice.ask(
        mira, "PATCH", f"{here}/cancel", {"reason": "Travelling.", "version": moved["version"]}
    )
    assert (gone["status"], gone["cancel_reason"], gone["can_cancel"]) == ("cancelled", "Travelling.", False)
    assert gone["version"] > moved["version"] > appointment["version"]

    assert (await open_practice.ask(mira, "GET", APPOINTMENTS))["items"] == []
    assert (await open_practice.ask(mira, "GET", f"{APPOINTMENTS}?category=cancelled"))["items"] == [gone]
    file = await open_practice.send(mira, "GET", f"{here}/calendar.ics")
    assert (file.headers["content-type"], "METHOD:CANCEL\r\n" in file.text) == (
        "text/calendar; method=CANCEL; charset=utf-8",
        True,
    )
    assert (await open_practice.ask(mira, "GET", f"{APPOINTMENTS}/slots?{query}"))["items"] == slots


async def test_freed_slot_is_offered_from_waitlist(open_practice: OpenPractice) -> None:
    mira, theo = await open_practice.client("Mira"), await open_practice.client("Theo")
    appointment = await booked(open_practice, mira)
    taken = await open_practice.send(theo, "POST", APPOINTMENTS, {"slot": open_practice.slot(TUESDAY)})
    assert (taken.status_code, taken.json()["code"]) == (409, "slot_taken")
    waiting = {
        "appointment_type_id": str(open_practice.appointment_type_id),
        "location_id": str(open_practice.location_id),
        "earliest_date": "2026-03-09",
        "latest_date": "2026-03-13",
    }
    entry = await open_practice.ask(theo, "POST", f"{APPOINTMENTS}/waitlist", {**waiting, "weekdays": [1]})
    assert (entry["status"], entry["offer"]) == ("waiting", None)
    twice = await open_practice.send(theo, "POST", f"{APPOINTMENTS}/waitlist", waiting)
    assert (twice.status_code, twice.json()["code"]) == (409, "already_on_waitlist")

    await open_practice.ask(mira, "PATCH", f"{APPOINTMENTS}/{appointment['id']}/cancel", {})
    await open_practice.portal.run_jobs()
    [entry] = (await open_practice.ask(theo, "GET", f"{APPOINTMENTS}/waitlist"))["items"]
    offer = entry["offer"]
    assert offer["starts_at"] == "2026-03-10T14:00:00Z"
    assert (await open_practice.send(mira, "POST", APPOINTMENTS, {"slot": open_practice.slot(TUESDAY)})).json()[
        "code"
    ] == "slot_taken"
    stolen = await open_practice.send(mira, "POST", f"{APPOINTMENTS}/waitlist/offers/{offer['id']}/accept")
    assert stolen.status_code == 404
    accepted = await open_practice.ask(theo, "POST", f"{APPOINTMENTS}/waitlist/offers/{offer['id']}/accept")
    assert (accepted["status"], accepted["starts_at"]) == ("booked", "2026-03-10T14:00:00Z")
    again = await open_practice.send(theo, "POST", f"{APPOINTMENTS}/waitlist/offers/{offer['id']}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "offer_closed")
    assert (await open_practice.ask(theo, "GET", f"{APPOINTMENTS}/waitlist")) == {"items": [], "next": None}
    await open_practice.portal.run_jobs()
    names = [one["title"] for one in (await open_practice.ask(theo, "GET", f"{PORTAL}/notifications"))["items"]]
    assert len(names) == 2, names
    assert "An appointment time is available" in names


async def test_waiting_client_declines_offer_and_leaves(open_practice: OpenPractice) -> None:
    mira, theo = await open_practice.client("Mira"), await open_practice.client("Theo")
    appointment = await booked(open_practice, mira)
    waiting = {
        "appointment_type_id": str(open_practice.appointment_type_id),
        "location_id": str(open_practice.location_id),
    }
    week = {"earliest_date": "2026-03-09", "latest_date": "2026-03-13"}
    entry = await open_practice.ask(theo, "POST", f"{APPOINTMENTS}/waitlist", {**waiting, **week})
    await open_practice.ask(mira, "PATCH", f"{APPOINTMENTS}/{appointment['id']}/cancel", {})
    await open_practice.portal.run_jobs()
    [offered] = (await open_practice.ask(theo, "GET", f"{APPOINTMENTS}/waitlist"))["items"]
    desk, waitlist = await open_practice.staff("front_desk"), f"{PRACTICE}/appointments/waitlist"
    seen = {"client_id": str(theo.id), "client_name": "Theo Okafor", "client_pronouns": None, "entry": offered}
    assert (await open_practice.ask(desk, "GET", waitlist))["items"] == [seen]
    assert (
        await open_practice.ask(theo, "POST", f"{APPOINTMENTS}/waitlist/offers/{offered['offer']['id']}/decline")
        is None
    )
    assert await open_practice.ask(theo, "DELETE", f"{APPOINTMENTS}/waitlist/{entry['id']}") is None
    left = await open_practice.send(theo, "DELETE", f"{APPOINTMENTS}/waitlist/{entry['id']}")
    assert (left.status_code, left.json()["code"]) == (409, "waitlist_entry_closed")
    assert (await open_practice.ask(desk, "GET", waitlist))["items"] == []
    again = await open_practice.ask(theo, "POST", f"{APPOINTMENTS}/waitlist", {**waiting, **week})
    theirs = f"{PRACTICE}/clients/{theo.id}/waitlist/{again['id']}"
    assert (
        await open_practice.send(desk, "DELETE", f"{PRACTICE}/clients/{mira.id}/waitlist/{again['id']}")
    ).status_code == 404
    assert await open_practice.ask(desk, "DELETE", theirs) is None
    assert (await open_practice.send(desk, "DELETE", theirs)).json()["code"] == "waitlist_entry_closed"
    await open_practice.portal.run_jobs()
    await booked(open_practice, mira)


async def test_requests_are_confirmed_and_declined(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    span = {"starts_at": TUESDAY.isoformat(), "ends_at": (TUESDAY + timedelta(hours=3)).isoformat()}
    asked = {
        "appointment_type_id": str(open_practice.appointment_type_id),
        "location_id": str(open_practice.location_id),
        "preferred": [span],
        "reason": "Sleep.",
    }
    first = await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/request", asked)
    second = await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/request", asked)
    third = await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/request", asked)
    desk = await open_practice.staff("front_desk")
    requests = (await open_practice.ask(desk, "GET", f"{PRACTICE}/appointments/requests"))["items"]
    assert [(one["client_name"], one["request"]["id"]) for one in requests] == [
        ("Mira Okafor", one["id"]) for one in (first, second, third)
    ]
    answer = {"clinician_id": str(open_practice.clinician_id), "starts_at": (TUESDAY + timedelta(hours=1)).isoformat()}
    confirmed = await open_practice.ask(desk, "POST", f"{PRACTICE}/appointments/requests/{first['id']}/confirm", answer)
    assert [one["client_name"] for one in confirmed["attendances"]] == ["Mira Okafor"]
    declined = {"answer": "We are closed then.", "version": second["version"]}
    await open_practice.ask(desk, "POST", f"{PRACTICE}/appointments/requests/{second['id']}/decline", declined)
    await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/requests/{third['id']}/withdraw")
    seen = {one["id"]: one for one in (await open_practice.ask(mira, "GET", f"{APPOINTMENTS}/requests"))["items"]}
    assert (seen[first["id"]]["status"], seen[first["id"]]["appointment_id"]) == ("confirmed", confirmed["id"])
    assert (seen[second["id"]]["status"], seen[second["id"]]["answer"]) == ("declined", "We are closed then.")
    assert seen[third["id"]]["status"] == "withdrawn"
    closed = await open_practice.send(desk, "POST", f"{PRACTICE}/appointments/requests/{first['id']}/confirm", answer)
    assert (closed.status_code, closed.json()["code"]) == (409, "request_closed")


async def test_joining_records_location_outside_the_url(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    join = f"{APPOINTMENTS}/{(await booked(open_practice, mira, online=True))['id']}/join"
    here = {"client_location": "At home, 12 Elm Street", "callback": "+1 518 555 0100"}
    terms = await open_practice.ask(mira, "GET", join)
    assert (terms["can_join"], terms["opens_at"], terms["required_fields"]) == (
        False,
        "2026-03-10T13:45:00Z",
        ["client_location", "callback"],
    )
    early = await open_practice.send(mira, "POST", join, here)
    assert (early.status_code, early.json()["code"]) == (409, "join_not_open")
    open_practice.portal.clock.at = TUESDAY - timedelta(minutes=15)
    mira = await open_practice.again(mira)
    empty = await open_practice.send(mira, "POST", join, {"client_location": "At home"})
    assert [one["path"] for one in empty.json()["errors"]] == ["callback"]
    room = await open_practice.ask(mira, "POST", join, here)
    assert room["url"].startswith("https://rooms.example/rivera")
    desk = await open_practice.staff("front_desk")
    appointment = f"{PRACTICE}/appointments/{join.split('/')[-2]}"
    [seen] = (await open_practice.ask(desk, "GET", f"{appointment}/check-ins"))["items"]
    assert (seen["client_name"], seen["client_location"]) == ("Mira Okafor", "At home, 12 Elm Street")
    rivera = await open_practice.staff("clinician", clinician_id=open_practice.clinician_id)
    assert (await open_practice.ask(rivera, "POST", f"{appointment}/start-video-visit"))["url"]
    assert (await open_practice.send(desk, "POST", f"{appointment}/start-video-visit")).status_code in (403, 404)


async def test_calendar_feed_is_read_without_signing_in(open_practice: OpenPractice) -> None:
    oak = await OpenPractice.open(open_practice.portal)
    mira = await open_practice.client()
    appointment = await booked(open_practice, mira)
    feed_path = f"{PORTAL}/calendar/feed"
    assert await open_practice.ask(mira, "GET", feed_path) == {"created_at": None}
    feed = await open_practice.ask(mira, "POST", feed_path, idempotency_key="one")
    assert await open_practice.ask(mira, "GET", feed_path) == {"created_at": feed["created_at"]}
    async with open_practice.portal.http_client() as phone:
        read = await phone.get(feed["path"])
        assert (read.status_code, read.headers["content-type"]) == (200, "text/calendar; charset=utf-8")
        assert f"UID:{appointment['id']}" in read.text
        assert "X-WR-CALNAME:Appointments\r\n" in read.text
        assert read.headers["cache-control"] == "private, no-cache"
        for tags in (read.headers["etag"], f'"old", W/{read.headers["etag"]}', "*"):
            unchanged = await phone.get(feed["path"], headers={"if-none-match": tags})
            assert (unchanged.status_code, unchanged.content) == (304, b"")
            assert (unchanged.headers["etag"], unchanged.headers["cache-control"]) == (
                read.headers["etag"],
                read.headers["cache-control"],
            )
        assert (await phone.get(feed["path"], headers={"if-none-match": '"old"'})).content == read.content
        assert (await phone.get(feed["path"], headers={"if-none-match": "x" * 5000})).status_code == 422
        assert (await phone.head(feed["path"])).headers["etag"] == read.headers["etag"]
        await open_practice.ask(mira, "PATCH", f"{APPOINTMENTS}/{appointment['id']}/cancel", {})
        changed = await phone.get(feed["path"], headers={"if-none-match": read.headers["etag"]})
        assert (changed.status_code, changed.headers["etag"] == read.headers["etag"]) == (200, False)
        assert not {"Rivera", "Session", "Mira"} & set(read.text.replace("\r\n", " ").split())
        elsewhere = feed["path"].replace(open_practice.slug, oak.slug)
        assert (await phone.get(elsewhere)).status_code == 404
        assert (await phone.get(f"{PORTAL}/calendar/{'x' * 43}.ics?practice={open_practice.slug}")).status_code == 404
        renewed = await open_practice.ask(mira, "POST", f"{PORTAL}/calendar/feed", idempotency_key="one")
        assert renewed["path"] != feed["path"]
        assert (await phone.get(feed["path"])).status_code == 404
        assert (await phone.get(renewed["path"])).status_code == 200
        await open_practice.ask(mira, "DELETE", f"{PORTAL}/calendar/feed")
        assert (await phone.get(renewed["path"])).status_code == 404
    assert (await open_practice.send(mira, "DELETE", f"{PORTAL}/calendar/feed")).status_code == 404


async def test_calendar_feed_still_works_after_a_second_practice_opens(
    database: PortalDatabase, tmp_path: Path
) -> None:
    async with running(database, tmp_path) as portal:
        portal.portal.parts.directory().seconds = 0.0
        open_practice = await OpenPractice.open(portal)
        mira = await open_practice.client()
        async with portal.http_client(mira.token) as alone:
            made = await alone.post(f"{PORTAL}/calendar/feed")
        assert made.status_code == 201, made.text
        await OpenPractice.open(portal)
        async with portal.http_client() as phone:
            assert (await phone.get(made.json()["path"])).status_code == 200


async def test_foreign_records_are_not_found(open_practice: OpenPractice) -> None:
    mira, theo = await open_practice.client("Mira"), await open_practice.client("Theo")
    appointment = f"{APPOINTMENTS}/{(await booked(open_practice, mira, online=True))['id']}"
    hold = await open_practice.ask(
        mira, "POST", f"{APPOINTMENTS}/holds", open_practice.slot(TUESDAY + timedelta(hours=2))
    )
    span = {"starts_at": TUESDAY.isoformat(), "ends_at": (TUESDAY + timedelta(hours=3)).isoformat()}
    asked = {"appointment_type_id": str(open_practice.appointment_type_id), "preferred": [span]}
    request = await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/request", asked)
    waiting = {
        "appointment_type_id": str(open_practice.appointment_type_id),
        "earliest_date": "2026-03-09",
        "latest_date": "2026-03-13",
    }
    entry = await open_practice.ask(mira, "POST", f"{APPOINTMENTS}/waitlist", waiting)
    before = await everything(open_practice, mira)
    move = {"clinician_id": str(open_practice.clinician_id), "starts_at": (TUESDAY + timedelta(hours=4)).isoformat()}
    tries = [
        ("GET", appointment, None),
        ("GET", f"{appointment}/calendar.ics", None),
        ("GET", f"{appointment}/join", None),
        ("POST", f"{appointment}/join", {"client_location": "Here", "callback": "+15185550100"}),
        ("PATCH", f"{appointment}/cancel", {}),
        ("PATCH", f"{appointment}/reschedule", move),
        ("DELETE", f"{APPOINTMENTS}/holds/{hold['id']}", None),
        ("POST", APPOINTMENTS, {"hold_id": hold["id"]}),
        ("POST", f"{APPOINTMENTS}/requests/{request['id']}/withdraw", None),
        ("DELETE", f"{APPOINTMENTS}/waitlist/{entry['id']}", None),
        ("POST", f"{APPOINTMENTS}/waitlist/offers/{uuid4()}/accept", None),
        ("POST", f"{APPOINTMENTS}/waitlist/offers/{uuid4()}/decline", None),
    ]
    for method, path, body in tries:
        answer = await open_practice.send(theo, method, path, body)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path, answer.text)
    assert (await open_practice.send(theo, "GET", appointment, portal_client=str(mira.id))).status_code == 404
    assert (await open_practice.send(open_practice.admin, "GET", appointment)).status_code == 404
    schedule = f"{PRACTICE}/schedule?first_day=2026-03-10&last_day=2026-03-10"
    assert (await open_practice.send(mira, "GET", schedule)).status_code == 404
    assert await everything(open_practice, mira) == before
    assert (await open_practice.ask(theo, "GET", APPOINTMENTS))["items"] == []


async def everything(open_practice: OpenPractice, person: Person) -> list[object]:
    paths = (APPOINTMENTS, f"{APPOINTMENTS}/requests", f"{APPOINTMENTS}/waitlist")
    return [await open_practice.ask(person, "GET", path) for path in paths] + [
        open_practice.count("holds"),
        open_practice.count("calendar"),
    ]


async def test_repeated_idempotency_key_books_once(open_practice: OpenPractice) -> None:
    mira, theo = await open_practice.client("Mira"), await open_practice.client("Theo")
    body = {"slot": open_practice.slot(TUESDAY)}
    first = await open_practice.send(mira, "POST", APPOINTMENTS, body, idempotency_key="abc")
    again = await open_practice.send(mira, "POST", APPOINTMENTS, body, idempotency_key="abc")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert (open_practice.count("appointments"), open_practice.count("attendances")) == (1, 1)
    other = {"slot": open_practice.slot(TUESDAY + timedelta(hours=2))}
    reused = await open_practice.send(mira, "POST", APPOINTMENTS, other, idempotency_key="abc")
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert (await open_practice.send(theo, "POST", APPOINTMENTS, body, idempotency_key="abc")).json()[
        "code"
    ] == "slot_taken"
    assert open_practice.count("appointments") == 1


async def test_sixteen_concurrent_repetitions_book_once(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    body = {"slot": open_practice.slot(TUESDAY)}
    answers = await asyncio.gather(
        *(open_practice.send(mira, "POST", APPOINTMENTS, body, idempotency_key="abc") for _ in range(16))
    )
    assert {(one.status_code, one.content) for one in answers} == {(201, answers[0].content)}
    assert open_practice.count("appointments") == 1


async def test_one_of_sixty_four_concurrent_bookings_succeeds(open_practice: OpenPractice) -> None:
    clients = [await open_practice.client(f"Client{number}") for number in range(64)]
    body = {"slot": open_practice.slot(TUESDAY)}
    answers = await asyncio.gather(*(open_practice.send(one, "POST", APPOINTMENTS, body) for one in clients))
    outcomes = [one.json().get("code", one.status_code) for one in answers]
    assert (outcomes.count(201), outcomes.count("slot_taken")) == (1, 63)
    assert (
        open_practice.count("appointments"),
        open_practice.count("attendances"),
        open_practice.count("calendar"),
    ) == (1, 1, 1)


async def test_invalid_input_is_reported_by_field(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    naive = {**open_practice.slot(TUESDAY), "starts_at": "2026-03-10T14:00:00"}
    refused = [
        ("POST", APPOINTMENTS, {"slot": naive}, ["slot.starts_at"]),
        ("POST", APPOINTMENTS, {}, ["hold_id"]),
        ("POST", APPOINTMENTS, {"slot": open_practice.slot(TUESDAY), "hold_id": str(uuid4())}, ["hold_id"]),
        (
            "POST",
            f"{APPOINTMENTS}/holds",
            {"appointment_type_id": "x"},
            ["appointment_type_id", "clinician_id", "starts_at"],
        ),
        ("GET", f"{APPOINTMENTS}?since=2026-03-10T14:00:00", None, ["since"]),
        ("GET", f"{APPOINTMENTS}?size=101", None, ["size"]),
        ("GET", f"{APPOINTMENTS}?category=mine", None, ["category"]),
        ("GET", f"{APPOINTMENTS}/slots?first_day=2026-03-10&last_day=2026-03-10", None, ["appointment_type_id"]),
        (
            "GET",
            f"{APPOINTMENTS}/slots?appointment_type_id={open_practice.appointment_type_id}&first_day=2026-03-01&last_day=2026-06-01",
            None,
            ["last_day"],
        ),
    ]
    for method, path, body, fields in refused:
        answer = await open_practice.send(mira, method, path, body)
        assert answer.status_code == 422, (path, answer.text)
        assert sorted(one["path"] for one in answer.json()["errors"]) == sorted(fields), answer.text
    assert open_practice.count("calendar") == 0


async def test_late_cancellation_fee_is_the_one_configured(open_practice: OpenPractice) -> None:
    fee = {
        "late_cancel": "fee",
        "late_cancel_fee": {"amount": 5000},
        "cancel_notice_minutes": None,
        "cancel_notice_days": 1,
    }
    strict = await OpenPractice.open(open_practice.portal, **fee)
    mira = await strict.client()
    appointment = await booked(strict, mira, open_practice.portal.clock.now() + timedelta(hours=4))
    assert (appointment["can_cancel"], appointment["cancel_fee"]) == (True, {"amount": 5000, "currency": "USD"})
    gone = await strict.ask(mira, "PATCH", f"{APPOINTMENTS}/{appointment['id']}/cancel", {})
    assert (gone["cancelled_late"], gone["fee_due"]) == (True, {"amount": 5000, "currency": "USD"})
