"""Get a client's demographics."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.ports import PeopleUnit
from portal_core.people.profiles import profile_view
from portal_core.people.views import ProfileView


@frozen
class GetProfile:
    """Returns the profile to a client, or a proxy with `profile`.

    Raises:
        NotFound: no such record for this actor.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor) -> ProfileView:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "profile")
            client = await unit.client_records.get(client_id)
            if client is None:
                raise NotFound("client", client_id)
            await unit.audit.record(AuditEntry("profile.read", record=client_id))
            return await unit.commit(await profile_view(unit, client))
