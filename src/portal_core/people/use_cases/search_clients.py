"""Find clients by what staff know of them."""

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.people.model import ALL_CLIENTS, ClientFilter
from portal_core.people.policy import CLIENT_READER_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.search import search_terms
from portal_core.people.views import ClientSummaryView


@frozen
class SearchClientsQuery:
    """`text` is what a person typed; keep it out of addresses and logs, since it may name a client.

    Words are the beginnings of words of the given, chosen or family name, in any order, without regard to letter case,
    accents, apostrophes and hyphens. Digits, at least four, are the beginning or the end of a telephone number; a date
    is the date of birth (`1990-05-17`, `5/17/1990`). The number in the EHR (`external_id`) finds the client, or its
    beginning of at least four letters and digits; so does the email on file, or its beginning with the `@`. Everything
    given must be true of a client, and so must `wanted`.
    """

    text: str
    page: PageRequest = field(factory=PageRequest)
    wanted: ClientFilter = ALL_CLIENTS


@frozen
class SearchClients:
    """For staff (clinician, front desk, biller, administrator): those whom the text describes, family name first.

    The audit log says that somebody searched, but not for what, and of each client that they were listed. A client
    whose record's key was destroyed is not found.

    Raises:
        NotFound, Forbidden: not in such a role.
        Invalid: a bad cursor, nothing to search for, or too much.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: SearchClientsQuery) -> Page[ClientSummaryView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *CLIENT_READER_ROLES)
            terms = search_terms(single_line_text(query.text, "text", 160), "text")
            found = await unit.client_records.search(terms, query.page, self.clock.now(), query.wanted)
            await unit.audit.record(AuditEntry("clients.searched", facts={"found": str(len(found.items))}))
            for one in found.items:
                await unit.audit.record(AuditEntry("clients.listed", record=one.id))
            return await unit.commit(found)
