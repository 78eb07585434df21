"""Files in PostgreSQL. Name, key and digest of the content are sealed with the client's key."""

from datetime import datetime
from typing import Any
from uuid import UUID

from attrs import define
from sqlalchemy import Integer, bindparam, insert, null, or_, select, update

from adapters.postgres.engine.columns import Instant
from adapters.postgres.engine.entities import entity, update_version
from adapters.postgres.engine.statements import statement
from adapters.postgres.engine.transaction import Transaction
from adapters.postgres.files.tables import files
from portal_core.files.content_ports import ContentKey
from portal_core.files.model import StoredFile
from portal_core.files.ports import Files
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion

_FILE = entity(StoredFile, files)
_own = (files.c.practice_id == bindparam("practice_id"), files.c.client_id == bindparam("client_id"))
_JOB = "a job works through the files of all clients; row-level security confines a client to their own record"
ADD = statement("files.add", insert(files))
GET = statement("files.get", select(*_FILE.columns).where(*_own, files.c.id == bindparam("id")))
SAVE = statement("files.save", update_version(files))
FORGET_CONTENT = statement(
    "files.forget_content",
    update(files)
    .where(*_own, files.c.id == bindparam("id"), files.c.version == bindparam("version"))
    .values(object_id=null(), content_key=null(), version=files.c.version + 1),
)
DUE_FOR_CHECK = statement(
    "files.due_for_check",
    select(*_FILE.columns)
    .where(
        files.c.practice_id == bindparam("practice_id"),
        files.c.state == "quarantined",
        files.c.check_at <= bindparam("now", type_=Instant),
    )
    .order_by(files.c.check_at, files.c.id)
    .limit(bindparam("row_limit", type_=Integer)),
    scope_exemption=_JOB,
)
DISCARDED = statement(
    "files.with_discarded_content",
    select(*_FILE.columns)
    .where(
        files.c.practice_id == bindparam("practice_id"),
        files.c.object_id.is_not(None),
        or_(
            files.c.state == "infected",
            files.c.state == "erased",
            (files.c.state == "awaiting_content") & (files.c.received_at < bindparam("uploads_before", type_=Instant)),
        ),
    )
    .order_by(files.c.id)
    .limit(bindparam("row_limit", type_=Integer)),
    scope_exemption=_JOB,
)


@define
class PostgresFiles(Files):
    """Files of clients."""

    tx: Transaction

    async def add(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        await self.tx.execute(ADD, **await self._values(file))
        self.tx.add_audit_entry(audit_entry)

    async def get(self, client_id: UUID, file_id: UUID) -> StoredFile | None:
        row = await self.tx.fetchrow(GET, client_id=client_id, id=file_id)
        return None if row is None else await self._file(row)

    async def save(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        await self.tx.save(SAVE, **await self._values(file))
        self.tx.add_audit_entry(audit_entry)

    async def due_for_check(self, now: datetime, limit: int) -> tuple[StoredFile, ...]:
        return await self._files(await self.tx.fetch(DUE_FOR_CHECK, now=now, row_limit=limit))

    async def with_discarded_content(self, uploads_before: datetime, limit: int) -> tuple[StoredFile, ...]:
        return await self._files(await self.tx.fetch(DISCARDED, uploads_before=uploads_before, row_limit=limit))

    async def forget_content(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        if not await self.tx.execute(FORGET_CONTENT, client_id=file.client_id, id=file.id, version=file.version):
            raise StaleVersion
        self.tx.add_audit_entry(audit_entry)

    async def _values(self, file: StoredFile) -> dict[str, Any]:
        key, digest = file.content_key, file.sha256
        client_id, row_id = file.client_id, file.id
        return _FILE.values(
            file,
            name=await self.tx.seal(client_id, files.c.name, row_id, file.name),
            content_key=await self.tx.seal(client_id, files.c.content_key, row_id, key.value.hex() if key else None),
            sha256=await self.tx.seal(client_id, files.c.sha256, row_id, digest.hex() if digest else None),
        )

    async def _files(self, rows: list[Any]) -> tuple[StoredFile, ...]:
        await self.tx.load_keys({row["client_id"] for row in rows})
        return tuple([await self._file(row) for row in rows])

    async def _file(self, row: Any) -> StoredFile:
        client_id, row_id = row["client_id"], row["id"]
        key = await self.tx.unseal(client_id, files.c.content_key, row_id, row["content_key"])
        digest = await self.tx.unseal(client_id, files.c.sha256, row_id, row["sha256"])
        return _FILE.of(
            row,
            name=await self.tx.unseal(client_id, files.c.name, row_id, row["name"]),
            content_key=ContentKey(bytes.fromhex(key)) if key else None,
            sha256=bytes.fromhex(digest) if digest else None,
        )
