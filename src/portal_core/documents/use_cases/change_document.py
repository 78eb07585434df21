"""Staff change how a document is filed."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import find_for_practice, save_change, shown_to
from portal_core.documents.model import DocumentCategory, clean_title
from portal_core.documents.policy import require_manager
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import PracticeDocumentView
from portal_core.kernel.actor import Actor
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class ChangeDocumentCommand:
    """`version` is the one of the document that the actor saw.

    Raises:
        Invalid: the title is empty, too long, or has control characters.
    """

    client_id: UUID
    document_id: UUID
    title: str = field(converter=clean_title)
    category: DocumentCategory
    sensitive: bool
    version: int | None = None


@frozen
class ChangeDocument:
    """Changes title, category, and whether the document is sensitive. For clinicians, the front desk, administrators
    and jobs. Links to a document that becomes sensitive end.

    Raises:
        NotFound, Forbidden: no such document, or a role that changes none.
        PsychotherapyNotesNotShareable: the new category is that of psychotherapy notes.
        StaleVersion: the document changed since it was read.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]

    async def __call__(self, actor: Actor, command: ChangeDocumentCommand) -> PracticeDocumentView:
        async with self.begin(actor) as unit:
            require_manager(actor)
            document = await find_for_practice(unit, actor, command.client_id, command.document_id)
            changed = document.change(
                title=command.title, category=command.category, sensitive=command.sensitive, version=command.version
            )
            view = await save_change(
                unit,
                changed,
                "document.changed",
                end_links=changed.sensitive and not document.sensitive,
                category=changed.category,
                sensitive=str(changed.sensitive).lower(),
            )
            return await unit.commit(shown_to(actor, view))
