"""Staff book a series."""

from datetime import date, datetime
from functools import partial
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking import place_booking, require_seats, without_duplicates
from portal_core.appointments.policy import bookable_by_staff, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.scheduling.recurrence import series_weeks
from portal_core.appointments.series import Series
from portal_core.appointments.series_dates import (
    attempt_each,
    date_details,
    load_series_view,
    notify_once,
    require_dates,
    require_local,
)
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Invalid
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class BookSeriesCommand:
    """Every `interval_weeks` weeks at `first_start`, local and without an offset, in the zone of the location, or of
    the practice without one.

    For `count` dates, or until a local date, inclusive; see `series_starts` for `skip_dates`. Unavailable dates refuse
    the whole series, unless `skip_conflicts`.

    Raises:
        Invalid: no client, or a time with an offset.
    """

    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None = None
    client_ids: tuple[UUID, ...] = field(converter=without_duplicates)
    first_start: datetime = field(converter=require_local)
    interval_weeks: int = 1
    count: int | None = None
    until: date | None = None
    skip_dates: frozenset[date] = frozenset()
    skip_conflicts: bool = False
    outside_hours: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.client_ids:
            raise Invalid.at("client_ids", "required", "Choose at least one client.")


@frozen
class BookSeries:
    """Books a series for clients; notifies each, and the clinician, once. Staff as for
    `BookAppointmentForClients`.

    Single dates can later be moved or cancelled like any appointment.

    Raises:
        NotFound: no such client, or a colleague's calendar.
        ClientDischarged: a client was discharged; reactivate them first.
        RecordDestroyed: the record of a client was erased.
        NotBookable: the appointment type, location or clinician is unknown or inactive.
        Invalid: more clients than seats, an invalid recurrence, or unavailable dates: each has the path
            `dates.2026-03-10` and the refusal's code, and nothing is booked.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def __call__(self, actor: Actor, command: BookSeriesCommand) -> SeriesView:
        async with self.begin(actor) as unit:
            require_calendar_access(actor, command.clinician_id)
            booking_options = await unit.directory.for_practice()
            appointment_type, clinician = bookable_by_staff(
                booking_options, command.appointment_type_id, command.location_id, command.clinician_id
            )
            await require_seats(unit, appointment_type, command.client_ids)
            now, time_zone = self.clock.now(), booking_options.time_zone_at(command.location_id)
            weeks = series_weeks(command.first_start, command.interval_weeks, count=command.count, until=command.until)
            series = Series(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                clinician_id=command.clinician_id,
                appointment_type_id=command.appointment_type_id,
                location_id=command.location_id,
                first_start=command.first_start,
                time_zone=time_zone,
                interval_weeks=command.interval_weeks,
                weeks=weeks,
                created_at=now,
            )
            starts = series.starts(command.skip_dates)
            await unit.series.add(series, AuditEntry("series.booked", series.id))
            await unit.calendar.lock([clinician.id], now, clients=command.client_ids)
            details = partial(
                date_details,
                series,
                appointment_type=appointment_type,
                clinician=clinician,
                clients=command.client_ids,
                outside_hours=command.outside_hours,
            )
            booked, refused = await attempt_each(
                (at, place_booking(unit, details(at), self.ids, self.tokens, series.practice_id, now)) for at in starts
            )
            refused_starts = require_dates(booked, refused, time_zone, skip_conflicts=command.skip_conflicts)
            await notify_once(unit, actor, APPOINTMENT_BOOKED, booked, clinician)
            return await unit.commit(await load_series_view(unit, actor, series, booked, refused_starts))
