"""Second factors: setting up, signing in with one, recovery codes, and what a stolen password is worth."""

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
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.views import SecondFactorChallenge
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.unit.accounts.use_cases import ANN, OTHER, PASSWORD, STAFF, STEP, AccountUseCases

EVE = "eve@example.org"
OFFICE = "192.0.2.9"
MINUTE = timedelta(minutes=1)


async def enrolled() -> tuple[AccountUseCases, str, tuple[str, ...]]:
    """A client with a second factor who is signed out: the secret and the recovery codes."""
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    secret, codes = await use_cases.enrolled(tokens)
    await use_cases.sign_out(await use_cases.holder(tokens))
    return use_cases, secret, codes


async def fail(use_cases: AccountUseCases, asked: SecondFactorChallenge, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SecondFactorRefused):
            await use_cases.answered(asked, "000000")


# --- setting up -------------------------------------------------------------------------------------------------------


async def test_setting_up_gives_what_an_app_reads_and_ten_codes() -> None:
    use_cases = AccountUseCases()
    account = await use_cases.add_client_account()
    tokens, other = await use_cases.signed_in(), await use_cases.signed_in()
    await use_cases.work()
    actor = await use_cases.holder(tokens)
    begun = await use_cases.enroll(actor, PASSWORD)
    assert begun.expires_at == use_cases.world.clock.now() + 10 * MINUTE
    uri = urlsplit(begun.uri)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Elm Street:{ANN}")
    assert parse_qs(uri.query) == {"secret": [begun.secret], "issuer": ["Elm Street"]}
    assert isinstance((await use_cases.signed_in()).access_token, str)
    recovery = await use_cases.confirm(actor, f" {use_cases.totp(begun.secret)} ")
    assert len(set(recovery.codes)) == 10
    assert all(len(code.replace("-", "")) == 24 for code in recovery.codes)
    assert await use_cases.work() == [("second_factor_enrolled", account.id)]
    assert not any(code in repr(use_cases.world.store.tables) for code in recovery.codes)
    assert (await use_cases.who(tokens)).session.id == tokens.session.id
    with pytest.raises(Unauthenticated):
        await use_cases.who(other)


async def test_a_practice_without_a_name_still_names_the_app_entry() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    del use_cases.world.store.tables["practices"]
    begun = await use_cases.enroll(await use_cases.holder(await use_cases.signed_in()), PASSWORD)
    assert "issuer=Client%20portal" in begun.uri


async def test_setting_up_needs_the_password() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    for _ in range(5):
        with pytest.raises(WrongPassword):
            await use_cases.enroll(actor, OTHER)
    with pytest.raises(RateLimited):
        await use_cases.enroll(actor, PASSWORD)
    assert (await use_cases.actions()).count("account.reauthentication_refused") == 5
    with pytest.raises(EnrollmentNotOpen):
        await use_cases.confirm(actor, "000000")


async def test_setting_up_ends_after_ten_minutes_and_after_five_wrong_codes() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = await use_cases.holder(await use_cases.signed_in())
    late = await use_cases.enroll(actor, PASSWORD)
    use_cases.world.clock.advance(10 * MINUTE)
    with pytest.raises(EnrollmentNotOpen):
        await use_cases.confirm(actor, use_cases.totp(late.secret))
    begun = await use_cases.enroll(actor, PASSWORD)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await use_cases.confirm(actor, "000000")
    with pytest.raises(RateLimited):
        await use_cases.confirm(actor, use_cases.totp(begun.secret))
    assert (await use_cases.account()).second_factor == "none"


async def test_there_is_one_second_factor() -> None:
    use_cases, secret, _ = await enrolled()
    actor = await use_cases.holder(await use_cases.answered(await use_cases.asked(), use_cases.totp(secret)))
    with pytest.raises(SecondFactorEnrolled):
        await use_cases.enroll(actor, PASSWORD)
    with pytest.raises(SecondFactorEnrolled):
        await use_cases.confirm(actor, use_cases.totp(secret))


async def test_setting_up_within_the_process_has_no_session_to_strengthen() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = evolve(await use_cases.holder(await use_cases.signed_in()), session_id=None)
    begun = await use_cases.enroll(actor, PASSWORD)
    await use_cases.confirm(actor, use_cases.totp(begun.secret))
    use_cases.world.clock.advance(2 * STEP)
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, use_cases.totp(begun.secret)))
    assert (await use_cases.account()).second_factor == "none"


async def test_setting_up_outlives_the_session_that_began_it() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    actor = evolve(await use_cases.holder(await use_cases.signed_in()), session_id=use_cases.world.ids.new())
    begun = await use_cases.enroll(actor, PASSWORD)
    await use_cases.confirm(actor, use_cases.totp(begun.secret))
    use_cases.world.clock.advance(2 * STEP)
    await use_cases.remove(actor, RemoveSecondFactorCommand(PASSWORD, use_cases.totp(begun.secret)))


