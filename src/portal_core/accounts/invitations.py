"""Invitations by code, and changes of email: both prove a mailbox by a code that is mailed to it.

The code is made when the mail is written and only its hash is kept. It has 40 random bits, which a hundred tries
cannot find; the hash is bound to the one thing that the code is for.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.model import GrantTerms
from portal_core.accounts.invitation_errors import InvitationNotOpen
from portal_core.accounts.model import Side
from portal_core.kernel.codes import code_matches, hash_code

InvitationKind = Literal["client", "proxy", "staff"]
InvitationState = Literal["open", "accepted", "withdrawn"]
EmailChangeState = Literal["open", "completed", "withdrawn"]

INVITATION_LIFETIME = timedelta(days=7)
EMAIL_CHANGE_LIFETIME = timedelta(hours=1)
MAX_INVITATION_ATTEMPTS = 100
"""Tries at an invitation, by anybody who knows the email, after which its code is dead."""
MAX_CODE_ATTEMPTS = 10
"""Tries at a change of email, by its owner only."""


@frozen
class Invitation:
    """One person is asked to open an account: a client for themself, a proxy for a client, or staff.

    `email` is normalised; `terms` are a proxy's. `account_id` is set when the code was right, before the identity
    provider makes the credential, so that an accepting that was cut short goes on with the same account.
    """

    id: UUID
    practice_id: UUID
    kind: InvitationKind
    email: str
    created_at: datetime
    expires_at: datetime
    client_id: UUID | None = None
    staff_id: UUID | None = None
    terms: GrantTerms | None = None
    invited_by: UUID | None = None
    state: InvitationState = "open"
    code_hash: bytes | None = None
    attempts: int = 0
    account_id: UUID | None = None
    version: int = 1

    @property
    def side(self) -> Side:
        return "practice" if self.kind == "staff" else "portal"

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.state == "open" and now < self.expires_at

    def issue(self, code: str, now: datetime) -> "Invitation":
        """A new code; the one before is dead. The tries go on counting.

        Raises:
            InvitationNotOpen: accepted, withdrawn, or too old.
        """
        self._require_open(now)
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def matches_code(self, typed: str) -> bool:
        """Whether this is its code. Count the try first (`Invitations.attempt`)."""
        return code_matches(self.code_hash, self.id, typed)

    def reserve(self, account_id: UUID) -> "Invitation":
        """The code was right: this account will be made."""
        return self if self.account_id == account_id else evolve(self, account_id=account_id, version=self.version + 1)

    def accept(self, now: datetime) -> "Invitation":
        """Used up.

        Raises:
            InvitationNotOpen: accepted, withdrawn, or too old.
        """
        self._require_open(now)
        return evolve(self, state="accepted", code_hash=None, version=self.version + 1)

    def withdraw(self) -> "Invitation":
        """No longer wanted, or another took its place.

        Raises:
            InvitationNotOpen: accepted or withdrawn.
        """
        if self.state != "open":
            raise InvitationNotOpen
        return evolve(self, state="withdrawn", code_hash=None, version=self.version + 1)

    def _require_open(self, now: datetime) -> None:
        if not self.is_open(now):
            raise InvitationNotOpen


@frozen
class EmailChange:
    """Somebody signed in asked for another email, and has yet to prove it. Both emails are normalised."""

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
        """A new code; the one before is dead. The tries go on counting."""
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def attempt(self) -> "EmailChange":
        """Count a try, before it is decided."""
        return evolve(self, attempts=self.attempts + 1, version=self.version + 1)

    def matches_code(self, typed: str) -> bool:
        """Whether this is its code. Count the try first."""
        return code_matches(self.code_hash, self.id, typed)

    def close(self, state: Literal["completed", "withdrawn"]) -> "EmailChange":
        """Used up, or another took its place."""
        return evolve(self, state=state, code_hash=None, version=self.version + 1)
