"""What is shared, what clients send, and who sees what."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.documents.errors import DocumentNotShared, DuplicateSource, PsychotherapyNotesNotShareable
from portal_core.documents.use_cases.add_document_version import AddDocumentVersion, AddDocumentVersionCommand
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
from portal_core.documents.use_cases.list_documents import ListDocuments, ListDocumentsQuery
from portal_core.documents.use_cases.list_uploads import ListUploads, ListUploadsQuery
from portal_core.documents.use_cases.mark_document_downloaded import (
    MarkDocumentDownloaded,
    MarkDocumentDownloadedCommand,
)
from portal_core.documents.use_cases.open_client_document import OpenClientDocument, OpenClientDocumentQuery
from portal_core.documents.use_cases.revoke_document import RevokeDocument, RevokeDocumentCommand
from portal_core.documents.use_cases.send_client_document_content import (
    SendClientDocumentContent,
    SendClientDocumentContentCommand,
)
from portal_core.documents.use_cases.send_document_content import (
    CONTENTS,
    SendDocumentContent,
    SendDocumentContentCommand,
)
from portal_core.documents.use_cases.share_document import ShareDocument, ShareDocumentCommand
from portal_core.documents.use_cases.tell_care_team import TellCareTeam, TellCareTeamCommand
from portal_core.documents.use_cases.upload_document import UPLOADS
from portal_core.documents.views import DocumentFilter, DocumentView
from portal_core.files.errors import ContentExists, FileNotAvailable, KindNotAllowed
from portal_core.files.use_cases.open_download import OpenDownload, OpenDownloadQuery
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, RateLimited, StaleVersion
from tests.support.documents.practice import HELLO, DocumentsPractice, pieces
from tests.support.files.samples import EICAR

HOUR = timedelta(hours=1)
NEW = b"A corrected letter.\n"


async def listed(practice: DocumentsPractice, actor: Actor, search: str = "") -> list[DocumentView]:
    query = ListDocumentsQuery(DocumentFilter(search=search))
    return list((await practice.use(ListDocuments)(actor, query)).items)


def notices(practice: DocumentsPractice) -> list[str]:
    return [one.kind for one in practice.world.store.notices]  # type: ignore[attr-defined]


async def accept(practice: DocumentsPractice, client_id: UUID) -> None:
    """Run the jobs that follow the scans of the client's files."""
    system = practice.world.system
    for name, ids in practice.world.store.jobs:  # type: ignore[attr-defined]
        if name == "file_accepted" and ids["client_id"] == client_id:
            await practice.use(AnnounceDocument)(system, AnnounceDocumentCommand(**ids))
        if name == "file_refused":
            await practice.use(AnnounceRefusedDocument)(system, AnnounceRefusedDocumentCommand(**ids))
        if name == "file_downloaded":
            await practice.use(MarkDocumentDownloaded)(system, MarkDocumentDownloadedCommand(**ids))


async def test_document_is_seen_when_it_is_shared_and_clean(
    practice: DocumentsPractice, ann: UUID, front_desk: StaffActor
) -> None:
    client = practice.client(ann)
    added = await practice.add(front_desk, ann, None)
    assert added.latest.state == "awaiting_content"
    share = ShareDocumentCommand(client_id=ann, document_id=added.id, version=1)
    shared = await practice.use(ShareDocument)(front_desk, share)
    assert shared.shared_at == practice.world.clock.now()
    assert (await listed(practice, client), notices(practice)) == ([], [])
    await practice.send(front_desk, ann, added.id, HELLO)
    for _ in range(2):
        await accept(practice, ann)
        assert notices(practice) == ["document_shared"]
    [view] = await listed(practice, client)
    assert (view.title, view.state, view.viewed_at) == ("A letter", "available", None)
    assert view.file is not None
    assert (view.file.file_name, view.file.size) == ("letter.txt", len(HELLO))


