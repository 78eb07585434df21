"""The memory repositories of documents."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.memory.accounts.unit import MemoryAccountsUnit
from adapters.memory.documents.amendments import MemoryAmendmentRequests
from adapters.memory.documents.documents import MemoryDocumentMarks, MemoryDocumentReads, MemoryDocuments
from adapters.memory.engine.store import MemoryTransaction, MemoryUnit, repository
from adapters.memory.files.unit import MemoryFilesUnit
from adapters.memory.people.unit import MemoryPeopleUnit
from portal_core.documents.ports import DocumentsUnit


class MemoryDocumentsUnit(MemoryUnit):
    """The repositories over one transaction."""

    documents = repository(MemoryDocuments)
    document_reads = repository(MemoryDocumentReads)
    amendment_requests = repository(MemoryAmendmentRequests)
    document_marks = repository(MemoryDocumentMarks)


UNIT = MemoryDocumentsUnit

if TYPE_CHECKING:
    # Documents use the repositories of files, people and accounts in one transaction; mypy checks the combination here.
    class _Documents(MemoryFilesUnit, MemoryPeopleUnit, MemoryAccountsUnit, MemoryDocumentsUnit): ...

    DOCUMENTS: Callable[[MemoryTransaction], DocumentsUnit] = _Documents
