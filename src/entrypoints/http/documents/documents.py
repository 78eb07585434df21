"""HTTP routes of documents for clients and proxies."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller
from litestar.di import NamedDependency
from litestar.params import JSONBody
from msgspec import Meta, Struct

from entrypoints.http.contract.fields import Cursor, FromPath, FromQuery, PageSize, Request, ShortText, Version, page
from entrypoints.http.contract.routing import get, post, put
from entrypoints.http.files.downloads import download_path
from entrypoints.http.server.request import PortalRequest
from portal_core.documents.errors import DocumentWithheld, NotWithheld
from portal_core.documents.model import DocumentCategory, UploadCategory
from portal_core.documents.use_cases.create_download_link import CreateDownloadLink, CreateDownloadLinkCommand
from portal_core.documents.use_cases.get_document import GetDocument
from portal_core.documents.use_cases.list_document_versions import ListDocumentVersions
from portal_core.documents.use_cases.list_documents import ListDocuments, ListDocumentsQuery
from portal_core.documents.use_cases.request_withholding_review import RequestWithholdingReview
from portal_core.documents.use_cases.send_document_content import SendDocumentContent, SendDocumentContentCommand
from portal_core.documents.use_cases.upload_document import UploadDocument, UploadDocumentCommand
from portal_core.documents.views import (
    DocumentFilter,
    DocumentVersionView,
    DocumentView,
    DownloadLinkView,
    WithheldView,
)
from portal_core.files.errors import (
    ContentExists,
    ExpandsTooMuch,
    FileNotAvailable,
    FileTooLarge,
    KindNotAllowed,
)
from portal_core.files.model import MAX_FILE_BYTES
from portal_core.kernel.errors import Forbidden, Overloaded, RecordDestroyed, StaleVersion, Unavailable
from portal_core.kernel.page import Page

SearchText = Annotated[str, Meta(min_length=1, max_length=200, examples=["blood test"])]
"""Words of a title or a file's name, or parts of them."""
CONTENT_ERRORS = (
    ContentExists,
    StaleVersion,
    FileTooLarge,
    KindNotAllowed,
    ExpandsTooMuch,
    Overloaded,
    Unavailable,
)
"""What may be wrong with the content of a file, or with storing it."""


class UploadDocumentRequest(Request, frozen=True):
    """What the client sends. `title` is the file's name if it is absent."""

    category: UploadCategory
    file_name: ShortText
    title: ShortText | None = None


class SearchDocumentsRequest(Request, frozen=True):
    """What is looked for, and which page. In a body, since no address may hold words about a client's care."""

    search: SearchText
    category: DocumentCategory | None = None
    after: Cursor | None = None
    size: PageSize = 20

    @property
    def filters(self) -> DocumentFilter:
        return DocumentFilter(self.category, self.search)


class DownloadLink(Struct, frozen=True):
    """A link to a file, shown once: anyone who has it can download the file. Append `path` to the host."""

    path: str
    expires_at: datetime

    @classmethod
    def of(cls, link: DownloadLinkView, practice: str) -> "DownloadLink":
        return cls(download_path(link.token, practice), link.expires_at)


class DocumentsController(Controller):
    """What is shared with the client, and what the client sends."""

    path = "/documents"
    tags = ("Documents",)

    @get("")
    async def list_documents(
        self,
        request: PortalRequest,
        list_documents: NamedDependency[ListDocuments],
        category: FromQuery[DocumentCategory | None] = None,
        after: FromQuery[Cursor | None] = None,
        size: FromQuery[PageSize] = 20,
    ) -> Page[DocumentView]:
        """Lists the documents that are shared with the client, and those that the client sent, the latest first.

        A document that is withheld is listed without its title.
        """
        return await list_documents(request.actor, ListDocumentsQuery(DocumentFilter(category), page(after, size)))

    @post("/search", status_code=200, idempotent=False)
    async def search_documents(
        self,
        request: PortalRequest,
        data: JSONBody[SearchDocumentsRequest],
        list_documents: NamedDependency[ListDocuments],
    ) -> Page[DocumentView]:
        """Finds documents by words of their title or of the file's name.

        A page may have fewer rows than its size and still be followed by another one.
        """
        query = ListDocumentsQuery(data.filters, page(data.after, data.size))
        return await list_documents(request.actor, query)

    @post("", raises=[Forbidden])
    async def upload_document(
        self,
        request: PortalRequest,
        data: JSONBody[UploadDocumentRequest],
        upload_document: NamedDependency[UploadDocument],
    ) -> DocumentView:
        """Announces a document that the client sends. Then send its content with `PUT /documents/{id}/content`."""
        command = UploadDocumentCommand(category=data.category, file_name=data.file_name, title=data.title)
        return await upload_document(request.actor, command)

    @put(
        "/{document_id:uuid}/content",
        receives_content=True,
        body_limit=MAX_FILE_BYTES,
        raises=[Forbidden, RecordDestroyed, *CONTENT_ERRORS],
    )
    async def send_document_content(
        self,
        request: PortalRequest,
        document_id: FromPath[UUID],
        send_document_content: NamedDependency[SendDocumentContent],
    ) -> DocumentView:
        """Receives the content of a document that the client announced: the bytes of the file as the body.

        JPEG, PNG, GIF, WebP and HEIC images, PDF, DOCX without macros and plain text in UTF-8, up to 25 MiB; the
        content decides, whatever the name or the Content-Type says. It is then checked for malware, and can be opened
        when its `state` is `available`.
        """
        command = SendDocumentContentCommand(document_id, request.stream())
        return await send_document_content(request.actor, command)

    @get("/{document_id:uuid}")
    async def get_document(
        self, request: PortalRequest, document_id: FromPath[UUID], get_document: NamedDependency[GetDocument]
    ) -> DocumentView:
        """Returns a document. It counts as viewed from now on."""
        return await get_document(request.actor, document_id)

    @get("/{document_id:uuid}/versions", raises=[DocumentWithheld])
    async def list_document_versions(
        self,
        request: PortalRequest,
        document_id: FromPath[UUID],
        list_document_versions: NamedDependency[ListDocumentVersions],
    ) -> Page[DocumentVersionView]:
        """Lists all versions of a document, the latest first."""
        return await list_document_versions(request.actor, document_id)

    @get("/{document_id:uuid}/download", raises=[DocumentWithheld, FileNotAvailable])
    async def create_download_link(
        self,
        request: PortalRequest,
        document_id: FromPath[UUID],
        create_download_link: NamedDependency[CreateDownloadLink],
        version_number: FromQuery[Version | None] = None,
        in_page: FromQuery[bool] = False,
    ) -> DownloadLink:
        """Returns a link under which the document can be downloaded for five minutes.

        Without `version_number` it is the latest version that can be opened. With `in_page` an image is shown in the
        page instead of being saved.
        """
        command = CreateDownloadLinkCommand(document_id, version_number, in_page)
        return DownloadLink.of(await create_download_link(request.actor, command), request.practice.slug)

    @post("/{document_id:uuid}/withholding-review", status_code=200, raises=[Forbidden, NotWithheld, StaleVersion])
    async def request_withholding_review(
        self,
        request: PortalRequest,
        document_id: FromPath[UUID],
        request_withholding_review: NamedDependency[RequestWithholdingReview],
    ) -> WithheldView:
        """Asks that another clinician reviews the decision to withhold a document."""
        return await request_withholding_review(request.actor, document_id)
