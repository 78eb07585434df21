"""Staff list the waitlist."""

from datetime import UTC

from attrs import evolve, field, frozen

from portal_core.appointments.pending_requests import require_request_access
from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListPracticeWaitlistQuery:
    """The page."""

    page: PageRequest = field(factory=PageRequest)


@frozen
class ListPracticeWaitlist:
    """Lists waitlist entries, longest waiting first, with the offers that can be accepted now.

    For the front desk and administrators. Entries whose latest date has passed are left out, so a page may have fewer
    rows than requested and still have a next page.

    Raises:
        Invalid: an invalid cursor, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListPracticeWaitlistQuery) -> Page[PracticeWaitlistEntryView]:
        now = self.clock.now()
        async with self.begin(actor, read_only=True) as unit:
            require_request_access(actor)
            found = await unit.waitlist_reads.list_for_practice(now.astimezone(UTC).date(), query.page)
            current = tuple(evolve(one, entry=one.entry.as_of(now)) for one in found.items if one.entry.is_active(now))
            for client_id in sorted({one.client_id for one in current}):
                await unit.audit.record(AuditEntry("waitlist.read", record=client_id))
            return await unit.commit(Page(current, found.next))
