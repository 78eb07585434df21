"""Look for malware in a file in quarantine."""

from uuid import UUID

from attrs import frozen

from portal_core.files.content_ports import FileStore, MalwareScanner, ScanResult
from portal_core.files.events import FileAccepted, FileRefused
from portal_core.files.model import StoredFile
from portal_core.files.ports import FilesUnit
from portal_core.kernel.actor import Actor
from portal_core.kernel.audit import AuditEntry
from portal_core.kernel.authorization import require_system
from portal_core.kernel.errors import Unavailable
from portal_core.kernel.uow import Begin


@frozen
class CheckFileCommand:
    client_id: UUID
    file_id: UUID


@frozen
class CheckFile:
    """Scans a file in quarantine, and accepts or refuses it; the feature that has the file is told by an event.

    For the job alone. A file that is not in quarantine any more is left as it is. Anything but an answer of the scanner
    leaves it in quarantine: `CheckDueFiles` tries again.

    Raises:
        Forbidden: the actor is not a job.
    """

    begin: Begin[FilesUnit]
    file_store: FileStore
    malware_scanner: MalwareScanner

    async def __call__(self, actor: Actor, command: CheckFileCommand) -> None:
        async with self.begin(actor, read_only=True) as unit:
            require_system(actor)
            file = await unit.files.get(command.client_id, command.file_id)
        if file is None or file.state != "quarantined" or file.content is None:
            return
        try:
            result: ScanResult | None = await self.malware_scanner.scan(self.file_store.content(*file.content))
        except Unavailable:
            result = None
        await self._record(actor, file, result)

    async def _record(self, actor: Actor, file: StoredFile, result: ScanResult | None) -> None:
        async with self.begin(actor) as unit:
            if result is None:
                entry = AuditEntry("file.check_failed", file.id, record=file.client_id, outcome="failed")
                await unit.audit.record(entry)
            else:
                entry = AuditEntry("file.checked", file.id, record=file.client_id, facts={"result": result})
                await unit.files.save(file.judge(result), entry)
                event = FileAccepted if result == "clean" else FileRefused
                await unit.outbox.publish(event(client_id=file.client_id, file_id=file.id))
            await unit.commit(None)
