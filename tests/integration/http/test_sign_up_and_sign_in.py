"""Sign-up and sign-in of a client over HTTP, including attacks."""

from datetime import date, timedelta
from uuid import uuid4
from xml.etree import ElementTree

import pyotp

from portal_core.people.import_rows import ClientRow, ClinicianRow
from portal_core.people.use_cases.import_people import ImportPeople, ImportPeopleCommand
from tests.support.http.running_portal import RunningPortal

AUTH = "/api/v1/portal/auth"
OTHER = "/api/v1/practice/auth"
EMAIL = "mira@client.example"
PASSWORD = "violet harbour 7 trombone"


async def import_mira(portal: RunningPortal) -> None:
    practice = await portal.practice()
    command = ImportPeopleCommand(
        clinicians=[ClinicianRow(2, "c1", "Dr. Rivera", "PhD", room_link="https://rooms.example/rivera")],
        clients=[ClientRow(3, "k1", "Mira", "Okafor", "1990-05-17", email=EMAIL, clinicians="c1")],
    )
    report = await portal.portal.use_case(ImportPeople)(portal.system(practice), command)
    assert (report.added, report.rejected) == (2, 0)


async def register(portal: RunningPortal, email: str = EMAIL, date_of_birth: date = date(1990, 5, 17)) -> None:
    async with portal.http_client() as ask:
        body = {"email": email, "date_of_birth": date_of_birth.isoformat()}
        answer = await ask.post(f"{AUTH}/register", json=body)
        assert answer.status_code == 202, answer.text
        assert answer.json() == {"message": "If the request can be fulfilled, an email is on its way."}


async def verified(portal: RunningPortal) -> None:
    await import_mira(portal)
    await register(portal)
    code = await portal.mailed_code(EMAIL)
    async with portal.http_client() as ask:
        answer = await ask.post(f"{AUTH}/verify-email", json={"email": EMAIL, "code": code, "password": PASSWORD})
        assert answer.status_code == 204, answer.text


