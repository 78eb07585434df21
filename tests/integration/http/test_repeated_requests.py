"""Requests repeated under an Idempotency-Key, after who sends them lost the right to."""

from datetime import UTC, datetime
from uuid import uuid4

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York
ADA = {"given_name": "Ada", "family_name": "Lovelace", "date_of_birth": "1985-12-10", "email": "ada@client.example"}
KEY = {"idempotency_key": "k1"}


async def _set_roles(open_practice: OpenPractice, person: Person, *roles: str) -> None:
    staff = await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/staff")
    version = next(one["version"] for one in staff["items"] if one["id"] == str(person.id))
    body = {"name": "Sam Wu", "roles": roles, "clinician_id": None, "active": True, "version": version}
    await open_practice.ask(open_practice.admin, "PUT", f"{PRACTICE}/staff/{person.id}", body)


async def test_staff_member_who_lost_the_role_does_not_get_the_kept_response(open_practice: OpenPractice) -> None:
    desk, path = await open_practice.staff("front_desk"), f"{PRACTICE}/clients"
    added = await open_practice.ask(desk, "POST", path, ADA, **KEY)
    await _set_roles(open_practice, desk, "auditor")
    denied = open_practice.count("audit_entries", "action = 'access.denied'")
    answer = await open_practice.send(desk, "POST", path, ADA, **KEY)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "Lovelace" not in answer.text
    assert open_practice.count("audit_entries", "action = 'access.denied'") == denied + 1
    await _set_roles(open_practice, desk, "front_desk", "biller")
    again = await open_practice.send(desk, "POST", path, ADA, **KEY)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (201, "true", added)
    assert open_practice.count("clients") == 1


async def test_staff_member_with_a_role_less_that_still_may_gets_the_kept_response(
    open_practice: OpenPractice,
) -> None:
    desk, path = await open_practice.staff("front_desk", "biller"), f"{PRACTICE}/clients"
    added = await open_practice.ask(desk, "POST", path, ADA, **KEY)
    await _set_roles(open_practice, desk, "front_desk")
    again = await open_practice.send(desk, "POST", path, ADA, **KEY)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (201, "true", added)
    assert open_practice.count("clients") == 1


async def test_signed_out_session_does_not_get_the_kept_response(open_practice: OpenPractice) -> None:
    mira = await open_practice.client()
    body = {"slot": open_practice.slot(TUESDAY)}
    await open_practice.ask(mira, "POST", f"{PORTAL}/appointments", body, **KEY)
    await open_practice.ask(mira, "POST", f"{PORTAL}/auth/logout")
    answer = await open_practice.send(mira, "POST", f"{PORTAL}/appointments", body, **KEY)
    assert answer.status_code == 401


async def test_proxy_does_not_get_the_kept_response_once_the_grant_ends(open_practice: OpenPractice) -> None:
    mira, owner = await open_practice.client(), open_practice.portal.database.owner
    parent = await open_practice._signed_in(uuid4(), "proxy", "parent@client.example")
    owner.execute(
        "INSERT INTO portal.grants (practice_id, client_id, id, account_id, relationship, areas, may_write, starts_on,"
        " authorized_by_minor, granted_by, granted_at)"
        " VALUES (%s, %s, %s, %s, 'parent', '{appointments}', true, '2026-01-01', false, %s, '2026-01-01')",
        (open_practice.practice_id, mira.id, grant := uuid4(), parent.account_id, uuid4()),
    )
    body, record = {"slot": open_practice.slot(TUESDAY)}, {"portal_client": str(mira.id)}
    booked = await open_practice.ask(parent, "POST", f"{PORTAL}/appointments", body, **KEY, **record)
    for change, refusal in (
        ("may_write = false", (403, "forbidden")),
        ("areas = '{messages}'", (404, "not_found")),
        ("revoked_at = granted_at", (404, "not_found")),
    ):
        owner.execute(f"UPDATE portal.grants SET {change} WHERE id = %s".encode(), (grant,))
        answer = await open_practice.send(parent, "POST", f"{PORTAL}/appointments", body, **KEY, **record)
        assert (answer.status_code, answer.json()["code"]) == refusal
        assert booked["id"] not in answer.text
    assert open_practice.count("appointments") == 1


async def test_clinician_who_lost_the_client_does_not_get_the_kept_response(open_practice: OpenPractice) -> None:
    """One who sees own clients only, and added the client: the answer names them."""
    rivera = await open_practice.staff("clinician", clinician_id=open_practice.clinician_id)
    await open_practice.change_settings("accounts", clinicians_see="own_clients")
    path = f"{PRACTICE}/clients"
    added = await open_practice.ask(rivera, "POST", path, ADA, **KEY)
    again = await open_practice.send(rivera, "POST", path, ADA, **KEY)
    assert (again.status_code, again.headers["idempotency-replayed"], again.json()) == (201, "true", added)
    await open_practice.ask(open_practice.admin, "PUT", f"{path}/{added['id']}/care-team", {"clinician_ids": []})
    answer = await open_practice.send(rivera, "POST", path, ADA, **KEY)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "Lovelace" not in answer.text
    assert open_practice.count("clients") == 1
