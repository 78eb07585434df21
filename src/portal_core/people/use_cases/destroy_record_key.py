"""Make a record's encrypted content permanently unreadable."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.events import RecordRulesChanged
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit


@frozen
class DestroyRecordKey:
    """An administrator, or a job, destroys the key of a client: crypto-shredding (NIST SP 800-88, 2.5).

    What the key encrypts (reasons, notes, addresses, and later messages, answers, documents) cannot be read by anybody
    once other processes have dropped their copy of the key (5 minutes) and the last backup that holds the wrapped key
    is gone. The audit log stays whole, and so does the calendar: appointments and requests are shown without their
    content, and can still be cancelled, moved, declined and closed. New content is refused (`RecordDestroyed`) rather
    than dropped silently. Only the reason of a cancellation is left out instead, because it goes to every attendee,
    and one client's destroyed record must not refuse it to the others. Open invitations to the record are withdrawn.

    Raises:
        NotFound, Forbidden: no such client with a key, or not an administrator.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, client_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            entry = AuditEntry("record.key_destroyed", client_id, record=client_id)
            if not await unit.client_records.destroy_key(client_id, entry):
                raise NotFound("client", client_id)
            await unit.outbox.publish(RecordRulesChanged(client_id))
            await unit.commit(None)
