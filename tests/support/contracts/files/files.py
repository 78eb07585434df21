"""Contract of the repositories of files and download links. Subclasses provide the fixture `world`."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.files.content_ports import ContentKey, WrittenContent
from portal_core.files.download_link import DownloadLink
from portal_core.files.kinds.kind import KINDS
from portal_core.files.model import StoredFile
from portal_core.files.ports import FilesUnit
from portal_core.kernel.actor import ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import RecordDestroyed, StaleVersion
from portal_core.kernel.uow import Begin
from tests.support.contracts.accounts.world import AccountsWorld
from tests.support.contracts.people.erasing import erase_record

AUDIT_ENTRY = AuditEntry("test.wrote")
KEY = ContentKey(bytes(range(32)))
HOUR = timedelta(hours=1)


def begin_files(world: AccountsWorld) -> Begin[FilesUnit]:
    """The world's unit of work, which has the repositories of all features."""
    return cast(Begin[FilesUnit], world.begin)


def as_client(world: AccountsWorld, client_id: UUID) -> ClientActor:
    return ClientActor(world.practice_id, UUID(int=55), client_id)


def a_file(world: AccountsWorld, client_id: UUID, **more: Any) -> StoredFile:
    values = {"name": "card ☾.jpg", "added_by": UUID(int=55), "added_at": world.clock.now()} | more
    return StoredFile(id=world.ids.new(), client_id=client_id, **values)


def received(world: AccountsWorld, file: StoredFile) -> StoredFile:
    """The next two versions of a file: its upload began, and its content has arrived."""
    now = world.clock.now()
    begun = file.begin_upload(world.ids.new(), KEY, now)
    assert begun.object_id is not None
    return begun.receive(begun.object_id, WrittenContent(7, b"d" * 32), KINDS["jpeg"], now)


async def add_file(world: AccountsWorld, client_id: UUID, state: str = "awaiting_content", **more: Any) -> StoredFile:
    """Store a file in a state."""
    file = a_file(world, client_id, **more)
    if state != "awaiting_content":
        file = evolve(received(world, file), version=1, state=state)
    async with begin_files(world)(world.system) as unit:
        await unit.files.add(file, AUDIT_ENTRY)
        await unit.commit(None)
    return file


async def destroy(world: AccountsWorld, client_id: UUID) -> None:
    await erase_record(world.begin, world.practice_id, client_id, world.clock, world.ids)


