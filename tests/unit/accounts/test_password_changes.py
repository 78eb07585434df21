"""Forgotten and changed passwords, and closed accounts."""

from datetime import timedelta

import pytest
from attrs import evolve

from portal_core.accounts.errors import (
    AccountNotOpen,
    CodeRefused,
    PasswordRefused,
    PasswordUnfit,
    SignInLocked,
    SignInRefused,
)
from portal_core.accounts.identity import Credential, Refused
from portal_core.accounts.model import ExternalIdentity, Side
from portal_core.accounts.use_cases.change_password import ChangePasswordCommand
from portal_core.accounts.use_cases.close_account import CloseAccountCommand
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.request_password_reset import RequestPasswordResetCommand
from portal_core.accounts.use_cases.reset_password import ResetPasswordCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.support.contracts.accounts.world import BORN
from tests.unit.accounts.call_recorder import counted
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, PASSWORD, STAFF, FrontDoor

EVE = "eve@example.org"
HOUR = timedelta(hours=1)


async def forget(door: FrontDoor, email: str = ANN, side: Side = "portal") -> None:
    await door.forgot(door.visitor(), RequestPasswordResetCommand(email, side))


async def reset(
    door: FrontDoor, email: str, code: str, password: str = OTHER, side: Side = "portal", *, address: str = ""
) -> None:
    await door.reset(door.visitor(address), ResetPasswordCommand(email, code, password, side))


# --- forgotten --------------------------------------------------------------------------------------------------------


async def test_a_forgotten_password_is_replaced_by_the_holder_of_the_email() -> None:
    door = FrontDoor()
    account = await door.joined()
    await forget(door, "ANN@Example.org ")
    assert await door.work() == [("reset_password", account.id)]
    await reset(door, ANN, door.mailed()[-1])
    assert await door.work() == [("password_changed", account.id)]
    with pytest.raises(SignInRefused):
        await door.try_in()
    await door.signed_in(password=OTHER)
    assert "account.password_reset" in await door.actions()


async def test_staff_reset_on_their_side() -> None:
    door = FrontDoor()
    await door.hired()
    await door.joined(STAFF)
    await door.forgotten(STAFF, OTHER, side="practice")
    await door.signed_in(STAFF, OTHER, side="practice")
    await door.signed_in(STAFF, PASSWORD)


async def test_asking_takes_the_same_steps_for_everybody_and_only_accounts_get_mail() -> None:
    door = FrontDoor()
    account = await door.joined()
    waiting = await door.world.account(BOB, status="unverified")
    await door.world.account("closed@example.org", status="closed")
    external = await door.hired()
    rows = door.world.store.table("accounts")
    rows[external.practice_id, external.id] = external.link(ExternalIdentity("i", "s"))
    await door.work()
    steps = []
    for email in (ANN, BOB, "closed@example.org", EVE, STAFF):
        with counted(door) as calls:
            await forget(door, email, "practice" if email == STAFF else "portal")
        steps.append(calls)
    assert all(calls == steps[0] for calls in steps)
    assert await door.work() == [("reset_password", account.id), ("verify_email", waiting.id)]


async def test_three_requests_an_hour_for_one_email_known_or_not() -> None:
    door = FrontDoor()
    await door.joined()
    for email in (ANN, EVE):
        for _ in range(3):
            await forget(door, email)
        with pytest.raises(RateLimited):
            await forget(door, email)
    await forget(door, ANN, "practice")
    door.world.clock.advance(HOUR)
    await forget(door)


@pytest.mark.parametrize("who", ["active", "unverified", "unknown", "closed"])
async def test_a_wrong_code_and_an_unknown_email_are_one_answer_by_the_same_steps(who: str) -> None:
    door = FrontDoor()
    if who != "unknown":
        account = await door.world.account(ANN, status=who)  # type: ignore[arg-type]
        await door.codes.send(Credential.of(account), "reset_password")
    with counted(door) as calls, pytest.raises(CodeRefused) as refused:
        await reset(door, ANN, "WRONG")
    plain = FrontDoor()
    with counted(plain) as expected, pytest.raises(CodeRefused) as unknown:
        await reset(plain, ANN, "WRONG")
    assert calls == expected
    assert refused.value.fields == unknown.value.fields


async def test_a_reset_code_opens_no_account_whose_email_is_unproven() -> None:
    door = FrontDoor()
    account = await door.world.account(ANN, status="unverified")
    await door.codes.send(Credential.of(account), "reset_password")
    with pytest.raises(CodeRefused):
        await reset(door, ANN, door.mailed()[-1])
    assert (await door.account()).status == "unverified"


