"""Recovery codes, and removing the second factor."""

from datetime import timedelta

import pytest

from portal_core.accounts.errors import (
    ChallengeNotOpen,
    CodeRefused,
    NoSecondFactor,
    SecondFactorRefused,
    SecondFactorRequired,
    SignInLocked,
    WrongPassword,
)
from portal_core.accounts.identity_provider import Credential
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactorCommand
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.use_cases.renew_recovery_codes import RenewRecoveryCodesCommand
from portal_core.accounts.views import SecondFactorChallenge
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.unit.accounts.use_cases import OTHER, PASSWORD, STAFF, STEP, AccountUseCases

MINUTE = timedelta(minutes=1)


async def enrolled() -> tuple[AccountUseCases, str, tuple[str, ...]]:
    """A client with a second factor who is signed out; the secret and the recovery codes."""
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    secret, codes = await use_cases.enrolled(tokens)
    await use_cases.sign_out(await use_cases.holder(tokens))
    return use_cases, secret, codes


async def fail(use_cases: AccountUseCases, challenge: SecondFactorChallenge, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SecondFactorRefused):
            await use_cases.answer_challenge(challenge, "000000")


# --- setting up -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("challenge", ["", "nonsense", "\ud800"])
async def test_unknown_challenge_is_refused(challenge: str) -> None:
    use_cases, secret, _ = await enrolled()
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(
            SecondFactorChallenge(challenge, use_cases.world.clock.now()), use_cases.totp(secret)
        )


async def test_challenge_of_another_practice_is_unknown() -> None:
    use_cases, secret, _ = await enrolled()
    other = AccountUseCases(await use_cases.world.other_practice())
    with pytest.raises(ChallengeNotOpen):
        await other.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))


async def test_wrong_codes_lock_like_wrong_passwords() -> None:
    use_cases, secret, codes = await enrolled()
    account = await use_cases.account()
    await use_cases.work()
    challenge = await use_cases.challenge()
    await fail(use_cases, challenge, 5)
    assert await use_cases.work() == [("account_locked", account.id)]
    for code in (use_cases.totp(secret), codes[0]):
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answer_challenge(challenge, code)
    with pytest.raises(SignInLocked):
        await use_cases.attempt_sign_in()


async def test_new_challenges_do_not_add_code_attempts() -> None:
    use_cases, _, _ = await enrolled()
    for _ in range(4):
        await fail(use_cases, await use_cases.challenge())
    spare = await use_cases.challenge()
    await fail(use_cases, await use_cases.challenge())
    with pytest.raises(SignInLocked):
        await use_cases.answer_challenge(spare, "000000")
    with pytest.raises(SignInLocked):
        await use_cases.attempt_sign_in()


async def test_correct_passwords_do_not_count_as_attempts() -> None:
    use_cases, secret, _ = await enrolled()
    for _ in range(12):
        challenge = await use_cases.challenge()
    assert await use_cases.answer_challenge(challenge, use_cases.totp(secret))


async def test_challenge_attempt_limit_survives_unlock() -> None:
    use_cases, secret, _ = await enrolled()
    challenge = await use_cases.challenge()
    await fail(use_cases, challenge, 4)
    await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    await fail(use_cases, challenge)
    use_cases.world.clock.advance(2 * STEP)
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret))


async def test_account_closed_after_challenge_cannot_sign_in() -> None:
    use_cases, secret, _ = await enrolled()
    challenge = await use_cases.challenge()
    account = await use_cases.account()
    rows = use_cases.world.store.table("accounts")
    rows[account.practice_id, account.id] = account.close(use_cases.world.clock.now())
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret))


async def test_challenge_expires_while_provider_answers() -> None:
    use_cases, secret, _ = await enrolled()
    challenge = await use_cases.challenge()
    check = use_cases.second_factors.check

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        use_cases.world.store.table("challenges").clear()
        return await check(*arguments)

    object.__setattr__(use_cases.verify_second_factor, "second_factors", _CheckHook(slow))
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret))


class _CheckHook:
    def __init__(self, check) -> None:  # type: ignore[no-untyped-def]
        self.check = check


# --- recovery codes ---------------------------------------------------------------------------------------------------


async def test_each_recovery_code_is_single_use_and_holder_is_notified() -> None:
    use_cases, _, codes = await enrolled()
    account = await use_cases.account()
    await use_cases.work()
    for code in codes:
        await use_cases.answer_challenge(await use_cases.challenge(), code)
        assert await use_cases.work() == [("recovery_codes_used", account.id)]
    for code in codes[:3]:
        with pytest.raises(SecondFactorRefused):
            await use_cases.answer_challenge(await use_cases.challenge(), code)


async def test_recovery_code_formatting_is_ignored() -> None:
    use_cases, _, codes = await enrolled()
    typed = f" {codes[0].lower().replace('-', ' ').replace('0', 'o')} "
    assert await use_cases.answer_challenge(await use_cases.challenge(), typed)


