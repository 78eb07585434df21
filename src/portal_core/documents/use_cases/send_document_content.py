"""A client sends the content of a document that they announced."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final
from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import find_file, find_for_client
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentView, FileView
from portal_core.files.model import MAX_FILE_BYTES
from portal_core.files.receiving import ContentReceiver
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.errors import NotFound
from portal_core.kernel.limits import Limit, RateLimits
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

CONTENTS: Final = Limit("contents", 200, timedelta(hours=24))
"""Of one account, refused ones and repetitions included: each is stored, recognized, and perhaps thrown away."""


@frozen
class SendDocumentContentCommand:
    """The content, piece by piece."""

    document_id: UUID
    content: AsyncIterator[bytes] = field(repr=False, eq=False)


@frozen
class SendDocumentContent:
    """Receives the content of a document that the client announced by `UploadDocument`. It is then checked for malware.

    For the client, or a proxy with `documents` who may write. The content must be of a kind that is taken, whatever its
    name says, and have at most 25 MiB. If it is refused or breaks off, it can be sent again.

    Raises:
        NotFound, Forbidden: the actor has no such document of their own sending, or may not write.
        RateLimited: the account sent 200 in 24 hours.
        ContentExists: it was received before.
        StaleVersion: the content is sent a second time at the same moment.
        FileTooLarge, KindNotAllowed, ExpandsTooMuch: the content is not taken.
        Overloaded, Unavailable: it cannot be stored now.
    """

    begin: Begin[DocumentsUnit]
    content_receiver: ContentReceiver
    clock: Clock
    limits: RateLimits

    async def __call__(self, actor: Actor, command: SendDocumentContentCommand) -> DocumentView:
        async with self.begin(actor, read_only=True) as unit:
            client_id, scope = require_documents(actor, write=True)
            document = await find_for_client(unit, client_id, scope, command.document_id, self.clock.now())
            if document.origin != "client":
                raise NotFound("document", command.document_id)
            file = await find_file(unit, document, document.versions)
        await self.limits.take(actor.practice_id, CONTENTS, str(require_account_holder(actor).account_id))
        received = await self.content_receiver.receive(actor, client_id, file.id, command.content, MAX_FILE_BYTES)
        return DocumentView.of(document, document.versions, FileView.of_file(received), proxy=scope.proxy)
