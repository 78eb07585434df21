"""A safe email over HTTP: its code is read from the mail, and until then the client's mail goes where it went."""

from datetime import timedelta
from typing import Any

from portal_core.kernel.outbox import Notice
from tests.support.http.open_practice import PORTAL, PRACTICE, ElmStreet, Person

SETTINGS = f"{PORTAL}/profile/settings"
CONFIRM = f"{SETTINGS}/safe-email/confirm"
WRONG = "00000000"


def at(elm: ElmStreet, name: str) -> str:
    """An address that no other test's mail goes to."""
    return f"{name}@{elm.slug}.example"


async def write(elm: ElmStreet, person: Person, email: str) -> Any:
    version = (await elm.ask(person, "GET", SETTINGS))["version"]
    return await elm.ask(person, "PATCH", SETTINGS, {"version": version, "safe_email": email})


async def confirm(elm: ElmStreet, person: Person, code: str) -> tuple[int, str]:
    answer = await elm.send(person, "POST", CONFIRM, {"code": code})
    return answer.status_code, answer.json().get("code", "")


async def told_of_an_appointment(elm: ElmStreet, person: Person, email: str) -> bool:
    """Whether mail about the client's appointments goes to this address, and how the practice itself would write."""
    before = len(await elm.portal.mail(email))
    async with elm.portal.portal.parts.begin()(elm.portal.system(elm.practice_id)) as unit:
        await unit.outbox.notify(Notice("appointment_booked", "service", to_client=person.id))
        await unit.commit(None)
    await elm.portal.work_off()
    reached = len(await elm.portal.mail(email)) > before
    desk = await elm.ask(elm.admin, "GET", f"{PRACTICE}/clients/{person.id}/contact-wishes")
    assert (desk["email"] == email) is reached
    return reached


async def test_a_safe_email_is_in_force_when_its_code_came_back(elm: ElmStreet) -> None:
    mira, safe = await elm.client(), at(elm, "safe")
    asked = await write(elm, mira, safe)
    assert (asked["safe_email"], asked["pending_safe_email"]) == ("", safe)
    code = await elm.portal.mailed_code(safe)
    (mail,) = await elm.portal.mail(safe)
    assert mail.sender_name == "Secure portal"
    assert elm.slug.title() not in mail.subject + mail.body
    assert not await told_of_an_appointment(elm, mira, safe)
    proven = await elm.ask(mira, "POST", CONFIRM, {"code": code})
    assert (proven["safe_email"], proven["pending_safe_email"]) == (safe, None)
    assert proven == await elm.ask(mira, "GET", SETTINGS)
    assert await told_of_an_appointment(elm, mira, safe)
    account = (await elm.ask(mira, "GET", f"{PORTAL}/profile"))["email"]
    assert (await elm.portal.mail(account))[-1].subject == "Your settings were changed"
    assert len(await elm.portal.mail(safe)) == 2


async def test_a_code_is_for_one_account_one_address_and_once(elm: ElmStreet) -> None:
    mira, thief = await elm.client(), await elm.client("Theo")
    safe, other = at(elm, "safe"), at(elm, "other")
    await write(elm, mira, safe)
    first = await elm.portal.mailed_code(safe)
    await write(elm, thief, at(elm, "thief"))
    assert await confirm(elm, thief, first) == (422, "safe_email_refused")
    await write(elm, mira, other)
    assert await confirm(elm, mira, first) == (422, "safe_email_refused")
    second = await elm.portal.mailed_code(other)
    assert (await confirm(elm, mira, second))[0] == 200
    assert await confirm(elm, mira, second) == (422, "safe_email_refused")
    assert (await elm.ask(mira, "GET", SETTINGS))["safe_email"] == other
    assert (await elm.ask(thief, "GET", SETTINGS))["safe_email"] == ""


async def test_late_guessed_and_stale(elm: ElmStreet) -> None:
    mira, safe = await elm.client(), at(elm, "safe")
    await write(elm, mira, safe)
    code = await elm.portal.mailed_code(safe)
    stale = await elm.send(mira, "PATCH", SETTINGS, {"version": 0, "safe_email": at(elm, "other")})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    for _ in range(5):
        assert await confirm(elm, mira, WRONG) == (422, "safe_email_refused")
    assert await confirm(elm, mira, code) == (429, "rate_limited")
    elm.portal.clock.advance(timedelta(hours=1))
    mira = await elm.again(mira)
    assert await confirm(elm, mira, code) == (422, "safe_email_refused")
    assert (await elm.ask(mira, "GET", SETTINGS))["pending_safe_email"] is None


async def test_nobody_floods_a_stranger(elm: ElmStreet) -> None:
    mira, safe = await elm.client(), at(elm, "stranger")
    for _ in range(5):
        await write(elm, mira, safe)
    version = (await elm.ask(mira, "GET", SETTINGS))["version"]
    answer = await elm.send(mira, "PATCH", SETTINGS, {"version": version, "safe_email": safe})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    await elm.portal.work_off()
    assert len(await elm.portal.mail(safe)) == 1  # the others were no longer asked for


async def test_nobody_signed_in_confirms_nothing(elm: ElmStreet) -> None:
    answer = await elm.send(None, "POST", CONFIRM, {"code": WRONG})
    assert answer.status_code == 401
