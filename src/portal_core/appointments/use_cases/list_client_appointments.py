"""Staff list a client's appointments."""

from uuid import UUID

from attrs import field, frozen

from portal_core.appointments.booking_changes import audit_reads
from portal_core.appointments.policy import require_appointment_reader
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeAppointmentView
from portal_core.appointments.views import AppointmentFilter
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import only_bills
from portal_core.kernel.errors import NotFound
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListClientAppointmentsQuery:
    """The client, the filter and the page. `filters` applies to the client's own part in each, as in their own list."""

    client_id: UUID
    filters: AppointmentFilter = field(factory=AppointmentFilter)
    page: PageRequest = field(factory=PageRequest)


@frozen
class ListClientAppointments:
    """Lists a client's appointments for the practice.

    For the front desk and administrators; clinicians see those in their own calendar; billers what bills need.

    Raises:
        NotFound: no such client.
        Invalid: an invalid cursor, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListClientAppointmentsQuery) -> Page[PracticeAppointmentView]:
        client_id = query.client_id
        async with self.begin(actor, read_only=True) as unit:
            clinician_id = require_appointment_reader(actor)
            if client_id not in await unit.directory.clients([client_id]):
                raise NotFound("client", client_id)
            found = await unit.appointment_reads.list_for_practice(
                client_id, query.filters, query.page, self.clock.now(), clinician_id
            )
            await audit_reads(unit, found.items, client_id)
            return await unit.commit(found.map(PracticeAppointmentView.for_bills) if only_bills(actor) else found)
