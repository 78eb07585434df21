"""Staff move a series."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking import reschedule_booking
from portal_core.appointments.booking_changes import add_freed_slot, notify
from portal_core.appointments.model import Booking
from portal_core.appointments.policy import bookable_by_staff, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.series import Series
from portal_core.appointments.series_dates import (
    attempt_each,
    date_details,
    find_series,
    is_upcoming,
    load_series_view,
    notify_once,
    require_dates,
    require_local,
    require_unchanged,
)
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.kernel.notices import APPOINTMENT_CANCELLED, APPOINTMENT_RESCHEDULED, kind_for
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class MoveSeriesCommand:
    """Where the series goes: `first_start` is the new start of the first date that moves, local and without an offset,
    in the zone of the location, or of the practice without one. Each later date follows in the series' interval.

    `from_date` is the local date from which on dates move; by default all that have not started. Unavailable dates
    refuse the whole move, unless `skip_conflicts`: then they stay where they are. Turn `offer_to_waitlist` off if the
    clinician will not be available at the old times.

    Raises:
        Invalid: a time with an offset.
    """

    series_id: UUID
    clinician_id: UUID
    location_id: UUID | None = None
    first_start: datetime = field(converter=require_local)
    from_date: date | None = None
    skip_conflicts: bool = False
    outside_hours: bool = False
    offer_to_waitlist: bool = True
    version: int | None = None


@frozen
class MoveSeries:
    """Moves the future appointments of a series to another weekday, time, clinician or location, without a fee;
    notifies each client, and each clinician concerned, once.

    Staff as for `RescheduleAppointmentForClients`. Only appointments that still have the time of the series move: what
    was moved by itself stays, and so do dates before `from_date`. They all remain in the series, and end with it.

    Raises:
        NotFound: no such series, or the old or new time is in a colleague's calendar.
        SeriesEnded: it has ended.
        NotBookable: the appointment type, location or clinician is unknown or inactive.
        Invalid: no date is left to move, or dates are unavailable: each has the path `dates.2026-03-10`, with the date
            to which it would move, and the refusal's code, and nothing is moved.
        StaleVersion: the version is not current, or the series was changed at the same time.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: MoveSeriesCommand) -> SeriesView:
        async with self.begin(actor) as unit:
            require_calendar_access(actor, command.clinician_id)
            series = await find_series(unit, actor, command.series_id, command.version)
            series.require_active()
            booking_options = await unit.directory.for_practice()
            appointment_type, clinician = bookable_by_staff(
                booking_options, series.appointment_type_id, command.location_id, command.clinician_id
            )
            now = self.clock.now()
            dates = await self._lock(unit, series, booking_options.clinicians, command.from_date, now)
            moved_series = series.move(
                first_date=min(dates),
                first_start=command.first_start,
                time_zone=booking_options.time_zone_at(command.location_id),
                clinician_id=clinician.id,
                location_id=command.location_id,
            )
            details = partial(
                date_details,
                moved_series,
                appointment_type=appointment_type,
                clinician=clinician,
                outside_hours=command.outside_hours,
            )
            moved, refused = await attempt_each(
                (at, reschedule_booking(unit, one, details(at, clients=one.attending_client_ids), now))
                for one, at in _in_order(dates, moved_series)
            )
            refused_starts = require_dates(
                moved, refused, moved_series.time_zone, skip_conflicts=command.skip_conflicts
            )
            await unit.series.save(
                moved_series, AuditEntry("series.moved", series.id, facts={"moved": str(len(moved))})
            )
            previous = {one.appointment.id: one.appointment for one in dates.values()}
            if command.offer_to_waitlist:
                for one in moved:
                    await add_freed_slot(unit, previous[one.appointment.id], self.ids, now)
            await notify_once(unit, actor, APPOINTMENT_RESCHEDULED, moved, clinician)
            moved_ids = {one.appointment.id for one in moved}
            given_up: dict[UUID, list[Booking]] = {}
            for one in moved:
                given_up.setdefault(previous[one.appointment.id].clinician_id, []).append(one)
            for clinician_id, bookings in given_up.items():
                if clinician_id != clinician.id:
                    kind = kind_for(APPOINTMENT_CANCELLED, len(bookings))
                    await notify(unit, actor, kind, bookings[0], [], booking_options.clinicians.get(clinician_id))
            bookings = await unit.series.bookings(series.id)
            not_moved = [
                one.appointment.id
                for one in bookings
                if one.appointment.id not in moved_ids and _is_to_come(series, one, command.from_date, now)
            ]
            view = await load_series_view(unit, actor, moved_series, bookings, refused_starts, not_moved)
            return await unit.commit(view)

    async def _lock(
        self, unit: AppointmentUnit, series: Series, clinicians: Iterable[UUID], from_date: date | None, now: datetime
    ) -> dict[int, Booking]:
        """Lock all clinicians, since a colleague may see the client on single dates, and the clients; and return the
        appointments that move, by the number of their date.

        Raises:
            Invalid: no date is left to move.
            StaleVersion: the series was changed at the same time.
        """
        clients = {part.client_id for one in await unit.series.bookings(series.id) for part in one.attendances}
        await unit.calendar.lock(clinicians, now, clients=clients)
        await require_unchanged(unit, series)
        dates = _dates_to_move(series, await unit.series.bookings(series.id), from_date, now)
        if not clients.issuperset(client for one in dates.values() for client in one.attending_client_ids):
            raise StaleVersion
        return dates


def _dates_to_move(
    series: Series, bookings: list[Booking], from_date: date | None, now: datetime
) -> dict[int, Booking]:
    """The future appointments that have the time of the series, by the number of their date."""
    numbers = {at: number for number, at in enumerate(series.starts())}
    found = {
        numbers[one.appointment.starts_at]: one
        for one in bookings
        if one.appointment.starts_at in numbers and _is_to_come(series, one, from_date, now)
    }
    if not found:
        raise Invalid.at("from_date", "no_dates_left", "Must leave at least one future date of the series to move.")
    return found


def _is_to_come(series: Series, booking: Booking, from_date: date | None, now: datetime) -> bool:
    """Whether it is booked, has not started, and is on the local date or later."""
    day = booking.appointment.starts_at.astimezone(zone_info(series.time_zone)).date()
    return is_upcoming(booking, now) and (from_date is None or day >= from_date)


def _in_order(dates: dict[int, Booking], moved_series: Series) -> list[tuple[Booking, datetime]]:
    """The appointments with their new starts, so that none needs the time of one that has yet to move."""
    first = min(dates)
    starts = dict(enumerate(moved_series.starts(), start=first))
    later = starts[first] > dates[first].appointment.starts_at
    return [(dates[number], starts[number]) for number in sorted(dates, reverse=later)]
