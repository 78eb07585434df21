"""Finds notices that no worker is handling."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.errors import StaleVersion
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.notifications.audit import delivery_entry
from portal_core.notifications.model import NoticeDelivery, Uncertain
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.use_cases.deliver_notice import DeliverNotice
from portal_core.notifications.views import SweepReport

BATCH = 100


@frozen
class SweepNotices:
    """Settles claims whose worker died, and enqueues jobs for due notices. A periodic job, for one practice.

    A lost claim counts as uncertain: security and safety notices are queued again, others stay uncertain for an
    operator. Each run handles at most 100 of each; any number of sweeps may run at once.
    """

    begin: Begin[NotificationsUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> SweepReport:
        async with self.begin(actor) as unit:
            require_system(actor)
            stalled = await unit.notices.stalled(self.clock.now(), BATCH)
        lost = 0
        for row in stalled:
            lost += await self._lose(actor, row)
        async with self.begin(actor) as unit:
            due = await unit.notices.mark_enqueued(self.clock.now(), BATCH)
            for notice_id in due:
                await unit.outbox.defer(DeliverNotice, notice_id=notice_id)
            return await unit.commit(SweepReport(lost, len(due)))

    async def _lose(self, actor: Actor, row: NoticeDelivery) -> bool:
        try:
            async with self.begin(actor) as unit:
                settled = row.settled(row.attempt, Uncertain("worker_lost"), self.clock.now())
                await unit.notices.save(settled, delivery_entry(settled))
                return await unit.commit(True)
        except StaleVersion:
            return False  # the worker or another sweep settled it first
