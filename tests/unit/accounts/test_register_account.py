"""Registering and verifying an email; an outsider learns nothing from the responses."""

from datetime import timedelta

import pytest

from portal_core.accounts.errors import CodeRefused, InvalidPassword, SignInRefused
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.use_cases.register_account import RegisterAccountCommand
from portal_core.accounts.use_cases.resend_verification import ResendVerificationCommand
from portal_core.accounts.use_cases.send_mailed_code import SendMailedCodeCommand
from portal_core.accounts.use_cases.verify_email import VerifyEmailCommand
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Forbidden, RateLimited
from tests.support.contracts.accounts.world import DATE_OF_BIRTH
from tests.unit.accounts.call_recorder import record_calls
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, PASSWORD, AccountUseCases

HOUR = timedelta(hours=1)


async def register(use_cases: AccountUseCases, email: str = ANN, days_off: int = 0) -> None:
    await use_cases.register(
        use_cases.visitor(), RegisterAccountCommand(email, DATE_OF_BIRTH + timedelta(days=days_off))
    )


async def verify(
    use_cases: AccountUseCases, email: str, code: str, password: str = PASSWORD, *, address: str = ""
) -> None:
    await use_cases.verify(use_cases.visitor(address), VerifyEmailCommand(email, code, password))


async def test_client_registers_verifies_email_and_signs_in() -> None:
    use_cases = AccountUseCases()
    client_id = await use_cases.world.add_client(ANN)
    await use_cases.register(use_cases.visitor(), RegisterAccountCommand("  Ann@Example.ORG ", DATE_OF_BIRTH))
    delivered = await use_cases.work()
    account = await use_cases.account()
    assert (account.client_id, account.status, account.kind) == (client_id, "unverified", "client")
    assert delivered == [("verify_email", account.id)]
    await verify(use_cases, "ANN@example.org", f" {use_cases.mailed()[-1]} ")
    assert (await use_cases.account()).status == "active"
    tokens = await use_cases.signed_in("Ann@example.org")
    actor = await use_cases.holder(tokens)
    assert actor.client_id == client_id  # type: ignore[union-attr]
    actions = await use_cases.actions()
    assert [a for a in actions if a.startswith("account.")] == [
        "account.email_requested",
        "account.registered",
        "account.verified",
    ]


@pytest.mark.parametrize("who", ["stranger", "wrong birth", "discharged", "twins"])
async def test_registration_of_non_client(who: str) -> None:
    use_cases = AccountUseCases()
    if who != "stranger":
        await use_cases.world.add_client(ANN, status="discharged" if who == "discharged" else "active")
    if who == "twins":
        await use_cases.world.add_client(ANN)
    await register(use_cases, days_off=1 if who == "wrong birth" else 0)
    assert await use_cases.work() == []
    assert use_cases.world.store.table("accounts") == {}
    assert use_cases.world.store.table("email_requests") == {}
    assert use_cases.pool.mailbox == []


async def test_existing_account_is_notified_by_mail_only() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    for days in (0, 1):
        await register(use_cases, days_off=days)
    assert await use_cases.work() == [("already_registered", account.id)] * 2
    assert len(use_cases.mailed()) == 1


async def test_registering_again_before_verification_mails_another_code() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await register(use_cases)
    await use_cases.work()
    await register(use_cases)
    assert await use_cases.work() == [("verify_email", (await use_cases.account()).id)]
    first, second = use_cases.mailed()
    with pytest.raises(CodeRefused):
        await verify(use_cases, ANN, first)
    await verify(use_cases, ANN, second)


async def test_registration_takes_same_steps_for_everybody() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account(BOB)
    await use_cases.world.add_client(ANN)
    steps = []
    for email, days in ((ANN, 0), (ANN, 1), (BOB, 0), ("eve@example.org", 0)):
        with record_calls(use_cases) as calls:
            answer = await register(use_cases, email, days)
        steps.append((answer, calls))
    assert steps[0] == steps[1] == steps[2] == steps[3]
    assert "outbox.defer" in steps[0][1]


async def test_three_registrations_an_hour_per_email() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    for email in (ANN, "eve@example.org"):
        for _ in range(3):
            await register(use_cases, email)
        with pytest.raises(RateLimited) as limited:
            await register(use_cases, email.upper())
        assert limited.value.retry_after == 3600
    use_cases.world.clock.advance(HOUR)
    await register(use_cases)


@pytest.mark.parametrize("status", ["unverified", "active", "none"])
async def test_resend_verification_code(status: str) -> None:
    use_cases = AccountUseCases()
    if status == "active":
        await use_cases.add_client_account()
    if status == "unverified":
        await use_cases.world.account(ANN, status="unverified")
    before = len(use_cases.mailed())
    for _ in range(3):
        await use_cases.resend(use_cases.visitor(), ResendVerificationCommand(ANN))
    with pytest.raises(RateLimited):
        await use_cases.resend(use_cases.visitor(), ResendVerificationCommand(ANN))
    delivered = await use_cases.work()
    assert len(delivered) == len(use_cases.mailed()) - before == (3 if status == "unverified" else 0)


async def test_resend_takes_same_steps_for_everybody() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account(BOB)
    await use_cases.world.account(ANN, status="unverified")
    steps = []
    for email in (ANN, BOB, "eve@example.org"):
        with record_calls(use_cases) as calls:
            await use_cases.resend(use_cases.visitor(), ResendVerificationCommand(email))
        steps.append(calls)
    assert steps[0] == steps[1] == steps[2]


