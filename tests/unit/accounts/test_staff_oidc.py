"""Staff sign-in with an ID token of the EHR's identity provider."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.accounts.errors import (
    IdentityLinked,
    LinkNeeded,
    SignInRefused,
    SingleFactorSignIn,
    StaffTokenRefused,
    WrongPassword,
)
from portal_core.accounts.identity_provider import StaffIdentity
from portal_core.accounts.model import ExternalIdentity
from portal_core.accounts.policy import SIGN_IN_BY_ADDRESS, is_multi_factor
from portal_core.accounts.use_cases.link_oidc_identity import LinkOidcIdentityCommand
from portal_core.accounts.use_cases.sign_in_with_oidc import SignInWithOidcCommand
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, RateLimited, Unauthenticated
from tests.support.contracts.accounts.staff_tokens import AUDIENCE, ISSUER, OTHER_ISSUER
from tests.unit.accounts.use_cases import PASSWORD, STAFF, AccountUseCases

SAM = StaffIdentity(ISSUER, "sub-1", "Sam@Elm.Example.org", True, frozenset({"pwd", "otp"}))
MAX_BY_ADDRESS = SIGN_IN_BY_ADDRESS.limit.max_attempts


async def sign_in_with_token(
    use_cases: AccountUseCases, identity: StaffIdentity | None = SAM, *, address: str = ""
) -> SessionTokens:
    """Sign in with a token of this identity."""
    token = "bad" if identity is None else use_cases.staff_tokens.issue(identity, audience=AUDIENCE)
    return await use_cases.sign_in_with_oidc(use_cases.visitor(address), SignInWithOidcCommand(token, "bearer"))


async def assert_refused(use_cases: AccountUseCases, identity: StaffIdentity | None = SAM) -> None:
    before = len(await use_cases.actions())
    with pytest.raises(SignInRefused):
        await sign_in_with_token(use_cases, identity)
    assert (await use_cases.actions())[before:] == ["sign_in.refused"]


async def test_listed_staff_get_account_at_first_sign_in() -> None:
    use_cases = AccountUseCases()
    staff_id = await use_cases.world.add_staff(STAFF, ("biller",))
    tokens = await sign_in_with_token(use_cases)
    account = await use_cases.account(STAFF, "practice")
    assert (account.staff_id, account.status) == (staff_id, "active")
    assert account.external == ExternalIdentity(SAM.issuer, SAM.subject)
    authenticated = await use_cases.authenticated(tokens, enrollment_exempt=False)
    assert isinstance(authenticated.actor, StaffActor)
    assert (authenticated.actor.account_id, authenticated.actor.roles) == (account.id, {"biller"})
    assert not authenticated.must_enroll
    assert (await sign_in_with_token(use_cases)).session.id != tokens.session.id
    assert len(use_cases.world.store.table("accounts")) == 1


async def link(use_cases: AccountUseCases, identity: StaffIdentity = SAM, password: str = PASSWORD) -> None:
    """Link the staff member's account while signed in with the password."""
    actor = await use_cases.holder(await use_cases.signed_in(STAFF, side="practice"))
    token = use_cases.staff_tokens.issue(identity, audience=AUDIENCE)
    await use_cases.link_oidc(actor, LinkOidcIdentityCommand(token, password))


async def test_existing_account_is_linked_by_its_holder_only() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    with pytest.raises(LinkNeeded):  # whoever manages the issuer can give a colleague's email to anybody
        await sign_in_with_token(use_cases)
    assert (await use_cases.account(STAFF, "practice")).external is None
    with pytest.raises(WrongPassword):
        await link(use_cases, password="not the password")
    await link(use_cases)
    linked = await use_cases.account(STAFF, "practice")
    assert (linked.id, linked.external) == (account.id, ExternalIdentity(SAM.issuer, SAM.subject))
    assert await use_cases.work() == [("identity_linked", account.id)]
    assert "account.linked" in await use_cases.actions()
    assert (await use_cases.holder(await sign_in_with_token(use_cases))).account_id == account.id


async def test_link_moves_to_the_identity_that_its_holder_has_now() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    await link(use_cases)
    await link(use_cases)  # again
    await link(use_cases, evolve(SAM, subject="sub-2"))
    assert await sign_in_with_token(use_cases, evolve(SAM, subject="sub-2"))
    await assert_refused(use_cases)


async def test_identity_of_another_account_cannot_be_linked() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_staff("lena@elm.example.org", ("biller",))
    lena = evolve(SAM, subject="sub-lena", email="lena@elm.example.org")
    await sign_in_with_token(use_cases, lena)
    await use_cases.add_staff_account()
    with pytest.raises(IdentityLinked):
        await link(use_cases, lena)


