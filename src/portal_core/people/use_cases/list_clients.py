"""List the practice's clients by name, or find one by external id."""

from datetime import datetime

from attrs import field, frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.sources import Clock
from portal_core.kernel.text import single_line_text
from portal_core.kernel.uow import Begin
from portal_core.people.model import ALL_CLIENTS, Client, ClientFilter
from portal_core.people.policy import CLIENT_READER_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.views import ClientSummaryView


@frozen
class ListClientsQuery:
    """All clients, or with `external_id` the one with this id in the EHR alone, or nobody.

    `wanted` leaves only some of them.
    """

    page: PageRequest = field(factory=PageRequest)
    external_id: str | None = None
    wanted: ClientFilter = ALL_CLIENTS


@frozen
class ListClients:
    """For staff (clinician, front desk, biller, administrator): family name first.

    The audit log says of each client that they were listed, and to whom.

    Raises:
        NotFound, Forbidden: not in such a role.
        Invalid: a bad cursor, or no id.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, query: ListClientsQuery) -> Page[ClientSummaryView]:
        async with self.begin(actor, read_only=True) as unit:
            require_staff_or_system(actor, *CLIENT_READER_ROLES)
            now = self.clock.now()
            if query.external_id is not None:
                external_id = single_line_text(query.external_id, "external_id", 100)
                client = await unit.client_records.find_by_external_id(external_id)
                found = Page(() if client is None else await self._summaries(unit, client, now, query.wanted))
            else:
                found = await unit.client_records.page(query.page, now, query.wanted)
            for one in found.items:
                await unit.audit.record(AuditEntry("clients.listed", record=one.id))
            return await unit.commit(found)

    async def _summaries(
        self, unit: PeopleUnit, client: Client, now: datetime, wanted: ClientFilter
    ) -> tuple[ClientSummaryView, ...]:
        account = await unit.client_accounts.of(client.id, now)
        if wanted.account not in (None, account.status):
            return ()
        if wanted.care_team == "none":
            works_here = {one.id for one in await unit.clinician_records.all() if one.active}
            if client.status != "active" or works_here.intersection(await unit.care_teams.of(client.id)):
                return ()
        return (ClientSummaryView.of(client, account),)
