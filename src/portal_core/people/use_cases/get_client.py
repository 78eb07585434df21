"""Get one client, for staff."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import only_bills, require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_READER_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.profiles import client_view
from portal_core.people.views import ClientView


@frozen
class GetClient:
    """Returns one client to staff (clinician, front desk, biller, administrator); to billers, what bills need.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, client_id: UUID) -> ClientView:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *CLIENT_READER_ROLES)
            client = await unit.client_records.get(client_id)
            if client is None:
                raise NotFound("client", client_id)
            view = await client_view(unit, client, self.clock.now())
            await unit.audit.record(AuditEntry("client.read", client_id, record=client_id))
            return await unit.commit(view.for_bills() if only_bills(actor) else view)
