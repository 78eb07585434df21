"""The Cognito adapter through real boto3: against the strict fake, and its happy path against moto's server."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import boto3
import pytest
from attrs import evolve, frozen
from moto.server import ThreadedMotoServer

from adapters.aws import AwsAccount
from adapters.cognito.credentials import CognitoCredentials
from adapters.cognito.mailed_codes import CognitoMailedCodes
from adapters.cognito.passwords import CognitoPasswords
from adapters.cognito.pool_check import pool_problems
from adapters.cognito.pools import CognitoPool, CognitoPools, spelled
from adapters.cognito.second_factors import CognitoSecondFactors
from portal_core.accounts.identity import Accepted, Credential, MailedCodePurpose, Refused, SecondFactorNeeded
from portal_core.kernel.errors import Unavailable
from tests.support.clock import FixedClock
from tests.support.cognito_fake import CognitoFake, code_at
from tests.support.contracts.identity import (
    CredentialsContract,
    IdentityProvider,
    MailedCodesContract,
    PasswordsContract,
    SecondFactorsContract,
)

PRACTICE = UUID(int=7)
ANN = Credential(PRACTICE, "portal", UUID(int=1), "ann@example.org")
BOB = Credential(PRACTICE, "portal", UUID(int=2), "bob@example.org")
NOBODY = Credential(PRACTICE, "portal", UUID(int=0), "nobody@example.org")
PASSWORD = "lantern otter mosaic"
OTHER = "quarry violin thistle"
_KINDS = ("RequireUppercase", "RequireLowercase", "RequireNumbers", "RequireSymbols")
CLIENT = {
    "GenerateSecret": True,
    "ExplicitAuthFlows": ["ALLOW_ADMIN_USER_PASSWORD_AUTH"],
    "PreventUserExistenceErrors": "ENABLED",
    "AuthSessionValidity": 5,
}


def made(aws: Any, **client: Any) -> CognitoPool:
    """A pool that is set up as the portal needs it."""
    pool = aws.create_user_pool(
        PoolName="portal",
        AutoVerifiedAttributes=["email"],
        Policies={"PasswordPolicy": {"MinimumLength": 12} | dict.fromkeys(_KINDS, False)},
    )["UserPool"]["Id"]
    totp = {"Enabled": True}
    aws.set_user_pool_mfa_config(UserPoolId=pool, SoftwareTokenMfaConfiguration=totp, MfaConfiguration="OPTIONAL")
    made = aws.create_user_pool_client(UserPoolId=pool, ClientName="portal", **CLIENT | client)["UserPoolClient"]
    return CognitoPool(pool, made["ClientId"], made["ClientSecret"])


@frozen
class Identity:
    """The adapter's four parts over one pool for each side."""

    fake: CognitoFake
    aws: Any
    account: AwsAccount
    pools: CognitoPools
    codes: CognitoMailedCodes
    passwords: CognitoPasswords
    factors: CognitoSecondFactors
    credentials: CognitoCredentials

    @property
    def mailed(self) -> str:
        return self.fake.outbox[-1].code

    def user(self, credential: Credential) -> Any:
        pool = self.pools.pools[credential.side].pool_id
        found = self.aws.admin_get_user(UserPoolId=pool, Username=str(credential.account_id))
        return found | {item["Name"]: item["Value"] for item in found["UserAttributes"]}

    def code(self, secret: str) -> str:
        return code_at(secret, int(self.fake.now().timestamp()) // 30)

    async def enrol(self, credential: Credential) -> str:
        begun = await self.factors.begin(credential, PASSWORD)
        assert begun is not None
        assert await self.factors.confirm(credential, begun.handle, self.code(begun.secret))
        self.fake.advance(30)
        return begun.secret

    async def state(self, credential: Credential) -> str:
        answer = await self.passwords.check(credential, PASSWORD)
        assert isinstance(answer, SecondFactorNeeded)
        return answer.state


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")


def over(fake: CognitoFake, url: str) -> Identity:
    aws = boto3.client("cognito-idp", endpoint_url=url, region_name="us-east-1")
    account = AwsAccount("us-east-1", url)
    pools = CognitoPools(account, {"portal": made(aws), "practice": made(aws)})
    return Identity(
        fake,
        aws,
        account,
        pools,
        CognitoMailedCodes(pools),
        CognitoPasswords(pools),
        CognitoSecondFactors(pools),
        CognitoCredentials(pools),
    )


@pytest.fixture
def identity(keys: None) -> Iterator[Identity]:
    with CognitoFake() as fake:
        identity = over(fake, fake.url)
        yield identity
        identity.account.threads.shutdown()


class TestMailedCodes:
    async def test_a_code_and_a_password_make_the_credential(self, identity: Identity) -> None:
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

    async def test_a_reset_sets_the_password_once(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.codes.send(ANN, "reset_password")
        code = identity.mailed
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()
        assert await identity.codes.redeem(ANN, "reset_password", code, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Accepted()
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        assert not await identity.codes.redeem(ANN, "reset_password", code, PASSWORD)

    @pytest.mark.parametrize("purpose", ["verify_email", "reset_password"])
    async def test_a_new_code_ends_the_old_one(self, identity: Identity, purpose: Any) -> None:
        if purpose == "reset_password":
            await identity.passwords.create(ANN, PASSWORD)
        await identity.codes.send(ANN, purpose)
        old = identity.mailed
        await identity.codes.send(ANN, purpose)
        assert not await identity.codes.redeem(ANN, purpose, old, OTHER)
        assert await identity.codes.redeem(ANN, purpose, identity.mailed, OTHER)

    async def test_one_purpose_is_not_the_other(self, identity: Identity) -> None:
        await identity.codes.send(ANN, "verify_email")
        assert not await identity.codes.redeem(ANN, "reset_password", identity.mailed, PASSWORD)
        assert await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)

    async def test_codes_expire(self, identity: Identity) -> None:
        await identity.codes.send(ANN, "verify_email")
        identity.fake.advance(24 * 3600)
        assert not await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)

    async def test_the_unknown_costs_the_same_call_and_gets_the_same_answer(self, identity: Identity) -> None:
        await identity.codes.send(ANN, "verify_email")
        await identity.passwords.create(BOB, PASSWORD)
        await identity.codes.send(BOB, "reset_password")
        for known, purpose in ((ANN, "verify_email"), (BOB, "reset_password")):
            operations, wrong = [], f"{(int(identity.mailed) + 1) % 1_000_000:06d}"
            for credential in (known, NOBODY):
                identity.fake.calls.clear()
                assert not await identity.codes.redeem(credential, purpose, wrong, OTHER)  # type: ignore[arg-type]
                operations.append([call.operation for call in identity.fake.calls])
            assert operations[0] == operations[1]
            assert len(operations[0]) == 1

    async def test_cognitos_limit_looks_like_a_wrong_code(self, identity: Identity) -> None:
        await identity.codes.send(ANN, "verify_email")
        right = identity.mailed
        wrong = f"{(int(right) + 1) % 1_000_000:06d}"
        for _ in range(5):
            assert not await identity.codes.redeem(ANN, "verify_email", wrong, PASSWORD)
        assert not await identity.codes.redeem(ANN, "verify_email", right, PASSWORD)
        identity.fake.advance(3600)
        assert await identity.codes.redeem(ANN, "verify_email", right, PASSWORD)

    async def test_a_crash_between_confirming_and_setting_the_password_heals(self, identity: Identity) -> None:
        await identity.codes.send(ANN, "verify_email")
        identity.fake.fail_next("AdminSetUserPassword", "http500", times=3)
        with pytest.raises(Unavailable):
            await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)
        assert not await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)
        await identity.codes.send(ANN, "verify_email")
        assert await identity.codes.redeem(ANN, "verify_email", identity.mailed, PASSWORD)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    async def test_another_address_starts_anew(self, identity: Identity) -> None:
        await identity.codes.send(ANN, "verify_email")
        old = identity.mailed
        moved = evolve(ANN, email="ann@elsewhere.example")
        await identity.codes.send(moved, "verify_email")
        assert identity.fake.outbox[-1].destination == "ann@elsewhere.example"
        assert not await identity.codes.redeem(moved, "verify_email", old, PASSWORD)
        assert await identity.codes.redeem(moved, "verify_email", identity.mailed, PASSWORD)
        assert identity.user(moved)["email"] == "ann@elsewhere.example"

    async def test_a_reset_works_whatever_a_crash_left(self, identity: Identity) -> None:
        """No user, a temporary password, another address, a sign-up never confirmed."""
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
    async def test_a_mail_is_ordered_once_however_it_fails(self, identity: Identity, fault: str) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        identity.fake.fail_next("ForgotPassword", fault, applied=True)
        with pytest.raises(Unavailable):
            await identity.codes.send(ANN, "reset_password")
        assert len(identity.fake.outbox) == 1

    async def test_a_lost_answer_is_not_taken_for_a_wrong_code(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.codes.send(ANN, "reset_password")
        identity.fake.fail_next("ConfirmForgotPassword", "dropped", applied=True)
        with pytest.raises(Unavailable):
            await identity.codes.redeem(ANN, "reset_password", identity.mailed, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Accepted()


class TestPasswords:
    async def test_create_may_be_repeated_and_set_replaces(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert identity.fake.outbox == []
        assert (identity.user(ANN)["email_verified"], identity.user(ANN)["UserStatus"]) == ("true", "CONFIRMED")
        await identity.passwords.create(ANN, OTHER)
        assert await identity.passwords.check(ANN, OTHER) == Accepted()
        await identity.passwords.set(ANN, PASSWORD)
        assert await identity.passwords.check(ANN, OTHER) == Refused()
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    async def test_unknown_disabled_and_wrong_are_one_answer_by_one_call(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.passwords.create(BOB, PASSWORD)
        await identity.credentials.disable(BOB)
        for credential, password in ((NOBODY, PASSWORD), (ANN, OTHER), (BOB, PASSWORD)):
            identity.fake.calls.clear()
            assert await identity.passwords.check(credential, password) == Refused()
            assert len(identity.fake.calls) == 1

    async def test_sides_are_kept_apart(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert await identity.passwords.check(evolve(ANN, side="practice"), PASSWORD) == Refused()
        await identity.passwords.create(evolve(ANN, side="practice"), OTHER)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    @pytest.mark.parametrize(
        "password",
        [" space at both ends ", "tab\tinside and more", "zwölf Zeichen ünd", "p" * 128, "𝄞" * 20, "a\u00a0" * 8],
    )
    async def test_any_password_that_the_core_takes_is_taken(self, identity: Identity, password: str) -> None:
        await identity.passwords.create(ANN, password)
        assert await identity.passwords.check(ANN, password) == Accepted()
        assert await identity.passwords.check(ANN, password + "x") == Refused()
        assert await identity.passwords.check(ANN, password.strip()[:-1]) == Refused()
        assert len(spelled(password)) == len(password)

    @pytest.mark.parametrize("password", ["", "p" * 300, "\n", " "])
    async def test_what_cognito_cannot_take_is_only_wrong(self, identity: Identity, password: str) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert await identity.passwords.check(ANN, password) == Refused()

    async def test_a_lockout_refuses_the_right_password_and_passes(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        for _ in range(5):
            assert await identity.passwords.check(ANN, OTHER) == Refused()
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        identity.fake.advance(900)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    @pytest.mark.parametrize("fault", ["dropped", "http500", "TooManyRequestsException"])
    async def test_no_answer_is_no_verdict(self, identity: Identity, fault: str) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        identity.fake.fail_next("AdminInitiateAuth", fault, times=3)
        with pytest.raises(Unavailable):
            await identity.passwords.check(ANN, PASSWORD)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()

    async def test_a_wrong_client_secret_is_nobodys_wrong_password(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        pools = {"portal": evolve(identity.pools.pools["portal"], client_secret="guessed")}
        misconfigured = CognitoPools(identity.account, pools)  # type: ignore[arg-type]
        with pytest.raises(Unavailable):
            await CognitoPasswords(misconfigured).check(ANN, PASSWORD)
        with pytest.raises(Unavailable):
            await CognitoMailedCodes(misconfigured).redeem(ANN, "reset_password", "123456", OTHER)
        assert "guessed" not in repr(misconfigured)


class TestSecondFactors:
    async def test_a_confirmed_secret_is_asked_for_and_a_code_is_good_once(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        begun = await identity.factors.begin(ANN, PASSWORD)
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

    async def test_begin_needs_the_password(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        assert await identity.factors.begin(ANN, OTHER) is None
        assert await identity.factors.begin(NOBODY, PASSWORD) is None

    @pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "123 456"])
    async def test_what_is_no_code_is_refused_without_asking(self, identity: Identity, code: str) -> None:
        identity.fake.calls.clear()
        assert not await identity.factors.check(ANN, "s" * 30, code)
        assert not await identity.factors.confirm(ANN, "handle", code)
        assert identity.fake.calls == []

    async def test_a_state_belongs_to_one_account_and_expires(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.passwords.create(BOB, PASSWORD)
        await identity.enrol(ANN)
        bobs = await identity.enrol(BOB)
        assert not await identity.factors.check(BOB, await identity.state(ANN), identity.code(bobs))
        for nonsense in ("", "short", "n" * 40):
            assert not await identity.factors.check(BOB, nonsense, identity.code(bobs))
        state = await identity.state(BOB)
        identity.fake.advance(5 * 60)
        assert not await identity.factors.check(BOB, state, identity.code(bobs))

    async def test_a_handle_expires_and_dies_with_the_credential(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        begun = await identity.factors.begin(ANN, PASSWORD)
        assert begun is not None
        identity.fake.advance(3600)
        assert not await identity.factors.confirm(ANN, begun.handle, identity.code(begun.secret))
        again = await identity.factors.begin(ANN, PASSWORD)
        assert again is not None
        await identity.credentials.disable(ANN)
        assert not await identity.factors.confirm(ANN, again.handle, identity.code(again.secret))

    async def test_removed_is_not_asked_for_and_may_be_enrolled_again(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.factors.remove(ANN)
        await identity.factors.remove(NOBODY)
        old = await identity.enrol(ANN)
        await identity.factors.remove(ANN)
        assert await identity.passwords.check(ANN, PASSWORD) == Accepted()
        new = await identity.enrol(ANN)
        state = await identity.state(ANN)
        assert not await identity.factors.check(ANN, state, identity.code(old))
        assert await identity.factors.check(ANN, state, identity.code(new))

    async def test_an_enrolment_that_a_crash_hid_can_be_done_again(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.enrol(ANN)
        again = await identity.factors.begin(ANN, PASSWORD)
        assert again is not None
        assert await identity.factors.confirm(ANN, again.handle, identity.code(again.secret))

    async def test_a_lost_answer_is_not_taken_for_a_wrong_code(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        secret = await identity.enrol(ANN)
        state = await identity.state(ANN)
        identity.fake.fail_next("AdminRespondToAuthChallenge", "dropped", applied=True)
        with pytest.raises(Unavailable):
            await identity.factors.check(ANN, state, identity.code(secret))

    async def test_a_reset_leaves_the_second_factor(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.enrol(ANN)
        await identity.codes.send(ANN, "reset_password")
        assert await identity.codes.redeem(ANN, "reset_password", identity.mailed, OTHER)
        assert isinstance(await identity.passwords.check(ANN, OTHER), SecondFactorNeeded)


class TestCredentials:
    async def test_a_new_email_gets_the_mail(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        await identity.credentials.change_email(ANN, "new@example.org")
        await identity.codes.send(evolve(ANN, email="new@example.org"), "reset_password")
        assert [sent.destination for sent in identity.fake.outbox] == ["new@example.org"]

    async def test_disabled_refuses_every_check(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        secret = await identity.enrol(ANN)
        state = await identity.state(ANN)
        await identity.codes.send(ANN, "reset_password")
        await identity.credentials.disable(ANN)
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()
        assert not await identity.factors.check(ANN, state, identity.code(secret))
        assert not await identity.codes.redeem(ANN, "reset_password", identity.mailed, OTHER)

    async def test_the_unknown_and_repetition_are_fine(self, identity: Identity) -> None:
        await identity.passwords.create(ANN, PASSWORD)
        for _ in range(2):
            await identity.credentials.disable(ANN)
        for credential in (ANN, ANN, NOBODY):
            await identity.credentials.delete(credential)
            await identity.credentials.disable(credential)
            await identity.credentials.change_email(credential, "new@example.org")
        assert await identity.passwords.check(ANN, PASSWORD) == Refused()


class CognitoProvider(IdentityProvider):
    """The adapter as the contracts see it."""

    def __init__(self, identity: Identity, clock: FixedClock) -> None:
        self.identity, self.clock = identity, clock
        self.codes, self.passwords = identity.codes, identity.passwords
        self.second_factors, self.credentials = identity.factors, identity.credentials

    def totp(self, secret: str, steps: int = 0) -> str:
        """Cognito's secrets are 52 characters without padding, which not every helper reads."""
        return code_at(secret, int(self.clock.now().timestamp()) // 30 + steps)

    def mailed(self, credential: Credential, purpose: MailedCodePurpose) -> list[str]:
        kind = {"verify_email": "sign_up", "reset_password": "forgot_password"}[purpose]
        sent = self.identity.fake.outbox
        return [mail.code for mail in sent if (mail.destination, mail.purpose) == (credential.email, kind)]


class TestContracts(MailedCodesContract, PasswordsContract, SecondFactorsContract, CredentialsContract):
    """What every identity provider must do."""

    @pytest.fixture
    def provider(self, keys: None) -> Iterator[IdentityProvider]:
        clock = FixedClock()
        with CognitoFake(clock=clock.now) as fake:
            identity = over(fake, fake.url)
            yield CognitoProvider(identity, clock)
            identity.account.threads.shutdown()


class TestPoolCheck:
    def test_a_pool_as_it_must_be_has_no_problem(self, identity: Identity) -> None:
        for side, pool in identity.pools.pools.items():
            assert pool_problems(identity.account, pool, side) == []

    def test_each_wrong_setting_is_named(self, identity: Identity) -> None:
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


class TestOnMoto:
    """A second opinion about the shape of requests and answers, where nothing is refused."""

    @pytest.fixture
    def moto(self, keys: None) -> Iterator[Identity]:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        _, port = server.get_host_and_port()
        with CognitoFake() as unused:
            identity = over(unused, f"http://127.0.0.1:{port}")
            yield identity
        identity.account.threads.shutdown()
        server.stop()

    async def test_the_happy_path(self, moto: Identity) -> None:
        await moto.codes.send(ANN, "verify_email")
        assert moto.user(ANN)["UserStatus"] == "UNCONFIRMED"
        assert await moto.codes.redeem(ANN, "verify_email", "123456", PASSWORD)
        assert await moto.passwords.check(ANN, PASSWORD) == Accepted()
        assert await moto.passwords.check(ANN, OTHER) == Refused()
        assert await moto.passwords.check(NOBODY, OTHER) == Refused()
        await moto.codes.send(ANN, "reset_password")
        assert await moto.codes.redeem(ANN, "reset_password", "123456", OTHER)
        assert await moto.passwords.check(ANN, OTHER) == Accepted()
        begun = await moto.factors.begin(ANN, OTHER)
        assert begun is not None
        assert await moto.factors.confirm(ANN, begun.handle, "123456")
        asked = await moto.passwords.check(ANN, OTHER)
        assert isinstance(asked, SecondFactorNeeded)
        assert await moto.factors.check(ANN, asked.state, "123456")
        await moto.factors.remove(ANN)
        await moto.credentials.change_email(ANN, "new@example.org")
        assert moto.user(ANN)["email"] == "new@example.org"
        await moto.credentials.disable(ANN)
        assert await moto.passwords.check(ANN, OTHER) == Refused()
        await moto.credentials.delete(ANN)
        assert await moto.passwords.check(ANN, OTHER) == Refused()
