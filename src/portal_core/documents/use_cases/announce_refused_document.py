"""Tell the sender of a document that it was refused."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.notices import UPLOAD_REFUSED
from portal_core.kernel.uow import Begin


@frozen
class AnnounceRefusedDocumentCommand:
    client_id: UUID
    file_id: UUID


@frozen
class AnnounceRefusedDocument:
    """Notifies the person who sent a document in which malware was found. For the job alone; may run twice.

    The practice sees it among the client's documents, and in `ListUploads`.

    Raises:
        Forbidden: the actor is not a job.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, command: AnnounceRefusedDocumentCommand) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            document = await unit.documents.find_by_file(command.client_id, command.file_id)
            file = await unit.files.get(command.client_id, command.file_id)
            if document is not None and file is not None and file.added_by is not None:
                key = f"upload_refused:{file.id}"
                notice = UPLOAD_REFUSED.to_account(file.added_by, subject_id=document.id, deduplication_key=key)
                await unit.outbox.notify(notice)
            await unit.commit(None)
