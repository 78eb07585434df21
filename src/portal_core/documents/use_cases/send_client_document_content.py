"""Staff, the EHR or another feature send the content of a document."""

from collections.abc import AsyncIterator
from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import find_file, find_for_practice
from portal_core.documents.policy import require_manager
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import FileView, PracticeDocumentView
from portal_core.files.model import MAX_FILE_BYTES
from portal_core.files.receiving import ContentReceiver
from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin


@frozen
class SendClientDocumentContentCommand:
    """The content of the latest version, piece by piece."""

    client_id: UUID
    document_id: UUID
    content: AsyncIterator[bytes] = field(repr=False, eq=False)


@frozen
class SendClientDocumentContent:
    """Receives the content of a document that the practice added, or of its latest version, as `SendDocumentContent`.

    For clinicians, the front desk, administrators and jobs.

    Raises:
        NotFound, Forbidden: no such document of the practice's own, or a role that adds none.
        ContentExists, StaleVersion, FileTooLarge, KindNotAllowed, ExpandsTooMuch, Overloaded, Unavailable: as there.
    """

    begin: Begin[DocumentsUnit]
    content_receiver: ContentReceiver

    async def __call__(self, actor: Actor, command: SendClientDocumentContentCommand) -> PracticeDocumentView:
        client_id, document_id = command.client_id, command.document_id
        async with self.begin(actor, read_only=True) as unit:
            require_manager(actor)
            document = await find_for_practice(unit, actor, client_id, document_id, own=True)
            file = await find_file(unit, document, document.versions)
        received = await self.content_receiver.receive(actor, client_id, file.id, command.content, MAX_FILE_BYTES)
        return PracticeDocumentView.of(document, FileView.of_file(received))
