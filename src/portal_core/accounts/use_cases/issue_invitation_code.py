"""Create the code of an invitation when its mail is written."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import IssuedCode
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class IssueInvitationCode:
    """Creates a code, stores its hash, and returns the code and the address to mail it to. It replaces an earlier code.

    For jobs: the notifications feature calls this for the kind `invitation`. Returns None when the invitation is no
    longer open, and there is nothing to send.

    Raises:
        Forbidden: not the system.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    tokens: TokenSource

    async def __call__(self, actor: Actor, invitation_id: UUID) -> IssuedCode | None:
        async with self.begin(actor) as unit:
            require_system(actor)
            invitation = await unit.invitations.get(invitation_id)
            now = self.clock.now()
            if invitation is None or not invitation.is_open(now):
                return None
            code = self.tokens.code()
            entry = AuditEntry("invitation.code_issued", invitation.id, record=invitation.client_id)
            await unit.invitations.save(invitation.issue(code, now), entry)
            await unit.commit(None)
        invited_client = invitation.client_id if invitation.kind == "client" else None
        return IssuedCode(invitation.email, code, invitation.expires_at, invitation.label, invited_client)
