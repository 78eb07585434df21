"""Who is invited, and who is not."""

from datetime import UTC, datetime

from tests.support.http.open_practice import PRACTICE, OpenPractice, refused

TUESDAY = datetime(2026, 3, 10, 14, 0, tzinfo=UTC)  # 10:00 in New York
PASSWORD = "violet harbour 7 trombone"
ADA = {"given_name": "Ada", "family_name": "Lovelace", "date_of_birth": "1985-12-10", "email": "ada@client.example"}


async def test_nobody_is_invited_to_the_record_of_a_discharged_client(open_practice: OpenPractice) -> None:
    desk = await open_practice.staff("front_desk")
    ada = await open_practice.ask(desk, "POST", f"{PRACTICE}/clients", ADA)
    here = f"{PRACTICE}/clients/{ada['id']}"
    await open_practice.ask(desk, "PUT", here, {**ADA, "status": "discharged", "version": 1})
    assert await refused(open_practice, desk, "POST", f"{here}/invitations") == (409, "discharged")
    terms = {"email": "pat@example.org", "relationship": "representative", "areas": ["profile"]}
    assert await refused(open_practice, open_practice.admin, "POST", f"{here}/proxy-invitations", terms) == (
        409,
        "discharged",
    )
    assert (await open_practice.ask(desk, "GET", f"{PRACTICE}/invitations"))["items"] == []
    many = {"client_ids": [ada["id"]]}
    (done,) = (await open_practice.ask(desk, "POST", f"{PRACTICE}/clients/invitations", many))["items"]
    assert done["outcome"] == "discharged"


async def test_front_desk_invites_whoever_has_no_account(open_practice: OpenPractice) -> None:
    desk, path = await open_practice.staff("front_desk"), f"{PRACTICE}/clients/invitations"
    mira = await open_practice.client()
    ada = (await open_practice.ask(desk, "POST", f"{PRACTICE}/clients", ADA))["id"]
    child = {**ADA, "given_name": "Cleo", "date_of_birth": "2018-12-10"}
    cleo = (await open_practice.ask(desk, "POST", f"{PRACTICE}/clients", child))["id"]

    async def with_account(status: str) -> list[str]:
        listed = await open_practice.ask(desk, "GET", f"{PRACTICE}/clients?account={status}")
        return [one["id"] for one in listed["items"]]

    assert (await with_account("none"), await with_account("active")) == ([ada, cleo], [str(mira.id)])
    outcomes, after = [], None
    while True:
        done = await open_practice.ask(desk, "POST", path, {"size": 1, "after": after})
        outcomes += [(one["client_id"], one["outcome"]) for one in done["items"]]
        after = done["next"]
        if after is None:
            break
    assert sorted(outcomes) == sorted(
        [(ada, "invited"), (cleo, "account_not_allowed"), (str(mira.id), "already_registered")]
    )
    assert (await with_account("none"), await with_account("invited")) == ([cleo], [ada])
    shown = (await open_practice.ask(desk, "GET", f"{PRACTICE}/clients/{ada}"))["account"]
    assert (shown["status"], shown["invited_until"] is None) == ("invited", False)
    (found,) = (
        await open_practice.ask(
            desk, "POST", f"{PRACTICE}/clients/search", {"text": "lovelace ada", "account": "invited"}
        )
    )["items"]
    assert found["account"] == shown
    named = await open_practice.ask(desk, "POST", path, {"client_ids": [ada, str(mira.id)]})
    assert [one["outcome"] for one in named["items"]] == ["already_invited", "already_registered"]
    assert await refused(open_practice, desk, "POST", path, {"client_ids": []}) == (422, "invalid")
    assert await refused(open_practice, desk, "POST", path, {"client_ids": [ada] * 101}) == (422, "invalid")
    assert await refused(open_practice, desk, "GET", f"{PRACTICE}/clients?account=maybe") == (422, "invalid")
    biller = await open_practice.staff("biller")
    assert await refused(open_practice, biller, "POST", path, {}) == (403, "forbidden")
