"""Signing in with a password: the same response for every refusal, and limits on attempts."""

import asyncio
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from portal_core.accounts.errors import SignInLocked, SignInRefused
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.policy import NETWORK_FACTOR, SIGN_IN_BY_ADDRESS
from portal_core.accounts.use_cases.sign_in import SignInCommand
from portal_core.accounts.views import SessionTokens
from portal_core.kernel.actor import ClientActor, ProxyActor, StaffActor
from portal_core.kernel.contact import InvalidEmail
from portal_core.kernel.errors import Overloaded, PortalError, RateLimited, Unavailable
from tests.unit.accounts.call_recorder import record_calls
from tests.unit.accounts.use_cases import ANN, BOB, OTHER, PASSWORD, STAFF, AccountUseCases

EVE = "eve@example.org"
MAX_BY_ADDRESS = SIGN_IN_BY_ADDRESS.limit.max_attempts
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


async def fail(use_cases: AccountUseCases, email: str = ANN, times: int = 1, *, address: str = "") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            await use_cases.attempt_sign_in(email, "not the password", address=address)


async def test_new_session_has_limits_and_origin() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    now = use_cases.world.clock.now()
    tokens = await use_cases.sign_in(use_cases.visitor("192.0.2.1"), SignInCommand(ANN, PASSWORD, "cookie"))
    assert isinstance(tokens, SessionTokens)
    session = tokens.session
    assert (session.kind, session.device, session.address) == ("cookie", "Firefox on Linux", "192.0.2.1")
    assert session.current
    assert not tokens.must_enroll
    assert (session.created_at, session.last_active_at) == (now, now)
    assert session.access_expires_at == now + timedelta(hours=1)
    assert session.idle_ends_at == now + timedelta(minutes=15)
    assert session.ends_at == now + timedelta(hours=8)
    actor = await use_cases.holder(tokens)
    assert actor == ClientActor(account.practice_id, account.id, account.client_id, session.id)  # type: ignore[arg-type]


async def test_practice_rules_set_session_lifetimes() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await use_cases.world.set_rules(
        idle_timeout=timedelta(minutes=5),
        session_lifetime=timedelta(minutes=30),
        access_token_lifetime=timedelta(hours=1),
    )
    session = (await use_cases.signed_in()).session
    now = use_cases.world.clock.now()
    assert session.idle_ends_at == now + 5 * MINUTE
    assert session.access_expires_at == session.ends_at == now + 30 * MINUTE


async def test_no_token_is_stored_in_plain_text() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    stored = repr(use_cases.world.store.tables)
    for secret in (tokens.access_token, tokens.refresh_token, *tokens.refresh_token.split(".")):
        assert f"{secret!r}" not in stored
    assert PASSWORD not in stored


async def test_failed_sign_ins_are_indistinguishable() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await use_cases.world.account(BOB, status="unverified")
    await use_cases.world.account("closed@example.org", status="closed")
    seen = []
    for email in (ANN, EVE, BOB, "closed@example.org"):
        with record_calls(use_cases) as calls, pytest.raises(SignInRefused) as refused:
            await use_cases.attempt_sign_in(email, "not the password")
        seen.append((refused.value.code, refused.value.detail, str(refused.value), calls))
    assert seen[0] == seen[1] == seen[2] == seen[3]
    assert seen[0][3].count("passwords.check") == 1
    refusals = [entry for entry in await use_cases.world.audit() if entry.action == "sign_in.refused"]
    assert [entry.facts["reason"] for entry in refusals] == ["password", "unknown", "password", "unknown"]
    assert {entry.outcome for entry in refusals} == {"failed"}


async def test_lockout_takes_same_steps_for_known_and_unknown_email() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    seen = []
    for email in (ANN, EVE):
        await fail(use_cases, email, 4)
        with record_calls(use_cases) as calls:
            await fail(use_cases, email)
            with pytest.raises(SignInLocked) as locked:
                await use_cases.attempt_sign_in(email, PASSWORD)
        seen.append((locked.value.retry_after, str(locked.value), calls))
    assert seen[0] == seen[1]
    assert "outbox.defer" in seen[0][2]
    assert (await use_cases.actions()).count("account.locked") == 2


