"""Staff close the whole practice on some dates."""

from datetime import date, timedelta
from uuid import UUID

from attrs import frozen

from portal_core.appointments.availability_views import AddedHolidaysView, HolidayView
from portal_core.appointments.booking_changes import load_summaries
from portal_core.appointments.conflicts import first_conflicts
from portal_core.appointments.policy import HOLIDAY_ROLES
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.scheduling.availability import AvailabilityException, BookedTime
from portal_core.appointments.scheduling.wall_clock import DAY, require_valid_date
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import Invalid
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import single_line_text
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin

MAX_RANGE_DAYS = 62
MAX_HOLIDAYS = 366
MAX_HOLIDAY_NAME_LENGTH = 80


@frozen(kw_only=True)
class AddHolidaysCommand:
    """The practice's local dates from `first_day` to `last_day`, both inclusive; without `last_day`, one date."""

    first_day: date
    last_day: date | None = None
    name: str | None = None


@frozen
class AddHolidays:
    """Adds holidays: no clinician is available then, and booked appointments stay and are listed in `conflicts`.

    A date that is a holiday already stays as it is. For the front desk and administrators.

    Raises:
        NotFound: neither staff nor a job.
        Forbidden: staff in other roles.
        Invalid: a date before the practice's local today, more than 62 days, dates in the wrong order, an invalid name,
            or more than 366 holidays to come.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddHolidaysCommand) -> AddedHolidaysView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *HOLIDAY_ROLES)
            booking_options = await unit.directory.for_practice()
            now, time_zone = self.clock.now(), booking_options.time_zone
            today = now.astimezone(zone_info(time_zone)).date()
            dates = _dates(command, today)
            name = single_line_text(command.name, "name", MAX_HOLIDAY_NAME_LENGTH) if command.name else None
            clinicians = list(booking_options.clinicians)
            # The practice too: it may have no clinician yet, and a date is added once.
            await unit.calendar.lock([*clinicians, actor.practice_id], now)
            known = {one.date: one for one in await unit.availability.exceptions([], today, date.max)}
            if len(known.keys() | set(dates)) > MAX_HOLIDAYS:
                raise Invalid.at("last_day", "too_many", f"Must be at most {MAX_HOLIDAYS} holidays to come.")
            for day in dates:
                if day not in known:
                    known[day] = AvailabilityException(
                        id=self.ids.new(),
                        clinician_id=None,
                        date=day,
                        available=False,
                        time_zone=time_zone,
                        name=name,
                    )
                    await unit.availability.add_exception(known[day], AuditEntry("holiday.added", known[day].id))
            holidays = [known[day] for day in dates]
            conflicts = await load_summaries(unit, first_conflicts(await _booked_on(unit, clinicians, holidays), now))
            view = AddedHolidaysView(holidays=tuple(map(HolidayView.of, holidays)), conflicts=conflicts)
            return await unit.commit(view)


def _dates(command: AddHolidaysCommand, today: date) -> list[date]:
    first_day = require_valid_date(command.first_day, "first_day")
    last_day = require_valid_date(command.last_day or first_day, "last_day")
    if first_day < today:
        raise Invalid.at("first_day", "past", "Must be today or later.")
    if not timedelta() <= last_day - first_day < MAX_RANGE_DAYS * DAY:
        raise Invalid.at("last_day", "out_of_range", f"Choose a range of one day to {MAX_RANGE_DAYS} days.")
    return [first_day + number * DAY for number in range((last_day - first_day).days + 1)]


async def _booked_on(
    unit: AppointmentUnit, clinicians: list[UUID], holidays: list[AvailabilityException]
) -> list[BookedTime]:
    # Consecutive dates, so one span; a date that a zone left out has none.
    spans = [span for one in holidays if (span := one.span())]
    return await unit.appointments.booked_times(clinicians, spans[0][0], spans[-1][1]) if spans else []