async def test_ten_tries_an_hour_at_a_code_from_one_address() -> None:
    door = FrontDoor()
    await door.joined()
    await forget(door)
    await door.work()
    for _ in range(10):
        with pytest.raises(CodeRefused):
            await reset(door, ANN, "WRONG", address="192.0.2.9")
    with pytest.raises(RateLimited):
        await reset(door, ANN, door.mailed()[-1], address="192.0.2.9")
    await door.signed_in()
    await reset(door, ANN, door.mailed()[-1])  # she is elsewhere: no stranger keeps her out


async def test_fifty_tries_an_hour_at_a_code_from_all_addresses() -> None:
    door = FrontDoor()
    await door.joined()  # one try, when the email was proven
    await forget(door)
    await door.work()
    for _ in range(49):
        with pytest.raises(CodeRefused):
            await reset(door, ANN, "WRONG")
    with pytest.raises(RateLimited):
        await reset(door, ANN, door.mailed()[-1])


async def test_a_reset_lifts_the_lock() -> None:
    door = FrontDoor()
    await door.joined()
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await door.try_in(ANN, "wrong")
    with pytest.raises(SignInLocked):
        await door.try_in()
    await door.forgotten()
    await door.signed_in(password=OTHER)


async def test_an_unfit_password_does_not_use_up_the_code() -> None:
    door = FrontDoor()
    await door.joined()
    await forget(door)
    await door.work()
    with pytest.raises(PasswordUnfit):
        await reset(door, ANN, door.mailed()[-1], "short")
    await reset(door, ANN, door.mailed()[-1])


async def test_an_account_closed_while_the_provider_answers_is_not_reset() -> None:
    door = FrontDoor()
    account = await door.joined()
    await forget(door)
    await door.work()
    redeem = door.codes.redeem

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        door.world.store.table("accounts").pop((account.practice_id, account.id))
        return await redeem(*arguments)

    object.__setattr__(door.reset, "codes", _Redeems(slow))
    with pytest.raises(CodeRefused):
        await reset(door, ANN, door.mailed()[-1])


class _Redeems:
    def __init__(self, redeem) -> None:  # type: ignore[no-untyped-def]
        self.redeem = redeem


# --- changed ----------------------------------------------------------------------------------------------------------


async def test_a_changed_password_ends_the_other_sessions() -> None:
    door = FrontDoor()
    account = await door.joined()
    mine, other = await door.signed_in(), await door.signed_in()
    await door.work()
    await door.change_password(await door.holder(mine), ChangePasswordCommand(PASSWORD, OTHER))
    assert await door.work() == [("password_changed", account.id)]
    assert await door.holder(mine)
    with pytest.raises(Unauthenticated):
        await door.holder(other)
    with pytest.raises(SignInRefused):
        await door.try_in()
    await door.signed_in(password=OTHER)


async def test_changing_needs_the_present_password_five_tries_at_most() -> None:
    door = FrontDoor()
    await door.joined()
    tokens, other = await door.signed_in(), await door.signed_in()
    actor = await door.holder(tokens)
    for _ in range(5):
        with pytest.raises(PasswordRefused) as refused:
            await door.change_password(actor, ChangePasswordCommand("wrong", OTHER))
    assert [(f.path, f.code) for f in refused.value.fields] == [("current_password", "password_refused")]
    with pytest.raises(RateLimited):
        await door.change_password(actor, ChangePasswordCommand(PASSWORD, OTHER))
    assert await door.holder(other)
    await door.signed_in()


async def test_a_new_password_is_not_made_of_the_person() -> None:
    door = FrontDoor()
    client_id = await door.world.add_client(ANN, names=("Wilhelmina", "Oppenheimer", "Billie"))
    account = await door.world.account(ANN, client_id=client_id)
    await door.passwords.create(Credential.of(account), PASSWORD)
    actor = await door.holder(await door.signed_in())
    for bad in ("Wilhelmina 1990", "oppenheimer-ann", "Elm Street 2026", "BILLIE billie 1", f"{ANN} now"):
        with pytest.raises(PasswordUnfit) as unfit:
            await door.change_password(actor, ChangePasswordCommand(PASSWORD, bad))
        assert [(f.path, f.code) for f in unfit.value.fields] == [("new_password", "password_from_context")]
    await door.change_password(actor, ChangePasswordCommand(PASSWORD, "Wilhelmina rides old tractors"))


async def test_a_second_factor_is_not_asked_for_to_change_a_password() -> None:
    door = FrontDoor()
    await door.joined()
    tokens = await door.signed_in()
    await door.enrolled(tokens)
    await door.change_password(await door.holder(tokens), ChangePasswordCommand(PASSWORD, OTHER))
    await door.asked(password=OTHER)


