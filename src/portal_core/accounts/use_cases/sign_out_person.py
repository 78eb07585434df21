"""Sign another person out of the portal."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.model import Side
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class SignOutPersonCommand:
    """The client (`portal`) or staff member (`practice`) with this id."""

    side: Side
    person_id: UUID


@frozen
class SignOutPerson:
    """Ends every session of a person, because a device was lost or somebody else knows how to sign in.

    For administrators. A person without an account is signed in nowhere, and nothing happens.

    Raises:
        NotFound: no such client or staff member; or the actor is not staff.
        Forbidden: not an administrator.
    """

    begin: Begin[AccountsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: SignOutPersonCommand) -> None:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            records = unit.client_records if command.side == "portal" else unit.staff_records
            if await records.get(command.person_id) is None:
                raise NotFound("client" if command.side == "portal" else "staff", command.person_id)
            account = await unit.accounts.find_by_person(command.side, command.person_id)
            if account is not None:
                facts = {"by": "administrator"}
                ended = AuditEntry("sessions.ended", account.id, account.client_id, facts=facts)
                await unit.sessions.end_all(account.id, self.clock.now(), ended)
            await unit.commit(None)
