"""Invitations and email changes in memory."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.repository import MemoryRepository, MemoryRows
from adapters.memory.engine.row_visibility import first, is_visible_client, portal_user, reaches
from adapters.memory.engine.rows import newest_first, own_key
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitation_ports import EmailChanges, Invitations
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import MAX_INVITATION_ATTEMPTS, Invitation
from portal_core.kernel.actor import own_clients_of
from portal_core.kernel.page import Page, PageRequest


@define
class MemoryInvitations(MemoryRepository[Invitation], Invitations):
    """Portal users see no invitations."""

    table = "invitations"

    async def lock(self) -> None:
        """Units run one at a time in memory."""

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        tried = tuple(
            evolve(one, attempts=one.attempts + 1, version=one.version + 1)
            for one in await self.list_open_for(email)
            if one.is_open(now) and one.attempts < MAX_INVITATION_ATTEMPTS
        )
        for one in tried:
            self.tx.save("invitations", own_key(self.tx, one.id), one)
        return tried

    async def list_open_for(self, email: str, client_id: UUID | None = None) -> tuple[Invitation, ...]:
        own = None if client_id is None else ("client", client_id)
        found = (one for one in self._rows() if one.state == "open" and (one.email == email or one.invitee == own))
        return tuple(sorted(found, key=lambda one: one.id))

    async def list_open_of(self, client_id: UUID) -> tuple[Invitation, ...]:
        found = (one for one in self._rows() if one.state == "open" and one.client_id == client_id)
        return tuple(sorted(found, key=lambda one: one.id))

    async def proxies_invited(self, client_ids: Collection[UUID]) -> frozenset[tuple[UUID, str]]:
        return frozenset(
            (one.client_id, one.email)
            for one in self._rows()
            if one.kind == "proxy" and one.client_id is not None and one.client_id in client_ids
        )

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        rows = self._rows()
        if own_clients_of(self.tx.actor) is not None:
            rows = [one for one in rows if one.client_id and is_visible_client(self.tx, one.client_id)]
        return newest_first(rows, page).map(InvitationView.of)

    def _sees(self, row: Invitation) -> bool:
        return not portal_user(self.tx)


@define
class MemoryEmailChanges(MemoryRows[EmailChange], EmailChanges):
    """Portal users see only the changes of their own account."""

    table = "email_changes"

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None:
        return first(one for one in self._of(account_id) if one.id == change_id)

    async def find_open(self, account_id: UUID) -> EmailChange | None:
        return first(one for one in self._of(account_id) if one.state == "open")

    def _of(self, account_id: UUID) -> list[EmailChange]:
        return [one for one in self._rows() if one.account_id == account_id]

    def _sees(self, row: EmailChange) -> bool:
        return reaches(self.tx, row.account_id)
