"""Lists notices that need an operator's attention."""

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import FailedNoticeView


@frozen
class ListFailedNoticesQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListFailedNotices:
    """Lists the practice's dead and uncertain notices, newest first. For administrators, and the operator by a job."""

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, query: ListFailedNoticesQuery) -> Page[FailedNoticeView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, "administrator")
            found = await unit.notices.failed(query.page)
            await unit.audit.record(AuditEntry("notices.read", facts={"rows": str(len(found.items))}))
            return await unit.commit(found)
