"""Staff cancel an appointment for all of its clients."""

from functools import partial
from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.appointment_request import validate_reason
from portal_core.appointments.booking_changes import (
    add_freed_slot,
    find_for_practice,
    load_practice_view,
    lock_booking,
    notify,
)
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import APPOINTMENT_CANCELLED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CancelAppointmentForClientsCommand:
    """`reason` is shown to the clients, `internal_note` to staff alone.

    Turn `offer_to_waitlist` off if the clinician will not be available.
    """

    appointment_id: UUID
    reason: str | None = field(default=None, converter=text_or_none, validator=validators.optional(validate_reason))
    internal_note: str | None = field(
        default=None, converter=text_or_none, validator=validators.optional(validate_reason)
    )
    offer_to_waitlist: bool = True
    version: int | None = None


@frozen
class CancelAppointmentForClients:
    """Cancels for all attending clients, without a fee, and notifies each. Staff as for `BookAppointmentForClients`.

    The reason is left out for a client whose record key was destroyed; the others still get it.

    Raises:
        NotFound: no such appointment, or in a colleague's calendar.
        NotBooked, AlreadyStarted: it is closed, or has started.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: CancelAppointmentForClientsCommand) -> PracticeAppointmentView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            now = self.clock.now()
            find = partial(find_for_practice, unit, actor, appointment_id)
            booking = await lock_booking(unit, find, appointment_id, now, version=command.version)
            previous, clients = booking.appointment, booking.attending_client_ids
            cancelled = booking.cancel(at=now, reason=command.reason, internal_note=command.internal_note)
            await unit.appointments.save(
                cancelled,
                *(AuditEntry("appointment.cancelled", previous.id, record=client_id) for client_id in clients),
            )
            assert previous.calendar_entry_id is not None, "a booked appointment has a calendar entry"
            await unit.calendar.free(previous.calendar_entry_id)
            if command.offer_to_waitlist:
                await add_freed_slot(unit, previous, self.ids, now)
            clinician = await unit.directory.clinician(previous.clinician_id)
            await notify(unit, actor, APPOINTMENT_CANCELLED, cancelled, clients, clinician)
            return await unit.commit(await load_practice_view(unit, previous.id))
