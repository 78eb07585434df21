"""Staff add a date that differs from the clinician's weekly rules."""

from datetime import date, datetime, time
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.availability_views import AddedAvailabilityExceptionView
from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.conflicts import first_conflicts
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import AvailabilityException
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class AddAvailabilityExceptionCommand:
    """Available or not on one date, between two times or all day; local to the location, or to the practice without
    one.
    """

    clinician_id: UUID
    date: date
    available: bool
    start_time: time | None = None
    end_time: time | None = None
    location_id: UUID | None = None


@frozen
class AddAvailabilityException:
    """Adds an exception. For the front desk and administrators; clinicians for themselves.

    Booked appointments stay; those at an unavailable time are listed in `conflicts`.

    If an identical exception exists, that one is returned.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
        Invalid: a date before the location's local today, times in the wrong order, or an unknown location.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddAvailabilityExceptionCommand) -> AddedAvailabilityExceptionView:
        async with self.begin(actor) as unit:
            require_calendar_access(actor, command.clinician_id)
            booking_options = await unit.directory.for_practice()
            clinician = booking_options.clinicians.get(command.clinician_id)
            if clinician is None:
                raise NotFound("clinician", command.clinician_id)
            if command.location_id is not None and command.location_id not in booking_options.locations:
                raise Invalid.at("location_id", "unknown", "Choose one of the practice's locations.")
            now = self.clock.now()
            if command.date < now.astimezone(zone_info(booking_options.time_zone_at(command.location_id))).date():
                raise Invalid.at("date", "past", "Must be today or later.")
            exception = AvailabilityException(
                id=self.ids.new(),
                clinician_id=command.clinician_id,
                date=command.date,
                available=command.available,
                time_zone=booking_options.time_zone_at(command.location_id),
                start_time=command.start_time,
                end_time=command.end_time,
                location_id=command.location_id,
            )
            await unit.calendar.lock([command.clinician_id], now)
            for existing in await unit.availability.exceptions([command.clinician_id], command.date, command.date):
                if evolve(existing, id=exception.id) == exception:
                    exception = existing
                    break
            else:
                facts = {"available": str(command.available).lower()}
                audit_entry = AuditEntry("availability_exception.added", exception.id, facts=facts)
                await unit.availability.add_exception(exception, audit_entry)
            conflicts = await load_summaries(unit, await _conflicts(unit, command.clinician_id, exception, now))
            return await unit.commit(AddedAvailabilityExceptionView.after(exception, clinician, conflicts))


async def _conflicts(
    unit: AppointmentUnit, clinician_id: UUID, exception: AvailabilityException, now: datetime
) -> tuple[UUID, ...]:
    span = exception.span()
    if exception.available or span is None:
        return ()
    booked = await unit.appointments.booked_times([clinician_id], *span)
    return first_conflicts((one for one in booked if exception.location_id in (None, one.location_id)), now)
