"""The job that withdraws the invitations to a record that today's rules no longer allow."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_acceptance import is_invitee_allowed, withdraw_all
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.kernel.actor import SystemActor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class WithdrawDisallowedInvitations:
    """Withdraws the open invitations of a client and their proxies that could no longer be accepted.

    It follows whatever changes who may open an account for the record: a discharge, a corrected date of birth or state,
    a destroyed key.

    Raises:
        Forbidden: not the system.
    """

    begin: Begin[AccountsUnit]
    clock: Clock

    async def __call__(self, actor: SystemActor, client_id: UUID) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            await unit.invitations.lock()
            now = self.clock.now()
            found = await unit.invitations.list_open_of(client_id)
            await withdraw_all(unit, [one for one in found if not await is_invitee_allowed(unit, one, now)], "record")
            await unit.commit(None)
