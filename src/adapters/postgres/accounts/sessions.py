"""Sessions in PostgreSQL: in units of work, and as every request reads them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Text, bindparam, case, func, insert, literal_column, select, update

from adapters.postgres.access.tables import grants
from adapters.postgres.accounts.accounts import external_of
from adapters.postgres.accounts.settings import account_rules_of
from adapters.postgres.accounts.tables import account_settings, accounts, challenges, sessions
from adapters.postgres.engine.columns import Instant, Uuid
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.settings import settings_text
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.people.tables import practices, staff
from portal_core.accounts.model import Account, Session
from portal_core.accounts.ports import ActiveStaff, HeldGrant, LiveSessions, SessionContext, Sessions
from portal_core.kernel.audit import AuditEntry

_SOURCES: dict[str, Any] = {
    "idle_timeout": (sessions.c.idle_timeout_seconds,),
    "device": func.nullif(sessions.c.device, "", type_=Text),
    "address": func.nullif(sessions.c.address, "", type_=Text),
}
_SESSION = entity(Session, sessions, **_SOURCES)
_here = sessions.c.practice_id == bindparam("practice_id")
_of_account = sessions.c.account_id == bindparam("account_id")
# A visitor shows the secret of a session, or whose sessions they open, and then changes that account's and no other's:
# see the policy of the table.
_CONFINED = case(
    (
        func.current_setting(literal_column("'portal.scope'"), literal_column("true")) == literal_column("'visitor'"),
        func.set_config(
            literal_column("'portal.account'"), sessions.c.account_id.cast(Text), literal_column("true"), type_=Text
        ),
    )
).label("confined_to")
ADD = statement("sessions.add", insert(sessions))
GET = statement("sessions.get", select(*_SESSION.columns).where(_here, _of_account, sessions.c.id == bindparam("id")))
FIND_BY_FAMILY = statement(
    "sessions.find_by_family",
    select(*_SESSION.columns, _CONFINED)
    .where(_here, sessions.c.family_hash == bindparam("family_hash"))
    .with_for_update(),
)
FIND_BY_ACCESS = statement(
    "sessions.find_by_access",
    select(*_SESSION.columns, _CONFINED).where(_here, sessions.c.access_hash == bindparam("access_hash")),
)
LIST_OPEN = statement(
    "sessions.list_open",
    select(*_SESSION.columns, _CONFINED)
    .where(_here, _of_account, sessions.c.ended_at.is_(None), sessions.c.ends_at > bindparam("now"))
    .order_by(sessions.c.last_active_at.desc(), sessions.c.id.desc()),
)
SAVE = statement(
    "sessions.save",
    update_version(
        sessions,
        "access_hash",
        "refresh_hash",
        "previous_refresh_hash",
        "rotation_salt",
        "rotated_at",
        "access_expires_at",
        "multi_factor",
        "ended_at",
    ),
)
END_ALL = statement(
    "sessions.end_all",
    select(
        func.portal.end_sessions(
            bindparam("practice_id", type_=Uuid),
            bindparam("account_id", type_=Uuid),
            bindparam("at", type_=Instant),
            bindparam("keep", type_=Uuid),
        )
    ),
)
END_CHALLENGES = statement(
    "sessions.end_challenges",
    update(challenges)
    .where(
        challenges.c.practice_id == bindparam("practice_id"),
        challenges.c.account_id == bindparam("account_id"),
        challenges.c.used_at.is_(None),
        challenges.c.expires_at > bindparam("at"),
    )
    .values(used_at=bindparam("at"), version=challenges.c.version + 1),
)
_NONE = UUID(int=0)


# What `portal.signed_in` returns.
_ASKED = entity(Session, sessions, "session_", **_SOURCES)
_HOLDER = entity(Account, accounts, "account_", external=(accounts.c.issuer, accounts.c.subject))
_STAFF = entity(ActiveStaff, staff, "staff_", roles=(staff.c.roles,))
_GRANT = entity(HeldGrant, grants, "grant_", areas=(grants.c.areas,))
SIGNED_IN = (
    *_ASKED.columns,
    *_HOLDER.columns,
    practices.c.name.label("practice_name"),
    practices.c.time_zone.label("time_zone"),
    settings_text(account_settings),
    *_STAFF.columns,
    *_GRANT.columns,
)


def _session(row: Any) -> Session:
    return _SESSION.of(row, idle_timeout=timedelta(seconds=row["idle_timeout_seconds"]))


@define
class PostgresSessions(Sessions):
    """Sees the holder's own sessions, or all of the practice's for staff, jobs and sign-in."""

    tx: Transaction

    async def add(self, session: Session, audit_entry: AuditEntry) -> None:
        values = _SESSION.values(
            session,
            idle_timeout_seconds=int(session.idle_timeout.total_seconds()),
            device=session.device or "",
            address=session.address or "",
        )
        await self.tx.execute(ADD, **values)
        self.tx.add_audit_entry(audit_entry)

    async def get(self, account_id: UUID, session_id: UUID) -> Session | None:
        row = await self.tx.fetchrow(GET, account_id=account_id, id=session_id)
        return None if row is None else _session(row)

    async def find_by_family_hash(self, family_hash: bytes) -> Session | None:
        row = await self.tx.fetchrow(FIND_BY_FAMILY, family_hash=family_hash)
        return None if row is None else _session(row)

    async def find_by_access_hash(self, access_hash: bytes) -> Session | None:
        row = await self.tx.fetchrow(FIND_BY_ACCESS, access_hash=access_hash)
        return None if row is None else _session(row)

    async def list_open(self, account_id: UUID, now: datetime) -> tuple[Session, ...]:
        rows = await self.tx.fetch(LIST_OPEN, account_id=account_id, now=now)
        return tuple(session for session in map(_session, rows) if session.is_live(now))

    async def save(self, session: Session, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **_SESSION.values(session))
        self.tx.add_audit_entry(audit_entry)

    async def end_all(
        self, account_id: UUID, at: datetime, audit_entry: AuditEntry, *, keep: UUID | None = None
    ) -> None:
        await self.tx.execute(END_ALL, account_id=account_id, at=at, keep=keep or _NONE)
        await self.end_challenges(account_id, at)
        self.tx.add_audit_entry(audit_entry)

    async def end_challenges(self, account_id: UUID, at: datetime) -> None:
        self.tx.write_later(END_CHALLENGES, account_id=account_id, at=at)


@define
class PostgresLiveSessions(LiveSessions):
    """One statement per call, on its own connection."""

    pool: Any

    async def find_by_access_hash(
        self, practice_id: UUID, access_hash: bytes, record: UUID | None = None
    ) -> SessionContext | None:
        with raise_unavailable_on_outage():
            row = await self.pool.fetchrow(
                "SELECT * FROM portal.signed_in($1, $2, $3)", practice_id, access_hash, record
            )
        return None if row is None else _context(row)

    async def mark_active(self, practice_id: UUID, session_id: UUID, at: datetime) -> None:
        with raise_unavailable_on_outage():
            await self.pool.execute("SELECT portal.mark_active($1, $2, $3)", practice_id, session_id, at)


def _context(row: Any) -> SessionContext:
    roles, areas = row["staff_roles"], row["grant_areas"]
    return SessionContext(
        session=_ASKED.of(row, idle_timeout=timedelta(seconds=row["session_idle_timeout_seconds"])),
        account=_HOLDER.of(row, external=external_of(row["account_issuer"], row["account_subject"])),
        rules=account_rules_of(row["practice_name"], row["time_zone"], row["settings"]),
        staff=None if roles is None else _STAFF.of(row, roles=frozenset(roles)),
        grant=None if areas is None else _GRANT.of(row, areas=frozenset(areas)),
    )
