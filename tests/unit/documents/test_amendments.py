"""Requests of clients to amend their record (45 CFR 164.526)."""

from datetime import timedelta
from uuid import UUID

import pytest

from portal_core.documents.amendment import AmendmentRequestView, DenialBasis
from portal_core.documents.errors import (
    AlreadyExtended,
    AmendmentNotDenied,
    AmendmentNotOpen,
    DisagreementGiven,
    DocumentWithheld,
    NoDisagreement,
)
from portal_core.documents.use_cases.decide_amendment_request import (
    DecideAmendmentRequest,
    DecideAmendmentRequestCommand,
)
from portal_core.documents.use_cases.disagree_with_denial import DisagreeWithDenial, DisagreeWithDenialCommand
from portal_core.documents.use_cases.extend_amendment_request import (
    ExtendAmendmentRequest,
    ExtendAmendmentRequestCommand,
)
from portal_core.documents.use_cases.list_amendment_requests import ListAmendmentRequests, ListAmendmentRequestsQuery
from portal_core.documents.use_cases.list_client_amendment_requests import (
    ListClientAmendmentRequests,
    ListClientAmendmentRequestsQuery,
)
from portal_core.documents.use_cases.list_open_amendment_requests import (
    ListOpenAmendmentRequests,
    ListOpenAmendmentRequestsQuery,
)
from portal_core.documents.use_cases.rebut_disagreement import RebutDisagreement, RebutDisagreementCommand
from portal_core.documents.use_cases.request_amendment import (
    AMENDMENT_REQUESTS,
    RequestAmendment,
    RequestAmendmentCommand,
)
from portal_core.documents.use_cases.withdraw_amendment_request import (
    WithdrawAmendmentRequest,
    WithdrawAmendmentRequestCommand,
)
from portal_core.kernel.actor import Actor, StaffActor
from portal_core.kernel.errors import Forbidden, Invalid, NotFound, RateLimited, StaleVersion
from tests.support.documents.practice import DocumentsPractice
from tests.unit.documents.test_documents import notices
from tests.unit.documents.test_withholding import withhold

DAY = timedelta(days=1)


async def ask(practice: DocumentsPractice, actor: Actor, document_id: UUID | None = None) -> AmendmentRequestView:
    command = RequestAmendmentCommand(document_id=document_id, statement=" It was the third. ", reason="I was there.")
    return await practice.use(RequestAmendment)(actor, command)


async def decide(
    practice: DocumentsPractice, actor: Actor, request: AmendmentRequestView, basis: DenialBasis | None
) -> AmendmentRequestView:
    command = DecideAmendmentRequestCommand(
        client_id=request.client_id, request_id=request.id, answer="We looked.", denial_basis=basis
    )
    return await practice.use(DecideAmendmentRequest)(actor, command)


async def test_request_is_due_in_sixty_days_and_once_thirty_later(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor
) -> None:
    client, now = practice.client(ann), practice.world.clock.now()
    document = await practice.add(grey, ann, share=True)
    asked = await ask(practice, client, document.id)
    assert (asked.state, asked.statement, asked.due_at) == ("requested", "It was the third.", now + 60 * DAY)
    practice.world.clock.advance(10 * DAY)
    extend = ExtendAmendmentRequestCommand(client_id=ann, request_id=asked.id, reason="An archive.", version=1)
    extended = await practice.use(ExtendAmendmentRequest)(grey, extend)
    assert (extended.due_at, extended.extension_reason) == (now + 90 * DAY, "An archive.")
    with pytest.raises(AlreadyExtended):
        await practice.use(ExtendAmendmentRequest)(grey, extend)
    waiting = await practice.use(ListOpenAmendmentRequests)(grey, ListOpenAmendmentRequestsQuery())
    assert [one.id for one in waiting.items] == [asked.id]
    accepted = await decide(practice, practice.staff("administrator"), asked, None)
    assert (accepted.state, accepted.answer, accepted.denial_basis) == ("accepted", "We looked.", None)
    assert notices(practice) == ["amendment_answered"] * 2
    listed = await practice.use(ListAmendmentRequests)(client, ListAmendmentRequestsQuery())
    assert listed.items == (accepted,)
    staff = await practice.use(ListClientAmendmentRequests)(grey, ListClientAmendmentRequestsQuery(ann))
    assert staff.items == (accepted,)
    assert (await practice.use(ListOpenAmendmentRequests)(grey, ListOpenAmendmentRequestsQuery())).items == ()


async def test_answered_request_is_closed(practice: DocumentsPractice, ann: UUID, grey: StaffActor) -> None:
    client = practice.client(ann)
    asked = await ask(practice, client)
    await decide(practice, grey, asked, None)
    with pytest.raises(AmendmentNotOpen):
        await decide(practice, grey, asked, "not_in_record")
    with pytest.raises(AmendmentNotOpen):
        await practice.use(ExtendAmendmentRequest)(
            grey, ExtendAmendmentRequestCommand(client_id=ann, request_id=asked.id, reason="x")
        )
    with pytest.raises(AmendmentNotOpen):
        await practice.use(WithdrawAmendmentRequest)(client, WithdrawAmendmentRequestCommand(asked.id))
    with pytest.raises(AmendmentNotDenied):
        await practice.use(DisagreeWithDenial)(client, DisagreeWithDenialCommand(request_id=asked.id, statement="x"))
    with pytest.raises(NoDisagreement):
        await practice.use(RebutDisagreement)(
            grey, RebutDisagreementCommand(client_id=ann, request_id=asked.id, statement="x")
        )


