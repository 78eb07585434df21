"""Staff read a weekly series."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.policy import require_calendar_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
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
            require_calendar_access(actor)
            series = await unit.series.get(series_id)
            if series is None:
                raise NotFound("series", series_id)
            require_calendar_access(actor, series.clinician_id)
            bookings = await unit.series.bookings(series_id)
            for client_id in sorted({part.client_id for one in bookings for part in one.attendances}):
                await unit.audit.record(AuditEntry("series.read", series_id, record=client_id))
            return await unit.commit(SeriesView.of(series, bookings))
