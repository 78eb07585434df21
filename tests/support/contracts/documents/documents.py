"""Contract of the repositories of documents. Subclasses provide the fixture `world`."""

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

import pytest
from attrs import evolve

from portal_core.documents.errors import DuplicateSource
from portal_core.documents.model import Document, DocumentVersion, Withholding
from portal_core.documents.policy import DocumentScope
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentFilter, DocumentView, PracticeDocumentView
from portal_core.files.model import StoredFile
from portal_core.kernel.actor import Actor
from portal_core.kernel.errors import Invalid, RecordDestroyed, StaleVersion
from portal_core.kernel.page import Page, PageRequest
from portal_core.kernel.uow import Begin
from tests.support.contracts.accounts.world import AccountsWorld
from tests.support.contracts.files.files import AUDIT_ENTRY, a_file, as_client, destroy, received

ALL = DocumentScope(sensitive=True, proxy=False)
NO_SENSITIVE = DocumentScope(sensitive=False, proxy=True)
READER = UUID(int=55)
HOUR = timedelta(hours=1)
NO_FILTER = DocumentFilter()


def begin_documents(world: AccountsWorld) -> Begin[DocumentsUnit]:
    """The world's unit of work, which has the repositories of all features."""
    return cast(Begin[DocumentsUnit], world.begin)


def a_document(world: AccountsWorld, client_id: UUID, **more: Any) -> Document:
    """A document that is shared."""
    now = world.clock.now()
    values = {
        "category": "letter",
        "title": "Letter ☾",
        "origin": "practice",
        "added_by": None,
        "shared_at": now,
    } | more
    return Document(id=world.ids.new(), client_id=client_id, added_at=now, listed_at=now, **values)


def a_version(world: AccountsWorld, document: Document, file: StoredFile) -> DocumentVersion:
    return DocumentVersion(
        id=world.ids.new(),
        client_id=document.client_id,
        document_id=document.id,
        number=document.versions,
        file_id=file.id,
        added_by=None,
        added_at=world.clock.now(),
    )


def in_state(world: AccountsWorld, client_id: UUID, state: str, **more: Any) -> StoredFile:
    """A file in a state, at version 1."""
    file = a_file(world, client_id, **more)
    return file if state == "awaiting_content" else evolve(received(world, file), version=1, state=state)


async def add_document(
    world: AccountsWorld, client_id: UUID, state: str = "clean", *, file_name: str = "letter.pdf", **more: Any
) -> Document:
    """Store a document whose file is in a state."""
    document, file = a_document(world, client_id, **more), in_state(world, client_id, state, name=file_name)
    async with begin_documents(world)(world.system) as unit:
        await unit.files.add(file, AUDIT_ENTRY)
        await unit.documents.add(document, a_version(world, document, file), AUDIT_ENTRY)
        await unit.commit(None)
    return document


async def add_version(world: AccountsWorld, document: Document, state: str) -> Document:
    extended, file = document.add_version(), in_state(world, document.client_id, state, name="v2.pdf")
    async with begin_documents(world)(world.system) as unit:
        await unit.files.add(file, AUDIT_ENTRY)
        await unit.documents.add_version(extended, a_version(world, extended, file), AUDIT_ENTRY)
        await unit.commit(None)
    return extended


