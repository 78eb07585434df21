"""Failed sign-ins: five within 15 minutes lock an email for 15 minutes (SPEC 3.1)."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import evolve, frozen

from portal_core.accounts.errors import SignInLocked

LOCK_AFTER_ATTEMPTS = 5


LOCK_DURATION = timedelta(minutes=15)
"""Five failures within 15 minutes lock an email for 15 minutes (SPEC 3.1)."""


@frozen
class SignInGuard:
    """The attempts to sign in with one email on one side, whether an account has it or not.

    An attempt is counted before it is checked, so that concurrent attempts cannot exceed the limit; `clear` resets the
    count, `uncount_attempt` takes back the latest. `key` is the SHA-256 of side and email (`policy.guard_key`).
    """

    practice_id: UUID
    key: bytes
    attempts: tuple[datetime, ...] = ()
    locked_until: datetime | None = None
    version: int = 0

    def attempt(self, now: datetime) -> "SignInGuard":
        """Count an attempt; the fifth within 15 minutes locks the email unless it succeeds.

        Raises:
            SignInLocked: locked at `now`; this attempt is not counted and does not lengthen the lock.
        """
        if self.locked_until is not None and now < self.locked_until:
            raise SignInLocked(-(-(self.locked_until - now) // timedelta(seconds=1)))
        earlier = self.attempts if self.locked_until is None else ()
        attempts = (*(at for at in earlier if now - at < LOCK_DURATION), now)
        locked = now + LOCK_DURATION if len(attempts) >= LOCK_AFTER_ATTEMPTS else None
        return evolve(self, attempts=attempts, locked_until=locked, version=self.version + 1)

    def uncount_attempt(self) -> "SignInGuard":
        """Take back the latest attempt: its password was correct, and the second factor is still to come."""
        return evolve(self, attempts=self.attempts[:-1], locked_until=None, version=self.version + 1)

    def clear(self) -> "SignInGuard":
        """Reset the count and the lock, once a sign-in is complete."""
        return evolve(self, attempts=(), locked_until=None, version=self.version + 1)
