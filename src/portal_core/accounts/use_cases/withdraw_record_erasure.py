"""Give up the erasure of a record."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.erasure import RecordErasureView
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class WithdrawRecordErasureCommand:
    """The client and the request."""

    client_id: UUID
    erasure_id: UUID


@frozen
class WithdrawRecordErasure:
    """Any administrator, or a job, withdraws a request to erase a record.

    Raises:
        NotFound, Forbidden: no such request, or not an administrator.
        ErasureNotOpen: it was completed or withdrawn.
        StaleVersion: it changed meanwhile.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor, command: WithdrawRecordErasureCommand) -> RecordErasureView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            erasure = await unit.record_erasures.get(command.client_id, command.erasure_id)
            if erasure is None:
                raise NotFound("record_erasure", command.erasure_id)
            withdrawn = erasure.withdraw()
            entry = AuditEntry("record.erasure_withdrawn", erasure.id, record=command.client_id, facts={"by": "staff"})
            await unit.record_erasures.save(withdrawn, entry)
            return await unit.commit(RecordErasureView.of(withdrawn))
