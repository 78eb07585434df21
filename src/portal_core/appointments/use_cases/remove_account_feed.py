"""A job that removes the calendar feed of a client whose account no longer vouches for it."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class RemoveAccountFeed:
    """Removes the client's feed, if there is one: the account was closed or suspended, or its password was reset.

    After a reset somebody else may have made the feed; the client makes a new one.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, client_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            await unit.feeds.remove(client_id, AuditEntry("calendar_feed.removed", record=client_id))
            await unit.commit(None)
