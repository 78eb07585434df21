"""Files and download links in memory."""

from datetime import datetime
from uuid import UUID

from attrs import define, evolve

from adapters.memory.engine.repository import MemoryClientRepository
from adapters.memory.engine.rows import own_key, own_rows, require_reachable, visible
from adapters.memory.engine.sealing import SEALED, key_destroyed, require_key
from adapters.memory.engine.store import MemoryTransaction
from portal_core.files.download_link import LINK_LIFETIME, DownloadLink
from portal_core.files.model import StoredFile
from portal_core.files.ports import DownloadLinks, Files
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import StaleVersion

SEALED["files"] = {"name": None, "content_key": None, "sha256": None}


@define
class MemoryFiles(MemoryClientRepository[StoredFile], Files):
    """Files of clients."""

    table = "files"

    async def get(self, client_id: UUID, row_id: UUID) -> StoredFile | None:
        found = await super().get(client_id, row_id)
        return None if found is None else self._as_erased(found)

    async def save(self, row: StoredFile, audit_entry: AuditEntry) -> None:
        require_key(self.tx, row.client_id, row.name)
        await super().save(row, audit_entry)

    async def due_for_check(self, now: datetime, limit: int) -> tuple[StoredFile, ...]:
        due = [one for one in self._rows() if one.state == "quarantined" and one.check_at and one.check_at <= now]
        return tuple(sorted(due, key=lambda one: (one.check_at, one.id))[:limit])

    async def with_discarded_content(self, uploads_before: datetime, limit: int) -> tuple[StoredFile, ...]:
        rows = map(self._as_erased, self._rows())
        found = [one for one in rows if one.object_id and _is_discarded(one, uploads_before)]
        return tuple(sorted(found, key=lambda one: one.id)[:limit])

    async def forget_content(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        stored = self._find(file.id)
        if stored is None or stored.version != file.version:
            raise StaleVersion
        self.tx.table(self.table)[own_key(self.tx, file.id)] = file.forget_content()
        await self.tx.audit.record(audit_entry)

    def _as_erased(self, file: StoredFile) -> StoredFile:
        """The file, as erased if its record is."""
        return evolve(file, state="erased", kind=None) if key_destroyed(self.tx, file.client_id) else file


def _is_discarded(file: StoredFile, uploads_before: datetime) -> bool:
    abandoned = file.state == "awaiting_content" and file.received_at is not None and file.received_at < uploads_before
    return abandoned or file.state in {"infected", "erased"}


@define
class MemoryDownloadLinks(DownloadLinks):
    """Links to the files of clients."""

    tx: MemoryTransaction

    async def add(self, link: DownloadLink, audit_entry: AuditEntry) -> None:
        require_reachable(self.tx, link.client_id)
        assert self.tx.record is not None, "only a client or proxy makes a link"
        self.tx.insert("download_links", own_key(self.tx, link.id), link)
        await self.tx.audit.record(audit_entry)

    async def unscoped_by_hash(self, token_hash: bytes, now: datetime) -> DownloadLink | None:
        found = (one for one in own_rows(self.tx, "download_links") if one.token_hash == token_hash)
        return next(
            (one for one in found if now < one.expires_at <= now + LINK_LIFETIME and self._is_live(one, now)), None
        )

    def _is_live(self, link: DownloadLink, now: datetime) -> bool:
        if key_destroyed(self.tx, link.client_id):  # erased with the record
            return False
        if link.session_id is not None:
            session = self.tx.table("sessions").get(own_key(self.tx, link.session_id))
            if session is None or session.ended_at is not None or session.ends_at <= now:
                return False
        if link.grant_id is None:
            return True
        grant = self.tx.table("grants").get(own_key(self.tx, link.grant_id))
        return grant is not None and grant.is_active

    async def mark_used(self, link: DownloadLink, at: datetime) -> bool:
        key = own_key(self.tx, link.id)
        stored: DownloadLink | None = self.tx.table("download_links").get(key)
        if stored is None or not visible(self.tx, stored.client_id) or stored.first_used_at is not None:
            return False
        self.tx.table("download_links")[key] = evolve(stored, first_used_at=at)
        return True

    async def end_all(self, client_id: UUID, file_ids: tuple[UUID, ...]) -> None:
        rows = self.tx.table("download_links")
        for one in own_rows(self.tx, "download_links"):
            if one.client_id == client_id and one.file_id in file_ids:
                del rows[own_key(self.tx, one.id)]
