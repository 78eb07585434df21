"""Invitations and email changes: a mailed code proves control of the mailbox.

The code is created when the mail is written, and only its hash is stored, encrypted. It has 40 random bits, which
a hundred attempts cannot guess; the hash is bound to the invitation or change that the code is for.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.model import GrantTerms
from portal_core.accounts.invitation_errors import InvitationNotOpen
from portal_core.accounts.model import Account, Side
from portal_core.kernel.codes import code_label, code_matches, hash_code

InvitationKind = Literal["client", "proxy", "staff"]
InvitationState = Literal["open", "accepted", "withdrawn"]

INVITATION_LIFETIME = timedelta(days=7)
MAX_INVITATION_ATTEMPTS = 100
"""Attempts at an invitation, by anybody who knows the email, after which its code stops working."""


@frozen
class Invitation:
    """An invitation to open an account: to a client for their own record, to a proxy of a client, or to staff.

    `email` is normalized; `terms` are set for a proxy. `account_id` is set once the code was correct, before the
    identity provider creates the credential, so that an interrupted acceptance continues with the same account.
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

    @property
    def label(self) -> str:
        """By which its mail is told from those to others at the same address."""
        return code_label(self.id)

    @property
    def invitee(self) -> tuple[InvitationKind, UUID | None]:
        """For what, and whom or whose record: a new invitation replaces an earlier one of the same."""
        return self.kind, self.client_id or self.staff_id

    def excludes(self, other: "Invitation") -> bool:
        """Whether at most one of two invitations to one email could be accepted: a client's account is theirs alone.

        A proxy may hold grants over several records with one account.
        """
        return self.side == other.side and self.invitee != other.invitee and "client" in (self.kind, other.kind)

    def is_excluded_by(self, account: Account) -> bool:
        """Whether it can never be accepted beside this account, which is not closed.

        An account has its email to itself, and a person has one account on each side. Only proxies add what they are
        invited to to the account that they have.
        """
        if account.side != self.side:
            return False
        if self.kind == "proxy":
            return account.email == self.email and account.client_id == self.client_id
        if (account.client_id, account.staff_id) == (self.client_id, self.staff_id):
            return account.status == "active"
        return account.email == self.email

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be accepted."""
        return self.state == "open" and now < self.expires_at

    def issue(self, code: str, now: datetime) -> "Invitation":
        """Set a new code, which replaces the previous one. Attempts keep counting.

        Raises:
            InvitationNotOpen: accepted, withdrawn, or expired.
        """
        self._require_open(now)
        return evolve(self, code_hash=hash_code(self.id, code), version=self.version + 1)

    def matches_code(self, typed: str) -> bool:
        """Whether this is its code. Count the attempt first (`Invitations.attempt`)."""
        return code_matches(self.code_hash, self.id, typed)

    def reserve(self, account_id: UUID) -> "Invitation":
        """Store the id of the account to create, after a correct code."""
        return self if self.account_id == account_id else evolve(self, account_id=account_id, version=self.version + 1)

    def accept(self, now: datetime) -> "Invitation":
        """Mark it as accepted.

        Raises:
            InvitationNotOpen: accepted, withdrawn, or expired.
        """
        self._require_open(now)
        return evolve(self, state="accepted", code_hash=None, version=self.version + 1)

    def withdraw(self) -> "Invitation":
        """Withdraw it, because staff cancelled it, a new one replaces it, or it can no longer be accepted.

        Raises:
            InvitationNotOpen: accepted or withdrawn.
        """
        if self.state != "open":
            raise InvitationNotOpen
        return evolve(self, state="withdrawn", code_hash=None, version=self.version + 1)

    def _require_open(self, now: datetime) -> None:
        if not self.is_open(now):
            raise InvitationNotOpen
