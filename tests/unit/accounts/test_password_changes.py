"""Password resets and password changes."""

from datetime import timedelta

import pytest

from portal_core.accounts.errors import (
    CodeRefused,
    InvalidPassword,
    SignInLocked,
    SignInRefused,
    WrongPassword,
)
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.model import ExternalIdentity, Side
from portal_core.accounts.use_cases.change_password import ChangePasswordCommand
from portal_core.accounts.use_cases.close_account import CloseAccountCommand
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactorCommand
from portal_core.accounts.use_cases.renew_recovery_codes import RenewRecoveryCodesCommand
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.reset_password import ResetPasswordCommand
from portal_core.kernel.errors import Invalid, RateLimited, Unauthenticated
from tests.unit.accounts.call_recorder import record_calls
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, PASSWORD, STAFF, AccountUseCases

EVE = "eve@example.org"
HOUR = timedelta(hours=1)


async def request_reset(use_cases: AccountUseCases, email: str = ANN, side: Side = "portal") -> None:
    await use_cases.request_password_reset(use_cases.visitor(), RequestPasswordResetCommand(email, side))


async def reset(
    use_cases: AccountUseCases,
    email: str,
    code: str,
    password: str = OTHER,
    side: Side = "portal",
    *,
    address: str = "",
) -> None:
    await use_cases.reset(use_cases.visitor(address), ResetPasswordCommand(email, code, password, side))


# --- forgotten --------------------------------------------------------------------------------------------------------


async def test_forgotten_password_is_reset_by_email_holder() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    await request_reset(use_cases, "ANN@Example.org ")
    assert await use_cases.work() == [("reset_password", account.id)]
    await reset(use_cases, ANN, use_cases.mailed()[-1])
    assert await use_cases.work() == [("password_changed", account.id)]
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in()
    await use_cases.signed_in(password=OTHER)
    assert "account.password_reset" in await use_cases.actions()
    told = ("password_reset", {"account_id": account.id, "client_id": account.client_id})
    assert (await use_cases.world.jobs()).count(told) == 1


async def test_staff_reset_on_their_side() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    await use_cases.add_client_account(STAFF)
    await use_cases.reset_forgotten_password(STAFF, OTHER, side="practice")
    await use_cases.signed_in(STAFF, OTHER, side="practice")
    await use_cases.signed_in(STAFF, PASSWORD)


async def test_reset_request_is_uniform_and_mails_only_accounts() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    unverified = await use_cases.world.account(BOB, status="unverified")
    await use_cases.world.account("closed@example.org", status="closed")
    external = await use_cases.add_staff_account()
    rows = use_cases.world.store.table("accounts")
    rows[external.practice_id, external.id] = external.link(ExternalIdentity("i", "s"))
    await use_cases.work()
    steps = []
    for email in (ANN, BOB, "closed@example.org", EVE, STAFF):
        with record_calls(use_cases) as calls:
            await request_reset(use_cases, email, "practice" if email == STAFF else "portal")
        steps.append(calls)
    assert all(calls == steps[0] for calls in steps)
    assert await use_cases.work() == [("reset_password", account.id), ("verify_email", unverified.id)]


async def test_three_reset_requests_an_hour_per_email() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    for email in (ANN, EVE):
        for _ in range(3):
            await request_reset(use_cases, email)
        with pytest.raises(RateLimited):
            await request_reset(use_cases, email)
    await request_reset(use_cases, ANN, "practice")
    use_cases.world.clock.advance(HOUR)
    await request_reset(use_cases)


@pytest.mark.parametrize("who", ["active", "unverified", "unknown", "closed"])
async def test_wrong_code_and_unknown_email_are_indistinguishable(who: str) -> None:
    use_cases = AccountUseCases()
    if who != "unknown":
        account = await use_cases.world.account(ANN, status=who)  # type: ignore[arg-type]
        await use_cases.codes.send(Credential.of(account), "reset_password")
    with record_calls(use_cases) as calls, pytest.raises(CodeRefused) as refused:
        await reset(use_cases, ANN, "WRONG")
    plain = AccountUseCases()
    with record_calls(plain) as expected, pytest.raises(CodeRefused) as unknown:
        await reset(plain, ANN, "WRONG")
    assert calls == expected
    assert refused.value.fields == unknown.value.fields


async def test_reset_code_does_not_activate_unverified_account() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.world.account(ANN, status="unverified")
    await use_cases.codes.send(Credential.of(account), "reset_password")
    with pytest.raises(CodeRefused):
        await reset(use_cases, ANN, use_cases.mailed()[-1])
    assert (await use_cases.account()).status == "unverified"


async def test_ten_code_attempts_an_hour_from_one_address() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await request_reset(use_cases)
    await use_cases.work()
    for _ in range(10):
        with pytest.raises(CodeRefused):
            await reset(use_cases, ANN, "WRONG", address="192.0.2.9")
    with pytest.raises(RateLimited):
        await reset(use_cases, ANN, use_cases.mailed()[-1], address="192.0.2.9")
    await use_cases.signed_in()
    await reset(use_cases, ANN, use_cases.mailed()[-1])  # from her own address: no stranger can lock her out


async def test_fifty_code_attempts_an_hour_from_all_addresses() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()  # uses one attempt, to verify the email
    await request_reset(use_cases)
    await use_cases.work()
    for _ in range(49):
        with pytest.raises(CodeRefused):
            await reset(use_cases, ANN, "WRONG")
    with pytest.raises(RateLimited):
        await reset(use_cases, ANN, use_cases.mailed()[-1])


