"""Contract of the practice's list of clients. Subclasses provide the fixture `world`."""

from uuid import UUID

import pytest

from portal_core.kernel.errors import Invalid
from portal_core.kernel.page import PageRequest
from portal_core.people.erasure import erased
from portal_core.people.search import search_terms
from portal_core.people.views import ClientSummaryView
from tests.support.contracts.people.world import AUDIT_ENTRY, DATE_OF_BIRTH, PeopleWorld


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
                    page = await unit.client_records.page(PageRequest(after, size), world.clock.now())
                assert len(page.items) <= size
                seen += [one.id for one in page.items]
                after = page.next
                if not after:
                    break
            assert seen == expected

    async def test_clients_are_found_in_order_of_their_names(self, world: PeopleWorld) -> None:
        zoe = await world.add_client("Zoë", "D’Angelo", phone="+15185550100", external_id="K-1017")
        angstrom = await world.add_client(
            "Mia", "Ångström", chosen_name="Angela", date_of_birth=DATE_OF_BIRTH, email="mia@example.org"
        )
        smith = await world.add_client("Angelo", "Smith-Jones", phone="+12125550100")
        await (await world.other_practice()).add_client("Ann", "Ångström", phone="+15185550100")
        expected = {
            "ang": [angstrom, zoe, smith],
            "angs": [angstrom],
            "d'ang": [zoe],
            "DANGELO zoe": [zoe],
            "jones ang": [smith],
            "mia angela": [angstrom],
            "angelo": [zoe, smith],
            "518 555": [zoe],
            "555-0100": [zoe, smith],
            f"ang {DATE_OF_BIRTH:%m/%d/%Y}": [angstrom, zoe, smith],
            f"angs {DATE_OF_BIRTH.isoformat()}": [angstrom],
            "angs 1901-01-01": [],
            "k-101": [zoe],
            "k-10": [],
            "angelo k1017": [zoe],
            "1017": [],
            "Mia@example.org": [angstrom],
            "mia@": [angstrom],
            "ngstrom": [],
            "angs\U0010ffff": [angstrom],
        }
        for text, found in expected.items():
            assert await _found(world, text) == [ClientSummaryView.of(one) for one in found], text

    async def test_pages_of_found_clients_are_complete(self, world: PeopleWorld) -> None:
        clients = [await world.add_client("Ann", "Lee") for _ in range(3)]
        clients.append(await world.add_client("Lee", "Leeds"))
        expected = [one.id for one in sorted(clients, key=lambda one: (one.sort_name.encode(), one.id))]
        seen: list[UUID] = []
        after: str | None = None
        while True:
            async with world.begin(world.staff()) as unit:
                page = await unit.client_records.search(
                    (("lee",), ("a", "l")), PageRequest(after, 2), world.clock.now()
                )
            seen += [one.id for one in page.items]
            after = page.next
            if not after:
                break
        assert seen == expected

    async def test_client_is_found_by_what_is_true_now(self, world: PeopleWorld) -> None:
        client = await world.add_client("Ann", "Lee", phone="+15185550100")
        changed = client.with_changes(family_name="Low", chosen_name="Bo", phone=None)
        async with world.begin(world.as_client(client.id)) as unit:
            await unit.client_records.save(changed, AUDIT_ENTRY)
            await unit.commit(None)
        for text in ("lee", "0100"):
            assert await _found(world, text) == []
        for text in ("low", "bo", "ann"):
            assert await _found(world, text) == [ClientSummaryView.of(changed)]

    async def test_portal_users_find_at_most_themselves(self, world: PeopleWorld) -> None:
        own, _ = await world.add_client("Ann", "Lee"), await world.add_client("Bo", "Lee")
        for actor, seen in ((world.as_client(own.id), [own.id]), (world.visitor, [])):
            async with world.begin(actor) as unit:
                page = await unit.client_records.search((("lee",),), PageRequest(), world.clock.now())
            assert [one.id for one in page.items] == seen

    async def test_client_is_not_found_once_the_key_of_the_record_is_destroyed(self, world: PeopleWorld) -> None:
        client = await world.add_client("Ann", "Lee")
        await world.erase(client.id)
        changed = erased(client).with_changes(family_name="Leeds")
        async with world.begin(world.staff()) as unit:
            await unit.client_records.save(changed, AUDIT_ENTRY)
            await unit.commit(None)
        assert await _found(world, "lee") == []
        async with world.begin(world.staff()) as unit:
            page = await unit.client_records.page(PageRequest(), world.clock.now())
        assert page.items == (ClientSummaryView.of(changed),)

    async def test_invalid_cursor_is_rejected(self, world: PeopleWorld) -> None:
        async with world.begin(world.staff()) as unit:
            with pytest.raises(Invalid):
                await unit.client_records.page(PageRequest("x"), world.clock.now())


async def _found(world: PeopleWorld, text: str) -> list[ClientSummaryView]:
    async with world.begin(world.staff()) as unit:
        terms = search_terms(text, "text")
        return list((await unit.client_records.search(terms, PageRequest(), world.clock.now())).items)
