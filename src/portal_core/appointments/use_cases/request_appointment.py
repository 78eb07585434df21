"""A client asks for an appointment."""

from datetime import datetime, timedelta
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.errors import NotBookable, TooManyRequests
from portal_core.appointments.policy import require_in_care
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.requests import shown_request
from portal_core.appointments.scheduling.durations import LONGEST_ADVANCE_DAYS
from portal_core.appointments.settings import Kind, Schedule
from portal_core.appointments.views import RequestView
from portal_core.appointments.waiting import AppointmentRequest, PreferredTime, sane_reason
from portal_core.kernel.access import own_record
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import FieldError, Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin

FURTHEST = timedelta(days=LONGEST_ADVANCE_DAYS)


@frozen(kw_only=True)
class RequestAppointmentCommand:
    """Up to three times that would suit. No place is telehealth, no clinician is anyone of the care team.

    Raises:
        Invalid: a reason above 1,000 characters, or the same time twice.
    """

    kind_id: UUID
    preferred: tuple[PreferredTime, ...]
    place_id: UUID | None = None
    clinician_id: UUID | None = None
    reason: str = field(default="", validator=sane_reason)

    def __attrs_post_init__(self) -> None:
        errors = [
            FieldError(f"preferred.{number}", "repeated", "Give this time once.")
            for number, one in enumerate(self.preferred)
            if one in self.preferred[:number]
        ]
        if errors:
            raise Invalid(*errors)


@frozen
class RequestAppointment:
    """Leaves a request for the practice to confirm or decline. A client, or a proxy who may write.

    Also for kinds that clients do not book themselves. Nothing is held: the practice looks again when it confirms.

    Raises:
        ClientDischarged: the client was discharged.
        NotBookable: a kind, place or clinician that this client cannot have.
        TooManyRequests: as many are open as the practice takes.
        Invalid: no preferred time or more than three, or one that is past or too short for the kind.
        RecordDestroyed: the key of the record is gone, so that no reason can be kept.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: RequestAppointmentCommand) -> RequestView:
        async with self.begin(actor) as unit:
            client_id = own_record(actor, "appointments", write=True)
            schedule = await unit.directory.for_client(client_id)
            require_in_care(schedule)
            kind = _offered(schedule, command)
            now = self.clock.now()
            _require_possible(command.preferred, kind, now)
            # Locked, so that two requests at once do not both count too few.
            await unit.calendar.lock([], now, clients=[client_id])
            if await unit.requests.pending(client_id) >= schedule.rules.requests_per_client:
                raise TooManyRequests
            request = AppointmentRequest(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                client_id=client_id,
                kind_id=command.kind_id,
                place_id=command.place_id,
                clinician_id=command.clinician_id,
                preferred=command.preferred,
                reason=command.reason,
                requested_at=now,
            )
            await unit.requests.add(request, Audited("appointment_request.made", request.id, record=client_id))
            return await unit.commit(await shown_request(unit, request))


def _offered(schedule: Schedule, command: RequestAppointmentCommand) -> Kind:
    kind = schedule.kinds.get(command.kind_id)
    place = schedule.places.get(command.place_id) if command.place_id else None
    clinician = schedule.clinicians.get(command.clinician_id) if command.clinician_id else None
    if kind is None or not kind.active:
        raise NotBookable
    if command.place_id and (place is None or not place.active):
        raise NotBookable
    if command.clinician_id and (clinician is None or not clinician.active):
        raise NotBookable
    return kind


def _require_possible(preferred: tuple[PreferredTime, ...], kind: Kind, now: datetime) -> None:
    errors: list[FieldError] = []
    for number, one in enumerate(preferred):
        if not now < one.starts_at < now + FURTHEST:
            errors.append(FieldError(f"preferred.{number}.starts_at", "out_of_range", "A time to come, please."))
        elif one.ends_at - one.starts_at < kind.timing.duration:
            errors.append(FieldError(f"preferred.{number}.ends_at", "too_short", "The appointment takes longer."))
    if errors:
        raise Invalid(*errors)
