"""Every door that asks for a code takes it as people type and paste it: with blanks, dashes, digits in full width."""

from collections.abc import Callable

import pytest

from portal_core.accounts.use_cases.change_password import ChangePasswordCommand
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactorCommand
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.reset_password import ResetPasswordCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from tests.support.contracts.accounts.world import DATE_OF_BIRTH
from tests.unit.accounts.use_cases import ANN, OTHER, PASSWORD, STEP, AccountUseCases

Typed = Callable[[str], str]


def in_groups(code: str) -> str:
    return f" {code[:3]} {code[3:]}\n"


def with_long_dashes(code: str) -> str:
    return "\N{EN DASH}".join((code[:2], code[2:4], code[4:]))


def in_full_width(code: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if one.isdecimal() else one for one in code)


ways = pytest.mark.parametrize("typed", [in_groups, with_long_dashes, in_full_width])


@ways
async def test_mailed_codes(typed: Typed) -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await use_cases.register(use_cases.visitor(), RegisterAccountCommand(ANN, DATE_OF_BIRTH))
    await use_cases.work()
    code = typed(use_cases.mailed()[-1])
    await use_cases.verify(use_cases.visitor(), VerifyEmailCommand(ANN, code, PASSWORD))
    await use_cases.request_password_reset(use_cases.visitor(), RequestPasswordResetCommand(ANN))
    await use_cases.work()
    code = typed(use_cases.mailed()[-1])
    await use_cases.reset(use_cases.visitor(), ResetPasswordCommand(ANN, code, OTHER))
    assert await use_cases.signed_in(ANN, OTHER)


@ways
async def test_codes_of_the_second_factor(typed: Typed) -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    secret = (await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))).secret
    recovery = await use_cases.confirm(actor, ConfirmSecondFactorCommand(typed(use_cases.totp(secret))))
    use_cases.world.clock.advance(2 * STEP)
    assert await use_cases.answer_challenge(await use_cases.challenge(), typed(use_cases.totp(secret)))
    assert await use_cases.answer_challenge(await use_cases.challenge(), typed(recovery.codes[0].lower()))
    use_cases.world.clock.advance(2 * STEP)
    for code, before, after in ((use_cases.totp(secret), PASSWORD, OTHER), (recovery.codes[1], OTHER, PASSWORD)):
        await use_cases.change_password(actor, ChangePasswordCommand(before, after, typed(code)))
