"""Withdraw an invitation."""

from uuid import UUID

from attrs import frozen

from portal_core.access.policy import require_visible_client
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_EDITOR_ROLES, PRACTICE_ADMIN_ROLES


@frozen
class WithdrawInvitation:
    """Staff (clinician, front desk, administrator) withdraw an open invitation; only administrators one to staff.

    Raises:
        NotFound, Forbidden: no such invitation, or the actor has none of these roles.
        InvitationNotOpen: accepted or withdrawn.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor, invitation_id: UUID) -> InvitationView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            invitation = await unit.invitations.get(invitation_id)
            if invitation is None:
                raise NotFound("invitation", invitation_id)
            if invitation.kind == "staff":
                require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            if invitation.client_id is not None:
                await require_visible_client(unit.client_records, actor, invitation.client_id)
            withdrawn = invitation.withdraw()
            entry = AuditEntry(
                "invitation.withdrawn", invitation.id, record=invitation.client_id, facts={"by": "staff"}
            )
            await unit.invitations.save(withdrawn, entry)
            return await unit.commit(InvitationView.of(withdrawn))
