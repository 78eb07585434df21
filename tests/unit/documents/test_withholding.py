"""Documents that a clinician withholds because access would do harm."""

from uuid import UUID

import pytest

from portal_core.documents.errors import (
    DocumentWithheld,
    NotWithheld,
    ReviewNeedsColleague,
    ReviewNotRequested,
    ReviewPending,
)
from portal_core.documents.model import WithholdingBasis
from portal_core.documents.use_cases.create_download_link import CreateDownloadLink, CreateDownloadLinkCommand
from portal_core.documents.use_cases.get_document import GetDocument
from portal_core.documents.use_cases.list_client_documents import ListClientDocuments, ListClientDocumentsQuery
from portal_core.documents.use_cases.list_document_versions import ListDocumentVersions
from portal_core.documents.use_cases.release_document import ReleaseDocument, ReleaseDocumentCommand
from portal_core.documents.use_cases.request_withholding_review import RequestWithholdingReview
from portal_core.documents.use_cases.review_withholding import ReviewWithholding, ReviewWithholdingCommand
from portal_core.documents.use_cases.withhold_document import WithholdDocument, WithholdDocumentCommand
from portal_core.documents.views import PracticeDocumentView
from portal_core.files.use_cases.open_download import OpenDownload, OpenDownloadQuery
from portal_core.kernel.actor import StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, StaleVersion
from tests.support.documents.practice import DocumentsPractice
from tests.unit.documents.test_documents import accept, listed, notices

FROM_ALL: WithholdingBasis = "danger_to_life_or_safety"
FROM_PROXIES: WithholdingBasis = "harm_by_representative"


async def withhold(
    practice: DocumentsPractice, actor: StaffActor, ann: UUID, document_id: UUID, basis: WithholdingBasis = FROM_ALL
) -> PracticeDocumentView:
    command = WithholdDocumentCommand(
        client_id=ann, document_id=document_id, basis=basis, reason="It names a third one."
    )
    return await practice.use(WithholdDocument)(actor, command)


async def test_withheld_document_shows_that_it_is_there(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor
) -> None:
    client = practice.client(ann)
    added = await practice.add(grey, ann, share=True)
    made = await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))
    staff = await withhold(practice, grey, ann, added.id)
    assert staff.withholding is not None
    assert (staff.withholding.reason, staff.withholding.decided_by) == ("It names a third one.", grey.account_id)
    for actor, reason in ((grey, "It names a third one."), (practice.staff("front_desk"), None)):
        [staff] = (await practice.use(ListClientDocuments)(actor, ListClientDocumentsQuery(ann))).items
        assert staff.withholding is not None
        assert staff.withholding.reason == reason
    [view] = await listed(practice, client)
    assert (view.state, view.title, view.file) == ("withheld", None, None)
    assert view.withheld is not None
    assert (view.withheld.basis, view.withheld.review) == (FROM_ALL, "none")
    assert (await practice.use(GetDocument)(client, added.id)).viewed_at is None
    with pytest.raises(DocumentWithheld):
        await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))
    with pytest.raises(DocumentWithheld):
        await practice.use(ListDocumentVersions)(client, added.id)
    with pytest.raises(NotFound):
        await practice.use(OpenDownload)(practice.world.visitor, OpenDownloadQuery(made.token))
    again = await practice.use(GetDocument)(client, added.id)
    assert again.viewed_at is None


async def test_nobody_is_told_of_a_withheld_document_until_it_is_released(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor
) -> None:
    added = await practice.add(grey, ann, None, share=True)
    await withhold(practice, grey, ann, added.id)
    await practice.send(grey, ann, added.id, b"text")
    await accept(practice, ann)
    assert notices(practice) == []
    released = await practice.use(ReleaseDocument)(grey, ReleaseDocumentCommand(client_id=ann, document_id=added.id))
    assert released.withholding is None
    assert notices(practice) == ["document_shared"]
    with pytest.raises(NotWithheld):
        await practice.use(ReleaseDocument)(grey, ReleaseDocumentCommand(client_id=ann, document_id=added.id))


