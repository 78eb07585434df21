"""Two administrators erase a record over HTTP, and nothing that was known of the person is left in any column."""

from datetime import timedelta
from typing import Any

import pyotp
from attrs import frozen

from portal_core.accounts.identity_provider import Credential
from tests.support.http.open_practice import PORTAL, PRACTICE, OpenPractice, Person, refused

PASSWORD = "correct horse battery staple"
ADA = {
    "given_name": "Adaxia",
    "family_name": "Lovelacer",
    "chosen_name": "Addix",
    "pronouns": "she/theyx",
    "date_of_birth": "1985-12-10",
    "email": "adaxia@client.example",
    "phone": "+15185550147",
    "external_id": "EHR-77120",
    "address": "12 Elmwood Street",
}
KNOWN = ("adaxia", "lovelacer", "addix", "she/theyx", "1985-12-10", "5185550147", "ehr-77120", "elmwood")


@frozen
class Administrator:
    """An administrator who has a password and an authenticator app."""

    person: Person
    totp: pyotp.TOTP
    practice: OpenPractice

    @classmethod
    async def of(cls, practice: OpenPractice) -> "Administrator":
        person = await practice.staff("administrator")
        practice.portal.database.owner.execute(
            "UPDATE portal.accounts SET second_factor = 'none' WHERE id = %s", (person.account_id,)
        )
        parts = practice.portal.portal.parts
        async with parts.begin()(practice.portal.system(practice.practice_id)) as unit:
            account = await unit.accounts.get(person.account_id)
        await parts.passwords().create(Credential.of(account), PASSWORD)
        begun = await practice.ask(person, "POST", f"{PRACTICE}/auth/mfa/enroll", {"password": PASSWORD})
        totp = pyotp.TOTP(begun["enrollment"]["secret"])
        code = totp.at(practice.portal.clock.now())
        await practice.ask(person, "POST", f"{PRACTICE}/auth/mfa/confirm", {"code": code})
        return cls(person, totp, practice)

    def proof(self, **more: str) -> dict[str, str]:
        """The body of a request, with a code that was not used yet."""
        self.practice.portal.clock.advance(timedelta(seconds=30))
        code = self.totp.at(self.practice.portal.clock.now())
        return {"confirm": "erase this record", "password": PASSWORD, "code": code, **more}


def _left(practice: OpenPractice, known: tuple[str, ...]) -> list[tuple[str, str]]:
    """The known values that some row of some table still has, as text, with the table."""
    owner = practice.portal.database.owner
    tables = owner.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'portal'::regnamespace AND relkind = 'r'"
        " UNION ALL SELECT 'procrastinate_jobs'"
    ).fetchall()
    found = []
    for (table,) in tables:
        schema = "jobs" if table == "procrastinate_jobs" else "portal"
        for value in known:
            rows = owner.execute(
                f"SELECT 1 FROM {schema}.{table} AS one WHERE lower(one::text) LIKE %s".encode(), (f"%{value}%",)
            ).fetchall()
            found += [(table, value)] * len(rows)
    return found


async def test_nothing_known_of_an_erased_person_is_left(open_practice: OpenPractice) -> None:
    first, second = await Administrator.of(open_practice), await Administrator.of(open_practice)
    made = await open_practice.ask(first.person, "POST", f"{PRACTICE}/clients", ADA, idempotency_key="k-1")
    client_id = made["profile"]["client_id"]
    here = f"{PRACTICE}/clients/{client_id}"
    await open_practice.ask(first.person, "POST", f"{here}/invitations", {})
    await open_practice.portal.run_jobs()
    assert {value for _, value in _left(open_practice, KNOWN)} >= set(KNOWN) - {"elmwood"}

    assert await refused(open_practice, first.person, "POST", f"{here}/erasures", first.proof(confirm="yes")) == (
        422,
        "invalid",
    )
    asked = await open_practice.ask(first.person, "POST", f"{here}/erasures", first.proof())
    waiting = await open_practice.ask(second.person, "GET", f"{PRACTICE}/record-erasures")
    assert [one["id"] for one in waiting["items"]] == [asked["id"]]
    confirm = f"{here}/erasures/{asked['id']}/confirm"
    assert await refused(open_practice, first.person, "POST", confirm, first.proof()) == (403, "forbidden")
    desk = await open_practice.staff("front_desk")
    assert await refused(open_practice, desk, "POST", confirm, second.proof()) == (403, "forbidden")
    await open_practice.ask(first.person, "POST", f"{here}/legal-hold/place")
    assert await refused(open_practice, second.person, "POST", confirm, second.proof()) == (409, "under_legal_hold")
    lift = f"{here}/legal-hold/lift"
    assert await refused(open_practice, first.person, "POST", lift, {"password": PASSWORD, "code": "000000"}) == (
        422,
        "code_refused",
    )
    proof = first.proof()
    await open_practice.ask(first.person, "POST", lift, {"password": PASSWORD, "code": proof["code"]})
    done = await open_practice.ask(second.person, "POST", confirm, second.proof())
    assert done["state"] == "completed"
    await open_practice.portal.run_jobs()

    assert _left(open_practice, KNOWN) == []
    assert open_practice.count("idempotent_responses") == 0
    open_practice.portal.clock.advance(timedelta(minutes=6))  # keys are cached for five minutes
    again = await open_practice.again(second.person)
    left = (await open_practice.ask(again, "GET", here))["profile"]
    assert (left["name"], left["date_of_birth"], left["address"]) == ("Erased record", "1900-01-01", None)
    found = await open_practice.ask(again, "POST", f"{PRACTICE}/clients/search", {"text": "Adaxia"})
    assert found["items"] == []


async def test_erased_client_is_signed_out_and_cannot_come_back(open_practice: OpenPractice) -> None:
    first, second = await Administrator.of(open_practice), await Administrator.of(open_practice)
    mira = await open_practice.client()
    assert await open_practice.ask(mira, "GET", f"{PORTAL}/profile")
    here = f"{PRACTICE}/clients/{mira.id}/erasures"
    withdrawn = await open_practice.ask(first.person, "POST", here, first.proof())
    assert await refused(open_practice, first.person, "POST", here, first.proof()) == (409, "erasure_open")
    await open_practice.ask(second.person, "POST", f"{here}/{withdrawn['id']}/withdraw")
    assert await refused(open_practice, second.person, "POST", f"{here}/{withdrawn['id']}/confirm", second.proof()) == (
        409,
        "erasure_not_open",
    )
    asked = await open_practice.ask(first.person, "POST", here, first.proof())
    for _ in range(2):  # the answer is lost, and the request is sent again
        done: Any = await open_practice.ask(second.person, "POST", f"{here}/{asked['id']}/confirm", second.proof())
        assert done["state"] == "completed"
    assert open_practice.count("audit_entries", "action = 'record.erased'") == 1
    assert await refused(open_practice, mira, "GET", f"{PORTAL}/profile") == (401, "unauthenticated")
    assert open_practice.count("sessions", f"account_id = '{mira.account_id}'") == 0
    assert await refused(open_practice, first.person, "POST", here, first.proof()) == (409, "record_destroyed")