async def test_sharing_a_clean_document_notifies_at_once(
    practice: DocumentsPractice, ann: UUID, front_desk: StaffActor
) -> None:
    added = await practice.add(front_desk, ann, sensitive=True)
    await accept(practice, ann)
    assert notices(practice) == []
    await practice.use(ShareDocument)(front_desk, ShareDocumentCommand(client_id=ann, document_id=added.id))
    await accept(practice, ann)
    assert notices(practice) == ["sensitive_document_shared"]


async def test_share_ends_by_time_and_by_revocation(
    practice: DocumentsPractice, ann: UUID, front_desk: StaffActor
) -> None:
    world, client = practice.world, practice.client(ann)
    added = await practice.add(front_desk, ann, share=True, expires_at=world.clock.now() + HOUR)
    assert len(await listed(practice, client)) == 1
    world.clock.advance(HOUR)
    assert await listed(practice, client) == []
    with pytest.raises(NotFound):
        await practice.use(GetDocument)(client, added.id)
    share = ShareDocumentCommand(client_id=ann, document_id=added.id)
    again = await practice.use(ShareDocument)(front_desk, share)
    assert (again.expires_at, again.revoked_at) == (None, None)
    token = (await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))).token
    assert await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))
    revoke = RevokeDocumentCommand(client_id=ann, document_id=added.id, version=again.version)
    assert (await practice.use(RevokeDocument)(front_desk, revoke)).revoked_at == world.clock.now()
    with pytest.raises(NotFound):
        await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(token))
    for refused in (GetDocument, ListDocumentVersions):
        with pytest.raises(NotFound):
            await practice.use(refused)(client, added.id)
    with pytest.raises(NotFound):
        await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))
    with pytest.raises(StaleVersion):
        await practice.use(ShareDocument)(
            front_desk, ShareDocumentCommand(client_id=ann, document_id=added.id, version=1)
        )
    with pytest.raises(DocumentNotShared):
        await practice.use(RevokeDocument)(front_desk, RevokeDocumentCommand(client_id=ann, document_id=added.id))


async def test_link_ends_with_the_share(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    soon = practice.world.clock.now() + timedelta(minutes=1)
    added = await practice.add(front_desk, ann, share=True, expires_at=soon)
    command = CreateDownloadLinkCommand(added.id)
    link = await practice.use(CreateDownloadLink)(practice.client(ann), command)
    assert link.expires_at == soon
    await practice.use(ShareDocument)(front_desk, ShareDocumentCommand(client_id=ann, document_id=added.id))
    with pytest.raises(NotFound):
        await practice.use(OpenDownload)(practice.world.visitor, OpenDownloadQuery(link.token))


async def test_contents_are_limited(practice: DocumentsPractice, ann: UUID) -> None:
    client = practice.client(ann)
    sent = await practice.upload(client, None)
    for _ in range(CONTENTS.max_attempts):
        with pytest.raises(KindNotAllowed):
            await practice.use(SendDocumentContent)(client, SendDocumentContentCommand(sent.id, pieces(b"MZ\0")))
    with pytest.raises(RateLimited):
        await practice.use(SendDocumentContent)(client, SendDocumentContentCommand(sent.id, pieces(HELLO)))


async def test_time_in_the_past_is_refused(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    now = practice.world.clock.now()
    added = await practice.add(front_desk, ann)
    with pytest.raises(Invalid):
        await practice.use(ShareDocument)(
            front_desk, ShareDocumentCommand(client_id=ann, document_id=added.id, expires_at=now)
        )
    with pytest.raises(Invalid):
        await practice.add(front_desk, ann, share=True, expires_at=now)


async def test_psychotherapy_notes_are_refused(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    for actor in (front_desk, practice.world.system):
        with pytest.raises(PsychotherapyNotesNotShareable):
            await practice.add(actor, ann, category="psychotherapy_notes")
    added = await practice.add(front_desk, ann)
    change = ChangeDocumentCommand(
        client_id=ann, document_id=added.id, title="Notes", category="psychotherapy_notes", sensitive=False
    )
    with pytest.raises(PsychotherapyNotesNotShareable):
        await practice.use(ChangeDocument)(front_desk, change)


async def test_document_is_filed_once_for_its_source(practice: DocumentsPractice, ann: UUID) -> None:
    system = practice.world.system
    first = await practice.add(system, ann, None, source="receipt:7", share=True)
    again = await practice.add(system, ann, source="receipt:7", title="Another title")
    assert (again.id, again.title) == (first.id, "A letter")
    with pytest.raises(ContentExists):
        await practice.send(system, ann, first.id, HELLO)
    bob = await practice.world.add_client()
    with pytest.raises(DuplicateSource):
        await practice.add(system, bob, source="receipt:7")


async def test_versions(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    world, client = practice.world, practice.client(ann)
    added = await practice.add(front_desk, ann, share=True)
    with pytest.raises(StaleVersion):
        stale = AddDocumentVersionCommand(client_id=ann, document_id=added.id, file_name="b.txt", version=7)
        await practice.use(AddDocumentVersion)(front_desk, stale)
    command = AddDocumentVersionCommand(client_id=ann, document_id=added.id, file_name="b.txt", version=added.version)
    extended = await practice.use(AddDocumentVersion)(front_desk, command)
    assert (extended.versions, extended.latest.state) == (2, "awaiting_content")
    assert (await practice.use(GetDocument)(client, added.id)).version_number == 1
    practice.malware_scanner.away = True
    await practice.send(front_desk, ann, added.id, NEW)
    assert (await practice.use(GetDocument)(client, added.id)).version_number == 1
    with pytest.raises(FileNotAvailable):
        await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id, 2))
    practice.malware_scanner.away = False
    await practice.scan(ann)
    await accept(practice, ann)
    assert notices(practice) == ["document_shared", "document_shared"]
    assert (await practice.use(GetDocument)(client, added.id)).version_number == 2
    versions = await practice.use(ListDocumentVersions)(client, added.id)
    assert [(one.number, one.file.file_name) for one in versions.items] == [(2, "b.txt"), (1, "letter.txt")]
    for number, content in ((None, NEW), (2, NEW), (1, HELLO)):
        made = await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id, number))
        download = await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(made.token))
        assert b"".join([chunk async for chunk in download.content.chunks()]) == content
    with pytest.raises(NotFound):
        await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id, 3))


