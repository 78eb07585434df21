"""Invitations and email changes in memory."""

from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.row_visibility import first, portal_user, reaches
from adapters.memory.engine.rows import newest_first, own_key, own_rows
from adapters.memory.engine.store import MemoryTransaction
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitation_ports import EmailChanges, Invitations
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import MAX_INVITATION_ATTEMPTS, Invitation
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest


@define
class MemoryInvitations(Invitations):
    """Portal users see no invitations."""

    tx: MemoryTransaction

    async def get(self, invitation_id: UUID) -> Invitation | None:
        return first(one for one in self._rows() if one.id == invitation_id)

    async def add(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        assert not portal_user(self.tx)
        self.tx.insert("invitations", own_key(self.tx, invitation.id), invitation)
        await self.tx.audit.record(audit_entry)

    async def save(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        assert not portal_user(self.tx)
        self.tx.save("invitations", own_key(self.tx, invitation.id), invitation)
        await self.tx.audit.record(audit_entry)

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        tried = tuple(
            evolve(one, attempts=one.attempts + 1, version=one.version + 1)
            for one in await self.list_open_for(email)
            if one.is_open(now) and one.attempts < MAX_INVITATION_ATTEMPTS
        )
        for one in tried:
            self.tx.save("invitations", own_key(self.tx, one.id), one)
        return tried

    async def list_open_for(self, email: str) -> tuple[Invitation, ...]:
        return tuple(one for one in self._rows() if one.email == email and one.state == "open")

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        return newest_first(self._rows(), page).map(InvitationView.of)

    def _rows(self) -> list[Invitation]:
        rows: list[Invitation] = [] if portal_user(self.tx) else own_rows(self.tx, "invitations")
        return sorted(rows, key=lambda one: one.id)


@define
class MemoryEmailChanges(EmailChanges):
    """Portal users see only the changes of their own account."""

    tx: MemoryTransaction

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None:
        return first(one for one in self._of(account_id) if one.id == change_id)

    async def find_open(self, account_id: UUID) -> EmailChange | None:
        return first(one for one in self._of(account_id) if one.state == "open")

    async def add(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        assert reaches(self.tx, change.account_id)
        self.tx.insert("email_changes", own_key(self.tx, change.id), change)
        await self.tx.audit.record(audit_entry)

    async def save(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        assert reaches(self.tx, change.account_id)
        self.tx.save("email_changes", own_key(self.tx, change.id), change)
        await self.tx.audit.record(audit_entry)

    def _of(self, account_id: UUID) -> list[EmailChange]:
        rows: list[EmailChange] = own_rows(self.tx, "email_changes") if reaches(self.tx, account_id) else []
        return [one for one in rows if one.account_id == account_id]
