"""How the content of a file is received: in full and recognized, or not at all."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from attrs import frozen

from portal_core.files.content_ports import ContentKey, FileStore, KindRecognizer
from portal_core.files.model import MAX_FILE_BYTES, StoredFile
from portal_core.files.ports import FilesUnit
from portal_core.files.use_cases.check_file import CheckFile
from portal_core.files.use_cases.delete_content import DeleteContent
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.errors import NotFound, StaleVersion, Unavailable
from portal_core.kernel.sources import Clock, IdSource, TokenSource
from portal_core.kernel.uow import Begin


@frozen
class ContentReceiver:
    """Stores the content of a file for a use case, which has checked that the actor may send it.

    The content is written under a new id and key, between two transactions. Whatever breaks in between, no other
    content is affected: the file awaits its content as before, and what was written is deleted by a job, at the latest
    by `DeleteDiscardedContent`. A new upload takes the place of one that was not completed.
    """

    begin: Begin[FilesUnit]
    file_store: FileStore
    kind_recognizer: KindRecognizer
    clock: Clock
    ids: IdSource
    tokens: TokenSource

    async def receive(
        self, actor: Actor, client_id: UUID, file_id: UUID, content: AsyncIterator[bytes], max_bytes: int
    ) -> StoredFile:
        """The file, in quarantine, with its content of at most `max_bytes` bytes.

        Raises:
            NotFound: the client has no such file.
            ContentExists: the content was received before.
            StaleVersion: another upload has begun since.
            FileTooLarge, KindNotAllowed, ExpandsTooMuch: the content is not taken.
            Overloaded, Unavailable: it cannot be stored or recognized now.
        """
        begun = await self._begin_upload(actor, client_id, file_id)
        try:
            return await self._receive(actor, begun, content, min(max_bytes, MAX_FILE_BYTES))
        except BaseException as error:  # a request that is cut off too
            replaced = await asyncio.shield(self._give_up(actor, begun))
            if replaced and isinstance(error, Unavailable):
                raise StaleVersion from error  # what was written so far was deleted for the other upload
            raise

    async def _begin_upload(self, actor: Actor, client_id: UUID, file_id: UUID) -> StoredFile:
        async with self.begin(actor) as unit:
            file = await unit.files.get(client_id, file_id)
            if file is None:
                raise NotFound("file", file_id)
            begun = file.begin_upload(self.ids.new(), ContentKey.of(self.tokens.token()), self.clock.now())
            await unit.files.save(begun, AuditEntry("file.upload_began", file_id, record=client_id))
            if file.object_id is not None:
                await unit.outbox.defer(DeleteContent, object_id=file.object_id)
            return await unit.commit(begun)

    async def _receive(
        self, actor: Actor, begun: StoredFile, content: AsyncIterator[bytes], max_bytes: int
    ) -> StoredFile:
        object_id, key = begun.object_id, begun.content_key
        assert object_id is not None
        assert key is not None
        written = await self.file_store.write(object_id, key, content, max_bytes)
        kind = await self.kind_recognizer.recognize(self.file_store.content(object_id, key, written.size))
        received = begun.receive(object_id, written, kind, self.clock.now())
        async with self.begin(actor) as unit:
            facts = {"kind": kind.name, "size": str(written.size)}
            await unit.files.save(received, AuditEntry("file.received", begun.id, record=begun.client_id, facts=facts))
            await unit.outbox.defer(CheckFile, client_id=begun.client_id, file_id=begun.id)
            return await unit.commit(received)

    async def _give_up(self, actor: Actor, begun: StoredFile) -> bool:
        """Have what was written deleted, unless the file has it: the answer to a commit may be all that was lost.

        The job is queued in the same transaction, because this process may end before it could delete anything, and
        then nothing else would know of the content. Returns whether the file has another upload's content.
        """
        async with self.begin(actor) as unit:
            now = await unit.files.get(begun.client_id, begun.id)
            replaced = now is None or now.object_id != begun.object_id
            if now is not None and not replaced:
                if now.state != "awaiting_content":
                    return False
                entry = AuditEntry("file.upload_failed", begun.id, record=begun.client_id, outcome="failed")
                await unit.files.save(now.give_up_upload(), entry)
            assert begun.object_id is not None
            await unit.outbox.defer(DeleteContent, object_id=begun.object_id)
            return await unit.commit(replaced)
