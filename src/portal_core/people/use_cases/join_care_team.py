"""Add a clinician to a client's care team."""

from uuid import UUID

from attrs import frozen

from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_staff_or_system
from portal_core.kernel.errors import NotFound
from portal_core.kernel.uow import Begin
from portal_core.people.policy import CLIENT_EDITOR_ROLES
from portal_core.people.ports import PeopleUnit
from portal_core.people.staff_rules import assign_team


@frozen
class JoinCareTeamCommand:
    client_id: UUID
    clinician_id: UUID


@frozen
class JoinCareTeam:
    """Adds a clinician who took over a client's appointments, so that the client can book with them. The others stay.

    Nothing happens when the clinician is on the team, or has left.

    Raises:
        NotFound: no such client.
    """

    begin: Begin[PeopleUnit]

    async def __call__(self, actor: Actor, command: JoinCareTeamCommand) -> None:
        async with self.begin(actor) as unit:
            require_staff_or_system(actor, *CLIENT_EDITOR_ROLES)
            client = await unit.client_records.get(command.client_id)
            if client is None:
                raise NotFound("client", command.client_id)
            clinician = await unit.clinician_records.get(command.clinician_id)
            if clinician is not None and clinician.active:
                team = await unit.care_teams.of(client.id)
                await assign_team(unit, client, tuple(sorted({*team, clinician.id})))
            await unit.commit(None)
