"""Ask for the erasure of a client's record."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.accounts.second_person import (
    administrators,
    require_fresh_second_factor,
    require_second_person,
    tell,
)
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff
from portal_core.kernel.errors import NotFound, RecordDestroyed
from portal_core.kernel.notices import ERASURE_REQUESTED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin
from portal_core.people.erasure import ERASURE_TTL, RecordErasure, RecordErasureView
from portal_core.people.errors import ErasureOpen, UnderLegalHold
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class RequestRecordErasureCommand:
    """The client, and the administrator's own password and a code of their second factor."""

    client_id: UUID
    password: str
    code: str = ""


@frozen
class RequestRecordErasure:
    """An administrator asks that a client's record be erased. Nothing is erased until another person confirms it.

    Every administrator of the practice is told by email.

    Raises:
        NotFound, Forbidden: no such client, or not an administrator.
        AdministratorTooNew: another administrator appointed this one less than seven days ago.
        SecondFactorRequired: the administrator's account has no second factor.
        RateLimited, WrongPassword, CodeRefused, Invalid: as everywhere they are proved again.
        UnderLegalHold: the record must be kept.
        ErasureOpen: it was asked for already.
        RecordDestroyed: it is erased.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    ids: IdSource
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: RequestRecordErasureCommand) -> RecordErasureView:
        client_id = command.client_id
        by = await self._administrator(actor, client_id)
        await require_fresh_second_factor(
            self.begin, self.reauthentication, actor, command.password, command.code, "record.erasure_refused"
        )
        async with self.begin(actor) as unit:
            now = self.clock.now()
            if await unit.client_records.destroyed([client_id]):
                raise RecordDestroyed
            if await unit.legal_holds.is_held(client_id):
                raise UnderLegalHold
            earlier = await unit.record_erasures.find_open(client_id)
            if earlier is not None:
                if earlier.is_open(now):
                    raise ErasureOpen
                entry = AuditEntry("record.erasure_withdrawn", earlier.id, record=client_id, facts={"by": "expiry"})
                await unit.record_erasures.save(earlier.withdraw(), entry)
            erasure = RecordErasure(
                id=self.ids.new(),
                practice_id=by.practice_id,
                client_id=client_id,
                requested_by=by.account_id,
                requested_at=now,
                expires_at=now + ERASURE_TTL,
            )
            entry = AuditEntry("record.erasure_requested", erasure.id, record=client_id)
            await unit.record_erasures.add(erasure, entry)
            await tell(unit, await administrators(unit), ERASURE_REQUESTED, erasure.id)
            return await unit.commit(RecordErasureView.of(erasure))

    async def _administrator(self, actor: Actor, client_id: UUID) -> StaffActor:
        """The administrator of an existing client's practice, before a code is used up."""
        async with self.begin(actor) as unit:
            administrator = require_staff(actor, *PRACTICE_ADMIN_ROLES)
            if await unit.client_records.get(client_id) is None:
                raise NotFound("client", client_id)
            await require_second_person(unit, administrator, self.clock.now())
            return administrator
