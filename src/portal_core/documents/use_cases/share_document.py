"""Staff share a document with the client."""

from datetime import datetime
from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_file, find_for_practice, save_change, shown_to
from portal_core.documents.announcing import announce
from portal_core.documents.policy import require_manager
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ShareDocumentCommand:
    """`version` is the one of the document that the actor saw."""

    client_id: UUID
    document_id: UUID
    expires_at: datetime | None = None
    version: int | None = None


@frozen
class ShareDocument:
    """Shares a document until `expires_at`, also one whose share was revoked. The client is notified once it can be
    opened, unless it is withheld from them. For clinicians, the front desk, administrators and jobs.

    Raises:
        NotFound, Forbidden: no such document of the practice's own, or a role that shares none.
        PsychotherapyNotesNotShareable: it holds psychotherapy notes.
        Invalid: `expires_at` is not in the future.
        StaleVersion: the document changed since it was read.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: ShareDocumentCommand) -> PracticeDocumentView:
        async with self.begin(actor) as unit:
            require_manager(actor)
            document = await find_for_practice(unit, actor, command.client_id, command.document_id, own=True)
            shared = document.share(self.clock.now(), command.expires_at, command.version)
            view = await save_change(unit, shared, "document.shared", end_links=True)
            file = await find_file(unit, shared, None)
            if file.state == "clean":
                await announce(unit, shared, file.id)
            return await unit.commit(shown_to(actor, view))
