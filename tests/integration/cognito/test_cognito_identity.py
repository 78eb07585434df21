"""The Cognito adapter through boto3 against the strict fake: mailed codes, passwords, and pool settings."""

from collections.abc import Iterator
from typing import Any

import pytest
from attrs import evolve

from adapters.cognito.mailed_codes import CognitoMailedCodes
from adapters.cognito.passwords import CognitoPasswords
from adapters.cognito.pool_check import pool_problems
from adapters.cognito.pools import CognitoPool, CognitoPools, encode_password
from portal_core.accounts.identity_provider import Accepted, Refused
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


class TestMailedCodes:
    async def test_code_and_password_create_the_credential(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        sent = identity.fake.outbox[-1]
        assert (sent.destination, sent.purpose) == (ANN.email, "sign_up")
        assert identity.user(ANN)["email_verified"] == "false"
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        wrong = f"{(int(sent.code) + 1) % 1_000_000:06d}"
        assert not await identity.codes.redeem(ANN, "verify_email", wrong, PASSWORD)
        assert await identity.codes.redeem(ANN, "verify_email", sent.code, PASSWORD)
        assert identity.user(ANN)["email_verified"] == "true"
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()
        assert not await identity.codes.redeem(ANN, "verify_email", sent.code, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Refused()

    async def test_reset_sets_the_password_once(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.codes.send(ANN, "reset_password")
        code = identity.mailed
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()
        assert await identity.codes.redeem(ANN, "reset_password", code, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Accepted()
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        assert not await identity.codes.redeem(ANN, "reset_password", code, PASSWORD)

    @pytest.mark.parametrize("purpose", ["verify_email", "reset_password"])
    async def test_new_code_replaces_the_old_one(self, identity: CognitoHarness, purpose: Any) -> None:
        if purpose == "reset_password":
            await identity.passwords.create(ANN, PASSWORD)
        await identity.codes.send(ANN, purpose)
        old = identity.mailed
        await identity.codes.send(ANN, purpose)
        assert not await identity.codes.redeem(ANN, purpose, old, OTHER)
        assert await identity.codes.redeem(ANN, purpose, identity.mailed, OTHER)

    async def test_code_is_limited_to_its_purpose(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        assert not await identity.codes.redeem(ANN, "reset_password", identity.mailed, PASSWORD)
        assert await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)

    async def test_codes_expire(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        identity.fake.advance(24 * 3600)
        assert not await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)

    async def test_unknown_user_is_indistinguishable(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        await identity.passwords.create(BOB, PASSWORD)
        await identity.codes.send(BOB, "reset_password")
        for known, purpose in ((ANN, "verify_email"), (BOB, "reset_password")):
            operations, wrong = [], f"{(int(identity.mailed) + 1) % 1_000_000:06d}"
            for credential in (known, NOBODY):
                identity.fake.calls.clear()
                assert not await identity.codes.redeem(credential, purpose, wrong, OTHER)  # type: ignore[arg-type]  # a str, not a Literal
                operations.append([call.operation for call in identity.fake.calls])
            assert operations[0] == operations[1]
            assert len(operations[0]) == 1

    async def test_cognito_rate_limit_is_reported_as_a_wrong_code(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        right = identity.mailed
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        for _ in range(5):
            assert not await identity.codes.redeem(ANN, "verify_email", wrong, PASSWORD)
        assert not await identity.codes.redeem(ANN, "verify_email", right, PASSWORD)
        identity.fake.advance(3600)
        assert await identity.codes.redeem(ANN, "verify_email", right, PASSWORD)

    async def test_crash_before_setting_the_password_can_be_retried(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        identity.fake.fail_next("AdminSetUserPassword", "http500", times=3)
        with pytest.raises(Unavailable):
            await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)
        assert not await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)
        await identity.codes.send(ANN, "verify_email")
        assert await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    async def test_another_email_restarts_verification(self, identity: CognitoHarness) -> None:
        await identity.codes.send(ANN, "verify_email")
        old = identity.mailed
        moved = evolve(ANN, email="ann@elsewhere.example")
        await identity.codes.send(moved, "verify_email")
        assert identity.fake.outbox[-1].destination == "ann@elsewhere.example"
        assert not await identity.codes.redeem(moved, "verify_email", old, PASSWORD)
        assert await identity.codes.redeem(moved, "verify_email", identity.mailed, PASSWORD)
        assert identity.user(moved)["email"] == "ann@elsewhere.example"

    async def test_reset_works_after_any_crash(self, identity: CognitoHarness) -> None:
        """The crash may have left no user, a temporary password, another email, or an unconfirmed sign-up."""
        pool = identity.pools.pools["portal"].pool_id

        def nothing() -> None: ...

        def half_made() -> None:
            identity.aws.admin_create_user(UserPoolId=pool, Username=str(ANN.account_id), MessageAction="SUPPRESS")

        async def moved() -> None:
            await identity.passwords.create(evolve(ANN, email="old@example.org"), PASSWORD)

        async def unconfirmed() -> None:
            await identity.codes.send(ANN, "verify_email")

        for leave in (nothing, half_made, moved, unconfirmed):
            left = leave()
            if left is not None:
                await left
            await identity.codes.send(ANN, "reset_password")
            assert identity.fake.outbox[-1][:3:2] == (ANN.email, "forgot_password"), leave
            assert await identity.codes.redeem(ANN, "reset_password", identity.mailed, PASSWORD), leave
            assert await identity.passwords.check(ANN, PASSWORD) == Accepted(), leave
            await identity.credentials.delete(ANN)

    @pytest.mark.parametrize("fault", ["dropped", "http500", "TooManyRequestsException"])
    async def test_mail_is_requested_once_whatever_the_failure(self, identity: CognitoHarness, fault: str) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        identity.fake.fail_next("ForgotPassword", fault, applied=True)
        with pytest.raises(Unavailable):
            await identity.codes.send(ANN, "reset_password")
        assert len(identity.fake.outbox) == 1

    async def test_lost_response_is_not_a_wrong_code(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.codes.send(ANN, "reset_password")
        identity.fake.fail_next("ConfirmForgotPassword", "dropped", applied=True)
        with pytest.raises(Unavailable):
            await identity.codes.redeem(ANN, "reset_password", identity.mailed, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Accepted()


class TestPasswords:
    async def test_create_is_repeatable_and_set_replaces_the_password(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert identity.fake.outbox == []
        assert (identity.user(ANN)["email_verified"], identity.user(ANN)["UserStatus"]) == ("true", "CONFIRMED")
        await identity.passwords.create(ANN, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Accepted()
        await identity.passwords.set(ANN, PASSWORD)
        assert await identity.passwords.check(ANN, OTHER) == Refused()
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    async def test_unknown_disabled_and_wrong_password_are_indistinguishable(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.passwords.create(BOB, PASSWORD)
        await identity.credentials.disable(BOB)
        for credential, password in ((NOBODY, PASSWORD), (ANN, OTHER), (BOB, PASSWORD)):
            identity.fake.calls.clear()
            assert await identity.passwords.check(credential, password) == Refused()
            assert len(identity.fake.calls) == 1

    async def test_client_and_staff_credentials_are_separate(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert await identity.passwords.check(evolve(ANN, side="practice"), PASSWORD) == Refused()
        await identity.passwords.create(evolve(ANN, side="practice"), OTHER)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    @pytest.mark.parametrize(
        "password",
        [" space at both ends ", "tab\tinside and more", "zwölf Zeichen ünd", "p" * 128, "𝄞" * 20, "a\u00a0" * 8],
    )
    async def test_every_password_the_core_accepts_is_accepted(self, identity: CognitoHarness, password: str) -> None:
        await identity.passwords.create(ANN, password)
        assert await identity.passwords.check(ANN, password) == Accepted()
        assert await identity.passwords.check(ANN, password + "x") == Refused()
        assert await identity.passwords.check(ANN, password.strip()[:-1]) == Refused()
        assert len(encode_password(password)) == len(password)

    @pytest.mark.parametrize("password", ["", "p" * 300, "\n", " "])
    async def test_password_cognito_refuses_is_reported_as_wrong(self, identity: CognitoHarness, password: str) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert await identity.passwords.check(ANN, password) == Refused()

    async def test_lockout_refuses_the_right_password_and_ends(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        for _ in range(5):
            assert await identity.passwords.check(ANN, OTHER) == Refused()
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        identity.fake.advance(900)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    @pytest.mark.parametrize("fault", ["dropped", "http500", "TooManyRequestsException"])
    async def test_timeout_is_not_a_wrong_password(self, identity: CognitoHarness, fault: str) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        identity.fake.fail_next("AdminInitiateAuth", fault, times=3)
        with pytest.raises(Unavailable):
            await identity.passwords.check(ANN, PASSWORD)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    async def test_wrong_client_secret_is_not_a_wrong_password(self, identity: CognitoHarness) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        pools = {"portal": evolve(identity.pools.pools["portal"], client_secret="guessed")}
        misconfigured = CognitoPools(identity.account, pools)  # type: ignore[arg-type]  # a str, not a Literal
        with pytest.raises(Unavailable):
            await CognitoPasswords(misconfigured).check(ANN, PASSWORD)
        with pytest.raises(Unavailable):
            await CognitoMailedCodes(misconfigured).redeem(ANN, "reset_password", "123456", OTHER)
        assert "guessed" not in repr(misconfigured)


class TestPoolCheck:
    def test_correctly_configured_pool_has_no_problems(self, identity: CognitoHarness) -> None:
        for side, pool in identity.pools.pools.items():
            assert pool_problems(identity.account, pool, side) == []

    def test_each_wrong_setting_is_named(self, identity: CognitoHarness) -> None:
        pool = identity.aws.create_user_pool(
            PoolName="bad",
            Policies={"PasswordPolicy": {"MinimumLength": 14, "RequireSymbols": True, "PasswordHistorySize": 3}},
            AdminCreateUserConfig={"AllowAdminCreateUserOnly": True},
        )["UserPool"]["Id"]
        client = identity.aws.create_user_pool_client(UserPoolId=pool, ClientName="c", GenerateSecret=True)
        bad = CognitoPool(pool, client["UserPoolClient"]["ClientId"], "another")
        problems = pool_problems(identity.account, bad, "portal")
        for word in (
            "12 characters",
            "kinds of characters",
            "history",
            "AutoVerifiedAttributes",
            "OPTIONAL",
            "TOTP",
            "client secret",
            "ALLOW_ADMIN_USER_PASSWORD_AUTH",
            "PreventUserExistenceErrors",
            "AuthSessionValidity",
            "AllowAdminCreateUserOnly",
        ):
            assert sum(word in problem for problem in problems) == 1, word
        assert len(problems) == 11
        assert len(pool_problems(identity.account, bad, "practice")) == 10
