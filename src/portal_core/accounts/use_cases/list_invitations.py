"""List the practice's invitations."""

from attrs import field, frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_EDITOR_ROLES


@frozen
class ListInvitationsQuery:
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListInvitations:
    """For staff (clinician, front desk, administrator), the newest first.

    Raises:
        NotFound, Forbidden: not in such a role.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor, query: ListInvitationsQuery) -> Page[InvitationView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            found = await unit.invitations.page(query.page)
            for client_id in sorted({one.client_id for one in found.items if one.client_id}):
                await unit.audit.record(AuditEntry("invitations.read", record=client_id))
            return await unit.commit(found)
