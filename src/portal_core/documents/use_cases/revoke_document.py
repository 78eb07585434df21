"""Staff revoke the share of a document."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_for_practice, save_change, shown_to
from portal_core.documents.policy import require_manager
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class RevokeDocumentCommand:
    """`version` is the one of the document that the actor saw."""

    client_id: UUID
    document_id: UUID
    version: int | None = None


@frozen
class RevokeDocument:
    """Ends the share of a document: the client no longer sees it, and links to it stop working. What was downloaded
    stays with the client. For clinicians, the front desk, administrators and jobs.

    Raises:
        NotFound, Forbidden: no such document of the practice's own, or a role that shares none.
        DocumentNotShared: it is not shared.
        StaleVersion: the document changed since it was read.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock

    async def __call__(self, actor: Actor, command: RevokeDocumentCommand) -> PracticeDocumentView:
        async with self.begin(actor) as unit:
            require_manager(actor)
            document = await find_for_practice(unit, actor, command.client_id, command.document_id, own=True)
            revoked = document.revoke(self.clock.now(), command.version)
            view = await save_change(unit, revoked, "document.revoked", end_links=True)
            return await unit.commit(shown_to(actor, view))
