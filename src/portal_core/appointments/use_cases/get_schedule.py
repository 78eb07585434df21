"""Staff read the practice's schedule."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import audit_reads
from portal_core.appointments.policy import require_appointment_reader
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import BusyTimeView, ScheduleView
from portal_core.appointments.scheduling.wall_clock import DAY, first_instant, require_valid_date
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import only_bills
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

MAX_SCHEDULE_DAYS = 31
"""A month: the schedule is not paged, so this bounds its size."""


@frozen(kw_only=True)
class GetScheduleQuery:
    """Local dates of the practice from `first_day` to `last_day`, both inclusive, and optionally one clinician;
    otherwise all whom the actor can see.

    Raises:
        Invalid: more than 31 days, dates in the wrong order or out of range.
    """

    first_day: date
    last_day: date
    clinician_id: UUID | None = None

    def __attrs_post_init__(self) -> None:
        require_valid_date(self.first_day, "first_day")
        length = require_valid_date(self.last_day, "last_day") - self.first_day
        if not timedelta() <= length < MAX_SCHEDULE_DAYS * DAY:
            raise Invalid.at("last_day", "out_of_range", f"Choose a range of one day to {MAX_SCHEDULE_DAYS} days.")


@frozen
class GetSchedule:
    """The appointments that start on these dates, and the holds and blocks that overlap them. For the front desk and
    administrators; clinicians for their own calendar; billers what bills need, without holds and blocks.

    Raises:
        NotFound: no such clinician, or a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: GetScheduleQuery) -> ScheduleView:
        async with self.begin(actor, read_only=True) as unit:
            clinician_id = require_appointment_reader(actor, query.clinician_id)
            booking_options = await unit.directory.for_practice()
            if clinician_id is not None and clinician_id not in booking_options.clinicians:
                raise NotFound("clinician", clinician_id)
            time_zone = booking_options.time_zone
            since = first_instant(datetime.combine(query.first_day, time.min), time_zone)
            until = first_instant(datetime.combine(query.last_day + DAY, time.min), time_zone)
            clinicians = [clinician_id] if clinician_id else list(booking_options.clinicians)
            appointments, busy = await unit.read_together(
                unit.appointment_reads.schedule(since, until, clinician_id),
                unit.calendar.busy(clinicians, since, until, self.clock.now()),
            )
            await audit_reads(unit, appointments)
            if only_bills(actor):
                appointments, busy = tuple(one.for_bills() for one in appointments), []
            return await unit.commit(
                ScheduleView(
                    first_day=query.first_day,
                    last_day=query.last_day,
                    time_zone=time_zone,
                    appointments=appointments,
                    busy=tuple(BusyTimeView.of(one) for one in busy if one.purpose != "appointment"),
                )
            )
