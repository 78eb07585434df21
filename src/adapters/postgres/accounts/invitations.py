"""Invitations and email changes in PostgreSQL."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Text, and_, any_, bindparam, func, insert, or_, select, update

from adapters.postgres.accounts.tables import email_changes, invitations
from adapters.postgres.engine.columns import Instant, Uuids
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.own_clients import own_ids
from portal_core.access.model import GrantTerms, ordered
from portal_core.accounts.email_change import EmailChange
from portal_core.accounts.invitation_ports import EmailChanges, Invitations
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import MAX_INVITATION_ATTEMPTS, Invitation
from portal_core.kernel.actor import own_clients_of
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest

_INVITATION = entity(Invitation, invitations, terms=(invitations.c.terms,))
_invitation_here = invitations.c.practice_id == bindparam("practice_id")
_open_to = (_invitation_here, invitations.c.email_key == bindparam("address"), invitations.c.state == "open")
_own = own_ids()
GET_INVITATION = statement(
    "invitations.get", select(*_INVITATION.columns).where(_invitation_here, invitations.c.id == bindparam("id"))
)
LOCK_INVITATIONS = statement(
    "invitations.lock",
    select(func.pg_advisory_xact_lock(func.hashtextextended(bindparam("practice", type_=Text), 0))),
    scope_exemption="it reads no table",
)
ADD_INVITATION = statement("invitations.add", insert(invitations))
SAVE_INVITATION = statement(
    "invitations.save", update_version(invitations, "state", "code_hash", "attempts", "account_id")
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
    .returning(*_INVITATION.columns),
)
OPEN_INVITATIONS = statement(
    "invitations.list_open_for",
    select(*_INVITATION.columns)
    .where(
        _invitation_here,
        invitations.c.state == "open",
        or_(
            invitations.c.email_key == bindparam("address"),
            and_(invitations.c.kind == "client", invitations.c.client_id == bindparam("client_id")),
        ),
    )
    .order_by(invitations.c.id),
)
OPEN_INVITATIONS_OF_CLIENT = statement(
    "invitations.list_open_of",
    select(*_INVITATION.columns)
    .where(_invitation_here, invitations.c.client_id == bindparam("client_id"), invitations.c.state == "open")
    .order_by(invitations.c.id),
)
PROXIES_INVITED = statement(
    "invitations.proxies_invited",
    select(invitations.c.client_id, invitations.c.email).where(
        _invitation_here,
        invitations.c.client_id == any_(bindparam("client_ids", type_=Uuids)),
        invitations.c.kind == "proxy",
    ),
)
INVITATIONS = statement(
    "invitations.page",
    select(*_INVITATION.columns)
    .where(_invitation_here, invitations.c.id < bindparam("before"))
    .order_by(invitations.c.id.desc())
    .limit(bindparam("size")),
)
OWN_INVITATIONS = statement(
    "invitations.own_page",
    select(*_INVITATION.columns)
    .join(_own, _own.c.client_id == invitations.c.client_id)
    .where(_invitation_here, invitations.c.id < bindparam("before"))
    .order_by(invitations.c.id.desc())
    .limit(bindparam("size")),
    scope_exemption="a clinician's list of their own clients' invitations",
)

_CHANGE = entity(EmailChange, email_changes)
_change_of = (
    email_changes.c.practice_id == bindparam("practice_id"),
    email_changes.c.account_id == bindparam("account_id"),
)
GET_CHANGE = statement(
    "email_changes.get", select(*_CHANGE.columns).where(*_change_of, email_changes.c.id == bindparam("id"))
)
OPEN_CHANGE = statement(
    "email_changes.find_open",
    select(*_CHANGE.columns).where(*_change_of, email_changes.c.state == "open").with_for_update(),
)
ADD_CHANGE = statement("email_changes.add", insert(email_changes))
SAVE_CHANGE = statement(
    "email_changes.save", update_version(email_changes, "state", "code_hash", "attempts").where(*_change_of)
)


@define
class PostgresInvitations(Invitations):
    """Attempts are counted by one update, whose row locks make concurrent attempts wait."""

    tx: Transaction

    async def get(self, invitation_id: UUID) -> Invitation | None:
        row = await self.tx.fetchrow(GET_INVITATION, id=invitation_id)
        return None if row is None else self._invitation(row)

    async def lock(self) -> None:
        await self.tx.fetchrow(LOCK_INVITATIONS, practice=f"invitations {self.tx.practice_id}")

    async def add(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        values = self._values(invitation)
        await self.tx.execute(ADD_INVITATION, **values, email_key=invitation.email)
        self.tx.add_audit_entry(audit_entry)

    async def save(self, invitation: Invitation, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_INVITATION, **self._values(invitation))
        self.tx.add_audit_entry(audit_entry)

    async def attempt(self, email: str, now: datetime) -> tuple[Invitation, ...]:
        rows = await self.tx.fetch(TRY_INVITATIONS, address=email, now=now)
        return tuple(sorted(map(self._invitation, rows), key=lambda one: one.id))

    async def list_open_for(self, email: str, client_id: UUID | None = None) -> tuple[Invitation, ...]:
        rows = await self.tx.fetch(OPEN_INVITATIONS, address=email, client_id=client_id)
        return tuple(map(self._invitation, rows))

    async def list_open_of(self, client_id: UUID) -> tuple[Invitation, ...]:
        rows = await self.tx.fetch(OPEN_INVITATIONS_OF_CLIENT, client_id=client_id)
        return tuple(map(self._invitation, rows))

    async def proxies_invited(self, client_ids: Collection[UUID]) -> frozenset[tuple[UUID, str]]:
        rows = await self.tx.fetch(PROXIES_INVITED, client_ids=list(client_ids)) if client_ids else []
        return frozenset((row["client_id"], row["email"]) for row in rows)

    async def page(self, page: PageRequest) -> Page[InvitationView]:
        span, clinician_id = {"before": page.before_id(), "size": page.size + 1}, own_clients_of(self.tx.actor)
        if clinician_id is None:
            rows = await self.tx.fetch(INVITATIONS, **span)
        else:
            rows = await self.tx.fetch(OWN_INVITATIONS, own_clinician=clinician_id, **span)
        return page.paginate([self._invitation(row) for row in rows], lambda one: one.id).map(InvitationView.of)

    def _values(self, invitation: Invitation) -> dict[str, Any]:
        sealed = self.tx.seal_digest(invitations.c.code_hash, invitation.id, invitation.code_hash)
        return _INVITATION.values(invitation, terms=_terms_written(invitation.terms), code_hash=sealed)

    def _invitation(self, row: Any) -> Invitation:
        code_hash = self.tx.unseal_digest(invitations.c.code_hash, row["id"], row["code_hash"])
        return _INVITATION.of(row, terms=_terms_read(row["terms"]), code_hash=code_hash)


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
        return self._change(await self.tx.fetchrow(GET_CHANGE, account_id=account_id, id=change_id))

    async def find_open(self, account_id: UUID) -> EmailChange | None:
        return self._change(await self.tx.fetchrow(OPEN_CHANGE, account_id=account_id))

    async def add(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD_CHANGE, **self._values(change))
        self.tx.add_audit_entry(audit_entry)

    async def save(self, change: EmailChange, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE_CHANGE, **self._values(change))
        self.tx.add_audit_entry(audit_entry)

    def _values(self, change: EmailChange) -> dict[str, Any]:
        sealed = self.tx.seal_digest(email_changes.c.code_hash, change.id, change.code_hash)
        return _CHANGE.values(change, code_hash=sealed)

    def _change(self, row: Any) -> EmailChange | None:
        if row is None:
            return None
        code_hash = self.tx.unseal_digest(email_changes.c.code_hash, row["id"], row["code_hash"])
        return _CHANGE.of(row, code_hash=code_hash)
