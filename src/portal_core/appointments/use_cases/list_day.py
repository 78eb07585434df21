"""Staff see a day."""

from datetime import date, datetime, time
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking_changes import note_reading
from portal_core.appointments.policy import scheduler
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.wall_clock import DAY, first_reading, sane_day
from portal_core.appointments.views_practice import DayView, TakenView
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ListDayQuery:
    """A local date of the practice; of one clinician, or of all whom the actor may see."""

    date: date
    clinician_id: UUID | None = None


@frozen
class ListDay:
    """Everything on one day. Front desk and administrators; clinicians their own day.

    Raises:
        NotFound: no such clinician, or a colleague's day.
        Invalid: a date out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListDayQuery) -> DayView:
        day = sane_day(query.date)
        async with self.begin(actor) as unit:
            clinician_id = scheduler(actor, query.clinician_id)
            schedule = await unit.directory.for_practice()
            if clinician_id is not None and clinician_id not in schedule.clinicians:
                raise NotFound("clinician", clinician_id)
            zone = schedule.zone
            since = first_reading(datetime.combine(day, time.min), zone)
            until = first_reading(datetime.combine(day + DAY, time.min), zone)
            appointments = await unit.appointment_reads.day(since, until, clinician_id)
            whose = [clinician_id] if clinician_id else list(schedule.clinicians)
            taken = await unit.calendar.busy(whose, since, until, self.clock.now())
            await note_reading(unit, appointments)
            return await unit.commit(
                DayView(
                    date=day,
                    zone=zone,
                    appointments=appointments,
                    taken=tuple(TakenView.of(one) for one in taken if one.purpose != "appointment"),
                )
            )
