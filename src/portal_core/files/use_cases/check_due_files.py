"""Scan the files whose scan is due."""

from attrs import frozen

from portal_core.files.ports import FilesUnit
from portal_core.files.use_cases.check_file import CheckFile
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.sources import Clock
from portal_core.kernel.uow import Begin

MAX_AT_ONCE = 100


@frozen
class CheckDueFiles:
    """Has the files scanned whose scanner gave no answer, or whose job was lost. For the job alone.

    Each is a job of its own, and its next scan is put off first: a scanner that hangs is not given more and more.

    Raises:
        Forbidden: the actor is not a job.
    """

    begin: Begin[FilesUnit]
    clock: Clock

    async def __call__(self, actor: Actor) -> None:
        async with self.begin(actor) as unit:
            require_system(actor)
            for file in await unit.files.due_for_check(self.clock.now(), MAX_AT_ONCE):
                entry = AuditEntry("file.check_repeated", file.id, record=file.client_id)
                await unit.files.save(file.postpone_check(self.clock.now()), entry)
                await unit.outbox.defer(CheckFile, client_id=file.client_id, file_id=file.id)
            await unit.commit(None)
