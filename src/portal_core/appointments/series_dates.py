"""Steps shared by the use cases that book, move or end several dates of a series."""

from collections.abc import Awaitable, Iterable
from datetime import datetime
from uuid import UUID

from portal_core.appointments.booking import BookingDetails, SlotChoice
from portal_core.appointments.booking_changes import notify
from portal_core.appointments.model import Booking
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.series import Series
from portal_core.appointments.settings import AppointmentType, Clinician
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import Conflict, FieldError, Invalid, NotFound, StaleVersion
from portal_core.kernel.notices import NoticeKind, kind_for
from portal_core.kernel.time_zones import zone_info

Refused = tuple[datetime, Conflict]
"""A start that is not available, and why."""


def require_local(first_start: datetime) -> datetime:
    """An attrs converter for a local time. Raises Invalid if it has an offset."""
    if first_start.tzinfo is not None:
        raise Invalid.at("first_start", "offset_not_allowed", "Enter a local time without a UTC offset.")
    return first_start


async def find_series(unit: AppointmentUnit, actor: Actor, series_id: UUID, version: int | None = None) -> Series:
    """The series, for staff who may change it.

    Raises:
        NotFound: no such series, or in a colleague's calendar.
        Forbidden: staff in other roles.
        StaleVersion: `version` is given and is not the current one.
    """
    require_calendar_access(actor)
    series = await unit.series.get(series_id)
    if series is None:
        raise NotFound("series", series_id)
    require_calendar_access(actor, series.clinician_id)
    if version not in (None, series.version):
        raise StaleVersion
    return series


async def load_series_view(
    unit: AppointmentUnit,
    actor: Actor,
    series: Series,
    bookings: Iterable[Booking],
    refused: Iterable[datetime] = (),
    not_moved: Iterable[UUID] = (),
) -> SeriesView:
    """The series with what the actor may see of these bookings: clinicians those in their own calendar; audited."""
    calendar = require_calendar_access(actor)
    shown = [one.appointment.id for one in bookings if calendar in (None, one.appointment.clinician_id)]
    appointments = await unit.appointment_reads.summaries(shown)
    for client_id in sorted({part.client_id for one in appointments for part in one.attendances}):
        await unit.audit.record(AuditEntry("series.read", series.id, record=client_id))
    return SeriesView.of(series, appointments, refused, not_moved)


async def require_unchanged(unit: AppointmentUnit, series: Series) -> None:
    """Check, after waiting for a lock, that nobody has changed the series.

    Raises:
        StaleVersion: somebody has.
    """
    if await unit.series.get(series.id) != series:
        raise StaleVersion


def is_upcoming(booking: Booking, now: datetime) -> bool:
    """Whether it is booked and has not started."""
    return booking.appointment.status == "booked" and now < booking.appointment.starts_at


def date_details(
    series: Series,
    starts_at: datetime,
    *,
    appointment_type: AppointmentType,
    clinician: Clinician,
    clients: tuple[UUID, ...],
    outside_hours: bool,
) -> BookingDetails:
    """One date of the series, for these clients."""
    return BookingDetails(
        choice=SlotChoice(
            clinician_id=series.clinician_id,
            appointment_type_id=series.appointment_type_id,
            location_id=series.location_id,
            starts_at=starts_at,
        ),
        appointment_type=appointment_type,
        clinician=clinician,
        time_zone=series.time_zone,
        clients=clients,
        series_id=series.id,
        by_staff=True,
        outside_hours=outside_hours,
    )


async def attempt_each(dates: Iterable[tuple[datetime, Awaitable[Booking]]]) -> tuple[list[Booking], list[Refused]]:
    """Book or move one date after the other; one that is not available does not stop the others.

    Raises:
        StaleVersion: an appointment was changed in the meantime.
    """
    done: list[Booking] = []
    refused: list[Refused] = []
    for at, operation in dates:
        try:
            done.append(await operation)
        except StaleVersion:
            raise
        except Conflict as refusal:
            refused.append((at, refusal))
    by_start = sorted(done, key=lambda one: one.appointment.starts_at)
    return by_start, sorted(refused, key=lambda one: one[0])


def require_dates(
    done: list[Booking], refused: list[Refused], time_zone: str, *, skip_conflicts: bool
) -> tuple[datetime, ...]:
    """The refused starts, if the caller accepts them and something was done.

    Raises:
        Invalid: otherwise; each has the path `dates.2026-03-10`, with its local date, and the refusal's code.
    """
    if refused and not (skip_conflicts and done):
        zone = zone_info(time_zone)
        raise Invalid(*(FieldError.of_refusal(f"dates.{at.astimezone(zone).date()}", one) for at, one in refused))
    return tuple(at for at, _ in refused)


async def notify_once(
    unit: AppointmentUnit, actor: Actor, kind: NoticeKind, bookings: list[Booking], clinician: Clinician | None
) -> None:
    """Send one notice for all of these bookings, which are in order: to each client for those that they attend or
    attended, and to the clinician. A notice for several states no time.
    """
    by_client: dict[UUID, list[Booking]] = {}
    for one in bookings:
        for client_id in one.attending_client_ids:
            by_client.setdefault(client_id, []).append(one)
    for client_id, attended in by_client.items():
        await notify(unit, actor, kind_for(kind, len(attended)), attended[0], [client_id], None)
    if bookings:
        await notify(unit, actor, kind_for(kind, len(bookings)), bookings[0], [], clinician)