class FilesContract:
    """The contract of `Files`."""

    async def test_every_field_is_stored(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        file = a_file(world, client_id)
        begun = file.begin_upload(world.ids.new(), KEY, world.clock.now())
        assert begun.object_id is not None
        quarantined = begun.receive(begun.object_id, WrittenContent(7, b"d" * 32), KINDS["pdf"], world.clock.now())
        postponed = quarantined.postpone_check(world.clock.now())
        for version, stored in enumerate((file, begun, quarantined, postponed, postponed.judge("clean")), 1):
            async with begin_files(world)(as_client(world, client_id)) as unit:
                write = unit.files.add if version == 1 else unit.files.save
                await write(stored, AUDIT_ENTRY)
                assert await unit.files.get(client_id, file.id) == stored
                await unit.commit(None)
            async with begin_files(world)(world.system, read_only=True) as unit:
                assert await unit.files.get(client_id, file.id) == stored
        assert (await world.audit()).count(AUDIT_ENTRY) >= 5

    async def test_stale_change_changes_nothing(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        file = await add_file(world, client_id)
        begun = file.begin_upload(world.ids.new(), KEY, world.clock.now())
        async with begin_files(world)(world.system) as unit:
            await unit.files.save(begun, AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            async with begin_files(world)(world.system) as unit:
                await unit.files.save(file.begin_upload(world.ids.new(), KEY, world.clock.now()), AUDIT_ENTRY)
        with pytest.raises(StaleVersion):
            async with begin_files(world)(world.system) as unit:
                await unit.files.forget_content(file, AUDIT_ENTRY)
        async with begin_files(world)(world.system) as unit:
            assert await unit.files.get(client_id, file.id) == begun

    async def test_another_clients_file_is_not_found(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        file = await add_file(world, ann, "clean")
        for actor, client_id in ((as_client(world, bob), bob), (as_client(world, bob), ann), (world.system, bob)):
            async with begin_files(world)(actor) as unit:
                assert await unit.files.get(client_id, file.id) is None
        other = await world.other_practice()
        async with begin_files(other)(other.system) as unit:
            assert await unit.files.get(ann, file.id) is None
            assert await unit.files.due_for_check(world.clock.now() + HOUR, 10) == ()

    async def test_files_in_quarantine_are_due_by_time(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        first = await add_file(world, bob, "quarantined")
        world.clock.advance(HOUR)
        second, third = await add_file(world, ann, "quarantined"), await add_file(world, ann, "quarantined")
        await add_file(world, ann, "clean")
        await add_file(world, ann)
        async with begin_files(world)(world.system) as unit:
            assert await unit.files.due_for_check(world.clock.now(), 10) == (first,)
            soon = world.clock.now() + timedelta(minutes=1)
            assert await unit.files.due_for_check(soon, 10) == (first, second, third)
            assert await unit.files.due_for_check(soon, 2) == (first, second)

    async def test_discarded_content_is_found_and_forgotten(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        infected = await add_file(world, ann, "infected")
        abandoned = a_file(world, ann).begin_upload(world.ids.new(), KEY, world.clock.now())
        of_erased = await add_file(world, bob, "clean")
        await add_file(world, ann, "clean")
        await add_file(world, ann)
        async with begin_files(world)(world.system) as unit:
            await unit.files.add(evolve(abandoned, version=1), AUDIT_ENTRY)
            await unit.commit(None)
        await destroy(world, bob)
        now = world.clock.now()
        async with begin_files(world)(world.system) as unit:
            found = await unit.files.with_discarded_content(now + HOUR, 10)
            assert {one.id for one in found} == {infected.id, abandoned.id, of_erased.id}
            assert [one.id for one in found] == sorted(one.id for one in found)
            assert {one.object_id for one in found} == {infected.object_id, abandoned.object_id, of_erased.object_id}
            uploads_go_on = await unit.files.with_discarded_content(now, 10)
            assert {one.id for one in uploads_go_on} == {infected.id, of_erased.id}
            for one in found:
                await unit.files.forget_content(one, AUDIT_ENTRY)
            await unit.commit(None)
        async with begin_files(world)(world.system) as unit:
            assert await unit.files.with_discarded_content(now + HOUR, 10) == ()
            left = await unit.files.get(ann, infected.id)
            assert left is not None
            assert (left.state, left.name, left.object_id, left.content_key) == ("infected", infected.name, None, None)

    async def test_file_of_an_erased_record_cannot_be_read(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        file = await add_file(world, client_id, "clean")
        await destroy(world, client_id)
        async with begin_files(world)(world.system) as unit:
            found = await unit.files.get(client_id, file.id)
            assert found is not None
            assert (found.state, found.name, found.content_key, found.sha256) == ("erased", None, None, None)
            assert found.content is None
        for write in ("add", "save"):
            with pytest.raises(RecordDestroyed):
                async with begin_files(world)(world.system) as unit:
                    new = a_file(world, client_id) if write == "add" else evolve(found, name="x", version=9)
                    await getattr(unit.files, write)(new, AUDIT_ENTRY)


class DownloadLinksContract:
    """The contract of `DownloadLinks`."""

    def a_link(self, world: AccountsWorld, file: StoredFile, **more: Any) -> DownloadLink:
        values = {
            "account_id": UUID(int=55),
            "session_id": None,
            "grant_id": None,
            "token_hash": world.hashed(str(world.ids.new())),
            "in_page": False,
            "expires_at": world.clock.now() + timedelta(minutes=5),
        } | more
        return DownloadLink(
            id=world.ids.new(), practice_id=world.practice_id, client_id=file.client_id, file_id=file.id, **values
        )

    async def add(self, world: AccountsWorld, link: DownloadLink) -> DownloadLink:
        async with begin_files(world)(as_client(world, link.client_id)) as unit:
            await unit.download_links.add(link, AUDIT_ENTRY)
            await unit.commit(None)
        return link

    async def found(self, world: AccountsWorld, link: DownloadLink) -> DownloadLink | None:
        async with begin_files(world)(world.visitor, read_only=True) as unit:
            return await unit.download_links.unscoped_by_hash(link.token_hash, world.clock.now())

    async def test_link_is_found_until_it_expires(self, world: AccountsWorld) -> None:
        file = await add_file(world, await world.add_client(), "clean")
        plain = await self.add(world, self.a_link(world, file))
        shown = await self.add(world, self.a_link(world, file, in_page=True))
        assert await self.found(world, plain) == plain
        assert await self.found(world, shown) == shown
        assert await self.found(world, self.a_link(world, file)) is None
        other = await world.other_practice()
        assert await self.found(other, plain) is None
        world.clock.advance(timedelta(minutes=5))
        assert await self.found(world, plain) is None

    async def test_link_ends_with_its_session(self, world: AccountsWorld) -> None:
        account = await world.account("ann@example.org")
        assert account.client_id is not None
        file = await add_file(world, account.client_id, "clean")
        session, other = await world.session(account, "a"), await world.session(account, "b")
        world.clock.advance(timedelta(hours=7, minutes=57))
        links = [await self.add(world, self.a_link(world, file, session_id=one.id)) for one in (session, other)]
        unknown = await self.add(world, self.a_link(world, file, session_id=world.ids.new()))
        assert [await self.found(world, one) for one in (*links, unknown)] == [*links, None]
        ended = (await world.stored(account, session)).end(world.clock.now())
        async with world.begin(world.actor_for(account)) as unit:
            await unit.sessions.save(ended, AUDIT_ENTRY)
            await unit.commit(None)
        assert [await self.found(world, one) for one in links] == [None, links[1]]
        world.clock.advance(timedelta(minutes=3))
        assert await self.found(world, links[1]) is None, "the session ends eight hours after it began"
        long = await self.add(world, self.a_link(world, file, expires_at=world.clock.now() + timedelta(days=9)))
        assert await self.found(world, long) is None, "a link is good for five minutes"

    async def test_link_ends_with_the_grant(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        proxy = await world.account("pat@example.org", kind="proxy")
        grant_id = await world.add_grant(client_id, proxy.id, ["documents"])
        file = await add_file(world, client_id, "clean")
        link = await self.add(world, self.a_link(world, file, grant_id=grant_id))
        unknown = await self.add(world, self.a_link(world, file, grant_id=world.ids.new()))
        assert await self.found(world, link) == link
        assert await self.found(world, unknown) is None
        await world.revoke_grant(client_id, grant_id)
        assert await self.found(world, link) is None

    async def test_first_use_is_marked_once(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        file = await add_file(world, ann, "clean")
        link = await self.add(world, self.a_link(world, file))
        now = world.clock.now()
        async with begin_files(world)(as_client(world, bob)) as unit:
            assert not await unit.download_links.mark_used(link, now)
            await unit.commit(None)
        async with begin_files(world)(as_client(world, ann)) as unit:
            assert await unit.download_links.mark_used(link, now)
            assert not await unit.download_links.mark_used(link, now + HOUR)
            await unit.commit(None)
        assert await self.found(world, link) == evolve(link, first_used_at=now)

    async def test_links_to_files_end(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        files = [await add_file(world, client_id, "clean") for client_id in (ann, ann, ann, bob)]
        links = [await self.add(world, self.a_link(world, file)) for file in files]
        async with begin_files(world)(world.system) as unit:
            await unit.download_links.end_all(ann, (files[0].id, files[1].id, files[3].id))
            await unit.commit(None)
        assert [await self.found(world, one) for one in links] == [None, None, *links[2:]]

    async def test_links_are_erased_with_the_record(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        link = await self.add(world, self.a_link(world, await add_file(world, client_id, "clean")))
        await destroy(world, client_id)
        assert await self.found(world, link) is None
