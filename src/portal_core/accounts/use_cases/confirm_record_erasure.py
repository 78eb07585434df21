"""Erase a client's record, as the second person."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.errors import RequesterNotAdministrator
from portal_core.accounts.events import AccountClosed
from portal_core.accounts.invitation_ports import AccountsUnit
from portal_core.accounts.reauthentication import Reauthentication
from portal_core.accounts.second_person import (
    administrators,
    require_fresh_second_factor,
    require_second_person,
    tell,
)
from portal_core.accounts.use_cases.end_credential import EndCredential
from portal_core.kernel.actor import Actor, StaffActor, SystemActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.notices import ERASURE_CONFIRMED
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.erasure import RecordErasure, RecordErasureView
from portal_core.people.errors import UnderLegalHold
from portal_core.people.events import RecordRulesChanged
from portal_core.people.policy import PRACTICE_ADMIN_ROLES


@frozen
class ConfirmRecordErasureCommand:
    """The request, and the administrator's own password and a code of their second factor; empty for the operator."""

    client_id: UUID
    erasure_id: UUID
    password: str = ""
    code: str = ""


@frozen
class ConfirmRecordErasure:
    """Another administrator than the one who asked, or the operator, confirms it: the client's key is destroyed
    (crypto-shredding, NIST SP 800-88, 2.5), and who the client is is erased, in one transaction.

    What the key encrypts (reasons, notes, addresses, and later messages, answers, documents) cannot be read by anybody
    once other processes have dropped their copy of the key (5 minutes) and the last backup that holds the wrapped key
    is gone. Erased are names, date of birth, email, telephone, search words and the EHR's id. The client's accounts are
    closed without email, sessions, settings and inbox; a job deletes them at the identity provider. Proxies' grants
    end. The audit log stays whole, and so does the calendar: appointments and requests are shown without their
    content, and can still be cancelled, moved, declined and closed. New content is refused (`RecordDestroyed`) rather
    than dropped silently. Only the reason of a cancellation is left out instead, because it goes to every attendee,
    and one client's erased record must not refuse it to the others.

    Every administrator of the practice is told by email. A repetition for a completed request changes nothing and
    returns it.

    Raises:
        NotFound, Forbidden: no such request, not an administrator, or one's own request.
        AdministratorTooNew: another administrator appointed this one less than seven days ago.
        RequesterNotAdministrator: the one who asked is no longer an active administrator.
        SecondFactorRequired: the administrator's account has no second factor.
        RateLimited, WrongPassword, CodeRefused, Invalid: as everywhere they are proved again.
        ErasureNotOpen: it was withdrawn, or has expired.
        UnderLegalHold: the record must be kept.
        StaleVersion: the request changed meanwhile.
    """

    begin: Begin[AccountsUnit]
    clock: Clock
    reauthentication: Reauthentication

    async def __call__(self, actor: Actor, command: ConfirmRecordErasureCommand) -> RecordErasureView:
        client_id = command.client_id
        erasure = await self._requested(actor, command)
        if not isinstance(actor, SystemActor):
            await require_fresh_second_factor(
                self.begin, self.reauthentication, actor, command.password, command.code, "record.erasure_refused"
            )
        async with self.begin(actor) as unit:
            if erasure.state == "completed":
                return RecordErasureView.of(erasure)
            active = await administrators(unit)
            if erasure.requested_by not in active:
                raise RequesterNotAdministrator
            if await unit.legal_holds.is_held(client_id):
                raise UnderLegalHold
            completed = erasure.confirm(actor.account_id if isinstance(actor, StaffActor) else None, self.clock.now())
            entry = AuditEntry("record.erasure_confirmed", erasure.id, record=client_id)
            await unit.record_erasures.save(completed, entry)
            for account_id in await unit.client_records.erase(
                completed, AuditEntry("record.erased", client_id, record=client_id)
            ):
                await unit.audit.record(AuditEntry("account.erased", account_id, record=client_id))
                await unit.outbox.defer(EndCredential, account_id=account_id)
                await unit.outbox.publish(AccountClosed(account_id, client_id))
            await unit.outbox.publish(RecordRulesChanged(client_id))
            await tell(unit, active, ERASURE_CONFIRMED, completed.id)
            return await unit.commit(RecordErasureView.of(completed))

    async def _requested(self, actor: Actor, command: ConfirmRecordErasureCommand) -> RecordErasure:
        """The request, before a code is used up."""
        async with self.begin(actor) as unit:
            by = require_staff_or_system(actor, *PRACTICE_ADMIN_ROLES)
            erasure = await unit.record_erasures.get(command.client_id, command.erasure_id)
            if erasure is None:
                raise NotFound("record_erasure", command.erasure_id)
            if isinstance(by, StaffActor):
                await require_second_person(unit, by, self.clock.now())
            return erasure
