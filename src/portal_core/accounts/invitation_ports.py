"""Split off."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal_core.access.ports import Grants
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import EmailChange, Invitation
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.ports import ClientRecords, PracticeRecord, StaffRecords


class Invitations(Protocol):
    """Invitations of the practice."""

    async def get(self, invitation_id: UUID) -> Invitation | None: ...

    async def add(self, invitation: Invitation, audit_entry: AuditEntry) -> None: ...

    async def save(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        """Count a try against every open invitation to this email (normalised), and answer them, counted.

        Without those that had ten tries already or are too old. Others that try wait until this unit ends.
        """
        ...

    async def list_open_for(self, email: str) -> tuple[Invitation, ...]:
        """The open ones to this email, also those that are too old."""
        ...

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        """Newest first (by id, falling)."""
        ...


class EmailChanges(Protocol):
    """Changes of email under way."""

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None: ...

    async def find_open(self, account_id: UUID) -> EmailChange | None:
        """The open one, also when it is too old; locked until the unit ends."""
        ...

    async def add(self, change: EmailChange, audit_entry: AuditEntry) -> None: ...

    async def save(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...


class AccountsUnit(SignInUnit, Protocol):
    """All that the feature asks of a unit of work."""

    @property
    def practice_record(self) -> PracticeRecord: ...
    @property
    def client_records(self) -> ClientRecords: ...
    @property
    def staff_records(self) -> StaffRecords: ...
    @property
    def invitations(self) -> Invitations: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def email_changes(self) -> EmailChanges: ...
