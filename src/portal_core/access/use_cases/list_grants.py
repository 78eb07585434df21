"""List the grants on a client's record."""

from uuid import UUID

from attrs import evolve, frozen

from portal_core.access.policy import GRANT_READER_ROLES
from portal_core.access.ports import AccessUnit
from portal_core.access.views import ListedGrantView
from portal_core.kernel.actor import Actor, ClientActor, own_clients_of
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListGrants:
    """For staff (clinician, front desk, administrator), and for clients over their own record.

    The newest first, with those that are over. Staff see who the holders are; a clinician who sees own clients only
    sees no names, which are those of other clients. Other proxies of a record are none of a proxy's business.

    Raises:
        NotFound, Forbidden: no such client for the actor, or not in such a role.
    """

    begin: Begin[AccessUnit]
    clock: Clock

    async def __call__(self, actor: Actor, client_id: UUID) -> Page[ListedGrantView]:
        async with self.begin(actor, read_only=True) as unit:
            if not (isinstance(actor, ClientActor) and actor.client_id == client_id):
                require_staff_or_system(actor, *GRANT_READER_ROLES)
            if await unit.client_records.get(client_id) is None:
                raise NotFound("client", client_id)
            today = (await unit.practice_record.get()).today(self.clock.now())
            await unit.audit.record(AuditEntry("grants.read", record=client_id))
            found = await unit.grants.list_with_holders(client_id)
            if own_clients_of(actor) is not None:
                found = tuple((grant, evolve(holder, name=None)) for grant, holder in found)
            return await unit.commit(
                Page(tuple(ListedGrantView.with_holder(grant, today, holder) for grant, holder in found))
            )
