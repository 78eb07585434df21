"""A client sends a document to the practice: first what it is, then its content."""

from datetime import timedelta
from typing import Final

from attrs import field, frozen

from portal_core.documents.filing import file_document, new_file
from portal_core.documents.model import Document, UploadCategory, clean_title
from portal_core.documents.policy import require_documents
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import DocumentView, FileView
from portal_core.files.model import clean_file_name
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_account_holder
from portal_core.kernel.limits import Limit, RateLimits
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin

UPLOADS: Final = Limit("uploads", 100, timedelta(hours=24))
"""Of one account. It bounds what an account can store: 100 files of 25 MB in a day."""


@frozen(kw_only=True)
class UploadDocumentCommand:
    """`title` is the file's name when None.

    Raises:
        Invalid: the name or the title is empty, too long, or has control characters.
    """

    category: UploadCategory
    file_name: str = field(converter=clean_file_name)
    title: str | None = None


@frozen
class UploadDocument:
    """Announces a document that the client sends: an insurance card, records of another practice. Its content follows
    by `SendDocumentContent`. For the client, or a proxy with `documents` who may write.

    Raises:
        NotFound, Forbidden: the actor has no access to `documents`, or may not write.
        RateLimited: the account announced 100 in 24 hours.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock
    ids: IdSource
    limits: RateLimits

    async def __call__(self, actor: Actor, command: UploadDocumentCommand) -> DocumentView:
        now = self.clock.now()
        async with self.begin(actor, read_only=True):
            client_id, scope = require_documents(actor, write=True)
            account_id = require_account_holder(actor).account_id
        await self.limits.take(actor.practice_id, UPLOADS, str(account_id))
        async with self.begin(actor) as unit:
            document = Document(
                id=self.ids.new(),
                client_id=client_id,
                category=command.category,
                title=clean_title(command.title or command.file_name),
                origin="client",
                added_by=account_id,
                added_at=now,
                listed_at=now,
            )
            new = new_file(self.ids, actor, document, command.file_name, now)
            await file_document(unit, document, new)
            view = DocumentView.of(document, 1, FileView.of_file(new.file), proxy=scope.proxy)
            return await unit.commit(view)
