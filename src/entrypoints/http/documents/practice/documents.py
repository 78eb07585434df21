"""HTTP routes of a client's documents for staff."""

from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.response import Stream
from msgspec import Meta

from entrypoints.http.contract.byte_ranges import IfRange, RangeHeader
from entrypoints.http.contract.fields import (
    Cursor,
    FromPath,
    FromQuery,
    Instant,
    PageSize,
    Request,
    ShortText,
    Version,
    page,
)
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.documents.documents import CONTENT_ERRORS, SearchDocumentsRequest
from entrypoints.http.files.serving import file_response
from entrypoints.http.server.errors import RangeNotSatisfiable
from entrypoints.http.server.request import PortalRequest
from portal_core.documents.errors import DocumentNotShared, DuplicateSource, PsychotherapyNotesNotShareable
from portal_core.documents.model import DocumentCategory
from portal_core.documents.use_cases.add_document import AddDocument, AddDocumentCommand
from portal_core.documents.use_cases.add_document_version import AddDocumentVersion, AddDocumentVersionCommand
from portal_core.documents.use_cases.change_document import ChangeDocument, ChangeDocumentCommand
from portal_core.documents.use_cases.list_client_documents import ListClientDocuments, ListClientDocumentsQuery
from portal_core.documents.use_cases.list_uploads import ListUploads, ListUploadsQuery
from portal_core.documents.use_cases.open_client_document import OpenClientDocument, OpenClientDocumentQuery
from portal_core.documents.use_cases.revoke_document import RevokeDocument, RevokeDocumentCommand
from portal_core.documents.use_cases.send_client_document_content import (
    SendClientDocumentContent,
    SendClientDocumentContentCommand,
)
from portal_core.documents.use_cases.share_document import ShareDocument, ShareDocumentCommand
from portal_core.documents.views import DocumentFilter, PracticeDocumentView
from portal_core.files.errors import FileNotAvailable
from portal_core.files.model import MAX_FILE_BYTES
from portal_core.kernel.errors import Forbidden, Overloaded, RecordDestroyed, StaleVersion, Unavailable
from portal_core.kernel.page import Page

Source = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_:.\-]+$", examples=["letter:4711"])]
"""Where a document comes from, by ids alone."""


class AddDocumentRequest(Request, frozen=True):
    """`share`: the client sees it as soon as its content is clean, until `expires_at`. `source` names where it comes
    from, uniquely in the practice; a repetition returns the document that exists.
    """

    category: DocumentCategory
    title: ShortText
    file_name: ShortText
    sensitive: bool = False
    share: bool = False
    expires_at: Instant | None = None
    source: Source | None = None


class AddDocumentVersionRequest(Request, frozen=True):
    """The name of the new file, and the version of the document that was shown."""

    file_name: ShortText
    version: Version | None = None


class ChangeDocumentRequest(Request, frozen=True):
    """How the document is filed, and the version that was shown."""

    title: ShortText
    category: DocumentCategory
    sensitive: bool
    version: Version | None = None


class ShareDocumentRequest(Request, frozen=True):
    """Until when it is shared, without a limit if absent, and the version that was shown."""

    expires_at: Instant | None = None
    version: Version | None = None


class DocumentVersionRequest(Request, frozen=True):
    """The version of the document that was shown."""

    version: Version | None = None


