"""Invite many clients to open an account."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.accounts.client_invitations import invite
from portal_core.accounts.errors import AlreadyRegistered
from portal_core.accounts.invitation_errors import AccountNotAllowed, Discharged, EmailInUse, EmailInvited, NoEmail
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.invitation_views import ClientInvitationOutcome, ClientInvitationView, InvitationView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Invalid, NotFound, RecordDestroyed
from portal_core.kernel.page import MAX_PAGE, Page, PageRequest
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.model import Client, Practice
from portal_core.people.policy import CLIENT_EDITOR_ROLES

_OUTCOMES: dict[type[Exception], ClientInvitationOutcome] = {
    Discharged: "discharged",
    RecordDestroyed: "record_destroyed",
    AccountNotAllowed: "account_not_allowed",
    NoEmail: "no_email",
    AlreadyRegistered: "already_registered",
    EmailInUse: "email_in_use",
    EmailInvited: "email_invited",
}
_ALREADY_INVITED = "An invitation is open, and was not sent again. Invite this client alone to send a new code."
_ACCOUNT_CLOSED = "This client closed their account. Invite them alone if they want one again."


@frozen
class InviteClientsCommand:
    """The clients with these ids, 100 at most; if None, those of a page of the practice's clients."""

    client_ids: tuple[UUID, ...] | None = None
    page: PageRequest = field(factory=lambda: PageRequest(size=MAX_PAGE))


@frozen
class InviteClients:
    """Staff (clinician, front desk, administrator) or a job invites many clients, each by the email on file.

    The result says of each client what was done; of those who are not invited, why. An open invitation is left as it
    is and mailed to nobody again, so that asking again changes nothing. Who closed their account is invited only by
    their id. The invitations are sent in one transaction. In a page, `next` is where the following one begins.

    Raises:
        NotFound, Forbidden: the actor has none of these roles.
        Invalid: more than 100 ids, or a bad cursor.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: InviteClientsCommand) -> Page[ClientInvitationView]:
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            await unit.invitations.lock()
            now = self.clock.now()
            practice = await unit.practice_record.get()
            following, closed = None, frozenset[UUID]()
            if command.client_ids is None:
                found = await unit.client_records.page(command.page, now)
                client_ids = tuple(one.id for one in found.items)
                closed = frozenset(one.id for one in found.items if one.account.status == "closed")
                following = found.next
            elif len(command.client_ids) <= MAX_PAGE:
                client_ids = tuple(dict.fromkeys(command.client_ids))
            else:
                raise Invalid.at("client_ids", "too_many", f"Send {MAX_PAGE} at most.")
            done = [
                ClientInvitationView.not_invited(one, "account_closed", _ACCOUNT_CLOSED)
                if one in closed
                else await self._invited(unit, by, practice, one, now)
                for one in client_ids
            ]
            for one in done:
                if one.outcome not in ("not_found", "invited"):  # an invitation has an entry of its own
                    facts = {"outcome": one.outcome}
                    await unit.audit.record(
                        AuditEntry("invitation.considered", one.client_id, record=one.client_id, facts=facts)
                    )
            return await unit.commit(Page(tuple(done), following))

    async def _invited(
        self, unit: AccountsUnit, by: Actor, practice: Practice, client_id: UUID, now: datetime
    ) -> ClientInvitationView:
        client = await unit.client_records.get(client_id)
        if client is None:
            return ClientInvitationView.not_invited(client_id, "not_found", NotFound.title)
        opened = await self._open(unit, client, now) if client.status == "active" else None
        if opened is not None:
            return ClientInvitationView(client_id, "already_invited", opened, _ALREADY_INVITED)
        try:
            invitation = await invite(unit, client, practice, None, by=by, ids=self.ids, now=now)
        except tuple(_OUTCOMES) as refusal:
            return ClientInvitationView.not_invited(client_id, _OUTCOMES[type(refusal)], str(refusal))
        return ClientInvitationView(client_id, "invited", invitation)

    async def _open(self, unit: AccountsUnit, client: Client, now: datetime) -> InvitationView | None:
        for one in await unit.invitations.list_open_for(client.email or "", client.id):
            if one.invitee == ("client", client.id) and one.is_open(now):
                return InvitationView.of(one)
        return None