@pytest.mark.parametrize("crash", ["provider", "after"])
async def test_a_crash_while_changing_leaves_no_other_session(crash: str) -> None:
    door = FrontDoor()
    await door.joined()
    mine, other = await door.signed_in(), await door.signed_in()

    class Falling:
        async def set(self, credential: Credential, password: str) -> None:
            if crash == "after":
                await door.passwords.set(credential, password)
            raise ConnectionError

    object.__setattr__(door.change_password, "passwords", Falling())
    with pytest.raises(ConnectionError):
        await door.change_password(await door.holder(mine), ChangePasswordCommand(PASSWORD, OTHER))
    assert await door.holder(mine)
    with pytest.raises(Unauthenticated):
        await door.holder(other)


async def test_nobody_changes_anything_without_being_signed_in() -> None:
    door = FrontDoor()
    await door.joined()
    visitor = door.visitor()
    for run in (
        door.change_password(visitor, ChangePasswordCommand(PASSWORD, OTHER)),
        door.close(visitor, CloseAccountCommand(PASSWORD)),
        door.enroll(visitor, PASSWORD),
        door.confirm(visitor, "1"),
        door.renew_codes(visitor, PASSWORD),
        door.list_sessions(visitor),
        door.end_session(visitor, door.world.ids.new()),
        door.close(door.system, CloseAccountCommand(PASSWORD)),
    ):
        with pytest.raises(Unauthenticated):
            await run


# --- closed -----------------------------------------------------------------------------------------------------------


async def test_a_closed_account_signs_in_no_more_and_the_record_stays() -> None:
    door = FrontDoor()
    account = await door.joined()
    tokens = await door.signed_in()
    await door.work()
    await door.close(await door.holder(tokens), CloseAccountCommand(PASSWORD))
    assert (account.practice_id, account.client_id) in door.world.store.table("clients")
    with pytest.raises(Unauthenticated):
        await door.holder(tokens)
    with pytest.raises(SignInRefused):
        await door.try_in()
    assert not isinstance(await door.passwords.check(Credential.of(account), PASSWORD), Refused)
    assert ("drop_calendar_feed", {"client_id": account.client_id}) in await door.world.jobs()
    assert await door.work() == [("account_closed", account.id)]
    assert isinstance(await door.passwords.check(Credential.of(account), PASSWORD), Refused)
    assert "credential.disabled" in await door.actions()
    await forget(door)
    assert await door.work() == []


async def test_closing_needs_the_password_and_the_second_factor() -> None:
    door = FrontDoor()
    await door.joined()
    tokens = await door.signed_in()
    secret, _ = await door.enrolled(tokens)
    actor = await door.holder(tokens)
    with pytest.raises(PasswordRefused):
        await door.close(actor, CloseAccountCommand(OTHER, door.totp(secret)))
    with pytest.raises(CodeRefused):
        await door.close(actor, CloseAccountCommand(PASSWORD))
    assert (await door.account()).status == "active"
    await door.close(actor, CloseAccountCommand(PASSWORD, door.totp(secret)))
    with pytest.raises(Unauthenticated):
        await door.close(actor, CloseAccountCommand(PASSWORD, door.totp(secret)))


async def test_who_closed_an_account_may_register_again_with_nothing_of_the_old() -> None:
    door = FrontDoor()
    first = await door.joined()
    tokens = await door.signed_in()
    await door.close(await door.holder(tokens), CloseAccountCommand(PASSWORD))
    await door.work()
    await door.register(door.visitor(), RegisterAccountCommand(ANN, BORN))
    await door.work()
    await door.verify(door.visitor(), VerifyEmailCommand(ANN, door.mailed()[-1], OTHER))
    second = await door.account()
    assert second.id != first.id
    await door.signed_in(password=OTHER)
    with pytest.raises(SignInRefused):
        await door.try_in()


async def test_closing_twice_is_refused_by_the_account_itself() -> None:
    door = FrontDoor()
    account = await door.joined()
    closed = account.close(door.world.clock.now())
    for act in (lambda: closed.close(door.world.clock.now()), closed.activate, account.activate):
        with pytest.raises(AccountNotOpen):
            act()
    assert account.change_email(BOB) == evolve(account, email=BOB, version=account.version + 1)


async def test_only_a_closed_accounts_credential_is_disabled() -> None:
    door = FrontDoor()
    account = await door.joined()
    for account_id in (account.id, door.world.ids.new()):
        await door.disable(door.system, account_id)
    await door.signed_in()
    assert "credential.disabled" not in await door.actions()