async def sign_in(portal: RunningPortal) -> dict[str, str]:
    async with portal.http_client() as ask:
        answer = await ask.post(f"{AUTH}/login", json={"email": EMAIL, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


async def test_client_registers_verifies_signs_in_and_reads_profile(portal: RunningPortal) -> None:
    await verified(portal)
    tokens = await sign_in(portal)
    async with portal.http_client(tokens["access_token"]) as ask:
        profile = (await ask.get("/api/v1/portal/profile")).json()
        assert (profile["given_name"], profile["email"]) == ("Mira", EMAIL)
        changed = await ask.patch(
            "/api/v1/portal/profile",
            json={"version": profile["version"], "pronouns": "she/her", "phone": "+15185550100"},
        )
        assert changed.json()["pronouns"] == "she/her"
        stale = await ask.patch("/api/v1/portal/profile", json={"version": profile["version"], "pronouns": None})
        assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")


async def test_registration_does_not_disclose_accounts(portal: RunningPortal) -> None:
    await import_mira(portal)
    await register(portal, "stranger@nowhere.example")
    await register(portal, EMAIL, date(1991, 5, 17))
    await portal.run_jobs()
    assert await portal.mail("stranger@nowhere.example") == []
    assert await portal.mail(EMAIL) == []


async def test_sign_in_needs_a_verified_email(portal: RunningPortal) -> None:
    await import_mira(portal)
    await register(portal)
    await portal.run_jobs()
    async with portal.http_client() as ask:
        wrong = await ask.post(f"{AUTH}/login", json={"email": EMAIL, "password": PASSWORD})
        unknown = await ask.post(f"{AUTH}/login", json={"email": "x@y.example", "password": PASSWORD})
        assert (wrong.status_code, unknown.status_code) == (401, 401)
        same = ("type", "title", "status", "code")
        assert [wrong.json()[name] for name in same] == [unknown.json()[name] for name in same]


async def test_code_works_once(portal: RunningPortal) -> None:
    await import_mira(portal)
    await register(portal)
    code = await portal.mailed_code(EMAIL)
    body = {"email": EMAIL, "code": code, "password": PASSWORD}
    async with portal.http_client() as ask:
        assert (await ask.post(f"{AUTH}/verify-email", json=body)).status_code == 204
        again = await ask.post(f"{AUTH}/verify-email", json=body)
        assert (again.status_code, again.json()["code"]) == (422, "code_refused")


async def test_reused_refresh_token_ends_the_family(portal: RunningPortal) -> None:
    await verified(portal)
    first = await sign_in(portal)
    async with portal.http_client() as ask:
        other = await ask.post(f"{OTHER}/refresh-token", json={"refresh_token": first["refresh_token"]})
        assert (other.status_code, other.json()["code"]) == (401, "refresh_refused")
        second = (await ask.post(f"{AUTH}/refresh-token", json={"refresh_token": first["refresh_token"]})).json()
        again = (await ask.post(f"{AUTH}/refresh-token", json={"refresh_token": first["refresh_token"]})).json()
        assert again["refresh_token"] == second["refresh_token"]
        portal.clock.advance(timedelta(seconds=11))
        thief = await ask.post(f"{AUTH}/refresh-token", json={"refresh_token": first["refresh_token"]})
        assert (thief.status_code, thief.json()["code"]) == (401, "refresh_refused")
    async with portal.http_client(second["access_token"]) as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 401


async def test_idle_session_ends_despite_polling(portal: RunningPortal) -> None:
    await verified(portal)
    token = (await sign_in(portal))["access_token"]
    async with portal.http_client(token) as ask:
        for _ in range(2):
            portal.clock.advance(timedelta(minutes=7))
            assert (await ask.get(f"{AUTH}/sessions/current")).status_code == 200
        portal.clock.advance(timedelta(minutes=2))
        assert (await ask.get(f"{AUTH}/sessions/current")).status_code == 401


async def test_second_factor_from_qr_code_to_recovery_code(portal: RunningPortal) -> None:
    await verified(portal)
    token = (await sign_in(portal))["access_token"]
    async with portal.http_client(token) as ask:
        begun = (await ask.post(f"{AUTH}/mfa/enroll", json={"password": PASSWORD})).json()
        picture = ElementTree.fromstring(begun["qr_svg"])
        assert picture.tag == "{http://www.w3.org/2000/svg}svg"
        totp = pyotp.TOTP(begun["enrollment"]["secret"])
        confirmed = await ask.post(f"{AUTH}/mfa/confirm", json={"code": totp.at(portal.clock.now())})
        assert confirmed.status_code == 201, confirmed.text
        recovery = confirmed.json()["codes"][0]
    asked = await sign_in(portal)
    assert "access_token" not in asked
    async with portal.http_client() as ask:
        portal.clock.advance(timedelta(seconds=60))
        answer = {"challenge": asked["challenge"], "code": totp.at(portal.clock.now())}
        other = await ask.post(f"{OTHER}/mfa", json=answer)
        assert (other.status_code, other.json()["code"]) == (401, "challenge_not_open")
        assert (await ask.post(f"{AUTH}/mfa", json=answer)).status_code == 200
        replayed = await ask.post(f"{AUTH}/mfa", json=answer)
        assert replayed.status_code == 401
        asked = await sign_in(portal)
        by_recovery = await ask.post(f"{AUTH}/mfa", json={"challenge": asked["challenge"], "code": recovery})
        assert by_recovery.status_code == 200, by_recovery.text
        asked = await sign_in(portal)
        spent = await ask.post(f"{AUTH}/mfa", json={"challenge": asked["challenge"], "code": recovery})
        assert spent.status_code == 401


async def test_cookie_sessions_need_the_csrf_token_and_bearer_tokens_do_not(portal: RunningPortal) -> None:
    await verified(portal)
    async with portal.http_client() as ask:
        body = {"email": EMAIL, "password": PASSWORD, "session": "cookie"}
        opened = await ask.post(f"{AUTH}/login", json=body)
        cookies = opened.headers.get_list("set-cookie")
        assert all("HttpOnly" in one and "SameSite=strict" in one for one in cookies), cookies
        assert "access_token" not in opened.json()
        jar = {one.split("=", 1)[0]: one.split("=", 1)[1].split(";")[0] for one in cookies}
        ask.cookies.update(jar)
        profile = (await ask.get("/api/v1/portal/profile")).json()
        change = {"version": profile["version"], "pronouns": "she/her"}
        forged = await ask.patch("/api/v1/portal/profile", json=change)
        assert forged.status_code == 403, forged.text
        headers = {"x-csrf-token": opened.json()["csrf_token"]}
        assert (await ask.patch("/api/v1/portal/profile", json=change, headers=headers)).status_code == 200
        refreshed = await ask.post(f"{AUTH}/refresh-token", json={}, headers=headers)
        assert refreshed.status_code == 200, refreshed.text
        current = (await ask.get(f"{AUTH}/sessions/current")).json()
        assert current["csrf_token"] == refreshed.json()["csrf_token"] != opened.json()["csrf_token"]
        left = await ask.post(f"{AUTH}/logout", headers={"x-csrf-token": current["csrf_token"]})
        assert left.headers["clear-site-data"] == '"cache"'
        ended = left.headers.get_list("set-cookie")
        assert {one.split("=", 1)[0] for one in ended} == jar.keys()
        assert all("Max-Age=0" in one for one in ended)
        assert (await ask.get(f"{AUTH}/sessions/current")).status_code == 401


async def test_browser_on_a_shared_computer_forgets_the_session_when_it_is_closed(portal: RunningPortal) -> None:
    await verified(portal)
    async with portal.http_client() as ask:
        body = {"email": EMAIL, "password": PASSWORD, "session": "cookie"}
        own = await ask.post(f"{AUTH}/login", json=body)
        shared = await ask.post(f"{AUTH}/login", json=body | {"shared_computer": True})
        refreshed = await ask.post(f"{AUTH}/refresh-token", json={})
        assert all("Max-Age=" in one for one in own.headers.get_list("set-cookie"))
        for answer in (shared, refreshed):
            assert answer.json()["session"]["kind"] == "shared_cookie"
            cookies = answer.headers.get_list("set-cookie")
            assert len(cookies) == 2
            assert not any("max-age" in one.lower() or "expires" in one.lower() for one in cookies)


async def test_start_never_refuses_and_tells_the_session(portal: RunningPortal) -> None:
    await verified(portal)
    start = "/api/v1/portal/start"
    async with portal.http_client() as ask:
        visitor = (await ask.get(start)).json()
        assert visitor["session"] is None
        assert (visitor["practice"]["name"], visitor["password_rules"]["min_length"]) == ("Elm", 12)
        assert {line["call"] for line in visitor["crisis_lines"]} == {"988", "911"}
        opened = (
            await ask.post(f"{AUTH}/login", json={"email": EMAIL, "password": PASSWORD, "session": "cookie"})
        ).json()
        found = (await ask.get(start)).json()["session"]
        assert (found["session"]["id"], found["csrf_token"]) == (opened["session"]["id"], opened["csrf_token"])
        assert (await ask.get("/api/v1/practice/start")).json()["session"] is None
        me = (await ask.get(f"{AUTH}/me")).json()
        assert (me["email"], me["kind"], me["roles"]) == (EMAIL, "client", [])
        await ask.post(f"{AUTH}/logout", headers={"x-csrf-token": found["csrf_token"]})
        assert (await ask.get(start)).json()["session"] is None
    for token in ("expired", "x" * 9000):
        async with portal.http_client() as ask:
            ask.headers["authorization"] = f"Bearer {token}"
            answer = await ask.get(start)
            assert (answer.status_code, answer.json()["session"]) == (200, None)


async def test_password_reset_ends_all_sessions(portal: RunningPortal) -> None:
    await verified(portal)
    token = (await sign_in(portal))["access_token"]
    async with portal.http_client() as ask:
        known = await ask.post(f"{AUTH}/forgot-password", json={"email": EMAIL})
        unknown = await ask.post(f"{AUTH}/forgot-password", json={"email": "x@y.example"})
        assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
        body = {"email": EMAIL, "code": await portal.mailed_code(EMAIL), "password": "amber lantern 9 orchestra"}
        assert (await ask.post(f"{AUTH}/reset-password", json=body)).status_code == 204
    async with portal.http_client(token) as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 401


async def test_calendar_feed_is_told_of_and_ends_with_a_password_reset(portal: RunningPortal) -> None:
    await verified(portal)
    async with portal.http_client((await sign_in(portal))["access_token"]) as ask:
        feed = (await ask.post("/api/v1/portal/calendar/feed")).json()["path"]
    await portal.run_jobs()
    assert "Your calendar was connected" in [mail.subject for mail in await portal.mail(EMAIL)]
    async with portal.http_client() as ask:
        assert (await ask.get(feed)).status_code == 200
        await ask.post(f"{AUTH}/forgot-password", json={"email": EMAIL})
        body = {"email": EMAIL, "code": await portal.mailed_code(EMAIL), "password": "copper meadow 5 saxophone"}
        assert (await ask.post(f"{AUTH}/reset-password", json=body)).status_code == 204
        await portal.run_jobs()
        assert (await ask.get(feed)).status_code == 404


async def test_session_of_another_account_is_not_found(portal: RunningPortal) -> None:
    await verified(portal)
    token = (await sign_in(portal))["access_token"]
    async with portal.http_client(token) as ask:
        assert (await ask.delete(f"{AUTH}/sessions/{uuid4()}")).status_code == 404
    async with portal.http_client(token, portal_client=str(uuid4())) as ask:
        assert (await ask.get("/api/v1/portal/profile")).status_code == 404
