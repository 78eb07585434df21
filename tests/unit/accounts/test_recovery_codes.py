"""Recovery codes, and removing the second factor."""

from datetime import timedelta

import pytest

from portal_core.accounts.errors import (
    ChallengeOver,
    CodeRefused,
    NoSecondFactor,
    PasswordRefused,
    SecondFactorRefused,
    SecondFactorRequired,
    SignInLocked,
)
from portal_core.accounts.identity import Credential
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.views import SecondFactorAsked
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.unit.accounts.use_cases import OTHER, PASSWORD, STAFF, STEP, FrontDoor

MINUTE = timedelta(minutes=1)


async def enrolled() -> tuple[FrontDoor, str, tuple[str, ...]]:
    """A client with a second factor who is signed out: the secret and the recovery codes."""
    door = FrontDoor()
    await door.joined()
    tokens = await door.signed_in()
    secret, codes = await door.enrolled(tokens)
    await door.log_out(await door.holder(tokens))
    return door, secret, codes


async def fail(door: FrontDoor, asked: SecondFactorAsked, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SecondFactorRefused):
            await door.answered(asked, "000000")


# --- setting up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("challenge", ["", "nonsense", "\ud800"])
async def test_a_question_nobody_asked(challenge: str) -> None:
    door, secret, _ = await enrolled()
    with pytest.raises(ChallengeOver):
        await door.answered(SecondFactorAsked(challenge, door.world.clock.now()), door.totp(secret))


async def test_the_question_of_another_practice_is_nobodys_here() -> None:
    door, secret, _ = await enrolled()
    other = FrontDoor(await door.world.beside())
    with pytest.raises(ChallengeOver):
        await other.answered(await door.asked(), door.totp(secret))


async def test_wrong_codes_lock_as_wrong_passwords_do() -> None:
    door, secret, codes = await enrolled()
    account = await door.account()
    await door.work()
    asked = await door.asked()
    await fail(door, asked, 5)
    assert await door.work() == [("account_locked", account.id)]
    for code in (door.totp(secret), codes[0]):
        with pytest.raises(ChallengeOver):
            await door.answered(asked, code)
    with pytest.raises(SignInLocked):
        await door.try_in()


async def test_a_stolen_password_buys_no_more_guesses_by_signing_in_again() -> None:
    door, _, _ = await enrolled()
    for _ in range(4):
        await fail(door, await door.asked())
    spare = await door.asked()
    await fail(door, await door.asked())
    with pytest.raises(SignInLocked):
        await door.answered(spare, "000000")
    with pytest.raises(SignInLocked):
        await door.try_in()


async def test_right_passwords_alone_do_not_count_against_the_holder() -> None:
    door, secret, _ = await enrolled()
    for _ in range(12):
        asked = await door.asked()
    assert await door.answered(asked, door.totp(secret))


async def test_a_question_is_tried_five_times_even_where_the_lock_was_lifted() -> None:
    door, secret, _ = await enrolled()
    asked = await door.asked()
    await fail(door, asked, 4)
    await door.answered(await door.asked(), door.totp(secret))
    await fail(door, asked)
    door.world.clock.advance(2 * STEP)
    with pytest.raises(ChallengeOver):
        await door.answered(asked, door.totp(secret))


async def test_an_account_closed_in_between_opens_nothing() -> None:
    door, secret, _ = await enrolled()
    asked = await door.asked()
    account = await door.account()
    rows = door.world.store.table("accounts")
    rows[account.practice_id, account.id] = account.close(door.world.clock.now())
    with pytest.raises(ChallengeOver):
        await door.answered(asked, door.totp(secret))


async def test_a_question_that_is_gone_by_the_time_the_provider_answers() -> None:
    door, secret, _ = await enrolled()
    asked = await door.asked()
    check = door.second_factors.check

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        door.world.store.table("challenges").clear()
        return await check(*arguments)

    object.__setattr__(door.answer, "second_factors", _Checks(slow))
    with pytest.raises(ChallengeOver):
        await door.answered(asked, door.totp(secret))


class _Checks:
    def __init__(self, check) -> None:  # type: ignore[no-untyped-def]
        self.check = check


# --- recovery codes ---------------------------------------------------------------------------------------------------


async def test_each_recovery_code_signs_in_once_and_the_holder_is_told() -> None:
    door, _, codes = await enrolled()
    account = await door.account()
    await door.work()
    for code in codes:
        await door.answered(await door.asked(), code)
        assert await door.work() == [("recovery_codes_used", account.id)]
    for code in codes[:3]:
        with pytest.raises(SecondFactorRefused):
            await door.answered(await door.asked(), code)


