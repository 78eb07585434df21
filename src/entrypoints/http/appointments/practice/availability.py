"""Staff endpoints for clinicians' availability: weekly rules, exceptions and blocks."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import ClockTime, FromPath, Instant, Request, clock_time
from entrypoints.http.contract.routing import delete, get, post, put
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.availability_views import AddedAvailabilityExceptionView, AvailabilityView, ConflictsView
from portal_core.appointments.practice_views import BlockView
from portal_core.appointments.use_cases.add_availability_exception import (
    AddAvailabilityException,
    AddAvailabilityExceptionCommand,
)
from portal_core.appointments.use_cases.block_time import BlockTime, BlockTimeCommand
from portal_core.appointments.use_cases.get_availability import GetAvailability
from portal_core.appointments.use_cases.publish_availability import (
    MAX_OPENINGS,
    Opening,
    PublishAvailability,
    PublishAvailabilityCommand,
)
from portal_core.appointments.use_cases.remove_availability_exception import (
    RemoveAvailabilityException,
    RemoveAvailabilityExceptionCommand,
)
from portal_core.appointments.use_cases.unblock_time import UnblockTime
from portal_core.kernel.errors import Forbidden, StaleVersion

Weekday = Annotated[int, Meta(ge=0, le=6, examples=[1])]
Closing = Annotated[ClockTime, Meta(examples=["17:00"])]
Kinds = Annotated[tuple[UUID, ...], Meta(max_length=100, examples=[[]])]


class OpeningRequest(Request, frozen=True):
    """One weekly opening, local to the location, or to the practice for telehealth.

    `weekday` 0 is Monday; `end_time` 00:00 is the end of the day. No location means telehealth; no appointment types
    means all of them. Valid from today if no date is given, and until the next publication if there is no last date.
    """

    weekday: Weekday
    start_time: ClockTime
    end_time: Closing
    location_id: UUID | None = None
    appointment_type_ids: Kinds = ()
    valid_from: date | None = None
    valid_until: Annotated[date | None, Meta(examples=[None])] = None

    def opening(self) -> Opening:
        """Convert to the use case's value."""
        return Opening(
            weekday=self.weekday,
            start_time=clock_time(self.start_time),
            end_time=clock_time(self.end_time),
            location_id=self.location_id,
            appointment_type_ids=frozenset(self.appointment_type_ids),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
        )


class AvailabilityRequest(Request, frozen=True):
    """The complete week; the clinician is not available at any other time.

    `expected_rule_ids` are the ids of the rules that the caller saw.
    """

    openings: Annotated[tuple[OpeningRequest, ...], Meta(max_length=MAX_OPENINGS)]
    expected_rule_ids: Annotated[tuple[UUID, ...], Meta(max_length=MAX_OPENINGS)] | None = None


class AvailabilityExceptionRequest(Request, frozen=True):
    """Available or not on one date, between two times or all day; local to the location, or to the practice without
    one.
    """

    date: date
    available: bool
    start_time: ClockTime | None = None
    end_time: Closing | None = None
    location_id: UUID | None = None


class BlockRequest(Request, frozen=True):
    """The time to block, at most 400 days."""

    starts_at: Instant
    ends_at: Annotated[Instant, Meta(examples=["2027-03-14T17:30:00Z"])]


class AvailabilityController(Controller):
    """A clinician's availability."""

    path = "/clinicians/{clinician_id:uuid}"
    tags = ("Practice: calendar",)

    @get("/availability", raises=[Forbidden])
    async def get_availability(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        get_availability: NamedDependency[GetAvailability],
    ) -> AvailabilityView:
        """Returns the clinician's published availability, and the booked appointments outside of it."""
        return await get_availability(request.actor, clinician_id)

    @put("/availability", raises=[Forbidden, StaleVersion])
    async def publish_availability(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        data: JSONBody[AvailabilityRequest],
        publish_availability: NamedDependency[PublishAvailability],
    ) -> AvailabilityView:
        """Replaces the weekly rules. Appointments outside the new hours stay, and are listed in `conflicts`."""
        openings = tuple(one.opening() for one in data.openings)
        command = PublishAvailabilityCommand(
            clinician_id=clinician_id, openings=openings, expected_rule_ids=data.expected_rule_ids
        )
        return await publish_availability(request.actor, command)

    @post("/availability/exceptions", raises=[Forbidden])
    async def add_availability_exception(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        data: JSONBody[AvailabilityExceptionRequest],
        add_availability_exception: NamedDependency[AddAvailabilityException],
    ) -> AddedAvailabilityExceptionView:
        """Adds an exception, today or later. If an identical one exists, that one is returned.

        Existing appointments stay; those at an unavailable time are listed in `conflicts`.
        """
        command = AddAvailabilityExceptionCommand(
            clinician_id=clinician_id,
            date=data.date,
            available=data.available,
            start_time=None if data.start_time is None else clock_time(data.start_time),
            end_time=None if data.end_time is None else clock_time(data.end_time),
            location_id=data.location_id,
        )
        return await add_availability_exception(request.actor, command)

    @delete("/availability/exceptions/{exception_id:uuid}", status_code=200, raises=[Forbidden])
    async def remove_availability_exception(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        exception_id: FromPath[UUID],
        remove_availability_exception: NamedDependency[RemoveAvailabilityException],
    ) -> ConflictsView:
        """Removes an exception, so that the weekly rules apply again.

        Existing appointments stay; those that are no longer within the clinician's hours are listed in `conflicts`.
        """
        command = RemoveAvailabilityExceptionCommand(clinician_id=clinician_id, exception_id=exception_id)
        return await remove_availability_exception(request.actor, command)

    @post("/blocks", raises=[Forbidden])
    async def block_time(
        self,
        request: PortalRequest,
        clinician_id: FromPath[UUID],
        data: JSONBody[BlockRequest],
        block_time: NamedDependency[BlockTime],
    ) -> BlockView:
        """Blocks time. Existing appointments stay, and are listed in `conflicts`."""
        command = BlockTimeCommand(clinician_id=clinician_id, starts_at=data.starts_at, ends_at=data.ends_at)
        return await block_time(request.actor, command)


class BlocksController(Controller):
    """Blocked time."""

    path = "/blocks"
    tags = ("Practice: calendar",)

    @delete("/{block_id:uuid}", raises=[Forbidden])
    async def unblock_time(
        self, request: PortalRequest, block_id: FromPath[UUID], unblock_time: NamedDependency[UnblockTime]
    ) -> None:
        """Removes a block."""
        await unblock_time(request.actor, block_id)
