"""Notices in memory."""

from datetime import datetime
from uuid import UUID

from attrs import define

from adapters.memory.engine.repository import MemoryRepository
from adapters.memory.engine.rows import newest_first, own_key
from adapters.memory.engine.store import MemoryOutbox
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import Notice
from portal_core.kernel.page import Page, PageRequest
from portal_core.notifications.model import NoticeDelivery
from portal_core.notifications.ports import (
    Notices,
)
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from portal_core.notifications.views import FailedNoticeView


@define
class MemoryNoticeOutbox(MemoryOutbox):
    """Also writes the delivery row of a notice, and the job that delivers it."""

    async def notify(self, notice: Notice) -> None:
        known = self.tx.table("notices")
        before = len(known)
        await super().notify(notice)
        if len(known) == before:
            return
        now = self.tx.store.clock.now()
        row = NoticeDelivery(
            _new_id(now, len(known)),
            notice.kind,
            notice.notice_class,
            now,
            now,
            now,
            to_account=notice.to_account,
            to_client=notice.to_client,
            subject_id=notice.subject_id,
            deduplication_key=notice.deduplication_key,
        )
        self.tx.insert("notice_rows", own_key(self.tx, row.id), row)
        await self.defer(DeliverNotice, notice_id=row.id)


@define
class MemoryNotices(MemoryRepository[NoticeDelivery], Notices):
    """Notices in memory. Units of work run one at a time, so only one caller gets a claim."""

    table = "notice_rows"

    async def claim(self, notice_id: UUID, by: str, now: datetime) -> NoticeDelivery | None:
        row = await self.get(notice_id)
        if row is None or not row.claimable(now):
            return None
        self._put(row.claimed(by, now))
        return await self.get(notice_id)

    async def save(self, notice: NoticeDelivery, audit_entry: AuditEntry, *siblings: NoticeDelivery) -> None:
        await super().save(notice, audit_entry)
        for row in siblings:
            self.tx.insert("notice_rows", own_key(self.tx, row.id), row)

    async def mark_enqueued(self, now: datetime, limit: int) -> tuple[UUID, ...]:
        due = sorted((row for row in self._rows() if row.needs_job(now)), key=lambda row: (row.due_at, row.id))
        for row in due[:limit]:
            self._put(row.enqueued(now))
        return tuple(row.id for row in due[:limit])

    async def stalled(self, now: datetime, limit: int) -> tuple[NoticeDelivery, ...]:
        found = [row for row in self._rows() if row.stalled(now)]
        return tuple(sorted(found, key=lambda row: (row.claimed_at, row.id))[:limit])

    async def failed(self, page: PageRequest) -> Page[FailedNoticeView]:
        failed = (row for row in self._rows() if row.state in ("dead", "uncertain"))
        return newest_first(failed, page).map(FailedNoticeView.of)

    def _put(self, row: NoticeDelivery) -> None:
        self.tx.save("notice_rows", own_key(self.tx, row.id), row)


def _new_id(now: datetime, number: int) -> UUID:
    """Return a UUID version 7 with a number instead of random bits, so that later ids sort later."""
    return UUID(int=(int(now.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62) | number)
