"""A client lists their appointments."""

from attrs import field, frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.views import AppointmentFilter, AppointmentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_own_record
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListMyAppointmentsQuery:
    """The filter and the page."""

    filters: AppointmentFilter = field(factory=AppointmentFilter)
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListMyAppointments:
    """Lists a record's appointments with the actions possible now. For clients, and proxies with `appointments` access.

    Raises:
        Invalid: an invalid cursor, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListMyAppointmentsQuery) -> Page[AppointmentView]:
        now = self.clock.now()
        async with self.begin(actor, read_only=True) as unit:
            client_id = require_own_record(actor, "appointments")
            await unit.audit.record(AuditEntry("appointments.read", record=client_id))
            rows = await unit.appointment_reads.list_for_client(client_id, query.filters, query.page, now)
            return await unit.commit(rows.map(lambda row: AppointmentView.of(row, now)))
