"""A reset that broke between the identity provider and the portal is finished by a job."""

from datetime import timedelta

import pytest
from attrs import evolve, frozen

from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.identity import Credential, MailedCodePurpose, MailedCodes, Passwords
from portal_core.accounts.use_cases.finish_resets import UNHEARD_FOR
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.reset_password import ResetPassword, ResetPasswordCommand
from portal_core.kernel.errors import Forbidden, Unauthenticated
from tests.unit.accounts.use_cases import ANN, OTHER, PASSWORD, FrontDoor

EVE = "eve@example.org"
LATER = UNHEARD_FOR + timedelta(seconds=1)


@frozen
class Lost(MailedCodes):
    """The provider decides; its answer is never heard."""

    real: MailedCodes

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        await self.real.send(credential, purpose)

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        await self.real.redeem(credential, purpose, code, password)
        raise ConnectionError


async def asked() -> tuple[FrontDoor, str]:
    """The door, and the code in Ann's mail."""
    door = FrontDoor()
    await door.joined()
    await door.forgot(door.visitor(), RequestPasswordResetCommand(ANN))
    await door.work()
    return door, door.mailed()[-1]


async def broken(door: FrontDoor, code: str, email: str = ANN) -> None:
    """A reset whose answer is lost."""
    lost: ResetPassword = evolve(door.reset, codes=Lost(door.codes))
    with pytest.raises(ConnectionError):
        await lost(door.visitor(), ResetPasswordCommand(email, code, OTHER))


async def test_a_crash_after_the_password_is_set_leaves_no_session_and_the_account_is_told() -> None:
    door, code = await asked()
    thief = await door.signed_in()
    account = await door.account()
    await broken(door, code)
    with pytest.raises(CodeRefused):
        await door.reset(door.visitor(), ResetPasswordCommand(ANN, code, OTHER))
    await door.finish_resets(door.system)
    assert await door.holder(thief)  # too early to say that nobody finishes it
    door.world.clock.advance(LATER)
    await door.finish_resets(door.system)
    with pytest.raises(Unauthenticated):
        await door.holder(thief)
    assert await door.work() == [("password_changed", account.id)]
    assert (await door.actions()).count("account.password_reset") == 1
    mine = await door.signed_in(password=OTHER)
    await door.finish_resets(door.system)
    assert await door.holder(mine)


async def test_a_crash_with_a_wrong_code_signs_nobody_out() -> None:
    door, _ = await asked()
    mine = await door.signed_in()
    door.world.clock.advance(timedelta(seconds=1))
    await broken(door, "WRONG")
    await broken(door, "WRONG", EVE)
    door.world.clock.advance(LATER)
    await door.finish_resets(door.system)
    assert await door.holder(mine)
    assert await door.work() == []
    assert door.world.store.table("enquiries") == {}
    await door.signed_in()


@pytest.mark.parametrize("right", [True, False])
async def test_what_was_heard_is_not_finished_again(right: bool) -> None:
    door, code = await asked()
    if right:
        await door.reset(door.visitor(), ResetPasswordCommand(ANN, code, OTHER))
    else:
        with pytest.raises(CodeRefused):
            await door.reset(door.visitor(), ResetPasswordCommand(ANN, "WRONG", OTHER))
    mine = await door.signed_in(password=OTHER if right else PASSWORD)
    door.world.clock.advance(LATER)
    await door.finish_resets(door.system)
    assert await door.holder(mine)


async def test_of_two_that_finish_one_reset_one_does() -> None:
    door, code = await asked()
    await broken(door, code)
    door.world.clock.advance(LATER)

    class Slow:
        async def set_since(self, credential: Credential, at: object) -> bool:
            await door.finish_resets(door.system)
            return True

    slow: Passwords = Slow()  # type: ignore[assignment]
    await evolve(door.finish_resets, passwords=slow)(door.system)
    assert (await door.actions()).count("account.password_reset") == 1


async def test_questions_of_visitors_are_left_to_their_own_job() -> None:
    door, _ = await asked()
    await door.forgot(door.visitor(), RequestPasswordResetCommand(ANN))
    door.world.clock.advance(LATER)
    await door.finish_resets(door.system)
    assert [kind for kind, _ in await door.work()] == ["reset_password"]


async def test_only_the_system_finishes_resets() -> None:
    door = FrontDoor()
    with pytest.raises(Forbidden):
        await door.finish_resets(door.visitor())
