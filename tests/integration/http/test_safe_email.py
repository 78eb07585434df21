"""A safe email over HTTP: it takes effect when its code is confirmed; until then mail goes to the previous address."""

from datetime import timedelta
from typing import Any

from portal_core.kernel.notices import Notice
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person

SETTINGS = f"{PORTAL}/profile/settings"
CONFIRM = f"{SETTINGS}/safe-email/confirm"
WRONG = "00000000"


def at(open_practice: OpenPractice, name: str) -> str:
    """An address that no other test's mail is sent to."""
    return f"{name}@{open_practice.slug}.example"


async def write(open_practice: OpenPractice, person: Person, email: str) -> Any:
    version = (await open_practice.ask(person, "GET", SETTINGS))["version"]
    return await open_practice.ask(person, "PATCH", SETTINGS, {"version": version, "safe_email": email})


async def confirm(open_practice: OpenPractice, person: Person, code: str) -> tuple[int, str]:
    answer = await open_practice.send(person, "POST", CONFIRM, {"code": code})
    return answer.status_code, answer.json().get("code", "")


async def told_of_an_appointment(open_practice: OpenPractice, person: Person, email: str) -> bool:
    """Whether mail about the client's appointments goes to this address, and whether the practice's record shows it."""
    before = len(await open_practice.portal.mail(email))
    async with open_practice.portal.portal.parts.begin()(
        open_practice.portal.system(open_practice.practice_id)
    ) as unit:
        await unit.outbox.notify(Notice("appointment_booked", "service", to_client=person.id))
        await unit.commit(None)
    await open_practice.portal.run_jobs()
    reached = len(await open_practice.portal.mail(email)) > before
    desk = await open_practice.ask(open_practice.admin, "GET", f"{PRACTICE}/clients/{person.id}/contact-preferences")
    assert (desk["email"] == email) is reached
    return reached


async def test_safe_email_takes_effect_when_its_code_is_confirmed(open_practice: OpenPractice) -> None:
    mira, safe = await open_practice.client(), at(open_practice, "safe")
    asked = await write(open_practice, mira, safe)
    assert (asked["safe_email"], asked["pending_safe_email"]) == (None, safe)
    code = await open_practice.portal.mailed_code(safe)
    (mail,) = await open_practice.portal.mail(safe)
    assert mail.sender_name == "Secure portal"
    assert open_practice.slug.title() not in mail.subject + mail.body
    assert not await told_of_an_appointment(open_practice, mira, safe)
    proven = await open_practice.ask(mira, "POST", CONFIRM, {"code": code})
    assert (proven["safe_email"], proven["pending_safe_email"]) == (safe, None)
    assert proven == await open_practice.ask(mira, "GET", SETTINGS)
    assert await told_of_an_appointment(open_practice, mira, safe)
    account = (await open_practice.ask(mira, "GET", f"{PORTAL}/profile"))["email"]
    assert (await open_practice.portal.mail(account))[-1].subject == "Your settings were changed"
    assert len(await open_practice.portal.mail(safe)) == 2


async def test_code_works_once_for_one_account_and_address(open_practice: OpenPractice) -> None:
    mira, thief = await open_practice.client(), await open_practice.client("Theo")
    safe, other = at(open_practice, "safe"), at(open_practice, "other")
    await write(open_practice, mira, safe)
    first = await open_practice.portal.mailed_code(safe)
    await write(open_practice, thief, at(open_practice, "thief"))
    assert await confirm(open_practice, thief, first) == (422, "safe_email_code_invalid")
    await write(open_practice, mira, other)
    assert await confirm(open_practice, mira, first) == (422, "safe_email_code_invalid")
    second = await open_practice.portal.mailed_code(other)
    assert (await confirm(open_practice, mira, second))[0] == 200
    assert await confirm(open_practice, mira, second) == (422, "safe_email_code_invalid")
    assert (await open_practice.ask(mira, "GET", SETTINGS))["safe_email"] == other
    assert (await open_practice.ask(thief, "GET", SETTINGS))["safe_email"] is None


async def test_expired_wrong_and_stale_codes_are_refused(open_practice: OpenPractice) -> None:
    mira, safe = await open_practice.client(), at(open_practice, "safe")
    await write(open_practice, mira, safe)
    code = await open_practice.portal.mailed_code(safe)
    stale = await open_practice.send(mira, "PATCH", SETTINGS, {"version": 0, "safe_email": at(open_practice, "other")})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    for _ in range(5):
        assert await confirm(open_practice, mira, WRONG) == (422, "safe_email_code_invalid")
    assert await confirm(open_practice, mira, code) == (429, "rate_limited")
    open_practice.portal.clock.advance(timedelta(hours=1))
    mira = await open_practice.again(mira)
    assert await confirm(open_practice, mira, code) == (422, "safe_email_code_invalid")
    assert (await open_practice.ask(mira, "GET", SETTINGS))["pending_safe_email"] is None


async def test_mail_to_an_unconfirmed_address_is_limited(open_practice: OpenPractice) -> None:
    mira, safe = await open_practice.client(), at(open_practice, "stranger")
    for _ in range(5):
        await write(open_practice, mira, safe)
    version = (await open_practice.ask(mira, "GET", SETTINGS))["version"]
    answer = await open_practice.send(mira, "PATCH", SETTINGS, {"version": version, "safe_email": safe})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    await open_practice.portal.run_jobs()
    assert len(await open_practice.portal.mail(safe)) == 1  # requests over the limit send no mail


async def test_code_cannot_be_confirmed_without_signing_in(open_practice: OpenPractice) -> None:
    answer = await open_practice.send(None, "POST", CONFIRM, {"code": WRONG})
    assert answer.status_code == 401
