"""Second factors: enrollment, sign-in, recovery codes, and attacks with a stolen password."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from attrs import evolve

from portal_core.accounts.errors import (
    ChallengeNotOpen,
    CodeRefused,
    EnrollmentNotOpen,
    SecondFactorEnrolled,
    SecondFactorRefused,
    SecondFactorRequired,
    SignInLocked,
    SignInRefused,
    WrongPassword,
)
from portal_core.accounts.policy import SIGN_IN_BY_ADDRESS
from portal_core.accounts.use_cases.change_password import ChangePasswordCommand
from portal_core.accounts.use_cases.confirm_second_factor import ConfirmSecondFactorCommand
from portal_core.accounts.use_cases.enroll_second_factor import EnrollSecondFactorCommand
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.views import SecondFactorChallenge
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.unit.accounts.use_cases import ANN, OTHER, PASSWORD, STAFF, STEP, AccountUseCases

EVE = "eve@example.org"
OFFICE = "192.0.2.9"
MINUTE = timedelta(minutes=1)
MAX_BY_ADDRESS = SIGN_IN_BY_ADDRESS.limit.max_attempts


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


async def test_enrollment_returns_otpauth_uri_and_ten_recovery_codes() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    tokens, other = await use_cases.signed_in(), await use_cases.signed_in()
    await use_cases.work()
    actor = await use_cases.holder(tokens)
    enrollment = await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    assert enrollment.expires_at == use_cases.world.clock.now() + 10 * MINUTE
    uri = urlsplit(enrollment.uri)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Elm Street:{ANN}")
    assert parse_qs(uri.query) == {"secret": [enrollment.secret], "issuer": ["Elm Street"]}
    assert isinstance((await use_cases.signed_in()).access_token, str)
    recovery = await use_cases.confirm(actor, ConfirmSecondFactorCommand(f" {use_cases.totp(enrollment.secret)} "))
    assert len(set(recovery.codes)) == 10
    assert all(len(code.replace("-", "")) == 24 for code in recovery.codes)
    assert await use_cases.work() == [("second_factor_enrolled", account.id)]
    assert not any(code in repr(use_cases.world.store.tables) for code in recovery.codes)
    assert (await use_cases.authenticated(tokens)).session.id == tokens.session.id
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(other)


async def test_otpauth_issuer_defaults_without_practice_name() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    del use_cases.world.store.tables["practices"]
    enrollment = await use_cases.enroll(
        await use_cases.holder(await use_cases.signed_in()), EnrollSecondFactorCommand(PASSWORD)
    )
    assert "issuer=Client%20portal" in enrollment.uri


async def test_enrollment_requires_password() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await use_cases.enroll(actor, EnrollSecondFactorCommand(OTHER))
    with pytest.raises(RateLimited):
        await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    assert (await use_cases.actions()).count("account.reauthentication_refused") == 5
    with pytest.raises(EnrollmentNotOpen):
        await use_cases.confirm(actor, ConfirmSecondFactorCommand("000000"))


async def test_enrollment_ends_after_ten_minutes_or_five_wrong_codes() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    late = await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    use_cases.world.clock.advance(10 * MINUTE)
    with pytest.raises(EnrollmentNotOpen):
        await use_cases.confirm(actor, ConfirmSecondFactorCommand(use_cases.totp(late.secret)))
    enrollment = await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await use_cases.confirm(actor, ConfirmSecondFactorCommand("000000"))
    with pytest.raises(RateLimited):
        await use_cases.confirm(actor, ConfirmSecondFactorCommand(use_cases.totp(enrollment.secret)))
    assert (await use_cases.account()).second_factor == "none"


async def test_second_enrollment_is_refused() -> None:
    use_cases, secret, _ = await enrolled()
    actor = await use_cases.holder(
        await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    )
    with pytest.raises(SecondFactorEnrolled):
        await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    with pytest.raises(SecondFactorEnrolled):
        await use_cases.confirm(actor, ConfirmSecondFactorCommand(use_cases.totp(secret)))


async def test_enrollment_in_process_without_session() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = evolve(await use_cases.holder(await use_cases.signed_in()), session_id=None)
    enrollment = await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    await use_cases.confirm(actor, ConfirmSecondFactorCommand(use_cases.totp(enrollment.secret)))
    use_cases.world.clock.advance(2 * STEP)
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, use_cases.totp(enrollment.secret)))
    assert (await use_cases.account()).second_factor == "none"


async def test_enrollment_outlives_the_session_that_started_it() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = evolve(await use_cases.holder(await use_cases.signed_in()), session_id=use_cases.world.ids.new())
    enrollment = await use_cases.enroll(actor, EnrollSecondFactorCommand(PASSWORD))
    await use_cases.confirm(actor, ConfirmSecondFactorCommand(use_cases.totp(enrollment.secret)))
    use_cases.world.clock.advance(2 * STEP)
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, use_cases.totp(enrollment.secret)))


async def test_staff_must_enroll_second_factor() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    tokens = await use_cases.signed_in(STAFF, side="practice")
    assert tokens.must_enroll
    with pytest.raises(SecondFactorRequired):
        await use_cases.authenticated(tokens, enrollment_exempt=False)
    secret, _ = await use_cases.enrolled(tokens)
    assert not (await use_cases.authenticated(tokens, enrollment_exempt=False)).must_enroll
    again = await use_cases.answer_challenge(
        await use_cases.challenge(STAFF, side="practice"), use_cases.totp(secret), side="practice"
    )
    assert not again.must_enroll
    assert not (await use_cases.authenticated(again, enrollment_exempt=False)).must_enroll


async def test_practice_may_require_second_factor_of_signed_in_clients() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    await use_cases.world.set_rules(client_second_factor_required=True)
    assert (await use_cases.authenticated(tokens)).must_enroll
    assert (await use_cases.signed_in()).must_enroll


# --- signing in -------------------------------------------------------------------------------------------------------


async def test_password_alone_returns_challenge() -> None:
    use_cases, secret, _ = await enrolled()
    before = len(use_cases.world.store.table("sessions"))
    challenge = await use_cases.challenge()
    assert challenge.expires_at == use_cases.world.clock.now() + 5 * MINUTE
    assert len(use_cases.world.store.table("sessions")) == before
    with pytest.raises(Unauthenticated):
        await use_cases.authenticated(challenge.challenge)
    tokens = await use_cases.answer_challenge(challenge, f" {use_cases.totp(secret)} ")
    assert await use_cases.holder(tokens)


async def test_challenge_is_single_use() -> None:
    use_cases, secret, codes = await enrolled()
    challenge = await use_cases.challenge()
    await use_cases.answer_challenge(challenge, use_cases.totp(secret))
    use_cases.world.clock.advance(2 * STEP)
    for code in (use_cases.totp(secret), codes[0]):
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answer_challenge(challenge, code)


async def test_concurrent_correct_answers_open_one_session() -> None:
    use_cases, secret, codes = await enrolled()
    challenge = await use_cases.challenge()
    check = use_cases.second_factors.check
    checked, go = asyncio.Event(), asyncio.Event()

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        checked.set()
        await go.wait()
        return await check(*arguments)

    object.__setattr__(use_cases.verify_second_factor, "second_factors", _CheckHook(slow))
    late = asyncio.create_task(use_cases.answer_challenge(challenge, use_cases.totp(secret)))
    await checked.wait()
    before = len(use_cases.world.store.table("sessions"))
    await use_cases.answer_challenge(challenge, codes[0])
    go.set()
    with pytest.raises(ChallengeNotOpen):
        await late
    assert len(use_cases.world.store.table("sessions")) == before + 1


async def test_totp_code_cannot_be_reused() -> None:
    use_cases, secret, _ = await enrolled()
    code = use_cases.totp(secret)
    first, second = await use_cases.challenge(), await use_cases.challenge()
    await use_cases.answer_challenge(first, code)
    with pytest.raises(SecondFactorRefused):
        await use_cases.answer_challenge(second, code)


async def test_challenge_expires_after_five_minutes() -> None:
    use_cases, secret, _ = await enrolled()
    challenge = await use_cases.challenge()
    use_cases.world.clock.advance(5 * MINUTE)
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret))


async def test_refused_challenges_are_audited() -> None:
    """Unknown, expired, used, and presented on the other side."""
    use_cases, secret, codes = await enrolled()
    expired = await use_cases.challenge()
    use_cases.world.clock.advance(5 * MINUTE)
    used, elsewhere = await use_cases.challenge(), await use_cases.challenge()
    await use_cases.answer_challenge(used, use_cases.totp(secret))
    unknown = evolve(used, challenge="unknown")
    for count, challenge in enumerate((unknown, expired, used), start=1):
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answer_challenge(challenge, codes[0])
        assert (await use_cases.actions()).count("sign_in.challenge_refused") == count
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(elsewhere, codes[0], side="practice")
    assert (await use_cases.actions()).count("sign_in.challenge_refused") == 4
    assert await use_cases.answer_challenge(elsewhere, codes[0])


@pytest.mark.parametrize("how", ["sign_out", "end_session", "password"])
async def test_signing_out_ends_a_sign_in_that_waits_for_the_second_factor(how: str) -> None:
    use_cases, secret, codes = await enrolled()
    actor = await use_cases.holder(
        await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret))
    )
    other = await use_cases.holder(await use_cases.answer_challenge(await use_cases.challenge(), codes[0]))
    waiting = await use_cases.challenge()
    match how:
        case "sign_out":
            await use_cases.sign_out(actor)
        case "end_session":
            assert other.session_id is not None
            await use_cases.end_session(actor, other.session_id)
        case "password":
            await use_cases.change_password(
                actor, ChangePasswordCommand(PASSWORD, "amber lantern 9 orchestra", codes[1])
            )
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answer_challenge(waiting, codes[2])
    assert "sign_in.challenge_refused" in await use_cases.actions()


async def test_signing_out_leaves_the_sign_ins_of_others() -> None:
    use_cases, _, codes = await enrolled()
    waiting = await use_cases.challenge()
    await use_cases.add_client_account(EVE)
    await use_cases.sign_out(await use_cases.holder(await use_cases.signed_in(EVE)))
    assert await use_cases.answer_challenge(waiting, codes[0])


async def test_address_limit_covers_both_sign_in_steps() -> None:
    use_cases, secret, codes = await enrolled()
    challenge = await use_cases.challenge()
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(EVE, address=OFFICE)
    for code in ("000000", codes[0].replace("-", "")[::-1]):
        with pytest.raises(SecondFactorRefused):
            await use_cases.answer_challenge(challenge, code, address=OFFICE)
    for _ in range(MAX_BY_ADDRESS - 3):
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answer_challenge(evolve(challenge, challenge="nonsense"), "000000", address=OFFICE)
    for code in (use_cases.totp(secret), codes[0]):
        with pytest.raises(RateLimited) as limited:
            await use_cases.answer_challenge(challenge, code, address=OFFICE)
        assert not isinstance(limited.value, SignInLocked)
    await use_cases.answer_challenge(challenge, use_cases.totp(secret))
    use_cases.world.clock.advance(15 * MINUTE)
    await use_cases.answer_challenge(await use_cases.challenge(), use_cases.totp(secret), address=OFFICE)


async def test_successful_sign_ins_neither_count_nor_reset_address_limit() -> None:
    use_cases, secret, _ = await enrolled()
    for number in range(MAX_BY_ADDRESS - 1):
        with pytest.raises(SignInRefused):
            await use_cases.attempt_sign_in(f"eve{number}@example.org", address=OFFICE)
    for _ in range(6):
        challenge = await use_cases.attempt_sign_in(address=OFFICE)
        assert isinstance(challenge, SecondFactorChallenge)
        await use_cases.answer_challenge(challenge, use_cases.totp(secret), address=OFFICE)
        use_cases.world.clock.advance(2 * STEP)
    challenge = await use_cases.challenge()
    with pytest.raises(SecondFactorRefused):
        await use_cases.answer_challenge(challenge, "000000", address=OFFICE)
    with pytest.raises(RateLimited):
        await use_cases.answer_challenge(challenge, use_cases.totp(secret), address=OFFICE)


class _CheckHook:
    def __init__(self, check) -> None:  # type: ignore[no-untyped-def]
        self.check = check
