"""Which clinicians see a client."""

from uuid import UUID

from attrs import frozen

from portal_core.accounts.policy_people import CHANGES_CLIENTS
from portal_core.accounts.ports_people import PeopleUnit
from portal_core.accounts.showing import client_view
from portal_core.accounts.staffing import check_clinician
from portal_core.accounts.views_people import ClientView
from portal_core.kernel.access import staff_or_system
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import Audited
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin


@frozen
class AssignCareTeamCommand:
    client_id: UUID
    clinician_ids: tuple[UUID, ...]


@frozen
class AssignCareTeam:
    """Staff (clinician, front desk, administrator) or a job names a client's clinicians: these and no others.

    Raises:
        NotFound, Forbidden: no such client, or not in such a role.
        Invalid: no such clinician.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: AssignCareTeamCommand) -> ClientView:
        async with self.begin(actor) as unit:
            staff_or_system(actor, *CHANGES_CLIENTS)
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            team = tuple(sorted(set(command.clinician_ids)))
            for clinician_id in team:
                await check_clinician(unit, clinician_id)
            facts = {"clinicians": str(len(team))}
            entry = Audited("care_team.assigned", client.id, record=client.id, facts=facts)
            await unit.care_teams.assign(client.id, team, entry)
            return await unit.commit(await client_view(unit, client))
