"""List the requests to erase a record that wait for another administrator."""

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.erasure import RecordErasureView
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class ListRecordErasures:
    """Administrators, or a job, see the requests that can be confirmed.

    Raises:
        NotFound, Forbidden: not an administrator.
    """

    begin: Begin[AccountsUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[RecordErasureView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            await unit.audit.record(AuditEntry("record_erasures.read"))
            found = await unit.record_erasures.list_open(self.clock.now())
            return await unit.commit(Page(tuple(map(RecordErasureView.of, found))))
