"""A client cancels an appointment."""

from functools import partial
from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.appointment_request import validate_reason
from portal_core.appointments.booking_changes import (
    add_freed_slot,
    load_view,
    lock_booking,
    notify,
    notify_fee_change,
)
from portal_core.appointments.errors import NotBooked
from portal_core.appointments.policy import cancel_terms
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import NotFound
from portal_core.kernel.notices import APPOINTMENT_CANCELLED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CancelAppointmentCommand:
    """`version` is the one that the client saw; None skips the check.

    Raises:
        Invalid: a reason above 1,000 characters.
    """

    appointment_id: UUID
    reason: str | None = field(default=None, converter=text_or_none, validator=validators.optional(validate_reason))
    version: int | None = None


@frozen
class CancelAppointment:
    """Cancels the client's part according to the practice's policy. For clients, and proxies with write access.

    When the last client leaves, the time is freed and offered to the waitlist. A late cancellation is refused, or
    marked as late, with the fee that payments post later if there is one. The reason is left out if the record's key
    was destroyed.

    Raises:
        NotFound: no such appointment on this record.
        NotBooked, AlreadyStarted: it is closed, or has started.
        LateCancelRefused: within the notice period, if the practice refuses late changes.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: CancelAppointmentCommand) -> AppointmentView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            row = await unit.appointment_reads.for_client(client_id, appointment_id)
            if row is None:
                raise NotFound("appointment", appointment_id)
            now = self.clock.now()
            find = partial(unit.appointments.get, client_id, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version, client_id=client_id)
            previous = booking.appointment
            # First, since one who has left must not learn whether it has started.
            if booking.attendance_of(client_id).status != "attending":
                raise NotBooked
            terms = cancel_terms(row.settings, previous.starts_at, previous.time_zone, now)
            left = booking.leave(
                client_id, at=now, reason=command.reason, cancelled_late=not terms.in_time, fee=terms.fee
            )
            terms.require_allowed()
            facts = {"cancelled_late": str(not terms.in_time).lower()}
            await unit.appointments.save(
                left, AuditEntry("appointment.cancelled", appointment_id, record=client_id, facts=facts)
            )
            if left.appointment.status == "cancelled" and previous.calendar_entry_id is not None:
                await unit.calendar.free(previous.calendar_entry_id)
                await add_freed_slot(unit, previous, self.ids, now)
            clinician = await unit.directory.clinician(previous.clinician_id)
            await notify(unit, actor, APPOINTMENT_CANCELLED, left, [client_id], clinician)
            await notify_fee_change(unit, booking, left, client_id)
            return await unit.commit(await load_view(unit, client_id, appointment_id, now))
