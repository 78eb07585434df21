"""Who viewed and downloaded documents, in PostgreSQL."""

from datetime import datetime
from uuid import UUID

from attrs import define
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert

from adapters.postgres.documents.tables import document_marks
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from portal_core.documents.ports import DocumentMarks

_new = insert(document_marks)
# The first time stays.
MARK = statement(
    "document_marks.mark",
    _new.on_conflict_do_update(
        index_elements=["practice_id", "client_id", "document_id", "account_id"],
        set_={"downloaded_at": func.coalesce(document_marks.c.downloaded_at, _new.excluded.downloaded_at)},
    ),
)


@define
class PostgresDocumentMarks(DocumentMarks):
    """One row for each document and account."""

    tx: Transaction

    async def mark_viewed(self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime) -> None:
        await self._mark(client_id, document_id, account_id, at, None)

    async def mark_downloaded(self, client_id: UUID, document_id: UUID, account_id: UUID, at: datetime) -> None:
        await self._mark(client_id, document_id, account_id, at, at)

    async def _mark(
        self, client_id: UUID, document_id: UUID, account_id: UUID, viewed_at: datetime, downloaded_at: datetime | None
    ) -> None:
        await self.tx.execute(
            MARK,
            client_id=client_id,
            document_id=document_id,
            account_id=account_id,
            viewed_at=viewed_at,
            downloaded_at=downloaded_at,
        )
