"""Staff end a weekly series."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.appointment_request import validate_reason
from portal_core.appointments.booking_changes import add_freed_slot, notify
from portal_core.appointments.model import Booking
from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.settings import Clinician
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound, StaleVersion
from portal_core.kernel.notices import APPOINTMENT_CANCELLED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CancelSeriesCommand:
    """`reason` is shown to the clients. Turn `offer_to_waitlist` off if the clinician will not be available.

    Raises:
        Invalid: a reason above 1,000 characters.
    """

    series_id: UUID
    reason: str | None = field(default=None, converter=text_or_none, validator=validators.optional(validate_reason))
    offer_to_waitlist: bool = True
    version: int | None = None


@frozen
class CancelSeries:
    """Ends the series and cancels its future appointments, without a fee; notifies each client once.

    Staff as for `BookAppointmentForClients`. Dates that were moved to a colleague are cancelled too. The reason is left
    out for a client whose record key was destroyed.

    Raises:
        NotFound: no such series, or in a colleague's calendar.
        SeriesEnded: it has already ended.
        StaleVersion: the version is not current.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: CancelSeriesCommand) -> SeriesView:
        async with self.begin(actor) as unit:
            require_calendar_access(actor)
            series = await unit.series.get(command.series_id)
            if series is None:
                raise NotFound("series", command.series_id)
            require_calendar_access(actor, series.clinician_id)
            if command.version not in (None, series.version):
                raise StaleVersion
            ended = series.end()
            now = self.clock.now()
            clinicians = (await unit.directory.for_practice()).clinicians
            # Lock all clinicians: single dates may have moved to any of them.
            await unit.calendar.lock(clinicians, now)
            upcoming = [one for one in await unit.series.bookings(series.id) if _is_upcoming(one, now)]
            for one in upcoming:
                await self._cancel(unit, one, command, now)
            await unit.series.save(
                ended, AuditEntry("series.ended", series.id, facts={"cancelled": str(len(upcoming))})
            )
            await _notify(unit, actor, upcoming, clinicians.get(series.clinician_id))
            return await unit.commit(SeriesView.of(ended, await unit.series.bookings(series.id)))

    async def _cancel(
        self, unit: AppointmentUnit, booking: Booking, command: CancelSeriesCommand, now: datetime
    ) -> None:
        previous = booking.appointment
        cancelled = booking.cancel(at=now, reason=command.reason)
        await unit.appointments.save(
            cancelled,
            *(
                AuditEntry("appointment.cancelled", previous.id, record=client_id)
                for client_id in booking.attending_client_ids
            ),
        )
        assert previous.calendar_entry_id is not None, "a booked appointment has a calendar entry"
        await unit.calendar.free(previous.calendar_entry_id)
        if command.offer_to_waitlist:
            await add_freed_slot(unit, previous, self.ids, now)


def _is_upcoming(booking: Booking, now: datetime) -> bool:
    return booking.appointment.status == "booked" and now < booking.appointment.starts_at


async def _notify(unit: AppointmentUnit, actor: Actor, bookings: list[Booking], clinician: Clinician | None) -> None:
    """Send one notice for all dates, about the first appointment that each client would have attended."""
    first_ids = {client_id: one.appointment.id for one in reversed(bookings) for client_id in one.attending_client_ids}
    for number, one in enumerate(bookings):
        clients = [client_id for client_id, appointment_id in first_ids.items() if appointment_id == one.appointment.id]
        await notify(unit, actor, APPOINTMENT_CANCELLED, one, clients, clinician if number == 0 else None)
