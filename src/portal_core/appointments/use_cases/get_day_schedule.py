"""Staff read the schedule of a day."""

from datetime import date, datetime, time
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import audit_reads
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import BusyTimeView, DayView
from portal_core.appointments.scheduling.wall_clock import DAY, first_instant, require_valid_date
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class GetDayScheduleQuery:
    """A local date of the practice, and optionally one clinician; otherwise all whom the actor can see."""

    date: date
    clinician_id: UUID | None = None


@frozen
class GetDaySchedule:
    """Appointments, holds and blocks on one day. For the front desk and administrators; clinicians for their own
    calendar.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
        Invalid: a date out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: GetDayScheduleQuery) -> DayView:
        day = require_valid_date(query.date)
        async with self.begin(actor, read_only=True) as unit:
            clinician_id = require_calendar_access(actor, query.clinician_id)
            booking_options = await unit.directory.for_practice()
            if clinician_id is not None and clinician_id not in booking_options.clinicians:
                raise NotFound("clinician", clinician_id)
            time_zone = booking_options.time_zone
            since = first_instant(datetime.combine(day, time.min), time_zone)
            until = first_instant(datetime.combine(day + DAY, time.min), time_zone)
            appointments = await unit.appointment_reads.day(since, until, clinician_id)
            clinicians = [clinician_id] if clinician_id else list(booking_options.clinicians)
            busy = await unit.calendar.busy(clinicians, since, until, self.clock.now())
            await audit_reads(unit, appointments)
            return await unit.commit(
                DayView(
                    date=day,
                    time_zone=time_zone,
                    appointments=appointments,
                    busy=tuple(BusyTimeView.of(one) for one in busy if one.purpose != "appointment"),
                )
            )
