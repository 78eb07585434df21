"""An identity provider in memory, as strict as the real ones: passwords, mailed codes and TOTP."""

import base64
import hashlib
import hmac
import struct
from datetime import datetime, timedelta
from uuid import UUID

from attrs import define, field, frozen

from portal_core.accounts.identity_provider import (
    Accepted,
    Credential,
    Credentials,
    MailedCodePurpose,
    MailedCodes,
    PasswordCheckResult,
    Passwords,
    Refused,
    SecondFactorNeeded,
    SecondFactors,
    StaffIdentity,
    StaffTokens,
    TotpEnrollment,
    is_subject,
)
from portal_core.accounts.model import Side
from portal_core.kernel.sources import Clock, TokenSource

CODE_LIFETIME = timedelta(minutes=60)
STEP = 30


def totp(secret: str, at: datetime) -> str:
    """The six digits of RFC 6238 (SHA-1, 30 seconds) for a base-32 secret."""
    return _totp_at(secret, int(at.timestamp()) // STEP)


def _totp_at(secret: str, step: int) -> str:
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), "sha1").digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


@frozen
class MailedCode:
    """A mailed code, as the recipient finds it."""

    credential: Credential
    purpose: MailedCodePurpose
    code: str


@define
class _Person:
    email: str
    password: str | None = None
    password_at: datetime | None = None
    disabled: bool = False
    secret: str | None = None
    accepted_steps: dict[str, int] = field(factory=dict)
    codes: dict[MailedCodePurpose, tuple[str, datetime]] = field(factory=dict)
    enrollments: dict[str, str] = field(factory=dict)
    states: set[str] = field(factory=set)


@define
class MemoryPool:
    """Credentials by side and account; `mailbox` holds the codes that were mailed, oldest first."""

    clock: Clock
    tokens: TokenSource
    mailbox: list[MailedCode] = field(factory=list)
    people: dict[tuple[Side, UUID], _Person] = field(init=False, factory=dict)

    def find_enabled(self, credential: Credential) -> _Person | None:
        """The person; None if unknown or disabled."""
        person = self.people.get((credential.side, credential.account_id))
        return None if person is None or person.disabled else person

    def get_or_create(self, credential: Credential) -> _Person:
        return self.people.setdefault((credential.side, credential.account_id), _Person(credential.email))

    def set_password(self, person: _Person, password: str) -> None:
        """Set the password."""
        person.password, person.password_at = password, self.clock.now()

    def find_by_password(self, credential: Credential, password: str) -> _Person | None:
        """The person, if the password is correct."""
        person = self.find_enabled(credential)
        return person if person is not None and person.password == password else None

    def code_matches(self, person: _Person, secret: str, code: str) -> bool:
        """Whether the code is valid now, and its step later than any accepted one."""
        now = int(self.clock.now().timestamp()) // STEP
        for step in (now - 1, now, now + 1):
            if step > person.accepted_steps.get(secret, 0) and _totp_at(secret, step) == code:
                person.accepted_steps[secret] = step
                return True
        return False


@define
class MemoryMailedCodes(MailedCodes):
    """Codes are valid for an hour."""

    pool: MemoryPool

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        code = self.pool.tokens.code()
        self.pool.get_or_create(credential).codes[purpose] = (code, self.pool.clock.now() + CODE_LIFETIME)
        self.pool.mailbox.append(MailedCode(credential, purpose, code))

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        person = self.pool.find_enabled(credential)
        if person is None or purpose not in person.codes:
            return False
        expected_code, until = person.codes[purpose]
        if self.pool.clock.now() >= until or code != expected_code:
            return False
        del person.codes[purpose]
        self.pool.set_password(person, password)
        return True


@define
class MemoryPasswords(Passwords):
    """Passwords in plain text, because nothing here is persisted."""

    pool: MemoryPool

    async def create(self, credential: Credential, password: str) -> None:
        self.pool.set_password(self.pool.get_or_create(credential), password)

    async def check(self, credential: Credential, password: str) -> PasswordCheckResult:
        person = self.pool.find_by_password(credential, password)
        if person is None:
            return Refused()
        if person.secret is None:
            return Accepted()
        state = self.pool.tokens.token()
        person.states.add(state)
        return SecondFactorNeeded(state)

    async def set(self, credential: Credential, password: str) -> None:
        person = self.pool.find_enabled(credential)
        if person is not None:
            self.pool.set_password(person, password)

    async def was_set_since(self, credential: Credential, at: datetime) -> bool:
        person = self.pool.find_enabled(credential)
        return person is not None and person.password_at is not None and person.password_at >= at


@define
class MemorySecondFactors(SecondFactors):
    """TOTP, only for a state or a handle that was issued."""

    pool: MemoryPool

    async def start_enrollment(self, credential: Credential, password: str) -> TotpEnrollment | None:
        person = self.pool.find_by_password(credential, password)
        if person is None:
            return None
        handle = self.pool.tokens.token()
        secret = base64.b32encode(hashlib.sha1(handle.encode(), usedforsecurity=False).digest()).decode()
        person.enrollments = {handle: secret}
        return TotpEnrollment(secret, handle)

    async def confirm(self, credential: Credential, handle: str, code: str) -> bool:
        person = self.pool.find_enabled(credential)
        if (
            person is None
            or handle not in person.enrollments
            or not self.pool.code_matches(person, person.enrollments[handle], code)
        ):
            return False
        person.secret = person.enrollments.pop(handle)
        return True

    async def check(self, credential: Credential, state: str, code: str) -> bool:
        person = self.pool.find_enabled(credential)
        if person is None or person.secret is None or state not in person.states:
            return False
        return self.pool.code_matches(person, person.secret, code)

    async def remove(self, credential: Credential) -> None:
        person = self.pool.find_enabled(credential)
        if person is not None:
            person.secret = None


@define
class MemoryCredentials(Credentials):
    """The credential as a whole."""

    pool: MemoryPool

    async def change_email(self, credential: Credential, email: str) -> None:
        person = self.pool.find_enabled(credential)
        if person is not None:
            person.email = email

    async def disable(self, credential: Credential) -> None:
        person = self.pool.find_enabled(credential)
        if person is not None:
            person.disabled = True

    async def delete(self, credential: Credential) -> None:
        self.pool.people.pop((credential.side, credential.account_id), None)


TOKEN_LIFETIME = timedelta(minutes=5)


@frozen
class _Issued:
    staff_identity: StaffIdentity
    audience: str
    starts_at: datetime


@define
class MemoryStaffTokens(StaffTokens):
    """Issuers and their tokens, valid for five minutes. `trusted` maps a practice to its issuer and the audience."""

    clock: Clock
    trusted: dict[UUID, tuple[str, str]] = field(factory=dict)
    _issued: dict[str, _Issued] = field(init=False, factory=dict)

    def issue(self, staff_identity: StaffIdentity, *, audience: str, starts_in: timedelta = timedelta(0)) -> str:
        """A token of the issuer that `staff_identity` names, whether or not any practice trusts it."""
        token = f"staff-token-{len(self._issued) + 1}"
        self._issued[token] = _Issued(staff_identity, audience, self.clock.now() + starts_in)
        return token

    async def verify(self, practice_id: UUID, token: str) -> StaffIdentity | None:
        issued = self._issued.get(token)
        if issued is None or self.trusted.get(practice_id) != (issued.staff_identity.issuer, issued.audience):
            return None
        in_time = issued.starts_at <= self.clock.now() < issued.starts_at + TOKEN_LIFETIME
        return issued.staff_identity if in_time and is_subject(issued.staff_identity.subject) else None
