"""Revoke a proxy's access."""

from uuid import UUID

from attrs import frozen

from portal_core.access.grant_lifecycle import notify_grant_ended
from portal_core.access.policy import GRANT_MANAGER_ROLES, require_visible_client
from portal_core.access.ports import AccessUnit
from portal_core.access.views import GrantView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class RevokeGrantCommand:
    client_id: UUID
    grant_id: UUID


@frozen
class RevokeGrant:
    """Staff (clinician, administrator) revoke a proxy's access at once; the proxy's next request gets `NotFound`.

    Raises:
        NotFound, Forbidden: no such grant on this client's record, or the actor has none of these roles.
        GrantNotActive: it was revoked or has ended.
    """

    begin: Begin[AccessUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RevokeGrantCommand) -> GrantView:
        async with self.begin(actor) as unit:
            require_staff(actor, *GRANT_MANAGER_ROLES)
            await require_visible_client(unit.client_records, actor, command.client_id)
            grant = await unit.grants.get(command.client_id, command.grant_id)
            if grant is None:
                raise NotFound("grant", command.grant_id)
            now = self.clock.now()
            revoked = grant.revoke(now)
            await unit.grants.save(revoked, AuditEntry("grant.revoked", grant.id, record=grant.client_id))
            await notify_grant_ended(unit, grant)
            today = (await unit.practice_record.get()).today(now)
            return await unit.commit(GrantView.of(revoked, today))