async def test_wrong_recovery_code_counts_as_failure() -> None:
    use_cases, _, _ = await enrolled()
    challenge = await use_cases.challenge()
    for _ in range(5):
        with pytest.raises(SecondFactorRefused):
            await use_cases.answer_challenge(challenge, "CODE9999-CODE9999-CODE9999")
    with pytest.raises(SignInLocked):
        await use_cases.attempt_sign_in()


async def test_new_recovery_codes_invalidate_old_ones() -> None:
    use_cases, secret, codes = await enrolled()
    actor = await use_cases.holder(
        await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    )
    with pytest.raises(WrongPassword):
        await use_cases.renew_codes(actor, RenewRecoveryCodesCommand(OTHER, codes[1]))
    with pytest.raises(CodeRefused):
        await use_cases.renew_codes(actor, RenewRecoveryCodesCommand(PASSWORD, "000000"))
    await use_cases.work()
    renewed = await use_cases.renew_codes(actor, RenewRecoveryCodesCommand(PASSWORD, codes[1]))
    account = await use_cases.account()
    assert await use_cases.work() == [("recovery_codes_used", account.id), ("recovery_codes_renewed", account.id)]
    assert not set(renewed.codes) & set(codes)
    with pytest.raises(SecondFactorRefused):
        await use_cases.answer_challenge(await use_cases.challenge(), codes[0])
    await use_cases.answer_challenge(await use_cases.challenge(), renewed.codes[0])


async def test_without_a_second_factor_there_are_no_recovery_codes() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    with pytest.raises(NoSecondFactor):
        await use_cases.renew_codes(actor, RenewRecoveryCodesCommand(PASSWORD, "000000"))
    with pytest.raises(NoSecondFactor):
        await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, ""))


# --- removing ---------------------------------------------------------------------------------------------------------


async def test_removal_requires_password_and_code_and_ends_other_sessions() -> None:
    use_cases, secret, codes = await enrolled()
    account = await use_cases.account()
    other = await use_cases.answer_challenge(await use_cases.challenge(), codes[1])
    mine = await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    await use_cases.work()
    actor = await use_cases.holder(mine)
    with pytest.raises(WrongPassword):
        await use_cases.remove(actor, RemoveSecondFactorCommand(OTHER, codes[0]))
    for bad in ("000000", use_cases.totp(secret), codes[1]):
        with pytest.raises(CodeRefused):
            await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, bad))
    with pytest.raises(RateLimited) as limited:
        await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[0]))
    use_cases.world.clock.advance(timedelta(seconds=limited.value.retry_after))
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[0]))
    assert await use_cases.work() == [("recovery_codes_used", account.id), ("second_factor_removed", account.id)]
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(other)
    assert not (await use_cases.authenticated(mine)).must_enroll
    await use_cases.signed_in()


async def test_removing_required_second_factor_leaves_session_for_enrollment() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    tokens = await use_cases.signed_in(STAFF, side="practice")
    secret, codes = await use_cases.enrolled(tokens)
    await use_cases.remove(await use_cases.holder(tokens), RemoveSecondFactorCommand(PASSWORD, use_cases.totp(secret)))
    assert (await use_cases.authenticated(tokens)).must_enroll
    with pytest.raises(SecondFactorRequired):
        await use_cases.authenticated(tokens, enrollment_exempt=False)
    again, fresh = await use_cases.enrolled(tokens)
    assert again != secret
    assert not set(fresh) & set(codes)
    assert not (await use_cases.authenticated(tokens, enrollment_exempt=False)).must_enroll


async def test_recovery_codes_end_with_second_factor() -> None:
    use_cases, secret, codes = await enrolled()
    actor = await use_cases.holder(
        await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    )
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[0]))
    assert use_cases.world.store.table("second_factors") == {}


# --- after a crash ----------------------------------------------------------------------------------------------------


async def test_unrecorded_enrollment_is_recorded_at_next_sign_in() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    enrollment = await use_cases.enroll(
        await use_cases.holder(await use_cases.signed_in()), EnrollSecondFactorCommand(PASSWORD)
    )
    second_factor = use_cases.world.store.table("second_factors")[account.practice_id, account.id]
    assert await use_cases.second_factors.confirm(
        Credential.of(account), second_factor.pending, use_cases.totp(enrollment.secret)
    )
    use_cases.world.clock.advance(2 * STEP)
    tokens = await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(enrollment.secret))
    assert (await use_cases.account()).second_factor == "totp"
    use_cases.world.clock.advance(2 * STEP)
    renew = RenewRecoveryCodesCommand(PASSWORD, use_cases.totp(enrollment.secret))
    codes = (await use_cases.renew_codes(await use_cases.holder(tokens), renew)).codes
    assert await use_cases.answer_challenge(await use_cases.challenge(), codes[0])


async def test_unrecorded_removal_requires_recovery_code() -> None:
    use_cases, secret, codes = await enrolled()
    await use_cases.second_factors.remove(Credential.of(await use_cases.account()))
    challenge = await use_cases.challenge()
    with pytest.raises(SecondFactorRefused):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret))
    actor = await use_cases.holder(await use_cases.answer_challenge(challenge, codes[0]))
    with pytest.raises(CodeRefused):
        await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, use_cases.totp(secret)))
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, codes[1]))
    await use_cases.signed_in()
