"""A client asks that their record is amended."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import find_readable
from portal_core.documents.amendment import (
    ANSWER_PERIOD,
    AmendmentRequest,
    AmendmentRequestView,
    clean_reason,
    clean_statement,
)
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.use_cases.tell_care_team import TellCareTeam
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.limits import Limit, RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin

AMENDMENT_REQUESTS: Final = Limit("amendment_requests", 10, timedelta(hours=24))
"""Of one account."""


@frozen(kw_only=True)
class RequestAmendmentCommand:
    """`statement`: what is to be amended, and how; `reason`: why. Without a document it is the record in general.

    Raises:
        Invalid: a text is empty, too long, or has control characters.
    """

    document_id: UUID | None
    statement: str = field(converter=clean_statement)
    reason: str = field(converter=clean_reason)


@frozen
class RequestAmendment:
    """Asks the practice to amend the record, which answers within 60 days (45 CFR 164.526). For the client, or a proxy
    with `documents` who may write.

    Raises:
        NotFound, Forbidden: no such document for the actor, or they may not write.
        DocumentWithheld: a clinician withholds the document from them.
        RateLimited: the account asked ten times in 24 hours.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits

    async def __call__(self, actor: Actor, command: RequestAmendmentCommand) -> AmendmentRequestView:
        now = self.clock.now()
        async with self.begin(actor, read_only=True) as unit:
            client_id, scope = require_documents(actor, write=True)
            if command.document_id is not None:
                await find_readable(unit, client_id, scope, command.document_id, now)
        account_id = require_account_holder(actor).account_id
        await self.limits.take(actor.practice_id, AMENDMENT_REQUESTS, str(account_id))
        async with self.begin(actor) as unit:
            request = AmendmentRequest(
                id=self.ids.new(),
                client_id=client_id,
                document_id=command.document_id,
                statement=command.statement,
                reason=command.reason,
                requested_by=account_id,
                requested_at=now,
                due_at=now + ANSWER_PERIOD,
            )
            await unit.amendment_requests.add(request, AuditEntry("amendment.requested", request.id, record=client_id))
            await unit.outbox.defer(TellCareTeam, client_id=client_id, subject_id=request.id)
            return await unit.commit(AmendmentRequestView.of(request))
