"""Staff list clients, and find them by what they know of them."""

import pytest
import pytest_asyncio

from portal_core.kernel.actor import SystemActor
from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import Page, PageRequest
from portal_core.people.use_cases.list_clients import ListClients, ListClientsQuery
from portal_core.people.use_cases.search_clients import SearchClients, SearchClientsQuery
from portal_core.people.views import ClientSummaryView
from tests.unit.people.memory_world import MemoryPeopleUseCases


@pytest_asyncio.fixture
async def use_cases() -> MemoryPeopleUseCases:
    return await MemoryPeopleUseCases.create()


async def test_clients_are_listed_by_family_name_and_listing_is_audited(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    for family in ("Lee", "Leeds", "Moor"):
        await world.add_client("Ann", family)
    list_clients = ListClients(world.begin, world.clock)
    page = await list_clients(world.staff("front_desk"), ListClientsQuery(PageRequest(size=1)))
    rest = await list_clients(world.staff("front_desk"), ListClientsQuery(PageRequest(page.next)))
    assert [one.name for one in (*page.items, *rest.items)] == ["Ann Lee", "Ann Leeds", "Ann Moor"]
    assert [(entry.record, entry.facts) for entry in await use_cases.audit_entries("clients.listed")] == [
        (one.id, {}) for one in (*page.items, *rest.items)
    ]
    assert "Lee" not in str(page.next)


async def test_search_is_audited_without_what_was_searched_for(use_cases: MemoryPeopleUseCases) -> None:
    world = use_cases.world
    for given, family in (("Mia", "D’Angelo"), ("Anders", "Ångström"), ("Ann", "Moor")):
        await world.add_client(given, family)
    search = SearchClients(world.begin, world.clock)
    first = await search(world.staff("front_desk"), SearchClientsQuery(" An ", PageRequest(size=1)))
    second = await search(world.staff("front_desk"), SearchClientsQuery(" An ", PageRequest(first.next)))
    assert [one.name for one in (*first.items, *second.items)] == ["Anders Ångström", "Mia D’Angelo", "Ann Moor"]
    nobody = await search(world.staff("biller"), SearchClientsQuery("d'ang moor"))
    assert nobody.items == ()
    listed = [one.id for one in (*first.items, *second.items)]
    assert [entry.record for entry in await use_cases.audit_entries("clients.listed")] == listed
    searches = await use_cases.audit_entries("clients.searched")
    assert [entry.facts for entry in searches] == [{"found": "1"}, {"found": "2"}, {"found": "0"}]
    for wrong in ("a\x00", " ", "%", "x" * 161):
        with pytest.raises(Invalid):
            await search(world.staff(), SearchClientsQuery(wrong))


async def test_client_is_found_by_external_id(use_cases: MemoryPeopleUseCases) -> None:
    world, list_clients = use_cases.world, ListClients(use_cases.world.begin, use_cases.world.clock)
    ann = await world.add_client("Ann", "Lee", external_id="E-1")
    await world.add_client("Bob", "Lee", external_id="E-2")
    await (await world.other_practice()).add_client("Eve", "Lee", external_id="E-3")
    job = SystemActor(world.practice_id, "ehr nightly")
    assert await list_clients(job, ListClientsQuery(external_id=" E-1 ")) == Page((ClientSummaryView.of(ann),))
    for unknown in ("E-3", "e-1", "E"):
        assert await list_clients(job, ListClientsQuery(external_id=unknown)) == Page(())
    assert [entry.record for entry in await use_cases.audit_entries("clients.listed")] == [ann.id]
    for wrong in ("", "E\x00", "E" * 101):
        with pytest.raises(Invalid):
            await list_clients(job, ListClientsQuery(external_id=wrong))
