"""List the records that an account may act on."""

from attrs import frozen

from portal_core.access.views import RecordView
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.kernel.actor import Actor, ClientActor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import Page
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListRecords:
    """A client finds their own record; a proxy those of the grants in force today, in the practice's zone.

    Whichever record the request itself names: the answer is about the account.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: for staff, whose side has a list of its own.
    """

    begin: Begin[AccountsUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> Page[RecordView]:
        async with self.begin(actor, read_only=True) as unit:
            holder = require_account_holder(actor)
            if isinstance(holder, StaffActor):
                raise NotFound("records")
            today = (await unit.practice_record.get()).today(self.clock.now())
            found = []
            if isinstance(holder, ClientActor):
                client = await unit.client_records.get(holder.client_id)
                found += [RecordView.own(client)] if client is not None else []
            for grant, name in await unit.grants.list_held_by(holder.account_id):
                if grant.in_force(today):
                    found.append(RecordView.granted(grant, name, today))
            for view in found:
                await unit.audit.record(AuditEntry("record.listed", record=view.client_id))
            return await unit.commit(Page(tuple(found)))
