"""A proxy's access is taken back."""

from uuid import UUID

from attrs import frozen

from portal_core.access.grant_changes import tell_over
from portal_core.access.policy import DECIDES_GRANTS
from portal_core.access.ports import AccessUnit
from portal_core.access.views import GrantView
from portal_core.kernel.access import staff
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class RevokeGrantCommand:
    client_id: UUID
    grant_id: UUID


@frozen
class RevokeGrant:
    """Staff (clinician, administrator) end a proxy's access at once; the proxy's next request finds nothing.

    Raises:
        NotFound, Forbidden: no such grant over this client's record, or not in such a role.
        GrantOver: it does not stand any more.
    """

    begin: Begin[AccessUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RevokeGrantCommand) -> GrantView:
        async with self.begin(actor) as unit:
            staff(actor, *DECIDES_GRANTS)
            grant = await unit.grants.get(command.client_id, command.grant_id)
            if grant is None:
                raise NotFound("grant", command.grant_id)
            now = self.clock.now()
            revoked = grant.revoke(now)
            await unit.grants.save(revoked, Audited("grant.revoked", grant.id, record=grant.client_id))
            await tell_over(unit, grant)
            today = (await unit.practice_record.get()).today(now)
            return await unit.commit(GrantView.of(revoked, today))
