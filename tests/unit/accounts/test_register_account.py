"""Registering, proving an email, and what an outsider learns by it: nothing."""

from datetime import timedelta

import pytest

from portal_core.accounts.errors import CodeRefused, PasswordUnfit, SignInRefused
from portal_core.accounts.identity import Credential
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerificationCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from portal_core.kernel.contact import EmailUnfit
from portal_core.kernel.errors import Forbidden, RateLimited
from tests.support.contracts.accounts.world import BORN
from tests.unit.accounts.call_recorder import counted
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, PASSWORD, FrontDoor

HOUR = timedelta(hours=1)


async def ask(door: FrontDoor, email: str = ANN, days_off: int = 0) -> None:
    await door.register(door.visitor(), RegisterAccountCommand(email, BORN + timedelta(days=days_off)))


async def prove(door: FrontDoor, email: str, code: str, password: str = PASSWORD, *, address: str = "") -> None:
    await door.verify(door.visitor(address), VerifyEmailCommand(email, code, password))


async def test_a_client_registers_proves_their_email_and_signs_in() -> None:
    door = FrontDoor()
    client_id = await door.world.add_client(ANN)
    await door.register(door.visitor(), RegisterAccountCommand("  Ann@Example.ORG ", BORN))
    told = await door.work()
    account = await door.account()
    assert (account.client_id, account.status, account.kind) == (client_id, "unverified", "client")
    assert told == [("verify_email", account.id)]
    await prove(door, "ANN@example.org", f" {door.mailed()[-1]} ")
    assert (await door.account()).status == "active"
    tokens = await door.signed_in("Ann@example.org")
    actor = await door.holder(tokens)
    assert actor.client_id == client_id  # type: ignore[union-attr]
    actions = await door.actions()
    assert [a for a in actions if a.startswith("account.")] == [
        "account.enquired",
        "account.registered",
        "account.verified",
    ]


@pytest.mark.parametrize("who", ["stranger", "wrong birth", "discharged", "twins"])
async def test_who_is_no_client_gets_no_account_and_no_mail(who: str) -> None:
    door = FrontDoor()
    if who != "stranger":
        await door.world.add_client(ANN, status="discharged" if who == "discharged" else "active")
    if who == "twins":
        await door.world.add_client(ANN)
    await ask(door, days_off=1 if who == "wrong birth" else 0)
    assert await door.work() == []
    assert door.world.store.table("accounts") == {}
    assert door.world.store.table("enquiries") == {}
    assert door.pool.mailbox == []


async def test_whoever_has_an_account_is_told_so_by_mail_alone() -> None:
    door = FrontDoor()
    account = await door.joined()
    for days in (0, 1):
        await ask(door, days_off=days)
    assert await door.work() == [("already_registered", account.id)] * 2
    assert len(door.mailed()) == 1


async def test_registering_again_before_the_proof_mails_another_code() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    await ask(door)
    await door.work()
    await ask(door)
    assert await door.work() == [("verify_email", (await door.account()).id)]
    first, second = door.mailed()
    with pytest.raises(CodeRefused):
        await prove(door, ANN, first)
    await prove(door, ANN, second)


async def test_registering_takes_the_same_steps_for_everybody() -> None:
    door = FrontDoor()
    await door.joined(BOB)
    await door.world.add_client(ANN)
    steps = []
    for email, days in ((ANN, 0), (ANN, 1), (BOB, 0), ("eve@example.org", 0)):
        with counted(door) as calls:
            answer = await ask(door, email, days)
        steps.append((answer, calls))
    assert steps[0] == steps[1] == steps[2] == steps[3]
    assert "outbox.defer" in steps[0][1]


async def test_three_times_an_hour_for_one_email_known_or_not() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    for email in (ANN, "eve@example.org"):
        for _ in range(3):
            await ask(door, email)
        with pytest.raises(RateLimited) as limited:
            await ask(door, email.upper())
        assert limited.value.retry_after == 3600
    door.world.clock.advance(HOUR)
    await ask(door)


@pytest.mark.parametrize("status", ["unverified", "active", "none"])
async def test_asking_for_the_code_again(status: str) -> None:
    door = FrontDoor()
    if status == "active":
        await door.joined()
    if status == "unverified":
        await door.world.account(ANN, status="unverified")
    before = len(door.mailed())
    for _ in range(3):
        await door.resend(door.visitor(), ResendVerificationCommand(ANN))
    with pytest.raises(RateLimited):
        await door.resend(door.visitor(), ResendVerificationCommand(ANN))
    told = await door.work()
    assert len(told) == len(door.mailed()) - before == (3 if status == "unverified" else 0)


async def test_asking_for_the_code_takes_the_same_steps_for_everybody() -> None:
    door = FrontDoor()
    await door.joined(BOB)
    await door.world.account(ANN, status="unverified")
    steps = []
    for email in (ANN, BOB, "eve@example.org"):
        with counted(door) as calls:
            await door.resend(door.visitor(), ResendVerificationCommand(email))
        steps.append(calls)
    assert steps[0] == steps[1] == steps[2]


