"""A safe email takes effect when somebody has proven to read what is mailed there."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.kernel.codes import code_matches, hash_code
from portal_core.kernel.limits import Limit

VERIFICATION_TTL = timedelta(hours=1)
MAX_VERIFICATION_ATTEMPTS = 10
"""Tries at one code, beside those that `CONFIRM_BY_ACCOUNT` allows."""

REQUEST_BY_ACCOUNT = Limit("safe_email", 5, timedelta(hours=1))
"""Each is a mail to an address that may be a stranger's."""
CONFIRM_BY_ACCOUNT = Limit("safe_email_code", 5, timedelta(minutes=15))


@frozen
class SafeEmailVerification:
    """An address that an account's holder asked for as their safe email; one for each account.

    The code is bound to `id`, which is new with every asking: what was mailed before is good for nothing then.
    """

    account_id: UUID
    id: UUID
    email: str
    expires_at: datetime
    code_hash: bytes | None = field(default=None, repr=False)
    attempts: int = 0
    version: int = 1

    @classmethod
    def started(cls, account_id: UUID, verification_id: UUID, email: str, now: datetime, before: Self | None) -> Self:
        """Asked for now, instead of what was asked for before."""
        return cls(
            account_id, verification_id, email, now + VERIFICATION_TTL, version=before.version + 1 if before else 1
        )

    def is_pending(self, now: datetime) -> bool:
        """Whether it can still be proven."""
        return now < self.expires_at and self.attempts < MAX_VERIFICATION_ATTEMPTS

    def issue(self, code: str) -> Self:
        """A new code; the one before is dead. The tries go on counting."""
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def count_attempt(self) -> Self:
        """Count a try that was wrong."""
        return evolve(self, attempts=self.attempts + 1, version=self.version + 1)

    def matches_code(self, typed: str) -> bool:
        """Whether this is its code."""
        return code_matches(self.code_hash, self.id, typed)

    def close(self, now: datetime) -> Self:
        """Proven, or no longer wanted."""
        return evolve(self, expires_at=now, code_hash=None, version=self.version + 1)