async def test_client_sends_a_document(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    client = practice.client(ann)
    sent = await practice.upload(client, title="My card", scan=False)
    assert (sent.origin, sent.state, sent.category) == ("client", "being_checked", "insurance")
    [view] = await listed(practice, client)
    assert view.state == "being_checked"
    with pytest.raises(FileNotAvailable):
        await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(sent.id))
    uploads = await practice.use(ListUploads)(front_desk, ListUploadsQuery())
    assert [(one.id, one.title) for one in uploads.items] == [(sent.id, "My card")]
    await practice.scan(ann)
    assert notices(practice) == []
    world = practice.world
    await world.account("desk@elm.example", kind="staff")
    await accept(practice, ann)
    assert notices(practice) == ["client_sent"], "nobody of the care team has an account"
    grey_id = await world.add_staff("grey@elm.example", ["clinician"], sees_clients=True)
    grey = await world.account("grey@elm.example", kind="staff", staff_id=grey_id)
    team = world.store.table("care_team")  # type: ignore[attr-defined]
    team[world.practice_id, ann, await world.clinician_of(grey_id)] = True
    await practice.use(TellCareTeam)(world.system, TellCareTeamCommand(ann, sent.id))
    assert [one.to_account for one in world.store.notices][1:] == [grey.id]  # type: ignore[attr-defined]
    with pytest.raises(Forbidden):
        await practice.use(TellCareTeam)(client, TellCareTeamCommand(ann, sent.id))
    assert (await listed(practice, client))[0].state == "available"
    opened = await practice.use(OpenClientDocument)(
        front_desk, OpenClientDocumentQuery(client_id=ann, document_id=sent.id)
    )
    assert b"".join([chunk async for chunk in opened.content.chunks()]) == HELLO
    # Staff neither change nor withhold what is the client's own, and clients send no content of the practice's.
    own = {"client_id": ann, "document_id": sent.id}
    for refused in (
        practice.use(ShareDocument)(front_desk, ShareDocumentCommand(**own)),
        practice.use(RevokeDocument)(front_desk, RevokeDocumentCommand(**own)),
        practice.use(AddDocumentVersion)(front_desk, AddDocumentVersionCommand(**own, file_name="x.txt")),
        practice.use(SendClientDocumentContent)(
            front_desk, SendClientDocumentContentCommand(ann, sent.id, pieces(NEW))
        ),
    ):
        with pytest.raises(NotFound):
            await refused
    theirs = await practice.add(front_desk, ann, None, share=True)
    with pytest.raises(NotFound):
        await practice.use(SendDocumentContent)(client, SendDocumentContentCommand(theirs.id, pieces(NEW)))


