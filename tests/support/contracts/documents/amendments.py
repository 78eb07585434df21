"""Contract of `AmendmentRequests`. Subclasses provide the fixture `world`."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.documents.amendment import ANSWER_PERIOD, AmendmentRequest
from portal_core.kernel.errors import RecordDestroyed, StaleVersion
from portal_core.kernel.page import PageRequest
from tests.support.contracts.accounts.world import AccountsWorld
from tests.support.contracts.documents.documents import READER, add_document, begin_documents
from tests.support.contracts.files.files import AUDIT_ENTRY, as_client, destroy

DAY = timedelta(days=1)


def a_request(
    world: AccountsWorld, client_id: UUID, document_id: UUID | None = None, requested_by: UUID = READER
) -> AmendmentRequest:
    now = world.clock.now()
    return AmendmentRequest(
        id=world.ids.new(),
        client_id=client_id,
        document_id=document_id,
        statement="It was the third ☾.",
        reason="I was there.",
        requested_by=requested_by,
        requested_at=now,
        due_at=now + ANSWER_PERIOD,
    )


async def add_request(world: AccountsWorld, request: AmendmentRequest) -> AmendmentRequest:
    async with begin_documents(world)(world.system) as unit:
        await unit.amendment_requests.add(request, AUDIT_ENTRY)
        await unit.commit(None)
    return request


class AmendmentRequestsContract:
    """The contract of `AmendmentRequests`."""

    async def test_every_field_is_stored(self, world: AccountsWorld) -> None:
        client_id, now = await world.add_client(), world.clock.now()
        document = await add_document(world, client_id)
        request = a_request(world, client_id, document.id)
        extended = request.extend("More time.", now + DAY)
        denied = extended.decide(
            denial_basis="accurate_and_complete", answer="It is right.", by=UUID(int=77), at=now + 2 * DAY
        )
        disagreed = denied.disagree("It is not.", now + 3 * DAY)
        for stored in (request, extended, denied, disagreed, disagreed.rebut("It is.", now + 4 * DAY)):
            async with begin_documents(world)(world.system) as unit:
                write = unit.amendment_requests.add if stored is request else unit.amendment_requests.save
                await write(stored, AUDIT_ENTRY)
                await unit.commit(None)
            async with begin_documents(world)(as_client(world, client_id)) as unit:
                assert await unit.amendment_requests.get(client_id, request.id) == stored
        with pytest.raises(StaleVersion):
            async with begin_documents(world)(world.system) as unit:
                await unit.amendment_requests.save(extended, AUDIT_ENTRY)

    async def test_another_clients_request_is_not_found(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        request = await add_request(world, a_request(world, ann))
        for actor, client_id in ((as_client(world, bob), ann), (as_client(world, bob), bob), (world.system, bob)):
            async with begin_documents(world)(actor) as unit:
                assert await unit.amendment_requests.get(client_id, request.id) is None
                assert (await unit.amendment_requests.page(client_id, PageRequest())).items == ()

    async def test_pages(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        stored = []
        for client_id in (ann, bob, ann):
            stored.append(await add_request(world, a_request(world, client_id)))
            world.clock.advance(DAY)
        first, second, third = stored
        async with begin_documents(world)(world.system) as unit:
            await unit.amendment_requests.save(first.extend("Later.", world.clock.now()), AUDIT_ENTRY)
            await unit.commit(None)
        answered = await add_request(world, a_request(world, bob))
        async with begin_documents(world)(world.system) as unit:
            await unit.amendment_requests.save(answered.withdraw(), AUDIT_ENTRY)
            requests = unit.amendment_requests
            page = await requests.open_page(PageRequest(size=2))
            assert [one.id for one in page.items] == [second.id, third.id]
            rest = await requests.open_page(PageRequest(page.next, 2))
            assert ([one.id for one in rest.items], rest.next) == ([first.id], None)
            mine = await requests.page(ann, PageRequest(size=1))
            assert [one.id for one in mine.items] == [third.id]
            older = await requests.page(ann, PageRequest(mine.next, 1))
            assert ([one.id for one in older.items], older.next) == ([first.id], None)

    async def test_requests_of_one_account_are_listed(self, world: AccountsWorld) -> None:
        client_id, other = await world.add_client(), UUID(int=56)
        mine = await add_request(world, a_request(world, client_id))
        theirs = await add_request(world, a_request(world, client_id, requested_by=other))
        async with begin_documents(world)(as_client(world, client_id)) as unit:
            for account_id, found in ((None, [theirs, mine]), (other, [theirs]), (READER, [mine])):
                page = await unit.amendment_requests.page(client_id, PageRequest(), account_id)
                assert list(page.items) == found

    async def test_requests_go_with_the_record(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        request = await add_request(world, a_request(world, client_id))
        await destroy(world, client_id)
        async with begin_documents(world)(world.system) as unit:
            assert await unit.amendment_requests.get(client_id, request.id) is None
            assert (await unit.amendment_requests.open_page(PageRequest())).items == ()
        for write in ("add", "save"):
            with pytest.raises(RecordDestroyed):
                async with begin_documents(world)(world.system) as unit:
                    await getattr(unit.amendment_requests, write)(request.withdraw(), AUDIT_ENTRY)
