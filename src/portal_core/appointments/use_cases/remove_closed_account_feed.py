"""A job: the calendar feed of a client who has closed their account ends with it."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class RemoveClosedAccountFeedCommand:
    """Whose."""

    client_id: UUID


@frozen
class RemoveClosedAccountFeed:
    """Ends the client's feed, if there is one."""

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, command: RemoveClosedAccountFeedCommand) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            await unit.feeds.remove(command.client_id, AuditEntry("calendar_feed.removed", record=command.client_id))
            await unit.commit(None)
