"""The local identity provider's record of one credential, and the port that stores it."""

import hmac
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from attrs import define, evolve, field, frozen

from portal_core.accounts.identity_provider import Credential, MailedCodePurpose

MAX_CODE_ATTEMPTS = 60
"""Wrong attempts after which a mailed code stops working: of 40 random bits, the chance of a correct guess by then is
one in 10^10. More than a stranger may make within an hour, or they could invalidate another person's code."""


@frozen
class StoredCode:
    """The digest of a mailed code; the code itself is not stored."""

    digest: bytes
    expires_at: datetime
    tries: int = 0

    def is_valid(self, now: datetime) -> bool:
        return now < self.expires_at and self.tries < MAX_CODE_ATTEMPTS


@frozen
class StoredIdentity:
    """One credential. `password` is its Argon2 hash, None until one is set; `password_at` is when it was set (None also
    if it was set before that was stored); `totp_step` is the last step accepted.

    Until a password is set, the record is only needed as long as its code is valid.
    """

    password: str | None = field(default=None, repr=False)
    disabled: bool = False
    totp_secret: str | None = field(default=None, repr=False)
    totp_step: int = 0
    codes: Mapping[MailedCodePurpose, StoredCode] = field(factory=dict, repr=False)
    password_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """When it can be deleted; None means never."""
        if self.password is not None or self.disabled or not self.codes:
            return None
        return max(code.expires_at for code in self.codes.values())

    def issue(self, purpose: MailedCodePurpose, digest: bytes, expires_at: datetime) -> "StoredIdentity":
        """Set a new code, which replaces the earlier one of its purpose."""
        return evolve(self, codes={**self.codes, purpose: StoredCode(digest, expires_at)})

    def redeem(
        self, purpose: MailedCodePurpose, digest: bytes, now: datetime, password: str
    ) -> "StoredIdentity | None":
        """Set the password and use up every code; None when the code is not valid."""
        code = self.codes.get(purpose)
        if self.disabled or code is None or not code.is_valid(now) or not hmac.compare_digest(code.digest, digest):
            return None
        return self.with_password(password, now)

    def with_failed_attempt(self, purpose: MailedCodePurpose) -> "StoredIdentity":
        """Count a wrong attempt at the code, if there is one."""
        code = self.codes.get(purpose)
        if code is None:
            return self
        return evolve(self, codes={**self.codes, purpose: evolve(code, tries=code.tries + 1)})

    def with_password(self, password: str, at: datetime) -> "StoredIdentity":
        """Set the password and invalidate outstanding codes, which were requested before it was set."""
        return evolve(self, password=password, password_at=at, codes={})

    def without_codes(self) -> "StoredIdentity":
        return evolve(self, codes={})

    def last_step(self, secret: str) -> int:
        """The last step accepted for this secret; 0 if the stored step belongs to another secret."""
        return self.totp_step if secret == self.totp_secret else 0

    def with_totp(self, secret: str | None, step: int) -> "StoredIdentity":
        """Store that a code of `step` was accepted for the secret; None removes the second factor."""
        return evolve(self, totp_secret=secret, totp_step=step)


@define
class LockedIdentity:
    """A credential's record, locked for changes by others. `stored` is saved at the end of the block.

    None means that the provider does not know the credential.
    """

    stored: StoredIdentity | None


class IdentityStore(Protocol):
    """Stores records, encrypted with the practice's key. Each call is its own transaction, outside of units."""

    async def find(self, credential: Credential) -> StoredIdentity | None:
        """Raises:
        Unavailable: the store does not respond.
        """
        ...

    def change(self, credential: Credential) -> AbstractAsyncContextManager[LockedIdentity]:
        """Lock the record for the block; an error in the block discards the change.

        Raises:
            Unavailable: the store does not respond.
        """
        ...
