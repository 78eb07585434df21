"""Set which clinicians see a client."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound, RecordDestroyed, StaleVersion
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_EDITOR_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.profiles import client_view
from portal_core.people.staff_rules import assign_team, check_team
from portal_core.people.views import ClientView


@frozen
class AssignCareTeamCommand:
    """`version` is the client's version as it was read; without it, the current team is replaced unchecked."""

    client_id: UUID
    clinician_ids: tuple[UUID, ...]
    version: int | None = None


@frozen
class AssignCareTeam:
    """Staff (clinician, front desk, administrator) or a job replaces a client's care team.

    Raises:
        NotFound, Forbidden: no such client, or the actor has none of these roles.
        Invalid: no such clinician, or one who has left.
        StaleVersion: the client or the team changed after they were read.
        RecordDestroyed: the record was erased.
    """

    begin: Begin[PeopleUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: AssignCareTeamCommand) -> ClientView:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            if command.version not in (None, client.version):
                raise StaleVersion
            if await unit.client_records.destroyed([client.id]):
                raise RecordDestroyed
            team = tuple(sorted(set(command.clinician_ids)))
            await check_team(unit, team)
            client = await assign_team(unit, client, team)
            return await unit.commit(await client_view(unit, client, self.clock.now()))
