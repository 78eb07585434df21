"""Second factors: setting up, signing in with one, recovery codes, and what a stolen password is worth."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from attrs import evolve

from portal_core.accounts.errors import (
    ChallengeOver,
    CodeRefused,
    EnrolmentOver,
    PasswordRefused,
    SecondFactorEnrolled,
    SecondFactorRefused,
    SecondFactorRequired,
    SignInLocked,
    SignInRefused,
)
from portal_core.accounts.use_cases.remove_second_factor import RemoveSecondFactorCommand
from portal_core.accounts.views import SecondFactorAsked
from portal_core.kernel.errors import RateLimited, Unauthenticated
from tests.unit.accounts.use_cases import ANN, OTHER, PASSWORD, STAFF, STEP, FrontDoor

EVE = "eve@example.org"
OFFICE = "192.0.2.9"
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


async def test_setting_up_gives_what_an_app_reads_and_ten_codes() -> None:
    door = FrontDoor()
    account = await door.joined()
    tokens, other = await door.signed_in(), await door.signed_in()
    await door.work()
    actor = await door.holder(tokens)
    begun = await door.enroll(actor, PASSWORD)
    assert begun.expires_at == door.world.clock.now() + 10 * MINUTE
    uri = urlsplit(begun.uri)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == ("otpauth", "totp", f"/Elm Street:{ANN}")
    assert parse_qs(uri.query) == {"secret": [begun.secret], "issuer": ["Elm Street"]}
    assert isinstance((await door.signed_in()).access_token, str)
    recovery = await door.confirm(actor, f" {door.totp(begun.secret)} ")
    assert len(set(recovery.codes)) == 10
    assert all(len(code.replace("-", "")) == 24 for code in recovery.codes)
    assert await door.work() == [("second_factor_enrolled", account.id)]
    assert not any(code in repr(door.world.store.tables) for code in recovery.codes)
    assert (await door.who(tokens)).session.id == tokens.session.id
    with pytest.raises(Unauthenticated):
        await door.who(other)


async def test_a_practice_without_a_name_still_names_the_app_entry() -> None:
    door = FrontDoor()
    await door.joined()
    del door.world.store.tables["practices"]
    begun = await door.enroll(await door.holder(await door.signed_in()), PASSWORD)
    assert "issuer=Client%20portal" in begun.uri


async def test_setting_up_needs_the_password() -> None:
    door = FrontDoor()
    await door.joined()
    actor = await door.holder(await door.signed_in())
    for _ in range(5):
        with pytest.raises(PasswordRefused):
            await door.enroll(actor, OTHER)
    with pytest.raises(RateLimited):
        await door.enroll(actor, PASSWORD)
    assert (await door.actions()).count("account.proof_refused") == 5
    with pytest.raises(EnrolmentOver):
        await door.confirm(actor, "000000")


async def test_setting_up_ends_after_ten_minutes_and_after_five_wrong_codes() -> None:
    door = FrontDoor()
    await door.joined()
    actor = await door.holder(await door.signed_in())
    late = await door.enroll(actor, PASSWORD)
    door.world.clock.advance(10 * MINUTE)
    with pytest.raises(EnrolmentOver):
        await door.confirm(actor, door.totp(late.secret))
    begun = await door.enroll(actor, PASSWORD)
    for _ in range(5):
        with pytest.raises(CodeRefused):
            await door.confirm(actor, "000000")
    with pytest.raises(RateLimited):
        await door.confirm(actor, door.totp(begun.secret))
    assert (await door.account()).second_factor == "none"


async def test_there_is_one_second_factor() -> None:
    door, secret, _ = await enrolled()
    actor = await door.holder(await door.answered(await door.asked(), door.totp(secret)))
    with pytest.raises(SecondFactorEnrolled):
        await door.enroll(actor, PASSWORD)
    with pytest.raises(SecondFactorEnrolled):
        await door.confirm(actor, door.totp(secret))


async def test_setting_up_within_the_process_has_no_session_to_strengthen() -> None:
    door = FrontDoor()
    await door.joined()
    actor = evolve(await door.holder(await door.signed_in()), session_id=None)
    begun = await door.enroll(actor, PASSWORD)
    await door.confirm(actor, door.totp(begun.secret))
    door.world.clock.advance(2 * STEP)
    await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, door.totp(begun.secret)))
    assert (await door.account()).second_factor == "none"


async def test_setting_up_outlives_the_session_that_began_it() -> None:
    door = FrontDoor()
    await door.joined()
    actor = evolve(await door.holder(await door.signed_in()), session_id=door.world.ids.new())
    begun = await door.enroll(actor, PASSWORD)
    await door.confirm(actor, door.totp(begun.secret))
    door.world.clock.advance(2 * STEP)
    await door.remove(actor, RemoveSecondFactorCommand(PASSWORD, door.totp(begun.secret)))


async def test_staff_must_set_one_up_and_then_may_do_everything() -> None:
    door = FrontDoor()
    await door.hired()
    tokens = await door.signed_in(STAFF, side="practice")
    assert tokens.must_enrol
    with pytest.raises(SecondFactorRequired):
        await door.who(tokens, enrolling=False)
    secret, _ = await door.enrolled(tokens)
    assert not (await door.who(tokens, enrolling=False)).must_enrol
    again = await door.answered(await door.asked(STAFF, side="practice"), door.totp(secret), side="practice")
    assert not again.must_enrol
    assert not (await door.who(again, enrolling=False)).must_enrol


async def test_a_practice_may_require_it_of_clients_who_have_signed_in_already() -> None:
    door = FrontDoor()
    await door.joined()
    tokens = await door.signed_in()
    await door.world.set_rules(clients_need_second_factor=True)
    assert (await door.who(tokens)).must_enrol
    assert (await door.signed_in()).must_enrol


# --- signing in -------------------------------------------------------------------------------------------------------


async def test_a_right_password_earns_a_question_and_no_session() -> None:
    door, secret, _ = await enrolled()
    before = len(door.world.store.table("sessions"))
    asked = await door.asked()
    assert asked.expires_at == door.world.clock.now() + 5 * MINUTE
    assert len(door.world.store.table("sessions")) == before
    with pytest.raises(Unauthenticated):
        await door.who(asked.challenge)
    tokens = await door.answered(asked, f" {door.totp(secret)} ")
    assert await door.holder(tokens)


async def test_a_question_is_answered_once() -> None:
    door, secret, codes = await enrolled()
    asked = await door.asked()
    await door.answered(asked, door.totp(secret))
    door.world.clock.advance(2 * STEP)
    for code in (door.totp(secret), codes[0]):
        with pytest.raises(ChallengeOver):
            await door.answered(asked, code)


async def test_two_right_answers_at_once_open_one_session() -> None:
    door, secret, codes = await enrolled()
    asked = await door.asked()
    check = door.second_factors.check
    checked, go = asyncio.Event(), asyncio.Event()

    async def slow(*arguments):  # type: ignore[no-untyped-def]
        checked.set()
        await go.wait()
        return await check(*arguments)

    object.__setattr__(door.answer, "second_factors", _Checks(slow))
    late = asyncio.create_task(door.answered(asked, door.totp(secret)))
    await checked.wait()
    before = len(door.world.store.table("sessions"))
    await door.answered(asked, codes[0])
    go.set()
    with pytest.raises(ChallengeOver):
        await late
    assert len(door.world.store.table("sessions")) == before + 1


async def test_a_code_seen_over_the_shoulder_is_no_good() -> None:
    door, secret, _ = await enrolled()
    code = door.totp(secret)
    first, second = await door.asked(), await door.asked()
    await door.answered(first, code)
    with pytest.raises(SecondFactorRefused):
        await door.answered(second, code)


async def test_a_question_is_open_for_five_minutes() -> None:
    door, secret, _ = await enrolled()
    asked = await door.asked()
    door.world.clock.advance(5 * MINUTE)
    with pytest.raises(ChallengeOver):
        await door.answered(asked, door.totp(secret))


async def test_both_steps_take_five_tries_in_fifteen_minutes_from_one_address() -> None:
    door, secret, codes = await enrolled()
    asked = await door.asked()
    with pytest.raises(SignInRefused):
        await door.try_in(EVE, address=OFFICE)
    for code in ("000000", codes[0].replace("-", "")[::-1]):
        with pytest.raises(SecondFactorRefused):
            await door.answered(asked, code, address=OFFICE)
    for _ in range(2):
        with pytest.raises(ChallengeOver):
            await door.answered(evolve(asked, challenge="nonsense"), "000000", address=OFFICE)
    for code in (door.totp(secret), codes[0]):
        with pytest.raises(RateLimited) as limited:
            await door.answered(asked, code, address=OFFICE)
        assert not isinstance(limited.value, SignInLocked)
    await door.answered(asked, door.totp(secret))
    door.world.clock.advance(15 * MINUTE)
    await door.answered(await door.asked(), door.totp(secret), address=OFFICE)


async def test_right_answers_from_one_address_are_no_guesses_and_make_no_room_for_more() -> None:
    door, secret, _ = await enrolled()
    for _ in range(4):
        with pytest.raises(SignInRefused):
            await door.try_in(EVE, address=OFFICE)
    for _ in range(6):
        asked = await door.try_in(address=OFFICE)
        assert isinstance(asked, SecondFactorAsked)
        await door.answered(asked, door.totp(secret), address=OFFICE)
        door.world.clock.advance(2 * STEP)
    asked = await door.asked()
    with pytest.raises(SecondFactorRefused):
        await door.answered(asked, "000000", address=OFFICE)
    with pytest.raises(RateLimited):
        await door.answered(asked, door.totp(secret), address=OFFICE)


class _Checks:
    def __init__(self, check) -> None:  # type: ignore[no-untyped-def]
        self.check = check
