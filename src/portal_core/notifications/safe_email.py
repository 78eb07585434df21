"""Verification of a safe email: it takes effect once a code mailed to it was entered."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.kernel.codes import code_matches, hash_code
from portal_core.kernel.limits import Limit

VERIFICATION_TTL = timedelta(hours=1)
MAX_VERIFICATION_ATTEMPTS = 10
"""Wrong attempts allowed for one verification, in addition to the limit `CONFIRM_BY_ACCOUNT`."""

REQUEST_BY_ACCOUNT = Limit("safe_email", 5, timedelta(hours=1))
"""Limited because each request sends a mail to an address that may be a stranger's."""
CONFIRM_BY_ACCOUNT = Limit("safe_email_code", 5, timedelta(minutes=15))


@frozen
class SafeEmailVerification:
    """A request to use an address as the account's safe email. Each account has at most one.

    The code is bound to `id`, which is new for every request, so codes mailed for an earlier request stop working.
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
        """Start a verification, which replaces the one `before`, if any."""
        return cls(
            account_id, verification_id, email, now + VERIFICATION_TTL, version=before.version + 1 if before else 1
        )

    def is_pending(self, now: datetime) -> bool:
        """Whether it can still be confirmed."""
        return now < self.expires_at and self.attempts < MAX_VERIFICATION_ATTEMPTS

    def issue(self, code: str) -> Self:
        """Set a new code, which invalidates the previous one. The attempt count is not reset."""
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def count_attempt(self) -> Self:
        """Count a wrong attempt."""
        return evolve(self, attempts=self.attempts + 1, version=self.version + 1)

    def matches_code(self, typed: str) -> bool:
        """Whether `typed` is the current code."""
        return code_matches(self.code_hash, self.id, typed)

    def close(self, now: datetime) -> Self:
        """End it, because it was confirmed or withdrawn."""
        return evolve(self, expires_at=now, code_hash=None, version=self.version + 1)
