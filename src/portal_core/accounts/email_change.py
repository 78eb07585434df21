"""A change of the sign-in email, until its code is confirmed."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.kernel.codes import code_matches, hash_code

EmailChangeState = Literal["open", "completed", "withdrawn"]


EMAIL_CHANGE_LIFETIME = timedelta(hours=1)
MAX_CODE_ATTEMPTS = 10
"""Attempts at an email change, by its owner only."""


@frozen
class EmailChange:
    """A signed-in person's request for a new email, which they must still prove. Both emails are normalized."""

    id: UUID
    practice_id: UUID
    account_id: UUID
    former_email: str
    new_email: str
    created_at: datetime
    expires_at: datetime
    state: EmailChangeState = "open"
    code_hash: bytes | None = None
    attempts: int = 0
    version: int = 1

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be confirmed."""
        return self.state == "open" and now < self.expires_at and self.attempts < MAX_CODE_ATTEMPTS

    def issue(self, code: str) -> "EmailChange":
        """Set a new code, which replaces the previous one. Attempts keep counting."""
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def attempt(self) -> "EmailChange":
        """Count an attempt, before the code is checked."""
        return evolve(self, attempts=self.attempts + 1, version=self.version + 1)

    def matches_code(self, typed: str) -> bool:
        """Whether this is its code. Count the attempt first."""
        return code_matches(self.code_hash, self.id, typed)

    def close(self, state: Literal["completed", "withdrawn"]) -> "EmailChange":
        """Mark it as completed, or as withdrawn because a new one replaces it."""
        return evolve(self, state=state, code_hash=None, version=self.version + 1)
