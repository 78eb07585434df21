"""A care team is changed only at the version that was read."""

import pytest
import pytest_asyncio

from portal_core.kernel.errors import Invalid, StaleVersion
from portal_core.people.details import ClinicianDetails
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.change_clinician import ChangeClinician, ChangeClinicianCommand
from portal_core.people.use_cases.get_client import GetClient
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def test_stale_care_team_assignment_is_rejected(use_cases: MemoryPeopleUseCases) -> None:
    world, assign, get_client = (
        use_cases.world,
        AssignCareTeam(use_cases.world.begin, use_cases.world.clock),
        GetClient(use_cases.world.begin, use_cases.world.clock),
    )
    client, front = await world.add_client(), world.staff("front_desk")
    grey, owen = (await world.add_clinician()).id, (await world.add_clinician()).id
    first = await assign(front, AssignCareTeamCommand(client.id, (grey,), client.version))
    assert (first.care_team, first.profile.version) == ((grey,), client.version + 1)
    for version in (client.version, client.version + 2):
        with pytest.raises(StaleVersion):
            await assign(front, AssignCareTeamCommand(client.id, (owen,), version))
    assert await get_client(front, client.id) == first
    second = await assign(front, AssignCareTeamCommand(client.id, (owen,)))
    assert (second.care_team, second.profile.version) == ((owen,), client.version + 2)


async def test_care_team_refuses_clinicians_who_left(use_cases: MemoryPeopleUseCases) -> None:
    world, assign, front = (
        use_cases.world,
        AssignCareTeam(use_cases.world.begin, use_cases.world.clock),
        use_cases.world.staff("front_desk"),
    )
    client, grey, owen = await world.add_client(), await world.add_clinician(), await world.add_clinician()
    await assign(front, AssignCareTeamCommand(client.id, (grey.id,)))
    change = ChangeClinician(world.begin, world.clock)
    for one in (grey, owen):
        await change(world.staff(), ChangeClinicianCommand(one.id, ClinicianDetails(one.name, active=False), 1))
    for team in ((grey.id,), (owen.id,), (grey.id, owen.id)):
        with pytest.raises(Invalid) as refused:
            await assign(front, AssignCareTeamCommand(client.id, team))
        assert [(one.path, one.code) for one in refused.value.fields] == [("clinician_ids", "clinician_left")]
    assert (await assign(front, AssignCareTeamCommand(client.id, ()))).care_team == ()


async def test_assigning_same_care_team_changes_nothing(use_cases: MemoryPeopleUseCases) -> None:
    client, clinician = await use_cases.world.add_client(), await use_cases.world.add_clinician()
    command = AssignCareTeamCommand(client.id, (clinician.id,))
    assign, front = AssignCareTeam(use_cases.world.begin, use_cases.world.clock), use_cases.world.staff("front_desk")
    assert await assign(front, command) == await assign(front, command)
    assert len(await use_cases.audit_entries("care_team.assigned")) == 1
