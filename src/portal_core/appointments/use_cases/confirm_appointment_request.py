"""Staff confirm an appointment request."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.appointment_request import AppointmentRequest
from portal_core.appointments.booking import (
    BookingDetails,
    SlotChoice,
    find_shared,
    join_booking,
    place_booking,
    require_active_clients,
)
from portal_core.appointments.booking_changes import load_practice_view, notify
from portal_core.appointments.pending_requests import load_pending_request, require_request_access
from portal_core.appointments.policy import bookable_by_staff
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.scheduling.wall_clock import require_aware
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.kernel.notices import APPOINTMENT_BOOKED, APPOINTMENT_REQUEST_CONFIRMED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ConfirmAppointmentRequestCommand:
    """A time within one of the preferred times, and the clinician; appointment type and location are those requested.

    `version` is the one that the actor saw; None skips the check.

    Raises:
        Invalid: a time without an offset.
    """

    request_id: UUID
    clinician_id: UUID
    starts_at: datetime = field(converter=require_aware)
    outside_hours: bool = False
    version: int | None = None


@frozen
class ConfirmAppointmentRequest:
    """Books what a client requested, and notifies them and the clinician. For the front desk and administrators.

    As with all bookings by staff, notice, advance limit and grid do not apply, and double booking is refused. For
    another time or clinician than requested, decline with an answer or book for the client. Where the appointment type
    has several seats, the client joins the appointment that is booked at this time, if there is one.

    Raises:
        NotFound: no such request.
        RequestClosed: it was answered or withdrawn.
        ClientDischarged: the client has been discharged; reactivate them, or decline.
        RecordDestroyed: the record of a client was erased.
        Invalid: the time or the clinician was not requested.
        NotBookable: the appointment type, location or clinician is unknown or inactive.
        OverlappingAppointment, SlotTaken, OutsideAvailability, TooSoon: the time is not available.
        AlreadyStarted, AlreadyAttending, NoSeatLeft: the client cannot join the appointment at this time.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: ConfirmAppointmentRequestCommand) -> PracticeAppointmentView:
        async with self.begin(actor) as unit:
            require_request_access(actor)
            client_id = (await load_pending_request(unit, command.request_id, command.version)).client_id
            now = self.clock.now()
            await unit.calendar.lock([command.clinician_id], now, clients=[client_id])
            # Read again: somebody may have answered before this transaction got the lock.
            request = await load_pending_request(unit, command.request_id, command.version)
            await require_active_clients(unit, [client_id])
            booking_options = await unit.directory.for_practice()
            appointment_type, clinician = bookable_by_staff(
                booking_options, request.appointment_type_id, request.location_id, command.clinician_id
            )
            details = BookingDetails(
                choice=SlotChoice(
                    clinician_id=clinician.id,
                    appointment_type_id=request.appointment_type_id,
                    location_id=request.location_id,
                    starts_at=command.starts_at,
                ),
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=booking_options.time_zone_at(request.location_id),
                clients=(client_id,),
                by_staff=True,
                outside_hours=command.outside_hours,
            )
            _require_requested(request, details)
            shared = await find_shared(unit, details.choice) if appointment_type.seats > 1 else None
            if shared is None:
                booking = await place_booking(unit, details, self.ids, self.tokens, actor.practice_id, now)
            else:
                known = await unit.appointments.get_for_practice(shared.id)
                assert known is not None, "it was found in this transaction"
                booking = await join_booking(unit, known, client_id, appointment_type, now)
            appointment_id = booking.appointment.id
            await unit.requests.save(
                request.confirm(appointment_id, at=now),
                AuditEntry("appointment_request.confirmed", request.id, record=client_id),
            )
            key = f"appointment_request_confirmed:{request.id}"
            await unit.outbox.notify(
                APPOINTMENT_REQUEST_CONFIRMED.to_client(client_id, subject_id=appointment_id, deduplication_key=key)
            )
            await notify(unit, actor, APPOINTMENT_BOOKED, booking, [], clinician)
            return await unit.commit(await load_practice_view(unit, appointment_id))


def _require_requested(request: AppointmentRequest, details: BookingDetails) -> None:
    if request.clinician_id not in (None, details.clinician.id):
        raise Invalid.at("clinician_id", "not_requested", "Choose the clinician that the client requested.")
    starts_at, ends_at = details.choice.starts_at, details.ends_at
    if not any(one.starts_at <= starts_at and ends_at <= one.ends_at for one in request.preferred):
        raise Invalid.at("starts_at", "not_requested", "Must be within one of the times that the client requested.")
