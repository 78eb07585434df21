"""Staff endpoints for holidays of the whole practice."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta

from entrypoints.http.contract.fields import FromPath, Request
from entrypoints.http.contract.routing import delete, get, post
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.availability_views import AddedHolidaysView, HolidayView
from portal_core.appointments.use_cases.add_holidays import MAX_HOLIDAY_NAME_LENGTH, AddHolidays, AddHolidaysCommand
from portal_core.appointments.use_cases.list_holidays import ListHolidays
from portal_core.appointments.use_cases.remove_holiday import RemoveHoliday
from portal_core.kernel.errors import Forbidden
from portal_core.kernel.page import Page


class HolidaysRequest(Request, frozen=True):
    """The practice's local dates from `first_day` to `last_day`, both inclusive, at most 62; or one date."""

    first_day: Annotated[date, Meta(examples=["2027-12-24"])]
    last_day: Annotated[date | None, Meta(examples=["2027-12-26"])] = None
    name: Annotated[str, Meta(max_length=MAX_HOLIDAY_NAME_LENGTH, examples=["Christmas"])] | None = None


class HolidaysController(Controller):
    """Holidays of the practice."""

    path = "/holidays"
    tags = ("Practice: calendar",)

    @get("", raises=[Forbidden])
    async def list_holidays(
        self, request: PortalRequest, list_holidays: NamedDependency[ListHolidays]
    ) -> Page[HolidayView]:
        """Lists holidays from yesterday on, by date."""
        return await list_holidays(request.actor)

    @post("", raises=[Forbidden])
    async def add_holidays(
        self, request: PortalRequest, data: JSONBody[HolidaysRequest], add_holidays: NamedDependency[AddHolidays]
    ) -> AddedHolidaysView:
        """Adds holidays, on which no clinician is available, whatever their own exceptions say.

        Existing appointments stay, and are listed in `conflicts`. A date that is a holiday already stays as it is.
        """
        command = AddHolidaysCommand(first_day=data.first_day, last_day=data.last_day, name=data.name)
        return await add_holidays(request.actor, command)

    @delete("/{holiday_id:uuid}", raises=[Forbidden])
    async def remove_holiday(
        self, request: PortalRequest, holiday_id: FromPath[UUID], remove_holiday: NamedDependency[RemoveHoliday]
    ) -> None:
        """Removes a holiday, so that the clinicians' own hours apply again."""
        await remove_holiday(request.actor, holiday_id)