@pytest.mark.parametrize("who", ["unverified", "active", "unknown", "closed"])
async def test_wrong_code_and_unknown_email_are_indistinguishable(who: str) -> None:
    use_cases = AccountUseCases()
    if who != "unknown":
        account = await use_cases.world.account(ANN, status=who)  # type: ignore[arg-type]
        await use_cases.codes.send(Credential.of(account), "verify_email")
    with record_calls(use_cases) as calls, pytest.raises(CodeRefused) as refused:
        await verify(use_cases, ANN, "WRONG")
    assert [(f.path, f.code) for f in refused.value.fields] == [("code", "code_refused")]
    plain = AccountUseCases()
    with record_calls(plain) as expected, pytest.raises(CodeRefused):
        await verify(plain, ANN, "WRONG")
    assert calls == expected
    assert (await use_cases.actions()).count("account.code_refused") == 1


async def test_code_for_active_account_activates_nothing() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    await use_cases.codes.send(Credential.of(account), "verify_email")
    with pytest.raises(CodeRefused):
        await verify(use_cases, ANN, use_cases.mailed()[-1], OTHER)
    assert (await use_cases.signed_in()).access_token


async def test_ten_code_attempts_an_hour_from_one_address() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await register(use_cases)
    await use_cases.work()
    for email in (ANN, "eve@example.org"):
        for _ in range(10):
            with pytest.raises(CodeRefused):
                await verify(use_cases, email, "WRONG", address="192.0.2.9")
        with pytest.raises(RateLimited):
            await verify(use_cases, email, use_cases.mailed()[-1], address="192.0.2.9")
    assert (await use_cases.account()).status == "unverified"
    await verify(use_cases, ANN, use_cases.mailed()[-1])  # from her own address: no stranger can lock her out


async def test_fifty_code_attempts_an_hour_from_all_addresses() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await register(use_cases)
    await use_cases.work()
    for email in (ANN, "eve@example.org"):
        for _ in range(50):
            with pytest.raises(CodeRefused):
                await verify(use_cases, email, "WRONG")
        with pytest.raises(RateLimited):
            await verify(use_cases, email, use_cases.mailed()[-1])
    assert (await use_cases.account()).status == "unverified"


async def test_unverified_account_cannot_sign_in() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.account(ANN, status="unverified")
    account = await use_cases.account()
    await use_cases.passwords.create(Credential.of(account), PASSWORD)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in()
    assert (await use_cases.account()).status == "unverified"


async def test_code_is_valid_only_for_the_email_it_was_mailed_to() -> None:
    use_cases = AccountUseCases()
    for email in (ANN, BOB):
        await use_cases.world.add_client(email)
        await register(use_cases, email)
    await use_cases.work()
    with pytest.raises(CodeRefused):
        await verify(use_cases, BOB, use_cases.mailed(ANN)[-1])
    assert (await use_cases.account(BOB)).status == "unverified"


async def test_invalid_password_uses_up_neither_code_nor_attempt() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await register(use_cases)
    await use_cases.work()
    for _ in range(12):
        with pytest.raises(InvalidPassword):
            await verify(use_cases, ANN, use_cases.mailed()[-1], "short")
    await verify(use_cases, ANN, use_cases.mailed()[-1])


async def test_unverified_visitor_learns_nothing_of_name_on_record() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN, names=("Wilhelmina", "Oppenheimer", None))
    await register(use_cases)
    await use_cases.work()
    for email in (ANN, "eve@example.org"):
        with pytest.raises(CodeRefused):
            await verify(use_cases, email, "WRONG", "wilhelmina oppenheimer")
        with pytest.raises(InvalidPassword):
            await verify(use_cases, email, "WRONG", f"{email} 1")


@pytest.mark.parametrize(
    "email", ["", "ann", "ann@", "@example.org", "a b@example.org", "ann@example", "a" * 250 + "@b.c"]
)
async def test_malformed_email_is_rejected(email: str) -> None:
    use_cases = AccountUseCases()
    with pytest.raises(InvalidEmail):
        await register(use_cases, email)
    with pytest.raises(InvalidEmail):
        await verify(use_cases, email, "1")


async def test_processing_email_request_is_idempotent() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await register(use_cases)
    [(_, ids)] = await use_cases.world.jobs()
    for _ in range(2):
        await use_cases.process_email_request(use_cases.system, ids["email_request_id"])
    assert [notice.kind for notice in use_cases.world.notices] == ["verify_email"]
    assert len(use_cases.world.store.table("accounts")) == 1


async def test_concurrent_registrations_create_one_account() -> None:
    use_cases = AccountUseCases()
    await use_cases.world.add_client(ANN)
    await register(use_cases)
    await register(use_cases)
    assert [kind for kind, _ in await use_cases.work()] == ["verify_email", "verify_email"]
    assert len(use_cases.world.store.table("accounts")) == 1


async def test_only_system_runs_jobs() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    for run in (
        use_cases.process_email_request(use_cases.visitor(), account.id),  # type: ignore[arg-type]
        use_cases.send_code(use_cases.visitor(), SendMailedCodeCommand(account.id, "reset_password")),  # type: ignore[arg-type]
        use_cases.disable(use_cases.visitor(), account.id),  # type: ignore[arg-type]
    ):
        with pytest.raises(Forbidden):
            await run


async def test_code_is_mailed_only_while_needed() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    before = len(use_cases.mailed())
    await use_cases.send_code(use_cases.system, SendMailedCodeCommand(account.id, "verify_email"))
    await use_cases.send_code(use_cases.system, SendMailedCodeCommand(use_cases.world.ids.new(), "reset_password"))
    assert len(use_cases.mailed()) == before
    await use_cases.send_code(use_cases.system, SendMailedCodeCommand(account.id, "reset_password"))
    assert len(use_cases.mailed()) == before + 1
