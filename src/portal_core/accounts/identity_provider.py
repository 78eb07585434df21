"""What accounts need of an identity provider, which is behind the first four ports, and of those who judge secrets."""

from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from attrs import frozen

from portal_core.accounts.model import Account, Side

MailedCodePurpose = Literal["verify_email", "reset_password"]


@frozen
class Credential:
    """An account as the identity provider knows it: `account_id` is its user name, `side` chooses the pool."""

    practice_id: UUID
    side: Side
    account_id: UUID
    email: str

    @classmethod
    def of(cls, account: Account) -> "Credential":
        return cls(account.practice_id, account.side, account.id, account.email)


@frozen
class Accepted:
    """The password is right, and no second factor is enrolled."""


@frozen
class SecondFactorNeeded:
    """The password is right; `state` goes with the second factor to `SecondFactors.check`."""

    state: str


@frozen
class Refused:
    """The password is wrong, or the provider knows no such credential, or it is disabled. As slow as the others."""


PasswordCheckResult = Accepted | SecondFactorNeeded | Refused


@frozen
class TotpEnrollment:
    """`secret` is base 32 (RFC 6238: SHA-1, 6 digits, 30 seconds); `handle` goes back to `confirm`, and is secret."""

    secret: str
    handle: str


class MailedCodes(Protocol):
    """Codes that prove an email. The provider makes, keeps and mails them; the core never sees one at rest."""

    async def send(self, credential: Credential, purpose: MailedCodePurpose) -> None:
        """Mail a new code, single use; earlier ones of this purpose are dead. Makes the credential where it must.

        It works whatever state a crash left the credential in. Raises:
            Unavailable: the provider or the mail does not answer.
        """
        ...

    async def redeem(self, credential: Credential, purpose: MailedCodePurpose, code: str, password: str) -> bool:
        """Use up the code and set the password in one step; False, and nothing changed, when the code is not good.

        `verify_email` makes the email count as proven there, too.
        """
        ...


class Passwords(Protocol):
    """Passwords, NFC-normalised by the core (`password_policy.normalize_password`)."""

    async def create(self, credential: Credential, password: str) -> None:
        """A credential whose email the caller has proven (an invitation's code). Again: sets the password."""
        ...

    async def check(self, credential: Credential, password: str) -> PasswordCheckResult:
        """Whether it is right. For an unknown credential it takes as long as for a known one."""
        ...

    async def set(self, credential: Credential, password: str) -> None:
        """Replace it; the caller has checked who asks."""
        ...

    async def was_set_since(self, credential: Credential, at: datetime) -> bool:
        """Whether it was set, in whatever way, at `at` or later; rather a yes too many. Unknown credentials have none.

        Raises:
            Unavailable: the provider does not answer.
        """
        ...


class SecondFactors(Protocol):
    """Time-based one-time passwords (RFC 6238)."""

    async def start_enrollment(self, credential: Credential, password: str) -> TotpEnrollment | None:
        """A new secret, not asked for until confirmed; None when the password is wrong."""
        ...

    async def confirm(self, credential: Credential, handle: str, code: str) -> bool:
        """Enrol, when the code fits the secret of `handle`."""
        ...

    async def check(self, credential: Credential, state: str, code: str) -> bool:
        """Whether the code is right now, one step of 30 seconds to either side; one accepted before is not."""
        ...

    async def remove(self, credential: Credential) -> None:
        """Ask no more; none enrolled is fine."""
        ...


class Credentials(Protocol):
    """The credential as a whole. Each method may be repeated; an unknown credential is fine."""

    async def change_email(self, credential: Credential, email: str) -> None:
        """A new email that the caller has proven."""
        ...

    async def disable(self, credential: Credential) -> None:
        """Every check is refused from now on."""
        ...

    async def delete(self, credential: Credential) -> None:
        """Forget it."""
        ...


class PasswordStrength(Protocol):
    """How easily a password is guessed."""

    def is_common(self, password: str) -> bool:
        """On a list of passwords that attackers try first; letter case does not matter."""
        ...

    def guesses_log10(self, password: str, words: tuple[str, ...]) -> float:
        """Orders of magnitude of the guesses that a good attacker needs who knows `words` about the person."""
        ...


@frozen
class StaffIdentity:
    """A member of staff as an OIDC issuer names them. `methods` is `amr` (RFC 8176), `context` is `acr`."""

    issuer: str
    subject: str
    email: str
    email_verified: bool
    methods: frozenset[str]
    context: str = ""


class StaffTokens(Protocol):
    """The EHR's OIDC tokens."""

    async def verify(self, practice_id: UUID, token: str) -> StaffIdentity | None:
        """Who it speaks of; None unless signature, issuer, audience and times are right."""
        ...
