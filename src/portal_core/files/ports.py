"""Ports of files. The features that have files use them within their own units of work."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from portal_core.files.download_link import DownloadLink
from portal_core.files.model import StoredFile
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.uow import UnitOfWork


class Files(Protocol):
    """Files of clients' records. Names, keys and digests are stored encrypted with the client's key."""

    async def add(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        """Raises:
        RecordDestroyed: the client's key was destroyed.
        """
        ...

    async def get(self, client_id: UUID, file_id: UUID) -> StoredFile | None: ...

    async def save(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        """Raises:
        StaleVersion: it changed after it was read.
        RecordDestroyed: the client's key was destroyed.
        """
        ...

    async def due_for_check(self, now: datetime, limit: int) -> tuple[StoredFile, ...]:
        """Files in quarantine whose next scan is due, the longest due first."""
        ...

    async def with_discarded_content(self, uploads_before: datetime, limit: int) -> tuple[StoredFile, ...]:
        """Files whose content is to be deleted: infected ones, those of erased records, and uploads from before this
        time that were not completed.
        """
        ...

    async def forget_content(self, file: StoredFile, audit_entry: AuditEntry) -> None:
        """Note that the content was deleted; `file` is as it was read. Works for a record whose key was destroyed."""
        ...


class DownloadLinks(Protocol):
    """Download links."""

    async def add(self, link: DownloadLink, audit_entry: AuditEntry) -> None: ...

    async def unscoped_by_hash(self, token_hash: bytes, now: datetime) -> DownloadLink | None:
        """The link with this token, of any client of the practice.

        None if it has expired or was ended, if it would be good for longer than links are, or if its session or grant
        has ended.
        """
        ...

    async def mark_used(self, link: DownloadLink, at: datetime) -> bool:
        """Set the time of the first use. Returns whether this is the first."""
        ...

    async def end_all(self, client_id: UUID, file_ids: tuple[UUID, ...]) -> None:
        """End all links to these files of the client."""
        ...


class FilesUnit(UnitOfWork, Protocol):
    """The unit of work of files."""

    @property
    def files(self) -> Files: ...
    @property
    def download_links(self) -> DownloadLinks: ...
