"""HTTP controllers of documents: for clients and proxies here, for staff in `practice`."""

from litestar import Controller

from entrypoints.http.documents.amendments import AmendmentRequestsController
from entrypoints.http.documents.documents import DocumentsController
from entrypoints.http.documents.practice.amendments import (
    ClientAmendmentRequestsController,
    OpenAmendmentRequestsController,
)
from entrypoints.http.documents.practice.documents import ClientDocumentsController, UploadsController
from entrypoints.http.documents.practice.withholding import WithholdingController

PORTAL: tuple[type[Controller], ...] = (DocumentsController, AmendmentRequestsController)
PRACTICE: tuple[type[Controller], ...] = (
    ClientDocumentsController,
    WithholdingController,
    UploadsController,
    ClientAmendmentRequestsController,
    OpenAmendmentRequestsController,
)
