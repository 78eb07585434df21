"""A client moves an appointment to another free time."""

from datetime import datetime
from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import BookingDetails, SlotChoice, reschedule_booking
from portal_core.appointments.booking_changes import (
    add_freed_slot,
    load_view,
    lock_booking,
    notify,
    notify_fee_change,
)
from portal_core.appointments.errors import NotBooked, RescheduledByPracticeOnly
from portal_core.appointments.policy import bookable_by_client, cancel_terms
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.notices import APPOINTMENT_CANCELLED, APPOINTMENT_RESCHEDULED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class RescheduleAppointmentCommand:
    """The new time, clinician and location. The appointment type stays the same.

    `version` is the one that the client saw; None skips the check.
    """

    appointment_id: UUID
    clinician_id: UUID
    location_id: UUID | None = None
    starts_at: datetime
    version: int | None = None


@frozen
class RescheduleAppointment:
    """Moves the appointment, keeping its id; if the new time is not available, the appointment stays unchanged.

    For clients, and proxies with write access. Within the notice period the same policy as for cancelling applies:
    refused, allowed, or with the fee. The old time is offered to the waitlist. If time, location and clinician are the
    same, nothing changes and no notices are sent.

    Raises:
        NotFound: no such appointment on this record.
        NotBooked, AlreadyStarted: it is closed, or has started.
        RescheduledByPracticeOnly: it is shared by several clients.
        LateCancelRefused: within the notice period, if the practice refuses late changes.
        ClientDischarged: the client was discharged.
        NotBookable: the new time is not bookable online for this client.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon, TooFar: the new time is not available.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: RescheduleAppointmentCommand) -> AppointmentView:
        appointment_id = command.appointment_id
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            find = partial(unit.appointments.get, client_id, appointment_id)
            now = self.clock.now()
            booking = await lock_booking(
                unit,
                find,
                appointment_id,
                now,
                clinicians=[command.clinician_id],
                version=command.version,
                client_id=client_id,
            )
            previous = booking.appointment
            # First, since one who has left must not learn whether it has started.
            if booking.attendance_of(client_id).status != "attending":
                raise NotBooked
            previous.require_open(now)
            if previous.shared:
                raise RescheduledByPracticeOnly
            if (previous.starts_at, previous.location_id, previous.clinician_id) == (
                command.starts_at,
                command.location_id,
                command.clinician_id,
            ):
                return await unit.commit(await load_view(unit, client_id, appointment_id, now))
            booking_options = await unit.directory.for_client(client_id)
            choice = SlotChoice(
                clinician_id=command.clinician_id,
                appointment_type_id=previous.appointment_type_id,
                location_id=command.location_id,
                starts_at=command.starts_at,
            )
            terms = cancel_terms(booking_options.settings, previous.starts_at, previous.time_zone, now)
            terms.require_allowed()
            appointment_type, clinician = bookable_by_client(
                booking_options, choice.appointment_type_id, choice.location_id, choice.clinician_id
            )
            details = BookingDetails(
                choice=choice,
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=booking_options.time_zone_at(choice.location_id),
                clients=(client_id,),
            )
            moved = await reschedule_booking(unit, booking, details, now, fee=terms.fee)
            await add_freed_slot(unit, previous, self.ids, now)
            await notify(unit, actor, APPOINTMENT_RESCHEDULED, moved, [client_id], clinician)
            if previous.clinician_id != clinician.id:
                former = await unit.directory.clinician(previous.clinician_id)
                await notify(unit, actor, APPOINTMENT_CANCELLED, moved, [], former)
            await notify_fee_change(unit, booking, moved, client_id)
            return await unit.commit(await load_view(unit, client_id, appointment_id, now))
