"""Send an invitation: it replaces earlier ones to the same person, and its code goes out by mail."""

from attrs import evolve

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import INVITATION_LIFETIME, Invitation
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import INVITATION


async def send_invitation(unit: AccountsUnit, invitation: Invitation) -> InvitationView:
    """Add the invitation, withdraw earlier ones to this email of the same kind for the same person, and have it mailed.

    The notice holds no code: the code is created when the mail is written (`IssueInvitationCode`).
    """
    invitation = evolve(invitation, expires_at=invitation.created_at + INVITATION_LIFETIME)
    for earlier in await unit.invitations.list_open_for(invitation.email):
        if _purpose(earlier) == _purpose(invitation):
            entry = AuditEntry("invitation.withdrawn", earlier.id, record=earlier.client_id, facts={"by": "another"})
            await unit.invitations.save(earlier.withdraw(), entry)
    facts = {"kind": invitation.kind}
    await unit.invitations.add(
        invitation, AuditEntry("invitation.created", invitation.id, record=invitation.client_id, facts=facts)
    )
    await unit.outbox.notify(INVITATION.to_address_of(invitation.id, deduplication_key=f"invitation:{invitation.id}"))
    return InvitationView.of(invitation)


def _purpose(invitation: Invitation) -> tuple[object, ...]:
    return invitation.kind, invitation.client_id, invitation.staff_id
