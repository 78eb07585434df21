"""Staff endpoints for series."""

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
from portal_core.appointments.scheduling.recurrence import MAX_INTERVAL_WEEKS, MAX_SERIES_WEEKS
from portal_core.appointments.settings import MAX_SEATS
from portal_core.appointments.use_cases.book_series import BookSeries, BookSeriesCommand
from portal_core.appointments.use_cases.cancel_series import CancelSeries, CancelSeriesCommand
from portal_core.appointments.use_cases.extend_series import ExtendSeries, ExtendSeriesCommand
from portal_core.appointments.use_cases.get_series import GetSeries
from portal_core.appointments.use_cases.move_series import MoveSeries, MoveSeriesCommand
from portal_core.kernel.errors import Forbidden, RecordDestroyed, StaleVersion

LocalStart = Annotated[datetime, Meta(tz=False, examples=["2027-03-16T10:00:00"])]
Count = Annotated[int, Meta(ge=1, le=MAX_SERIES_WEEKS, examples=[10])]
"""How many dates; together with the interval it makes five years at most."""

Interval = Annotated[int, Meta(ge=1, le=MAX_INTERVAL_WEEKS, examples=[2])]
LastDate = Annotated[date | None, Meta(examples=[None])]
SkipDates = Annotated[tuple[date, ...], Meta(max_length=MAX_SERIES_WEEKS, examples=[[]])]


class BookSeriesRequest(Request, frozen=True):
    """Every `interval_weeks` weeks at `first_start`, local and without an offset, in the zone of the location, or of
    the practice without one.

    For `count` dates, or until a local date, inclusive. Unavailable dates refuse the whole series, unless
    `skip_conflicts`.
    """

    clinician_id: UUID
    appointment_type_id: UUID
    client_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MAX_SEATS)]
    first_start: LocalStart
    location_id: UUID | None = None
    interval_weeks: Interval = 1
    count: Count | None = None
    until: LastDate = None
    skip_dates: SkipDates = ()
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
            interval_weeks=self.interval_weeks,
            count=self.count,
            until=self.until,
            skip_dates=frozenset(self.skip_dates),
            skip_conflicts=self.skip_conflicts,
            outside_hours=self.outside_hours,
        )


class ExtendSeriesRequest(Request, frozen=True):
    """`count` more dates after the last one, or until a local date, inclusive. Unavailable dates refuse the whole
    extension, unless `skip_conflicts`.
    """

    count: Count | None = None
    until: LastDate = None
    skip_dates: SkipDates = ()
    skip_conflicts: bool = False
    outside_hours: bool = False
    version: Version | None = None

    def command(self, series_id: UUID) -> ExtendSeriesCommand:
        """Convert to the use case's command."""
        return ExtendSeriesCommand(
            series_id=series_id,
            count=self.count,
            until=self.until,
            skip_dates=frozenset(self.skip_dates),
            skip_conflicts=self.skip_conflicts,
            outside_hours=self.outside_hours,
            version=self.version,
        )


class MoveSeriesRequest(Request, frozen=True):
    """The clinician, the location (none for video visits), and the new start of the first date that moves, local and
    without an offset, in the zone of the location, or of the practice without one.

    Each later date follows in the series' interval. `from_date` is the local date from which on dates move; by default
    all that have not started. Unavailable dates refuse the whole move, unless `skip_conflicts`: then they stay where
    they are. Set `offer_to_waitlist` to false if the clinician will not be available at the old times.
    """

    clinician_id: UUID
    first_start: LocalStart
    location_id: UUID | None = None
    from_date: Annotated[date | None, Meta(examples=[None])] = None
    skip_conflicts: bool = False
    outside_hours: bool = False
    offer_to_waitlist: bool = True
    version: Version | None = None

    def command(self, series_id: UUID) -> MoveSeriesCommand:
        """Convert to the use case's command."""
        return MoveSeriesCommand(
            series_id=series_id,
            clinician_id=self.clinician_id,
            location_id=self.location_id,
            first_start=self.first_start,
            from_date=self.from_date,
            skip_conflicts=self.skip_conflicts,
            outside_hours=self.outside_hours,
            offer_to_waitlist=self.offer_to_waitlist,
            version=self.version,
        )


class CancelSeriesRequest(Request, frozen=True):
    """`reason` is shown to the clients, `internal_note` to staff alone.

    Set `offer_to_waitlist` to false if the clinician will not be available.
    """

    reason: Reason | None = None
    internal_note: Reason | None = None
    offer_to_waitlist: bool = True
    version: Version | None = None


class SeriesController(Controller):
    """Series of appointments. Single dates are moved or cancelled like any appointment."""

    path = "/appointments/series"
    tags = ("Practice: appointments",)

    @post("", raises=[Forbidden, ClientDischarged, RecordDestroyed, NotBookable])
    async def book_series(
        self, request: PortalRequest, data: JSONBody[BookSeriesRequest], book_series: NamedDependency[BookSeries]
    ) -> SeriesView:
        """Books a series for clients. Unavailable dates refuse the series, or are listed in `refused`."""
        return await book_series(request.actor, data.command())

    @get("/{series_id:uuid}", raises=[Forbidden])
    async def get_series(
        self, request: PortalRequest, series_id: FromPath[UUID], get_series: NamedDependency[GetSeries]
    ) -> SeriesView:
        """Returns a series and the ids of its appointments, including cancelled ones."""
        return await get_series(request.actor, series_id)

    @post(
        "/{series_id:uuid}/extend",
        status_code=200,
        raises=[Forbidden, ClientDischarged, RecordDestroyed, NotBookable, SeriesEnded, StaleVersion],
    )
    async def extend_series(
        self,
        request: PortalRequest,
        series_id: FromPath[UUID],
        data: JSONBody[ExtendSeriesRequest],
        extend_series: NamedDependency[ExtendSeries],
    ) -> SeriesView:
        """Books further dates after the last one, for the clients of the last appointment; notifies each client once.

        Unavailable dates refuse the extension, or are listed in `refused`.
        """
        return await extend_series(request.actor, data.command(series_id))

    @post("/{series_id:uuid}/move", status_code=200, raises=[Forbidden, NotBookable, SeriesEnded, StaleVersion])
    async def move_series(
        self,
        request: PortalRequest,
        series_id: FromPath[UUID],
        data: JSONBody[MoveSeriesRequest],
        move_series: NamedDependency[MoveSeries],
    ) -> SeriesView:
        """Moves the future appointments of a series to another weekday, time, clinician or location.

        Without a fee; notifies each client once. Appointments that were moved by themselves stay. Times that are not
        available refuse the move, or are listed in `refused`, and those appointments stay.
        """
        return await move_series(request.actor, data.command(series_id))

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
            series_id=series_id,
            reason=data.reason,
            internal_note=data.internal_note,
            offer_to_waitlist=data.offer_to_waitlist,
            version=data.version,
        )
        return await cancel_series(request.actor, command)
