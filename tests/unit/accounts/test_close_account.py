"""Closing one's own account."""

from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.accounts.errors import (
    AccountNotOpen,
    CodeRefused,
    SignInRefused,
    WrongPassword,
)
from portal_core.accounts.identity_provider import Credential, Refused
from portal_core.accounts.use_cases.close_account import CloseAccountCommand
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from portal_core.kernel.errors import Invalid, Unauthenticated
from portal_core.people.errors import LastAdministrator
from tests.support.contracts.accounts.world import DATE_OF_BIRTH
from tests.unit.accounts.test_password_changes import request_reset
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, PASSWORD, STAFF, AccountUseCases

EVE = "eve@example.org"
HOUR = timedelta(hours=1)


async def test_closed_account_cannot_sign_in_and_record_stays() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    await use_cases.work()
    await use_cases.close(await use_cases.holder(tokens), CloseAccountCommand(PASSWORD))
    assert (account.practice_id, account.client_id) in use_cases.world.store.table("clients")
    with pytest.raises(Unauthenticated):
        await use_cases.holder(tokens)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in()
    assert not isinstance(await use_cases.passwords.check(Credential.of(account), PASSWORD), Refused)
    assert (
        "account_closed",
        {"account_id": account.id, "client_id": account.client_id},
    ) in await use_cases.world.jobs()
    assert await use_cases.work() == [("account_closed", account.id)]
    assert isinstance(await use_cases.passwords.check(Credential.of(account), PASSWORD), Refused)
    assert "credential.disabled" in await use_cases.actions()
    await request_reset(use_cases)
    assert await use_cases.work() == []


async def test_closing_account_requires_password_and_second_factor() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    secret, _ = await use_cases.enrolled(tokens)
    actor = await use_cases.holder(tokens)
    with pytest.raises(WrongPassword):
        await use_cases.close(actor, CloseAccountCommand(OTHER, use_cases.totp(secret)))
    with pytest.raises(CodeRefused):
        await use_cases.close(actor, CloseAccountCommand(PASSWORD, "000000"))
    with pytest.raises(Invalid):
        await use_cases.close(actor, CloseAccountCommand(PASSWORD))
    assert (await use_cases.account()).status == "active"
    await use_cases.close(actor, CloseAccountCommand(PASSWORD, use_cases.totp(secret)))
    with pytest.raises(Unauthenticated):
        await use_cases.close(actor, CloseAccountCommand(PASSWORD, use_cases.totp(secret)))


async def test_last_administrator_with_an_account_cannot_close_it() -> None:
    use_cases = AccountUseCases()
    accounts = {}
    for email in (STAFF, "lena@elm.example.org", "kim@elm.example.org"):
        staff_id = await use_cases.world.add_staff(email, ("administrator",))
        if email != "kim@elm.example.org":  # invited, without an account
            accounts[email] = await use_cases.world.account(email, kind="staff", staff_id=staff_id)
            await use_cases.passwords.create(Credential.of(accounts[email]), PASSWORD)
    actors = {email: await use_cases.holder(await use_cases.open_session_for(one)) for email, one in accounts.items()}
    await use_cases.close(actors[STAFF], CloseAccountCommand(PASSWORD))
    with pytest.raises(LastAdministrator):
        await use_cases.close(actors["lena@elm.example.org"], CloseAccountCommand(PASSWORD))
    assert (await use_cases.account("lena@elm.example.org", "practice")).status == "active"


async def test_register_again_after_closing() -> None:
    use_cases = AccountUseCases()
    first = await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    await use_cases.close(await use_cases.holder(tokens), CloseAccountCommand(PASSWORD))
    await use_cases.work()
    await use_cases.register(use_cases.visitor(), RegisterAccountCommand(ANN, DATE_OF_BIRTH))
    await use_cases.work()
    await use_cases.verify(use_cases.visitor(), VerifyEmailCommand(ANN, use_cases.mailed()[-1], OTHER))
    second = await use_cases.account()
    assert second.id != first.id
    await use_cases.signed_in(password=OTHER)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in()


async def test_closed_account_cannot_be_closed_again() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    closed = account.close(use_cases.world.clock.now())
    for act in (lambda: closed.close(use_cases.world.clock.now()), closed.activate, account.activate):
        with pytest.raises(AccountNotOpen):
            act()
    assert account.change_email(BOB) == evolve(account, email=BOB, version=account.version + 1)


async def test_only_credential_of_closed_account_is_disabled() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    for account_id in (account.id, use_cases.world.ids.new()):
        await use_cases.disable(use_cases.system, account_id)
    await use_cases.signed_in()
    assert "credential.disabled" not in await use_cases.actions()
