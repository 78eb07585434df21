"""Staff extend a series."""

from datetime import date
from functools import partial
from uuid import UUID

from attrs import frozen

from portal_core.appointments.booking import place_booking, require_seats
from portal_core.appointments.model import Booking
from portal_core.appointments.policy import bookable_by_staff
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.scheduling.recurrence import series_starts, series_weeks
from portal_core.appointments.series_dates import (
    attempt_each,
    date_details,
    find_series,
    load_series_view,
    notify_once,
    require_dates,
    require_unchanged,
)
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ExtendSeriesCommand:
    """For `count` more dates, or until a local date, inclusive; see `series_starts` for `skip_dates`. Unavailable dates
    refuse the whole extension, unless `skip_conflicts`.
    """

    series_id: UUID
    count: int | None = None
    until: date | None = None
    skip_dates: frozenset[date] = frozenset()
    skip_conflicts: bool = False
    outside_hours: bool = False
    version: int | None = None


@frozen
class ExtendSeries:
    """Books further dates after the last one, at the same time and in the same interval; notifies each client, and the
    clinician, once.

    For the clients of the series' last appointment that was not cancelled. Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such series, or in a colleague's calendar.
        SeriesEnded: it has ended.
        ClientDischarged: a client was discharged; reactivate them first.
        RecordDestroyed: the record of a client was erased.
        NotBookable: the appointment type, location or clinician is inactive.
        Invalid: all of its appointments were cancelled, the series would be empty or longer than five years, or dates
            are unavailable, as in `BookSeries`.
        StaleVersion: the version is not current, or the series was changed at the same time.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: ExtendSeriesCommand) -> SeriesView:
        async with self.begin(actor) as unit:
            series = await find_series(unit, actor, command.series_id, command.version)
            series.require_active()
            first_start, interval = series.next_start, series.interval_weeks
            weeks = series_weeks(
                first_start, interval, count=command.count, until=command.until, earlier_weeks=series.weeks
            )
            extended = series.extend(weeks)
            starts = series_starts(
                first_start, series.time_zone, weeks=weeks, interval_weeks=interval, skip_dates=command.skip_dates
            )
            appointment_type, clinician = bookable_by_staff(
                await unit.directory.for_practice(),
                series.appointment_type_id,
                series.location_id,
                series.clinician_id,
            )
            clients = _clients(await unit.series.bookings(series.id))
            await require_seats(unit, appointment_type, clients)
            now = self.clock.now()
            await unit.calendar.lock([clinician.id], now, clients=clients)
            await require_unchanged(unit, series)
            details = partial(
                date_details,
                series,
                appointment_type=appointment_type,
                clinician=clinician,
                clients=clients,
                outside_hours=command.outside_hours,
            )
            booked, refused = await attempt_each(
                (at, place_booking(unit, details(at), self.ids, self.tokens, series.practice_id, now)) for at in starts
            )
            refused_starts = require_dates(booked, refused, series.time_zone, skip_conflicts=command.skip_conflicts)
            await unit.series.save(
                extended, AuditEntry("series.extended", series.id, facts={"booked": str(len(booked))})
            )
            await notify_once(unit, actor, APPOINTMENT_BOOKED, booked, clinician)
            bookings = await unit.series.bookings(series.id)
            return await unit.commit(await load_series_view(unit, actor, extended, bookings, refused_starts))


def _clients(bookings: list[Booking]) -> tuple[UUID, ...]:
    """The clients who did not cancel the last appointment that was not cancelled. Raises Invalid if there is none."""
    for booking in reversed(bookings):
        if clients := tuple(one.client_id for one in booking.attendances if one.status != "cancelled"):
            return clients
    raise Invalid.at("series_id", "no_clients", "Must have an appointment that is not cancelled. Book a new series.")
