"""The job that ends the credential of a closed account."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.identity_provider import Credential, Credentials
from portal_core.accounts.ports import SignInUnit
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class EndCredential:
    """Disables a closed account at the identity provider too, and deletes one that was erased there.

    Safe to repeat; does nothing for an open account.

    Raises:
        Unavailable: the provider does not respond.
    """

    begin: Begin[SignInUnit]
    credentials: Credentials

    async def __call__(self, actor: SystemActor, account_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            account = await unit.accounts.get(account_id)
        if account is None or account.status != "closed":
            return
        if account.is_erased:
            await self.credentials.delete(Credential.of(account))
        else:
            await self.credentials.disable(Credential.of(account))
        action = "credential.deleted" if account.is_erased else "credential.disabled"
        async with self.begin(actor) as unit:
            await unit.audit.record(AuditEntry(action, account.id, account.client_id))
            await unit.commit(None)
