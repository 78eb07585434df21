"""What the local identity provider keeps of one credential, and where."""

import hmac
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from attrs import define, evolve, field, frozen

from portal_core.accounts.identity_provider import Credential, MailedCodePurpose

MAX_CODE_ATTEMPTS = 60
"""Wrong tries after which a mailed code is dead: of 40 random bits, one guess in 10^10 is right by then. More than a
stranger may try within an hour, or they could kill the code of whom they wish."""


@frozen
class StoredCode:
    """A mailed code: its digest, never itself."""

    digest: bytes
    expires_at: datetime
    tries: int = 0

    def is_valid(self, now: datetime) -> bool:
        return now < self.expires_at and self.tries < MAX_CODE_ATTEMPTS


@frozen
class StoredIdentity:
    """One credential. `password` is its Argon2 hash, None until one is set, `password_at` when that was (None as well
    where it was set before that was kept); `totp_step` the last step accepted.

    Until a password is set it is worth keeping only as long as its code is.
    """

    password: str | None = field(default=None, repr=False)
    disabled: bool = False
    totp_secret: str | None = field(default=None, repr=False)
    totp_step: int = 0
    codes: Mapping[MailedCodePurpose, StoredCode] = field(factory=dict, repr=False)
    password_at: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """When it can be forgotten; None: never."""
        if self.password is not None or self.disabled or not self.codes:
            return None
        return max(code.expires_at for code in self.codes.values())

    def issue(self, purpose: MailedCodePurpose, digest: bytes, expires_at: datetime) -> "StoredIdentity":
        """A new code; the earlier of its purpose is dead."""
        return evolve(self, codes={**self.codes, purpose: StoredCode(digest, expires_at)})

    def redeem(
        self, purpose: MailedCodePurpose, digest: bytes, now: datetime, password: str
    ) -> "StoredIdentity | None":
        """With the password set and every code used up; None when the code is not good."""
        code = self.codes.get(purpose)
        if self.disabled or code is None or not code.is_valid(now) or not hmac.compare_digest(code.digest, digest):
            return None
        return self.with_password(password, now)

    def with_failed_attempt(self, purpose: MailedCodePurpose) -> "StoredIdentity":
        """One more wrong try at a code, if there is one."""
        code = self.codes.get(purpose)
        if code is None:
            return self
        return evolve(self, codes={**self.codes, purpose: evolve(code, tries=code.tries + 1)})

    def with_password(self, password: str, at: datetime) -> "StoredIdentity":
        """Codes that are on their way are dead: a password was set after they were asked for."""
        return evolve(self, password=password, password_at=at, codes={})

    def without_codes(self) -> "StoredIdentity":
        return evolve(self, codes={})

    def last_step(self, secret: str) -> int:
        """The last step accepted of this secret; codes of another one count for nothing."""
        return self.totp_step if secret == self.totp_secret else 0

    def with_totp(self, secret: str | None, step: int) -> "StoredIdentity":
        """A code of `step` was accepted for the secret; with None, no second factor is asked for."""
        return evolve(self, totp_secret=secret, totp_step=step)


@define
class LockedIdentity:
    """A credential's record while nobody else may change it. What `stored` is at the end of the block is stored.

    None: the provider does not know it.
    """

    stored: StoredIdentity | None


class IdentityStore(Protocol):
    """Where records lie, sealed with the practice's key. Each call is a transaction of its own, outside of units."""

    async def find(self, credential: Credential) -> StoredIdentity | None:
        """Raises:
        Unavailable: the store does not answer.
        """
        ...

    def change(self, credential: Credential) -> AbstractAsyncContextManager[LockedIdentity]:
        """The record, for one block at a time; an error in the block drops the change.

        Raises:
            Unavailable: the store does not answer.
        """
        ...
