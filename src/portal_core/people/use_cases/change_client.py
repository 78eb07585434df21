"""Change the details of a client."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, RecordDestroyed, StaleVersion
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.corrections import recalculate_access
from portal_core.people.details import ClientDetails
from portal_core.people.model import changed_fields
from portal_core.people.policy import CLIENT_EDITOR_ROLES, check_external_id
from portal_core.people.ports import PeopleUnit
from portal_core.people.profiles import client_view
from portal_core.people.views import ClientView


@frozen
class ChangeClientCommand:
    client_id: UUID
    details: ClientDetails
    version: int


@frozen
class ChangeClient:
    """Staff (clinician, front desk, administrator) replace the details of a client.

    A corrected date of birth or state recalculates the dates of proxies' grants, and whether the client is old enough
    for their account. The email with which the client signs in (`sign_in_email`) does not change: only the client can
    change it, by proving control of the new one.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
        InvalidEmail, Invalid: a field is not valid, or a clinician who sees own clients only changes the external id.
        StaleVersion: it changed after it was read.
        DuplicateExternalId: another client has this external id.
        RecordDestroyed: the record was erased, and holds nothing about the person any more.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ChangeClientCommand) -> ClientView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            if client.version != command.version:
                raise StaleVersion
            if await unit.client_records.destroyed([client.id]):
                raise RecordDestroyed
            now = self.clock.now()
            details = command.details.validated((await unit.practice_record.get()).today(now))
            check_external_id(actor, client.external_id, details.external_id)
            changed = client.with_changes(**details.values())
            if changed is not client:
                facts = {"fields": changed_fields(client, changed)}
                entry = AuditEntry("client.changed", client.id, record=client.id, facts=facts)
                await unit.client_records.save(changed, entry)
                await recalculate_access(unit, client, changed, now)
            return await unit.commit(await client_view(unit, changed, now))
