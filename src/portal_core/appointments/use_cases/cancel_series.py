"""Staff end a series."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen, validators

from portal_core.appointments.appointment_request import validate_reason
from portal_core.appointments.booking_changes import add_freed_slot
from portal_core.appointments.model import Booking
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.series_dates import find_series, is_upcoming, load_series_view, notify_once
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.notices import APPOINTMENT_CANCELLED
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.text import text_or_none
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class CancelSeriesCommand:
    """`reason` is shown to the clients, `internal_note` to staff alone.

    Turn `offer_to_waitlist` off if the clinician will not be available.

    Raises:
        Invalid: a reason or note above 1,000 characters.
    """

    series_id: UUID
    reason: str | None = field(default=None, converter=text_or_none, validator=validators.optional(validate_reason))
    internal_note: str | None = field(
        default=None, converter=text_or_none, validator=validators.optional(validate_reason)
    )
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
            series = await find_series(unit, actor, command.series_id, command.version)
            ended = series.end()
            now = self.clock.now()
            clinicians = (await unit.directory.for_practice()).clinicians
            # Lock all clinicians: single dates may have moved to any of them.
            await unit.calendar.lock(clinicians, now)
            upcoming = [one for one in await unit.series.bookings(series.id) if is_upcoming(one, now)]
            for one in upcoming:
                await self._cancel(unit, one, command, now)
            await unit.series.save(
                ended, AuditEntry("series.ended", series.id, facts={"cancelled": str(len(upcoming))})
            )
            await notify_once(unit, actor, APPOINTMENT_CANCELLED, upcoming, clinicians.get(series.clinician_id))
            bookings = await unit.series.bookings(series.id)
            return await unit.commit(await load_series_view(unit, actor, ended, bookings))

    async def _cancel(
        self, unit: AppointmentUnit, booking: Booking, command: CancelSeriesCommand, now: datetime
    ) -> None:
        previous = booking.appointment
        cancelled = booking.cancel(at=now, reason=command.reason, internal_note=command.internal_note)
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
