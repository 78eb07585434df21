"""Who was invited, and what became of it."""

from attrs import frozen

from portal_core.accounts.ports_invitations import AccountsUnit
from portal_core.accounts.views_invitations import InvitationView
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CHANGES_CLIENTS


@frozen
class ListInvitations:
    """For staff (clinician, front desk, administrator), the newest first.

    Raises:
        NotFound, Forbidden: not in such a role.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor, page: PageRequest) -> Page[InvitationView]:
        async with self.begin(actor) as unit:
            staff_or_system(actor, *CHANGES_CLIENTS)
            found = await unit.invitations.page(page)
            for client_id in sorted({one.client_id for one in found.items if one.client_id}):
                await unit.audit.record(Audited("invitations.read", record=client_id))
            return await unit.commit(found)
