"""Change the contact fields of a client's profile."""

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.contact import ContactChanges
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.model import changed_fields
from portal_core.people.ports import PeopleUnit
from portal_core.people.profiles import profile_view
from portal_core.people.views import ProfileView


@frozen
class ChangeProfileCommand:
    changes: ContactChanges
    version: int


@frozen
class ChangeProfile:
    """A client, or a proxy with write access to `profile`, changes contact fields.

    Only the practice changes the legal name, date of birth and email on file; `RequestEmailChange` changes the email
    that signs in. The audit log stores the names of the fields that changed, not their values.

    Raises:
        NotFound, Forbidden: no such record for this actor, or it is read-only.
        Invalid: a field is not valid.
        StaleVersion: it changed after it was read.
        RecordDestroyed: an encrypted field was given for a record whose key was destroyed.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: ChangeProfileCommand) -> ProfileView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "profile", write=True)
            client = await unit.client_records.get(client_id)
            if client is None:
                raise NotFound("client", client_id)
            changed = client.change_contact(command.changes.validated(), command.version)
            if changed is not client:
                facts = {"fields": changed_fields(client, changed)}
                await unit.client_records.save(changed, AuditEntry("profile.changed", record=client_id, facts=facts))
            else:
                await unit.audit.record(AuditEntry("profile.read", record=client_id))
            return await unit.commit(await profile_view(unit, changed))