class ClientDocumentsController(Controller):
    """The documents of one client."""

    path = "/clients/{client_id:uuid}/documents"
    tags = ("Practice: documents",)

    @get("", raises=[Forbidden])
    async def list_client_documents(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        list_client_documents: NamedDependency[ListClientDocuments],
        category: FromQuery[DocumentCategory | None] = None,
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeDocumentView]:
        """Lists a client's documents, the latest first. Billers see insurance, receipts and statements."""
        query = ListClientDocumentsQuery(client_id, DocumentFilter(category), page(after, size))
        return await list_client_documents(request.actor, query)

    @post("/search", status_code=200, idempotent=False, raises=[Forbidden])
    async def search_client_documents(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[SearchDocumentsRequest],
        list_client_documents: NamedDependency[ListClientDocuments],
    ) -> Page[PracticeDocumentView]:
        """Finds a client's documents by words of their title or of the file's name.

        A page may have fewer rows than its size and still be followed by another one.
        """
        query = ListClientDocumentsQuery(client_id, data.filters, page(data.after, data.size))
        return await list_client_documents(request.actor, query)

    @post("", raises=[Forbidden, PsychotherapyNotesNotShareable, DuplicateSource, RecordDestroyed])
    async def add_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        data: JSONBody[AddDocumentRequest],
        add_document: NamedDependency[AddDocument],
    ) -> PracticeDocumentView:
        """Adds a document. Then send its content with `PUT …/documents/{id}/content`."""
        command = AddDocumentCommand(
            client_id=client_id,
            category=data.category,
            title=data.title,
            file_name=data.file_name,
            sensitive=data.sensitive,
            share=data.share,
            expires_at=data.expires_at,
            source=data.source,
        )
        return await add_document(request.actor, command)

    @put(
        "/{document_id:uuid}/content",
        receives_content=True,
        body_limit=MAX_FILE_BYTES,
        raises=[Forbidden, RecordDestroyed, *CONTENT_ERRORS],
    )
    async def send_client_document_content(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        send_client_document_content: NamedDependency[SendClientDocumentContent],
    ) -> PracticeDocumentView:
        """Receives the content of the latest version: the bytes of the file as the body. Kinds and limits as for
        clients.
        """
        command = SendClientDocumentContentCommand(client_id, document_id, request.stream())
        return await send_client_document_content(request.actor, command)

    @get(
        "/{document_id:uuid}/content",
        media_type="application/octet-stream",
        raises=[Forbidden, FileNotAvailable, RangeNotSatisfiable, Overloaded, Unavailable],
    )
    async def open_client_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        open_client_document: NamedDependency[OpenClientDocument],
        version_number: FromQuery[Version | None] = None,
        in_page: FromQuery[bool] = False,
        range_header: RangeHeader = None,
        if_range: IfRange = None,
    ) -> Stream:
        """Returns the content of a document, by default of the latest version that can be opened."""
        query = OpenClientDocumentQuery(
            client_id=client_id, document_id=document_id, number=version_number, in_page=in_page
        )
        download = await open_client_document(request.actor, query)
        return await file_response(request, download, range_header, if_range)

    @post("/{document_id:uuid}/versions", raises=[Forbidden, StaleVersion, RecordDestroyed])
    async def add_document_version(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[AddDocumentVersionRequest],
        add_document_version: NamedDependency[AddDocumentVersion],
    ) -> PracticeDocumentView:
        """Adds a version. The client goes on seeing the one before until the content of this one is clean."""
        command = AddDocumentVersionCommand(
            client_id=client_id, document_id=document_id, file_name=data.file_name, version=data.version
        )
        return await add_document_version(request.actor, command)

    @put("/{document_id:uuid}", raises=[Forbidden, PsychotherapyNotesNotShareable, StaleVersion, RecordDestroyed])
    async def change_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[ChangeDocumentRequest],
        change_document: NamedDependency[ChangeDocument],
    ) -> PracticeDocumentView:
        """Changes title, category, and whether the document is sensitive."""
        command = ChangeDocumentCommand(
            client_id=client_id,
            document_id=document_id,
            title=data.title,
            category=data.category,
            sensitive=data.sensitive,
            version=data.version,
        )
        return await change_document(request.actor, command)

    @post(
        "/{document_id:uuid}/share",
        status_code=200,
        raises=[Forbidden, PsychotherapyNotesNotShareable, StaleVersion, RecordDestroyed],
    )
    async def share_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[ShareDocumentRequest],
        share_document: NamedDependency[ShareDocument],
    ) -> PracticeDocumentView:
        """Shares a document with the client, who is notified."""
        command = ShareDocumentCommand(
            client_id=client_id, document_id=document_id, expires_at=data.expires_at, version=data.version
        )
        return await share_document(request.actor, command)

    @post(
        "/{document_id:uuid}/revoke",
        status_code=200,
        raises=[Forbidden, DocumentNotShared, StaleVersion, RecordDestroyed],
    )
    async def revoke_document(
        self,
        request: PortalRequest,
        client_id: FromPath[UUID],
        document_id: FromPath[UUID],
        data: JSONBody[DocumentVersionRequest],
        revoke_document: NamedDependency[RevokeDocument],
    ) -> PracticeDocumentView:
        """Ends the share of a document. Links to it stop working."""
        command = RevokeDocumentCommand(client_id=client_id, document_id=document_id, version=data.version)
        return await revoke_document(request.actor, command)


class UploadsController(Controller):
    """What the clients of the practice sent."""

    path = "/documents/uploads"
    tags = ("Practice: documents",)

    @get("", raises=[Forbidden])
    async def list_uploads(
        self,
        request: PortalRequest,
        list_uploads: NamedDependency[ListUploads],
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[PracticeDocumentView]:
        """Lists the documents that clients sent, the latest first. `refused`: malware was found in it."""
        return await list_uploads(request.actor, ListUploadsQuery(page(after, size)))