async def test_client_disagrees_and_the_practice_answers(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor
) -> None:
    client = practice.client(ann)
    denied = await decide(practice, grey, await ask(practice, client), "accurate_and_complete")
    assert (denied.state, denied.denial_basis) == ("denied", "accurate_and_complete")
    command = DisagreeWithDenialCommand(request_id=denied.id, statement="It is wrong.", version=denied.version)
    disagreed = await practice.use(DisagreeWithDenial)(client, command)
    assert (disagreed.disagreement, disagreed.disagreed_at) == ("It is wrong.", practice.world.clock.now())
    with pytest.raises(DisagreementGiven):
        await practice.use(DisagreeWithDenial)(client, command)
    for text in ("We disagree.", "We still disagree."):
        rebuttal = RebutDisagreementCommand(client_id=ann, request_id=denied.id, statement=text)
        assert (await practice.use(RebutDisagreement)(grey, rebuttal)).rebuttal == text
    assert notices(practice) == ["amendment_answered"] * 3


async def test_client_takes_a_request_back(practice: DocumentsPractice, ann: UUID, grey: StaffActor) -> None:
    client = practice.client(ann)
    asked = await ask(practice, client)
    with pytest.raises(StaleVersion):
        await practice.use(WithdrawAmendmentRequest)(client, WithdrawAmendmentRequestCommand(asked.id, 2))
    withdrawn = await practice.use(WithdrawAmendmentRequest)(client, WithdrawAmendmentRequestCommand(asked.id, 1))
    assert withdrawn.state == "withdrawn"
    with pytest.raises(AmendmentNotOpen):
        await decide(practice, grey, asked, None)


async def test_who_may_ask_and_answer(practice: DocumentsPractice, ann: UUID, grey: StaffActor) -> None:
    asked = await ask(practice, practice.proxy(ann, "documents", may_write=True))
    with pytest.raises(Forbidden):
        await ask(practice, practice.proxy(ann, "documents"))
    with pytest.raises(NotFound):
        await ask(practice, practice.proxy(ann, "messages", may_write=True))
    other = await ask(practice, practice.client(ann))
    proxy = practice.proxy(ann, "documents", may_write=True)
    listed = await practice.use(ListAmendmentRequests)(proxy, ListAmendmentRequestsQuery())
    assert [one.id for one in listed.items] == [asked.id], "what others asked tells what is in documents"
    every = await practice.use(ListAmendmentRequests)(practice.client(ann), ListAmendmentRequestsQuery())
    assert len(every.items) == 2
    with pytest.raises(NotFound):
        await practice.use(WithdrawAmendmentRequest)(proxy, WithdrawAmendmentRequestCommand(other.id))
    bob = practice.client(await practice.world.add_client())
    with pytest.raises(NotFound):
        await practice.use(WithdrawAmendmentRequest)(bob, WithdrawAmendmentRequestCommand(asked.id))
    with pytest.raises(NotFound):
        await decide(practice, bob, asked, None)
    with pytest.raises(NotFound):
        await practice.use(ListClientAmendmentRequests)(grey, ListClientAmendmentRequestsQuery(grey.account_id))
    for member in (practice.staff("front_desk"), practice.staff("biller")):
        with pytest.raises(Forbidden):
            await decide(practice, member, asked, None)
        with pytest.raises(Forbidden):
            await practice.use(ListOpenAmendmentRequests)(member, ListOpenAmendmentRequestsQuery())
    confined = StaffActor(
        practice.world.practice_id, grey.account_id, frozenset({"clinician"}), grey.clinician_id, own_clients_only=True
    )
    with pytest.raises(Forbidden):
        await practice.use(ListOpenAmendmentRequests)(confined, ListOpenAmendmentRequestsQuery())
    with pytest.raises(NotFound):
        await decide(practice, confined, asked, None)


async def test_request_names_a_document_that_the_client_reads(
    practice: DocumentsPractice, ann: UUID, grey: StaffActor
) -> None:
    client, hidden = practice.client(ann), await practice.add(grey, ann)
    with pytest.raises(NotFound):
        await ask(practice, client, hidden.id)
    shared = await practice.add(grey, ann, share=True)
    await withhold(practice, grey, ann, shared.id)
    with pytest.raises(DocumentWithheld):
        await ask(practice, client, shared.id)


async def test_requests_are_limited(practice: DocumentsPractice, ann: UUID) -> None:
    client = practice.client(ann)
    for _ in range(AMENDMENT_REQUESTS.max_attempts):
        await ask(practice, client)
    with pytest.raises(RateLimited):
        await ask(practice, client)


@pytest.mark.parametrize("text", ["", " \n", "x" * 4001, "a\x00b"])
def test_statements_are_checked(text: str) -> None:
    ids = {"client_id": UUID(int=1), "request_id": UUID(int=2)}
    for make in (
        lambda: RequestAmendmentCommand(document_id=None, statement=text, reason="r"),
        lambda: RequestAmendmentCommand(document_id=None, statement="s", reason=text),
        lambda: DisagreeWithDenialCommand(request_id=UUID(int=2), statement=text),
        lambda: ExtendAmendmentRequestCommand(**ids, reason=text),
        lambda: DecideAmendmentRequestCommand(**ids, answer=text),
        lambda: RebutDisagreementCommand(**ids, statement=text),
    ):
        with pytest.raises(Invalid):
            make()
