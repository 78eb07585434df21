"""A clinician who sees own clients only: to them, a colleague's client does not exist, whatever they ask."""

from typing import Any

import pytest_asyncio
from attrs import frozen

from tests.support.http.open_practice import PRACTICE, OpenPractice, Person, refused

BORN = {"date_of_birth": "1985-12-10"}
TERMS = {"email": "pat@client.example", "relationship": "representative", "areas": ["profile"]}


@frozen
class TwoClinicians:
    """Rivera treats `mine`; their colleague treats `theirs`, whose proxy is invited and has a grant."""

    practice: OpenPractice
    rivera: Person
    mine: str
    theirs: str
    invitation: str
    grant: str


@pytest_asyncio.fixture
async def two(open_practice: OpenPractice) -> TwoClinicians:
    elm, admin = open_practice, open_practice.admin
    colleague = await elm.clinician("Dr. Grey")
    proxy = await elm.client("Pat")
    ids = []
    for name, clinician in (("Ada", elm.clinician_id), ("Bea", colleague)):
        email = f"{name.lower()}@lund.example"
        body = {"given_name": name, "family_name": "Lund", **BORN, "external_id": name, "email": email}
        one = await elm.ask(admin, "POST", f"{PRACTICE}/clients", body)
        await elm.ask(admin, "PUT", f"{PRACTICE}/clients/{one['id']}/care-team", {"clinician_ids": [str(clinician)]})
        ids.append(one["id"])
    here = f"{PRACTICE}/clients/{ids[1]}"
    invited = await elm.ask(admin, "POST", f"{here}/proxy-invitations", {**TERMS, "email": "new@client.example"})
    granted = await elm.ask(admin, "POST", f"{here}/grants", TERMS)
    assert proxy.id
    await elm.change_settings("accounts", clinicians_see="own_clients")
    rivera = await elm.staff("clinician", clinician_id=elm.clinician_id)
    return TwoClinicians(elm, rivera, *ids, invited["id"], granted["id"])


def attempts(two: TwoClinicians, client_id: str) -> list[tuple[str, str, Any]]:
    """All that a clinician may do with a client whom they name."""
    here, elm = f"{PRACTICE}/clients/{client_id}", two.practice
    slot = {
        "clinician_id": str(elm.clinician_id),
        "appointment_type_id": str(elm.appointment_type_id),
        "client_ids": [client_id],
        "outside_hours": True,
    }
    return [
        ("GET", here, None),
        ("PUT", here, {"given_name": "Bea", "family_name": "Mine", "status": "active", **BORN, "version": 2}),
        ("PUT", f"{here}/care-team", {"clinician_ids": [str(elm.clinician_id)], "version": 2}),
        ("GET", f"{here}/appointments", None),
        ("GET", f"{here}/contact-preferences", None),
        ("GET", f"{here}/grants", None),
        ("POST", f"{here}/grants", TERMS),
        ("DELETE", f"{here}/grants/{two.grant}", None),
        ("POST", f"{here}/invitations", {"email": "bea@client.example"}),
        ("POST", f"{here}/proxy-invitations", TERMS),
        ("POST", f"{PRACTICE}/invitations/{two.invitation}/withdraw", None),
        ("POST", f"{PRACTICE}/appointments", {**slot, "starts_at": "2026-03-10T14:00:00Z"}),
        (
            "POST",
            f"{PRACTICE}/appointments/series",
            {**slot, "first_start": "2026-03-11T10:00:00", "count": 2, "location_id": None},
        ),
    ]


async def test_colleagues_client_is_not_found_by_any_route(two: TwoClinicians) -> None:
    elm = two.practice
    before = [elm.count(table) for table in ("appointments", "invitations", "grants", "care_team")]
    for method, path, body in attempts(two, two.theirs):
        assert await refused(elm, two.rivera, method, path, body) == (404, "not_found"), f"{method} {path}"
    assert [elm.count(table) for table in ("appointments", "invitations", "grants", "care_team")] == before
    assert elm.count("audit_entries", "outcome = 'denied'") == len(attempts(two, two.theirs))