@pytest.mark.parametrize("who", ["unverified", "active", "unknown", "closed"])
async def test_a_wrong_code_and_an_unknown_email_are_one_answer_by_the_same_steps(who: str) -> None:
    door = FrontDoor()
    if who != "unknown":
        account = await door.world.account(ANN, status=who)  # type: ignore[arg-type]
        await door.codes.send(Credential.of(account), "verify_email")
    with counted(door) as calls, pytest.raises(CodeRefused) as refused:
        await prove(door, ANN, "WRONG")
    assert [(f.path, f.code) for f in refused.value.fields] == [("code", "code_refused")]
    plain = FrontDoor()
    with counted(plain) as expected, pytest.raises(CodeRefused):
        await prove(plain, ANN, "WRONG")
    assert calls == expected
    assert (await door.actions()).count("account.code_refused") == 1


async def test_a_code_for_a_closed_or_active_account_activates_nothing() -> None:
    door = FrontDoor()
    account = await door.joined()
    await door.codes.send(Credential.of(account), "verify_email")
    with pytest.raises(CodeRefused):
        await prove(door, ANN, door.mailed()[-1], OTHER)
    assert (await door.signed_in()).access_token


async def test_ten_tries_an_hour_at_a_code_from_one_address() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    await ask(door)
    await door.work()
    for email in (ANN, "eve@example.org"):
        for _ in range(10):
            with pytest.raises(CodeRefused):
                await prove(door, email, "WRONG", address="192.0.2.9")
        with pytest.raises(RateLimited):
            await prove(door, email, door.mailed()[-1], address="192.0.2.9")
    assert (await door.account()).status == "unverified"
    await prove(door, ANN, door.mailed()[-1])  # she is elsewhere: no stranger keeps her out


async def test_fifty_tries_an_hour_at_a_code_from_all_addresses() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    await ask(door)
    await door.work()
    for email in (ANN, "eve@example.org"):
        for _ in range(50):
            with pytest.raises(CodeRefused):
                await prove(door, email, "WRONG")
        with pytest.raises(RateLimited):
            await prove(door, email, door.mailed()[-1])
    assert (await door.account()).status == "unverified"


async def test_nobody_signs_in_before_the_proof() -> None:
    door = FrontDoor()
    await door.world.account(ANN, status="unverified")
    account = await door.account()
    await door.passwords.create(Credential.of(account), PASSWORD)
    with pytest.raises(SignInRefused):
        await door.try_in()
    assert (await door.account()).status == "unverified"


async def test_a_code_is_for_an_email_that_it_was_mailed_to() -> None:
    door = FrontDoor()
    for email in (ANN, BOB):
        await door.world.add_client(email)
        await ask(door, email)
    await door.work()
    with pytest.raises(CodeRefused):
        await prove(door, BOB, door.mailed(ANN)[-1])
    assert (await door.account(BOB)).status == "unverified"


async def test_a_password_that_is_unfit_spends_neither_code_nor_try() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    await ask(door)
    await door.work()
    for _ in range(12):
        with pytest.raises(PasswordUnfit):
            await prove(door, ANN, door.mailed()[-1], "short")
    await prove(door, ANN, door.mailed()[-1])


async def test_an_unproven_person_learns_nothing_of_the_name_on_the_record() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN, names=("Wilhelmina", "Oppenheimer", None))
    await ask(door)
    await door.work()
    for email in (ANN, "eve@example.org"):
        with pytest.raises(CodeRefused):
            await prove(door, email, "WRONG", "wilhelmina oppenheimer")
        with pytest.raises(PasswordUnfit):
            await prove(door, email, "WRONG", f"{email} 1")


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@", "@example.org", "a b@example.org", "ann@example", "a" * 250 + "@b.c"]
)
async def test_what_is_no_email_is_said_to_be_none(email: str) -> None:
    door = FrontDoor()
    with pytest.raises(EmailUnfit):
        await ask(door, email)
    with pytest.raises(EmailUnfit):
        await prove(door, email, "1")


async def test_a_job_that_is_run_again_does_nothing_more() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    await ask(door)
    [(_, ids)] = await door.world.jobs()
    for _ in range(2):
        await door.decide(door.system, ids["enquiry_id"])
    assert [notice.kind for notice in door.world.notices] == ["verify_email"]
    assert len(door.world.store.table("accounts")) == 1


async def test_two_who_register_one_person_at_once_make_one_account() -> None:
    door = FrontDoor()
    await door.world.add_client(ANN)
    await ask(door)
    await ask(door)
    assert [kind for kind, _ in await door.work()] == ["verify_email", "verify_email"]
    assert len(door.world.store.table("accounts")) == 1


async def test_jobs_are_for_jobs() -> None:
    door = FrontDoor()
    account = await door.joined()
    for run in (
        door.decide(door.visitor(), account.id),  # type: ignore[arg-type]
        door.send_code(door.visitor(), account.id, "reset_password"),  # type: ignore[arg-type]
        door.disable(door.visitor(), account.id),  # type: ignore[arg-type]
    ):
        with pytest.raises(Forbidden):
            await run


async def test_a_code_is_mailed_only_while_it_is_needed() -> None:
    door = FrontDoor()
    account = await door.joined()
    before = len(door.mailed())
    await door.send_code(door.system, account.id, "verify_email")
    await door.send_code(door.system, door.world.ids.new(), "reset_password")
    assert len(door.mailed()) == before
    await door.send_code(door.system, account.id, "reset_password")
    assert len(door.mailed()) == before + 1
