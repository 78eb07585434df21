"""Contract of care teams: who has nobody, and what changes together. Provide the fixture `world`."""

from portal_core.kernel.page import PageRequest
from portal_core.people.model import ClientFilter
from portal_core.people.search import search_terms
from portal_core.people.use_cases.list_clients import ListClients, ListClientsQuery
from tests.support.contracts.people.world import AUDIT_ENTRY, PeopleWorld


class CareTeamsContract:
    """Clients without a clinician, and the teams of many clients."""

    async def test_clients_without_a_clinician_are_found(self, world: PeopleWorld) -> None:
        stays, leaves, gone = [await world.add_clinician(active=active) for active in (True, True, False)]
        teams = [(), (stays,), (leaves,), (leaves, stays), (gone,), (gone, leaves)]
        ann, bob, cem, dee, eve, fay = clients = [
            await world.add_client(given=name, family=name, external_id=name)
            for name in ("Ann", "Bob", "Cem", "Dee", "Eve", "Fay")
        ]
        discharged = await world.add_client(status="discharged", external_id="Gus")
        async with world.begin(world.staff()) as unit:
            for client, team in ((discharged, (leaves,)), *zip(clients, teams, strict=True)):
                ids = tuple(sorted(one.id for one in team))
                await unit.care_teams.assign(client.with_next_version(), ids, AUDIT_ENTRY)
            await unit.commit(None)
        wanted = ClientFilter(care_team="none")
        async with world.begin(world.staff()) as unit:
            left = await unit.client_records.page(PageRequest(size=10), world.clock.now(), wanted)
            assert [one.id for one in left.items] == [ann.id, eve.id]
            terms = search_terms("eve", "text")
            found = await unit.client_records.search(terms, PageRequest(), world.clock.now(), wanted)
            assert [one.id for one in found.items] == [eve.id]
            assert await unit.care_teams.only_with([]) == {}
            assert await unit.care_teams.only_with([leaves.id]) == {leaves.id: tuple(sorted((cem.id, fay.id)))}
            assert await unit.care_teams.only_with([stays.id]) == {stays.id: (bob.id,)}
            both = await unit.care_teams.only_with([stays.id, leaves.id])
            assert both == {
                stays.id: tuple(sorted((bob.id, dee.id))),
                leaves.id: tuple(sorted((cem.id, dee.id, fay.id))),
            }
            assert await unit.care_teams.only_with([gone.id]) == {gone.id: (eve.id,)}
        list_clients = ListClients(world.begin, world.clock)
        for client in (*clients, discharged):
            query = ListClientsQuery(external_id=client.external_id, wanted=wanted)
            listed = await list_clients(world.staff(), query)
            assert bool(listed.items) == (client in (ann, eve))

    async def test_care_teams_of_a_clinician_change_together(self, world: PeopleWorld) -> None:
        grey, green = [(await world.add_clinician()).id for _ in range(2)]
        both, one, erased = [await world.add_client() for _ in range(3)]
        async with world.begin(world.staff()) as unit:
            for client, team in ((both, {grey, green}), (one, {grey}), (erased, {green})):
                await unit.care_teams.assign(client.with_next_version(), tuple(sorted(team)), AUDIT_ENTRY)
            await unit.commit(None)
        await world.erase(erased.id)
        async with world.begin(world.staff()) as unit:
            assert (
                await unit.care_teams.of_both(grey, green) == await unit.care_teams.of_both(green, grey) == (both.id,)
            )
            assert await unit.care_teams.locked([]) == {}
            locked = await unit.care_teams.locked([both.id, one.id, erased.id])
            assert locked == {both.id: tuple(sorted((grey, green))), one.id: (grey,)}
            await unit.care_teams.change_all({both.id: (green,), one.id: ()}, [AUDIT_ENTRY] * 2)
            await unit.care_teams.change_all({}, [])
            await unit.commit(None)
        async with world.begin(world.staff()) as unit:
            assert await unit.care_teams.of_all([both.id, one.id]) == {both.id: (green,), one.id: ()}
            for client in (both, one):
                stored = await unit.client_records.get(client.id)
                assert stored is not None
                assert stored.version == client.version + 2
