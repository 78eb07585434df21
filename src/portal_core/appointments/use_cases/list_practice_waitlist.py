"""The practice sees who waits."""

from datetime import UTC

from attrs import evolve, field, frozen

from portal_core.appointments.ports import AppointmentUnit
from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.appointments.requests import require_request_access
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class ListPracticeWaitlistQuery:
    """Which page."""

    page: PageRequest = field(factory=PageRequest)


@frozen
class ListPracticeWaitlist:
    """Lists who waits for what, longest waiting first, with the offers that can be accepted now. Front desk and
    administrators.

    Those whose last date is past are not shown: a page may have fewer rows than it asks for, and yet a next one.

    Raises:
        Invalid: a cursor that is none of ours, or a page size out of range.
    """

    begin: Begin[AppointmentUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListPracticeWaitlistQuery) -> Page[PracticeWaitlistEntryView]:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            require_request_access(actor)
            found = await unit.waitlist_reads.list_for_practice(now.astimezone(UTC).date(), query.page)
            current = tuple(evolve(one, entry=one.entry.as_of(now)) for one in found.items if one.entry.is_active(now))
            for client_id in sorted({one.client_id for one in current}):
                await unit.audit.record(AuditEntry("waitlist.read", record=client_id))
            return await unit.commit(Page(current, found.next))
