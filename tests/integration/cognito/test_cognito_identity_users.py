"""The Cognito adapter through boto3 against the strict fake: second factors, and the user as a whole."""

from collections.abc import Iterator

import pytest
from attrs import evolve

from portal_core.accounts.identity_provider import Accepted, Refused, SecondFactorNeeded
from portal_core.kernel.errors import Unavailable
from tests.support.cognito.identity import ANN, BOB, NOBODY, OTHER, PASSWORD, CognitoHarness, connect
from tests.support.cognito_fake import CognitoFake


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")


@pytest.fixture
def identity(keys: None) -> Iterator[CognitoHarness]:
    with CognitoFake() as fake:
        identity = connect(fake, fake.url)
        yield identity
        identity.account.threads.shutdown()


class TestSecondFactors:
    async def test_confirmed_second_factor_is_required_and_each_code_works_once(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        begun = await identity.factors.start_enrollment(ANN, PASSWORD)
        assert begun is not None
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()
        code = identity.code(begun.secret)
        assert not await identity.factors.confirm(ANN, begun.handle, f"{(int(code) + 1) % 1_000_000:06d}")
        assert await identity.factors.confirm(ANN, begun.handle, code)
        assert not await identity.factors.check(ANN, await identity.state(ANN), code)
        identity.fake.advance(30)
        state, code = await identity.state(ANN), identity.code(begun.secret)
        assert not await identity.factors.check(ANN, state, f"{(int(code) + 1) % 1_000_000:06d}")
        assert await identity.factors.check(ANN, state, code)
        assert not await identity.factors.check(ANN, await identity.state(ANN), code)

    async def test_enrollment_needs_the_password(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert await identity.factors.start_enrollment(ANN, OTHER) is None
        assert await identity.factors.start_enrollment(NOBODY, PASSWORD) is None

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "123 456"])
    async def test_malformed_code_is_refused_without_calling_cognito(self, identity: CognitoHarness, code: str) -> None:
        identity.fake.calls.clear()
        assert not await identity.factors.check(ANN, "s" * 30, code)
        assert not await identity.factors.confirm(ANN, "handle", code)
        assert identity.fake.calls == []

    async def test_enrollment_state_is_limited_to_one_account_and_expires(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.passwords.create(BOB, PASSWORD)
        await identity.enroll(ANN)
        bobs = await identity.enroll(BOB)
        assert not await identity.factors.check(BOB, await identity.state(ANN), identity.code(bobs))
        for nonsense in ("", "short", "n" * 40):
            assert not await identity.factors.check(BOB, nonsense, identity.code(bobs))
        state = await identity.state(BOB)
        identity.fake.advance(5 * 60)
        assert not await identity.factors.check(BOB, state, identity.code(bobs))

    async def test_challenge_handle_ends_on_expiry_or_with_the_credential(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        begun = await identity.factors.start_enrollment(ANN, PASSWORD)
        assert begun is not None
        identity.fake.advance(3600)
        assert not await identity.factors.confirm(ANN, begun.handle, identity.code(begun.secret))
        again = await identity.factors.start_enrollment(ANN, PASSWORD)
        assert again is not None
        await identity.credentials.disable(ANN)
        assert not await identity.factors.confirm(ANN, again.handle, identity.code(again.secret))

    async def test_removed_second_factor_can_be_enrolled_again(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.factors.remove(ANN)
        await identity.factors.remove(NOBODY)
        old = await identity.enroll(ANN)
        await identity.factors.remove(ANN)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()
        new = await identity.enroll(ANN)
        state = await identity.state(ANN)
        assert not await identity.factors.check(ANN, state, identity.code(old))
        assert await identity.factors.check(ANN, state, identity.code(new))

    async def test_enrollment_interrupted_by_a_crash_can_be_repeated(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.enroll(ANN)
        again = await identity.factors.start_enrollment(ANN, PASSWORD)
        assert again is not None
        assert await identity.factors.confirm(ANN, again.handle, identity.code(again.secret))

    async def test_lost_response_is_not_a_wrong_code(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        secret = await identity.enroll(ANN)
        state = await identity.state(ANN)
        identity.fake.fail_next("AdminRespondToAuthChallenge", "dropped", applied=True)
        with pytest.raises(Unavailable):
            await identity.factors.check(ANN, state, identity.code(secret))

    async def test_password_reset_keeps_the_second_factor(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.enroll(ANN)
        await identity.codes.send(ANN, "reset_password")
        assert await identity.codes.redeem(ANN, "reset_password", identity.mailed, OTHER)
        assert isinstance(await identity.passwords.check(ANN, OTHER), SecondFactorNeeded)


class TestCredentials:
    async def test_mail_goes_to_the_new_email(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.credentials.change_email(ANN, "new@example.org")
        await identity.codes.send(evolve(ANN, email="new@example.org"), "reset_password")
        assert [sent.destination for sent in identity.fake.outbox] == ["new@example.org"]

    async def test_disabled_credential_refuses_every_check(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        secret = await identity.enroll(ANN)
        state = await identity.state(ANN)
        await identity.codes.send(ANN, "reset_password")
        await identity.credentials.disable(ANN)
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        assert not await identity.factors.check(ANN, state, identity.code(secret))
        assert not await identity.codes.redeem(ANN, "reset_password", identity.mailed, OTHER)

    async def test_unknown_users_and_repeated_calls_are_accepted(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        for _ in range(2):
            await identity.credentials.disable(ANN)
        for credential in (ANN, ANN, NOBODY):
            await identity.credentials.delete(credential)
            await identity.credentials.disable(credential)
            await identity.credentials.change_email(credential, "new@example.org")
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
