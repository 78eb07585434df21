"""Notices in PostgreSQL. A claim is one UPDATE, so exactly one of several workers gets it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import any_, bindparam, insert, or_, select, update

from adapters.postgres.engine.columns import Instant, Uuids
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.notifications.tables import notices
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import JOB_LOST_AFTER, LEASE_DURATION, NoticeDelivery
from portal_core.notifications.ports import Notices
from portal_core.notifications.views import FailedNoticeView

_TEXTS = ("claimed_by", "vendor_message_id", "failure_reason")
"""Never null in the table: absent is an empty text there, None in the core."""
_NOTICE = entity(NoticeDelivery, notices, **{name: (notices.c[name],) for name in _TEXTS})
_here = notices.c.practice_id == bindparam("practice_id")
_now = bindparam("now", type_=Instant)
CLAIM = statement(
    "notices.claim",
    update(notices)
    .where(_here, notices.c.id == bindparam("notice"), notices.c.state == "queued", notices.c.due_at <= _now)
    .values(
        state="sending",
        attempt=notices.c.attempt + 1,
        claimed_at=_now,
        claimed_by=bindparam("by"),
        version=notices.c.version + 1,
    )
    .returning(*_NOTICE.columns),
)
GET = statement("notices.get", select(*_NOTICE.columns).where(_here, notices.c.id == bindparam("notice")))
ADD = statement("notices.add", insert(notices))
SAVE = statement("notices.save", update_version(notices))
# Skips rows that another sweep has locked, because that sweep is enqueuing them.
_due = (
    select(notices.c.id)
    .where(
        _here,
        notices.c.state == "queued",
        notices.c.due_at <= _now,
        or_(notices.c.enqueued_at < notices.c.due_at, notices.c.enqueued_at <= bindparam("lost", type_=Instant)),
    )
    .order_by(notices.c.due_at, notices.c.id)
    .limit(bindparam("limit"))
    .with_for_update(skip_locked=True)
)
DUE = statement("notices.due", _due)
HAND = statement(
    "notices.hand",
    update(notices)
    .where(_here, notices.c.id == any_(bindparam("notice_ids", type_=Uuids)))
    .values(enqueued_at=_now, version=notices.c.version + 1),
)
STALLED = statement(
    "notices.stalled",
    select(*_NOTICE.columns)
    .where(_here, notices.c.state == "sending", notices.c.claimed_at <= bindparam("lost", type_=Instant))
    .order_by(notices.c.claimed_at, notices.c.id)
    .limit(bindparam("limit")),
)


FAILED = statement(
    "notices.failed",
    select(*_NOTICE.columns)
    .where(_here, or_(notices.c.state == "dead", notices.c.state == "uncertain"), notices.c.id < bindparam("before"))
    .order_by(notices.c.id.desc())
    .limit(bindparam("limit")),
)


def _values(notice: NoticeDelivery) -> dict[str, Any]:
    return _NOTICE.values(notice, **{name: getattr(notice, name) or "" for name in _TEXTS})


def _notice(row: Any) -> NoticeDelivery:
    return _NOTICE.of(row, **{name: row[name] or None for name in _TEXTS})


@define
class PostgresNotices(Notices):
    """Notices, accessible to staff and jobs only. Other actors write notices through the outbox."""

    tx: Transaction

    async def claim(self, notice_id: UUID, by: str, now: datetime) -> NoticeDelivery | None:
        row = await self.tx.fetchrow(CLAIM, notice=notice_id, by=by, now=now)
        return None if row is None else _notice(row)

    async def get(self, notice_id: UUID) -> NoticeDelivery | None:
        row = await self.tx.fetchrow(GET, notice=notice_id)
        return None if row is None else _notice(row)

    async def save(self, notice: NoticeDelivery, audit_entry: AuditEntry, *siblings: NoticeDelivery) -> None:
        await self.tx.save(SAVE, **_values(notice))
        for row in siblings:
            await self.tx.execute(ADD, **_values(row))
        self.tx.add_audit_entry(audit_entry)

    async def mark_enqueued(self, now: datetime, limit: int) -> tuple[UUID, ...]:
        rows = await self.tx.fetch(DUE, now=now, lost=now - JOB_LOST_AFTER, limit=limit)
        ids = [row["id"] for row in rows]
        if ids:
            await self.tx.execute(HAND, notice_ids=ids, now=now)
        return tuple(ids)

    async def stalled(self, now: datetime, limit: int) -> tuple[NoticeDelivery, ...]:
        rows = await self.tx.fetch(STALLED, lost=now - LEASE_DURATION, limit=limit)
        return tuple(_notice(row) for row in rows)

    async def failed(self, page: PageRequest) -> Page[FailedNoticeView]:
        rows = await self.tx.fetch(FAILED, before=page.before_id(), limit=page.size + 1)
        return page.paginate([_notice(row) for row in rows], lambda row: row.id).map(FailedNoticeView.of)
