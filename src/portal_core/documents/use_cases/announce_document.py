"""Tell the client that a shared document can be opened."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.announcing import announce, tell_care_team
from portal_core.documents.ports import DocumentsUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class AnnounceDocumentCommand:
    client_id: UUID
    file_id: UUID


@frozen
class AnnounceDocument:
    """Notifies the client once the file of a document that is shared was found clean, and the care team of one that the
    client sent. For the job alone; may run twice.

    Raises:
        Forbidden: the actor is not a job.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, command: AnnounceDocumentCommand) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            document = await unit.documents.find_by_file(command.client_id, command.file_id)
            if document is not None and document.origin == "client":
                await tell_care_team(unit, command.client_id, document.id)
            elif document is not None and document.shared_at is not None and document.revoked_at is None:
                await announce(unit, document, command.file_id)
            await unit.commit(None)