async def test_five_failures_lock_for_fifteen_minutes_and_notify_holder() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    await use_cases.work()
    await fail(use_cases, times=5)
    assert await use_cases.work() == [("account_locked", account.id)]
    [locked] = [entry for entry in await use_cases.world.audit() if entry.action == "account.locked"]
    assert (locked.target, locked.record) == (account.id, account.client_id)
    for wait in (timedelta(0), 15 * MINUTE - SECOND):
        use_cases.world.clock.at = use_cases.world.clock.at + wait
        with pytest.raises(SignInLocked):
            await use_cases.attempt_sign_in()
    use_cases.world.clock.advance(SECOND)
    await use_cases.signed_in()


async def test_lockout_of_unknown_email_notifies_nobody() -> None:
    use_cases = AccountUseCases()
    await fail(use_cases, EVE, 5)
    assert await use_cases.work() == []


async def test_lockout_keeps_open_sessions() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    await fail(use_cases, times=5)
    assert await use_cases.holder(tokens)


async def test_successful_sign_in_clears_failures() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    for _ in range(3):
        await fail(use_cases, times=4)
        await use_cases.signed_in()


async def test_old_failures_do_not_count() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await fail(use_cases, times=4)
    use_cases.world.clock.advance(15 * MINUTE)
    await fail(use_cases, times=4)
    await use_cases.signed_in()


async def test_sides_are_counted_separately() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await use_cases.add_staff_account(ANN)
    await fail(use_cases, times=5)
    assert (await use_cases.signed_in(side="practice")).must_enroll


async def test_failed_sign_ins_from_one_address_are_limited() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    for number in range(MAX_BY_ADDRESS):
        await fail(use_cases, f"eve{number}@example.org", address="192.0.2.9")
    with pytest.raises(RateLimited) as limited:
        await use_cases.attempt_sign_in(address="192.0.2.9")
    assert not isinstance(limited.value, SignInLocked)
    assert limited.value.retry_after == 900
    await use_cases.signed_in()
    use_cases.world.clock.advance(15 * MINUTE)
    await use_cases.attempt_sign_in(address="192.0.2.9")


async def test_failures_for_one_email_do_not_lock_out_a_waiting_room() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await use_cases.add_client_account(BOB)
    await fail(use_cases, EVE, times=5, address="192.0.2.9")
    for email in (ANN, BOB):
        assert isinstance(await use_cases.attempt_sign_in(email, address="192.0.2.9"), SessionTokens)
    with pytest.raises(SignInLocked):
        await use_cases.attempt_sign_in(EVE, address="192.0.2.9")


async def test_successful_sign_ins_from_one_address_are_unlimited() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    for number in range(MAX_BY_ADDRESS - 1):
        await fail(use_cases, f"eve{number}@example.org", address="192.0.2.9")
    for _ in range(20):
        await use_cases.attempt_sign_in(address="192.0.2.9")
    await fail(use_cases, EVE, address="192.0.2.9")
    with pytest.raises(RateLimited):  # successful sign-ins do not allow more guesses
        await use_cases.attempt_sign_in(address="192.0.2.9")


async def test_addresses_of_one_site_are_limited_together() -> None:
    use_cases = AccountUseCases()
    for number in range(NETWORK_FACTOR * MAX_BY_ADDRESS):
        await fail(use_cases, f"eve{number}@example.org", address=f"2001:db8:7:{number:x}::1")
    with pytest.raises(RateLimited):
        await use_cases.attempt_sign_in(EVE, address="2001:db8:7:ffff::1")
    await fail(use_cases, EVE, address="2001:db8:8::1")


async def test_eight_correct_passwords_at_once_all_sign_in() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await fail(use_cases, times=4)
    opened = await asyncio.gather(*(use_cases.attempt_sign_in(address="192.0.2.9") for _ in range(8)))
    assert all(isinstance(one, SessionTokens) for one in opened)


@pytest.mark.parametrize("error", [Overloaded, Unavailable])
async def test_password_that_could_not_be_checked_does_not_count(error: type[PortalError]) -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()

    async def fails(credential, password):  # type: ignore[no-untyped-def]
        raise error

    sign_in = use_cases.sign_in
    use_cases.sign_in = evolve(sign_in, passwords=_PasswordsHook(fails))  # type: ignore[arg-type]
    for _ in range(MAX_BY_ADDRESS + 1):
        with pytest.raises(error):
            await use_cases.attempt_sign_in(address="192.0.2.9")
    use_cases.sign_in = sign_in
    await use_cases.attempt_sign_in(address="192.0.2.9")