async def test_reset_lifts_lockout() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await use_cases.attempt_sign_in(ANN, "wrong")
    with pytest.raises(SignInLocked):
        await use_cases.attempt_sign_in()
    await use_cases.reset_forgotten_password()
    await use_cases.signed_in(password=OTHER)


async def test_invalid_password_does_not_use_up_code() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await request_reset(use_cases)
    await use_cases.work()
    with pytest.raises(InvalidPassword):
        await reset(use_cases, ANN, use_cases.mailed()[-1], "short")
    await reset(use_cases, ANN, use_cases.mailed()[-1])


async def test_account_closed_during_provider_call_is_not_reset() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    await request_reset(use_cases)
    await use_cases.work()
    redeem = use_cases.codes.redeem

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        use_cases.world.store.table("accounts").pop((account.practice_id, account.id))
        return await redeem(*arguments)

    object.__setattr__(use_cases.reset, "codes", _RedeemHook(slow))
    with pytest.raises(CodeRefused):
        await reset(use_cases, ANN, use_cases.mailed()[-1])


class _RedeemHook:
    def __init__(self, redeem) -> None:  # type: ignore[no-untyped-def]
        self.redeem = redeem


# --- changed ----------------------------------------------------------------------------------------------------------


async def test_password_change_ends_other_sessions() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    mine, other = await use_cases.signed_in(), await use_cases.signed_in()
    await use_cases.work()
    await use_cases.change_password(await use_cases.holder(mine), ChangePasswordCommand(PASSWORD, OTHER))
    assert await use_cases.work() == [("password_changed", account.id)]
    assert await use_cases.holder(mine)
    with pytest.raises(Unauthenticated):
        await use_cases.holder(other)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in()
    await use_cases.signed_in(password=OTHER)


async def test_correct_current_passwords_are_unlimited() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    for _ in range(6):
        await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, OTHER))
        await use_cases.change_password(actor, ChangePasswordCommand(OTHER, PASSWORD))


async def test_password_change_requires_current_password_with_five_attempts() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens, other = await use_cases.signed_in(), await use_cases.signed_in()
    actor = await use_cases.holder(tokens)
    for _ in range(5):
        with pytest.raises(WrongPassword) as refused:
            await use_cases.change_password(actor, ChangePasswordCommand("wrong", OTHER))
    assert [(f.path, f.code) for f in refused.value.fields] == [("current_password", "wrong_password")]
    with pytest.raises(RateLimited):
        await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, OTHER))
    assert await use_cases.holder(other)
    await use_cases.signed_in()


async def test_password_must_not_contain_personal_details() -> None:
    use_cases = AccountUseCases()
    client_id = await use_cases.world.add_client(ANN, names=("Wilhelmina", "Oppenheimer", "Billie"))
    account = await use_cases.world.account(ANN, client_id=client_id)
    await use_cases.passwords.create(Credential.of(account), PASSWORD)
    actor = await use_cases.holder(await use_cases.signed_in())
    for bad in ("Wilhelmina 1990", "oppenheimer-ann", "Elm Street 2026", "BILLIE billie 1", f"{ANN} now"):
        with pytest.raises(InvalidPassword) as invalid:
            await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, bad))
        assert [(f.path, f.code) for f in invalid.value.fields] == [("new_password", "password_from_context")]
    await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, "Wilhelmina rides old tractors"))


async def test_password_change_requires_the_second_factor_where_one_is_enrolled() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    secret, _ = await use_cases.enrolled(tokens)
    actor = await use_cases.holder(tokens)
    for _ in range(6):  # leaving it out is no guess
        with pytest.raises(Invalid) as refused:
            await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, OTHER))
        assert [(f.path, f.code) for f in refused.value.fields] == [("code", "required")]
    with pytest.raises(CodeRefused):
        await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, OTHER, "000000"))
    code = use_cases.totp(secret)
    await use_cases.change_password(actor, ChangePasswordCommand(PASSWORD, OTHER, f" {code[:3]} {code[3:]} "))
    await use_cases.challenge(password=OTHER)


@pytest.mark.parametrize("crash", ["provider", "after"])
async def test_crash_during_password_change_leaves_no_other_session(crash: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    mine, other = await use_cases.signed_in(), await use_cases.signed_in()

    class FailingPasswords:
        async def set(self, credential: Credential, password: str) -> None:
            if crash == "after":
                await use_cases.passwords.set(credential, password)
            raise ConnectionError

    object.__setattr__(use_cases.change_password, "passwords", FailingPasswords())
    with pytest.raises(ConnectionError):
        await use_cases.change_password(await use_cases.holder(mine), ChangePasswordCommand(PASSWORD, OTHER))
    assert await use_cases.holder(mine)
    with pytest.raises(Unauthenticated):
        await use_cases.holder(other)


async def test_account_changes_require_sign_in() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    visitor = use_cases.visitor()
    for run in (
        use_cases.change_password(visitor, ChangePasswordCommand(PASSWORD, OTHER)),
        use_cases.close(visitor, CloseAccountCommand(PASSWORD)),
        use_cases.enroll(visitor, EnrollSecondFactorCommand(PASSWORD)),
        use_cases.confirm(visitor, ConfirmSecondFactorCommand("1")),
        use_cases.renew_codes(visitor, RenewRecoveryCodesCommand(PASSWORD, "1")),
        use_cases.list_sessions(visitor),
        use_cases.end_session(visitor, use_cases.world.ids.new()),
        use_cases.close(use_cases.system, CloseAccountCommand(PASSWORD)),
    ):
        with pytest.raises(Unauthenticated):
            await run
