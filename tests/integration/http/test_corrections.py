"""Corrections of appointments and waived fees over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York


async def test_wrong_no_show_is_put_right_and_a_fee_waived(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    desk = await open_practice.staff("front_desk")
    fee = {"amount": 6000, "currency": "USD"}
    await open_practice.change_settings("appointments", late_cancel="fee", late_cancel_fee=fee)
    body = {**open_practice.slot(TUESDAY), "client_ids": [str(mira.id)]}
    booked = await open_practice.ask(desk, "POST", f"{PRACTICE}/appointments", body)
    path, mine = f"{PRACTICE}/appointments/{booked['id']}", f"{PORTAL}/appointments/{booked['id']}"
    wrong = {"client_id": str(mira.id), "status": "attending", "reason": "Marked for the wrong client."}
    assert await refused(open_practice, desk, "POST", f"{path}/corrections", wrong) == (409, "appointment_not_started")

    open_practice.portal.clock.at = TUESDAY + timedelta(minutes=30)
    desk, mira = await open_practice.again(desk), await open_practice.again(mira)
    missed = await open_practice.ask(desk, "POST", f"{path}/no-show", {"client_id": str(mira.id)})
    assert (await open_practice.ask(mira, "GET", mine))["status"] == "no_show"
    stale = {**wrong, "version": booked["version"]}
    assert await refused(open_practice, desk, "POST", f"{path}/corrections", stale) == (409, "stale_version")
    right = {**wrong, "version": missed["version"]}
    corrected = await open_practice.ask(desk, "POST", f"{path}/corrections", right, idempotency_key="a")
    assert (corrected["status"], corrected["attendances"][0]["status"]) == ("completed", "attending")
    assert await open_practice.ask(desk, "POST", f"{path}/corrections", right, idempotency_key="a") == corrected
    shown = await open_practice.ask(mira, "GET", mine)
    assert (shown["status"], shown["fee_due"], "wrong client" in str(shown)) == ("completed", None, False)
    assert await refused(open_practice, desk, "POST", f"{path}/corrections", wrong) == (409, "nothing_to_correct")

    charged = {"status": "cancelled", "fee": "charge", "reason": "She called off at nine."}
    await open_practice.ask(desk, "POST", f"{path}/corrections", charged)
    assert (await open_practice.ask(mira, "GET", mine))["fee_due"] == fee
    waiver = {"client_id": str(mira.id), "reason": "An emergency."}
    waived = await open_practice.ask(desk, "POST", f"{path}/waive-fee", waiver)
    assert waived["attendances"][0]["fee_due"] is None
    assert (await open_practice.ask(mira, "GET", mine))["fee_due"] is None
    await open_practice.portal.run_jobs()
    told = [one.subject for one in await open_practice.portal.mail("mira@client.example")]
    assert told[-2:] == ["New charge", "A charge was removed"]
    assert await refused(open_practice, desk, "POST", f"{path}/waive-fee", waiver) == (409, "no_fee_due")
    listed = (await open_practice.ask(desk, "GET", f"{path}/corrections"))["items"]
    assert [(one["before"], one["after"], one["fee"], one["reason"]) for one in listed] == [
        ("cancelled", "cancelled", "waive", "An emergency."),
        ("attending", "cancelled", "charge", "She called off at nine."),
        ("no_show", "attending", "keep", "Marked for the wrong client."),
    ]
    assert open_practice.count("corrections", "reason IS NOT NULL AND position('emergency'::bytea in reason) = 0") == 3
    assert open_practice.count("calendar") == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "cancelled"},
        {"status": "cancelled", "reason": " "},
        {"status": "cancelled", "reason": "x" * 501},
        {"status": "cancelled", "reason": "a\0b"},
        {"status": "completed", "reason": "Wrong row"},
        {"status": "cancelled", "reason": "Wrong row", "fee": "double"},
        {"status": "cancelled", "reason": "Wrong row", "client_id": "nobody"},
    ],
)
async def test_invalid_corrections_are_refused(open_practice: OpenPractice, body: dict[str, str]) -> None:
    path = f"{PRACTICE}/appointments/{uuid4()}/corrections"
    answer = await open_practice.send(open_practice.admin, "POST", path, body)
    assert answer.status_code in (400, 422)


async def test_corrections_of_another_practice_are_not_found(open_practice: OpenPractice) -> None:
    oak = await OpenPractice.open(open_practice.portal)
    mira = await open_practice.client()
    booked = await open_practice.ask(mira, "POST", f"{PORTAL}/appointments", {"slot": open_practice.slot(TUESDAY)})
    path = f"{PRACTICE}/appointments/{booked['id']}"
    reason = {"reason": "Wrong row", "client_id": str(mira.id)}
    for method, end, body in (
        ("POST", "corrections", {**reason, "status": "cancelled"}),
        ("GET", "corrections", None),
        ("POST", "waive-fee", reason),
    ):
        assert await refused(oak, oak.admin, method, f"{path}/{end}", body) == (404, "not_found")
        assert (await open_practice.send(mira, method, f"{path}/{end}", body)).status_code == 404
