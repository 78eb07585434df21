"""What an operator should look at."""

from attrs import field, frozen

from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin
from portal_core.notifications.ports import NotificationsUnit
from portal_core.notifications.views import TroubledNoticeView


@frozen
class ListTroubledNoticesCommand:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListTroubledNotices:
    """The practice's dead and uncertain notices, newest first. An administrator, or the operator by a job."""

    begin: Begin[NotificationsUnit]

    async def __call__(self, actor: Actor, command: ListTroubledNoticesCommand) -> Page[TroubledNoticeView]:
        async with self.begin(actor) as unit:
            staff_or_system(actor, "administrator")
            found = await unit.notices.troubled(command.page)
            await unit.audit.record(Audited("notices.read", facts={"rows": str(len(found.items))}))
            return await unit.commit(found)
