"""Invite a client to open an account."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.client_invitations import invite
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import audit_refusals
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_EDITOR_ROLES


@frozen
class InviteClientCommand:
    """`email` is the address to invite by, with which the client will sign in; None: the one on file.

    The one on file does not change: people who share it each sign in with an address of their own.
    """

    client_id: UUID
    email: str | None = None


@frozen
class InviteClient:
    """Staff (clinician, front desk, administrator) or a job invites a client to an account of their own.

    The code is valid for 7 days. An earlier invitation of the same client is withdrawn. What could not be accepted is
    refused at once, and the refusal is audited.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
        InvalidEmail: it is not an email address.
        Discharged, RecordDestroyed: nobody may open an account for this record.
        AccountNotAllowed: the client is too young for an account of their own, by the state's rule.
        NoEmail: no address was given, and the record has none.
        AlreadyRegistered: the client has an active account.
        EmailInUse: another person's account has this email.
        EmailInvited: an open invitation to this email is another person's.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: InviteClientCommand) -> InvitationView:
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            email = None if command.email is None else normalize_email(command.email)
            await unit.invitations.lock()
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            practice = await unit.practice_record.get()
            with audit_refusals("invitation.refused", client.id):
                view = await invite(unit, client, practice, email, by=by, ids=self.ids, now=self.clock.now())
            return await unit.commit(view)
