"""A client exports an appointment to their own calendar."""

from uuid import UUID

from attrs import frozen

from portal_core.appointments.calendar_file import CalendarEvent, Method, event_text
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import CalendarFile
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ExportCalendarEvent:
    """One appointment as a calendar file; for a cancelled one, the file that removes it from the calendar.

    For clients, and proxies with `appointments` access.

    Raises:
        NotFound: no such appointment on this record.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, appointment_id: UUID) -> CalendarFile:
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            row = await unit.appointment_reads.for_client(client_id, appointment_id)
            if row is None:
                raise NotFound("appointment", appointment_id)
            event = CalendarEvent.of(row)
            method: Method = "CANCEL" if event.cancelled else "PUBLISH"
            content = event_text(event, method=method, organizer=actor.practice_id, stamp=self.clock.now())
            await unit.audit.record(AuditEntry("appointments.exported", appointment_id, record=client_id))
            return await unit.commit(CalendarFile(file_name="appointment.ics", method=method, content=content))
