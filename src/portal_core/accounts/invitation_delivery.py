"""Send an invitation: it replaces earlier ones to the same person, and its code goes out by mail."""

from collections.abc import Mapping

from attrs import evolve

from portal_core.accounts.invitation_errors import EmailInvited
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import INVITATION_LIFETIME, Invitation
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import INVITATION


async def send_invitation(
    unit: AccountsUnit, invitation: Invitation, facts: Mapping[str, str] | None = None
) -> InvitationView:
    """Add the invitation, withdraw earlier ones of the same kind for the same person, and have it mailed.

    Earlier ones are those to this email; for a client's own account, those to any. `facts` are added to the audit
    entry. The notice holds no code: the code is created when the mail is written (`IssueInvitationCode`).

    Raises:
        EmailInvited: an open invitation to this email is another person's, and only one of the two could be accepted.
    """
    now = invitation.created_at
    invitation = evolve(invitation, expires_at=now + INVITATION_LIFETIME)
    own = invitation.client_id if invitation.kind == "client" else None
    for earlier in await unit.invitations.list_open_for(invitation.email, own):
        if earlier.invitee == invitation.invitee:
            entry = AuditEntry("invitation.withdrawn", earlier.id, record=earlier.client_id, facts={"by": "another"})
            await unit.invitations.save(earlier.withdraw(), entry)
        elif earlier.is_open(now) and earlier.excludes(invitation):
            raise EmailInvited
    created = AuditEntry(
        "invitation.created",
        invitation.id,
        record=invitation.client_id,
        facts={"kind": invitation.kind, **(facts or {})},
    )
    await unit.invitations.add(invitation, created)
    await unit.outbox.notify(INVITATION.to_address_of(invitation.id, deduplication_key=f"invitation:{invitation.id}"))
    return InvitationView.of(invitation)