async def test_infected_upload_is_told_to_its_sender_and_shown_to_staff(
    practice: DocumentsPractice, ann: UUID, front_desk: StaffActor
) -> None:
    client = practice.client(ann)
    await practice.upload(client, EICAR)
    of_staff = await practice.add(front_desk, ann, EICAR, share=True)
    by_job = await practice.add(practice.world.system, ann, EICAR, share=True)
    for _ in range(2):
        await accept(practice, ann)
    told = practice.world.store.notices  # type: ignore[attr-defined]
    assert sorted((one.kind, str(one.to_account)) for one in told) == sorted(
        [("upload_refused", str(client.account_id)), ("upload_refused", str(front_desk.account_id))]
    )
    [view] = await listed(practice, client)
    assert view.state == "refused"
    uploads = await practice.use(ListUploads)(front_desk, ListUploadsQuery())
    assert [one.latest.state for one in uploads.items] == ["refused"]
    for one in (of_staff, by_job):
        with pytest.raises(NotFound):
            await practice.use(GetDocument)(client, one.id)
        with pytest.raises(FileNotAvailable):
            query = OpenClientDocumentQuery(client_id=ann, document_id=one.id)
            await practice.use(OpenClientDocument)(front_desk, query)


async def test_uploads_are_limited(practice: DocumentsPractice, ann: UUID) -> None:
    client = practice.client(ann)
    for _ in range(UPLOADS.max_attempts):
        await practice.upload(client, None)
    with pytest.raises(RateLimited):
        await practice.upload(client, None)
    practice.world.clock.advance(UPLOADS.window)
    await practice.upload(client, None)


async def test_views_and_downloads_are_marked(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    world, client = practice.world, practice.client(ann)
    added = await practice.add(front_desk, ann, share=True)
    assert (await practice.use(GetDocument)(client, added.id)).viewed_at is None
    viewed = world.clock.now()
    world.clock.advance(HOUR)
    assert (await practice.use(GetDocument)(client, added.id)).viewed_at == viewed
    made = await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))
    await practice.use(OpenDownload)(world.visitor, OpenDownloadQuery(made.token))
    await accept(practice, ann)
    query = ListClientDocumentsQuery(ann)
    [staff] = (await practice.use(ListClientDocuments)(front_desk, query)).items
    assert (staff.viewed_at, staff.downloaded_at) == (viewed, world.clock.now())
    # A job for a file that is no document's changes nothing.
    unknown = {"client_id": ann, "file_id": world.ids.new()}
    await practice.use(MarkDocumentDownloaded)(
        world.system, MarkDocumentDownloadedCommand(**unknown, account_id=world.ids.new())
    )
    await practice.use(AnnounceDocument)(world.system, AnnounceDocumentCommand(**unknown))
    await practice.use(AnnounceRefusedDocument)(world.system, AnnounceRefusedDocumentCommand(**unknown))


async def test_search(practice: DocumentsPractice, ann: UUID, front_desk: StaffActor) -> None:
    await practice.add(front_desk, ann, share=True, title="Bericht für Ämter")
    await practice.add(front_desk, ann, share=True, title="Receipt", file_name="march.txt")
    client = practice.client(ann)
    for search, found in (("amter", ["Bericht für Ämter"]), ("MARCH rec", ["Receipt"]), ("march april", [])):
        assert [one.title for one in await listed(practice, client, search)] == found