async def test_concurrent_attempts_get_at_most_five_guesses() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    attempts = [use_cases.attempt_sign_in(ANN, f"guess {n}") for n in range(40)]
    with record_calls(use_cases) as calls:
        ends = await asyncio.gather(*attempts, return_exceptions=True)
    assert calls.count("passwords.check") == 5
    assert sorted(type(end).__name__ for end in ends) == ["SignInLocked"] * 35 + ["SignInRefused"] * 5
    assert (await use_cases.actions()).count("account.locked") == 1


async def test_attempt_started_before_reset_does_not_lock_afterwards() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    await fail(use_cases, times=4)
    checked, go = asyncio.Event(), asyncio.Event()
    check = use_cases.passwords.check

    async def slow(credential, password):  # type: ignore[no-untyped-def]
        if password == "slow":
            checked.set()
            await go.wait()
        return await check(credential, password)

    object.__setattr__(use_cases.sign_in, "passwords", _PasswordsHook(slow))
    late = asyncio.create_task(use_cases.attempt_sign_in(ANN, "slow"))
    await checked.wait()
    await use_cases.reset_forgotten_password()
    go.set()
    with pytest.raises(SignInRefused):
        await late
    assert "account.locked" not in await use_cases.actions()


class _PasswordsHook:
    def __init__(self, check) -> None:  # type: ignore[no-untyped-def]
        self.check = check


async def test_password_matches_in_any_unicode_normalization() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account(password="cafe\u0301 au lait, please")
    await use_cases.signed_in(password="caf\u00e9 au lait, please")


@pytest.mark.parametrize("text", ["", "\x00", "\ud800", "x" * 5000])
async def test_any_text_is_a_wrong_password(text: str) -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(ANN, text)


@pytest.mark.parametrize("text", ["", "\x00@b.c", "a\ud800@b.cd", "a@b", "a@b.c\n@d.e"])
async def test_malformed_email_is_rejected(text: str) -> None:
    use_cases = AccountUseCases()
    with pytest.raises(InvalidEmail):
        await use_cases.attempt_sign_in(text)


async def test_account_of_another_practice_is_unknown() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    other = AccountUseCases(await use_cases.world.other_practice())
    other.pool.people.update(use_cases.pool.people)
    with pytest.raises(SignInRefused):
        await other.attempt_sign_in()


async def test_staff_and_clients_sign_in_on_their_own_side_only() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    account = await use_cases.add_staff_account()
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(STAFF)
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(ANN, side="practice")
    tokens = await use_cases.signed_in(STAFF, side="practice")
    actor = await use_cases.holder(tokens)
    assert isinstance(actor, StaffActor)
    assert (actor.account_id, actor.roles) == (account.id, frozenset({"front_desk"}))


async def test_a_proxy_signs_in_with_no_record_of_their_own() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.world.account(BOB, kind="proxy")
    await use_cases.passwords.create(Credential.of(account), PASSWORD)
    tokens = await use_cases.signed_in(BOB)
    assert await use_cases.holder(tokens) == ProxyActor(account.practice_id, account.id, session_id=tokens.session.id)


@given(
    steps=st.lists(
        st.one_of(st.sampled_from(["right", "wrong"]), st.integers(min_value=1, max_value=1000)), max_size=40
    ),
    known=st.booleans(),
)
async def test_lockout_matches_simple_model(steps: list[str | int], known: bool) -> None:
    """Compares any history of attempts and waits (seconds) with a list of failures and the end of the lock."""
    use_cases = AccountUseCases()
    if known:
        await use_cases.add_client_account()
    failures: list[int] = []
    locked_until, now = 0, 0
    for step in steps:
        if isinstance(step, int):
            now += step
            use_cases.world.clock.advance(step * SECOND)
            continue
        if now < locked_until:
            with pytest.raises(SignInLocked) as locked:
                await use_cases.attempt_sign_in(ANN, PASSWORD if step == "right" else OTHER)
            assert locked.value.retry_after == locked_until - now
            continue
        if step == "right" and known:
            await use_cases.signed_in()
            failures = []
            continue
        await fail(use_cases, ANN)
        failures = [at for at in failures if now - at < 900] + [now]
        if len(failures) == 5:
            locked_until, failures = now + 900, []
