"""Staff read a series."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.series_dates import find_series, load_series_view
from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin


@frozen
class GetSeries:
    """Returns a series and its appointments, including cancelled ones. Staff as for `BookAppointmentForClients`.

    Raises:
        NotFound: no such series, or in a colleague's calendar.
    """

    begin: Begin[AppointmentUnit]

    async def __call__(self, actor: Actor, series_id: UUID) -> SeriesView:
        async with self.begin(actor, read_only=True) as unit:
            series = await find_series(unit, actor, series_id)
            bookings = await unit.series.bookings(series_id)
            return await unit.commit(await load_series_view(unit, actor, series, bookings))
