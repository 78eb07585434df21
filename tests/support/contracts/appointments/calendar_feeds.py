"""Contract of calendar feeds. Subclasses provide a `world`."""

from uuid import UUID

from portal_core.appointments.calendar_feed import FeedToken
from portal_core.kernel.actor import VisitorActor
from portal_core.kernel.audit import AuditEntry
from tests.support.contracts.appointments.world import AUDIT_ENTRY, AppointmentsWorld


class FeedsContract:
    """The contract of `FeedTokens`."""

    def _token(self, world: AppointmentsWorld, client: UUID, letter: str) -> FeedToken:
        # Hashes are unique across practices, so the id is part of the hash.
        new = world.ids.new()
        return FeedToken(
            id=new,
            practice_id=world.practice_id,
            client_id=client,
            account_id=world.ids.new(),
            token_hash=new.bytes + letter.encode() * 16,
            created_at=world.clock.now(),
        )

    async def test_new_feed_replaces_previous_one(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        first, second, bobs = self._token(world, ann, "a"), self._token(world, ann, "b"), self._token(world, bob, "c")
        for one in (first, bobs, second):
            async with world.begin(world.as_client(one.client_id)) as unit:
                await unit.feeds.replace(one, AUDIT_ENTRY)
                await unit.commit(None)
        async with world.begin(VisitorActor(world.practice_id)) as unit:
            assert await unit.feeds.unscoped_by_hash(first.token_hash) is None
            assert await unit.feeds.unscoped_by_hash(second.token_hash) == second
            assert await unit.feeds.unscoped_by_hash(bobs.token_hash) == bobs
        for client, found in ((ann, second), (bob, bobs)):
            async with world.begin(world.as_client(client)) as unit:
                assert await unit.feeds.get(client) == found
                assert await unit.feeds.get(bob if client == ann else ann) is None
        other = await world.other_practice()
        async with other.begin(VisitorActor(other.practice_id)) as unit:
            assert await unit.feeds.unscoped_by_hash(second.token_hash) is None

    async def test_feed_is_removed_once(self, world: AppointmentsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client(given="Bob")
        token = self._token(world, ann, "a")
        async with world.begin(world.as_client(ann)) as unit:
            await unit.feeds.replace(token, AUDIT_ENTRY)
            await unit.commit(None)
        async with world.begin(world.as_client(bob)) as unit:
            assert not await unit.feeds.remove(bob, AuditEntry("feed.removed"))
            assert not await unit.feeds.remove(ann, AuditEntry("feed.removed"))
            await unit.commit(None)
        async with world.begin(world.as_client(ann)) as unit:
            assert await unit.feeds.remove(ann, AuditEntry("feed.removed"))
            assert not await unit.feeds.remove(ann, AuditEntry("feed.removed"))
            assert await unit.feeds.get(ann) is None
            assert await unit.feeds.unscoped_by_hash(token.token_hash) is None
            await unit.commit(None)
        assert [one.action for one in await world.audit()].count("feed.removed") == 1
