"""A clinician who takes over appointments joins the client's care team."""

import pytest
from attrs import evolve

from portal_core.kernel.errors import NotFound
from portal_core.people.use_cases.assign_care_team import AssignCareTeam, AssignCareTeamCommand
from portal_core.people.use_cases.get_client import GetClient
from portal_core.people.use_cases.join_care_team import JoinCareTeam, JoinCareTeamCommand
from tests.unit.people.memory_world import MemoryPeopleUseCases


async def test_clinician_is_added_once_and_the_others_stay() -> None:
    use_cases = await MemoryPeopleUseCases.create()
    world = use_cases.world
    join, get_client = JoinCareTeam(world.begin), GetClient(world.begin, world.clock)
    client, grey, green = await world.add_client(), await world.add_clinician(), await world.add_clinician()
    await AssignCareTeam(world.begin, world.clock)(
        world.staff("front_desk"), AssignCareTeamCommand(client.id, (grey.id,))
    )
    for _ in range(2):
        await join(world.system, JoinCareTeamCommand(client.id, green.id))
        found = await get_client(world.staff("front_desk"), client.id)
        assert found.care_team == tuple(sorted((grey.id, green.id)))
        assert found.profile.version == client.version + 2


async def test_clinicians_who_left_and_unknown_clients() -> None:
    use_cases = await MemoryPeopleUseCases.create()
    world = use_cases.world
    join = JoinCareTeam(world.begin)
    client, gone = await world.add_client(), await world.add_clinician()
    table = world.store.table("clinicians")
    for key, row in table.items():
        if row.id == gone.id:
            table[key] = evolve(row, active=False)
    for clinician_id in (gone.id, world.ids.new()):
        await join(world.system, JoinCareTeamCommand(client.id, clinician_id))
    found = await GetClient(world.begin, world.clock)(world.staff("front_desk"), client.id)
    assert found.care_team == ()
    with pytest.raises(NotFound):
        await join(world.system, JoinCareTeamCommand(world.ids.new(), gone.id))
