"""Contract of the repositories of people when a record's key is destroyed. Subclasses provide the fixture `world`."""

from typing import Any

import pytest
from attrs import evolve

from portal_core.kernel.actor import ClientActor, Origin
from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import IdempotencyMismatch, RecordDestroyed
from portal_core.kernel.idempotency import IdempotentRequest
from portal_core.people.erasure import erased
from portal_core.people.errors import ErasureOpen, UnderLegalHold
from tests.support.contracts.people.erasing import ERASED_ENTRY
from tests.support.contracts.people.world import AUDIT_ENTRY, PeopleWorld

GRACE = EmergencyContact("Grace", "+15185550199")


class DestroyedRecordContract:
    """What remains of a record whose key was destroyed."""

    async def test_erasing_a_record_leaves_only_that_it_was_there(self, world: PeopleWorld) -> None:
        client = await world.add_client(
            address="12 Elm Street",
            emergency_contact=GRACE,
            coverage="insured",
            email="ann@example.org",
            phone="+15185550100",
            external_id="E-1",
            chosen_name="Andy",
        )
        account = await world.add_account("ann@example.org", "client", client_id=client.id)
        other = await world.add_client("Bo", "Lee", email="bo@example.org")
        invited = await world.add_invitation(client.id)
        proxy = await world.add_account("pa@example.org")
        grant = await world.add_grant(client.id, proxy.id)
        assert await world.erase(client.id) == (account.id,)
        assert (await world.audit()).count(ERASED_ENTRY) == 1
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.get(client.id) == erased(client)
            assert await unit.client_records.get(other.id) == other
            assert await unit.accounts.find_by_person("portal", client.id) is None
            assert await unit.client_records.find_by_external_id("E-1") is None
            for field, value in (("address", "13 Elm Street"), ("emergency_contact", GRACE), ("coverage", "insured")):
                with pytest.raises(RecordDestroyed):
                    await unit.client_records.save(evolve(erased(client), **{field: value}, version=3), AUDIT_ENTRY)
        async with world.begin(world.staff()) as unit:
            both: Any = unit
            closed, kept = await both.accounts.get(account.id), await both.accounts.get(proxy.id)
            assert (closed.status, closed.email, closed.second_factor) == ("closed", "", "none")
            assert kept == proxy
            gone = await both.invitations.get(invited.id)
            assert (gone.state, gone.email, gone.code_hash) == ("withdrawn", "", None)
            assert [one.is_active for one in await both.grants.list_for_client(client.id)] == [False]
            assert grant.is_active

    async def test_nothing_is_erased_under_a_legal_hold(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        for _ in range(2):
            async with world.begin(world.staff("administrator")) as unit:
                await unit.legal_holds.place(client.id, None, world.clock.now(), ERASED_ENTRY)
                assert await unit.legal_holds.is_held(client.id)
                await unit.commit(None)
        assert (await world.audit()).count(ERASED_ENTRY) == 1
        with pytest.raises(UnderLegalHold):
            await world.erase(client.id)
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.get(client.id) == client
            [waiting] = await unit.record_erasures.list_open(world.clock.now())
            assert waiting == await unit.record_erasures.find_open(client.id)
            with pytest.raises(ErasureOpen):
                another = evolve(waiting, id=world.ids.new(), requested_by=world.staff().account_id)
                await unit.record_erasures.add(another, AUDIT_ENTRY)
        for _ in range(2):
            async with world.begin(world.staff("administrator")) as unit:
                await unit.legal_holds.lift(client.id, ERASED_ENTRY)
                assert not await unit.legal_holds.is_held(client.id)
                await unit.commit(None)
        assert (await world.audit()).count(ERASED_ENTRY) == 2

    async def test_destroyed_records_are_told_from_others(self, world: PeopleWorld) -> None:
        kept, destroyed = await world.add_client(), await world.add_client(external_id="E-1", address="12 Elm Street")
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.destroyed([kept.id, destroyed.id]) == frozenset()
        await world.erase(destroyed.id)
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.destroyed([kept.id, destroyed.id]) == {destroyed.id}
            assert await unit.client_records.destroyed([]) == frozenset()
            assert await unit.client_records.find_by_external_ids({"E-1"}) == {}

    async def test_stored_response_is_lost_with_key_and_request_is_not_repeated(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        account = world.ids.new()

        def client_actor(key: str, digest: bytes = b"same") -> ClientActor:
            idempotent_request = IdempotentRequest("makeThing", key, digest)
            return evolve(world.as_client(client.id, account), origin=Origin(idempotent_request=idempotent_request))

        async with world.begin(client_actor("before")) as unit:
            await unit.commit("words")
        await world.erase(client.id)
        async with world.begin(client_actor("after")) as unit:
            assert await unit.commit("more words") == "more words"
        for key in ("before", "after"):
            with pytest.raises(RecordDestroyed):
                async with world.begin(client_actor(key)):
                    pytest.fail("the unit must not open")
            with pytest.raises(IdempotencyMismatch):
                async with world.begin(client_actor(key, b"other")):
                    pytest.fail("the unit must not open")
