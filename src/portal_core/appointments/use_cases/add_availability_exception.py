"""A date that differs from the clinician's week."""

from datetime import date, time
from uuid import UUID

from attrs import evolve, frozen

from portal_core.appointments.policy import scheduler
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import AvailabilityException
from portal_core.appointments.scheduling.wall_clock import zone_of
from portal_core.appointments.views_practice import ExceptionView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import Invalid, NotFound
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class AddAvailabilityExceptionCommand:
    """Open or closed on one date, between two times or all day; on the wall of the place, else of the practice."""

    clinician_id: UUID
    date: date
    opens: bool
    starts: time | None = None
    ends: time | None = None
    place_id: UUID | None = None


@frozen
class AddAvailabilityException:
    """Adds a date that differs. Front desk and administrators; clinicians their own. What is booked stays.

    One that is there already in every respect is answered instead.

    Raises:
        NotFound: no such clinician, or a colleague's.
        Invalid: a date before today where it is, times that make no sense, or an unknown place.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddAvailabilityExceptionCommand) -> ExceptionView:
        async with self.begin(actor) as unit:
            scheduler(actor, command.clinician_id)
            schedule = await unit.directory.for_practice()
            if command.clinician_id not in schedule.clinicians:
                raise NotFound("clinician", command.clinician_id)
            if command.place_id is not None and command.place_id not in schedule.places:
                raise Invalid.at("place_id", "unknown", "The practice has no such place.")
            now = self.clock.now()
            if command.date < now.astimezone(zone_of(schedule.zone_at(command.place_id))).date():
                raise Invalid.at("date", "past", "This date is over. Give today's or a later one.")
            exception = AvailabilityException(
                id=self.ids.new(),
                clinician_id=command.clinician_id,
                date=command.date,
                opens=command.opens,
                zone=schedule.zone_at(command.place_id),
                starts=command.starts,
                ends=command.ends,
                place_id=command.place_id,
            )
            await unit.calendar.lock([command.clinician_id], now)
            for there in await unit.availability.exceptions([command.clinician_id], command.date, command.date):
                if evolve(there, id=exception.id) == exception:
                    return await unit.commit(ExceptionView.of(there))
            facts = {"opens": str(command.opens).lower()}
            await unit.availability.add_exception(
                exception, Audited("availability_exception.added", exception.id, facts=facts)
            )
            return await unit.commit(ExceptionView.of(exception))
