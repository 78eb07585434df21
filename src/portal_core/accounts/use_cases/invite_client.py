"""Invite a client to open an account."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_delivery import send_invitation
from portal_core.accounts.invitation_errors import NoEmail
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import Invitation
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_EDITOR_ROLES


@frozen
class InviteClient:
    """Staff (clinician, front desk, administrator) or a job invites a client at the email on file.

    The code is valid for 7 days. An earlier invitation of the same client to this email is withdrawn.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
        NoEmail: the record has no email.
        AlreadyRegistered: an active portal account has this email, or the client has an account with another.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, client_id: UUID) -> InvitationView:
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            client = await unit.client_records.get(client_id)
            if client is None:
                raise NotFound("client", client_id)
            if client.email is None:
                raise NoEmail
            by_email = await unit.accounts.find_by_email("portal", client.email)
            own = await unit.accounts.find_by_person("portal", client.id)
            if any(account is not None and account.status == "active" for account in (by_email, own)):
                raise AlreadyRegistered
            now = self.clock.now()
            invitation = Invitation(
                id=self.ids.new(),
                practice_id=client.practice_id,
                kind="client",
                email=client.email,
                created_at=now,
                expires_at=now,
                client_id=client.id,
                invited_by=by.account_id if isinstance(by, StaffActor) else None,
            )
            return await unit.commit(await send_invitation(unit, invitation))
