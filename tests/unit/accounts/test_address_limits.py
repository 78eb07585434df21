"""What one address may ask for, whatever the emails."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from portal_core.accounts.errors import CodeRefused
from portal_core.accounts.policy import (
    CODES_BY_ADDRESS,
    FORGOT_BY_ADDRESS,
    NETWORK_FACTOR,
    REGISTER_BY_ADDRESS,
    RESEND_BY_ADDRESS,
    AddressLimit,
    site_key,
)
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerificationCommand
from portal_core.accounts.use_cases.reset_password import ResetPasswordCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from portal_core.kernel.errors import RateLimited
from tests.support.contracts.accounts.world import DATE_OF_BIRTH
from tests.unit.accounts.use_cases import PASSWORD, AccountUseCases

Ask = Callable[[AccountUseCases, str, str], Awaitable[object]]


async def register(use_cases: AccountUseCases, email: str, address: str) -> None:
    await use_cases.register(use_cases.visitor(address), RegisterAccountCommand(email, DATE_OF_BIRTH))


async def resend(use_cases: AccountUseCases, email: str, address: str) -> None:
    await use_cases.resend(use_cases.visitor(address), ResendVerificationCommand(email))


async def forgot(use_cases: AccountUseCases, email: str, address: str) -> None:
    await use_cases.request_password_reset(use_cases.visitor(address), RequestPasswordResetCommand(email))


async def guess_verification(use_cases: AccountUseCases, email: str, address: str) -> None:
    with pytest.raises(CodeRefused):
        await use_cases.verify(use_cases.visitor(address), VerifyEmailCommand(email, "WRONG", PASSWORD))


async def guess_reset(use_cases: AccountUseCases, email: str, address: str) -> None:
    with pytest.raises(CodeRefused):
        await use_cases.reset(use_cases.visitor(address), ResetPasswordCommand(email, "WRONG", PASSWORD))


EVERY_DOOR = pytest.mark.parametrize(
    ("ask", "limit"),
    [
        (register, REGISTER_BY_ADDRESS),
        (resend, RESEND_BY_ADDRESS),
        (forgot, FORGOT_BY_ADDRESS),
        (guess_verification, CODES_BY_ADDRESS),
        (guess_reset, CODES_BY_ADDRESS),
    ],
)


@EVERY_DOOR
async def test_one_address_is_limited_whatever_the_emails(ask: Ask, limit: AddressLimit) -> None:
    use_cases = AccountUseCases()
    for number in range(limit.limit.max_attempts):
        await ask(use_cases, f"eve{number}@example.org", "192.0.2.9")
    with pytest.raises(RateLimited):
        await ask(use_cases, "ann@example.org", "192.0.2.9")
    await ask(use_cases, "ann@example.org", "192.0.2.10")
    use_cases.world.clock.advance(timedelta(hours=1))
    await ask(use_cases, "bob@example.org", "192.0.2.9")


@EVERY_DOOR
async def test_the_addresses_of_one_site_are_limited_together(ask: Ask, limit: AddressLimit) -> None:
    use_cases = AccountUseCases()
    for number in range(NETWORK_FACTOR * limit.limit.max_attempts):
        await ask(use_cases, f"eve{number}@example.org", f"2001:db8:7:{number:x}::1")
    with pytest.raises(RateLimited):
        await ask(use_cases, "ann@example.org", "2001:db8:7:ffff::1")
    await ask(use_cases, "ann@example.org", "2001:db8:8::1")


async def test_weak_passwords_are_examined_only_within_the_limit() -> None:
    use_cases = AccountUseCases()
    for number in range(CODES_BY_ADDRESS.limit.max_attempts):
        await guess_reset(use_cases, f"eve{number}@example.org", "192.0.2.9")
    with pytest.raises(RateLimited):
        await use_cases.reset(
            use_cases.visitor("192.0.2.9"), ResetPasswordCommand("a@example.org", "WRONG", "password")
        )


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("192.0.2.9", None),
        ("::ffff:192.0.2.9", None),
        ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ("", None),
        ("unknown", None),
    ],
)
def test_site_of_an_address(address: str, site: str | None) -> None:
    assert site_key(address) == site
