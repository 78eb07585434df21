"""Staff book a weekly series."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking import (
    BookingDetails,
    SlotChoice,
    place_booking,
    require_seats,
    without_duplicates,
)
from portal_core.appointments.booking_changes import notify
from portal_core.appointments.model import Booking
from portal_core.appointments.policy import bookable_by_staff, require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.scheduling.recurrence import weekly_starts
from portal_core.appointments.series import Series
from portal_core.appointments.settings import AppointmentType, Clinician
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Conflict, FieldError, Invalid
from portal_core.kernel.notices import APPOINTMENT_BOOKED
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.time_zones import zone_info
from portal_core.kernel.uow import Begin


def _require_local(first_start: datetime) -> datetime:
    if first_start.tzinfo is not None:
        raise Invalid.at("first_start", "offset_not_allowed", "Enter a local time without a UTC offset.")
    return first_start


@frozen(kw_only=True)
class BookSeriesCommand:
    """Every week at `first_start`, local and without an offset, in the zone of the location, or of the practice without
    one.

    For `count` weeks, or until a local date, inclusive; see `weekly_starts` for `skip_dates`. Unavailable dates refuse
    the whole series, unless `skip_conflicts`.

    Raises:
        Invalid: no client, or a time with an offset.
    """

    clinician_id: UUID
    appointment_type_id: UUID
    location_id: UUID | None = None
    client_ids: tuple[UUID, ...] = field(converter=without_duplicates)
    first_start: datetime = field(converter=_require_local)
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
    """Books a weekly series for clients; notifies each, and the clinician, once. Staff as for
    `BookAppointmentForClients`.

    Single dates can later be moved or cancelled like any appointment.

    Raises:
        NotFound: no such client, or a colleague's calendar.
        ClientDischarged: a client was discharged; reactivate them first.
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
            starts = weekly_starts(
                command.first_start, time_zone, count=command.count, until=command.until, skip_dates=command.skip_dates
            )
            series = Series(
                id=self.ids.new(),
                practice_id=actor.practice_id,
                clinician_id=command.clinician_id,
                appointment_type_id=command.appointment_type_id,
                location_id=command.location_id,
                first_start=command.first_start,
                time_zone=time_zone,
                weeks=len(weekly_starts(command.first_start, time_zone, count=command.count, until=command.until)),
                created_at=now,
            )
            await unit.series.add(series, AuditEntry("series.booked", series.id))
            await unit.calendar.lock([clinician.id], now, clients=command.client_ids)
            booked, refused = await self._book(unit, command, series, appointment_type, clinician, starts, now)
            if refused and (not command.skip_conflicts or not booked):
                raise Invalid(*(_field_error(at, time_zone, error) for at, error in refused))
            await notify(unit, actor, APPOINTMENT_BOOKED, booked[0], command.client_ids, clinician)
            return await unit.commit(SeriesView.of(series, booked, [at for at, _ in refused]))

    async def _book(
        self,
        unit: AppointmentUnit,
        command: BookSeriesCommand,
        series: Series,
        appointment_type: AppointmentType,
        clinician: Clinician,
        starts: Iterable[datetime],
        now: datetime,
    ) -> tuple[list[Booking], list[tuple[datetime, Conflict]]]:
        booked: list[Booking] = []
        refused: list[tuple[datetime, Conflict]] = []
        for at in starts:
            details = BookingDetails(
                choice=SlotChoice(
                    clinician_id=clinician.id,
                    appointment_type_id=appointment_type.id,
                    location_id=command.location_id,
                    starts_at=at,
                ),
                appointment_type=appointment_type,
                clinician=clinician,
                time_zone=series.time_zone,
                clients=command.client_ids,
                series_id=series.id,
                by_staff=True,
                outside_hours=command.outside_hours,
            )
            try:
                booked.append(await place_booking(unit, details, self.ids, self.tokens, series.practice_id, now))
            except Conflict as refusal:
                refused.append((at, refusal))
        return booked, refused


def _field_error(at: datetime, time_zone: str, refusal: Conflict) -> FieldError:
    return FieldError(f"dates.{at.astimezone(zone_info(time_zone)).date()}", refusal.code, refusal.title)
