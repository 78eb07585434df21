"""Sessions in PostgreSQL: in units of work, and as every request reads them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select, update

from adapters.postgres.accounts.accounts import account_of
from adapters.postgres.accounts.settings import account_rules_of
from adapters.postgres.accounts.tables import sessions
from adapters.postgres.engine.columns import insert_all
from adapters.postgres.engine.outages import raise_unavailable_on_outage
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.accounts.model import Session
from portal_core.accounts.ports import ActiveStaff, HeldGrant, LiveSessions, SessionContext, Sessions
from portal_core.kernel.audit import AuditEntry

_COLUMNS = (
    sessions.c.id,
    sessions.c.account_id,
    sessions.c.practice_id,
    sessions.c.kind,
    sessions.c.access_hash,
    sessions.c.family_hash,
    sessions.c.refresh_hash,
    sessions.c.created_at,
    sessions.c.last_active_at,
    sessions.c.access_expires_at,
    sessions.c.ends_at,
    sessions.c.idle_timeout_seconds,
    sessions.c.multi_factor,
    sessions.c.device,
    sessions.c.address,
    sessions.c.ended_at,
    sessions.c.version,
)
_here = sessions.c.practice_id == bindparam("practice_id")
_of_account = sessions.c.account_id == bindparam("account_id")
ADD = statement("sessions.add", insert_all(sessions))
GET = statement("sessions.get", select(*_COLUMNS).where(_here, _of_account, sessions.c.id == bindparam("id")))
FIND_BY_FAMILY = statement(
    "sessions.find_by_family",
    select(*_COLUMNS).where(_here, sessions.c.family_hash == bindparam("family_hash")).with_for_update(),
)
LIST_OPEN = statement(
    "sessions.list_open",
    select(*_COLUMNS)
    .where(_here, _of_account, sessions.c.ended_at.is_(None), sessions.c.ends_at > bindparam("now"))
    .order_by(sessions.c.last_active_at.desc(), sessions.c.id),
)
SAVE = statement(
    "sessions.save",
    update(sessions)
    .where(_here, sessions.c.id == bindparam("session"), sessions.c.version == bindparam("before"))
    .values(
        access_hash=bindparam("access_hash"),
        refresh_hash=bindparam("refresh_hash"),
        access_expires_at=bindparam("access_expires_at"),
        multi_factor=bindparam("multi_factor"),
        ended_at=bindparam("ended_at"),
        version=bindparam("version"),
    ),
)
_ending = update(sessions).values(ended_at=bindparam("at"), version=sessions.c.version + 1)
END_ALL = statement(
    "sessions.end_all",
    _ending.where(_here, _of_account, sessions.c.ended_at.is_(None), sessions.c.id != bindparam("keep")),
)
_NONE = UUID(int=0)


def session_of(row: Any) -> Session:
    """Build a session from the columns above, in their order."""
    return Session(
        id=row[0],
        account_id=row[1],
        practice_id=row[2],
        kind=row[3],
        access_hash=row[4],
        family_hash=row[5],
        refresh_hash=row[6],
        created_at=row[7],
        last_active_at=row[8],
        access_expires_at=row[9],
        ends_at=row[10],
        idle_timeout=timedelta(seconds=row[11]),
        multi_factor=row[12],
        device=row[13] or None,
        address=row[14] or None,
        ended_at=row[15],
        version=row[16],
    )


@define
class PostgresSessions(Sessions):
    """Sees the holder's own sessions, or all of the practice's for staff, jobs and sign-in."""

    tx: Transaction

    async def add(self, session: Session, audit_entry: AuditEntry) -> None:
        await self.tx.execute(
            ADD,
            id=session.id,
            account_id=session.account_id,
            kind=session.kind,
            access_hash=session.access_hash,
            family_hash=session.family_hash,
            refresh_hash=session.refresh_hash,
            created_at=session.created_at,
            last_active_at=session.last_active_at,
            access_expires_at=session.access_expires_at,
            ends_at=session.ends_at,
            idle_timeout_seconds=int(session.idle_timeout.total_seconds()),
            multi_factor=session.multi_factor,
            device=session.device or "",
            address=session.address or "",
            ended_at=session.ended_at,
            version=session.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def get(self, account_id: UUID, session_id: UUID) -> Session | None:
        row = await self.tx.fetchrow(GET, account_id=account_id, id=session_id)
        return None if row is None else session_of(row)

    async def find_by_family_hash(self, family_hash: bytes) -> Session | None:
        row = await self.tx.fetchrow(FIND_BY_FAMILY, family_hash=family_hash)
        return None if row is None else session_of(row)

    async def list_open(self, account_id: UUID, now: datetime) -> tuple[Session, ...]:
        rows = await self.tx.fetch(LIST_OPEN, account_id=account_id, now=now)
        return tuple(session for session in map(session_of, rows) if session.is_live(now))

    async def save(self, session: Session, audit_entry: AuditEntry) -> None:
        await self.tx.save(
            SAVE,
            session=session.id,
            before=session.version - 1,
            access_hash=session.access_hash,
            refresh_hash=session.refresh_hash,
            access_expires_at=session.access_expires_at,
            multi_factor=session.multi_factor,
            ended_at=session.ended_at,
            version=session.version,
        )
        self.tx.add_audit_entry(audit_entry)

    async def end_all(
        self, account_id: UUID, at: datetime, audit_entry: AuditEntry, *, keep: UUID | None = None
    ) -> None:
        await self.tx.execute(END_ALL, account_id=account_id, at=at, keep=keep or _NONE)
        self.tx.add_audit_entry(audit_entry)


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
        if row is None:
            return None
        staff = None if row[33] is None else ActiveStaff(frozenset(row[33]), row[34])
        return SessionContext(
            session=session_of(row),
            account=account_of(row[17:30]),
            rules=account_rules_of(row[30], row[31], row[32]),
            staff=staff,
            grant=_grant_of(row[35:42]),
        )

    async def mark_active(self, practice_id: UUID, session_id: UUID, at: datetime) -> None:
        with raise_unavailable_on_outage():
            await self.pool.execute("SELECT portal.mark_active($1, $2, $3)", practice_id, session_id, at)


def _grant_of(row: Any) -> HeldGrant | None:
    return None if row[0] is None else HeldGrant(row[0], row[1], frozenset(row[2]), row[3], row[4], row[5], row[6])
