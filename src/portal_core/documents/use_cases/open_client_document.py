"""Staff open the content of a document."""

from uuid import UUID

from attrs import frozen

from portal_core.documents.access import find_file, find_for_practice
from portal_core.documents.policy import require_reader
from portal_core.documents.ports import DocumentsUnit
from portal_core.files.content_ports import FileStore
from portal_core.files.views import Download
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import Begin


@frozen(kw_only=True)
class OpenClientDocumentQuery:
    """`number`: of the version; the latest that can be opened for None."""

    client_id: UUID
    document_id: UUID
    number: int | None = None
    in_page: bool = False


@frozen
class OpenClientDocument:
    """The content of a document, for staff. Billers open those that bills need.

    Raises:
        NotFound, Forbidden: no such document or version, or a role that sees no documents.
        FileNotAvailable: it is still being checked, or was refused.
    """

    begin: Begin[DocumentsUnit]
    file_store: FileStore

    async def __call__(self, actor: Actor, query: OpenClientDocumentQuery) -> Download:
        async with self.begin(actor, read_only=True) as unit:
            require_reader(actor)
            await unit.audit.record(AuditEntry("document.downloaded", query.document_id, record=query.client_id))
            document = await find_for_practice(unit, actor, query.client_id, query.document_id)
            file = await find_file(unit, document, query.number)
            object_id, key, size = file.readable()
            content = self.file_store.content(object_id, key, size)
            return await unit.commit(Download.of(file, content, in_page=query.in_page))
