"""Note that a document was downloaded."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class MarkDocumentDownloadedCommand:
    client_id: UUID
    file_id: UUID
    account_id: UUID


@frozen
class MarkDocumentDownloaded:
    """Notes when a client or proxy first downloaded a document. For the job alone; may run twice.

    Raises:
        Forbidden: the actor is not a job.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: MarkDocumentDownloadedCommand) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            document = await unit.documents.find_by_file(command.client_id, command.file_id)
            if document is not None:
                await unit.document_marks.mark_downloaded(
                    command.client_id, document.id, command.account_id, self.clock.now()
                )
            await unit.commit(None)
