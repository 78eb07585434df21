"""Contract of the practice's list of clients. Subclasses provide the fixture `world`."""

from uuid import UUID

import pytest

from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import PageRequest
from portal_core.people.views import ClientSummaryView
from tests.support.contracts.people.world import PeopleWorld


class ClientPagesContract:
    """Pages of clients: their order, and which are found."""

    async def test_pages_are_ordered_by_name_and_complete(self, world: PeopleWorld) -> None:
        names = [
            ("Bo", "lee"),
            ("Ann", "Lee"),
            ("Ann", "Lee"),
            ("Zoë", "Leeds"),
            ("Al", "Österr"),
            ("Al", "%_"),
            ("A", "M"),
        ]
        clients = [await world.add_client(given, family, chosen_name=None) for given, family in names]
        expected = [one.id for one in sorted(clients, key=lambda one: (one.sort_name.encode(), one.id))]
        for size in (1, 2, 7, 100):
            seen: list[UUID] = []
            after: str | None = None
            while True:
                async with world.begin(world.staff()) as unit:
                    page = await unit.client_records.page("", PageRequest(after, size), world.clock.now())
                assert len(page.items) <= size
                seen += [one.id for one in page.items]
                after = page.next
                if not after:
                    break
            assert seen == expected

    async def test_pages_filtered_by_name_prefix(self, world: PeopleWorld) -> None:
        lee = await world.add_client("Ann", "Lee", chosen_name="Andy", external_id="E-1")
        leeds = await world.add_client("Zoë", "Leeds")
        percent = await world.add_client("Al", "%")
        await (await world.other_practice()).add_client("Ann", "Lee")
        expected_by_prefix = {"lee": [lee, leeds], "LEE ": [lee], "Lee An": [lee], "%": [percent], "_": [], "ann": []}
        for name_prefix, expected in expected_by_prefix.items():
            async with world.begin(world.staff()) as unit:
                page = await unit.client_records.page(name_prefix, PageRequest(), world.clock.now())
            assert list(page.items) == [ClientSummaryView.of(one) for one in expected], name_prefix
        async with world.begin(world.staff()) as unit:
            first = await unit.client_records.page("lee", PageRequest(size=1), world.clock.now())
            second = await unit.client_records.page("lee", PageRequest(first.next, 1), world.clock.now())
        assert [one.id for one in (*first.items, *second.items)] == [lee.id, leeds.id]
        assert second.next is None

    async def test_invalid_cursor_is_rejected(self, world: PeopleWorld) -> None:
        async with world.begin(world.staff()) as unit:
            with pytest.raises(Invalid):
                await unit.client_records.page("", PageRequest("x"), world.clock.now())