async def test_staff_must_set_one_up_and_then_may_do_everything() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_staff_account()
    tokens = await use_cases.signed_in(STAFF, side="practice")
    assert tokens.must_enroll
    with pytest.raises(SecondFactorRequired):
        await use_cases.who(tokens, enrollment_exempt=False)
    secret, _ = await use_cases.enrolled(tokens)
    assert not (await use_cases.who(tokens, enrollment_exempt=False)).must_enroll
    again = await use_cases.answered(
        await use_cases.asked(STAFF, side="practice"), use_cases.totp(secret), side="practice"
    )
    assert not again.must_enroll
    assert not (await use_cases.who(again, enrollment_exempt=False)).must_enroll


async def test_a_practice_may_require_it_of_clients_who_have_signed_in_already() -> None:
    use_cases = AccountUseCases()
    await use_cases.add_client_account()
    tokens = await use_cases.signed_in()
    await use_cases.world.set_rules(client_second_factor_required=True)
    assert (await use_cases.who(tokens)).must_enroll
    assert (await use_cases.signed_in()).must_enroll


# --- signing in -------------------------------------------------------------------------------------------------------


async def test_password_alone_returns_challenge() -> None:
    use_cases, secret, _ = await enrolled()
    before = len(use_cases.world.store.table("sessions"))
    asked = await use_cases.asked()
    assert asked.expires_at == use_cases.world.clock.now() + 5 * MINUTE
    assert len(use_cases.world.store.table("sessions")) == before
    with pytest.raises(Unauthenticated):
        await use_cases.who(asked.challenge)
    tokens = await use_cases.answered(asked, f" {use_cases.totp(secret)} ")
    assert await use_cases.holder(tokens)


async def test_challenge_is_single_use() -> None:
    use_cases, secret, codes = await enrolled()
    asked = await use_cases.asked()
    await use_cases.answered(asked, use_cases.totp(secret))
    use_cases.world.clock.advance(2 * STEP)
    for code in (use_cases.totp(secret), codes[0]):
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answered(asked, code)


async def test_two_right_answers_at_once_open_one_session() -> None:
    use_cases, secret, codes = await enrolled()
    asked = await use_cases.asked()
    check = use_cases.second_factors.check
    checked, go = asyncio.Event(), asyncio.Event()

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        checked.set()
        await go.wait()
        return await check(*arguments)

    object.__setattr__(use_cases.answer, "second_factors", _PasswordsHook(slow))
    late = asyncio.create_task(use_cases.answered(asked, use_cases.totp(secret)))
    await checked.wait()
    before = len(use_cases.world.store.table("sessions"))
    await use_cases.answered(asked, codes[0])
    go.set()
    with pytest.raises(ChallengeNotOpen):
        await late
    assert len(use_cases.world.store.table("sessions")) == before + 1


async def test_totp_code_cannot_be_reused() -> None:
    use_cases, secret, _ = await enrolled()
    code = use_cases.totp(secret)
    first, second = await use_cases.asked(), await use_cases.asked()
    await use_cases.answered(first, code)
    with pytest.raises(SecondFactorRefused):
        await use_cases.answered(second, code)


async def test_challenge_expires_after_five_minutes() -> None:
    use_cases, secret, _ = await enrolled()
    asked = await use_cases.asked()
    use_cases.world.clock.advance(5 * MINUTE)
    with pytest.raises(ChallengeNotOpen):
        await use_cases.answered(asked, use_cases.totp(secret))


async def test_both_steps_take_five_tries_in_fifteen_minutes_from_one_address() -> None:
    use_cases, secret, codes = await enrolled()
    asked = await use_cases.asked()
    with pytest.raises(SignInRefused):
        await use_cases.attempt_sign_in(EVE, address=OFFICE)
    for code in ("000000", codes[0].replace("-", "")[::-1]):
        with pytest.raises(SecondFactorRefused):
            await use_cases.answered(asked, code, address=OFFICE)
    for _ in range(2):
        with pytest.raises(ChallengeNotOpen):
            await use_cases.answered(evolve(asked, challenge="nonsense"), "000000", address=OFFICE)
    for code in (use_cases.totp(secret), codes[0]):
        with pytest.raises(RateLimited) as limited:
            await use_cases.answered(asked, code, address=OFFICE)
        assert not isinstance(limited.value, SignInLocked)
    await use_cases.answered(asked, use_cases.totp(secret))
    use_cases.world.clock.advance(15 * MINUTE)
    await use_cases.answered(await use_cases.asked(), use_cases.totp(secret), address=OFFICE)


async def test_right_answers_from_one_address_are_no_guesses_and_make_no_room_for_more() -> None:
    use_cases, secret, _ = await enrolled()
    for _ in range(4):
        with pytest.raises(SignInRefused):
            await use_cases.attempt_sign_in(EVE, address=OFFICE)
    for _ in range(6):
        asked = await use_cases.attempt_sign_in(address=OFFICE)
        assert isinstance(asked, SecondFactorChallenge)
        await use_cases.answered(asked, use_cases.totp(secret), address=OFFICE)
        use_cases.world.clock.advance(2 * STEP)
    asked = await use_cases.asked()
    with pytest.raises(SecondFactorRefused):
        await use_cases.answered(asked, "000000", address=OFFICE)
    with pytest.raises(RateLimited):
        await use_cases.answered(asked, use_cases.totp(secret), address=OFFICE)


class _PasswordsHook:
    def __init__(self, check) -> None:  # type: ignore[no-untyped-def]
        self.check = check
