"""A clinician ends the withholding of a document."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_file, find_for_practice, save_change
from portal_core.documents.announcing import announce
from portal_core.documents.policy import require_clinician
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ReleaseDocumentCommand:
    """`version` is the one of the document that the actor saw."""

    client_id: UUID
    document_id: UUID
    version: int | None = None


@frozen
class ReleaseDocument:
    """Ends the withholding of a document, even one that a colleague decided. For clinicians.

    The client is notified if the document is shared.

    Raises:
        NotFound, Forbidden: no such document, or not a clinician.
        NotWithheld: it is not withheld.
        StaleVersion: the document changed since it was read.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, command: ReleaseDocumentCommand) -> PracticeDocumentView:
        async with self.begin(actor) as unit:
            require_clinician(actor)
            document = await find_for_practice(unit, actor, command.client_id, command.document_id, own=True)
            released = document.release(command.version)
            view = await save_change(unit, released, "document.released")
            file = await find_file(unit, released, None)
            if file.state == "clean":
                await announce(unit, released, file.id)
            return await unit.commit(view)
