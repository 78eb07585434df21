"""Add a client of the practice."""

from attrs import frozen

from portal_core.kernel.actor import NO_CLINICIAN, Actor, own_clients_of
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.details import ClientDetails
from portal_core.people.model import Client
from portal_core.people.policy import CLIENT_EDITOR_ROLES, check_external_id
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ClientView


@frozen
class AddClientCommand:
    details: ClientDetails


@frozen
class AddClient:
    """Staff (clinician, front desk, administrator) or a job adds a client. It does not invite the client.

    A clinician who sees own clients only is their care team.

    Raises:
        NotFound, Forbidden: the actor has none of these roles.
        InvalidEmail, Invalid: a field is not valid, or a clinician who sees own clients only gives an external id.
        DuplicateExternalId: another client has this external id.
    """

    begin: Begin[PeopleUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddClientCommand) -> ClientView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            now = self.clock.now()
            details = command.details.validated((await unit.practice_record.get()).today(now))
            check_external_id(actor, None, details.external_id)
            client = Client(self.ids.new(), actor.practice_id, created_at=now, **details.values())
            await unit.client_records.add(client, AuditEntry("client.added", client.id, record=client.id))
            own = own_clients_of(actor)
            if own is None or own == NO_CLINICIAN:
                return await unit.commit(ClientView.of(client))
            entry = AuditEntry("care_team.assigned", client.id, record=client.id, facts={"clinicians": "1"})
            await unit.care_teams.assign_all({client.id: (own,)}, [entry])
            return await unit.commit(ClientView.of(client, (own,)))
