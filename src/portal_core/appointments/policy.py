"""Authorization and booking policy as pure functions."""

from datetime import datetime
from typing import Final
from uuid import UUID

from attrs import frozen

from portal_core.appointments.errors import (
    ClientDischarged,
    LateCancelRefused,
    NoSeatLeft,
    NotBookable,
    TooFar,
    TooSoon,
)
from portal_core.appointments.model import Appointment
from portal_core.appointments.scheduling.deadlines import cancellation_deadline, join_window
from portal_core.appointments.settings import AppointmentSettings, AppointmentType, BookingOptions, Client, Clinician
from portal_core.kernel.actor import Actor, Role, SystemActor
from portal_core.kernel.authorization import only_bills, require_staff_or_system
from portal_core.kernel.errors import Conflict, NotFound, RecordDestroyed
from portal_core.kernel.money import Money

HOLIDAY_ROLES: Final[tuple[Role, ...]] = ("front_desk", "administrator")
"""Who closes the whole practice."""


@frozen
class CancelTerms:
    """The terms for cancelling at a given moment. `deadline` is the last moment with enough notice, inclusive."""

    deadline: datetime
    in_time: bool
    allowed: bool
    fee: Money | None

    def require_allowed(self) -> None:
        """Raises LateCancelRefused within the notice period if the practice refuses late changes."""
        if not self.allowed:
            raise LateCancelRefused


def cancel_terms(settings: AppointmentSettings, starts_at: datetime, time_zone: str, now: datetime) -> CancelTerms:
    """A client's terms for cancelling now. An appointment that has started can never be cancelled."""
    deadline = cancellation_deadline(starts_at, time_zone, settings.cancel_notice)
    in_time = now <= deadline and now < starts_at
    allowed = now < starts_at and (in_time or settings.late_cancel != "refuse")
    fee = settings.late_cancel_fee if allowed and not in_time and settings.late_cancel == "fee" else None
    return CancelTerms(deadline, in_time, allowed, fee)


def room_opening(starts_at: datetime, ends_at: datetime, now: datetime) -> tuple[datetime, bool]:
    """When the room opens, and whether it is open now."""
    opens_at, closes_at = join_window(starts_at, ends_at)
    return opens_at, opens_at <= now < closes_at


def require_active_client(client: BookingOptions | Client) -> None:
    """Check that the client may get new appointments, send requests and join the waitlist.

    A discharged client can still read, join, cancel and withdraw what they have.

    Raises:
        RecordDestroyed: their record was erased.
        ClientDischarged: they were discharged.
    """
    if client.erased:
        raise RecordDestroyed
    if client.discharged:
        raise ClientDischarged


def bookable_by_client(
    booking_options: BookingOptions,
    appointment_type_id: UUID,
    location_id: UUID | None,
    clinician_id: UUID,
    *,
    any_location: bool = False,
) -> tuple[AppointmentType, Clinician]:
    """The appointment type and clinician, if the client may book them online; `booking_options` is the client's own.

    With `any_location` it is asked where, or by telehealth, they may be booked at all.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: online booking is off, the appointment type or location is not bookable online, the clinician is
            not on the care team, or it is a video visit and the clinician has no room.
    """
    require_active_client(booking_options)
    try:
        appointment_type, clinician = bookable_by_staff(booking_options, appointment_type_id, location_id, clinician_id)
    except NotBookable:
        raise NotBookable from None  # what staff are told to do is nothing that a client can do
    if not booking_options.settings.self_booking or not appointment_type.self_bookable:
        raise NotBookable
    if not any_location and not clinician.can_meet_at(location_id):
        raise NotBookable
    return appointment_type, clinician


def reservable_by_client(
    booking_options: BookingOptions,
    appointment_type_id: UUID,
    location_id: UUID | None,
    clinician_id: UUID,
    *,
    any_location: bool = False,
) -> tuple[AppointmentType, Clinician]:
    """As `bookable_by_client`, for a time that is held, or offered to the waitlist, for this client alone.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: as `bookable_by_client`, or the appointment type has several seats.
    """
    appointment_type, clinician = bookable_by_client(
        booking_options, appointment_type_id, location_id, clinician_id, any_location=any_location
    )
    if appointment_type.seats > 1:
        raise NotBookable("A time with several seats is not held or waited for. Book it.")
    return appointment_type, clinician


def join_refusal(appointment: Appointment, appointment_type: AppointmentType, now: datetime) -> Conflict | None:
    """Why no client can join this shared appointment online now; None if they can. Notice and advance limit apply."""
    timing = appointment_type.timing
    if appointment.starts_at <= now or appointment.starts_at < timing.earliest_start(now):
        return TooSoon()
    if appointment.starts_at >= timing.advance_limit(now, appointment.time_zone):
        return TooFar()
    return NoSeatLeft() if appointment.attending >= appointment_type.seats else None


def bookable_by_staff(
    booking_options: BookingOptions, appointment_type_id: UUID, location_id: UUID | None, clinician_id: UUID
) -> tuple[AppointmentType, Clinician]:
    """The appointment type and clinician, if both are active at the practice.

    Raises:
        NotBookable: the appointment type, location or clinician is unknown or inactive.
    """
    appointment_type, clinician = (
        booking_options.appointment_types.get(appointment_type_id),
        booking_options.clinicians.get(clinician_id),
    )
    if appointment_type is None or not appointment_type.active:
        raise NotBookable("The appointment type is not offered. Choose another, or make it active.")
    if clinician is None:
        raise NotBookable("No clinician of the practice has this id. Choose another.")
    if not clinician.active:
        raise NotBookable(
            "The clinician has left the practice. Choose another; for what is booked, reassign the appointments and "
            "series of this one."
        )
    if location_id is not None and (
        location_id not in booking_options.locations or not booking_options.locations[location_id].active
    ):
        raise NotBookable("The location is not offered. Choose another, or make it active.")
    return appointment_type, clinician


def require_calendar_access(actor: Actor, clinician_id: UUID | None = None) -> UUID | None:
    """Check access to a clinician's calendar, and return the clinician whose calendar the actor works with.

    The front desk, administrators and jobs work with the calendar of `clinician_id`, or with all calendars when it is
    None (returns None); clinicians with their own only.

    Raises:
        NotFound: the actor is neither staff nor a job, or a clinician who names a colleague's calendar.
        Forbidden: staff in other roles.
    """
    member = require_staff_or_system(actor, "front_desk", "administrator", "clinician")
    if isinstance(member, SystemActor) or member.roles & {"front_desk", "administrator"}:
        return clinician_id
    if member.clinician_id is None or clinician_id not in (None, member.clinician_id):
        raise NotFound("calendar", clinician_id)
    return member.clinician_id


def require_appointment_reader(actor: Actor, clinician_id: UUID | None = None) -> UUID | None:
    """As `require_calendar_access`, for reading appointments: billers read those of all clinicians.

    They are shown what bills need alone (`PracticeAppointmentView.for_bills`).
    """
    return clinician_id if only_bills(actor) else require_calendar_access(actor, clinician_id)