async def test_recovery_codes_forgive_how_they_are_typed() -> None:
    door, _, codes = await enrolled()
    typed = f" {codes[0].lower().replace('-', ' ').replace('0', 'o')} "
    assert await door.answered(await door.asked(), typed)


async def test_a_wrong_recovery_code_is_a_failure_like_any_other() -> None:
    door, _, _ = await enrolled()
    asked = await door.asked()
    for _ in range(5):
        with pytest.raises(SecondFactorRefused):
            await door.answered(asked, "CODE9999-CODE9999-CODE9999")
    with pytest.raises(SignInLocked):
        await door.try_in()


async def test_new_recovery_codes_kill_the_old() -> None:
    door, secret, codes = await enrolled()
    actor = await door.holder(await door.answered(await door.asked(), door.totp(secret)))
    with pytest.raises(PasswordRefused):
        await door.renew_codes(actor, OTHER)
    renewed = await door.renew_codes(actor, PASSWORD)
    assert not set(renewed.codes) & set(codes)
    with pytest.raises(SecondFactorRefused):
        await door.answered(await door.asked(), codes[0])
    await door.answered(await door.asked(), renewed.codes[0])


async def test_without_a_second_factor_there_are_no_recovery_codes() -> None:
    door = FrontDoor()
    await door.joined()
    actor = await door.holder(await door.signed_in())
    with pytest.raises(NoSecondFactor):
        await door.renew_codes(actor, PASSWORD)
    with pytest.raises(NoSecondFactor):
        await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, ""))


# --- removing ---------------------------------------------------------------------------------------------------------


async def test_removing_needs_both_and_ends_the_other_sessions() -> None:
    door, secret, codes = await enrolled()
    account = await door.account()
    other = await door.answered(await door.asked(), codes[1])
    mine = await door.answered(await door.asked(), door.totp(secret))
    await door.work()
    actor = await door.holder(mine)
    with pytest.raises(PasswordRefused):
        await door.remove(actor, RemoveSecondFactorCommand(OTHER, codes[0]))
    for bad in ("000000", door.totp(secret), codes[1]):
        with pytest.raises(CodeRefused):
            await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, bad))
    with pytest.raises(RateLimited) as limited:
        await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[0]))
    door.world.clock.advance(timedelta(seconds=limited.value.retry_after))
    await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[0]))
    assert await door.work() == [("recovery_codes_used", account.id), ("second_factor_removed", account.id)]
    with pytest.raises(Unauthenticated):
        await door.who(other)
    assert not (await door.who(mine)).must_enrol
    await door.signed_in()


async def test_removing_a_required_one_leaves_a_session_that_may_enrol() -> None:
    door = FrontDoor()
    await door.hired()
    tokens = await door.signed_in(STAFF, side="practice")
    secret, codes = await door.enrolled(tokens)
    await door.remove(await door.holder(tokens), RemoveSecondFactorCommand(PASSWORD, door.totp(secret)))
    assert (await door.who(tokens)).must_enrol
    with pytest.raises(SecondFactorRequired):
        await door.who(tokens, enrolling=False)
    again, fresh = await door.enrolled(tokens)
    assert again != secret
    assert not set(fresh) & set(codes)
    assert not (await door.who(tokens, enrolling=False)).must_enrol


async def test_a_removed_accounts_codes_are_dead() -> None:
    door, secret, codes = await enrolled()
    actor = await door.holder(await door.answered(await door.asked(), door.totp(secret)))
    await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[0]))
    assert door.world.store.table("second_factors") == {}


# --- after a crash ----------------------------------------------------------------------------------------------------


async def test_enrolled_at_the_provider_and_not_written_down_heals_with_the_next_sign_in() -> None:
    door = FrontDoor()
    account = await door.joined()
    begun = await door.enroll(await door.holder(await door.signed_in()), PASSWORD)
    kept = door.world.store.table("second_factors")[account.practice_id, account.id]
    assert await door.second_factors.confirm(Credential.of(account), kept.pending, door.totp(begun.secret))
    door.world.clock.advance(2 * STEP)
    tokens = await door.answered(await door.asked(), door.totp(begun.secret))
    assert (await door.account()).second_factor == "totp"
    codes = (await door.renew_codes(await door.holder(tokens), PASSWORD)).codes
    assert await door.answered(await door.asked(), codes[0])


async def test_removed_at_the_provider_and_not_written_down_asks_for_a_recovery_code() -> None:
    door, secret, codes = await enrolled()
    await door.second_factors.remove(Credential.of(await door.account()))
    asked = await door.asked()
    with pytest.raises(SecondFactorRefused):
        await door.answered(asked, door.totp(secret))
    actor = await door.holder(await door.answered(asked, codes[0]))
    with pytest.raises(CodeRefused):
        await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, door.totp(secret)))
    await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[1]))
    await door.signed_in()
