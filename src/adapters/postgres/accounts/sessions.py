"""Sessions in PostgreSQL: within units of work, and as every request meets them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import bindparam, select, update

from adapters.postgres.accounts.accounts import account_of, rules_of
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
    """A session from the columns above, in their order."""
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
    """The holder's own, or all of the practice's for staff, jobs and somebody signing in."""

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


# Everything about who asks, in one statement. It runs as the owner: the token's hash is the key that opens it. By that
# key there is one plan for all values, kept for each connection: every request asks, and planning was most of it.
SIGNED_IN = """
CREATE OR REPLACE FUNCTION portal.signed_in(practice uuid, token_hash bytea, record uuid)
RETURNS TABLE (
  s_id uuid, s_account uuid, s_practice uuid, s_kind text, s_access bytea, s_family bytea, s_refresh bytea,
  s_created timestamptz, s_active timestamptz, s_access_expires timestamptz, s_ends timestamptz, s_idle int,
  s_multi_factor boolean, s_device text, s_address text, s_ended timestamptz, s_version int,
  a_id uuid, a_practice uuid, a_email text, a_kind text, a_created timestamptz, a_client uuid, a_staff uuid,
  a_status text, a_factor text, a_issuer text, a_subject text, a_closed timestamptz, a_version int,
  p_name text, p_time_zone text, p_settings jsonb, f_roles text[], f_clinician uuid,
  g_id uuid, g_client uuid, g_areas text[], g_write boolean, g_starts_on date, g_until date,
  g_restricted_from date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = portal, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  RETURN QUERY SELECT s.id, s.account_id, s.practice_id, s.kind, s.access_hash, s.family_hash, s.refresh_hash,
    s.created_at, s.last_active_at, s.access_expires_at, s.ends_at, s.idle_timeout_seconds,
    s.multi_factor, s.device, s.address, s.ended_at, s.version,
    a.id, a.practice_id, a.email, a.kind, a.created_at, a.client_id, a.staff_id,
    a.status, a.second_factor, a.issuer, a.subject, a.closed_at, a.version,
    p.name, p.time_zone, p.settings, f.roles, f.clinician_id,
    g.id, g.client_id, g.areas, g.may_write, g.starts_on, g.until, g.restricted_from
  FROM portal.sessions AS s
  JOIN portal.accounts AS a ON a.practice_id = s.practice_id AND a.id = s.account_id
  JOIN portal.practices AS p ON p.id = s.practice_id
  LEFT JOIN portal.staff AS f ON f.practice_id = a.practice_id AND f.id = a.staff_id AND f.active
  LEFT JOIN portal.grants AS g ON record IS NOT NULL AND g.practice_id = a.practice_id AND g.account_id = a.id
    AND g.client_id = record AND g.revoked_at IS NULL AND g.ended_at IS NULL
  WHERE s.practice_id = practice AND s.access_hash = token_hash;
END $$"""

MARK_ACTIVE = """
CREATE OR REPLACE FUNCTION portal.mark_active(practice uuid, session uuid, instant timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = portal, pg_temp AS $$
  UPDATE portal.sessions SET last_active_at = instant
  WHERE practice_id = practice AND id = session AND ended_at IS NULL AND last_active_at < instant
$$"""


@define
class PostgresLiveSessions(LiveSessions):
    """One statement for each call, on a connection of its own."""

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
            rules=rules_of(row[30], row[31], row[32]),
            staff=staff,
            grant=_grant_of(row[35:42]),
        )

    async def mark_active(self, practice_id: UUID, session_id: UUID, at: datetime) -> None:
        with raise_unavailable_on_outage():
            await self.pool.execute("SELECT portal.mark_active($1, $2, $3)", practice_id, session_id, at)


def _grant_of(row: Any) -> HeldGrant | None:
    return None if row[0] is None else HeldGrant(row[0], row[1], frozenset(row[2]), row[3], row[4], row[5], row[6])
