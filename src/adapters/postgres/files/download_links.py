"""Download links in PostgreSQL, found by the SHA-256 of their token."""

from datetime import datetime
from uuid import UUID

from attrs import define
from sqlalchemy import any_, bindparam, column, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import BYTEA

from adapters.postgres.engine.columns import Instant, Uuid, Uuids
from adapters.postgres.engine.entities import entity
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.files.tables import download_links
from portal_core.files.download_link import DownloadLink
from portal_core.files.ports import DownloadLinks
from portal_core.kernel.audit import AuditEntry

_LINK = entity(DownloadLink, download_links)
_of_client = (
    download_links.c.practice_id == bindparam("practice_id"),
    download_links.c.client_id == bindparam("client_id"),
)
ADD = statement("download_links.add", insert(download_links))
MARK_USED = statement(
    "download_links.mark_used",
    update(download_links)
    .where(*_of_client, download_links.c.id == bindparam("id"), download_links.c.first_used_at.is_(None))
    .values(first_used_at=bindparam("at", type_=Instant)),
)
END_ALL = statement(
    "download_links.end_all",
    delete(download_links).where(*_of_client, download_links.c.file_id == any_(bindparam("file_ids", type_=Uuids))),
)
_found = func.portal.download_link_by_hash(
    bindparam("practice_id", type_=Uuid),
    bindparam("token_hash", type_=BYTEA),
    bindparam("now", type_=Instant),
).table_valued(*(column(one.name, one.type) for one in download_links.c))
UNSCOPED_BY_HASH = statement("download_links.unscoped_by_hash", select(*_found.c))


@define
class PostgresDownloadLinks(DownloadLinks):
    """Links to the files of clients."""

    tx: Transaction

    async def add(self, link: DownloadLink, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **_LINK.values(link))
        self.tx.add_audit_entry(audit_entry)

    async def unscoped_by_hash(self, token_hash: bytes, now: datetime) -> DownloadLink | None:
        row = await self.tx.fetchrow(UNSCOPED_BY_HASH, token_hash=token_hash, now=now)
        return None if row is None else _LINK.of(row)

    async def mark_used(self, link: DownloadLink, at: datetime) -> bool:
        return await self.tx.execute(MARK_USED, client_id=link.client_id, id=link.id, at=at) == 1

    async def end_all(self, client_id: UUID, file_ids: tuple[UUID, ...]) -> None:
        await self.tx.execute(END_ALL, client_id=client_id, file_ids=list(file_ids))
