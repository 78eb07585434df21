"""Who sees which documents, and what is audited."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from portal_core.documents.use_cases.add_document import AddDocumentCommand
from portal_core.documents.use_cases.announce_document import AnnounceDocument, AnnounceDocumentCommand
from portal_core.documents.use_cases.announce_refused_document import (
    AnnounceRefusedDocument,
    AnnounceRefusedDocumentCommand,
)
from portal_core.documents.use_cases.change_document import ChangeDocument, ChangeDocumentCommand
from portal_core.documents.use_cases.create_download_link import CreateDownloadLink, CreateDownloadLinkCommand
from portal_core.documents.use_cases.get_document import GetDocument
from portal_core.documents.use_cases.list_client_documents import ListClientDocuments, ListClientDocumentsQuery
from portal_core.documents.use_cases.list_document_versions import ListDocumentVersions
from portal_core.documents.use_cases.list_uploads import ListUploads, ListUploadsQuery
from portal_core.documents.use_cases.mark_document_downloaded import (
    MarkDocumentDownloaded,
    MarkDocumentDownloadedCommand,
)
from portal_core.documents.use_cases.open_client_document import OpenClientDocument, OpenClientDocumentQuery
from portal_core.documents.use_cases.revoke_document import RevokeDocument, RevokeDocumentCommand
from portal_core.documents.use_cases.send_document_content import SendDocumentContent, SendDocumentContentCommand
from portal_core.documents.use_cases.upload_document import UploadDocument, UploadDocumentCommand
from portal_core.files.use_cases.open_download import OpenDownload, OpenDownloadQuery
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, RecordDestroyed
from tests.support.contracts.files.files import destroy
from tests.support.documents.practice import HELLO, DocumentsPractice, pieces
from tests.unit.documents.test_documents import listed

HOUR = timedelta(hours=1)
NEW = b"A corrected letter.\n"


async def test_proxies_see_what_their_grant_opens(
    practice: DocumentsPractice, ann: UUID, front_desk: StaffActor
) -> None:
    plain = await practice.add(front_desk, ann, share=True)
    sensitive = await practice.add(front_desk, ann, share=True, sensitive=True)
    some, every = practice.proxy(ann, "documents"), practice.proxy(ann, "documents", "sensitive_documents")
    assert [one.id for one in await listed(practice, some)] == [plain.id]
    assert [one.id for one in await listed(practice, every)] == [sensitive.id, plain.id]
    with pytest.raises(NotFound):
        await practice.use(GetDocument)(some, sensitive.id)
    with pytest.raises(NotFound):
        await practice.use(CreateDownloadLink)(some, CreateDownloadLinkCommand(sensitive.id))
    with pytest.raises(NotFound):
        await listed(practice, practice.proxy(ann, "messages", "sensitive_documents"))
    upload = UploadDocumentCommand(category="other", file_name="x.txt")
    with pytest.raises(Forbidden):
        await practice.use(UploadDocument)(some, upload)
    writer = practice.proxy(ann, "documents", may_write=True)
    assert (await practice.upload(writer)).state == "being_checked"
    made = await practice.use(CreateDownloadLink)(every, CreateDownloadLinkCommand(sensitive.id))
    assert await practice.use(OpenDownload)(practice.world.visitor, OpenDownloadQuery(made.token))
    # Links to a document that becomes sensitive end.
    made = await practice.use(CreateDownloadLink)(some, CreateDownloadLinkCommand(plain.id))
    change = {"client_id": ann, "document_id": plain.id, "title": "A letter", "category": "letter"}
    same = ChangeDocumentCommand(**change, sensitive=False)  # type: ignore[arg-type]
    await practice.use(ChangeDocument)(front_desk, same)
    assert await practice.use(OpenDownload)(practice.world.visitor, OpenDownloadQuery(made.token))
    changed = await practice.use(ChangeDocument)(front_desk, ChangeDocumentCommand(**change, sensitive=True))  # type: ignore[arg-type]
    assert changed.sensitive
    with pytest.raises(NotFound):
        await practice.use(OpenDownload)(practice.world.visitor, OpenDownloadQuery(made.token))


async def test_another_clients_documents_do_not_exist(
    practice: DocumentsPractice, ann: UUID, front_desk: StaffActor
) -> None:
    added, bob = await practice.add(front_desk, ann, share=True), practice.client(await practice.world.add_client())
    sent = await practice.upload(practice.client(ann), None)
    assert await listed(practice, bob) == []
    calls: list[Callable[[], Awaitable[Any]]] = [
        lambda: practice.use(GetDocument)(bob, added.id),
        lambda: practice.use(ListDocumentVersions)(bob, added.id),
        lambda: practice.use(CreateDownloadLink)(bob, CreateDownloadLinkCommand(added.id)),
        lambda: practice.use(SendDocumentContent)(bob, SendDocumentContentCommand(sent.id, pieces(HELLO))),
        lambda: practice.use(OpenClientDocument)(
            front_desk, OpenClientDocumentQuery(client_id=bob.client_id, document_id=added.id)
        ),
        lambda: practice.use(OpenClientDocument)(
            bob, OpenClientDocumentQuery(client_id=bob.client_id, document_id=added.id)
        ),
        lambda: practice.use(ListClientDocuments)(front_desk, ListClientDocumentsQuery(practice.world.ids.new())),
        lambda: practice.use(ListClientDocuments)(bob, ListClientDocumentsQuery(bob.client_id)),
        lambda: practice.use(ListUploads)(bob, ListUploadsQuery()),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            await call()


async def test_roles(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    receipt = await practice.add(front_desk, ann, category="receipt")
    letter = await practice.add(front_desk, ann)
    biller, auditor = practice.staff("biller"), practice.staff("auditor")
    of_biller = await practice.use(ListClientDocuments)(biller, ListClientDocumentsQuery(ann))
    assert [one.id for one in of_biller.items] == [receipt.id]
    opened = OpenClientDocumentQuery(client_id=ann, document_id=receipt.id)
    assert await practice.use(OpenClientDocument)(biller, opened)
    with pytest.raises(NotFound):
        await practice.use(OpenClientDocument)(biller, OpenClientDocumentQuery(client_id=ann, document_id=letter.id))
    for member in (biller, auditor):
        with pytest.raises(Forbidden):
            await practice.add(member, ann)
        with pytest.raises(Forbidden):
            await practice.use(ListUploads)(member, ListUploadsQuery())
    with pytest.raises(Forbidden):
        await practice.use(ListClientDocuments)(auditor, ListClientDocumentsQuery(ann))
    both = await practice.use(ListClientDocuments)(
        practice.staff("biller", "front_desk"), ListClientDocumentsQuery(ann)
    )
    assert len(both.items) == 2


async def test_clinician_who_sees_own_clients_only(practice: DocumentsPractice, ann: UUID) -> None:
    await practice.add(practice.world.system, ann)
    confined = StaffActor(
        practice.world.practice_id,
        practice.world.ids.new(),
        frozenset({"clinician"}),
        practice.world.ids.new(),
        own_clients_only=True,
    )
    with pytest.raises(NotFound):
        await practice.use(ListClientDocuments)(confined, ListClientDocumentsQuery(ann))
    with pytest.raises(NotFound):
        await practice.add(confined, ann)
    team = practice.world.store.table("care_team")  # type: ignore[attr-defined]
    team[practice.world.practice_id, ann, confined.clinician_id] = True
    assert await practice.add(confined, ann)
    with pytest.raises(Forbidden):
        await practice.add(confined, ann, source="letter:1")
    with pytest.raises(Forbidden):
        await practice.use(ListUploads)(confined, ListUploadsQuery())


async def test_erased_record_takes_no_documents(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    await practice.add(front_desk, ann, share=True)
    await destroy(practice.world, ann)
    assert await listed(practice, practice.client(ann)) == []
    with pytest.raises(RecordDestroyed):
        await practice.add(front_desk, ann)
    with pytest.raises(RecordDestroyed):
        await practice.upload(practice.client(ann))


async def test_names_and_titles_are_checked(practice: DocumentsPractice, ann: UUID) -> None:
    for bad in ({"title": " "}, {"title": "x" * 201}, {"file_name": "\x00"}):
        with pytest.raises(Invalid):
            AddDocumentCommand(client_id=ann, category="other", **{"title": "T", "file_name": "f"} | bad)
    with pytest.raises(Invalid):
        await practice.upload(practice.client(ann), title="\x07")


async def test_only_jobs_react(practice: DocumentsPractice, ann: UUID) -> None:
    client, ids = practice.client(ann), {"client_id": ann, "file_id": ann}
    for call in (
        practice.use(AnnounceDocument)(client, AnnounceDocumentCommand(**ids)),
        practice.use(AnnounceRefusedDocument)(client, AnnounceRefusedDocumentCommand(**ids)),
        practice.use(MarkDocumentDownloaded)(client, MarkDocumentDownloadedCommand(**ids, account_id=ann)),
    ):
        with pytest.raises(Forbidden):
            await call


async def test_every_view_and_change_is_audited(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    client = practice.client(ann)
    added = await practice.add(front_desk, ann, share=True)
    await listed(practice, client)
    await practice.use(GetDocument)(client, added.id)
    await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))
    await practice.use(RevokeDocument)(front_desk, RevokeDocumentCommand(client_id=ann, document_id=added.id))
    entries = [one for one in await practice.world.audit() if one.record == ann]
    assert [one.action for one in entries] == [
        "file.added",
        "document.added",
        "file.upload_began",
        "file.received",
        "file.checked",
        "documents.read",
        "document.read",
        "document.link_made",
        "document.revoked",
    ]
    assert not any(
        "letter" in str(entry.facts.get(name, "")) for entry in entries for name in entry.facts if name != "category"
    )
