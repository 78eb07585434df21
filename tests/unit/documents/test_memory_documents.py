"""The memory adapters fulfill the contracts of documents."""

from tests.support.contracts.documents.amendments import AmendmentRequestsContract
from tests.support.contracts.documents.documents import DocumentReadsContract, DocumentsContract


class TestMemoryDocuments(DocumentsContract): ...


class TestMemoryDocumentReads(DocumentReadsContract): ...


class TestMemoryAmendmentRequests(AmendmentRequestsContract): ...