async def test_link_needs_a_valid_token_that_was_not_used() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    actor = await use_cases.holder(await use_cases.signed_in(STAFF, side="practice"))
    used = use_cases.staff_tokens.issue(SAM, audience=AUDIENCE)
    with pytest.raises(LinkNeeded):
        await use_cases.sign_in_with_oidc(use_cases.visitor(), SignInWithOidcCommand(used, "bearer"))
    for token in ("bad", used):
        with pytest.raises(StaffTokenRefused):
            await use_cases.link_oidc(actor, LinkOidcIdentityCommand(token, PASSWORD))


async def test_clients_and_visitors_link_nothing() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    command = LinkOidcIdentityCommand(use_cases.staff_tokens.issue(SAM, audience=AUDIENCE), PASSWORD)
    with pytest.raises(Forbidden):
        await use_cases.link_oidc(await use_cases.holder(await use_cases.signed_in()), command)
    with pytest.raises(Unauthenticated):
        await use_cases.link_oidc(use_cases.visitor(), command)


async def test_linked_account_is_found_by_subject_only() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    await link(use_cases)
    moved = evolve(SAM, email="other@example.org", email_verified=False)
    assert await sign_in_with_token(use_cases, moved)
    await assert_refused(use_cases, evolve(SAM, subject="sub-2"))
    use_cases.staff_tokens.trusted[use_cases.world.practice_id] = (OTHER_ISSUER, AUDIENCE)
    await assert_refused(use_cases, SAM)
    await assert_refused(use_cases, evolve(SAM, issuer=OTHER_ISSUER))


async def test_unverified_issuer_email_links_no_account() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    for identity in (evolve(SAM, email_verified=False), evolve(SAM, email=""), evolve(SAM, email="\ud800@b.c")):
        await assert_refused(use_cases, identity)
    assert (await use_cases.account(STAFF, "practice")).external is None


@pytest.mark.parametrize("who", ["nobody", "left", "client", "unverified", "bad token"])
async def test_non_staff_are_refused(who: str) -> None:
    use_cases = AccountUseCases()
    if who == "left":
        await use_cases.world.add_staff(STAFF, active=False)
    if who == "client":
        await use_cases.add_client_account(STAFF)
    if who == "unverified":
        await use_cases.world.account(STAFF, kind="staff", status="unverified")
    await assert_refused(use_cases, None if who == "bad token" else SAM)


async def test_closed_account_cannot_sign_in_by_oidc_subject() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_staff_account()
    await link(use_cases)
    tokens = await sign_in_with_token(use_cases)
    rows = use_cases.world.store.table("accounts")
    rows[account.practice_id, account.id] = rows[account.practice_id, account.id].close(use_cases.world.clock.now())
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(tokens)
    people = use_cases.world.store.table("staff")
    people[account.practice_id, account.staff_id] = people[account.practice_id, account.staff_id].with_changes(
        active=False
    )
    await assert_refused(use_cases)


async def test_token_signs_in_once() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_staff(STAFF)
    command = SignInWithOidcCommand(use_cases.staff_tokens.issue(SAM, audience=AUDIENCE), "bearer")
    results = await asyncio.gather(
        *(use_cases.sign_in_with_oidc(use_cases.visitor(), command) for _ in range(3)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in results) == ["SessionTokens", "SignInRefused", "SignInRefused"]
    reasons = [one.facts["reason"] for one in await use_cases.world.audit() if one.action == "sign_in.refused"]
    assert reasons == ["token", "token"]


async def test_single_factor_token_is_refused() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    with pytest.raises(SingleFactorSignIn):
        await sign_in_with_token(use_cases, evolve(SAM, methods=frozenset({"pwd"})))
    [entry] = [one for one in await use_cases.world.audit() if one.action == "sign_in.refused"]
    assert entry.facts == {"side": "practice", "reason": "second_factor"}
    assert (await use_cases.account(STAFF, "practice")).external is None


@pytest.mark.parametrize(
    ("methods", "context", "multi_factor"),
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
def test_what_counts_as_a_second_factor(methods: str, context: str, multi_factor: bool) -> None:
    assert is_multi_factor(evolve(SAM, methods=frozenset(methods.split()), context=context)) is multi_factor


async def test_failed_attempts_from_one_address_are_limited() -> None:
    use_cases = AccountUseCases()
    for _ in range(MAX_BY_ADDRESS):
        with pytest.raises(SignInRefused):
            await sign_in_with_token(use_cases, None, address="192.0.2.5")
    with pytest.raises(RateLimited):
        await sign_in_with_token(use_cases, address="192.0.2.5")
    use_cases.world.clock.advance(timedelta(minutes=15))
    await use_cases.world.add_staff(STAFF)
    assert await sign_in_with_token(use_cases, address="192.0.2.5")


async def test_token_for_another_practice_is_refused() -> None:
    use_cases = AccountUseCases()
    other = AccountUseCases(await use_cases.world.other_practice())
    await other.add_staff_account()
    other.staff_tokens = use_cases.staff_tokens
    other.sign_in_with_oidc = evolve(other.sign_in_with_oidc, staff_tokens=use_cases.staff_tokens)
    await assert_refused(other)
