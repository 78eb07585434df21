"""An administrator resets another person's second factor: permissions, and which sessions and codes end."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.access.errors import GrantNotActive
from portal_core.accounts.errors import (
    AccountNotOpen,
    ChallengeNotOpen,
    RefreshRefused,
    SecondFactorRefused,
    SecondFactorRequired,
)
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.model import Account
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactorCommand
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.use_cases.reset_second_factor import IDENTITY_CHECKS, ResetSecondFactorCommand
from portal_core.kernel.actor import Actor, ClientActor, Origin, ProxyActor, Role, VisitorActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, Unauthenticated
from portal_core.kernel.idempotency import IdempotentRequest, Replayed
from tests.unit.accounts.use_cases import BOB, PASSWORD, STAFF, STEP, AccountUseCases

ADMIN = "ada@elm.example.org"


async def add_signed_in_staff(
    use_cases: AccountUseCases, *roles: Role, email: str = ADMIN, multi_factor: bool = True
) -> Actor:
    """A staff member with a session."""
    account = await use_cases.world.account(email, kind="staff", staff_id=await use_cases.world.add_staff(email, roles))
    return await use_cases.holder(await use_cases.open_session_for(account, multi_factor=multi_factor))


async def locked_out() -> tuple[AccountUseCases, Account, str, tuple[str, ...], Actor]:
    """A signed-in client who has lost the returned secret and codes; and an administrator."""
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    secret, codes = await use_cases.enrolled(await use_cases.signed_in())
    admin = await add_signed_in_staff(use_cases, "administrator")
    await use_cases.work()
    return use_cases, await use_cases.account(), secret, codes, admin


def for_client(account: Account, **more: Any) -> ResetSecondFactorCommand:
    assert account.client_id is not None
    return evolve(ResetSecondFactorCommand("portal", account.client_id, "called_back"), **more)


async def entries(use_cases: AccountUseCases, action: str) -> list[AuditEntry]:
    return [one for one in await use_cases.world.audit() if one.action == action]


# --- what it does -----------------------------------------------------------------------------------------------------


async def test_reset_allows_password_only_sign_in() -> None:
    use_cases, account, secret, codes, admin = await locked_out()
    await use_cases.reset_factor(admin, for_client(account))
    tokens = await use_cases.signed_in()
    assert (await use_cases.account()).second_factor == "none"
    assert not tokens.must_enroll
    assert await use_cases.work() == [("second_factor_removed", account.id)]
    again, _ = await use_cases.enrolled(tokens)
    assert again != secret
    with pytest.raises(SecondFactorRefused):
        await use_cases.answer_challenge(await use_cases.challenge(), codes[0])


async def test_reset_is_audited_with_identity_check() -> None:
    use_cases, account, _, _, admin = await locked_out()
    before = len(await use_cases.world.audit())
    await use_cases.reset_factor(admin, for_client(account))
    written = (await use_cases.world.audit())[before:]
    assert written == [
        AuditEntry("second_factor.reset", account.id, account.client_id, facts={"identity_check": "called_back"}),
        AuditEntry("recovery_codes.removed", account.id, account.client_id),
        AuditEntry("sessions.ended", account.id, account.client_id, facts={"by": "second_factor_reset"}),
    ]


async def test_reset_ends_sessions_and_challenges() -> None:
    """All of them end, because the phone may have been stolen together with the password."""
    use_cases, account, secret, codes, admin = await locked_out()
    inside = await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    halfway, other = await use_cases.challenge(), await use_cases.challenge()
    await use_cases.reset_factor(admin, for_client(account))
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(inside)
    with pytest.raises(RefreshRefused):
        await use_cases.refreshed(inside.refresh_token)
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(halfway, use_cases.totp(secret, 1))
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(other, codes[0])
    assert (await use_cases.account()).second_factor == "none"


@pytest.mark.parametrize("by", ["administrator", "owner"])
async def test_challenge_from_before_reset_is_refused_even_if_provider_accepts_code(by: str) -> None:
    """Cognito may accept it: the core would then record an enrollment and lock the helped person out again.

    The challenge was stored by a sign-in that was under way when the others ended.
    """
    use_cases, account, secret, codes, admin = await locked_out()
    inside = await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    use_cases.world.clock.advance(STEP)
    stolen = await use_cases.challenge()
    stored = dict(use_cases.world.store.table("challenges"))
    use_cases.world.clock.advance(STEP)
    if by == "administrator":
        await use_cases.reset_factor(admin, for_client(account))
    else:
        await use_cases.remove(await use_cases.holder(inside), RemoveSecondFactorCommand(PASSWORD, codes[0]))
    use_cases.world.store.table("challenges").update(stored)
    person = use_cases.pool.find_enabled(Credential.of(account))
    assert person is not None

    async def assert_stolen_challenge_refused() -> None:
        person.secret, was = secret, person.secret
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answer_challenge(stolen, use_cases.totp(secret))
        person.secret = was
        assert (await use_cases.account()).second_factor == "none"

    await assert_stolen_challenge_refused()
    use_cases.world.clock.advance(STEP)
    actor = await use_cases.holder(await use_cases.signed_in())
    enrollment = await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    await assert_stolen_challenge_refused()
    await use_cases.confirm(actor, ConfirmSecondFactorCommand(use_cases.totp(enrollment.secret)))
    assert (await use_cases.account()).second_factor == "totp"


@pytest.mark.parametrize("required", [True, False])
async def test_sign_in_after_reset_is_for_enrollment_only_where_required(required: bool) -> None:
    use_cases, account, _, _, admin = await locked_out()
    await use_cases.world.set_rules(client_second_factor_required=required)
    await use_cases.reset_factor(admin, for_client(account))
    tokens = await use_cases.signed_in()
    assert tokens.must_enroll is required
    if required:
        with pytest.raises(SecondFactorRequired):
            await use_cases.authenticated(tokens, enrollment_exempt=False)
        await use_cases.enrolled(tokens)
    assert (await use_cases.authenticated(tokens, enrollment_exempt=False)).actor.account_id == account.id


async def test_staff_member_must_enroll_again_after_reset() -> None:
    use_cases = AccountUseCases()
    lost = await use_cases.add_staff_account()
    assert lost.staff_id is not None
    await use_cases.enrolled(await use_cases.signed_in(STAFF, side="practice"))
    admin = await add_signed_in_staff(use_cases, "administrator")
    await use_cases.reset_factor(admin, ResetSecondFactorCommand("practice", lost.staff_id, "in_person"))
    tokens = await use_cases.signed_in(STAFF, side="practice")
    assert tokens.must_enroll
    assert await entries(use_cases, "second_factor.reset") == [
        AuditEntry("second_factor.reset", lost.id, facts={"identity_check": "in_person"})
    ]


async def test_operator_resets_only_administrator() -> None:
    use_cases = AccountUseCases()
    lost = await use_cases.add_staff_account()
    assert lost.staff_id is not None
    await use_cases.enrolled(await use_cases.signed_in(STAFF, side="practice"))
    await use_cases.reset_factor(use_cases.system, ResetSecondFactorCommand("practice", lost.staff_id, "video_call"))
    assert (await use_cases.signed_in(STAFF, side="practice")).must_enroll


async def enrolled_proxy(use_cases: AccountUseCases, client_id: UUID) -> tuple[Account, UUID]:
    """A proxy of the client with a second factor, and the grant."""
    account = await use_cases.world.account(BOB, kind="proxy")
    await use_cases.passwords.create(Credential.of(account), PASSWORD)
    await use_cases.enrolled(await use_cases.signed_in(BOB))
    return await use_cases.account(BOB), await use_cases.world.add_grant(client_id, account.id, {"appointments"})


async def test_proxy_reset_is_recorded_on_client_record() -> None:
    use_cases, client, _, _, admin = await locked_out()
    assert client.client_id is not None
    parent, grant_id = await enrolled_proxy(use_cases, client.client_id)
    await use_cases.reset_factor(admin, for_client(client, grant_id=grant_id))
    assert (await use_cases.signed_in(BOB)).session.id
    assert (await use_cases.account()).second_factor == "totp", "the client's own stays"
    [entry] = await entries(use_cases, "second_factor.reset")
    assert (entry.target, entry.record) == (parent.id, client.client_id)


async def test_proxy_with_revoked_grant_cannot_be_reset() -> None:
    use_cases, client, _, _, admin = await locked_out()
    assert client.client_id is not None
    _, grant_id = await enrolled_proxy(use_cases, client.client_id)
    await use_cases.world.revoke_grant(client.client_id, grant_id)
    with pytest.raises(GrantNotActive):
        await use_cases.reset_factor(admin, for_client(client, grant_id=grant_id))
    with pytest.raises(NotFound):
        await use_cases.reset_factor(admin, for_client(client, grant_id=use_cases.world.ids.new()))
    assert (await use_cases.account(BOB)).second_factor == "totp"


async def test_reset_can_be_repeated_after_crash() -> None:
    """In either case: only the provider removed it, or only the core did."""
    use_cases, account, secret, _, admin = await locked_out()
    await use_cases.second_factors.remove(Credential.of(account))
    await use_cases.reset_factor(admin, for_client(account))
    await use_cases.signed_in()
    person = use_cases.pool.find_enabled(Credential.of(account))
    assert person is not None
    person.secret = secret  # confirmed by the provider, but not stored by the core
    await use_cases.challenge()
    await use_cases.reset_factor(admin, for_client(account))
    await use_cases.signed_in()


# --- who may not ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["front_desk", "biller", "clinician", "auditor"])
async def test_other_staff_cannot_reset(role: Role) -> None:
    use_cases, account, _, _, _ = await locked_out()
    other = await add_signed_in_staff(use_cases, role, email="someone@elm.example.org")
    await assert_refused(use_cases, other, for_client(account), Forbidden)


async def test_clients_proxies_and_visitors_cannot_reset() -> None:
    use_cases, account, _, _, _ = await locked_out()
    assert account.client_id is not None
    practice_id = use_cases.world.practice_id
    for actor in (
        ClientActor(practice_id, account.id, account.client_id),
        ProxyActor(practice_id, use_cases.world.ids.new(), account.client_id, may_write=True),
        VisitorActor(practice_id),
    ):
        await assert_refused(use_cases, actor, for_client(account), NotFound)


async def test_cannot_reset_own_second_factor() -> None:
    use_cases = AccountUseCases()
    staff_id = await use_cases.world.add_staff(STAFF, ("administrator", "clinician"))
    account = await use_cases.world.account(STAFF, kind="staff", staff_id=staff_id)
    own = ResetSecondFactorCommand("practice", staff_id, "in_person")
    await assert_refused(use_cases, await use_cases.holder(await use_cases.open_session_for(account)), own, Forbidden)


async def test_administrator_without_second_factor_cannot_reset() -> None:
    use_cases, account, _, _, _ = await locked_out()
    single_factor = await add_signed_in_staff(
        use_cases, "administrator", email="weak@elm.example.org", multi_factor=False
    )
    await assert_refused(use_cases, single_factor, for_client(account), SecondFactorRequired)
    await assert_refused(
        use_cases,
        evolve(single_factor, session_id=use_cases.world.ids.new()),
        for_client(account),
        SecondFactorRequired,
    )


async def test_in_process_caller_without_session() -> None:
    use_cases, account, _, _, admin = await locked_out()
    await use_cases.reset_factor(evolve(admin, session_id=None), for_client(account))
    await use_cases.signed_in()


async def test_people_of_another_practice_are_not_found() -> None:
    use_cases, account, _, _, admin = await locked_out()
    other = AccountUseCases(await use_cases.world.other_practice())
    stranger = await add_signed_in_staff(other, "administrator")
    await assert_refused(other, stranger, for_client(account), NotFound)
    # Nor for an actor of this practice who names a person of the other, or mixes up the sides.
    theirs = await other.add_staff_account()
    assert theirs.staff_id is not None
    await assert_refused(use_cases, admin, ResetSecondFactorCommand("practice", theirs.staff_id, "in_person"), NotFound)
    await assert_refused(use_cases, admin, for_client(account, side="practice"), NotFound)
    assert (await use_cases.account()).second_factor == "totp"


async def test_grant_of_another_client_is_not_found() -> None:
    use_cases, client, _, _, admin = await locked_out()
    assert client.client_id is not None
    other = await use_cases.world.account("cleo@example.org")
    _, grant_id = await enrolled_proxy(use_cases, client.client_id)
    await assert_refused(use_cases, admin, for_client(other, grant_id=grant_id), NotFound)


async def test_reset_requires_active_account() -> None:
    use_cases, _, _, _, admin = await locked_out()
    nobody = await use_cases.world.add_client("nobody@example.org")
    unproven = await use_cases.world.account("new@example.org", status="unverified")
    for client_id in (nobody, unproven.client_id):
        assert client_id is not None
        await assert_refused(
            use_cases, admin, ResetSecondFactorCommand("portal", client_id, "in_person"), AccountNotOpen
        )


def test_identity_check_must_be_known() -> None:
    for word in ("", "she wept and I believed her", "in person"):
        with pytest.raises(Invalid) as refusal:
            ResetSecondFactorCommand("portal", UUID(int=1), word)  # type: ignore[arg-type]
        assert [(one.path, one.code) for one in refusal.value.fields] == [("identity_check", "unknown_value")]
    assert [ResetSecondFactorCommand("portal", UUID(int=1), one).identity_check for one in IDENTITY_CHECKS]


# --- again, and at once -----------------------------------------------------------------------------------------------


async def test_repeated_request_does_not_undo_later_enrollment() -> None:
    use_cases, account, _, _, admin = await locked_out()

    def with_idempotency_key() -> Actor:
        return evolve(
            admin,
            origin=Origin(idempotent_request=IdempotentRequest("reset_second_factor_of_client", "key-1", b"digest")),
        )

    await use_cases.reset_factor(with_idempotency_key(), for_client(account))
    await use_cases.enrolled(await use_cases.signed_in())
    with pytest.raises(Replayed):
        await use_cases.reset_factor(with_idempotency_key(), for_client(account))
    assert (await use_cases.account()).second_factor == "totp"
    await use_cases.challenge()
    assert len(await entries(use_cases, "second_factor.reset")) == 1


class InterruptedSecondFactors:
    """A provider that runs a callback during a call."""

    def __init__(self, happens: Callable[[], Any]) -> None:
        self.happens = happens

    async def remove(self, credential: Credential) -> None:
        await self.happens()


async def test_account_is_checked_again_after_provider_call() -> None:
    use_cases, account, _, _, admin = await locked_out()

    async def closed() -> None:
        async with use_cases.world.begin(use_cases.system) as unit:
            await unit.accounts.save(
                account.close(use_cases.world.clock.now()), AuditEntry("account.closed", account.id)
            )
            await unit.commit(None)

    object.__setattr__(use_cases.reset_factor, "second_factors", InterruptedSecondFactors(closed))
    with pytest.raises(AccountNotOpen):
        await use_cases.reset_factor(admin, for_client(account))
    assert not await entries(use_cases, "second_factor.reset")


async def assert_refused(
    use_cases: AccountUseCases, actor: Actor, command: ResetSecondFactorCommand, error: type[Exception]
) -> None:
    """Check that it is refused and changes nothing but the audit log."""
    before = snapshot(use_cases)
    with pytest.raises(error):
        await use_cases.reset_factor(actor, command)
    assert snapshot(use_cases) == before
    assert not await entries(use_cases, "second_factor.reset")


def snapshot(use_cases: AccountUseCases) -> Any:
    """All rows, and the provider's second factors."""
    rows = {name: dict(table) for name, table in use_cases.world.store.tables.items() if table and name != "audit"}
    return rows, {key: person.secret for key, person in use_cases.pool.people.items()}
