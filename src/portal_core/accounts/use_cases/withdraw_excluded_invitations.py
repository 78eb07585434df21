"""The job that withdraws the invitations to which a new or changed account leaves no room."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_acceptance import withdraw_all
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class WithdrawExcludedInvitations:
    """Withdraws open invitations that cannot be accepted beside this account: to its email, or to its holder.

    Every use case that creates or activates an account, or changes its email, defers it. It takes the lock of those who
    invite: who invites before the account is seen is found here, and who invites later finds the account.

    Raises:
        Forbidden: not the system.
    """

    begin: Begin[AccountsUnit]

    async def __call__(self, actor: SystemActor, account_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            await unit.invitations.lock()
            account = await unit.accounts.get(account_id)
            if account is None or account.status == "closed":
                return
            found = await unit.invitations.list_open_for(account.email, account.client_id)
            await withdraw_all(unit, (one for one in found if one.is_excluded_by(account)), "account")
            await unit.commit(None)
