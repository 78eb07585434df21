"""Ports of invitations and email changes, and the feature's full unit of work."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal_core.access.ports import Grants
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import Invitation
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.ports import ClientRecords, LegalHolds, PracticeRecord, RecordErasures, StaffRecords


class Invitations(Protocol):
    """Invitations of the practice."""

    async def lock(self) -> None:
        """Have others of the practice who would invite wait until this unit ends.

        To be called before what decides about an invitation is read: of two at the same time, the second then finds the
        first.
        """
        ...

    async def get(self, invitation_id: UUID) -> Invitation | None: ...

    async def add(self, invitation: Invitation, audit_entry: AuditEntry) -> None: ...

    async def save(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        """Count an attempt against every open invitation to this (normalized) email, and return them, counted.

        Leaves out expired ones and those with no attempts left. Locks them: concurrent attempts wait for this unit.
        """
        ...

    async def list_open_for(self, email: str, client_id: UUID | None = None) -> tuple[Invitation, ...]:
        """Open invitations to this email, and this client's to an account of their own, by any address; by id.

        Including expired ones.
        """
        ...

    async def list_open_of(self, client_id: UUID) -> tuple[Invitation, ...]:
        """Open invitations of this client and their proxies, by id. Including expired ones."""
        ...

    async def proxies_invited(self, client_ids: Collection[UUID]) -> frozenset[tuple[UUID, str]]:
        """Whom these clients' proxies' invitations ever went to, in any state: the client's id and the email."""
        ...

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        """All invitations, newest first (by descending id).

        For a clinician who sees own clients only, those to the records of these clients (`own_clients_of`).
        """
        ...


class EmailChanges(Protocol):
    """Pending email changes."""

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None: ...

    async def find_open(self, account_id: UUID) -> EmailChange | None:
        """The open change, even if it has expired; locked until the unit ends."""
        ...

    async def add(self, change: EmailChange, audit_entry: AuditEntry) -> None: ...

    async def save(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        """
        ...


class AccountsUnit(SignInUnit, Protocol):
    """The unit of work of the whole accounts feature."""

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
    @property
    def record_erasures(self) -> RecordErasures: ...
    @property
    def legal_holds(self) -> LegalHolds: ...
