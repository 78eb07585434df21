"""The identity contracts on the Cognito adapter with the strict fake, and a happy path on moto's server."""

from collections.abc import Iterator

import pytest
from moto.server import ThreadedMotoServer

from portal_core.accounts.identity_provider import Accepted, Credential, MailedCodePurpose, Refused, SecondFactorNeeded
from tests.support.clock import FixedClock
from tests.support.cognito.identity import ANN, NOBODY, OTHER, PASSWORD, CognitoHarness, connect
from tests.support.cognito_fake import CognitoFake, code_at
from tests.support.contracts.accounts.identity import (
    CredentialsContract,
    IdentityProvider,
    MailedCodesContract,
    PasswordsContract,
    SecondFactorsContract,
)


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")


class CognitoProvider(IdentityProvider):
    """The Cognito adapter as the contract suites use it."""

    def __init__(self, identity: CognitoHarness, clock: FixedClock) -> None:
        self.identity, self.clock = identity, clock
        self.codes, self.passwords = identity.codes, identity.passwords
        self.second_factors, self.credentials = identity.factors, identity.credentials

    def totp(self, secret: str, steps: int = 0) -> str:
        """Cognito's secrets have 52 characters without padding, which not every TOTP library reads."""
        return code_at(secret, int(self.clock.now().timestamp()) // 30 + steps)

    def mailed(self, credential: Credential, purpose: MailedCodePurpose) -> list[str]:
        kind = {"verify_email": "sign_up", "reset_password": "forgot_password"}[purpose]
        sent = self.identity.fake.outbox
        return [mail.code for mail in sent if (mail.destination, mail.purpose) == (credential.email, kind)]


class TestContracts(MailedCodesContract, PasswordsContract, SecondFactorsContract, CredentialsContract):
    """The contract of every identity provider."""

    @pytest.fixture
    def provider(self, keys: None) -> Iterator[IdentityProvider]:
        clock = FixedClock()
        with CognitoFake(clock=clock.now) as fake:
            identity = connect(fake, fake.url)
            yield CognitoProvider(identity, clock)
            identity.account.threads.shutdown()


class TestOnMoto:
    """An independent check of request and response shapes; moto refuses nothing."""

    @pytest.fixture
    def moto(self, keys: None) -> Iterator[CognitoHarness]:
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        _, port = server.get_host_and_port()
        with CognitoFake() as unused:
            identity = connect(unused, f"http://127.0.0.1:{port}")
            yield identity
        identity.account.threads.shutdown()
        server.stop()

    async def test_happy_path(self, moto: CognitoHarness) -> None:
        await moto.codes.send(ANN, "verify_email")
        assert moto.user(ANN)["UserStatus"] == "UNCONFIRMED"
        assert await moto.codes.redeem(ANN, "verify_email", "123456", PASSWORD)
        assert await moto.passwords.check(ANN, PASSWORD) == Accepted()
        assert await moto.passwords.check(ANN, OTHER) == Refused()
        assert await moto.passwords.check(NOBODY, OTHER) == Refused()
        await moto.codes.send(ANN, "reset_password")
        assert await moto.codes.redeem(ANN, "reset_password", "123456", OTHER)
        assert await moto.passwords.check(ANN, OTHER) == Accepted()
        begun = await moto.factors.start_enrollment(ANN, OTHER)
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
