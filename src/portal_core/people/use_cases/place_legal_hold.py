"""Keep a record from being erased."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, RecordDestroyed
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit


@frozen
class PlaceLegalHold:
    """An administrator, or a job, keeps a client's record from being erased, until the hold is lifted.

    Nothing happens if there is a hold.

    Raises:
        NotFound, Forbidden: no such client, or not an administrator.
        RecordDestroyed: it is erased, so there is nothing to keep.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, client_id: UUID) -> None:
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            if await unit.client_records.get(client_id) is None:
                raise NotFound("client", client_id)
            if await unit.client_records.destroyed([client_id]):
                raise RecordDestroyed
            entry = AuditEntry("legal_hold.placed", client_id, record=client_id)
            account_id = by.account_id if isinstance(by, StaffActor) else None
            await unit.legal_holds.place(client_id, account_id, self.clock.now(), entry)
            await unit.commit(None)
