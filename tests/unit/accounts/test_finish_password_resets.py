"""A job finishes a password reset that failed between the identity provider and the portal."""

from datetime import timedelta

import pytest
from attrs import evolve, frozen

from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.identity_provider import Credential, MailedCodePurpose, MailedCodes, Passwords
from portal_core.accounts.use_cases.finish_password_resets import STALE_RESET_AGE
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.reset_password import ResetPassword, ResetPasswordCommand
from portal_core.kernel.errors import Forbidden, Unauthenticated
from tests.unit.accounts.use_cases import ANN, OTHER, PASSWORD, AccountUseCases

EVE = "eve@example.org"
LATER = STALE_RESET_AGE + timedelta(seconds=1)


@frozen
class LosingResponses(MailedCodes):
    """A provider that carries out the call, but whose response is lost."""

    real: MailedCodes

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        await self.real.send(credential, purpose)

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        await self.real.redeem(credential, purpose, code, password)
        raise ConnectionError


async def reset_requested() -> tuple[AccountUseCases, str]:
    """The use cases, and the code mailed to Ann."""
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await use_cases.request_password_reset(use_cases.visitor(), RequestPasswordResetCommand(ANN))
    await use_cases.work()
    return use_cases, use_cases.mailed()[-1]


async def lose_reset_response(use_cases: AccountUseCases, code: str, email: str = ANN) -> None:
    """Reset a password with the provider's response lost."""
    lost: ResetPassword = evolve(use_cases.reset, codes=LosingResponses(use_cases.codes))
    with pytest.raises(ConnectionError):
        await lost(use_cases.visitor(), ResetPasswordCommand(email, code, OTHER))


async def test_crash_after_reset_ends_sessions_and_notifies() -> None:
    use_cases, code = await reset_requested()
    thief = await use_cases.signed_in()
    account = await use_cases.account()
    await lose_reset_response(use_cases, code)
    with pytest.raises(CodeRefused):
        await use_cases.reset(use_cases.visitor(), ResetPasswordCommand(ANN, code, OTHER))
    await use_cases.finish_password_resets(use_cases.system)
    assert await use_cases.holder(thief)  # too early: the reset may still be running
    use_cases.world.clock.advance(LATER)
    await use_cases.finish_password_resets(use_cases.system)
    with pytest.raises(Unauthenticated):
        await use_cases.holder(thief)
    assert await use_cases.work() == [("password_changed", account.id)]
    assert (await use_cases.actions()).count("account.password_reset") == 1
    mine = await use_cases.signed_in(password=OTHER)
    await use_cases.finish_password_resets(use_cases.system)
    assert await use_cases.holder(mine)


async def test_crash_with_wrong_code_signs_nobody_out() -> None:
    use_cases, _ = await reset_requested()
    mine = await use_cases.signed_in()
    use_cases.world.clock.advance(timedelta(seconds=1))
    await lose_reset_response(use_cases, "WRONG")
    await lose_reset_response(use_cases, "WRONG", EVE)
    use_cases.world.clock.advance(LATER)
    await use_cases.finish_password_resets(use_cases.system)
    assert await use_cases.holder(mine)
    assert await use_cases.work() == []
    assert use_cases.world.store.table("email_requests") == {}
    await use_cases.signed_in()


@pytest.mark.parametrize("right", [True, False])
async def test_completed_reset_is_not_finished_again(right: bool) -> None:
    use_cases, code = await reset_requested()
    if right:
        await use_cases.reset(use_cases.visitor(), ResetPasswordCommand(ANN, code, OTHER))
    else:
        with pytest.raises(CodeRefused):
            await use_cases.reset(use_cases.visitor(), ResetPasswordCommand(ANN, "WRONG", OTHER))
    mine = await use_cases.signed_in(password=OTHER if right else PASSWORD)
    use_cases.world.clock.advance(LATER)
    await use_cases.finish_password_resets(use_cases.system)
    assert await use_cases.holder(mine)


async def test_concurrent_finish_runs_once() -> None:
    use_cases, code = await reset_requested()
    await lose_reset_response(use_cases, code)
    use_cases.world.clock.advance(LATER)

    class Slow:
        async def was_set_since(self, credential: Credential, at: object) -> bool:
            await use_cases.finish_password_resets(use_cases.system)
            return True

    slow: Passwords = Slow()  # type: ignore[assignment]
    await evolve(use_cases.finish_password_resets, passwords=slow)(use_cases.system)
    assert (await use_cases.actions()).count("account.password_reset") == 1


async def test_finish_job_ignores_visitor_requests() -> None:
    use_cases, _ = await reset_requested()
    await use_cases.request_password_reset(use_cases.visitor(), RequestPasswordResetCommand(ANN))
    use_cases.world.clock.advance(LATER)
    await use_cases.finish_password_resets(use_cases.system)
    assert [kind for kind, _ in await use_cases.work()] == ["reset_password"]


async def test_only_the_system_finishes_resets() -> None:
    use_cases = AccountUseCases()
    with pytest.raises(Forbidden):
        await use_cases.finish_password_resets(use_cases.visitor())
