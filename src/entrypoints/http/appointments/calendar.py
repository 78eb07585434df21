"""Appointments in people's own calendars (RFC 5545)."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency

from entrypoints.http.fields import FromPath
from entrypoints.http.request import PortalRequest
from entrypoints.http.routing import get
from portal_core.appointments.use_cases.export_calendar_event import ExportCalendarEvent
from portal_core.appointments.views import CalendarFile


def calendar_answer(file: CalendarFile) -> Response[str]:
    """The file as text/calendar, with the method that RFC 5545, 8.1, wants said beside it."""
    return Response(
        file.content,
        media_type=f"text/calendar; charset=utf-8; method={file.method}",
        headers={"content-disposition": f'attachment; filename="{file.file_name}"'},
    )


class CalendarFileController(Controller):
    """One appointment as a file."""

    path = "/appointments"
    tags = ("Appointments",)

    @get("/{appointment_id:uuid}/calendar.ics", media_type="text/calendar")
    async def export_calendar_event(
        self,
        request: PortalRequest,
        appointment_id: FromPath[UUID],
        export_calendar_event: NamedDependency[ExportCalendarEvent],
    ) -> Response[str]:
        """The appointment for one's own calendar; of a cancelled one, what takes it out again."""
        return calendar_answer(await export_calendar_event(request.actor, appointment_id))
