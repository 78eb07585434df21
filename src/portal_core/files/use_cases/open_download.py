"""Download a file by a link."""

from hashlib import sha256

from attrs import frozen

from portal_core.files.content_ports import FileStore
from portal_core.files.events import FileDownloaded
from portal_core.files.ports import FilesUnit
from portal_core.files.views import Download
from portal_core.kernel.actor import Actor, ClientActor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin


@frozen
class OpenDownloadQuery:
    token: str


@frozen
class OpenDownload:
    """The file of a download link. For anyone who has its token, while the link is good.

    Every use is audited as the account's that made the link; the first is announced as a download.

    Raises:
        NotFound: no good link has this token.
        FileNotAvailable: the file is not clean.
    """

    begin: Begin[FilesUnit]
    file_store: FileStore
    clock: Clock

    async def __call__(self, actor: Actor, query: OpenDownloadQuery) -> Download:
        now = self.clock.now()
        async with self.begin(actor, read_only=True) as unit:
            link = await unit.download_links.unscoped_by_hash(sha256(query.token.encode()).digest(), now)
            if link is None:
                raise NotFound("download_link")
            # From here on, access is confined to that client, as if they had signed in.
            reader = ClientActor(link.practice_id, link.account_id, link.client_id, link.session_id, actor.origin)
        async with self.begin(reader) as unit:
            file = await unit.files.get(link.client_id, link.file_id)
            if file is None:
                raise NotFound("file", link.file_id)
            object_id, key, size = file.readable()
            await unit.audit.record(AuditEntry("file.downloaded", file.id, record=link.client_id))
            if await unit.download_links.mark_used(link, now):
                event = FileDownloaded(client_id=link.client_id, file_id=file.id, account_id=link.account_id)
                await unit.outbox.publish(event)
            content = self.file_store.content(object_id, key, size)
            return await unit.commit(Download.of(file, content, in_page=link.in_page))
