"""Reads the account of the caller."""

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Account
from portal_core.accounts.views import OwnAccountView
from portal_core.kernel.actor import Actor, ClientActor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import Unauthenticated
from portal_core.kernel.uow import Begin


@frozen
class GetOwnAccount:
    """The account of the caller, with their own name: clients, proxies also without a record, and staff.

    Whichever record the request itself names: the answer is about the account.

    Raises:
        Unauthenticated: nobody is signed in.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: Actor) -> OwnAccountView:
        async with self.begin(actor, read_only=True) as unit:
            holder = require_account_holder(actor)
            if isinstance(holder, ClientActor):
                await unit.audit.record(AuditEntry("account.read", holder.account_id, record=holder.client_id))
            account = await unit.accounts.get(holder.account_id)
            if account is None:
                raise Unauthenticated
            staff = holder if isinstance(holder, StaffActor) else None
            view = OwnAccountView.with_holder(account, await _name(unit, account), staff)
            return await unit.commit(view)


async def _name(unit: AccountsUnit, account: Account) -> str | None:
    if account.client_id is not None:
        client = await unit.client_records.get(account.client_id)
        return None if client is None else client.display_name
    if account.staff_id is not None:
        member = await unit.staff_records.get(account.staff_id)
        return None if member is None else member.name
    return None
