"""Invite a parent, guardian or representative to open an account of their own."""

from uuid import UUID

from attrs import frozen

from portal_core.access.model import GrantTerms, effective_terms
from portal_core.access.policy import GRANT_MANAGER_ROLES
from portal_core.accounts.client_invitations import require_open_record
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_delivery import send_invitation
from portal_core.accounts.invitation_errors import EmailInUse
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import InvitationView
from portal_core.accounts.invitations import Invitation
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.audit import audit_refusals
from portal_core.kernel.authorization import require_staff
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.model import Client


@frozen
class InviteProxyCommand:
    client_id: UUID
    email: str
    terms: GrantTerms


@frozen
class InviteProxy:
    """Staff (clinician, administrator) choose the terms of access to a client's record and invite the proxy.

    What could not be accepted is refused at once, and the refusal is audited. The terms are validated now, and again on
    the day of acceptance, because a birthday may fall in between.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
        Discharged, RecordDestroyed: nobody may open an account for this record.
        InvalidEmail, Invalid, GrantNotAllowed: the terms are not valid at the client's age; see `effective_terms`.
        AlreadyRegistered: an active portal account has this email; use `GrantAccess` to give it access.
        EmailInUse: a client registered with this email and has not verified it yet.
        EmailInvited: an open invitation to this email is to a client's own account.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: InviteProxyCommand) -> InvitationView:
        async with self.begin(actor) as unit:
            by = require_staff(actor, *GRANT_MANAGER_ROLES)
            email = normalize_email(command.email)
            await unit.invitations.lock()
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            with audit_refusals("invitation.refused", client.id):
                view = await self._invite(unit, by, client, email, command.terms)
            return await unit.commit(view)

    async def _invite(
        self, unit: AccountsUnit, by: StaffActor, client: Client, email: str, terms: GrantTerms
    ) -> InvitationView:
        await require_open_record(unit, client)
        now = self.clock.now()
        practice = await unit.practice_record.get()
        effective_terms(
            terms,
            date_of_birth=client.date_of_birth,
            state=client.state or practice.state,
            today=practice.today(now),
        )
        account = await unit.accounts.find_by_email("portal", email)
        if account is not None:
            raise AlreadyRegistered if account.status == "active" else EmailInUse
        invitation = Invitation(
            id=self.ids.new(),
            practice_id=practice.id,
            kind="proxy",
            email=email,
            created_at=now,
            expires_at=now,
            client_id=client.id,
            terms=terms,
            invited_by=by.account_id,
        )
        return await send_invitation(unit, invitation)
