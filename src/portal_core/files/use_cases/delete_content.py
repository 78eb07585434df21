"""Delete content that no file has any more."""

from uuid import UUID

from attrs import frozen

from portal_core.files.content_ports import FileStore
from portal_core.files.ports import FilesUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.authorization import require_system
from portal_core.kernel.uow import Begin


@frozen
class DeleteContent:
    """Deletes the content of an upload that failed, or that another one took the place of. For the job alone; may run
    twice.

    Raises:
        Forbidden: the actor is not a job.
        Unavailable: the store does not respond; the job is tried again.
    """

    begin: Begin[FilesUnit]
    file_store: FileStore

    async def __call__(self, actor: Actor, object_id: UUID) -> None:
        async with self.begin(actor, read_only=True):
            require_system(actor)
        await self.file_store.delete(object_id)
