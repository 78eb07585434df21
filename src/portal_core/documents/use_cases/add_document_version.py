"""Staff add a version to a document."""

from uuid import UUID

from attrs import field, frozen

from portal_core.documents.access import find_for_practice
from portal_core.documents.filing import new_file
from portal_core.documents.policy import require_manager
from portal_core.documents.ports import DocumentsUnit
from portal_core.documents.views import FileView, PracticeDocumentView
from portal_core.files.model import clean_file_name
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.sources import Clock, IdSource
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class AddDocumentVersionCommand:
    """`version` is the one of the document that the actor saw.

    Raises:
        Invalid: the name is empty, too long, or has control characters.
    """

    client_id: UUID
    document_id: UUID
    file_name: str = field(converter=clean_file_name)
    version: int | None = None


@frozen
class AddDocumentVersion:
    """Adds a version, whose content follows by `SendClientDocumentContent`. Until that is clean, the client goes on
    seeing the version before. For clinicians, the front desk, administrators and jobs.

    Raises:
        NotFound, Forbidden: no such document of the practice's own, or a role that adds none.
        StaleVersion: the document changed since it was read.
        RecordDestroyed: the client's key was destroyed.
    """

    begin: Begin[DocumentsUnit]
    clock: Clock
    ids: IdSource

    async def __call__(self, actor: Actor, command: AddDocumentVersionCommand) -> PracticeDocumentView:
        now = self.clock.now()
        async with self.begin(actor) as unit:
            require_manager(actor)
            document = await find_for_practice(unit, actor, command.client_id, command.document_id, own=True)
            extended = document.add_version(command.version)
            new = new_file(self.ids, actor, extended, command.file_name, now)
            await unit.files.add(new.file, AuditEntry("file.added", new.file.id, record=command.client_id))
            facts = {"number": str(extended.versions), "file": str(new.file.id)}
            entry = AuditEntry("document.version_added", document.id, record=command.client_id, facts=facts)
            await unit.documents.add_version(extended, new.version, entry)
            return await unit.commit(PracticeDocumentView.of(extended, FileView.of_file(new.file)))
