"""Let a record be erased again."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES
from portal_core.people.ports import PeopleUnit


@frozen
class LiftLegalHold:
    """An administrator, or a job, lifts the legal hold of a client's record. Nothing happens if there is none.

    Raises:
        NotFound, Forbidden: no such client, or not an administrator.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, client_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            if await unit.client_records.get(client_id) is None:
                raise NotFound("client", client_id)
            entry = AuditEntry("legal_hold.lifted", client_id, record=client_id)
            await unit.legal_holds.lift(client_id, entry)
            await unit.commit(None)
