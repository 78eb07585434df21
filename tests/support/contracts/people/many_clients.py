"""Contract of what an import does with many clients at once. Subclasses provide the fixture `world`."""

from uuid import UUID

import pytest
from attrs import evolve

from portal_core.kernel.errors import StaleVersion
from portal_core.people.errors import DuplicateExternalId
from tests.support.contracts.people.world import AUDIT_ENTRY, PeopleWorld


class ManyClientsContract:
    """Many clients and their care teams, read and written together."""

    async def test_many_clients_are_found_by_external_id(self, world: PeopleWorld) -> None:
        one = await world.add_client("Ann", external_id="E-1", address="1 Elm Street")
        two = await world.add_client("Bo", external_id="E-2", address="2 Elm Street")
        await world.add_client("Cy")
        await (await world.other_practice()).add_client(external_id="E-3")
        async with world.begin(world.system) as unit:
            found = await unit.client_records.find_by_external_ids({"E-1", "E-2", "E-3", "E-4"})
            assert found == {"E-1": one, "E-2": two}
            assert await unit.client_records.find_by_external_ids(set()) == {}
        async with world.begin(world.as_client(two.id)) as unit:
            assert await unit.client_records.find_by_external_ids({"E-1", "E-2"}) == {"E-2": two}

    async def test_clients_are_found_by_emails(self, world: PeopleWorld) -> None:
        ann = await world.add_client("Ann", email="ann@example.org")
        bo = await world.add_client("Bo", email="ann@example.org")
        await world.add_client("Cy", email="cy@example.org")
        await world.add_client("Di")
        await (await world.other_practice()).add_client(email="ann@example.org")
        async with world.begin(world.system) as unit:
            found = await unit.client_records.find_by_emails({"ann@example.org", "who@example.org"})
            assert found == dict.fromkeys((ann.id, bo.id), "ann@example.org")
            assert await unit.client_records.find_by_emails(set()) == {}

    async def test_many_clients_are_added_and_saved_together(self, world: PeopleWorld) -> None:
        first = await world.add_client(external_id="E-0", address="0 Elm Street")
        added = [
            evolve(first, id=world.ids.new(), external_id=f"E-{n}", address=f"{n} Elm Street" if n % 2 else None)
            for n in range(1, 6)
        ]
        async with world.begin(world.system) as unit:
            await unit.client_records.add_all(added, [AUDIT_ENTRY] * 5)
            await unit.client_records.add_all([], [])
            await unit.commit(None)
        async with world.begin(world.staff()) as unit:
            assert [await unit.client_records.get(one.id) for one in added] == added
        saved = [one.with_changes(family_name="Low", address="6 Elm Street", coverage="insured") for one in added]
        async with world.begin(world.staff()) as unit:
            await unit.client_records.save_all(saved, [AUDIT_ENTRY] * 2)
            await unit.client_records.save_all([], [])
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with world.begin(world.staff()) as unit:
                await unit.client_records.save_all([first.with_next_version(), saved[0]], [])
                await unit.commit(None)
        async with world.begin(world.staff()) as unit:
            found = await unit.client_records.find_by_external_ids({f"E-{n}" for n in range(6)})
        assert found == {one.external_id: one for one in (first, *saved)}
        assert (await world.audit()).count(AUDIT_ENTRY) == 9

    async def test_one_duplicate_among_many_clients_is_refused(self, world: PeopleWorld) -> None:
        first, second = await world.add_client(external_id="E-1"), await world.add_client(external_id="E-2")
        new = [evolve(first, id=world.ids.new(), external_id=external_id) for external_id in ("E-3", "E-1")]
        with pytest.raises(DuplicateExternalId):
            async with world.begin(world.system) as unit:
                await unit.client_records.add_all(new, [])
        with pytest.raises(DuplicateExternalId):
            async with world.begin(world.system) as unit:
                await unit.client_records.save_all([second.with_changes(external_id="E-1")], [])
        async with world.begin(world.system) as unit:
            assert await unit.client_records.find_by_external_id("E-3") is None

    async def test_many_care_teams_are_assigned_together(self, world: PeopleWorld) -> None:
        clients = [(await world.add_client()).id for _ in range(3)]
        one, two = sorted([(await world.add_clinician()).id for _ in range(2)])
        expected: dict[UUID, tuple[UUID, ...]] = dict.fromkeys(clients, ())
        for teams in (
            {clients[0]: (one, two), clients[1]: (two,)},
            {clients[0]: (two,), clients[1]: ()},
            {},
        ):
            async with world.begin(world.staff()) as unit:
                await unit.care_teams.assign_all(teams, [AUDIT_ENTRY] * len(teams))
                await unit.commit(None)
            async with world.begin(world.staff()) as unit:
                expected |= teams
                assert await unit.care_teams.of_all(clients) == expected