async def test_release_without_a_share_or_content_notifies_nobody(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor
) -> None:
    for content in (b"text", None):
        added = await practice.add(grey, ann, content)
        await withhold(practice, grey, ann, added.id)
        await practice.use(ReleaseDocument)(grey, ReleaseDocumentCommand(client_id=ann, document_id=added.id))
    assert notices(practice) == []


async def test_withheld_from_proxies_alone(practice: DocumentsPractice, ann: UUID, grey: StaffActor) -> None:
    added = await practice.add(grey, ann, share=True)
    await withhold(practice, grey, ann, added.id, FROM_PROXIES)
    client, proxy = practice.client(ann), practice.proxy(ann, "documents", may_write=True)
    assert [one.state for one in await listed(practice, client)] == ["available"]
    assert [one.state for one in await listed(practice, proxy)] == ["withheld"]
    assert await practice.use(CreateDownloadLink)(client, CreateDownloadLinkCommand(added.id))
    with pytest.raises(DocumentWithheld):
        await practice.use(CreateDownloadLink)(proxy, CreateDownloadLinkCommand(added.id))
    with pytest.raises(NotWithheld):
        await practice.use(RequestWithholdingReview)(client, added.id)
    assert (await practice.use(RequestWithholdingReview)(proxy, added.id)).review == "pending"


async def test_only_clinicians_withhold(practice: DocumentsPractice, ann: UUID, grey: StaffActor) -> None:
    added = await practice.add(grey, ann, share=True)
    for member in (practice.staff("front_desk"), practice.staff("administrator"), practice.staff("clinician")):
        with pytest.raises(Forbidden):
            await withhold(practice, member, ann, added.id)
    with pytest.raises(NotFound):
        await withhold(practice, practice.client(ann), ann, added.id)  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        WithholdDocumentCommand(client_id=ann, document_id=added.id, basis=FROM_ALL, reason=" ")


@pytest.mark.parametrize("outcome", ["upheld", "reversed"])
async def test_colleague_reviews_on_request(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor, outcome: str
) -> None:
    client, green = practice.client(ann), practice.clinician()
    added = await practice.add(grey, ann, share=True)
    await accept(practice, ann)
    await withhold(practice, grey, ann, added.id)
    command = ReviewWithholdingCommand(client_id=ann, document_id=added.id, outcome=outcome)  # type: ignore[arg-type]
    review = practice.use(ReviewWithholding)
    with pytest.raises(ReviewNotRequested):
        await review(green, command)
    asked = await practice.use(RequestWithholdingReview)(client, added.id)
    assert asked == await practice.use(RequestWithholdingReview)(client, added.id)
    assert asked.review == "pending"
    assert [one.action for one in await practice.world.audit()].count("document.review_requested") == 1
    with pytest.raises(ReviewNeedsColleague):
        await review(grey, command)
    with pytest.raises(ReviewPending):
        await withhold(practice, grey, ann, added.id)
    with pytest.raises(Forbidden):
        await review(practice.staff("administrator"), command)
    with pytest.raises(StaleVersion):
        stale = ReviewWithholdingCommand(client_id=ann, document_id=added.id, outcome="upheld", version=1)
        await review(green, stale)
    reviewed = await review(green, command)
    assert notices(practice) == ["document_shared", "withholding_reviewed"]
    [view] = await listed(practice, client)
    if outcome == "reversed":
        assert reviewed.withholding is None
        assert view.state == "available"
    else:
        assert view.withheld is not None
        assert view.withheld.review == "upheld"
        assert (await practice.use(RequestWithholdingReview)(client, added.id)).review == "upheld"
        with pytest.raises(ReviewNotRequested):
            await review(green, command)


async def test_review_of_what_is_not_withheld(practice: DocumentsPractice, ann: UUID, grey: StaffActor) -> None:
    added = await practice.add(grey, ann, share=True)
    with pytest.raises(NotWithheld):
        await practice.use(RequestWithholdingReview)(practice.client(ann), added.id)
    with pytest.raises(Forbidden):
        await practice.use(RequestWithholdingReview)(practice.proxy(ann, "documents"), added.id)
    with pytest.raises(ReviewNotRequested):
        await practice.use(ReviewWithholding)(
            grey, ReviewWithholdingCommand(client_id=ann, document_id=added.id, outcome="upheld")
        )
