"""Ports of the identity provider (the first four), of password strength checks, and of staff tokens."""

from datetime import datetime, timedelta
from typing import Literal, Protocol
from uuid import UUID

from attrs import frozen

from portal_core.accounts.model import Account, Side

MailedCodePurpose = Literal["verify_email", "reset_password"]


@frozen
class Credential:
    """An account as the identity provider knows it: `account_id` is its user name, `side` selects the pool."""

    practice_id: UUID
    side: Side
    account_id: UUID
    email: str

    @classmethod
    def of(cls, account: Account) -> "Credential":
        return cls(account.practice_id, account.side, account.id, account.email)


@frozen
class Accepted:
    """The password is correct, and no second factor is enrolled."""


@frozen
class SecondFactorNeeded:
    """The password is correct; pass `state` with the second factor to `SecondFactors.check`."""

    state: str


@frozen
class Refused:
    """The password is wrong, or the credential is unknown or disabled. Takes as long as the other results."""


PasswordCheckResult = Accepted | SecondFactorNeeded | Refused


@frozen
class TotpEnrollment:
    """`secret` is base 32 (RFC 6238: SHA-1, 6 digits, 30 seconds); `handle` goes to `confirm` and is secret."""

    secret: str
    handle: str


class MailedCodes(Protocol):
    """Codes that prove an email. The provider creates, stores and mails them; the core never stores one."""

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        """Mail a new single-use code; earlier ones of this purpose stop working. Creates the credential if needed.

        Works in any state that a crash left the credential in. Raises:
            Unavailable: the provider or the mail service does not respond.
        """
        ...

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        """Use up the code and set the password in one step; False, and nothing changed, when the code is not valid.

        `verify_email` also marks the email as verified at the provider.
        """
        ...


class Passwords(Protocol):
    """Passwords, normalized to NFC by the core (`password_policy.normalize_password`)."""

    async def create(self, credential: Credential, password: str) -> None:
        """Create a credential whose email the caller has verified (by an invitation). Repeating sets the password."""
        ...

    async def check(self, credential: Credential, password: str) -> PasswordCheckResult:
        """Check a password. An unknown credential takes as long as a known one."""
        ...

    async def set(self, credential: Credential, password: str) -> None:
        """Replace the password; the caller has authorized the change."""
        ...

    async def was_set_since(self, credential: Credential, at: datetime) -> bool:
        """Whether the password was set, in any way, at or after `at`. In doubt True; False for an unknown credential.

        Raises:
            Unavailable: the provider does not respond.
        """
        ...


class SecondFactors(Protocol):
    """Time-based one-time passwords (RFC 6238)."""

    async def start_enrollment(self, credential: Credential, password: str) -> TotpEnrollment | None:
        """Create a new secret, not required at sign-in until confirmed; None when the password is wrong."""
        ...

    async def confirm(self, credential: Credential, handle: str, code: str) -> bool:
        """Enroll if the code matches the secret of `handle`; whether it did."""
        ...

    async def check(self, credential: Credential, state: str, code: str) -> bool:
        """Whether the code is valid now, within one step of 30 seconds either way; a code is accepted only once."""
        ...

    async def remove(self, credential: Credential) -> None:
        """Stop requiring a second factor; does nothing if none is enrolled."""
        ...


class Credentials(Protocol):
    """The credential as a whole. Each method may be repeated, and does nothing for an unknown credential."""

    async def change_email(self, credential: Credential, email: str) -> None:
        """Set a new email that the caller has verified."""
        ...

    async def disable(self, credential: Credential) -> None:
        """Refuse every check from now on."""
        ...

    async def delete(self, credential: Credential) -> None:
        """Delete the credential."""
        ...


class PasswordStrength(Protocol):
    """How easy a password is to guess. Every method may raise `Overloaded`."""

    async def is_common(self, password: str) -> bool:
        """Whether it is on a list of passwords that attackers try first; case does not matter."""
        ...

    async def guesses_log10(self, password: str, words: tuple[str, ...]) -> float:
        """Log10 of the guesses that a skilled attacker who knows `words` about the person needs."""
        ...


MAX_SUBJECT_LENGTH = 255
MAX_STAFF_TOKEN_AGE = timedelta(minutes=10)
"""A token signs in right after it was issued, so an older one was kept or stolen."""


def is_subject(text: object) -> bool:
    """Whether it can be an issuer's name for a person: 1 to 255 visible ASCII characters (OpenID Connect Core, 2)."""
    return isinstance(text, str) and 0 < len(text) <= MAX_SUBJECT_LENGTH and text.isascii() and text.isprintable()


@frozen
class StaffIdentity:
    """A staff member as an OIDC issuer names them. `methods` is `amr` (RFC 8176), `context` is `acr`."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    methods: frozenset[str]
    context: str = ""


class StaffTokens(Protocol):
    """ID tokens of the EHR's OIDC issuer."""

    async def verify(self, practice_id: UUID, token: str) -> StaffIdentity | None:
        """The identity in the token; None unless signature, issuer, audience and times are valid.

        A token is accepted for `MAX_STAFF_TOKEN_AGE`, and a minute more for clocks that differ.
        """
        ...
