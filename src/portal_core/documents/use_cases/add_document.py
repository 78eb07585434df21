"""Staff, the EHR or another feature add a document to a client's record."""

from datetime import datetime
from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import require_client
from portal_core.documents.filing import account_of, file_document, new_file
from portal_core.documents.model import Document, DocumentCategory, check_expiry, clean_title, require_shareable
from portal_core.documents.policy import require_manager
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import FileView, PracticeDocumentView
from portal_core.files.model import clean_file_name
from portal_core.kernel.actor import Actor, own_clients_of
from portal_core.kernel.errors import Forbidden
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class AddDocumentCommand:
    """`share`: the client sees it as soon as its content has arrived and is clean, until `expires_at`; otherwise
    `ShareDocument` shares it. `source` names where it comes from, uniquely in the practice: `receipt:<id>`.

    Raises:
        Invalid: the name or the title is empty, too long, or has control characters.
    """

    client_id: UUID
    category: DocumentCategory
    title: str = field(converter=clean_title)
    file_name: str = field(converter=clean_file_name)
    sensitive: bool = False
    share: bool = False
    expires_at: datetime | None = None
    source: str | None = None


@frozen
class AddDocument:
    """Adds a document, whose content follows by `SendClientDocumentContent`. For clinicians, the front desk,
    administrators and jobs. If a document from its `source` exists, that one is returned, and nothing changes: a job
    that broke off goes on with the content.

    Raises:
        NotFound, Forbidden: no such client, a role that adds no documents, or a `source` by a clinician who sees own
            clients only.
        PsychotherapyNotesNotShareable: it holds psychotherapy notes.
        Invalid: `expires_at` is not in the future.
        DuplicateSource: a document of another client is from its source, or is added at the same moment.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddDocumentCommand) -> PracticeDocumentView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            require_manager(actor)
            await require_client(unit, command.client_id)
            if command.source is not None and own_clients_of(actor) is not None:
                # It is unique in the practice, so that a refusal would tell of other clients.
                raise Forbidden("The EHR files documents with a source. Leave it out.")
            require_shareable(command.category)
            check_expiry(command.expires_at, now)
            known = await self._known(unit, command)
            if known is not None:
                return await unit.commit(known)
            document = Document(
                id=self.ids.new(),
                client_id=command.client_id,
                category=command.category,
                title=command.title,
                origin="practice",
                added_by=account_of(actor),
                added_at=now,
                listed_at=now,
                sensitive=command.sensitive,
                source=command.source,
                shared_at=now if command.share else None,
                expires_at=command.expires_at if command.share else None,
            )
            new = new_file(self.ids, actor, document, command.file_name, now)
            await file_document(unit, document, new)
            return await unit.commit(PracticeDocumentView.of(document, FileView.of_file(new.file)))

    async def _known(self, unit: DocumentsUnit, command: AddDocumentCommand) -> PracticeDocumentView | None:
        if command.source is None:
            return None
        document = await unit.documents.find_by_source(command.client_id, command.source)
        return None if document is None else await unit.document_reads.for_practice(command.client_id, document.id)
