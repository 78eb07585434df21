"""Staff who sign in with a token of the EHR's identity provider."""

from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.accounts.errors import SignInRefused, WeakSignIn
from portal_core.accounts.identity import StaffIdentity
from portal_core.accounts.model import ExternalIdentity
from portal_core.accounts.policy import is_strong
from portal_core.accounts.use_cases.log_in_with_oidc import LogInWithOidcCommand
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER, OTHER_ISSUER
from tests.unit.accounts.use_cases import STAFF, FrontDoor

SAM = StaffIdentity(ISSUER, "sub-1", "Sam@Elm.Example.org", True, frozenset({"pwd", "otp"}))


async def come(door: FrontDoor, identity: StaffIdentity | None = SAM, *, address: str = "") -> SessionTokens:
    """Sign in with a token that says this."""
    token = "bad" if identity is None else door.staff_tokens.issue(identity, audience=AUDIENCE)
    return await door.log_in_with_oidc(door.visitor(address), LogInWithOidcCommand(token, "bearer"))


async def refused(door: FrontDoor, identity: StaffIdentity | None = SAM) -> None:
    before = len(await door.actions())
    with pytest.raises(SignInRefused):
        await come(door, identity)
    assert (await door.actions())[before:] == ["session.refused"]


async def test_staff_on_the_list_get_an_account_the_first_time_and_keep_it() -> None:
    door = FrontDoor()
    staff_id = await door.world.add_staff(STAFF, ("biller",))
    tokens = await come(door)
    account = await door.account(STAFF, "practice")
    assert (account.staff_id, account.status) == (staff_id, "active")
    assert account.external == ExternalIdentity(SAM.issuer, SAM.subject)
    who = await door.who(tokens, enrolling=False)
    assert isinstance(who.actor, StaffActor)
    assert (who.actor.account_id, who.actor.roles) == (account.id, {"biller"})
    assert not who.must_enrol
    assert (await come(door)).session.id != tokens.session.id
    assert len(door.world.store.table("accounts")) == 1


async def test_an_account_that_is_there_is_bound_to_the_subject() -> None:
    door = FrontDoor()
    account = await door.hired()
    await come(door)
    bound = await door.account(STAFF, "practice")
    assert (bound.id, bound.external) == (account.id, ExternalIdentity(SAM.issuer, SAM.subject))
    assert "account.linked" in await door.actions()


async def test_from_then_on_the_subject_alone_counts() -> None:
    door = FrontDoor()
    await door.hired()
    await come(door)
    moved = evolve(SAM, email="other@example.org", email_verified=False)
    assert await come(door, moved)
    await refused(door, evolve(SAM, subject="sub-2"))
    door.staff_tokens.believed[door.world.practice_id] = (OTHER_ISSUER, AUDIENCE)
    await refused(door, SAM)
    await refused(door, evolve(SAM, issuer=OTHER_ISSUER))


async def test_an_email_that_the_issuer_has_not_verified_binds_nothing() -> None:
    door = FrontDoor()
    await door.hired()
    for identity in (evolve(SAM, email_verified=False), evolve(SAM, email=""), evolve(SAM, email="\ud800@b.c")):
        await refused(door, identity)
    assert (await door.account(STAFF, "practice")).external is None


@pytest.mark.parametrize("who", ["nobody", "left", "client", "unverified", "bad token"])
async def test_who_does_not_work_here_is_refused(who: str) -> None:
    door = FrontDoor()
    if who == "left":
        await door.world.add_staff(STAFF, active=False)
    if who == "client":
        await door.joined(STAFF)
    if who == "unverified":
        await door.world.account(STAFF, kind="staff", status="unverified")
    await refused(door, None if who == "bad token" else SAM)


async def test_a_closed_account_is_not_opened_by_its_subject() -> None:
    door = FrontDoor()
    account = await door.hired()
    tokens = await come(door)
    rows = door.world.store.table("accounts")
    rows[account.practice_id, account.id] = rows[account.practice_id, account.id].close(door.world.clock.now())
    with pytest.raises(Unauthenticated):
        await door.who(tokens)
    people = door.world.store.table("staff")
    people[account.practice_id, account.staff_id] = people[account.practice_id, account.staff_id].amended(active=False)
    await refused(door)


async def test_without_a_second_factor_at_the_issuer_nobody_comes_in() -> None:
    door = FrontDoor()
    await door.hired()
    with pytest.raises(WeakSignIn):
        await come(door, evolve(SAM, methods=frozenset({"pwd"})))
    [entry] = [one for one in await door.world.audit() if one.action == "session.refused"]
    assert entry.facts == {"side": "practice", "why": "second_factor"}
    assert (await door.account(STAFF, "practice")).external is None


@pytest.mark.parametrize(
    ("methods", "context", "strong"),
    [
        ("mfa", "", True),
        ("pwd mfa", "", True),
        ("pwd otp", "", True),
        ("hwk pin", "", True),
        ("fpt swk user", "", True),
        ("", "https://refeds.org/profile/mfa", True),
        ("pwd", "http://schemas.openid.net/pape/policies/2007/06/multi-factor", True),
        ("pwd", "", False),
        ("otp", "", False),
        ("hwk user", "", False),
        ("pwd sms", "", False),
        ("pwd tel", "", False),
        ("pwd pin", "", False),
        ("pwd", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport", False),
        ("", "", False),
    ],
)
def test_what_counts_as_a_second_factor(methods: str, context: str, strong: bool) -> None:
    assert is_strong(evolve(SAM, methods=frozenset(methods.split()), context=context)) is strong


async def test_five_tries_from_one_address() -> None:
    door = FrontDoor()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await come(door, None, address="192.0.2.5")
    with pytest.raises(RateLimited):
        await come(door, address="192.0.2.5")
    door.world.clock.advance(timedelta(minutes=15))
    await door.hired()
    assert await come(door, address="192.0.2.5")


async def test_a_token_for_another_practice_is_none_here() -> None:
    door = FrontDoor()
    other = FrontDoor(await door.world.beside())
    await other.hired()
    other.staff_tokens = door.staff_tokens
    other.log_in_with_oidc = evolve(other.log_in_with_oidc, staff_tokens=door.staff_tokens)
    await refused(other)
