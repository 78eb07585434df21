"""A client requests an appointment."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import field, frozen
from attrs.validators import optional

from portal_core.appointments.appointment_request import AppointmentRequest, PreferredTime, validate_reason
from portal_core.appointments.errors import NotBookable, TooManyOpenRequests
from portal_core.appointments.pending_requests import load_request_view
from portal_core.appointments.policy import require_active_client
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.durations import MAX_ADVANCE_DAYS
from portal_core.appointments.settings import AppointmentType, BookingOptions
from portal_core.appointments.views import AppointmentRequestView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin

MAX_ADVANCE = timedelta(days=MAX_ADVANCE_DAYS)


@frozen(kw_only=True)
class RequestAppointmentCommand:
    """Up to three preferred times. No location means telehealth; no clinician means any clinician of the care team.

    Raises:
        Invalid: a reason above 1,000 characters, or the same time twice.
    """

    appointment_type_id: UUID
    preferred: tuple[PreferredTime, ...]
    location_id: UUID | None = None
    clinician_id: UUID | None = None
    reason: str | None = field(default=None, converter=text_or_none, validator=optional(validate_reason))

    def __attrs_post_init__(self) -> None:
        errors = [
            FieldError(f"preferred.{number}", "duplicate", "Must not repeat an earlier time.")
            for number, one in enumerate(self.preferred)
            if one in self.preferred[:number]
        ]
        if errors:
            raise Invalid(*errors)


@frozen
class RequestAppointment:
    """Creates a request, which the practice confirms or declines. For clients, and proxies with write access.

    Types that are not bookable online can be requested too. Nothing is reserved: availability is checked when the
    practice confirms.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: the appointment type, location or clinician is unknown to this client or inactive.
        TooManyOpenRequests: the client has as many open requests as the practice allows.
        Invalid: no preferred time or more than three, or one in the past, too far ahead or too short for the type.
        RecordDestroyed: the record's key was destroyed, so the request cannot be stored.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: RequestAppointmentCommand) -> AppointmentRequestView:
        async with self.begin(actor) as unit:
            client_id = require_own_record(actor, "appointments", write=True)
            booking_options = await unit.directory.for_client(client_id)
            require_active_client(booking_options)
            appointment_type = _requested_type(booking_options, command)
            now = self.clock.now()
            _validate_preferred_times(command.preferred, appointment_type, now)
            # Locked, so that two concurrent calls cannot both pass the limit.
            await unit.calendar.lock([], now, clients=[client_id])
            if await unit.requests.pending(client_id) >= booking_options.settings.max_requests_per_client:
                raise TooManyOpenRequests
            request = AppointmentRequest(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                appointment_type_id=command.appointment_type_id,
                location_id=command.location_id,
                clinician_id=command.clinician_id,
                preferred=command.preferred,
                reason=command.reason,
                requested_at=now,
            )
            await unit.requests.add(request, AuditEntry("appointment_request.created", request.id, record=client_id))
            return await unit.commit(await load_request_view(unit, request))


def _requested_type(booking_options: BookingOptions, command: RequestAppointmentCommand) -> AppointmentType:
    appointment_type = booking_options.appointment_types.get(command.appointment_type_id)
    location = booking_options.locations.get(command.location_id) if command.location_id else None
    clinician = booking_options.clinicians.get(command.clinician_id) if command.clinician_id else None
    if appointment_type is None or not appointment_type.active:
        raise NotBookable
    if command.location_id and (location is None or not location.active):
        raise NotBookable
    if command.clinician_id and (clinician is None or not clinician.active):
        raise NotBookable
    return appointment_type


def _validate_preferred_times(
    preferred: tuple[PreferredTime, ...], appointment_type: AppointmentType, now: datetime
) -> None:
    errors: list[FieldError] = []
    for number, one in enumerate(preferred):
        if not now < one.starts_at < now + MAX_ADVANCE:
            errors.append(FieldError(f"preferred.{number}.starts_at", "out_of_range", "Must be in the future."))
        elif one.ends_at - one.starts_at < appointment_type.timing.duration:
            errors.append(
                FieldError(f"preferred.{number}.ends_at", "too_short", "Must leave time for the appointment.")
            )
    if errors:
        raise Invalid(*errors)
