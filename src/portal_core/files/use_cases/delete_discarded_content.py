"""Delete the content of files that nobody may read."""

from attrs import frozen

from portal_core.files.content_ports import FileStore
from portal_core.files.model import UPLOAD_PERIOD
from portal_core.files.ports import FilesUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

MAX_AT_ONCE = 100


@frozen
class DeleteDiscardedContent:
    """Deletes the content of infected files, of erased records, and of uploads that were never completed.

    For the job alone. Each content is deleted before it is noted, so a crash in between repeats the deletion.

    Raises:
        Forbidden: the actor is not a job.
        Unavailable: the store does not respond; the rest follows with the next run.
    """

    begin: Begin[FilesUnit]
    file_store: FileStore
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        async with self.begin(actor, read_only=True) as unit:
            require_system(actor)
            given_up = self.clock.now() - UPLOAD_PERIOD
            discarded = await unit.files.with_discarded_content(given_up, MAX_AT_ONCE)
        await self.file_store.remove_leftovers(given_up)
        for file in discarded:
            assert file.object_id is not None
            await self.file_store.delete(file.object_id)
            async with self.begin(actor) as unit:
                await unit.files.forget_content(file, AuditEntry("file.deleted", file.id, record=file.client_id))
                await unit.commit(None)
