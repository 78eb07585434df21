"""Queues a failed notice again."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from portal_core.notifications.views import FailedNoticeView


@frozen
class ReplayNotice:
    """Queues a dead or uncertain notice again. For administrators, and the operator by a job.

    An uncertain notice may then be delivered twice; the person who replays it accepts that.

    Raises:
        NotFound: the practice has no such notice.
        NoticeNotReplayable: it is neither dead nor uncertain.
        StaleVersion: it changed at the same time.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, notice_id: UUID) -> FailedNoticeView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, "administrator")
            row = await unit.notices.get(notice_id)
            if row is None:
                raise NotFound("notice", notice_id)
            queued = row.replayed(self.clock.now())
            facts = {"kind": row.kind, "was": row.state}
            await unit.notices.save(queued, AuditEntry("notice.replayed", row.id, record=row.to_client, facts=facts))
            await unit.outbox.defer(DeliverNotice, notice_id=row.id)
            return await unit.commit(FailedNoticeView.of(queued))
