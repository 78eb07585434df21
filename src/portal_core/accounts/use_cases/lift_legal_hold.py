"""Let a record be erased again."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.accounts.second_person import administrators, require_fresh_second_factor, tell
from portal_core.kernel.actor import Actor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.notices import LEGAL_HOLD_LIFTED
from portal_core.kernel.uow import Begin
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class LiftLegalHoldCommand:
    """The client, and the administrator's own password and a code of their second factor; empty for a job."""

    client_id: UUID
    password: str = ""
    code: str = ""


@frozen
class LiftLegalHold:
    """An administrator, or a job, lifts the legal hold of a client's record. Nothing happens if there is none.

    Every administrator of the practice is told by email.

    Raises:
        NotFound, Forbidden: no such client, or not an administrator.
        SecondFactorRequired: the administrator's account has no second factor.
        RateLimited, WrongPassword, CodeRefused, Invalid: as everywhere they are proved again.
    """

    begin: Begin[AccountsUnit]
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: LiftLegalHoldCommand) -> None:
        client_id = command.client_id
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            if await unit.client_records.get(client_id) is None:
                raise NotFound("client", client_id)
            by_a_person = not isinstance(actor, SystemActor)
        if by_a_person:
            await require_fresh_second_factor(
                self.begin, self.reauthentication, actor, command.password, command.code, "legal_hold.lift_refused"
            )
        async with self.begin(actor) as unit:
            if await unit.legal_holds.is_held(client_id):
                entry = AuditEntry("legal_hold.lifted", client_id, record=client_id)
                await unit.legal_holds.lift(client_id, entry)
                await tell(unit, await administrators(unit), LEGAL_HOLD_LIFTED, client_id)
            await unit.commit(None)
