"""The practice's clients, by name."""

from attrs import frozen

from portal_core.accounts import contact
from portal_core.accounts.policy_people import READS_CLIENTS
from portal_core.accounts.ports_people import PeopleUnit
from portal_core.accounts.views_people import ClientLineView
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin


@frozen
class ListClients:
    """For staff (clinician, front desk, biller, administrator): family name first.

    `beginning` is how the family name begins, and may go on to the given name; letter case does not matter. Keep it
    out of addresses and logs: it is a name.

    Raises:
        NotFound, Forbidden: not in such a role.
        Invalid: a bad cursor or page size, or no beginning of a name.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, page: PageRequest, beginning: str = "") -> Page[ClientLineView]:
        async with self.begin(actor) as unit:
            staff_or_system(actor, *READS_CLIENTS)
            wanted = contact.line(beginning, "beginning", 160) if beginning.strip() else ""
            found = await unit.client_records.page(wanted, page)
            await unit.audit.record(Audited("clients.listed", facts={"rows": str(len(found.items))}))
            return await unit.commit(found)
