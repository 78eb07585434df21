"""Invitations, proxies' grants and changes of email in memory."""

from datetime import date, datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.accounts import reaches
from adapters.memory.people import first, only_practice_wide, portal_user, practice_wide, reaches_client
from adapters.memory.rows import newest_first, own_key, own_rows
from adapters.memory.store import MemoryTransaction
from portal_core.access.errors import GrantExists
from portal_core.access.model import Grant
from portal_core.access.ports import Grants
from portal_core.accounts.invitations import INVITATION_TRIES, EmailChange, Invitation
from portal_core.accounts.ports_invitations import EmailChanges, Invitations
from portal_core.accounts.views_invitations import InvitationView
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.model import Client


@define
class MemoryInvitations(Invitations):
    """Portal users see none."""

    tx: MemoryTransaction

    async def get(self, invitation_id: UUID) -> Invitation | None:
        return first(one for one in self._rows() if one.id == invitation_id)

    async def add(self, invitation: Invitation, audited: Audited) -> None:
        assert not portal_user(self.tx)
        self.tx.insert("invitations", own_key(self.tx, invitation.id), invitation)
        await self.tx.audit.record(audited)

    async def save(self, invitation: Invitation, audited: Audited) -> None:
        assert not portal_user(self.tx)
        self.tx.save("invitations", own_key(self.tx, invitation.id), invitation)
        await self.tx.audit.record(audited)

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        tried = tuple(
            evolve(one, tries=one.tries + 1, version=one.version + 1)
            for one in await self.open_to(email)
            if one.open_at(now) and one.tries < INVITATION_TRIES
        )
        for one in tried:
            self.tx.save("invitations", own_key(self.tx, one.id), one)
        return tried

    async def open_to(self, email: str) -> tuple[Invitation, ...]:
        return tuple(one for one in self._rows() if one.email == email and one.state == "open")

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        return newest_first(self._rows(), page).map(InvitationView.of)

    def _rows(self) -> list[Invitation]:
        rows: list[Invitation] = [] if portal_user(self.tx) else own_rows(self.tx, "invitations")
        return sorted(rows, key=lambda one: one.id)


@define
class MemoryGrants(Grants):
    """One standing grant for an account and a client."""

    tx: MemoryTransaction

    async def get(self, client_id: UUID, grant_id: UUID) -> Grant | None:
        return first(one for one in self._rows() if (one.client_id, one.id) == (client_id, grant_id))

    async def add(self, grant: Grant, audited: Audited) -> None:
        only_practice_wide(self.tx)
        for other in own_rows(self.tx, "grants"):
            if other.stands and (other.client_id, other.account_id) == (grant.client_id, grant.account_id):
                raise GrantExists
        assert own_key(self.tx, grant.client_id) in self.tx.table("clients"), "a grant over nobody"
        assert own_key(self.tx, grant.account_id) in self.tx.table("accounts"), "a grant to nobody"
        assert grant.until is None or grant.until > grant.starts, "a grant that is over before it starts"
        self.tx.insert("grants", own_key(self.tx, grant.id), grant)
        await self.tx.audit.record(audited)

    async def save(self, grant: Grant, audited: Audited) -> None:
        only_practice_wide(self.tx)
        self.tx.save("grants", own_key(self.tx, grant.id), grant)
        await self.tx.audit.record(audited)

    async def over(self, client_id: UUID) -> tuple[Grant, ...]:
        rows = (one for one in self._rows() if one.client_id == client_id)
        return tuple(sorted(rows, key=lambda one: one.id, reverse=True))

    async def held_by(self, account_id: UUID) -> tuple[tuple[Grant, str], ...]:
        held = [one for one in self._rows() if one.account_id == account_id and one.stands]
        clients: dict[UUID, Client] = {
            one.id: one for one in own_rows(self.tx, "clients") if reaches_client(self.tx, one.id)
        }
        pairs = [(one, clients[one.client_id]) for one in held if one.client_id in clients]
        pairs.sort(key=lambda pair: (pair[1].sort_name.encode(), pair[1].id))
        return tuple((grant, client.shown_name) for grant, client in pairs)

    async def due(self, today: date, limit: int) -> tuple[Grant, ...]:
        rows = [one for one in self._rows() if one.stands and one.due(today)]
        return tuple(sorted(rows, key=lambda one: (one.until or date.max, one.id))[:limit])

    def _rows(self) -> list[Grant]:
        def seen(one: Grant) -> bool:
            own = portal_user(self.tx) and reaches(self.tx, one.account_id)
            return practice_wide(self.tx) or one.client_id == self.tx.record or own

        return [one for one in own_rows(self.tx, "grants") if seen(one)]


@define
class MemoryEmailChanges(EmailChanges):
    """Portal users reach their own account's."""

    tx: MemoryTransaction

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None:
        return first(one for one in self._of(account_id) if one.id == change_id)

    async def open_of(self, account_id: UUID) -> EmailChange | None:
        return first(one for one in self._of(account_id) if one.state == "open")

    async def add(self, change: EmailChange, audited: Audited) -> None:
        assert reaches(self.tx, change.account_id)
        self.tx.insert("email_changes", own_key(self.tx, change.id), change)
        await self.tx.audit.record(audited)

    async def save(self, change: EmailChange, audited: Audited) -> None:
        assert reaches(self.tx, change.account_id)
        self.tx.save("email_changes", own_key(self.tx, change.id), change)
        await self.tx.audit.record(audited)

    def _of(self, account_id: UUID) -> list[EmailChange]:
        rows: list[EmailChange] = own_rows(self.tx, "email_changes") if reaches(self.tx, account_id) else []
        return [one for one in rows if one.account_id == account_id]