class DocumentsContract:
    """The contract of `Documents`."""

    async def test_every_field_is_stored(self, world: AccountsWorld) -> None:
        client_id, now = await world.add_client(), world.clock.now()
        plain = a_document(world, client_id, shared_at=None)
        decision = Withholding(basis="harm_by_representative", decided_by=READER, decided_at=now)
        reviewed = evolve(decision, review_requested_at=now, reviewed_by=UUID(int=56), reviewed_at=now + HOUR)
        full = a_document(
            world,
            client_id,
            category="test_result",
            added_by=READER,
            sensitive=True,
            source=f"lab:{client_id}",
            expires_at=now + HOUR,
            revoked_at=now,
            withholding=reviewed,
            withheld_reason="He reads it.",
        )
        for document in (plain, full):
            file = in_state(world, client_id, "clean")
            async with begin_documents(world)(world.system) as unit:
                await unit.files.add(file, AUDIT_ENTRY)
                version = a_version(world, document, file)
                await unit.documents.add(document, version, AUDIT_ENTRY)
                await unit.commit(None)
            async with begin_documents(world)(as_client(world, client_id)) as unit:
                assert await unit.documents.get(client_id, document.id) == document
                assert await unit.documents.find_by_file(client_id, file.id) == document
                assert await unit.documents.find_version(client_id, document.id, 1) == version
        async with begin_documents(world)(world.system) as unit:
            assert await unit.documents.find_by_source(client_id, f"lab:{client_id}") == full
            for changed in (full.release(), full.release().withhold(decision, "He reads all.")):
                await unit.documents.save(changed, AUDIT_ENTRY)
                assert await unit.documents.get(client_id, full.id) == changed
            await unit.commit(None)

    async def test_stale_change_changes_nothing(self, world: AccountsWorld) -> None:
        document = await add_document(world, await world.add_client())
        changed = document.change(title="Other", category="other", sensitive=False)
        async with begin_documents(world)(world.system) as unit:
            await unit.documents.save(changed, AUDIT_ENTRY)
            await unit.commit(None)
        with pytest.raises(StaleVersion):
            await add_version(world, document, "clean")
        with pytest.raises(StaleVersion):
            async with begin_documents(world)(world.system) as unit:
                await unit.documents.save(document.revoke(world.clock.now()), AUDIT_ENTRY)
        async with begin_documents(world)(world.system) as unit:
            assert await unit.documents.get(document.client_id, document.id) == changed
            assert len(await unit.documents.file_ids(document.client_id, document.id)) == 1

    async def test_source_is_unique_in_the_practice(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        await add_document(world, ann, source="receipt:1")
        for client_id in (ann, bob):
            with pytest.raises(DuplicateSource):
                await add_document(world, client_id, source="receipt:1")
        other = await world.other_practice()
        await add_document(other, await other.add_client(), source="receipt:1")
        async with begin_documents(world)(world.system) as unit:
            assert await unit.documents.find_by_source(bob, "receipt:1") is None
            assert await unit.documents.find_by_source(ann, "receipt:2") is None

    async def test_another_clients_document_is_not_found(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        document = await add_document(world, ann, source="form:1")
        async with begin_documents(world)(world.system) as unit:
            [file_id] = await unit.documents.file_ids(ann, document.id)
        actors: list[tuple[Actor, UUID]] = [
            (as_client(world, bob), ann),
            (as_client(world, bob), bob),
            (world.system, bob),
        ]
        for actor, client_id in actors:
            async with begin_documents(world)(actor) as unit:
                assert await unit.documents.get(client_id, document.id) is None
                assert await unit.documents.lock(client_id, document.id) is None
                assert await unit.documents.find_by_source(client_id, "form:1") is None
                assert await unit.documents.find_by_file(client_id, file_id) is None
                assert await unit.documents.find_version(client_id, document.id, None) is None
                assert await unit.documents.find_version(client_id, document.id, 1) is None
                assert await unit.documents.file_ids(client_id, document.id) == ()
                assert await unit.document_reads.for_practice(client_id, document.id) is None
                now = world.clock.now()
                assert await unit.document_reads.for_client(client_id, ALL, READER, document.id, now) is None
                assert await unit.document_reads.versions(client_id, document.id) == ()

    async def test_latest_clean_version_is_found_else_the_latest(self, world: AccountsWorld) -> None:
        document = await add_document(world, await world.add_client(), "quarantined")
        client_id = document.client_id

        async def number() -> int | None:
            async with begin_documents(world)(world.system) as unit:
                found = await unit.documents.find_version(client_id, document.id, None)
                return found and found.number

        assert await number() == 1
        second = await add_version(world, document, "clean")
        third = await add_version(world, second, "quarantined")
        assert await number() == 2
        await add_version(world, third, "clean")
        assert await number() == 4
        async with begin_documents(world)(world.system) as unit:
            assert len(await unit.documents.file_ids(client_id, document.id)) == 4
            assert await unit.documents.find_version(client_id, document.id, 5) is None
            views = await unit.document_reads.versions(client_id, document.id)
        assert [(one.number, one.file.state) for one in views] == [
            (4, "available"),
            (3, "being_checked"),
            (2, "available"),
            (1, "being_checked"),
        ]

    async def test_documents_go_with_the_record(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        document = await add_document(world, client_id)
        async with begin_documents(world)(world.system) as unit:
            await unit.document_marks.mark_viewed(client_id, document.id, READER, world.clock.now())
            await unit.commit(None)
        await destroy(world, client_id)
        async with begin_documents(world)(world.system) as unit:
            assert await unit.documents.get(client_id, document.id) is None
            assert (
                await unit.document_reads.list_for_practice(client_id, NO_FILTER, PageRequest(), for_bills=False)
            ).items == ()
        with pytest.raises(RecordDestroyed):
            await add_document(world, client_id)


class DocumentReadsContract:
    """The contract of `DocumentReads` and `DocumentMarks`."""

    async def listed(
        self, world: AccountsWorld, client_id: UUID, scope: DocumentScope = ALL, filters: DocumentFilter = NO_FILTER
    ) -> tuple[DocumentView, ...]:
        async with begin_documents(world)(as_client(world, client_id), read_only=True) as unit:
            found = await unit.document_reads.list_for_client(
                client_id, scope, READER, filters, PageRequest(), world.clock.now()
            )
        for view in found.items:
            async with begin_documents(world)(as_client(world, client_id)) as unit:
                one = await unit.document_reads.for_client(client_id, scope, READER, view.id, world.clock.now())
                assert one == view
        return found.items

    async def test_client_sees_what_is_shared_and_what_they_sent(self, world: AccountsWorld) -> None:
        client_id, now = await world.add_client(), world.clock.now()
        sent = [
            await add_document(world, client_id, state, origin="client", shared_at=None)
            for state in ("quarantined", "clean", "infected")
        ]
        shared = await add_document(world, client_id, expires_at=now + HOUR)
        hidden = [
            await add_document(world, client_id, "awaiting_content", origin="client", shared_at=None),
            await add_document(world, client_id, shared_at=None),
            await add_document(world, client_id, revoked_at=now),
            await add_document(world, client_id, expires_at=now),
            await add_document(world, client_id, "quarantined"),
            await add_document(world, client_id, "infected"),
        ]
        views = await self.listed(world, client_id)
        assert [one.id for one in views] == [one.id for one in reversed([*sent, shared])]
        assert [one.state for one in views] == ["available", "refused", "available", "being_checked"]
        async with begin_documents(world)(as_client(world, client_id)) as unit:
            for one in hidden:
                assert await unit.document_reads.for_client(client_id, ALL, READER, one.id, now) is None
        world.clock.advance(HOUR)
        assert len(await self.listed(world, client_id)) == 3

    async def test_view_has_the_latest_clean_version(self, world: AccountsWorld) -> None:
        document = await add_document(world, await world.add_client(), source=None, sensitive=True)
        changed = await add_version(world, document, "quarantined")
        [view] = await self.listed(world, document.client_id)
        assert view.file is not None
        assert (view.version_number, view.file.file_name, view.file.media_type, view.file.size) == (
            1,
            "letter.pdf",
            "image/jpeg",
            7,
        )
        assert (view.title, view.category, view.sensitive, view.version) == (
            "Letter ☾",
            "letter",
            True,
            changed.version,
        )
        async with begin_documents(world)(world.system) as unit:
            staff = await unit.document_reads.for_practice(document.client_id, document.id)
        assert staff is not None
        assert (staff.versions, staff.latest.file_name, staff.latest.state) == (2, "v2.pdf", "being_checked")

    async def test_sensitive_ones_are_for_those_who_may_see_them(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        plain, sensitive = await add_document(world, client_id), await add_document(world, client_id, sensitive=True)
        assert {one.id for one in await self.listed(world, client_id)} == {plain.id, sensitive.id}
        assert [one.id for one in await self.listed(world, client_id, NO_SENSITIVE)] == [plain.id]

    async def test_withheld_document_has_no_title(self, world: AccountsWorld) -> None:
        client_id, now = await world.add_client(), world.clock.now()
        by_proxy = Withholding(basis="harm_by_representative", decided_by=READER, decided_at=now)
        from_all = evolve(by_proxy, basis="danger_to_life_or_safety", review_requested_at=now)
        await add_document(world, client_id, withholding=by_proxy)
        await add_document(world, client_id, withholding=from_all)
        mine, theirs = await self.listed(world, client_id), await self.listed(world, client_id, NO_SENSITIVE)
        search = DocumentFilter(search="letter")
        assert [one.state for one in await self.listed(world, client_id, ALL, search)] == ["available"]
        assert await self.listed(world, client_id, NO_SENSITIVE, search) == (), "a search tells nothing of a title"
        assert [one.state for one in mine] == ["withheld", "available"]
        assert [one.state for one in theirs] == ["withheld", "withheld"]
        assert [(one.title, one.file) for one in theirs] == [(None, None)] * 2
        assert mine[0].withheld is not None
        assert (mine[0].withheld.basis, mine[0].withheld.review) == ("danger_to_life_or_safety", "pending")
        assert mine[1].withheld is None

    async def test_pages_are_complete_and_in_order(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        stored = []
        for number in range(5):
            world.clock.advance(timedelta(minutes=number % 2))
            stored.append(await add_document(world, client_id, title=f"Letter {number}"))
        for size in (1, 2, 5):
            for search in ("", "letter"):
                filters, seen, after = DocumentFilter(search=search), list[UUID](), ""
                while True:
                    async with begin_documents(world)(as_client(world, client_id)) as unit:
                        found: Page[DocumentView] = await unit.document_reads.list_for_client(
                            client_id, ALL, READER, filters, PageRequest(after, size), world.clock.now()
                        )
                    seen += [one.id for one in found.items]
                    if not (after := found.next or ""):
                        break
                assert seen == [one.id for one in reversed(stored)]
        with pytest.raises(Invalid):
            async with begin_documents(world)(world.system) as unit:
                await unit.document_reads.list_for_practice(
                    client_id, NO_FILTER, PageRequest("no cursor"), for_bills=False
                )

    async def test_lists_are_filtered(self, world: AccountsWorld) -> None:
        client_id = await world.add_client()
        letter = await add_document(world, client_id, title="Ångström's letter", file_name="x.pdf")
        receipt = await add_document(world, client_id, category="receipt", title="March", file_name="receipt 7.pdf")
        cases: list[tuple[DocumentFilter, list[UUID]]] = [
            (DocumentFilter("letter"), [letter.id]),
            (DocumentFilter(search="ANGSTROM"), [letter.id]),
            (DocumentFilter(search="pdf receipt"), [receipt.id]),
            (DocumentFilter("letter", "receipt"), []),
            (DocumentFilter(), [receipt.id, letter.id]),
        ]
        for filters, ids in cases:
            assert [one.id for one in await self.listed(world, client_id, ALL, filters)] == ids
            async with begin_documents(world)(world.system) as unit:
                of_client = await unit.document_reads.list_for_practice(
                    client_id, filters, PageRequest(), for_bills=False
                )
                assert [one.id for one in of_client.items] == ids
        async with begin_documents(world)(world.system) as unit:
            reads = unit.document_reads
            for_bills: Page[PracticeDocumentView] = await reads.list_for_practice(
                client_id, NO_FILTER, PageRequest(), for_bills=True
            )
            assert [one.id for one in for_bills.items] == [receipt.id]
            letters = await reads.list_for_practice(client_id, DocumentFilter("letter"), PageRequest(), for_bills=True)
            assert letters.items == ()

    async def test_uploads_of_all_clients_are_listed(self, world: AccountsWorld) -> None:
        ann, bob = await world.add_client(), await world.add_client()
        await add_document(world, ann)
        await add_document(world, ann, "awaiting_content", origin="client", shared_at=None)
        sent = [
            await add_document(world, client_id, "quarantined", origin="client", shared_at=None)
            for client_id in (ann, bob, ann)
        ]
        async with begin_documents(world)(world.system) as unit:
            first = await unit.document_reads.list_uploads(PageRequest(size=2))
            assert [(one.id, one.client_id) for one in first.items] == [(sent[2].id, ann), (sent[1].id, bob)]
            rest = await unit.document_reads.list_uploads(PageRequest(first.next, 2))
            assert ([one.id for one in rest.items], rest.next) == ([sent[0].id], None)

    async def test_first_views_and_downloads_are_marked(self, world: AccountsWorld) -> None:
        client_id, now = await world.add_client(), world.clock.now()
        document = await add_document(world, client_id)
        other = UUID(int=56)
        async with begin_documents(world)(as_client(world, client_id)) as unit:
            marks = unit.document_marks
            await marks.mark_downloaded(client_id, document.id, other, now)
            await marks.mark_viewed(client_id, document.id, READER, now + HOUR)
            await marks.mark_viewed(client_id, document.id, READER, now + 2 * HOUR)
            await unit.commit(None)
        [view] = await self.listed(world, client_id)
        assert (view.viewed_at, view.downloaded_at) == (now + HOUR, None)
        async with begin_documents(world)(world.system) as unit:
            await unit.document_marks.mark_downloaded(client_id, document.id, READER, now + 3 * HOUR)
            await unit.document_marks.mark_downloaded(client_id, document.id, READER, now + 4 * HOUR)
            await unit.commit(None)
        [view] = await self.listed(world, client_id)
        assert (view.viewed_at, view.downloaded_at) == (now + HOUR, now + 3 * HOUR)
        async with begin_documents(world)(world.system) as unit:
            staff = await unit.document_reads.for_practice(client_id, document.id)
        assert staff is not None
        assert (staff.viewed_at, staff.downloaded_at) == (now, now)
