"""The PostgreSQL repositories of documents."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.postgres.accounts.unit import PostgresAccountsUnit
from adapters.postgres.documents.amendments import PostgresAmendmentRequests
from adapters.postgres.documents.documents import PostgresDocuments
from adapters.postgres.documents.marks import PostgresDocumentMarks
from adapters.postgres.documents.reads import PostgresDocumentReads
from adapters.postgres.engine.base_unit import PostgresUnit, repository
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.files.unit import PostgresFilesUnit
from adapters.postgres.people.unit import PostgresPeopleUnit
from portal_core.documents.ports import DocumentsUnit


class PostgresDocumentsUnit(PostgresUnit):
    """The repositories over one transaction."""

    documents = repository(PostgresDocuments)
    document_reads = repository(PostgresDocumentReads)
    amendment_requests = repository(PostgresAmendmentRequests)
    document_marks = repository(PostgresDocumentMarks)


UNIT = PostgresDocumentsUnit

if TYPE_CHECKING:
    # Documents use the repositories of files, people and accounts in one transaction; mypy checks the combination here.
    class _Documents(PostgresFilesUnit, PostgresPeopleUnit, PostgresAccountsUnit, PostgresDocumentsUnit): ...

    DOCUMENTS: Callable[[Transaction], DocumentsUnit] = _Documents
