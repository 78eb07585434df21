"""Invitations and email changes in PostgreSQL."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select, update

from adapters.postgres.accounts.tables import email_changes, invitations
from adapters.postgres.engine.columns import Instant, insert_all
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.access.model import GrantTerms, ordered
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitation_ports import EmailChanges, Invitations
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import MAX_INVITATION_ATTEMPTS, Invitation
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

INVITATION_COLUMNS = (
    invitations.c.id,
    invitations.c.practice_id,
    invitations.c.kind,
    invitations.c.email,
    invitations.c.created_at,
    invitations.c.expires_at,
    invitations.c.client_id,
    invitations.c.staff_id,
    invitations.c.terms,
    invitations.c.invited_by,
    invitations.c.state,
    invitations.c.code_hash,
    invitations.c.attempts,
    invitations.c.account_id,
    invitations.c.version,
)
_invitation_here = invitations.c.practice_id == bindparam("practice_id")
_open_to = (_invitation_here, invitations.c.email_key == bindparam("address"), invitations.c.state == "open")
GET_INVITATION = statement(
    "invitations.get", select(*INVITATION_COLUMNS).where(_invitation_here, invitations.c.id == bindparam("id"))
)
ADD_INVITATION = statement("invitations.add", insert_all(invitations))
SAVE_INVITATION = statement(
    "invitations.save",
    update(invitations)
    .where(_invitation_here, invitations.c.id == bindparam("invitation"), invitations.c.version == bindparam("before"))
    .values(
        state=bindparam("state"),
        code_hash=bindparam("code_hash"),
        attempts=bindparam("attempts"),
        account_id=bindparam("account_id"),
        version=bindparam("version"),
    ),
)
TRY_INVITATIONS = statement(
    "invitations.attempt",
    update(invitations)
    .where(
        *_open_to,
        invitations.c.expires_at > bindparam("now", type_=Instant),
        invitations.c.attempts < MAX_INVITATION_ATTEMPTS,
    )
    .values(attempts=invitations.c.attempts + 1, version=invitations.c.version + 1)
    .returning(*INVITATION_COLUMNS),
)
OPEN_INVITATIONS = statement(
    "invitations.list_open_for", select(*INVITATION_COLUMNS).where(*_open_to).order_by(invitations.c.id)
)
INVITATIONS = statement(
    "invitations.page",
    select(*INVITATION_COLUMNS)
    .where(_invitation_here, invitations.c.id < bindparam("before"))
    .order_by(invitations.c.id.desc())
    .limit(bindparam("size")),
)

CHANGE_COLUMNS = (
    email_changes.c.id,
    email_changes.c.practice_id,
    email_changes.c.account_id,
    email_changes.c.former_email,
    email_changes.c.new_email,
    email_changes.c.created_at,
    email_changes.c.expires_at,
    email_changes.c.state,
    email_changes.c.code_hash,
    email_changes.c.attempts,
    email_changes.c.version,
)
_change_of = (
    email_changes.c.practice_id == bindparam("practice_id"),
    email_changes.c.account_id == bindparam("account"),
)
GET_CHANGE = statement(
    "email_changes.get", select(*CHANGE_COLUMNS).where(*_change_of, email_changes.c.id == bindparam("id"))
)
OPEN_CHANGE = statement(
    "email_changes.find_open",
    select(*CHANGE_COLUMNS).where(*_change_of, email_changes.c.state == "open").with_for_update(),
)
ADD_CHANGE = statement("email_changes.add", insert_all(email_changes))
SAVE_CHANGE = statement(
    "email_changes.save",
    update(email_changes)
    .where(*_change_of, email_changes.c.id == bindparam("change"), email_changes.c.version == bindparam("before"))
    .values(
        state=bindparam("state"),
        code_hash=bindparam("code_hash"),
        attempts=bindparam("attempts"),
        version=bindparam("version"),
    ),
)


@define
class PostgresInvitations(Invitations):
    """Attempts are counted by one update, whose row locks make concurrent attempts wait."""

    tx: Transaction

    async def get(self, invitation_id: UUID) -> Invitation | None:
        row = await self.tx.fetchrow(GET_INVITATION, id=invitation_id)
        return None if row is None else _invitation(row)

    async def add(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD_INVITATION,
            id=invitation.id,
            kind=invitation.kind,
            email=invitation.email,
            email_key=invitation.email,
            client_id=invitation.client_id,
            staff_id=invitation.staff_id,
            terms=_terms_written(invitation.terms),
            invited_by=invitation.invited_by,
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
            **_invitation_values(invitation),
        )
        self.tx.add_audit_entry(audit_entry)

    async def save(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        values = _invitation_values(invitation)
        await self.tx.save(SAVE_INVITATION, invitation=invitation.id, before=invitation.version - 1, **values)
        self.tx.add_audit_entry(audit_entry)

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        rows = await self.tx.fetch(TRY_INVITATIONS, address=email, now=now)
        return tuple(sorted(map(_invitation, rows), key=lambda one: one.id))

    async def list_open_for(self, email: str) -> tuple[Invitation, ...]:
        return tuple(map(_invitation, await self.tx.fetch(OPEN_INVITATIONS, address=email)))

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        rows = await self.tx.fetch(INVITATIONS, before=page.before_id(), size=page.size + 1)
        return page.paginate([_invitation(row) for row in rows], lambda one: one.id).map(InvitationView.of)


def _invitation(row: Any) -> Invitation:
    values = list(row)
    values[8] = _terms_read(row[8])
    return Invitation(*values)


def _invitation_values(invitation: Invitation) -> dict[str, Any]:
    return {
        "state": invitation.state,
        "code_hash": invitation.code_hash,
        "attempts": invitation.attempts,
        "account_id": invitation.account_id,
        "version": invitation.version,
    }


def _terms_written(terms: GrantTerms | None) -> dict[str, Any] | None:
    if terms is None:
        return None
    return {
        "relationship": terms.relationship,
        "areas": None if terms.areas is None else ordered(terms.areas),
        "may_write": terms.may_write,
        "until": None if terms.until is None else terms.until.isoformat(),
        "authorized_by_minor": terms.authorized_by_minor,
    }


def _terms_read(terms: dict[str, Any] | None) -> GrantTerms | None:
    if terms is None:
        return None
    areas, until = terms["areas"], terms["until"]
    return GrantTerms(
        terms["relationship"],
        None if areas is None else frozenset(areas),
        terms["may_write"],
        None if until is None else date.fromisoformat(until),
        terms["authorized_by_minor"],
    )


@define
class PostgresEmailChanges(EmailChanges):
    """Email changes of one account."""

    tx: Transaction

    async def get(self, account_id: UUID, change_id: UUID) -> EmailChange | None:
        row = await self.tx.fetchrow(GET_CHANGE, account=account_id, id=change_id)
        return None if row is None else EmailChange(*row)

    async def find_open(self, account_id: UUID) -> EmailChange | None:
        row = await self.tx.fetchrow(OPEN_CHANGE, account=account_id)
        return None if row is None else EmailChange(*row)

    async def add(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD_CHANGE,
            id=change.id,
            account_id=change.account_id,
            former_email=change.former_email,
            new_email=change.new_email,
            created_at=change.created_at,
            expires_at=change.expires_at,
            **_change_values(change),
        )
        self.tx.add_audit_entry(audit_entry)

    async def save(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE_CHANGE,
            account=change.account_id,
            change=change.id,
            before=change.version - 1,
            **_change_values(change),
        )
        self.tx.add_audit_entry(audit_entry)


def _change_values(change: EmailChange) -> dict[str, Any]:
    return {
        "state": change.state,
        "code_hash": change.code_hash,
        "attempts": change.attempts,
        "version": change.version,
    }
