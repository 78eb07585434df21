"""Staff endpoints for weekly series."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.appointments.appointments import Reason
from entrypoints.http.contract.fields import FromPath, Request, Version
from entrypoints.http.contract.routing import get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import ClientDischarged, NotBookable, SeriesEnded
from portal_core.appointments.practice_views import SeriesView
from portal_core.appointments.scheduling.recurrence import MAX_SERIES_WEEKS
from portal_core.appointments.settings import MAX_SEATS
from portal_core.appointments.use_cases.book_series import BookSeries, BookSeriesCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeries, CancelSeriesCommand
from portal_core.appointments.use_cases.get_series import GetSeries
from portal_core.kernel.errors import Forbidden, StaleVersion

LocalStart = Annotated[datetime, Meta(tz=False, examples=["2027-03-16T10:00:00"])]
Weeks = Annotated[int, Meta(ge=1, le=MAX_SERIES_WEEKS, examples=[10])]


class BookSeriesRequest(Request, frozen=True):
    """Every week at `first_start`, local and without an offset, in the zone of the location, or of the practice without
    one.

    For `count` weeks, or until a local date, inclusive. Unavailable dates refuse the whole series, unless
    `skip_conflicts`.
    """

    clinician_id: UUID
    appointment_type_id: UUID
    client_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MAX_SEATS)]
    first_start: LocalStart
    location_id: UUID | None = None
    count: Weeks | None = None
    until: Annotated[date | None, Meta(examples=[None])] = None
    skip_dates: Annotated[tuple[date, ...], Meta(max_length=MAX_SERIES_WEEKS, examples=[[]])] = ()
    skip_conflicts: bool = False
    outside_hours: bool = False

    def command(self) -> BookSeriesCommand:
        """Convert to the use case's command."""
        return BookSeriesCommand(
            clinician_id=self.clinician_id,
            appointment_type_id=self.appointment_type_id,
            location_id=self.location_id,
            client_ids=self.client_ids,
            first_start=self.first_start,
            count=self.count,
            until=self.until,
            skip_dates=frozenset(self.skip_dates),
            skip_conflicts=self.skip_conflicts,
            outside_hours=self.outside_hours,
        )


class CancelSeriesRequest(Request, frozen=True):
    """`reason` is shown to the clients. Set `offer_to_waitlist` to false if the clinician will not be available."""

    reason: Reason | None = None
    offer_to_waitlist: bool = True
    version: Version | None = None


class SeriesController(Controller):
    """Weekly series. Single dates are moved or cancelled like any appointment."""

    path = "/appointments/series"
    tags = ("Practice: appointments",)

    @post("", raises=[Forbidden, ClientDischarged, NotBookable])
    async def book_series(
        self, request: PortalRequest, data: JSONBody[BookSeriesRequest], book_series: NamedDependency[BookSeries]
    ) -> SeriesView:
        """Books a weekly series for clients. Unavailable dates refuse the series, or are listed in `refused`."""
        return await book_series(request.actor, data.command())

    @get("/{series_id:uuid}", raises=[Forbidden])
    async def get_series(
        self, request: PortalRequest, series_id: FromPath[UUID], get_series: NamedDependency[GetSeries]
    ) -> SeriesView:
        """Returns a series and the ids of its appointments, including cancelled ones."""
        return await get_series(request.actor, series_id)

    @post("/{series_id:uuid}/cancel", status_code=200, raises=[Forbidden, SeriesEnded, StaleVersion])
    async def cancel_series(
        self,
        request: PortalRequest,
        series_id: FromPath[UUID],
        data: JSONBody[CancelSeriesRequest],
        cancel_series: NamedDependency[CancelSeries],
    ) -> SeriesView:
        """Ends a series: cancels its future appointments, without a fee, and notifies each client once."""
        command = CancelSeriesCommand(
            series_id=series_id, reason=data.reason, offer_to_waitlist=data.offer_to_waitlist, version=data.version
        )
        return await cancel_series(request.actor, command)
