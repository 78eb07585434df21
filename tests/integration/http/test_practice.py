"""The practice API over HTTP: its people, settings and permissions."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York
PASSWORD = "violet harbour 7 trombone"
ADA = {"given_name": "Ada", "family_name": "Lovelace", "date_of_birth": "1985-12-10", "email": "ada@client.example"}


async def test_practice_clinician_and_client_keep_what_bills_and_emergencies_need(open_practice: OpenPractice) -> None:
    administrator, desk = await open_practice.staff("administrator"), await open_practice.staff("front_desk")
    practice = await open_practice.ask(administrator, "GET", PRACTICE)
    body = {name: practice[name] for name in ("name", "time_zone", "state", "version")}
    wrong = {**body, "npi": "1234567890"}
    assert (await refused(open_practice, administrator, "PUT", PRACTICE, wrong))[0] == 422
    body |= {"npi": "1234567893", "tax_id": "123456789"}
    practice = await open_practice.ask(administrator, "PUT", PRACTICE, body)
    assert (practice["npi"], practice["tax_id"]) == ("1234567893", "12-3456789")

    licenses = [{"state": "NY", "number": "012345"}, {"state": "NJ", "number": "44SC0"}]
    body = {"name": "Dr. Owen", "npi": "1234567893", "licenses": licenses}
    clinician = await open_practice.ask(administrator, "POST", f"{PRACTICE}/clinicians", body)
    assert (clinician["npi"], clinician["licenses"]) == ("1234567893", licenses)

    grace = {"name": "Grace", "phone": "518 555 0199", "relationship": "aunt"}
    body = {**ADA, "emergency_contact": grace, "coverage": "self_pay"}
    added = await open_practice.ask(desk, "POST", f"{PRACTICE}/clients", body)
    kept = {**grace, "phone": "+15185550199"}
    assert (added["profile"]["emergency_contact"], added["profile"]["coverage"]) == (kept, "self_pay")
    wrong = {**body, "coverage": "medicaid"}
    assert (await refused(open_practice, desk, "POST", f"{PRACTICE}/clients", wrong))[0] == 422

    mira = await open_practice.client()
    profile = await open_practice.ask(mira, "GET", f"{PORTAL}/profile")
    for change, contact in (
        ({"emergency_contact": grace}, kept),
        ({"language": "en"}, kept),
        ({"emergency_contact": None}, None),
    ):
        body = {**change, "version": profile["version"]}
        profile = await open_practice.ask(mira, "PATCH", f"{PORTAL}/profile", body)
        assert (profile["emergency_contact"], profile["coverage"]) == (contact, None)
    own = {"version": profile["version"], "coverage": "insured"}
    assert (await refused(open_practice, mira, "PATCH", f"{PORTAL}/profile", own))[0] == 422


async def test_client_is_added_invited_and_signs_in(open_practice: OpenPractice) -> None:
    desk = await open_practice.staff("front_desk")
    added = await open_practice.ask(
        desk, "POST", f"{PRACTICE}/clients", {**ADA, "external_id": "ehr-1"}, idempotency_key="a"
    )
    again = await open_practice.ask(
        desk, "POST", f"{PRACTICE}/clients", {**ADA, "external_id": "ehr-1"}, idempotency_key="a"
    )
    assert again == added
    assert open_practice.count("clients") == 1
    assert added["id"] == added["profile"]["client_id"]
    here = f"{PRACTICE}/clients/{added['id']}"
    (of_ehr,) = (await open_practice.ask(desk, "GET", f"{PRACTICE}/clients?external_id=ehr-1"))["items"]
    assert (of_ehr["id"], of_ehr["name"]) == (added["profile"]["client_id"], "Ada Lovelace")
    assert (await open_practice.ask(desk, "GET", f"{PRACTICE}/clients?external_id=ehr-2"))["items"] == []
    assert (await refused(open_practice, desk, "GET", f"{PRACTICE}/clients?external_id="))[0] == 422
    assert (await refused(open_practice, desk, "POST", f"{PRACTICE}/clients", {**ADA, "external_id": "ehr-1"})) == (
        409,
        "duplicate_external_id",
    )
    changed = await open_practice.ask(
        desk, "PUT", here, {**ADA, "status": "active", "pronouns": "she/her", "version": 1}
    )
    assert (changed["profile"]["pronouns"], changed["external_id"]) == ("she/her", None)
    assert await refused(open_practice, desk, "PUT", here, {**ADA, "status": "active", "version": 1}) == (
        409,
        "stale_version",
    )
    team = await open_practice.ask(
        desk, "PUT", f"{here}/care-team", {"clinician_ids": [str(open_practice.clinician_id)]}
    )
    assert team["care_team"] == [str(open_practice.clinician_id)]
    for text, names in (("ada lové", ["Ada Lovelace"]), ("12/10/1985", ["Ada Lovelace"]), ("lov ace", [])):
        found = await open_practice.ask(desk, "POST", f"{PRACTICE}/clients/search", {"text": text})
        assert [one["name"] for one in found["items"]] == names
    assert (await refused(open_practice, desk, "POST", f"{PRACTICE}/clients/search", {"text": "%"}))[0] == 422
    assert [one["name"] for one in (await open_practice.ask(desk, "GET", f"{PRACTICE}/clients"))["items"]] == [
        "Ada Lovelace"
    ]

    invitation = await open_practice.ask(desk, "POST", f"{here}/invitations")
    assert (invitation["kind"], invitation["state"]) == ("client", "open")
    code = await open_practice.portal.mailed_code(ADA["email"])
    accept = {"email": ADA["email"], "code": code, "password": PASSWORD, "date_of_birth": ADA["date_of_birth"]}
    await open_practice.ask(None, "POST", f"{PORTAL}/auth/invitation", accept)
    session = await open_practice.ask(
        None, "POST", f"{PORTAL}/auth/login", {"email": ADA["email"], "password": PASSWORD}
    )
    ada = Person(uuid4(), uuid4(), session["access_token"])
    assert (await open_practice.ask(ada, "GET", f"{PORTAL}/profile"))["pronouns"] == "she/her"
    moved = {**ADA, "status": "active", "email": "lovelace@client.example", "version": team["profile"]["version"]}
    put = await open_practice.ask(desk, "PUT", here, moved)
    assert put == await open_practice.ask(desk, "GET", here)
    assert put["care_team"] == [str(open_practice.clinician_id)]
    for shown in (put["profile"], await open_practice.ask(ada, "GET", f"{PORTAL}/profile")):
        assert (shown["email"], shown["sign_in_email"]) == ("lovelace@client.example", ADA["email"])
    assert (await open_practice.ask(ada, "GET", f"{PORTAL}/appointments/options"))["clinicians"][0][
        "name"
    ] == "Dr. Rivera"
    assert await refused(open_practice, desk, "POST", f"{here}/invitations") == (409, "already_registered")
    listed = (await open_practice.ask(desk, "GET", f"{PRACTICE}/invitations"))["items"]
    assert [(one["id"], one["state"]) for one in listed] == [(invitation["id"], "accepted")]
    withdraw = f"{PRACTICE}/invitations/{invitation['id']}/withdraw"
    assert await refused(open_practice, desk, "POST", withdraw) == (409, "invitation_not_open")


async def test_parent_acts_within_the_grant_until_it_is_revoked(
    open_practice: OpenPractice,
) -> None:
    child = await open_practice.client("Sam", date_of_birth="2012-01-05")
    here = f"{PRACTICE}/clients/{child.id}"
    rivera = await open_practice.staff("clinician", clinician_id=open_practice.clinician_id)
    terms: dict[str, Any] = {
        "email": "ruth@parent.example",
        "relationship": "parent",
        "areas": ["appointments"],
        "until": "2026-12-31",
    }
    desk = await open_practice.staff("front_desk")
    assert await refused(open_practice, desk, "POST", f"{here}/proxy-invitations", terms) == (403, "forbidden")
    terms["authorized_by_minor"] = True
    await open_practice.ask(rivera, "POST", f"{here}/proxy-invitations", terms)
    code = await open_practice.portal.mailed_code("ruth@parent.example")
    accept = {"email": terms["email"], "code": code, "password": PASSWORD}
    await open_practice.ask(None, "POST", f"{PORTAL}/auth/invitation", accept)
    session = await open_practice.ask(
        None, "POST", f"{PORTAL}/auth/login", {"email": terms["email"], "password": PASSWORD}
    )
    ruth = Person(uuid4(), uuid4(), session["access_token"])
    [record] = (await open_practice.ask(ruth, "GET", f"{PORTAL}/auth/records"))["items"]
    assert (record["client_id"], record["areas"], record["may_write"]) == (str(child.id), ["appointments"], False)

    booked = await open_practice.ask(child, "POST", f"{PORTAL}/appointments", {"slot": open_practice.slot(TUESDAY)})
    about = {"portal_client": str(child.id)}
    seen = (await open_practice.ask(ruth, "GET", f"{PORTAL}/appointments", **about))["items"]
    assert [one["id"] for one in seen] == [booked["id"]]
    cancel = await open_practice.send(ruth, "PATCH", f"{PORTAL}/appointments/{booked['id']}/cancel", {}, **about)
    assert (cancel.status_code, cancel.json()["code"]) == (403, "forbidden")
    assert (await open_practice.send(ruth, "GET", f"{PORTAL}/profile", **about)).status_code == 404
    assert (await open_practice.send(ruth, "POST", f"{PORTAL}/calendar/feed", **about)).status_code in (403, 404)

    [grant] = (await open_practice.ask(rivera, "GET", f"{here}/grants"))["items"]
    assert (grant["relationship"], grant["in_force"], grant["until"]) == ("parent", True, "2026-12-31")
    other = await open_practice.client("Theo")
    other_clients_path = f"{PRACTICE}/clients/{other.id}/grants/{grant['id']}"
    assert await refused(open_practice, rivera, "DELETE", other_clients_path) == (404, "not_found")
    revoked = await open_practice.ask(rivera, "DELETE", f"{here}/grants/{grant['id']}")
    assert revoked["in_force"] is False
    assert (await open_practice.send(ruth, "GET", f"{PORTAL}/appointments", **about)).status_code == 404
    assert await refused(open_practice, rivera, "DELETE", f"{here}/grants/{grant['id']}") == (409, "grant_not_active")
    del terms["authorized_by_minor"]
    adult = {**terms, "relationship": "representative", "may_write": True, "until": None}
    given = await open_practice.ask(rivera, "POST", f"{PRACTICE}/clients/{other.id}/grants", adult)
    assert (given["areas"], given["may_write"]) == (["appointments"], True)


async def test_couple_with_one_email_and_their_child_are_invited(open_practice: OpenPractice) -> None:
    desk = await open_practice.staff("front_desk")

    async def added(given: str, **more: str) -> str:
        client = await open_practice.ask(desk, "POST", f"{PRACTICE}/clients", {**ADA, "given_name": given, **more})
        return f"{PRACTICE}/clients/{client['id']}/invitations"

    ada, ben = await added("Ada"), await added("Ben")
    await open_practice.ask(desk, "POST", ada)
    assert await refused(open_practice, desk, "POST", ben) == (409, "email_invited")
    by_another = await open_practice.ask(desk, "POST", ben, {"email": "ben@client.example"})
    assert by_another["email"] == "ben@client.example"
    await open_practice.portal.run_jobs()
    (mail,) = await open_practice.portal.mail("ben@client.example")
    assert f"This is invitation {by_another['label']}:" in mail.body
    accept = {"email": ADA["email"], "password": PASSWORD, "date_of_birth": ADA["date_of_birth"]}
    accept["code"] = await open_practice.portal.mailed_code(ADA["email"])
    await open_practice.ask(None, "POST", f"{PORTAL}/auth/invitation", accept)
    assert await refused(open_practice, desk, "POST", ben, {}) == (409, "email_in_use")
    assert (await refused(open_practice, desk, "POST", ben, {"email": "ben"}))[0] == 422
    child = await added("Cleo", date_of_birth="2018-12-10")
    assert await refused(open_practice, desk, "POST", child) == (409, "account_not_allowed")
    assert await refused(open_practice, desk, "POST", child, {"email": "x@client.example"}) == (
        409,
        "account_not_allowed",
    )


async def test_staff_are_added_invited_changed_and_deactivated(open_practice: OpenPractice) -> None:
    body = {"name": "Noor Haddad", "email": "noor@elm.example", "roles": ["front_desk"]}
    added = await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/staff", body)
    assert await refused(open_practice, open_practice.admin, "POST", f"{PRACTICE}/staff", body) == (
        409,
        "duplicate_staff",
    )
    await open_practice.ask(open_practice.admin, "POST", f"{PRACTICE}/staff/{added['id']}/invitations")
    accept = {
        "email": "noor@elm.example",
        "code": await open_practice.portal.mailed_code("noor@elm.example"),
        "password": PASSWORD,
    }
    await open_practice.ask(None, "POST", f"{PRACTICE}/auth/invitation", accept)
    login = {"email": body["email"], "password": PASSWORD}
    opened = await open_practice.ask(None, "POST", f"{PRACTICE}/auth/login", login)
    assert opened["must_enroll"] is True
    noor = Person(uuid4(), uuid4(), opened["access_token"])
    assert (await open_practice.send(noor, "GET", f"{PRACTICE}/clients")).status_code in (401, 403)
    [me] = [
        one
        for one in (await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/staff"))["items"]
        if "administrator" in one["roles"]
    ]
    alone = {**{name: me[name] for name in ("name", "roles", "clinician_id", "version")}, "active": False}
    mine = f"{PRACTICE}/staff/{me['id']}"
    assert await refused(open_practice, open_practice.admin, "PUT", mine, alone) == (409, "last_administrator")
    change = {"name": "Noor Haddad", "roles": ["biller"], "clinician_id": None, "active": False, "version": 1}
    changed = await open_practice.ask(open_practice.admin, "PUT", f"{PRACTICE}/staff/{added['id']}", change)
    assert (changed["roles"], changed["active"]) == (["biller"], False)
    assert (await open_practice.send(noor, "GET", f"{PRACTICE}/auth/sessions")).status_code == 401
    assert await refused(open_practice, None, "POST", f"{PRACTICE}/auth/login", login) == (401, "sign_in_refused")
    renew = {"refresh_token": opened["refresh_token"]}
    for active in (False, True):
        assert await refused(open_practice, None, "POST", f"{PRACTICE}/auth/refresh-token", renew) == (
            401,
            "refresh_refused",
        )
        if not active:
            await open_practice.ask(
                open_practice.admin, "PUT", f"{PRACTICE}/staff/{added['id']}", {**change, "active": True, "version": 2}
            )
    assert (await open_practice.send(noor, "GET", f"{PRACTICE}/auth/sessions")).status_code == 401
    assert await open_practice.ask(None, "POST", f"{PRACTICE}/auth/login", login)
    names = [one["name"] for one in (await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/staff"))["items"]]
    assert names == ["Noor Haddad", "Sam Wu"]


async def test_only_administrator_resets_second_factor(open_practice: OpenPractice) -> None:
    mira, desk = await open_practice.client(), await open_practice.staff("front_desk")
    colleague, oak = await open_practice.staff("administrator"), await OpenPractice.open(open_practice.portal)
    path, body = f"{PRACTICE}/clients/{mira.id}/second-factor/reset", {"identity_check": "called_back"}
    assert await refused(open_practice, desk, "POST", path, body) == (403, "forbidden")
    assert await refused(open_practice, mira, "POST", path, body) == (404, "not_found")
    assert await refused(oak, oak.admin, "POST", path, body) == (404, "not_found")
    assert await refused(open_practice, open_practice.admin, "POST", path, {"identity_check": "she sounded sad"}) == (
        422,
        "invalid",
    )
    own = f"{PRACTICE}/staff/{open_practice.admin.id}/second-factor/reset"
    assert await refused(open_practice, open_practice.admin, "POST", own, body) == (403, "forbidden")
    assert (await open_practice.send(mira, "GET", f"{PORTAL}/profile")).status_code == 200
    for _ in range(2):  # the same request again, as a button pressed twice
        answer = await open_practice.send(open_practice.admin, "POST", path, body, idempotency_key="a")
        assert (answer.status_code, answer.content) == (204, b"")
    assert (await open_practice.send(mira, "GET", f"{PORTAL}/profile")).status_code == 401
    assert open_practice.count("audit_entries", "action = 'second_factor.reset'") == 1
    theirs = f"{PRACTICE}/staff/{colleague.id}/second-factor/reset"
    await open_practice.ask(open_practice.admin, "POST", theirs, {"identity_check": "in_person"})
    assert (await open_practice.send(colleague, "GET", PRACTICE)).status_code == 401


SETTINGS = ("accounts", "oidc", "appointments", "branding")


async def test_only_administrators_run_the_practice(open_practice: OpenPractice) -> None:
    people = [await open_practice.staff(role) for role in ("front_desk", "biller", "auditor", "clinician")]
    version = (await open_practice.ask(open_practice.admin, "GET", PRACTICE))["version"]
    attempts: list[tuple[str, str, Any]] = [
        ("GET", PRACTICE, None),
        ("PUT", PRACTICE, {"name": "Mine", "time_zone": "America/New_York", "version": version}),
        ("POST", f"{PRACTICE}/imports", {}),
        ("GET", f"{PRACTICE}/staff", None),
        ("POST", f"{PRACTICE}/staff", {"name": "X", "email": "x@x.example", "roles": ["administrator"]}),
        ("POST", f"{PRACTICE}/clinicians", {"name": "Dr. X"}),
        ("POST", f"{PRACTICE}/options/appointment-types", {"name": "X", "duration_minutes": 10}),
        ("POST", f"{PRACTICE}/options/locations", {"name": "X", "time_zone": "America/New_York"}),
        *[
            (method, f"{PRACTICE}/settings/{one}", body)
            for one in SETTINGS
            for method, body in (
                ("GET", None),
                ("PUT", await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/settings/{one}")),
            )
        ],
    ]
    for person in people:
        for method, path, body in attempts:
            assert await refused(open_practice, person, method, path, body) == (403, "forbidden"), path
    mira = await open_practice.client()
    for method, path, body in attempts:
        assert await refused(open_practice, mira, method, path, body) == (404, "not_found"), path
    assert await refused(open_practice, people[2], "GET", f"{PRACTICE}/clients") == (403, "forbidden")
    day = f"{PRACTICE}/schedule?first_day=2026-03-10&last_day=2026-03-10"
    assert await refused(open_practice, people[2], "GET", day) == (403, "forbidden")
    assert await refused(open_practice, people[3], "GET", day) == (404, "not_found")


async def test_records_of_another_practice_are_not_found(open_practice: OpenPractice) -> None:
    oak = await OpenPractice.open(open_practice.portal)
    mira = await open_practice.client()
    booked = await open_practice.ask(mira, "POST", f"{PORTAL}/appointments", {"slot": open_practice.slot(TUESDAY)})
    details = {**ADA, "status": "active", "version": 1}
    attempts: list[tuple[str, str, Any]] = [
        ("GET", f"/clients/{mira.id}", None),
        ("PUT", f"/clients/{mira.id}", details),
        ("PUT", f"/clients/{mira.id}/care-team", {"clinician_ids": []}),
        ("POST", f"/clients/{mira.id}/invitations", None),
        ("GET", f"/clients/{mira.id}/grants", None),
        (
            "PUT",
            f"/clinicians/{open_practice.clinician_id}",
            {"name": "Mine", "licenses": [], "active": True, "version": 1},
        ),
        ("GET", f"/clinicians/{open_practice.clinician_id}/availability", None),
        ("PUT", f"/clinicians/{open_practice.clinician_id}/availability", {"openings": []}),
        (
            "PUT",
            f"/options/appointment-types/{open_practice.appointment_type_id}",
            {
                "name": "Mine",
                "duration_minutes": 10,
                "buffer_before_minutes": 0,
                "buffer_after_minutes": 0,
                "min_notice_minutes": 0,
                "max_advance_days": 90,
                "seats": 1,
                "self_bookable": True,
                "active": True,
            },
        ),
        (
            "PUT",
            f"/options/locations/{open_practice.location_id}",
            {"name": "Mine", "time_zone": "America/New_York", "active": True},
        ),
        ("PATCH", f"/appointments/{booked['id']}/cancel", {}),
        ("POST", f"/appointments/{booked['id']}/complete", {}),
        ("GET", f"/appointments/{booked['id']}/check-ins", None),
    ]
    for method, path, body in attempts:
        assert await refused(oak, oak.admin, method, f"{PRACTICE}{path}", body) == (404, "not_found"), path
    assert await refused(oak, open_practice.admin, "GET", PRACTICE) == (401, "unauthenticated")
    assert (await open_practice.ask(mira, "GET", f"{PORTAL}/appointments"))["items"] == [booked]


async def test_visitor_reads_the_phone_and_address_that_the_administrator_sets(open_practice: OpenPractice) -> None:
    before = await open_practice.ask(None, "GET", f"{PORTAL}/practice")
    assert (before["phone"], before["address"]) == (None, None)
    practice = await open_practice.ask(open_practice.admin, "GET", PRACTICE)
    change = {name: practice[name] for name in ("name", "time_zone", "version")}
    assert (await refused(open_practice, open_practice.admin, "PUT", PRACTICE, {**change, "phone": "555 0100"}))[
        0
    ] == 422
    contact = {"phone": "(518) 555-0100", "address": "12 Elm Street\nAlbany, NY 12207"}
    changed = await open_practice.ask(open_practice.admin, "PUT", PRACTICE, {**change, **contact})
    shown = {**contact, "phone": "+15185550100"}
    assert {name: changed[name] for name in shown} == shown
    seen = await open_practice.ask(None, "GET", f"{PORTAL}/practice")
    assert seen == {"name": practice["name"], "time_zone": practice["time_zone"], **shown}
