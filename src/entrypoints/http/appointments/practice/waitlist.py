"""Staff endpoints for the waitlist."""

from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, page
from entrypoints.http.contract.routing import delete, get
from entrypoints.http.server.request import PortalRequest
from portal_core.appointments.errors import OfferClosed, WaitlistEntryClosed
from portal_core.appointments.practice_views import PracticeWaitlistEntryView
from portal_core.appointments.use_cases.list_practice_waitlist import ListPracticeWaitlist, ListPracticeWaitlistQuery
from portal_core.appointments.use_cases.remove_from_waitlist import RemoveFromWaitlist, RemoveFromWaitlistCommand
from portal_core.kernel.errors import Forbidden, StaleVersion
from portal_core.kernel.page import Page


class PracticeWaitlistController(Controller):
    """The practice's waitlist."""

    tags = ("Practice: appointments",)

    @get("/appointments/waitlist", raises=[Forbidden])
    async def list_practice_waitlist(
        self,
        request: PortalRequest,
        list_practice_waitlist: NamedDependency[ListPracticeWaitlist],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeWaitlistEntryView]:
        """Lists waitlist entries, longest waiting first, each with the offer that can be accepted now.

        Entries whose latest date has passed are left out, so a page may have fewer than `size` and still have a next
        one.
        """
        return await list_practice_waitlist(request.actor, ListPracticeWaitlistQuery(page(after, size)))

    @delete(
        "/clients/{client_id:uuid}/waitlist/{entry_id:uuid}",
        raises=[Forbidden, WaitlistEntryClosed, OfferClosed, StaleVersion],
    )
    async def remove_from_waitlist(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        entry_id: FromPath[UUID],
        remove_from_waitlist: NamedDependency[RemoveFromWaitlist],
    ) -> None:
        """Takes a client off the waitlist. An open offer goes to the next client."""
        await remove_from_waitlist(request.actor, RemoveFromWaitlistCommand(client_id, entry_id))