async def test_own_client_is_found(two: TwoClinicians) -> None:
    elm = two.practice
    for method, path, body in attempts(two, two.mine):
        if "/grants/" not in path and "withdraw" not in path:
            answer = await elm.send(two.rivera, method, path, body)
            assert answer.status_code not in (403, 404), f"{method} {path}: {answer.text}"


async def test_lists_and_search_leave_colleagues_clients_out(two: TwoClinicians) -> None:
    elm, rivera = two.practice, two.rivera
    for path in ("clients", "clients?external_id=Bea"):
        found = (await elm.ask(rivera, "GET", f"{PRACTICE}/{path}"))["items"]
        assert two.theirs not in [one["id"] for one in found]
    for text in ("lund", "bea", "1985-12-10", "bea@lund.example"):
        found = (await elm.ask(rivera, "POST", f"{PRACTICE}/clients/search", {"text": text}))["items"]
        assert two.theirs not in [one["id"] for one in found]
        everybodys = (await elm.ask(elm.admin, "POST", f"{PRACTICE}/clients/search", {"text": text}))["items"]
        assert two.theirs in [one["id"] for one in everybodys]
    for text in ("ada@lund.example", "ada"):
        found = (await elm.ask(rivera, "POST", f"{PRACTICE}/clients/search", {"text": text}))["items"]
        assert [one["id"] for one in found] == [two.mine]
    assert (await elm.ask(rivera, "GET", f"{PRACTICE}/invitations"))["items"] == []
    ids = {"client_ids": [two.theirs]}
    (done,) = (await elm.ask(rivera, "POST", f"{PRACTICE}/clients/invitations", ids))["items"]
    assert done["outcome"] == "not_found"
    invited = (await elm.ask(rivera, "POST", f"{PRACTICE}/clients/invitations", {}))["items"]
    assert two.theirs not in [one["client_id"] for one in invited]


async def test_whom_a_clinician_adds_is_theirs_and_an_appointment_makes_one_theirs(two: TwoClinicians) -> None:
    elm, rivera = two.practice, two.rivera
    added = await elm.ask(rivera, "POST", f"{PRACTICE}/clients", {"given_name": "Cy", "family_name": "Lund", **BORN})
    assert added["care_team"] == [str(elm.clinician_id)]
    assert (await elm.ask(rivera, "GET", f"{PRACTICE}/clients/{added['id']}"))["id"] == added["id"]
    (_, path, slot) = attempts(two, two.theirs)[-2]
    await elm.ask(elm.admin, "POST", path, slot)
    assert (await elm.ask(rivera, "GET", f"{PRACTICE}/clients/{two.theirs}"))["id"] == two.theirs


async def test_setting_ends_with_the_next_request(two: TwoClinicians) -> None:
    elm, rivera, path = two.practice, two.rivera, f"{PRACTICE}/clients/{two.theirs}"
    await elm.change_settings("accounts", clinicians_see="all_clients")
    assert (await elm.ask(rivera, "GET", path))["id"] == two.theirs
    await elm.change_settings("accounts", clinicians_see="own_clients")
    assert await refused(elm, rivera, "GET", path) == (404, "not_found")
    both = await elm.staff("clinician", "front_desk", clinician_id=elm.clinician_id)
    assert (await elm.ask(both, "GET", path))["id"] == two.theirs


async def test_kept_response_about_a_client_is_not_repeated_when_they_are_no_longer_theirs(two: TwoClinicians) -> None:
    here, elm = f"{PRACTICE}/clients/{two.mine}", two.practice
    invite = ("POST", f"{here}/invitations", {"email": "ada@client.example"})
    sent = await elm.ask(two.rivera, *invite, idempotency_key="k-1")
    assert (await elm.ask(two.rivera, *invite, idempotency_key="k-1")) == sent
    await elm.ask(elm.admin, "PUT", f"{here}/care-team", {"clinician_ids": []})
    answer = await elm.send(two.rivera, *invite, idempotency_key="k-1")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
