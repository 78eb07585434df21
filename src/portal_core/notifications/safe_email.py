"""A safe email takes effect when somebody has proven to read what is mailed there."""

from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from attrs import evolve, field, frozen

from portal_core.kernel.codes import answers_code, hash_code
from portal_core.kernel.limits import Limit

PROOF_FOR = timedelta(hours=1)
PROOF_TRIES = 10
"""Tries at one code, beside those that `CONFIRM_BY_ACCOUNT` allows."""

ASK_BY_ACCOUNT = Limit("safe_email", 5, timedelta(hours=1))
"""Each is a mail to an address that may be a stranger's."""
CONFIRM_BY_ACCOUNT = Limit("safe_email_code", 5, timedelta(minutes=15))


@frozen
class SafeEmailProof:
    """An address that an account's holder asked for as their safe email; one for each account.

    The code is bound to `id`, which is new with every asking: what was mailed before is good for nothing then.
    """

    account_id: UUID
    id: UUID
    email: str
    expires_at: datetime
    code_hash: bytes | None = field(default=None, repr=False)
    tries: int = 0
    version: int = 1

    @classmethod
    def asked(cls, account_id: UUID, proof_id: UUID, email: str, now: datetime, before: Self | None) -> Self:
        """Asked for now, instead of what was asked for before."""
        return cls(account_id, proof_id, email, now + PROOF_FOR, version=before.version + 1 if before else 1)

    def open_at(self, now: datetime) -> bool:
        """Whether it can still be proven."""
        return now < self.expires_at and self.tries < PROOF_TRIES

    def issue(self, code: str) -> Self:
        """A new code; the one before is dead. The tries go on counting."""
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def attempt(self) -> Self:
        """Count a try that was wrong."""
        return evolve(self, tries=self.tries + 1, version=self.version + 1)

    def answers(self, typed: str) -> bool:
        """Whether this is its code."""
        return answers_code(self.code_hash, self.id, typed)

    def close(self, now: datetime) -> Self:
        """Proven, or no longer wanted."""
        return evolve(self, expires_at=now, code_hash=None, version=self.version + 1)
