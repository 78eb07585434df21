"""Contract of the repositories of people when a record's key is destroyed. Subclasses provide the fixture `world`."""

import pytest
from attrs import evolve

from portal_core.kernel.actor import ClientActor, Origin
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.contact import EmergencyContact
from portal_core.kernel.errors import IdempotencyMismatch, RecordDestroyed
from portal_core.kernel.idempotency import IdempotentRequest
from tests.support.contracts.people.world import AUDIT_ENTRY, PeopleWorld

GRACE = EmergencyContact("Grace", "+15185550199")


class DestroyedRecordContract:
    """What remains of a record whose key was destroyed."""

    async def test_destroying_key_removes_sealed_content_only(self, world: PeopleWorld) -> None:
        client = await world.add_client(address="12 Elm Street", emergency_contact=GRACE, coverage="insured")
        without = evolve(client, address=None, emergency_contact=None, coverage=None)
        entry = AuditEntry("record.key_destroyed", client.id, record=client.id)
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.get(client.id) == client
            assert await unit.client_records.destroy_key(client.id, entry)
            assert await unit.client_records.get(client.id) == without
            await unit.commit(None)
        assert (await world.audit()).count(entry) == 1
        async with world.begin(world.staff()) as unit:
            remaining = await unit.client_records.get(client.id)
            assert remaining == without
            assert not await unit.client_records.destroy_key(client.id, entry)
            for field, value in (("address", "13 Elm Street"), ("emergency_contact", GRACE), ("coverage", "insured")):
                with pytest.raises(RecordDestroyed):
                    await unit.client_records.save(evolve(without, **{field: value}, version=2), AUDIT_ENTRY)
            named = evolve(without, chosen_name="Andy", version=2)
            await unit.client_records.save(named, AUDIT_ENTRY)
            assert await unit.client_records.get(client.id) == named

    async def test_destroyed_records_are_told_from_others(self, world: PeopleWorld) -> None:
        kept, destroyed = await world.add_client(), await world.add_client(external_id="E-1", address="12 Elm Street")
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.destroyed([kept.id, destroyed.id]) == frozenset()
            await unit.client_records.destroy_key(destroyed.id, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.staff()) as unit:
            assert await unit.client_records.destroyed([kept.id, destroyed.id]) == {destroyed.id}
            assert await unit.client_records.destroyed([]) == frozenset()
            assert await unit.client_records.find_by_external_ids({"E-1"}) == {"E-1": evolve(destroyed, address=None)}

    async def test_stored_response_is_lost_with_key_and_request_is_not_repeated(self, world: PeopleWorld) -> None:
        client = await world.add_client()
        account = world.ids.new()

        def client_actor(key: str, digest: bytes = b"same") -> ClientActor:
            idempotent_request = IdempotentRequest("makeThing", key, digest)
            return evolve(world.as_client(client.id, account), origin=Origin(idempotent_request=idempotent_request))

        async with world.begin(client_actor("before")) as unit:
            await unit.commit("words")
        async with world.begin(world.staff()) as unit:
            await unit.client_records.destroy_key(client.id, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(client_actor("after")) as unit:
            assert await unit.commit("more words") == "more words"
        for key in ("before", "after"):
            with pytest.raises(RecordDestroyed):
                async with world.begin(client_actor(key)):
                    pytest.fail("the unit must not open")
            with pytest.raises(IdempotencyMismatch):
                async with world.begin(client_actor(key, b"other")):
                    pytest.fail("the unit must not open")
