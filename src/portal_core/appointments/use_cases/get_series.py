"""Staff read a series."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.series_dates import find_series
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import Begin


@frozen
class GetSeries:
    """Returns a series and the ids of its appointments, including cancelled ones. Staff as for
    `BookAppointmentForClients`.

    Raises:
        NotFound: no such series, or in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, series_id: UUID) -> SeriesView:
        async with self.begin(actor, read_only=True) as unit:
            series = await find_series(unit, actor, series_id)
            bookings = await unit.series.bookings(series_id)
            for client_id in sorted({part.client_id for one in bookings for part in one.attendances}):
                await unit.audit.record(AuditEntry("series.read", series_id, record=client_id))
            return await unit.commit(SeriesView.of(series, bookings))
