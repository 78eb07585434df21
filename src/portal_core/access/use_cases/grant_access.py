"""Give the holder of an existing account access to a client's record."""

from uuid import UUID

from attrs import frozen

from portal_core.access.errors import GrantNotAllowed, NoPortalAccount
from portal_core.access.grant_lifecycle import grant_created_entry, new_grant
from portal_core.access.model import GrantTerms
from portal_core.access.policy import GRANT_MANAGER_ROLES
from portal_core.access.ports import AccessUnit
from portal_core.access.views import GrantView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import audit_refusals
from portal_core.kernel.authorization import require_staff
from portal_core.kernel.contact import normalize_email
from portal_core.kernel.errors import NotFound, RecordDestroyed
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen
class GrantAccessCommand:
    client_id: UUID
    email: str
    terms: GrantTerms


@frozen
class GrantAccess:
    """Staff (clinician, administrator) give the holder of an account access to a client's record.

    A proxy of another client, or a client who is a parent, does not get a second account. To change what a grant
    opens, revoke it and create a new one. A refusal is audited.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
        InvalidEmail, Invalid, GrantNotAllowed: the terms are not valid; see `effective_terms`.
        NoPortalAccount: no active portal account has this email.
        RecordDestroyed: the record was erased.
        GrantExists: the account already has access to this record.
    """

    begin: Begin[AccessUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: GrantAccessCommand) -> GrantView:
        async with self.begin(actor) as unit:
            by = require_staff(actor, *GRANT_MANAGER_ROLES)
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            with audit_refusals("grant.refused", client.id):
                if await unit.client_records.destroyed([client.id]):
                    raise RecordDestroyed
                account = await unit.accounts.find_by_email("portal", normalize_email(command.email))
                if account is None or account.status != "active":
                    raise NoPortalAccount
                if account.client_id == client.id:
                    raise GrantNotAllowed("This is the client's own account.")
                now = self.clock.now()
                practice = await unit.practice_record.get()
                grant = new_grant(
                    self.ids.new(),
                    command.terms,
                    account_id=account.id,
                    client=client,
                    practice=practice,
                    by=by.account_id,
                    now=now,
                )
                await unit.grants.add(grant, grant_created_entry(grant))
            return await unit.commit(GrantView.of(grant, practice.today(now)))
