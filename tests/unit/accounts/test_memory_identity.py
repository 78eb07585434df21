"""The contract suites of identity providers on the memory adapter, and RFC 6238's test vectors."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from attrs import define, field

from adapters.memory.accounts.identity_provider import (
    MemoryCredentials,
    MemoryMailedCodes,
    MemoryPasswords,
    MemoryPool,
    MemorySecondFactors,
    MemoryStaffTokens,
    totp,
)
from portal_core.accounts.identity_provider import Credential, MailedCodePurpose, StaffIdentity
from tests.support.clock import CountingTokens, FixedClock
from tests.support.contracts.accounts.identity import (
    CredentialsContract,
    IdentityProvider,
    MailedCodesContract,
    PasswordsContract,
    SecondFactorsContract,
)
from tests.support.contracts.accounts.staff_tokens import (
    AUDIENCE,
    TRUSTING_PRACTICES,
    StaffTokenHarness,
    StaffTokensContract,
)


@define
class MemoryProvider(IdentityProvider):
    clock: FixedClock = field(factory=FixedClock)
    pool: MemoryPool = field(init=False)
    codes: MemoryMailedCodes = field(init=False)
    passwords: MemoryPasswords = field(init=False)
    second_factors: MemorySecondFactors = field(init=False)
    credentials: MemoryCredentials = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.pool = MemoryPool(self.clock, CountingTokens())
        self.codes, self.passwords = MemoryMailedCodes(self.pool), MemoryPasswords(self.pool)
        self.second_factors, self.credentials = MemorySecondFactors(self.pool), MemoryCredentials(self.pool)

    def mailed(self, credential: Credential, purpose: MailedCodePurpose) -> list[str]:
        to = (credential.email, purpose)
        return [mail.code for mail in self.pool.mailbox if (mail.credential.email, mail.purpose) == to]


@pytest.fixture
def provider() -> MemoryProvider:
    return MemoryProvider()


class TestMemoryMailedCodes(MailedCodesContract): ...


class TestMemoryPasswords(PasswordsContract): ...


class TestMemorySecondFactors(SecondFactorsContract): ...


class TestMemoryCredentials(CredentialsContract): ...


@define
class MemoryStaffTokenHarness(StaffTokenHarness):
    clock: FixedClock = field(factory=FixedClock)
    tokens: MemoryStaffTokens = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.tokens = MemoryStaffTokens(self.clock, dict(TRUSTING_PRACTICES))

    def issue(
        self, staff_identity: StaffIdentity, *, audience: str = AUDIENCE, starts_in: timedelta = timedelta(0)
    ) -> str:
        return self.tokens.issue(staff_identity, audience=audience, starts_in=starts_in)

    def forge(self, staff_identity: StaffIdentity) -> str:
        return "staff-token-2"  # as one may guess from the first


class TestMemoryStaffTokens(StaffTokensContract):
    @pytest.fixture
    def ehr(self) -> MemoryStaffTokenHarness:
        return MemoryStaffTokenHarness()


@pytest.mark.parametrize(
    ("seconds", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_rfc_6238_appendix_b(seconds: int, code: str) -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    assert totp(secret, datetime.fromtimestamp(seconds, UTC)) == code
